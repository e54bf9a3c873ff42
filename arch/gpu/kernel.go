package gpu

import (
	"fmt"

	"nnsim/unit"
)

// kernel is what the grid runs: so many CTAs, each a row of steps, with what a
// step takes on the pipes of an SM. All CTAs of a kernel run the same program;
// what differs is work.
type kernel struct {
	name       string
	ctas       int
	work       func(cta int) work
	slabs      int // tile slabs that L2 may hold, over all operands
	warps      int // of a CTA, producers among them
	fit        residency
	stages     int                  // slabs of loads under way or in use
	persistent bool                 // a CTA loads its next tile while it writes this one
	apart      bool                 // but not before the result has left, through the room of what is loaded
	ahead      bool                 // and before, as stages come free
	inTurn     bool                 // two groups of warps take turns: one multiplies while the other writes
	ordered    bool                 // and write in turn too: one waits until the other has written
	cluster    int                  // CTAs that lie side by side
	places     int                  // SMs that its CTAs find room on; 0: all
	barriers   bool                 // the epilogue's passes through shared memory and its stores take turns
	start      int64                // edges from dispatch to the first load, code being there
	usage                           // of a step
	split      func() []share       // what the warps of a CTA spend its edges on; nil: they are all alike
	traffic    traffic              // how its reads lie off chip
	producers  int                  // warps of a CTA that bring what the others work on
	parts      []usage              // of each step, where they differ
	alike      bool                 // all CTAs have the same work
	more       func(piece int) bool // whether its CTA goes on with another piece, number piece+ctas; nil: never
	stride     int                  // CTAs from one that finishes a tile to the next that has a part of it
	serial     bool                 // a step's loads are asked for when the one before is through
	sums       bool                 // it adds the parts of a split product
	early      bool                 // its CTAs are there before the kernel before it has ended (programmatic dependent launch)

	finish usage // of the epilogue: its own edges and what it takes on the pipes
	hand   usage // of handing a part's sums to the CTA that finishes the tile
	join   usage // of adding such a part

	conflicts int64 // wavefronts of shared memory that banks cost, of all CTAs
	skipped   int64 // multiply-adds that a mask makes useless
	macs      int64 // useful multiply-adds of all CTAs, for the books
	special   int64 // transcendental functions of all CTAs
	simple    int64 // simple vector operations of all CTAs
	params    int64 // bytes of parameters that CTAs read among data, as of a table of embeddings
	events    pipe  // where MACs are done
}

// sms is the SMs that a kernel's CTAs find room on.
func (k *kernel) sms(c *Config) int {
	if k.places > 0 {
		return k.places
	}
	return c.SM.Count
}

// sends is the bytes a cycle that L2 sends to all SMs.
func (c *Config) sends() float64 { return float64(c.L2.Bandwidth) }

// perPort is the SMs behind one port of L2.
func (c *Config) perPort() int { return unit.CeilDiv(c.SM.Count, max(1, c.SM.Groups)) }

// takes is the bytes a cycle that L2 takes from all SMs.
func (c *Config) takes() float64 {
	if c.L2.Write > 0 {
		return float64(c.L2.Write)
	}
	return c.sends()
}

// usage is what a piece of a program takes of an SM, in edges of each resource,
// and how long it takes by itself.
type usage struct {
	chain  int64 // edges from its operands' arrival to its end, alone on the SM
	math   int64 // of the pipe that multiplies
	shared int64 // of shared memory's port
	sfu    int64 // of the pipe of transcendental functions
	joules float64
}

// pipe names the unit that multiplies.
type pipe string

// The pipes of an SM that multiply.
const (
	tensorPipe pipe = "tensor"
	fp32Pipe   pipe = "fp32"
)

// work is one CTA's share.
type work struct {
	steps   int
	loads   [2]operand
	store   int64 // bytes of its result
	first   int64 // bytes that are loaded once, before the first step: queries
	partial bool  // the result is a workspace that stays in L2
	extra   int64 // bytes the epilogue reads: residuals
	results int64 // elements of its tile
	joins   int   // parts of its tile that other CTAs hand over
	sums    int64 // bytes of each
	hands   bool  // its own result is such a part
}

// operand is what a CTA loads in every step of one tensor.
type operand struct {
	first  int   // number of its first slab in L2; -1: nobody reads it again
	period int   // slabs after which it begins again; 0: never
	turn   int   // 1: in even steps only, 2: in odd ones
	from   int   // step from which it is loaded
	until  int   // step before which it is; 0: to the end
	alike  int   // steps in a row that read the same slab; 0: one
	bytes  int64 // of a step
	whole  int64 // of a slab, where that is not what a step reads
	there  bool  // all of it lies in L2 before the kernel begins
	before int   // epochs' worth of bytes since a run before touched it; 0: none did
	shared int   // CTAs that one read of L2 serves by multicast; 0: one
	down   bool  // slabs come from the last to the first
	params bool  // of the model, not of its data
}

// slab is the number of the slab that a step reads.
func (o *operand) slab(step int) int {
	if o.period > 0 {
		step %= o.period
	}
	if o.alike > 1 {
		step /= o.alike
	}
	if o.down {
		return o.first - step
	}
	return o.first + step
}

// due tells whether a step loads the operand.
func (o *operand) due(step int) bool {
	return o.bytes > 0 && (o.turn == 0 || step%2 == o.turn-1) && step >= o.from && (o.until == 0 || step < o.until)
}

// slabBytes is what a slab that is not in L2 brings from off chip.
func (o *operand) slabBytes() int64 {
	if o.whole > 0 {
		return o.whole
	}
	return o.bytes
}

// residency is what limits the CTAs of an SM.
type residency struct {
	ctas int
	by   string // "warps", "registers", "shared memory", "slots"
}

// mostRegisters is the registers a thread can name.
const mostRegisters = 255

// admits refuses a CTA that no SM has room for, with the number that does not fit.
func (c *Config) admits(what string, warps, registers int, shared int64) error {
	perWarp := (registers*32 + 255) / 256 * 256
	switch {
	case registers > mostRegisters:
		return fmt.Errorf("%s needs %d registers a thread, a thread has %d", what, registers, mostRegisters)
	case warps > c.SM.Warps:
		return fmt.Errorf("%s needs %d warps, an SM has %d (sm.warps)", what, warps, c.SM.Warps)
	case perWarp*warps > c.SM.Registers:
		return fmt.Errorf("%s needs %d registers, an SM has %d (sm.registers)", what, perWarp*warps, c.SM.Registers)
	case shared > int64(c.SM.Shared):
		return fmt.Errorf("%s needs %v of shared memory, an SM has %v (sm.shared)", what, unit.Bytes(shared), c.SM.Shared)
	}
	return nil
}

// resident is how many CTAs of so many warps, registers a thread and bytes of shared memory fit an SM.
func (c *Config) resident(warps, registers int, shared int64) residency {
	perWarp := (registers*32 + 255) / 256 * 256
	list := []residency{
		{c.SM.CTAs, "slots"}, {c.SM.Warps / warps, "warps"}, {c.SM.Registers / (perWarp * warps), "registers"},
	}
	if shared > 0 {
		list = append(list, residency{int(int64(c.SM.Shared) / shared), "shared memory"})
	}
	least := list[0]
	for _, r := range list[1:] {
		if r.ctas < least.ctas {
			least = r
		}
	}
	return least
}
