package mapping

import (
	"fmt"
	"slices"

	"nnsim/unit"
	"nnsim/workloads"
)

// streamPiece is how much of an operand passes at a time where work cannot be cut
// into pieces of its own: long enough to hide a memory's latency.
const streamPiece = 32 << 10

// pieces cuts vector or data-movement work so that the inputs and output of two
// pieces fit the layer's room.
func (c *cutter) pieces() (*Pieces, error) {
	head := c.layer.Head()
	p := &Pieces{OutOnChip: c.onChip(c.layer.Out())}
	for _, t := range head.In {
		p.InOnChip = append(p.InOnChip, t == nil || c.onChip(t))
	}
	shape := head.Out[0].Shape
	if len(c.layer.Out().Shape) != len(shape) || workloads.ClassOf(head.Op) == workloads.Move {
		return p, c.stream(p)
	}
	for axis := range workloads.Leading(head) {
		for step := shape[axis]; step >= 1; step /= 2 {
			if c.fitPieces(p, axis, step) {
				return p, nil
			}
		}
	}
	return p, c.stream(p)
}

// fitPieces lays out the slots for pieces of step indices along axis and tells whether they fit.
func (c *cutter) fitPieces(p *Pieces, axis, step int) bool {
	head := c.layer.Head()
	shape := head.Out[0].Shape
	before, inside := int64(1), int64(step)
	for _, d := range shape[:axis] {
		before *= int64(d)
	}
	for _, d := range shape[axis+1:] {
		inside *= int64(d)
	}
	var in int64
	for _, n := range c.layer.Nodes {
		for _, t := range n.In {
			if c.slotted(t) {
				in = max(in, c.pieceBytes(t, axis, step))
			}
		}
	}
	offChip := c.offChipInputs()
	at := c.base
	p.In = Slots{Base: at, Size: (in + 63) / 64 * 64, Count: 2 * offChip}
	at += p.In.Bytes()
	p.Out = Slots{Base: at}
	if !p.OutOnChip {
		p.Out = Slots{Base: at, Size: (inside*cell(c.layer.Out()) + 63) / 64 * 64, Count: 2}
		at += p.Out.Bytes()
	}
	p.Axis, p.Step = axis, step
	p.Count = int(before) * unit.CeilDiv(shape[axis], step)
	return at-c.base <= c.room
}

// slotted tells operands that pass through slots: activations that live off chip.
// Constants are kept beside the vector unit.
func (c *cutter) slotted(t *workloads.Tensor) bool {
	return t != nil && t.Role != workloads.Weight && !c.inner(t) && !c.onChip(t)
}

// inner tells tensors that pass between the layer's own nodes.
func (c *cutter) inner(t *workloads.Tensor) bool {
	for _, n := range c.layer.Nodes[:len(c.layer.Nodes)-1] {
		if n.Out[0] == t {
			return true
		}
	}
	return false
}

// offChipInputs counts the operands of all the layer's nodes that are loaded.
func (c *cutter) offChipInputs() (count int) {
	for _, n := range c.layer.Nodes {
		for _, t := range n.In {
			if c.slotted(t) {
				count++
			}
		}
	}
	return count
}

// pieceBytes bounds the part of an input that one piece of the output reads.
func (c *cutter) pieceBytes(t *workloads.Tensor, axis, step int) int64 {
	shape, out := t.Shape, c.layer.Head().Out[0].Shape
	n := shape.Elements()
	if workloads.Elementwise(c.layer.Head().Op) {
		shape = append(make(workloads.Shape, max(0, len(out)-len(shape))), shape...)
		n = int64(step)
		for i, d := range shape {
			if i > axis {
				n *= int64(max(d, 1))
			}
		}
		return min(n, t.Shape.Elements()) * cell(t)
	}
	if head := c.layer.Head(); !workloads.CutAlike(head, slices.Index(head.In, t)) {
		return n * cell(t)
	}
	for _, d := range shape[:axis+1] {
		n /= int64(d)
	}
	return n * int64(step) * cell(t)
}

// stream lays out work that is not cut: operands pass a piece at a time.
func (c *cutter) stream(p *Pieces) error {
	p.Streamed = true
	p.StreamBytes = min(streamPiece, c.room/4/64*64)
	if p.StreamBytes < 64 {
		return fmt.Errorf("layer %s has %v of the buffer left to pass data through, it needs 256 B (buffer.size)", c.layer.Name, unit.Bytes(c.room))
	}
	p.In = Slots{Base: c.base, Size: p.StreamBytes, Count: 2}
	p.Out = Slots{Base: c.base + 2*p.StreamBytes, Size: p.StreamBytes, Count: 2}
	return nil
}
