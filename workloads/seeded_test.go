package workloads

import (
	"math"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"
)

var seededSources = map[string]Source{
	"uniform": Uniform("w", 3, 0.5), "around": Around("v", 3, 1, 0.1), "fan in": FanIn("w", 3, 27, 2), "input": RandomInput("x", 3),
	"ramp": Ramp(1000), "constant": Constant(2), "modulo": Modulo("ids", 3, 50257), "mask": CausalMask(17, 4),
	"cos": func() Source { c, _ := RotaryTables(8, 5, 9, 10000); return c }(),
}

// Any range of a source is the same as that range of the whole.
func TestRangesAgree(t *testing.T) {
	whole := make([]float32, 1000)
	for name, s := range seededSources {
		s.Fill(whole, 0)
		rapid.Check(t, func(t *rapid.T) {
			from := rapid.IntRange(0, len(whole)).Draw(t, "from")
			part := make([]float32, rapid.IntRange(0, len(whole)-from).Draw(t, "n"))
			s.Fill(part, int64(from))
			assert.Equal(t, whole[from:from+len(part)], part, name)
		})
	}
}

func moments(s Source, from int64, n int) (mean, square, lo, hi float64) {
	v := make([]float32, n)
	s.Fill(v, from)
	lo, hi = math.Inf(1), math.Inf(-1)
	for _, x := range v {
		mean += float64(x) / float64(n)
		square += float64(x) * float64(x) / float64(n)
		lo, hi = min(lo, float64(x)), max(hi, float64(x))
	}
	return mean, square, lo, hi
}

// 2^20 uniform values: the mean is within 5 standard errors (a/√3/2^10), likewise the mean square.
func TestDistributions(t *testing.T) {
	for _, from := range []int64{0, 1 << 35} {
		mean, square, lo, hi := moments(Uniform("w", 1, 2), from, 1<<20)
		assert.InDelta(t, 0, mean, 5*2/math.Sqrt(3)/1024)
		assert.InDelta(t, 4.0/3, square, 5*4*math.Sqrt(4.0/45)/1024)
		assert.True(t, lo >= -2 && lo < -1.999 && hi < 2 && hi > 1.999, "%g %g", lo, hi)
	}
	_, square, _, _ := moments(FanIn("w", 1, 100, 2), 0, 1<<20)
	assert.InEpsilon(t, 2.0/100, square, 0.01)
	_, _, lo, hi := moments(Around("w", 1, 1, 0.1), 0, 1<<16)
	assert.True(t, lo >= 0.9 && hi < 1.1001 && hi-lo > 0.199)

	counts, ids := make([]int, 7), make([]float32, 70000)
	Modulo("ids", 2, 7).Fill(ids, 0)
	for _, id := range ids {
		counts[int(id)]++
	}
	for _, c := range counts {
		assert.InDelta(t, 10000, c, 500)
	}
}

// Names and seeds make streams that have nothing to do with one another, and
// neither have neighbours within one.
func TestIndependence(t *testing.T) {
	const n = 1 << 16
	a := make([]float32, n+1)
	Uniform("conv1.weight", 1, 1).Fill(a, 0)
	for name, s := range map[string]Source{"name": Uniform("conv2.weight", 1, 1), "seed": Uniform("conv1.weight", 2, 1), "next": nil} {
		b := a[1:]
		if s != nil {
			b = make([]float32, n)
			s.Fill(b, 0)
		}
		product := 0.0
		for i := range n {
			product += float64(a[i]) * float64(b[i])
		}
		assert.Less(t, math.Abs(product)*3/n, 5/math.Sqrt(n), name)
	}
}

func TestSpecialSources(t *testing.T) {
	v := make([]float32, 6)
	Ramp(6).Fill(v, 0)
	assert.Equal(t, []float32{0, 1.0 / 6, 2.0 / 6, 3.0 / 6, 4.0 / 6, 5.0 / 6}, v)
	CausalMask(3, 1).Fill(v, 0) // two queries at the end of three keys
	assert.Equal(t, []float32{0, 0, -100, 0, 0, 0}, v)
	cos, sin := RotaryTables(2, 7, 3, 100)
	c, s := make([]float32, 8), make([]float32, 8)
	cos.Fill(c, 0)
	sin.Fill(s, 0)
	for i, angle := range []float64{7, 0.7, 8, 0.8, 9, 0.9, 7, 0.7} { // positions 7, 8, 9 and the next sequence's 7
		assert.InDelta(t, math.Cos(angle), c[i], 1e-6)
		assert.InDelta(t, math.Sin(angle), s[i], 1e-6)
	}
}

func TestConcurrentFill(t *testing.T) {
	want, got := make([]float32, 1<<14), make([]float32, 1<<14)
	s := Uniform("w", 5, 1)
	s.Fill(want, 0)
	var wg sync.WaitGroup
	for i := 0; i < len(got); i += 1 << 11 {
		wg.Go(func() { s.Fill(got[i:i+1<<11], int64(i)) })
	}
	wg.Wait()
	assert.Equal(t, want, got)
}

func BenchmarkUniform(b *testing.B) {
	dst, s := make([]float32, 1<<16), Uniform("w", 1, 1)
	b.SetBytes(4 << 16)
	for b.Loop() {
		s.Fill(dst, 12345)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/(1<<16), "ns/element")
}
