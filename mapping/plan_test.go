package mapping

import (
	"fmt"
	"sort"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"nnsim/workloads"
	"nnsim/workloads/zoo"
)

// Machines as they hand themselves over: a big one with a FIFO, a small one that
// keeps nothing, one that is smaller still.
var (
	big   = Target{Name: "big", Rows: 256, Cols: 256, Arrays: 1, Dataflow: WS, Buffer: 24 << 20, FIFO: 4, AccRows: 4096, KeepOnChip: true, BytesPerCycle: 48.75, PortBytes: 256, Lanes: 256}
	small = Target{Name: "small", Rows: 16, Cols: 16, Arrays: 1, Dataflow: WS, Buffer: 256 << 10, AccRows: 1024, BytesPerCycle: 16, PortBytes: 64, Lanes: 16}
	tiny  = Target{Name: "tiny", Rows: 4, Cols: 4, Arrays: 1, Dataflow: OS, Buffer: 64 << 10, AccRows: 512, KeepOnChip: true, BytesPerCycle: 16, PortBytes: 16, Lanes: 4}
)

// drains fuses what a vector unit behind an array can do on the way out.
func drains(chain []*workloads.Node, next *workloads.Node) bool {
	if len(chain) == 0 || !workloads.Elementwise(next.Op) || !next.Out[0].Shape.Equal(chain[0].Out[0].Shape) {
		return false
	}
	head := workloads.ClassOf(chain[0].Op)
	for _, t := range next.In {
		if t.Role != workloads.Weight && !t.Shape.Equal(next.Out[0].Shape) {
			return false
		}
	}
	return head == workloads.MatrixClass || workloads.Elementwise(chain[0].Op)
}

var int8s = workloads.Precision{Weight: workloads.Int8, Act: workloads.Int8}

func prepared(t require.TestingT, g *workloads.Graph, p workloads.Precision) *workloads.Network {
	net, err := workloads.Prepare(g, p, drains)
	require.NoError(t, err)
	return net
}

// span is a stretch of a memory.
type span struct {
	lo, hi int64
	what   string
}

// requireApart fails if two stretches share a byte or one leaves the memory.
func requireApart(t require.TestingT, size int64, where string, list []span) {
	sort.Slice(list, func(i, j int) bool { return list[i].lo < list[j].lo })
	end := int64(0)
	for i, s := range list {
		if s.lo < end {
			require.Failf(t, "overlap", "%s: %s [%d, %d) overlaps %s", where, s.what, s.lo, s.hi, list[i-1].what)
		}
		end = s.hi
	}
	if end > size {
		require.Failf(t, "too large", "%s: %s ends at %d of %d", where, list[len(list)-1].what, end, size)
	}
}

// requirePlaces: what is on chip at the same time lies apart and apart from each
// layer's slots; nothing off chip overlaps anything; what is read has a place.
func requirePlaces(t require.TestingT, p *Plan) {
	distinct := map[*Place]string{}
	for tensor, pl := range p.Places {
		distinct[pl] = tensor.Name
	}
	var offChip []span
	for pl, name := range distinct {
		require.True(t, pl.OnChip >= 0 != (pl.OffChip >= 0), "%s is on chip at %d, off chip at %d", name, pl.OnChip, pl.OffChip)
		if pl.OffChip >= 0 {
			offChip = append(offChip, span{pl.OffChip, pl.OffChip + pl.Bytes, name})
		}
	}
	requireApart(t, p.OffChip, "off chip", offChip)
	for i, l := range p.Layers {
		var onChip []span
		for pl, name := range distinct {
			if pl.OnChip >= 0 && pl.First <= i && i <= pl.Last {
				onChip = append(onChip, span{pl.OnChip, pl.OnChip + pl.Bytes, name})
			}
		}
		for k, s := range slotsOf(l) {
			for j := range s.Count {
				onChip = append(onChip, span{s.Addr(j), s.Addr(j) + s.Size, fmt.Sprint("slot ", j, " of ", k)})
			}
		}
		if !p.Target.Unlimited {
			requireApart(t, p.Target.Buffer, l.Layer.Name, onChip)
		}
		for _, n := range l.Layer.Nodes {
			for _, in := range n.In {
				if in == nil || (in.Role == workloads.Activation && isInner(l.Layer, in)) {
					continue
				}
				pl := p.Places[in]
				require.NotNil(t, pl, "layer %s reads %s, which has no place", l.Layer.Name, in.Name)
				require.True(t, pl.First < i && i <= pl.Last, "layer %d reads %s, which lives in %d to %d", i, in.Name, pl.First, pl.Last)
				require.Equal(t, in.Shape.Elements()*int64(in.Type.CellBytes()), pl.Bytes, in.Name)
			}
		}
	}
}

