// Package nestmodel counts what a nest of loops moves: given a convolution, the
// levels of a memory hierarchy and the loops that run at each, it says how often
// every level is read, filled and updated for every tensor, how many cycles the
// levels need and what they cost. These are the semantics that Timeloop made
// common; a mapping printed by that tool is counted as that tool counts it.
//
//	DRAM ── for C, for Q ──▶ tile of the level below, fetched where it differs
//	  glb ── for R, for P ──▶   from the tile before
//	   │ spatial for M, for S    one copy serves all that need the same data
//	   spad ── for M ──▶ mac
//
// A tile is a box in the coordinates of its tensor. Each step of a loop outside it
// moves the box; what is fetched is the part of the new box outside the old one,
// where that part is a box, and the whole tile where it is none. All iterations of
// a loop but the first cost the same, so the sum over any number of iterations is
// closed: O(loops) for each level and tensor, without an allocation.
//
// Sources: [timeloop-2019], sections V and VI; the counts of the tool itself
// (version 3.0.3), of which some stand in the tests.
//
// Not modelled: factors that do not divide (refused), sparsity, compression,
// transfers between neighbours, several buffers of one level for one tensor,
// networks' energy, leakage. Fill and drain are not counted here; Simulate shows them.
package nestmodel
