package mapping

// load is a transfer into the buffer or the FIFO; it returns when it is there.
func (p *pace) load(edges, port, free float64) float64 {
	slot := p.flying.take()
	p.issued = max(p.issued, free, p.flying.free[slot])
	for i := range 2 {
		j := (p.tiles + i) % 2
		if p.pending[j] > 0 && p.pending[j] < p.issued {
			p.store(j)
		}
	}
	ready := max(p.transfer(p.issued, edges, false)+p.t.Latency, p.issued+port)
	p.flying.free[slot] = ready
	return ready
}

// transfer passes the memory, which turns around between loads and stores.
func (p *pace) transfer(from, edges float64, write bool) float64 {
	begin := max(from, p.memory)
	if p.writes != write {
		begin = max(begin, p.memory+p.t.Turnaround)
		p.writes = write
	}
	p.memory = begin + edges
	return p.memory
}

// array follows the folds of one stationary tile. stream is when the last of them has streamed.
func (p *pace) array(w *work, aReady, bReady float64, held bool) {
	room := p.drained[p.tiles%2]
	start := max(aReady, room, p.stream)
	if !held {
		start = max(start, max(bReady, p.taken)+float64(p.t.Rows))
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
		slot = p.x.take()
		from = max(from, p.load(w.extra, 0, p.x.free[slot]))
	}
	if w.stored > 0 {
		if p.pending[bank] > 0 {
			p.store(bank)
		}
		from = max(from, p.out[bank])
	}
	p.vector = max(from+w.drain, results)
	p.drained[bank], p.x.free[slot] = p.vector, p.vector
	if w.stored > 0 {
		p.pending[bank], p.size[bank] = p.vector, w.stored
	}
	p.end = max(p.end, p.vector)
	p.tiles++
}

// store passes a tile's results to the memory.
func (p *pace) store(bank int) {
	p.out[bank] = p.transfer(p.pending[bank], p.size[bank], true)
	p.pending[bank] = 0
	p.end = max(p.end, p.out[bank]+p.t.Latency)
}

// flush stores what is left.
func (p *pace) flush() {
	for i := range 2 {
		if j := (p.tiles + i) % 2; p.pending[j] > 0 {
			p.store(j)
		}
	}
}
