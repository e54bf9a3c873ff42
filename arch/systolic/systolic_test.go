package systolic

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"nnsim/arch"
	"nnsim/arch/archtest"
	"nnsim/internal/engine"
	"nnsim/workloads"
	"nnsim/workloads/catalog"
)

// device opens a preset with values set.
func device(preset string, always ...string) func(sets ...string) (arch.Machine, error) {
	return func(sets ...string) (arch.Machine, error) {
		text, ok := Presets.Text(preset)
		if !ok {
			panic("no preset " + preset)
		}
		m, err := Open(preset, text, append(append([]string{}, always...), sets...))
		if err != nil {
			return nil, err
		}
		return m, nil
	}
}

// TestConformance: the little array owes everything, in every dataflow and
// convention, with memories so small that all is cut and spilled.
func TestConformance(t *testing.T) {
	archtest.Run(t, archtest.Device{Open: device("tiny-4x4"), Variations: [][]string{
		{"array.dataflow=os"},
		{"array.dataflow=is"},
		{"array.overlap=none"},
		{"array.dataflow=os", "array.overlap=none"},
		{"array.dataflow=is", "array.overlap=none"},
		{"memory=ideal"},
		{"memory=ideal", "array.overlap=scalesim"},
		{"memory=ideal", "array.overlap=scalesim", "array.dataflow=os"},
		{"buffer.keep=false"},
		{"buffer.size=2 KiB", "accumulators.rows=32"},
		{"buffer.size=2 KiB", "accumulators.rows=32", "array.dataflow=os"},
		{"buffer.size=2 KiB", "accumulators.rows=32", "array.dataflow=is"},
		{"buffer.size=4 KiB", "accumulators.rows=64", "vector.lanes=1", "dma.outstanding=1"},
		{"weights.fifo=1"},
		{"weights.fifo=3", "buffer.size=4 KiB", "accumulators.rows=32"},
		{"array.rows=1", "array.cols=1"},
		{"array.rows=3", "array.cols=5", "array.count=2"},
		{"array.rows=64", "array.cols=32"},
		{"memory.channels=3", "memory.latency=1 us"},
	}})
}

// TestConformanceOfPresets: the machines people ask for.
func TestConformanceOfPresets(t *testing.T) {
	for _, preset := range Presets.Names() {
		t.Run(preset, func(t *testing.T) {
			if testing.Short() && preset != "gemmini-16" {
				t.Skip("one preset is enough for a short run")
			}
			archtest.Run(t, archtest.Device{Open: device(preset)})
		})
	}
}

// TestWritesAtTheEnd: a short run that ends while the controller holds writes says so, and breaks no law.
func TestWritesAtTheEnd(t *testing.T) {
	m, err := device("gemmini-16-fp32")()
	require.NoError(t, err)
	w := archtest.Workload{Name: "padded", Build: func() (*workloads.Graph, error) {
		w, err := catalog.Open("conv:c=3,h=16,w=8,k=16,r=1,s=1", catalog.Defaults{Seed: 1})
		return w.Graph, err
	}}
	run, err := archtest.Checked(m, w, m.Native(), arch.Full)
	require.NoError(t, err)
	assert.Greater(t, run.DRAM.Bandwidth, run.DRAM.PeakBandwidth)
	assert.Greater(t, run.DRAM.WaitingBytes, int64(0))
}

// TestLargeProduct: fill and drain are paid once for a run of folds, so a large
// product takes little more than its ideal 65,536 cycles.
func TestLargeProduct(t *testing.T) {
	m := opened(t, "tpu-v2", "memory=ideal")
	r, err := m.Run(planned(t, m, "gemm:m=1024,n=1024,k=1024"))
	require.NoError(t, err)
	assert.GreaterOrEqual(t, r.Cycles, int64(65536))
	assert.LessOrEqual(t, r.Cycles, int64(66200))
}

