package noc

import (
	"encoding/csv"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// curve reads what a row's name says, for example ntw_mesh8x8_uniform_4flit_8vc.
func curve(t *testing.T, name string) (Config, Traffic) {
	t.Helper()
	wait := !strings.HasPrefix(name, "ntw_")
	part := strings.Split(strings.TrimPrefix(name, "ntw_"), "_")
	nets := map[string]Config{"mesh8x8": Default(Mesh, 8, 8), "mesh4x4": Default(Mesh, 4, 4), "torus8x8": Default(Torus, 8, 8),
		"ring8": Default(Ring, 8), "fattree4x3": Default(FatTree, 4, 3)}
	c, ok := nets[part[0]]
	require.True(t, ok, "no network for %s", name)
	tr := DefaultTraffic()
	tr.Pattern = part[1]
	var err error
	tr.Flits, err = strconv.Atoi(strings.TrimSuffix(part[2], "flit"))
	require.NoError(t, err)
	c.VCs, err = strconv.Atoi(strings.TrimSuffix(part[3], "vc"))
	require.NoError(t, err)
	c.WaitForTail = wait
	return c, tr
}

func rows(t *testing.T, file string) [][]string {
	t.Helper()
	f, err := os.Open(filepath.Join("..", "..", "shared", "references", "noc", file))
	if err != nil {
		t.Skipf("the reference table %s is not here: %v", file, err)
	}
	defer f.Close()
	list, err := csv.NewReader(f).ReadAll()
	require.NoError(t, err)
	return list[1:]
}

func number(t *testing.T, s string) float64 {
	v, err := strconv.ParseFloat(s, 64)
	require.NoError(t, err)
	return v
}

func TestCurves(t *testing.T) {
	for _, file := range []string{"booksim_curves_notailwait.csv", "booksim_curves.csv"} {
		for _, row := range rows(t, file) {
			if strings.HasSuffix(row[0], "ideal") {
				continue
			}
			c, tr := curve(t, row[0])
			tr.Rate = number(t, row[1])
			m, err := tr.Run(c)
			require.NoError(t, err)
			if row[10] != "ok" {
				t.Logf("%-34s %.3f  unstable there, stable here %v, accepted %.3f latency %.1f", row[0], tr.Rate, m.Stable, m.Accepted, m.MeanLatency)
				continue
			}
			want := number(t, row[2])
			t.Logf("%-34s %.3f  %7.2f there %7.2f here %+6.1f %%  accepted %.4f %.4f routers %.3f %.3f max %s %.0f stable %v cycles %s %d", row[0], tr.Rate, want, m.MeanLatency,
				100*(m.MeanLatency/want-1), number(t, row[7]), m.Accepted, number(t, row[8]), m.Routers, row[4], m.MaxLatency, m.Stable, row[9], m.Cycles)
			_ = math.Abs
		}
	}
}
