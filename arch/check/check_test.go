package check

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"nnsim/arch"
	"nnsim/workloads"
	"nnsim/workloads/reference"
)

// fuse is what a systolic machine fuses: elementwise work and pools behind products.
func fuse(chain []*workloads.Node, next *workloads.Node) bool {
	if len(chain) == 0 || workloads.ClassOf(chain[0].Op) != workloads.MatrixClass {
		return false
	}
	last := chain[len(chain)-1].Op
	return (workloads.Elementwise(next.Op) || next.Op == "MaxPool") && last != "MaxPool"
}

// small is a network with one of each: a convolution with batch norm, ReLU and
// pool, a depthwise one, a residual sum, softmax, norm, views, moves and products
// of two activations.
func small(t testing.TB, p workloads.Precision) *workloads.Network {
	t.Helper()
	b := workloads.NewBuilder("small", 7)
	x := b.Input("x", 2, 3, 8, 8)
	c1 := b.Relu6("relu1", b.BatchNorm("bn1", b.Conv("conv1", x, 8, workloads.Window{R: 3, Pad: 1}), 1))
	pool := b.MaxPool("pool1", c1, workloads.Window{R: 2, Stride: 2})
	dw := b.Conv("dw", pool, 8, workloads.Window{R: 3, Pad: 1, Groups: 8})
	sum := b.Relu("relu2", b.Add("add", b.Conv("pw", dw, 8, workloads.Window{R: 1}), pool))
	seq := b.Transpose("seq", b.Reshape("flat", sum, 2, 8, 16), 0, 2, 1)
	norm := b.LayerNorm("norm", seq, 1e-5)
	scores := b.Softmax("soft", b.Apply("scores", "MatMul", nil, norm, b.Transpose("keys", norm, 0, 2, 1)), -1)
	mixed := b.Apply("mixed", "MatMul", nil, scores, norm)
	y := b.Linear("fc", b.Reshape("line", mixed, 2, 128), 10, 1, true)
	g, err := b.Build(y)
	require.NoError(t, err)
	net, err := workloads.Prepare(g, p, fuse)
	require.NoError(t, err)
	return net
}

// machine is a stand-in that computes each layer with the kernels from what the
// checker gives it and from its own outputs. spoil may change an output before it
// is handed over; every is the step of the picked elements in Sample mode.
type machine struct {
	spoil func(layer int, out *workloads.Array)
	skip  int // a layer never handed over, -1 for none
	every int
}

func (m machine) run(t testing.TB, net *workloads.Network, c *Checker) error {
	t.Helper()
	own := map[*workloads.Tensor]*workloads.Array{}
	for i, l := range net.Layers {
		inner := map[*workloads.Tensor]*workloads.Array{}
		for _, n := range l.Nodes {
			in := make([]*workloads.Array, len(n.In))
			for j, a := range n.In {
				switch {
				case a == nil:
				case inner[a] != nil:
					in[j] = inner[a]
				case own[a] != nil && c.Mode() == arch.Full:
					in[j] = own[a]
				default:
					v, err := c.Value(a)
					if err != nil {
						return err
					}
					in[j] = v
				}
			}
			out, err := reference.EvalFormat(n, in)
			require.NoError(t, err)
			inner[n.Out[0]] = out[0]
		}
		out := copied(inner[l.Out()])
		if m.spoil != nil {
			m.spoil(i, out)
		}
		own[l.Out()] = out
		var picked []int
		if c.Mode() == arch.Sample {
			if isView(l) {
				continue
			}
			for j := 0; j < out.Len(); j++ {
				if j%m.every == 0 {
					picked = append(picked, j)
				} else {
					out.SetInt(j, 99) // not computed
				}
			}
		}
		if i == m.skip {
			continue
		}
		if err := c.Produced(i, out, picked); err != nil {
			return err
		}
	}
	return nil
}

func copied(a *workloads.Array) *workloads.Array {
	out := workloads.NewArray(a.Type, a.Shape)
	for i := range a.Len() {
		put(out, i, a, i)
	}
	return out
}

var modes = []arch.Mode{arch.Full, arch.Sample}

func precisions(t testing.TB) map[string]workloads.Precision {
	list := map[string]workloads.Precision{}
	for _, name := range []string{"int8", "int16", "int4", "w4a8", "bf16", "fp16", "fp32", "e4m3"} {
		p, err := workloads.ParsePrecision(name)
		require.NoError(t, err)
		list[name] = p
	}
	return list
}

func TestAnHonestMachinePasses(t *testing.T) {
	for _, mode := range modes {
		for name, p := range precisions(t) {
			net := small(t, p)
			c, err := New(net, mode, 3, nil)
			require.NoError(t, err, "%s %s", mode, name)
			require.NoError(t, machine{skip: -1, every: 3}.run(t, net, c), "%s %s", mode, name)
			r := c.Result()
			assert.Equal(t, "pass", r.Status, "%s %s: %s", mode, name, r.Detail)
			assert.Equal(t, string(mode), r.Mode)
			assert.Greater(t, r.Elements, int64(900), "%s %s", mode, name)
			if p.Act.IsInt() {
				assert.Zero(t, r.Bound, "%s %s", mode, name)
				assert.Zero(t, r.MaxAbsError, "%s %s", mode, name)
			} else {
				assert.Positive(t, r.Bound, "%s %s", mode, name)
			}
			assert.Empty(t, c.want, "expected values are dropped once compared")
		}
	}
}

