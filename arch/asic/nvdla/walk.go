package nvdla

import (
	"nnsim/arch/asic"
	"nnsim/mapping"
	"nnsim/unit"
	"nnsim/workloads"
)

// layerWalk writes the commands of one layer.
type layerWalk struct {
	*asic.Walk
	*tiling
	*run
	product *asic.Product
	pooling *asic.Pooling // nil: none
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
	most    int        // groups and images of a layer that are walked over; 0: all
}

// walk is the chassis' hook.
func (r *run) walk(w *asic.Walk, lp *mapping.LayerPlan) error {
	waiting := r.machine.cfg.Memory.Outstanding
	k := &layerWalk{Walk: w, tiling: lp.Custom.(*tiling), run: r, product: asic.NewProduct(lp.Layer), results: w.NewRing(waiting), extra: w.NewRing(waiting),
		sums: []asic.Fence{w.Fence, w.Fence}, last: -1}
	k.a, k.b = w.NewRing(k.ASlots), r.ring(w, k.tiling)
	k.inA, k.inB = make([]held, k.ASlots), make([]held, len(k.b.Used))
	s := &k.product.Space
	if k.pooling = k.product.Pooling(); k.pooling != nil {
		w.SampleAll()
	} else {
		w.Sample(s.Batch * s.Groups * unit.CeilDiv(s.Images, k.Images) * k.parts(s))
	}
	repeats := 0
	for batch := range s.Batch {
		for group := range s.Groups {
			for i := 0; i < s.Images; i += k.Images {
				if repeats++; r.most > 0 && repeats > r.most {
					return nil
				}
				k.images(asic.Tile{Batch: batch, Group: group, I0: i, I1: min(i+k.Images, s.Images)})
			}
		}
	}
	return nil
}

// parts is how many groups of sums the results of the images that pass together are made in.
func (t *tiling) parts(s *workloads.Matrix) int {
	rows, filters := 0, 0
	for y := 0; y < s.OH; y += t.Y {
		rows += unit.CeilDiv(min(t.Y, s.OH-y), t.Part)
	}
	for k := 0; k < s.K; k += t.K {
		filters += unit.CeilDiv(min(t.K, s.K-k), t.Each)
	}
	return rows * filters
}

// images walks over filters and rows of the images that pass together, in the tiling's order.
func (k *layerWalk) images(t asic.Tile) {
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
		for filter := t.K0; filter < t.K1; filter += k.Each {
			part := t
			part.K0, part.K1 = filter, min(filter+k.Each, t.K1)
			for y := t.Y0; y < t.Y1; y += k.Part {
				part.Y0, part.Y1 = y, min(y+k.Part, t.Y1)
				k.part(part, t, a, b)
			}
		}
	}
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

// outAddr is where results wait to be stored: in the post station's own queue, behind the buffer.
func (k *layerWalk) outAddr(slot int) int64 {
	return int64(k.machine.cfg.Buffer.Size) + int64(slot)*k.machine.queueBytes(k.product, k.tiling)
}

// besideAddr is where operands wait that are added to the sums: in a queue behind that.
func (k *layerWalk) besideAddr(slot int) int64 {
	return k.outAddr(k.machine.cfg.Memory.Outstanding + slot)
}

// part emits one array command, and where it is the last of its sums what follows it.
func (k *layerWalk) part(t, whole asic.Tile, a, b int) {
	s, cfg := &k.product.Space, &k.machine.cfg
	slot := k.groups % len(k.sums)
	w := k.worth(t, whole)
	c := asic.Command{Edges: max(1, w.edges)} // where a part before it has taken them all
	if !k.begun {
		c.Edges, k.begun = c.Edges+cfg.Array.Start+cfg.Array.Pipeline, true
	}
	c.After.Wait(asic.Load, k.filtersHere(b, &t))
	c.After.Wait(asic.Load, k.rowsHere(a, &t))
	if t.C0 == 0 {
		c.After.Join(k.sums[slot])
	}
	c.Begin, c.End = k.MultiplyPart(k.product, t, whole, k.aAddr(a), k.bAddr(b)+k.before(t, whole), asic.Sums{Group: k.groups, Slot: slot}, t.C0 == 0, k.arithmetic())
	done := k.Emit(asic.Array, c)
	k.a.Used[a].Wait(asic.Array, done)
	k.b.Used[b].Wait(asic.Array, done)
	k.count(&t, w, c.Edges)
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
		c.After.Wait(asic.Load, k.FetchExtra(k.product, &t, k.besideAddr(beside), k.extra.Used[beside]))
	}
	if k.pooling != nil { // at the rate of its processor
		c.Edges = max(c.Edges, unit.Cycles(unit.CeilDiv(elements, int64(k.machine.cfg.Vector.Planar))))
		c.End = k.FinishPooled(k.product, t, asic.Sums{Group: k.groups, Slot: slot}, k.outAddr(out), k.besideAddr(max(beside, 0)))
	} else {
		c.End = k.Finish(k.product, t, asic.Sums{Group: k.groups, Slot: slot}, k.outAddr(out), k.besideAddr(max(beside, 0)))
	}
	var after asic.Fence
	posted := k.Emit(asic.Post, c)
	after.Wait(asic.Post, posted)
	k.sums[slot].Wait(asic.Post, posted)
	if beside >= 0 {
		k.extra.Used[beside].Wait(asic.Post, posted)
	}
	k.results.Used[out] = after
	switch {
	case k.pooling == nil:
		k.results.Used[out].Wait(asic.Store, k.KeepOut(k.product, &t, k.outAddr(out), after))
	case !k.pooling.Made(&t).Empty():
		k.results.Used[out].Wait(asic.Store, k.KeepPooled(k.product, &t, k.outAddr(out), after))
	}
}

// before is how far into a slot of filters those of a part lie.
func (k *layerWalk) before(t, whole asic.Tile) int64 {
	whole.K1 = t.K0
	return k.product.BBytes(&whole)
}

// arithmetic is how values are multiplied.
func (k *layerWalk) arithmetic() asic.Arithmetic {
	if k.Mode == winograd {
		return multiplyWinograd
	}
	return nil
}
