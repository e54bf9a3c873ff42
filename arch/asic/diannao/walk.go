package diannao

import (
	"nnsim/arch/asic"
	"nnsim/mapping"
	"nnsim/unit"
)

// Units of the machine, beside the stations.
const (
	unitNFU = iota
	unitNBin
	unitSB
	unitNBout
)

// Events of the NFU.
const (
	evMAC = iota
	evEdges
)

// layerWalk writes the commands of one layer.
type layerWalk struct {
	*asic.Walk
	*tiling
	machine *Machine
	product *asic.Product
	nbin    *asic.Ring
	sb      *asic.Ring
	weights []held       // by slot of SB
	results *asic.Ring   // where finished sums wait to be stored
	sums    []asic.Fence // by command of a block and half of NBout: what its room waits for
	half    int          // of NBout, that the present block fills
	groups  int          // of sums begun
	began   bool
}

// held is what a slot of SB holds, and the load that brought it.
type held struct {
	tile   asic.Tile
	loaded int64
}

// walk is the chassis' hook.
func (m *Machine) walk(w *asic.Walk, lp *mapping.LayerPlan) error {
	k := &layerWalk{Walk: w, tiling: lp.Custom.(*tiling), machine: m, product: asic.NewProduct(lp.Layer), results: w.NewRing(resultSlots)}
	k.nbin, k.sb, k.weights = w.NewRing(k.Slots), w.NewRing(k.Slots), make([]held, k.Slots)
	k.sums = make([]asic.Fence, 2*k.Block)
	for i := range k.sums {
		k.sums[i] = w.Fence
	}
	s := &k.product.Space
	w.Sample(max(1, int(k.blocks(func([]asic.Tile) {}))*unit.CeilDiv(s.K, m.cfg.NFU.Neurons)))
	for filter := 0; filter < s.K; filter += m.cfg.NFU.Neurons {
		k.blocks(func(places []asic.Tile) {
			for i := range places {
				places[i].K0, places[i].K1 = filter, min(filter+m.cfg.NFU.Neurons, s.K)
			}
			k.block(places)
		})
	}
	return nil
}

// blocks cuts the result into tiles of Places places and hands them over by blocks of
// up to Block places that share their weights. It returns the number of tiles.
func (k *layerWalk) blocks(do func([]asic.Tile)) (count int64) {
	s := &k.product.Space
	for batch := range s.Batch {
		for group := range s.Groups {
			var block []asic.Tile
			places := 0
			add := func(t asic.Tile, n int) {
				if places+n > k.Block {
					do(block)
					block, places = nil, 0
				}
				t.Batch, t.Group = batch, group
				block, places = append(block, t), places+n
				count++
			}
			k.tiles(add)
			do(block) // the last, which is never empty
		}
	}
	return count
}

// tiles goes over the places of one group of filters: images of a matrix product, or
// rows of every image, row by row in pieces.
func (k *layerWalk) tiles(add func(t asic.Tile, places int)) {
	s := &k.product.Space
	if k.product.OfMatrices() {
		for i := 0; i < s.Images; i += k.Places {
			end := min(i+k.Places, s.Images)
			add(asic.Tile{I0: i, I1: end, Y1: 1}, end-i)
		}
		return
	}
	for i := range s.Images {
		for y := range s.OH {
			for x := 0; x < s.OW; x += k.Places {
				end := min(x+k.Places, s.OW)
				add(asic.Tile{I0: i, I1: i + 1, Y0: y, Y1: y + 1, X0: x, X1: end}, end-x)
			}
		}
	}
}

// block makes the results of one block: all channels pass, turn by turn.
func (k *layerWalk) block(places []asic.Tile) {
	first := k.groups
	k.groups += len(places)
	for c := 0; c < k.product.Space.C; c += k.C {
		for i, t := range places {
			t.C0, t.C1 = c, min(c+k.C, k.product.Space.C)
			k.nfu(t, i, first+i)
		}
	}
	k.half = 1 - k.half
}

