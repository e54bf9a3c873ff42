package gpu

import "nnsim/workloads"

// Row-wise kernels: a CTA of eight warps takes a row. A row that its registers hold
// is read once; a longer one is read again for each pass, out of L2 where the rows
// in flight fit there with their results, else from off chip.

// keptElements is what the CTA holds of a row: 32 registers of each of 256 threads.
const keptElements = 32 * streamWarps * 32

// againOf is the bytes a node reads again, and a row's bytes with its result.
// Softmax passes three times over rows it cannot hold (maximum, sum, result); a
// normalisation gathers its moments in a pass of its own, whatever the row.
func againOf(n *workloads.Node) (again, row int64) {
	if len(n.In) == 0 || n.In[0] == nil {
		return 0, 0
	}
	x := n.In[0]
	lead := workloads.Leading(n)
	if lead > len(x.Shape) {
		return 0, 0
	}
	elements := x.Shape[lead:].Elements()
	cell := int64(x.Type.CellBytes())
	all := x.Shape.Elements() * cell
	row = elements * (cell + int64(n.Out[0].Type.CellBytes()))
	switch n.Op {
	case "Softmax", "LogSoftmax":
		if elements > keptElements {
			return 2 * all, row
		}
	case "LayerNormalization", "RMSNormalization", "InstanceNormalization", "GroupNormalization":
		return all, row
	}
	return 0, row
}

// rereads tells where a streaming kernel finds what it reads again.
func (c *Config) rereads(s *streamWork) (fromL2, offChip int64) {
	flying := int64(c.SM.Count) * int64(c.SM.Warps/streamWarps) * s.row
	if flying <= int64(c.L2.Size)/int64(c.L2.Partitions) {
		return s.again, 0
	}
	return 0, s.again
}
