package dram

import (
	"fmt"
	"slices"
)

// Outcome is what became of a stream of requests.
type Outcome struct {
	Cycles        int64  // until all lines were taken in and all reads had completed
	Hash          uint64 // the sum of Mix over all reads
	Reads, Writes int64
	Latency       Latency
	Counters      Counters
}

// Latency is how long reads took to their last data, in cycles. The extremes are the
// requester's: from the cycle in which it hands the line over. The mean is the
// controller's, which has the line from the next cycle on. These are the two
// definitions of the reference figures.
type Latency struct {
	Min, P99, Max int64
	Mean          float64
}

// Drive runs traffic through a channel of a part until everything has been served.
func Drive(p Part, c Config, t *Traffic) (Outcome, error) {
	d := &driver{}
	ch, err := New(p, c, d.done)
	if err != nil {
		return Outcome{}, err
	}
	return d.run(ch, t)
}

type driver struct {
	out  Outcome
	took []int64 // reads by their latency
}

func (d *driver) done(l Done) {
	d.out.Cycles = max(d.out.Cycles, l.Cycle+1)
	if l.Write {
		d.out.Writes++
		return
	}
	d.out.Reads++
	d.out.Hash += Mix(l.Line, l.Cycle)
	took := l.Cycle - l.Accepted
	if took >= int64(len(d.took)) {
		d.took = slices.Grow(d.took, int(took)+1)[:took+1]
	}
	d.took[took]++
}

func (d *driver) run(ch *Channel, t *Traffic) (Outcome, error) {
	for more := true; ; {
		for more && ch.CanAccept() {
			var r Request
			if r, more = t.Next(); more {
				if err := ch.Add(r); err != nil {
					return d.out, err
				}
			}
		}
		reads, writes, requests := ch.Left()
		switch {
		case more:
			ch.AdvanceUntilRoom()
		case requests:
			ch.AdvanceUntilTaken()
		case reads == 0:
			return d.finish(ch), nil
		default:
			ch.AdvanceTo(ch.Next() + 1)
		}
		if ch.Next() == never {
			return d.out, fmt.Errorf("dram: deadlock at cycle %d: %d reads and %d writes wait, and nothing can happen", ch.Now(), reads, writes)
		}
	}
}

// finish brings the channel to the end of the last line.
func (d *driver) finish(ch *Channel) Outcome {
	ch.AdvanceTo(d.out.Cycles)
	d.out.Counters = ch.Counters()
	d.out.Latency = latencies(d.took)
	return d.out
}

// latencies sums up reads by latency.
func latencies(took []int64) (l Latency) {
	n, sum := int64(0), 0.0
	l.Min = never
	for cycles, k := range took {
		if k > 0 {
			l.Min, l.Max = min(l.Min, int64(cycles)), int64(cycles)
			n += k
			sum += float64(k) * float64(cycles)
		}
	}
	if n == 0 {
		return Latency{}
	}
	l.Mean = sum/float64(n) - 1
	rank := (n*99 + 99) / 100
	for cycles, k := range took {
		if rank -= k; rank <= 0 {
			l.P99 = int64(cycles)
			break
		}
	}
	return l
}
