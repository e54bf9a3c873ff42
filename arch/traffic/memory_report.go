package traffic

import (
	"fmt"
	"math"

	"nnsim/mem/dram"
	"nnsim/results"
	"nnsim/unit"
)

// report makes a run's report of what has become of its stream.
func (m *Memory) report(o served) (*results.Run, error) {
	tck, line := m.core.Part.TCK, int64(m.core.Part.Shape.LineBytes)
	r := &results.Run{Device: m.Describe(m.Native()), Bound: "memory", Cycles: o.end, Seconds: unit.Seconds(float64(o.end) * tck / 1e9)}
	r.DRAM = results.DRAM{ReadBytes: o.reads * line, WriteBytes: o.writes * line, PeakBandwidth: m.peak(), RowHitRate: o.count.HitRate()}
	r.DRAM.WaitingBytes = max(0, o.writes-o.count.Writes) * line
	r.Rate()
	if o.reads > 0 {
		mean, p99, most := o.latencies()
		r.DRAM.ReadLatencyMean, r.DRAM.ReadLatencyP99, r.DRAM.ReadLatencyMax = mean*tck, p99*tck, most*tck
		r.DRAM.CompletionHash = fmt.Sprintf("%016x", o.hash)
	}
	r.Host.Events = o.events
	m.books(r, o)
	if o.stats != nil {
		r.Units["cache"] = o.stats.Finish(r.Cycles)
	}
	if o.onChip != nil {
		r.Stats = []*results.Stats{o.stats}
		timed(o.onChip, r, tck*1e-9)
	}
	return r, m.price(r, o.count)
}

// books enters the commands and how the data buses spent the run.
func (m *Memory) books(r *results.Run, o served) {
	c := o.count
	r.DRAM.Commands = map[string]int64{"ACT": c.Activates, "PRE": c.Precharges, "RD": c.Reads, "WR": c.Writes, "REF": c.Refreshes, "REFB": c.BankRefreshes}
	events := map[string]int64{"lines_merged": c.Merged, "lines_forwarded": c.Forwarded, "row_hits": c.ReadHits + c.WriteHits}
	for name, n := range r.DRAM.Commands {
		events[name] = n
	}
	// The mean over the data buses; a write's data may still be on its way when the run ends.
	buses := int64(m.core.Channels * m.core.Part.Shape.Pseudo)
	busy := min(r.Cycles, (c.Bus+buses/2)/buses)
	u := results.Unit{Busy: busy, Idle: r.Cycles - busy, Events: events}
	if c.Reads+c.Writes > 0 { // work waited for banks and buses
		u.WaitOutput, u.Idle = u.Idle, 0
	}
	r.Units = map[string]results.Unit{"dram": u}
}

// price fills in the energies: commands and background by the part's currents or
// by events, and what is drawn all the time.
func (m *Memory) price(r *results.Run, c dram.Counters) error {
	if err := priced(r, m.Prices(m.Native())); err != nil {
		return err
	}
	var e dram.Energy
	var err error
	switch m.cfg.Energy {
	case "none":
		r.Notes = append(r.Notes, "energy: the part's currents are not published, so that its commands and background have no price")
		return nil
	case "hbm2":
		e = m.core.Part.ByEvents(c, dram.HBM2Events)
	default:
		if e, err = m.core.Part.ByCurrents(c); err != nil {
			return err
		}
		r.Notes = append(r.Notes, "energy: the devices' core, from the currents of the data sheet; neither interface nor controller")
	}
	r.DRAM.EnergyByCommand = map[string]unit.Joules{"activate": e.Activate, "read": e.Read, "write": e.Write, "refresh": e.Refresh, "background": e.Background, "io": e.IO}
	r.EnergyByUnit["dram"] = e.Total()
	r.EnergyJoules += e.Total()
	r.EnergyPerInference = r.EnergyJoules
	if r.Seconds > 0 {
		r.AveragePowerWatts = unit.Watts(float64(r.EnergyJoules) / float64(r.Seconds))
	}
	return nil
}

// RunIdle is a memory that is on and is asked for nothing: it is refreshed. Its
// refreshes repeat, so that a few rounds of them are simulated and the others counted.
func (m *Memory) RunIdle(d unit.Seconds) (*results.Run, error) {
	o := served{end: int64(math.Round(float64(d) * 1e9 / m.core.Part.TCK))}
	ch, err := dram.New(m.core.Part, m.core.Control, func(dram.Done) {})
	if err != nil {
		return nil, err
	}
	round := m.refreshRound()
	rounds := max(0, o.end/round-settled-1)
	ch.AdvanceTo(min(o.end, settled*round))
	before := ch.Counters()
	ch.AdvanceTo(min(o.end, (settled+1)*round))
	each := minus(ch.Counters(), before)
	ch.AdvanceTo(o.end - rounds*round)
	one := plus(ch.Counters(), each, rounds)
	for range m.core.Channels { // all alike
		o.count = o.count.Plus(one)
	}
	if m.cfg.Cache.Size > 0 {
		o.stats = results.NewStats("cache", 1, cacheEvents...)
	}
	r, err := m.report(o)
	if r != nil {
		r.Bound = "latency"
	}
	return r, err
}

// settled is how many rounds of refreshes pass before they are taken to repeat.
const settled = 4

// refreshRound is the time in which every rank, or every bank, is refreshed once.
func (m *Memory) refreshRound() int64 {
	p := m.core.Part
	if m.cfg.Refresh == "bank" {
		return max(1, int64(p.Timing["tREFIpb"])*int64(p.Shape.PerSide()*p.Shape.Sides()))
	}
	return max(1, int64(p.Timing["tREFI"]))
}

// idleCounts are the counters that go on in a memory that is asked for nothing.
func idleCounts(c *dram.Counters) []*int64 {
	return []*int64{&c.Refreshes, &c.BankRefreshes, &c.Active, &c.Idle}
}

func minus(a, b dram.Counters) dram.Counters { return plus(a, b, -1) }

// plus adds b so many times to the counters of an idle memory.
func plus(a, b dram.Counters, times int64) dram.Counters {
	from := idleCounts(&b)
	for i, n := range idleCounts(&a) {
		*n += times * *from[i]
	}
	return a
}
