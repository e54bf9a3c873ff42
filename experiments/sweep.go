package experiments

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"nnsim/arch"
	"nnsim/results"
)

// Design is one row of a sweep's table.
type Design struct {
	Index  int    // in the sweep's list of points, from 0
	Point  Point  // the value of each axis
	Key    string // of its report in the store; "" where the device could not be opened
	Values []any  // one for each column: float64, string, bool, or nil where the report has none
	Status string // ok, excluded (it breaks a constraint on the report), failed or missing
	Error  string // why it failed
	Front  bool   // no other design is better in one objective and as good in all

	merits []float64 // the objectives, smaller better; nil where the design takes no part
}

// SweepRun is how a sweep is carried out: nothing in it changes its table.
type SweepRun struct {
	Store   *Store
	Workers int
	// Shard i of n runs each n-th design, beginning with the i-th; 0 of 0 is all.
	Shard, Shards int
	// Look reads the store and simulates nothing.
	Look bool
	// Progress, where set, is told of each design that is done.
	Progress func(SweepProgress)
}

// SweepProgress is how far a sweep is.
type SweepProgress struct {
	Done, Total int
	Simulated   int // the others were in the store
	Elapsed     time.Duration
	Best        string // the first objective's best so far
}

// Table is what a sweep gave: a row for each design, in the order of its points.
type Table struct {
	Sweep     *Sweep
	Designs   []Design
	Simulated int
}

// Run runs the sweep's designs, or a shard of them, and marks the front. A design
// that fails is a row; an error means that the sweep as a whole cannot go on.
func (s *Sweep) Run(ctx context.Context, how SweepRun) (*Table, error) {
	if s.search != nil {
		return s.explore(ctx, how)
	}
	points, err := s.points()
	if err != nil {
		return nil, err
	}
	if how.Shards > len(points) {
		return nil, fmt.Errorf("%s: shard %d/%d: there are %d designs; make at most so many shards", s.Name, how.Shard, how.Shards, len(points))
	}
	mine := make([]Design, 0, len(points))
	for i, p := range points {
		if how.Shards == 0 || i%how.Shards == how.Shard-1 {
			mine = append(mine, Design{Index: i, Point: p})
		}
	}
	c := &crew{sweep: s, how: how, total: len(mine), begun: time.Now()}
	if err := c.run(ctx, mine); err != nil {
		return nil, err
	}
	t := &Table{Sweep: s, Designs: mine, Simulated: c.simulated}
	t.markFront()
	return t, nil
}

// crew is the workers of a sweep.
type crew struct {
	sweep *Sweep
	how   SweepRun
	begun time.Time
	keys  sync.Map // key → *sync.Mutex: designs that come to the same experiment are run once

	mu                     sync.Mutex
	done, total, simulated int
	best                   *Design
}

// run works through designs, so many at a time.
func (c *crew) run(ctx context.Context, designs []Design) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var group sync.WaitGroup
	next := make(chan *Design)
	for range max(1, c.how.Workers) {
		group.Go(func() {
			for d := range next {
				if err := c.one(ctx, d); err != nil {
					cancel(err)
				}
			}
		})
	}
	for i := range designs {
		if ctx.Err() != nil {
			break
		}
		next <- &designs[i]
	}
	close(next)
	group.Wait()
	return context.Cause(ctx)
}

// one brings a design to its end: from the store, or by simulating it.
func (c *crew) one(ctx context.Context, d *Design) error {
	if ctx.Err() != nil {
		return nil
	}
	fresh, err := c.finish(d)
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.done++
	if fresh {
		c.simulated++
	}
	if d.merits != nil && (c.best == nil || d.merits[0] < c.best.merits[0]) {
		c.best = d
	}
	if c.how.Progress != nil {
		c.how.Progress(SweepProgress{c.done, c.total, c.simulated, time.Since(c.begun), c.sweep.describe(c.best)})
	}
	return nil
}

