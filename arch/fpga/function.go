package fpga

import (
	"fmt"
	"math"
	"slices"

	"nnsim/arch/fpga/estimate"
	"nnsim/arch/fpga/hls"
	"nnsim/arch/fpga/stream"
	"nnsim/unit"
	"nnsim/workloads"
)

// HLS is how the functions of design: hls are made. What is left out is hls4ml's default.
type HLS struct {
	IO       string       `key:"io" optional:"true" oneof:"stream,parallel" doc:"between functions: a FIFO of pixels, or all elements of a tensor side by side"`
	Tool     string       `key:"tool" optional:"true" oneof:"vivado,vitis" doc:"whose synthesis; vitis if left out"`
	Period   unit.Seconds `key:"period" optional:"true" min:"100 ps" doc:"clock period that operations are fitted into; 5 ns if left out"`
	Strategy string       `key:"strategy" optional:"true" oneof:"latency,resource" doc:"multipliers beside each other, or a loop over them that reads weights from block RAM"`
	Reuse    int          `key:"reuse" optional:"true" min:"1" max:"65536" doc:"products a multiplier forms for one result; 1 if left out"`
	Zeros    float64      `key:"zeros" optional:"true" min:"0" max:"1" doc:"share of weights that are zero, whose multipliers are not built"`
}

func (h *HLS) parallel() bool { return h.IO == "parallel" }

func (h *HLS) tool() hls.Tool {
	if h.Tool == "" {
		return hls.Tools["vitis"]
	}
	return hls.Tools[h.Tool]
}

// period is the clock period that the tool aims at, in nanoseconds; hls4ml's default is 5.
func (h *HLS) period() float64 {
	if h.Period == 0 {
		return 5
	}
	return float64(h.Period) * 1e9
}

// function is a layer's hardware where layers are functions made from C.
type function struct {
	hls.Function
	parallel    bool
	multipliers int64
	fromRAM     bool // the strategy "resource": weights come from block RAM
	word        int  // elements of a token that comes in, where they do not come all at once
	frames      int64
}

// pixelOf is how many elements the tokens have that a layer's input comes in; 0: from outside.
func (d *design) pixelOf(l *layer) int {
	for _, from := range d.layers {
		if !slices.Contains(from.outputs(), l.inputs()[0]) {
			continue
		}
		if from.kind == view {
			return d.pixelOf(from)
		}
		return from.gives()
	}
	return 0
}

// program makes a layer a function: all channels of a pixel side by side, all of a window.
// A product takes a vector in tokens of as many elements as its producer's pixels have.
func (l *layer) program(m *Machine, d *design) {
	h := &m.cfg.HLS
	fold := [2]int{1, l.outside}
	switch l.kind {
	case view, host, softmax:
		if l.kind == view || l.Head().Op != "Softmax" {
			return
		}
		shape := l.Out().Shape
		l.inside = shape[len(shape)-1]
		l.outside, l.pixels = l.inside, shape.Elements()/int64(l.inside)
		l.kind, fold = element, [2]int{1, l.inside}
	case label:
		l.options = [][2]int{{1, l.inside}}
		l.fold(0)
		return
	case upsample: // copies pixels, in C as in hardware
		l.options = [][2]int{fold}
		l.fold(0)
		return
	case dense:
		fold = [2]int{l.space.R * l.space.S * l.inside, l.outside}
	case depthwise:
		fold = [2]int{l.space.R * l.space.S, l.outside}
	case concat:
		fold[1] = gcd(l.parts[0], l.outside)
	}
	l.options = [][2]int{fold}
	l.fold(0)
	f := &function{Function: hls.Function{Trips: 1, Interval: 1, Period: h.period(), Tool: h.tool()},
		parallel: h.parallel(), fromRAM: h.Strategy == "resource"}
	l.function = f
	f.word, f.frames = l.takes(), d.frames
	if n := d.pixelOf(l); l.kind == dense && !l.windowed() && n > 0 && l.inside%n == 0 {
		f.word = n
	}
	f.Trips = l.trips(f.parallel, d.frames)
	f.Looped = f.Trips > 1 || l.kind == dense && f.parallel && l.windowed()
	f.Body = f.body(l, h)
}

// trips is how often a function goes through its loop: for each pixel that comes in, or, where
// all are there at once, for each result of a convolution; anything else is unrolled.
func (l *layer) trips(parallel bool, frames int64) int64 {
	switch {
	case parallel && (l.kind == dense || l.kind == depthwise):
		return l.pixels / frames
	case parallel:
		return 1
	case l.windowed():
		return int64(l.padded[0]*l.padded[1]) * l.images / frames
	case l.kind == global:
		return int64(l.space.H*l.space.W) * l.images / frames
	}
	return l.pixels / frames * int64(max(1, l.inside/l.function.word))
}

