package gpu

import (
	"cmp"
	"fmt"
	"strings"

	"nnsim/unit"
	"nnsim/workloads"
)

// task is what a layer comes to on the machine: the kernel of a product with its
// tiling, or a streaming kernel.
type task struct {
	product *product // nil for vector and data-movement work
	space   workloads.Matrix
	tiling  tiling
	stream  streamWork
	flash   *attentionWork
	fit     residency
}

// String is the layer's mapping in one line.
func (t *task) String() string {
	if a := t.flash; a != nil {
		pages := ""
		if a.paged {
			pages = "paged "
		}
		return fmt.Sprintf("%sflash %d×%d heads, %d by %d, tile=%dx%d split=%d", pages, a.batch, a.heads, a.rows, a.keys, a.tall, a.wide, a.split)
	}
	if r := t.stream.rows; t.product == nil && r != nil {
		return fmt.Sprintf("rows %d×%d, %d passes of %d threads", r.rows, r.length, len(r.passes), r.threads)
	}
	if t.product == nil {
		return fmt.Sprintf("stream ctas=%d", t.stream.ctas())
	}
	p := t.product
	return fmt.Sprintf("gemm %d×%dx%dx%d %v, %d an SM by %s", p.batch, p.m, p.n, p.k, t.tiling, t.fit.ctas, t.fit.by)
}

// task cuts a layer; nil for a view.
func (m *Machine) task(l *workloads.Layer, layers int) (*task, error) {
	head := l.Head()
	switch workloads.ClassOf(head.Op) {
	case workloads.View:
		return nil, nil
	case workloads.MatrixClass:
		return m.productTask(l, layers)
	}
	if attends(head) {
		a := attentionOf(head)
		m.cfg.operates(a)
		if err := m.cfg.cut(a); err != nil {
			return nil, err
		}
		return &task{flash: a}, nil
	}
	t := &task{stream: streamOf(l)}
	warps := streamWarps
	if t.stream.rows != nil {
		warps = t.stream.rows.threads / 32
	}
	return t, m.cfg.admits(head.Op, warps, streamRegisters, 0)
}

// most is the number of elements that kernels index.
const most = 1 << 31

// productTask is a convolution or matrix product with what is fused after it.
func (m *Machine) productTask(l *workloads.Layer, layers int) (*task, error) {
	head := l.Head()
	space, ok := workloads.MatrixOf(head)
	if !ok {
		return nil, fmt.Errorf("%s is no product of one or two spatial axes", head.Op)
	}
	p := &product{m: space.M(), n: space.K, k: space.Red(), batch: space.Batch * space.Groups, dt: head.In[0].Type,
		aCell: head.In[0].Type.CellBytes(), bCell: head.In[1].Type.CellBytes(), out: l.Out().Type.CellBytes(), macs: space.MACs(), window: windowOf(&space, head.Op == "Conv"), quantised: m.cfg.quantised(head),
		params: head.In[1].Role == workloads.Weight}
	for _, n := range []struct {
		what  string
		count int64
	}{{"rows", int64(p.m)}, {"columns", int64(p.n)}, {"a reduction", int64(p.k)}} {
		if n.count >= most {
			return nil, fmt.Errorf("%d %s; kernels here index fewer than 2^31 (make the layer smaller)", n.count, n.what)
		}
	}
	for i, n := range l.Nodes[1:] {
		for _, t := range n.In {
			if t != nil && t != l.Nodes[i].Out[0] && t.Role != workloads.Weight {
				p.extra += t.Type.CellBytes()
			}
		}
	}
	if p.window != nil && m.cfg.unaligned(p) {
		p.dt = workloads.FP32
	}
	p.sets = m.cfg.repeats(p, layers)
	p.aThere = head.In[0].Role == workloads.Input && m.cfg.finds(p)
	t, err := m.cfg.choose(p)
	if err != nil {
		return nil, cmp.Or(m.cfg.tooLarge(p.dt), err)
	}
	return &task{product: p, space: space, tiling: t, fit: m.cfg.fits(t, p.aCell)}, err
}

// streamWork is vector work or data movement: bytes in, bytes out, operations.
type streamWork struct {
	in, out      int64
	simple, hard int64
	there        int64    // bytes of in that lie in L2
	params       int64    // bytes of in that are the model's
	rows         *rowWork // where rows are reduced in several passes
	calls        int64    // of a framework's functions
}

// streamOf counts a layer's work.
func streamOf(l *workloads.Layer) (s streamWork) {
	seen := map[*workloads.Tensor]bool{}
	for _, n := range l.Nodes {
		if s.calls++; strings.HasSuffix(n.Op, "Normalization") {
			s.calls++ // which goes by way of a second function, the one that makes three tensors
		}
		simple, hard := workloads.Effort(n)
		if workloads.ClassOf(n.Op) == workloads.Move {
			simple = 0
		}
		s.simple, s.hard = s.simple+simple, s.hard+hard
		if len(l.Nodes) == 1 {
			s.rows = rowsOf(n)
		}
		for _, t := range n.In {
			if t != nil && !seen[t] {
				s.in += operandBytes(n, t)
				if t.Role == workloads.Weight {
					s.params += operandBytes(n, t)
				}
			}
			seen[t] = true
		}
		for _, t := range n.Out {
			seen[t] = true
		}
	}
	for _, t := range l.Nodes[len(l.Nodes)-1].Out {
		if t != nil {
			s.out += t.Shape.Elements() * int64(t.Type.CellBytes())
		}
	}
	return s
}

// operandBytes is what a node reads of an operand: of a table only what is looked up.
func operandBytes(n *workloads.Node, t *workloads.Tensor) int64 {
	all := t.Shape.Elements() * int64(t.Type.CellBytes())
	if n.Op == "Gather" && t == n.In[0] {
		return min(all, n.Out[0].Shape.Elements()*int64(t.Type.CellBytes()))
	}
	return all
}

// mostStreaming is the CTAs of a streaming kernel from which each takes more than
// one share, as kernels do that loop over a grid.
const mostStreaming = 1 << 15

// ctas is the CTAs of a streaming kernel: as many as its larger side keeps busy.
func (s *streamWork) ctas() int {
	return int(min(mostStreaming, max(1, unit.CeilDiv(max(s.in, s.out), streamBytes))))
}
