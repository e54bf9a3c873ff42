package hierarchy

import "math/rand/v2"

// deal is how lines are dealt over slices and channels. Eight lines that lie next to one another
// are one piece, and lie in one module: a channel of HBM with both of its pseudo-channels, or
// a chip of GDDR with both of its channels [fractional-gpus]. Which module that is, a hash of
// the address decides: among the pieces of a page each module has its share, in no order that a
// stream would notice. So requests arrive as if at random, and queues form long before memory is busy.
//
//	piece    0  1  2  3  4  5  6  7 …      lines of piece 0 in module 2:
//	module   2  0  2  3  1  1  0  3 …      unit 4 │ 5 │ 4 │ 5 │ …
//
// The turn of the modules changes from page to page.
type deal struct {
	units   int64 // slices or channels, whichever are more
	modules int64
	order   []place // of each piece of a page
}

// place is a piece's module, and how many of the page's pieces that module has had before.
type place struct{ module, turn int64 }

// What is dealt: eight lines at a time [fractional-gpus], evenly in each page of virtual memory,
// the largest size of which is the default.
const (
	pieceLines = 8
	pageLines  = 2 << 20 / lineBytes
)

// newDeal deals lines over channels, two to a module where their number allows.
func newDeal(slices, channels int) deal {
	d := deal{units: int64(max(slices, channels)), modules: int64(channels)}
	if channels%2 == 0 {
		d.modules /= 2
	}
	rounds := max(1, pageLines/pieceLines/d.modules)
	d.order = make([]place, rounds*d.modules)
	had := make([]int64, d.modules)
	for i, p := range rand.New(rand.NewPCG(1, 1)).Perm(len(d.order)) {
		module := int64(p) % d.modules
		d.order[i] = place{module, had[module]}
		had[module]++
	}
	return d
}

// unit is where a line is dealt to, and which line of that it is.
func (d *deal) unit(line int64) (unit, index int64) {
	piece, pieces, each := line/pieceLines, int64(len(d.order)), d.units/d.modules
	page := piece / pieces
	at := d.order[piece%pieces]
	module := (at.module + int64(uint64(page)*spread>>33)) % d.modules
	lines := (page*(pieces/d.modules)+at.turn)*pieceLines + line%pieceLines // that the module has had
	return module*each + lines%each, lines / each
}
