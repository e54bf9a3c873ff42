package systolic

import (
	"encoding/binary"
	"fmt"
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas32"

	"nnsim/mem"
	"nnsim/workloads"
)

// The data side of the array: what one command adds to the accumulators. The
// product of a tile is formed by BLAS on the bytes that lie in the buffers at the
// edges of the command: the first half of the rows when its first stream begins,
// the rest when its last result is out. Integers of up to 8 bits are exact in
// fp32 as long as a tile's reduction is at most exactRed rows.

// exactRed is the longest reduction of 8-bit products whose sum fp32 holds exactly: 2^24 / 2^14.
const exactRed = 1024

// pass is one command's part of an output tile.
type pass struct {
	k          *nestWalk
	b          *block
	st         *stores
	aAt        int64 // A: packed in a slot there; -1: it lives in the buffer
	aRegion    mem.Region
	ch, ch1    int
	bSlot      int
	r0, r1     int
	first      bool
	rows, cols int
	held       []float32 // the stationary tile once it is in the array's registers
}

// multiply is the data side of one array command.
func (p *plane) multiply(k *nestWalk, b *block, aSlot, bSlot, ch, ch1, r0, r1 int, first, held bool) action {
	t := &pass{k: k, b: b, st: p.memories(k.present), ch: ch, ch1: ch1, bSlot: bSlot, r0: r0, r1: r1, first: first,
		rows: b.rows.Rows(), cols: b.c1 - b.c0, aRegion: k.aRegion(b, ch, ch1)}
	if t.aAt = -1; aSlot >= 0 {
		t.aAt = k.n.A.Addr(aSlot)
	}
	if !b.picked { // a sampled command may still use the tile that this one leaves in the registers
		if held || !p.wantsB(k, b) {
			return action{}
		}
		return action{Begin: func() error { _, err := t.taken(p); return err }}
	}
	half := t.rows / 2
	return action{
		Begin: func() (err error) {
			if t.held = t.st.tile; !held {
				t.held, err = t.taken(p)
			}
			if err != nil {
				return err
			}
			return t.add(p, 0, half)
		},
		End: func() error { return t.add(p, half, t.rows) },
	}
}

// taken is the stationary tile as it stands in the array's registers when the
// stream begins; nil where B is read from the buffer for as long as it streams.
func (t *pass) taken(p *plane) (tile []float32, err error) {
	if t.k.target.FIFO > 0 {
		tile, err = t.stationary(p)
	}
	t.st.tile = tile
	return tile, err
}

// add multiplies output rows [lo, hi) of the tile and adds them to its bank.
func (t *pass) add(p *plane, lo, hi int) error {
	if lo == hi {
		return nil
	}
	a, err := t.moving(p, lo, hi)
	if err != nil {
		return err
	}
	w := t.held
	if w == nil {
		if w, err = t.stationary(p); err != nil {
			return err
		}
	}
	bank := &t.st.acc[t.b.bank]
	if t.k.inA.Type.IsInt() {
		if lo == 0 && t.first {
			bank.i = resize(bank.i, t.rows*t.cols)
		}
		t.addInts(bank.i, a, w, lo, hi)
		return nil
	}
	if lo == 0 && t.first {
		bank.f = resize(bank.f, t.rows*t.cols)
	}
	t.addFloats(bank.f, a, w, lo, hi)
	return nil
}

// resize gives a slice of n zeros, reusing room.
func resize[T int32 | float32](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	s = s[:n]
	clear(s)
	return s
}

// addFloats adds aᵀ·w to the bank. Convolutions keep it filter by filter, as their
// result lies in memory; products row by row.
func (t *pass) addFloats(bank, a, w []float32, lo, hi int) {
	n, red := hi-lo, t.r1-t.r0
	am := blas32.General{Rows: red, Cols: n, Stride: n, Data: a}
	wm := blas32.General{Rows: red, Cols: t.cols, Stride: t.cols, Data: w}
	if t.k.convolves() {
		c := blas32.General{Rows: t.cols, Cols: n, Stride: t.rows, Data: bank[lo:]}
		blas32.Gemm(blas.Trans, blas.NoTrans, 1, wm, am, 1, c)
		return
	}
	c := blas32.General{Rows: n, Cols: t.cols, Stride: t.cols, Data: bank[lo*t.cols:]}
	blas32.Gemm(blas.Trans, blas.NoTrans, 1, am, wm, 1, c)
}

