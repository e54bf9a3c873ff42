package hierarchy

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// TestLinesAreDealtEvenly: every line has one home and one place in memory, whatever the numbers;
// those of a piece share a module, and each module has its share of a page.
func TestLinesAreDealtEvenly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := small(t)
		c.Channels = rapid.SampledFrom([]int{2, 3, 4, 8, 16, 24}).Draw(t, "channels")
		c.Slices = rapid.SampledFrom([]int{8, 12, 16, 48}).Draw(t, "slices")
		h, err := New(c)
		if max(c.Channels, c.Slices)%min(c.Channels, c.Slices) != 0 {
			assert.ErrorContains(t, err, "multiple")
			return
		}
		require.NoError(t, err)
		homes, places := map[[2]int64]bool{}, map[[2]int64]bool{}
		per := make([]int, c.Channels)
		n := 2 * int64(len(h.deal.order)) * pieceLines
		together := int64(c.Channels) / h.deal.modules
		for line := range n {
			s, i := h.home(line)
			ch, j := h.channel(line)
			first, _ := h.channel(line / pieceLines * pieceLines)
			assert.Equal(t, int64(first)/together, int64(ch)/together)
			homes[[2]int64{int64(s), i}], places[[2]int64{int64(ch), j}] = true, true
			per[ch]++
		}
		assert.Len(t, homes, int(n))
		assert.Len(t, places, int(n))
		for _, k := range per {
			assert.InDelta(t, int(n)/c.Channels, k, pieceLines, "to a piece, where its lines do not come out even")
		}
	})
}

// TestArrivalsAreUneven: of the pieces that a stream has under way at a time, some modules have far
// more than their share, so that reads wait for them while others have nothing to do.
func TestArrivalsAreUneven(t *testing.T) {
	c := small(t)
	c.Channels, c.Slices = 64, 64
	d := newDeal(c.Slices, c.Channels)
	had := make([]int, d.modules)
	for piece := range 10 * d.modules {
		unit, _ := d.unit(piece * pieceLines)
		had[unit*d.modules/d.units]++
	}
	most, least := had[0], had[0]
	for _, n := range had {
		most, least = max(most, n), min(least, n)
	}
	assert.GreaterOrEqual(t, most, 15, "10 each on average")
	assert.LessOrEqual(t, least, 6)
}
