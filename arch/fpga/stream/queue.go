package stream

// queue is a FIFO as a stage, for pipelines whose ends are bare ports: the same
// registers as a Link's.
type queue struct {
	in, out       *Link
	inner         *Link
	entered, left int64
	states        states
}

func newQueue(depth int, in, out *Link) *queue {
	return &queue{in: in, out: out, inner: NewFIFO("inner", depth, in.perFrame)}
}

func (q *queue) run() (moved bool) {
	for q.give() || q.load() {
		moved = true
	}
	return moved
}

func (q *queue) load() bool {
	room, known := q.inner.room(q.entered + 1)
	if !known {
		return false
	}
	at, known := q.in.offer(room)
	if !known {
		return false
	}
	q.in.take(at)
	q.inner.put(at)
	q.entered = at
	q.states.busy++
	q.states.input += at - room
	return true
}

func (q *queue) give() bool {
	offered, known := q.inner.offer(q.left + 1)
	if !known {
		return false
	}
	at, known := q.out.room(offered)
	if !known {
		return false
	}
	q.inner.take(at)
	q.out.put(at)
	q.states.output += at - offered
	q.left = at
	return true
}

func (q *queue) cut(s *snapshot) {
	s.at(q.entered)
	s.at(q.left)
	q.inner.cut(s)
}

func (q *queue) move(cycles int64) {
	q.entered, q.left = q.entered+cycles, q.left+cycles
	q.inner.move(cycles)
}

func (q *queue) ports() (in, out []*Link) { return []*Link{q.in}, []*Link{q.out} }
func (q *queue) spent() states            { return q.states }

// wire joins two ports with nothing between: a token crosses both in one cycle.
type wire struct {
	in, out *Link
	last    int64
	states  states
}

func (w *wire) run() (moved bool) {
	for {
		at := w.last + 1
		for {
			offered, known := w.in.offer(at)
			if !known {
				return moved
			}
			if at, known = w.out.room(offered); !known {
				return moved
			}
			if at == offered {
				break
			}
		}
		w.in.take(at)
		w.out.put(at)
		w.states.busy++
		w.last, moved = at, true
	}
}

func (w *wire) cut(s *snapshot) { s.at(w.last) }

func (w *wire) move(cycles int64) { w.last += cycles }

func (w *wire) ports() (in, out []*Link) { return []*Link{w.in}, []*Link{w.out} }
func (w *wire) spent() states            { return w.states }
