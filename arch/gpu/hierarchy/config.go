package hierarchy

import "nnsim/mem/dram"

// Config is a memory hierarchy. Times are edges of the SMs' clock, widths bytes an edge.
type Config struct {
	SMs int

	L1Size    int64
	L1Latency int64 // of a hit

	Read  float64 // an SM's port of the crossbar, in
	Group int     // SMs that share a port before it; 0: none
	Port  float64 // in

	Slices     int
	Partitions int // 1 or 2
	Size       int64
	Near, Far  int64   // latency of a hit in the near and the far partition, from issue to use
	Bandwidth  float64 // of all slices, to SMs
	Takes      float64 // of all slices, from SMs
	Link       float64 // of all slices, to the other partition

	Part       dram.Part // of each pseudo-channel
	Channels   int       // pseudo-channels
	PerEdge    float64   // cycles of the part in an edge
	Controller int64     // the pipeline between a slice and its channel, there and back

	CTAStart  int64 // from a CTA's dispatch to its first instruction, with what its end takes, but for stores
	WarpStart int64 // from one warp's start to the next on an SM
}

// Sizes that all these caches have.
const (
	lineBytes   = 128 // [citadel-2019]
	sectorBytes = 32
	sectors     = lineBytes / sectorBytes
	allSectors  = 1<<sectors - 1
	l1Ways      = 4 // choice: 64 sets of V100's 32 KiB [citadel-2019]
)

// L2Ways is the ways of a set of L2: those of GTX 1070 and 1080 [fractional-gpus].
const L2Ways = 16

// Level is where a load found its data.
type Level uint8

// The levels, nearest first.
const (
	L1 Level = iota
	L2Near
	L2Far
	DRAM
	levels
)

// String is the level's name in reports.
func (l Level) String() string { return [...]string{"l1", "l2_near", "l2_far", "dram"}[l] }

// Levels lists them.
func Levels() []Level { return []Level{L1, L2Near, L2Far, DRAM} }
