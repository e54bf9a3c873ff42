package traffic

import (
	"nnsim/mem"
	"nnsim/results"
	"nnsim/unit"
	"nnsim/workloads/catalog"
)

// RunStream runs requests in a closed loop: they are offered in order, one a cycle,
// as long as no more than so many are on their way.
//
//	read, write   requests ─▶ [ banks ]
//	copy          fill ─▶ [ tile ] ─▶ use, by turns
//	copy, double  fill ─▶ [ half ]   [ half ] ─▶ use, at once; then they change places
//
// A tile is what fits; a stride is that of its use, it is filled word after word.
func (m *SRAM) RunStream(s catalog.Stream) (*results.Run, error) {
	v, err := newVectors(&m.cfg, s)
	if err != nil {
		return nil, err
	}
	p := &pad{width: int64(m.cfg.Width), latency: unit.Edge(m.cfg.Latency), outstanding: m.cfg.Outstanding, stats: results.NewStats("sram", 1, sramEvents...)}
	switch {
	case m.cfg.Double:
		err = p.double(m.cfg.core(), v)
	case s.Mode == "copy":
		err = p.turns(m.cfg.core(), v)
	default:
		err = p.single(m.cfg.core(), v)
	}
	if err != nil {
		return nil, err
	}
	return m.report(p)
}

// report makes a run's report.
func (m *SRAM) report(p *pad) (*results.Run, error) {
	r := &results.Run{Device: m.Describe(m.Native()), Bound: "memory", Cycles: p.end, Seconds: unit.Seconds(float64(p.end) / float64(m.cfg.Clock))}
	r.ComputeSeconds = r.Seconds
	for kind, n := range []int64{p.counters.ReadWords, p.counters.WriteWords, p.counters.ConflictCycles, p.counters.WaitCycles} {
		p.stats.Add(0, kind, n)
	}
	r.Stats = []*results.Stats{p.stats}
	r.Units = map[string]results.Unit{"sram": p.stats.Finish(r.Cycles)}
	c := &m.cfg
	peak := float64(c.halves()*c.Banks*(c.Ports.Read+c.Ports.Write)) * float64(c.Width)
	timed(onChip([2]int64{p.counters.ReadWords * p.width, p.counters.WriteWords * p.width}, 1, p.took, peak), r, 1/float64(c.Clock))
	r.Host.Events = p.stats.Total(vectorsAsked)
	return r, priced(r, m.Prices(m.Native()))
}

// pad is a scratchpad, or two, under a stream.
type pad struct {
	width       int64
	latency     unit.Edge
	outstanding int
	counters    mem.SRAMCounters
	stats       *results.Stats
	until       unit.Edge // up to which stats know
	took        tally
	end         unit.Edge
}

// lane offers requests to a memory in order.
type lane struct {
	access func(unit.Edge, mem.Vector) (unit.Edge, error)
	vector func(i int64) (mem.Vector, unit.Edge)
	i, to  int64       // the next request, and the end
	ready  unit.Edge   // before which it is not offered
	onWay  []unit.Edge // when the latest requests are done, a ring by their number
	last   unit.Edge   // when all so far are
}

func (p *pad) lane(from unit.Edge, i, to int64, access func(unit.Edge, mem.Vector) (unit.Edge, error), vector func(int64) (mem.Vector, unit.Edge)) *lane {
	return &lane{access: access, vector: vector, i: i, to: to, ready: from, onWay: make([]unit.Edge, max(1, min(int64(p.outstanding), to-i))), last: from}
}

// edge is when a lane's next request can be offered, its own time aside.
func (l *lane) edge() unit.Edge { return max(l.ready, l.onWay[l.i%int64(len(l.onWay))]) }

// offer makes a lane's next request.
func (p *pad) offer(l *lane) error {
	v, at := l.vector(l.i)
	now := max(l.edge(), at)
	done, err := l.access(now, v)
	if err != nil {
		return err
	}
	p.stats.Add(0, vectorsAsked, 1)
	p.work(now, done-p.latency)
	p.took.add(done - now)
	l.onWay[l.i%int64(len(l.onWay))] = done
	l.i, l.ready, l.last = l.i+1, now+1, max(l.last, done)
	p.end = max(p.end, done)
	return nil
}

// work books the time in which banks serve a request.
func (p *pad) work(from, to unit.Edge) {
	if from > p.until {
		p.stats.Enter(results.Idle, p.until)
		p.until = from
	}
	if to > p.until {
		p.stats.Enter(results.Busy, p.until)
		p.until = to
		p.stats.Enter(results.Idle, to)
	}
}

// run runs lanes side by side, the earlier request first.
func (p *pad) run(lanes ...*lane) error {
	for {
		var next *lane
		for _, l := range lanes {
			if l.i < l.to && (next == nil || l.edge() < next.edge()) {
				next = l
			}
		}
		if next == nil {
			return nil
		}
		if err := p.offer(next); err != nil {
			return err
		}
	}
}

// single runs a stream on one memory.
func (p *pad) single(c mem.SRAMConfig, v *vectors) error {
	s, err := mem.NewScratchpad(c)
	if err != nil {
		return err
	}
	err = p.run(p.lane(0, 0, v.total, s.Access, v.vector))
	p.counters = s.Counters()
	return err
}

// fills and uses are a tile's requests: it is written word after word, and read as the stream says.
func (v *vectors) fills(i int64) (mem.Vector, unit.Edge) {
	return mem.Vector{First: i % v.each() * v.count, Stride: 1, Count: v.count, Write: true}, 0
}

func (v *vectors) uses(i int64) (mem.Vector, unit.Edge) {
	return mem.Vector{First: v.first(i), Stride: v.stride, Count: v.count}, 0
}

// turns fills a memory, reads it, and fills it again.
func (p *pad) turns(c mem.SRAMConfig, v *vectors) error {
	s, err := mem.NewScratchpad(c)
	if err != nil {
		return err
	}
	now := unit.Edge(0)
	for at := int64(0); at < v.total; at += v.each() {
		to := min(v.total, at+v.each())
		fill := p.lane(now, at, to, s.Access, v.fills)
		if err := p.run(fill); err != nil {
			return err
		}
		use := p.lane(fill.last, at, to, s.Access, v.uses)
		if err := p.run(use); err != nil {
			return err
		}
		p.stats.Add(0, fillCycles, fill.last-now)
		p.stats.Add(0, useCycles, use.last-fill.last)
		now = use.last
	}
	p.counters = s.Counters()
	return nil
}

// double fills one half while it reads the other.
func (p *pad) double(c mem.SRAMConfig, v *vectors) error {
	d, err := mem.NewDoubleBuffer(c)
	if err != nil {
		return err
	}
	now := unit.Edge(0)
	for at := int64(0); at < v.total+v.each(); at += v.each() {
		fill := p.lane(now, at, min(v.total, at+v.each()), d.Fill, v.fills)
		use := p.lane(now, at-v.each(), min(v.total, at), d.Use, v.uses)
		if at == 0 {
			use.i = 0 // nothing is there yet
		}
		if err := p.run(fill, use); err != nil {
			return err
		}
		p.stats.Add(0, fillCycles, fill.last-now)
		p.stats.Add(0, useCycles, use.last-now)
		p.stats.Add(0, overlapCycles, min(fill.last, use.last)-now)
		now = max(fill.last, use.last, d.Swap(now))
		p.stats.Add(0, swaps, 1)
	}
	p.counters = d.Counters()
	return nil
}
