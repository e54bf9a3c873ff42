package systolic

import (
	"fmt"

	"nnsim/unit"
)

// Passes are the folds in order, with the edges found so far.
func (s *Stepper) Passes() []Pass { return s.feed.passes }

// Edge is the number of edges stepped.
func (s *Stepper) Edge() unit.Edge { return s.edge }

// Done tells that the last result has left.
func (s *Stepper) Done() bool { return s.feed.first == len(s.feed.passes) }

// Cycles is the duration from the first shift to the edge after which the last result has left.
func (s *Stepper) Cycles() unit.Cycles {
	if !s.Done() {
		return 0
	}
	begin := s.feed.passes[0].Start
	if load := s.feed.passes[0].Load; load >= 0 {
		begin = load
	}
	return unit.Cycles(s.feed.passes[len(s.feed.passes)-1].End - begin)
}

// Run steps to the end.
func (s *Stepper) Run() error {
	for !s.Done() {
		if err := s.Step(); err != nil {
			return err
		}
	}
	return nil
}

// Step moves everything by one edge.
func (s *Stepper) Step() error {
	if s.edge > s.limit {
		return fmt.Errorf("stepper: pass %d of %d has not ended by edge %d: %s %s", s.feed.first+1, len(s.feed.passes), s.edge, s.loadWaits, s.streamWaits)
	}
	s.streamWaits = s.startStream()
	s.loadWaits = s.startLoad()
	if err := s.grid.step(&s.feed, s.edge); err != nil {
		return fmt.Errorf("stepper: edge %d: %w", s.edge, err)
	}
	s.edge++
	if err := s.collect(); err != nil {
		return err
	}
	s.count()
	return nil
}

// startStream lets the next stream begin at this edge, or says why it cannot.
func (s *Stepper) startStream() string {
	if s.starts == len(s.feed.passes) {
		return ""
	}
	p := &s.feed.passes[s.starts]
	begins := s.feed.os || p.Held // its stream is the first thing it does
	if !begins && p.Load < 0 {
		return fmt.Sprintf("tile %d has not begun to load", p.tile+1)
	}
	if s.starts > 0 {
		if before := s.feed.passes[s.starts-1]; s.edge < before.Start+unit.Edge(before.To-before.From) {
			return "the left ports are taken"
		}
	}
	if why := s.waits(s.starts, p.Moving, begins); why != "" {
		return why
	}
	p.Start = s.edge
	if err := s.try(p.To - p.From + 2*s.grid.rows + s.grid.cols); err != nil {
		p.Start = -1
		return err.Error()
	}
	s.starts++
	return ""
}

// startLoad lets the next stationary tile begin to shift in at this edge, or says why it cannot.
func (s *Stepper) startLoad() string {
	for s.loads < len(s.feed.passes) && (s.feed.os || s.feed.passes[s.loads].Held) {
		s.loads++ // nothing to load
	}
	if s.loads == len(s.feed.passes) {
		return ""
	}
	p := &s.feed.passes[s.loads]
	if s.loaded >= 0 && s.edge < s.loaded+unit.Edge(s.grid.rows) {
		return "the top ports are taken"
	}
	if why := s.waits(s.loads, p.Stationary, true); why != "" {
		return why
	}
	p.Load = s.edge
	if err := s.try(s.grid.rows + s.grid.cols); err != nil {
		p.Load = -1
		return err.Error()
	}
	s.loads, s.loaded = s.loads+1, s.edge
	return ""
}

// waits says which operand is missing, if one is. Where a pass begins with what is
// asked for and has nothing to do before, or folds do not overlap, it waits for
// all its operands, and without overlap for the last result of the pass before.
func (s *Stepper) waits(i int, arrival unit.Edge, begins bool) string {
	p := &s.feed.passes[i]
	if begins && (s.feed.os || !s.full) {
		arrival = max(arrival, p.Moving)
		if !p.Held {
			arrival = max(arrival, p.Stationary)
		}
	}
	switch {
	case s.edge < arrival:
		return fmt.Sprintf("operands of fold %d are not there", i+1)
	case begins && !s.full && s.feed.first < i:
		return "the array is not empty"
	}
	return ""
}

// try runs a copy of the array on with all that has been decided so far, and
// returns the first fault.
func (s *Stepper) try(edges int) error {
	s.trial.copyFrom(&s.grid)
	for e := s.edge; e < s.edge+unit.Edge(edges); e++ {
		if err := s.trial.step(&s.feed, e); err != nil {
			return err
		}
	}
	return nil
}

// collect adds what has just left the array to the accumulators outside, which
// tell results apart by the order in which each column gives them.
func (s *Stepper) collect() error {
	for j := range s.out {
		w := s.grid.leaving(j)
		s.out[j] = wire{word: w, to: -1}
		if !w.live {
			continue
		}
		if w.pass != s.turn[j] {
			return fmt.Errorf("stepper: edge %d: column %d gives a result of pass %d in the turn of pass %d", s.edge, j, w.pass+1, s.turn[j]+1)
		}
		p := &s.feed.passes[w.pass]
		row, col, total := p.Col+j, p.From+p.left[j], p.To-p.From
		if s.feed.os { // the bottom row leaves first
			row, col, total = p.Row+s.grid.rows-1-p.left[j], p.Col+j, s.grid.rows
		}
		if i := s.result.index(row, col); i >= 0 {
			s.Product[i] += w.value
			s.Counts.Writes++
			s.out[j].to = i
		}
		s.leave(p, j, total)
	}
	for s.feed.first < len(s.feed.passes) && s.feed.passes[s.feed.first].End >= 0 {
		s.feed.first++
	}
	return nil
}

// leave notes that one of a column's results of a pass has left.
func (s *Stepper) leave(p *Pass, col, total int) {
	if p.First < 0 {
		p.First = s.edge
	}
	p.left[col]++
	if p.left[col] == total {
		s.turn[col]++
		p.done++
	}
	if p.done == s.grid.cols {
		p.End = s.edge
	}
}

// count brings the counts of the array's ports up to date, by matrix.
func (s *Stepper) count() {
	c := &s.Counts
	c.MACs = s.grid.macs
	c.AReads, c.BReads = s.grid.west, s.grid.north
	if s.feed.stay.turned { // is: the stationary operand is A
		c.AReads, c.BReads = c.BReads, c.AReads
	}
}
