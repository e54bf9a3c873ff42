package dram

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// twin is the obvious controller: it looks at every line in every cycle, and at
// every earlier command for every command it might issue. It shares nothing with
// the fast one but the tables of the standard.
type twin struct {
	part    Part
	config  Config
	history []Command
	row     map[[3]int]int // open rows
	used    map[[3]int]int // accesses since then
	delay   []int64
	dual    bool
	waiting [2][]twinLine // reads and writes, oldest first
	mode    int           // what rows are opened for
	data    int           // what columns serve
	quiet   int64         // the cycle of the latest read
	due     []refreshDue
	port    []twinLine
	hash    uint64
	out     []Command
}

type twinLine struct {
	line, at int64
	write    bool
	where    Command
}

type refreshDue struct {
	kind  Kind
	banks [][3]int
}

// locate finds a line's place by dividing, field by field.
func (w *twin) locate(line int64) (c Command) {
	s := w.part.Shape
	size := map[string]int64{"ro": int64(s.Rows), "ch": 1, "ra": int64(s.Sides()), "ba": int64(s.Banks), "bg": int64(s.Groups), "co": int64(s.Columns())}
	got := map[string]int{}
	for text := w.config.Mapping; text != ""; text = text[:len(text)-2] {
		name := text[len(text)-2:]
		got[name] = int(line % size[name])
		line /= size[name]
	}
	c.Rank, c.Group, c.Bank, c.Row, c.Column = got["ra"], got["bg"], got["ba"], got["ro"], got["co"]
	if w.config.Hash {
		c.Group ^= c.Row % s.Groups
		c.Bank ^= c.Row / s.Groups % s.Banks
	}
	return c
}

func key(c Command) [3]int { return [3]int{c.Rank, c.Group, c.Bank} }

// may tells whether the table lets a command through in cycle t, by looking at all
// commands before it.
func (w *twin) may(k Kind, to Command, t int64) bool {
	acts := 0
	for i := len(w.history) - 1; i >= 0; i-- {
		h := w.history[i]
		for j, r := range w.part.Standard.Rules {
			if r.From == h.Kind && r.To == k && w.together(r.At, h, to) && t-h.Cycle < w.delay[j] {
				return false
			}
		}
		if k == ACT && h.Kind == ACT && h.Rank == to.Rank {
			acts++
			for _, window := range w.part.Standard.Windows {
				span, _ := w.part.Timing.Eval(window.Span)
				if acts == window.Acts && t-h.Cycle < int64(span) {
					return false
				}
			}
		}
	}
	return true
}

// together tells whether two commands meet at a level.
func (w *twin) together(at Level, a, b Command) bool {
	switch at {
	case Bank:
		return key(a) == key(b)
	case Group:
		return a.Rank == b.Rank && a.Group == b.Group
	case Rank:
		return a.Rank == b.Rank
	case Wires:
		return true
	}
	return a.Rank != b.Rank && a.Rank/w.part.Shape.Ranks == b.Rank/w.part.Shape.Ranks
}

func (w *twin) send(k Kind, c Command, t int64) {
	c.Kind, c.Cycle = k, t
	w.history = append(w.history, c)
	w.out = append(w.out, c)
	switch k {
	case ACT:
		w.row[key(c)], w.used[key(c)] = c.Row, 0
	case PRE:
		delete(w.row, key(c))
	case RD, WR:
		w.used[key(c)]++
	}
	if len(w.history) > 4000 {
		w.history = w.history[2000:]
	}
}

func (w *twin) open(c Command) (int, bool) { r, ok := w.row[key(c)]; return r, ok }

func (w *twin) isHit(l twinLine) bool { r, ok := w.open(l.where); return ok && r == l.where.Row }

// held tells whether a bank waits for a refresh.
func (w *twin) held(c Command) bool {
	for _, d := range w.due {
		for _, b := range d.banks {
			if b == key(c) {
				return true
			}
		}
	}
	return false
}

// refresh issues a step of the first refresh that is due.
func (w *twin) refresh(t int64) bool {
	if len(w.due) == 0 {
		return false
	}
	d := w.due[0]
	anyOpen := false
	for _, b := range d.banks {
		c := Command{Rank: b[0], Group: b[1], Bank: b[2]}
		if r, ok := w.open(c); ok {
			anyOpen = true
			if w.may(PRE, c, t) {
				c.Row = r
				w.send(PRE, c, t)
				return true
			}
		}
	}
	if anyOpen {
		return false
	}
	for _, b := range d.banks {
		if !w.may(d.kind, Command{Rank: b[0], Group: b[1], Bank: b[2]}, t) {
			return false
		}
	}
	for i, b := range d.banks {
		if d.kind == REF && i > 0 {
			break
		}
		w.send(d.kind, Command{Rank: b[0], Group: b[1], Bank: b[2], Row: closed}, t)
		if i > 0 {
			w.out = w.out[:len(w.out)-1]
		}
	}
	w.due = w.due[1:]
	return true
}

