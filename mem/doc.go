// Package mem holds what remembers: the off-chip memory's contents (Image), its
// timing (Channels), and the movement of boxes of a tensor between memories
// (Region).
//
//	DMA ──Request──▶ Controller ─┬─ channel 0   bursts, interleaved by address
//	    ◀──Reply───              └─ channel 1   each busy for bytes / bandwidth
//
// Sources: the parameters of a channel are those of its device's preset, each
// with its source there; refresh (tRFC every tREFI) is JEDEC's.
//
// Not modelled: banks, rows and the turnaround between reads and writes, so a
// channel delivers its pin bandwidth less refresh; requests are served in order
// of arrival.
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
