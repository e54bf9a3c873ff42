package mapping

import (
	"fmt"
	"sort"

	"nnsim/unit"
	"nnsim/workloads"
)

// align is the boundary on which tensors begin in off-chip memory: a DRAM row's
// worth of bursts, so that no two tensors share a burst.
const align = 4096

// workShare: one part in so many of the buffer is kept free of resident tensors,
// so that every layer has room for the tiles it streams; see Placements for others.
const workShare = 4

// placer gives tensors their addresses.
type placer struct {
	net    *workloads.Network
	target Target
	plan   *Plan
	next   int64                      // next free off-chip address
	live   []*Place                   // places on chip, for finding gaps
	tops   []int64                    // by layer: the first buffer address above everything resident
	output map[*workloads.Tensor]bool // roots of graph outputs
	root   map[*workloads.Tensor]*workloads.Tensor
}

// place finds every tensor's lifetime, keeps on chip what fits and gives the rest
// (and all weights, inputs and outputs) an off-chip address. It returns, by layer,
// the first buffer address that the layer may use for its tiles.
func place(net *workloads.Network, target Target, plan *Plan) (tops []int64, err error) {
	p := &placer{net: net, target: target, plan: plan, tops: make([]int64, len(net.Layers)), output: map[*workloads.Tensor]bool{}, root: map[*workloads.Tensor]*workloads.Tensor{}}
	p.findRoots()
	for _, t := range net.Graph.Inputs {
		p.add(t, -1)
	}
	for i, l := range net.Layers {
		for _, n := range l.Nodes {
			for _, t := range n.In {
				if t != nil && t.Role == workloads.Weight && plan.Places[t] == nil {
					p.add(t, -1)
				}
				p.use(t, i)
			}
		}
		for _, t := range outs(l) {
			if p.of(t) == t {
				p.add(t, i)
			} else {
				plan.Places[t] = plan.Places[p.of(t)]
			}
		}
	}
	return p.tops, p.assign()
}

// outs is every tensor a layer leaves in memory: those of its last node.
func outs(l *workloads.Layer) (list []*workloads.Tensor) {
	for _, t := range l.Nodes[len(l.Nodes)-1].Out {
		if t != nil {
			list = append(list, t)
		}
	}
	return list
}

// findRoots follows views back to the tensor whose bytes they are.
func (p *placer) findRoots() {
	for _, l := range p.net.Layers {
		head := l.Head()
		if workloads.ClassOf(head.Op) == workloads.View {
			p.root[head.Out[0]] = p.of(head.In[0])
		}
	}
	for _, t := range p.net.Graph.Outputs {
		p.output[p.of(t)] = true
	}
}

func (p *placer) of(t *workloads.Tensor) *workloads.Tensor {
	if r, ok := p.root[t]; ok {
		return r
	}
	return t
}

func (p *placer) add(t *workloads.Tensor, layer int) {
	bytes := t.Shape.Elements() * int64(t.Type.CellBytes())
	p.plan.Places[t] = &Place{OffChip: -1, OnChip: -1, First: layer, Last: layer, Bytes: bytes}
}

// use extends the lifetime of what t is a view of to layer i.
func (p *placer) use(t *workloads.Tensor, i int) {
	if t == nil {
		return
	}
	if pl := p.plan.Places[p.of(t)]; pl != nil {
		pl.Last = max(pl.Last, i)
	}
}

// assign walks the layers: what a layer makes stays on chip if a gap is free for
// its whole life and it is read again, or if it is what stays within a chain; else
// it goes off chip.
func (p *placer) assign() error {
	for _, t := range p.net.Graph.Inputs {
		p.offChip(t)
	}
	for i, l := range p.net.Layers {
		if c := p.plan.chainOf(i); c != nil && c.First == i {
			if err := p.rings(c); err != nil {
				return err
			}
		}
		for _, n := range l.Nodes {
			for _, t := range n.In {
				if t != nil && t.Role == workloads.Weight {
					p.offChip(t)
				}
			}
		}
		for _, t := range outs(l) {
			pl := p.plan.Places[t]
			if pl.First != i || pl.OnChip >= 0 || pl.OffChip >= 0 {
				continue
			}
			if p.output[t] || !p.keep(pl) {
				p.offChip(t)
			}
		}
	}
	p.plan.OffChip = p.next
	return nil
}

// rings places the rows that a chain keeps of its results.
func (p *placer) rings(c *Chain) error {
	for i, l := range p.net.Layers[c.First:c.Last] {
		rows, pl := c.rings[l.Out()], p.plan.Places[l.Out()]
		if rows == 0 {
			continue
		}
		pl.Ring = rows
		pl.Bytes = pl.Bytes / int64(c.links[i].rows*c.links[i].space.Images) * int64(rows)
		if !p.fit(pl, p.target.Buffer) {
			return fmt.Errorf("%s: the rows it keeps do not fit the buffer of %v (buffer.size); make its bands smaller",
				c.called(p.net), unit.Bytes(p.target.Buffer))
		}
	}
	return nil
}

// life is the layers in which a place is in use. What a layer of a chain uses is in use
// in all of the chain.
func (p *placer) life(pl *Place) (first, last int) {
	first, last = pl.First, pl.Last
	if c := p.plan.chainOf(first); c != nil {
		first = c.First
	}
	if c := p.plan.chainOf(last); c != nil {
		last = c.Last
	}
	return first, last
}

func (p *placer) offChip(t *workloads.Tensor) {
	pl := p.plan.Places[t]
	if pl.OffChip >= 0 {
		return
	}
	pl.OffChip = p.next
	p.next += (pl.Bytes + align - 1) / align * align
}

// keep puts a place into the buffer if it is one to be kept there and finds room.
func (p *placer) keep(pl *Place) bool {
	limit := p.target.Buffer - p.target.Buffer/workShare
	if p.target.Reserved > 0 {
		limit = p.target.Buffer - p.target.Reserved
	}
	if !p.target.KeepOnChip || pl.Last <= pl.First || pl.Bytes > limit {
		return false
	}
	return p.fit(pl, limit)
}

// fit puts a place into the lowest gap of the buffer that is free for its life.
func (p *placer) fit(pl *Place, limit int64) bool {
	first, last := p.life(pl)
	kept := p.live[:0]
	for _, o := range p.live {
		if _, until := p.life(o); until >= first { // layers come in order, so older places never matter again
			kept = append(kept, o)
		}
	}
	p.live = kept
	sort.Slice(p.live, func(i, j int) bool { return p.live[i].OnChip < p.live[j].OnChip })
	at := int64(0)
	for _, o := range p.live {
		if at+pl.Bytes <= o.OnChip {
			break
		}
		at = max(at, (o.OnChip+o.Bytes+63)/64*64)
	}
	if at+pl.Bytes > limit {
		return false
	}
	pl.OnChip = at
	p.live = append(p.live, pl)
	for l := first; l <= last; l++ {
		p.tops[l] = max(p.tops[l], (at+pl.Bytes+63)/64*64)
	}
	return true
}
