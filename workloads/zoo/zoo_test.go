package zoo

import (
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"nnsim/workloads"
)

// TestPublishedCounts holds every network against its publication, at the
// tolerance its row of the zoo states.
func TestPublishedCounts(t *testing.T) {
	for _, name := range Names() {
		t.Run(name, func(t *testing.T) {
			info, ok := Describe(name)
			require.True(t, ok)
			g, err := Build(name, Options{Batch: 1})
			require.NoError(t, err)
			require.NoError(t, g.Validate())
			macs := workloads.GraphMACs(g)
			t.Logf("%-14s %9.4f GMAC %12d params, %d nodes", name, float64(macs)/1e9, g.Params, len(g.Nodes))
			if info.MACs > 0 {
				assert.InEpsilon(t, info.MACs, macs, info.Tolerance, "MACs")
			}
			if info.Params > 0 {
				assert.InEpsilon(t, info.Params, g.Params, max(info.Tolerance, 1e-12), "parameters")
			}
			assert.NotEmpty(t, info.Source)
		})
	}
}

// Everything a run relies on: unique names (values derive from them), a source
// for every weight, and work that grows with the batch while the weights do not.
func TestGraphs(t *testing.T) {
	for _, name := range Names() {
		t.Run(name, func(t *testing.T) {
			one, err := Build(name, Options{Batch: 1})
			require.NoError(t, err)
			three, err := Build(name, Options{Batch: 3})
			require.NoError(t, err)
			assert.Equal(t, 3*workloads.GraphMACs(one), workloads.GraphMACs(three))
			assert.Equal(t, one.Params, three.Params)

			seen := map[string]bool{}
			for _, n := range one.Nodes {
				assert.False(t, seen[n.Name], "two nodes are called %s", n.Name)
				seen[n.Name] = true
			}
			weights := map[string]bool{}
			for _, w := range one.Weights() {
				assert.False(t, weights[w.Name], "two weights are called %s", w.Name)
				weights[w.Name] = true
				assert.True(t, (w.Const != nil) != (w.Source != nil), "%s has one origin", w.Name)
			}
			for _, in := range one.Inputs {
				assert.NotNil(t, in.Source, in.Name)
			}
			e, err := workloads.Expand(one)
			require.NoError(t, err)
			assert.Equal(t, workloads.GraphMACs(one), workloads.GraphMACs(e))
			net, err := workloads.Prepare(e, workloads.Precision{Weight: workloads.Int8, Act: workloads.Int8}, func([]*workloads.Node, *workloads.Node) bool { return false })
			require.NoError(t, err)
			assert.Equal(t, workloads.GraphMACs(one), workloads.GraphMACs(net.Graph))
		})
	}
}

// layerCounts counts the layers of a graph as the TPU's paper does. A vector
// layer is one named step: elementwise nodes that share their name up to its
// last dot, outside of a fully connected or convolutional layer.
func layerCounts(g *workloads.Graph) map[string]int {
	counts, products, steps := map[string]int{}, map[string]bool{}, map[string]bool{}
	for _, n := range g.Nodes {
		switch {
		case n.Op == "Gemm" || n.Op == "MatMul":
			counts["fc"]++
			products[n.Name] = true
		case n.Op == "Conv":
			counts["conv"]++
			products[n.Name] = true
		case n.Op == "MaxPool":
			counts["pool"]++
		case workloads.Elementwise(n.Op):
			step := n.Name[:strings.LastIndexByte(n.Name, '.')]
			if !products[step] && !steps[step] {
				steps[step] = true
				counts["vector"]++
			}
		}
	}
	return counts
}

// TestTPUNetworks holds our shapes against all that is published of the six.
func TestTPUNetworks(t *testing.T) {
	for name, c := range map[string]struct {
		batch, opsPerByte int
		unused            float64 // unused over active, table 3 of the paper
		within            float64
	}{
		"tpu-mlp0":  {200, 200, 0.3 / 12.7, 0.01},
		"tpu-mlp1":  {168, 168, 1.2 / 10.6, 0.02},
		"tpu-lstm0": {64, 64, 0, 0},
		"tpu-lstm1": {96, 96, 4.2 / 10.5, 0.06},
		"tpu-cnn0":  {8, 2888, 0, 0},
		"tpu-cnn1":  {32, 1750, 23.7 / 46.2, 0.06},
	} {
		t.Run(name, func(t *testing.T) {
			info, _ := Describe(name)
			assert.Equal(t, c.batch, info.Default.Batch)
			g, err := Build(name, Options{})
			require.NoError(t, err)
			assert.Equal(t, info.Layers, layerCounts(g))

			var weights, useful, occupied int64
			for _, n := range g.Nodes {
				if m, ok := workloads.MatrixOf(n); ok {
					w := int64(m.Red()) * int64(m.N())
					weights += w
					useful += w * int64(m.M())
					occupied += int64((m.Red()+255)/256) * int64((m.N()+255)/256) * 65536 * int64(m.M())
				}
			}
			assert.InEpsilon(t, c.opsPerByte, float64(useful)/float64(weights), 0.03, "operations per weight byte")
			assert.InDelta(t, c.unused, 1-float64(useful)/float64(occupied), c.within, "unused MACs")
			t.Logf("%s: %.1f M weights, %.0f uses, %.1f %% of the array unused", name, float64(weights)/1e6,
				float64(useful)/float64(weights), 100*(1-float64(useful)/float64(occupied)))
		})
	}
}

