package systolic

// The data set-up in front of the array: which element of A meets which row of
// the stationary tile, for each output row of a stream. It is im2col as an address
// pattern: nothing is ever laid out as a matrix in memory.

// moving is A for output rows [lo, hi) of the tile as floats, [reduction][row].
func (t *pass) moving(p *plane, lo, hi int) ([]float32, error) {
	k := t.k
	cell := k.inA.Type.CellBytes()
	raw := make([]byte, t.aRegion.Elements()*int64(cell))
	var err error
	if t.aAt >= 0 {
		err = t.st.buffer.ReadAt(raw, t.aAt)
	} else {
		err = p.lives(raw, t.st, k.place(k.inA), k.aView(), t.aRegion, cell)
	}
	if err != nil {
		return nil, err
	}
	box := make([]float32, t.aRegion.Elements())
	if err := decode(box, raw, k.inA.Type); err != nil {
		return nil, err
	}
	if k.convolves() {
		return t.windows(box, lo, hi), nil
	}
	return t.rowsOf(box, lo, hi), nil
}

// rowsOf picks reduction rows [r0, r1) of a product's A for rows [lo, hi).
func (t *pass) rowsOf(box []float32, lo, hi int) []float32 {
	n, red, chunk := hi-lo, t.r1-t.r0, t.ch1-t.ch
	out := make([]float32, red*n)
	for r := range red {
		from := t.r0 - t.ch + r
		for i := range n {
			if t.k.n.Space.TransA {
				out[r*n+i] = box[from*t.rows+lo+i]
			} else {
				out[r*n+i] = box[(lo+i)*chunk+from]
			}
		}
	}
	return out
}

// windows picks, for each reduction row (channel, r, s) and output pixel, the input
// element under the window there; zero where the window hangs over the edge.
func (t *pass) windows(box []float32, lo, hi int) []float32 {
	s, n := &t.k.n.Space, hi-lo
	dims := t.aRegion.Shape()
	rows, width := dims[2], dims[3]
	out := make([]float32, (t.r1-t.r0)*n)
	per := t.b.rows.P1 - t.b.rows.P0
	for red := t.r0; red < t.r1; red++ {
		channel, r, c := red/(s.R*s.S)-t.ch, red/s.S%s.R, red%s.S
		line := out[(red-t.r0)*n : (red-t.r0+1)*n]
		for i := lo; i < hi; {
			image, p := i/per, t.b.rows.P0+i%per
			oh, ow := p/s.OW, p%s.OW
			run := min(s.OW-ow, hi-i, per-i%per) // outputs of one row
			ih := oh*s.StrideH - s.PadH + r*s.DilH
			if row := ih - t.aRegion[2].Lo; ih >= 0 && ih < s.H && row < rows {
				from := box[((image*dims[1]+channel)*rows+row)*width:][:width]
				sample(line[i-lo:i-lo+run], from, ow*s.StrideW-s.PadW+c*s.DilW, s.StrideW)
			}
			i += run
		}
	}
	return out
}

// sample takes every stride-th element of a row from an index on, leaving zeros outside it.
func sample(dst, row []float32, at, stride int) {
	if stride == 1 && at >= 0 && at+len(dst) <= len(row) {
		copy(dst, row[at:])
		return
	}
	for i := range dst {
		if at >= 0 && at < len(row) {
			dst[i] = row[at]
		}
		at += stride
	}
}
