package gpu

import (
	"fmt"
	"math"

	"nnsim/arch"
	"nnsim/arch/gpu/hierarchy"
	"nnsim/results"
	"nnsim/unit"
	"nnsim/workloads"
	"nnsim/workloads/catalog"
)

var _ arch.Prober = (*Machine)(nil)

// TakesProbe refuses what the machine cannot run.
func (m *Machine) TakesProbe(p catalog.Probe) error {
	c := &m.cfg
	threads := c.SM.Warps * 32
	switch {
	case p.Kind == "counters":
		return m.takesCounters(p.Counted)
	case p.Kind == "mma":
		q := m.Native()
		if p.Precision != nil {
			q = *p.Precision
		}
		if err := m.Supports(q); err != nil {
			return err
		}
		if c.tensorRate(q.Act) == 0 {
			return fmt.Errorf("mma: %s has no matrix instruction for %v (tensor.*); choose another dtype=", c.Name, q)
		}
		if p.Warps > c.SM.Warps {
			return fmt.Errorf("mma: warps=%d; an SM of %s holds %d (sm.warps)", p.Warps, c.Name, c.SM.Warps)
		}
		return nil
	case p.Space == "shared" && p.Kind == "chase" && p.Bytes > c.SM.Shared:
		return fmt.Errorf("chase: bytes=%v in shared memory; an SM of %s has %v (sm.shared)", p.Bytes, c.Name, c.SM.Shared)
	case p.Kind == "copy" && (p.CTAs > c.SM.CTAs || p.CTAs*p.Threads > threads):
		return fmt.Errorf("copy: %d CTAs of %d threads an SM; %s holds %d CTAs and %d threads (sm.ctas, sm.warps)", p.CTAs, p.Threads, c.Name, c.SM.CTAs, threads)
	case p.Kind == "banks" || p.Space == "shared":
		return nil
	case c.Memory.Ideal():
		return fmt.Errorf("%s: memory=ideal has no latency and no bandwidth to measure; leave it out", p.Kind)
	}
	_, err := m.hierarchy()
	return err
}

// hierarchy is the machine's memories, empty.
func (m *Machine) hierarchy() (*hierarchy.Hierarchy, error) {
	c := &m.cfg
	part, err := c.part()
	if err != nil {
		return nil, err
	}
	group := 0
	if c.SM.Groups > 0 {
		group = c.perPort()
	}
	return hierarchy.New(&hierarchy.Config{SMs: c.SM.Count, L1Size: int64(c.L1.Size), L1Latency: int64(c.L1.Latency), Read: float64(c.SM.Read),
		Group: group, Port: float64(c.SM.Port), Slices: c.L2.Slices, Partitions: c.L2.Partitions, Size: int64(c.L2.Size), Near: int64(c.L2.Latency), Far: int64(c.L2.Far),
		Bandwidth: float64(c.L2.Bandwidth), Takes: c.takes(), Link: float64(c.L2.Link), Part: part, Channels: c.Memory.Channels,
		PerEdge: 1e9 / part.TCK / float64(c.Clock), Controller: edges(c.Memory.Controller, c.Clock),
		CTAStart: max(0, int64(c.Launch.CTA-c.L1.Latency)), WarpStart: int64(c.Launch.Warp)})
}

// RunProbe simulates a microbenchmark.
func (m *Machine) RunProbe(p catalog.Probe) (*results.Run, error) {
	switch {
	case p.Kind == "counters":
		return m.countersProbe(p)
	case p.Kind == "mma":
		return m.multiplyProbe(p)
	case p.Kind == "banks" || p.Space == "shared":
		return m.sharedProbe(p)
	}
	h, err := m.hierarchy()
	if err != nil {
		return nil, err
	}
	out := &results.Probe{}
	var cycles int64
	if p.Kind == "chase" {
		var l hierarchy.Latencies
		if l, err = h.Chase(hierarchy.Chase{Bytes: int64(p.Bytes), Stride: int64(p.Stride), Walk: int64(p.Walk), Loads: int64(p.Loads), Seed: p.Seed}); err != nil {
			return nil, err
		}
		out.LatencyMean, out.LatencyBy, cycles = l.Mean, map[string]float64{}, l.Edges
		for _, level := range hierarchy.Levels() {
			if l.Loads[level] > 0 {
				out.LatencyBy[level.String()] = l.Level[level]
			}
		}
	} else {
		var r hierarchy.Rates
		if r, err = h.Sweep(hierarchy.Sweep{Pattern: p.Pattern, Bytes: int64(p.Bytes), Threads: p.Threads, CTAs: p.CTAs}); err != nil {
			return nil, err
		}
		out.Bandwidth, cycles = unit.BytesPerSecond(r.Bandwidth*float64(m.cfg.Clock)), r.Edges
		out.Occupancy = float64(p.CTAs*p.Threads) / float64(m.cfg.SM.Warps*32)
	}
	return m.probed(out, h, cycles)
}

