package reference

import (
	"math"

	"nnsim/workloads"
)

// line is one line of numbers along an axis, as real numbers.
type line []float64

// lineWise applies f to every line of the input along an axis and writes the
// lines back to the output.
func lineWise(dst, src *workloads.Array, shape workloads.Shape, axis int, f func(line)) {
	lanes(shape, axis, func(_, first, step int) {
		v := make(line, shape[axis])
		for i := range v {
			v[i] = src.At(first + i*step)
		}
		f(v)
		for i := range v {
			dst.Set(first+i*step, v[i])
		}
	})
}

// moments is the mean and the variance of a line.
func (v line) moments() (mean, variance float64) {
	for _, x := range v {
		mean += x
	}
	mean /= float64(len(v))
	for _, x := range v {
		variance += (x - mean) * (x - mean)
	}
	return mean, variance / float64(len(v))
}

// layerNorm normalises everything from an axis on, then scales and shifts; its
// other outputs are the mean and the inverse standard deviation.
func layerNorm(c *call) error {
	x, dst := c.in[0], c.make(0)
	rows, n := inRows(x.Shape, c.axis(-1, len(x.Shape)))
	epsilon := float64(c.node.Attr.Float("epsilon", 1e-5))
	stats := [2]*workloads.Array{}
	for i := range stats {
		if c.wants(i + 1) {
			stats[i] = c.make(i + 1)
		}
	}
	lanes(workloads.Shape{rows, n}, 1, func(row, first, _ int) {
		v := reals(x, first, n)
		mean, variance := v.moments()
		inverse := 1 / math.Sqrt(variance+epsilon)
		for i := range v {
			dst.Set(first+i, (v[i]-mean)*inverse)
		}
		for i, s := range []float64{mean, inverse} {
			if stats[i] != nil {
				stats[i].Set(row, s)
			}
		}
	})
	c.affine(dst, 1, 2)
	return nil
}

// reals is n elements of an array as a line.
func reals(a *workloads.Array, first, n int) line {
	v := make(line, n)
	for i := range v {
		v[i] = a.At(first + i)
	}
	return v
}

// affine multiplies by input scale and adds input shift, both broadcast, where given.
func (c *call) affine(dst *workloads.Array, scale, shift int) {
	if c.has(scale) {
		combine(dst, dst, c.in[scale], mul)
	}
	if c.has(shift) {
		combine(dst, dst, c.in[shift], add)
	}
}

// rmsNorm divides by the root of the mean square.
func rmsNorm(c *call) error {
	x, dst := c.in[0], c.make(0)
	rows, n := inRows(x.Shape, c.axis(-1, len(x.Shape)))
	epsilon := float64(c.node.Attr.Float("epsilon", 1e-5))
	lineWise(dst, x, workloads.Shape{rows, n}, 1, func(v line) {
		sum := 0.0
		for _, x := range v {
			sum += x * x
		}
		root := math.Sqrt(sum/float64(n) + epsilon)
		for i := range v {
			v[i] /= root
		}
	})
	c.affine(dst, 1, 2)
	return nil
}

// groupNorm normalises groups of channels of one image: one channel each for
// InstanceNormalization. Scale and bias are by channel, or before opset 21 by group.
func groupNorm(c *call) error {
	x, dst := c.in[0], c.make(0)
	images, channels := x.Shape[0], x.Shape[1]
	groups := channels
	if c.node.Op == "GroupNormalization" {
		groups = int(c.node.Attr.Int("num_groups", 1))
	}
	epsilon := float64(c.node.Attr.Float("epsilon", 1e-5))
	n := x.Len() / max(1, images*groups)
	lineWise(dst, x, workloads.Shape{images * groups, n}, 1, func(v line) {
		mean, variance := v.moments()
		for i := range v {
			v[i] = (v[i] - mean) / math.Sqrt(variance+epsilon)
		}
	})
	for i, op := range []arithmetic{mul, add} {
		p := c.in[i+1]
		every := channels / p.Len() // channels that share one number
		view := workloads.Shape{images, p.Len(), every * int(x.Shape[2:].Elements())}
		shaped := dst.Reshaped(view)
		combine(shaped, shaped, p.Reshaped(workloads.Shape{p.Len(), 1}), op)
	}
	return nil
}

