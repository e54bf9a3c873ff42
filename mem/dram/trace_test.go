package dram

import (
	"bufio"
	"compress/gzip"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// commandsOf reads a command trace.
func commandsOf(t *testing.T, path string) (list []Command) {
	t.Helper()
	names := map[string]Kind{"activate": ACT, "precharge": PRE, "read": RD, "write": WR, "refresh": REF}
	for _, text := range linesOf(t, path) {
		var name string
		var channel int
		var c Command
		_, err := fmt.Sscanf(text, "%d %s %d %d %d %d %v %v", &c.Cycle, &name, &channel, &c.Rank, &c.Group, &c.Bank, &c.Row, &c.Column)
		require.NoError(t, err, text)
		kind, ok := names[name]
		require.True(t, ok, text)
		c.Kind = kind
		list = append(list, c)
	}
	return list
}

func linesOf(t *testing.T, path string) (list []string) {
	t.Helper()
	f, err := os.Open(path)
	require.NoError(t, err)
	defer f.Close()
	z, err := gzip.NewReader(f)
	require.NoError(t, err)
	for s := bufio.NewScanner(z); s.Scan(); {
		list = append(list, s.Text())
	}
	return list
}

// devices are the presets of the traces' devices.
var devices = map[string]string{"DDR3_4Gb_x8_1600": "ddr3-1600", "DDR4_8Gb_x8_2400": "ddr4-2400",
	"DDR4_8Gb_x8_3200": "ddr4-3200", "HBM2_8Gb_x128": "hbm2-2000", "LPDDR4_8Gb_x16_2400": "lpddr4-2400",
	"GDDR5_8Gb_x32": "gddr5-6000", "HBM1_4Gb_x128": "hbm1-1000"}

// TestCommandStreams: the commands of 2000 requests are those of DRAMsim3, cycle for cycle.
func TestCommandStreams(t *testing.T) {
	paths, _ := filepath.Glob(references + "traces/*.cmd.gz")
	if len(paths) == 0 {
		t.Skip("no traces in " + references + "traces")
	}
	for _, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) {
			name := strings.Split(filepath.Base(path), ".")
			p, err := Preset(devices[name[0]])
			require.NoError(t, err)
			c := Config{Controller: "dramsim3", Mapping: "rochrababgco"}
			if strings.HasSuffix(name[1], "bgi") {
				c.Mapping = "rochrabacobg"
			}
			want := commandsOf(t, path)
			tr, err := NewTraffic(name[2], 2000, 0, p, c)
			require.NoError(t, err)
			var got []Command
			var events []string
			d := &driver{}
			ch, err := New(p, c, func(l Done) {
				kind := "W"
				if !l.Write {
					kind = "R"
					events = append(events, fmt.Sprintf("D,%d,%x", l.Cycle, l.Line*int64(p.Shape.LineBytes)))
				}
				events = append(events, fmt.Sprintf("%s,%d,%x", kind, l.Accepted, l.Line*int64(p.Shape.LineBytes)))
				d.done(l)
			})
			require.NoError(t, err)
			ch.Watch(func(c Command) { got = append(got, c) })
			_, err = d.run(ch, tr)
			require.NoError(t, err)
			for i := range min(len(want), len(got)) {
				w, g := want[i], got[i]
				if w.Kind == PRE || w.Kind == REF {
					w.Row, w.Column, g.Row, g.Column = 0, 0, 0, 0
					if w.Kind == REF {
						w.Group, w.Bank = 0, 0
					}
				}
				if w.Kind == ACT {
					w.Column, g.Column = 0, 0
				}
				require.Equal(t, w.String(), g.String(), "command %d of %d", i, len(want))
			}
			require.InDelta(t, len(want), len(got), 8, "commands")
			require.ElementsMatch(t, linesOf(t, strings.TrimSuffix(path, "cmd.gz")+"req.csv.gz")[1:], events)
		})
	}
}
