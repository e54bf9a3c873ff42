// Package mapping says how a network is cut and placed on a machine: which
// tensors stay on chip, how each layer's loops are tiled, and in which order the
// tiles go.
//
//	Network + Target ──▶ Plan:  Place   tensor → off-chip address, on-chip address
//	                            Nest    product → tiles, order, slots in the buffer
//	                            Pieces  vector work → pieces, slots
//	                            Chain   layers → bands that pass through all of them
//
// A machine hands over its numbers as a Target and gets back a Plan it can walk
// without looking anything up. Every plan is legal by construction: what a layer
// needs on chip is allocated here, and what cannot be is refused here.
//
// Not modelled: chains of other layers than convolutions, recomputation, and splitting
// of one layer over several machines. The cost of a mapping (pace) knows
// channels and open rows of the memory, but not the order of single lines.
package mapping

import (
	"fmt"

	"nnsim/workloads"
)

// Plan is a network cut into tiles and placed.
type Plan struct {
	Target Target
	// Placement names the rule by which tensors stay on chip; "" is the usual one.
	Placement string
	Chains    []*Chain // layers that run back to back; the first chain first
	Layers    []*LayerPlan
	// Joint lays out the mappings of all layers together, where they share what the machine
	// has; nil where each layer is mapped by itself.
	Joint func() Joint
	// Whole is what the layers take and give together, where they share the machine.
	Whole  fmt.Stringer
	Places map[*workloads.Tensor]*Place

	// OffChip is the size of the off-chip memory image, in bytes.
	OffChip int64
	// CompulsoryRead and CompulsoryWrite are the off-chip bytes no mapping can
	// avoid: every weight of a product once, every output once.
	CompulsoryRead, CompulsoryWrite int64
}

// Place is where a tensor lives. Tensors that are views of one another share it.
type Place struct {
	OffChip int64 // address in off-chip memory; -1: never there
	OnChip  int64 // address in the buffer; -1: never there
	First   int   // the layer that makes it; -1: there from the start
	Last    int   // the last layer that reads it
	Packed  bool  // a weight stored tile after tile, as its layer's Nest reads it
	Ring    int   // on chip: the rows that are there at a time, of all images in turn; 0: all
	Bytes   int64 // in memory
}

// LayerPlan is one layer's part. Exactly one of Nest, Pieces and Custom is set; all
// are nil for a view, which takes no time.
type LayerPlan struct {
	Layer  *workloads.Layer
	Nest   *Nest
	Pieces *Pieces
	// Custom is the mapping of a machine whose loops are neither; its text is what reports show.
	Custom fmt.Stringer
	// Space lays out all mappings of the layer that its machine can run; nil where there is no choice.
	Space func() Space
}

// Order is the order of a Nest's outer loops.
type Order uint8

// RowsOuter keeps the tile of A while the tiles of B pass; ColsOuter the other way round.
const (
	RowsOuter Order = iota
	ColsOuter
)

// Slots is room in the buffer for tiles of one kind: Count slots of Size bytes from Base on.
type Slots struct {
	Base  int64
	Size  int64
	Count int
}

// Bytes is the room all slots take.
func (s Slots) Bytes() int64 { return s.Size * int64(s.Count) }

// Addr is where slot i begins.
func (s Slots) Addr(i int) int64 { return s.Base + int64(i)*s.Size }

// Nest is the tiling of a product.
//
//	for batch, group pack
//	  for row tile, col tile            (or col tile, row tile)
//	    for chunk of the reduction      (channels: what one load of A brings)
//	      for stationary tile in it     (Red rows: what one load of B brings)
//	        array
//	    drain
type Nest struct {
	Space workloads.Matrix
	Order Order
	// Dataflow is the one the layer has of those the array can switch to; "" is the machine's usual one.
	Dataflow Dataflow

	Pack   int // groups computed side by side, block-diagonally
	Images int // images in a row tile, when Pixels is a whole image
	Pixels int // output pixels of an image in a row tile
	Cols   int // columns (filters) in a tile
	Chans  int // input channels in one load of A
	Red    int // reduction rows in one load of B

	AOnChip, BOnChip, OutOnChip bool // operands and result that live in the buffer
	A, B, Extra, Out            Slots
	aLoads
	bands *bands // in a chain

	// The mapper's estimate, in cycles: of compute and of off-chip traffic, which
	// overlap, and of the whole with waits, first loads and last store.
	Compute, Traffic, Time float64
}

// Pieces is the cutting of vector work: one axis of the output in steps, all axes
// before it one index at a time, all axes after it whole.
type Pieces struct {
	Axis, Step int
	Count      int // pieces in all
	// Streamed: the work cannot be cut so that a piece fits; the operands pass
	// through the slots in StreamBytes at a time, and the result is formed as a whole.
	Streamed    bool
	StreamBytes int64
	In, Out     Slots  // In has two slots for each input that is off chip
	InOnChip    []bool // by input of the head
	OutOnChip   bool
}
