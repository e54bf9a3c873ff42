package results

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"nnsim/tech"
	"nnsim/unit"
)

// compared is a run of 100 MACs in 1 µs on a machine of 1,000 MACs a microsecond.
func compared(name, node string) *Run {
	return &Run{Workload: Workload{Name: "gemm,dtype=int8", DType: "int8", MACs: 100}, Batch: 1, Seconds: 1e-6, ThroughputPerSecond: 1e6, Utilization: 0.1,
		Device:             Device{Name: name, Clock: 1e9, PeakMACsPerCycle: 1, Resolved: map[string]string{"process": node}},
		EnergyPerInference: 5, EnergyJoules: 5, EnergyByUnit: map[string]unit.Joules{"array": 4, "dram": 1}}
}

// TestRooflineOf: the roof is the peak where traffic is little, and bandwidth where it is much.
func TestRooflineOf(t *testing.T) {
	r := compared("a", "28")
	r.DRAM = DRAM{ReadBytes: 50, WriteBytes: 50, PeakBandwidth: 2e8}
	l, ok := rooflineOf(r)
	require.True(t, ok)
	assert.Equal(t, roofline{peak: 1e9, intensity: 1, ridge: 5, roof: 2e8, reached: 0.5, traffic: true, bandwidth: true}, l)
	r.DRAM = DRAM{ReadBytes: 10, PeakBandwidth: 2e8}
	l, _ = rooflineOf(r)
	assert.Equal(t, 1e9, l.roof, "the peak is the lower roof")
	r.DRAM = DRAM{}
	l, _ = rooflineOf(r)
	assert.False(t, l.traffic || l.bandwidth)
	r.Workload.MACs = 0
	_, ok = rooflineOf(r)
	assert.False(t, ok, "a run without products stands under no roof")
}

// TestScaledEnergies: what is on the chip shrinks to the newest node compared, off-chip
// memory does not, and a machine of unknown node is left out.
func TestScaledEnergies(t *testing.T) {
	ratio, _, err := tech.Shrink(7, 28)
	require.NoError(t, err)
	heading, list := scaledEnergies([]*Run{compared("old", "28"), compared("new", "7"), compared("unknown", "")})
	assert.Equal(t, "at 7 nm", heading)
	assert.InEpsilon(t, 4*ratio+1, float64(*list[0]), 1e-12)
	assert.EqualValues(t, 5, *list[1])
	assert.Nil(t, list[2])
	assert.Less(t, ratio, 0.5)
}

// TestVerdicts: the winner is named with its lead, and the lead is peak times utilisation.
func TestVerdicts(t *testing.T) {
	slow, fast := compared("slow", "28"), compared("fast", "28")
	fast.Device.PeakMACsPerCycle, fast.Utilization, fast.ThroughputPerSecond, fast.Seconds = 8, 0.05, 4e6, 0.25e-6
	fast.EnergyPerInference = 10
	text := Compare([]*Run{slow, fast}, "slow is old")
	assert.Contains(t, text, "fast, 4 times slow: 8 times its peak, 0.5 times its utilisation")
	assert.Contains(t, text, "slow, 2 times as many inferences a joule as fast: 80.0 % of what slow spends is")
	assert.Contains(t, text, "note  slow is old")
}
