package fpga

import (
	"fmt"

	"nnsim/arch"
	"nnsim/internal/engine"
	"nnsim/results"
	"nnsim/tech"
	"nnsim/unit"
	"nnsim/workloads/catalog"
)

var _ arch.Streamer = (*Machine)(nil)

// Takes refuses streams that ports of AXI cannot move.
func (m *Machine) Takes(s catalog.Stream) error {
	sized, err := m.sized(s)
	switch {
	case s.Rate > 0:
		return fmt.Errorf("stream:pattern=%s is for networks, and %s is an FPGA; its ports take pattern=seq or random with bytes=", s.Pattern, m.cfg.Name)
	case s.Requests > 0:
		return fmt.Errorf("stream: requests= are for a memory alone, such as ddr4-2400; the ports of %s move bytes=", m.cfg.Name)
	case s.Pattern != "seq" && s.Pattern != "random":
		return fmt.Errorf("stream: pattern=%s is for a memory alone, such as ddr4-2400; the ports of %s take pattern=seq or random, mode=read, write or copy", s.Pattern, m.cfg.Name)
	case s.Stride > 0:
		return fmt.Errorf("stream: stride=%d is between the words of an on-chip memory, such as sram-64k; leave it out", s.Stride)
	case err != nil:
		return err
	case m.cfg.Memory.Ideal():
		return fmt.Errorf("stream: memory=ideal takes no time for any traffic; leave it out")
	}
	held, each := m.cfg.Memory.holds(), int64(s.Bytes)/int64(m.cfg.AXI.Ports)
	if each < sized.cfg.AXI.bytes() {
		return fmt.Errorf("stream: bytes=%v over %d ports (axi.ports) is less than a burst of %d bytes each; give more", s.Bytes, m.cfg.AXI.Ports, sized.cfg.AXI.bytes())
	}
	if held > 0 && each > held {
		return fmt.Errorf("stream: bytes=%v over %d ports (axi.ports) is more than the %v that each channel holds; give fewer, or more ports", s.Bytes, m.cfg.AXI.Ports, unit.Bytes(held))
	}
	return nil
}

// sized is the machine with bursts of a stream's own size.
func (m *Machine) sized(s catalog.Stream) (*Machine, error) {
	one := *m
	if s.Burst == 0 {
		return &one, nil
	}
	beat := m.cfg.AXI.beat()
	if !powerOfTwo(int64(s.Burst)) || int64(s.Burst)%beat != 0 || int64(s.Burst)/beat > 256 {
		return nil, fmt.Errorf("stream: burst=%d; bursts of ports of %d bits (axi.width) are %d bytes or a power of two times that, up to %d", int64(s.Burst), m.cfg.AXI.Width, beat, min(boundary, 256*beat))
	}
	one.cfg.AXI.Burst = int(int64(s.Burst) / beat)
	if err := one.cfg.AXI.Validate(); err != nil {
		return nil, fmt.Errorf("stream: %w", err)
	}
	return &one, nil
}

// RunStream moves bytes through all ports at once, each on its own stretch of its channel.
// In a copy every other port reads and the others write.
func (m *Machine) RunStream(s catalog.Stream) (*results.Run, error) {
	one, err := m.sized(s)
	if err != nil {
		return nil, err
	}
	e := engine.New(m.cfg.Clock)
	ports := m.cfg.AXI.Ports
	x, err := one.newExternal(e, ports, false)
	if err != nil {
		return nil, err
	}
	end := unit.Edge(0)
	left := int64(s.Bytes)
	for i, p := range x.ports {
		n := left / int64(ports-i)
		left -= n
		job := &movement{left: n, done: func(at unit.Edge) { end = max(end, at) }}
		if held := m.cfg.Memory.holds(); held > 0 { // ports of one channel keep apart
			job.at = held / int64(ports) * int64(i) / boundary * boundary
		}
		if s.Pattern == "random" {
			job.at, job.scatter, job.within = 0, uint64(i)+1, m.spread()
		}
		p.move(job, s.Mode == "write" || s.Mode == "copy" && i%2 == 1)
	}
	if err := e.Run(); err != nil {
		return nil, err
	}
	return m.streamed(x, end)
}

// spread is the bytes over which random bursts lie.
func (m *Machine) spread() int64 {
	if held := m.cfg.Memory.holds(); held > 0 {
		return held
	}
	return 1 << 30
}

// streamed reports a stream that ended at an edge.
func (m *Machine) streamed(x *external, end unit.Edge) (*results.Run, error) {
	r := &results.Run{Device: m.Describe(m.Native()), Bound: "memory", Cycles: int64(end), Units: map[string]results.Unit{},
		Seconds: unit.Seconds(float64(end) / float64(m.cfg.Clock)), Notes: m.powerNotes()}
	r.DRAM.ReadBytes, r.DRAM.WriteBytes = x.moved()
	r.DRAM.PeakBandwidth = m.cfg.Memory.peak()
	if end > 0 {
		r.DRAM.Bandwidth = unit.BytesPerSecond(float64(r.DRAM.ReadBytes+r.DRAM.WriteBytes) / float64(r.Seconds))
	}
	if c, waiting, ok := x.counters(); ok {
		r.DRAM.RowHitRate, r.DRAM.WaitingBytes = c.HitRate(), min(waiting, r.DRAM.WriteBytes)
		r.DRAM.Commands = map[string]int64{"ACT": c.Activates, "PRE": c.Precharges, "RD": c.Reads, "WR": c.Writes, "REF": c.Refreshes, "REFB": c.BankRefreshes}
	}
	prices := m.Prices(m.Native())
	s := results.NewStats("memory", 1, "read_bytes", "write_bytes")
	s.Add(0, 0, r.DRAM.ReadBytes)
	s.Add(0, 1, r.DRAM.WriteBytes)
	r.Stats = append(r.Stats, split(s, x.busy(), r.Cycles))
	for _, p := range x.ports {
		s := results.NewStats(fmt.Sprintf("port%d", p.id), 1, "read_beats", "write_beats")
		s.Add(0, 0, p.read.beats)
		s.Add(0, 1, p.write.beats)
		r.Stats = append(r.Stats, split(s, p.read.beats+p.write.beats, r.Cycles))
		none := tech.Price{Source: "none: counted, a byte is priced at the memory"}
		prices.PerEvent[s.Name] = map[string]tech.Price{"read_beats": none, "write_beats": none}
	}
	for _, s := range r.Stats {
		r.Units[s.Name] = s.Finish(r.Cycles)
	}
	r.Layers = []results.Layer{{Cycles: r.Cycles}} // events are counted by layer: here there is one, which is no one's business
	err := r.Price(prices)
	r.Layers = nil
	return r, err
}

// split enters a unit that was busy for so long; the rest it was idle, or waited for memory.
func split(s *results.Stats, busy, cycles int64) *results.Stats {
	s.Enter(results.Busy, 0)
	s.Enter(results.WaitMemory, unit.Edge(min(busy, cycles)))
	return s
}

// powerNotes says which figures of power are not sourced.
func (m *Machine) powerNotes() []string {
	if m.cfg.Power.Calibrated {
		return nil
	}
	return []string{"power: uncalibrated (power.lut, power.dsp, power.bram, power.static, host.energy)"}
}
