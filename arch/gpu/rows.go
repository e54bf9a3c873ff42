package gpu

import (
	"cmp"
	"math"

	"nnsim/arch/gpu/hierarchy"
	"nnsim/unit"
	"nnsim/workloads"
)

// Row-wise kernels: softmax and normalisations, in the manner of PyTorch's.
//
//	short row (softmax to 1,024):  a warp has it in registers; read once, one pass
//	longer:  CTA ─ pass 1 ─ reduce ─ pass 2 ─ reduce ─ pass 3 ─▶ result
//	              (off chip)        (what is left of the row in L2)
//
// A CTA's threads go over the row in rounds of one vector each; a round waits for
// its own loads, so what is under way on an SM is a vector for each thread in its
// round. Softmax passes three times (maximum, sum, result) with 512 threads, or 256
// where two vectors for each hold the row; a normalisation twice (moments by
// Welford's recurrence, result) with 128.
//
// Rows wait in L2 for their next pass. What all CTAs touch in the time of a pass is swept
// over again and again: where it is more than a set's ways, every line of the set is pushed out,
// the oldest first, before it is wanted (unkept). A row's lines were touched one after another, so
// that they are there or lost together: some CTAs find theirs, others do not.

// rowWork is a layer that reduces rows.
type rowWork struct {
	rows, length int64
	passes       []rowPass
	threads      int
	vectors      bool  // threads load vectors to the end of a row
	load         int   // bytes a thread loads in a round; 0: a vector
	abreast      int   // rows that a CTA takes side by side, in as many parts of its threads; 0: one
	beside       int64 // bytes of gains and offsets, read by every row and kept
	registers    int   // of a thread; 0: rowRegisters
}

// rowPass is one sweep over a row: operations of the FP32 pipe and transcendental
// functions on an element.
type rowPass struct{ ops, hard int64 }

// Operations on an element, beside transcendental functions, as the code of these
// loops has them: a maximum that minds NaN compares, tests and selects; an
// exponential subtracts, reduces its range in six and scales; a division by IEEE's
// rule is two steps of Newton for the reciprocal, three for the quotient and its
// remainder, a check of ranges and the branch around the slow path, with its
// convergence barrier and predicates; a round of a loop has two adds for each of two
// addresses of 64 bits, a comparison, a branch, the load and the store.
const (
	maxOps, expOps, divOps, roundOps = 3, 8, 12, 8
	welfordOps                       = 5
)

// opLatency and hardLatency are the edges from an operation of the FP32 pipe, and
// from a transcendental function, to the use of its result: a thread's operations on
// one element wait for each other, those on the elements of a vector do not
// (Jia et al. 2018, table 4.1; accel-sim's SFU, 20 to 23).
const opLatency, hardLatency = 4, 21

// rowRegisters is what a thread of these kernels takes: anything from 33 to 40 leaves three
// CTAs of 512 threads where four would have places, as times on V100, A100 and T4 have it
// (choice, of these three steps: to 32, to 40, to 48).
const rowRegisters = 40

// inWarp is the longest row of which a warp holds 32 values a thread.
const inWarp = 1024

// rowsOf views a node; nil for one that is no reduction of long rows.
func rowsOf(n *workloads.Node) *rowWork {
	if len(n.In) == 0 || n.In[0] == nil {
		return nil
	}
	x := n.In[0]
	lead := workloads.Leading(n)
	if lead > len(x.Shape) {
		return nil
	}
	w := &rowWork{length: x.Shape[lead:].Elements()}
	w.rows = x.Shape.Elements() / max(1, w.length)
	each := vector / x.Type.CellBytes()
	switch n.Op {
	case "Softmax", "LogSoftmax":
		if w.length <= inWarp {
			return nil
		}
		w.threads = 256
		if w.length > int64(256*2*each) {
			w.threads = 512
		}
		w.passes = []rowPass{{ops: maxOps}, {ops: expOps + 1, hard: 1}, {ops: expOps + divOps, hard: 2}}
	case "LayerNormalization", "RMSNormalization", "InstanceNormalization", "GroupNormalization":
		w.threads, w.vectors = 128, true
		w.passes = []rowPass{{ops: welfordOps + divOps, hard: 1}, {ops: 3}}
		for _, t := range n.In[1:] {
			if t != nil {
				w.beside += t.Shape.Elements() * int64(t.Type.CellBytes())
			}
		}
	default:
		return nil
	}
	return w
}

