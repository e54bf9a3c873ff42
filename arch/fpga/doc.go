// Package fpga models neural networks on FPGAs as streaming dataflow: every layer
// is hardware of its own, all of them alive at once, on the budget of a real part.
//
//	off-chip ─▶ load ─▶ pad ─▶ window ─▶ product ─▶ … ─▶ store ─▶ off-chip
//	 memory              │      line      weights          │      memory
//	                     └─ a FIFO between any two ────────┘
//
// A network becomes stages (design.go); folding decides how many elements each
// stage takes at a time (fold.go) so that the slowest is as fast as the part's
// look-up tables, DSP slices and block RAMs allow (budget.go); FIFOs get the
// depths that a simulation finds (depths.go); package stream says in which cycle
// every token moves. Weights are in on-chip memory from the start. An operator the
// fabric has no stage for runs on the host processor, in its place in the pipeline.
//
// Where data are carried, they go through the same buffers in the same order: a
// window through its cyclic buffer, a product through its SIMD × PE memory words
// (plane.go). Integers of 1 to 16 bits are exact.
//
// Sources: [finn], [finn-r], [finn-rtllib]; parts and boards as cited in the presets.
//
// Not modelled: overlays (one engine for all layers), clock frequency (it is
// stated, not derived), routing and the borders of chiplets (SLRs), weights in
// external memory, and reconfiguration between parts of a network. The padding of
// a bipolar image is 0, which one bit cannot say. Sums over several memory ports
// share the bandwidth in proportion to their bytes.
package fpga
