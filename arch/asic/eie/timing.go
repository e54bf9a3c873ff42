package eie

import (
	"math"
	"math/rand/v2"
	"slices"

	"nnsim/unit"
)

// longest is the number of zeros that one entry can stand behind: 4 bits.
const longest = 15

// entries is what a PE does for one column: real entries and ones that only bridge zeros.
type entries struct{ real, padding int }

// gap adds an entry behind so many zeros.
func (e *entries) gap(zeros int) {
	e.padding += zeros / (longest + 1)
	e.real++
}

// queues follows the broadcast of activations to PEs with queues of a depth. An
// activation is broadcast an edge after the one before, when every PE has room; a
// PE begins it when it is there and the one before is worked off, and reads two
// pointers to find that it has no entry in a column: that takes the edge of one.
type queues struct {
	depth   int
	edge    unit.Edge     // of the last broadcast
	free    []unit.Edge   // by PE: when it has worked off all it has been given
	started [][]unit.Edge // by turn of the queue, by PE: when it began an activation
	sent    int
}

func newQueues(pes, depth int) *queues {
	q := &queues{depth: depth, edge: -1, free: make([]unit.Edge, pes), started: make([][]unit.Edge, depth)}
	for i := range q.started {
		q.started[i] = make([]unit.Edge, pes)
	}
	return q
}

// broadcast sends one activation whose column has so many entries in each PE.
func (q *queues) broadcast(column []entries) {
	at, turn := q.edge+1, q.started[q.sent%q.depth]
	if q.sent >= q.depth {
		for _, edge := range turn {
			at = max(at, edge) // the queue's oldest has left it
		}
	}
	for pe, e := range column {
		begin := max(q.free[pe], at)
		turn[pe] = begin
		q.free[pe] = begin + unit.Edge(max(1, e.real+e.padding))
	}
	q.edge = at
	q.sent++
}

// end is when the last PE is done.
func (q *queues) end() unit.Edge {
	last := q.edge + 1
	for _, edge := range q.free {
		last = max(last, edge)
	}
	return last
}

// tally is what one vector costs.
type tally struct {
	edges               unit.Cycles
	sent, real, padding int64
	rows                int64 // words of entries read, eight entries each
	stored              int   // entries that the fullest PE holds, where they have been counted
}

func (t *tally) add(column []entries) {
	t.sent++
	for _, e := range column {
		t.real += int64(e.real)
		t.padding += int64(e.padding)
		t.rows += int64(unit.CeilDiv(e.real+e.padding, entriesInWord))
	}
}

// entriesInWord is what one read of the matrix's memory brings: 64 bits of 8.
const entriesInWord = 8

// random draws a vector of n activations and a matrix of m rows with given shares
// of what is not zero, and follows it.
func (c *Config) random(rng *rand.Rand, n, m int, weights, acts float64) tally {
	q, column := newQueues(c.PEs, c.Queue), make([]entries, c.PEs)
	var t tally
	log := math.Log1p(-weights)
	for range n {
		if rng.Float64() >= acts {
			continue
		}
		for pe := range column {
			column[pe] = entries{}
			rows := (m - pe + c.PEs - 1) / c.PEs
			for at := 0; ; at++ {
				zeros := 0
				if weights < 1 {
					zeros = int(min(float64(rows), math.Floor(math.Log(1-rng.Float64())/log)))
				}
				if at += zeros; at >= rows {
					break
				}
				column[pe].gap(zeros)
			}
		}
		q.broadcast(column)
		t.add(column)
	}
	t.edges = unit.Cycles(q.end()) + c.Pipeline
	return t
}

// exact follows a vector through a matrix with their own zeros; at(j, i) is the
// weight of column j, row i.
func (c *Config) exact(acts []int32, m int, at func(j, i int) int32) tally {
	q, column, stored := newQueues(c.PEs, c.Queue), make([]entries, c.PEs), make([]int, c.PEs)
	var t tally
	for j, a := range acts {
		for pe := range column {
			column[pe] = entries{}
			zeros := 0
			for i := pe; i < m; i += c.PEs {
				if at(j, i) == 0 {
					zeros++
					continue
				}
				column[pe].gap(zeros)
				zeros = 0
			}
			stored[pe] += column[pe].real + column[pe].padding
		}
		if a != 0 {
			q.broadcast(column)
			t.add(column)
		}
	}
	t.edges, t.stored = unit.Cycles(q.end())+c.Pipeline, slices.Max(stored)
	return t
}
