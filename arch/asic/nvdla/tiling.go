package nvdla

import (
	"fmt"
	"sort"

	"nnsim/arch/asic"
	"nnsim/unit"
	"nnsim/workloads"
)

// tiling is how a product is cut for the convolution buffer.
//
//	for filters step K            (or rows first)
//	  for rows step Y             what a slot of activations holds
//	    for channels step C       several turns only where they do not fit at once
//	      array, in parts of Part rows
//	    results leave
type tiling struct {
	K, Y, C, Part    int
	RowsFirst        bool // activations stay while filters pass
	Again            bool // activations pass again for each group of filters, also where they would fit
	ASlots, BSlots   int
	aBytes, bBytes   int64   // of a slot
	compute, traffic float64 // edges, and bytes off chip, as reckoned
}

func (t *tiling) String() string {
	order := "filters>rows"
	if t.RowsFirst {
		order = "rows>filters"
	}
	return fmt.Sprintf("%s filters=%d rows=%d channels=%d slots=%d+%d", order, t.K, t.Y, t.C, t.ASlots, t.BSlots)
}

// edges is what the array takes for a tile at full rate: one atom of channels by
// one of filters for each output and each element of the window.
func (c *Config) edges(s *workloads.Matrix, t *asic.Tile) unit.Cycles {
	steps := s.R * s.S * unit.CeilDiv(t.Channels(), c.Array.AtomicC)
	if packed := c.Array.AtomicC / t.Channels(); c.Array.Packing && packed > 1 {
		steps = s.R * unit.CeilDiv(s.S, packed)
	}
	return unit.Cycles(t.Images() * t.Rows() * s.OW * steps * unit.CeilDiv(t.Filters(), c.Array.AtomicK))
}

// tile cuts a product by the machine's schedule.
func (m *Machine) tile(p *asic.Product) (*tiling, error) {
	if m.cfg.Schedule == "best" {
		return m.best(p)
	}
	t := m.streamed(p)
	return t, m.refuse(p, t)
}

// refuse names a product of which not even the smallest tile fits.
func (m *Machine) refuse(p *asic.Product, t *tiling) error {
	if t != nil {
		return nil
	}
	s := &p.Space
	return fmt.Errorf("layer %s: a row of activations and %d filters of %d×%d by %d channels do not fit a convolution buffer of %v (buffer.size)",
		p.Layer.Name, min(s.K, m.cfg.Array.AtomicK), s.R, s.S, min(s.C, m.cfg.Array.AtomicC), m.cfg.Buffer.Size)
}

// filterShare is the part of the buffer that one group of filters may take: half of
// it is the filters', and one group is loaded while another is at work. With it the
// splitting of a convolution that the primer describes gives its seven figures.
const filterShare = 4

// streamed is the schedule behind the primer's estimates: "if the convolution buffer
// can only hold a fourth of the weight data, the calculation is split into four steps,
// multiplying the input bandwidth" [nvdla-primer]. Filters come once, in groups; all
// activations pass for each, as many rows at a time as the rest of the buffer holds
// twice. nil: nothing fits.
func (m *Machine) streamed(p *asic.Product) *tiling {
	s := &p.Space
	for _, slots := range []int{2, 1} {
		for _, ch := range steps(s.C, m.cfg.Array.AtomicC) {
			t := &tiling{C: ch, K: m.group(p, ch), Again: true}
			groups := unit.CeilDiv(s.K, t.K) * unit.CeilDiv(s.C, ch)
			t.BSlots = min(slots, groups*s.Groups)
			// The largest number of rows that fits: what fits less when there are more.
			t.Y = sort.Search(s.OH, func(y int) bool { return !m.holds(p, t, y+1, slots, groups) })
			if t.Y > 0 {
				m.holds(p, t, t.Y, slots, groups)
				return t
			}
		}
	}
	return nil
}

// group is the filters of one group: whole atoms, one at least.
func (m *Machine) group(p *asic.Product, channels int) int {
	s, atom := &p.Space, m.cfg.Array.AtomicK
	each := p.BBytes(&asic.Tile{K1: 1, C1: min(channels, s.C)})
	k := int(int64(m.cfg.Buffer.Size) / filterShare / max(1, each*int64(atom)))
	return min(s.K, max(1, k)*atom)
}

