package nvdla

import (
	"nnsim/arch"
	"nnsim/arch/asic"
	"nnsim/internal/engine"
	"nnsim/internal/live"
	"nnsim/mapping"
	"nnsim/results"
	"nnsim/tech"
	"nnsim/unit"
	"nnsim/workloads"
)

// Describe is the device part of a report.
func (m *Machine) Describe(p workloads.Precision) results.Device {
	return asic.Describe(&m.cfg, m.peak(p))
}

// peak is the multiplications of an edge: words of 16 bits take two cells.
func (m *Machine) peak(p workloads.Precision) float64 {
	return float64(m.cfg.Array.AtomicC * m.cfg.atomK(max(1, p.Act.CellBytes())))
}

// Fuses tells what is done on results as they leave, pooling as the last, or on what the
// post-processor makes itself. In the vendor's estimates the sum of a shortcut is a layer of its own; the
// hardware can add it as results pass.
func (m *Machine) Fuses(chain []*workloads.Node, next *workloads.Node) bool {
	if asic.Pooled(chain) {
		return false
	}
	return asic.Fuses(chain, next, m.cfg.Schedule == "best") || asic.FusesStreamed(chain, next) || m.cfg.Vector.Planar > 0 && asic.Pools(chain, next)
}

// Plan cuts every product; all tensors live off chip between layers.
func (m *Machine) Plan(net *workloads.Network) (*mapping.Plan, error) {
	plan, err := asic.Plan(net, m.cfg.Name, m.cfg.Vector, func(lp *mapping.LayerPlan) error {
		p := asic.NewProduct(lp.Layer)
		most := m.together(p, net)
		t, err := m.tile(p, most)
		if err == nil {
			m.offer(lp, most, t, t)
		}
		return err
	})
	if err == nil && m.cfg.Schedule == "best" {
		err = m.best(net, plan)
	}
	return plan, err
}

// together is how many rows of a matrix may pass by filters fetched once. Those of an inference are
// pixels of an image of one row, as many as there are; images pass together as array.batch allows.
func (m *Machine) together(p *asic.Product, net *workloads.Network) int {
	rows, images := p.Space.Images, net.Graph.Inferences()
	switch {
	case !p.OfMatrices():
		return 1
	case p.Space.Batch > 1 || rows%images > 0: // the matrices of a batch are products of their own
		return rows
	}
	return rows / images * min(images, m.cfg.Array.Batch)
}

// queueBytes is a slot of the post station's queues: a part's results.
func (m *Machine) queueBytes(p *asic.Product, t *tiling) int64 {
	return max(int64(m.cfg.Granule), int64(t.Images*p.Space.OW*p.Space.K), int64(m.cfg.Sums)/4) * int64(p.A.Type.CellBytes())
}

// chassis is the machine as it is simulated for a plan; nil: as it is priced.
func (m *Machine) chassis(plan *mapping.Plan) *asic.Chassis {
	c := &m.cfg
	queues := int64(0)
	if plan != nil {
		for _, lp := range plan.Layers {
			if t, ok := lp.Custom.(*tiling); ok {
				queues = max(queues, 2*int64(c.Memory.Outstanding)*m.queueBytes(asic.NewProduct(lp.Layer), t))
			}
		}
	}
	return &asic.Chassis{Elapsed: m.elapsed(plan), Common: c.Common, Walk: (&run{machine: m}).walk, Buffers: int64(c.Buffer.Size) + queues,
		Units: func(layers int) []*results.Stats {
			return []*results.Stats{
				unitArray:  results.NewStats("array", layers, "mac_int", "mac_winograd", "mac_skipped", "filter_bytes", "transform_adds", "edges", "cell_edges"),
				unitBuffer: results.NewStats("buffer", layers, "read_bytes", "write_bytes"),
				unitSums:   results.NewStats("sums", layers, "read_bytes", "write_bytes"),
			}
		}}
}

