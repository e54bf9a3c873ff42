// Package nvdla models convolution engines: NVDLA and machines like it.
//
//	off-chip memory
//	  │ CDMA                           ▲ results      │ shortcut
//	  ▼                                │              ▼
//	convolution buffer (banks) ─CSC─▶ CMAC ─▶ CACC ─▶ SDP      PDP: pooling, and
//	  activations │ filters          C × K   sums    bias,     all that is no product
//	                                 MACs            activation, sum
//
// Each edge the array multiplies up to Atomic-C words of a window by Atomic-K filters;
// modes.go has the ways in which the sequencer chooses them, of which Winograd's makes
// four results of 3×3 windows with 16 multiplications. The next filters come to the cells
// while operands pass by the present ones, and take their time. What the convolution
// buffer holds decides how often activations or filters are fetched again; tiling.go and
// best.go choose. Rows that two strips share stay in the buffer, the array follows rows and filters
// as they come, and the first filters of a layer come while the layer before is at work.
//
// Sources: [nvdla-primer], [nvdla-hw].
//
// Not modelled: normalisation as results pass, how many rows the planar processor can
// hold for pooling, channel extension for Winograd at other strides,
// rounding of Winograd's filters to 8 bits, the second memory port (CVSRAM), data layout
// in atoms of channels, and the microcontroller's time between layers beyond a fixed
// number of edges.
package nvdla
