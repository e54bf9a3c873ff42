package reference

import (
	"math"

	"nnsim/workloads"
)

// convert brings an array to another type: reals are rounded, or truncated to
// integers; integers wrap; anything but zero is true. It returns the array itself
// where nothing changes.
func convert(a *workloads.Array, to workloads.DType, saturate bool) *workloads.Array {
	if a.Type == to {
		return a
	}
	dst := workloads.NewArray(to, a.Shape)
	exact := a.F == nil && a.D == nil && dst.F == nil && dst.D == nil
	parallel(a.Len(), 1<<14, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			switch {
			case exact:
				dst.SetInt(i, wrapped(a.Int(i), to))
			case to == workloads.Bool:
				dst.SetInt(i, truth(a.At(i)))
			case to == workloads.Uint64:
				dst.SetInt(i, towardZero(a.At(i)))
			case dst.F != nil:
				dst.F[i] = narrow(a.At(i), to, saturate)
			case dst.D != nil:
				dst.D[i] = a.At(i)
			default:
				dst.SetInt(i, wrapped(int64(a.At(i)), to))
			}
		}
	})
	return dst
}

// wrapped keeps the low bits of an integer that formats have which fill no bytes.
func wrapped(v int64, t workloads.DType) int64 {
	if t.IsInt() && t != workloads.Bipolar && t.Bits()%8 != 0 {
		spare := 64 - t.Bits()
		return v << spare >> spare
	}
	return v
}

// truth is 0 for zero and 1 for the rest, NaN included.
func truth(v float64) int64 {
	if v == 0 {
		return 0
	}
	return 1
}

// towardZero is the bit pattern of a real number as uint64, which an int64 does
// not hold above 2^63.
func towardZero(v float64) int64 {
	if v >= math.MaxInt64 {
		return int64(uint64(v))
	}
	return int64(v)
}

// narrow rounds to a float format. The 8-bit formats either saturate (ONNX's
// default) or overflow to infinity (e5m2) or NaN (e4m3, which has no infinity).
func narrow(v float64, to workloads.DType, saturate bool) float32 {
	x := to.Round(float32(v))
	if to != workloads.E4M3 && to != workloads.E5M2 || v != v {
		return x
	}
	top := map[workloads.DType]float64{workloads.E4M3: 448, workloads.E5M2: 57344}[to]
	switch {
	case saturate && math.Abs(v) > top:
		return float32(math.Copysign(top, v))
	case !saturate && to == workloads.E4M3 && math.Abs(v) > 464: // above the midpoint to the NaN code
		return float32(math.Copysign(math.NaN(), v))
	}
	return x
}

func cast(c *call) error {
	c.out[0] = convert(c.in[0], c.node.Out[0].Type, c.node.Attr.Int("saturate", 1) != 0)
	return nil
}
