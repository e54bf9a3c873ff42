package dram

// node is a bank, a group or a rank: the first cycle at which each command may come.
type node [8]int64

// banks is the device as its controller sees it: which rows are open, and from
// when on the timing table lets each command through.
//
//	rank   ── tRRD_S, tFAW, tRFC, turnaround ─┐
//	group  ── tCCD_L, tRRD_L, tWTR_L ─────────┼─ max ─▶ first cycle for a command to a bank
//	bank   ── tRCD, tRAS, tRP, tRC, tWR ──────┘
type banks struct {
	spec  *spec
	where []nodes // what each bank is part of
	row   []int32 // the open row, or closed
	hits  []int32 // reads and writes since the row was opened
	open  uint64  // the banks with an open row, as bits
	ranks []rankState
	sink  func(Command) // sees every command; may be nil
	count Counters
}

// nodes are a bank, its group and its rank, by level, and the number of the rank.
type nodes struct {
	at   [3]*node
	rank int
}

// closed is the open row of a bank that has none.
const closed = -1

// rankState is what is kept of a rank besides its timing.
type rankState struct {
	node   *node
	open   int32     // banks with an open row
	since  int64     // when the first of them was opened
	active int64     // cycles with any bank open, up to since
	acts   [][]int64 // by window: the last activates, in a ring
	next   []int     // by window: the oldest entry of its ring
	banks  uint64    // its banks, as bits
}

func newBanks(s *spec) *banks {
	sh := s.part.Shape
	n := sh.Sides() * sh.PerSide()
	b := &banks{spec: s, where: make([]nodes, n), row: make([]int32, n), hits: make([]int32, n), ranks: make([]rankState, sh.Sides())}
	own, groups, ranks := make([]node, n), make([]node, n/sh.Banks), make([]node, sh.Sides())
	for i := range n {
		r := i / sh.PerSide()
		b.where[i] = nodes{[3]*node{Bank: &own[i], Group: &groups[i/sh.Banks], Rank: &ranks[r]}, r}
		b.row[i] = closed
		b.ranks[r].banks |= 1 << i
		b.ranks[r].node = &ranks[r]
	}
	for r := range b.ranks {
		st := &b.ranks[r]
		for _, w := range s.windows {
			ring := make([]int64, w.acts)
			for i := range ring {
				ring[i] = -w.span
			}
			st.acts, st.next = append(st.acts, ring), append(st.next, 0)
		}
	}
	return b
}

// at is the first cycle at which a command may go to a bank, by timing alone.
func (b *banks) at(k Kind, bank int) int64 {
	w := &b.where[bank]
	return max(w.at[Bank][k&7], w.at[Group][k&7], w.at[Rank][k&7])
}

// rankOf is the rank of a bank.
func (b *banks) rankOf(bank int) int { return b.where[bank].rank }

// issue sends a command at cycle t: it changes the bank's state and lengthens the
// shadows of the timing table.
func (b *banks) issue(k Kind, bank int, row, column int32, t int64) {
	b.shadow(k, bank, t)
	b.change(k, bank, row, t)
	if b.sink != nil {
		b.tell(k, bank, row, column, t)
	}
}

// shadow lengthens the shadows of the timing table as a command to a bank does.
func (b *banks) shadow(k Kind, bank int, t int64) {
	w := &b.where[bank]
	for _, e := range b.spec.edges[k] {
		n := w.at[e.at]
		n[e.to&7] = max(n[e.to&7], t+e.delay)
	}
	for _, e := range b.spec.wires[k] {
		for r := range b.ranks {
			n := b.ranks[r].node
			n[e.to&7] = max(n[e.to&7], t+e.delay)
		}
	}
	if len(b.ranks) > 1 {
		b.shadowPeers(k, bank, t)
	}
}

// shadowPeers applies the rules for the other ranks of the same pseudo-channel.
func (b *banks) shadowPeers(k Kind, bank int, t int64) {
	per := b.spec.part.Shape.Ranks
	own := b.rankOf(bank)
	for r := own / per * per; r < own/per*per+per; r++ {
		if r == own {
			continue
		}
		for _, e := range b.spec.peers[k] {
			n := b.ranks[r].node
			n[e.to] = max(n[e.to], t+e.delay)
		}
	}
}

// change keeps the rows and the counts.
func (b *banks) change(k Kind, bank int, row int32, t int64) {
	switch k {
	case RD, WR:
		b.use(k, bank, 1)
	case ACT:
		b.activate(bank, row, t)
	case PRE:
		b.precharge(bank, t)
	case REF:
		b.count.Refreshes++
	case REFB:
		b.count.BankRefreshes++
	}
}

// use counts n reads or writes of a bank's open row.
func (b *banks) use(k Kind, bank int, n int32) {
	hits := int64(n)
	if b.hits[bank] == 0 {
		hits--
	}
	b.hits[bank] += n
	b.count.Bus += int64(n) * b.spec.burst
	if k == RD {
		b.count.Reads += int64(n)
		b.count.ReadHits += hits
	} else {
		b.count.Writes += int64(n)
		b.count.WriteHits += hits
	}
}

func (b *banks) activate(bank int, row int32, t int64) {
	b.count.Activates++
	b.row[bank], b.hits[bank] = row, 0
	b.open |= 1 << bank
	r := &b.ranks[b.rankOf(bank)]
	if r.open == 0 {
		r.since = t
	}
	r.open++
	for i, ring := range r.acts {
		ring[r.next[i]] = t
		if r.next[i]++; r.next[i] == len(ring) {
			r.next[i] = 0
		}
		n := r.node
		n[ACT] = max(n[ACT], ring[r.next[i]]+b.spec.windows[i].span)
	}
}

func (b *banks) precharge(bank int, t int64) {
	b.count.Precharges++
	b.row[bank], b.hits[bank] = closed, 0
	b.open &^= 1 << bank
	r := &b.ranks[b.rankOf(bank)]
	if r.open--; r.open == 0 {
		r.active += t - r.since
	}
}

// tell shows a command to the sink.
func (b *banks) tell(k Kind, bank int, row, column int32, t int64) {
	s := b.spec.part.Shape
	c := Command{Cycle: t, Kind: k, Rank: b.rankOf(bank), Row: int(row), Column: int(column)}
	if k != REF {
		c.Group, c.Bank = bank%s.PerSide()/s.Banks, bank%s.Banks
	}
	b.sink(c)
}

// counters are the counts up to cycle now, which has not happened yet.
func (b *banks) counters(now int64) Counters {
	c := b.count
	for i := range b.ranks {
		r := &b.ranks[i]
		active := r.active
		if r.open > 0 {
			active += now - r.since
		}
		c.Active += active
		c.Idle += now - active
	}
	return c
}
