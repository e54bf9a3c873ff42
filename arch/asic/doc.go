// Package asic is the chassis that accelerators of fixed function are built on:
// engines that load and store, a station that multiplies, a station that finishes
// results, the off-chip memory, and the bytes in all of them.
//
//	        off-chip memory (mem.Controller)
//	          │ load                ▲ store
//	          ▼                     │
//	  ┌── buffers of the machine ───┴──┐
//	  │ operands                results│
//	  ▼                                │
//	array ────────── sums ─────────▶ post: bias, activation, coding,
//	                                       and everything that is no product
//
// The machines live in rooms of their own: arch/asic/eyeriss, eie, nvdla and
// diannao. Each writes the commands of one layer at a time; a command says which
// others must be complete before it starts, so a machine is its buffers, its
// commands and the functions that say how long each takes.
//
// Values move at the edges the stations decide: into a buffer when a load ends, out
// of it while the array works (half when it begins, half when it ends), out of the
// sums when the post station is done. A slot filled too early gives a wrong tensor.
//
// Sources: those of each machine; the manner of decoupled access and execute is
// J. Smith's, [smith-1982].
//
// Not modelled: instruction fetch and host; floating point (the machines here
// multiply integers); sums narrower than 32 bits, which chips round or saturate;
// bank conflicts on chip.
package asic
