package mapping

// Target is what a mapper must know about a machine with a matrix unit: numbers
// only, handed over before the run.
type Target struct {
	Name string

	// The matrix unit: Arrays arrays of Rows × Cols multiply-accumulate cells, fed
	// with the same moving operand and side by side in the stationary one's columns.
	Rows, Cols, Arrays int
	Dataflow           Dataflow
	Switched           []Target // the same machine in each other dataflow that a layer may take instead
	FoldOverhead       int64    // edges a fold pays beyond its stream when folds do not overlap; 0 when they do

	// On-chip memories.
	Buffer     int64 // bytes for activations, and for weights where FIFO is 0
	FIFO       int   // stationary tiles the weight FIFO holds; 0: weights pass through the buffer
	AccRows    int   // accumulator rows (of Cols words an array), in both banks together
	KeepOnChip bool  // activations may stay in the buffer between layers
	Reserved   int64 // bytes of the buffer that no tensor may stay in; 0: a quarter
	Unlimited  bool  // on-chip memories never limit a tile (SCALE-Sim's convention)

	// Rates, for choosing: bytes a cycle from off-chip memory and through a port of
	// the buffer (0: unlimited), vector lanes.
	BytesPerCycle float64
	PortBytes     float64
	Latency       float64 // cycles from a request to its first byte
	Turnaround    float64 // cycles that the memory's data path idles between loads and stores
	Outstanding   int     // loads on their way at a time
	Lanes         int
	VectorLatency float64     // cycles from a vector's last result to its being there
	Memory        MemoryShape // what else is known of the memory
}

// Dataflow says which operand stays in the array.
type Dataflow string

// Output-, weight- and input-stationary.
const (
	OS Dataflow = "os"
	WS Dataflow = "ws"
	IS Dataflow = "is"
)

// By is the machine in a dataflow it can switch to; "" is its usual one.
func (t *Target) By(flow Dataflow) *Target {
	for i := range t.Switched {
		if t.Switched[i].Dataflow == flow {
			return &t.Switched[i]
		}
	}
	return t
}

// slowest is the rate at which a load arrives: the memory's, or the port's if that is less.
func (t *Target) slowest() float64 {
	if t.PortBytes > 0 {
		return min(t.BytesPerCycle, t.PortBytes)
	}
	return t.BytesPerCycle
}
