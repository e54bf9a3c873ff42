package fpga_test

import (
	"encoding/csv"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"nnsim/results"
	"nnsim/workloads/catalog"
)

// timed runs a workload without values.
func timed(t *testing.T, spec, dtype, preset string, sets ...string) *results.Run {
	t.Helper()
	m := open(t, preset, sets...)
	w, err := catalog.Open(spec, catalog.Defaults{Seed: 1})
	require.NoError(t, err)
	j, err := job(t, m, w.Graph, dtype)
	require.NoError(t, err)
	r, err := m.Run(j)
	require.NoError(t, err)
	return r
}

// TestZhang2015: AlexNet's convolutions in fp32 on 64 × 7 at 100 MHz take 21.6 ms.
func TestZhang2015(t *testing.T) {
	total := 0.0
	for _, spec := range []string{"c=3,h=227,w=227,k=96,r=11,s=11,stride=4", "c=96,h=27,w=27,k=256,r=5,s=5,pad=2,groups=2", "c=256,h=13,w=13,k=384,r=3,s=3,pad=1",
		"c=384,h=13,w=13,k=384,r=3,s=3,pad=1,groups=2", "c=384,h=13,w=13,k=256,r=3,s=3,pad=1,groups=2"} {
		total += float64(timed(t, "conv:"+spec, "fp32", "vc707", "design=overlay").Seconds)
	}
	assert.InEpsilon(t, 21.6e-3, total, 0.08)
}

// TestArrayOfPixels: per-layer times of an M × P array at 400 MHz.
func TestArrayOfPixels(t *testing.T) {
	f, err := os.Open(filepath.Join("..", "..", "..", "shared", "references", "fpga", "fpga_cnn_accel_per_layer.csv"))
	if os.IsNotExist(err) {
		t.Skip("the reference table fpga_cnn_accel_per_layer.csv is not beside this checkout (../shared/references)")
	}
	require.NoError(t, err)
	defer f.Close()
	lines, err := csv.NewReader(f).ReadAll()
	require.NoError(t, err)
	errors, count, worst := 0.0, 0, map[string]float64{}
	seen := map[string]float64{}
	for _, line := range lines[1:] {
		var m, p int
		if _, err := fmt.Sscanf(line[1], "m%dp%d", &m, &p); err != nil || !strings.HasPrefix(line[2], "Conv") {
			continue
		}
		spec := convOf(t, line[4])
		key := line[1] + spec
		if seen[key] == 0 {
			seen[key] = float64(timed(t, spec, "int8", "alveo-u50-array", fmt.Sprintf("engine.rows=%d", m), fmt.Sprintf("engine.cols=%d", p)).Seconds)
		}
		var ns float64
		_, err := fmt.Sscan(line[3], &ns)
		require.NoError(t, err)
		off := seen[key]*1e9/ns - 1
		errors += math.Abs(off)
		count++
		worst[key] = off
	}
	t.Logf("%d layers, mean absolute error %.1f %%", count, 100*errors/float64(count))
	for k, v := range worst {
		if math.Abs(v) > 0.3 {
			t.Logf("%s %+.0f %%", k, 100*v)
		}
	}
	assert.Less(t, errors/float64(count), 0.15)
}

// convOf turns a table's list of extents into a workload.
func convOf(t *testing.T, info string) string {
	n := map[string]int{}
	for _, field := range strings.Split(info, ";") {
		key, value, _ := strings.Cut(field, "=")
		var v int
		if _, err := fmt.Sscan(value, &v); err == nil {
			n[key] = v
		}
	}
	return fmt.Sprintf("conv:c=%d,h=%d,w=%d,k=%d,r=%d,s=%d,stride=%d,pad=%d", n["INC"], n["INH_"], n["INW_"], n["OC"], n["KH"], n["KW"], n["strideH"], n["padL"])
}
