package gpu

import (
	"fmt"
	"io"
	"strings"

	"nnsim/results"
)

// slabWork is a slab of a product warp by warp, where its warps are followed one by one.
func (t *task) slabWork(c *Config) (w slabWork, ok bool) {
	switch {
	case t.product == nil || t.tiling.vector || t.product.depthwise():
		return w, false
	case c.tensorRate(t.product.dt) == 0:
		return c.simtWork(t.product, t.tiling), true
	case c.SM.Path == "tma":
		return w, false
	}
	return c.warpWork(t.product, t.tiling), true
}

// draw draws what each warp does in one slab of the steady state: in each column what
// it spends most of it on.
func (w slabWork) draw(out io.Writer) error {
	stays, ends := w.stays()
	from, to := ends[3], ends[4]
	each := max(1, (to-from+drawnWidth-1)/drawnWidth)
	if _, err := fmt.Fprintf(out, "\none slab by warp, all being there; a column is %d cycles, the slab %d\n\n", each, to-from); err != nil {
		return err
	}
	for warp := range w.warps {
		var spent [drawnWidth][reasons]int64
		for _, x := range stays {
			for i := range spent {
				lo := from + int64(i)*each
				if x.warp == warp {
					spent[i][x.why] += max(0, min(x.to, lo+each, to)-max(x.from, lo))
				}
			}
		}
		row := make([]byte, drawnWidth)
		for i := range spent {
			row[i] = ' '
			most := int64(0)
			for why, edges := range spent[i] {
				if edges > most {
					row[i], most = marks[why], edges
				}
			}
		}
		if _, err := fmt.Fprintf(out, "  warp %-4d %s\n", warp, strings.TrimRight(string(row), " ")); err != nil {
			return err
		}
	}
	return nil
}

// drawWarps lists what the warps of all CTAs of a kernel spend their lives on.
func drawWarps(out io.Writer, list []results.WarpTime) error {
	if _, err := fmt.Fprint(out, "\nall CTAs, by warp\n\n"); err != nil {
		return err
	}
	for _, w := range list {
		which := fmt.Sprintf("%d-%d", w.First, w.First+w.Warps-1)
		if w.Warps == 1 {
			which = fmt.Sprint(w.First)
		}
		if _, err := fmt.Fprintf(out, "  %-9s %-5s %s\n", w.Role, which, ranked(w.Spent, w.Edges)); err != nil {
			return err
		}
	}
	return nil
}
