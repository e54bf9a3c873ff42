package nvdla

import (
	"fmt"
	"iter"
	"math"

	"nnsim/arch/asic"
	"nnsim/mapping"
	"nnsim/unit"
	"nnsim/workloads"
)

// best gives every product the mode and the tiling that are quickest when they are followed
// through the stations, of those reckoned to take the least time and of what streamed would take.
// The plan comes with the latter.
func (m *Machine) best(net *workloads.Network, plan *mapping.Plan) error {
	known := map[string]*tiling{} // layers alike are followed once
	for _, lp := range plan.Layers {
		own, ok := lp.Custom.(*tiling)
		if !ok {
			continue
		}
		key := lp.Space().Key() + fmt.Sprint(len(lp.Layer.Nodes))
		t := known[key]
		if t == nil {
			var err error
			if t, err = m.quickest(net, plan, lp, own); err != nil {
				return err
			}
			known[key] = t
		}
		m.offer(lp, m.together(asic.NewProduct(lp.Layer), net), t, t)
	}
	return nil
}

// quickest is the tiling that best gives one layer.
func (m *Machine) quickest(net *workloads.Network, plan *mapping.Plan, lp *mapping.LayerPlan, own *tiling) (*tiling, error) {
	p := asic.NewProduct(lp.Layer)
	list := mapping.NewShortlist(better)
	for images := own.Images; images >= 1; images /= 2 {
		for t := range m.tilings(p, images) {
			if m.fits(p, t) && t.useful(&p.Space) {
				m.reckon(p, t)
				list.Add(t)
			}
		}
	}
	m.reckon(p, own)
	list.Add(own)
	var failed error
	t := *list.Quickest(func(t *tiling) float64 { return t.least }, func(t *tiling) float64 {
		edges, err := m.follow(net, plan, lp, t)
		if err != nil {
			failed = err
		}
		return edges
	})
	return &t, failed
}

// follow is the edges that a layer takes by itself with a tiling. Of many groups and images some are
// followed, and the rest take what the last of them did.
func (m *Machine) follow(net *workloads.Network, plan *mapping.Plan, lp *mapping.LayerPlan, t *tiling) (float64, error) {
	one := *lp
	one.Custom = t
	c := m.chassis(&mapping.Plan{Layers: []*mapping.LayerPlan{&one}})
	upTo := func(most int) (float64, error) {
		c.Walk = (&run{machine: m, most: most}).walk
		edges, err := c.Follow(net, plan, &one)
		return float64(edges), err
	}
	edges, err := upTo(followed)
	if more := t.repeats(&asic.NewProduct(lp.Layer).Space) - followed; more > 0 && err == nil {
		var before float64
		before, err = upTo(followed / 2)
		edges += (edges - before) / (followed / 2) * float64(more)
	}
	return edges, err
}

// closeEnough: estimates nearer to each other than this count as equal.
const closeEnough = 0.99

// better prefers the lower estimated time, then less traffic, then fewer commands.
func better(a, b *tiling) bool {
	if a.time < b.time*closeEnough || b.time < a.time*closeEnough {
		return a.time < b.time
	}
	if a.traffic < b.traffic*closeEnough || b.traffic < a.traffic*closeEnough {
		return a.traffic < b.traffic
	}
	return a.commands < b.commands
}

// followed is how many groups and images of a layer are followed: the others go the same way (choice).
const followed = 4

// repeats is how often a layer's filters and rows are walked over.
func (t *tiling) repeats(s *workloads.Matrix) int {
	return s.Batch * s.Groups * unit.CeilDiv(s.Images, t.Images)
}

