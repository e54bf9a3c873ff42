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
		if c := p.chainOf(i); c != nil && c.First == i {
			fmt.Fprintf(&b, "\n%s\n", c.loop(p))
		}
		p.layerText(&b, i, l)
	}
	return b.String()
}

// loop is the loop of a chain, which goes around those of its layers.
func (c *Chain) loop(p *Plan) string {
	first, last := p.Layers[c.First].Layer, p.Layers[c.Last].Layer
	l := c.links[len(c.links)-1]
	bands := fmt.Sprintf("for images in 0:%d step %d", l.space.Images, c.Images)
	if c.Rows > 0 {
		bands = fmt.Sprintf("for images in 0:%d, for rows of %s in 0:%d step %d", l.space.Images, last.Out().Name, l.rows, c.Rows)
	}
	return fmt.Sprintf("%s    chain of layers %d to %d, %s to %s", bands, c.First, c.Last, first.Name, last.Name)
}

// layerText is one layer of the plan.
func (p *Plan) layerText(b *strings.Builder, i int, l *LayerPlan) {
	ops := make([]string, len(l.Layer.Nodes))
	for j, n := range l.Layer.Nodes {
		ops[j] = n.Op
	}
	pl := p.Places[l.Layer.Out()]
	where := fmt.Sprintf("off chip at %d", pl.OffChip)
	switch {
	case pl.Ring > 0:
		where = fmt.Sprintf("on chip at %d, %d rows at a time", pl.OnChip, pl.Ring)
	case pl.OnChip >= 0:
		where = fmt.Sprintf("on chip at %d until layer %d", pl.OnChip, pl.Last)
	}
	indent := ""
	if l.Nest == nil || l.Nest.bands == nil {
		b.WriteString("\n")
	} else {
		indent = "  "
	}
	fmt.Fprintf(b, "%s%3d  %s  %s  → %v %s\n", indent, i, l.Layer.Name, strings.Join(ops, "+"), l.Layer.Out().Shape, where)
	if l.Nest != nil {
		l.Nest.loops(b, indent+"       ")
	} else {
		fmt.Fprintf(b, "       %s\n", l)
	}
}

// loops writes the nest as loops, outermost first, with what is loaded where.
func (n *Nest) loops(b *strings.Builder, indent string) {
	margin := indent
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
	if n.bands != nil {
		rows = fmt.Sprintf("for rows in band step %d", n.Images*n.Pixels)
	}
	cols := fmt.Sprintf("for cols in 0:%d step %d", n.Space.K*n.Pack, n.Cols)
	if n.Order == ColsOuter {
		rows, cols = cols, rows
	}
	line("%s", rows)
	line("%s", cols)
	line("for channels in 0:%d step %d    load A: %s", n.Space.C*n.Pack, n.Chans, slotText(n.A, n.AOnChip))
	line("for reduction in 0:%d step %d    load B: %s", min(n.Chans, n.Space.C*n.Pack)*n.Space.R*n.Space.S, n.Red, slotText(n.B, n.BOnChip))
	if n.Dataflow != "" {
		line("array, dataflow %s", n.Dataflow)
	} else {
		line("array")
	}
	fmt.Fprintf(b, "%sreckoned: %.0f cycles of compute, %.0f of traffic, %.0f in all\n", margin, n.Compute, n.Traffic, n.Time)
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
