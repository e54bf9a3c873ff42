package results

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"nnsim/tech"
)

// TestPriceList: every price is a line with its source, events before what is drawn all the time.
func TestPriceList(t *testing.T) {
	p := Prices{Scope: "chip", Static: map[string]tech.Power{"static": {Watts: 0.03, Source: "device"}},
		PerEvent: map[string]map[string]tech.Price{"buffer": {"write": {Energy: 2e-12, Source: "b"}, "read": {Energy: 1e-12, Source: "a"}}, "array": {"mac": {Source: "c"}}}}
	lines := p.Lines()
	require.Len(t, lines, 4)
	assert.Equal(t, "array", lines[0].Unit)
	assert.Equal(t, PriceLine{Unit: "buffer", Event: "read", Joules: 1e-12, Source: "a"}, lines[1])
	assert.Equal(t, PriceLine{Unit: "static", Watts: 0.03, Source: "device"}, lines[3])
	var text strings.Builder
	require.NoError(t, p.Text(&text))
	assert.Contains(t, text.String(), "buffer  write         2 pJ   b")
	assert.Contains(t, text.String(), "static  all the time  30 mW  device")
}
