package onnx

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"nnsim/workloads"
)

// parameters is what the models' publications give (Caffe's model zoo; resnet50 as
// torchvision counts it).
var parameters = map[string]int64{"light_bvlc_alexnet": 60_965_224, "light_resnet50": 25_557_032,
	"light_squeezenet": 1_235_496, "light_inception_v1": 6_998_552}

// The light models, fed with i/n, give the outputs recorded beside them.
func TestLightModels(t *testing.T) {
	dir := filepath.Join(references(t), "light")
	models, err := filepath.Glob(filepath.Join(dir, "*.onnx"))
	require.NoError(t, err)
	require.NotEmpty(t, models)
	for _, path := range models {
		t.Run(filepath.Base(path), func(t *testing.T) {
			g, err := Read(path, Options{})
			require.NoError(t, err)
			t.Logf("%s: %d nodes, %d parameters, inputs %v", g.Name, len(g.Nodes), g.Params, g.Inputs[0].Shape)
			if want, ok := parameters[g.Name]; ok {
				assert.Equal(t, want, g.Params)
			}
			if testing.Short() {
				t.Skip("evaluation takes seconds; skipping with -short")
			}
			values := map[*workloads.Tensor]*workloads.Array{}
			for _, in := range g.Inputs {
				a := workloads.NewArray(workloads.FP32, in.Shape)
				workloads.Ramp(in.Shape.Elements()).Fill(a.F, 0)
				values[in] = a
			}
			evaluate(t, g.Nodes, values)
			data, err := os.ReadFile(strings.TrimSuffix(path, ".onnx") + "_output_0.pb")
			require.NoError(t, err)
			want, err := DecodeTensor(data)
			require.NoError(t, err)
			assert.NoError(t, closeTo(values[g.Outputs[0]], want, 1e-3, 1e-7))
		})
	}
}

// The light models with seeded weights, for two images: data stay finite, are not
// the same everywhere, and are the same again.
func TestLightModelsRandomWeights(t *testing.T) {
	models, err := filepath.Glob(filepath.Join(references(t), "light", "*.onnx"))
	require.NoError(t, err)
	for _, path := range models {
		t.Run(filepath.Base(path), func(t *testing.T) {
			g, err := Read(path, Options{Batch: 2, RandomWeights: true, Seed: 7})
			require.NoError(t, err)
			for _, w := range g.Weights() {
				if w.Type.IsFloat() && len(w.Shape) > 0 {
					require.NotNil(t, w.Source, w.Name)
				}
			}
			if testing.Short() || !strings.Contains(path, "squeezenet") && !strings.Contains(path, "shufflenet") {
				t.Skip("only the two small models are evaluated, and none with -short")
			}
			values := map[*workloads.Tensor]*workloads.Array{}
			for _, in := range g.Inputs {
				a := workloads.NewArray(workloads.FP32, in.Shape)
				workloads.RandomInput(in.Name, 7).Fill(a.F, 0)
				values[in] = a
			}
			evaluate(t, g.Nodes, values)
			for _, n := range g.Nodes {
				low, high := math.Inf(1), math.Inf(-1)
				for _, v := range values[n.Out[0]].F {
					low, high = min(low, float64(v)), max(high, float64(v))
				}
				require.Less(t, low, high, "%v gives the same everywhere", n)
				require.Less(t, high-low, 1e4, "%v", n)
			}
		})
	}
}
