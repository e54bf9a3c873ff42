package asic

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// TestAllows: the highest clock at a supply, at the points and between them.
func TestAllows(t *testing.T) {
	p := Power{Nominal: 1, At: 200e6, Points: []string{"100 MHz @ 820 mV", "200 MHz @ 1 V", "250 MHz @ 1170 mV"}}
	assert.NoError(t, p.Allows(100e6, 0.82))
	assert.NoError(t, p.Allows(200e6, 1))
	assert.NoError(t, p.Allows(150e6, 0.91))
	assert.NoError(t, p.Allows(225e6, 1.085))
	assert.NoError(t, p.Allows(250e6, 1.17))
	assert.ErrorContains(t, p.Allows(151e6, 0.91), "the highest is 150 MHz; raise voltage or lower clock")
	assert.ErrorContains(t, p.Allows(201e6, 1), "the highest is 200 MHz")
	assert.ErrorContains(t, p.Allows(1e6, 0.7), "works from 820 mV to 1.17 V")
	assert.NoError(t, (&Power{}).Allows(1e12, 9), "no points, no limit")
	for _, bad := range [][]string{{"100 MHz"}, {"fast @ 1 V"}, {"1 MHz @ high"}, {"2 MHz @ 1 V", "1 MHz @ 2 V"}} {
		assert.Error(t, (&Power{Points: bad}).Allows(1, 1), "%v", bad)
	}
}

// TestScales: switched energy goes with V², the clock's power with V²·f, leakage with V.
func TestScales(t *testing.T) {
	p := Power{Nominal: 1, At: 200e6}
	s, c, l := p.scales(100e6, 0.9)
	assert.InDelta(t, 0.81, s, 1e-12)
	assert.InDelta(t, 0.405, c, 1e-12)
	assert.InDelta(t, 0.9, l, 1e-12)
}
