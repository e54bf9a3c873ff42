package systolic

import "nnsim/unit"

// word is a value in a register or on a wire.
type word struct {
	value int64
	live  bool // something is here
	real  bool // and it is no padding
	first bool // moving operand: first of its stream, the cell turns to the next tile
	last  bool // moving operand: last of its stream; sum (os): finished
	hops  int  // stationary value: rows still to go
	pass  int  // moving operand, sum: the pass it belongs to
	tile  int  // the pass that brought the tile it belongs to
}

// wire is a word that has left the array, with the element of C it adds to (-1: padding).
type wire struct {
	word
	to int
}

// matrix is an operand as the array sees it: rows × cols, perhaps transposed.
type matrix struct {
	values     []int64
	rows, cols int
	turned     bool // values lie column by column
}

// turn is the transpose.
func (m matrix) turn() matrix { return matrix{m.values, m.cols, m.rows, !m.turned} }

// index is where an element lies, or -1 outside the matrix.
func (m matrix) index(row, col int) int {
	switch {
	case row >= m.rows || col >= m.cols:
		return -1
	case m.turned:
		return col*m.rows + row
	}
	return row*m.cols + col
}

// word is an element, or padding outside the matrix.
func (m matrix) word(row, col int) word {
	if i := m.index(row, col); i >= 0 {
		return word{value: m.values[i], live: true, real: true}
	}
	return word{live: true}
}

// feeder is what stands at the ports of the array: operands in their skewed
// order, from the passes that have been started.
type feeder struct {
	os     bool
	rows   int // of the array
	passes []Pass
	first  int    // the earliest pass that has not ended
	stay   matrix // ws, is: down the rows and along the columns of the array
	west   matrix // moving in at the left: by row of the array, in stream order
	north  matrix // os: moving in at the top, by column of the array
}

// left is what enters row i at an edge.
func (f *feeder) left(e unit.Edge, i int) word {
	for n := f.first; n < len(f.passes) && f.passes[n].Start >= 0; n++ {
		p := &f.passes[n]
		t, length := int(e-p.Start)-i, p.To-p.From
		if t < 0 || t >= length {
			continue
		}
		w := f.west.word(p.Row+i, p.From+t)
		w.first, w.last, w.pass, w.tile = t == 0, t == length-1, n, p.tile
		return w
	}
	return word{}
}

// top is what enters column j at an edge: stationary values, the bottom row's
// first, or os's second operand.
func (f *feeder) top(e unit.Edge, j int) word {
	for n := f.first; n < len(f.passes); n++ {
		p := &f.passes[n]
		var w word
		if f.os {
			t := int(e-p.Start) - j
			if p.Start < 0 || t < 0 || t >= p.To-p.From {
				continue
			}
			w = f.north.word(p.Col+j, p.From+t)
		} else {
			q := int(e-p.Load) - j
			if p.Load < 0 || q < 0 || q >= f.rows {
				continue
			}
			w = f.stay.word(p.Row+f.rows-1-q, p.Col+j)
			w.hops = f.rows - 1 - q
		}
		w.pass, w.tile = n, p.tile
		return w
	}
	return word{}
}
