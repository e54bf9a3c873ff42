package mapping

// early is the loads of A of a tile to come, which have gone ahead because their slots
// were free: the loader does not wait for the array.
type early struct {
	valid bool
	slots [mostEarly]int
	loads [mostEarly]flight
}

// mostEarly: tiles of more loads are not looked ahead for.
const mostEarly = 32

// tile follows output tile i of outer tile o, counted through all groups.
func (p *pace) tile(o, i int) {
	row, col := p.enter(o, i)
	which := p.lasts(row, col)
	first := o%p.outer == 0
	needA, needB := p.needs(first, i)
	p.nextA, p.nextB = false, false
	nextO, nextI, more := p.after(o, i)
	if more {
		p.nextA, p.nextB = p.needs(nextO%p.outer == 0, nextI)
	}
	if p.nextA && p.memory.High > 0 {
		r, c := p.enter(nextO, nextI)
		p.nextAddr, p.nextBytes = p.at.a(0), p.works[p.lasts(r, c)].loadA
		p.enter(o, i)
	}
	fresh := first
	if p.n.Order == ColsOuter {
		fresh = i == 0
	}
	held := !needB && p.held && !fresh
	p.repeat(p.chans.count, partsFollowed, p.chans.count, func(chunk int) {
		last := which
		if chunk == p.chans.count-1 {
			last |= 4
		}
		p.chunk(last, chunk, needA, needB, held)
	})
	p.pre.valid = p.pre.valid && !needA
	switch {
	case p.nextA && more:
		p.loadEarly(nextO, nextI)
	case i == 0 && !needB && p.n.Order == RowsOuter && o+1 < p.all: // the row's other tiles load nothing
		p.loadEarly(o+1, 0)
	}
	p.finish(&p.works[which])
}

// enter makes a tile the one at hand.
func (p *pace) enter(o, i int) (row, col int) {
	row, col = o%p.outer, i
	if p.n.Order == ColsOuter {
		row, col = i, o%p.outer
	}
	p.at.group = o / p.outer
	p.at.tile(row, col)
	p.row = row
	return row, col
}

// lasts tells which work a tile is: by whether it is the last of its rows, of its columns.
func (p *pace) lasts(row, col int) (which int) {
	if row%p.rows.count == p.rows.count-1 {
		which |= 1
	}
	if col == p.cols.count-1 {
		which |= 2
	}
	return which
}

// after is the tile behind one.
func (p *pace) after(o, i int) (nextO, nextI int, more bool) {
	if i+1 < p.inner {
		return o, i + 1, true
	}
	return o + 1, 0, o+1 < p.all
}

// loadEarly loads a tile to come, if the slots it fills are none that the tile at hand uses.
func (p *pace) loadEarly(o, i int) {
	n := p.chans.count
	if a, _ := p.needs(o%p.outer == 0, i); !a || p.pre.valid || n > mostEarly || p.a.count < 2*n {
		return
	}
	row, col := p.enter(o, i)
	which := p.lasts(row, col)
	for chunk := range n {
		if chunk == n-1 {
			which |= 4
		}
		w := &p.works[which]
		p.pre.slots[chunk], p.pre.loads[chunk] = p.ask(p.at.a(chunk), w.loadA, w.portA, &p.a)
	}
	p.pre.valid = true
}

// needs tells whether tile i of an outer one loads A and B. first: it is the first of a group.
func (p *pace) needs(first bool, i int) (a, b bool) {
	freshA, freshB := i == 0, i == 0
	if p.n.Order == ColsOuter {
		freshA = first // the first column of a group passes all rows for the first time
	} else {
		freshB = first
	}
	w := &p.works[0]
	return w.loadA > 0 && (freshA || p.aDistance > p.n.A.Count), w.loadB > 0 && (freshB || p.bDistance > p.b.count)
}

// behind is the ring that the load after one of a chunk goes to; nil: none may come for
// long, or none that keeps stores behind it from going before the last bytes of this one.
func (p *pace) behind(needA, needB, lastChunk, moreB bool) *slotTimes {
	switch {
	case moreB, !lastChunk && needB && !needA, lastChunk && !p.nextA && p.nextB:
		return &p.b
	case !lastChunk && needA:
		return &p.a
	case lastChunk && p.nextA && p.memory.fences(p.nextAddr, p.nextBytes):
		return &p.a
	}
	return nil
}

// chunk follows one load of A and the stationary tiles it meets.
func (p *pace) chunk(which, chunk int, needA, needB, held bool) {
	var aReady float64
	aSlot := -1
	if w := &p.works[which]; needA && p.pre.valid {
		aSlot, aReady = p.pre.slots[chunk], p.settle(p.pre.loads[chunk], p.behind(needA && which&4 > 0, needB, which&4 > 0, needB))
	} else if needA {
		aSlot, aReady = p.load(p.at.a(chunk), w.loadA, w.portA, &p.a, p.behind(needA, needB, which&4 > 0, needB))
	}
	reds := p.reds.count
	if which&4 > 0 {
		reds = p.lastReds.count
	}
	p.repeat(reds, partsFollowed, reds, func(r int) {
		w := &p.works[which]
		if r == reds-1 {
			w = &p.works[which|8]
		}
		if !needB {
			p.array(w, aReady, 0, held)
			return
		}
		slot, ready := p.load(p.at.b(chunk, r), w.loadB, w.portB, &p.b, p.behind(needA, needB, which&4 > 0, r < reds-1))
		p.array(w, aReady, ready, held)
		if p.b.free[slot] = p.stream + p.tail; p.t.FIFO > 0 {
			p.b.free[slot] = p.taken
		}
	})
	free := p.stream + p.tail // a command is complete with its last result
	if aSlot >= 0 {
		p.a.free[aSlot] = free
		return
	}
	p.a.free[p.holds(chunk)] = free
}

// holds is the slot of A that holds a chunk which is not loaded again.
func (p *pace) holds(chunk int) int {
	if p.n.AOnChip {
		return 0
	}
	if p.n.Order == ColsOuter {
		chunk += p.row * p.chans.count
	}
	back := p.aDistance - chunk
	if p.pre.valid {
		back += p.chans.count // which have been loaded behind them
	}
	back %= p.a.count
	return (p.a.next - back + p.a.count) % p.a.count
}
