// Package eyeriss models row-stationary spatial arrays: Eyeriss and machines like it.
//
//	    off-chip memory, results and activations run-length coded
//	      │                                          ▲
//	┌─────▼───── buffer: banks ──────────────────────┴─┐
//	│ filters of the next pass │ activations │ sums    │
//	└────┬───────────────────────────┬───────────▲──┬──┘
//	     │ 4 words an edge           │ 1 word    │4 │4
//	     ▼ along rows                ▼ diagonally│  ▼
//	   PE  PE  PE …    a PE: filter rows of P filters × Q channels,
//	   PE  PE  PE …    a window of Q rows of the image, P sums;
//	   PE  PE  PE …    multiplies by zero are skipped (no energy, same time)
//	    ▲   ▲   ▲ sums pass from PE to PE up a column
//
// Work is cut into passes: P·T filters by Q·R channels, on N images and E rows of
// the result (package mapping/rowstationary). A pass begins when its filters are in
// the PEs and ends when the last sums are back in the buffer; how long that takes
// is derived in mapping/rowstationary/timing.go.
//
// Zeros are measured where a run carries all its values, else stated with zeros=
// on the workload. They change energy and off-chip traffic, and no cycle of the array.
//
// Sources: [eyeriss-2017], [eyeriss-2016].
//
// Not modelled: sums of 16 bits, which the chip truncates (they take 16 bits of the
// buffer here and carry 32); the scan chain that configures a layer; layers that
// are no products run on a vector unit that the chip leaves to its host; the bank
// that the filters of a pass come from is never in the way of the others.
package eyeriss