// probed makes the report of a probe of the hierarchy.
func (m *Machine) probed(out *results.Probe, h *hierarchy.Hierarchy, cycles int64) (*results.Run, error) {
	t := h.Tally()
	out.Loads, out.LinkBytes, out.StoreStalls = map[string]int64{}, t.Linked, t.StoreStalls
	for _, level := range hierarchy.Levels() {
		if t.Loads[level] > 0 {
			out.Loads[level.String()] = t.Loads[level]
		}
	}
	read, written, hits := h.OffChip()
	b := newBooks(1, m.Native().Act.String())
	b.l2.Add(0, evRead, t.L2Read)
	b.l2.Add(0, evWrite, t.L2Write)
	b.dram.Add(0, evRead, read)
	b.dram.Add(0, evWrite, written)
	perEdge := float64(m.cfg.Memory.Bandwidth) / float64(m.cfg.Clock)
	cycles = max(cycles, int64(math.Ceil(float64(read+written)/perEdge))) // until what controllers hold has been written
	b.l2.Spend(0, cycles, results.Spent{Busy: int64(float64(t.L2Read+t.L2Write) / float64(m.cfg.L2.Bandwidth))})
	b.dram.Spend(0, cycles, results.Spent{Busy: int64(float64(read+written) / perEdge)})
	b.sm.Spend(0, cycles, results.Spent{Memory: cycles})
	r, err := m.alone(b, out, cycles, m.Native())
	if err != nil {
		return nil, err
	}
	r.DRAM = results.DRAM{ReadBytes: read, WriteBytes: written, PeakBandwidth: m.cfg.Memory.Bandwidth, RowHitRate: hits}
	if r.Seconds > 0 {
		r.DRAM.Bandwidth = min(unit.BytesPerSecond(float64(read+written)/float64(r.Seconds)), r.DRAM.PeakBandwidth)
	}
	r.Bound, r.Host.Events = "memory", t.Events
	return r, nil
}

// alone makes the report of a run that has no layers, from its books.
func (m *Machine) alone(b *books, out *results.Probe, cycles int64, p workloads.Precision) (*results.Run, error) {
	r := &results.Run{Device: m.Describe(p), Bound: "latency", Cycles: cycles, Seconds: unit.Seconds(float64(cycles) / float64(m.cfg.Clock)),
		Probe: out, Units: map[string]results.Unit{}}
	r.ComputeSeconds = r.Seconds
	r.Layers = []results.Layer{{Name: "probe", Op: "Probe", Cycles: cycles}}
	r.Stats = b.all()
	for _, st := range r.Stats {
		r.Units[st.Name] = st.Finish(cycles)
	}
	r.Notes = []string{"a microbenchmark: time begins with its first CTA, launch apart"}
	return r, r.Price(m.Prices(p))
}

// sharedProbe reads shared memory from one warp: a chase of one lane, or all lanes with a stride.
func (m *Machine) sharedProbe(p catalog.Probe) (*results.Run, error) {
	lanes := make([]int64, 1, 32)
	if p.Kind == "banks" {
		lanes = lanes[:32]
		for i := range lanes {
			lanes[i] = int64(i) * int64(p.Stride)
		}
	}
	width := max(4, int64(p.Width))
	each := int64(hierarchy.Wavefronts(lanes, width))
	port, at := int64(0), int64(0)
	for range p.Loads { // each load waits for the one before
		port = max(port, at) + each
		at = port - 1 + int64(m.cfg.SM.Latency)
	}
	out := &results.Probe{LatencyMean: float64(at) / float64(p.Loads), Wavefronts: each, BankConflicts: int64(hierarchy.Conflicts(lanes, width))}
	out.LatencyBy = map[string]float64{"smem": out.LatencyMean}
	out.Loads = map[string]int64{"smem": int64(p.Loads)}
	b := newBooks(1, m.Native().Act.String())
	b.shared.Add(0, 0, int64(p.Loads)*int64(len(lanes))*width)
	b.shared.Spend(0, at, results.Spent{Busy: int64(p.Loads) * each})
	b.sm.Spend(0, at, results.Spent{Input: at})
	return m.alone(b, out, at, m.Native())
}

// multiplyProbe has warps issue matrix instructions back to back, so many of each
// without waiting for one another.
func (m *Machine) multiplyProbe(p catalog.Probe) (*results.Run, error) {
	q := m.Native()
	if p.Precision != nil {
		q = *p.Precision
	}
	c := &m.cfg
	rate := float64(c.tensorRate(q.Act))
	macs := float64(rowsPer * colsPer * perInstruction / q.Act.CellBytes())
	if c.SM.Path == "tma" && !p.Sync {
		macs = 64 * 256 * perInstruction / float64(q.Act.CellBytes()) / subCores // a quarter of a wgmma m64n256
	} else if p.Sync {
		rate *= c.Tensor.Sync
	}
	every := macs * subCores / rate
	ends := make([]float64, p.Warps*p.ILP) // by chain of dependent operations: when its last result is there
	var pipe [subCores]float64
	for range chained {
		for i := range ends {
			s := i % p.Warps % subCores
			begun := max(pipe[s], ends[i])
			pipe[s] = begun + every
			ends[i] = begun + max(every, float64(c.Tensor.Latency))
		}
	}
	last := 0.0
	for _, e := range ends {
		last = max(last, e)
	}
	last -= max(0, float64(c.Tensor.Latency)-every) // without the tail
	done := macs * float64(len(ends)*chained)
	out := &results.Probe{MACsPerCycle: done / last, Interval: every}
	b := newBooks(1, q.Act.String())
	b.tensor.Add(0, evMACs, int64(done))
	cycles := int64(math.Ceil(last))
	b.tensor.Spend(0, cycles, results.Spent{Busy: int64(done / rate)})
	r, err := m.alone(b, out, cycles, q)
	if err != nil {
		return nil, err
	}
	r.Bound = "compute"
	return r, nil
}

// chained is the operations of each chain.
const chained = 1 << 10