// nfu emits the load of a tile's inputs and the command that multiplies them.
func (k *layerWalk) nfu(t asic.Tile, i, group int) {
	s, at := &k.product.Space, k.half*k.Block+i
	weights := k.load(t)
	slot := k.nbin.Take()
	inputs := k.FetchA(k.product, &t, k.nbinAddr(slot), k.nbin.Used[slot])
	edges := k.machine.cfg.edges(s, &t, k.product.Outputs(&t)/t.Filters())
	c := asic.Command{Edges: edges}
	if !k.began {
		c.Edges, k.began = c.Edges+k.machine.cfg.NFU.Pipeline, true
	}
	c.After.Wait(asic.Load, max(inputs, k.weights[weights].loaded))
	if t.C0 == 0 {
		c.After.Join(k.sums[at])
	}
	c.Begin, c.End = k.Multiply(k.product, t, k.nbinAddr(slot), k.sbAddr(weights), asic.Sums{Group: group, Slot: at}, t.C0 == 0)
	done := k.Emit(asic.Array, c)
	k.nbin.Used[slot].Wait(asic.Array, done)
	k.sb.Used[weights].Wait(asic.Array, done)
	k.count(&t, edges)
	if t.C1 == s.C {
		k.finish(t, at, group, done)
	}
}

// load finds the weights of a turn in SB, or loads them.
func (k *layerWalk) load(t asic.Tile) int {
	t.I0, t.I1, t.Y0, t.Y1, t.X0, t.X1 = 0, 0, 0, 0, 0, 0
	if k.product.Space.SharedB {
		t.Batch = 0
	}
	for slot, h := range k.weights {
		if h.loaded > 0 && h.tile == t {
			return slot
		}
	}
	slot := k.sb.Take()
	k.weights[slot] = held{t, k.FetchB(k.product, &t, k.sbAddr(slot), k.sb.Used[slot])}
	k.Count(k.Unit(unitSB), asic.EvWrite, k.product.BBytes(&t))
	return slot
}

// finish emits what follows the last turn of a tile: NFU-3, and the store.
func (k *layerWalk) finish(t asic.Tile, at, group int, done int64) {
	out := k.results.Take()
	c := asic.Command{Edges: k.PostEdges(k.product, int64(k.product.Outputs(&t))), After: k.results.Used[out]}
	c.After.Wait(asic.Array, done)
	c.End = k.Finish(k.product, t, asic.Sums{Group: group, Slot: at}, k.outAddr(out))
	var after asic.Fence
	after.Wait(asic.Post, k.Emit(asic.Post, c))
	k.sums[at] = after
	k.results.Used[out].Wait(asic.Store, k.KeepOut(k.product, &t, k.outAddr(out), after))
}

// The buffers follow one another: NBin, SB, and what leaves NBout.
func (k *layerWalk) nbinAddr(slot int) int64 {
	return int64(slot) * int64(k.machine.cfg.NBin) / int64(k.Slots)
}

func (k *layerWalk) sbAddr(slot int) int64 {
	return int64(k.machine.cfg.NBin) + int64(slot)*int64(k.machine.cfg.SB)/int64(k.Slots)
}

func (k *layerWalk) outAddr(slot int) int64 {
	return int64(k.machine.cfg.NBin+k.machine.cfg.SB) + int64(slot)*k.machine.resultBytes()
}

// count books the events of one command. On every edge a row of NBin and one of SB
// are read; a sum is in NBout from one turn to the next, and at the end.
func (k *layerWalk) count(t *asic.Tile, edges unit.Cycles) {
	c := &k.machine.cfg
	n := int64(edges)
	k.Count(k.Unit(unitNFU), evMAC, k.product.MACs(t))
	k.Count(k.Unit(unitNFU), evEdges, n)
	k.Count(k.Unit(unitNBin), asic.EvWrite, k.product.ABytes(t))
	k.Count(k.Unit(unitNBin), asic.EvRead, n*int64(min(t.Channels(), c.NFU.Synapses))*wordBytes)
	k.Count(k.Unit(unitSB), asic.EvRead, n*int64(min(t.Channels(), c.NFU.Synapses)*t.Filters())*wordBytes)
	sums := int64(k.product.Outputs(t)) * wordBytes
	k.Count(k.Unit(unitNBout), asic.EvWrite, sums)
	k.Count(k.Unit(unitNBout), asic.EvRead, sums) // the turn after, or the store
}