// body is a function's operations in one trip.
func (f *function) body(l *layer, h *HLS) (c hls.Chain) {
	t, window := f.Tool, l.space.R*l.space.S
	if !f.parallel && l.kind == element && looked(l.Head().Op) {
		c = append(c, t.FIFO) // the address goes into the table's register
	} else if !f.parallel {
		c = append(c, t.FIFO, hls.Edge)
	} else if f.Looped {
		c = append(c, hls.Edge) // the window is picked from the tensor
	}
	switch l.kind {
	case dense, depthwise:
		c = append(c, f.products(l, h)...)
	case pool:
		if l.Head().Op == "MaxPool" {
			c = append(c, t.Maximum(window)...)
		} else {
			c = append(c, t.Mean(window, l.aBits, l.uneven())...)
		}
	case global:
		c = append(c, t.Add)
	case join:
		c = append(c, t.Add)
	case element:
		c = append(c, f.elementwise(l)...)
	}
	if !f.parallel {
		c = append(c, t.FIFO)
	}
	return c
}

// products sums a window's: those that are left, on as many multipliers as the reuse leaves.
func (f *function) products(l *layer, h *HLS) hls.Chain {
	k, out := l.simd, l.outside
	f.Interval = int64(hls.Reuse(k, out, max(1, h.Reuse)))
	f.multipliers = unit.CeilDiv(int64(k)*int64(out), f.Interval)
	f.multipliers -= int64(h.Zeros * float64(f.multipliers))
	c := f.Tool.Sum(int(math.Ceil(float64(k) * (1 - h.Zeros))))
	if f.fromRAM && f.Interval > 1 {
		c = append(hls.Chain{hls.Edge, hls.Edge}, c...) // the word's address, and the word
	}
	return c
}

// elementwise is one value's: a selection, or a look into a table.
func (f *function) elementwise(l *layer) hls.Chain {
	switch op := l.Head().Op; {
	case op == "Softmax":
		return f.Tool.Softmax(l.inside)
	case looked(op):
		return f.Tool.Lookup()
	case op == "Add" || op == "Sub":
		return hls.Chain{f.Tool.Add}
	case op == "Mul" || op == "BatchNormalization":
		return hls.Chain{f.Tool.Multiply}
	}
	return hls.Chain{f.Tool.Select}
}

// looked tells the operators of one value that hls4ml looks up in a table.
func looked(op string) bool {
	switch op {
	case "Relu", "LeakyRelu", "PRelu", "Clip", "Min", "Max", "Add", "Sub", "Mul", "BatchNormalization", "Softmax", "Neg", "Abs":
		return false
	}
	return true
}

// uneven tells whether windows at the border hold fewer pixels than others.
func (l *layer) uneven() bool {
	return l.padded[0] != l.space.H || l.padded[1] != l.space.W
}

// fused is the latency of functions without a loop that one state machine runs: their
// chains share clock periods.
func (d *design) fused() (edges, interval int64, ok bool) {
	var chain hls.Chain
	interval = 1
	for _, l := range d.layers {
		f := l.function
		switch {
		case l.kind == view:
			continue
		case f == nil || !f.parallel || f.Looped:
			return 0, 0, false
		}
		chain = append(chain, f.Body...)
		interval = max(interval, f.Interval)
		edges = f.Tool.Edges(chain, f.Period) + interval - 1
	}
	return edges, interval, true
}

// again is the cycles from frame to frame of the layer's function.
func (l *layer) again() int64 { return l.function.Again(!l.function.parallel) }

// need is what a function takes: a DSP slice a multiplier from 10 bits on, look-up tables below
// [hls4ml]; adders and selects a look-up table a bit; a block RAM a table.
func (f *function) need(l *layer) (r estimate.Resources) {
	width := int64(l.wBits + l.aBits)
	if max(l.wBits, l.aBits) >= 10 {
		r.DSP = f.multipliers
	} else {
		r.LUT = f.multipliers * int64(l.wBits) * int64(l.aBits)
	}
	r.LUT += f.multipliers*width + int64(l.pe)*width
	r.FF = r.LUT
	if f.fromRAM {
		r.BRAM18 = estimate.WeightRAM(f.Interval, f.multipliers*int64(l.wBits))
	}
	if l.kind == element && looked(l.Head().Op) {
		r.BRAM18 += int64(l.pe) // each element at once wants a table of its own
	}
	if !f.parallel && l.windowed() {
		r = r.Plus(estimate.WindowResources(l.window(), l.aBits, l.lineMemory()))
	}
	return r
}

