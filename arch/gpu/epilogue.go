package gpu

import (
	"nnsim/workloads"
	"nnsim/workloads/reference"
)

// epilogue is what happens to a tile's sums on their way to memory: bias, the
// format of the product's result, the fused operators, the place in the output.
type epilogue struct {
	p      *plane
	l      *workloads.Layer
	conv   bool
	bias   *workloads.Array
	scale  float64
	beside map[*workloads.Tensor]*workloads.Array // operands of fused operators
	out    *workloads.Array
}

// newEpilogue reads what the epilogue needs beside the sums.
func (p *plane) newEpilogue(l *workloads.Layer, t *task) (e *epilogue, err error) {
	head := l.Head()
	e = &epilogue{p: p, l: l, conv: head.Op == "Conv", scale: reference.AccumulatorScale(head), beside: map[*workloads.Tensor]*workloads.Array{},
		out: workloads.NewArray(l.Out().Type, l.Out().Shape)}
	if t := head.Input(2); t != nil {
		if e.bias, err = p.read(t); err != nil {
			return nil, err
		}
	}
	for i, n := range l.Nodes[1:] {
		for _, t := range n.In {
			if t == nil || t == l.Nodes[i].Out[0] {
				continue
			}
			if e.beside[t], err = p.read(t); err != nil {
				return nil, err
			}
		}
	}
	return e, nil
}

// finish brings a tile's sums to the output and returns where its results lie in it.
func (e *epilogue) finish(c *ctaTile) (at []int, err error) {
	rows, cols := c.shape[0], c.shape[1]
	at = make([]int, 0, rows*cols)
	for i := range rows {
		for j := range cols {
			at = append(at, c.index(e.conv, i, j))
		}
	}
	a := e.head(c)
	for i, n := range e.l.Nodes[1:] {
		in := make([]*workloads.Array, len(n.In))
		for j, t := range n.In {
			switch {
			case t == nil:
			case t == e.l.Nodes[i].Out[0]:
				in[j] = a
			default:
				in[j] = e.operand(c, t, at)
			}
		}
		out, err := reference.EvalFormat(n, in)
		if err != nil {
			return nil, err
		}
		a = out[0]
	}
	for i, to := range at {
		copyElement(e.out, to, a, i)
	}
	return at, nil
}

// head is the product's own result for a tile, in the format of its tensor.
func (e *epilogue) head(c *ctaTile) *workloads.Array {
	out := e.l.Head().Out[0]
	rows, cols := c.shape[0], c.shape[1]
	a := workloads.NewArray(out.Type, workloads.Shape{rows, cols})
	for i := range rows * cols {
		var bias float32
		var step int32
		if e.bias != nil {
			k := c.column(e.conv, i%cols)
			if e.bias.Len() == 1 {
				k = 0
			}
			if e.bias.F != nil {
				bias = e.bias.F[k]
			} else {
				step = int32(e.bias.Int(k))
			}
		}
		sum := c.ints[i] + step
		switch {
		case !c.ints8:
			a.F[i] = out.Type.Round(c.total[i] + bias)
		case out.Type == workloads.Int32:
			a.I32[i] = sum
		case a.F != nil:
			a.F[i] = out.Type.Round(float32(float64(sum) * e.scale))
		default:
			a.SetInt(i, int64(out.Type.Quantise(float64(sum)*e.scale, out.Scale)))
		}
	}
	return a
}

// operand is the part of a fused operator's operand that meets the tile.
func (e *epilogue) operand(c *ctaTile, t *workloads.Tensor, at []int) *workloads.Array {
	whole := e.beside[t]
	rows, cols := c.shape[0], c.shape[1]
	switch {
	case t.Shape.Equal(e.l.Out().Shape):
		a := workloads.NewArray(t.Type, workloads.Shape{rows, cols})
		for i, from := range at {
			copyElement(a, i, whole, from)
		}
		return a
	case whole.Len() == 1:
		return whole.Reshaped(workloads.Shape{1})
	}
	a := workloads.NewArray(t.Type, workloads.Shape{cols})
	for j := range cols {
		copyElement(a, j, whole, c.column(e.conv, j))
	}
	return a
}

// store writes the output to memory.
func (e *epilogue) store() error { return e.p.write(e.l.Out(), e.out) }

// copyElement copies one element between arrays of one type.
func copyElement(dst *workloads.Array, to int, src *workloads.Array, from int) {
	switch {
	case dst.F != nil:
		dst.F[to] = src.F[from]
	case dst.I8 != nil:
		dst.I8[to] = src.I8[from]
	case dst.I32 != nil:
		dst.I32[to] = src.I32[from]
	default:
		dst.Set(to, src.At(from))
	}
}
