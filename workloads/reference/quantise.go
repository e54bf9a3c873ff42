package reference

import (
	"math"

	"nnsim/workloads"
)

// The quantised operators of ONNX: real = (integer − zero point) × scale.

// eachScaled calls f with each element of input 0 and its scale and zero point,
// which are one number, one for each index of the axis, or, with block_size, one
// for each block along it.
func (c *call) eachScaled(f func(i int, scale, zero float64)) {
	s, scale := c.in[0].Shape, c.in[1]
	zero := workloads.NewArray(workloads.Int32, scale.Shape)
	if c.has(2) {
		zero = c.in[2]
	}
	which := func(int) int { return 0 }
	if scale.Len() > 1 {
		axis, block := c.axis(1, len(s)), int(c.node.Attr.Int("block_size", 0))
		inner := int(s[axis+1:].Elements())
		which = func(i int) int { return i / inner % s[axis] }
		if block > 0 && len(scale.Shape) == len(s) {
			which = func(i int) int {
				return (i/inner/s[axis]*scale.Shape[axis]+i/inner%s[axis]/block)*inner + i%inner
			}
		}
	}
	parallel(c.in[0].Len(), 1<<12, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			at := which(i)
			f(i, scale.At(at), zero.At(at))
		}
	})
}

// quantizeLinear rounds x / scale to the nearest integer, ties to even, adds the
// zero point and clamps to the type. To 8-bit floats it only divides and rounds.
func quantizeLinear(c *call) error {
	x, dst := c.in[0], c.make(0)
	saturate := c.node.Attr.Int("saturate", 1) != 0
	c.eachScaled(func(i int, scale, zero float64) {
		v := float64(float32(x.At(i)) / float32(scale))
		if dst.F != nil {
			dst.F[i] = narrow(v, dst.Type, saturate)
			return
		}
		dst.SetInt(i, saturated(v, zero, dst.Type))
	})
	return nil
}

// saturated is a real number as an integer of a type: rounded, shifted, clamped.
func saturated(v, zero float64, t workloads.DType) int64 {
	lo, hi := t.Range()
	if v != v {
		v = 0
	}
	return int64(clamp(math.RoundToEven(v)+zero, float64(lo), float64(hi)))
}

func dequantizeLinear(c *call) error {
	x, dst := c.in[0], c.make(0)
	c.eachScaled(func(i int, scale, zero float64) { dst.Set(i, (x.At(i)-zero)*scale) })
	return nil
}

// dynamicQuantizeLinear chooses scale and zero point of uint8 so that zero and both
// extremes can be held.
func dynamicQuantizeLinear(c *call) error {
	x, lo, hi := c.in[0], 0.0, 0.0
	for i := range x.Len() {
		lo, hi = min(lo, x.At(i)), max(hi, x.At(i))
	}
	scale := float64((float32(hi) - float32(lo)) / 255)
	zero := 0.0
	if scale != 0 {
		zero = clamp(math.RoundToEven(-lo/scale), 0, 255)
	}
	dst := c.make(0)
	for i := range x.Len() {
		v := 0.0
		if scale != 0 {
			v = float64(float32(x.At(i)) / float32(scale))
		}
		dst.SetInt(i, saturated(v, zero, workloads.Uint8))
	}
	if c.wants(1) {
		c.make(1).Set(0, scale)
	}
	if c.wants(2) {
		c.make(2).SetInt(0, int64(zero))
	}
	return nil
}

// centred is an integer array less its zero point: one number, or one for each
// index of an axis.
func (c *call) centred(x *workloads.Array, zero, axis int) (*workloads.Array, error) {
	if !c.has(zero) {
		return x, nil
	}
	z, dst := c.in[zero], workloads.NewArray(workloads.Int32, x.Shape)
	v, err := c.sliced(zero, x.Shape, axis)
	if err != nil {
		return nil, err
	}
	walk(x.Shape, []view{v}, func(first, n int, at, step []int) {
		for i := range n {
			dst.I32[first+i] = int32(x.Int(first+i) - z.Int(at[0]+i*step[0]))
		}
	})
	return dst, nil
}

// sliced is the view of input i, which has one number, one for each index of an
// axis of s, or the shape of s with 1 elsewhere.
func (c *call) sliced(i int, s workloads.Shape, axis int) (view, error) {
	p := c.in[i]
	switch {
	case p.Len() == 1:
		return view{0, make([]int, len(s))}, nil
	case len(p.Shape) == 1 && axis < len(s) && p.Len() == s[axis]:
		return along(axis, len(s)), nil
	case len(p.Shape) == len(s) && broadcasts(p.Shape, s):
		return stretched(p.Shape, s), nil
	}
	return view{}, c.fail("input %s of shape %v does not fit axis %d of shape %v", c.node.In[i].Name, p.Shape, axis, s)
}

// broadcasts tells whether s, of as many axes, stretches to another shape.
func broadcasts(s, to workloads.Shape) bool {
	for i, d := range s {
		if d != 1 && d != to[i] {
			return false
		}
	}
	return true
}

// integerSums is the exact product of x (input xi, zero point xz) and w, in int32.
func (c *call) integerSums(xi, xz, wi, wz int) (*workloads.Array, error) {
	x, w := c.in[xi], c.in[wi]
	rows, cols := max(0, len(x.Shape)-2), max(0, len(w.Shape)-1)
	if c.node.Op == "ConvInteger" || c.node.Op == "QLinearConv" {
		rows, cols = 1, 0
	}
	x, err := c.centred(x, xz, rows)
	if err != nil {
		return nil, err
	}
	if w, err = c.centred(w, wz, cols); err != nil {
		return nil, err
	}
	dst, q := workloads.NewArray(workloads.Int32, c.node.Out[0].Shape), c.product(x, w)
	q.exact(storeInts(dst, q))
	return dst, nil
}

// integerHead is ConvInteger and MatMulInteger: exact sums in int32.
func integerHead(c *call) (err error) {
	c.out[0], err = c.integerSums(0, 2, 1, 3)
	return err
}

// quantisedHead is QLinearConv and QLinearMatMul: exact sums, scaled to the output.
func quantisedHead(c *call) error {
	sums, err := c.integerSums(0, 2, 3, 5)
	if err != nil {
		return err
	}
	if c.has(8) {
		combine(sums, sums, c.in[8].Reshaped(perChannel(sums.Shape)), add)
	}
	dst, s := c.make(0), sums.Shape
	rows, cols := max(0, len(s)-2), max(0, len(s)-1)
	if c.node.Op == "QLinearConv" {
		rows, cols = 1, 1
	}
	var views []view
	for _, p := range []struct{ input, axis int }{{1, rows}, {4, cols}, {6, rows}, {7, rows}} {
		v, err := c.sliced(p.input, s, p.axis)
		if err != nil {
			return err
		}
		views = append(views, v)
	}
	walk(s, views, func(first, n int, at, step []int) {
		for i := range n {
			factor := c.in[1].At(at[0]+i*step[0]) * c.in[4].At(at[1]+i*step[1]) / c.in[6].At(at[2]+i*step[2])
			zero := c.in[7].At(at[3] + i*step[3])
			dst.SetInt(first+i, saturated(sums.At(first+i)*factor, zero, dst.Type))
		}
	})
	return nil
}
