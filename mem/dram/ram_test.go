package dram

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestRamPrint(t *testing.T) {
	parts := map[string]string{"DDR3_1600K_4Gb_x8": "ddr3-1600", "DDR4_2400U_8Gb_x8": "ddr4-2400", "DDR4_3200AA_8Gb_x8": "ddr4-3200", "LPDDR5_6400_8Gb_x16": "lpddr5-6400", "GDDR6_14000_8Gb_x16": "gddr6-14000", "HBM2_2000_8Gb": "hbm2-2000-pc", "HBM3_6400_4Gb": "hbm3-6400"}
	for _, row := range table(t, "golden_ramulator2.csv") {
		name, ok := parts[row["config"]]
		if !ok {
			continue
		}
		p, err := Preset(name)
		require.NoError(t, err)
		switch name {
		case "ddr4-2400":
			p.TCK = 0.833
			p, _ = p.With("tRFC", 433)
			p, _ = p.With("tREFI", 9364)
		case "ddr4-3200":
			p.TCK = 0.625
			p, _ = p.With("tRFC", 576)
		}
		c := Config{Controller: "frfcfs", Mapping: "rochbabgraco", Queue: 32, High: 26, Low: 6, Cap: 1000}
		pattern, bgi := strings.CutSuffix(row["pattern"], "bgi")
		if bgi {
			c.Mapping = "rochbaracobg"
		}
		if strings.HasPrefix(name, "hbm") {
			c.Queue, c.High, c.Low = 64, 52, 12
			c.Mapping = "rochrababgpcco"
			if bgi {
				c.Mapping = "rochrabacopcbg"
			}
		}
		gap := number(t, row, "gap_cycles")
		traffic, err := NewTraffic(pattern, int64(number(t, row, "requests")), gap, p, c)
		require.NoError(t, err)
		out, err := Drive(p, c, traffic)
		require.NoError(t, err)
		want := number(t, row, "bw_GBps")
		got := float64(out.Reads+out.Writes) * float64(p.Shape.LineBytes) / (float64(out.Cycles) * p.TCK)
		fmt.Printf("%-22s %-9s gap %-4s bw %7.3f want %7.3f  %+5.1f%%   hit %.3f want %s  lat %.1f want %s\n", row["config"], row["pattern"], row["gap_cycles"], got, want, 100*(got/want-1), out.Counters.HitRate(), row["row_hit_rate"], out.Latency.Mean, row["avg_read_lat_cyc"])
	}
}