// addInts adds aᵀ·w in int32, through fp32 in stretches short enough to be exact;
// wider integers are multiplied one by one.
func (t *pass) addInts(bank []int32, a, w []float32, lo, hi int) {
	n, red := hi-lo, t.r1-t.r0
	if t.k.inA.Type.Bits() > 8 || t.k.inB.Type.Bits() > 8 {
		t.addWide(bank, a, w, lo, hi)
		return
	}
	part := *t
	sums := make([]float32, n*t.cols)
	for from := 0; from < red; from += exactRed {
		to := min(from+exactRed, red)
		part.r0, part.r1, part.rows = 0, to-from, n
		if from > 0 {
			clear(sums)
		}
		part.addFloats(sums, a[from*n:to*n], w[from*t.cols:to*t.cols], 0, n)
		if t.k.convolves() {
			for c := range t.cols {
				row := bank[c*t.rows+lo : c*t.rows+hi]
				for i, v := range sums[c*n : (c+1)*n] {
					row[i] += int32(v)
				}
			}
			continue
		}
		for i, v := range sums {
			bank[lo*t.cols+i] += int32(v)
		}
	}
}

// addWide multiplies integers of more than 8 bits, whose products fp32 cannot hold.
func (t *pass) addWide(bank []int32, a, w []float32, lo, hi int) {
	n := hi - lo
	for r := range t.r1 - t.r0 {
		for i := range n {
			for c := range t.cols {
				at := (lo+i)*t.cols + c
				if t.k.convolves() {
					at = c*t.rows + lo + i
				}
				bank[at] += int32(a[r*n+i]) * int32(w[r*t.cols+c])
			}
		}
	}
}

// decode turns n cells of a format into floats.
func decode(dst []float32, src []byte, t workloads.DType) error {
	switch t {
	case workloads.Int8:
		for i := range dst {
			dst[i] = float32(int8(src[i]))
		}
	case workloads.Int16:
		for i := range dst {
			dst[i] = float32(int16(binary.LittleEndian.Uint16(src[2*i:])))
		}
	case workloads.BF16:
		for i := range dst {
			dst[i] = math.Float32frombits(uint32(binary.LittleEndian.Uint16(src[2*i:])) << 16)
		}
	case workloads.FP32, workloads.TF32:
		for i := range dst {
			dst[i] = math.Float32frombits(binary.LittleEndian.Uint32(src[4*i:]))
		}
	case workloads.FP16, workloads.E4M3, workloads.E5M2:
		a := workloads.NewArray(t, workloads.Shape{len(dst)})
		a.Decode(src, 0, len(dst))
		copy(dst, a.F)
	default:
		return fmt.Errorf("systolic: the array does not multiply %v", t)
	}
	return nil
}

// stationary is the tile of B as floats, [reduction][column], zeros off the diagonal of packed groups.
func (t *pass) stationary(p *plane) ([]float32, error) {
	k, b := t.k, t.b
	red, cols, typ := t.r1-t.r0, t.cols, k.inB.Type
	groups := 1
	if k.n.Pack > 1 {
		groups = b.g1 - b.g0
	}
	stored := make([]float32, red*cols/groups)
	raw := make([]byte, len(stored)*typ.CellBytes())
	if err := t.readB(p, raw); err != nil {
		return nil, err
	}
	if err := decode(stored, raw, typ); err != nil {
		return nil, err
	}
	switch {
	case groups > 1:
		full, gr, gc := make([]float32, red*cols), red/groups, cols/groups
		for g := range groups {
			for r := range gr {
				copy(full[(g*gr+r)*cols+g*gc:][:gc], stored[(g*gr+r)*gc:][:gc])
			}
		}
		return full, nil
	case k.n.Space.TransB && !k.place(k.inB).Packed:
		return transposed(stored, cols, red), nil
	}
	return stored, nil
}

// readB reads the tile's bytes from its slot, or from the buffer where B lives there.
func (t *pass) readB(p *plane, raw []byte) error {
	if t.bSlot >= 0 {
		from, at := p.slotB(t.k, t.st, t.bSlot)
		return from.ReadAt(raw, at)
	}
	return mem.Load(raw, t.st.buffer, t.k.place(t.k.inB).OnChip, t.k.bView(), t.k.bRegion(t.b, t.r0, t.r1), t.k.inB.Type.CellBytes())
}

// transposed is an r × c matrix as c × r.
func transposed(m []float32, r, c int) []float32 {
	out := make([]float32, len(m))
	for i := range r {
		for j := range c {
			out[j*r+i] = m[i*c+j]
		}
	}
	return out
}
