package nestmodel

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// references is where the tool's runs lie, beside the project.
const references = "../../../shared/references/mapping/"

// table reads a CSV file as rows of named columns; the test is skipped without it.
func table(t *testing.T, name string) (rows []map[string]string) {
	t.Helper()
	f, err := os.Open(references + name)
	if os.IsNotExist(err) {
		t.Skipf("%s is not here", name)
	}
	require.NoError(t, err)
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

func number(s string) float64 {
	v, _ := strconv.ParseFloat(s, 64)
	return v
}

// Every count of every run of the tool that lies beside the project: cycles, reads,
// fills and updates of each level and tensor, and energies to the digits it prints.
func TestEqualsTimeloop(t *testing.T) {
	levels := map[string][]map[string]string{}
	for _, r := range table(t, "levels.csv") {
		levels[r["case"]] = append(levels[r["case"]], r)
	}
	for _, s := range table(t, "summary.csv") {
		name := s["case"]
		t.Run(name, func(t *testing.T) {
			a, err := Open(s["arch"])
			require.NoError(t, err)
			path := filepath.Join(references, "cases", name, "timeloop-model.map.txt")
			text, err := os.ReadFile(path)
			require.NoError(t, err)
			n, err := ReadText(path, text)
			require.NoError(t, err)
			require.NoError(t, n.Check(a))
			assert.Equal(t, number(s["Hstride"]), float64(n.Problem.StrideH))
			var r Result
			Count(n, a, &r)
			assert.Equal(t, int64(number(s["cycles"])), r.Cycles, "cycles")
			assert.Equal(t, int64(number(s["computes"])), r.MACs, "computes")
			assert.InDelta(t, number(s["energy_uJ"]), r.PicoJ*1e-6, 0.00501, "energy")
			for _, row := range levels[name] {
				compareLevel(t, row, n, &r)
			}
			sameInOtherForms(t, n, a, name, &r)
			simulatedBeside(t, n, a, &r)
		})
	}
}

// sameInOtherForms: the mapper's file counts the same, and so does what we print.
func sameInOtherForms(t *testing.T, n *Nest, a *Architecture, name string, want *Result) {
	path := filepath.Join(references, "cases", name, "timeloop-mapper.map.yaml")
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	y, err := ReadYAML(path, text)
	require.NoError(t, err)
	y.Problem.StrideH, y.Problem.StrideW = n.Problem.StrideH, n.Problem.StrideW
	again, err := ReadText("printed", []byte(n.String()))
	require.NoError(t, err)
	for _, other := range []*Nest{y, again} {
		require.NoError(t, other.Check(a))
		var r Result
		Count(other, a, &r)
		assert.Equal(t, *want, r)
	}
}

// simulatedBeside: the tiles followed one by one bring the same words, and take no
// less than the throughputs allow.
func simulatedBeside(t *testing.T, n *Nest, a *Architecture, r *Result) {
	s, err := Simulate(n, a)
	require.NoError(t, err)
	assert.Equal(t, r.Steps, s.Steps)
	assert.GreaterOrEqual(t, s.Cycles, r.Cycles)
	for i := range len(n.Tilings) - 1 {
		for k := range Tensors {
			assert.Equal(t, r.Levels[i].Tensors[k].Fills, s.Fetched[i][k], "%s %v", n.Tilings[i].Level, Tensor(k))
		}
	}
}

func compareLevel(t *testing.T, row map[string]string, n *Nest, r *Result) {
	for i := range n.Tilings {
		if n.Tilings[i].Level != row["level"] {
			continue
		}
		l := &r.Levels[i]
		if row["dataspace"] == "_cycles" {
			assert.Equal(t, int64(number(row["cycles"])), l.Cycles, "%s cycles", row["level"])
			assert.InDelta(t, number(row["throttle"]), l.Slowdown, 0.00501, "%s throttle", row["level"])
			return
		}
		tensor, ok := tensorOf(row["dataspace"])
		require.True(t, ok)
		if row["instances"] == "" { // a line for a network, which holds nothing
			return
		}
		c, where := l.Tensors[tensor], row["level"]+" "+row["dataspace"]
		assert.Equal(t, int64(number(row["instances"])), l.Instances, "%s instances", where)
		assert.Equal(t, int64(number(row["reads"])), c.Reads, "%s reads", where)
		assert.Equal(t, int64(number(row["fills"])), c.Fills, "%s fills", where)
		assert.Equal(t, int64(number(row["updates"])), c.Updates, "%s updates", where)
		assert.InDelta(t, number(row["energy_pJ"]), l.PicoJ[tensor], 0.00501, "%s energy", where)
		return
	}
	require.True(t, strings.HasPrefix(row["level"], "mac"), "level %s", row["level"])
}
