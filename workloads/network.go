package workloads

// Layer is what a machine executes as one: a head node and the followers that
// are fused into its drain. Each follower's data comes from the node before it;
// the tensors between them never leave the accumulators.
type Layer struct {
	Name  string
	Nodes []*Node // head first
}

// Head is the node whose iteration space the layer's loops run over.
func (l *Layer) Head() *Node { return l.Nodes[0] }

// Out is the tensor the layer leaves in memory.
func (l *Layer) Out() *Tensor { return l.Nodes[len(l.Nodes)-1].Out[0] }

// Network is a graph made ready for one machine: every tensor has the format it
// is stored in, and nodes are grouped into layers in execution order.
type Network struct {
	Graph     *Graph
	Precision Precision
	Layers    []*Layer
	Left      []string // outputs of the graph that no machine computes, and that are left out
}

// Matrix is the iteration space of a head that multiplies and accumulates: a
// (grouped) convolution, of which a matrix product is the 1×1 case.
//
//	out[b, g, m, n] = Σ_k  A[b, g, m, k] · B[b, g, k, n]
//	m = (image, oh, ow)   k = (channel, r, s)   n = filter within the group
type Matrix struct {
	Batch  int // independent products, each with its own A and B (batched MatMul)
	Groups int // groups of channels, each with its own filters
	Images int // rows of A for a matrix product
	C      int // input channels in a group; K of a matrix product
	H, W   int // input height and width (1 for a matrix product)
	K      int // filters in a group; N of a matrix product
	R, S   int // window height and width
	OH, OW int // output height and width

	StrideH, StrideW int
	DilH, DilW       int
	PadH, PadW       int // rows above and columns left; below and right follow from OH, OW

	TransA, TransB bool // a matrix product's operands as stored: A[k,m], B[n,k]
	SharedB        bool // every batch uses the same B
	Causal         bool // only outputs n ≤ m + (N-M) are useful (attention scores), or only k ≤ m + (K-M) contribute (attention values)
}

// M, N and Red are the extents of one product: rows, columns, reduction.
func (m *Matrix) M() int   { return m.Images * m.OH * m.OW }
func (m *Matrix) N() int   { return m.K }
func (m *Matrix) Red() int { return m.C * m.R * m.S }

// MACs is the number of multiply-accumulates, padding included, as publications count them.
func (m *Matrix) MACs() int64 {
	return int64(m.Batch) * int64(m.Groups) * int64(m.M()) * int64(m.N()) * int64(m.Red())
}
