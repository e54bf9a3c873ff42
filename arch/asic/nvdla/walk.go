package nvdla

import (
	"nnsim/arch/asic"
	"nnsim/mapping"
	"nnsim/unit"
)

// Units and events of a convolution engine.
const (
	unitArray = iota
	unitBuffer
	unitSums
)
const (
	evMAC = iota
	evSkipped
	evFilters // bytes of filters shifted into the cells
	evEdges   // at work
)

// layerWalk writes the commands of one layer.
type layerWalk struct {
	*asic.Walk
	*tiling
	*run
	product *asic.Product
	a, b    *asic.Ring
	inA     []held // by slot
	inB     []held
	results *asic.Ring
	extra   *asic.Ring
	sums    []asic.Fence
	groups  int
	last    int // slot of the activations that came last; -1: none
}

// run is what lasts from layer to layer: the registers of a layer are written while
// the one before is at work, and so are the filters fetched that it begins with.
type run struct {
	machine *Machine
	begun   bool
	filters *asic.Ring // of layers whose groups keep to their half of the buffer

}

// held is what a slot holds, and the load that brought it.
type held struct {
	tile   asic.Tile
	full   bool
	loaded int64
}

// walk is the chassis' hook.
func (r *run) walk(w *asic.Walk, lp *mapping.LayerPlan) error {
	k := &layerWalk{Walk: w, tiling: lp.Custom.(*tiling), run: r, product: asic.NewProduct(lp.Layer), results: w.NewRing(2), extra: w.NewRing(2),
		sums: []asic.Fence{w.Fence, w.Fence}, last: -1}
	k.a, k.b = w.NewRing(k.ASlots), r.ring(w, k.tiling)
	k.inA, k.inB = make([]held, k.ASlots), make([]held, len(k.b.Used))
	s := &k.product.Space
	parts := 0
	for y := 0; y < s.OH; y += k.Y {
		parts += unit.CeilDiv(min(k.Y, s.OH-y), k.Part)
	}
	w.Sample(s.Batch * s.Groups * s.Images * parts * unit.CeilDiv(s.K, k.K))
	for batch := range s.Batch {
		for group := range s.Groups {
			for image := range s.Images {
				k.image(asic.Tile{Batch: batch, Group: group, I0: image, I1: image + 1})
			}
		}
	}
	return nil
}

// image walks over filters and rows in the tiling's order.
func (k *layerWalk) image(t asic.Tile) {
	s := &k.product.Space
	outer, inner, o, i := s.K, s.OH, k.K, k.Y
	if k.RowsFirst {
		outer, inner, o, i = inner, outer, i, o
	}
	for x := 0; x < outer; x += o {
		if k.Again { // the next group of filters sees all activations pass again
			clear(k.inA)
			k.last = -1
		}
		for y := 0; y < inner; y += i {
			filter, row := x, y
			if k.RowsFirst {
				filter, row = y, x
			}
			t.K0, t.K1 = filter, min(filter+k.K, s.K)
			t.Y0, t.Y1 = row, min(row+k.Y, s.OH)
			k.tile(t)
		}
	}
}

// tile makes the results of K filters and Y rows.
func (k *layerWalk) tile(t asic.Tile) {
	s := &k.product.Space
	for c := 0; c < s.C; c += k.C {
		t.C0, t.C1 = c, min(c+k.C, s.C)
		b := k.groupOf(t)
		a := k.activations(t)
		for y := t.Y0; y < t.Y1; y += k.Part {
			part := t
			part.Y0, part.Y1 = y, min(y+k.Part, t.Y1)
			k.part(part, t, a, b)
		}
	}
}

// activations finds a tile's activations in a slot, or loads them but for the rows
// that it shares with those loaded last.
func (k *layerWalk) activations(t asic.Tile) int {
	t.K0, t.K1 = 0, 0
	slot := k.find(k.a, k.inA, t, func(slot int) (load int64) {
		bytes := k.product.ABytes(&t)
		if k.continues(t, slot) {
			prev := k.inA[k.last].tile
			load, bytes = k.FetchRows(k.product, &t, &prev, k.aAddr(k.last), k.aAddr(slot), k.a.Used[slot])
		} else {
			load = k.FetchA(k.product, &t, k.aAddr(slot), k.a.Used[slot])
		}
		k.Count(k.Unit(unitBuffer), asic.EvWrite, bytes)
		k.last = slot
		return load
	})
	return slot
}

// continues tells whether the rows above a tile lie in another slot.
func (k *layerWalk) continues(t asic.Tile, slot int) bool {
	if k.last < 0 || k.last == slot || !k.inA[k.last].full {
		return false
	}
	above := k.inA[k.last].tile
	above.Y0, above.Y1 = above.Y1, t.Y1
	return above == t
}

// groupOf finds a tile's filters in a slot, or loads them.
func (k *layerWalk) groupOf(t asic.Tile) int {
	t.Y0, t.Y1, t.I0, t.I1 = 0, 0, 0, 0
	if k.product.Space.SharedB {
		t.Batch = 0
	}
	return k.find(k.b, k.inB, t, func(slot int) int64 {
		k.Count(k.Unit(unitBuffer), asic.EvWrite, k.product.BBytes(&t))
		return k.FetchB(k.product, &t, k.bAddr(slot), k.b.Used[slot])
	})
}

