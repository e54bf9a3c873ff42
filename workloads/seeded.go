package workloads

import "math"

// A seeded source computes element i from a hash of its key and i alone, so any
// range of a tensor can be had without the rest of it, in any order and from any
// number of goroutines. The hash is SplitMix64 (Steele, Lea and Flood, "Fast
// splittable pseudorandom number generators", OOPSLA 2014).

// golden is 2^64 divided by the golden ratio, the increment of SplitMix64.
const golden = 0x9e3779b97f4a7c15

// mix is the output function of SplitMix64.
func mix(z uint64) uint64 {
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// key makes the stream of one named tensor under one seed (FNV-1a over the name).
func key(name string, seed uint64) uint64 {
	h := uint64(0xcbf29ce484222325)
	for i := range len(name) {
		h = (h ^ uint64(name[i])) * 0x100000001b3
	}
	return mix(h ^ mix(seed+golden))
}

// spread is uniform in [low, low+width).
type spread struct {
	key        uint64
	low, width float32
}

func (s spread) Fill(dst []float32, from int64) {
	step := s.width / (1 << 24) // 24 bits are what a float32 can tell apart
	at := s.key + uint64(from)*golden
	for i := range dst {
		at += golden
		dst[i] = s.low + float32(mix(at)>>40)*step
	}
}

// Uniform gives values in [-a, a) that depend on name, seed and index only.
func Uniform(name string, seed uint64, a float32) Source {
	return spread{key(name, seed), -a, 2 * a}
}

// Around gives values in [centre-width, centre+width): scales and variances near 1.
func Around(name string, seed uint64, centre, width float32) Source {
	return spread{key(name, seed), centre - width, 2 * width}
}

// FanIn gives weights of a product over fanIn terms: uniform with variance
// gain/fanIn, so a = √(3·gain/fanIn). With gain 2 the mean square of the data
// stays what it was through a ReLU, with gain 1 through a linear layer
// (He et al., ICCV 2015).
func FanIn(name string, seed uint64, fanIn int, gain float64) Source {
	return Uniform(name, seed, float32(math.Sqrt(3*gain/float64(max(1, fanIn)))))
}

// RandomInput gives the values of a run-time input: uniform in [-1, 1).
func RandomInput(name string, seed uint64) Source { return Uniform(name, seed, 1) }

type constant float32

func (c constant) Fill(dst []float32, _ int64) {
	for i := range dst {
		dst[i] = float32(c)
	}
}

// Constant gives v everywhere.
func Constant(v float32) Source { return constant(v) }

type ramp float32

func (r ramp) Fill(dst []float32, from int64) {
	for i := range dst {
		dst[i] = float32(from+int64(i)) / float32(r)
	}
}

// Ramp gives i/n for element i of n, as the ONNX project's test runner feeds the
// models it has recorded outputs for.
func Ramp(n int64) Source { return ramp(n) }

type modulo struct{ key, below uint64 }

func (m modulo) Fill(dst []float32, from int64) {
	at := m.key + uint64(from)*golden
	for i := range dst {
		at += golden
		dst[i] = float32((mix(at) >> 32) * m.below >> 32)
	}
}

// Modulo gives whole numbers in [0, below): token and position indices. Beyond
// 2^24 float32 cannot hold them all, which no vocabulary reaches.
func Modulo(name string, seed uint64, below int) Source {
	return modulo{key(name, seed), uint64(max(1, below))}
}

// masked is what an attention mask adds where a query must not look. It is large
// enough for exp to vanish beside the scores of a scaled product and small enough
// to be held by every format, so no infinity enters a quantised tensor.
const masked = -100

// causal is the additive mask of cols keys for the last queries of a sequence.
type causal struct{ cols, offset int64 }

func (c causal) Fill(dst []float32, from int64) {
	row, col := from/c.cols, from%c.cols
	for i := range dst {
		dst[i] = 0
		if col > row+c.offset {
			dst[i] = masked
		}
		if col++; col == c.cols {
			row, col = row+1, 0
		}
	}
}

// CausalMask gives a [rows, cols] matrix that is 0 where query row may look at
// key column (column ≤ row + offset) and -100 elsewhere. With offset cols-rows
// the queries are the last ones of the sequence.
func CausalMask(cols, offset int) Source { return causal{int64(cols), int64(offset)} }

// rotary is a table of cosines or sines of position × frequency.
type rotary struct {
	first, tokens int64
	rates         []float64 // angle from one position to the next, per pair of elements
	of            func(float64) float64
}

func (r rotary) Fill(dst []float32, from int64) {
	half := int64(len(r.rates))
	for i := range dst {
		row, pair := (from+int64(i))/half, (from+int64(i))%half
		dst[i] = float32(r.of(float64(r.first+row%r.tokens) * r.rates[pair]))
	}
}

// RotaryTables gives the [batch, tokens, half] tables of cosines and sines that
// RotaryEmbedding reads, for positions first, first+1, …:
// angle = position · theta^(-pair/half) (Su et al., arXiv 2104.09864).
func RotaryTables(half, first, tokens int, theta float64) (cos, sin Source) {
	rates := make([]float64, half)
	for i := range rates {
		rates[i] = math.Pow(theta, -float64(i)/float64(half))
	}
	r := rotary{int64(first), int64(max(1, tokens)), rates, math.Cos}
	s := r
	s.of = math.Sin
	return r, s
}
