package reference

import "nnsim/workloads"

// resize goes along one axis after another: each output index of the axis is a weighted sum
// of input indices. Nearest elements are copied in one go.
func resize(c *call) error {
	z, err := workloads.ResizeOf(c.node)
	if err != nil {
		return err
	}
	x, dst := c.in[0], c.make(0)
	taps, outside := resizeTaps(z)
	if z.Nearest {
		sources := make([][]int, len(taps))
		for axis := range taps {
			for _, list := range taps[axis] {
				sources[axis] = append(sources[axis], list[0].Index)
			}
		}
		pick(dst, x, sources)
		return nil
	}
	values, shape := make([]float64, x.Len()), x.Shape.Clone()
	for i := range values {
		values[i] = x.At(i)
	}
	for axis := range taps {
		if z.Axes[axis].In != z.Axes[axis].Out || len(taps[axis]) > 0 && (len(taps[axis][0]) != 1 || outside[axis] != nil) {
			values = resample(values, shape, axis, taps[axis])
			shape[axis] = len(taps[axis])
		}
	}
	beyondCrop(values, shape, outside, z.Fill)
	for i, v := range values {
		dst.Set(i, v)
	}
	return nil
}

// resizeTaps lists the taps of every index of every axis, and which indices lie outside (nil: none).
func resizeTaps(z *workloads.Resize) (taps [][][]workloads.Tap, outside [][]bool) {
	for axis := range z.Axes {
		a := &z.Axes[axis]
		list, beyond, any := make([][]workloads.Tap, a.Out), make([]bool, a.Out), false
		for i := range list {
			list[i], beyond[i] = a.Taps(i)
			any = any || beyond[i]
		}
		if !any {
			beyond = nil
		}
		taps, outside = append(taps, list), append(outside, beyond)
	}
	return taps, outside
}

// pick copies the elements that every axis names.
func pick(dst, x *workloads.Array, sources [][]int) {
	stride, last := x.Shape.Strides(), len(x.Shape)-1
	if last < 0 {
		copyOne(dst, 0, x, 0)
		return
	}
	lanes(dst.Shape, last, func(lane, first, _ int) {
		line, rest := 0, lane
		for axis := last - 1; axis >= 0; axis-- {
			line += sources[axis][rest%dst.Shape[axis]] * stride[axis]
			rest /= dst.Shape[axis]
		}
		for i, from := range sources[last] {
			copyOne(dst, first+i, x, line+from)
		}
	})
}

// resample replaces one axis by weighted sums along it.
func resample(in []float64, shape workloads.Shape, axis int, taps [][]workloads.Tap) []float64 {
	outer, inner := int(shape[:axis].Elements()), int(shape[axis+1:].Elements())
	out := make([]float64, outer*len(taps)*inner)
	for o := range outer {
		for i, list := range taps {
			to := out[(o*len(taps)+i)*inner:][:inner]
			for _, t := range list {
				from := in[(o*shape[axis]+t.Index)*inner:][:inner]
				for k, v := range from {
					to[k] += t.Weight * v
				}
			}
		}
	}
	return out
}

// beyondCrop fills what lies outside the crop along any axis.
func beyondCrop(values []float64, shape workloads.Shape, outside [][]bool, fill float64) {
	stride := shape.Strides()
	for axis, beyond := range outside {
		if beyond == nil {
			continue
		}
		for i := range values {
			if beyond[i/stride[axis]%shape[axis]] {
				values[i] = fill
			}
		}
	}
}
