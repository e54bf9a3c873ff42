package rowstationary

import "nnsim/unit"

// Pass is P·T filters by Q·R channels over some rows of the result, edge by edge.
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
type Pass struct {
	*Mapping
	Array *Array
	Rows  int // of the result
}

// Fill is the edges before the first multiplication.
func (p Pass) Fill() unit.Cycles {
	s := &p.Space
	filters := p.Filters() * p.Channels() * s.R * s.S
	first := p.Channels() * p.InputRows(p.Rows) * ((s.S-1)*s.DilW + 1)
	return unit.Cycles(max(unit.CeilDiv(filters, p.Array.FilterBus), unit.CeilDiv(first, p.Array.InputBus)))
}

// multiply is the edges a PE multiplies in one window.
func (p Pass) multiply() int { return p.P * p.Q * p.Space.S }

// sums is the edges that the sums of one window take on a bus.
func (p Pass) sums() int { return unit.CeilDiv(p.Filters()*p.Rows, p.Array.SumBus) }

// Window is the edges from one window to the next.
func (p Pass) Window() int {
	words := p.Channels() * p.InputRows(p.Rows) * p.Space.StrideW
	return max(p.multiply(), p.sums(), unit.CeilDiv(words, p.Array.InputBus))
}

// Image is the edges of all windows of one image.
func (p Pass) Image() unit.Cycles { return unit.Cycles(p.Space.OW * p.Window()) }

// Tail is the edges from the end of the last window to the last sum in the buffer.
func (p Pass) Tail() unit.Cycles {
	return unit.Cycles(p.multiply() + p.sums() + p.Space.R*p.R + p.Array.Pipeline)
}

// edges is what a pass takes: filters in, N images, the last sums out.
func (p Pass) edges() unit.Cycles { return p.Fill() + unit.Cycles(p.N)*p.Image() + p.Tail() }

// Edges is what all passes of a layer take where no pass waits for memory.
func (a *Array) Edges(m *Mapping) unit.Cycles {
	s := &m.Space
	strips := unit.Cycles(s.OH/m.E) * Pass{m, a, m.E}.edges()
	if rest := s.OH % m.E; rest > 0 {
		strips += Pass{m, a, rest}.edges()
	}
	return strips * unit.Cycles(s.Batch*s.Groups*m.Images()*m.Blocks()*m.Depth()*m.Turns())
}