// A weight's bytes must not exist before somebody reads them.
func TestBuildCostsNoWeights(t *testing.T) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	g, err := Build("llama-7b", Options{Batch: 8, Seq: 2048})
	require.NoError(t, err)
	runtime.ReadMemStats(&after)
	assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(8<<20), "bytes for %d parameters", g.Params)
}

func TestLanguageModels(t *testing.T) {
	for _, c := range []struct {
		name               string
		o                  Options
		tokens, keys, past int
	}{
		{"gpt2-small", Options{}, 128, 128, 0},
		{"gpt2-small", Options{Seq: 5, KV: 7}, 5, 12, 7},
		{"llama-7b", Options{Phase: "decode"}, 1, 129, 128},
		{"llama-7b", Options{Phase: "decode", KV: 2048, Batch: 4}, 1, 2049, 2048},
	} {
		g, err := Build(c.name, c.o)
		require.NoError(t, err)
		blocks := 0
		for _, n := range g.Nodes {
			if n.Op != "Attention" {
				continue
			}
			blocks++
			assert.Equal(t, c.tokens, n.In[0].Shape[2])
			assert.Equal(t, c.tokens, n.In[1].Shape[2], "only this run's keys are computed")
			past := 0
			if p := n.Input(4); p != nil {
				past = p.Shape[2]
			}
			assert.Equal(t, c.past, past)
		}
		assert.Len(t, g.Inputs, 1+2*blocks*min(1, c.past), "the token ids and the cache")
		assert.Len(t, g.Outputs, 1+2*blocks, "the scores and the new part of the cache")
		assert.Equal(t, 2, len(g.Outputs[0].Shape), "scores of one token")
		e, err := workloads.Expand(g)
		require.NoError(t, err)
		for _, n := range e.Nodes {
			if n.Op == "Softmax" {
				assert.Equal(t, c.keys, n.Out[0].Shape[3])
			}
		}
	}
}

// Grouped, depth-wise and shuffled layers are what they are called.
func TestStructure(t *testing.T) {
	groups := func(name string) (list []int64) {
		g, err := Build(name, Options{})
		require.NoError(t, err)
		for _, n := range g.Nodes {
			if n.Op == "Conv" {
				list = append(list, n.Attr.Int("group", 1))
			}
		}
		return list
	}
	assert.Equal(t, []int64{1, 2, 1, 2, 2}, groups("alexnet"))
	assert.Equal(t, []int64{1, 32, 1, 64, 1, 128}, groups("mobilenet-v1")[:6])
	assert.Contains(t, groups("resnext50"), int64(32))

	b := workloads.NewBuilder("shuffle", 1)
	x := b.Input("x", 1, 6, 1, 1)
	y := channelShuffle(b, "shuffle", x, 3)
	g, err := b.Build(y)
	require.NoError(t, err)
	require.Len(t, g.Nodes, 3)
	assert.Equal(t, workloads.Shape{1, 3, 2, 1, 1}, g.Nodes[1].In[0].Shape, "three groups of two channels")
	assert.Equal(t, workloads.Shape{1, 2, 3, 1, 1}, g.Nodes[1].Out[0].Shape)
}

func TestRefuses(t *testing.T) {
	for want, c := range map[string]struct {
		name string
		o    Options
	}{
		`zoo: no network "resnet5O"; did you mean "resnet50"?`:       {"resnet5O", Options{}},
		"zoo: resnet50 has no seq; it takes batch, image":            {"resnet50", Options{Seq: 4}},
		"zoo: resnet50 has no phase":                                 {"resnet50", Options{Phase: "decode"}},
		"zoo: tpu-mlp0 has no image; it takes batch":                 {"tpu-mlp0", Options{Image: 4}},
		"batch=-1 must be at least 1":                                {"vgg16", Options{Batch: -1}},
		"batch=16777217 is beyond 2^24":                              {"vgg16", Options{Batch: 1<<24 + 1}},
		"more than 2^40 elements":                                    {"vgg16", Options{Batch: 1 << 24}},
		"the window covers 3 of axis 2":                              {"alexnet", Options{Image: 20}},
		"bert-base has 512 positions, seq=513 and kv=0 need 513":     {"bert-base", Options{Seq: 513}},
		"gpt2-small has 1024 positions, seq=1 and kv=1024 need 1025": {"gpt2-small", Options{Phase: "decode", KV: 1024}},
		`phase="train" is neither prefill nor decode`:                {"gpt2-small", Options{Phase: "train"}},
		"image=225 is no multiple of the patch":                      {"vit-b16", Options{Image: 225}},
	} {
		_, err := Build(c.name, c.o)
		if assert.Error(t, err, want) {
			assert.Contains(t, err.Error(), want)
			assert.NotContains(t, err.Error(), "\n")
		}
	}
}

func BenchmarkBuild(b *testing.B) {
	for _, name := range []string{"resnet50", "llama-7b"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Build(name, Options{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
