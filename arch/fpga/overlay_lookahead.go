package fpga

import "nnsim/unit"

// lookahead is the steps that a core has before it, of all its groups of images one after
// another: from the oldest whose end somebody may still ask for to the end of the layer
// that was begun last.
type lookahead struct {
	p       *program
	steps   int // in all
	spans   []stretch
	written int // steps written so far
	layer   int // the next to be written
	group   int // and of which group

	// The latest steps of the group that load weights, load activations and store, and the
	// store before that; -1: none.
	weights, acts int
	stores        [2]int
	first         int // step of the group
}

// stretch is the steps of a layer for a group of images.
type stretch struct {
	first int
	tasks []task
}

// task is a step for one group of images, and what is known of it.
type task struct {
	step
	group int

	// The steps whose products free the buffers of its weights and of its activations (-1: the
	// last of the group before), and the step whose store frees the one of its results (-1: it is free).
	freesW, freesA, room int

	pending  int       // pieces of loads on their way
	arrive   unit.Edge // the first of them
	loaded   unit.Edge // when all have come; unknown until then
	late     unit.Edge
	computed unit.Edge
	storing  int
	stored   unit.Edge
	last     unit.Edge
}

// at is a step by its number.
func (l *lookahead) at(i int) *task {
	for i >= l.written {
		l.write()
	}
	k := len(l.spans) - 1
	for i < l.spans[k].first {
		k--
	}
	return &l.spans[k].tasks[i-l.spans[k].first]
}

// write adds the steps of the next layer.
func (l *lookahead) write() {
	if l.layer == 0 {
		l.first, l.weights, l.acts, l.stores = l.written, -1, -1, [2]int{-1, -1}
	}
	from := &l.p.layers[l.layer]
	list := make([]task, 0, from.steps)
	l.p.each(from, func(s *step) {
		if !s.empty() {
			list = append(list, l.task(s))
			l.written++
		}
	})
	if n := len(list); n > 0 {
		list[0].opens, list[n-1].ends = true, from.silent
		l.spans = append(l.spans, stretch{l.written - n, list})
	}
	if l.layer++; l.layer == len(l.p.layers) {
		l.layer, l.group = 0, l.group+1
	}
}

// task makes the next step a task, behind those that use the same buffers.
func (l *lookahead) task(s *step) task {
	t := task{step: *s, group: l.group, freesW: l.before(l.weights), freesA: l.before(l.acts), room: l.stores[1],
		arrive: unknown, loaded: unknown, computed: unknown, stored: unknown}
	if t.weights > 0 {
		l.weights = l.written
	}
	if t.acts > 0 {
		l.acts = l.written
	}
	if t.store > 0 {
		l.stores = [2]int{l.written, l.stores[0]}
	}
	return t
}

// before is the step before the one that used a buffer last: when its products are done,
// those of the step before that have left the other buffer. -1: that is in the group before.
func (l *lookahead) before(last int) int {
	if last <= l.first {
		return -1
	}
	return last - 1
}

// forget drops the layers of which nothing will be asked again, once all queues have passed a step.
func (l *lookahead) forget(passed int) {
	t, i := l.at(passed), passed-1
	if t.room < 0 { // a later step may wait for the first store of its group
		i = min(i, t.group*l.p.steps)
	}
	for _, needed := range []int{t.freesW, t.freesA, t.room} {
		if needed >= 0 {
			i = min(i, needed)
		}
	}
	for len(l.spans) > 1 && l.spans[1].first <= i {
		l.spans[0].tasks = nil
		l.spans = l.spans[1:]
	}
}
