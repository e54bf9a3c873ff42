package workloads

import "math"

// Resize is how a Resize, or an Upsample of the older opsets, makes its output of its
// input: each axis by itself, every output index a weighted sum of a few input indices.
type Resize struct {
	Axes []ResizeAxis
	// Nearest tells that every output element is one of the input.
	Nearest bool
	// Fill is the value of elements outside the crop (tf_crop_and_resize).
	Fill float64
}

// ResizeAxis is one axis.
type ResizeAxis struct {
	In, Out int
	scale   float64
	crop    [2]float64 // start and end, as shares of the input
	rule    *resizeRule
}

// Times is by how much nearest resizing repeats each element of the axis; 0: not by a whole number.
func (a *ResizeAxis) Times() int {
	if a.In == 0 || a.Out%a.In > 0 {
		return 0
	}
	k := a.Out / a.In
	for i := range a.Out {
		if taps, _ := a.Taps(i); len(taps) != 1 || taps[0].Index != i/k {
			return 0
		}
	}
	return k
}

// Upsampled tells whether a node repeats pixels a whole number of times, down and across, and
// nothing else: what hardware does with a buffer of one row.
func Upsampled(n *Node) (down, across int, ok bool) {
	if n.Op != "Resize" && n.Op != "Upsample" {
		return 0, 0, false
	}
	z, err := ResizeOf(n)
	if err != nil || !z.Nearest || len(z.Axes) != 4 || z.Axes[0].Times() != 1 || z.Axes[1].Times() != 1 {
		return 0, 0, false
	}
	down, across = z.Axes[2].Times(), z.Axes[3].Times()
	return down, across, down > 0 && across > 0
}

// Picks tells whether a node's output elements are elements of its first input, as they are.
func Picks(n *Node) bool {
	switch n.Op {
	case "MaxPool":
		return true
	case "Resize", "Upsample":
		z, err := ResizeOf(n)
		return err == nil && z.Nearest
	}
	return ClassOf(n.Op) == Move || ClassOf(n.Op) == View
}

// resizeRule is what all axes share.
type resizeRule struct {
	mode, place, round string // mode, coordinate_transformation_mode, nearest_mode
	cubic              float64
	exclude, antialias bool
}

// places maps an output index to a coordinate of the input.
var places = map[string]func(a *ResizeAxis, i float64) float64{
	"half_pixel": halfPixel,
	"pytorch_half_pixel": func(a *ResizeAxis, i float64) float64 {
		if a.Out == 1 {
			return -0.5
		}
		return halfPixel(a, i)
	},
	"asymmetric":           func(a *ResizeAxis, i float64) float64 { return i / a.scale },
	"half_pixel_symmetric": symmetric,
	"align_corners": func(a *ResizeAxis, i float64) float64 {
		if a.Out == 1 {
			return 0
		}
		return i * float64(a.In-1) / (a.scale*float64(a.In) - 1)
	},
	"tf_crop_and_resize": func(a *ResizeAxis, i float64) float64 {
		last := float64(a.In - 1)
		if a.Out == 1 {
			return (a.crop[0] + a.crop[1]) * last / 2
		}
		return a.crop[0]*last + i*(a.crop[1]-a.crop[0])*last/float64(a.Out-1)
	},
}

func halfPixel(a *ResizeAxis, i float64) float64 { return (i+0.5)/a.scale - 0.5 }

func symmetric(a *ResizeAxis, i float64) float64 {
	adjust := float64(a.Out) / (a.scale * float64(a.In))
	return float64(a.In)/2*(1-adjust) + halfPixel(a, i)
}

// ResizeOf reads a node's attributes and constant inputs; the error names what does not fit.
func ResizeOf(n *Node) (*Resize, error) {
	q := inference{n}
	r := &resizeRule{mode: n.Attr.Text("mode", "nearest"), place: n.Attr.Text("coordinate_transformation_mode", "half_pixel"),
		round: n.Attr.Text("nearest_mode", "round_prefer_floor"), cubic: float64(n.Attr.Float("cubic_coeff_a", -0.75)),
		exclude: n.Attr.Int("exclude_outside", 0) != 0, antialias: n.Attr.Int("antialias", 0) != 0}
	if n.Op == "Upsample" || n.Attr.Int("opset", 23) < 11 {
		r.place, r.round = "asymmetric", "floor"
	}
	switch _, known := places[r.place]; {
	case r.mode != "nearest" && r.mode != "linear" && r.mode != "cubic":
		return nil, q.fail("attribute mode is %q; it is one of nearest, linear, cubic", r.mode)
	case !known:
		return nil, q.fail("attribute coordinate_transformation_mode is %q; it is one of half_pixel, half_pixel_symmetric, pytorch_half_pixel, align_corners, asymmetric, tf_crop_and_resize", r.place)
	case rounding[r.round] == nil:
		return nil, q.fail("attribute nearest_mode is %q; it is one of round_prefer_floor, round_prefer_ceil, floor, ceil", r.round)
	}
	z := &Resize{Nearest: r.mode == "nearest" && r.place != "tf_crop_and_resize", Fill: float64(n.Attr.Float("extrapolation_value", 0))}
	for _, d := range q.shape(0) {
		z.Axes = append(z.Axes, ResizeAxis{In: d, Out: d, scale: 1, crop: [2]float64{0, 1}, rule: r})
	}
	return z, q.resize(z)
}

