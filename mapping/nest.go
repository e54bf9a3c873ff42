package mapping

import (
	"fmt"

	"nnsim/unit"
)

// RowTiles, ColTiles, Chunks and Packs count a nest's tiles along each loop.
func (n *Nest) RowTiles() int {
	if n.bands != nil {
		return n.bands.ends[len(n.bands.ends)-1]
	}
	return unit.CeilDiv(n.Space.Images, n.Images) * n.perImage()
}

// perImage is the number of row tiles of an image. A tile is whole rows of
// outputs, or a part of one row.
func (n *Nest) perImage() int {
	if n.Pixels < n.Space.OW {
		return n.Space.OH * unit.CeilDiv(n.Space.OW, n.Pixels)
	}
	return unit.CeilDiv(n.Space.OH*n.Space.OW, n.Pixels)
}

// ColTiles is the number of tiles along the columns of one group pack.
func (n *Nest) ColTiles() int { return unit.CeilDiv(n.Space.K*n.Pack, n.Cols) }

// Chunks is the number of loads of A a row tile needs.
func (n *Nest) Chunks() int { return unit.CeilDiv(n.Space.C*n.Pack, n.Chans) }

// Packs is the number of group packs.
func (n *Nest) Packs() int { return unit.CeilDiv(n.Space.Groups, n.Pack) }

// RowTile is a tile of output rows: images [I0, I1), pixels [P0, P1) of each.
type RowTile struct{ I0, I1, P0, P1 int }

// Rows is the number of output rows in the tile.
func (t RowTile) Rows() int { return (t.I1 - t.I0) * (t.P1 - t.P0) }

// RowTile is row tile i.
func (n *Nest) RowTile(i int) RowTile {
	if n.bands != nil {
		return n.bands.tile(n, i)
	}
	per, first, line := n.perImage(), 0, n.Space.OH*n.Space.OW
	image, part := i/per*n.Images, i%per
	if n.Pixels < n.Space.OW {
		line = n.Space.OW
		inRow := unit.CeilDiv(line, n.Pixels)
		first, part = part/inRow*line, part%inRow
	}
	p := part * n.Pixels
	return RowTile{image, min(image+n.Images, n.Space.Images), first + p, first + min(p+n.Pixels, line)}
}

// InputRows is the range of input rows that output pixels [p0, p1) read.
func (n *Nest) InputRows(p0, p1 int) (lo, hi int) {
	s := &n.Space
	lo = p0/s.OW*s.StrideH - s.PadH
	hi = (p1-1)/s.OW*s.StrideH - s.PadH + (s.R-1)*s.DilH + 1
	lo, hi = min(max(lo, 0), s.H-1), min(max(hi, 1), s.H)
	return lo, max(hi, lo+1)
}

// ATile is the number of elements one load of A brings for a row tile and chans channels.
func (n *Nest) ATile(t RowTile, chans int) int64 {
	lo, hi := n.InputRows(t.P0, t.P1)
	return int64(t.I1-t.I0) * int64(chans) * int64(hi-lo) * int64(n.Space.W)
}

// String is the nest in one line: what is tiled how, in which order.
func (n *Nest) String() string {
	outer, inner := "rows", "cols"
	if n.Order == ColsOuter {
		outer, inner = inner, outer
	}
	text := fmt.Sprintf("%s>%s>red rows=%d cols=%d red=%d", outer, inner, n.Images*n.Pixels, n.Cols, n.Red)
	if n.bands != nil {
		text = fmt.Sprintf("%d bands>", n.bands.filled) + text
	}
	if n.Pack > 1 {
		text += fmt.Sprintf(" pack=%d", n.Pack)
	}
	if n.Dataflow != "" {
		text += " dataflow=" + string(n.Dataflow)
	}
	if n.AOnChip {
		text += " in=chip"
	}
	if n.OutOnChip {
		text += " out=chip"
	}
	return text
}