// TestScaleSim holds the whole machine, not the closed form alone, to SCALE-Sim v3
// (commit 1d62b68, CALC mode): rows of ../shared/references/systolic/gemm_scalesim.csv.
func TestScaleSim(t *testing.T) {
	for _, c := range []struct {
		size     int
		dataflow string
		workload string
		cycles   int64
	}{
		{32, "ws", "gemm:m=64,n=64,k=64", 631},
		{16, "ws", "gemm:m=128,n=128,k=128", 11135},
		{16, "ws", "gemm:m=16,n=16,k=16", 61},
		{8, "ws", "gemm:m=512,n=512,k=512", 2187263},
		{256, "os", "gemm:m=1,n=512,k=512", 2043},
		{16, "os", "gemm:m=33,n=33,k=33", 566},
		{128, "os", "gemm:m=1,n=1,k=1", 254},
		{128, "is", "gemm:m=1,n=1000,k=2048", 22111},
		{8, "is", "gemm:m=7,n=3,k=5", 24},
	} {
		m := opened(t, "scalesim", fmt.Sprintf("array.rows=%d", c.size), fmt.Sprintf("array.cols=%d", c.size), "array.dataflow="+c.dataflow)
		r, err := m.Run(planned(t, m, c.workload))
		require.NoError(t, err)
		assert.Equal(t, c.cycles, r.Cycles, "%s on %d×%d %s", c.workload, c.size, c.size, c.dataflow)
	}
}

// TestOverlapNeverCosts: under one plan, overlapping folds take no longer than
// folds that pay for themselves.
func TestOverlapNeverCosts(t *testing.T) {
	for _, dataflow := range []string{"os", "ws", "is"} {
		for _, spec := range []string{"gemm:m=40,n=24,k=32", "gemm:m=3,n=70,k=9", "conv:c=8,h=12,w=12,k=9,r=3,s=3,pad=1"} {
			full := opened(t, "tiny-4x4", "array.dataflow="+dataflow)
			none := opened(t, "tiny-4x4", "array.dataflow="+dataflow, "array.overlap=none")
			job := planned(t, full, spec)
			a, err := full.Run(job)
			require.NoError(t, err)
			b, err := none.Run(job)
			require.NoError(t, err)
			assert.Less(t, a.Cycles, b.Cycles, "%s, %s", spec, dataflow)
		}
	}
}

// TestHostTimeFollowsTiles counts what the host's time goes into: events of the
// engine, which follow the commands, which follow the tiles. Neither the array's
// size nor the number of cycles comes into it.
func TestHostTimeFollowsTiles(t *testing.T) {
	type cost struct{ cycles, commands, events int64 }
	run := func(batch int, sets ...string) cost {
		m := opened(t, "tpu-v1", sets...)
		job := planned(t, m, fmt.Sprintf("conv:n=%d,c=64,h=28,w=28,k=128,r=3,s=3,pad=1", batch))
		s, err := newSimulation(m, &job, engine.New(m.cfg.Clock))
		require.NoError(t, err)
		r, err := s.run()
		require.NoError(t, err)
		c := cost{cycles: r.Cycles, events: r.Host.Events}
		for _, n := range s.walk.issued {
			c.commands += n
		}
		assert.LessOrEqual(t, c.events, 10*c.commands+20, "batch %d, %v: %+v", batch, sets, c)
		return c
	}
	first := run(4, "array.rows=8", "array.cols=8")
	for _, size := range []int{16, 64, 256, 1024} {
		c := run(4, fmt.Sprintf("array.rows=%d", size), fmt.Sprintf("array.cols=%d", size))
		assert.LessOrEqual(t, c.commands, first.commands, "a larger array takes no more commands: %d", size)
	}
	one := run(1)
	for _, batch := range []int{4, 16, 64} {
		c := run(batch)
		assert.LessOrEqual(t, c.commands, 2*int64(batch)*one.commands, "batch %d", batch)
		assert.Less(t, c.events*100, c.cycles, "batch %d: far fewer events than cycles: %+v", batch, c)
	}
}

