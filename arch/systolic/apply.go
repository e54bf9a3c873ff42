package systolic

import (
	"fmt"

	"nnsim/mem"
	"nnsim/workloads"
	"nnsim/workloads/reference"
)

// The data side of a drain: the accumulators of one tile, the bias, the fused
// operators one after another, and the result's bytes into its slot or its place.

// drain is the data side of one drain command.
func (p *plane) drain(k *nestWalk, b *block, extraSlots []int, outSlot int) action {
	layer := k.present
	return action{End: func() error {
		st := p.memories(layer)
		a, err := p.head(k, b, st)
		if err != nil {
			return err
		}
		region, used := k.outRegion(b, false), 0
		for i, f := range k.layer.Nodes[1:] {
			in := make([]*workloads.Array, len(f.In))
			for j, t := range f.In {
				switch {
				case t == nil:
				case t == k.layer.Nodes[i].Out[0]:
					in[j] = a
				case t.Role == workloads.Weight:
					in[j] = sliceParameter(st, f, t, region)
				default:
					if in[j], err = p.operand(k, t, region, st, extraSlots, &used); err != nil {
						return err
					}
				}
			}
			out, err := reference.EvalFormat(f, in)
			if err != nil {
				return err
			}
			a = out[0]
		}
		return p.leave(k, b, a, st, outSlot)
	}}
}

// head is the result of the product itself for a tile: accumulators plus bias, in the format of its tensor.
func (p *plane) head(k *nestWalk, b *block, st *stores) (*workloads.Array, error) {
	node := k.layer.Head()
	region := k.outRegion(b, false)
	out := node.Out[0]
	a := workloads.NewArray(out.Type, workloads.Shape(region.Shape()))
	bank := &st.acc[b.bank]
	if held := max(len(bank.i), len(bank.f)); held != a.Len() {
		return nil, fmt.Errorf("systolic: layer %s: a drain of %d sums finds %d in its accumulator bank", k.layer.Name, a.Len(), held)
	}
	bias := k.bias()
	scale := reference.AccumulatorScale(node)
	images, cols, pixels := region[0].Len(), b.c1-b.c0, 1
	if k.convolves() {
		pixels = b.rows.P1 - b.rows.P0
	}
	for image := range images {
		for c := range cols {
			at, step := image*cols+c, 0
			from := at
			if k.convolves() {
				at, step = (image*cols+c)*pixels, 1
				from = c*b.rows.Rows() + image*pixels
			}
			p.store(a, at, bank, from, pixels, step, biasOf(st, bias, region, c), scale, out)
		}
	}
	return a, nil
}

// store brings one run of sums to the format of the output.
func (p *plane) store(a *workloads.Array, at int, bank *accumulator, from, n, step int, bias biasValue, scale float64, out *workloads.Tensor) {
	for i := range n {
		j := from + i*step
		switch {
		case bank.f != nil && a.F != nil:
			a.F[at+i] = out.Type.Round(bank.f[j] + bias.f)
		case a.I32 != nil && out.Type == workloads.Int32:
			a.I32[at+i] = bank.i[j] + bias.i
		case a.F != nil:
			a.F[at+i] = out.Type.Round(float32(float64(bank.i[j]+bias.i) * scale))
		default:
			a.SetInt(at+i, int64(out.Type.Quantise(float64(bank.i[j]+bias.i)*scale, out.Scale)))
		}
	}
}

// biasValue is one column's bias, in the accumulator's format.
type biasValue struct {
	i int32
	f float32
}

// bias is the head's bias tensor, or nil.
func (k *nestWalk) bias() *workloads.Tensor {
	if in := k.layer.Head().In; len(in) > 2 {
		return in[2]
	}
	return nil
}

// biasOf is the bias of column c of a region.
func biasOf(st *stores, t *workloads.Tensor, region mem.Region, c int) biasValue {
	if t == nil {
		return biasValue{}
	}
	a, i := st.values[t], region[1].Lo+c
	if a.Len() == 1 {
		i = 0
	}
	if a.F != nil {
		return biasValue{f: a.F[i]}
	}
	return biasValue{i: int32(a.Int(i))}
}

// sliceParameter is the part of a fused operator's constant that belongs to a region.
func sliceParameter(st *stores, f *workloads.Node, t *workloads.Tensor, region mem.Region) *workloads.Array {
	a := st.values[t]
	if f.Op == "BatchNormalization" {
		return slice(a, mem.Region{region[1]})
	}
	return slice(a, aligned(t.Shape, region))
}

// aligned is the part of a broadcast operand that a region of the output reads:
// axes are matched from the last, those of extent 1 are taken as they are.
func aligned(shape workloads.Shape, region mem.Region) mem.Region {
	r := make(mem.Region, len(shape))
	for i, d := range shape {
		r[i] = mem.Span{Lo: 0, Hi: d}
		if j := len(region) - len(shape) + i; d > 1 && j >= 0 {
			r[i] = region[j]
		}
	}
	return r
}

// slice copies a box out of an array.
func slice(a *workloads.Array, r mem.Region) *workloads.Array {
	w := a.Type.CellBytes()
	raw, box := make([]byte, a.Len()*w), make([]byte, int(r.Elements())*w)
	a.Encode(raw, 0, a.Len())
	_ = mem.Load(box, mem.SRAM(raw), 0, a.Shape, r, w)
	out := workloads.NewArray(a.Type, workloads.Shape(r.Shape()))
	out.Decode(box, 0, out.Len())
	return out
}

// operand is the part of an activation that the drain reads beside the
// accumulators: from its slot, or from the buffer where it lives.
func (p *plane) operand(k *nestWalk, t *workloads.Tensor, region mem.Region, st *stores, slots []int, used *int) (*workloads.Array, error) {
	cell := t.Type.CellBytes()
	raw := make([]byte, region.Elements()*int64(cell))
	var err error
	if pl := k.place(t); pl.OnChip >= 0 {
		err = p.lives(raw, st, pl, k.outView(false), region, cell)
	} else {
		err = st.buffer.ReadAt(raw, k.n.Extra.Addr(slots[*used]))
		*used++
	}
	a := workloads.NewArray(t.Type, workloads.Shape(region.Shape()))
	a.Decode(raw, 0, a.Len())
	return a, err
}

// leave writes a tile's finished result into its slot, or into the buffer where its tensor lives.
func (p *plane) leave(k *nestWalk, b *block, a *workloads.Array, st *stores, slot int) error {
	out := k.layer.Out()
	cell := out.Type.CellBytes()
	raw := make([]byte, a.Len()*cell)
	a.Encode(raw, 0, a.Len())
	region := k.outRegion(b, true)
	p.note(k.present, k.outView(true), region)
	pl := k.place(out)
	if pl.Ring > 0 {
		if err := p.gather(out, k.outView(true), region, raw); err != nil {
			return err
		}
	}
	if pl.OnChip >= 0 {
		return p.stays(st, pl, k.outView(true), region, cell, raw)
	}
	return st.buffer.WriteAt(raw, k.n.Out.Addr(slot))
}
