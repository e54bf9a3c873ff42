// Package workloads says what is to be computed: tensors, operators as iteration
// spaces, and graphs of them in topological order.
//
//	"resnet50,batch=8"   model.onnx   layers.csv   "gemm:m=…"
//	        └───────────────┴─────┬──────┴────────────┘
//	                              ▼
//	        Graph: Node ── Tensor ── Node ── …      (ONNX operators, row-major)
//	                              │ Prepare (formats, fusing into layers)
//	                              ▼
//	        Network: Layer, Layer, …                (what a machine is given)
//
// Sources: the ONNX operator specification (opset 7 to 23) for names, attributes
// and meanings of operators.
//
// Not modelled: control flow (If, Loop, Scan), sequences and optionals, sparse
// tensors, training, and shapes that depend on values.
package workloads
