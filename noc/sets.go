package noc

import "math/bits"

// Each output has two sets of its router's inputs: one word each, or, in a network
// with a router of more than 64 inputs, a list of words kept here by output; the
// word then tells only whether there is any member.
type wide [][]uint64

// layWide makes the lists if a router has so many inputs that they are needed.
func (n *Network) layWide(inputs int) {
	if inputs <= 64 {
		return
	}
	words := (inputs + 63) / 64
	for range n.outputs {
		n.wantWide, n.readyWide = append(n.wantWide, make([]uint64, words)), append(n.readyWide, make([]uint64, words))
	}
}

// add puts a member into the set of an output.
func (w wide) add(word *uint64, output, i int32) {
	if w == nil {
		*word |= 1 << (i & 63)
		return
	}
	w[output][i>>6] |= 1 << (i & 63)
	*word = 1
}

// drop takes one out of it.
func (w wide) drop(word *uint64, output, i int32) {
	if w == nil {
		*word &^= 1 << (i & 63)
		return
	}
	w.dropFar(word, output, i)
}

func (w wide) dropFar(word *uint64, output, i int32) {
	if w[output][i>>6] &^= 1 << (i & 63); none(w[output]) {
		*word = 0
	}
}

// grantWide is grantSwitches where a router has more input channels than a word has bits.
func (n *Network) grantWide() int {
	count := int32(0)
	for w, m := range n.readies {
		for ; m != 0; m &= m - 1 {
			number := int32(w<<6 + bits.TrailingZeros64(m))
			out := &n.outputs[number]
			s := &n.seats[n.readyWide.next(out.ready, number, out.grant)]
			x := &n.cross[out.cross0+s.cross]
			q := n.readyWide.next(out.ready, number, x.pick)
			if n.seats[q].cross != s.cross {
				q = n.readyWide.next(out.ready, number, s.from)
			}
			at := x.bid
			if at < 0 {
				at, x.bid = count, count
				count++
			} else if !sooner(int32(out.number), int32(n.outputs[n.bids[at].out].number), x.accept) {
				continue
			}
			c := out.in0 + n.seats[q].in
			n.bids[at] = bid{cross: out.cross0 + s.cross, out: number, seat: q, lane: c, far: out.lane0 + int32(n.lanes[c].vc)}
		}
	}
	return int(count)
}

// has tells whether it has a member.
func (w wide) has(word uint64, output, i int32) bool {
	if w != nil {
		word = w[output][i>>6]
	}
	return word>>(i&63)&1 == 1
}

// next is its first member at or after from, going round; from may be past the
// last. There must be one.
func (w wide) next(word uint64, output, from int32) int32 {
	if w == nil {
		return nextOf1(word, from)
	}
	return nextOf(w[output], from)
}

// nextOf1 is next for one word.
func nextOf1(word uint64, from int32) int32 {
	after := word >> (from & 63) << (from & 63)
	return int32(bits.TrailingZeros64(after | when(after == 0, word)))
}

// nextOf is next for several words.
func nextOf(set []uint64, from int32) int32 {
	w := int(from >> 6)
	if w >= len(set) {
		w, from = 0, 0
	}
	if m := set[w] >> (from & 63) << (from & 63); m != 0 {
		return int32(w<<6 + bits.TrailingZeros64(m))
	}
	for range set {
		if w++; w == len(set) {
			w = 0
		}
		if set[w] != 0 {
			return int32(w<<6 + bits.TrailingZeros64(set[w]))
		}
	}
	return -1
}

// none tells whether a set is empty.
func none(set []uint64) bool {
	for _, w := range set {
		if w != 0 {
			return false
		}
	}
	return true
}

// What follows is done without branches, for loops where nobody could foresee them.

func set(mask []uint64, i int)   { mask[i>>6] |= 1 << (i & 63) }
func unset(mask []uint64, i int) { mask[i>>6] &^= 1 << (i & 63) }

// setIf and unsetIf do it if something holds.
func setIf(mask []uint64, i int32, holds bool)   { mask[i>>6] |= uint64(one(holds)) << (i & 63) }
func unsetIf(mask []uint64, i int32, holds bool) { mask[i>>6] &^= uint64(one(holds)) << (i & 63) }

// one is 1 if something holds, else 0.
func one(holds bool) int {
	if holds {
		return 1
	}
	return 0
}

// when is a word if something holds, else 0.
func when(holds bool, word uint64) uint64 { return word & -uint64(one(holds)) }