// TestDeadlockShowsEveryUnit: a command that waits for what never comes ends the
// run with the state of every unit.
func TestDeadlockShowsEveryUnit(t *testing.T) {
	m := opened(t, "tiny-4x4")
	job := planned(t, m, "gemm:m=4,n=4,k=4")
	s, err := newSimulation(m, &job, engine.New(m.cfg.Clock))
	require.NoError(t, err)
	stuck := command{Edges: 1, Work: work{chase: -1}}
	stuck.After[array] = 99
	s.emit(vector, stuck)
	_, err = s.run()
	require.Error(t, err)
	for _, want := range []string{"systolic: tiny-4x4: deadlock at edge", "Load: ", "Array: ", "Store: ", "Memory: ",
		"Vector: 0 commands done, ", "next (layer 0) waits for array 0 of 99;"} {
		assert.Contains(t, err.Error(), want)
	}
	assert.NotContains(t, err.Error(), "\n")
}

// TestRefusals: what does not fit is refused before the run, by name, need and key.
func TestRefusals(t *testing.T) {
	for _, c := range []struct{ spec, sets, says string }{
		{"gemm:m=64,n=64,k=4096", "buffer.size=256 B", "buffer.size"},
		{"conv:c=3,h=9,w=3000,k=4,r=3,s=3,pad=1", "buffer.size=1 KiB", "buffer.size"},
		{"softmax:rows=4,cols=5000", "buffer.size=128 B", "buffer.size"},
	} {
		m := opened(t, "tiny-4x4", c.sets)
		w, err := catalog.Open(c.spec, catalog.Defaults{Seed: 1})
		require.NoError(t, err)
		net, err := workloads.Prepare(w.Graph, m.Native(), m.Fuses)
		require.NoError(t, err)
		_, err = m.Plan(net)
		require.Error(t, err, c.spec)
		assert.Contains(t, err.Error(), c.says)
		assert.Contains(t, err.Error(), "layer "+net.Layers[0].Name)
		assert.NotContains(t, err.Error(), "\n")
	}
}

// TestSampleComparesLess: of a layer of many tiles, sample mode computes a few.
func TestSampleComparesLess(t *testing.T) {
	for _, preset := range []string{"tiny-4x4", "gemmini-16", "tpu-v1"} {
		m := opened(t, preset)
		w := archtest.Workload{Name: "large", Build: func() (*workloads.Graph, error) {
			w, err := catalog.Open("gemm:m=6000,n=600,k=8", catalog.Defaults{Seed: 1})
			if err != nil {
				return nil, err
			}
			return w.Graph, nil
		}}
		r, err := archtest.Checked(m, w, m.Native(), arch.Sample)
		require.NoError(t, err, preset)
		assert.Positive(t, r.Check.Elements, preset)
		assert.Less(t, r.Check.Elements, int64(6000*600/2), preset)
	}
}

// TestEntriesFilledAtOnce: an ideal memory fills an entry of the FIFO at the edge at which
// its tile is shifted out; the array must have the old one.
func TestEntriesFilledAtOnce(t *testing.T) {
	for _, fifo := range []string{"1", "2", "4"} {
		m := opened(t, "tpu-v1", "memory=ideal", "array.rows=32", "array.cols=32", "weights.fifo="+fifo)
		for _, text := range []string{"gemm:m=40,n=200,k=300,dtype=int8", "conv:c=40,h=9,w=9,k=70,r=3,s=3,pad=1,dtype=int8"} {
			w, err := catalog.Open(text, catalog.Defaults{Seed: 1})
			require.NoError(t, err)
			_, err = archtest.Checked(m, archtest.Workload{Name: text, Build: func() (*workloads.Graph, error) { return w.Graph, nil }}, m.Native(), arch.Full)
			require.NoError(t, err, "%s with a FIFO of %s", text, fifo)
		}
	}
}
