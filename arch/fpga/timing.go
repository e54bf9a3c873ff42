package fpga

import (
	"errors"
	"fmt"

	"nnsim/arch/fpga/stream"
)

// run simulates a circuit for so many frames.
func (c *circuit) run(frames int64) (*stream.Result, error) {
	if len(c.outs) == 0 {
		return nil, fmt.Errorf("fpga: %s has no output that depends on its input", c.net.Graph.Name)
	}
	first := c.first
	if first == nil {
		first = c.outs[0]
	}
	r, err := c.p.Run(first, c.outs[len(c.outs)-1], int(frames))
	var dead *stream.Deadlock
	if errors.As(err, &dead) {
		return nil, c.deadlocked(dead)
	}
	return r, err
}

// deadlocked says which FIFO a deeper one would free.
func (c *circuit) deadlocked(d *stream.Deadlock) error {
	remedy := "fifo.depth=0 finds depths by simulation"
	for _, l := range d.Full {
		remedy = fmt.Sprintf("%s needs up to %d (fifo.depth=0 finds the least)", l.Name, l.PerFrame())
	}
	return fmt.Errorf("fpga: %s: %w; %s", c.m.cfg.Name, d, remedy)
}
