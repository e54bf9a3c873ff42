package gpu_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"nnsim/arch"
	"nnsim/arch/gpu"
	"nnsim/results"
	"nnsim/workloads/catalog"
)

// probed runs a microbenchmark on a preset.
func probed(t *testing.T, preset, work string) *results.Run {
	m, err := device(t, preset).Open()
	require.NoError(t, err)
	w, err := catalog.Open(work, catalog.Defaults{})
	require.NoError(t, err)
	p := m.(arch.Prober)
	require.NoError(t, p.TakesProbe(*w.Probe))
	r, err := p.RunProbe(*w.Probe)
	require.NoError(t, err)
	assert.NoError(t, arch.StreamLaws(r, 0))
	return r
}

// TestEveryPresetCanBeProbed: latencies grow with distance on each.
func TestEveryPresetCanBeProbed(t *testing.T) {
	large := map[string]string{"l40s": "160MiB", "l4": "80MiB", "rtx-4090": "128MiB", "h100-sxm": "80MiB", "h200-sxm": "80MiB"}
	for _, name := range gpu.Presets.Names() {
		if testing.Short() && large[name] != "" {
			continue
		}
		beyond := "48MiB"
		if large[name] != "" {
			beyond = large[name]
		}
		near := probed(t, name, "chase:bytes=4KiB,loads=100").Probe.LatencyMean
		shared := probed(t, name, "chase:bytes=4KiB,space=shared,loads=100").Probe.LatencyMean
		l2 := probed(t, name, "chase:bytes=512KiB,loads=100").Probe.LatencyMean
		far := probed(t, name, "chase:loads=100,bytes="+beyond).Probe.LatencyMean
		assert.True(t, shared <= near && near < l2 && l2 < far, "%s: %g, %g, %g, %g", name, shared, near, l2, far)
	}
}

// TestMatrixRatesAreExact: enough independent operations keep a pipe busy; one alone waits for its latency.
func TestMatrixRatesAreExact(t *testing.T) {
	for _, x := range []struct {
		preset, work   string
		rate, interval float64
	}{{"v100-sxm", "mma:", 512, 16}, {"a100-sxm", "mma:", 1024, 8}, {"a100-sxm", "mma:dtype=int8", 2048, 8}, {"h100-sxm", "mma:", 2048, 128},
		{"h100-sxm", "mma:dtype=e4m3", 4096, 128}, {"h100-sxm", "mma:instr=mma,ilp=8", 2048 * 0.629, 4 / 0.629}} {
		p := probed(t, x.preset, x.work).Probe
		assert.InEpsilon(t, x.rate, p.MACsPerCycle, 1e-3, "%+v", x)
		assert.InDelta(t, x.interval, p.Interval, 1e-9, "%+v", x)
	}
	alone := probed(t, "a100-sxm", "mma:warps=1,ilp=1").Probe
	assert.InEpsilon(t, 2048.0/25, alone.MACsPerCycle, 0.01, "one m16n8k16 in 25 cycles")
}

// TestOccupancyIsLittlesLaw: while memory is not full, twice the threads move about twice the bytes.
func TestOccupancyIsLittlesLaw(t *testing.T) {
	before := 0.0
	for _, threads := range []string{"32", "64", "128"} {
		now := float64(probed(t, "v100-sxm", "copy:pattern=read,bytes=2MiB,ctas=1,threads="+threads).Probe.Bandwidth)
		if before > 0 {
			assert.InDelta(t, 2, now/before, 0.2)
		}
		before = now
	}
	full := float64(probed(t, "v100-sxm", "copy:pattern=read,bytes=16MiB").Probe.Bandwidth)
	assert.Less(t, full, 900e9*1.01, "but for the CTAs under way at both ends")
	assert.False(t, math.Abs(full/900e9-1) > 0.1, "%g", full)
}

func TestProbesRefuse(t *testing.T) {
	for work, want := range map[string]string{
		"mma:dtype=fp32": "tensor", "mma:dtype=int4": "multiplies", "chase:bytes=1MiB,space=shared": "sm.shared", "copy:pattern=read,ctas=3,threads=1024": "sm.warps",
	} {
		m, err := device(t, "a100-sxm").Open()
		require.NoError(t, err)
		w, err := catalog.Open(work, catalog.Defaults{})
		require.NoError(t, err, work)
		assert.ErrorContains(t, m.(arch.Prober).TakesProbe(*w.Probe), want, work)
	}
	m, err := device(t, "a100-sxm").Open("memory=ideal")
	require.NoError(t, err)
	assert.ErrorContains(t, m.(arch.Prober).TakesProbe(catalog.Probe{Kind: "chase", Bytes: 1 << 20, Stride: 128}), "memory=ideal")
	m, err = device(t, "a100-sxm").Open("memory.channels=7")
	require.NoError(t, err)
	assert.ErrorContains(t, m.(arch.Prober).TakesProbe(catalog.Probe{Kind: "chase", Bytes: 1 << 20, Stride: 128}), "memory.channels")
}

// TestCountersArePriced: power is what each price says, and nothing else.
func TestCountersArePriced(t *testing.T) {
	idle := probed(t, "v100-sxm", "counters:cycles=1530000,idle=80")
	assert.InDelta(t, 32.3+80*0.283, float64(idle.AveragePowerWatts), 1e-9)
	busy := probed(t, "v100-sxm", "counters:cycles=1530000,duty=0.5,dramr=1000000,l2w=2000000")
	assert.InDelta(t, 32.3+80*0.467+137/2.0+1e6*1953e-12*1e3+2e6*1251e-12*1e3, float64(busy.AveragePowerWatts), 1e-9)
	told := probed(t, "v100-sxm", "counters:cycles=1530000,duty=0.5,inst=100000000")
	assert.InDelta(t, 32.3+80*0.467+50/2.0+1e8*230e-12*1e3, float64(told.AveragePowerWatts), 1e-9, "instructions in place of what the duty has in the mean")
	matrix := probed(t, "v100-sxm", "counters:cycles=1530000,duty=0.5,tensor=true")
	assert.InDelta(t, 32.3+80*0.612+79/2.0, float64(matrix.AveragePowerWatts), 1e-9)
	m, err := device(t, "a100-sxm").Open()
	require.NoError(t, err)
	w, err := catalog.Open("counters:cycles=5", catalog.Defaults{})
	require.NoError(t, err)
	assert.ErrorContains(t, m.(arch.Prober).TakesProbe(*w.Probe), "power.counted")
}
