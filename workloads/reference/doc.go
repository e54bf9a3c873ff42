// Package reference computes operators on the CPU in the plainest way that is
// still quick: no tiles of a machine, no schedule, no simulated memory. It is the
// answer that machines are checked against, and it calibrates integer formats.
//
//	Node, Arrays ──Eval────────▶ Arrays      as ONNX defines the operator
//	             ──EvalFormat──▶ Arrays      as a prepared network stores the data
//	Network      ──Run─────────▶ Values      layer after layer, with calibration
//
// The operators stand in one table (ops.go), one file for each family:
//
//	product  matrix products and convolutions as tiles of GEMM on gonum's BLAS
//	window   poolings                 elementwise  unary, binary, variadic
//	norm     normalisations           reduce       reductions, arg, top-k, sums
//	move     what only places data    quantise     ONNX's quantised operators
//	attention, rotary, recurrent      format, run  formats and whole networks
//
// Shapes and types of outputs come from workloads.Infer, so a kernel only ever
// sees inputs that fit together. Reals other than fp64 are held as float32 and
// rounded to their format once, at the end of an operator; sums inside vector
// operators are carried in float64. Results may share storage with inputs (a
// Reshape does); no kernel writes to its inputs.
//
// Calibration is symmetric, one scale for each tensor, from the greatest magnitude
// in one run. int16 leaves three bits unused, so that sums fit into int32.
//
// Sources: the ONNX operator specification, opset 7 to 24; for the error bound of
// sums, N. Higham, "Accuracy and Stability of Numerical Algorithms", 2nd ed., §3.1.
//
// Not modelled: training, except batch normalisation's running statistics;
// control flow and sequences; element types that workloads.DType lacks (strings,
// complex, 2- and 4-bit unsigned, 4-bit floats, the FNUZ formats).
package reference
