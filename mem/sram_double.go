package mem

import "nnsim/unit"

// DoubleBuffer is two scratchpads that change places: one is filled while the
// other is used, so the two never meet at a bank.
//
//	fill ─▶ [ back  ]        [ back  ] ─▶ use
//	use  ◀─ [ front ]  Swap  [ front ] ◀─ fill
type DoubleBuffer struct{ front, back *Scratchpad }

// NewDoubleBuffer makes two halves, each of the given kind.
func NewDoubleBuffer(half SRAMConfig) (*DoubleBuffer, error) {
	front, err := NewScratchpad(half)
	if err != nil {
		return nil, err
	}
	back, err := NewScratchpad(half)
	return &DoubleBuffer{front, back}, err
}

// Use accesses the half in use, Fill the other.
func (d *DoubleBuffer) Use(now unit.Edge, v Vector) (unit.Edge, error)  { return d.front.Access(now, v) }
func (d *DoubleBuffer) Fill(now unit.Edge, v Vector) (unit.Edge, error) { return d.back.Access(now, v) }

// Swap makes the halves change places and returns the first edge at which it can
// count: when neither has words of an earlier request left to serve, and the last
// that were served have gone through.
func (d *DoubleBuffer) Swap(now unit.Edge) unit.Edge {
	busy := max(d.front.Quiet(now), d.back.Quiet(now))
	if busy > now {
		busy += unit.Edge(d.front.cfg.Latency)
	}
	d.front, d.back = d.back, d.front
	return busy
}

// Counters is what both halves have done.
func (d *DoubleBuffer) Counters() SRAMCounters {
	a, b := d.front.counters, d.back.counters
	return SRAMCounters{a.ReadWords + b.ReadWords, a.WriteWords + b.WriteWords, a.ConflictCycles + b.ConflictCycles, a.WaitCycles + b.WaitCycles}
}
