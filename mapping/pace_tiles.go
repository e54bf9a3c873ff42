package mapping

// tile follows one output tile.
func (p *pace) tile(first bool, o, i int) {
	n := p.n
	row, col := o, i
	if n.Order == ColsOuter {
		row, col = i, o
	}
	which := 0
	if row%p.rows.count == p.rows.count-1 {
		which |= 1
	}
	if col == p.cols.count-1 {
		which |= 2
	}
	w := &p.works[which]
	p.row = row
	p.at.tile(row, col)
	needA, needB := p.needs(first, i)
	fresh := first
	if n.Order == ColsOuter {
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
	p.finish(w)
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

// behind is the ring that the load after one of a chunk goes to; nil: none may come for long.
func (p *pace) behind(needA, needB, lastChunk, moreB bool) *slotTimes {
	switch {
	case moreB, !lastChunk && needB && !needA, lastChunk && !p.nextA && p.nextB:
		return &p.b
	case !lastChunk && needA, lastChunk && p.nextA:
		return &p.a
	}
	return nil
}

// chunk follows one load of A and the stationary tiles it meets.
func (p *pace) chunk(which, chunk int, needA, needB, held bool) {
	var aReady float64
	aSlot := -1
	if w := &p.works[which]; needA {
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
	back := (p.aDistance - chunk) % p.a.count
	return (p.a.next - back + p.a.count) % p.a.count
}
