package systolic

import (
	"nnsim/mem"
	"nnsim/workloads"
)

// A product's operands and result are seen through views of few axes:
//
//	convolution  A [image, channel, row, col]   result [image, filter, row, col]
//	product      A [row, reduction]             result [row, column]     rows of all batches in turn
//	             B [reduction, column]          (transposed operands with the axes exchanged)

// convolves tells a convolution from a matrix product.
func (k *nestWalk) convolves() bool { return k.layer.Head().Op == "Conv" }

// aView is the shape A is seen in.
func (k *nestWalk) aView() []int {
	s := &k.n.Space
	if k.convolves() {
		return []int{s.Images, s.C * s.Groups, s.H, s.W}
	}
	batches := int(k.inA.Shape.Elements()) / (s.Images * s.C)
	if s.TransA {
		return []int{batches * s.C, s.Images}
	}
	return []int{batches * s.Images, s.C}
}

// aRegion is what one load of A brings: the row tile's input rows, or rows, of channels [ch, ch1) of the pack.
func (k *nestWalk) aRegion(b *block, ch, ch1 int) mem.Region {
	s := &k.n.Space
	if k.convolves() {
		lo, hi := k.n.InputRows(b.rows.P0, b.rows.P1)
		first := b.g0 * s.C
		return mem.Region{{Lo: b.rows.I0, Hi: b.rows.I1}, {Lo: first + ch, Hi: first + ch1}, {Lo: lo, Hi: hi}, {Lo: 0, Hi: s.W}}
	}
	ia := 0
	if !s.SharedB {
		ia, _ = workloads.BatchIndex(k.layer.Head(), b.batch)
	}
	if s.TransA {
		return mem.Region{{Lo: ia*s.C + ch, Hi: ia*s.C + ch1}, {Lo: b.rows.I0, Hi: b.rows.I1}}
	}
	return mem.Region{{Lo: ia*s.Images + b.rows.I0, Hi: ia*s.Images + b.rows.I1}, {Lo: ch, Hi: ch1}}
}

// bView is the shape B is seen in where it is an activation.
func (k *nestWalk) bView() []int {
	s := &k.n.Space
	batches := int(k.inB.Shape.Elements()) / (s.C * s.K)
	if s.TransB {
		return []int{batches * s.K, s.C}
	}
	return []int{batches * s.C, s.K}
}

// bRegion is what one load of B brings where it is an activation.
func (k *nestWalk) bRegion(b *block, r0, r1 int) mem.Region {
	s, ib := &k.n.Space, 0
	if !s.SharedB {
		_, ib = workloads.BatchIndex(k.layer.Head(), b.batch)
	}
	if s.TransB {
		return mem.Region{{Lo: ib*s.K + b.c0, Hi: ib*s.K + b.c1}, {Lo: r0, Hi: r1}}
	}
	return mem.Region{{Lo: ib*s.C + r0, Hi: ib*s.C + r1}, {Lo: b.c0, Hi: b.c1}}
}

// outView is the shape the result is seen in, before or after a pool in the drain.
func (k *nestWalk) outView(pooled bool) []int {
	s := &k.n.Space
	if !k.convolves() {
		return []int{s.Batch * s.Images, s.K}
	}
	rows, cols := s.OH, s.OW
	if y := k.layer.Out().Shape; pooled {
		rows, cols = 1, 1
		if len(y) >= 4 {
			rows = y[2]
		}
		if len(y) >= 3 {
			cols = y[len(y)-1]
		}
	}
	return []int{s.Images, s.K * s.Groups, rows, cols}
}

// outRegion is where a tile's results lie. A tile is whole rows of an image, or a
// part of one row; behind a pool it is the windows those rows make.
func (k *nestWalk) outRegion(b *block, pooled bool) mem.Region {
	s := &k.n.Space
	if !k.convolves() {
		return mem.Region{{Lo: b.batch*s.Images + b.rows.I0, Hi: b.batch*s.Images + b.rows.I1}, {Lo: b.c0, Hi: b.c1}}
	}
	first := b.g0 * s.K
	rows := mem.Span{Lo: b.rows.P0 / s.OW, Hi: (b.rows.P1 + s.OW - 1) / s.OW}
	cols := mem.Span{Lo: 0, Hi: s.OW}
	if (b.rows.P1-b.rows.P0)%s.OW != 0 {
		cols = mem.Span{Lo: b.rows.P0 % s.OW, Hi: b.rows.P0%s.OW + b.rows.P1 - b.rows.P0}
	}
	if view := k.outView(true); pooled && (view[2] != s.OH || view[3] != s.OW) {
		rows = mem.Span{Lo: rows.Lo * view[2] / s.OH, Hi: rows.Hi * view[2] / s.OH}
		cols = mem.Span{Lo: 0, Hi: view[3]}
	}
	return mem.Region{{Lo: b.rows.I0, Hi: b.rows.I1}, {Lo: first + b.c0, Hi: first + b.c1}, rows, cols}
}

// offset is the index of a region's first element.
func offset(shape []int, r mem.Region) (at int64) {
	for i, s := range r {
		at = at*int64(shape[i]) + int64(s.Lo)
	}
	return at
}
