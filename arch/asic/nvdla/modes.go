package nvdla

import (
	"nnsim/arch/asic"
	"nnsim/unit"
	"nnsim/workloads"
)

// mode is a way in which the sequencer feeds the array.
//
//	mode      an edge multiplies                            by
//	direct    channels of one element of the window         filters
//	image     columns, then lines, of an image's window     filters
//	whole     any elements of the window and channels       filters
//	winograd  4 × 4 pixels of a sixteenth of the channels   filters of 4 × 4
type mode string

const (
	direct   mode = "direct"
	image    mode = "image"
	whole    mode = "whole"
	winograd mode = "winograd"
)

// pixelChannels are the most that a pixel format has [nvdla-hw].
const pixelChannels = 4

// tileSide is the pixels of a Winograd tile along an axis: results two by two, of
// windows of three. Rows and columns of results are made four at a time [nvdla-hw].
const (
	tileSide = 4
	tilePart = tileSide * tileSide
	together = 4
)

// modes lists those that a product can be multiplied in, the one first that a
// compiler takes which uses what the hardware has.
func (m *Machine) modes(p *asic.Product) (list []mode) {
	if m.winograds(p) {
		list = append(list, winograd)
	}
	switch {
	case m.cfg.Array.Window == "whole":
		return append(list, whole)
	case m.cfg.Array.Packing && isImage(p):
		return append(list, image)
	}
	return append(list, direct)
}

// isImage tells whether a layer reads pixels: the network's own input, of few channels.
func isImage(p *asic.Product) bool {
	s := &p.Space
	return !p.OfMatrices() && p.A.Role == workloads.Input && s.Groups == 1 && s.C <= pixelChannels && s.DilH == 1 && s.DilW == 1
}

// winograds tells whether Winograd's algorithm can do a layer and saves multiplications.
func (m *Machine) winograds(p *asic.Product) bool {
	s := &p.Space
	return m.cfg.Array.Winograd && !p.OfMatrices() && s.R == 3 && s.S == 3 && s.StrideH == 1 && s.StrideW == 1 && s.DilH == 1 && s.DilW == 1 &&
		tilePart*tiles(s.OH, s.OW) < 9*s.OH*s.OW
}

// tiles is how many of two by two results are made of so many rows and columns.
func tiles(rows, columns int) int {
	return unit.CeilDiv(rows, together) * unit.CeilDiv(columns, together) * together
}

// atomK is how many filters an edge multiplies by: a cell of two bytes takes two multipliers.
func (c *Config) atomK(cell int) int { return max(1, c.Array.AtomicK/cell) }

// points is how many operands pass the array by the same filters for a tile.
func (md mode) points(s *workloads.Matrix, t *asic.Tile) int {
	if md == winograd {
		return t.Images() * tiles(t.Rows(), s.OW)
	}
	return t.Images() * t.Rows() * s.OW
}

// turns is how many sets of filters the array takes for a tile, one after another.
func (c *Config) turns(md mode, s *workloads.Matrix, t *asic.Tile, cell int) int {
	atom, steps := c.Array.AtomicC, 0
	switch md {
	case winograd:
		steps = unit.CeilDiv(t.Channels(), atom/tilePart)
	case whole:
		steps = unit.CeilDiv(s.R*s.S*t.Channels(), atom)
	case image:
		steps = unit.CeilDiv(s.R, c.lines(s)) * unit.CeilDiv(s.S*t.Channels(), atom)
	default:
		steps = s.R * s.S * unit.CeilDiv(t.Channels(), atom)
	}
	return steps * unit.CeilDiv(t.Filters(), c.atomK(cell))
}

// lines is how many rows of an image's window stand beside each other: four or two
// where a quarter or half of the atom has room for a row of the window and for what a
// step of the window passes over [nvdla-hw, channel post-extension].
func (c *Config) lines(s *workloads.Matrix) int {
	for _, n := range []int{4, 2} {
		if room := c.Array.AtomicC / n; s.S*s.C <= room && s.StrideW*s.C <= room {
			return n
		}
	}
	return 1
}

// edges is what the array takes for a tile: the operands pass once for each set of
// filters, and the next set takes its time to come to the cells.
func (c *Config) edges(md mode, s *workloads.Matrix, t *asic.Tile, cell int) unit.Cycles {
	points := md.points(s, t)
	if points == 0 {
		return 0
	}
	return unit.Cycles(c.turns(md, s, t, cell)) * max(unit.Cycles(points), c.Array.Load)
}

// executed is the multiplications that the array does for a tile.
func (md mode) executed(p *asic.Product, t *asic.Tile) int64 {
	if md == winograd {
		return int64(md.points(&p.Space, t)) * tilePart * int64(t.Channels()) * int64(t.Filters())
	}
	return p.MACs(t)
}

// filterBytes is what a tile's filters take, off chip and in the buffer: Winograd's
// are brought to 4 × 4 before the run.
func (md mode) filterBytes(p *asic.Product, t *asic.Tile) int64 {
	bytes := p.BBytes(t)
	if md == winograd {
		return bytes * tilePart / int64(p.Space.R*p.Space.S)
	}
	return bytes
}
