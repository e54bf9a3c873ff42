// Package traffic is memories, off the chip and on it, and networks run by themselves: devices that take
// streams of requests instead of layers, so that they can be run, swept and held
// against measurements like any machine.
//
//	stream:pattern=seq,requests=60000   ─▶ generator ─▶ channel(s) of mem/dram      kind memory
//	stream:pattern=seq,bytes=64MiB      ─▶ DMA engine ═bursts═▶ memory, in boxes    kind memory
//	either, with cache.size             ─▶ cache ─ misses, what is dirty ─▶ memory  kind memory
//	stream:pattern=uniform,rate=0.3     ─▶ packets of every node ─▶ noc.Network     kind network
//	stream:pattern=seq,bytes=1MiB,stride=16 ─▶ vectors of words ─▶ banks             kind sram
//	idle:seconds=1                      ─▶ nothing but refreshes
//
// A device is a preset or a YAML file; its clock is the memory's command clock
// (one tCK), that of an on-chip memory or that of the routers, and a run's cycles are counted in it.
//
// Sources: timings, shapes and currents of memory parts are those of mem/dram,
// with their sources there; networks are those of [booksim2]'s settings; prices
// are tech's.
//
// Not modelled: processors that wait for their data; the fabric between
// requesters and a memory, beyond a fixed latency of bursts; in a cache, a limit to
// what its data array does beside the accesses it takes (fills and lines on their way
// out), and what is dirty when a run ends, which stays and is counted; in a scratchpad, what further ports of a bank cost in energy.
package traffic
