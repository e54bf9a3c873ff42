package diannao

import (
	"fmt"
	"math"
	"strconv"

	"nnsim/arch/asic"
	"nnsim/mapping"
	"nnsim/unit"
)

// space is every cutting of a product that the three buffers hold:
//
//	channels   of a turn, whole groups of Ti
//	places     in a row that one command makes
//	block      places whose sums NBout holds, which share a turn's weights
//	slots      of NBin and SB: two halves, or all at once
type space struct {
	mapping.Grid
	m                        *Machine
	p                        *asic.Product
	layer                    *mapping.LayerPlan
	chosen                   *tiling
	channels, places, blocks []int
}

// offer lays out the choices of a layer that is mapped by a tiling.
func (m *Machine) offer(lp *mapping.LayerPlan, chosen *tiling) {
	p := asic.NewProduct(lp.Layer)
	lp.Custom = chosen
	lp.Space = func() mapping.Space {
		s := &space{m: m, p: p, layer: lp, chosen: chosen}
		most := m.channels(&p.Space, 1)
		for ch := most; ch > 0; ch = whole(ch-1, most, m.cfg.NFU.Synapses) {
			if s.channels = append(s.channels, ch); ch <= m.cfg.NFU.Synapses {
				break
			}
		}
		for n := 1; n <= min(width(p), m.block()); n++ {
			s.places = append(s.places, n)
		}
		for n := m.block(); n >= 1; n /= 2 {
			s.blocks = append(s.blocks, n)
		}
		s.AddNumbers("channels", s.channels)
		s.AddNumbers("places", s.places)
		s.AddNumbers("block", s.blocks)
		s.Add("slots", "2", "1")
		return s
	}
}

// block is the places whose sums half of NBout holds.
func (m *Machine) block() int { return max(1, int(m.cfg.NBout)/(2*wordBytes*m.cfg.NFU.Neurons)) }

// at is the tiling of a point; nil where it does not fit.
func (s *space) at(at []int) *tiling {
	t := &tiling{C: s.channels[at[0]], Places: s.places[at[1]], Block: s.blocks[at[2]], Slots: 2 - at[3]}
	if t.C > s.m.channels(&s.p.Space, t.Slots) || t.Places > s.m.places(s.p, t) {
		return nil
	}
	return t
}

// Cost is the reckoned time.
func (s *space) Cost(at []int) float64 {
	t := s.at(at)
	if t == nil {
		return math.Inf(1)
	}
	return s.m.reckon(s.p, t)
}

// reckon is the time of a tiling in edges: by command, the longest of its arithmetic,
// its loads, and the turn of a slot that is asked for, filled and used.
func (m *Machine) reckon(p *asic.Product, t *tiling) float64 {
	s, c := &p.Space, &m.cfg
	places := asic.Tile{I1: 1, Y1: 1, X1: t.Places, K1: min(c.NFU.Neurons, s.K), C1: t.C}
	lines := s.Images * s.OH * unit.CeilDiv(s.OW, t.Places) // commands of a turn
	spots := s.Images * s.OH * s.OW
	if p.OfMatrices() {
		places.I1, places.X1 = t.Places, 0
		lines, spots = unit.CeilDiv(s.Images, t.Places), s.Images
	}
	turns, filters := unit.CeilDiv(s.C, t.C), unit.CeilDiv(s.K, c.NFU.Neurons)
	perBlock := max(1, t.Block/t.Places)
	blocks := unit.CeilDiv(lines, perBlock)
	loads := turns // of weights, a group of filters
	if turns > t.Slots {
		loads *= blocks
	}
	outer := float64(s.Batch * s.Groups * filters)
	commands := outer * float64(lines*turns)
	edges := outer * float64(spots*s.R*s.S*turns) * float64(unit.CeilDiv(t.C, c.NFU.Synapses))
	if c.Memory.Ideal() {
		return edges
	}
	perEdge := float64(c.Memory.Bandwidth) / float64(c.Clock)
	latency := float64(c.Memory.Latency) * float64(c.Clock)
	bytes := commands*float64(p.ABytes(&places)) + outer*float64(loads)*float64(p.BBytes(&places))
	out := float64(s.Batch) * float64(s.Groups) * float64(spots) * float64(s.K) * wordBytes
	moving := (bytes + out) / perEdge
	turn := (edges + bytes/perEdge + latency*commands) / float64(t.Slots)
	return max(edges, moving, turn)
}

// Bound is what all multiplications take.
func (s *space) Bound([]int, int) float64 {
	c := &s.m.cfg
	return float64(s.p.Space.MACs()) / float64(c.NFU.Neurons*c.NFU.Synapses)
}

// Plan is the layer with the tiling of a point.
func (s *space) Plan(at []int) *mapping.LayerPlan {
	t := s.at(at)
	if t == nil {
		return nil
	}
	lp := *s.layer
	s.m.offer(&lp, t)
	return &lp
}

// Chosen is the point of the tiling the layer has.
func (s *space) Chosen() []int {
	c := s.chosen
	return s.Find(strconv.Itoa(c.C), strconv.Itoa(c.Places), strconv.Itoa(c.Block), strconv.Itoa(c.Slots))
}

// Key is all that the space is laid out from.
func (s *space) Key() string { return fmt.Sprint(s.p.Space, s.p.A.Type, s.p.Layer.Out().Type) }
