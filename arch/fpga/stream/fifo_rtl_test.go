package stream

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestConvertersAgainstRTL(t *testing.T) {
	for i, r := range table(t, "finn_fifo_dwc_rtl_verilator.csv") {
		in, out := int64(r.int(t, "n_in")), int64(r.int(t, "n_out"))
		run := func(frames, every, drainEvery int) *Result {
			return runOne(t, frames, every, drainEvery, in, out, unitOf(t, r, in))
		}
		free := run(3, 1, 1)
		assert.EqualValues(t, r.int(t, "first_out"), free.FirstOut, "row %d %v", i, r)
		assert.EqualValues(t, r.int(t, "last_in"), free.LastIn[0], "row %d %v", i, r)
		assert.EqualValues(t, r.int(t, "last_out"), free.LastOut[0], "row %d %v", i, r)
		assert.EqualValues(t, r.int(t, "II_frame2"), free.LastOut[1]-free.LastOut[0], "row %d %v", i, r)
		slow := run(1, 1, 3)
		assert.EqualValues(t, r.int(t, "last_out_outready_1of3"), slow.LastOut[0], "row %d %v", i, r)
		assert.EqualValues(t, r.int(t, "last_in_outready_1of3"), slow.LastIn[0], "row %d %v", i, r)
		thin := run(1, 3, 1)
		assert.EqualValues(t, r.int(t, "last_out_invalid_1of3"), thin.LastOut[0], "row %d %v", i, r)
	}
}

// unitOf builds the unit that a row of the table names.
func unitOf(t *testing.T, r row, tokens int64) func(p *Pipeline, in, out *Link) error {
	var depth, from, to int
	if _, err := fmt.Sscanf(r["param"], "depth=%d", &depth); err == nil {
		return func(p *Pipeline, in, out *Link) error {
			p.Queue("fifo", depth, in, out)
			return nil
		}
	}
	_, err := fmt.Sscanf(r["param"], "%d->%d", &from, &to)
	require.NoError(t, err)
	return func(p *Pipeline, in, out *Link) error {
		switch {
		case from < to:
			p.Widen("dwc", to/from, in, out)
		case from > to:
			p.Narrow("dwc", from/to, in, out)
		default:
			p.Wire("dwc", in, out)
		}
		return nil
	}
}