func isInner(l *workloads.Layer, t *workloads.Tensor) bool {
	for _, n := range l.Nodes[:len(l.Nodes)-1] {
		if n.Out[0] == t {
			return true
		}
	}
	return false
}

func slotsOf(l *LayerPlan) []Slots {
	switch {
	case l.Nest != nil:
		return []Slots{l.Nest.A, l.Nest.B, l.Nest.Extra, l.Nest.Out}
	case l.Pieces != nil:
		return []Slots{l.Pieces.In, l.Pieces.Out}
	}
	return nil
}

// requireFits: every tile a nest names fits its slot, and its sums one accumulator bank.
func requireFits(t require.TestingT, p *Plan, l *LayerPlan) {
	n, head := l.Nest, l.Layer.Head()
	out := int64(l.Layer.Out().Type.CellBytes())
	width := p.Target.Cols * p.Target.Arrays
	for i := range n.RowTiles() {
		tile := n.RowTile(i)
		require.Greater(t, tile.Rows(), 0)
		whole := tile.P0%n.Space.OW == 0 && tile.P1%n.Space.OW == 0
		require.True(t, whole || tile.P0/n.Space.OW == (tile.P1-1)/n.Space.OW, "%s: %+v is neither whole rows of %d nor part of one", head.Name, tile, n.Space.OW)
		if !n.AOnChip {
			require.LessOrEqual(t, n.ATile(tile, n.Chans)*cell(head.In[0]), n.A.Size, "%s: tile %d of A", head.Name, i)
		}
		if !n.OutOnChip {
			require.LessOrEqual(t, int64(tile.Rows())*int64(n.Cols)*out, n.Out.Size, "%s: tile %d of the result", head.Name, i)
		}
		if p.Target.Unlimited {
			continue
		}
		rows, cols := tile.Rows(), n.Cols
		if p.Target.Dataflow == IS {
			rows, cols = cols, rows
		}
		require.LessOrEqual(t, rows*((cols+width-1)/width), p.Target.AccRows/2, "%s: sums of tile %d", head.Name, i)
	}
	if n.B.Count > 0 {
		require.LessOrEqual(t, int64(n.Red)*int64(min(n.Cols, n.Space.K*n.Pack))*cell(head.In[1]), n.B.Size, "%s: a tile of B", head.Name)
	}
	require.Equal(t, p.Target.FIFO == 0 && !n.BOnChip, n.B.Count > 0)
	require.True(t, n.Chans >= 1 && n.Chans <= n.Space.C*n.Pack && n.Red >= 1 && n.Red <= n.Chans*n.Space.R*n.Space.S, "%+v", n)
	require.True(t, n.Pack == 1 || n.Pack*n.Space.Red() <= p.Target.Rows && n.Pack*n.Space.K <= width, "%d groups do not fit side by side", n.Pack)
}

// requireSound checks everything that must hold of any plan.
func requireSound(t require.TestingT, net *workloads.Network, p *Plan) {
	requirePlaces(t, p)
	var weights int64
	for i, l := range p.Layers {
		require.Same(t, net.Layers[i], l.Layer)
		switch workloads.ClassOf(l.Layer.Head().Op) {
		case workloads.MatrixClass:
			require.True(t, l.Nest != nil && l.Pieces == nil)
			requireFits(t, p, l)
			if w := l.Layer.Head().In[1]; w.Role == workloads.Weight {
				weights += w.Type.StoredBytes(w.Shape.Elements())
			}
		case workloads.View:
			require.True(t, l.Nest == nil && l.Pieces == nil)
		default:
			require.True(t, l.Nest == nil && l.Pieces != nil)
		}
		require.NotEmpty(t, l.String())
	}
	require.Equal(t, weights, p.CompulsoryRead)
	require.NotContains(t, p.String(), "%!")
}