// resize works out the extents of all axes.
func (q inference) resize(z *Resize) error {
	list := make([]int64, len(z.Axes))
	for i := range list {
		list[i] = int64(i)
	}
	axes, err := q.axes(q.n.Attr.Ints("axes", list), len(list))
	if err != nil {
		return err
	}
	at := 2 // of scales; before opset 11 there was no crop
	if q.n.Op == "Upsample" || q.n.Attr.Int("opset", 23) < 11 {
		at = 1
	}
	scales, err := q.numbers(at)
	if err != nil {
		return err
	}
	sizes, err := q.numbers(at + 1)
	if err != nil {
		return err
	}
	crop, err := q.numbers(1)
	if err != nil {
		return err
	}
	if at == 1 || len(z.Axes) > 0 && z.Axes[0].rule.place != "tf_crop_and_resize" {
		crop = nil
	}
	switch {
	case len(crop) > 0 && len(crop) != 2*len(axes):
		return q.fail("input 1 (roi) has %d numbers for %d axes; two belong to each", len(crop), len(axes))
	case len(scales) > 0 && len(sizes) > 0:
		return q.fail("scales and sizes are both given; leave one out")
	case len(scales)+len(sizes) == 0:
		return q.fail("neither scales nor sizes are given; the operator needs one")
	case len(scales) > 0 && len(scales) != len(axes) || len(sizes) > 0 && len(sizes) != len(axes):
		return q.fail("%d numbers for %d axes; one belongs to each", len(scales)+len(sizes), len(axes))
	}
	for i, axis := range axes {
		a := &z.Axes[axis]
		if len(crop) > 0 {
			a.crop = [2]float64{crop[i], crop[i+len(axes)]}
		}
		if len(sizes) > 0 {
			a.Out, a.scale = int(min(max(sizes[i], 0), 2*maxElements)), sizes[i]/float64(a.In)
			continue
		}
		if !(scales[i] > 0 && scales[i] <= maxElements) {
			return q.fail("a scale of %v along axis %d; it lies above 0 and up to 2^40", scales[i], axis)
		}
		a.scale = scales[i]
		a.Out = int(min(float64(a.In)*(a.crop[1]-a.crop[0])*a.scale, 2*maxElements))
	}
	return q.keepAspect(z, axes, len(sizes) > 0)
}

// keepAspect gives all axes one scale, where that is asked for.
func (q inference) keepAspect(z *Resize, axes []int, sized bool) error {
	policy := q.n.Attr.Text("keep_aspect_ratio_policy", "stretch")
	if policy == "stretch" || !sized || len(axes) == 0 {
		return nil
	}
	if policy != "not_larger" && policy != "not_smaller" {
		return q.fail("attribute keep_aspect_ratio_policy is %q; it is one of stretch, not_larger, not_smaller", policy)
	}
	scale := z.Axes[axes[0]].scale
	for _, axis := range axes {
		if s := z.Axes[axis].scale; policy == "not_larger" && s < scale || policy == "not_smaller" && s > scale {
			scale = s
		}
	}
	for _, axis := range axes {
		a := &z.Axes[axis]
		a.scale, a.Out = scale, int(math.Floor(scale*float64(a.In)+0.5))
	}
	return nil
}

// numbers is the constant real or whole numbers of an input, none where it is absent or empty.
func (q inference) numbers(i int) ([]float64, error) {
	t := q.n.Input(i)
	if t == nil || t.Shape.Elements() == 0 {
		return nil, nil
	}
	if t.Const == nil {
		return nil, q.fail("input %s is computed at run time, but the shape of the output depends on its value; make it a constant", t.Name)
	}
	if len(t.Shape) > 1 || t.Shape.Elements() > 1<<16 {
		return nil, q.fail("input %s has shape %v; a list of at most 65536 numbers belongs there", t.Name, t.Shape)
	}
	list := make([]float64, t.Const.Len())
	for j := range list {
		list[j] = t.Const.At(j)
	}
	return list, nil
}

func inferResize(q inference) error {
	z, err := ResizeOf(q.n)
	if err != nil {
		return err
	}
	out := Shape{}
	for _, a := range z.Axes {
		out = append(out, a.Out)
	}
	q.out(0, q.typ(0), out)
	return nil
}
