package nvdla

import (
	"maps"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"nnsim/arch"
	"nnsim/arch/archtest"
	"nnsim/arch/asic"
	"nnsim/results"
	"nnsim/unit"
	"nnsim/workloads"
	"nnsim/workloads/catalog"
)

// device opens a preset with values set.
func device(preset string) func(sets ...string) (arch.Machine, error) {
	return func(sets ...string) (arch.Machine, error) {
		text, _ := Presets.Text(preset)
		m, err := Open(preset, text, sets)
		if err != nil {
			return nil, err
		}
		return m, nil
	}
}

// TestConformance: the small engine owes everything, also with memories so small
// that channels pass in turns and nothing is double.
func TestConformance(t *testing.T) {
	archtest.Run(t, archtest.Device{Open: device("nvdla-small"), Variations: [][]string{
		{"dtypes=int16"},
		{"memory=ideal"},
		{"buffer.size=1 KiB", "granule=64 B"},
		{"buffer.size=800 B", "sums=4 KiB"},
		{"array.atomic_c=3", "array.atomic_k=5", "array.packing=false", "array.window=split"},
		{"array.window=split", "array.load=32"},
		{"array.atomic_c=16", "array.winograd=true", "granule=64 B"},
		{"array.atomic_c=16", "array.winograd=true", "buffer.size=2 KiB", "sums=2 KiB", "array.batch=4"},
		{"array.atomic_c=16", "array.winograd=true", "schedule=best", "dtypes=int16", "array.batch=3"},
		{"memory.outstanding=1", "vector.lanes=1", "vector.buffer=256 B"},
	}})
}

// TestConformanceOfPresets: the largest engine too.
func TestConformanceOfPresets(t *testing.T) {
	if testing.Short() {
		t.Skip("one preset is enough for a short run")
	}
	archtest.Run(t, archtest.Device{Open: device("nvdla-large")})
}

// TestEdges: each mode against loops over atoms, one edge at a time.
func TestEdges(t *testing.T) {
	c := &Config{}
	c.Array.AtomicC, c.Array.AtomicK = 32, 4
	for _, md := range []mode{direct, image, whole, winograd} {
		for _, load := range []unit.Cycles{0, 16} {
			c.Array.Load = load
			for channels := 1; channels <= 40; channels++ {
				for filters := 1; filters <= 9; filters++ {
					for _, window := range [][2]int{{1, 1}, {2, 3}, {3, 3}, {7, 7}, {5, 11}} {
						space := workloads.Matrix{R: window[0], S: window[1], OW: 5, C: channels, StrideW: 2}
						tile := asic.Tile{I1: 2, Y1: 3, K1: filters, C1: channels}
						for _, cell := range []int{1, 2} {
							require.Equal(t, counted(c, md, &space, &tile, cell), int64(c.edges(md, &space, &tile, cell)), "%s: %d channels, %d filters, %v, %d bytes", md, channels, filters, window, cell)
						}
					}
				}
			}
		}
	}
}

// counted steps through a tile: for every set of filters that the cells can hold, all
// operands pass, one an edge, or the next set is waited for.
func counted(c *Config, md mode, s *workloads.Matrix, t *asic.Tile, cell int) (edges int64) {
	points := 0
	for range t.Images() {
		switch md {
		case winograd: // two by two, four rows and columns at a time
			for y := 0; y < t.Rows(); y += 4 {
				for x := 0; x < s.OW; x += 4 {
					points += 4
				}
			}
		default:
			points += t.Rows() * s.OW
		}
	}
	for k := 0; k < t.Filters(); k += c.Array.AtomicK / cell {
		for range sets(c, md, s, t.Channels()) {
			edges += max(int64(points), int64(c.Array.Load))
		}
	}
	return edges
}

// sets counts the sets of one atom of filters by dealing their words out to the
// multipliers of a cell, as the mode allows.
func sets(c *Config, md mode, s *workloads.Matrix, channels int) (n int) {
	free := 0
	deal := func(words int, fresh bool) {
		if fresh {
			free = 0
		}
		for range words {
			if free == 0 {
				n, free = n+1, c.Array.AtomicC
			}
			free--
		}
	}
	switch md {
	case direct: // each element of the window begins anew
		for range s.R * s.S {
			deal(channels, true)
		}
	case whole:
		for range s.R * s.S {
			deal(channels, false)
		}
	case winograd: // sixteen words a channel
		for range channels {
			deal(16, false)
		}
	case image: // whole rows of the window, one, two or four beside each other
		lines := 1
		for _, try := range []int{2, 4} {
			if row := max(s.S, s.StrideW) * channels; row*try <= c.Array.AtomicC {
				lines = try
			}
		}
		for r := 0; r < s.R; r += lines {
			if lines == 1 {
				deal(s.S*channels, true)
			} else {
				n++
			}
		}
	}
	return n
}

// TestWinograd: four results by sixteen multiplications, and the work of both algorithms in the
// books; a layer that would be slower is multiplied directly.
func TestWinograd(t *testing.T) {
	run := func(spec string, sets ...string) *results.Run { return ran(t, spec, sets...) }
	const layer = "conv:c=64,h=16,w=16,k=32,r=3,s=3,pad=1"
	by := run(layer, "memory=ideal")
	assert.Equal(t, int64(16*16/4*16*64*32), by.Units["array"].Events["mac_winograd"])
	assert.Equal(t, int64(16*16*(9-4)*64*32), by.Units["array"].Events["mac_skipped"])
	assert.Contains(t, by.Layers[0].Mapping, "winograd")
	assert.Equal(t, by.DRAM.ReadBytes, run(layer, "array.winograd=false", "memory=ideal").DRAM.ReadBytes+64*32*7, "filters of 16 words for those of 9")
	for _, other := range []string{"conv:c=64,h=2,w=2,k=32,r=3,s=3,pad=1", "conv:c=64,h=16,w=16,k=32,r=3,s=3,pad=1,stride=2", "conv:c=64,h=16,w=16,k=32,r=5,s=3,pad=1"} {
		assert.NotContains(t, run(other).Layers[0].Mapping, "winograd", other)
	}
}