// reads is the elements of a token of a layer's input, writes of its output.
func (c *circuit) reads(l *layer, t *workloads.Tensor) int {
	switch {
	case l.function == nil:
		return l.takes()
	case l.function.parallel:
		return int(t.Shape.Elements() / c.d.frames)
	}
	return l.function.word
}

func (c *circuit) writes(l *layer) int {
	if l.function != nil && l.function.parallel {
		return int(l.Out().Shape.Elements() / c.d.frames)
	}
	return l.gives()
}

// call adds a function: it reads tokens, writes those that follow from them, and is left
// for as long as it cannot be called again.
func (c *circuit) call(i int, l *layer, in []flow, to *stream.Link) {
	f := l.function
	var from []*stream.Link
	for _, one := range in {
		from = append(from, one.link)
	}
	if f.parallel {
		c.function(i, l, f.atOnce(len(in)), from, to)
		return
	}
	if l.padding() {
		w := l.window()
		padded := c.fifo(l.Name+".padded", w.In()*(l.images/c.d.frames)*int64(l.takes()), l.takes(), l.aBits, false)
		name := l.Name + ".pad"
		c.stage(name, i, func() { c.p.Steps(name, l.padPhases(), 1, from, links(padded)) })
		from = links(padded)
	}
	c.function(i, l, f.pixels(l, c.d.frames), from, to)
}

func (c *circuit) function(i int, l *layer, phases []stream.Phase, from []*stream.Link, to *stream.Link) {
	name := l.Name + "." + l.kind.String()
	depth := max(1, l.function.Tool.Edges(l.function.Body, l.function.Period))
	if left := l.again() - steps(phases); left > 0 {
		phases = append(phases, stream.Phase{Count: left})
	}
	c.stage(name, i, func() { c.p.Steps(name, phases, depth, from, links(to)) })
}

func steps(phases []stream.Phase) (n int64) {
	for _, p := range phases {
		n += p.Count
	}
	return n
}

// atOnce reads all, loops, and writes all.
func (f *function) atOnce(inputs int) []stream.Phase {
	read := uint32(1)<<inputs - 1
	if loop := f.Trips * f.Interval; loop > 1 && f.Looped {
		list := []stream.Phase{{Count: 1, Read: read}}
		if loop > 2 {
			list = append(list, stream.Phase{Count: loop - 2})
		}
		return append(list, stream.Phase{Count: 1, Write: 1})
	}
	return []stream.Phase{{Count: 1, Read: read, Write: 1}}
}

// pixels reads a token a trip and writes one where a result is complete.
func (f *function) pixels(l *layer, frames int64) (list []stream.Phase) {
	add := func(read, write uint32) {
		n := len(list) - 1
		if f.Interval == 1 && n >= 0 && list[n].Read == read && list[n].Write == write {
			list[n].Count++
			return
		}
		list = append(list, stream.Phase{Count: 1, Read: read, Write: write})
		if f.Interval > 1 {
			list = append(list, stream.Phase{Count: f.Interval - 1})
		}
	}
	switch {
	case l.kind == concat:
		return times(l.phases(frames), l.pixels/frames)
	case l.windowed():
		w := l.window()
		for y := range w.H {
			for x := range w.W {
				add(1, completes(y, w.KH, w.DilH, w.StrideH)&completes(x, w.KW, w.DilW, w.StrideW))
			}
		}
		return times(list, l.images/frames)
	}
	results := l.pixels / frames
	for range f.Trips/results - 1 {
		add(1, 0)
	}
	add(uint32(1)<<len(l.inputs())-1, 1)
	return times(list, results)
}

// times is phases gone through so often.
func times(list []stream.Phase, n int64) (all []stream.Phase) {
	if len(list) == 1 {
		list[0].Count *= n
		return list
	}
	for range n {
		all = append(all, list...)
	}
	return all
}

// completes tells whether a window ends in a row or column.
func completes(at, k, dilation, stride int) uint32 {
	if at -= (k - 1) * dilation; at >= 0 && at%stride == 0 {
		return 1
	}
	return 0
}

func (f *function) String() string {
	if f.parallel {
		return fmt.Sprintf("function, tensors side by side, %v", &f.Function)
	}
	return fmt.Sprintf("function, a pixel at a time, %v", &f.Function)
}
