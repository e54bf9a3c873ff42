package fpga

import (
	"fmt"

	"nnsim/arch/fpga/estimate"
	"nnsim/results"
	"nnsim/tech"
	"nnsim/workloads"
)

// figures are a whole pipeline's: what the closed forms say of it, and what came of it.
type figures struct {
	latency, interval int64 // estimated: of one frame along the longest path; from frame to frame
	first, every      int64 // simulated: the end of the first frame; between the last two (0: there is one)
}

// figures adds estimates along the longest path, as FINN and hls4ml's synthesis do: each
// stage as if it began when the one before it has ended.
func (c *timing) figures() (f figures) {
	f.first = c.LastOut[0] + c.behind
	if n := len(c.LastOut); n > 1 {
		f.every = c.LastOut[n-1] - c.LastOut[n-2]
	}
	own := make([]int64, len(c.d.layers))
	for _, s := range c.Stages {
		if i := c.owner[s.Name]; i >= 0 {
			l := c.d.layers[i]
			cycles := c.estimate(s.Name, l)
			if s.Name == l.Name+".host" {
				cycles = l.hostInterval(c.m, c.d.frames) // no closed form but its own
			}
			own[i] += cycles
			if c.d.layers[i].function == nil {
				f.interval = max(f.interval, cycles)
			}
		}
	}
	ready := map[*workloads.Tensor]int64{}
	for i, l := range c.d.layers {
		begin := int64(0)
		for _, t := range l.inputs() {
			begin = max(begin, ready[t])
		}
		for _, t := range l.outputs() {
			ready[t] = begin + own[i]
			f.latency = max(f.latency, ready[t])
		}
		if l.function != nil {
			f.interval = max(f.interval, l.again())
		}
	}
	if edges, interval, ok := c.d.fused(); ok {
		f.latency, f.interval = edges, interval
	}
	return f
}

// whole enters the pipeline's figures as a unit of their own, which does nothing by itself.
func (c *timing) whole(r *results.Run, prices map[string]map[string]tech.Price) {
	f := c.figures()
	events := []string{"estimated_latency_cycles", "estimated_interval_cycles", "first_frame_cycles", "interval_cycles"}
	s := results.NewStats("pipeline", len(c.d.layers), events...)
	prices["pipeline"] = map[string]tech.Price{}
	for i, n := range []int64{f.latency, f.interval, f.first, f.every} {
		s.Add(0, i, n)
		prices["pipeline"][events[i]] = tech.Price{Source: "none: a count of cycles"}
	}
	s.Enter(results.Idle, 0)
	r.Stats = append(r.Stats, s)
	note := fmt.Sprintf("estimated: %d cycles for a frame, one every %d; simulated: %d for the first", f.latency, f.interval, f.first)
	if f.every > 0 {
		note += fmt.Sprintf(", in the end one every %d (%+.1f %%; %.4g a second)", f.every,
			100*float64(f.every-f.interval)/float64(max(1, f.interval)), float64(c.m.cfg.Clock)/float64(f.every))
	}
	r.Notes = append([]string{note}, r.Notes...)
}

// convNet is fpgaConvNet's figure for a convolution, padding and window included, at the
// folding that its stage has: streams in are channels a word, fine is a whole window's
// products or one's.
func (c *circuit) convNet(stage string, l *layer) int64 {
	if l.Head().Op != "Conv" || l.kind != dense && l.kind != depthwise || stage != l.Name+"."+l.kind.String() || l.function != nil {
		return 0
	}
	s := &l.space
	one := estimate.Conv{Rows: int64(s.H), Cols: int64(s.W), Channels: int64(l.inside), Filters: int64(l.outside), Groups: 1,
		KH: int64((s.R-1)*s.DilH + 1), KW: int64((s.S-1)*s.DilW + 1), StrideH: int64(s.StrideH), StrideW: int64(s.StrideW),
		PadTop: int64(s.PadH), PadBottom: int64(l.padded[0] - s.H - s.PadH), PadLeft: int64(s.PadW), PadR: int64(l.padded[1] - s.W - s.PadW),
		In: int64(l.takes()), Out: int64(l.pe), Fine: 1}
	if l.kind == depthwise {
		one.Groups, one.Out = int64(l.inside), 1
	}
	if l.parallel() {
		one.Fine = int64(s.R * s.S)
	}
	if s.DilH*s.DilW > 1 {
		return 0 // the closed form knows no dilation
	}
	return max(1, l.images/c.d.frames) * one.Latency()
}

// alone is the cycles from frame to frame that a stage takes between ports that never
// wait: of a window generator as simulated, of the others as many as they have steps.
func (c *circuit) alone(stage string, l *layer) int64 {
	frames := c.d.frames
	images := max(1, l.images/frames)
	switch {
	case l.function != nil && stage == l.Name+"."+l.kind.String():
		return l.again()
	case stage == l.Name+".window":
		alone, _ := c.d.windows.interval(l.window())
		return images * alone
	case stage == l.Name+"."+l.kind.String() && (l.kind == dense || l.kind == depthwise || l.kind == pool):
		return l.pixels / frames * l.perPixel()
	}
	if stage == l.Name+".label" {
		return l.cycles() / frames
	}
	return c.estimate(stage, l)
}
