package nestmodel

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// flat is an architecture that prices nothing and holds anything.
func flat(levels ...string) *Architecture {
	a := &Architecture{Name: "flat"}
	for _, name := range levels {
		a.Levels = append(a.Levels, Level{Name: name, Fanout: 1 << 20, Block: 1})
	}
	return a
}

func counted(t require.TestingT, text string, a *Architecture) (*Nest, Result) {
	n, err := ReadText("nest", []byte(text))
	require.NoError(t, err)
	require.NoError(t, n.Check(a))
	var r Result
	Count(n, a, &r)
	return n, r
}

// Counts worked out by hand: a window of 3 slides over a row of 4 results, for each of
// 2 channels. The buffer's tile of inputs, 3 wide, brings 3 words and then 1 at each of
// 3 steps; the sums of all 4 results come back for the second channel.
func TestAWindowSlides(t *testing.T) {
	n, r := counted(t, `
DRAM [ Weights:6 (6) Inputs:12 (12) Outputs:4 (4) ]
| for C in [0:2)
|   for Q in [0:4)

buffer [ Weights:3 (3) Inputs:3 (3) Outputs:1 (1) ]
|     for S in [0:3)
`, flat("buffer", "DRAM"))
	assert.Equal(t, int64(24), r.MACs)
	assert.Equal(t, Counts{Tile: 3, Reads: 24, Fills: 2 * (3 + 3*1)}, r.Levels[0].Tensors[Inputs])
	assert.Equal(t, Counts{Tile: 3, Reads: 24, Fills: 2 * 3}, r.Levels[0].Tensors[Weights], "weights stay while Q goes round")
	assert.Equal(t, Counts{Tile: 1, Reads: 24 - 4, Fills: 8 - 4, Updates: 24}, r.Levels[0].Tensors[Outputs])
	assert.Equal(t, Counts{Tile: 4, Reads: 8 - 4, Updates: 8}, r.Levels[1].Tensors[Outputs])
	s, err := Simulate(n, flat("buffer", "DRAM"))
	require.NoError(t, err)
	assert.Equal(t, int64(24), s.Cycles, "nothing waits where ports have no limit")
}

// Units that want the same data are served by one read; units whose windows overlap
// without being the same are not.
func TestUnitsShare(t *testing.T) {
	_, r := counted(t, `
DRAM [ Weights:12 (12) Inputs:6 (6) Outputs:16 (16) ]
| for Q in [0:1)
|   for M in [0:4) (Spatial-X)
|     for Q in [0:4) (Spatial-Y)

register [ Weights:1 (1) Inputs:1 (1) Outputs:1 (1) ]
|       for S in [0:3)
`, flat("register", "DRAM"))
	assert.Equal(t, int64(16), r.Levels[0].Instances)
	assert.Equal(t, int64(4*3), r.Levels[1].Tensors[Weights].Reads, "the four units along Q share a filter")
	assert.Equal(t, int64(4*3), r.Levels[1].Tensors[Inputs].Reads, "the four along M share a window; those along Q each fetch 3")
	assert.Equal(t, int64(16), r.Levels[1].Tensors[Outputs].Updates)
}

// walked is the obvious twin of fetched: every position that the loops outside lead to
// one after another, of each loop the first step and one that stands for the others,
// and the box compared with the one before it.
func walked(n *Nest, level int, t Tensor) (total int64) {
	pr := n.Problem.projections()[t]
	extent := n.extent(level)
	sides := pr.box(&extent)
	type outer struct {
		Loop
		shift [axes]int64
	}
	var loops []outer
	for i := level + 1; i < len(n.Tilings); i++ {
		for _, l := range n.Tilings[i].Spatial {
			extent[l.Dim] *= int64(l.Steps)
		}
		for j := len(n.Tilings[i].Temporal) - 1; j >= 0; j-- {
			if l := n.Tilings[i].Temporal[j]; l.Steps > 1 {
				loops = append(loops, outer{l, pr.stride(l.Dim, extent[l.Dim])})
				extent[l.Dim] *= int64(l.Steps)
			}
		}
	}
	var last, move [axes]int64
	seen, known := false, false
	for number := range 1 << len(loops) {
		var at [axes]int64
		times := int64(1)
		for k, l := range loops {
			if number>>k&1 == 1 {
				times *= int64(l.Steps - 1)
				for x := range at {
					at[x] += l.shift[x]
				}
			}
		}
		var step [axes]int64
		shared := int64(1)
		for x := range at {
			step[x] = at[x] - last[x]
			shared *= max(0, sides[x]-max(step[x], -step[x]))
		}
		fetch := volume(&sides)
		switch {
		case !seen:
		case !known || step == move:
			fetch -= shared
			known, move = true, step
		default:
			known = false
		}
		total, last, seen = total+fetch*times, at, true
	}
	return total
}

