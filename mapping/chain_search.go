package mapping

import (
	"fmt"
	"math"
	"slices"

	"nnsim/workloads"
)

// longestChain is the most layers that a search chains.
const longestChain = 12

// Fusions is the chains by which a plan's network is reckoned to run fastest: of all
// ways to cut its layers into chains and lone ones, the one whose reckoned times sum to
// the least. Only chains are tried that keep something on chip that the plan does not,
// and that move no more bytes than their layers apart.
func Fusions(net *workloads.Network, plan *Plan) (chains []Chain) {
	f := newFuser(net, plan)
	if f == nil {
		return nil
	}
	n := len(net.Layers)
	least, from := make([]float64, n+1), make([]*Reckoned, n+1) // of the layers before one; the chain that ends there
	for i := 1; i <= n; i++ {
		least[i] = math.Inf(1)
	}
	for i := range n {
		if cost := least[i] + f.alone[i]; cost < least[i+1] {
			least[i+1], from[i+1] = cost, nil
		}
		f.from(i, func(list []Reckoned) {
			for _, r := range list {
				if cost := least[i] + r.Cost; r.Less && cost < least[r.Last+1] {
					least[r.Last+1], from[r.Last+1] = cost, &r
				}
			}
		})
	}
	for i := n; i > 0; {
		if from[i] == nil {
			i--
			continue
		}
		chains = append(chains, from[i].Chain)
		i = from[i].First
	}
	return chains
}

// Chains is every chain of a network that fits and keeps something on chip that the
// plan does not, with bands of every power of two, each reckoned.
func Chains(net *workloads.Network, plan *Plan) (all []Reckoned) {
	if f := newFuser(net, plan); f != nil {
		f.thorough = true
		for i := range net.Layers {
			f.from(i, func(list []Reckoned) { all = append(all, list...) })
		}
	}
	return all
}

// Reckoned is a chain and what its layers take together, in cycles. Less: they move no
// more bytes off chip than apart.
type Reckoned struct {
	Chain
	Cost float64
	Less bool
}

// fuser looks for chains.
type fuser struct {
	net      *workloads.Network
	plan     *Plan
	alone    []float64 // by layer, reckoned time
	moved    []float64 // and off-chip bytes
	known    map[string]known
	thorough bool // bands are tried that can hardly be the best
	pace     pace
}

// known is what was found of layers that are chained.
type known struct {
	list []Reckoned // by bands, if the chain keeps something on chip
	more bool       // it fits, so that longer ones may
}

// newFuser reckons the layers of a plan apart; nil where what is moved costs nothing.
func newFuser(net *workloads.Network, plan *Plan) *fuser {
	if plan.Target.Unlimited || plan.Target.BytesPerCycle == 0 {
		return nil
	}
	f := &fuser{net: net, plan: plan, known: map[string]known{}}
	f.alone, f.moved = make([]float64, len(net.Layers)), make([]float64, len(net.Layers))
	for i, lp := range plan.Layers {
		if lp.Nest != nil {
			c := plan.cutterOf(lp)
			f.alone[i], f.moved[i] = f.pace.time(c, lp.Nest), c.moved(lp.Nest)
		}
	}
	return f
}

// from hands over the chains that begin with a layer, by their last one.
func (f *fuser) from(first int, to func([]Reckoned)) {
	for last := first + 1; last < min(len(f.net.Layers), first+longestChain); last++ {
		trial := Chain{First: first, Last: last, Images: 1}
		if err := trial.follow(f.net); err != nil {
			if trial.links[last-first].rows == 0 {
				return // no convolution
			}
			continue // what it makes may be read by a layer to come
		}
		key := f.key(&trial)
		k, ok := f.known[key]
		if !ok {
			k = f.reckon(&trial)
			f.known[key] = k
		}
		if !k.more {
			return
		}
		list := slices.Clone(k.list)
		for i := range list {
			list[i].First, list[i].Last = first, last
		}
		to(list)
	}
}

// reckon tries bands of a chain, the largest that fit first, until smaller ones cost more.
func (f *fuser) reckon(c *Chain) (k known) {
	saves := false
	for t := range c.rings {
		saves = saves || f.plan.Places[t].OnChip < 0
	}
	images, rows := c.links[0].space.Images, c.links[len(c.links)-1].rows
	best, worse := math.Inf(1), 0
	try := func(images, rows int) {
		if worse == 2 && !f.thorough {
			return
		}
		r, fits := f.cost(Chain{First: c.First, Last: c.Last, Images: images, Rows: rows})
		if k.more = k.more || fits; !fits || !saves {
			return
		}
		k.list = append(k.list, r)
		if worse++; r.Cost < best {
			best, worse = r.Cost, 0
		}
	}
	for n := images; n >= 1; n /= 2 {
		try(n, 0)
	}
	for n := rows / 2; n >= 1; n /= 2 {
		try(1, n)
	}
	return k
}

// cost reckons a chain; false: it does not fit.
func (f *fuser) cost(c Chain) (r Reckoned, fits bool) {
	p := &Plan{Target: f.plan.Target, Places: map[*workloads.Tensor]*Place{}, Layers: make([]*LayerPlan, len(f.net.Layers))}
	tops, err := p.chained(f.net, []Chain{c})
	if err != nil || p.cutChain(p.Chains[0], f.net, tops[c.First]) != nil {
		return r, false
	}
	r.Chain = c
	var more float64
	for i, lp := range p.Layers[c.First : c.Last+1] {
		more += p.cutterOf(lp).moved(lp.Nest) - f.moved[c.First+i]
	}
	r.Cost, r.Less = f.pace.chainTime(p, p.Chains[0]), more <= 0
	return r, true
}

// key is all that a chain's cost depends on, but for addresses and what else is on chip.
func (f *fuser) key(c *Chain) string {
	text := ""
	for i, l := range c.links {
		layer := f.net.Layers[c.First+i]
		text += fmt.Sprint(l.space, l.pool, l.readers, layer.Out().Type, f.plan.Places[layer.Out()].OnChip < 0, c.rings[layer.Out()], ";")
		for _, n := range layer.Nodes {
			for _, t := range n.In {
				if pl := f.plan.Places[t]; pl != nil && t.Role != workloads.Weight {
					text += fmt.Sprint(pl.OnChip < 0, pl.First >= c.First, " ")
				}
			}
		}
	}
	return text
}
