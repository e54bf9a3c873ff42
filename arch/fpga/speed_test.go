package fpga

import (
	"testing"

	"nnsim/workloads"
	"nnsim/workloads/zoo"
)

// BenchmarkMobileNet plans and simulates ten frames of mobilenet-v1 in four bits.
func BenchmarkMobileNet(b *testing.B) {
	text, _ := Presets.Text("alveo-u250")
	m, err := Open("alveo-u250", text, nil)
	if err != nil {
		b.Fatal(err)
	}
	g, err := zoo.Build("mobilenet-v1", zoo.Options{Batch: 10})
	if err != nil {
		b.Fatal(err)
	}
	p, _ := workloads.ParsePrecision("int4")
	net, err := workloads.Prepare(g, p, m.Fuses)
	if err != nil {
		b.Fatal(err)
	}
	d, err := m.plan(net)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("plan", func(b *testing.B) {
		for range b.N {
			if _, err := m.plan(net); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("run", func(b *testing.B) {
		for range b.N {
			c, err := m.build(net, d, false, m.depthOf(d))
			if err != nil {
				b.Fatal(err)
			}
			r, err := c.run(d.frames)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(float64(r.Crossings), "crossings")
			b.ReportMetric(float64(r.Simulated), "frames")
		}
	})
}
