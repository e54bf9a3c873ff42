package dram

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestAPieceLiesInOneRow: with c0 lowest, four lines share a bank's row, the next four lie in the next
// group, and no two lines in one place.
func TestAPieceLiesInOneRow(t *testing.T) {
	p, err := Preset("hbm3-6400")
	require.NoError(t, err)
	p.Shape.Pseudo = 1
	m, err := parseMapping("rochrabacobgc0", p.Shape, true)
	require.NoError(t, err)
	seen := map[place]bool{}
	for line := range int64(1 << 14) {
		at, first := m.find(line), m.find(line&^3)
		assert.Equal(t, [2]int32{first.bank, first.row}, [2]int32{at.bank, at.row})
		assert.Equal(t, first.column+int32(line&3), at.column)
		assert.False(t, seen[at])
		seen[at] = true
	}
	assert.NotEqual(t, m.find(0).bank, m.find(4).bank)
}
