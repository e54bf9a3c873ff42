package nvdla

import (
	"iter"

	"nnsim/arch/asic"
	"nnsim/unit"
)

// closeEnough: estimates nearer to each other than this count as equal.
const closeEnough = 0.99

// best chooses the mode and the tiling that are reckoned to take the least time, of equals
// the one with the least traffic, of these the largest tiles, which are tried first; nil:
// none fits.
func (m *Machine) best(p *asic.Product, images int) (best *tiling) {
	bestTime := 0.0
	for t := range m.tilings(p, images) {
		if !m.fits(p, t) || !t.useful(&p.Space) {
			continue
		}
		time := m.reckon(p, t)
		if best == nil || time < bestTime*closeEnough || time <= bestTime/closeEnough && t.traffic < best.traffic {
			best, bestTime = t, time
		}
	}
	return best
}

// tilings are all that best chooses from.
func (m *Machine) tilings(p *asic.Product, images int) iter.Seq[*tiling] {
	s := &p.Space
	return func(yield func(*tiling) bool) {
		for _, k := range steps(s.K, m.cfg.Array.AtomicK) {
			for _, y := range steps(s.OH, 1) {
				for _, ch := range steps(s.C, m.cfg.Array.AtomicC) {
					for _, md := range m.modes(p) {
						for _, rowsFirst := range []bool{false, true} {
							if !yield(&tiling{Mode: md, Images: images, K: k, Y: y, C: ch, RowsFirst: rowsFirst}) {
								return
							}
						}
					}
				}
			}
		}
	}
}

// steps lists sizes to cut n into: all of it, then halves, in multiples of a quantum.
func steps(n, quantum int) (list []int) {
	list = append(list, n)
	for k := unit.CeilDiv(n, quantum) / 2; k >= 1; k /= 2 {
		if k*quantum < list[len(list)-1] {
			list = append(list, k*quantum)
		}
	}
	return list
}

// fits gives the buffer out: two slots for what passes, one or two for what stays,
// or as many as hold all of it.
func (m *Machine) fits(p *asic.Product, t *tiling) bool {
	s := &p.Space
	if !m.sizes(p, t) {
		return false
	}
	turns := unit.CeilDiv(s.C, t.C)
	rows, filters := unit.CeilDiv(s.OH, t.Y)*turns, unit.CeilDiv(s.K, t.K)*turns
	t.ASlots, t.BSlots = min(2, rows*unit.CeilDiv(s.Images, t.Images)), min(2, filters*s.Groups)
	room := int64(m.cfg.Buffer.Size)
	if room < int64(t.ASlots)*t.aBytes+int64(t.BSlots)*t.bBytes {
		t.ASlots, t.BSlots = 1, 1
	}
	// What is read again stays where it can.
	if again := int64(rows); !t.RowsFirst && filters > turns && again*t.aBytes+int64(t.BSlots)*t.bBytes <= room {
		t.ASlots = max(t.ASlots, rows)
	}
	if again := int64(filters); t.RowsFirst && rows > turns && again*t.bBytes+int64(t.ASlots)*t.aBytes <= room {
		t.BSlots = max(t.BSlots, filters)
	}
	return int64(t.ASlots)*t.aBytes+int64(t.BSlots)*t.bBytes <= room
}

// reckon estimates a tiling's time in edges: arithmetic and traffic side by side
// where slots are double, one after the other where they are not.
func (m *Machine) reckon(p *asic.Product, t *tiling) float64 {
	s := &p.Space
	outer := float64(s.Batch * s.Groups) // of the images that pass together, so that more change no choice
	turns := unit.CeilDiv(s.C, t.C)
	rows, filters := unit.CeilDiv(s.OH, t.Y), unit.CeilDiv(s.K, t.K)
	whole := asic.Tile{I1: t.Images, Y1: s.OH, K1: s.K, C1: s.C}
	read := 0.0 // activations once, with the rows that strips share
	for y := 0; y < s.OH; y += t.Y {
		strip := whole
		strip.Y0, strip.Y1 = y, min(y+t.Y, s.OH)
		read += float64(p.ABytes(&strip))
	}
	weights := float64(t.Mode.filterBytes(p, &whole))
	if !t.RowsFirst && (t.Again || t.ASlots < rows*turns) || turns > t.ASlots {
		read *= float64(filters)
	}
	if t.RowsFirst && t.BSlots < filters*turns || turns > t.BSlots {
		weights *= float64(rows)
	}
	t.traffic = outer * (read + weights + float64(p.OutBytes(&whole)))
	part := asic.Tile{I1: t.Images, Y1: s.OH, K1: min(t.K, s.K), C1: min(t.C, s.C)}
	t.compute = outer * float64(filters*turns) * float64(m.cfg.edges(t.Mode, s, &part, p.A.Type.CellBytes()))
	if m.cfg.Memory.Bandwidth == 0 {
		return t.compute
	}
	perEdge := float64(m.cfg.Memory.Bandwidth) / float64(m.cfg.Clock)
	moving := t.traffic / perEdge
	if t.ASlots == 1 && rows*turns > 1 || t.BSlots == 1 && filters*turns > 1 {
		return t.compute + moving
	}
	return max(t.compute, moving) + float64(t.aBytes+t.bBytes)/perEdge // the first load hides behind nothing
}
