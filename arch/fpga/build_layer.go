package fpga

import (
	"fmt"

	"nnsim/arch/fpga/stream"
	"nnsim/workloads"
)

// layer adds a layer's stages.
func (c *circuit) layer(i int, l *layer, uses map[*workloads.Tensor]int) error {
	var in []flow
	for _, t := range l.inputs() {
		if l.kind == view {
			in = append(in, c.flows[t][0])
			c.flows[t] = c.flows[t][1:]
			continue
		}
		in = append(in, c.read(t, c.reads(l, t), l.Name, i))
	}
	bits := l.Out().Type.Bits()
	total := l.Out().Shape.Elements() / c.d.frames
	switch l.kind {
	case view:
		f := in[0]
		c.ends[i] = f.link
		c.publish(l.Out(), f, uses[l.Out()])
		return nil
	case host:
		return c.host(i, l, in, uses)
	case dense, depthwise, pool:
		to := c.fifo(l.Name+".fifo", total, c.writes(l), bits, false)
		c.ends[i] = to
		if l.function != nil {
			c.call(i, l, in, to)
		} else if err := c.multiply(i, l, in[0], to); err != nil {
			return err
		}
	default:
		to := c.fifo(l.Name+".fifo", total, c.writes(l), bits, false)
		c.ends[i] = to
		if l.function != nil {
			c.call(i, l, in, to)
			break
		}
		var from []*stream.Link
		for _, f := range in {
			from = append(from, f.link)
		}
		name := l.Name + "." + l.kind.String()
		c.stage(name, i, func() { c.p.Steps(name, l.phases(c.d.frames), 2, from, links(to)) })
	}
	c.publish(l.Out(), flow{c.ends[i], c.writes(l), total, bits, l.Name}, uses[l.Out()])
	return nil
}

// multiply adds padding, window and product.
func (c *circuit) multiply(i int, l *layer, in flow, to *stream.Link) error {
	from := in.link
	images := l.images / c.d.frames
	if l.padding() {
		w := l.window()
		padded := c.fifo(l.Name+".padded", w.In()*images*int64(l.takes()), l.takes(), l.aBits, false)
		name := l.Name + ".pad"
		c.stage(name, i, func() { c.p.Steps(name, l.padPhases(), 1, links(from), links(padded)) })
		from = padded
	}
	if l.windowed() {
		w := l.window()
		name := l.Name + ".window"
		read := c.fifo(l.Name+".windows", w.Out()*images, 1, l.aBits*l.takes(), false)
		c.owner[name] = i
		if err := c.p.Window(name, w, from, read); err != nil {
			return fmt.Errorf("fpga: %w", err)
		}
		from = read
	}
	name := l.Name + "." + l.kind.String()
	c.owner[name] = i
	if err := c.p.Product(name, l.product(), from, to); err != nil {
		return fmt.Errorf("fpga: %w", err)
	}
	return nil
}

// phases are the steps of the stages that go token by token.
func (l *layer) phases(frames int64) []stream.Phase {
	fold := int64(l.outside / l.pe)
	switch l.kind {
	case join:
		return []stream.Phase{{Count: fold, Read: 3, Write: 1}}
	case concat:
		var list []stream.Phase
		for i, n := range l.parts {
			list = append(list, stream.Phase{Count: int64(n / l.pe), Read: 1 << i, Write: 1})
		}
		return list
	case softmax:
		return []stream.Phase{{Count: fold, Read: 1}, {Count: fold, Write: 1}}
	case label:
		return []stream.Phase{{Count: int64(l.inside / l.pe), Read: 1}, {Count: 1, Write: 1}}
	case upsample:
		return l.repeatPhases(fold)
	case global:
		return []stream.Phase{{Count: int64(l.space.H*l.space.W) * fold, Read: 1}, {Count: fold, Write: 1}}
	}
	return each(fold)
}

// repeatPhases goes along the rows of an image: each pixel's words are read and written, and written
// again for the columns beside it; then the row is written again from its buffer.
func (l *layer) repeatPhases(fold int64) (list []stream.Phase) {
	s := &l.space
	down, across := int64(s.OH/s.H), int64(s.OW/s.W)
	for range s.W {
		list = append(list, stream.Phase{Count: fold, Read: 1, Write: 1})
		if across > 1 {
			list = append(list, stream.Phase{Count: (across - 1) * fold, Write: 1})
		}
	}
	if down > 1 {
		list = append(list, stream.Phase{Count: (down - 1) * int64(s.OW) * fold, Write: 1})
	}
	return list
}

// padPhases goes along the rows of a padded image: words of zeros are written, the
// others read and written.
func (l *layer) padPhases() (list []stream.Phase) {
	s, fold := &l.space, int64(l.inside/l.takes())
	add := func(pixels int, read uint32) {
		n := int64(pixels) * fold
		switch {
		case n == 0:
		case len(list) > 0 && list[len(list)-1].Read == read:
			list[len(list)-1].Count += n
		default:
			list = append(list, stream.Phase{Count: n, Read: read, Write: 1})
		}
	}
	add(s.PadH*l.padded[1], 0)
	for range s.H {
		add(s.PadW, 0)
		add(s.W, 1)
		add(l.padded[1]-s.PadW-s.W, 0)
	}
	add((l.padded[0]-s.PadH-s.H)*l.padded[1], 0)
	return list
}
