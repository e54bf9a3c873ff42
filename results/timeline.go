package results

// Timeline is what units did when, as stretches of one state each, for machines
// that can tell. It holds a limited number of stretches: where there would be more,
// the short ones are put together and say how much of their time went where.
type Timeline struct {
	Tracks []*Track
	most   int // stretches in all
}

// NewTimeline makes a timeline that holds about so many stretches in all.
func NewTimeline(most int) *Timeline { return &Timeline{most: most} }

// Track adds a unit's track.
func (t *Timeline) Track(unit string) *Track {
	track := &Track{Unit: unit, line: t, grain: 1}
	t.Tracks = append(t.Tracks, track)
	return track
}

// Track is the time of one unit: stretches in order, none over another. Time that
// no stretch covers was idle.
type Track struct {
	Unit  string
	Spans []Span

	line  *Timeline
	grain int64 // stretches that lie within one window of so many edges are put together
	layer int
	bytes int64 // of the work to come
}

// Span is a stretch of a unit's time, edges From to To. Cycles says how long it was
// in each state; in the finest timeline one of them is the whole stretch.
type Span struct {
	From, To int64
	Layer    int
	Cycles   [states]int64
	Bytes    int64 // moved by the work in it
}

// State is the one state of the stretch; false where it holds several.
func (s *Span) State() (State, bool) {
	for state, n := range s.Cycles {
		if n == s.To-s.From {
			return State(state), true
		}
	}
	return Idle, false
}

// serve notes what the next stretches are for.
func (t *Track) serve(layer int, bytes int64) {
	t.layer = layer
	t.bytes += bytes
}

// add appends a stretch.
func (t *Track) add(state State, from, to int64) {
	if from >= to || state == Idle {
		return
	}
	s := Span{From: from, To: to, Layer: t.layer}
	s.Cycles[state] = to - from
	if state == Busy {
		s.Bytes, t.bytes = t.bytes, 0
	}
	t.append(s)
}

// mix appends a stretch of several states.
func (t *Track) mix(from, to int64, cycles [states]int64) {
	cycles[Idle] = 0
	if from >= to || cycles == [states]int64{} {
		return
	}
	t.append(Span{From: from, To: to, Layer: t.layer, Cycles: cycles, Bytes: t.bytes})
	t.bytes = 0
}

// append appends a stretch, and puts stretches together where they are too many.
func (t *Track) append(s Span) {
	t.Spans = t.put(t.Spans, s)
	for len(t.Spans) > max(1, t.line.most/len(t.line.Tracks)) && t.grain < 1<<40 {
		t.coarsen()
	}
}

// put appends a stretch to a list, or to its last where both lie in one window and
// belong to one layer.
func (t *Track) put(list []Span, s Span) []Span {
	if n := len(list); n > 0 && t.grain > 1 {
		last := &list[n-1]
		if window := last.From / t.grain; window == (s.To-1)/t.grain && last.Layer == s.Layer {
			last.To = s.To
			last.Bytes += s.Bytes
			for state, cycles := range s.Cycles {
				last.Cycles[state] += cycles
			}
			return list
		}
	}
	return append(list, s)
}

// coarsen doubles the window and puts together what then lies in one.
func (t *Track) coarsen() {
	t.grain *= 2
	kept := t.Spans[:0]
	for _, s := range t.Spans {
		kept = t.put(kept, s)
	}
	t.Spans = kept
}

// Watch has the unit's states recorded on a track of a timeline; nil records nothing.
func (s *Stats) Watch(t *Timeline) {
	if t != nil {
		s.track = t.Track(s.Name)
	}
}

// Serve tells a recorded unit's track which layer its next stretches are for, and
// how many bytes its next work moves.
func (s *Stats) Serve(layer int, bytes int64) {
	if s.track != nil {
		s.track.serve(layer, bytes)
	}
}
