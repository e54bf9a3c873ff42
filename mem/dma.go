package mem

import (
	"fmt"

	"nnsim/unit"
)

// Descriptor is a box of bytes to be moved between two memories: rows of Row
// bytes, repeated along axes, the outermost first. The destination may be larger
// than the source by padding, which is filled and never read.
//
//	source                     destination, one row before and after, one byte left and right
//	                           f f f f f
//	a b c … stride …           f a b c f
//	d e f … stride …    ─▶     f d e f f
//	                           f f f f f
type Descriptor struct {
	Src, Dst int64 // addresses of the first byte, of padding where there is some
	Row      int64 // bytes side by side in both memories
	Left     int64 // bytes of padding before each row of the destination
	Right    int64 // and after it
	Axes     []Axis
	Fill     byte // what padding holds
}

// Axis is one repetition of a descriptor.
type Axis struct {
	Count     int64 // in the source
	SrcStride int64 // bytes from one to the next
	DstStride int64
	Before    int64 // entries of padding in the destination, before the first
	After     int64 // and after the last
}

// Validate refuses boxes without bytes and with more than 2^40 of them.
func (d Descriptor) Validate() error {
	if d.Row < 1 || d.Left < 0 || d.Right < 0 || d.Src < 0 || d.Dst < 0 || d.Row+d.Left+d.Right > 1<<40 {
		return fmt.Errorf("dma: a row of %d bytes from %d to %d, padded by %d and %d; rows have 1 to 2^40 bytes, nothing is below 0", d.Row, d.Src, d.Dst, d.Left, d.Right)
	}
	bytes := float64(d.Row + d.Left + d.Right)
	for i, a := range d.Axes {
		if a.Count < 1 || a.Before < 0 || a.After < 0 {
			return fmt.Errorf("dma: axis %d has %d entries, padded by %d and %d; it needs at least one, and padding of at least 0", i, a.Count, a.Before, a.After)
		}
		bytes *= float64(a.Count) + float64(a.Before) + float64(a.After)
	}
	if bytes > 1<<40 {
		return fmt.Errorf("dma: a box of %.3g bytes; write descriptors of at most 2^40", bytes)
	}
	return nil
}

// Bytes is what is read of the source, and what is written to the destination.
func (d Descriptor) Bytes() (read, written int64) {
	read, written = d.Row, d.Left+d.Row+d.Right
	for _, a := range d.Axes {
		read, written = read*a.Count, written*(a.Before+a.Count+a.After)
	}
	return read, written
}

// Copy moves the bytes, padding included.
func (d Descriptor) Copy(to, from Store) error {
	if err := d.Validate(); err != nil {
		return err
	}
	row := make([]byte, d.Left+d.Row+d.Right)
	return d.copyAxis(to, from, d.Axes, d.Src, d.Dst, row, true)
}

// copyAxis moves one entry of an axis after the other; inside tells real ones from padding.
func (d Descriptor) copyAxis(to, from Store, axes []Axis, src, dst int64, row []byte, inside bool) error {
	if len(axes) == 0 {
		for i := range row {
			row[i] = d.Fill
		}
		if inside {
			if err := from.ReadAt(row[d.Left:d.Left+d.Row], src); err != nil {
				return err
			}
		}
		return to.WriteAt(row, dst)
	}
	a := axes[0]
	for i := -a.Before; i < a.Count+a.After; i++ {
		within := inside && i >= 0 && i < a.Count
		if err := d.copyAxis(to, from, axes[1:], src+i*a.SrcStride, dst+(i+a.Before)*a.DstStride, row, within); err != nil {
			return err
		}
	}
	return nil
}

// Side says which end of a descriptor lies off chip.
type Side uint8

// A load reads its source off chip, a store writes its destination there.
const (
	OffChipSource Side = iota
	OffChipDestination
)

// runs is a walk over the stretches of a descriptor that lie off chip.
type runs struct {
	at    int64 // address of the present run
	bytes int64 // its length
	took  int64 // bytes of it that have been asked for
	axes  [maxAxes]struct{ count, stride, index int64 }
	n     int // axes in use
	over  bool
}

// maxAxes is how deep a descriptor can be nested for a DMA engine.
const maxAxes = 6

// newRuns begins a walk. Axes whose entries touch are one run; padding is part
// of what a store writes and no part of what a load reads.
func newRuns(d Descriptor, side Side) (runs, error) {
	if err := d.Validate(); err != nil {
		return runs{}, err
	}
	if len(d.Axes) > maxAxes {
		return runs{}, fmt.Errorf("dma: %d axes; an engine walks at most %d", len(d.Axes), maxAxes)
	}
	r := runs{at: d.Src, bytes: d.Row}
	if side == OffChipDestination {
		r.at, r.bytes = d.Dst, d.Left+d.Row+d.Right
	}
	for i := len(d.Axes) - 1; i >= 0; i-- {
		count, stride := d.Axes[i].Count, d.Axes[i].SrcStride
		if side == OffChipDestination {
			count, stride = d.Axes[i].Before+count+d.Axes[i].After, d.Axes[i].DstStride
		}
		switch {
		case r.n == 0 && stride == r.bytes:
			r.bytes *= count
		case count > 1:
			r.axes[r.n].count, r.axes[r.n].stride = count, stride
			r.n++
		}
	}
	return r, nil
}

// next is the next stretch that does not cross a multiple of burst.
func (r *runs) next(burst int64) (addr, n int64) {
	addr = r.at + r.took
	n = min(r.bytes-r.took, burst-addr%burst)
	if r.took += n; r.took == r.bytes {
		r.took = 0
		r.advance()
	}
	return addr, n
}

// advance goes on to the next run.
func (r *runs) advance() {
	for i := range r.n {
		a := &r.axes[i]
		r.at += a.stride
		if a.index++; a.index < a.count {
			return
		}
		r.at -= a.count * a.stride
		a.index = 0
	}
	r.over = true
}

// Burst is a stretch of off-chip memory that a DMA engine asks for at once.
type Burst struct {
	Slot  int // the engine's; the reply names it
	Addr  int64
	Bytes int64
	Write bool
	Edge  unit.Edge // when it is asked for, which may lie ahead
}
