// Package fpga models neural networks on FPGAs, on the budget of a real part: as
// streaming dataflow, where every layer is hardware of its own and all are alive at
// once, or as an overlay, one engine that computes layer after layer.
//
//	off-chip ─▶ load ─▶ pad ─▶ window ─▶ product ─▶ … ─▶ store ─▶ off-chip
//	 memory              │      line      weights          │      memory
//	                     └─ a FIFO between any two ────────┘
//
// A network becomes stages (design.go); folding decides how many elements each
// stage takes at a time (fold.go) so that the slowest is as fast as the part's
// look-up tables, DSP slices and block RAMs allow (budget.go); FIFOs get the
// depths that a simulation finds (depths.go); package stream says in which cycle
// every token moves. The foldings of all stages are one space, as they share the part (joint.go);
// a search of it (joint_search.go, joint_refine.go) begins with a knapsack for each interval. Weights are in on-chip memory from the start. An operator the
// fabric has no stage for runs on the host processor, in its place in the pipeline.
//
// An overlay (engine.go) cuts each layer into tiles (overlay_tiles.go,
// overlay_blocks.go, overlay_refill.go) that go from external memory through double buffers to an array
// of multipliers and back; one core or several, each with images of the batch, on one
// memory (overlay_core.go). Layers it lacks run on the processor while later images go on.
//
//	core ═ port ═ bursts, places ═ path ═ channel of DRAM (package mem)
//
// Ports are AXI masters (axi_port.go); streams go through them too (axi_stream.go).
//
// Where data are carried, they go through the same buffers in the same order: a
// window through its cyclic buffer, a product through its SIMD × PE memory words
// (plane.go). Integers of 1 to 16 bits are exact.
//
// Sources: [finn], [finn-r], [finn-rtllib], [hls4ml], [zhang-2015]; parts and boards as cited in the presets.
//
// Not modelled: layers fused on the overlay's chip beyond a product and what follows
// it, instructions, rows of a tile as separate bursts, caches of the processor, clock
// frequency (it is stated, not derived), routing and the borders of chiplets (SLRs),
// weights of a streaming design in external memory, command buses that pseudo-channels
// share, and reconfiguration between parts of a network. The padding of a bipolar image
// is 0, which one bit cannot say. A streaming design's ports share a bandwidth and know
// no bursts.
package fpga
