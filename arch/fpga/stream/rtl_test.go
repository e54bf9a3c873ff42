package stream

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

// row is a line of a table, by column.
type row map[string]string

func (r row) int(t *testing.T, column string) int {
	t.Helper()
	n, err := strconv.Atoi(r[column])
	require.NoError(t, err, "column %s", column)
	return n
}

// table reads a table of the references; the test is skipped where they are absent.
func table(t *testing.T, name string) (rows []row) {
	t.Helper()
	f, err := os.Open(filepath.Join("..", "..", "..", "..", "shared", "references", "fpga", name))
	if os.IsNotExist(err) {
		t.Skipf("the reference table %s is not beside this checkout (../shared/references)", name)
	}
	require.NoError(t, err)
	defer f.Close()
	lines, err := csv.NewReader(f).ReadAll()
	require.NoError(t, err)
	require.Greater(t, len(lines), 1)
	for _, line := range lines[1:] {
		r := row{}
		for i, name := range lines[0] {
			r[name] = line[i]
		}
		rows = append(rows, r)
	}
	return rows
}

// runOne runs a single stage between a supply and a drain.
func runOne(t *testing.T, frames, supplyEvery, drainEvery int, in, out int64, add func(p *Pipeline, in, out *Link) error) *Result {
	t.Helper()
	p, i, o := New(), NewSupply("in", supplyEvery, in), NewDrain("out", drainEvery, out)
	require.NoError(t, add(p, i, o))
	r, err := p.Run(i, o, frames)
	require.NoError(t, err)
	return r
}
