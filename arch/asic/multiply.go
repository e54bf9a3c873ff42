package asic

import (
	"encoding/binary"
	"fmt"

	"nnsim/workloads"
)

// Multiply gives the data side of an array command: what a tile adds to sums. The
// operands are read from the buffers in which they lie at the edges of the
// command: half of the filters when it begins, half when it ends.
//
// Sums lie filter by filter: [filter][image][row][column]. first begins them anew.
func (w *Walk) Multiply(p *Product, t Tile, a, b int64, sums Sums, first bool) (begin, end func() error) {
	return w.MultiplyPart(p, t, t, a, b, sums, first, nil)
}

// MultiplyPart is Multiply where the activations that lie in the buffer are those
// of held, a tile of the same images and channels and of more rows. Convolutions are
// formed by the arithmetic given, nil: product by product.
func (w *Walk) MultiplyPart(p *Product, t, held Tile, a, b int64, sums Sums, first bool, by Arithmetic) (begin, end func() error) {
	pl := w.Sim.plane
	if pl == nil || !pl.wants(w.Index, sums.Group) {
		return nil, nil
	}
	m := &multiplication{p: p, t: t, held: held, a: a, b: b, st: pl.memories(w.Index), sums: sums.Slot, first: first, layer: w.Index, plane: pl, by: by}
	all := t.K1 - t.K0
	half := all / 2
	return func() error { return m.add(0, half) }, func() error { return m.add(half, all) }
}

// Sums names partial sums: their number in the layer, and the place they take.
type Sums struct{ Group, Slot int }

// Kernel forms the sums of a whole tile from operands as they lie in the buffers:
// activations by image and channel, filters as their tensor stores them.
type Kernel func(sums, a, b []int32) error

// MultiplyBy is Multiply for machines with arithmetic of their own: all is read and
// formed when the command ends.
func (w *Walk) MultiplyBy(p *Product, t Tile, a, b int64, sums Sums, kernel Kernel) func() error {
	pl := w.Sim.plane
	if pl == nil || !pl.wants(w.Index, sums.Group) {
		return nil
	}
	m := &multiplication{p: p, t: t, a: a, b: b, st: pl.memories(w.Index)}
	return func() error {
		left, err := m.read(a, int(p.ABytes(&t)), p.A.Type)
		if err != nil {
			return err
		}
		right, err := m.read(b, int(p.BBytes(&t)), p.B.Type)
		if err != nil {
			return err
		}
		m.st.sums[sums.Slot] = make([]int32, p.Outputs(&t))
		return kernel(m.st.sums[sums.Slot], left, right)
	}
}

// multiplication is one array command's part of the sums.
type multiplication struct {
	p     *Product
	t     Tile
	held  Tile // what lies at a
	a, b  int64
	st    *stores
	sums  int
	first bool
	layer int
	plane *plane
	by    Arithmetic // nil: product by product
}

// add forms the sums of filters [k0, k1) of the tile.
func (m *multiplication) add(k0, k1 int) error {
	if k0 == k1 {
		return nil
	}
	a, err := m.read(m.a, int(m.p.ABytes(&m.held)), m.p.A.Type)
	if err != nil {
		return err
	}
	b, err := m.read(m.b, int(m.p.BBytes(&m.t)), m.p.B.Type)
	if err != nil {
		return err
	}
	per := m.p.Outputs(&m.t) / m.t.Filters()
	if m.first && k0 == 0 {
		m.st.sums[m.sums] = make([]int32, m.p.Outputs(&m.t))
	}
	acc := m.st.sums[m.sums]
	if len(acc) != m.p.Outputs(&m.t) {
		return fmt.Errorf("layer %s: %d sums are added to, %d are there", m.p.Layer.Name, m.p.Outputs(&m.t), len(acc))
	}
	if m.by != nil && m.p.conv {
		m.by(&Operands{m: m, a: a, b: b, sums: acc}, k0, k1)
		k0 = k1
	}
	for k := k0; k < k1; k++ {
		line := acc[k*per : (k+1)*per]
		if m.p.conv {
			m.convolve(line, a, b, k)
		} else {
			m.dot(line, a, b, k)
		}
	}
	if m.plane.record != nil && k1 == m.t.Filters() {
		m.plane.record.skipped[m.layer] += m.zeros(a)
	}
	return nil
}

