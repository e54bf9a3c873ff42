package dram

import (
	"testing"

	"nnsim/internal/simtest"
)

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
				b.ReportMetric(float64(b.N)/(simtest.CPU()-before).Seconds()/1e6, "Mlines/cpu-s")
			})
		}
	}
}
