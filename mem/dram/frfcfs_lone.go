package dram

import "math/bits"

// lone advances a queue that is full of lines for one bank, as a stride of rows
// makes it: there is nothing to choose, so the bank's commands follow each other as
// soon as the table lets them, and with each read or write a line comes in.
//
//	PRE ──tRP──▶ ACT ──tRCD──▶ RD ──▶ PRE …      one bank, until a line is for another
//
// It goes on in cycles after t and before until, and gives the lines taken in and the last cycle.
func (p *frfcfs) lone(r *Request, t, until int64) (n, last int64) {
	kind := reading
	if r.Write {
		kind = writing
	}
	w := &p.masks[kind]
	wants := w.hit | w.act | w.pre
	if bits.OnesCount64(wants) != 1 || r.At > t || !p.steadily(kind) {
		return 0, t
	}
	b, end := bits.TrailingZeros64(wants), min(until, p.ref.due)
	for last = t; n < r.Count; {
		k := RD + Kind(kind)
		switch {
		case w.act != 0:
			k = ACT
		case w.pre != 0:
			k = PRE
		}
		c := max(last+1, p.at(k, b))
		line := r.Line + n*r.Stride
		if c >= end || k.column() && int(p.spec.mapping.find(line).bank) != b {
			break
		}
		last = c
		if !k.column() {
			p.openOrClose(k, b, c)
			continue
		}
		p.useFirst(b, c)
		p.accept(line, r.Tag, r.Write, c)
		if n++; int(p.waits[kind]) != p.limit[kind] {
			break
		}
	}
	if last > t {
		p.seekColumns(last + 1)
		p.seekRows(last + 1)
	}
	return n, last
}

// steadily tells whether the queue of a kind is full, and nothing else goes on.
func (p *frfcfs) steadily(kind int) bool {
	return kind == p.mode && kind == p.data && !p.close && !p.ref.waiting() && int(p.waits[kind]) == p.limit[kind] && p.waits[1-kind] == 0
}
