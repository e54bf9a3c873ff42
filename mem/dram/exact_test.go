package dram

import (
	"encoding/csv"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const references = "../../../shared/references/dram/"

// table reads a reference table as maps, or skips the test where there is none.
func table(t *testing.T, name string) (rows []map[string]string) {
	t.Helper()
	f, err := os.Open(references + name)
	if err != nil {
		t.Skipf("%s is not here: %v", name, err)
	}
	defer f.Close()
	all, err := csv.NewReader(f).ReadAll()
	require.NoError(t, err)
	for _, r := range all[1:] {
		row := map[string]string{}
		for i, v := range r {
			row[all[0][i]] = v
		}
		rows = append(rows, row)
	}
	return rows
}

func TestExact(t *testing.T) {
	for _, row := range table(t, "dramsim3_exact.csv") {
		set := map[string]string{}
		for _, kv := range strings.FieldsFunc(row["set"]+";"+strings.TrimPrefix(row["workload"], "stream:"), func(r rune) bool { return r == ';' || r == ',' }) {
			k, v, _ := strings.Cut(kv, "=")
			set[k] = v
		}
		p, err := Preset(row["device"])
		require.NoError(t, err)
		c := Config{Controller: "dramsim3", Mapping: set["mapping"]}
		n, _ := strconv.ParseInt(set["requests"], 10, 64)
		gap, _ := strconv.ParseFloat(set["gap"], 64)
		tr, err := NewTraffic(set["pattern"], n, gap, p, c)
		require.NoError(t, err)
		out, err := Drive(p, c, tr)
		require.NoError(t, err)
		got := strconv.FormatInt(out.Cycles, 10)
		if row["metric"] != "cycles" {
			got = fmt.Sprintf("%016x", out.Hash)
		}
		if got != row["expected"] {
			t.Errorf("%s %s %s %s: %s, want %s (%d)", row["device"], row["set"], row["workload"], row["metric"], got, row["expected"], out.Writes)
		}
	}
}
