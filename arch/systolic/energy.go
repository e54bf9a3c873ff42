package systolic

import (
	"nnsim/results"
	"nnsim/tech"
	"nnsim/unit"
	"nnsim/workloads"
)

// Prices is the price list for runs in a precision. Memories are priced by the
// byte, from an access as wide as the port to one of their banks.
func (m *Machine) Prices(p workloads.Precision) results.Prices {
	c := &m.cfg
	act := p.Act.String()
	l := &priceList{node: c.Process, per: map[string]map[string]tech.Price{}}
	mac := l.must(tech.MixedMAC(c.Process, p.Weight.String(), act))
	hops := l.must(tech.Register(c.Process, p.Act.Bits()+32)) // the moving operand and the partial sum
	l.set("array", "mac_"+act, mac.Plus(hops))
	shift := l.must(tech.Register(c.Process, p.Weight.Bits()))
	cells := float64(c.Array.Rows) * float64(c.Array.Cols) * float64(c.Array.Count)
	l.set("array", "folds", shift.Times(cells*float64(c.Array.Rows)/2)) // each weight passes half the rows on average
	simple := l.must(tech.VectorOp(c.Process, vectorType(p)))
	l.set("vector", "simple_ops", simple)
	l.set("vector", "hard_ops", simple.Times(float64(c.Vector.Hard)))
	l.memory("buffer", unit.Bytes(int64(c.Buffer.Size)/int64(c.Buffer.Banks)), int(int64(c.Buffer.Width)/int64(c.Buffer.Banks)))
	words := c.Array.Cols * c.Array.Count
	l.memory("accumulators", unit.Bytes(c.Accumulators.Rows*4), 4)
	tile := c.Array.Rows * words * p.Weight.CellBytes()
	l.memory("fifo", unit.Bytes(max(1, c.Weights.FIFO)*tile/max(1, words)), p.Weight.CellBytes())
	standard := c.Memory.Standard
	if c.Memory.Ideal() {
		standard = "ideal"
	}
	dram := l.must(tech.DRAM(standard))
	l.set("memory", "read_bytes", dram)
	l.set("memory", "write_bytes", dram)
	free := tech.Price{Source: "none: counted, its bytes are priced where they are read and written"}
	for _, u := range []string{"load", "store"} {
		l.set(u, "bytes", free)
		l.set(u, "descriptors", free)
	}
	prices := results.Prices{PerEvent: l.per, Scope: c.Power.Scope,
		Static: map[string]tech.Power{"static": {Watts: c.Power.Static, Source: "device"}}}
	if c.Area > 0 {
		prices.Area = &c.Area
	}
	return prices
}

// vectorType is the format the vector unit computes in: int32 beside an integer
// array of 8 bits or fewer, else fp32.
func vectorType(p workloads.Precision) string {
	if p.Act.IsInt() {
		return workloads.Int32.String()
	}
	return workloads.FP32.String()
}

// priceList collects prices. Open has made sure that the node and the types are
// known, so a price that is missing is a mistake in this file; it shows as the
// error of an unpriced event.
type priceList struct {
	node int
	per  map[string]map[string]tech.Price
}

func (l *priceList) must(p tech.Price, err error) tech.Price {
	if err != nil {
		return tech.Price{Source: "unknown: " + err.Error()}
	}
	return p
}

func (l *priceList) set(unit, event string, p tech.Price) {
	if l.per[unit] == nil {
		l.per[unit] = map[string]tech.Price{}
	}
	l.per[unit][event] = p
}

// memory prices the bytes of an on-chip memory built of banks of a capacity that
// are accessed so many bytes at a time.
func (l *priceList) memory(unitName string, bank unit.Bytes, access int) {
	bank = min(max(bank, 1<<10), 32<<20)
	access = max(1, min(access, int(bank)))
	read := l.must(tech.SRAM(l.node, bank, access)).Times(1 / float64(access))
	write := l.must(tech.SRAMWrite(l.node, bank, access)).Times(1 / float64(access))
	l.set(unitName, "read_bytes", read)
	l.set(unitName, "write_bytes", write)
}