// One wrong element in any layer is found, and that layer is named with the index
// and both values, even though later layers go on from the wrong value.
func TestOneWrongElementIsNamed(t *testing.T) {
	for _, mode := range modes {
		for name, p := range precisions(t) {
			count := len(small(t, p).Layers)
			for layer := range count {
				net := small(t, p)
				l := net.Layers[layer]
				if mode == arch.Sample && isView(l) {
					continue
				}
				c, err := New(net, mode, 3, nil)
				require.NoError(t, err)
				wrong := machine{skip: -1, every: 1, spoil: func(i int, out *workloads.Array) {
					if i == layer {
						spoil(out, 0)
						if mode == arch.Sample { // which looks at one of the two images where a pool is fused
							spoil(out, out.Len()/2)
						}
					}
				}}
				require.NoError(t, wrong.run(t, net, c))
				r := c.Result()
				require.Equal(t, "fail", r.Status, "%s %s layer %s", mode, name, l.Name)
				where := fmt.Sprintf("layer %s (%s): tensor %s[", l.Name, l.Head().Op, l.Out().Name)
				if mode == arch.Full {
					where = fmt.Sprintf("layer %s (%s): tensor %s%v is ", l.Name, l.Head().Op, l.Out().Name, make([]int, len(l.Out().Shape)))
				}
				assert.Contains(t, r.Detail, where, "%s %s", mode, name)
				assert.Contains(t, r.Detail, ", want ")
				assert.Positive(t, r.MaxAbsError)
			}
		}
	}
}

// spoil changes an element by the least that is surely wrong: one step of an
// integer, an eighth of a float (a fourth where it has three bits).
func spoil(out *workloads.Array, i int) {
	if out.Type.IsFloat() {
		out.F[i] = out.Type.Round(out.F[i]*1.5 + 0.25)
		return
	}
	step := int64(1)
	if _, hi := out.Type.Range(); out.Int(i) == hi {
		step = -1
	}
	out.SetInt(i, out.Int(i)+step)
}

// What a wrong address does, every element moved by one, never passes.
func TestShiftedOutputIsFound(t *testing.T) {
	for name, p := range precisions(t) {
		net := small(t, p)
		c, err := New(net, arch.Full, 3, nil)
		require.NoError(t, err)
		shifted := machine{skip: -1, spoil: func(i int, out *workloads.Array) {
			if net.Layers[i].Name == "dw" {
				for j := out.Len() - 1; j > 0; j-- {
					put(out, j, out, j-1)
				}
			}
		}}
		require.NoError(t, shifted.run(t, net, c))
		assert.Contains(t, c.Result().Detail, "layer dw (Conv)", name)
	}
}

func TestLayerNeverProducedFails(t *testing.T) {
	p, err := workloads.ParsePrecision("bf16")
	require.NoError(t, err)
	net := small(t, p)
	c, err := New(net, arch.Full, 1, nil)
	require.NoError(t, err)
	last := len(net.Layers) - 1
	require.NoError(t, machine{skip: last}.run(t, net, c))
	assert.Equal(t, "fail", c.Result().Status)
	assert.Contains(t, c.Result().Detail, "layer fc (tensor fc) was never produced")
}

// The bound holds for sums in another order, and is not much wider than they need.
func TestFloatBoundHoldsForAnyOrder(t *testing.T) {
	p, err := workloads.ParsePrecision("fp32")
	require.NoError(t, err)
	b := workloads.NewBuilder("sum", 5)
	g, err := b.Build(b.Linear("fc", b.Input("x", 4, 3000), 8, 1, true))
	require.NoError(t, err)
	net, err := workloads.Prepare(g, p, fuse)
	require.NoError(t, err)
	c, err := New(net, arch.Full, 1, nil)
	require.NoError(t, err)
	n := net.Layers[0].Head()
	in := make([]*workloads.Array, len(n.In))
	for i, x := range n.In {
		in[i], err = c.Value(x)
		require.NoError(t, err)
	}
	want, err := reference.EvalFormat(n, in)
	require.NoError(t, err)
	out := workloads.NewArray(workloads.FP32, want[0].Shape)
	for i := range out.F {
		var sum float32
		row, col := i/8, i%8
		for k := 2999; k >= 0; k-- { // backwards, one by one
			at := k*8 + col
			if n.Attr.Int("transB", 0) != 0 {
				at = col*3000 + k
			}
			sum += in[0].F[row*3000+k] * in[1].F[at]
		}
		out.F[i] = sum + in[2].F[col]
	}
	require.NoError(t, c.Produced(0, out, nil))
	r := c.Result()
	assert.Equal(t, "pass", r.Status, r.Detail)
	assert.Positive(t, r.MaxAbsError, "another order gives other sums")
	assert.Less(t, r.Bound, 0.1, "the bound is of the size of rounding")
}