func TestZooPlans(t *testing.T) {
	for _, name := range []string{"resnet50", "mobilenet-v2", "bert-base", "shufflenet-v1", "resnext50"} {
		for _, target := range []Target{big, small, tiny} {
			t.Run(name+" on "+target.Name, func(t *testing.T) {
				g, err := zoo.Build(name, zoo.Options{})
				require.NoError(t, err)
				net := prepared(t, g, int8s)
				p, err := Systolic(net, target)
				require.NoError(t, err)
				requireSound(t, net, p)
				onChip := 0
				for _, pl := range p.Places {
					if pl.OnChip >= 0 {
						onChip++
					}
				}
				assert.Equal(t, target.KeepOnChip, onChip > 0, "%d tensors stay on chip", onChip)
			})
		}
	}
}

// A plan of a large network takes a few ms.
func TestPlanningIsQuick(t *testing.T) {
	if testing.Short() {
		t.Skip("measures time")
	}
	g, err := zoo.Build("resnet50", zoo.Options{})
	require.NoError(t, err)
	net := prepared(t, g, int8s)
	best := time.Hour
	for range 5 {
		start := time.Now()
		_, err := Systolic(net, big)
		require.NoError(t, err)
		best = min(best, time.Since(start))
	}
	assert.Less(t, best, 50*time.Millisecond)
}

func BenchmarkPlan(b *testing.B) {
	g, err := zoo.Build("resnet50", zoo.Options{})
	require.NoError(b, err)
	net := prepared(b, g, int8s)
	for b.Loop() {
		if _, err := Systolic(net, big); err != nil {
			b.Fatal(err)
		}
	}
}

// Whatever the product and the machine, a plan is sound or refused in one line
// that names the layer, what it needs, what there is and the key to change.
func TestRandomPlans(t *testing.T) {
	plans, refusals := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		net, target := drawProduct(t), drawTarget(t)
		p, err := Systolic(net, target)
		if err != nil {
			refusals++
			require.Regexp(t, `^drawn: layer (conv|product) needs at least .+ of tiles on chip, the buffer has .+ free \(buffer\.size\)$|`+
				`^drawn: layer (conv|product): a row of \d+ outputs does not fit the \d+ accumulator rows \(accumulators\.rows\)$`, err.Error())
			return
		}
		plans++
		requireSound(t, net, p)
		for _, l := range p.Layers {
			if l.Nest != nil {
				requireCovered(t, l.Nest)
				requireInputRows(t, l.Nest)
			}
		}
	})
	assert.Greater(t, plans, 5)
	if !testing.Short() { // few draws may all fit
		assert.Greater(t, refusals, 0)
	}
}

// requireCovered: every result is in exactly one tile, every element of the
// reduction in exactly one load of each operand.
func requireCovered(t require.TestingT, n *Nest) {
	s := &n.Space
	seen := make([]int, s.Groups*s.Images*s.OH*s.OW*s.K)
	for pack := range n.Packs() {
		g0, g1 := pack*n.Pack, min((pack+1)*n.Pack, s.Groups)
		for row := range n.RowTiles() {
			tile := n.RowTile(row)
			for col := range n.ColTiles() {
				for c := col * n.Cols; c < min((col+1)*n.Cols, s.K*(g1-g0)); c++ {
					for image := tile.I0; image < tile.I1; image++ {
						for p := tile.P0; p < tile.P1; p++ {
							seen[((g0*s.K+c)*s.Images+image)*s.OH*s.OW+p]++
						}
					}
				}
			}
		}
	}
	for i, times := range seen {
		require.Equal(t, 1, times, "%v of %+v: result %d", n, s, i)
	}
	loads := 0
	for ch := 0; ch < s.C*n.Pack; ch += n.Chans {
		for r := 0; r < min(n.Chans, s.C*n.Pack-ch)*s.R*s.S; r += n.Red {
			loads += min(n.Red, min(n.Chans, s.C*n.Pack-ch)*s.R*s.S-r)
		}
	}
	require.Equal(t, s.Red()*n.Pack, loads)
}

