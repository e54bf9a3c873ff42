package fpga

import (
	"errors"
	"fmt"
	"strings"

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

// deadlocked says how deep the full FIFOs would have to be.
func (c *circuit) deadlocked(d *stream.Deadlock) error {
	free, sized := *c.m, *c.d
	free.cfg.FIFO.Depth = 0
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
	return fmt.Errorf("fpga: %s: %w; it needs %s, which fifo.depth=0 finds", c.m.cfg.Name, d, strings.Join(needs, " and "))
}
