package nvdla

import "nnsim/arch/asic"

// held is what a slot of the convolution buffer holds, or will: loads are emitted in the
// order in which the array comes to need what they bring, so that it can follow them.
type held struct {
	tile  asic.Tile
	full  bool
	free  asic.Fence // what the slot's room waits for
	loads []arrival
	more  func(from int) arrival // emits the load of what begins at a row or filter
}

// arrival is a load, and the row of the image or the filter up to which it brings the tile.
type arrival struct {
	upTo int
	load int64
}

// here is the load after which what lies before a row or filter is there. from is where
// the tile begins.
func (h *held) here(from, end int) int64 {
	for i := 0; ; i++ {
		if i == len(h.loads) {
			h.loads = append(h.loads, h.more(from))
		}
		if from = h.loads[i].upTo; from >= end {
			return h.loads[i].load
		}
	}
}

// find gives a tile its slot: the one it lies in, or the next; it is fresh then.
func find(ring *asic.Ring, slots []held, t asic.Tile) (slot int, fresh bool) {
	for i := range slots {
		if slots[i].full && slots[i].tile == t {
			return i, false
		}
	}
	slot = ring.Take()
	slots[slot] = held{tile: t, full: true, free: ring.Used[slot]}
	return slot, true
}

// rowsHere is the load after which the input rows of a part have come to a slot.
func (k *layerWalk) rowsHere(slot int, part *asic.Tile) int64 {
	h := &k.inA[slot]
	from, _ := k.product.InputRows(h.tile.Y0, h.tile.Y1)
	_, end := k.product.InputRows(part.Y0, part.Y1)
	return h.here(from, end)
}

// filtersHere is the load after which the filters of a part have.
func (k *layerWalk) filtersHere(slot int, part *asic.Tile) int64 {
	return k.inB[slot].here(k.inB[slot].tile.K0, part.K1)
}

// activations finds a tile's activations in a slot, or has them loaded, row after row, but
// for the rows that it shares with those that came last.
func (k *layerWalk) activations(t asic.Tile) int {
	t.K0, t.K1 = 0, 0
	slot, fresh := find(k.a, k.inA, t)
	if !fresh {
		return slot
	}
	shared, above := k.shared(t, slot), k.last
	lo, end := k.product.InputRows(t.Y0, t.Y1)
	step := max(1, int(int64(k.machine.cfg.Granule)*int64(end-lo)/max(1, k.product.ABytes(&t))))
	k.inA[slot].more = func(from int) arrival {
		h := &k.inA[slot]
		rows := asic.Strip{Lo: from, Hi: min(from+step, end)}
		if from < shared {
			rows.Hi = shared
			prev, after := k.inA[above].tile, h.free
			after.Wait(asic.Load, k.rowsHere(above, &prev))
			return arrival{shared, k.KeepStrip(k.product, &t, &prev, rows, k.aAddr(above), k.aAddr(slot), after)}
		}
		load, bytes := k.FetchStrip(k.product, &t, rows, k.aAddr(slot), h.free)
		k.Count(k.Unit(unitBuffer), asic.EvWrite, bytes)
		return arrival{rows.Hi, load}
	}
	k.last = slot
	return slot
}

// shared is the input row up to which a tile's rows lie in the slot of the tile above it; 0: none do.
func (k *layerWalk) shared(t asic.Tile, slot int) int {
	if k.last < 0 || k.last == slot || !k.inA[k.last].full {
		return 0
	}
	above := k.inA[k.last].tile
	_, had := k.product.InputRows(above.Y0, above.Y1)
	above.Y0, above.Y1 = above.Y1, t.Y1
	if above != t {
		return 0
	}
	_, end := k.product.InputRows(t.Y0, t.Y1)
	return min(had, end)
}

// groupOf finds a tile's filters in a slot, or has them loaded, some after others.
func (k *layerWalk) groupOf(t asic.Tile) int {
	t.Y0, t.Y1, t.I0, t.I1 = 0, 0, 0, 0
	if k.product.Space.SharedB {
		t.Batch = 0
	}
	slot, fresh := find(k.b, k.inB, t)
	if !fresh {
		return slot
	}
	k.inB[slot].more = func(from int) arrival {
		some := t
		some.K0, some.K1 = from, min(from+k.Each, t.K1)
		bytes := k.Mode.filterBytes(k.product, &some)
		k.Count(k.Unit(unitBuffer), asic.EvWrite, bytes)
		return arrival{some.K1, k.FetchForm(k.product, &some, bytes, k.bAddr(slot)+k.before(some, t), k.inB[slot].free)}
	}
	return slot
}
