package systolic

import (
	"math/rand/v2"
	"sort"

	"nnsim/arch"
	"nnsim/mem"
)

// Sample mode computes a few output tiles (or pieces) of each layer. Timing is that
// of the whole layer; only the data of what is not picked stay where they are.

// picks are the output tiles (or pieces) of one layer that Sample mode computes.
type picks struct {
	tiles    map[int]bool
	elements []int // of the layer's output, as they are computed
}

// samples is the number of tiles computed of each layer in Sample mode.
const samples = 2

// pick chooses a layer's samples.
func (p *plane) pick(layer int) {
	if p.check.Mode() != arch.Sample {
		return
	}
	l := p.s.plan.Layers[layer]
	total := 1
	if n := l.Nest; n != nil {
		total = n.Space.Batch * n.Packs() * n.RowTiles() * n.ColTiles()
	} else if !l.Pieces.Streamed {
		total = l.Pieces.Count
	}
	rng := rand.New(rand.NewPCG(uint64(p.s.job.Seed), uint64(layer)))
	chosen := &picks{tiles: map[int]bool{}}
	for range samples {
		chosen.tiles[rng.IntN(total)] = true
	}
	p.picks[layer] = chosen
}

// tileNumber counts tiles in the order (batch, pack, row, col).
func tileNumber(k *nestWalk, batch, pack, row, col int) int {
	return ((batch*k.n.Packs()+pack)*k.n.RowTiles()+row)*k.n.ColTiles() + col
}

// wants tells whether a tile is computed.
func (p *plane) wants(layer, tile int) bool {
	return p.check.Mode() == arch.Full || p.picks[layer].tiles[tile]
}

// wantsAny tells whether any tile for which keep holds is computed.
func (p *plane) wantsAny(layer int, keep func(tile int) bool) bool {
	if p.check.Mode() == arch.Full {
		return true
	}
	for tile := range p.picks[layer].tiles {
		if keep(tile) {
			return true
		}
	}
	return false
}

// note remembers which elements of a layer's output Sample mode has computed.
func (p *plane) note(layer int, view []int, r mem.Region) {
	if c := p.picks[layer]; c != nil {
		_ = r.Runs(view, func(at, _, n int64) error {
			for i := range n {
				c.elements = append(c.elements, int(at+i))
			}
			return nil
		})
	}
}

// pickedElements is the sorted list of them; nil in Full mode, where all are.
func (p *plane) pickedElements(layer int) []int {
	c := p.picks[layer]
	if c == nil {
		return nil
	}
	sort.Ints(c.elements)
	return c.elements
}
