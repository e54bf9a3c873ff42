package reference

import (
	"math"

	"nnsim/workloads"
)

// The recurrent layers. At each step every gate is W·x + R·h + both biases, put
// through an activation function, and the gates make the new state:
//
//	RNN   h = f(i)                                    gate  i
//	GRU   h = (1 − z)·g(Wx + R(r·h)) + z·h            gates z, r, h
//	LSTM  c = f·c + i·g,  h = o·tanh(c)               gates i, o, f, g
//
// A direction is one layer that walks the sequence forwards or backwards.

// cell is one direction of a recurrent layer, with the state of one sequence.
type cell struct {
	op                 string
	hidden, width      int
	w, r, bias, peep   line // by gate; bias is W's, then R's
	act                []func(float64) float64
	clip               float64
	coupled, resetLate bool // input_forget, linear_before_reset
	h, c               line
}

// gatesOf is the number of gates, usual the activation functions where none are named.
var (
	gatesOf = map[string]int{"RNN": 1, "GRU": 3, "LSTM": 4}
	usual   = map[string][]string{"RNN": {"Tanh"}, "GRU": {"Sigmoid", "Tanh"}, "LSTM": {"Sigmoid", "Tanh", "Tanh"}}
)

func recurrent(c *call) error {
	x, dirs, hidden := c.in[0], c.in[1].Shape[0], c.in[2].Shape[2]
	g := sequences{steps: x.Shape[0], batch: x.Shape[1], dirs: dirs, hidden: hidden, batchFirst: c.node.Attr.Int("layout", 0) != 0}
	if g.batchFirst {
		g.steps, g.batch = g.batch, g.steps
	}
	if err := c.checkStates(g); err != nil {
		return err
	}
	outputs := [3]*workloads.Array{}
	for i := range outputs {
		if c.wants(i) {
			outputs[i] = c.make(i)
		}
	}
	for dir := range dirs {
		acts, err := c.activations(dir)
		if err != nil {
			return err
		}
		tasks(g.batch, func(image int) {
			k := c.cell(dir, acts)
			k.h, k.c = c.state(5, g.last(dir, image), hidden), c.state(6, g.last(dir, image), hidden)
			length := g.steps
			if c.has(4) {
				length = int(c.in[4].Int(image))
			}
			for i := range length {
				at := i
				if c.backwards(dir) {
					at = length - 1 - i
				}
				k.step(reals(x, g.input(at, image)*k.width, k.width))
				store(outputs[0], g.output(at, dir, image)*hidden, k.h)
			}
			store(outputs[1], g.last(dir, image)*hidden, k.h)
			store(outputs[2], g.last(dir, image)*hidden, k.c)
		})
	}
	return nil
}

// sequences says where the vectors of each step, direction and sequence lie.
type sequences struct {
	steps, batch, dirs, hidden int
	batchFirst                 bool
}

func (g sequences) input(step, image int) int {
	if g.batchFirst {
		return image*g.steps + step
	}
	return step*g.batch + image
}

func (g sequences) output(step, dir, image int) int {
	if g.batchFirst {
		return (image*g.steps+step)*g.dirs + dir
	}
	return (step*g.dirs+dir)*g.batch + image
}

func (g sequences) last(dir, image int) int {
	if g.batchFirst {
		return image*g.dirs + dir
	}
	return dir*g.batch + image
}

// store writes a vector to an output that is wanted.
func store(dst *workloads.Array, at int, v line) {
	if dst == nil {
		return
	}
	for i, x := range v {
		dst.Set(at+i, x)
	}
}

// state is an initial state, or zeros.
func (c *call) state(input, at, hidden int) line {
	if !c.has(input) {
		return make(line, hidden)
	}
	return reals(c.in[input], at*hidden, hidden)
}

// backwards tells the direction that starts at the end.
func (c *call) backwards(dir int) bool {
	return dir == 1 || c.node.Attr.Text("direction", "forward") == "reverse"
}

// checkStates checks the inputs that shape inference leaves open.
func (c *call) checkStates(g sequences) error {
	want, ok := map[string]int{"forward": 1, "reverse": 1, "bidirectional": 2}[c.node.Attr.Text("direction", "forward")]
	if !ok || want != g.dirs {
		return c.fail("attribute direction is %q, W has %d directions", c.node.Attr.Text("direction", "forward"), g.dirs)
	}
	state := g.dirs * g.batch * g.hidden
	for i, n := range []int{g.batch, state, state, 3 * g.dirs * g.hidden} { // lengths, state, cell, peepholes
		if input := 4 + i; c.has(input) && c.in[input].Len() != n {
			return c.fail("input %s has shape %v; %d numbers belong there", c.node.In[input].Name, c.in[input].Shape, n)
		}
	}
	for i := range g.batch {
		if c.has(4) && (c.in[4].Int(i) < 0 || c.in[4].Int(i) > int64(g.steps)) {
			return c.fail("sequence %d has length %d, beyond the %d steps given", i, c.in[4].Int(i), g.steps)
		}
	}
	return nil
}

