package zoo

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"nnsim/workloads"
	"nnsim/workloads/reference"
)

// TestDataStaysAlive runs networks on the CPU kernels: a network whose data die
// out, blow up or become alike could not show a wrong address. Pictures and
// sequences are small, the weights are all there.
func TestDataStaysAlive(t *testing.T) {
	if testing.Short() {
		t.Skip("runs sixteen networks")
	}
	for _, c := range []struct {
		name string
		o    Options
	}{
		{"alexnet", Options{Image: 67}}, {"resnet18", Options{Image: 64}}, {"resnet50", Options{Image: 64}}, {"resnext50", Options{Image: 64}},
		{"mobilenet-v1", Options{Image: 64}}, {"mobilenet-v2", Options{Image: 64}}, {"shufflenet-v1", Options{Image: 64}},
		{"squeezenet", Options{Image: 64}}, {"vit-b16", Options{Image: 64}}, {"bert-base", Options{Seq: 8}},
		{"gpt2-small", Options{Seq: 4, KV: 3}}, {"gpt2-small", Options{Phase: "decode", KV: 6}},
		{"tpu-mlp0", Options{Batch: 2}}, {"tpu-lstm0", Options{Batch: 2}}, {"tpu-lstm1", Options{Batch: 2}}, {"tpu-cnn0", Options{Batch: 1}},
	} {
		t.Run(fmt.Sprint(c.name, c.o.Phase), func(t *testing.T) {
			g, err := Build(c.name, c.o)
			require.NoError(t, err)
			g, err = workloads.Expand(g)
			require.NoError(t, err)
			net, err := workloads.Prepare(g, workloads.Precision{Weight: workloads.FP32, Act: workloads.FP32}, func([]*workloads.Node, *workloads.Node) bool { return false })
			require.NoError(t, err)
			got, err := reference.Run(net, nil, reference.Options{Keep: true})
			require.NoError(t, err)
			for _, l := range net.Layers {
				a := got[l.Out()]
				mean, square := 0.0, 0.0
				for _, x := range a.F {
					mean += float64(x) / float64(len(a.F))
					square += float64(x) * float64(x) / float64(len(a.F))
				}
				deviation := math.Sqrt(square - mean*mean)
				if l.Out().Role == workloads.Output {
					t.Logf("%s: mean %.3g, deviation %.3g", l.Name, mean, deviation)
				}
				assert.True(t, deviation > 1e-3 && deviation < 1e3, "%s: deviation %g", l.Name, deviation)
			}
		})
	}
}
