package stream

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// both builds one chain of stages twice: as timed cores and as clocked units.
type both struct {
	*rapid.T
	p      *Pipeline
	link   *Link
	pin    *pin
	units  []clocked
	fifos  []*twinFIFO
	links  []*Link
	tokens int64 // a frame, at the end built so far
	supply *twinSupply
	in     *Link
	every  int
	stages int
}

func newBoth(t *rapid.T, frames int64, tokens int64, every int) *both {
	b := &both{T: t, p: New(), tokens: tokens, every: every, pin: &pin{}}
	b.in = NewSupply("in", every, tokens)
	b.link = b.in
	b.supply = &twinSupply{out: b.pin, every: int64(every), left: tokens * frames}
	b.units = []clocked{b.supply}
	return b
}

// fifo ends the chain so far in a FIFO; stage is what stands before it.
func (b *both) fifo(stage func(in, out *Link) error, unit func(in, out *pin) clocked, tokens int64, depth int) {
	out := NewFIFO(fmt.Sprintf("fifo%d", b.stages), depth, tokens)
	require.NoError(b, stage(b.link, out))
	between, after := &pin{}, &pin{}
	f := &twinFIFO{in: between, out: after, depth: depth}
	b.units = append(b.units, unit(b.pin, between), f)
	b.fifos, b.links = append(b.fifos, f), append(b.links, out)
	b.link, b.pin, b.tokens = out, after, tokens
	b.stages++
}

// finish runs both and compares every crossing at the ends, and the fill of every FIFO.
func (b *both) finish(frames, every int) *Result {
	out := NewDrain("out", every, b.tokens)
	last := &pin{}
	b.p.Wire("end", b.link, out)
	d := &twinDrain{in: last, every: int64(every)}
	b.units = append(b.units, &twinWire{b.pin, last}, d)
	r, err := b.p.Run(b.in, out, frames)
	require.NoError(b, err)
	require.True(b, clockAll(b.units, d, int(b.tokens)*frames, r.Cycles()+10), "the twin is not done in %d cycles", r.Cycles()+10)
	for f := range frames {
		assert.Equal(b, d.fired[int64(f+1)*b.tokens-1], r.LastOut[f], "last out of frame %d", f)
	}
	assert.Equal(b, d.fired[0], r.FirstOut)
	if r.Period > 0 {
		return r
	}
	for i, l := range b.links {
		assert.Equal(b, b.fifos[i].peak, l.Peak(), "peak of %s", l.Name)
	}
	return r
}

type twinWire struct{ in, out *pin }

func (w *twinWire) drive(int64)  { w.out.valid = w.in.valid }
func (w *twinWire) answer(int64) { w.in.ready = w.out.ready }
func (w *twinWire) clock(int64)  {}

// TestPacedPortsCarryFractions: a memory that moves 2 tokens in 3 cycles gives one after 2
// cycles and one after 1 in turn; a token that is taken later leaves no fraction.
func TestPacedPortsCarryFractions(t *testing.T) {
	l := NewSupply("in", 1, 6).Pace(3, 2)
	l.limit = 6
	var at []int64
	for _, wanted := range []int64{1, 2, 3, 9, 10, 11} {
		now, _ := l.offer(wanted)
		l.take(now)
		at = append(at, now)
	}
	assert.Equal(t, []int64{1, 3, 4, 9, 11, 12}, at)
}

// TestPacedPortsAgainstTheTwin: memory that is slower than its port, and a chain that holds it up.
func TestPacedPortsAgainstTheTwin(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWindow(t)
		frames, cycles := rapid.IntRange(1, 12).Draw(t, "frames"), w.In()+rapid.Int64Range(0, 2*w.In()).Draw(t, "slower")
		b := newBoth(t, int64(frames), w.In(), 1)
		b.in.Pace(cycles, w.In())
		b.units[0] = &twinPaced{out: b.pin, cycles: cycles, tokens: w.In(), left: w.In() * int64(frames)}
		b.window(w, rapid.IntRange(1, 9).Draw(t, "depth"))
		if b.tokens < 2000 {
			b.drawStage()
		}
		b.finish(frames, rapid.IntRange(1, 3).Draw(t, "drain"))
	})
}

// drawWindow draws a window generator of at most a few hundred tokens.
func drawWindow(t *rapid.T) Window {
	small := rapid.IntRange(1, 3)
	w := Window{KH: small.Draw(t, "kh"), KW: small.Draw(t, "kw"), StrideH: small.Draw(t, "sh"), StrideW: small.Draw(t, "sw"),
		DilH: rapid.IntRange(1, 2).Draw(t, "dh"), DilW: rapid.IntRange(1, 2).Draw(t, "dw"), SIMD: small.Draw(t, "simd")}
	w.Depthwise, w.Parallel = rapid.Bool().Draw(t, "depthwise"), rapid.Bool().Draw(t, "parallel")
	w.Channels = w.SIMD * small.Draw(t, "fold")
	if w.Parallel && !w.Depthwise {
		w.Channels = w.SIMD
	}
	w.H = max((w.KH-1)*w.DilH+1, w.StrideH) + rapid.IntRange(0, 4).Draw(t, "h")
	w.W = max((w.KW-1)*w.DilW+1, w.StrideW) + rapid.IntRange(0, 4).Draw(t, "w")
	return w
}