// requireInputRows: the input rows of a tile are all that its windows touch and,
// but for the gaps between a window's rows and between windows at the edges, no more.
func requireInputRows(t require.TestingT, n *Nest) {
	s := &n.Space
	for i := range n.RowTiles() {
		tile := n.RowTile(i)
		lo, hi := n.InputRows(tile.P0, tile.P1)
		require.True(t, 0 <= lo && lo < hi && hi <= s.H, "rows [%d, %d) of %d", lo, hi, s.H)
		first, last := s.H, -1
		for p := tile.P0; p < tile.P1; p++ {
			for r := range s.R {
				if row := p/s.OW*s.StrideH - s.PadH + r*s.DilH; row >= 0 && row < s.H {
					first, last = min(first, row), max(last, row)
				}
			}
		}
		if last < 0 {
			require.Equal(t, 1, hi-lo, "windows that lie in the padding read one row")
			continue
		}
		require.True(t, lo <= first && last < hi, "pixels [%d, %d) of %+v read rows %d to %d, given [%d, %d)", tile.P0, tile.P1, s, first, last, lo, hi)
		above, below := s.DilH, s.DilH
		if lo == 0 { // a window that begins in the padding
			above = max(s.DilH, s.StrideH)
		}
		if hi == s.H {
			below = max(s.DilH, s.StrideH)
		}
		require.True(t, first-lo < above && hi-1-last < below, "pixels [%d, %d) of %+v read rows %d to %d, given [%d, %d)", tile.P0, tile.P1, s, first, last, lo, hi)
	}
}

func TestRefusals(t *testing.T) {
	build := func(f func(b *workloads.Builder) *workloads.Tensor) *workloads.Network {
		b := workloads.NewBuilder("g", 1)
		g, err := b.Build(f(b))
		require.NoError(t, err)
		net, err := workloads.Prepare(g, int8s, func(chain []*workloads.Node, next *workloads.Node) bool { return next.Op == "GlobalAveragePool" })
		require.NoError(t, err)
		return net
	}
	gemm := build(func(b *workloads.Builder) *workloads.Tensor {
		return b.Linear("fc", b.Input("x", 10, 100), 10, 1, false)
	})
	pooled := build(func(b *workloads.Builder) *workloads.Tensor {
		return b.GlobalAvgPool("pool", b.Conv("conv", b.Input("x", 1, 1, 16, 16), 4, workloads.Window{R: 1}))
	})
	softmax := build(func(b *workloads.Builder) *workloads.Tensor { return b.Softmax("soft", b.Input("x", 4, 4096), -1) })
	filters := build(func(b *workloads.Builder) *workloads.Tensor {
		return b.Apply("conv", "Conv", workloads.Attrs{}, b.Input("x", 1, 3, 8, 8), b.Input("w", 4, 3, 3, 3))
	})
	without := func(change func(t *Target)) Target {
		target := tiny
		change(&target)
		return target
	}
	for _, c := range []struct {
		net    *workloads.Network
		target Target
		want   string
	}{
		// A: 1×48 in 6 slots of 64 B, B: 48×4 in 2 of 192 B, the result in 2 of 64 B.
		{gemm, without(func(t *Target) { t.Buffer = 64 }), "tiny: layer fc needs at least 384 B of tiles on chip, the buffer has 64 B free (buffer.size)"},
		{pooled, without(func(t *Target) { t.AccRows = 100 }), "tiny: layer conv: a row of 16 outputs does not fit the 100 accumulator rows (accumulators.rows)"},
		{softmax, without(func(t *Target) { t.Buffer = 128 }), "tiny: layer soft has 128 B of the buffer left to pass data through, it needs 256 B (buffer.size)"},
		{filters, tiny, "tiny: layer conv: the filters w are made at run time, and filters are laid out in tiles before the run; make them constants of the model"},
	} {
		_, err := Systolic(c.net, c.target)
		assert.EqualError(t, err, c.want)
	}
	for _, net := range []*workloads.Network{gemm, pooled, softmax} {
		_, err := Systolic(net, tiny)
		assert.NoError(t, err)
	}
}
