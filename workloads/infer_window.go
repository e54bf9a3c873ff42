package workloads

import "nnsim/unit"

// window is the sliding window of a convolution or pooling.
type window struct {
	kernel, stride, dilation []int
	begin, end               []int // padding before and after
	auto                     string
	ceil                     bool
}

// readWindow reads the attributes that convolutions and poolings share.
func (q inference) readWindow(kernel []int) (w window, err error) {
	rank := len(kernel)
	w = window{kernel: kernel, auto: q.n.Attr.Text("auto_pad", "NOTSET"), ceil: q.n.Attr.Int("ceil_mode", 0) != 0}
	if w.stride, err = q.perAxis("strides", rank, 1, 1); err != nil {
		return w, err
	}
	if w.dilation, err = q.perAxis("dilations", rank, 1, 1); err != nil {
		return w, err
	}
	pads, err := q.perAxis("pads", 2*rank, 0, 0)
	if err != nil {
		return w, err
	}
	w.begin, w.end = pads[:rank], pads[rank:]
	switch w.auto {
	case "", "NOTSET":
		w.auto = "NOTSET"
	case "VALID", "SAME_UPPER", "SAME_LOWER":
		w.begin, w.end = make([]int, rank), make([]int, rank)
	default:
		return w, q.fail("attribute auto_pad is %q; it is one of NOTSET, VALID, SAME_UPPER, SAME_LOWER", w.auto)
	}
	return w, nil
}

// slide is the number of positions of the window along each axis of the input.
func (q inference) slide(w window, in Shape) (Shape, error) {
	out := make(Shape, len(in))
	for i, d := range in {
		reach := (w.kernel[i]-1)*w.dilation[i] + 1
		free := d + w.begin[i] + w.end[i] - reach
		switch {
		case w.auto == "SAME_UPPER" || w.auto == "SAME_LOWER":
			out[i] = unit.CeilDiv(d, w.stride[i])
			continue
		case free < 0:
			return nil, q.fail("the window covers %d of axis %d, which has %d with padding", reach, i+2, d+w.begin[i]+w.end[i])
		case w.ceil && w.auto == "NOTSET":
			out[i] = unit.CeilDiv(free, w.stride[i]) + 1
			// A window that would begin in the padding behind the input does not count.
			if (out[i]-1)*w.stride[i] >= d+w.begin[i] {
				out[i]--
			}
		default:
			out[i] = free/w.stride[i] + 1
		}
	}
	return out, nil
}

// group is the number of groups, which must divide both channel counts.
func (q inference) group() (int, error) {
	g := q.n.Attr.Int("group", 1)
	if g < 1 || g > maxWindow {
		return 0, q.fail("attribute group is %d; it must be at least 1", g)
	}
	return int(g), nil
}

// filter checks the filter, input wi, against input 0 and returns its kernel.
func (q inference) filter(wi int) ([]int, error) {
	if err := q.rank(0, 3); err != nil {
		return nil, err
	}
	x, f := q.shape(0), q.shape(wi)
	if len(f) != len(x) {
		return nil, q.fail("input has shape %v, the filter %s %v; they must have as many axes", x, q.n.In[wi].Name, f)
	}
	kernel := []int(f[2:])
	for i, k := range q.n.Attr.Ints("kernel_shape", nil) {
		if i >= len(kernel) || int64(kernel[i]) != k {
			return nil, q.fail("attribute kernel_shape is %v, the filter %s has shape %v", q.n.Attr.Ints("kernel_shape", nil), q.n.In[wi].Name, f)
		}
	}
	for _, k := range kernel {
		if k < 1 || k > maxWindow {
			return nil, q.fail("the filter %s has shape %v; a window lies between 1 and 2^20 along each axis", q.n.In[wi].Name, f)
		}
	}
	return kernel, nil
}

