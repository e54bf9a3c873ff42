package reference

import (
	"math"

	"nnsim/workloads"
)

// softmax is exp of each element over the sum of all, or the log of that. Before
// opset 13 all axes from the given one on are one line; then the default is 1.
func softmax(f func(line)) kernel {
	return func(c *call) error {
		x, dst := c.in[0], c.make(0)
		rank := len(x.Shape)
		if rank == 0 {
			lineWise(dst, x, workloads.Shape{1}, 0, f)
			return nil
		}
		if c.node.Attr.Int("opset", 13) < 13 && c.node.Op != "LpNormalization" {
			rows, n := inRows(x.Shape, min(c.axis(1, rank), rank))
			lineWise(dst, x, workloads.Shape{rows, n}, 1, f)
			return nil
		}
		lineWise(dst, x, x.Shape, c.axis(-1, rank), f)
		return nil
	}
}

func (v line) greatest() float64 {
	top := math.Inf(-1)
	for _, x := range v {
		top = max(top, x)
	}
	return top
}

func softmaxLine(v line) {
	top, sum := v.greatest(), 0.0
	for i, x := range v {
		v[i] = math.Exp(x - top)
		sum += v[i]
	}
	for i := range v {
		v[i] /= sum
	}
}

func logSoftmaxLine(v line) {
	top, sum := v.greatest(), 0.0
	for _, x := range v {
		sum += math.Exp(x - top)
	}
	for i, x := range v {
		v[i] = x - top - math.Log(sum)
	}
}

// hardmaxLine is 1 at the first greatest element and 0 elsewhere.
func hardmaxLine(v line) {
	top, found := v.greatest(), false
	for i, x := range v {
		v[i] = 0
		if x == top && !found {
			v[i], found = 1, true
		}
	}
}

// lpNormalise divides a line by its 1- or 2-norm; a line of zeros stays.
func lpNormalise(c *call) error {
	p := float64(c.node.Attr.Int("p", 2))
	return softmax(func(v line) {
		sum := 0.0
		for _, x := range v {
			sum += math.Pow(math.Abs(x), p)
		}
		norm := math.Pow(sum, 1/p)
		for i := range v {
			if norm != 0 {
				v[i] /= norm
			}
		}
	})(c)
}
