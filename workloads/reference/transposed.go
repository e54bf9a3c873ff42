package reference

import "nnsim/workloads"

// convTranspose scatters each input element, times the filter, over the output: the
// convolution whose input this one's output would be, run backwards.
func convTranspose(c *call) error {
	x, w, dst := c.in[0], c.in[1], c.make(0)
	groups := int(c.node.Attr.Int("group", 1))
	win := c.scatter(x.Shape[2:], dst.Shape[2:], w.Shape[2:])
	channels, filters := x.Shape[1]/groups, w.Shape[1]
	in, out, taps := int(x.Shape[2:].Elements()), int(dst.Shape[2:].Elements()), int(w.Shape[2:].Elements())
	tasks(x.Shape[0]*groups*filters, func(plane int) { // one output plane: image, group, filter
		image, group, filter := plane/(groups*filters), plane/filters%groups, plane%filters
		sums := make(line, out)
		for ch := range channels {
			from := ((image*groups+group)*channels + ch) * in
			weights := ((group*channels+ch)*filters + filter) * taps
			for i := range in {
				v := x.At(from + i)
				for tap := range taps {
					if to := win.source(tap, i); to >= 0 {
						sums[to] += v * w.At(weights+tap)
					}
				}
			}
		}
		bias := 0.0
		if c.has(2) {
			bias = c.in[2].At(group*filters + filter)
		}
		for i, v := range sums {
			dst.Set(plane*out+i, v+bias)
		}
	})
	return nil
}

// scatter is the window of the convolution that runs backwards: it slides over the
// output and stops at the positions of the input. The output's extent, where it is
// prescribed or follows from auto_pad, decides the padding.
func (c *call) scatter(in, out workloads.Shape, kernel []int) *window {
	rank := len(in)
	w := &window{in: out, out: in, kernel: kernel, stride: c.perAxis("strides", rank, 1), dilation: c.perAxis("dilations", rank, 1)}
	extra, pads := c.perAxis("output_padding", rank, 0), c.perAxis("pads", 2*rank, 0)
	w.begin = pads[:rank]
	mode := c.node.Attr.Text("auto_pad", "NOTSET")
	if c.node.Attr.Ints("output_shape", nil) == nil && mode != "SAME_UPPER" && mode != "SAME_LOWER" {
		if mode == "VALID" {
			w.begin = make([]int, rank)
		}
		return w
	}
	for i := range in {
		total := max(0, w.stride[i]*(in[i]-1)+extra[i]+(kernel[i]-1)*w.dilation[i]+1-out[i])
		w.begin[i] = total / 2
		if mode != "SAME_UPPER" {
			w.begin[i] = total - total/2
		}
	}
	return w
}