func (k *layerWalk) find(ring *asic.Ring, slots []held, t asic.Tile, load func(slot int) int64) int {
	for i := range slots {
		if slots[i].full && slots[i].tile == t {
			return i
		}
	}
	slot := ring.Take()
	slots[slot] = held{t, true, load(slot)}
	return slot
}

func (k *layerWalk) aAddr(slot int) int64 { return int64(slot) * k.aBytes }

// bAddr is where a group of filters lies: at the end of the buffer, in a quarter of it
// if all groups keep to that.
func (k *layerWalk) bAddr(slot int) int64 {
	each := k.bBytes
	if k.apart(k.tiling) {
		each = k.quarter()
	}
	return int64(k.machine.cfg.Buffer.Size) - int64(slot+1)*each
}

// quarter is what one group of filters may take.
func (r *run) quarter() int64 { return int64(r.machine.cfg.Buffer.Size) / filterShare }

// apart tells whether a layer's filters and activations keep to their halves.
func (r *run) apart(t *tiling) bool {
	return t.BSlots <= 2 && t.bBytes <= r.quarter() && int64(t.ASlots)*t.aBytes <= int64(r.machine.cfg.Buffer.Size)-2*r.quarter()
}

// ring gives a layer its slots for filters. Where it and the one before keep filters
// and activations apart, they need not wait for the layer before to end.
func (r *run) ring(w *asic.Walk, t *tiling) *asic.Ring {
	if !r.apart(t) {
		r.filters = nil
		return w.NewRing(t.BSlots)
	}
	if r.filters == nil {
		r.filters = w.NewRing(2)
	}
	return r.filters
}

// outAddr is where results wait to be stored, and operands beside the sums to be
// added: in the post station's own queues, behind the buffer.
func (k *layerWalk) outAddr(slot int) int64 {
	return int64(k.machine.cfg.Buffer.Size) + int64(slot)*k.machine.queueBytes(k.product)
}

// part emits one array command, and where it is the last of its sums what follows it.
func (k *layerWalk) part(t, whole asic.Tile, a, b int) {
	s, cfg := &k.product.Space, &k.machine.cfg
	slot := k.groups % len(k.sums)
	c := asic.Command{Edges: cfg.edges(s, &t)}
	if !k.begun {
		c.Edges, k.begun = c.Edges+cfg.Array.Start+cfg.Array.Pipeline, true
	}
	c.After.Wait(asic.Load, max(k.inA[a].loaded, k.inB[b].loaded))
	if t.C0 == 0 {
		c.After.Join(k.sums[slot])
	}
	c.Begin, c.End = k.MultiplyPart(k.product, t, whole, k.aAddr(a), k.bAddr(b), asic.Sums{Group: k.groups, Slot: slot}, t.C0 == 0)
	done := k.Emit(asic.Array, c)
	k.a.Used[a].Wait(asic.Array, done)
	k.b.Used[b].Wait(asic.Array, done)
	k.count(&t, int64(c.Edges))
	if t.C1 == s.C {
		k.finish(t, slot, done)
		k.groups++
	}
}

// finish emits the post command and the store of a part's results.
func (k *layerWalk) finish(t asic.Tile, slot int, done int64) {
	elements := int64(k.product.Outputs(&t))
	out := k.results.Take()
	c := asic.Command{Edges: k.PostEdges(k.product, elements), After: k.results.Used[out]}
	c.After.Wait(asic.Array, done)
	beside := -1
	if k.product.Extra() != nil {
		beside = k.extra.Take()
		c.After.Wait(asic.Load, k.FetchExtra(k.product, &t, k.outAddr(2+beside), k.extra.Used[beside]))
	}
	c.End = k.Finish(k.product, t, asic.Sums{Group: k.groups, Slot: slot}, k.outAddr(out), k.outAddr(2+max(beside, 0)))
	var after asic.Fence
	posted := k.Emit(asic.Post, c)
	after.Wait(asic.Post, posted)
	k.sums[slot].Wait(asic.Post, posted)
	if beside >= 0 {
		k.extra.Used[beside].Wait(asic.Post, posted)
	}
	k.results.Used[out].Wait(asic.Store, k.KeepOut(k.product, &t, k.outAddr(out), after))
}

// count books the events of one array command. Each edge an atom of activations is
// read; filters are read once for each run of outputs that the cells hold them for.
func (k *layerWalk) count(t *asic.Tile, edges int64) {
	cfg := &k.machine.cfg
	cell := int64(k.product.A.Type.CellBytes())
	k.Count(k.Unit(unitArray), evMAC, k.product.MACs(t))
	k.Count(k.Unit(unitArray), evEdges, edges)
	atom := int64(min(t.Channels(), cfg.Array.AtomicC))
	const run = 32 // outputs that an entry of the sums' memory makes room for
	runs := int64(unit.CeilDiv(t.Images()*t.Rows()*k.product.Space.OW, run))
	filters := k.product.BBytes(t) * runs
	k.Count(k.Unit(unitArray), evFilters, filters)
	k.Count(k.Unit(unitBuffer), asic.EvRead, edges*atom*cell+filters)
	k.Count(k.Unit(unitSums), asic.EvRead, 4*edges*int64(min(t.Filters(), cfg.Array.AtomicK))/int64(max(1, k.product.Space.R*k.product.Space.S)))
	k.Count(k.Unit(unitSums), asic.EvWrite, 4*edges*int64(min(t.Filters(), cfg.Array.AtomicK))/int64(max(1, k.product.Space.R*k.product.Space.S)))
}
