// Package mem holds what remembers, on the chip and off it.
//
//	off chip   Image     contents, as large as what has been touched
//	           OffChip   timing: bursts over the channels of a DRAM part (mem/dram)
//	           Controller  timing: channels of a fixed bandwidth
//	between    DMA       descriptors with strides and padding, walked burst by burst
//	           Region    boxes of a tensor, copied
//	on chip    SRAM      contents of a buffer
//	           Scratchpad, DoubleBuffer   timing: banks, ports, conflicts
//	           Cache     timing and tags: sets, sectors, MSHRs, slices
//
//	DMA ══ bursts ══▶ OffChip ─┬─ channel 0 ─ controller ─ banks
//	    ◀═ replies ══          └─ channel 1 …
//
// Each is plain code that counts edges; OffChipBox and DMABox put two of them into
// Akita components. Nothing ticks: a unit is woken when it can do something.
//
// Sources: the parameters of a channel are those of its device's preset, each
// with its source there; refresh (tRFC every tREFI) is JEDEC's; DRAM's are in
// mem/dram. Scratchpads and caches are textbook structures without figures of
// their own: sizes, ports and latencies come from whoever builds one.
//
// Not modelled: in a Controller, banks, rows and the turnaround between reads and
// writes; in a Scratchpad, a crossbar narrower than its banks; in a Cache, data,
// coherence between caches, prefetching and replacement other than least recently
// used; in a DMA engine, address translation and scatter lists in memory.
package mem

import "nnsim/unit"

// Timing is the memory a machine is built with.
type Timing struct {
	Channels   int
	Bandwidth  unit.BytesPerSecond // of all channels together, at the pins
	Latency    unit.Seconds        // from a request to the first byte, unloaded
	Burst      unit.Bytes          // what one access moves; requests are rounded up to it
	Interleave unit.Bytes          // consecutive bytes on one channel
	RefreshFor unit.Seconds        // tRFC: a channel is deaf for this long …
	RefreshGap unit.Seconds        // … every tREFI; 0: no refresh
	Ideal      bool                // answers at once, whatever is asked
}
