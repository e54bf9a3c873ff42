package systolic

import (
	"nnsim/mapping"
	"nnsim/unit"
)

// Overlap is the convention by which consecutive folds follow one another.
type Overlap string

// Full: the next stationary tile is loaded while the present one streams, so fill
// and drain are paid once for a run of folds. None: every fold pays for itself.
// ScaleSim: SCALE-Sim's totals, with no overlap, its short OS drain and the index
// of the last cycle where a duration is meant.
const (
	Full     Overlap = "full"
	None     Overlap = "none"
	ScaleSim Overlap = "scalesim"
)

// Geometry is what the duration of a fold depends on.
type Geometry struct {
	Rows, Cols int
	Dataflow   mapping.Dataflow
	Overlap    Overlap
}

// by is the geometry in a layer's own dataflow; "" is the machine's.
func (g Geometry) by(flow mapping.Dataflow) Geometry {
	if flow != "" {
		g.Dataflow = flow
	}
	return g
}

// A fold of an R × C array with a stream of T, whatever the dataflow:
//
//	WS, IS  load: the stationary tile is shifted in, one row an edge     R
//	        stream: row i of the moving operand enters i edges late      T
//	        skew: the last value crosses R-1 rows and C-1 columns        R + C - 2
//	OS      stream: both operands enter skewed                           T
//	        skew                                                         R + C - 2
//	        unload: the finished tile is shifted out, one row an edge    R
//
// In each case 2R + C + T - 2 edges for a fold on its own. SCALE-Sim leaves the
// unloading of OS out of its totals.

// load is the edges from the first shift of a stationary tile to the first edge of its stream.
func (g Geometry) load() unit.Cycles {
	if g.Dataflow == mapping.OS {
		return 0
	}
	return unit.Cycles(g.Rows)
}

// tail is the edges from the end of a stream to the fold's last result at the array's edge.
func (g Geometry) tail() unit.Cycles {
	skew := unit.Cycles(g.Rows + g.Cols - 2)
	if g.Dataflow == mapping.OS && g.Overlap != ScaleSim {
		return skew + unit.Cycles(g.Rows)
	}
	return skew
}

// firstOut is the edges from the start of a stream until the first result leaves the array.
func (g Geometry) firstOut(length unit.Cycles) unit.Cycles {
	if g.Dataflow == mapping.OS {
		return length + unit.Cycles(g.Rows) // the bottom row finishes R-1 late and leaves first
	}
	return unit.Cycles(g.Rows)
}

// pitch is the least distance between the starts of two consecutive streams under
// Full: the stream itself, and the R edges that the one path for stationary tiles
// in (WS, IS) or finished ones out (OS) is taken by each fold.
func (g Geometry) pitch(length, next unit.Cycles) unit.Cycles {
	if g.Dataflow == mapping.OS { // the unloading of two folds must not meet at the exit
		return max(length, length+unit.Cycles(g.Rows)-next)
	}
	return max(length, unit.Cycles(g.Rows))
}

// Alone is the duration of one fold with a stream of the given length.
func (g Geometry) Alone(length unit.Cycles) unit.Cycles { return g.load() + length + g.tail() }

// Duration is the closed form for a run of equal folds whose operands are all
// there: what the array takes from its first load to its last result. Under
// ScaleSim it is that tool's total: the index of the last cycle.
func (g Geometry) Duration(folds int64, length unit.Cycles) unit.Cycles {
	switch g.Overlap {
	case ScaleSim:
		return unit.Cycles(folds)*g.Alone(length) - 1
	case None:
		return unit.Cycles(folds) * g.Alone(length)
	}
	return g.Alone(length) + unit.Cycles(folds-1)*g.pitch(length, length)
}

// Folding is how a product falls into folds.
type Folding struct {
	RowFolds, ColFolds int64       // along the array's rows and columns
	Length             unit.Cycles // streamed
}

// Fold cuts a product of m × k by k × n.
func (g Geometry) Fold(m, k, n int) Folding {
	folds := func(a, b, t int) Folding {
		return Folding{int64(unit.CeilDiv(a, g.Rows)), int64(unit.CeilDiv(b, g.Cols)), unit.Cycles(t)}
	}
	switch g.Dataflow {
	case mapping.OS:
		return folds(m, n, k)
	case mapping.IS:
		return folds(k, m, n)
	}
	return folds(k, n, m)
}

// Traffic counts the words that cross the array's edges for a whole product.
type Traffic struct{ AReads, BReads, Writes int64 }

// Words counts the words that enter and leave the array: the moving operands once
// for each fold they pass, the stationary one once, results once a fold of the reduction.
func (g Geometry) Words(m, k, n int) Traffic {
	f := g.Fold(m, k, n)
	mk, kn, mn := int64(m)*int64(k), int64(k)*int64(n), int64(m)*int64(n)
	switch g.Dataflow {
	case mapping.OS:
		return Traffic{mk * f.ColFolds, kn * f.RowFolds, mn}
	case mapping.IS:
		return Traffic{mk, kn * f.ColFolds, mn * f.RowFolds}
	}
	return Traffic{mk * f.ColFolds, kn, mn * f.RowFolds}
}

// series follows consecutive folds through the array, edge by edge of their
// starts and ends, when operands come at edges of their own.
type series struct {
	Geometry
	begun  bool
	start  unit.Edge   // of the last stream
	length unit.Cycles // of the last stream
	taken  unit.Edge   // when the last stationary tile came into use
	end    unit.Edge   // of the last fold's results
}

// turn has the folds to come run in a dataflow. The array is empty when it switches:
// Gemmini's controller takes no configuration while a product is under way [gemmini-2021].
func (s *series) turn(flow mapping.Dataflow) {
	if flow != s.Dataflow {
		s.Dataflow, s.begun = flow, false
	}
}

// next places a fold: stationary is when its stationary tile may begin to shift
// in, moving when its moving operand and the room for its results are there. held
// tells that the tile of the fold before is used again. It returns the edge at
// which the stream starts.
func (s *series) next(stationary, moving unit.Edge, length unit.Cycles, held bool) unit.Edge {
	load := unit.Edge(s.load())
	var start unit.Edge
	switch {
	case s.Overlap != Full:
		start = max(stationary, moving, s.end) + load
		if held && s.begun {
			start = max(moving, s.end)
		}
	case !s.begun:
		start = max(stationary+load, moving, s.end+load)
	case held:
		start = max(moving, s.start+unit.Edge(s.length))
	case s.Dataflow == mapping.OS:
		start = max(moving, stationary, s.start+unit.Edge(s.pitch(s.length, length)))
	default:
		start = max(max(stationary, s.taken)+load, moving, s.start+unit.Edge(s.length))
	}
	if !held || !s.begun {
		s.taken = start
	}
	s.begun, s.start, s.length = true, start, length
	s.end = start + unit.Edge(length+s.tail())
	return start
}

// run places a command of so many equal folds whose operands are all there from
// the given edges on, and returns the edge at which its first stream starts.
func (s *series) run(folds int64, stationary, moving unit.Edge, length unit.Cycles, held bool) unit.Edge {
	first := s.next(stationary, moving, length, held)
	if folds > 1 {
		each := s.Alone(length)
		if s.Overlap == Full {
			each = s.pitch(length, length)
		}
		s.start += unit.Edge(folds-1) * unit.Edge(each)
		s.taken = s.start
		s.end += unit.Edge(folds-1) * unit.Edge(each)
	}
	return first
}