// batchNorm scales and shifts each channel by given statistics. In training mode
// the statistics are the batch's own, and the running ones move towards them.
func batchNorm(c *call) error {
	x, dst := c.in[0], c.make(0)
	epsilon, channels := float64(c.node.Attr.Float("epsilon", 1e-5)), x.Shape[1]
	mean, variance := reals(c.in[3], 0, channels), reals(c.in[4], 0, channels)
	if c.node.Attr.Int("training_mode", 0) != 0 {
		c.runningStatistics(mean, variance)
	}
	inner := int(x.Shape[2:].Elements())
	tasks(x.Shape[0]*channels, func(plane int) {
		ch := plane % channels
		scale := c.in[1].At(ch) / math.Sqrt(variance[ch]+epsilon)
		shift := c.in[2].At(ch)
		for i := plane * inner; i < (plane+1)*inner; i++ {
			dst.Set(i, (x.At(i)-mean[ch])*scale+shift)
		}
	})
	return nil
}

// runningStatistics puts the batch's statistics in place of the given ones and
// makes outputs 1 and 2, which lie between the two.
func (c *call) runningStatistics(mean, variance line) {
	x, momentum := c.in[0], float64(c.node.Attr.Float("momentum", 0.9))
	inner := int(x.Shape[2:].Elements())
	for ch := range mean {
		var v line
		for image := range x.Shape[0] {
			v = append(v, reals(x, (image*len(mean)+ch)*inner, inner)...)
		}
		mean[ch], variance[ch] = v.moments()
	}
	for i, now := range []line{mean, variance} {
		if c.wants(i + 1) {
			out := c.make(i + 1)
			for ch := range now {
				out.Set(ch, c.in[i+3].At(ch)*momentum+now[ch]*(1-momentum))
			}
		}
	}
}

// lrn divides by a power of the sum of squares over neighbouring channels
// (Krizhevsky et al., 2012).
func lrn(c *call) error {
	x, dst := c.in[0], c.make(0)
	size := int(c.node.Attr.Int("size", 1))
	alpha, beta := float64(c.node.Attr.Float("alpha", 1e-4)), float64(c.node.Attr.Float("beta", 0.75))
	bias := float64(c.node.Attr.Float("bias", 1))
	if len(x.Shape) < 2 || size < 1 {
		return c.fail("input has shape %v, attribute size is %d; at least 2 axes and 1 channel are needed", x.Shape, size)
	}
	lineWise(dst, x, x.Shape, 1, func(v line) {
		square := make(line, len(v))
		for i, x := range v {
			square[i] = x * x
		}
		for i := range v {
			sum := 0.0
			for _, s := range square[max(0, i-(size-1)/2):min(len(v), i+size/2+1)] {
				sum += s
			}
			v[i] /= math.Pow(bias+alpha/float64(size)*sum, beta)
		}
	})
	return nil
}

// meanVariance brings the elements along the axes to mean 0 and variance 1.
func meanVariance(c *call) error {
	x, dst := c.in[0], c.make(0)
	axes, rank := c.node.Attr.Ints("axes", []int64{0, 2, 3}), int64(len(c.in[0].Shape))
	for _, a := range axes {
		if a < -rank || a >= rank {
			return c.fail("axis %d is outside a tensor of %d axes", a, rank)
		}
	}
	kept, gone := splitAxes(x.Shape, axes)
	eachGroup(x.Shape, kept, gone, func(_ int, at []int) {
		v := make(line, len(at))
		for i, j := range at {
			v[i] = x.At(j)
		}
		mean, variance := v.moments()
		for i, j := range at {
			dst.Set(j, (v[i]-mean)/(math.Sqrt(variance)+1e-9))
		}
	})
	return nil
}
