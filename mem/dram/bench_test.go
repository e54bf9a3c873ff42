package dram

import (
	"testing"

	"nnsim/internal/simtest"
)

// dramsim3Speed is the most lines a processor second that DRAMsim3 was seen to
// reach, in millions, on two shared cores.
var dramsim3Speed = map[string]float64{"random": 0.15, "rowconf": 0.06, "seq": 0.45}

// BenchmarkLines measures lines a processor second of one channel, by controller, part and pattern.
func BenchmarkLines(b *testing.B) {
	for _, controller := range []string{"dramsim3", "frfcfs"} {
		for _, w := range []struct{ part, mapping, pattern string }{
			{"hbm2-2000", "rochrababgco", "seq"}, {"hbm2-2000", "rochrabacobg", "seq"},
			{"ddr4-2400", "rochrababgco", "seq"}, {"ddr4-2400", "rochrabacobg", "seq"},
			{"ddr4-2400", "rochrababgco", "mix21"}, {"ddr4-2400", "rochrababgco", "blk21"},
			{"ddr4-2400", "rochrababgco", "rowconf"}, {"hbm2-2000", "rochrababgco", "rowconf"},
			{"ddr4-2400", "rochrababgco", "random"}, {"hbm2-2000", "rochrababgco", "random"},
			{"hbm2-2000", "rochrababgco", "randmix21"},
		} {
			b.Run(controller+"/"+w.part+"/"+w.mapping+"/"+w.pattern, func(b *testing.B) {
				p, err := Preset(w.part)
				if err != nil {
					b.Fatal(err)
				}
				c := Config{Controller: controller, Mapping: w.mapping}
				t, err := NewTraffic(w.pattern, int64(b.N), 0, p, c)
				if err != nil {
					b.Fatal(err)
				}
				d := &driver{}
				ch, err := New(p, c, d.done)
				if err != nil {
					b.Skip(err)
				}
				b.ReportAllocs()
				b.ResetTimer()
				before := simtest.CPU()
				if _, err := d.run(ch, t); err != nil {
					b.Fatal(err)
				}
				speed := float64(b.N) / (simtest.CPU() - before).Seconds() / 1e6
				b.ReportMetric(speed, "Mlines/cpu-s")
				if known := dramsim3Speed[w.pattern]; known > 0 {
					b.ReportMetric(speed/known, "x-dramsim3")
				}
			})
		}
	}
}
