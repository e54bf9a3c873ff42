package mem

import (
	"fmt"

	"nnsim/internal/engine"
	"nnsim/unit"
)

// Reach is the path between DMA engines and a memory: every burst and every reply
// takes Latency cycles. Because of it, each side knows what the other can tell it
// in the next Window cycles, and runs so far ahead in one go.
type Reach struct {
	Latency unit.Cycles
	Window  unit.Cycles // 1 to Latency; the results do not depend on it
}

// Validate refuses windows in which something unknown could happen.
func (r Reach) Validate() error {
	if r.Latency < 1 || r.Window < 1 || r.Window > r.Latency {
		return fmt.Errorf("mem: a window of %d cycles with a latency of %d; the window must be from 1 to the latency", r.Window, r.Latency)
	}
	return nil
}

// OffChipBox is a memory in an Akita component, with DMA engines in others.
//
//	DMA 0 ══ bursts, latency ══▶ ┌────────┐
//	DMA 1 ══                     │ memory │ ── replies, latency ──▶ DMA 0, DMA 1
//	                             └────────┘
type OffChipBox struct {
	memory *OffChip
	reach  Reach
	engine *engine.Engine
	box    *engine.Box
	ports  []*DMABox

	horizon unit.Edge // all edges before it have been run
}

// NewOffChipBox puts a memory into a component of an engine. onWay is how many
// bursts all DMA engines together can have on their way.
func NewOffChipBox(e *engine.Engine, name string, c OffChipConfig, onWay int, r Reach) (*OffChipBox, error) {
	if err := r.Validate(); err != nil {
		return nil, err
	}
	b := &OffChipBox{reach: r, engine: e}
	var err error
	if b.memory, err = NewOffChip(c, onWay, b.reply); err != nil {
		return nil, err
	}
	b.box = e.Add(name, b, false)
	return b, nil
}

// Memory is what is in the box.
func (b *OffChipBox) Memory() *OffChip { return b.memory }

// Receive takes a burst from a DMA engine.
func (b *OffChipBox) Receive(m engine.Message) {
	port, slot := unpack(m.Tag)
	if err := b.memory.Ask(port, Burst{Slot: slot, Addr: m.N, Bytes: m.Size, Write: m.Kind == Write, Edge: m.Edge}); err != nil {
		b.engine.Fail(err)
	}
}

// Step runs the memory as far ahead as nothing new can reach it. It has then done
// so for all edges before the horizon, and what is announced until then counts later.
func (b *OffChipBox) Step(now unit.Edge) unit.Edge {
	if now >= b.horizon {
		b.horizon = now + unit.Edge(b.reach.Window)
		if err := b.memory.Run(b.horizon); err != nil {
			b.engine.Fail(err)
			return engine.Never
		}
		b.memory.RunAhead(b.horizon)
	}
	return b.memory.Next()
}

// Left tells whether every burst has been answered.
func (b *OffChipBox) Left() (string, bool) { return b.memory.Left() }

// reply sends a burst's answer on its way.
func (b *OffChipBox) reply(port, slot int, at unit.Edge) {
	b.ports[port].box.Send(engine.Message{Edge: at + unit.Edge(b.reach.Latency), Kind: Done, Tag: int64(slot)})
}

// pack makes one tag of a port and a slot.
func pack(port, slot int) int64         { return int64(port)<<32 | int64(slot) }
func unpack(tag int64) (port, slot int) { return int(tag >> 32), int(tag & (1<<32 - 1)) }

// DMABox is a DMA engine in an Akita component, attached to a memory.
type DMABox struct {
	*DMA
	port   int
	memory *OffChipBox
	box    *engine.Box
}

// Attach puts a DMA engine into a component and connects it. done is called once
// for every descriptor, with the edge at which the engine knows its last byte to
// have moved; it may be called before that edge.
func (b *OffChipBox) Attach(name string, c DMAConfig, done func(tag int64, at unit.Edge)) (*DMABox, error) {
	d := &DMABox{port: len(b.ports), memory: b}
	var err error
	if d.DMA, err = NewDMA(c, d.send, done); err != nil {
		return nil, err
	}
	d.box = b.engine.Add(name, d, false)
	b.ports = append(b.ports, d)
	return d, nil
}

// send sends a burst on its way to the memory.
func (d *DMABox) send(b Burst) {
	kind := Read
	if b.Write {
		kind = Write
	}
	d.memory.box.Send(engine.Message{Edge: b.Edge + unit.Edge(d.memory.reach.Latency), Kind: kind, N: b.Addr, Size: b.Bytes, Tag: pack(d.port, b.Slot)})
}

// Receive takes a reply.
func (d *DMABox) Receive(m engine.Message) {
	if err := d.Reply(int(m.Tag), m.Edge); err != nil {
		d.memory.engine.Fail(err)
	}
}

// Step asks for bursts as far ahead as no reply can change them.
func (d *DMABox) Step(now unit.Edge) unit.Edge {
	return d.DMA.Step(now, now+unit.Edge(d.memory.reach.Window))
}
