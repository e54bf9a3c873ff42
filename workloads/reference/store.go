package reference

import (
	"math"

	"nnsim/workloads"
)

// encode stores a result as a tensor asks for.
func (r result) encode(n *workloads.Node, t *workloads.Tensor) (*workloads.Array, error) {
	a, to := r.array, t.Type
	scaled := r.scale != 0
	switch {
	case to == workloads.Unset:
		return a, nil
	case scaled && a.Type == to && (to == workloads.Int32 && isHead(n.Op) || r.scale == t.Scale):
		return a, nil
	case !scaled && !a.Type.IsFloat(): // integers that stand for themselves, or a Cast of them
		if isScaled(t) {
			return quantised(convert(a, workloads.FP32, true), 1, t), nil
		}
		return convert(a, to, true), nil
	case to.IsFloat():
		if scaled {
			a = dequantised(a, r.scale)
		}
		return inFloat(a, to), nil
	case to.IsInt() && to != workloads.Int64 && t.Scale == 0:
		c := call{node: n}
		return nil, c.fail("output %s is %v without a scale here; leave it in floating point in the model, or compute in integers with dtype=int8", t.Name, to)
	case to.IsInt() && to != workloads.Int64:
		step := 1.0
		if scaled {
			step = r.scale
		}
		return quantised(a, step, t), nil
	}
	return convert(a, to, true), nil
}

// inFloat rounds reals to a float format as machines do: overflow is what DType.Round says.
func inFloat(a *workloads.Array, to workloads.DType) *workloads.Array {
	if a.Type == to || a.F == nil || to == workloads.FP64 {
		return convert(a, to, true)
	}
	dst := workloads.NewArray(to, a.Shape)
	parallel(len(a.F), 1<<14, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			dst.F[i] = to.Round(a.F[i])
		}
	})
	return dst
}

// quantised is a·step in the integers of a tensor.
func quantised(a *workloads.Array, step float64, t *workloads.Tensor) *workloads.Array {
	dst := workloads.NewArray(t.Type, a.Shape)
	parallel(dst.Len(), 1<<13, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			q := t.Type.Quantise(a.At(i)*step, t.Scale)
			if dst.I8 != nil {
				dst.I8[i] = int8(q)
			} else {
				dst.I32[i] = q
			}
		}
	})
	return dst
}

// greatestMagnitude is max|x| of a result's real values.
func (r result) greatestMagnitude() float64 {
	top := 0.0
	for i := range r.array.Len() {
		if v := math.Abs(r.array.At(i)); v > top && !math.IsInf(v, 0) {
			top = v
		}
	}
	if r.scale != 0 {
		top *= r.scale
	}
	return top
}
