package dram

// run is our controller's policy, cycle by cycle, until all is served.
func (w *twin) run(cycles int64) {
	for t := int64(0); t < cycles; t++ {
		w.dueAt(t)
		row := w.refresh(t)
		if !row || w.dual {
			column := w.column(t)
			if !row && (!column || w.dual) {
				w.rowCommand(t)
			}
		}
		w.take(t)
		r, n := len(w.waiting[0]), len(w.waiting[1])
		if w.mode == 1 && (n == 0 || r > 0 && n <= w.config.Low) {
			w.mode = 0
		} else if w.mode == 0 && (n >= w.config.High || r == 0 && n > 0 && t+1 >= w.quiet+int64(w.config.Idle)) {
			w.mode = 1
		}
		owed := false
		for _, l := range w.waiting[w.data] {
			owed = owed || w.isHit(l) && w.used[key(l.where)] == 0
		}
		if !owed {
			w.data = w.mode
		}
	}
}

// capped tells whether a bank's row has served enough while an older line waits.
func (w *twin) capped(l twinLine) bool {
	for _, o := range w.waiting[w.mode] {
		if key(o.where) == key(l.where) {
			return !w.isHit(o) && w.used[key(l.where)] >= w.config.Cap
		}
	}
	return false
}

func (w *twin) column(t int64) bool {
	k := RD + Kind(w.data)
	for i, l := range w.waiting[w.data] {
		if !w.isHit(l) || w.held(l.where) || !w.may(k, l.where, t) {
			continue
		}
		if w.data == w.mode && w.capped(l) || w.data != w.mode && w.used[key(l.where)] > 0 {
			continue
		}
		w.send(k, l.where, t)
		if k == RD {
			w.quiet = t
			delay, _ := w.part.Timing.Eval(w.part.Standard.Read)
			w.hash += Mix(l.line, t+int64(delay))
		}
		w.waiting[w.data] = append(append([]twinLine{}, w.waiting[w.data][:i]...), w.waiting[w.data][i+1:]...)
		return true
	}
	return false
}

func (w *twin) rowCommand(t int64) bool {
	seen := map[[3]int]bool{}
	for _, l := range w.waiting[w.mode] {
		if seen[key(l.where)] {
			continue
		}
		seen[key(l.where)] = true
		if w.held(l.where) {
			continue
		}
		r, isOpen := w.open(l.where)
		if !isOpen && w.may(ACT, l.where, t) {
			w.send(ACT, l.where, t)
			return true
		}
		if isOpen && !w.isHit(l) && (w.capped(l) || !w.anyHit(l)) && !w.owed(l) && w.may(PRE, l.where, t) {
			c := l.where
			c.Row = r
			w.send(PRE, c, t)
			return true
		}
	}
	return w.config.Page == "closed" && w.closeIdle(t)
}

// anyHit tells whether a line of the present mode waits for the open row of a bank.
func (w *twin) anyHit(l twinLine) bool {
	for _, o := range w.waiting[w.mode] {
		if key(o.where) == key(l.where) && w.isHit(o) {
			return true
		}
	}
	return false
}

// owed tells whether a bank's row was opened for a line of the other kind that still waits.
func (w *twin) owed(l twinLine) bool {
	for _, o := range w.waiting[1-w.mode] {
		if key(o.where) == key(l.where) && w.isHit(o) && w.used[key(l.where)] == 0 {
			return true
		}
	}
	return false
}

// closeIdle closes the first row that no line waits for.
func (w *twin) closeIdle(t int64) bool {
	s := w.part.Shape
	for flat := range s.Sides() * s.PerSide() {
		c := Command{Rank: flat / s.PerSide(), Group: flat % s.PerSide() / s.Banks, Bank: flat % s.Banks}
		r, ok := w.open(c)
		wanted := false
		for _, l := range append(append([]twinLine{}, w.waiting[0]...), w.waiting[1]...) {
			wanted = wanted || key(l.where) == key(c) && w.isHit(l)
		}
		if ok && !wanted && !w.held(c) && w.may(PRE, c, t) {
			c.Row = r
			w.send(PRE, c, t)
			return true
		}
	}
	return false
}
