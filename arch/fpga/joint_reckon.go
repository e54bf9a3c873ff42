package fpga

import (
	"math"
	"slices"

	"nnsim/arch/fpga/estimate"
	"nnsim/workloads"
)

// Reckon is the figures of a point; nil where it does not fit.
func (s *foldSpace) Reckon(at [][]int) []float64 { return s.reckon(s.selected(at)) }

func (s *foldSpace) reckon(list selection) []float64 {
	need := s.need(list)
	if !s.m.fits(need, s.m.budget()) {
		return nil
	}
	d := &design{frames: s.design.frames, layers: s.layers(list)}
	c := &circuit{m: s.m, d: d, net: s.net}
	return s.inOrder([3]float64{interval: float64(max(s.every(list), c.ports())), first: s.firstFrame(list, c), part: 100 * s.m.share(need)})
}

// layers are those of a design with a point's options.
func (s *foldSpace) layers(list selection) []*layer {
	layers := slices.Clone(s.design.layers)
	for i := range layers {
		if s.stages[i] != nil {
			layers[i] = s.option(list, i).layer
		}
	}
	return layers
}

// need is what a point takes, with FIFOs.
func (s *foldSpace) need(list selection) estimate.Resources {
	need := s.fifos
	for i, l := range s.design.layers {
		if s.stages[i] != nil {
			need = need.Plus(s.option(list, i).need)
		} else {
			need = need.Plus(l.resources(s.m))
		}
	}
	return need
}

// every is the cycles from frame to frame of the slowest stage.
func (s *foldSpace) every(list selection) (most int64) {
	for i, l := range s.design.layers {
		most = max(most, s.own(list, i, l))
	}
	return most
}

// own is the cycles a frame of a layer by itself, with its window generator as simulated.
func (s *foldSpace) own(list selection, i int, l *layer) int64 {
	if s.stages[i] == nil {
		return s.m.byItself(s.design, l)
	}
	return s.cycles(s.option(list, i))
}

func (s *foldSpace) cycles(o *option) int64 {
	if o.every == 0 {
		o.every = s.m.byItself(s.design, o.layer)
	}
	return o.every
}

// span is when the first and the last word of a tensor's first frame are there.
type span struct{ from, to float64 }

// firstFrame is the cycles to the end of the first frame, from the spans of all tensors: a
// stage begins with what its first result needs of its inputs, goes on as fast as it can or
// as they come, and ends when it has done what waits for their last words.
func (s *foldSpace) firstFrame(list selection, c *circuit) (end float64) {
	spans := map[*workloads.Tensor]span{}
	start, frames := float64(c.latency()+hop), s.design.frames
	for _, t := range s.net.Graph.Inputs {
		words := c.inputWords(t)
		count := t.Shape.Elements() / frames / int64(words)
		spans[t] = span{start, start + float64(max(count, c.moving(t, words, count)))}
	}
	for i, l := range c.d.layers {
		var in span
		for _, t := range l.inputs() {
			in.from, in.to = max(in.from, spans[t].from), max(in.to, spans[t].to)
		}
		out := l.passes(in, float64(frames), float64(s.own(list, i, l)))
		if l.kind == host {
			out.from = in.to + float64(s.m.hostCycles(l, frames))
			out.to = out.from + float64(l.Out().Shape.Elements()/frames)
		}
		for _, t := range l.outputs() {
			spans[t] = out
		}
	}
	for _, t := range s.net.Graph.Outputs {
		end = max(end, spans[t].to)
	}
	return end + float64(c.latency())
}

// hop is the cycles in which a word passes a FIFO and the stage behind it.
const hop = 2

// passes is the span of a layer's results, if its inputs come within one and it takes so
// many cycles by itself.
func (l *layer) passes(in span, frames, cycles float64) span {
	wide := in.to - in.from
	switch l.kind {
	case view:
		return in
	case dense, depthwise, pool:
		u, pixel := l.product(), float64(l.perPixel())
		begin, arrive := in.from, wide/max(1, float64(l.pixels)/frames)
		if l.windowed() {
			begin, arrive = in.from+wide*l.waitsFor()+hop, 0
		}
		delay := float64(u.Latency) + hop
		return span{max(begin+float64(u.SF()), begin+arrive) + delay, max(begin+cycles, in.to+l.behind(pixel, float64(u.SF()))) + delay}
	case global, label:
		fold := float64(l.inside / l.pe)
		end := max(in.from+cycles, in.to+fold) + hop
		return span{end - fold, end}
	case softmax:
		fold := float64(l.outside / l.pe)
		return span{in.from + fold + hop, max(in.from+cycles, in.to+fold) + hop}
	}
	return span{in.from + hop, max(in.from+cycles, in.to) + hop}
}

// waitsFor is the share of a padded image that comes before the first window is whole.
func (l *layer) waitsFor() float64 {
	s := &l.space
	rows, cols := (s.R-1)*s.DilH-s.PadH, (s.S-1)*s.DilW+1-s.PadW
	return math.Max(0, float64(rows*s.W+cols)) / float64(s.H*s.W)
}

// behind is the cycles of what waits for an input's last word: the last pixel's results,
// where the words before were used as they came.
func (l *layer) behind(pixel, first float64) float64 {
	if l.windowed() {
		return pixel
	}
	return max(0, pixel-first)
}
