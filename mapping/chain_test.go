package mapping

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"nnsim/workloads"
	"nnsim/workloads/zoo"
)

// drawChain draws two to four convolutions behind one another, some with sums of what
// came before in their drains.
func drawChain(t *rapid.T) *workloads.Network {
	draw := func(lo, hi int, name string) int { return rapid.IntRange(lo, hi).Draw(t, name) }
	b := workloads.NewBuilder("drawn", 1)
	x := b.Input("x", draw(1, 3, "n"), draw(1, 4, "c"), draw(6, 16, "h"), draw(6, 16, "w"))
	made := []*workloads.Tensor{}
	for i := range draw(2, 4, "layers") {
		r := draw(1, 3, "r")
		w := workloads.Window{R: r, Stride: draw(1, 2, "stride"), Pad: draw(0, 1, "pad"), Groups: 1}
		if x.Shape[2] < 4 || x.Shape[3] < 4 {
			w = workloads.Window{R: 1}
		}
		y := b.Conv(fmt.Sprint("conv", i), x, draw(1, 6, "k"), w)
		for _, other := range made {
			if other.Shape.Equal(y.Shape) && rapid.Bool().Draw(t, "sum") {
				y = b.Add(fmt.Sprint("sum", i), y, other)
				break
			}
		}
		x = b.Relu(fmt.Sprint("relu", i), y)
		made = append(made, x)
	}
	g, err := b.Build(x)
	require.NoError(t, err)
	return prepared(t, g, int8s)
}

// drawBands draws how a chain of all layers is cut.
func drawBands(t *rapid.T, net *workloads.Network) Chain {
	last := net.Layers[len(net.Layers)-1]
	c := Chain{First: 0, Last: len(net.Layers) - 1, Images: 1}
	if rows := last.Out().Shape[2]; rows > 1 && rapid.Bool().Draw(t, "by rows") {
		c.Rows = rapid.IntRange(1, rows-1).Draw(t, "rows")
		return c
	}
	c.Images = rapid.IntRange(1, last.Out().Shape[0]).Draw(t, "images")
	return c
}

// requireFollows walks the turns of a chain and keeps, row by row, what the ring of each
// result holds: what is read is there, what is made is made once and in whole, and no
// ring is larger than it must be.
func requireFollows(t require.TestingT, net *workloads.Network, p *Plan, c *Chain) {
	rings, used := map[*workloads.Tensor]map[int]int{}, map[*workloads.Tensor]int{}
	done := make([]int, len(c.links))
	needed := map[*workloads.Tensor]map[int]bool{}
	var reads []map[*workloads.Tensor][]int
	for _, turn := range p.Turns() {
		l := &c.links[turn.Layer-c.First]
		layer, span := net.Layers[turn.Layer], l.spans[turn.Band]
		read := map[*workloads.Tensor][]int{}
		for image := span.I0; image < span.I1; image++ {
			for _, n := range layer.Nodes {
				for i, in := range n.In {
					ring := p.Places[in]
					if ring == nil || ring.Ring == 0 {
						continue
					}
					lo, hi := span.P0/l.space.OW, span.P1/l.space.OW
					if n == layer.Head() && i == 0 {
						lo, hi = (&Nest{Space: l.space}).InputRows(span.P0, span.P1)
					}
					for row := lo; row < hi; row++ {
						at := image*in.Shape[2] + row
						require.Equal(t, at+1, rings[in][at%ring.Ring], "%s reads row %d of %s", layer.Name, at, in.Name)
						read[in] = append(read[in], at)
					}
				}
			}
		}
		reads = append(reads, read)
		out := layer.Out()
		from, to := span.I0*l.rows+span.P0/l.space.OW/l.pool, (span.I1-1)*l.rows+span.P1/l.space.OW/l.pool
		require.Equal(t, done[turn.Layer-c.First], from, "%s goes on where it was", layer.Name)
		done[turn.Layer-c.First] = to
		if ring := p.Places[out]; ring.Ring > 0 {
			if rings[out] == nil {
				rings[out] = map[int]int{}
			}
			for row := from; row < to; row++ {
				rings[out][row%ring.Ring] = row + 1
			}
		}
	}
	for i, l := range c.links {
		require.Equal(t, l.space.Images*l.rows, done[i], "%s is made in whole", net.Layers[c.First+i].Name)
	}
	// Backwards: the rows made and not yet read for the last time are what a ring must hold.
	turns := p.Turns()
	for i := len(turns) - 1; i >= 0; i-- {
		for in, rows := range reads[i] {
			if needed[in] == nil {
				needed[in] = map[int]bool{}
			}
			for _, row := range rows {
				needed[in][row] = true
			}
		}
		l := &c.links[turns[i].Layer-c.First]
		out, span := net.Layers[turns[i].Layer].Out(), l.spans[turns[i].Band]
		from, to := span.I0*l.rows+span.P0/l.space.OW/l.pool, (span.I1-1)*l.rows+span.P1/l.space.OW/l.pool
		least := to - from
		for row := range needed[out] {
			if row < to {
				least = max(least, to-row)
			}
		}
		used[out] = max(used[out], least)
		for row := from; row < to; row++ {
			delete(needed[out], row)
		}
	}
	for out, rows := range c.rings {
		require.Equal(t, used[out], rows, "ring of %s", out.Name)
	}
}

