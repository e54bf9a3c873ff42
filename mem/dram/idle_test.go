package dram

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// writesAt gives the cycle of each activate for a line that is written. A read at cycle 50
// comes before so many writes, all of other banks.
func writesAt(t *testing.T, c Config, writes int64) (read int64, acts []int64) {
	p, err := Preset("hbm2-2000-pc")
	require.NoError(t, err)
	p.Shape.Pseudo = 1
	c.Mapping = "rochrababgco"
	ch, err := New(p, c, func(Done) {})
	require.NoError(t, err)
	ch.Watch(func(m Command) {
		switch {
		case m.Kind == RD:
			read = m.Cycle
		case m.Kind == ACT && m.Row > 0:
			acts = append(acts, m.Cycle)
		}
	})
	perRow := int64(p.Shape.Lines() / int64(p.Shape.Rows))
	require.NoError(t, ch.Add(Request{Line: 0, Count: 1, Stride: 1, At: 50}))
	require.NoError(t, ch.Add(Request{Line: 2*perRow + int64(p.Shape.Columns()), Count: writes, Stride: perRow, Write: true, At: 50}))
	ch.AdvanceTo(3000)
	return read, acts
}

// TestWritesWaitForQuiet: few writes go when no read has waited for Idle cycles, and not a
// cycle before; as many as the upper watermark go while reads are still expected.
func TestWritesWaitForQuiet(t *testing.T) {
	read, at := writesAt(t, Config{Refresh: "all"}, 1)
	require.Len(t, at, 1)
	assert.Equal(t, read+1, at[0], "at once")

	for _, idle := range []int{1, 100, 1000} {
		read, at = writesAt(t, Config{Refresh: "all", Idle: idle}, 1)
		require.Len(t, at, 1)
		assert.Equal(t, read+int64(idle), at[0], "%d cycles after the last read", idle)
	}

	read, at = writesAt(t, Config{Refresh: "all", Idle: 1000, Writes: 16, High: 8, Low: 2}, 8)
	require.NotEmpty(t, at)
	assert.Less(t, at[0], read+100)
}
