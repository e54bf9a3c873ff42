package reference

import (
	"fmt"
	"math"

	"nnsim/workloads"
)

// Materialise gives the stored values of a weight or input, from its constant or
// its source, in the tensor's type: floats are rounded, integers that stand for
// real numbers quantised. Where such a tensor has no scale yet, it is set here to
// max|x| over the type's greatest value. Values that are not finite are refused.
func Materialise(t *workloads.Tensor) (*workloads.Array, error) {
	if n := t.Shape.Elements(); n < 0 || n > maxElements {
		return nil, fmt.Errorf("tensor %s: shape %v has more than 2^30 elements, which the reference kernels do not hold", t.Name, t.Shape)
	}
	if t.Const != nil && int64(t.Const.Len()) != t.Shape.Elements() {
		return nil, fmt.Errorf("tensor %s: shape %v asks for %d elements, its constant holds %d", t.Name, t.Shape, t.Shape.Elements(), t.Const.Len())
	}
	if t.Const != nil && (!t.Const.Type.IsFloat() || t.Const.Type == workloads.FP64 && t.Type == workloads.FP64) {
		return stored(t.Const, t)
	}
	v := workloads.NewArray(workloads.FP32, t.Shape)
	parallel(len(v.F), 1<<16, func(lo, hi int) { t.Fill(v.F[lo:hi], int64(lo)) })
	for i, x := range v.F {
		if x-x != 0 { // infinities and NaN
			return nil, fmt.Errorf("tensor %s: element %d is %v; values must be finite", t.Name, i, x)
		}
	}
	return stored(v, t)
}

// stored brings given values to a tensor's format, setting its scale if need be.
func stored(a *workloads.Array, t *workloads.Tensor) (*workloads.Array, error) {
	if !a.Shape.Equal(t.Shape) {
		if a.Shape.Elements() != t.Shape.Elements() {
			return nil, fmt.Errorf("tensor %s has shape %v, its values %v", t.Name, t.Shape, a.Shape)
		}
		a = a.Reshaped(t.Shape)
	}
	switch {
	case t.Type == workloads.Unset || a.Type == t.Type:
		return a, nil
	case a.Type.IsFloat() && t.Type.IsInt() && t.Type != workloads.Int64 && !t.Whole:
		if t.Scale == 0 {
			t.Scale = scaleFor(result{array: a}.greatestMagnitude(), t.Type)
		}
		return quantised(a, 1, t), nil
	}
	if t.Type.IsFloat() {
		return inFloat(a, t.Type), nil
	}
	return convert(a, t.Type, true), nil
}

// headroom is by how much int16 stays below its greatest value. Products of two
// full-range int16 numbers fill 30 of the accumulator's 31 bits; with 3 bits less
// in each, sums of some thousand products of mixed sign fit into it.
const headroom = 8

// scaleFor is the scale at which an integer format just holds a magnitude.
func scaleFor(magnitude float64, t workloads.DType) float64 {
	_, hi := t.Range()
	if t.Bits() <= 16 {
		hi = min(hi, 1<<15/headroom-1)
	}
	s := magnitude / math.Max(1, float64(hi))
	if s == 0 || math.IsInf(1/s, 0) { // nothing but zeros, or so small that it vanishes
		return 1
	}
	return s
}
