package eie

import (
	"fmt"
	"math/rand/v2"

	"nnsim/arch"
	"nnsim/arch/asic"
	"nnsim/internal/engine"
	"nnsim/internal/live"
	"nnsim/mapping"
	"nnsim/results"
	"nnsim/unit"
	"nnsim/workloads"
)

// Describe is the device part of a report.
func (m *Machine) Describe(workloads.Precision) results.Device {
	return asic.Describe(&m.cfg, float64(m.cfg.PEs))
}

// Fuses tells what is done on results as they leave.
func (m *Machine) Fuses(chain []*workloads.Node, next *workloads.Node) bool {
	return asic.Fuses(chain, next, false)
}

// dealt is the mapping of a product: rows of each matrix dealt out over the PEs.
type dealt struct{ matrices, rows, columns, pes int }

func (d dealt) String() string {
	return fmt.Sprintf("%d rows over %d PEs, %d columns broadcast", d.rows, d.pes, d.columns)
}

// Plan refuses what is no product of vectors and a constant matrix, and matrices
// whose results the PEs do not hold.
func (m *Machine) Plan(net *workloads.Network) (*mapping.Plan, error) {
	plan, err := asic.Plan(net, m.cfg.Name, m.cfg.Vector, func(lp *mapping.LayerPlan) error {
		head := lp.Layer.Head()
		if head.Op == "Conv" || head.In[1].Role != workloads.Weight {
			return fmt.Errorf("layer %s: %s multiplies vectors by matrices of weights, not %s of %v by %v; choose another machine, such as eyeriss",
				lp.Layer.Name, m.cfg.Name, head.Op, head.In[0].Shape, head.In[1].Shape)
		}
		s := asic.NewProduct(lp.Layer).Space
		lp.Custom = dealt{s.Batch, s.K, s.C, m.cfg.PEs}
		return m.holds(lp.Layer.Name, &s)
	})
	if err == nil {
		plan.CompulsoryRead = 0 // matrices are on the chip before the run begins
	}
	return plan, err
}

// holds refuses matrices with more rows than the PEs have sums. Columns beyond what
// the pointers' memory holds are worked off in turns, which costs nothing else.
func (m *Machine) holds(layer string, s *workloads.Matrix) error {
	if sums := unit.Bytes(2 * unit.CeilDiv(s.K, m.cfg.PEs)); sums > m.cfg.Sums {
		return fmt.Errorf("layer %s: %d rows need %v of sums in a PE, there are %v (sums)", layer, s.K, sums, m.cfg.Sums)
	}
	return nil
}

// Units and events of a sparse engine.
const (
	unitArray = iota
	unitQueue
	unitPointers
	unitMatrix
	unitSums
)
const (
	evMAC = iota
	evSkipped
	evPadding
)

func units(layers int) []*results.Stats {
	return []*results.Stats{
		unitArray:    results.NewStats("array", layers, "mac_int16", "mac_skipped", "padding"),
		unitQueue:    results.NewStats("queues", layers, "broadcasts"),
		unitPointers: results.NewStats("pointers", layers, "reads"),
		unitMatrix:   results.NewStats("matrix", layers, "reads"),
		unitSums:     results.NewStats("sums", layers, "accesses"),
	}
}

// Run simulates a planned network.
func (m *Machine) Run(job arch.Job) (*results.Run, error) {
	return m.runOn(job, live.Engine(m.cfg.Clock, job.Live))
}

// runOn simulates on an engine of the caller's. Where values are carried and no
// zeros are stated, the work is done twice: once to see where the zeros lie, and
// once in the time they lead to.
func (m *Machine) runOn(job arch.Job, e *engine.Engine) (*results.Run, error) {
	r := &run{m: m, job: &job, weights: given(job.WZeros), acts: given(job.Zeros)}
	d := asic.Density{}
	switch {
	case job.Zeros != nil || job.WZeros != nil:
		d.Word = "stated"
	case job.Check != nil && job.Check.Mode() == arch.Full:
		r.seen = map[int][]tally{}
		if _, err := asic.New(r.chassis(), &job, engine.New(m.cfg.Clock), d).Run(); err != nil {
			return nil, err
		}
		job.Check, d.Word = nil, "measured"
		r.known, r.seen = r.seen, nil
	}
	report, err := asic.New(r.chassis(), &job, e, d).Run()
	if err != nil {
		return nil, err
	}
	return asic.Finish(report, m.Describe(job.Net.Precision), m.Prices(job.Net.Precision), true)
}

// given is the share of what is not zero.
func given(zeros *float64) float64 {
	if zeros == nil {
		return 1
	}
	return 1 - *zeros
}

// run is one job: what is known of its zeros.
type run struct {
	m             *Machine
	job           *arch.Job
	weights, acts float64         // shares of what is not zero, where nothing better is known
	seen, known   map[int][]tally // by layer, vector by vector: being measured, and measured
}

func (r *run) chassis() *asic.Chassis {
	c := &r.m.cfg
	largest := int64(0)
	for _, lp := range r.job.Plan.Layers {
		if d, ok := lp.Custom.(dealt); ok {
			largest = max(largest, int64(d.matrices)*int64(d.rows)*int64(d.columns)+4*int64(d.rows+d.columns))
		}
	}
	return &asic.Chassis{Common: c.Common, Buffers: largest, Units: units, Walk: r.walk}
}

