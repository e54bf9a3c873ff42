// Package hierarchy is the memory of a GPU as its warps see it, line by line:
//
//	warps of a CTA ── load, store of up to 32 lanes
//	  │ L1 of the SM     128 B lines of 32 B sectors, write-through
//	  │ crossbar         a port of so many bytes a cycle an SM, each way; on Hopper one of a GPC before it
//	  ├▶ L2 slice        the line's, by hash (deal.go), if it lies in the SM's partition
//	  └▶ L2 slice        else its mirror, which may hold a copy
//	        │ link       between partitions; a hit beyond it is a far one
//	     L2 slice        the line's home
//	        │            the memory controller's pipeline
//	     channel         of a DRAM part, command by command (mem/dram)
//
// A line has one home slice; what the SMs of the other partition read of it is
// copied into their own partition. Homes and copies alike go by least recent use, so
// that a partition keeps what its SMs read, and what the other's ask of it. A ring of
// pointers larger than a partition is never near: the half at home there comes from
// memory each time, the other half from its home, which keeps it up to twice that size.
// Pieces that all SMs read stay on chip up to one and a half partitions.
//
// A probe (Chase, Sweep) makes warps do what microbenchmarks do, and measures what
// they measure: each access walks the caches as it finds them. Latencies add up
// from parts: L1, crossbar and slice, the hop to the other partition, the
// controller's pipeline, and the DRAM's own commands. Shared memory's banks are
// counted in banks.go.
//
// Events are warps that go on and lines that arrive, in order of (edge, number).
// Between a slice and a channel lies the controller's pipeline; channels are
// advanced by windows of its length, within which nothing they say can be missed.
//
// Sources: those of the presets; Jia et al., arXiv 1903.07486 (lines, sectors);
// Accel-Sim's configurations for the controllers' pipelines; the place of copies from
// latency and bandwidth of L2 by footprint [gpu-benches].
//
// Not modelled: TLBs and page walks; instruction and constant caches; atomics;
// compression; MSHR limits; an SM's own port for what it writes (what all
// write at once L2 takes at its rate); where an SM sits relative to a slice; command buses
// that two pseudo-channels share; a copy's staleness (a store drops it at once).
package hierarchy
