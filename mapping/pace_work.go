package mapping

import (
	"nnsim/unit"
)

// work is what one stationary tile of an output tile takes of each unit, in edges.
type work struct {
	folds, length, pitch, chase float64
	loadA, loadB, extra, stored int64   // bytes that pass the memory
	portA, portB                float64 // edges of the buffer's port
	drain                       float64
}

// part is a loop cut into tiles: so many, each of full length but the last.
type part struct{ count, full, last int }

func cut(all, tile int) part {
	tile = min(tile, all)
	count := unit.CeilDiv(all, tile)
	return part{count, tile, all - (count-1)*tile}
}

// size is the length of a tile.
func (p part) size(last bool) int {
	if last {
		return p.last
	}
	return p.full
}

// measure is the work of one stationary tile, whole or the last of its loops.
func (p *pace) measure(c *cutter, lastRow, lastCol, lastChan, lastRed bool) (w work) {
	t, n := p.t, p.n
	rows, cols, chans := p.rows.size(lastRow)*p.images, p.cols.size(lastCol), p.chans.size(lastChan)
	red := chans * n.Space.R * n.Space.S
	if p.reds.count > 1 {
		red = p.reds.size(lastRed)
	}
	width := t.Cols * t.Arrays
	length := rows
	switch t.Dataflow {
	case OS:
		w.folds, length = float64(unit.CeilDiv(rows, t.Rows)*unit.CeilDiv(cols, width)), red
	case IS:
		w.folds, length = float64(unit.CeilDiv(red, t.Rows)*unit.CeilDiv(rows, width)), cols
	default:
		w.folds = float64(unit.CeilDiv(red, t.Rows) * unit.CeilDiv(cols, width))
	}
	w.length, w.pitch = float64(length), float64(max(length, t.Rows))
	if w.chase = w.length + p.tail - float64(t.Rows); t.Dataflow == OS {
		w.chase = p.tail - float64(t.Rows)
	}
	if t.FoldOverhead > 0 {
		w.pitch = w.length + float64(t.FoldOverhead)
	}
	results := float64(rows) * float64(cols)
	w.drain = results / float64(max(t.Lanes, 1))
	if t.BytesPerCycle > 0 {
		p.transfers(c, &w, results, float64(red)*float64(cols), float64(chans), lastRow)
	}
	return w
}

// transfers takes the sizes of loads and stores, in elements: of a tile of results, of
// a load of B; and the channels of a load of A.
func (p *pace) transfers(c *cutter, w *work, results, b, chans float64, lastRow bool) {
	t, n, head := p.t, p.n, c.layer.Head()
	if !n.AOnChip {
		tile := n.mean
		if lastRow {
			tile = n.last
		}
		bytes := tile * chans * float64(cell(head.In[0]))
		w.loadA, w.portA = int64(bytes), bytes/max(t.PortBytes, 1)
	}
	if !n.BOnChip {
		bytes := b * float64(cell(head.In[1])) / float64(n.Pack) // off the diagonal nothing is stored
		w.loadB, w.portB = int64(bytes), bytes/max(t.PortBytes, 1)
	}
	results *= float64(cell(c.layer.Out()))
	if !n.OutOnChip {
		w.stored = int64(results)
	}
	w.extra = int64(results) * int64(c.extras())
}
