package mapping

import (
	"fmt"
	"strings"

	"nnsim/unit"
)

// String is the layer's mapping in one line.
func (l *LayerPlan) String() string {
	switch {
	case l.Nest != nil:
		return l.Nest.String()
	case l.Custom != nil:
		return l.Custom.String()
	case l.Pieces == nil:
		return "view"
	case l.Pieces.Streamed:
		return fmt.Sprintf("streamed by %v", unit.Bytes(l.Pieces.StreamBytes))
	}
	return fmt.Sprintf("%d pieces along axis %d", l.Pieces.Count, l.Pieces.Axis)
}

// String is the whole plan, layer by layer: what is fused, the loops, what the
// mapper reckons they cost, and where the result lives.
func (p *Plan) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: buffer %v, off-chip image %v\n", p.Target.Name, unit.Bytes(p.Target.Buffer), unit.Bytes(p.OffChip))
	if p.Whole != nil {
		fmt.Fprintf(&b, "%v\n", p.Whole)
	}
	for i, l := range p.Layers {
		ops := make([]string, len(l.Layer.Nodes))
		for j, n := range l.Layer.Nodes {
			ops[j] = n.Op
		}
		pl := p.Places[l.Layer.Out()]
		where := fmt.Sprintf("off chip at %d", pl.OffChip)
		if pl.OnChip >= 0 {
			where = fmt.Sprintf("on chip at %d until layer %d", pl.OnChip, pl.Last)
		}
		fmt.Fprintf(&b, "\n%3d  %s  %s  → %v %s\n", i, l.Layer.Name, strings.Join(ops, "+"), l.Layer.Out().Shape, where)
		if l.Nest != nil {
			l.Nest.loops(&b)
		} else {
			fmt.Fprintf(&b, "       %s\n", l)
		}
	}
	return b.String()
}

// loops writes the nest as loops, outermost first, with what is loaded where.
func (n *Nest) loops(b *strings.Builder) {
	indent := "       "
	line := func(format string, args ...any) {
		fmt.Fprintf(b, indent+format+"\n", args...)
		indent += "  "
	}
	if n.Space.Batch > 1 {
		line("for batch in 0:%d", n.Space.Batch)
	}
	if n.Packs() > 1 {
		line("for groups in 0:%d step %d", n.Space.Groups, n.Pack)
	}
	rows := fmt.Sprintf("for rows in 0:%d step %d", n.Space.M(), n.Images*n.Pixels)
	cols := fmt.Sprintf("for cols in 0:%d step %d", n.Space.K*n.Pack, n.Cols)
	if n.Order == ColsOuter {
		rows, cols = cols, rows
	}
	line("%s", rows)
	line("%s", cols)
	line("for channels in 0:%d step %d    load A: %s", n.Space.C*n.Pack, n.Chans, slotText(n.A, n.AOnChip))
	line("for reduction in 0:%d step %d    load B: %s", min(n.Chans, n.Space.C*n.Pack)*n.Space.R*n.Space.S, n.Red, slotText(n.B, n.BOnChip))
	line("array")
	fmt.Fprintf(b, "       reckoned: %.0f cycles of compute, %.0f of traffic, %.0f in all\n", n.Compute, n.Traffic, n.Time)
}

func slotText(s Slots, onChip bool) string {
	switch {
	case onChip:
		return "lives on chip"
	case s.Count == 0:
		return "weight FIFO"
	}
	return fmt.Sprintf("%d slots of %v", s.Count, unit.Bytes(s.Size))
}
