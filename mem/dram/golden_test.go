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

// rivals are Ramulator's parts: ours with its numbers where they differ.
var rivals = map[string]struct {
	part   string
	tck    float64
	timing Symbols
}{
	"DDR3_1600K_4Gb_x8":   {"ddr3-1600", 1.25, nil},
	"DDR4_2400U_8Gb_x8":   {"ddr4-2400", 0.833, Symbols{"tRFC": 433, "tREFI": 9364}},
	"DDR4_3200AA_8Gb_x8":  {"ddr4-3200", 0.625, Symbols{"tRFC": 576}},
	"LPDDR5_6400_8Gb_x16": {"lpddr5-6400", 1.25, nil},
	"GDDR6_14000_8Gb_x16": {"gddr6-14000", 0.57, nil},
	"HBM2_2000_8Gb":       {"hbm2-2000-pc", 1, nil},
	"HBM3_6400_4Gb":       {"hbm3-6400", 0.3125, nil},
}

// hbm1Fast is HBM1 at 2 Gb/s, which Ramulator has and which is no preset.
var hbm1Fast = line{"hbm1-2000", hbmPseudo, "groups=4 banks=2 rows=32768 row=2048 line=32 devices=1 ns=1",
	"tBURST=1 tACT=2 CL=14 CWL=5 tRCDRD=14 tRCDWR=12 tRP=14 tRAS=34 tRC=48 tRRD_S=4 tRRD_L=4 tFAW=15 tWTR_S=6 tWTR_L=8 tWR=16 tRTP=5 tPPD=1 tCCD_S=1 tCCD_L=2 tRTRS=2 " +
		"tRFC=260 tREFI=3900 tRFCpb=160 tREFIpb=488 tRREFD=8 tPBR2PBR=160", "", "ramulator2"}

// apart are rows that keep a greater distance, and why.
var apart = map[string]float64{
	// Three streams conflict in every bank; which row a bank opens next depends on
	// the order of the oldest lines, which for two pseudo-channels is not Ramulator's.
	"HBM2_2000_8Gb mix21bgi": 0.10,
}

// TestGoldenRamulator2: bandwidth within 3 %, under our own policy with that tool's
// knobs: 32 lines of each kind (64 for HBM), writing from 80 to 20 %, no cap, columns
// lowest in the address, pseudo-channels next or, with groups lowest, after them.
func TestGoldenRamulator2(t *testing.T) {
	for _, row := range table(t, "golden_ramulator2.csv") {
		rival, ok := rivals[row["config"]]
		p, err := hbm1Fast.part()
		if ok {
			p, err = Preset(rival.part)
			p.TCK = rival.tck
		}
		require.NoError(t, err)
		for symbol, v := range rival.timing {
			p, err = p.With(symbol, v)
			require.NoError(t, err)
		}
		c := Config{Mapping: "rochrababgpcco", Queue: 32, High: 26, Low: 6, Cap: 1 << 20}
		pattern, low := strings.CutSuffix(row["pattern"], "bgi")
		if low {
			c.Mapping = "rochrabacopcbg"
		}
		if p.Shape.Pseudo > 1 {
			c.Queue, c.High, c.Low = 64, 52, 12
		}
		gap := number(t, row, "gap_cycles")
		traffic, err := NewTraffic(pattern, int64(number(t, row, "requests")), gap, p, c)
		require.NoError(t, err)
		out, err := Drive(p, c, traffic)
		require.NoError(t, err)
		want, within := number(t, row, "bw_GBps"), max(0.03, apart[row["config"]+" "+row["pattern"]])
		got := float64(out.Reads+out.Writes) * float64(p.Shape.LineBytes) / (float64(out.Cycles) * p.TCK)
		assert.InEpsilon(t, want, got, within, "%s %s gap %v", row["config"], row["pattern"], gap)
		if gap > 0 {
			assert.InEpsilon(t, number(t, row, "avg_read_lat_cyc"), out.Latency.Mean, 0.05, "%s %s: unloaded latency", row["config"], row["pattern"])
		}
	}
}
