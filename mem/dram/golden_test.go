package dram

import (
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func number(t *testing.T, row map[string]string, column string) float64 {
	t.Helper()
	v, err := strconv.ParseFloat(row[column], 64)
	require.NoError(t, err, column)
	return v
}

// TestGoldenDRAMsim3: bandwidth, latency, row hits, counts and energies of DRAMsim3
// under its own policy, within 0.1 %.
func TestGoldenDRAMsim3(t *testing.T) {
	for _, row := range table(t, "golden_dramsim3_fixed.csv") {
		name := strings.Split(row["config"], ".")
		p, err := Preset(devices[name[0]])
		require.NoError(t, err)
		c := Config{Controller: "dramsim3", Mapping: "rochrababgco"}
		if strings.HasSuffix(name[1], "bgi") {
			c.Mapping = "rochrabacobg"
		}
		traffic, err := NewTraffic(row["pattern"], int64(number(t, row, "requests")), number(t, row, "gap_cycles"), p, c)
		require.NoError(t, err)
		out, err := Drive(p, c, traffic)
		require.NoError(t, err)
		e, err := p.ByCurrents(out.Counters)
		require.NoError(t, err)
		n := out.Counters
		for _, f := range []struct {
			column string
			got    float64
		}{
			{"cycles", float64(out.Cycles)}, {"reads", float64(out.Reads)}, {"writes", float64(out.Writes)},
			{"bw_GBps", float64(out.Reads+out.Writes) * float64(p.Shape.LineBytes) / (float64(out.Cycles) * p.TCK)},
			{"avg_read_lat_cyc", out.Latency.Mean}, {"p99_read_lat_cyc", float64(out.Latency.P99)},
			{"min_read_lat_cyc", float64(out.Latency.Min)}, {"max_read_lat_cyc", float64(out.Latency.Max)}, {"row_hit_rate", n.HitRate()},
			{"acts", float64(n.Activates)}, {"pres", float64(n.Precharges)}, {"refs", float64(n.Refreshes)},
			{"read_cmds", float64(n.Reads)}, {"write_cmds", float64(n.Writes)},
			{"E_act_pJ", float64(e.Activate) / 1e-12}, {"E_rd_pJ", float64(e.Read) / 1e-12}, {"E_wr_pJ", float64(e.Write) / 1e-12},
			{"E_ref_pJ", float64(e.Refresh) / 1e-12}, {"E_bg_pJ", float64(e.Background) / 1e-12}, {"E_total_pJ", float64(e.Core()) / 1e-12},
		} {
			want := number(t, row, f.column)
			assert.LessOrEqual(t, math.Abs(f.got-want), 0.001*math.Abs(want)+1e-5, "%s %s gap %s: %s is %v, want %v",
				row["config"], row["pattern"], row["gap_cycles"], f.column, f.got, want)
		}
	}
}
