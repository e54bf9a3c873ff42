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
//	      array, by Each filters and Part rows
//	    results leave
type tiling struct {
	Mode           mode
	Images         int  // that pass together
	K, Y, C        int  // of a tile: filters, rows, channels
	Each, Part     int  // filters and rows of one command
	RowsFirst      bool // activations stay while filters pass
	Again          bool // activations pass again for each group of filters, also where they would fit
	ASlots, BSlots int
	aBytes, bBytes int64 // of a slot
	reckoned
}

// reckoned is what a tiling is estimated to take.
type reckoned struct {
	time, least float64 // edges in all, and where nothing waits
	traffic     float64 // bytes off chip
	commands    int     // of the array
}

func (t *tiling) String() string {
	order := "filters>rows"
	if t.RowsFirst {
		order = "rows>filters"
	}
	text := fmt.Sprintf("%s filters=%d rows=%d channels=%d slots=%d+%d", order, t.K, t.Y, t.C, t.ASlots, t.BSlots)
	if t.Images > 1 {
		text += fmt.Sprintf(" images=%d", t.Images)
	}
	if t.Mode != direct {
		text += " " + string(t.Mode)
	}
	return text
}

// tile cuts a product by the machine's schedule. Of a matrix product's rows as many pass together
// as may and find room.
func (m *Machine) tile(p *asic.Product, images int) (t *tiling, err error) {
	for ; t == nil && images >= 1; images /= 2 {
		for _, md := range m.modes(p) {
			t = m.streamed(p, md, images)
			if t != nil && t.useful(&p.Space) {
				break
			}
		}
	}
	return t, m.refuse(p, t)
}

// useful tells whether the strips are high enough for Winograd's tiles.
func (t *tiling) useful(s *workloads.Matrix) bool {
	return t.Mode != winograd || t.Y >= min(together, s.OH)
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
// can only hold a fourth of the weight data, then the calculation must be split into four steps,
// multiplying the input bandwidth" [nvdla-primer]. Filters come once, in groups. The
// activations pass for each group, as many rows at a time as the rest of the buffer holds
// twice; where it holds all of them they stay. nil: nothing fits.
func (m *Machine) streamed(p *asic.Product, md mode, images int) *tiling {
	s := &p.Space
	for _, slots := range []int{2, 1} {
		for _, ch := range steps(s.C, m.cfg.Array.AtomicC) {
			t := &tiling{Mode: md, Images: images, C: ch, Again: true}
			t.K = m.group(p, t)
			groups := unit.CeilDiv(s.K, t.K) * unit.CeilDiv(s.C, ch)
			t.BSlots = min(slots, groups*s.Groups)
			// The largest number of rows that fits: what fits less when there are more.
			t.Y = sort.Search(s.OH, func(y int) bool { return !m.holds(p, t, y+1, slots, groups) })
			if t.Y > 0 {
				if md == winograd && t.Y < s.OH && t.Y > together {
					t.Y -= t.Y % together
				}
				m.holds(p, t, t.Y, slots, groups)
				m.keep(p, t, slots)
				return t
			}
		}
	}
	return nil
}

// keep lets all activations stay where there is room for them.
func (m *Machine) keep(p *asic.Product, t *tiling, slots int) {
	s := &p.Space
	all := unit.CeilDiv(s.OH, t.Y) * unit.CeilDiv(s.C, t.C)
	if int64(all)*t.aBytes <= m.room(t, slots) {
		t.ASlots, t.Again = max(t.ASlots, all), false
		return
	}
	once := *t
	once.Y, once.ASlots, once.Again = s.OH, 1, false
	if t.C == s.C && m.sizes(p, &once) && once.aBytes <= m.room(&once, slots) {
		*t = once
	}
}

// room is what the filters leave of the buffer: they keep to their groups' share at least.
func (m *Machine) room(t *tiling, slots int) int64 {
	size := int64(m.cfg.Buffer.Size)
	return size - max(int64(t.BSlots)*t.bBytes, int64(slots)*(size/filterShare))
}

// group is the filters of one group: whole atoms, one at least.
func (m *Machine) group(p *asic.Product, t *tiling) int {
	s, atom := &p.Space, m.cfg.atomK(p.A.Type.CellBytes())
	each := t.Mode.filterBytes(p, &asic.Tile{K1: 1, C1: min(t.C, s.C)})
	k := int(int64(m.cfg.Buffer.Size) / filterShare / max(1, each*int64(atom)))
	return min(s.K, max(1, k)*atom)
}

// holds tells whether the buffer takes so many rows of the result, and notes what they take.
func (m *Machine) holds(p *asic.Product, t *tiling, rows, slots, groups int) bool {
	s := &p.Space
	t.Y = rows
	t.ASlots = min(slots, unit.CeilDiv(s.OH, rows)*groups*s.Images*s.Groups)
	return m.sizes(p, t) && int64(t.ASlots)*t.aBytes <= m.room(t, slots)
}

// sizes notes the bytes of a tiling's slots and the rows of its commands; false: sums
// of channels that pass in turns do not find room.
func (m *Machine) sizes(p *asic.Product, t *tiling) bool {
	s := &p.Space
	largest := asic.Tile{I1: t.Images, Y1: min(t.Y, s.OH), K1: min(t.K, s.K), C1: min(t.C, s.C)}
	if t.Y < s.OH { // a middle strip reads the most rows
		rows := (t.Y-1)*s.StrideH + (s.R-1)*s.DilH + 1
		t.aBytes = int64(t.Images*min(rows, s.H)*s.W*largest.Channels()) * int64(p.A.Type.CellBytes())
	} else {
		t.aBytes = p.ABytes(&largest)
	}
	t.bBytes = t.Mode.filterBytes(p, &largest)
	one := largest
	one.K1 = 1
	atoms := int(int64(m.cfg.Granule) / max(1, t.Mode.filterBytes(p, &one)*int64(m.cfg.Array.AtomicK)))
	t.Each = min(largest.Filters(), max(1, atoms)*m.cfg.Array.AtomicK)
	t.Part = min(t.Y, max(1, int(m.cfg.Granule)/(t.Each*s.OW)))
	if t.C < s.C {
		t.Each, t.Part = largest.Filters(), t.Y
		return int64(4*t.Images*t.Y*s.OW*largest.Filters()) <= int64(m.cfg.Sums)
	}
	return true
}