func (b *both) window(w Window, depth int) {
	b.fifo(func(in, out *Link) error { return b.p.Window(fmt.Sprintf("window%d", b.stages), w, in, out) }, func(in, out *pin) clocked {
		if w.parallel() {
			return newTwinShift(w, in, out)
		}
		return newTwinSlide(w, in, out)
	}, w.Out(), depth)
}

func (b *both) product(u Product, depth int) {
	b.fifo(func(in, out *Link) error { return b.p.Product(fmt.Sprintf("product%d", b.stages), u, in, out) },
		func(in, out *pin) clocked { return newTwinProduct(u, in, out) }, b.tokens/int64(u.SF())*int64(u.NF()), depth)
}

// drawStage appends one stage that the tokens come out even with.
func (b *both) drawStage() {
	depth := rapid.IntRange(1, 9).Draw(b.T, "depth")
	switch rapid.IntRange(0, 3).Draw(b.T, "stage") {
	case 0:
		sf := divisor(b.T, b.tokens)
		nf := rapid.IntRange(1, 4).Draw(b.T, "nf")
		b.product(Product{Width: sf, Height: nf, SIMD: 1, PE: 1, Latency: rapid.SampledFrom([]Core{DSP48, DSP58}).Draw(b.T, "core").Latency()}, depth)
	case 1:
		k := divisor(b.T, b.tokens)
		b.fifo(func(in, out *Link) error { b.p.Widen("widen", k, in, out); return nil },
			func(in, out *pin) clocked { return &twinWiden{in: in, out: out, k: k} }, b.tokens/int64(k), depth)
	case 2:
		k := rapid.IntRange(2, 4).Draw(b.T, "k")
		b.fifo(func(in, out *Link) error { b.p.Narrow("narrow", k, in, out); return nil },
			func(in, out *pin) clocked { return &twinNarrow{in: in, out: out, k: k} }, b.tokens*int64(k), depth)
	case 3:
		b.steps(depth)
	}
}

// divisor draws a small divisor of n.
func divisor(t *rapid.T, n int64) int {
	var list []int
	for k := 2; k <= 9; k++ {
		if n%int64(k) == 0 {
			list = append(list, k)
		}
	}
	if len(list) == 0 {
		return 1
	}
	return rapid.SampledFrom(list).Draw(t, "divisor")
}

// steps appends a stage that reads some tokens, then writes some, then does both.
func (b *both) steps(depth int) {
	writes := rapid.Int64Range(1, 3).Draw(b.T, "writes")
	phases := []Phase{{Count: b.tokens, Read: 1, Write: 1}, {Count: writes, Write: 1}}
	if rapid.Bool().Draw(b.T, "apart") {
		phases = []Phase{{Count: b.tokens, Read: 1}, {Count: writes, Write: 1}}
	} else {
		writes += b.tokens
	}
	latency := rapid.Int64Range(1, 5).Draw(b.T, "latency")
	b.fifo(func(in, out *Link) error {
		b.p.Steps("steps", phases, latency, []*Link{in}, []*Link{out})
		return nil
	}, func(in, out *pin) clocked {
		return &twinSteps{in: []*pin{in}, out: []*pin{out}, phases: phases, latency: latency, way: make([][]int64, 1)}
	}, writes, depth)
}

// TestChainsAgainstTheTwin: a window and up to three random stages behind it, at
// random depths, with sources and sinks that stall.
func TestChainsAgainstTheTwin(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWindow(t)
		frames := rapid.IntRange(1, 12).Draw(t, "frames")
		b := newBoth(t, int64(frames), w.In(), rapid.IntRange(1, 3).Draw(t, "supply"))
		b.window(w, rapid.IntRange(1, 9).Draw(t, "depth"))
		for range rapid.IntRange(0, 3).Draw(t, "stages") {
			if b.tokens < 2000 {
				b.drawStage()
			}
		}
		b.finish(frames, rapid.IntRange(1, 4).Draw(t, "drain"))
	})
}

// TestAFrontSleepsUntilItIsHeldUp: in front of a deep FIFO that fills over many frames the
// pipeline repeats and is not simulated; when the FIFO is full it is woken. Every
// crossing is the twin's.
func TestAFrontSleepsUntilItIsHeldUp(t *testing.T) {
	one := Product{Width: 1, Height: 1, SIMD: 1, PE: 1, Latency: DSP48.Latency()}
	slow := func(rows int) Product {
		return Product{Width: 1, Height: rows, SIMD: 1, PE: 1, Latency: DSP48.Latency()}
	}
	known := false
	rapid.Check(t, func(t *rapid.T) {
		if !known { // a token every 10 cycles into a stage that takes 11
			known = true
			b := newBoth(t, 14, 32, 10)
			b.product(one, 4)
			b.product(one, 20)
			b.product(slow(11), 2)
			r := b.finish(14, 1)
			assert.Positive(t, r.Slept, "the front sleeps")
			assert.Positive(t, r.Woken, "the front is woken")
			return
		}
		w := drawWindow(t)
		frames, every := rapid.IntRange(4, 14).Draw(t, "frames"), rapid.IntRange(1, 3).Draw(t, "supply")
		b := newBoth(t, int64(frames), w.In(), every)
		b.window(w, rapid.IntRange(1, 9).Draw(t, "depth"))
		b.drawStage()
		b.product(one, rapid.IntRange(20, 400).Draw(t, "deep"))
		b.product(slow(rapid.IntRange(2, 6).Draw(t, "slower")), 2)
		b.finish(frames, rapid.IntRange(1, 3).Draw(t, "drain"))
	})
}
