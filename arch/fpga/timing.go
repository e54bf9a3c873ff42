package fpga

import (
	"errors"
	"fmt"
	"strings"
	"sync"

	"nnsim/arch"
	"nnsim/arch/fpga/stream"
	"nnsim/workloads"
)

// timing is what a simulation of a circuit found.
type timing struct {
	*circuit
	*stream.Result
}

// time simulates a design, once for all runs of a plan. With a memory that never stalls
// only the beginning differs, unless memory is slower than its ports.
func (m *Machine) time(job *arch.Job, d *design) (*timing, error) {
	d.run.Do(func() { d.run.timed, d.run.failed = m.simulate(job.Net, d, nil) })
	if d.run.failed != nil || !job.IdealMemory {
		return d.run.timed, d.run.failed
	}
	return m.simulate(job.Net, d, d.run.timed)
}

// once is a simulation that all runs of a plan share.
type once struct {
	sync.Once
	timed  *timing
	failed error
}

// simulate runs a design with its memory, or, beside a run with that, with one that never stalls.
func (m *Machine) simulate(net *workloads.Network, d *design, beside *timing) (*timing, error) {
	if beside != nil && beside.hidden() {
		c := *beside.circuit
		c.ideal, c.behind = true, 0
		return &timing{circuit: &c, Result: beside.Result}, nil
	}
	c, err := m.build(net, d, beside != nil, m.depthOf(d))
	if err != nil {
		return nil, err
	}
	if beside != nil && !beside.slow {
		c.p.Follow(beside.Result)
	}
	r, err := c.run(d.frames)
	return &timing{circuit: c, Result: r}, err
}

// hidden tells whether no stage waited for an input of the network: with words that come
// earlier, and leave the last stage as they do, nothing would happen in any other cycle.
func (t *timing) hidden() bool {
	for _, l := range t.loaded {
		if t.WaitedFor(l) > 0 {
			return false
		}
	}
	return !t.slow
}

// run simulates a circuit for so many frames. One that deadlocks says how deep its FIFOs
// would have to be.
func (c *circuit) run(frames int64) (*stream.Result, error) {
	r, err := c.simulate(frames)
	var dead *stream.Deadlock
	if errors.As(err, &dead) {
		return nil, c.deadlocked(dead)
	}
	return r, err
}

// simulate is a run that names no remedy.
func (c *circuit) simulate(frames int64) (*stream.Result, error) {
	if len(c.outs) == 0 {
		return nil, fmt.Errorf("fpga: %s has no output that depends on its input", c.net.Graph.Name)
	}
	first := c.first
	if first == nil {
		first = c.outs[0]
	}
	return c.p.Run(first, c.outs[len(c.outs)-1], int(frames))
}

// deadlocked says how deep the full FIFOs would have to be.
func (c *circuit) deadlocked(d *stream.Deadlock) error {
	free, sized := *c.m, *c.d
	free.cfg.FIFO.Depth, free.cfg.FIFO.Depths = 0, nil
	var needs []string
	if err := free.sizeFIFOs(c.net, &sized); err == nil {
		for _, l := range d.Full {
			if n := sized.depths[l.Name]; n > l.Depth() {
				needs = append(needs, fmt.Sprintf("%s a depth of %d", l.Name, n))
			}
		}
	}
	if len(needs) == 0 {
		needs = []string{"deeper FIFOs"}
	}
	return fmt.Errorf("fpga: %s: %w; it needs %s, which fifo.depth=0 finds and fifo.depths sets", c.m.cfg.Name, d, strings.Join(needs, " and "))
}
