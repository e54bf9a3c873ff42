package dram

import (
	"encoding/csv"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
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

// streamed runs a row of a validation table.
func streamed(t *testing.T, device, set, workload string) Outcome {
	t.Helper()
	options := map[string]string{}
	for _, option := range strings.FieldsFunc(set+";"+strings.TrimPrefix(workload, "stream:"), func(r rune) bool { return r == ';' || r == ',' }) {
		k, v, _ := strings.Cut(option, "=")
		options[k] = v
	}
	p, err := Preset(device)
	require.NoError(t, err)
	c := Config{Controller: options["controller"], Mapping: options["mapping"]}
	n, err := strconv.ParseInt(options["requests"], 10, 64)
	require.NoError(t, err)
	gap, err := strconv.ParseFloat(options["gap"], 64)
	require.NoError(t, err)
	traffic, err := NewTraffic(options["pattern"], n, gap, p, c)
	require.NoError(t, err)
	out, err := Drive(p, c, traffic)
	require.NoError(t, err)
	return out
}

// TestExact: the end cycle and every read's completion are DRAMsim3's.
func TestExact(t *testing.T) {
	ran := map[string]Outcome{}
	for _, row := range table(t, "dramsim3_exact.csv") {
		name := row["device"] + " " + row["set"] + " " + row["workload"]
		out, ok := ran[name]
		if !ok {
			out = streamed(t, row["device"], row["set"], row["workload"])
			ran[name] = out
		}
		got := map[string]string{"cycles": strconv.FormatInt(out.Cycles, 10), "dram.completion_hash": fmt.Sprintf("%016x", out.Hash)}
		assert.Equal(t, row["expected"], got[row["metric"]], "%s: %s", name, row["metric"])
	}
}