// read decodes integers that lie in the buffers.
func (m *multiplication) read(addr int64, bytes int, t workloads.DType) ([]int32, error) {
	raw := make([]byte, bytes)
	if err := m.st.buffers.ReadAt(raw, addr); err != nil {
		return nil, err
	}
	out := make([]int32, bytes/t.CellBytes())
	switch cell := t.CellBytes(); {
	case t.IsInt() && cell == 1:
		for i := range out {
			out[i] = int32(int8(raw[i]))
		}
	case t.IsInt() && cell == 2:
		for i := range out {
			out[i] = int32(int16(binary.LittleEndian.Uint16(raw[2*i:])))
		}
	default:
		return nil, fmt.Errorf("layer %s: the array multiplies integers of up to 16 bits, not %v", m.p.Layer.Name, t)
	}
	return out, nil
}

// convolve adds one filter's part to its sums.
func (m *multiplication) convolve(sums, a, b []int32, k int) {
	s, t := &m.p.Space, &m.t
	lo, hi := m.p.InputRows(m.held.Y0, m.held.Y1)
	left, right := m.p.inputColumns(t)
	first, last := m.p.Columns(t)
	rows, width, window := hi-lo, right-left, s.R*s.S
	for image := range t.Images() {
		for c := range t.Channels() {
			filter := b[(k*t.Channels()+c)*window:][:window]
			plane := a[(image*t.Channels()+c)*rows*width:][:rows*width]
			for i, weight := range filter {
				if weight == 0 {
					continue
				}
				r, col := i/s.S, i%s.S
				x0, x1 := m.inside(col, first, last)
				if x0 == x1 {
					continue
				}
				for y := t.Y0; y < t.Y1; y++ {
					row := y*s.StrideH - s.PadH + r*s.DilH
					if row < 0 || row >= s.H {
						continue
					}
					from := plane[(row-lo)*width:][:width]
					to := sums[(image*t.Rows()+y-t.Y0)*(last-first):][:last-first]
					at := x0*s.StrideW - s.PadW + col*s.DilW - left
					if s.StrideW == 1 {
						run := to[x0-first : x1-first]
						for j, v := range from[min(at, width):][:len(run)] {
							run[j] += weight * v
						}
						continue
					}
					for x := x0; x < x1; x++ {
						to[x-first] += weight * from[at]
						at += s.StrideW
					}
				}
			}
		}
	}
}

// inside is the range, within columns [first, last), of those that a column of the
// window reads real pixels for; it is empty at first where there is none.
func (m *multiplication) inside(col, first, last int) (x0, x1 int) {
	s := &m.p.Space
	x0, x1 = inside(col*s.DilW-s.PadW, s.StrideW, s.W, s.OW)
	x0, x1 = max(x0, first), min(x1, last)
	if x1 <= x0 {
		return first, first
	}
	return x0, x1
}

// inside is the range of outputs x whose input start + x·stride lies in [0, width).
func inside(start, stride, width, outputs int) (x0, x1 int) {
	if start < 0 {
		x0 = (-start + stride - 1) / stride
	}
	if start < width {
		x1 = (width-1-start)/stride + 1
	}
	return min(x0, outputs), max(min(x0, outputs), min(x1, outputs))
}

// dot adds one column of a matrix product to its sums.
func (m *multiplication) dot(sums, a, b []int32, k int) {
	t, s := &m.t, &m.p.Space
	n, stride, at := t.Channels(), 1, k*t.Channels()
	if !s.TransB { // B lies reduction by reduction
		stride, at = t.Filters(), k
	}
	for image := range t.Images() {
		sum := int32(0)
		for c := range n {
			v := a[image*n+c]
			if s.TransA {
				v = a[c*t.Images()+image]
			}
			sum += v * b[at+c*stride]
		}
		sums[image] += sum
	}
}

// zeros counts the tile's multiplications whose activation is zero, padding included.
func (m *multiplication) zeros(a []int32) (count int64) {
	s, t := &m.p.Space, &m.t
	if !m.p.conv {
		for _, v := range a {
			if v == 0 {
				count++
			}
		}
		return count * int64(t.Filters())
	}
	lo, hi := m.p.InputRows(m.held.Y0, m.held.Y1)
	left, right := m.p.inputColumns(t)
	first, last := m.p.Columns(t)
	rows, width, useful := hi-lo, right-left, int64(0)
	for i := range t.Images() * t.Channels() {
		plane := a[i*rows*width:][:rows*width]
		for r := range s.R {
			for y := t.Y0; y < t.Y1; y++ {
				row := y*s.StrideH - s.PadH + r*s.DilH
				if row < 0 || row >= s.H {
					continue
				}
				for c := range s.S {
					x0, x1 := m.inside(c, first, last)
					for x := x0; x < x1; x++ {
						if plane[(row-lo)*width+x*s.StrideW-s.PadW+c*s.DilW-left] != 0 {
							useful++
						}
					}
				}
			}
		}
	}
	return m.p.MACs(t) - useful*int64(t.Filters())
}
