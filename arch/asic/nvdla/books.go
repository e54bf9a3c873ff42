package nvdla

import (
	"nnsim/arch/asic"
	"nnsim/unit"
)

// Units and events of a convolution engine.
const (
	unitArray = iota
	unitBuffer
	unitSums
)
const (
	evMAC      = iota
	evWinograd // multiplications of transformed operands
	evSkipped
	evFilters   // bytes of filters shifted into the cells
	evAdds      // of Winograd's transforms
	evEdges     // at work
	evCellEdges // of the multipliers of cells that have a filter, at work and waiting
)

// worth is what the array does for a part of a tile: what it has done with its last
// row, less what it had done before. Filters that come to the cells stay for the whole
// tile, and so do rows that are made together.
func (k *layerWalk) worth(t, whole asic.Tile) work {
	s, cfg, cell := &k.product.Space, &k.machine.cfg, k.product.A.Type.CellBytes()
	upTo := func(y int) work {
		rows := t
		rows.Y0, rows.Y1 = whole.Y0, y
		return work{edges: cfg.edges(k.Mode, s, &rows, cell), macs: k.Mode.executed(k.product, &rows), points: k.Mode.points(s, &rows)}
	}
	before, after := upTo(t.Y0), upTo(t.Y1)
	return work{edges: after.edges - before.edges, macs: after.macs - before.macs, points: after.points - before.points}
}

// work is edges, multiplications, and operands that pass by each set of filters.
type work struct {
	edges  unit.Cycles
	macs   int64
	points int
}

// count books the events of one array command. Each operand is read once for each atom
// of filters; filters are read once for each run of operands that the cells hold them for.
// Every edge takes the sums that it adds to out of their memory and puts them back.
func (k *layerWalk) count(t *asic.Tile, w work, edges unit.Cycles) {
	cfg, s := &k.machine.cfg, &k.product.Space
	cell := k.product.A.Type.CellBytes()
	atoms := int64(unit.CeilDiv(t.Filters(), cfg.atomK(cell)))
	executed := evMAC
	if k.Mode == winograd {
		executed = evWinograd
	}
	k.Count(k.Unit(unitArray), executed, w.macs)
	k.Count(k.Unit(unitArray), evEdges, int64(edges))
	k.Count(k.Unit(unitArray), evSkipped, k.product.MACs(t)-w.macs)
	const run = 32 // outputs that an entry of the sums' memory makes room for
	filters := k.Mode.filterBytes(k.product, t) * int64(unit.CeilDiv(w.points, run))
	k.Count(k.Unit(unitArray), evFilters, filters)
	window, results := s.R*s.S, int64(1) // results: sums that an edge adds to, of each filter
	if k.Mode == winograd {
		window, results = tilePart, resultsOfTile
		k.Count(k.Unit(unitArray), evAdds, int64(w.points)*int64(t.Channels())*(pixelAdds*atoms+int64(t.Filters())*resultAdds/int64(cfg.Array.AtomicC/tilePart)))
	}
	operands := int64(w.points) * int64(window*t.Channels()*cell) * atoms
	k.Count(k.Unit(unitBuffer), asic.EvRead, operands+filters)
	sums := sumBytes * results * int64(w.points*cfg.turns(k.Mode, s, t, cell)) * int64(t.Filters()) / atoms
	k.Count(k.Unit(unitSums), asic.EvRead, sums)
	k.Count(k.Unit(unitSums), asic.EvWrite, sums)
}

// sumBytes is the width of a sum, and resultsOfTile how many a Winograd tile has.
const (
	sumBytes      = 4
	resultsOfTile = 4
)

// Additions of Winograd's transforms, from the matrices: of the pixels of one channel's
// tile, and of four results.
const (
	pixelAdds  = 32
	resultAdds = 24
)
