package noc

import (
	"math/rand/v2"
	"testing"

	"nnsim/internal/simtest"
	"nnsim/unit"
)

// BenchmarkMesh8x8 is uniform traffic of single flits at 0.3 flits a node and
// cycle; BookSim2 takes 69 µs of processor time a cycle for it (6,100 cycles in 0.42 s).
func BenchmarkMesh8x8(b *testing.B) {
	n, _ := New(Default(Mesh, 8, 8))
	t := DefaultTraffic()
	t.Rate, t.Period = 0.3, 1
	m, _ := newMeter(t, n)
	for n.Now() < 2000 {
		m.cycle(2000)
	}
	b.ReportAllocs()
	b.ResetTimer()
	start, begun := n.Now(), simtest.CPU()
	for until := start + unit.Edge(b.N); n.Now() < until; {
		m.cycle(until)
	}
	speed := float64(b.N) / (simtest.CPU() - begun).Seconds()
	b.ReportMetric(speed, "cycles/cpu-s")
	b.ReportMetric(speed/(6100/0.42), "x-booksim")
}

// BenchmarkLongPackets is one 1,000-flit packet after another on an otherwise free mesh.
func BenchmarkLongPackets(b *testing.B) {
	n, _ := New(Default(Mesh, 8, 8))
	rng := rand.New(rand.NewPCG(1, 1))
	for range b.N {
		n.send(&Packet{Src: rng.IntN(64), Dst: rng.IntN(64), Flits: 1000, Born: n.Now()})
		for len(n.Take()) == 0 {
			n.AdvanceTo(n.Next())
		}
	}
}
