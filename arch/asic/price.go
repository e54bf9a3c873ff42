package asic

import (
	"fmt"

	"nnsim/results"
	"nnsim/tech"
	"nnsim/unit"
	"nnsim/workloads"
)

// List collects a machine's prices. Open has made sure that the node and the types
// are known, so a price that is missing is a mistake in the machine; it shows as
// the error of an unpriced event.
type List struct {
	Node int
	per  map[string]map[string]tech.Price
}

// NewList starts the price list of a machine made at a node.
func NewList(node int) *List { return &List{Node: node, per: map[string]map[string]tech.Price{}} }

// Must takes a price that is known to exist.
func (l *List) Must(p tech.Price, err error) tech.Price {
	if err != nil {
		return tech.Price{Source: "unknown: " + err.Error()}
	}
	return p
}

// Set prices an event of a unit.
func (l *List) Set(unit, event string, p tech.Price) {
	if l.per[unit] == nil {
		l.per[unit] = map[string]tech.Price{}
	}
	l.per[unit][event] = p
}

// Buffer is the price of a byte read from and written to a memory of a capacity
// that moves so many bytes an access.
func (l *List) Buffer(capacity unit.Bytes, access int) (read, write tech.Price) {
	capacity = max(capacity, 64)
	access = max(1, min(access, int(capacity)))
	return l.Must(tech.SRAM(l.Node, capacity, access)).Times(1 / float64(access)),
		l.Must(tech.SRAMWrite(l.Node, capacity, access)).Times(1 / float64(access))
}

// Tree is the price of one product of a dot product of so many: the multiplication of two
// integers of so many bits and its share of a tree of adders, which grow a bit at each level, and of the
// sum's accumulator.
func (l *List) Tree(a, b, leaves int) tech.Price {
	p := l.Must(tech.MixedMultiply(l.Node, fmt.Sprintf("int%d", a), fmt.Sprintf("int%d", b)))
	adders, width := leaves/2, a+b
	for ; adders > 0; adders, width = adders/2, width+1 {
		p = p.Plus(l.Must(tech.Add(l.Node, fmt.Sprintf("int%d", width))).Times(float64(adders) / float64(leaves)))
	}
	return p.Plus(l.Must(tech.Add(l.Node, workloads.Int32.String())).Times(1 / float64(leaves)))
}

// Prices ends the list with what every machine on the chassis has: DMA engines,
// whose bytes are priced where they are read and written, the post station, the
// off-chip memory and what is drawn all the time.
// All but the off-chip memory's are those at the machine's supply and clock.
func (l *List) Prices(c *Common) results.Prices {
	power := &c.Power
	switched, clocked, leaked := power.scales(c.Clock, c.Voltage)
	free := tech.Price{Source: "none: counted, its bytes are priced where they are read and written"}
	for _, u := range []string{"load", "store"} {
		l.Set(u, "bytes", free)
		l.Set(u, "descriptors", free)
	}
	op := l.Must(tech.VectorOp(l.Node, workloads.Int32.String()))
	l.Set("post", "simple_ops", op)
	l.Set("post", "hard_ops", op.Times(float64(c.Vector.Hard)))
	for _, events := range l.per {
		for event, price := range events {
			events[event] = price.Times(switched)
		}
	}
	standard := c.Memory.Standard
	if c.Memory.Ideal() {
		standard = "ideal"
	}
	dram := l.Must(tech.DRAM(standard))
	if power.Scope == "chip" {
		dram = tech.Price{Source: "none: the memory is not on the chip, which is all that is asked about (power.scope)"}
	}
	l.Set("memory", "read_bytes", dram)
	l.Set("memory", "write_bytes", dram)
	var area *unit.SquareMM
	if c.Area > 0 {
		area = &c.Area
	}
	return results.Prices{PerEvent: l.per, Area: area, Scope: power.Scope, Points: power.published(), Static: map[string]tech.Power{
		"static": {Watts: power.Static * unit.Watts(leaked), Source: "device"}, "clock": {Watts: power.Clock * unit.Watts(clocked), Source: "device"}}}
}
