package diannao

import (
	"fmt"
	"iter"
	"math"

	"nnsim/arch/asic"
	"nnsim/unit"
	"nnsim/workloads"
)

// tiling is how a product is cut for the three buffers.
//
//	for filters step Tn
//	  for places step Block            what NBout holds sums of
//	    for channels step C            turns, each with its weights in SB
//	      for places step Places       what NBin holds the windows of
//	        NFU
//	    results leave
type tiling struct {
	C      int // channels of a turn
	Places int // places of the result, in a row, that one command makes
	Block  int // places of a block
	Slots  int // of NBin and SB each: two halves, or all at once where a half is too small
}

func (t *tiling) String() string {
	return fmt.Sprintf("channels=%d places=%d block=%d slots=%d", t.C, t.Places, t.Block, t.Slots)
}

// tile takes the tiling of the least cost; buffers of one half each only where two do not do.
func (m *Machine) tile(p *asic.Product) (*tiling, error) {
	s, c := &p.Space, &m.cfg
	for _, slots := range []int{2, 1} {
		var best *tiling
		least := math.Inf(1)
		for t := range m.tilings(p, slots) {
			if cost := m.cost(p, t); cost < least {
				best, least = t, cost
			}
		}
		if best != nil {
			return best, nil
		}
	}
	return nil, fmt.Errorf("layer %s: a window of %d×%d and the weights of %d filters for it, one channel each, do not fit NBin of %v and SB of %v (nbin, sb)",
		p.Layer.Name, s.R, s.S, min(s.K, c.NFU.Neurons), c.NBin, c.SB)
}

// tilings are those that tile chooses from.
func (m *Machine) tilings(p *asic.Product, slots int) iter.Seq[*tiling] {
	return func(yield func(*tiling) bool) {
		most := m.channels(&p.Space, slots)
		for ch := most; ch > 0; ch = whole(ch-1, most, m.cfg.NFU.Synapses) {
			for block := m.block(); block > 0; block /= 2 {
				t := &tiling{C: ch, Slots: slots, Block: block}
				if t.Places = m.places(p, t); t.Places > 0 && !yield(t) {
					return
				}
			}
			if ch <= m.cfg.NFU.Synapses {
				return
			}
		}
	}
}

// cost prefers, for convolutions, what keeps the NFU busy longest with what one load brings: many
// channels of one window, or fewer channels of windows side by side, which share columns. Rows of
// a matrix product share nothing but weights: there it is the reckoned time.
func (m *Machine) cost(p *asic.Product, t *tiling) float64 {
	if p.OfMatrices() {
		return m.reckon(p, t)
	}
	return -float64(t.Places * unit.CeilDiv(t.C, m.cfg.NFU.Synapses))
}

// width is the places in a row: of the result, or images of a matrix product.
func width(p *asic.Product) int {
	if p.OfMatrices() {
		return p.Space.Images
	}
	return p.Space.OW
}

// channels is the most that a slot of SB has weights for, and a slot of NBin a window of.
func (m *Machine) channels(s *workloads.Matrix, slots int) int {
	c := &m.cfg
	window := ((s.R-1)*s.DilH + 1) * ((s.S-1)*s.DilW + 1)
	weights := int(c.SB) / (slots * wordBytes * s.R * s.S * min(s.K, c.NFU.Neurons))
	return whole(min(s.C, weights, int(c.NBin)/(slots*wordBytes*window)), s.C, c.NFU.Synapses)
}

// places is how many windows of its channels a slot of NBin holds.
func (m *Machine) places(p *asic.Product, t *tiling) int {
	s := &p.Space
	words := int(m.cfg.NBin) / (t.Slots * wordBytes)
	if p.OfMatrices() { // places are images
		return min(s.Images, t.Block, words/t.C)
	}
	columns := words / (t.C * ((s.R-1)*s.DilH + 1))
	return min(s.OW, t.Block, 1+(columns-((s.S-1)*s.DilW+1))/s.StrideW)
}

// whole is n, or whole groups of a quantum where n does not reach all.
func whole(n, all, quantum int) int {
	if n >= all || n < quantum {
		return n
	}
	return n / quantum * quantum
}

// edges is what the NFU takes for a tile: one for each place, element of the window
// and group of Ti channels.
func (c *Config) edges(s *workloads.Matrix, t *asic.Tile, places int) unit.Cycles {
	return unit.Cycles(places * s.R * s.S * unit.CeilDiv(t.Channels(), c.NFU.Synapses))
}
