package asic

import (
	"nnsim/mapping"
	"nnsim/workloads"
)

// Plan leaves all tensors off chip between layers and maps each layer: products as cut
// says, everything else streamed through the vector unit by quarters of its buffer.
func Plan(net *workloads.Network, name string, v Vector, cut func(*mapping.LayerPlan) error) (*mapping.Plan, error) {
	plan := mapping.OffChip(net, name)
	for _, lp := range plan.Layers {
		switch workloads.ClassOf(lp.Layer.Head().Op) {
		case workloads.View:
		case workloads.MatrixClass:
			if err := cut(lp); err != nil {
				return nil, err
			}
		default:
			lp.Custom = Streamed{Chunk: v.chunk()}
		}
	}
	return plan, nil
}

// chunk is how much of a layer that is no product is under way at a time.
func (v *Vector) chunk() int64 { return int64(v.Buffer) / 4 }
