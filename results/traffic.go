package results

// Tensor says what bytes that cross the edge of the chip are.
type Tensor uint8

// What crosses the edge of the chip.
const (
	Inputs      Tensor = iota // activations that a layer reads, its second operand among them
	Weights                   // parameters: weights, biases, scales, tables
	Outputs                   // activations that it writes
	PartialSums               // sums that are not complete, and workspaces
	tensors
)

// TensorNames are the names in reports.
var TensorNames = [tensors]string{"inputs", "weights", "outputs", "partial_sums"}

// Moved is bytes that cross the edge of the chip.
type Moved struct {
	ReadBytes  int64 `json:"read_bytes"`
	WriteBytes int64 `json:"write_bytes"`
}

// bytes is what was moved either way.
func (m Moved) bytes() int64 { return m.ReadBytes + m.WriteBytes }

// Traffic counts what a run's off-chip bytes are, layer by layer.
type Traffic struct {
	layers [][tensors]Moved
}

// NewTraffic makes the counters for a run of so many layers.
func NewTraffic(layers int) *Traffic { return &Traffic{layers: make([][tensors]Moved, layers)} }

// Read counts bytes that a layer reads.
func (t *Traffic) Read(layer int, of Tensor, bytes int64) { t.layers[layer][of].ReadBytes += bytes }

// Write counts bytes that a layer writes.
func (t *Traffic) Write(layer int, of Tensor, bytes int64) { t.layers[layer][of].WriteBytes += bytes }

// Split enters what the off-chip bytes of a run and of each of its layers are.
func (r *Run) Split(t *Traffic) {
	var all [tensors]Moved
	for i, layer := range t.layers {
		r.Layers[i].DRAMByTensor = named(&layer)
		for k, m := range layer {
			all[k].ReadBytes += m.ReadBytes
			all[k].WriteBytes += m.WriteBytes
		}
	}
	r.DRAM.ByTensor = named(&all)
}

// named lists what was moved, by name.
func named(of *[tensors]Moved) map[string]Moved {
	var list map[string]Moved
	for k, m := range of {
		if m == (Moved{}) {
			continue
		}
		if list == nil {
			list = map[string]Moved{}
		}
		list[TensorNames[k]] = m
	}
	return list
}
