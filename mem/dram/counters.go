package dram

// Counters are what a channel has done. Cycles are of tCK; those of banks are
// summed over the ranks.
type Counters struct {
	Activates, Precharges, Reads, Writes int64
	Refreshes, BankRefreshes             int64
	ReadHits, WriteHits                  int64 // commands that were not the first to their open row
	Active                               int64 // cycles in which a rank had any bank open
	Idle                                 int64 // cycles in which it had none
	Bus                                  int64 // cycles in which the data bus carried data
	Accepted, Merged, Forwarded          int64 // lines taken in; served by an earlier read's, by a waiting write's data
}

// HitRate is the fraction of reads and writes that found their row open and used.
func (c Counters) HitRate() float64 {
	if c.Reads+c.Writes == 0 {
		return 0
	}
	return float64(c.ReadHits+c.WriteHits) / float64(c.Reads+c.Writes)
}

// Plus is the sum of two counts.
func (c Counters) Plus(d Counters) Counters {
	c.Activates += d.Activates
	c.Precharges += d.Precharges
	c.Reads += d.Reads
	c.Writes += d.Writes
	c.Refreshes += d.Refreshes
	c.BankRefreshes += d.BankRefreshes
	c.ReadHits += d.ReadHits
	c.WriteHits += d.WriteHits
	c.Active += d.Active
	c.Idle += d.Idle
	c.Bus += d.Bus
	c.Accepted += d.Accepted
	c.Merged += d.Merged
	c.Forwarded += d.Forwarded
	return c
}
