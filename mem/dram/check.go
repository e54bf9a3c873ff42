package dram

import "fmt"

// maxDebt is how many refreshes may be outstanding: JEDEC lets eight be postponed.
const maxDebt = 8

// Violation is a rule that a command broke, and by how much.
type Violation struct {
	Rule       string
	Command    Command
	Need, Have int64 // cycles asked for and given, where the rule is about time
}

func (v Violation) Error() string {
	return fmt.Sprintf("%s: %s; %d cycles needed, %d given", v.Command, v.Rule, v.Need, v.Have)
}

// Checker reads a channel's commands in order and finds what the standard forbids:
// any rule of the timing table, rows used that are not open, refreshes missed, data
// or commands that collide. It works backwards from each command to what came
// before, and shares nothing with the machine that issues them.
type Checker struct {
	part  Part
	delay []int64 // of each rule
	spans []int64 // of each window
	last  [kinds]map[[3]int]int64
	row   map[[3]int]int   // open rows by rank, group, bank
	acts  map[int][]int64  // activates of a rank
	done  map[int][2]int64 // refreshes of a rank, whole and by bank
	data  map[int]int64    // by pseudo-channel: the end of the last data
	prior [2]int64         // the last cycle of the command bus, or of those for rows and columns
	Found []Violation      // what was found, in order
}

// NewChecker checks the commands of a part.
func NewChecker(p Part) (*Checker, error) {
	c := &Checker{part: p, row: map[[3]int]int{}, acts: map[int][]int64{}, done: map[int][2]int64{}, data: map[int]int64{}, prior: [2]int64{-1, -1}}
	for k := range c.last {
		c.last[k] = map[[3]int]int64{}
	}
	for _, r := range p.Standard.Rules {
		d, err := p.Timing.Eval(r.Delay)
		if err != nil {
			return nil, err
		}
		c.delay = append(c.delay, int64(d))
	}
	for _, w := range p.Standard.Windows {
		d, err := p.Timing.Eval(w.Span)
		if err != nil {
			return nil, err
		}
		c.spans = append(c.spans, int64(d))
	}
	return c, nil
}

// See checks one command against all before it.
func (c *Checker) See(m Command) {
	c.checkRules(m)
	c.checkWindows(m)
	c.checkRows(m)
	c.checkBuses(m)
	c.note(m)
}

func (c *Checker) report(m Command, need, have int64, format string, args ...any) {
	c.Found = append(c.Found, Violation{fmt.Sprintf(format, args...), m, need, have})
}

// units are the bank, group and rank of a command, as keys.
func units(m Command) [3][3]int {
	return [3][3]int{Bank: {m.Rank, m.Group, m.Bank}, Group: {m.Rank, m.Group, -1}, Rank: {m.Rank, -1, -1}}
}

// wires is the key of the whole channel.
var wires = [3]int{-1, -1, -1}

func (c *Checker) checkRules(m Command) {
	own := units(m)
	for i, r := range c.part.Standard.Rules {
		if r.To != m.Kind {
			continue
		}
		var before []int64
		if r.At == Peers {
			per := c.part.Shape.Ranks
			for rank := m.Rank / per * per; rank < m.Rank/per*per+per; rank++ {
				if t, ok := c.last[r.From][[3]int{rank, -1, -1}]; ok && rank != m.Rank {
					before = append(before, t)
				}
			}
		} else if r.At == Wires {
			if t, ok := c.last[r.From][wires]; ok {
				before = append(before, t)
			}
		} else if t, ok := c.last[r.From][own[r.At]]; ok {
			before = append(before, t)
		}
		for _, t := range before {
			if m.Cycle-t < c.delay[i] {
				c.report(m, c.delay[i], m.Cycle-t, "%s to %s, same %s: %s", r.From, r.To, r.At, r.Delay)
			}
		}
	}
}

func (c *Checker) checkWindows(m Command) {
	if m.Kind != ACT {
		return
	}
	acts := c.acts[m.Rank]
	for i, w := range c.part.Standard.Windows {
		if n := len(acts); n >= w.Acts && m.Cycle-acts[n-w.Acts] < c.spans[i] {
			c.report(m, c.spans[i], m.Cycle-acts[n-w.Acts], "%d activates within %s", w.Acts+1, w.Span)
		}
	}
}

// checkRows checks that the row is in the state the command needs.
func (c *Checker) checkRows(m Command) {
	key := units(m)[Bank]
	open, isOpen := c.row[key]
	switch {
	case m.Kind == ACT && isOpen:
		c.report(m, 0, 0, "activate of a bank whose row %#x is open", open)
	case (m.Kind == RD || m.Kind == WR) && !isOpen:
		c.report(m, 0, 0, "%s of a bank without an open row", m.Kind)
	case (m.Kind == RD || m.Kind == WR) && open != m.Row:
		c.report(m, 0, 0, "%s of a row that is not open; %#x is", m.Kind, open)
	case m.Kind == REF:
		for k := range c.row {
			if k[0] == m.Rank {
				c.report(m, 0, 0, "refresh of a rank with an open row in group %d bank %d", k[1], k[2])
			}
		}
	case m.Kind == REFB:
		for g := range c.part.Shape.Groups {
			if _, open := c.row[[3]int{m.Rank, g, m.Bank}]; open && (g == m.Group || c.part.Standard.PerBank == SameBank) {
				c.report(m, 0, 0, "refresh of a bank with an open row, in group %d", g)
			}
		}
	}
}

// note remembers a command.
func (c *Checker) note(m Command) {
	groups := []int{m.Group}
	if m.Kind == REFB && c.part.Standard.PerBank == SameBank {
		groups = groups[:0]
		for g := range c.part.Shape.Groups {
			groups = append(groups, g)
		}
	}
	for _, g := range groups {
		n := m
		n.Group = g
		for _, u := range units(n) {
			c.last[m.Kind][u] = m.Cycle
		}
		c.last[m.Kind][wires] = m.Cycle
	}
	key := units(m)[Bank]
	switch m.Kind {
	case ACT:
		c.row[key] = m.Row
		list := append(c.acts[m.Rank], m.Cycle)
		c.acts[m.Rank] = list[max(0, len(list)-64):]
	case PRE:
		delete(c.row, key)
	case REF, REFB:
		n := c.done[m.Rank]
		n[m.Kind-REF]++
		c.done[m.Rank] = n
	}
}
