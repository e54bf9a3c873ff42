// Package systolic models machines whose matrix unit is a systolic array: the
// TPUs, Gemmini, and teaching-size ones.
//
//	         off-chip memory (mem.Controller)
//	           │ load               ▲ store
//	           ▼                    │
//	weight FIFO      buffer ────────┘◀──────────┐
//	    │ stationary    │ moving                │
//	    ▼               ▼                       │
//	   array: rows × cols ──▶ accumulators ──▶ vector unit
//
// Each box is a unit with an in-order queue of commands. A command names how many
// commands of the other units must be complete before it may start, in the manner
// of decoupled access and execute; a unit tells the others when one is complete,
// with the edge at which it counts. The array follows its folds by the recurrence
// in timing.go, which is held against a PE-by-PE stepper (stepper.go). An array that is
// built for several dataflows (array.dataflows) takes one for each layer, and is empty
// when it switches.
//
// Where data are carried, a data plane beside the units moves the real bytes at
// the edges the units decide: into the buffer when a load ends, out of it while
// the array streams, out of the accumulators when a drain ends.
//
// Sources: Jouppi et al., "In-Datacenter Performance Analysis of a Tensor
// Processing Unit", ISCA 2017; Genc et al., "Gemmini", DAC 2021; Samajdar et al.,
// "SCALE-Sim", ISPASS 2020; Kung, "Why systolic architectures?", Computer 1982.
//
// Not modelled: bank conflicts in the buffer (the two halves of a double buffer are
// taken to lie in different banks, and the data set-up in front of the array to
// deliver one column of operands an edge); instruction fetch and decode; the host
// interface (inputs and outputs lie in off-chip memory); zero gating; sparsity;
// exceptions; loading of the next layer's first tiles during the present layer where
// weights pass through the buffer (a FIFO does run ahead, and so do the layers of a chain). Parameters of vector work (biases, scales) are kept beside the
// vector unit and cost their load only.
package systolic
