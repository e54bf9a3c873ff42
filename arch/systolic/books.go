package systolic

import (
	"nnsim/arch/station"
	"nnsim/results"
	"nnsim/unit"
)

// Events of the array and what stands around it. A word is one 32-bit accumulator.
const (
	evMAC  = iota // multiply-accumulates on real operands
	evFold        // stationary tiles shifted in (os: tiles shifted out)
)
const (
	evRead  = iota // bytes read
	evWrite        // bytes written
)

// books are the counters of a run.
type books struct {
	load, array, vector, store *results.Stats
	buffer, fifo, accumulators *results.Stats
	memory                     *results.Stats
	traffic                    *results.Traffic
	layers                     []layerBook
	turns                      []turnBook // in the order in which the walk takes them
}

// turnBook is when a turn of a layer ended: all of it, or its part in a band of a chain.
type turnBook struct {
	layer int
	end   unit.Edge
}

// layerBook is what is known of one layer's time.
type layerBook struct {
	open   int  // commands given out and not finished
	issued bool // all its commands have been given out
	end    unit.Edge
	busy   unit.Edge // edges in which the array streamed for it, also while the layer before drained
}

func (b *books) open(layers int, cfg *Config, dtype string) {
	b.layers = make([]layerBook, layers)
	b.load = station.NewStats("load", layers)
	b.store = station.NewStats("store", layers)
	b.array = results.NewStats("array", layers, "mac_"+dtype, "folds")
	b.vector = results.NewStats("vector", layers, "simple_ops", "hard_ops")
	b.buffer = results.NewStats("buffer", layers, "read_bytes", "write_bytes")
	b.fifo = results.NewStats("fifo", layers, "read_bytes", "write_bytes")
	b.accumulators = results.NewStats("accumulators", layers, "read_bytes", "write_bytes")
	b.memory = results.NewStats("memory", layers, "read_bytes", "write_bytes")
	b.traffic = results.NewTraffic(layers)
}

// all lists the counters in the order reports are made.
func (b *books) all() []*results.Stats {
	return []*results.Stats{b.load, b.array, b.vector, b.store, b.buffer, b.fifo, b.accumulators, b.memory}
}

// active lists the counters of the units that execute commands, whose states are
// entered as they happen. The array's are those of the streams that enter it; a
// transfer's begins when the one before it has ended.
func (b *books) active() []*results.Stats {
	return []*results.Stats{b.load, b.array, b.vector, b.store}
}

// open1 notes a command given out for a layer.
func (b *books) open1(layer int) { b.layers[layer].open++ }

// closed notes a command finished and tells whether it was the layer's last.
func (b *books) closed(c *command, edge unit.Edge) bool {
	l, turn := &b.layers[c.Layer], &b.turns[c.Work.turn]
	turn.end = max(turn.end, edge)
	l.open--
	l.end = max(l.end, edge)
	return l.open == 0 && l.issued
}

// cycles is what each layer took: from the end of the turn before to that of each of its own.
func (b *books) cycles() []int64 {
	list := make([]int64, len(b.layers))
	at := unit.Edge(0)
	for _, t := range b.turns {
		if t.end > at {
			list[t.layer] += int64(t.end - at)
			at = t.end
		}
	}
	return list
}
