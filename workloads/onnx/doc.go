// Package onnx reads networks from ONNX files: protobuf wire format in, a
// workloads.Graph with every shape known out.
//
//	bytes ──fields──▶ model, node, tensor, …        (wire.go, proto.go, tensor.go)
//	                      │ names become edges      (graph.go)
//	                      │ producers before users  (order.go)
//	                      ▼
//	     for each node: Infer, then fold if every input is a constant   (resolve.go)
//	                      ▼
//	                workloads.Graph                 (random.go: seeded weights)
//
// Read is for files, Decode for bytes in memory, DecodeTensor for the TensorProto
// files (.pb) in which the ONNX project keeps the inputs and outputs of its tests.
// Weights are converted from the file's bytes straight into the array that holds
// them; a weight made by ConstantOfShape takes no memory at all.
//
// Sources: onnx.proto and the operator specification of the ONNX project (IR
// version 3 to 13, opset 7 to 26). Opset 6 is read too where a node means the same.
//
// Not modelled: local functions, control flow, sequences, maps, optionals, sparse
// and string tensors, operators of other domains (com.microsoft, ai.onnx.ml),
// training information, quantisation annotations, value_info (shapes are always
// inferred), and shapes that depend on values known at run time only.
package onnx
