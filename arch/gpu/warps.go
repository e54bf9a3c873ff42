package gpu

// The warps of one CTA, by macro-operations: what a slab takes on the pipes of an
// SM once its operands lie in shared memory.
//
//	warp, group g:   LDSM(g+1) ─▶ port of shared memory ─▶ registers
//	                 burst(g)  ─▶ pipe of its sub-core, n operations at an interval
//	last group:      wait for the next slab, barrier, LDSM(next, 0), burst
//
// A group is one step of the instruction along the reduction. Warps are dealt over
// the four sub-cores; a sub-core goes on with the warp it issued last while that
// is ready, else takes the oldest that is (greedy, then oldest). Reads are queued
// at the port as a group and have a dispatch of their own.

// subCores is the number of schedulers, each with its pipes, in an SM.
const subCores = 4

// barrierCost is the edges from the last warp's arrival at a barrier to the first
// instruction after it.
const barrierCost = 20

// slabWork is one CTA's slab, warp by warp.
type slabWork struct {
	warps  int
	groups int   // instruction steps along the reduction
	reads  int64 // wavefronts of shared memory a warp reads for a group
	ops    int64 // operations of a burst
	every  int64 // interval at which the pipe takes them
	delay  int64 // from a read's last wavefront to its use
}

// warp is where one warp stands.
type warp struct {
	slab, group int
	fresh       int64 // when it may go on: its last operation has issued
	data        int64 // when the operands of its present burst are in registers
	after       int64 // and those of the burst after it
	waiting     bool  // at the barrier of its last group
	done        bool
	seen        int64 // up to when it is known what it spends its edges on
}

// warpRun resolves the warps of one CTA.
type warpRun struct {
	w     slabWork
	slabs int
	warps []warp
	pipe  [subCores]int64 // when each pipe is free
	last  [subCores]int   // the warp each issued last
	port  int64           // when the port of shared memory is free
	at    int             // warps that have come to the barrier
	met   int64           // when the last of them came
	ends  []int64         // by slab: when its last operation has left the pipe
	watch func(warp int, why reason, from, to int64)
}

// resolve is the edge at which each of so many slabs is through the pipes, all
// operands being there at edge 0.
func (w slabWork) resolve(slabs int) []int64 { return w.watched(slabs, nil) }

// watched is resolve, and tells a listener what each warp spends its edges on, from
// edge 0 until its last operation has issued.
func (w slabWork) watched(slabs int, watch func(warp int, why reason, from, to int64)) []int64 {
	r := &warpRun{w: w, slabs: slabs, warps: make([]warp, w.warps), ends: make([]int64, slabs), watch: watch}
	for i := range r.last {
		r.last[i] = -1
	}
	for i := range r.warps {
		r.read(i, 0)
		r.warps[i].data = r.warps[i].after
		r.enter(i)
	}
	for {
		i, start := r.next()
		if i < 0 {
			return r.ends
		}
		r.burst(i, start)
	}
}

// read queues a warp's reads for the burst after its present one.
func (r *warpRun) read(i int, at int64) {
	p := &r.warps[i]
	if p.after = at; r.w.reads > 0 {
		r.port = max(r.port, at) + r.w.reads
		p.after = r.port + r.w.delay
	}
}

// enter brings a warp to a burst: past the reads for the one after it, and before
// them to the barrier if those are of another slab.
func (r *warpRun) enter(i int) {
	p := &r.warps[i]
	switch {
	case p.group < r.w.groups-1:
		r.read(i, p.fresh)
		return
	case p.slab == r.slabs-1:
		return
	}
	p.waiting = true
	r.at++
	r.met = max(r.met, p.fresh)
	if r.at < r.w.warps {
		return
	}
	for j := range r.warps {
		r.note(j, onBarrier, r.met+barrierCost)
		r.warps[j].waiting = false
		r.warps[j].fresh = r.met + barrierCost
		r.read(j, r.warps[j].fresh)
	}
	r.at, r.met = 0, 0
}

// next is the burst that starts first, and when; of several the oldest warp's, as reads are queued in that order.
func (r *warpRun) next() (warp int, start int64) {
	warp = -1
	for c := range subCores {
		if i, at := r.choose(c); i >= 0 && (warp < 0 || at < start || at == start && i < warp) {
			warp, start = i, at
		}
	}
	return warp, start
}

// choose is the warp that sub-core c issues next: the last one if it is ready when
// the pipe is free, else the oldest ready then, else the first to become ready.
func (r *warpRun) choose(c int) (best int, start int64) {
	best = -1
	for i := c; i < len(r.warps); i += subCores {
		p := &r.warps[i]
		if p.done || p.waiting {
			continue
		}
		at := max(r.pipe[c], p.fresh, p.data)
		if best < 0 || at < start || at == start && i == r.last[c] {
			best, start = i, at
		}
	}
	return best, start
}

// burst issues a warp's operations and moves it to its next group.
func (r *warpRun) burst(i int, start int64) {
	c, p := i%subCores, &r.warps[i]
	r.note(i, onShared, min(start, p.data-r.w.delay))
	r.note(i, onScore, min(start, p.data))
	r.note(i, onPipe, start)
	r.note(i, issuing, start+(r.w.ops-1)*r.w.every+1)
	r.pipe[c], r.last[c] = start+r.w.ops*r.w.every, i
	r.ends[p.slab] = max(r.ends[p.slab], r.pipe[c])
	p.fresh, p.data = start+(r.w.ops-1)*r.w.every+1, p.after
	if p.group++; p.group == r.w.groups {
		p.group, p.slab = 0, p.slab+1
	}
	if p.done = p.slab == r.slabs; !p.done {
		r.enter(i)
	}
}

// note tells the listener what a warp spends its edges on from those told before.
func (r *warpRun) note(i int, why reason, to int64) {
	p := &r.warps[i]
	if r.watch == nil || to <= p.seen {
		return
	}
	r.watch(i, why, p.seen, to)
	p.seen = to
}

// stay is edges that a warp spends on one thing.
type stay struct {
	warp     int
	why      reason
	from, to int64
}

// stays is what each warp spends its edges on over eight slabs, and their ends.
func (w slabWork) stays() (list []stay, ends []int64) {
	ends = w.watched(8, func(warp int, why reason, from, to int64) { list = append(list, stay{warp, why, from, to}) })
	return list, ends
}

// spent is what each warp spends its edges on over the slabs that steady looks at.
func (w slabWork) spent() [][reasons]int64 {
	stays, ends := w.stays()
	list := make([][reasons]int64, w.warps)
	for _, x := range stays {
		list[x.warp][x.why] += max(0, min(x.to, ends[5])-max(x.from, ends[1]))
	}
	return list
}

// steady is the edges from the end of one slab to the end of the next once the
// CTA has got going.
func (w slabWork) steady() int64 {
	ends := w.resolve(8)
	return (ends[5] - ends[1] + 3) / 4
}
