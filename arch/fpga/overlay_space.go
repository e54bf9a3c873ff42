package fpga

import (
	"fmt"
	"math"
	"strconv"

	"nnsim/mapping"
	"nnsim/unit"
	"nnsim/workloads"
)

// tileSpace is every way an overlay's engine can cut a layer, as its software chooses:
//
//	tileh, tilew   output rows and columns of a tile; of the fixed loops at most engine.tileh
//	               and tilew, for which their buffers are made (of a matrix, their product)
//	filters        over blocks: output channels of a block, whole steps of the array
//	hold           over blocks: which operand stays while the other passes by
//
// The array itself (rows, cols, ins) is hardware and the same for all layers.
type tileSpace struct {
	mapping.Grid
	m          *Machine
	l          *layer
	s          workloads.Matrix
	lp         *mapping.LayerPlan
	design     *design
	high, wide []int
	filters    []int
	holds      []string
	channels   int // input channels of a block
}

// offer leaves a layer's cuts with its plan.
func (m *Machine) offer(lp *mapping.LayerPlan, d *design, l *layer) {
	lp.Custom = &place{l, d, m.mapping(l)}
	s := l.share()
	e := &m.cfg.Engine
	if l.kind != dense || e.Over == "blocks" && (e.Reach > 0 || m.byUnit(&s) || e.TileH == 1 && e.TileW == 1) {
		return
	}
	lp.Space = func() mapping.Space {
		t := &tileSpace{m: m, l: l, s: s, lp: lp, design: d}
		high, wide := l.widest(e)
		t.high, t.wide = upTo(within(s.OH, high)), upTo(within(s.OW, wide))
		if len(t.wide) > mostWide { // single columns of a long line make no difference
			t.wide = halves(t.wide[len(t.wide)-1])
		}
		t.AddNumbers("tileh", t.high)
		t.AddNumbers("tilew", t.wide)
		if e.Over == "blocks" {
			t.channels = m.depth(l, &s)
			for k := e.Rows; k < s.K; k += e.Rows {
				t.filters = append(t.filters, k)
			}
			t.filters = append(t.filters, s.K)
			for _, hold := range []string{"pixels", "weights"} {
				if e.Hold == "" || e.Hold == hold {
					t.holds = append(t.holds, hold)
				}
			}
			t.AddNumbers("filters", t.filters)
			t.Add("hold", t.holds...)
		}
		return t
	}
}

// mostWide: up to so many columns all widths of a tile are choices.
const mostWide = 128

// within is n, or a limit that is less; 0: none.
func within(n, limit int) int {
	if limit > 0 {
		return min(n, limit)
	}
	return n
}

// upTo lists the numbers from 1 to n.
func upTo(n int) (list []int) {
	for i := 1; i <= n; i++ {
		list = append(list, i)
	}
	return list
}

// halves lists n, its half, and so on.
func halves(n int) (list []int) {
	for ; n > 0; n /= 2 {
		list = append(list, n)
	}
	return list
}

// at is the cut of a point; false where it does not fit.
func (t *tileSpace) at(at []int) (c cut, ok bool) {
	c = cut{ys: t.high[at[0]], xs: t.wide[at[1]]}
	if t.filters == nil {
		return c, true
	}
	c.ms, c.ns, c.held = t.filters[at[2]], t.channels, t.holds[at[3]] == "weights"
	e := &t.m.cfg.Engine
	if c.ns < t.s.C && c.ms > e.Rows || bytesOf(int64(t.s.R*t.s.S*c.ns)*int64(c.ms), t.l.wBits) > int64(e.Weights)/2 {
		return c, false // sums wait for all input channels; two blocks of weights
	}
	return c, t.m.fitsBuffers(t.l, &t.s, e.Images, &c)
}

// Cost is the reckoned time.
func (t *tileSpace) Cost(at []int) float64 {
	c, ok := t.at(at)
	if !ok {
		return math.Inf(1)
	}
	e := &t.m.cfg.Engine
	times := float64(unit.CeilDiv(t.l.groups, e.Cores) * t.s.Groups)
	if t.filters != nil {
		return times * t.m.reckon(t.l, &t.s, e.Images, &c)
	}
	rate, latency := t.m.portRate(t.l)
	one, sum := t.s, 0.0
	one.Images, one.Groups = 1, 1
	l := *t.l
	l.cut = &c
	t.m.tiles(&l, one, e.Images, func(x *tile) {
		moving := float64(x.weights+x.acts+x.store)/rate + latency
		sum += max(float64(x.compute), moving)
	})
	return times * sum
}

// Bound is what all products take at the array's rate.
func (t *tileSpace) Bound([]int, int) float64 {
	e := &t.m.cfg.Engine
	return float64(t.s.MACs()) / float64(e.macs()*int64(e.Cores)) / float64(max(1, e.Pump))
}

// Plan is the layer with the cut of a point.
func (t *tileSpace) Plan(at []int) *mapping.LayerPlan {
	c, ok := t.at(at)
	if !ok {
		return nil
	}
	l, lp := *t.l, *t.lp
	l.cut = &c
	t.m.offer(&lp, t.design, &l)
	return &lp
}

// Chosen is the point of the cut the layer has.
func (t *tileSpace) Chosen() []int {
	e := &t.m.cfg.Engine
	if t.filters == nil {
		ys, xs := t.l.tile(e, &t.s)
		return t.Find(strconv.Itoa(ys), strconv.Itoa(xs))
	}
	c := t.m.cutFor(t.l, &t.s, e.Images)
	hold := "pixels"
	if c.held {
		hold = "weights"
	}
	return t.Find(strconv.Itoa(c.ys), strconv.Itoa(c.xs), strconv.Itoa(c.ms), hold)
}

// Key is all that the space is laid out from.
func (t *tileSpace) Key() string { return fmt.Sprint(t.s, t.l.wBits, t.l.aBits, t.l.extra()) }

// Serial tells that an overlay computes layer after layer; stages of a pipeline are all at work.
func (m *Machine) Serial() bool { return m.cfg.Design == "overlay" }
