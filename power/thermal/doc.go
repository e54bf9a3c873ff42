// Package thermal tells how warm a chip becomes: a network of thermal resistances
// and capacities for the blocks of a floor plan on a heat spreader and a sink.
//
//	block ─ block ─ block          silicon: a node a block, neighbours joined
//	  │       │       │
//	  ·  ───  ·  ───  ·            interface material, the same blocks
//	  ·  ───  ·  ───  ·  ─ edge    spreader: the blocks, and four nodes around them
//	  ·  ───  ·  ───  ·  ─ edge ─ rim    sink: the same, and four more nodes
//	  ╧       ╧       ╧      ╧     ╧     ambient, by convection
//
// A chip without a floor plan is one block. Powers are constant within a step; the
// network is linear, so a steady state is one solution of its equations and a step
// of time a few solutions of the implicit Euler rule.
//
// Sources: [hotspot], whose block model this is.
//
// Not modelled: heat through the package's pins and board, wires and their own
// heating, and materials whose conductivity changes with temperature.
package thermal
