package fpga

import (
	"nnsim/arch/fpga/stream"
	"nnsim/workloads"
)

// arithmetic is a product's data: the image as words of the input stream, the weights as
// words of the weight memory, the bias in the accumulators.
//
//	image[pixel][channel] ─pad─▶ buffer[token mod Buffer] ─▶ vectors ─▶ Σ weight[word][pe][simd]
type arithmetic struct {
	*layer
	in      *workloads.Array
	bias    *workloads.Array
	weights []int32 // word by word: [nf·SF + sf][pe][simd] (depthwise: [fold][tap][pe])
	shape   stream.Product
}

func newArithmetic(l *layer, in []*workloads.Array) *arithmetic {
	u := &arithmetic{layer: l, in: in[0], shape: l.product()}
	if len(in) > 2 {
		u.bias = in[2]
	}
	u.fill(in[1])
	return u
}

// fill lays the weights out in the order in which the unit reads its memory.
func (u *arithmetic) fill(w *workloads.Array) {
	u.weights = make([]int32, 0, w.Len())
	if u.kind == depthwise {
		taps := u.space.R * u.space.S
		for fold := range u.outside / u.pe {
			for tap := range taps {
				for pe := range u.pe {
					u.weights = append(u.weights, int32(w.Int((fold*u.pe+pe)*taps+tap)))
				}
			}
		}
		return
	}
	for nf := range u.shape.NF() {
		for sf := range u.shape.SF() {
			for pe := range u.pe {
				for i := range u.simd {
					u.weights = append(u.weights, int32(w.Int(u.weightAt(nf*u.pe+pe, sf*u.simd+i))))
				}
			}
		}
	}
}

// weightAt is where the model keeps the weight of a row and of an element of the
// vector, which goes row by row and pixel by pixel through the window, channels
// innermost.
func (u *arithmetic) weightAt(row, element int) int {
	s := &u.space
	if u.Head().Op != "Conv" {
		if s.TransB {
			return row*u.inside + element
		}
		return element*u.outside + row
	}
	tap, c := element/u.inside, element%u.inside
	return (row*u.inside+c)*s.R*s.S + tap
}

// sums is the accumulators of the whole layer, in the order of the output tensor.
func (u *arithmetic) sums() []int32 {
	out := make([]int32, u.pixels*int64(u.outside))
	if u.Head().Op != "Conv" {
		inParallel(int(u.pixels), func(from, to int) {
			vector := make([]int32, u.inside)
			for row := from; row < to; row++ {
				for k := range vector {
					vector[k] = int32(u.in.Int(row*u.inside + k))
				}
				u.multiply(vector, func(pe int, sum int32) { out[row*u.outside+pe] = sum })
			}
		})
		return out
	}
	inParallel(int(u.images), func(from, to int) {
		for image := from; image < to; image++ {
			u.image(image, out)
		}
	})
	return out
}

// image computes the sums of one image.
func (u *arithmetic) image(image int, out []int32) {
	plane := u.space.OH * u.space.OW
	base := image * plane * u.outside
	pixel := 0
	if u.kind == depthwise {
		u.channelwise(image, func(pixel, channel int, sum int32) { out[base+channel*plane+pixel] = sum })
		return
	}
	u.vectors(image, func(vector []int32) {
		u.multiply(vector, func(row int, sum int32) { out[base+row*plane+pixel] = sum })
		pixel++
	})
}

// multiply goes through a vector once for every PE rows.
func (u *arithmetic) multiply(vector []int32, put func(row int, sum int32)) {
	acc, word := make([]int32, u.pe), 0
	for nf := range u.shape.NF() {
		for pe := range acc {
			acc[pe] = u.biasOf(nf*u.pe + pe)
		}
		for sf := 0; sf < len(vector); sf += u.simd {
			operands := vector[sf : sf+u.simd]
			for pe := range acc {
				sum, weights := acc[pe], u.weights[word:word+u.simd]
				for i, x := range operands {
					sum += x * weights[i]
				}
				acc[pe] = sum
				word += u.simd
			}
		}
		for pe, sum := range acc {
			put(nf*u.pe+pe, sum)
		}
	}
}

func (u *arithmetic) biasOf(row int) int32 {
	switch {
	case u.bias == nil:
		return 0
	case u.bias.Len() == 1:
		return int32(u.bias.Int(0))
	}
	return int32(u.bias.Int(row))
}

// channelwise sums the windows of each channel, PE channels side by side.
func (u *arithmetic) channelwise(image int, put func(pixel, channel int, sum int32)) {
	taps, folds := u.space.R*u.space.S, u.outside/u.pe
	acc := make([]int32, u.pe)
	u.words(image, func(n int, word []int32) { // tokens come fold by fold, tap by tap
		tap, fold := n%taps, n/taps%folds
		if tap == 0 {
			for pe := range acc {
				acc[pe] = u.biasOf(fold*u.pe + pe)
			}
		}
		weights := u.weights[(fold*taps+tap)*u.pe:]
		for pe, x := range word {
			acc[pe] += x * weights[pe]
		}
		if tap == taps-1 {
			for pe, sum := range acc {
				put(n/taps/folds, fold*u.pe+pe, sum)
			}
		}
	})
}

// vectors gives every window of an image as a vector, channels innermost.
func (u *arithmetic) vectors(image int, do func(vector []int32)) {
	vector := make([]int32, 0, u.shape.Width)
	if !u.windowed() {
		for pixel := range u.space.H * u.space.W {
			vector = vector[:0]
			for c := range u.inside {
				vector = append(vector, u.at(image, c, pixel))
			}
			do(vector)
		}
		return
	}
	u.words(image, func(_ int, word []int32) {
		if vector = append(vector, word...); len(vector) == cap(vector) {
			do(vector)
			vector = vector[:0]
		}
	})
}

// at is an element of the image.
func (u *arithmetic) at(image, c, pixel int) int32 {
	return int32(u.in.Int((image*u.inside+c)*u.space.H*u.space.W + pixel))
}

// words takes an image through the window generator's buffer: tokens are written
// as far ahead of the reads as the generator ever lets them, so that a buffer that
// were too small would be overwritten.
func (u *arithmetic) words(image int, do func(n int, word []int32)) {
	w := u.window()
	simd, size := w.SIMD, int64(w.Buffer())
	buffer := make([]int32, size*int64(simd))
	written, n := int64(0), 0
	slot := func(token int64) []int32 { at := token % size * int64(simd); return buffer[at : at+int64(simd)] }
	w.Order(func(token, limit int64) {
		for ; written < limit; written++ {
			u.token(image, written, slot(written))
		}
		if w.KH*w.KW == 1 || !w.Parallel {
			do(n, slot(token))
			n++
			return
		}
		for kh := w.KH - 1; kh >= 0; kh-- { // the taps of the shift register, oldest first
			for kw := w.KW - 1; kw >= 0; kw-- {
				do(n, slot(token-int64((kh*w.DilH*w.W+kw*w.DilW)*w.Fold())))
				n++
			}
		}
	})
}

// token is a word of the padded image.
func (u *arithmetic) token(image int, token int64, word []int32) {
	fold := u.inside / len(word)
	pixel, c := int(token)/fold, int(token)%fold*len(word)
	y, x := pixel/u.padded[1]-u.space.PadH, pixel%u.padded[1]-u.space.PadW
	for i := range word {
		word[i] = 0
		if y >= 0 && y < u.space.H && x >= 0 && x < u.space.W {
			word[i] = u.at(image, c+i, y*u.space.W+x)
		}
	}
}
