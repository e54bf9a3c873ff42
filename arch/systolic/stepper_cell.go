package systolic

import (
	"fmt"

	"nnsim/unit"
)

// cell is one processing element: its registers.
type cell struct {
	stay   word // stationary value in use
	next   word // stationary value of the fold to come
	across word // moving value, on its way right
	down   word // os: the second moving value, on its way down
	sum    word // partial sum: on its way down (ws, is) or being summed here (os)
	drain  word // os: a finished sum on its way down
}

// grid is the array: cells row by row, as they are and as they were an edge before.
type grid struct {
	rows, cols    int
	os, shadowed  bool // shadowed: cells have a next register
	cells, before []cell

	west, north, macs int64 // real words that entered, multiplications of two real words
}

func newGrid(rows, cols int, os, shadowed bool) grid {
	n := rows * cols
	return grid{rows: rows, cols: cols, os: os, shadowed: shadowed, cells: make([]cell, n), before: make([]cell, n)}
}

// copyFrom makes g equal to another grid of the same size.
func (g *grid) copyFrom(o *grid) {
	copy(g.cells, o.cells)
	g.west, g.north, g.macs = o.west, o.north, o.macs
}

// step moves every word by one hop. Every cell looks only at what it and its
// neighbours held before the edge. A value lost or met by the wrong partner is an error.
func (g *grid) step(f *feeder, e unit.Edge) error {
	g.cells, g.before = g.before, g.cells
	for i := range g.rows {
		for j := range g.cols {
			var left, above cell
			if j > 0 {
				left = g.before[i*g.cols+j-1]
			} else {
				left.across = f.left(e, i)
				g.west += one(left.across.real)
			}
			if i > 0 {
				above = g.before[(i-1)*g.cols+j]
			} else {
				above = g.port(f.top(e, j))
			}
			c := g.before[i*g.cols+j]
			var err error
			if g.os {
				err = g.stepOS(&c, &left, &above, i, j)
			} else {
				err = g.stepStationary(&c, &left, &above, i)
			}
			if err != nil {
				return fmt.Errorf("cell (%d,%d): %w", i, j, err)
			}
			g.cells[i*g.cols+j] = c
		}
	}
	return nil
}

// port is what a cell of the top row sees above it.
func (g *grid) port(w word) (above cell) {
	g.north += one(w.real)
	switch {
	case g.os:
		above.down = w
	case w.live:
		w.hops++ // the port is one hop above the first row
		*above.chain(g.shadowed) = w
	}
	return above
}

// chain is the register through which stationary values travel.
func (c *cell) chain(shadowed bool) *word {
	if shadowed {
		return &c.next
	}
	return &c.stay
}

// stepStationary is an edge of a cell that keeps a weight or an input.
func (g *grid) stepStationary(c, left, above *cell, row int) error {
	in := left.across
	if in.live && in.first && g.shadowed && in.pass == in.tile { // a new tile comes into use
		if c.next.hops > 0 {
			return fmt.Errorf("tile %d is not in place yet", in.tile+1)
		}
		c.stay, c.next = c.next, word{}
	}
	stay := c.stay // as it was before the edge: what shifts in now can be used at the next
	if err := g.shift(c, above); err != nil {
		return err
	}
	sum := above.sum
	if row == 0 {
		sum = word{live: in.live, pass: in.pass}
	}
	c.across = in
	c.sum = word{live: in.live, pass: in.pass}
	if !in.live {
		if sum.live {
			return fmt.Errorf("a partial sum of pass %d meets no operand", sum.pass+1)
		}
		return nil
	}
	switch {
	case !stay.live || stay.hops > 0 || stay.tile != in.tile:
		return fmt.Errorf("tile %d is not in place yet", in.tile+1)
	case !sum.live || sum.pass != in.pass:
		return fmt.Errorf("an operand of pass %d meets no partial sum of its own", in.pass+1)
	}
	c.sum.value = sum.value + stay.value*in.value
	g.macs += one(stay.real && in.real)
	return nil
}

// shift takes a stationary value from above, if one has this cell or a lower one to reach.
func (g *grid) shift(c, above *cell) error {
	own, coming := c.chain(g.shadowed), *above.chain(g.shadowed)
	if coming.live && coming.hops > 0 {
		if g.shadowed && own.live && own.hops == 0 {
			return fmt.Errorf("the register for tile %d still holds tile %d", coming.tile+1, own.tile+1)
		}
		coming.hops--
		*own = coming
	} else if own.hops > 0 {
		*own = word{} // it has moved on
	}
	return nil
}

// stepOS is an edge of a cell that keeps its sum.
func (g *grid) stepOS(c, left, above *cell, row, col int) error {
	finished, stuck := c.sum.last, c.drain.live && !g.moves(row, col)
	switch {
	case finished && stuck:
		return fmt.Errorf("the way out for tile %d is still taken by tile %d", c.sum.tile+1, c.drain.tile+1)
	case finished:
		c.drain = c.sum
	case row > 0 && above.drain.live && g.moves(row-1, col):
		c.drain = above.drain
	case !stuck:
		c.drain = word{}
	}
	if finished {
		c.sum = word{}
	}
	a, b := left.across, above.down
	c.across, c.down = a, b
	if a.live != b.live || a.pass != b.pass {
		return fmt.Errorf("operands of passes %d and %d meet", a.pass+1, b.pass+1)
	}
	if !a.live {
		return nil
	}
	if a.first == c.sum.live || c.sum.live && c.sum.pass != a.pass {
		return fmt.Errorf("an operand of pass %d meets no partial sum of its own", a.pass+1)
	}
	c.sum = word{value: c.sum.value + a.value*b.value, live: true, last: a.last, pass: a.pass, tile: a.tile}
	g.macs += one(a.real && b.real)
	return nil
}

// moves tells whether the word in a drain register moves on at this edge: out of
// the array, or down where the cell below neither keeps its own nor puts in a finished sum.
func (g *grid) moves(row, col int) bool {
	if row == g.rows-1 {
		return true
	}
	below := &g.before[(row+1)*g.cols+col]
	return !below.sum.last && (!below.drain.live || g.moves(row+1, col))
}

// leaving is the word that stands at the bottom of column j after an edge.
func (g *grid) leaving(j int) word {
	c := &g.cells[(g.rows-1)*g.cols+j]
	if g.os {
		return c.drain
	}
	return c.sum
}

func one(b bool) int64 {
	if b {
		return 1
	}
	return 0
}
