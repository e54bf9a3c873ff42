package mapping

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"nnsim/workloads"
)

// everyNest visits every legal tiling of a product that the loops of a Nest can
// express: any number of images or rows of pixels, any multiple of the array's
// width in columns, any multiple of whole folds in channels, both orders.
func everyNest(c *cutter, first Nest, visit func(*Nest)) {
	s, width := &first.Space, c.target.Cols*c.target.Arrays
	quantum := c.target.Rows / gcd(c.target.Rows, s.R*s.S)
	var rows [][2]int
	for k := 1; k <= s.Images; k++ {
		rows = append(rows, [2]int{k, s.OH * s.OW})
	}
	for k := 1; k < s.OH; k++ {
		rows = append(rows, [2]int{1, k * s.OW})
	}
	all, cols := s.C*first.Pack, s.K*first.Pack
	for _, r := range rows {
		for k := width; k < cols+width; k += width {
			for ch := quantum; ch < all+quantum; ch += quantum {
				for _, order := range []Order{RowsOuter, ColsOuter} {
					n := first
					n.Images, n.Pixels, n.Cols, n.Chans, n.Order = r[0], r[1], min(k, cols), min(ch, all), order
					fifo := c.target.FIFO > 0 && c.target.Dataflow == WS
					if fifo && n.Cols > width || n.Pack > 1 && n.Chans < all {
						continue
					}
					n.Red = c.redTile(&n)
					for _, hold := range []bool{true, false} {
						if m := n; c.accumulates(&m) && c.allot(&m, hold) <= c.room {
							c.estimate(&m)
							visit(&m)
						}
					}
				}
			}
		}
	}
}

// The tiling chosen is, followed through the units, close to the best of all legal ones: it
// tries tile sizes in steps of a quarter or a half and follows a few, so it may miss some. It is
// never one that takes longer than the best by its estimate.
func TestTheChoiceIsGood(t *testing.T) {
	worst, far, cases, logs := 1.0, 0, 0, 0.0
	try := func(t *rapid.T) {
		net, target := drawProduct(t), drawTarget(t)
		target.Unlimited, target.KeepOnChip, target.BytesPerCycle = false, false, max(target.BytesPerCycle, 0.5)
		p, err := Systolic(net, target)
		if err != nil {
			return
		}
		for _, l := range p.Layers {
			if l.Nest == nil {
				continue
			}
			c := &cutter{target: target, plan: p, layer: l.Layer, room: target.Buffer}
			first := Nest{Space: l.Nest.Space, Pack: l.Nest.Pack}
			var p pace
			list := NewShortlist(better)
			c.candidates(&first, func(n *Nest, hold bool) {
				if c.allot(n, hold) <= c.room {
					c.estimate(n)
					list.Add(n)
				}
			})
			require.LessOrEqual(t, len(list.list), shortlist)
			chosen := p.time(c, l.Nest)
			require.LessOrEqual(t, chosen, p.time(c, list.Best()), "chosen %v, by its estimate %v", l.Nest, list.Best())
			best := chosen
			everyNest(c, first, func(n *Nest) { best = min(best, p.time(c, n)) })
			ratio := chosen / best
			cases, logs, worst = cases+1, logs+math.Log(ratio), max(worst, ratio)
			if ratio > 1.5 {
				far++
			}
		}
	}
	for cases < 600 && !t.Failed() { // so many that chance does not decide
		before := cases
		rapid.Check(t, try)
		require.Greater(t, cases, before)
	}
	mean := math.Exp(logs / float64(cases))
	t.Logf("%d products: %.3f times the best in the geometric mean, at worst %.2f, %d beyond 1.5", cases, mean, worst, far)
	assert.Less(t, mean, 1.05)
	assert.LessOrEqual(t, far*20, cases)
}

// What is obviously better is chosen: an operand that fits is read once.
func TestObviousChoices(t *testing.T) {
	product := func(m, k, n int) *workloads.Network {
		b := workloads.NewBuilder("g", 1)
		g, err := b.Build(b.Linear("fc", b.Input("x", m, k), n, 1, false))
		require.NoError(t, err)
		return prepared(t, g, int8s)
	}
	nest := func(net *workloads.Network, target Target) *Nest {
		p, err := Systolic(net, target)
		require.NoError(t, err)
		return p.Layers[0].Nest
	}
	bytes := func(m, k, n int) float64 { return float64(m*k + k*n + m*n) }
	slow := small
	slow.BytesPerCycle = 0.1
	for _, c := range [][3]int{{64, 64, 64}, {512, 256, 32}, {32, 256, 512}, {1, 1024, 1024}, {1024, 1024, 1}} {
		n := nest(product(c[0], c[1], c[2]), slow)
		assert.InEpsilon(t, bytes(c[0], c[1], c[2]), n.Traffic*slow.BytesPerCycle, 0.05, "%v: %v moves each byte once", c, n)
	}
	fast := big
	fast.BytesPerCycle = 1e6
	n := nest(product(2048, 1024, 1024), fast)
	assert.InEpsilon(t, 2048*4*4, n.Compute, 0.1, "sixteen tiles of weights, 2,048 rows past each: %v", n)
}
