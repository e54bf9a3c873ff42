package systolic

import (
	"nnsim/mapping"
	"nnsim/mem"
	"nnsim/mem/dram"
	"nnsim/unit"
)

// shape is what the mapper may know of the memory's inside, in edges of the machine's clock.
func (m *Memory) shape(clock unit.Hertz) mapping.MemoryShape {
	edges := func(s unit.Seconds) float64 { return float64(s) * float64(clock) }
	if m.Ideal() || m.Model == "channels" {
		s := mapping.MemoryShape{Channels: max(1, m.Channels), Stripe: max(1, int64(m.Interleave)), Latency: edges(m.Latency)}
		if m.RefreshGap > 0 {
			s.Refresh = float64(m.RefreshFor) / float64(m.RefreshGap)
		}
		return s
	}
	t, p := m.part.Timing, m.part.Shape
	cycles := func(n int) float64 { return edges(unit.Seconds(float64(n) / float64(m.Clock))) }
	l := mem.NewLayout(p, m.mapping(), m.Channels)
	s := mapping.MemoryShape{Channels: m.Channels, Stripe: l.Stripe, Row: l.Row, Banks: l.Banks,
		Latency: edges(m.Latency) + cycles(t["CL"]+t["tBURST"]), Activate: cycles(max(t["tRCD"], t["tRCDRD"])), Precharge: cycles(t["tRP"]),
		AfterRead: cycles(max(t["tRTP"], t["tRTP_L"])), AfterWrite: cycles(t["CWL"] + t["tBURST"] + t["tWR"]),
		ToRead: cycles(t["CWL"] + max(t["tWTR"], t["tWTR_L"])), ToWrite: cycles(max(0, t["CL"]+t["tRTRS"]-t["CWL"])),
		Ahead: int64(dram.UsualQueue * p.LineBytes), High: int64(dram.UsualHigh * p.LineBytes), Low: int64(dram.UsualLow * p.LineBytes), Fill: cycles(dram.UsualHigh)}
	if t["tREFI"] > 0 {
		s.Refresh = float64(t["tRFC"]) / float64(t["tREFI"])
	}
	return s
}

// mapping is the order of address bits.
func (m *Memory) mapping() string {
	if m.Mapping == "" {
		return mem.UsualMapping
	}
	return m.Mapping
}
