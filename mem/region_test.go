package mem

import (
	"errors"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// drawBox draws a tensor of rank 0 to 5 and a box of it, often whole along an axis.
func drawBox(t *rapid.T) ([]int, Region) {
	shape := rapid.SliceOfN(rapid.IntRange(1, 5), 0, 5).Draw(t, "shape")
	r := Whole(shape)
	for i, d := range shape {
		if rapid.Bool().Draw(t, "cut") {
			r[i].Lo = rapid.IntRange(0, d).Draw(t, "lo")
			r[i].Hi = rapid.IntRange(r[i].Lo, d).Draw(t, "hi")
		}
	}
	return shape, r
}

// elements lists the places in a tensor of a box's elements, by asking every
// element of the tensor whether it lies inside.
func elements(shape []int, r Region) (list []int64) {
	total := int64(1)
	for _, d := range shape {
		total *= int64(d)
	}
	for at := range total {
		rest, inside := at, true
		for i := len(shape) - 1; i >= 0; i-- {
			x := int(rest % int64(shape[i]))
			rest /= int64(shape[i])
			inside = inside && x >= r[i].Lo && x < r[i].Hi
		}
		if inside {
			list = append(list, at)
		}
	}
	return list
}

// Runs visits each element once, in order, in stretches that could not be longer.
func TestRuns(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		shape, r := drawBox(t)
		want := elements(shape, r)
		var got []int64
		last := int64(-1)
		require.NoError(t, r.Runs(shape, func(at, packed, n int64) error {
			if packed != int64(len(got)) || n < 1 {
				t.Fatalf("%v of %v: run of %d elements packed at %d, expected %d", r, shape, n, packed, len(got))
			}
			if at == last {
				t.Fatalf("%v of %v: the runs that meet at %d are one", r, shape, at)
			}
			for i := range n {
				got = append(got, at+i)
			}
			last = at + n
			return nil
		}))
		require.Equal(t, want, got, "%v of %v", r, shape)
		require.Equal(t, int64(len(want)), r.Elements())
		n := 1
		for _, d := range r.Shape() {
			n *= d
		}
		require.Equal(t, len(want), n)
	})
}

func TestRunsByHand(t *testing.T) {
	for _, c := range []struct {
		shape []int
		r     Region
		want  [][3]int64
	}{
		{nil, Region{}, [][3]int64{{0, 0, 1}}},
		{[]int{4}, Region{{1, 3}}, [][3]int64{{1, 0, 2}}},
		{[]int{2, 3, 4}, Region{{0, 2}, {0, 3}, {0, 4}}, [][3]int64{{0, 0, 24}}},
		{[]int{2, 3, 4}, Region{{0, 2}, {1, 3}, {0, 4}}, [][3]int64{{4, 0, 8}, {16, 8, 8}}},
		{[]int{2, 3, 4}, Region{{1, 2}, {1, 3}, {2, 3}}, [][3]int64{{18, 0, 1}, {22, 1, 1}}},
		{[]int{2, 3, 4}, Region{{1, 1}, {0, 3}, {0, 4}}, nil},
	} {
		var got [][3]int64
		require.NoError(t, c.r.Runs(c.shape, func(at, packed, n int64) error {
			got = append(got, [3]int64{at, packed, n})
			return nil
		}))
		assert.Equal(t, c.want, got, "%v of %v", c.r, c.shape)
	}
	assert.Equal(t, "[1:2, 0:3]", Region{{1, 2}, {0, 3}}.String())
	full := errors.New("full")
	calls := 0
	assert.Equal(t, full, Region{{0, 3}, {0, 1}}.Runs([]int{3, 2}, func(_, _, _ int64) error { calls++; return full }))
	assert.Equal(t, 1, calls, "an error ends the walk")
}

// Load brings exactly the box, and Save puts it back without touching a byte beside it.
func TestLoadAndSave(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		shape, r := drawBox(t)
		cell, base := rapid.SampledFrom([]int{1, 2, 4}).Draw(t, "cell"), rapid.Int64Range(0, 9).Draw(t, "base")
		want := elements(shape, r)
		total := int64(cell)
		for _, d := range shape {
			total *= int64(d)
		}
		rng := rand.New(rand.NewPCG(1, 2))
		store := make(SRAM, base+total+5)
		for i := range store {
			store[i] = byte(rng.Uint32())
		}
		box := make([]byte, len(want)*cell)
		require.NoError(t, Load(box, store, base, shape, r, cell))
		for i, at := range want {
			for b := range cell {
				require.Equal(t, store[base+at*int64(cell)+int64(b)], box[i*cell+b])
			}
		}
		twin := append(SRAM{}, store...)
		for i := range box {
			box[i] ^= 0xff
		}
		require.NoError(t, Save(store, base, shape, r, cell, box))
		for _, at := range want {
			for b := range cell {
				twin[base+at*int64(cell)+int64(b)] ^= 0xff
			}
		}
		require.Equal(t, twin, store, "%v of %v", r, shape)
	})
}

func TestLoadOutsideIsAnError(t *testing.T) {
	store := make(SRAM, 10)
	assert.ErrorContains(t, Load(make([]byte, 12), store, 0, []int{12}, Whole([]int{12}), 1), "outside")
	assert.ErrorContains(t, Save(store, 5, []int{6}, Whole([]int{6}), 1, make([]byte, 6)), "outside")
}
