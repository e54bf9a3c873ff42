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
	if w[output][i>>6] &^= 1 << (i & 63); none(w[output]) {
		*word = 0
	}
}

// has tells whether it has a member.
func (w wide) has(word uint64, output, i int32) bool {
	if w != nil {
		word = w[output][i>>6]
	}
	return word>>(i&63)&1 == 1
}

// lone tells whether it has exactly one member, without looking far.
func (w wide) lone(word uint64) bool { return w == nil && word&(word-1) == 0 }

// next is its first member at or after from, going round. There must be one.
func (w wide) next(word uint64, output, from int32) int32 {
	if w == nil {
		return nextOf1(word, from)
	}
	return nextOf(w[output], from)
}

// nextOf1 is next for one word.
func nextOf1(word uint64, from int32) int32 {
	after := word >> (from & 63) << (from & 63)
	if after == 0 {
		after = word
	}
	return int32(bits.TrailingZeros64(after))
}

// nextOf is next for several words.
func nextOf(set []uint64, from int32) int32 {
	w := int(from >> 6)
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
