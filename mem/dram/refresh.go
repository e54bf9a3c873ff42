package dram

import (
	"fmt"
	"math/bits"
)

// never is a cycle that does not come.
const never = int64(1) << 62

// refresher says what must be refreshed when, and walks each refresh through its
// commands: the open rows are closed one by one, then it is sent.
//
//	all banks   rank 0  ────REF─────────────REF─────    │← tREFI/ranks →│ apart
//	            rank 1  ────────────REF─────────────REF
//	bank wise   bank 0  ──REFB────────────────
//	            bank 1  ──────REFB────────────          │← tREFIpb/ranks →│ apart
type refresher struct {
	kind    Kind
	every   int64
	at      int      // how many targets become due together
	due     int64    // when the next refresh becomes due
	targets []uint64 // the banks of each refresh, in turn
	turn    int
	queue   []uint64 // refreshes that are due, in order
	cursor  int      // the first of queue that has not been done
}

// newRefresher refreshes all banks of a rank at once, or bank by bank.
func newRefresher(b *banks, bankwise bool) (r refresher, err error) {
	s := b.spec.part.Shape
	if !bankwise {
		r.kind = REF
		for i := range s.Ranks {
			r.inEach(b, i, 0, uint64(1)<<s.PerSide()-1)
		}
		r.start(b.spec.refi/int64(s.Ranks), s.Pseudo)
		return r, nil
	}
	banks, mask := s.PerSide(), uint64(1)
	switch r.kind = REFB; b.spec.part.Standard.PerBank {
	case SameBank:
		banks, mask = s.Banks, everyGroup(s)
	case NoREFB:
		return r, fmt.Errorf("dram: %s has no refresh bank by bank; use refresh=all", b.spec.part.Standard.Name)
	}
	for i := range banks {
		for rank := range s.Ranks {
			r.inEach(b, rank, i, mask)
		}
	}
	r.start(b.spec.refiPB/int64(s.Ranks), s.Pseudo)
	return r, nil
}

// everyGroup is the first bank of every group of a rank.
func everyGroup(s Shape) (mask uint64) {
	for g := range s.Groups {
		mask |= 1 << (g * s.Banks)
	}
	return mask
}

// inEach adds the same banks of a rank in every pseudo-channel.
func (r *refresher) inEach(b *banks, rank, first int, mask uint64) {
	s := b.spec.part.Shape
	for pseudo := range s.Pseudo {
		r.targets = append(r.targets, mask<<((pseudo*s.Ranks+rank)*s.PerSide()+first))
	}
}

func (r *refresher) start(interval int64, together int) {
	r.at = together
	if r.every, r.due = interval, never; interval > 0 {
		r.due = interval
	}
}

// tick notes a refresh that becomes due at cycle t.
func (r *refresher) tick(t int64) {
	if r.cursor == len(r.queue) {
		r.queue, r.cursor = r.queue[:0], 0
	}
	for range r.at {
		r.queue = append(r.queue, r.targets[r.turn])
		r.turn = (r.turn + 1) % len(r.targets)
	}
	r.due = t + r.every
}

func (r *refresher) waiting() bool { return r.cursor < len(r.queue) }

// target is the banks of the refresh that comes first.
func (r *refresher) target() uint64 { return r.queue[r.cursor] }

// held is the banks of all refreshes that wait.
func (r *refresher) held() (mask uint64) {
	for _, m := range r.queue[r.cursor:] {
		mask |= m
	}
	return mask
}

// ready is the first cycle for the next command of the refresh that comes first.
func (r *refresher) ready(b *banks) int64 {
	if !r.waiting() {
		return never
	}
	if open := r.target() & b.open; open != 0 {
		due := never
		for ; open != 0; open &= open - 1 {
			due = min(due, b.at(PRE, bits.TrailingZeros64(open)))
		}
		return due
	}
	due := int64(0)
	for m := r.target(); m != 0; m &= m - 1 {
		due = max(due, b.at(r.kind, bits.TrailingZeros64(m)))
		if r.kind == REF {
			break
		}
	}
	return due
}

// issue sends that command in cycle t, in which it is ready, and tells which it
// was and where.
func (r *refresher) issue(b *banks, t int64) (Kind, int) {
	open := r.target() & b.open
	for ; open != 0; open &= open - 1 {
		if i := bits.TrailingZeros64(open); b.at(PRE, i) <= t {
			b.issue(PRE, i, b.row[i], 0, t)
			return PRE, i
		}
	}
	first := bits.TrailingZeros64(r.target())
	b.issue(r.kind, first, closed, 0, t)
	if r.kind == REFB {
		for m := r.target() & (r.target() - 1); m != 0; m &= m - 1 {
			b.shadow(REFB, bits.TrailingZeros64(m), t)
		}
	}
	r.cursor++
	return r.kind, first
}
