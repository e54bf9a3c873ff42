package stream

import "fmt"

// Window says what a sliding window generator does: it takes an image row by row
// and gives, for every output pixel, the tokens of its window.
type Window struct {
	H, W             int // input image, padding included
	KH, KW           int
	StrideH, StrideW int
	DilH, DilW       int
	Channels, SIMD   int
	Depthwise        bool // tokens come channel by channel: for each fold the whole window
	Parallel         bool // a token is a whole window
}

// Fold is how many tokens a pixel takes.
func (w *Window) Fold() int { return w.Channels / w.SIMD }

// OutH and OutW are the extents of the output image.
func (w *Window) OutH() int { return (w.H-(w.KH-1)*w.DilH-1)/w.StrideH + 1 }

// OutW is the width of the output image.
func (w *Window) OutW() int { return (w.W-(w.KW-1)*w.DilW-1)/w.StrideW + 1 }

// In is the number of tokens read in a frame.
func (w *Window) In() int64 { return int64(w.H) * int64(w.W) * int64(w.Fold()) }

// Out is the number of tokens written in a frame.
func (w *Window) Out() int64 {
	n := int64(w.OutH()) * int64(w.OutW()) * int64(w.Fold())
	if w.parallel() {
		return n
	}
	return n * int64(w.KH) * int64(w.KW)
}

// parallel tells whether the shift-register style is built: for parallel windows, and for 1×1.
func (w *Window) parallel() bool { return w.Parallel || w.KH == 1 && w.KW == 1 }

// Buffer is the number of tokens the generator's buffer holds. The default style
// adds room beyond one window where a stride lets it load ahead.
func (w *Window) Buffer() int {
	least := ((w.KH-1)*w.DilH*w.W + (w.KW-1)*w.DilW)
	if w.parallel() {
		return least*w.Fold() + 2
	}
	k := w.KH * w.KW
	return (least + 1 + max(0, w.StrideW-1-k) + max(0, (w.StrideH-1)*w.W-k)) * w.Fold()
}

// Validate refuses what the generator cannot be built for.
func (w *Window) Validate() error {
	switch {
	case w.SIMD < 1 || w.Channels%w.SIMD != 0:
		return fmt.Errorf("window: simd %d must divide the %d channels", w.SIMD, w.Channels)
	case (w.KH-1)*w.DilH+1 > w.H || (w.KW-1)*w.DilW+1 > w.W:
		return fmt.Errorf("window: %d×%d with dilation %d×%d does not fit an image of %d×%d", w.KH, w.KW, w.DilH, w.DilW, w.H, w.W)
	case w.StrideH > w.H || w.StrideW > w.W:
		return fmt.Errorf("window: stride %d×%d is longer than the image of %d×%d", w.StrideH, w.StrideW, w.H, w.W)
	case w.Parallel && !w.Depthwise && (w.KH > 1 || w.KW > 1) && w.SIMD != w.Channels:
		return fmt.Errorf("window: a parallel window needs simd = channels (%d), not %d", w.Channels, w.SIMD)
	}
	return nil
}

// walk goes through the tokens of a frame in the order they are fetched.
type walk struct {
	w          *Window
	fold       int64
	outH, outW int
	offsets    []int64 // of a window's tokens, from its first
	series     int     // windows a pixel: one, or one for every fold of channels

	oh, ow, a, j int   // output pixel, window of it, token of that
	base, at     int64 // first token of the window; token to be fetched
	first        int64 // first token of the next window, for the write guard
}

func newWalk(w *Window) walk {
	k := walk{w: w, fold: int64(w.Fold()), outH: w.OutH(), outW: w.OutW(), series: 1}
	tokens := w.Fold()
	if w.Depthwise {
		k.series, tokens = tokens, 1
	}
	for kh := range w.KH {
		for kw := range w.KW {
			for c := range tokens {
				k.offsets = append(k.offsets, (int64(kh*w.DilH)*int64(w.W)+int64(kw*w.DilW))*k.fold+int64(c))
			}
		}
	}
	return k
}

// begins tells whether the token is the first of a window.
func (k *walk) begins() bool { return k.j == 0 }

// skip is how far the next window begins behind this one.
func (k *walk) skip() int64 {
	w, back := k.w, int64(k.series-1)
	switch {
	case k.a < k.series-1:
		return 1
	case k.ow < k.outW-1:
		return int64(w.StrideW)*k.fold - back
	case k.oh < k.outH-1:
		return int64(w.W-(k.outW-1)*w.StrideW+(w.StrideH-1)*w.W)*k.fold - back
	}
	return never
}

// next moves to the next token; false: the frame's last has been fetched.
func (k *walk) next() bool {
	if k.j++; k.j == len(k.offsets) {
		k.j = 0
		if !k.turn() {
			return false
		}
	}
	k.at = k.base + k.offsets[k.j]
	return true
}

// turn moves to the next window; false: the frame has no other.
func (k *walk) turn() bool {
	if k.a++; k.a < k.series {
		k.base++
		return true
	}
	k.a = 0
	if k.ow++; k.ow == k.outW {
		k.ow = 0
		if k.oh++; k.oh == k.outH {
			k.oh, k.base, k.at, k.first = 0, 0, 0, 0
			return false
		}
	}
	k.base = (int64(k.oh*k.w.StrideH)*int64(k.w.W) + int64(k.ow*k.w.StrideW)) * k.fold
	return true
}

// Order visits the tokens of a frame in the order in which they are fetched (in
// parallel style, the last token of each window). Before a fetch, tokens below
// limit may have been written to the buffer, and no others.
func (w *Window) Order(visit func(token, limit int64)) {
	if w.parallel() {
		s := newShift(*w, nil, nil)
		for more := true; more; {
			at := s.walk.at + s.lead
			more = s.walk.next()
			visit(at, at+1)
		}
		return
	}
	k, limit := newWalk(w), int64(w.Buffer())
	for more := true; more; {
		at, open := k.at, limit
		if k.begins() {
			k.first += k.skip()
		}
		first := k.first
		if more = k.next(); more {
			limit = min(max(limit, min(first, k.at)+int64(w.Buffer())), w.In())
		}
		visit(at, min(open, w.In()))
	}
}
