package traffic

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/gonum/mathext/prng"

	"nnsim/mem"
	"nnsim/unit"
	"nnsim/workloads/catalog"
)

// vectors are the requests of a stream to a scratchpad: each of so many words, a
// stride apart. As many vectors as the stride is long cover a group of words, each
// once, so that a stride reads a matrix by columns:
//
//	4 words, stride 3   vector 0: 0 3 6 9    1: 1 4 7 10    2: 2 5 8 11    then 12 …
type vectors struct {
	stride, count int64 // of a vector, in words
	words         int64 // of the memory, or of the array
	total         int64 // requests
	gap           float64
	at            func(v *vectors, i int64) (first int64, write bool)
	random        *prng.MT19937_64
	writes        bool // of seq
}

// places say which words the i-th vector of a pattern has, and whether it writes them.
var places = map[string]struct {
	arrays int64 // parts that the memory is divided into
	at     func(v *vectors, i int64) (first int64, write bool)
}{
	"seq":    {1, func(v *vectors, i int64) (int64, bool) { return v.first(i), v.writes }},
	"mix21":  {4, func(v *vectors, i int64) (int64, bool) { return i%3*v.words + v.first(i/3), i%3 == 2 }},
	"random": {1, func(v *vectors, _ int64) (int64, bool) { return v.draw(), false }},
	"randmix21": {1, func(v *vectors, _ int64) (int64, bool) {
		write := v.random.Uint64()%3 == 0
		return v.draw(), write
	}},
}

func vectorPatterns() []string { return slices.Sorted(maps.Keys(places)) }

// newVectors reads a stream for a memory.
func newVectors(c *SRAMConfig, s catalog.Stream) (*vectors, error) {
	place, ok := places[s.Pattern]
	if !ok {
		return nil, fmt.Errorf("stream: pattern=%s is of rows of DRAM; an on-chip memory takes pattern=%s", s.Pattern, strings.Join(vectorPatterns(), ", "))
	}
	size := c.Request
	if s.Burst > 0 {
		size = s.Burst
	}
	v := &vectors{stride: max(1, s.Stride), count: int64(size / c.Width), words: int64(c.core().Size/c.Width) / place.arrays, gap: s.Gap,
		at: place.at, random: prng.NewMT19937_64(), writes: s.Mode == "write", total: s.Requests}
	v.random.Seed(vectorSeed)
	if v.total == 0 {
		v.total = unit.CeilDiv(int64(s.Bytes), int64(size))
	}
	switch {
	case size%c.Width != 0:
		return nil, fmt.Errorf("sram: a request of %v is no multiple of words of %v; give another request= or burst=", size, c.Width)
	case v.stride > v.words || v.count > v.words/v.stride:
		return nil, fmt.Errorf("sram: a request of %d words, %d apart, does not fit into %d words; give a smaller request=, burst= or stride=", v.count, v.stride, v.words)
	}
	return v, nil
}

// vectorSeed is where the generator of the random patterns starts.
const vectorSeed = 12345

// each is how many vectors cover the memory once.
func (v *vectors) each() int64 { return v.words / (v.count * v.stride) * v.stride }

// first is the first word of the i-th vector.
func (v *vectors) first(i int64) int64 {
	i %= v.each()
	return i/v.stride*v.count*v.stride + i%v.stride
}

func (v *vectors) draw() int64 { return v.first(int64(v.random.Uint64() % uint64(v.each()))) }

// vector is the i-th request, and the edge from which it is offered.
func (v *vectors) vector(i int64) (mem.Vector, unit.Edge) {
	first, write := v.at(v, i)
	return mem.Vector{First: first, Stride: v.stride, Count: v.count, Write: write}, unit.Edge(math.Ceil(float64(i) * v.gap))
}
