package nvdla

import (
	"fmt"
	"math"
	"strconv"

	"nnsim/arch/asic"
	"nnsim/mapping"
)

// space is every cutting of a product that the convolution buffer holds:
//
//	mode       in which the array is fed
//	images     that pass together
//	filters    of a group, whole atoms
//	rows       of results that a slot of activations holds
//	channels   of a turn, whole atoms
//	outer      filters or rows; scheduled: as the machine's own schedule has it, with its slots
type space struct {
	mapping.Grid
	m           *Machine
	p           *asic.Product
	layer       *mapping.LayerPlan
	most        int // images that may pass together
	own, chosen *tiling
	modes       []mode
	counts      [4][]int // images, filters, rows, channels by choice
}

// Axes of the space.
const (
	axisMode = iota
	axisImages
	axisFilters
	axisRows
	axisChannels
	axisOuter
)

// orders are the words of its last axis.
var orders = []string{"filters", "rows", "scheduled"}

// offer lays out the choices of a layer that is mapped by a tiling; own is the one that
// the machine's schedule gives it, and most what may pass together.
func (m *Machine) offer(lp *mapping.LayerPlan, most int, own, chosen *tiling) {
	p := asic.NewProduct(lp.Layer)
	lp.Custom = chosen
	lp.Space = func() mapping.Space {
		s := &space{m: m, p: p, layer: lp, most: most, own: own, chosen: chosen, modes: m.modes(p)}
		of, images := &p.Space, []int(nil)
		for n := most; n >= 1; n /= 2 {
			images = append(images, n)
		}
		s.counts = [4][]int{images, multiples(of.K, m.cfg.atomK(p.A.Type.CellBytes())), multiples(of.OH, 1), multiples(of.C, m.cfg.Array.AtomicC)}
		var modes []string
		for _, md := range s.modes {
			modes = append(modes, string(md))
		}
		s.Add("mode", modes...)
		for i, name := range []string{"images", "filters", "rows", "channels"} {
			s.AddNumbers(name, s.counts[i])
		}
		s.Add("outer", orders...)
		return s
	}
}

// multiples lists the multiples of a quantum up to n, and n.
func multiples(n, quantum int) (list []int) {
	for k := quantum; k < n; k += quantum {
		list = append(list, k)
	}
	return append(list, n)
}

// at is the tiling of a point; nil where it does not fit.
func (s *space) at(at []int) *tiling {
	t := &tiling{Mode: s.modes[at[axisMode]], Images: s.counts[0][at[axisImages]], K: s.counts[1][at[axisFilters]], Y: s.counts[2][at[axisRows]],
		C: s.counts[3][at[axisChannels]], RowsFirst: at[axisOuter] == 1}
	if orders[at[axisOuter]] == "scheduled" {
		if o := s.own; t.Mode != o.Mode || t.Images != o.Images || t.K != o.K || t.Y != o.Y || t.C != o.C {
			return nil
		}
		own := *s.own
		return &own
	}
	if !s.m.fits(s.p, t) || !t.useful(&s.p.Space) {
		return nil
	}
	return t
}

// Cost is the reckoned time, of equals with less traffic.
func (s *space) Cost(at []int) float64 {
	t := s.at(at)
	if t == nil {
		return math.Inf(1)
	}
	const trafficTie = 1e-6
	s.m.reckon(s.p, t)
	return t.time + trafficTie*t.traffic
}

// Bound is what all multiplications take at the array's rate, and nothing else.
func (s *space) Bound(at []int, fixed int) float64 {
	of := &s.p.Space
	all := asic.Tile{I1: of.Images, Y1: of.OH, K1: of.K, C1: of.C}
	return float64(of.Batch*of.Groups) * float64(s.m.cfg.edges(s.modes[at[axisMode]], of, &all, s.p.A.Type.CellBytes()))
}

// Plan is the layer with the tiling of a point.
func (s *space) Plan(at []int) *mapping.LayerPlan {
	t := s.at(at)
	if t == nil {
		return nil
	}
	s.m.reckon(s.p, t)
	lp := *s.layer
	s.m.offer(&lp, s.most, s.own, t)
	return &lp
}

// Chosen is the point of the tiling the layer has.
func (s *space) Chosen() []int {
	c, own, outer := s.chosen, *s.own, orders[0]
	own.reckoned = c.reckoned
	switch {
	case *c == own:
		outer = orders[2]
	case c.RowsFirst:
		outer = orders[1]
	}
	return s.Find(string(c.Mode), strconv.Itoa(c.Images), strconv.Itoa(c.K), strconv.Itoa(c.Y), strconv.Itoa(c.C), outer)
}

// Key is all that the space is laid out from.
func (s *space) Key() string {
	return fmt.Sprint(s.p.Space, s.most, s.modes, s.p.A.Type, s.p.B.Type, s.p.Layer.Out().Type)
}