// cell reads the weights of one direction.
func (c *call) cell(dir int, acts []func(float64) float64) *cell {
	gates, hidden, width := gatesOf[c.node.Op], c.in[2].Shape[2], c.in[1].Shape[2]
	part := func(input, n int) line {
		if !c.has(input) {
			return make(line, n)
		}
		return reals(c.in[input], dir*n, n)
	}
	return &cell{op: c.node.Op, hidden: hidden, width: width, act: acts,
		w: part(1, gates*hidden*width), r: part(2, gates*hidden*hidden), bias: part(3, 2*gates*hidden), peep: part(7, 3*hidden),
		clip: float64(c.node.Attr.Float("clip", 0)), coupled: c.node.Attr.Int("input_forget", 0) != 0,
		resetLate: c.node.Attr.Int("linear_before_reset", 0) != 0}
}

// gate is one element of a gate before its activation, W's part and R's.
func (k *cell) gate(gate, i int, x, h line) (fromX, fromH float64) {
	row := gate*k.hidden + i
	fromX, fromH = k.bias[row], k.bias[len(k.bias)/2+row]
	for j, v := range x {
		fromX += k.w[row*k.width+j] * v
	}
	for j, v := range h {
		fromH += k.r[row*k.hidden+j] * v
	}
	return fromX, fromH
}

// f is activation n of a clipped sum.
func (k *cell) f(n int, v float64) float64 {
	if k.clip > 0 {
		v = clamp(v, -k.clip, k.clip)
	}
	return k.act[n](v)
}

// step makes the next state from one input vector.
func (k *cell) step(x line) {
	next := make(line, k.hidden)
	sum := func(gate, i int) float64 { a, b := k.gate(gate, i, x, k.h); return a + b }
	switch k.op {
	case "RNN":
		for i := range next {
			next[i] = k.f(0, sum(0, i))
		}
	case "GRU":
		k.gru(x, next, sum)
	case "LSTM":
		for i := range next {
			in := k.f(0, sum(0, i)+k.peep[i]*k.c[i])
			forget := 1 - in
			if !k.coupled {
				forget = k.f(0, sum(2, i)+k.peep[2*k.hidden+i]*k.c[i])
			}
			k.c[i] = forget*k.c[i] + in*k.f(1, sum(3, i))
			next[i] = k.f(0, sum(1, i)+k.peep[k.hidden+i]*k.c[i]) * k.act[2](k.c[i])
		}
	}
	k.h = next
}

// gru resets the state before its product with R, or after where resetLate is set.
func (k *cell) gru(x, next line, sum func(gate, i int) float64) {
	reset, kept := make(line, k.hidden), make(line, k.hidden)
	for i := range reset {
		reset[i] = k.f(0, sum(1, i))
		kept[i] = reset[i] * k.h[i]
	}
	for i := range next {
		z := k.f(0, sum(0, i))
		a, b := k.gate(2, i, x, kept)
		if k.resetLate {
			a, b = k.gate(2, i, x, k.h)
			b *= reset[i]
		}
		next[i] = (1-z)*k.f(1, a+b) + z*k.h[i]
	}
}

// activations reads the functions of one direction.
func (c *call) activations(dir int) ([]func(float64) float64, error) {
	def := usual[c.node.Op]
	names, _ := c.node.Attr["activations"].([]string)
	if len(names) == 0 {
		names = append(append([]string{}, def...), def...)
	}
	if len(names) < (dir+1)*len(def) {
		return nil, c.fail("attribute activations names %d functions; %d belong to each direction", len(names), len(def))
	}
	alphas, _ := c.node.Attr["activation_alpha"].([]float32)
	betas, _ := c.node.Attr["activation_beta"].([]float32)
	take := func(list []float32, i int, attr workloads.Attrs, name string) {
		if i < len(list) {
			attr[name] = list[i]
		}
	}
	var acts []func(float64) float64
	for i, name := range names[dir*len(def) : (dir+1)*len(def)] {
		f, ok := recurrentActivations[name]
		if !ok {
			return nil, c.fail("activation %q is not known", name)
		}
		attr := workloads.Attrs{}
		take(alphas, dir*len(def)+i, attr, "alpha")
		take(betas, dir*len(def)+i, attr, "beta")
		acts = append(acts, f(attr))
	}
	return acts, nil
}

func plain(f func(float64) float64) func(workloads.Attrs) func(float64) float64 {
	return func(workloads.Attrs) func(float64) float64 { return f }
}

var recurrentActivations = map[string]func(workloads.Attrs) func(float64) float64{
	"Tanh": plain(math.Tanh), "Sigmoid": plain(sigmoid), "Relu": plain(relu), "Softplus": plain(softplus), "Softsign": plain(softsign),
	"LeakyRelu": leakyRelu, "ThresholdedRelu": thresholdedRelu, "HardSigmoid": hardSigmoid, "Elu": elu,
	"Affine": func(a workloads.Attrs) func(float64) float64 {
		alpha, beta := float64(a.Float("alpha", 1)), float64(a.Float("beta", 0))
		return func(x float64) float64 { return alpha*x + beta }
	},
	"ScaledTanh": func(a workloads.Attrs) func(float64) float64 {
		alpha, beta := float64(a.Float("alpha", 1)), float64(a.Float("beta", 1))
		return func(x float64) float64 { return alpha * math.Tanh(beta*x) }
	},
}