// holds tells whether the buffer takes so many rows of the result, and notes what they take.
func (m *Machine) holds(p *asic.Product, t *tiling, rows, slots, groups int) bool {
	s := &p.Space
	t.Y = rows
	t.ASlots = min(slots, unit.CeilDiv(s.OH, rows)*groups*s.Images*s.Groups)
	if !m.sizes(p, t) {
		return false
	}
	size := int64(m.cfg.Buffer.Size)
	return int64(t.ASlots)*t.aBytes <= size-max(int64(t.BSlots)*t.bBytes, int64(slots)*(size/filterShare))
}

// sizes notes the bytes of a tiling's slots and the rows of its commands; false: sums
// of channels that pass in turns do not find room.
func (m *Machine) sizes(p *asic.Product, t *tiling) bool {
	s := &p.Space
	largest := asic.Tile{I1: 1, Y1: min(t.Y, s.OH), K1: min(t.K, s.K), C1: min(t.C, s.C)}
	if t.Y < s.OH { // a middle strip reads the most rows
		rows := (t.Y-1)*s.StrideH + (s.R-1)*s.DilH + 1
		t.aBytes = int64(min(rows, s.H)*s.W*largest.Channels()) * int64(p.A.Type.CellBytes())
	} else {
		t.aBytes = p.ABytes(&largest)
	}
	t.bBytes = p.BBytes(&largest)
	t.Part = min(t.Y, max(1, int(m.cfg.Granule)/(largest.Filters()*s.OW)))
	if t.C < s.C {
		t.Part = t.Y
		return int64(4*t.Y*s.OW*largest.Filters()) <= int64(m.cfg.Sums)
	}
	return true
}

// closeEnough: estimates nearer to each other than this count as equal.
const closeEnough = 0.99

// best chooses the tiling that is reckoned to take the least time, of equals the
// one with the least traffic, of these the largest tiles, which are tried first.
func (m *Machine) best(p *asic.Product) (*tiling, error) {
	var best *tiling
	bestTime := 0.0
	s := &p.Space
	for _, k := range steps(s.K, m.cfg.Array.AtomicK) {
		for _, y := range steps(s.OH, 1) {
			for _, ch := range steps(s.C, m.cfg.Array.AtomicC) {
				for _, rowsFirst := range []bool{false, true} {
					t := &tiling{K: k, Y: y, C: ch, RowsFirst: rowsFirst}
					if !m.fits(p, t) {
						continue
					}
					time := m.reckon(p, t)
					if best == nil || time < bestTime*closeEnough || time <= bestTime/closeEnough && t.traffic < best.traffic {
						best, bestTime = t, time
					}
				}
			}
		}
	}
	return best, m.refuse(p, best)
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
	t.ASlots, t.BSlots = min(2, rows*s.Images), min(2, filters*s.Groups)
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
	outer := float64(s.Batch * s.Groups) // of one image, so that more images change no choice
	turns := unit.CeilDiv(s.C, t.C)
	rows, filters := unit.CeilDiv(s.OH, t.Y), unit.CeilDiv(s.K, t.K)
	whole := asic.Tile{I1: 1, Y1: s.OH, K1: s.K, C1: s.C}
	read := 0.0 // activations once, with the rows that strips share
	for y := 0; y < s.OH; y += t.Y {
		strip := whole
		strip.Y0, strip.Y1 = y, min(y+t.Y, s.OH)
		read += float64(p.ABytes(&strip))
	}
	weights := float64(p.BBytes(&whole))
	if !t.RowsFirst && t.ASlots < rows*turns || turns > t.ASlots {
		read *= float64(filters)
	}
	if t.RowsFirst && t.BSlots < filters*turns || turns > t.BSlots {
		weights *= float64(rows)
	}
	t.traffic = outer * (read + weights + float64(p.OutBytes(&whole)))
	part := asic.Tile{I1: 1, Y1: s.OH, K1: min(t.K, s.K), C1: min(t.C, s.C)}
	t.compute = outer * float64(filters*turns) * float64(m.cfg.edges(s, &part))
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