// walk writes the commands of one layer: vector by vector, into and out of the PEs.
func (r *run) walk(w *asic.Walk, lp *mapping.LayerPlan) error {
	p := asic.NewProduct(lp.Layer)
	s := &p.Space
	rng := rand.New(rand.NewPCG(uint64(r.job.Seed), uint64(w.Index)))
	w.Sample(s.Batch * s.Images)
	group := 0
	fence := w.Fence
	for batch := range s.Batch {
		t := asic.Tile{Batch: batch, K1: s.K, C1: s.C, Y1: 1}
		held := w.Resident(p, &t, place(s, batch))
		for image := range s.Images {
			t.I0, t.I1 = image, image+1
			cost, err := r.cost(w.Index, group, s, rng, lp)
			if err != nil {
				return err
			}
			fence = r.vector(w, p, t, cost, group, held, fence)
			group++
		}
	}
	return nil
}

// place is where a matrix lies: behind those of the products before, which are at work still
// when it is put there.
func place(s *workloads.Matrix, batch int) int64 { return int64(batch) * int64(s.K) * int64(s.C) }

// cost is what a vector costs: measured, or drawn. A matrix that does not fit the PEs is refused.
func (r *run) cost(layer, group int, s *workloads.Matrix, rng *rand.Rand, lp *mapping.LayerPlan) (tally, error) {
	if known := r.known[layer]; group < len(known) {
		return known[group], nil
	}
	c := &r.m.cfg
	if r.seen != nil {
		return tally{}, nil
	}
	t := c.random(rng, s.C, s.K, r.weights, r.acts)
	if r.acts > 0 {
		if all := float64(t.real+t.padding) / r.acts; all > 1.02*float64(c.Matrix)*float64(c.PEs) { // the draw scatters
			return t, refuse("layer %s: some %.0f entries of one byte do not fit %d memories of %v (matrix); state how sparse the weights are with wzeros=",
				lp.Layer.Name, all, c.PEs, c.Matrix)
		}
	}
	return t, nil
}

// refuse says that a matrix does not fit.
func refuse(format string, args ...any) error {
	return arch.Refusal{Cause: fmt.Errorf(format, args...)}
}

// vector emits the commands of one vector and counts them.
func (r *run) vector(w *asic.Walk, p *asic.Product, t asic.Tile, cost tally, group int, held int64, after asic.Fence) asic.Fence {
	s := &p.Space
	in := place(s, s.Batch)
	out := in + 2*int64(s.C)
	loaded := w.FetchA(p, &t, in, after)
	c := asic.Command{Edges: cost.edges, After: after}
	c.After.Wait(asic.Load, max(loaded, held))
	layer := w.Index
	c.End = w.MultiplyBy(p, t, in, place(s, t.Batch), asic.Sums{Group: group}, func(sums, a, b []int32) error {
		return r.multiply(layer, s, sums, a, b)
	})
	done := w.Emit(asic.Array, c)
	finish := asic.Command{Edges: w.PostEdges(p, int64(s.K)), Action: asic.Action{End: w.Finish(p, t, asic.Sums{Group: group}, out)}}
	finish.After.Wait(asic.Array, done)
	var next asic.Fence
	next.Wait(asic.Post, w.Emit(asic.Post, finish))
	next.Wait(asic.Store, w.KeepOut(p, &t, out, next))
	r.count(w, s, cost)
	return next
}

// count books a vector's events.
func (r *run) count(w *asic.Walk, s *workloads.Matrix, cost tally) {
	w.Count(w.Unit(unitArray), evMAC, cost.real)
	w.Count(w.Unit(unitArray), evSkipped, int64(s.K)*int64(s.C)-cost.real)
	w.Count(w.Unit(unitArray), evPadding, cost.padding)
	w.Count(w.Unit(unitQueue), 0, cost.sent*int64(r.m.cfg.PEs))
	w.Count(w.Unit(unitPointers), 0, 2*cost.sent*int64(r.m.cfg.PEs))
	w.Count(w.Unit(unitMatrix), 0, cost.rows)
	w.Count(w.Unit(unitSums), 0, 2*(cost.real+cost.padding))
}

// multiply forms a vector's sums as the PEs do: column by column of what is not
// zero, and only entries.
func (r *run) multiply(layer int, s *workloads.Matrix, sums, a, b []int32) error {
	at := func(j, i int) int32 { return b[j*s.K+i] }
	if s.TransB {
		at = func(j, i int) int32 { return b[i*s.C+j] }
	}
	for j, v := range a {
		if v == 0 {
			continue
		}
		for i := range sums {
			if weight := at(j, i); weight != 0 {
				sums[i] += v * weight
			}
		}
	}
	if r.seen != nil {
		cost := r.m.cfg.exact(a, s.K, at)
		if c := &r.m.cfg; unit.Bytes(cost.stored) > c.Matrix {
			return refuse("layer %s: %d entries of one byte do not fit a PE's memory of %v (matrix); choose a sparser matrix, or state how sparse it is with wzeros=",
				r.job.Net.Layers[layer].Name, cost.stored, c.Matrix)
		}
		r.seen[layer] = append(r.seen[layer], cost)
	}
	return nil
}

// Fixed says why there is one mapping: where a row lies is how the machine finds it.
func (m *Machine) Fixed() string {
	return "a row of the matrix lies on the PE that its number modulo the PEs names, where its sum is an activation of the next layer, and columns come in the order of the activations that are not zero; zeros that lie at random leave nothing to balance"
}
