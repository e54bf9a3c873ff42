package mapping

import "math"

// load is a transfer into the next slot of a ring; it returns the slot and when it is
// there. behind is the ring of the load that comes next, if one is sure to.
func (p *pace) load(addr, bytes int64, port float64, into, behind *slotTimes) (slot int, ready float64) {
	slot, f := p.ask(addr, bytes, port, into)
	return slot, p.settle(f, behind)
}

// flight is a load on its way: when it was asked for, has passed the memory's pins
// unless writes go before its last bytes, and has passed the buffer's port.
type flight struct {
	issued, pins, port float64
	place              int
}

// ask issues a load into the next slot of a ring.
func (p *pace) ask(addr, bytes int64, port float64, into *slotTimes) (slot int, f flight) {
	slot = into.take()
	f.place = p.flying.take()
	p.issued = max(p.issued, into.free[slot], p.flying.free[f.place])
	p.storeBefore(p.issued)
	f.issued, f.pins, f.port = p.issued, p.memory.load(p.issued, addr, bytes), p.issued+port
	p.flying.free[f.place] = f.pins + p.memory.Latency
	return slot, f
}

// settle finds when a load is there: stores that come to the memory before the load
// behind it, and are so many writes that they go before the last of the reads, hold it up.
func (p *pace) settle(f flight, behind *slotTimes) float64 {
	m, next := &p.memory, math.Inf(1)
	if behind != nil {
		next = max(f.issued, behind.free[behind.next])
	}
	for m.High > 0 && p.storeBefore(min(f.pins-m.Fill, next)) {
		f.pins = m.loaded(f.pins)
	}
	ready := max(f.pins+m.Latency, f.port, p.landed)
	p.flying.free[f.place], p.landed = ready, ready
	return ready
}

// storeBefore stores what may be stored before some time, and tells whether there was anything.
func (p *pace) storeBefore(time float64) (any bool) {
	for i := range 2 {
		j := (p.tiles + i) % 2
		if from := p.pending[j].from; from > 0 && from < time {
			p.store(j)
			any = true
		}
	}
	return any
}

// array follows the folds of one stationary tile. stream is when the last of them has streamed.
func (p *pace) array(w *work, aReady, bReady float64, held bool) {
	room := p.drained[p.tiles%2]
	start := max(aReady, room, p.stream)
	if !held {
		start = max(start, max(aReady, bReady, p.taken)+float64(p.t.Rows)) // a command's loads are waited for together
		if p.t.Dataflow == OS {
			start = max(aReady, bReady, room, p.stream)
		}
	}
	p.taken = start + (w.folds-1)*w.pitch
	p.stream = p.taken + w.length
	if p.t.FoldOverhead > 0 {
		p.stream = p.taken + w.pitch
	}
}

// finish drains a tile and asks for its store.
func (p *pace) finish(w *work) {
	bank := p.tiles % 2
	results := p.stream + p.tail
	from := max(p.vector, results-w.chase)
	slot := 0
	if w.extra > 0 {
		var ready float64
		slot, ready = p.load(p.at.extra, w.extra, 0, &p.x, nil)
		from = max(from, ready)
	}
	if w.stored > 0 {
		if p.pending[bank].from > 0 {
			p.store(bank)
		}
		from = max(from, p.out[bank])
	}
	p.vector = max(from+w.drain, results)
	done := p.vector + p.t.VectorLatency
	p.drained[bank], p.x.free[slot] = done, done
	if w.stored > 0 {
		p.pending[bank] = pendingStore{done, p.at.out(), w.stored}
	}
	p.end = max(p.end, done)
	p.tiles++
}

// store passes a tile's results to the memory, which has them when its controller
// holds the last of them.
func (p *pace) store(bank int) {
	s, m := &p.pending[bank], &p.memory
	p.out[bank] = m.store(s.from, s.addr, s.bytes) + m.Latency
	s.from = 0
	p.end = max(p.end, p.out[bank])
}

// flush stores what is left.
func (p *pace) flush() {
	for i := range 2 {
		if j := (p.tiles + i) % 2; p.pending[j].from > 0 {
			p.store(j)
		}
	}
}
