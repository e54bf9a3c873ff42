// Package nvdla models convolution engines: NVDLA and machines like it.
//
//	off-chip memory
//	  │ CDMA                           ▲ results      │ shortcut
//	  ▼                                │              ▼
//	convolution buffer (banks) ─CSC─▶ CMAC ─▶ CACC ─▶ SDP      PDP: pooling, and
//	  activations │ filters          C × K   sums    bias,     all that is no product
//	                                 MACs            activation, sum
//
// Each edge the array takes one activation vector of Atomic-C channels and
// multiplies it by Atomic-K filters. A tile takes OH·OW·R·S·⌈C/Atomic-C⌉·⌈K/Atomic-K⌉
// edges; where a layer has fewer channels, columns of the window are packed beside
// them if the machine can (image input). What the convolution buffer holds decides
// how often activations or filters are fetched again; tiling.go chooses. Rows that two
// strips share stay in the buffer, and the first filters of a layer come while the
// layer before is at work.
//
// Sources: [nvdla-primer], [nvdla-hw].
//
// Not modelled: Winograd convolution, several images at once in fully connected
// layers, the second memory port (CVSRAM), data layout in atoms of channels, and
// the microcontroller's time between layers beyond a fixed number of edges.
package nvdla