// convolve is the output shape of a convolution with the filter at input wi and
// the bias, if any, at input bi.
func (q inference) convolve(wi, bi int) (Shape, error) {
	kernel, err := q.filter(wi)
	if err != nil {
		return nil, err
	}
	g, err := q.group()
	if err != nil {
		return nil, err
	}
	x, f := q.shape(0), q.shape(wi)
	if f[1] > maxElements/g || f[1]*g != x[1] {
		return nil, q.fail("input has %d channels, the filter expects %d (groups %d)", x[1], f[1]*g, g)
	}
	if f[0]%g != 0 {
		return nil, q.fail("%d filters cannot be shared out over %d groups", f[0], g)
	}
	if err := q.wants(bi, Shape{f[0]}, "one bias for each filter"); err != nil {
		return nil, err
	}
	w, err := q.readWindow(kernel)
	if err != nil {
		return nil, err
	}
	out, err := q.slide(w, x[2:])
	return append(Shape{x[0], f[0]}, out...), err
}

func inferConv(q inference) error {
	s, err := q.convolve(1, 2)
	q.out(0, q.typ(0), s)
	return err
}

func inferConvInteger(q inference) error {
	s, err := q.convolve(1, -1)
	q.out(0, Int32, s)
	return err
}

// Inputs: x, its scale and zero point, the filter with its two, the output's two, bias.
func inferQLinearConv(q inference) error {
	s, err := q.convolve(3, 8)
	q.out(0, q.typ(7), s)
	return err
}

func inferConvTranspose(q inference) error {
	kernel, err := q.filter(1)
	if err != nil {
		return err
	}
	g, err := q.group()
	if err != nil {
		return err
	}
	x, f := q.shape(0), q.shape(1)
	if f[0] != x[1] || x[1]%g != 0 || f[1] > maxElements/g {
		return q.fail("input has %d channels, the filter expects %d (groups %d)", x[1], f[0], g)
	}
	if err := q.wants(2, Shape{f[1] * g}, "one bias for each filter"); err != nil {
		return err
	}
	w, err := q.readWindow(kernel)
	if err != nil {
		return err
	}
	extra, err := q.perAxis("output_padding", len(kernel), 0, 0)
	if err != nil {
		return err
	}
	want := q.n.Attr.Ints("output_shape", nil)
	if want != nil && len(want) != len(kernel) {
		return q.fail("attribute output_shape has %d numbers; %d belong there", len(want), len(kernel))
	}
	out := Shape{x[0], f[1] * g}
	for i, k := range kernel {
		d := w.stride[i]*(x[2+i]-1) + extra[i] + (k-1)*w.dilation[i] + 1 - w.begin[i] - w.end[i]
		switch {
		case want != nil && (want[i] < 1 || want[i] > maxElements):
			return q.fail("attribute output_shape: %d is not between 1 and 2^40", want[i])
		case want != nil:
			d = int(want[i])
		case w.auto == "SAME_UPPER" || w.auto == "SAME_LOWER":
			d = x[2+i] * w.stride[i]
		}
		out = append(out, d)
	}
	q.out(0, q.typ(0), out)
	return nil
}

func inferPool(q inference) error {
	if err := q.rank(0, 3); err != nil {
		return err
	}
	x := q.shape(0)
	if _, ok := q.n.Attr["kernel_shape"]; !ok {
		return q.fail("attribute kernel_shape is missing; the operator needs it")
	}
	kernel, err := q.perAxis("kernel_shape", len(x)-2, 1, 1)
	if err != nil {
		return err
	}
	w, err := q.readWindow(kernel)
	if err != nil {
		return err
	}
	out, err := q.slide(w, x[2:])
	if err != nil {
		return err
	}
	out = append(Shape{x[0], x[1]}, out...)
	q.out(0, q.typ(0), out)
	q.out(1, Int64, out) // MaxPool's indices
	return nil
}

func inferGlobalPool(q inference) error {
	if err := q.rank(0, 3); err != nil {
		return err
	}
	out := q.shape(0).Clone()
	for i := 2; i < len(out); i++ {
		out[i] = 1
	}
	q.out(0, q.typ(0), out)
	return nil
}