// TestPooling: pooling follows a convolution as its results pass, in strips and chunks of
// any size, groups and images beside each other; what it cannot do is a layer of its own.
func TestPooling(t *testing.T) {
	window := func(size, stride, pad int64, more workloads.Attrs) workloads.Attrs {
		attr := workloads.Attrs{"kernel_shape": []int64{size, size}, "strides": []int64{stride, stride}, "pads": []int64{pad, pad, pad, pad}}
		maps.Copy(attr, more)
		return attr
	}
	for _, c := range []struct {
		op    string
		attr  workloads.Attrs
		fused bool
	}{
		{"MaxPool", window(3, 2, 1, nil), true},
		{"MaxPool", window(2, 2, 0, nil), true},
		{"MaxPool", window(3, 1, 1, nil), true},
		{"MaxPool", window(2, 3, 0, nil), true},
		{"MaxPool", window(3, 2, 0, workloads.Attrs{"ceil_mode": int64(1)}), true},
		{"AveragePool", window(3, 2, 1, nil), true},
		{"AveragePool", window(3, 2, 1, workloads.Attrs{"count_include_pad": int64(1)}), true},
		{"AveragePool", window(3, 2, 0, workloads.Attrs{"ceil_mode": int64(1)}), false},
		{"MaxPool", window(2, 2, 0, workloads.Attrs{"dilations": []int64{2, 2}}), false},
		{"GlobalAveragePool", nil, false},
	} {
		build := func() (*workloads.Graph, error) {
			b := workloads.NewBuilder("pooled", 1)
			x := b.Conv("conv", b.Input("x", 2, 6, 19, 17), 24, workloads.Window{R: 3, Pad: 1, Groups: 2})
			return b.Build(b.Apply("pool", c.op, c.attr, b.Apply("relu", "Relu", nil, x)))
		}
		for _, sets := range [][]string{nil, {"granule=64 B"}, {"granule=128 B", "buffer.size=1 KiB"}, {"schedule=best", "buffer.size=2 KiB", "vector.planar=3"}} {
			m, err := device("nvdla-small")(sets...)
			require.NoError(t, err)
			for _, mode := range []arch.Mode{arch.Full, arch.Sample, arch.None} {
				run, err := archtest.Checked(m, archtest.Workload{Name: c.op, Build: build}, m.Native(), mode)
				require.NoError(t, err, "%s %v, %v, %v", c.op, c.attr, sets, mode)
				assert.Equal(t, c.fused, len(run.Layers) == 1, "%s %v", c.op, c.attr)
			}
		}
	}
}

// TestBatch: images share the filters of fully connected layers, as many as the machine takes at
// once; the rows of one matrix all do.
func TestBatch(t *testing.T) {
	const filters = 1216*1216 + 1216*1024 + 1024*1216 + 1216*850
	for batch, fetched := range map[string]int64{"1": 8, "4": 2, "32": 1} {
		r := ran(t, "tpu-mlp1,batch=8", "array.batch="+batch)
		assert.Equal(t, fetched*filters, r.DRAM.ByTensor["weights"].ReadBytes, "batch %s", batch)
		r = ran(t, "gemm:m=8,n=512,k=4096", "array.batch="+batch)
		assert.EqualValues(t, 8*4096+512*4096, r.DRAM.ReadBytes, "rows, batch %s", batch)
	}
}

// ran runs a workload on the large engine, with all values, and holds it to the laws.
func ran(t *testing.T, spec string, sets ...string) *results.Run {
	m, err := device("nvdla-large")(sets...)
	require.NoError(t, err)
	open := func() (*workloads.Graph, error) {
		w, err := catalog.Open(spec, catalog.Defaults{Seed: 1})
		if err != nil {
			return nil, err
		}
		return w.Graph, nil
	}
	r, err := archtest.Checked(m, archtest.Workload{Name: spec, Build: open}, m.Native(), arch.Full)
	require.NoError(t, err)
	return r
}

// TestRefused: what does not fit is named with its remedy.
func TestRefused(t *testing.T) {
	m, err := device("nvdla-small")("buffer.size=64 B")
	require.NoError(t, err)
	w, err := archtest.Named("conv")
	require.NoError(t, err)
	_, err = archtest.Checked(m, w, m.Native(), arch.None)
	assert.ErrorContains(t, err, "do not fit a convolution buffer of 64 B (buffer.size)")
	text, _ := Presets.Text("nvdla-small")
	_, err = Open("x", text, []string{"kind=gpu"})
	assert.ErrorContains(t, err, "kind: gpu: write convolution-engine, the model that was asked for")
	_, err = Open("x", text, []string{"dtypes=fp16"})
	assert.ErrorContains(t, err, "use int8 or int16")
	_, err = Open("x", text, []string{"array.winograd=true"})
	assert.ErrorContains(t, err, "array.winograd: tiles of 4×4 need array.atomic_c to be a multiple of 16, not 8; or set it to false")
}