// The closed sum equals the walk, for every tensor and level of random nests.
func TestFetchedIsTheWalk(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := &Nest{Problem: Problem{StrideH: rapid.IntRange(1, 3).Draw(t, "stride"), StrideW: 1, DilH: 1, DilW: rapid.IntRange(1, 2).Draw(t, "dilation")}}
		for range rapid.IntRange(2, 4).Draw(t, "levels") {
			var tiling Tiling
			for range rapid.IntRange(0, 4).Draw(t, "loops") {
				l := Loop{Dim: Dim(rapid.IntRange(0, Dims-1).Draw(t, "dim")), Steps: rapid.IntRange(1, 4).Draw(t, "steps")}
				if rapid.IntRange(0, 3).Draw(t, "spatial") == 0 {
					l.Axis = 'X'
					tiling.Spatial = append(tiling.Spatial, l)
				} else {
					tiling.Temporal = append(tiling.Temporal, l)
				}
			}
			n.Tilings = append(n.Tilings, tiling)
		}
		n.Problem.Bound = n.bounds()
		for level := range n.Tilings {
			extent := n.extent(level)
			for k, pr := range n.Problem.projections() {
				sides := pr.box(&extent)
				require.Equal(t, walked(n, level, Tensor(k)), n.fetched(level, &pr, &sides), "%v of\n%v", Tensor(k), n)
			}
		}
	})
}

// Counting allocates nothing.
func TestCountAllocatesNothing(t *testing.T) {
	a := flat("buffer", "DRAM")
	n, _ := counted(t, "DRAM [ Weights:6 (6) Inputs:12 (12) Outputs:4 (4) ]\n| for C in [0:2)\n| for Q in [0:4)\nbuffer [ Inputs:3 (3) ]\n| for S in [0:3)\n", a)
	var r Result
	assert.Zero(t, testing.AllocsPerRun(100, func() { Count(n, a, &r) }))
}

// What a mapping gets wrong is said with file, line and remedy.
func TestRefused(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"", "0 levels are mapped"},
		{"| for C in [0:2)", "nest:1: a loop stands before any level"},
		{"DRAM [ ]\n| for Z in [0:2)", "nest:2: for Z: a convolution has no such dimension"},
		{"DRAM [ ]\n| for C in [0:2,1)", "nest:2: | for C in [0:2,1): factors that do not divide"},
		{"DRAM [ Wights:3 (3) ]", "nest:1: Wights: no tensor of a convolution"},
		{"DRAM [ ]\nfor C in [0:2)", "nest:2: \"for C in [0:2)\": neither a level, nor a loop"},
		{"DRAM [ Inputs:8 (8) ]\n| for Q in [0:3)", "no stride from 1 to 16 gives the 8 words"},
	} {
		_, err := ReadText("nest", []byte(strings.TrimSpace(c.text)))
		assert.ErrorContains(t, err, c.want)
	}
	for _, c := range []struct{ text, want string }{
		{"a: 1", "write one key, mapping"},
		{"mapping: [{target: x}]", "nest:1: type: missing"},
		{"mapping: [{target: x, type: temporal, factors: C2, permutation: CC}]", "permutation: CC"},
		{"mapping: [{target: x, type: temproal, factors: C2}]", `did you mean "temporal"`},
		{"mapping: [{target: x, type: spatial, factors: C2, split: -1}]", "split: -1"},
		{"mapping: [{target: x, typ: temporal}]", `typ: no key of a mapping; did you mean "type"`},
		{"mapping: [{target: x, type: datatype, keep: [Weight]}]", `did you mean "Weights"`},
	} {
		_, err := ReadYAML("nest", []byte(c.text))
		assert.ErrorContains(t, err, c.want)
	}
	n, err := ReadText("nest", []byte("DRAM [ Weights:1 (1) Inputs:1 (1) Outputs:1 (1) ]\n| for Q in [0:1)\n"))
	require.NoError(t, err)
	assert.ErrorContains(t, n.Check(flat("buffer", "DRAM")), "1 levels are mapped, flat has 2")
}

func FuzzReadText(f *testing.F) {
	f.Add("DRAM [ Weights:6 (6) ]\n| for C in [0:2)\n")
	f.Fuzz(func(t *testing.T, text string) {
		if n, err := ReadText("fuzz", []byte(text)); err == nil {
			_, err = ReadText("again", []byte(n.String()))
			require.NoError(t, err)
		}
	})
}

func FuzzReadYAML(f *testing.F) {
	f.Add("mapping: [{target: x, type: temporal, factors: C2 M4, permutation: CM}]")
	f.Fuzz(func(_ *testing.T, text string) {
		if n, err := ReadYAML("fuzz", []byte(text)); err == nil {
			_ = n.String()
		}
	})
}

func BenchmarkCount(b *testing.B) {
	a := flat("buffer", "DRAM")
	n, err := ReadText("nest", []byte("DRAM [ Weights:6 (6) Inputs:12 (12) Outputs:4 (4) ]\n| for C in [0:2)\n| for Q in [0:4)\nbuffer [ Inputs:3 (3) Outputs:1 (1) ]\n| for S in [0:3)\n"))
	require.NoError(b, err)
	var r Result
	b.ReportAllocs()
	for b.Loop() {
		Count(n, a, &r)
	}
}
