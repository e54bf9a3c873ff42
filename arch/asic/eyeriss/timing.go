package eyeriss

import (
	"nnsim/mapping/rowstationary"
	"nnsim/unit"
)

// A pass of P·T filters by Q·R channels over rows of the result, edge by edge.
// A window is what one step of the sliding window does in every PE at once.
//
//	fill     the filters go to the PEs on one bus while the first windows of the
//	         image go to them on another; both must be there
//	windows  of one image, OW of them, each the longest of
//	           P·Q·S          multiplications in a PE
//	           P·T·rows / 4   sums that enter at the bottom of the columns, and
//	                          leave at the top: both buses are equally wide
//	           rows read · Q·R · stride   new words of the image
//	tail     the sums of the last window are added up along the columns while no
//	         further window covers it, pass R·R' PEs, and leave
type pass struct {
	*rowstationary.Mapping
	bus  *rowstationary.Array
	rows int // of the result
	deep unit.Cycles
}

// fill is the edges before the first multiplication.
func (p pass) fill() unit.Cycles {
	s := &p.Space
	filters := p.Filters() * p.Channels() * s.R * s.S
	first := p.Channels() * p.InputRows(p.rows) * ((s.S-1)*s.DilW + 1)
	return unit.Cycles(max(unit.CeilDiv(filters, p.bus.FilterBus), unit.CeilDiv(first, p.bus.InputBus)))
}

// multiply is the edges a PE multiplies in one window.
func (p pass) multiply() int { return p.P * p.Q * p.Space.S }

// sums is the edges that the sums of one window take on a bus.
func (p pass) sums() int { return unit.CeilDiv(p.Filters()*p.rows, p.bus.SumBus) }

// window is the edges from one window to the next.
func (p pass) window() int {
	words := p.Channels() * p.InputRows(p.rows) * p.Space.StrideW
	return max(p.multiply(), p.sums(), unit.CeilDiv(words, p.bus.InputBus))
}

// image is the edges of all windows of one image.
func (p pass) image() unit.Cycles { return unit.Cycles(p.Space.OW * p.window()) }

// tail is the edges from the end of the last window to the last sum in the buffer.
func (p pass) tail() unit.Cycles {
	return unit.Cycles(p.multiply()+p.sums()+p.Space.R*p.R) + p.deep
}
