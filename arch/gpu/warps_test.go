package gpu

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"
)

// The twin: one CTA instruction by instruction, cycle by cycle. It knows no bursts
// and no groups, only a list of instructions a warp, a queue of wavefronts and
// pipes that count down.

type instruction struct {
	kind byte // 'b' barrier, 'r' read of one wavefront, 'l' last wavefront of a read, 'm' operation
	need int  // reads that must have come back before it
	slab int
}

// program writes a warp's instructions out.
func program(w slabWork, slabs int) (list []instruction) {
	reads := 0
	read := func() {
		for i := range w.reads {
			kind := byte('r')
			if i == w.reads-1 {
				kind = 'l'
			}
			list = append(list, instruction{kind: kind})
		}
		if w.reads > 0 {
			reads++
		}
	}
	read()
	for s := range slabs {
		for g := range w.groups {
			need := reads
			switch {
			case g < w.groups-1:
				read()
			case s < slabs-1:
				list = append(list, instruction{kind: 'b'})
				read()
			}
			for range w.ops {
				list = append(list, instruction{kind: 'm', need: need, slab: s})
			}
		}
	}
	return list
}

// twinSlabs steps the CTA until all has been done.
func twinSlabs(w slabWork, slabs int) (ends []int64, spent [][reasons]int64) {
	ends, spent = make([]int64, slabs), make([][reasons]int64, w.warps)
	served, begun := make([]int, w.warps), make([]bool, w.warps) // reads whose last wavefront is through the port; within a burst
	programs := make([][]instruction, w.warps)
	for i := range programs {
		programs[i] = program(w, slabs)
	}
	pc, come := make([]int, w.warps), make([][]int64, w.warps) // come: when each read is back
	var queue []struct {
		warp int
		last bool
	}
	var busy, lastWarp [4]int64
	for i := range lastWarp {
		lastWarp[i] = -1
	}
	release, held := int64(-1), make([]bool, w.warps)
	left := w.warps
	for cycle := int64(0); left > 0; cycle++ {
		waits := make([]int, w.warps) // the reads each still needs, and whether it goes on in this cycle
		if release == cycle {
			for i := range held {
				held[i] = false
				pc[i]++
			}
			release = -1
		}
		advance := func(i int) { // all that takes no pipe
			for pc[i] < len(programs[i]) {
				switch in := programs[i][pc[i]]; in.kind {
				case 'r', 'l':
					queue = append(queue, struct {
						warp int
						last bool
					}{i, in.kind == 'l'})
				case 'b':
					if held[i] {
						return
					}
					held[i] = true
					for _, h := range held {
						if !h {
							return
						}
					}
					release = cycle + barrierCost
					return
				default:
					return
				}
				pc[i]++
			}
		}
		for i := range w.warps {
			if !held[i] {
				advance(i)
			}
		}
		for i := range waits {
			if waits[i] = -1; !held[i] && pc[i] < len(programs[i]) {
				waits[i] = programs[i][pc[i]].need
			}
		}
		issued := make([]bool, w.warps)
		for c := range 4 { // issue, one operation a sub-core
			if busy[c] > 0 {
				busy[c]--
			}
			if busy[c] > 0 {
				continue
			}
			ready := func(i int) bool {
				if i < 0 || held[i] || pc[i] >= len(programs[i]) || programs[i][pc[i]].kind != 'm' {
					return false
				}
				need := programs[i][pc[i]].need
				return need == 0 || len(come[i]) >= need && come[i][need-1] <= cycle
			}
			pick := int(lastWarp[c])
			if !ready(pick) {
				pick = -1
				for i := c; i < w.warps; i += 4 {
					if ready(i) {
						pick = i
						break
					}
				}
			}
			if pick < 0 {
				continue
			}
			in := programs[pick][pc[pick]]
			pc[pick]++
			issued[pick] = true
			busy[c], lastWarp[c] = w.every, int64(pick)
			ends[in.slab] = max(ends[in.slab], cycle+w.every)
			if pc[pick] == len(programs[pick]) {
				left--
			}
		}
		for i := range w.warps { // what each warp spends this cycle on, by what keeps its next instruction
			switch need := waits[i]; {
			case held[i]:
				spent[i][onBarrier]++
			case need < 0: // done
			case issued[i]:
				spent[i][issuing]++
				begun[i] = pc[i] < len(programs[i]) && programs[i][pc[i]].kind == 'm' && sameBurst(programs[i], pc[i], w.ops)
			case begun[i]: // its burst has the pipe
				spent[i][issuing]++
			case need > served[i]:
				spent[i][onShared]++
			case need > 0 && come[i][need-1] > cycle:
				spent[i][onScore]++
			default:
				spent[i][onPipe]++
			}
		}
		if len(queue) > 0 { // the port serves one wavefront a cycle
			q := queue[0]
			queue = queue[1:]
			if q.last {
				served[q.warp]++
				come[q.warp] = append(come[q.warp], cycle+1+w.delay)
			}
		}
	}
	return ends, spent
}

// sameBurst tells whether an operation is not the first of its burst.
func sameBurst(list []instruction, at int, ops int64) bool {
	first := at
	for first > 0 && list[first-1].kind == 'm' {
		first--
	}
	return int64(at-first)%ops > 0
}

func TestMacroOperationsAgreeWithInstructions(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := slabWork{
			warps:  rapid.SampledFrom([]int{1, 2, 4, 8, 12, 16}).Draw(t, "warps"),
			groups: rapid.IntRange(1, 8).Draw(t, "groups"),
			reads:  rapid.Int64Range(0, 40).Draw(t, "reads"),
			ops:    rapid.Int64Range(1, 40).Draw(t, "ops"),
			every:  rapid.SampledFrom([]int64{1, 2, 4, 8, 16, 32}).Draw(t, "every"),
			delay:  rapid.Int64Range(1, 40).Draw(t, "delay"),
		}
		slabs := rapid.IntRange(1, 4).Draw(t, "slabs")
		ends, spent := twinSlabs(w, slabs)
		assert.Equal(t, ends, w.resolve(slabs), "%+v", w)

		told := make([][reasons]int64, w.warps)
		w.watched(slabs, func(warp int, why reason, from, to int64) { told[warp][why] += to - from })
		assert.Equal(t, spent, told, "what each warp spends its edges on, %+v", w)
	})
}

// TestATensorTileIsNearlyPipeBound: 128×256×32 on an A100, eight warps of 64×64.
func TestATensorTileIsNearlyPipeBound(t *testing.T) {
	w := slabWork{warps: 8, groups: 2, reads: 32, ops: 32, every: 8, delay: 29}
	ends := w.resolve(10)
	assert.InDelta(t, 1024, ends[6]-ends[5], 40, "256 operations a sub-core, 8 cycles each, less than a barrier lost")
	assert.GreaterOrEqual(t, ends[6]-ends[5], int64(1024))
}
