package tech

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestLinks: every kind has a price, which is below that of memory behind it or says why
// not; what is not known is refused with the list.
func TestLinks(t *testing.T) {
	for _, kind := range Links() {
		p, err := Link(kind)
		require.NoError(t, err)
		assert.Positive(t, float64(p.Energy), kind)
		assert.NotEmpty(t, p.Source, kind)
	}
	p, err := Link("nvlink-c2c")
	assert.InDelta(t, 8*1.3, pJ(t)(p, err), 1e-9)
	_, err = Link("telex")
	assert.ErrorContains(t, err, "use grs, nvlink-c2c, pcie3")
}

// TestPoints: clocks and supplies rise together.
func TestPoints(t *testing.T) {
	for name, list := range pointsOf {
		for i, p := range list {
			assert.NotEmpty(t, p.Source, name)
			assert.True(t, (p.Supply > 0) != (p.Relative > 0), "%s: a voltage or a ratio", name)
			if i > 0 {
				assert.Greater(t, p.Clock, list[i-1].Clock, name)
				assert.GreaterOrEqual(t, p.Supply, list[i-1].Supply, name)
				assert.GreaterOrEqual(t, p.Relative, list[i-1].Relative, name)
			}
		}
	}
	assert.Empty(t, Points("v100-sxm"))
}

// TestFive: at 5 nm logic costs what the foundry says, memories as much less, wires what
// they do at 7 nm; all of it is marked as scaled.
func TestFive(t *testing.T) {
	ratio := func(price func(node int) (Price, error)) float64 {
		five, err := price(5)
		require.NoError(t, err)
		assert.Contains(t, five.Source, scaledFrom)
		seven, err := price(7)
		require.NoError(t, err)
		return float64(five.Energy / seven.Energy)
	}
	assert.InDelta(t, 0.7, ratio(func(n int) (Price, error) { return MAC(n, "int8") }), 1e-9)
	assert.InDelta(t, 0.7, ratio(func(n int) (Price, error) { return SRAM(n, 8<<10, 4) }), 1e-9)
	assert.InDelta(t, 1, ratio(func(n int) (Price, error) { return Wire(n, 32) }), 1e-9)
	assert.InDelta(t, 0.7, ratio(func(n int) (Price, error) { return Register(n, 8) }), 1e-9)
	assert.InDelta(t, 0.7*1.8, ratio(func(n int) (Price, error) { return ClockNetwork(n, 1) }), 1e-9)
	_, err := MAC(4, "int8")
	assert.ErrorContains(t, err, "choose a node from 5 to 130 nm")
}
