package experiments

import (
	"bytes"
	"encoding/csv"
	"strconv"
	"testing"

	"github.com/parquet-go/parquet-go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestParquetIsTheCSV: the same columns in the same order, the same values, numbers
// as numbers, nothing where the table has nothing; and the same bytes twice.
func TestParquetIsTheCSV(t *testing.T) {
	table := swept(t, sweepOf(t, little), SweepRun{Workers: 2})
	var file, again bytes.Buffer
	require.NoError(t, table.WriteParquet(&file))
	require.NoError(t, table.WriteParquet(&again))
	assert.Equal(t, file.Bytes(), again.Bytes())
	want, err := csv.NewReader(bytes.NewBufferString(csvOf(t, table))).ReadAll()
	require.NoError(t, err)

	f, err := parquet.OpenFile(bytes.NewReader(file.Bytes()), int64(file.Len()))
	require.NoError(t, err)
	var head []string
	for _, c := range f.Root().Columns() {
		head = append(head, c.Name())
	}
	assert.Equal(t, want[0], head)
	rows := make([]parquet.Row, len(want))
	reader := parquet.NewReader(f)
	n, _ := reader.ReadRows(rows)
	require.Equal(t, len(want)-1, n)
	kinds := map[parquet.Kind]int{}
	for i, row := range rows[:n] {
		require.Len(t, row, len(head))
		for j, v := range row {
			kinds[v.Kind()]++
			text := want[i+1][j]
			switch {
			case v.IsNull():
				assert.Empty(t, text, "row %d, %s", i, head[j])
			case v.Kind() == parquet.Double:
				number, err := strconv.ParseFloat(text, 64)
				require.NoError(t, err)
				assert.Equal(t, number, v.Double(), "row %d, %s", i, head[j])
			case v.Kind() == parquet.Boolean:
				assert.Equal(t, text, strconv.FormatBool(v.Boolean()))
			default:
				assert.Equal(t, text, string(v.ByteArray()), "row %d, %s", i, head[j])
			}
		}
	}
	assert.Positive(t, kinds[parquet.Double])
	assert.Positive(t, kinds[parquet.ByteArray])
}
