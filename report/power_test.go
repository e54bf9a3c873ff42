package report

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"nnsim/results"
)

// TestPowerOverTime: a bar a window, as high as its share of the peak; none without windows.
func TestPowerOverTime(t *testing.T) {
	r := read(t, "tiny.json")
	r.Power = &results.Power{Average: 15, Peak: 20, Window: 1e-3}
	assert.NotContains(t, drawn(t, nil, r), "Power over time")
	r.Power.Windows = []results.PowerWindow{
		{Start: 0, Seconds: 1e-3, Watts: 10, Clock: 1},
		{Start: 1e-3, Seconds: 2e-3, Watts: 20, Clock: 0.5, Kelvin: 350},
	}
	_, figure, found := strings.Cut(drawn(t, nil, r), `aria-label="Power over time"`)
	assert.True(t, found)
	figure, _, _ = strings.Cut(figure, "</figure>")
	assert.Equal(t, 2, strings.Count(figure, "<rect"))
	assert.Contains(t, figure, `height="60"><title>0 s to 1 ms: 10 W</title>`)
	assert.Contains(t, figure, `height="120"><title>1 ms to 3 ms: 20 W, clock at 50.0 %, hottest block 76.9 °C</title>`)
	assert.Contains(t, figure, "15 W on average, at most 20 W")
}