// finish fills in a design. An error is the store's; everything else is a row.
func (c *crew) finish(d *Design) (fresh bool, err error) {
	e := c.sweep.experiment(d.Point)
	machine, err := OpenDevice(e.Device, e.Sets)
	if err != nil {
		d.fail(err.Error())
		return false, nil
	}
	work, file, err := c.sweep.works.get(e.Workload, e.Seed)
	if err != nil {
		d.fail(err.Error())
		return false, nil
	}
	mapped, err := e.mappingText()
	if err != nil {
		d.fail(err.Error())
		return false, nil
	}
	in := e.inputs(machine, work.Spec, file, mapped)
	d.Key = in.Key()
	lock, _ := c.keys.LoadOrStore(d.Key, &sync.Mutex{})
	lock.(*sync.Mutex).Lock()
	defer lock.(*sync.Mutex).Unlock()
	entry, err := c.how.Store.Get(d.Key)
	if err != nil {
		return false, err
	}
	if entry == nil && c.how.Look {
		d.Status = "missing"
		return false, nil
	}
	if entry == nil {
		fresh = true
		entry = &Entry{Inputs: in}
		entry.Report, err = c.sweep.simulate(e, machine)
		if err != nil {
			entry.Report, entry.Error = nil, err.Error()
		}
		if err := c.how.Store.Put(*entry); err != nil {
			return fresh, err
		}
	}
	c.sweep.fill(d, entry)
	return fresh, nil
}

// simulate runs one experiment on an opened device. Only runs that compute no
// values share the workload.
func (s *Sweep) simulate(e Experiment, machine arch.Machine) (run *results.Run, err error) {
	defer func() {
		if fault := recover(); fault != nil { // one design must not end the sweep
			err = fmt.Errorf("%s on %s: the simulation broke off: %v", e.Workload, e.Device, fault)
		}
	}()
	begun := time.Now()
	work, _, err := s.works.get(e.Workload, e.Seed)
	if err == nil && s.Check != arch.None {
		work, err = OpenWorkload(e.Workload, e.Seed)
	}
	if err != nil {
		return nil, err
	}
	p, err := e.prepare(machine, work)
	if err != nil {
		return nil, err
	}
	return p.run(e, begun)
}

func (d *Design) fail(why string) { d.Status, d.Error = "failed", why }

// fill takes a design's columns out of its report and holds it against the constraints.
func (s *Sweep) fill(d *Design, e *Entry) {
	if e.Error != "" {
		d.fail(e.Error)
		return
	}
	report := *e.Report
	if !slices.ContainsFunc(s.Columns, func(name string) bool { return strings.HasPrefix(name, "layers.") }) {
		report.Layers = nil // most of a report, and not asked for
	}
	tree, err := results.Values(&report)
	if err != nil {
		d.fail(err.Error())
		return
	}
	d.Values = make([]any, len(s.Columns))
	for i, name := range s.Columns {
		if d.Values[i], err = tree.Lookup(name); err != nil && len(s.axes[0].values) == 1 {
			d.Values = nil
			d.fail(err.Error())
			return
		}
	}
	d.Status = "ok"
	for _, c := range s.constraints {
		holds, err := c.True(s.scope(d.Point, func(name string) (any, error) { return d.figure(s, name) }))
		if errors.As(err, new(unknown)) || err == nil && !holds {
			d.Status = "excluded"
		} else if err != nil {
			d.fail(fmt.Sprintf("constraint %q: %v", c.Text, err))
			return
		}
	}
	d.rate(s)
}

// unknown is a figure that the report of this device does not have.
type unknown string

func (u unknown) Error() string { return string(u) + " is not known of this device" }

// figure is the value of a column of the row.
func (d *Design) figure(s *Sweep, name string) (any, error) {
	for i, c := range s.Columns {
		if c == name && d.Values[i] != nil {
			return d.Values[i], nil
		}
	}
	return nil, unknown(name)
}

// rate works out the objectives of a design that keeps all constraints.
func (d *Design) rate(s *Sweep) {
	if d.Status != "ok" || len(s.Objectives) == 0 {
		return
	}
	var merits []float64
	for _, o := range s.Objectives {
		v, err := s.scope(d.Point, func(name string) (any, error) { return d.figure(s, name) })(o.Metric)
		f, ok := v.(float64)
		if err != nil || !ok {
			return // a figure this device does not have: it is shown, and takes no part
		}
		if o.Maximise {
			f = -f
		}
		merits = append(merits, f)
	}
	d.merits = merits
}

// markFront marks the designs that none other dominates on the same workload:
// a fast design for one network says nothing of one for another.
func (t *Table) markFront() {
	groups := map[string][]int{}
	for i, d := range t.Designs {
		groups[d.Point[1]] = append(groups[d.Point[1]], i)
	}
	for _, group := range groups {
		merits := make([][]float64, len(group))
		for k, i := range group {
			merits[k] = t.Designs[i].merits
		}
		for k, on := range front(merits) {
			t.Designs[group[k]].Front = on
		}
	}
}

// Count counts the designs that came to a status: ok, excluded, failed or missing.
func (t *Table) Count(status string) (n int) {
	for _, d := range t.Designs {
		if d.Status == status {
			n++
		}
	}
	return n
}
