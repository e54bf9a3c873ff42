package reference

import (
	"math"

	"nnsim/workloads"
)

// attention is softmax(scale · Q·Kᵀ + mask) · V for each head. K and V may have
// fewer heads, each then serving several of Q; the past is put before them.
func attention(c *call) error {
	if c.has(6) && c.in[6].Len() != c.in[0].Shape[0] {
		return c.fail("there are %d lengths for a batch of %d", c.in[6].Len(), c.in[0].Shape[0])
	}
	h := newHeads(c)
	scores := h.scores(c)
	h.emit(c, scores, 0)
	if cap := float64(c.node.Attr.Float("softcap", 0)); cap > 0 {
		mapReals(scores, scores, func(v float64) float64 { return cap * math.Tanh(v/cap) })
	}
	h.emit(c, scores, 1)
	h.mask(c, scores)
	h.emit(c, scores, 2)
	lineWise(scores, scores, scores.Shape, 3, func(v line) {
		if math.IsInf(v.greatest(), -1) { // everything is masked out
			clear(v)
			return
		}
		softmaxLine(v)
	})
	h.emit(c, scores, 3)
	h.values(c, scores)
	return nil
}

// heads holds the operands as [batch, heads, length, width].
type heads struct {
	q, k, v *workloads.Array
	shared  int // heads of Q to one of K and V
	past    int
}

func newHeads(c *call) *heads {
	h := &heads{}
	h.q = c.byHead(0, "q_num_heads")
	h.k, h.v = c.byHead(1, "kv_num_heads"), c.byHead(2, "kv_num_heads")
	if c.has(4) {
		h.past = c.in[4].Shape[2]
		h.k, h.v = after(c.in[4], h.k), after(c.in[5], h.v)
	}
	h.shared = h.q.Shape[1] / max(1, h.k.Shape[1])
	for i, a := range []*workloads.Array{h.k, h.v} {
		if c.wants(i + 1) {
			c.out[i+1] = a
		}
	}
	return h
}

// byHead brings [batch, length, heads·width] to [batch, heads, length, width].
func (c *call) byHead(i int, attribute string) *workloads.Array {
	a := c.in[i]
	if len(a.Shape) == 4 {
		return a
	}
	n, length, count := a.Shape[0], a.Shape[1], int(c.node.Attr.Int(attribute, 1))
	width := a.Shape[2] / count
	dst := workloads.NewArray(a.Type, workloads.Shape{n, count, length, width})
	place(dst.Shape, dst, whole(dst.Shape), a, view{0, []int{length * count * width, width, count * width, 1}})
	return dst
}

// after joins two arrays along their third axis.
func after(past, now *workloads.Array) *workloads.Array {
	s := now.Shape.Clone()
	s[2] += past.Shape[2]
	dst, to := workloads.NewArray(now.Type, s), whole(s)
	place(past.Shape, dst, to, past, whole(past.Shape))
	to.base = past.Shape[2] * s[3]
	place(now.Shape, dst, to, now, whole(now.Shape))
	return dst
}

// product is a set of products with one matrix of K or V to several of Q.
func (h *heads) product(a, b *workloads.Array, flip bool) *workloads.Array {
	s := a.Shape
	q := products{count: s[0] * s[1], m: s[2], k: s[3], n: b.Shape[3]}
	if flip {
		q.n = b.Shape[2]
	}
	q.a = operand{array: a, index: own, size: s[2] * s[3], ld: s[3]}
	q.b = operand{array: b, index: func(p int) int { return p / h.shared }, size: b.Shape[2] * b.Shape[3], ld: b.Shape[3], flip: flip}
	dst := workloads.NewArray(workloads.FP32, workloads.Shape{s[0], s[1], q.m, q.n})
	if a.D != nil {
		dst = workloads.NewArray(workloads.FP64, dst.Shape)
		real(q, func(p, row, col int, sums []float64) { copy(dst.D[(p*q.m+row)*q.n+col:], sums) })
	} else {
		real(q, func(p, row, col int, sums []float32) { copy(dst.F[(p*q.m+row)*q.n+col:], sums) })
	}
	return dst
}

// scores is scale · Q·Kᵀ.
func (h *heads) scores(c *call) *workloads.Array {
	s := h.product(h.q, h.k, true)
	scale := float64(c.node.Attr.Float("scale", float32(1/math.Sqrt(float64(h.q.Shape[3])))))
	mapReals(s, s, func(v float64) float64 { return v * scale })
	return s
}

// mask adds the mask, or takes out what a boolean one excludes, what lies after a
// query in time, and keys beyond the lengths given.
func (h *heads) mask(c *call, s *workloads.Array) {
	if c.has(3) {
		h.addMask(c.in[3], s)
	}
	causal := c.node.Attr.Int("is_causal", 0) != 0
	lanes(s.Shape, 3, func(lane, first, _ int) {
		end := s.Shape[3]
		if causal {
			end = min(end, lane%s.Shape[2]+h.past+1)
		}
		if c.has(6) {
			end = min(end, int(c.in[6].Int(lane/(s.Shape[1]*s.Shape[2]))))
		}
		for i := max(0, end); i < s.Shape[3]; i++ {
			s.Set(first+i, math.Inf(-1))
		}
	})
}

func (h *heads) addMask(m, s *workloads.Array) {
	known := m.Shape[len(m.Shape)-1] // keys beyond are masked out
	part := s.Shape.Clone()
	part[3] = min(known, part[3])
	if known == 1 {
		part[3] = s.Shape[3]
	}
	walk(part, []view{whole(s.Shape), stretched(m.Shape, part)}, func(_, n int, at, step []int) {
		for i := range n {
			to, from := at[0]+i*step[0], at[1]+i*step[1]
			if m.Type != workloads.Bool {
				s.Set(to, s.At(to)+m.At(from))
			} else if m.I[from] == 0 {
				s.Set(to, math.Inf(-1))
			}
		}
	})
	lanes(s.Shape, 3, func(_, first, _ int) {
		for i := part[3]; i < s.Shape[3]; i++ {
			s.Set(first+i, math.Inf(-1))
		}
	})
}

// emit copies the scores to output 3 if they are wanted at this stage.
func (h *heads) emit(c *call, s *workloads.Array, stage int64) {
	if c.wants(3) && c.node.Attr.Int("qk_matmul_output_mode", 0) == stage {
		mapReals(c.make(3), s, func(v float64) float64 { return v })
	}
}

// values is P·V, in the layout of Q.
func (h *heads) values(c *call, p *workloads.Array) {
	y := h.product(p, h.v, false)
	dst, s := c.make(0), y.Shape
	if dst.F != nil {
		y.Type = dst.Type
	}
	if len(dst.Shape) == 4 {
		place(s, dst, whole(s), y, whole(s))
		return
	}
	place(s, dst, view{0, []int{s[1] * s[2] * s[3], s[3], s[1] * s[3], 1}}, y, whole(s))
}
