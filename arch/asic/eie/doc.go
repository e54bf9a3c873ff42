// Package eie models sparse engines for fully connected layers: EIE and machines
// like it.
//
//	activations ─▶ leading-non-zero detection ─▶ broadcast of (value, column)
//	                                                │
//	   ┌─────────────┬─────────────┬────────────────┴ …    rows of the matrix are
//	   ▼ queue       ▼ queue       ▼ queue                  dealt out over the PEs
//	  PE 0          PE 1          PE 2
//	   pointers ─▶ entries of the column ─▶ multiply ─▶ sums of its rows
//
// A column of the matrix lies in each PE as its non-zero entries: 4 bits of weight
// and 4 bits that say how many zeros come before it. More than 15 zeros in a row
// take an entry of value zero. A PE works off one entry an edge; a PE with many
// entries in a column falls behind, and when its queue is full the broadcast waits
// for it. timing.go follows every queue entry by entry count, exactly.
//
// Where a run carries all its values, zeros are those of the values; else they lie
// at random, seeded, with the shares stated as zeros= and wzeros=.
//
// Sources: [eie-2016].
//
// Not modelled: how matrices come into the PEs' memories, which hold them before
// the run begins; weights shared through a table of 16 values that are not evenly
// spaced (they are int4 here); convolutions, which are refused.
package eie
