package reference

import (
	"math"

	"nnsim/workloads"
)

// The activation functions, each as the standard writes it.

func relu(x float64) float64 { return max(x, 0) }

func sigmoid(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

// softplus is log(1 + eˣ), written so that eˣ does not overflow.
func softplus(x float64) float64 { return max(x, 0) + math.Log1p(math.Exp(-math.Abs(x))) }

func reciprocal(x float64) float64 { return 1 / x }

func hardSwish(x float64) float64 { return x * clamp(x/6+0.5, 0, 1) }

func softsign(x float64) float64 { return x / (1 + math.Abs(x)) }

func mish(x float64) float64 { return x * math.Tanh(softplus(x)) }

func sign(x float64) float64 {
	switch {
	case x > 0:
		return 1
	case x < 0:
		return -1
	}
	return x // zero and NaN
}

func clamp(x, lo, hi float64) float64 { return min(max(x, lo), hi) }

func leakyRelu(a workloads.Attrs) func(float64) float64 {
	alpha := float64(a.Float("alpha", 0.01))
	return func(x float64) float64 {
		if x < 0 {
			return alpha * x
		}
		return x
	}
}

func elu(a workloads.Attrs) func(float64) float64 {
	return exponential(float64(a.Float("alpha", 1)), 1, 1)
}

func selu(a workloads.Attrs) func(float64) float64 {
	return exponential(float64(a.Float("alpha", 1.67326319217681884765625)), 1, float64(a.Float("gamma", 1.05070102214813232421875)))
}

func celu(a workloads.Attrs) func(float64) float64 {
	alpha := float64(a.Float("alpha", 1))
	return exponential(alpha, alpha, 1)
}

// exponential is γ·x above zero and γ·α·(e^(x/β) − 1) below.
func exponential(alpha, beta, gamma float64) func(float64) float64 {
	return func(x float64) float64 {
		if x < 0 {
			return gamma * alpha * math.Expm1(x/beta)
		}
		return gamma * x
	}
}

func hardSigmoid(a workloads.Attrs) func(float64) float64 {
	alpha, beta := float64(a.Float("alpha", 0.2)), float64(a.Float("beta", 0.5))
	return func(x float64) float64 { return clamp(alpha*x+beta, 0, 1) }
}

func swish(a workloads.Attrs) func(float64) float64 {
	alpha := float64(a.Float("alpha", 1))
	return func(x float64) float64 { return x * sigmoid(alpha*x) }
}

// gelu is x·Φ(x), or its approximation by tanh (Hendrycks and Gimpel, 2016).
func gelu(a workloads.Attrs) func(float64) float64 {
	if a.Text("approximate", "none") == "tanh" {
		return func(x float64) float64 {
			return 0.5 * x * (1 + math.Tanh(math.Sqrt(2/math.Pi)*(x+0.044715*x*x*x)))
		}
	}
	return func(x float64) float64 { return 0.5 * x * (1 + math.Erf(x/math.Sqrt2)) }
}

func thresholdedRelu(a workloads.Attrs) func(float64) float64 {
	alpha := float64(a.Float("alpha", 1))
	return func(x float64) float64 {
		if x > alpha {
			return x
		}
		return 0
	}
}

// shrink pulls x towards zero by bias, and to zero within lambd of it.
func shrink(a workloads.Attrs) func(float64) float64 {
	bias, lambda := float64(a.Float("bias", 0)), float64(a.Float("lambd", 0.5))
	return func(x float64) float64 {
		switch {
		case x < -lambda:
			return x + bias
		case x > lambda:
			return x - bias
		}
		return 0
	}
}

// pRelu has a slope for each element, broadcast to the input.
func pRelu(c *call) error {
	combine(c.make(0), c.in[0], c.in[1], arithmetic{
		func(x, slope float64) float64 {
			if x < 0 {
				return slope * x
			}
			return x
		},
		func(x, slope int64) int64 {
			if x < 0 && !c.in[0].Type.IsUnsigned() {
				return slope * x
			}
			return x
		}})
	return nil
}

// clip bounds by inputs, or before opset 11 by attributes. Where the bounds cross,
// the upper one wins.
func clip(c *call) error {
	dst, x := c.make(0), c.in[0]
	place(dst.Shape, dst, whole(dst.Shape), x, whole(dst.Shape))
	for i, bound := range []struct {
		name string
		op   arithmetic
	}{{"min", greatest}, {"max", least}} {
		limit := workloads.NewArray(x.Type, workloads.Shape{1})
		v, ok := c.node.Attr[bound.name].(float32)
		switch {
		case c.has(i + 1):
			limit = c.in[i+1].Reshaped(limit.Shape)
		case ok:
			limit.Set(0, float64(v))
		default:
			continue
		}
		combine(dst, dst, limit, ordered(bound.op, x.Type))
	}
	return nil
}

// isInf looks for infinities of the signs asked for.
func isInf(c *call) error {
	above, below := c.node.Attr.Int("detect_positive", 1) != 0, c.node.Attr.Int("detect_negative", 1) != 0
	mapReals(c.make(0), c.in[0], func(x float64) float64 {
		if above && math.IsInf(x, 1) || below && math.IsInf(x, -1) {
			return 1
		}
		return 0
	})
	return nil
}

func isNaN(x float64) float64 {
	if x != x {
		return 1
	}
	return 0
}
