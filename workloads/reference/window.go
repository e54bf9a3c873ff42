package reference

import "nnsim/workloads"

// window is how a convolution or pool slides over the spatial axes of its input.
type window struct {
	in, out, kernel  []int
	stride, dilation []int
	begin, end       []int // padding before and after
}

// window reads the attributes that convolutions and pools share. Infer has
// checked them and worked out the output's extents.
func (c *call) window(in, out workloads.Shape, kernel []int) *window {
	rank := len(in)
	w := &window{in: in, out: out, kernel: kernel, stride: c.perAxis("strides", rank, 1), dilation: c.perAxis("dilations", rank, 1)}
	pads := c.perAxis("pads", 2*rank, 0)
	w.begin, w.end = pads[:rank], pads[rank:]
	mode := c.node.Attr.Text("auto_pad", "NOTSET")
	if mode == "NOTSET" || mode == "" {
		return w
	}
	w.begin, w.end = make([]int, rank), make([]int, rank)
	for i := range in {
		total := max(0, (out[i]-1)*w.stride[i]+(kernel[i]-1)*w.dilation[i]+1-in[i])
		switch mode {
		case "SAME_UPPER":
			w.begin[i], w.end[i] = total/2, total-total/2
		case "SAME_LOWER":
			w.begin[i], w.end[i] = total-total/2, total/2
		}
	}
	return w
}

// perAxis is an attribute with one integer for each axis.
func (c *call) perAxis(name string, rank int, def int) []int {
	out, list := make([]int, rank), c.node.Attr.Ints(name, nil)
	for i := range out {
		out[i] = def
		if i < len(list) {
			out[i] = int(list[i])
		}
	}
	return out
}

// still tells a window of one element that visits every input element once.
func (w *window) still() bool {
	for i := range w.in {
		if w.kernel[i] != 1 || w.stride[i] != 1 || w.begin[i] != 0 || w.in[i] != w.out[i] {
			return false
		}
	}
	return true
}

// source is the input element, within its group of channels, that row (channel
// and tap) and column (output position) of the unrolled matrix stand for; -1 in
// the padding.
func (w *window) source(row, col int) int {
	at, step := 0, 1
	for i := len(w.in) - 1; i >= 0; i-- {
		x := col%w.out[i]*w.stride[i] + row%w.kernel[i]*w.dilation[i] - w.begin[i]
		if x < 0 || x >= w.in[i] {
			return -1
		}
		at += x * step
		step *= w.in[i]
		col /= w.out[i]
		row /= w.kernel[i]
	}
	return at + row*step
}

// unroll writes part of one row of the unrolled matrix, from column col on: for
// one channel and tap, the input elements under the window's successive positions.
func unroll[T number, S element](w *window, dst []T, plane []S, row, col int) {
	last := len(w.in) - 1
	tap, outer := row%w.kernel[last], row/w.kernel[last]
	shift, step := tap*w.dilation[last]-w.begin[last], w.stride[last]
	lead := window{in: w.in[:last], out: w.out[:last], kernel: w.kernel[:last],
		stride: w.stride[:last], dilation: w.dilation[:last], begin: w.begin[:last]}
	for len(dst) > 0 {
		ow := col % w.out[last]
		n := min(len(dst), w.out[last]-ow)
		line := lead.source(outer, col/w.out[last])
		if line < 0 {
			clear(dst[:n])
		} else {
			slideLine(dst[:n], plane[line*w.in[last]:][:w.in[last]], ow*step+shift, step)
		}
		dst, col = dst[n:], col+n
	}
}

// slideLine writes line[x], line[x+step], … to dst, zero beyond the line's ends.
func slideLine[T number, S element](dst []T, line []S, x, step int) {
	if step == 1 && x >= 0 && x+len(dst) <= len(line) {
		for i, v := range line[x : x+len(dst)] {
			dst[i] = T(v)
		}
		return
	}
	for i := range dst {
		dst[i] = 0
		if uint(x) < uint(len(line)) {
			dst[i] = T(line[x])
		}
		x += step
	}
}
