// Package estimate has the closed forms that the tools for streaming accelerators
// use before they build anything: cycles a frame, and resources.
//
//	Window, Product, … ──▶ Cycles, Resources     what the tool expects
//	                  └──▶ stream, simulated     what the hardware does
//
// They stand beside the simulated figures so that one can see what a tool's
// estimate is worth; nothing here feeds the simulation. Where the hardware and the
// estimate differ, the simulation follows the hardware.
//
// Sources: [finn] (custom operators of the dataflow compiler), [finn-r] (the fit of
// look-up tables), [fpgaconvnet] (the model of a convolution), [hls4ml] (the
// initiation intervals of its layers).
//
// Not modelled: flip-flops and routing of the units FINN gives no estimate for
// (it says 0 for the logic of its register-transfer units), clock frequency.
package estimate
