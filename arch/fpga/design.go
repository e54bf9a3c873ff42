package fpga

import (
	"fmt"

	"nnsim/arch/fpga/stream"
	"nnsim/workloads"
)

// kind is what a layer becomes.
type kind uint8

const (
	view      kind = iota // the same tokens under another shape: wires
	dense                 // (pad, window,) matrix–vector unit
	depthwise             // pad, window, vector–vector unit
	pool                  // pad, window, pool
	global                // a sum or maximum over all pixels
	element               // a table or comparators, token by token
	join                  // two streams, token by token
	concat                // streams one after another, pixel by pixel
	softmax               // exponentials while a vector comes, quotients while it leaves
	label                 // the index of the greatest element of a pixel
	upsample              // each pixel several times, from a buffer of one row
	host                  // on the processor
)

var kindNames = [...]string{"view", "product", "depthwise", "pool", "global", "element", "join", "concat", "softmax", "label", "upsample", "host"}

func (k kind) String() string { return kindNames[k] }

// layer is a layer's hardware.
type layer struct {
	*workloads.Layer
	kind     kind
	space    workloads.Matrix // of dense, depthwise and pool
	padded   [2]int           // height and width of the padded image
	images   int64            // that a run of the layer goes through: frames × images a frame
	inside   int              // elements a pixel, in (of a concat: of each input)
	outside  int              // elements a pixel, out
	parts    []int            // of a concat: elements a pixel of each input
	pixels   int64            // results (of outside elements) in a run
	simd     int              // operands of a sum taken at a time
	pe       int              // sums, or elements, formed side by side
	wBits    int
	aBits    int
	function *function // where layers are functions of C, else nil
	simds    []int     // what simd may be
	pes      []int     // what pe may be
	style    string    // lut or dsp, where a mapping says what multiplies; "" as fold.product does
	options  [][2]int  // simd, pe: from the slowest to the fastest
	chosen   int       // of options
	cut      *cut      // overlay: how it is cut; nil: not chosen yet, or there is no choice
	groups   int       // overlay: the design's
}

// inputs lists what a layer reads that is not part of the model.
func (l *layer) inputs() (list []*workloads.Tensor) {
	for _, t := range l.Head().In {
		if t != nil && t.Role != workloads.Weight {
			list = append(list, t)
		}
	}
	return append(list, l.added()...)
}

// added lists what the nodes behind the head read that is not part of the model.
func (l *layer) added() (list []*workloads.Tensor) {
	for i, n := range l.Nodes[1:] {
		for _, t := range n.In {
			if t != nil && !constant(t) && t != l.Nodes[i].Out[0] {
				list = append(list, t)
			}
		}
	}
	return list
}

// extra is how many tensors those are.
func (l *layer) extra() int { return len(l.added()) }

// macs is the multiply-accumulates of a layer.
func (l *layer) macs() (sum int64) {
	for _, n := range l.Nodes {
		sum += workloads.MACs(n)
	}
	return sum
}

// outputs lists what it leaves for others.
func (l *layer) outputs() (list []*workloads.Tensor) {
	for _, t := range l.Nodes[len(l.Nodes)-1].Out {
		if t != nil {
			list = append(list, t)
		}
	}
	return list
}

// windowed tells whether a layer needs a sliding window generator.
func (l *layer) windowed() bool {
	s := &l.space
	switch l.kind {
	case dense:
		return s.R*s.S > 1 || s.StrideH*s.StrideW > 1 || l.padding()
	case depthwise, pool:
		return true
	}
	return false
}

// parallel tells whether its windows are read whole.
func (l *layer) parallel() bool {
	k := l.space.R * l.space.S
	return l.windowed() && k > 1 && (l.kind == dense && l.simd == k*l.inside || l.kind == depthwise && l.simd == k)
}

// takes is how many elements are in a word of its input stream, gives in one of its output.
func (l *layer) takes() int {
	switch {
	case l.kind == host || l.kind == view:
		return 1
	case l.kind == dense && l.parallel():
		return l.inside
	case l.kind == dense:
		return l.simd
	}
	return l.pe
}

func (l *layer) gives() int {
	if l.kind == host || l.kind == view || l.kind == label {
		return 1
	}
	return l.pe
}

// window is the layer's sliding window generator.
func (l *layer) window() stream.Window {
	s := &l.space
	w := stream.Window{H: l.padded[0], W: l.padded[1], KH: s.R, KW: s.S, StrideH: s.StrideH, StrideW: s.StrideW,
		DilH: s.DilH, DilW: s.DilW, Channels: l.inside, SIMD: l.takes(), Depthwise: l.kind != dense, Parallel: l.parallel()}
	return w
}

// product is its matrix–vector unit, or the unit that sums (or compares) a window.
func (l *layer) product() stream.Product {
	k := l.space.R * l.space.S
	switch l.kind {
	case dense:
		return stream.Product{Width: k * l.inside, Height: l.outside, SIMD: l.simd, PE: l.pe, Latency: latency(l)}
	default:
		return stream.Product{Width: k, Height: 1, SIMD: l.simd, PE: 1, Latency: latency(l)}
	}
}

// latency is the depth of a unit's arithmetic. Units of look-up tables are taken to
// be as deep as the DSP units they stand in for; FINN allows itself 15 cycles there.
func latency(*layer) int64 { return stream.DSP48.Latency() }

// padding tells whether the image is padded.
func (l *layer) padding() bool {
	switch l.kind {
	case dense, depthwise, pool:
		return l.padded != [2]int{l.space.H, l.space.W}
	}
	return false
}

// cycles is what the slowest of the layer's stages takes for a run, tokens of the steady state.
func (l *layer) cycles() int64 {
	switch {
	case l.kind == view || l.kind == host:
		return 0
	case l.function != nil:
		return l.again() * l.function.frames
	}
	switch l.kind {
	case dense, depthwise, pool:
		n := l.pixels * l.perPixel()
		if l.padding() {
			w := l.window()
			n = max(n, l.images*w.In())
		}
		return n
	case softmax:
		return l.pixels * 2 * int64(l.outside/l.pe)
	case label:
		return l.pixels * (int64(l.inside/l.pe) + 1)
	case global:
		return l.images * (int64(l.space.H*l.space.W) + 1) * int64(l.inside/l.pe)
	}
	return l.pixels * int64(l.outside/l.pe)
}

// perPixel is the steps of a layer's unit for all results of a pixel.
func (l *layer) perPixel() int64 {
	u := l.product()
	n := int64(u.SF()) * int64(u.NF())
	if l.kind != dense {
		n *= int64(l.outside / l.pe)
	}
	return n
}

func (l *layer) String() string {
	if l.kind == view || l.kind == host {
		return l.kind.String()
	}
	if l.function != nil {
		return l.function.String()
	}
	text := fmt.Sprintf("%v simd %d pe %d", l.kind, l.simd, l.pe)
	if l.style != "" {
		text += " in " + l.style
	}
	if l.parallel() {
		text += ", parallel window"
	}
	return text
}
