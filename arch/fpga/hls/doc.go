// Package hls says in how many cycles the functions run that a high-level synthesis
// tool makes from hls4ml's C: one function a layer, its loops pipelined.
//
//	call ─▶ [read │ operations in chains, an edge where the clock period is full │ write] ─▶ done
//	          └──────────── Trips times, one every Interval cycles ────────────┘
//
// A chain of operations runs through as many clock edges as its delays need (Edges).
// A function that loops takes Trips × Interval + 1 + edges cycles from its start to its
// end; one without a loop as many as its chain has edges. Whether it can be called
// again before it is done depends on the tool (Tool.Again).
//
// Sources: [hls4ml] for which loops there are, what is unrolled and how often a
// multiplier is used again; delays of operations from the estimated clock periods in
// hls4ml's committed synthesis reports, each of which is the delay of a chain one can
// read off the layer (Tools).
//
// Not modelled: other clock targets' choice of operator (a multiplier is one chain
// link at any clock), delays that depend on width, oneAPI, what a place-and-route
// finds later, and products that a tool leaves out because a weight happens to be zero
// or a power of two: the share of zeros is stated.
package hls
