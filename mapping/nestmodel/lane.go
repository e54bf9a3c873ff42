package nestmodel

// lane is one tensor in one level that keeps it.
type lane struct {
	level, parent int // parent: the next level outward that keeps it
	tensor        Tensor
	sides         [axes]int64
	moves         [][axes]int64 // by loop
	first         int           // the innermost loop that lies outside the tile
	reach         int64         // words leave the parent's port once for each of so many different tiles

	// State.
	last  [axes]int64 // the move before, where known
	known bool
	ready int64 // when the next tile is there
	away  int64 // when the last tile of sums is stored
}

// lane lays out one tensor at one level.
func (s *track) lane(level int, t Tensor, pr *projection, first int) lane {
	l := lane{level: level, tensor: t, first: first, reach: 1}
	for l.parent = level + 1; ; l.parent++ {
		l.reach *= s.n.distinct(l.parent, pr)
		if s.n.Tilings[l.parent].Keeps[t] {
			break
		}
	}
	extent := s.n.extent(level)
	l.sides = pr.box(&extent)
	var back [axes]int64
	l.moves = make([][axes]int64, len(s.loops))
	at := 0
	for i := range s.n.Tilings {
		if i > level {
			for _, x := range s.n.Tilings[i].Spatial {
				extent[x.Dim] *= int64(x.Steps)
			}
		}
		loops := s.n.Tilings[i].Temporal
		for j := len(loops) - 1; j >= 0; j-- {
			if loops[j].Steps == 1 {
				continue
			}
			if i > level {
				shift := pr.stride(loops[j].Dim, extent[loops[j].Dim])
				for k := range shift {
					l.moves[at][k] = shift[k] - back[k]
					back[k] += shift[k]
				}
				extent[loops[j].Dim] *= int64(loops[j].Steps)
			}
			at++
		}
	}
	return l
}

// move takes a transfer's time from the ports: up is a store of sums. It returns when it is over.
func (s *track) move(l *lane, words int64, from int64, up bool) int64 {
	if words == 0 {
		return max(s.now, from)
	}
	if !up {
		s.time.Fetched[l.level][l.tensor] += words
	}
	out, in := &s.read[l.parent], &s.write[l.level]
	give, take := s.a.Levels[l.parent].ReadBW, s.a.Levels[l.level].WriteBW
	wide, narrow := words*l.reach, words
	if up {
		out, in = &s.write[l.parent], &s.read[l.level]
		give, take = s.a.Levels[l.parent].WriteBW, s.a.Levels[l.level].ReadBW
	}
	begin := max(s.now, from, *out, *in)
	far, near := through(parts*wide, give), through(parts*narrow, take)
	*out, *in = begin+far, begin+near
	return begin + max(far, near)
}

// next is the loop whose step ends the tile that a lane has now; -1 after the last.
func (s *track) next(l *lane) int {
	for i := l.first; i < len(s.loops); i++ {
		if s.digit[i] < s.loops[i].Steps-1 {
			return i
		}
	}
	return -1
}

// ask sends for the tile that a lane will need next.
func (s *track) ask(l *lane) {
	i := s.next(l)
	if i < 0 {
		return
	}
	words := l.words(&l.moves[i])
	from := s.now
	if p := s.parentOf(l); p != nil && i >= p.first {
		from = p.ready // it lies in the tile above that is itself on its way
	}
	if l.tensor == Outputs && s.freshSums(l, i) {
		words = 0
	}
	l.ready = s.move(l, words, from, false)
}

// parentOf is the same tensor in the level above; nil for the outermost, which has all.
func (s *track) parentOf(l *lane) *lane {
	for i := range s.lanes {
		if p := &s.lanes[i]; p.level == l.parent && p.tensor == l.tensor {
			return p
		}
	}
	return nil
}

// words is what a move fetches, and remembers the move (see sweep).
func (l *lane) words(move *[axes]int64) int64 {
	b := sweep{whole: volume(&l.sides), sides: l.sides}
	switch {
	case !l.known:
		l.known, l.last = true, *move
	case *move != l.last:
		l.known = false
		return b.whole
	}
	return b.outside(move)
}

// freshSums tells whether the tile that a step of loop i leads to begins at zero: no
// loop of the reduction has gone round outside it.
func (s *track) freshSums(l *lane, i int) bool {
	for j := i; j < len(s.loops); j++ {
		at := s.digit[j]
		if j == i {
			at++
		}
		if d := s.loops[j].Dim; at > 0 && (d == C || d == R || d == S) {
			return false
		}
	}
	return true
}
