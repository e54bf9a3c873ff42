package mem

import "fmt"

// Span is a half-open range of indices along one axis.
type Span struct{ Lo, Hi int }

// Len is the number of indices.
func (s Span) Len() int { return s.Hi - s.Lo }

// Region is a box of a row-major tensor: one span per axis.
type Region []Span

// Whole is the region that is all of a tensor.
func Whole(shape []int) Region {
	r := make(Region, len(shape))
	for i, d := range shape {
		r[i] = Span{0, d}
	}
	return r
}

// Elements is the number of elements in the box.
func (r Region) Elements() int64 {
	n := int64(1)
	for _, s := range r {
		n *= int64(s.Len())
	}
	return n
}

// Shape is the extents of the box.
func (r Region) Shape() []int {
	s := make([]int, len(r))
	for i, span := range r {
		s[i] = span.Len()
	}
	return s
}

func (r Region) String() string {
	text := ""
	for i, s := range r {
		if i > 0 {
			text += ", "
		}
		text += fmt.Sprintf("%d:%d", s.Lo, s.Hi)
	}
	return "[" + text + "]"
}

// Runs calls visit for every maximal stretch of the box that is contiguous in the
// tensor: its first element in the tensor, its first in the packed box, its length.
func (r Region) Runs(shape []int, visit func(at, packed, n int64) error) error {
	inner := len(shape) // axes from here on are taken whole
	for inner > 0 && r[inner-1].Lo == 0 && r[inner-1].Hi == shape[inner-1] {
		inner--
	}
	run := int64(1)
	for _, d := range shape[inner:] {
		run *= int64(d)
	}
	unit := run
	outer := max(inner-1, 0)
	if inner > 0 {
		run *= int64(r[inner-1].Len())
	}
	index := make([]int, outer)
	for i := range index {
		index[i] = r[i].Lo
	}
	if r.Elements() == 0 {
		return nil
	}
	for packed := int64(0); ; packed += run {
		at := int64(0)
		for i := range outer {
			at = (at + int64(index[i])) * int64(shape[i+1])
		}
		if inner > 0 {
			at += int64(r[inner-1].Lo)
		}
		if err := visit(at*unit, packed, run); err != nil {
			return err
		}
		axis := outer - 1
		for ; axis >= 0; axis-- {
			if index[axis]++; index[axis] < r[axis].Hi {
				break
			}
			index[axis] = r[axis].Lo
		}
		if axis < 0 {
			return nil
		}
	}
}

// Load copies a box of a tensor of cells of the given width, which begins at base
// in from, packed to dst.
func Load(dst []byte, from Store, base int64, shape []int, r Region, cell int) error {
	return r.Runs(shape, func(at, packed, n int64) error {
		w := int64(cell)
		return from.ReadAt(dst[packed*w:(packed+n)*w], base+at*w)
	})
}

// Save copies packed src into a box of a tensor that begins at base in to.
func Save(to Store, base int64, shape []int, r Region, cell int, src []byte) error {
	return r.Runs(shape, func(at, packed, n int64) error {
		w := int64(cell)
		return to.WriteAt(src[packed*w:(packed+n)*w], base+at*w)
	})
}
