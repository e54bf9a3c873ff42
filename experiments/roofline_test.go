package experiments

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// TestADeratedRooflineFindsItsConstants: rows made with three constants are explained by them.
func TestADeratedRooflineFindsItsConstants(t *testing.T) {
	truth := derating{0.8, 0.9, 2e-6}
	var rows []bounds
	for i := 1; i <= 40; i++ {
		b := bounds{device: "d", compute: float64(i*i) * 1e-7, memory: float64(i) * 2e-6}
		b.took = truth.overhead + max(b.compute/truth.compute, b.memory/truth.memory)
		rows = append(rows, b)
	}
	plain, derated := baselines(rows)
	assert.Less(t, derated, 0.01)
	assert.Greater(t, plain, 0.1)
	rows = append(rows, bounds{device: "e", compute: 1e-6, memory: 0, took: 4e-6}) // another device has constants of its own
	_, derated = baselines(rows)
	assert.Less(t, derated, 0.01)
}

func TestTheBandOfASourceIsRead(t *testing.T) {
	low, high, ok := bandOf(Row{Unit: "s", Source: "campaigns; min 6.5 max 7.25 us, 4 campaigns"})
	assert.True(t, ok)
	assert.InDeltaSlice(t, []float64{6.5e-6, 7.25e-6}, []float64{low, high}, 1e-12)
	for _, r := range []Row{{Unit: "s", Source: "no range"}, {Unit: "cycles", Source: "min 1 max 2 us"}, {Unit: "s", Source: "admin 1 max 2 us"}} {
		_, _, ok := bandOf(r)
		assert.False(t, ok, "%v", r)
	}
}
