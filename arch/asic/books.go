package asic

import (
	"nnsim/arch/station"
	"nnsim/results"
	"nnsim/unit"
)

// Events of the post station.
const (
	EvSimple = iota
	EvHard
)

// Events of the memory and of buffers.
const (
	EvRead = iota
	EvWrite
)

// books are the counters of a run.
type books struct {
	load, post, store, memory *results.Stats
	units                     []*results.Stats // the machine's own, the array first
	traffic                   *results.Traffic
	layers                    []layerBook
}

// layerBook is what is known of one layer's time.
type layerBook struct {
	open   int  // commands given out and not finished
	issued bool // all its commands have been given out
	end    unit.Edge
}

func (b *books) open(layers int, c *Chassis) {
	b.layers = make([]layerBook, layers)
	b.load = station.NewStats("load", layers)
	b.store = station.NewStats("store", layers)
	b.post = results.NewStats("post", layers, "simple_ops", "hard_ops")
	b.memory = results.NewStats("memory", layers, "read_bytes", "write_bytes")
	b.traffic = results.NewTraffic(layers)
	b.units = c.Units(layers)
}

// all lists the counters in the order reports are made.
func (b *books) all() []*results.Stats {
	return append([]*results.Stats{b.load, b.post, b.store, b.memory}, b.units...)
}

// closed notes a command finished and tells whether it was the layer's last.
func (b *books) closed(layer int, edge unit.Edge) bool {
	l := &b.layers[layer]
	l.open--
	l.end = max(l.end, edge)
	return l.open == 0 && l.issued
}