func TestSameSeedSameChoice(t *testing.T) {
	p, err := workloads.ParsePrecision("int8")
	require.NoError(t, err)
	var runs []any
	for range 2 {
		net := small(t, p)
		c, err := New(net, arch.Sample, 11, nil)
		require.NoError(t, err)
		require.NoError(t, machine{skip: -1, every: 2}.run(t, net, c))
		runs = append(runs, c.Result())
	}
	assert.Equal(t, runs[0], runs[1])
}

// Made-up values and the scales chosen for them use the range: neither all zeros
// nor all at the ends.
func TestSampleUsesTheRange(t *testing.T) {
	p, err := workloads.ParsePrecision("int8")
	require.NoError(t, err)
	net := small(t, p)
	c, err := New(net, arch.Sample, 3, nil)
	require.NoError(t, err)
	var big, ends, all int
	watch := machine{skip: -1, every: 1, spoil: func(i int, out *workloads.Array) {
		if workloads.ClassOf(net.Layers[i].Head().Op) != workloads.MatrixClass {
			return
		}
		for j := range out.Len() {
			v := math.Abs(out.At(j))
			all++
			if v > 8 {
				big++
			}
			if v == 127 {
				ends++
			}
		}
	}}
	require.NoError(t, watch.run(t, net, c))
	assert.Equal(t, "pass", c.Result().Status, c.Result().Detail)
	assert.Greater(t, float64(big), 0.4*float64(all))
	assert.Less(t, float64(ends), 0.3*float64(all))
}

func TestOutputsAndAgainst(t *testing.T) {
	for name, p := range precisions(t) {
		net := small(t, p)
		x := net.Graph.Inputs[0]
		given := workloads.NewArray(workloads.FP32, x.Shape)
		for i := range given.F {
			given.F[i] = float32(i%17)/17 - 0.5
		}
		c, err := New(net, arch.Full, 3, map[*workloads.Tensor]*workloads.Array{x: given})
		require.NoError(t, err)
		require.NoError(t, machine{skip: -1}.run(t, net, c))
		require.Equal(t, "pass", c.Result().Status, "%s: %s", name, c.Result().Detail)
		outs := c.Outputs()
		require.Len(t, outs, 1)
		require.Equal(t, 20, outs[0].Len())
		assert.NoError(t, Against(outs, outs[0], 0, 0))

		fp32, err := workloads.ParsePrecision("fp32")
		require.NoError(t, err)
		exact, err := reference.Run(small(t, fp32), nil, reference.Options{})
		require.NoError(t, err)
		for _, other := range exact { // of another input
			assert.ErrorContains(t, Against(outs, other, 1e-3, 1e-7), "of 20 elements differ from the expected values; the worst is output[", name)
		}
	}
	assert.ErrorContains(t, Against(nil, nil, 0, 0), "there is no output")
}

func TestRefusals(t *testing.T) {
	p, err := workloads.ParsePrecision("int8")
	require.NoError(t, err)
	net := small(t, p)
	_, err = New(net, "some", 1, nil)
	assert.ErrorContains(t, err, `mode "some" is not known`)
	_, err = New(net, arch.Full, 1, map[*workloads.Tensor]*workloads.Array{net.Graph.Inputs[0]: workloads.NewArray(workloads.FP32, workloads.Shape{3})})
	assert.ErrorContains(t, err, "input x has shape [2×3×8×8]")

	c, err := New(net, arch.Full, 1, nil)
	require.NoError(t, err)
	assert.ErrorContains(t, c.Produced(99, nil, nil), "layer 99 was handed over, the network has")
	assert.ErrorContains(t, c.Produced(0, workloads.NewArray(workloads.Int8, workloads.Shape{1}), nil), "output is int8 [1], want int8 ")

	for _, mode := range modes {
		bad := small(t, p)
		bad.Layers[0].Head().In[1].Source = workloads.Constant(float32(math.NaN()))
		_, err = New(bad, mode, 1, nil)
		require.Error(t, err, mode)
		assert.Contains(t, err.Error(), "values must be finite")
		assert.Contains(t, err.Error(), bad.Layers[0].Head().In[1].Name)

		unknown := small(t, p)
		unknown.Layers[2].Nodes[0].Op = "Frobnicate"
		_, err = New(unknown, mode, 1, nil)
		require.Error(t, err)
		assert.Contains(t, err.Error(), "no reference kernel for node")
		assert.False(t, strings.Contains(err.Error(), "\n"))
	}
}

func TestNoneComparesNothing(t *testing.T) {
	p, err := workloads.ParsePrecision("fp16")
	require.NoError(t, err)
	c, err := New(small(t, p), arch.None, 1, nil)
	require.NoError(t, err)
	assert.Equal(t, "skipped", c.Result().Status)
}
