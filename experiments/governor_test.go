package experiments

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"nnsim/arch"
	"nnsim/results"
)

func governedRun(t *testing.T, sets ...string) *results.Run {
	t.Helper()
	r, err := Experiment{Device: "tpu-v1", Workload: "mobilenet-v2,batch=2", Sets: sets, Check: arch.None}.Run(t.Context())
	require.NoError(t, err)
	return r
}

// TestGovernor: watching changes nothing; a cap holds in every window, costs time and
// no cycle, and the static energy of that time; leakage is what its temperature makes of it.
func TestGovernor(t *testing.T) {
	free := governedRun(t)
	require.NotNil(t, free.Power)
	assert.Empty(t, free.Power.Windows)
	watched := governedRun(t, "governor.window=50 us")
	assert.Equal(t, free.Seconds, watched.Seconds)
	assert.Equal(t, free.EnergyJoules, watched.EnergyJoules)
	energy := 0.0
	for _, w := range watched.Power.Windows {
		energy += float64(w.Watts) * float64(w.Seconds)
	}
	assert.InEpsilon(t, float64(free.EnergyJoules), energy, 1e-9)
	assert.Equal(t, "50 us", watched.Device.Resolved["governor.window"], "the report says so, and so does the key")

	capped := governedRun(t, "governor.window=50 us", "governor.cap=31 W")
	assert.Greater(t, capped.Seconds, free.Seconds)
	assert.Equal(t, capped.Cycles, free.Cycles)
	assert.LessOrEqual(t, float64(capped.Power.Peak), 31+1e-9)
	assert.Greater(t, float64(watched.Power.Peak), 31.0)
	static := free.EnergyByUnit["static"]
	assert.InEpsilon(t, float64(free.EnergyJoules-static)+28*float64(capped.Seconds), float64(capped.EnergyJoules), 1e-9)

	leaky := governedRun(t, "governor.leakage=0.5")
	assert.Less(t, leaky.Power.Hottest, 350.0)
	assert.Less(t, leaky.EnergyByUnit["leakage"], static/2, "it is given at 350 K, and the chip is cooler")
	assert.InEpsilon(t, float64(static)/2, float64(leaky.EnergyByUnit["static"]), 1e-9)
	hot := governedRun(t, "governor.leakage=0.5", "governor.limit=320")
	assert.Greater(t, hot.Power.Slowed, hot.Seconds/2, "the chip begins warmer than it may be")
}

// TestGovernorOfEveryKind: on every kind of machine windows sum to the run's energy, none
// of it is left out, and the greatest of them is no less than the average.
func TestGovernorOfEveryKind(t *testing.T) {
	for _, device := range []string{"tiny-4x4", "alveo-u250", "kv260-dpu", "zcu102-chaidnn", "alveo-u50-array", "t4", "eyeriss", "nvdla-small", "diannao", "eie-64"} {
		e := Experiment{Device: device, Workload: "gemm:m=64,n=33,k=40", Check: arch.None}
		free, err := e.Run(t.Context())
		require.NoError(t, err, device)
		assert.GreaterOrEqual(t, float64(free.Power.Peak), float64(free.AveragePowerWatts)*(1-1e-9), device)
		e.Sets = []string{"governor.window=1 us", "governor.leakage=0.1", "governor.area=100 mm2"}
		watched, err := e.Run(t.Context())
		require.NoError(t, err, device)
		energy := 0.0
		for _, w := range watched.Power.Windows {
			energy += float64(w.Watts) * float64(w.Seconds)
		}
		assert.InEpsilon(t, float64(watched.EnergyJoules), energy, 1e-9, device)
	}
}

// TestGovernorRefuses: one line each, before anything runs.
func TestGovernorRefuses(t *testing.T) {
	plan := filepath.Join(t.TempDir(), "plan.flp")
	require.NoError(t, os.WriteFile(plan, []byte("core 0.01 0.01 0 0\ncache 0.01 wide 0 0\n"), 0o600))
	for _, c := range []struct{ set, want string }{
		{"governor.cap=40", "unit"},
		{"governor.windows=1 ms", `did you mean "window"`},
		{"governor.start=hot", "warm"},
		{"governor.floorplan=none.flp", "governor.floorplan"},
		{"governor.floorplan=" + plan, "plan.flp:2"},
		{"governor.leakage=1.5", "1"},
	} {
		_, err := Experiment{Device: "tpu-v1", Workload: "gemm:m=8,n=8,k=8", Sets: []string{c.set}}.Prepare()
		assert.ErrorContains(t, err, c.want, c.set)
	}
	_, err := Experiment{Device: "ddr4-2400", Workload: "stream:pattern=seq,requests=10", Sets: []string{"governor.cap=1 W"}}.Prepare()
	assert.ErrorContains(t, err, "traffic alone")
	_, err = Experiment{Device: "tpu-v1", Workload: "gemm:m=8,n=8,k=8", Sets: []string{"governor.cap=28 W"}}.Run(t.Context())
	assert.ErrorContains(t, err, "give at least")
}
