package power

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"nnsim/power/thermal"
	"nnsim/results"
	"nnsim/tech"
	"nnsim/unit"
)

// example is a run of three layers of 10, 30 and 60 ms: the array does all in the first
// and the last, the buffer in the second.
func example(t *testing.T) *results.Run {
	t.Helper()
	array, buffer := results.NewStats("array", 3, "mac"), results.NewStats("buffer", 3, "read")
	array.Add(0, 0, 1000)
	array.Add(2, 0, 3000)
	buffer.Add(1, 0, 500)
	r := &results.Run{Cycles: 100, Seconds: 0.1, Batch: 1, Stats: []*results.Stats{array, buffer},
		Layers: []results.Layer{{Cycles: 10}, {StartCycle: 10, Cycles: 30}, {StartCycle: 40, Cycles: 60}}}
	p := results.Prices{PerEvent: map[string]map[string]tech.Price{"array": {"mac": {Energy: 1e-3}}, "buffer": {"read": {Energy: 2e-3}}},
		Static: map[string]tech.Power{"static": {Watts: 5}}}
	require.NoError(t, r.Price(p))
	return r
}

// TestFollow: whatever the window, the energy is the run's, and each window shows
// the layers that lie in it.
func TestFollow(t *testing.T) {
	r := example(t)
	for _, window := range []unit.Seconds{0.001, 0.007, 0.01, 0.033, 0.1, 5} {
		f, err := Follow(r, window)
		require.NoError(t, err)
		assert.InEpsilon(t, float64(r.EnergyJoules), float64(f.Energy()), 1e-9, "%v", window)
		assert.InEpsilon(t, float64(r.AveragePowerWatts), float64(f.Average()), 1e-9)
	}
	f, err := Follow(r, 0.01)
	require.NoError(t, err)
	assert.InDelta(t, 100, float64(f.Watts[0][0]), 1e-9, "1 J in 10 ms")
	assert.InDelta(t, 1.0/0.03, float64(f.Watts[2][1]), 1e-9, "1 J over 30 ms")
	assert.InDelta(t, 50, float64(f.Dynamic(9)), 1e-9, "3 J over 60 ms")
	assert.InDelta(t, 105, float64(f.Peak()), 1e-9)
	r.Stats[0].Scale = []float64{0.5, 1, 1} // the first layer's voltage is lower
	require.NoError(t, r.Price(r.Prices))
	f, err = Follow(r, 0.01)
	require.NoError(t, err)
	assert.InDelta(t, 50, float64(f.Watts[0][0]), 1e-9)
	assert.InEpsilon(t, float64(r.EnergyJoules), float64(f.Energy()), 1e-9)
	_, err = Follow(r, 0)
	assert.ErrorContains(t, err, "give 1 to")
}

// TestFollowOverlap: where layers run at once, events fall where their unit works, and
// a layer that takes no cycles of its own loses no energy.
func TestFollowOverlap(t *testing.T) {
	r := example(t)
	r.Layers[1].Cycles, r.Layers[2].StartCycle, r.Layers[2].Cycles = 0, 10, 90
	r.Stats[0].Works = [2]int64{50, 70}
	f, err := Follow(r, 0.01)
	require.NoError(t, err)
	assert.InEpsilon(t, float64(r.EnergyJoules), float64(f.Energy()), 1e-9)
	assert.InDelta(t, 200, float64(f.Watts[5][0]), 1e-9, "4 J over 20 ms")
	assert.Zero(t, f.Watts[0][0])
	assert.InDelta(t, 100, float64(f.Watts[1][1]), 1e-9, "1 J in one edge")
}

// TestLeakage: it doubles every 19 K.
func TestLeakage(t *testing.T) {
	l := Leakage{Watts: 2, At: 350}
	assert.InDelta(t, 2, float64(l.Now(350)), 1e-12)
	assert.InEpsilon(t, 2, float64(l.Now(350+19.25)/l.Now(350)), 0.001)
}

func die(t *testing.T, leakage Leakage) *Die {
	t.Helper()
	n, err := thermal.New([]thermal.Block{{Name: "l", Width: 0.008, Height: 0.016}, {Name: "r", Width: 0.008, Height: 0.016, X: 0.008}}, thermal.HotSpot)
	require.NoError(t, err)
	return &Die{Network: n, Block: map[string]int{"array": 0}, Leakage: leakage}
}

// TestHeat: the block that works is the warmer, leakage makes it warmer still, and
// a chip that leaks more the warmer it gets without end is an error.
func TestHeat(t *testing.T) {
	r := example(t)
	f, err := Follow(r, 0.01)
	require.NoError(t, err)
	plain, leaky := die(t, Leakage{}), die(t, Leakage{Watts: 4, At: 300})
	a, end, err := plain.Heat(f, plain.Network.Cold())
	require.NoError(t, err)
	b, _, err := leaky.Heat(f, leaky.Network.Cold())
	require.NoError(t, err)
	assert.Greater(t, end.Block(0), end.Block(1))
	for i := range a {
		assert.Greater(t, b[i], a[i])
	}
	hopeless := die(t, Leakage{Watts: 5, At: 150})
	_, _, err = hopeless.Heat(f, hopeless.Network.Cold())
	assert.ErrorContains(t, err, "leakage grows faster")
}

// TestGovern: under a cap no window draws more, the work is the same and takes as
// long as it must; without a binding limit nothing changes.
func TestGovern(t *testing.T) {
	r := example(t)
	f, err := Follow(r, 0.01)
	require.NoError(t, err)
	free, err := Govern(f, Limits{Power: 200}, nil, thermal.State{})
	require.NoError(t, err)
	assert.InDelta(t, 0.1, float64(free.Total), 1e-12)
	assert.Zero(t, free.Slowed)
	capped, err := Govern(f, Limits{Power: 45}, nil, thermal.State{})
	require.NoError(t, err)
	work := 0.0
	for i, share := range capped.Share {
		assert.LessOrEqual(t, float64(f.Dynamic(i))*share+float64(f.Static), 45+1e-9)
		work += float64(f.Dynamic(i)) * share * float64(f.length(i)) / share
	}
	assert.InDelta(t, 5, work, 1e-9)
	assert.InDelta(t, 1.0/40+0.03+3.0/40, float64(capped.Total), 1e-9, "1 J and 3 J at 40 W, the middle as it was")
	_, err = Govern(f, Limits{Power: 5}, nil, thermal.State{})
	assert.ErrorContains(t, err, "give at least")
}

// TestThermalLimit: a chip that would pass a limit is slowed, and stays near it.
func TestThermalLimit(t *testing.T) {
	r := example(t)
	f, err := Follow(r, 0.002)
	require.NoError(t, err)
	d := die(t, Leakage{Watts: 1, At: 320})
	hot, _, err := d.Heat(f, d.Network.Cold())
	require.NoError(t, err)
	top := thermal.Kelvin(0)
	for _, k := range hot {
		top = max(top, k)
	}
	limit := thermal.Kelvin(318.15) + (top-318.15)*0.8
	g, err := Govern(f, Limits{Temperature: limit}, d, d.Network.Cold())
	require.NoError(t, err)
	assert.Greater(t, g.Total, unit.Seconds(0.1))
	assert.Less(t, g.Hottest, top)
	assert.Less(t, math.Abs(float64(g.Hottest-limit)), 0.5*float64(top-limit)+0.3)
	_, err = Govern(f, Limits{Temperature: 350}, nil, thermal.State{})
	assert.ErrorContains(t, err, "needs a floor plan")
}