// elapsed counts the clock of the multipliers' cells. It is off where no layer is under
// way, and in cells that have no filter; where a layer waits for data it is on
// [nvdla-hw, unit description].
func (m *Machine) elapsed(plan *mapping.Plan) func([]*results.Stats, int, int64) {
	return func(units []*results.Stats, layer int, edges int64) {
		lp := plan.Layers[layer]
		if t, ok := lp.Custom.(*tiling); ok {
			cells := min(t.K, m.cfg.atomK(lp.Layer.Head().In[0].Type.CellBytes()))
			units[unitArray].Add(layer, evCellEdges, edges*int64(cells*m.cfg.Array.AtomicC))
		}
	}
}

// Run simulates a planned network.
func (m *Machine) Run(job arch.Job) (*results.Run, error) {
	return m.runOn(job, live.Engine(m.cfg.Clock, job.Live))
}

// runOn simulates on an engine of the caller's.
func (m *Machine) runOn(job arch.Job, e *engine.Engine) (*results.Run, error) {
	d := asic.Density{}
	if job.WZeros != nil { // filters are stored as a mask of one bit and what is not zero
		d = asic.Density{Word: "stated", Coded: map[*mapping.Place]float64{}}
		for _, w := range job.Net.Graph.Weights() {
			if pl := job.Plan.Places[w]; pl != nil && !transformed(job.Plan, w) {
				d.Coded[pl] = min(1, 1-*job.WZeros+1/float64(w.Type.Bits()))
			}
		}
	}
	r, err := asic.New(m.chassis(job.Plan), &job, e, d).Run()
	if err != nil {
		return nil, err
	}
	return asic.Finish(r, m.Describe(job.Net.Precision), m.Prices(job.Net.Precision), true)
}

// transformed tells whether filters lie off chip as Winograd's, in which zeros are lost.
func transformed(plan *mapping.Plan, filters *workloads.Tensor) bool {
	for _, lp := range plan.Layers {
		if t, ok := lp.Custom.(*tiling); ok && t.Mode == winograd && lp.Layer.Head().In[1] == filters {
			return true
		}
	}
	return false
}

// winogradBits are what a transform adds to pixels: it forms the sums of four.
const winogradBits = 2

// sumBanks are the memories that the sums' is built of [nvdla-hw, unit description].
const sumBanks = 8

// Prices is the price list: a multiplication with its share of the cell's adders and
// the data's half of the register of its activation, the other half on every clock of its
// cell; bytes of the convolution buffer by its banks, sums by the memories theirs is built
// of, and the clock of all other logic while the array is at work: where it waits, fine
// gates hold it still.
func (m *Machine) Prices(p workloads.Precision) results.Prices {
	c := &m.cfg
	l := asic.NewList(c.Process)
	register := l.Must(tech.Clocked(c.Process, p.Act.Bits()))
	l.Set("array", "mac_int", l.Tree(p.Act.Bits(), p.Act.Bits(), c.Array.AtomicC).Plus(register))
	l.Set("array", "mac_winograd", l.Tree(p.Act.Bits()+winogradBits, p.Act.Bits(), c.Array.AtomicC).Plus(register))
	l.Set("array", "edges", l.Must(tech.ClockNetwork(c.Process, c.Logic)))
	l.Set("array", "cell_edges", register)
	l.Set("array", "mac_skipped", tech.Price{Source: "none: multiplications that Winograd's algorithm does without"})
	l.Set("array", "transform_adds", l.Must(tech.Add(c.Process, workloads.Int16.String())))
	l.Set("array", "filter_bytes", l.Must(tech.Register(c.Process, 8)))
	r, w := l.Buffer(c.Buffer.Size/unit.Bytes(c.Buffer.Banks), c.Buffer.Width)
	l.Set("buffer", "read_bytes", r)
	l.Set("buffer", "write_bytes", w)
	r, w = l.Buffer(c.Sums/sumBanks, sumBytes*min(c.Array.AtomicK, 8))
	l.Set("sums", "read_bytes", r)
	l.Set("sums", "write_bytes", w)
	return l.Prices(&c.Common)
}