// dueAt adds the refreshes that become due in cycle t.
func (w *twin) dueAt(t int64) {
	s := w.part.Shape
	symbol := map[string]string{"all": "tREFI", "bank": "tREFIpb"}[w.config.Refresh]
	interval := int64(w.part.Timing[symbol]) / int64(s.Ranks)
	if t == 0 || t%interval != 0 {
		return
	}
	n := int(t/interval - 1)
	for pseudo := range s.Pseudo {
		rank, i := pseudo*s.Ranks+n%s.Ranks, n/s.Ranks
		d := refreshDue{kind: REFB}
		for g := range s.Groups {
			for b := range s.Banks {
				switch {
				case w.config.Refresh == "all":
					d.kind = REF
				case w.part.Standard.PerBank == SameBank && b != i%s.Banks, w.part.Standard.PerBank == OneBank && g*s.Banks+b != i%s.PerSide():
					continue
				}
				d.banks = append(d.banks, [3]int{rank, g, b})
			}
		}
		w.due = append(w.due, d)
	}
}

// take lets a line in from the port.
func (w *twin) take(t int64) {
	if len(w.port) == 0 || w.port[0].at > t {
		return
	}
	l := w.port[0]
	kind := 0
	if l.write {
		kind = 1
	}
	if len(w.waiting[kind]) >= [2]int{w.config.Queue, w.config.Writes}[kind] {
		return
	}
	has := func(kind int) bool {
		for _, o := range w.waiting[kind] {
			if o.line == l.line {
				return true
			}
		}
		return false
	}
	if l.write && has(0) {
		return
	}
	w.port = w.port[1:]
	if has(1) {
		if !l.write {
			w.hash += Mix(l.line, t+2)
		}
		return
	}
	l.where = w.locate(l.line)
	w.waiting[kind] = append(w.waiting[kind], l)
}

// mixed is traffic that has something of everything: runs, strides, single lines,
// pauses, lines written and read again.
func mixed(r *rand.Rand, lines int64, n int) (list []Request) {
	at := int64(0)
	for range n {
		q := Request{Line: r.Int64N(lines), Count: 1, Stride: 1, Write: r.IntN(3) == 0, Tag: int64(len(list)), At: at}
		switch r.IntN(5) {
		case 0:
			q.Count = min(1+r.Int64N(40), lines-q.Line)
		case 1:
			q.Count, q.Stride = 1+r.Int64N(10), 1<<r.IntN(12)
			q.Line = r.Int64N(max(1, lines-q.Count*q.Stride))
		case 2:
			q.Line = r.Int64N(64)
		case 3:
			at += r.Int64N(300)
		}
		list = append(list, q)
	}
	return list
}

// seeds is how many random cases are tried in a hurry, and at leisure.
func seeds(short, long int) int {
	if testing.Short() {
		return short
	}
	return long
}

func TestFRFCFSIsItsTwin(t *testing.T) {
	for _, name := range Presets() {
		t.Run(name, func(t *testing.T) {
			p, err := Preset(name)
			require.NoError(t, err)
			for seed := range uint64(seeds(3, 8)) {
				r := rand.New(rand.NewPCG(seed, 7))
				c := mappings[[]int{0, 1, 3}[r.IntN(3)]]
				c.Controller, c.Queue, c.Cap = "frfcfs", []int{4, 16, 64}[r.IntN(3)], []int{1, 4, 16}[r.IntN(3)]
				c.Writes = []int{0, 0, 8, 96}[r.IntN(4)]
				c.Idle = []int{0, 0, 1, 100}[r.IntN(4)]
				c.Page = []string{"open", "closed"}[r.IntN(2)]
				if c.Refresh = []string{"all", "bank"}[r.IntN(2)]; p.Standard.PerBank == NoREFB {
					c.Refresh = "all"
				}
				q := p
				if p.Standard.Name == "DDR4" || p.Standard.Name == "DDR3" {
					q.Shape.Ranks = 1 + int(seed%2)
				}
				compare(t, q, c, mixed(r, q.Shape.Lines(), 60))
			}
		})
	}
}

// compare runs requests through the fast controller and its twin.
func compare(t *testing.T, p Part, c Config, requests []Request) {
	t.Helper()
	c, err := c.withDefaults(p)
	require.NoError(t, err)
	w := &twin{part: p, config: c, quiet: -int64(c.Idle), row: map[[3]int]int{}, used: map[[3]int]int{}, dual: p.Standard.DualIssue}
	for _, r := range p.Standard.Rules {
		d, err := p.Timing.Eval(r.Delay)
		require.NoError(t, err)
		w.delay = append(w.delay, int64(d))
	}
	for _, r := range requests {
		for i := range r.Count {
			w.port = append(w.port, twinLine{line: r.Line + i*r.Stride, at: r.At, write: r.Write})
		}
	}
	d := &driver{}
	ch, err := New(p, c, d.done)
	require.NoError(t, err)
	var got []Command
	ch.Watch(func(m Command) { got = append(got, m) })
	for _, r := range requests {
		for !ch.CanAccept() {
			ch.AdvanceTo(ch.Next() + 1)
		}
		require.NoError(t, ch.Add(r))
	}
	for {
		if reads, writes, more := ch.Left(); reads == 0 && writes == 0 && !more {
			break
		}
		ch.AdvanceTo(ch.Next() + 1)
	}
	w.run(ch.Now())
	for i := range min(len(got), len(w.out)) {
		g, want := got[i], w.out[i]
		if g.Kind == ACT || g.Kind == PRE || g.Kind == REF || g.Kind == REFB {
			g.Column, want.Column = 0, 0
		}
		require.Equal(t, want.String(), g.String(), "command %d with %+v", i, c)
	}
	require.Equal(t, len(w.out), len(got), "commands with %+v", c)
	require.Equal(t, w.hash, d.out.Hash, "completions with %+v", c)
}