// tilings are all that best chooses from.
func (m *Machine) tilings(p *asic.Product, images int) iter.Seq[*tiling] {
	s := &p.Space
	return func(yield func(*tiling) bool) {
		for _, k := range steps(s.K, m.cfg.Array.AtomicK) {
			for _, y := range mapping.Cuts(s.OH, 1, 1) {
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
	more := s.Images > t.Images // the images after these pass by the same filters
	if again := int64(filters); (t.RowsFirst && rows > turns || more) && again*t.bBytes+int64(t.ASlots)*t.aBytes <= room {
		t.BSlots = max(t.BSlots, filters)
	}
	return int64(t.ASlots)*t.aBytes+int64(t.BSlots)*t.bBytes <= room
}

// reckon estimates a tiling's time in edges, and the least it can be. Array, post station, memory and
// the engines that move data are at work side by side where slots are double, loads and products one
// after the other where they are not. What is loaded once and stays makes the first pass longer.
func (m *Machine) reckon(p *asic.Product, t *tiling) {
	s := &p.Space
	outer := float64(t.repeats(s))
	turns := unit.CeilDiv(s.C, t.C)
	rows, filters := unit.CeilDiv(s.OH, t.Y), unit.CeilDiv(s.K, t.K)
	whole := asic.Tile{I1: t.Images, Y1: s.OH, K1: s.K, C1: s.C}
	read := 0.0 // activations once, with the rows that strips share
	for y := 0; y < s.OH; y += t.Y {
		strip := whole
		strip.Y0, strip.Y1 = y, min(y+t.Y, s.OH)
		read += float64(p.ABytes(&strip))
	}
	weights, out := float64(t.Mode.filterBytes(p, &whole)), float64(p.OutBytes(&whole))
	passes, once := 1, 0.0 // over the operand that goes by, and what only the first of them loads
	aLoads := rows * turns * unit.CeilDiv(int(t.aBytes), int(m.cfg.Granule))
	bLoads := filters * turns * unit.CeilDiv(min(t.K, s.K), t.Each)
	switch {
	case !t.RowsFirst && (t.Again || t.ASlots < rows*turns) || turns > t.ASlots:
		read, aLoads = read*float64(filters), aLoads*filters
	case !t.RowsFirst:
		passes, once = filters, read
	}
	switch {
	case t.RowsFirst && t.BSlots < filters*turns || turns > t.BSlots:
		weights, bLoads = weights*float64(rows), bLoads*rows
	case t.RowsFirst:
		passes, once = rows, weights
	}
	weights *= outer
	if t.BSlots >= filters*turns { // images find the filters of those before
		each := float64(s.Batch*s.Groups) / outer
		weights, bLoads = weights*each, int(math.Ceil(float64(bLoads)*each))
	}
	t.traffic = outer*(read+out) + weights
	t.commands = t.parts(s) * turns * t.repeats(s)
	work := outer * max(float64(m.products(p, t)), float64(m.cfg.Vector.PostEdges(p, int64(s.K*s.OH*s.OW*t.Images))))
	t.least, t.time = work, work
	if m.cfg.Memory.Bandwidth == 0 {
		return
	}
	perEdge := float64(m.cfg.Memory.Bandwidth) / float64(m.cfg.Clock)
	moving := t.traffic / perEdge
	latency, engines := float64(m.cfg.Memory.Latency)*float64(m.cfg.Clock), float64(m.cfg.Memory.Outstanding)
	loads := (outer*read + weights) / perEdge
	loading := (loads + outer*float64(aLoads+bLoads)*latency) / engines
	stores := filters * rows * unit.CeilDiv(min(t.K, s.K), t.Each) * unit.CeilDiv(t.Y, t.Part)
	storing := outer * (out/perEdge + float64(stores)*latency) / engines
	t.least = max(t.least, moving)
	if t.ASlots == 1 && rows*turns > 1 || t.BSlots == 1 && filters*turns > 1 {
		t.time = max(t.least+max(loading, loads), storing)
		return
	}
	n, kept := float64(passes), min(outer*once, outer*read+weights)/perEdge
	t.time = max(work, moving-kept)*(n-1)/n + max(work/n, (moving-kept)/n+kept)
	t.time = max(t.time, loading, storing) + float64(t.aBytes+t.bBytes)/perEdge // the first load hides behind nothing
}

// products is what the array takes for all tiles of the images that pass together: of the last rows, filters
// and channels, which may be fewer, what they take.
func (m *Machine) products(p *asic.Product, t *tiling) (edges int64) {
	s := &p.Space
	for _, y := range ends(s.OH, t.Y) {
		for _, k := range ends(s.K, t.K) {
			for _, c := range ends(s.C, t.C) {
				part := asic.Tile{I1: t.Images, Y1: y.size, K1: k.size, C1: c.size}
				edges += y.count * k.count * c.count * int64(m.cfg.edges(t.Mode, s, &part, p.A.Type.CellBytes()))
			}
		}
	}
	return edges
}

// alike is how many parts have a size.
type alike struct {
	size  int
	count int64
}

// ends are the parts that n is cut into by a step: the whole ones and what is left.
func ends(n, step int) [2]alike {
	return [2]alike{{step, int64(n / step)}, {n % step, min(1, int64(n%step))}}
}