// rounds is how often the threads load to cover a row: vectors while every thread
// has one, then single elements.
func (w *rowWork) rounds(cell int) int64 {
	full := int64(w.threads / max(1, w.abreast) * max(vector, w.load) / cell)
	if w.vectors {
		return unit.CeilDiv(w.length, full)
	}
	return w.length/full + unit.CeilDiv(w.length%full, int64(w.threads))
}

// unkept is the share of a footprint that misses when it is swept again and again
// through a capacity whose sets push out their oldest line. The number of lines that
// are hashed to a set is Poisson's; those that meet more than it has ways for all miss.
func unkept(footprint, capacity float64) (missing float64) {
	mean := hierarchy.L2Ways * footprint / capacity
	missing = 1
	for n, share := 0, math.Exp(-mean); n < hierarchy.L2Ways; n++ { // of lines that share a set with n others
		missing -= share
		share *= mean / float64(n+1)
	}
	return max(0, missing)
}

// rowwise writes the kernel: a CTA for each row, or for several.
func (c *Config) rowwise(s *streamWork) *kernel {
	w := s.rows
	cell := int(s.in-w.beside) / int(w.rows*w.length)
	row := w.length * int64(cell)
	rounds, passes, abreast := w.rounds(cell), int64(len(w.passes)), int64(max(1, w.abreast))
	warps := w.threads / 32
	k := &kernel{name: "rows", ctas: int(unit.CeilDiv(w.rows, abreast)), warps: warps, stages: 1, start: int64(c.Launch.CTA), alike: w.rows%abreast == 0, serial: true,
		simple: s.simple, special: s.hard, events: fp32Pipe, fit: c.resident(warps, cmp.Or(w.registers, rowRegisters), 0)}
	elements, reduce := unit.CeilDiv(w.length*abreast, rounds), c.blockReduce()
	if abreast > 1 {
		reduce = c.warpReduce()
	}
	for _, p := range w.passes {
		u := usage{math: unit.CeilDiv(elements*p.ops+int64(w.threads)*roundOps, int64(c.SM.FP32)), sfu: unit.CeilDiv(elements*p.hard, int64(c.SM.SFU))}
		u.chain = max(u.math, u.sfu) + p.ops*opLatency + p.hard*hardLatency + unit.CeilDiv(reduce, rounds)
		u.joules = float64(elements) * (float64(p.ops)*float64(c.Power.FMA) + float64(p.hard)*float64(c.Power.Special))
		for range rounds {
			k.parts = append(k.parts, u)
		}
	}
	out := s.out / w.rows
	flying := float64(min(w.rows, int64(c.SM.Count*k.fit.ctas)*abreast))
	missing := unkept(flying*(float64(row)+float64(out)/float64(passes))+float64(w.beside), float64(c.L2.Size)/float64(c.L2.Partitions))
	chunk := unit.CeilDiv(row, rounds)
	k.work = func(i int) work {
		n := min(abreast, w.rows-int64(i)*abreast)
		x := work{steps: int(rounds * passes), store: n * out}
		x.loads[0] = operand{first: -1, bytes: n * chunk, until: int(rounds), there: s.there >= row*w.rows}
		lost := int64(float64(i+1)*missing) > int64(float64(i)*missing)
		x.loads[1] = operand{first: -1, bytes: n * chunk, from: int(rounds), there: !lost}
		return x
	}
	return k
}

// blockReduce is the edges of a reduction over a CTA: five shuffles in a warp, the
// warps' results through shared memory, five more, and two barriers.
func (c *Config) blockReduce() int64 {
	return 2*(c.warpReduce()+barrierCost) + 2*int64(c.SM.Latency)
}

// warpReduce is the edges of a reduction over a warp: five shuffles.
func (c *Config) warpReduce() int64 { return 5 * int64(c.SM.Latency) }