// Whatever the layers and the bands, a chain's plan is sound, its rows are there when
// they are read, and it is refused only for room.
func TestRandomChains(t *testing.T) {
	plans, longest := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		net, target := drawChain(t), drawLimited(t)
		target.Buffer *= 4 // for the tiles of all layers, so that few are refused
		c := drawBands(t, net)
		p, err := Fused(net, target, c)
		if err != nil {
			require.Regexp(t, `^drawn: chain from conv0 to conv\d: (layer|the rows it keeps do not fit|all that it makes|no layer of it)`, err.Error())
			return
		}
		plans++
		longest = max(longest, len(p.Chains[0].links))
		for i, l := range p.Layers {
			requireFits(t, p, l)
			requireCovered(t, l.Nest)
			require.NotEmpty(t, l.String())
			space := l.Space()
			at := space.Chosen()
			require.NotNil(t, at, "layer %d: %s is no point of its space", i, l)
			require.Equal(t, *l.Nest.bands, *space.Plan(at).Nest.bands)
			require.LessOrEqual(t, space.Bound(at, 1), space.Cost(at))
		}
		requireFollows(t, net, p, p.Chains[0])
		requireApartInChain(t, p, p.Chains[0])
		require.NotContains(t, p.String(), "%!")
	})
	assert.Greater(t, plans, 5)
	assert.Greater(t, longest, 2)
}

// requireApartInChain: rings, other tensors on chip and the slots of all layers of a
// chain, which are in use together, lie apart.
func requireApartInChain(t require.TestingT, p *Plan, c *Chain) {
	var list []span
	for i := c.First; i <= c.Last; i++ {
		for k, s := range slotsOf(p.Layers[i]) {
			if s.Count > 0 {
				list = append(list, span{s.Base, s.Base + s.Bytes(), fmt.Sprint("slots ", k, " of layer ", i)})
			}
		}
	}
	for tensor, pl := range p.Places {
		if pl.OnChip >= 0 && pl.First <= c.Last && pl.Last >= c.First {
			list = append(list, span{pl.OnChip, pl.OnChip + pl.Bytes, tensor.Name})
		}
	}
	requireApart(t, p.Target.Buffer, "chain", list)
}

// What cannot be chained is refused in one line.
func TestChainsRefuse(t *testing.T) {
	g, err := zoo.Build("resnet50", zoo.Options{})
	require.NoError(t, err)
	net := prepared(t, g, int8s)
	at := map[string]int{}
	for i, l := range net.Layers {
		at[l.Name] = i
	}
	for _, c := range []struct {
		from, to     string
		images, rows int
		want         string
	}{
		{"conv1", "layer1.0.conv1", 1, 0, "maxpool is no convolution"},
		{"layer1.0.conv1", "layer1.0.conv1", 1, 0, "two layers or more"},
		{"layer1.0.conv2", "layer1.0.conv1", 1, 0, "two layers or more"},
		{"layer1.0.conv1", "layer1.0.conv2", 2, 0, "images is 2; write 1 to 1"},
		{"layer1.0.conv1", "layer1.0.conv2", 1, 56, "rows is 56; write 1 to 55"},
		{"layer1.0.downsample", "layer1.1.conv1", 1, 8, "all that it makes is read by other layers too"},
		{"layer1.0.conv1", "layer1.2.conv3", 1, 0, "do not fit the buffer of 256 KiB"},
	} {
		_, err := Fused(net, small, Chain{First: at[c.from], Last: at[c.to], Images: c.images, Rows: c.rows})
		if assert.Error(t, err, c.want) {
			assert.Contains(t, err.Error(), c.want)
			assert.NotContains(t, err.Error(), "\n")
		}
	}
	_, err = Fused(net, small, Chain{First: at["layer1.1.conv1"], Last: at["layer1.1.conv2"], Images: 1, Rows: 8}, Chain{First: at["layer1.1.conv2"], Last: at["layer1.1.conv3"], Images: 1, Rows: 8})
	assert.ErrorContains(t, err, "share layers")

	b := workloads.NewBuilder("fire", 1)
	x := b.Input("x", 1, 4, 8, 8)
	squeeze := b.Conv("squeeze", x, 2, workloads.Window{R: 1})
	g, err = b.Build(b.Concat("both", 1, b.Conv("one", squeeze, 4, workloads.Window{R: 1}), b.Conv("three", squeeze, 4, workloads.Window{R: 3, Pad: 1})))
	require.NoError(t, err)
	_, err = Fused(prepared(t, g, int8s), small, Chain{First: 0, Last: 2, Images: 1, Rows: 2})
	assert.ErrorContains(t, err, "no layer of it reads what one makes")
}

// Of a network that does not fit, the chains that are reckoned best cut the off-chip
// bytes of a batch of images; of one that fits there are none.
func TestFusionsOfResnet(t *testing.T) {
	for _, c := range []struct {
		batch  int
		chains bool
	}{{1, false}, {32, true}} {
		g, err := zoo.Build("resnet50", zoo.Options{Batch: c.batch})
		require.NoError(t, err)
		net := prepared(t, g, int8s)
		usual, err := Systolic(net, big)
		require.NoError(t, err)
		chains := Fusions(net, usual)
		require.Equal(t, c.chains, len(chains) > 0)
		if !c.chains {
			continue
		}
		fused, err := Fused(net, big, chains...)
		require.NoError(t, err)
		requireTraffic := func(p *Plan) (sum float64) {
			for _, l := range p.Layers {
				if l.Nest != nil {
					sum += (&cutter{target: p.Target, plan: p, layer: l.Layer}).moved(l.Nest)
				}
			}
			return sum
		}
		assert.Less(t, requireTraffic(fused), 0.5*requireTraffic(usual))
	}
}
