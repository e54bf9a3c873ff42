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
		for i := range b.ranks {
			r.targets = append(r.targets, b.ranks[i].banks)
		}
		r.start(b.spec.refi / int64(len(b.ranks)))
		return r, nil
	}
	r.kind = REFB
	switch b.spec.part.Standard.PerBank {
	case OneBank:
		for i := range s.PerSide() {
			for rank := range s.Sides() {
				r.targets = append(r.targets, 1<<(rank*s.PerSide()+i))
			}
		}
	case SameBank:
		for i := range s.Banks {
			for rank := range s.Sides() {
				r.targets = append(r.targets, everyGroup(s)<<(rank*s.PerSide()+i))
			}
		}
	default:
		return r, fmt.Errorf("dram: %s has no refresh bank by bank; use refresh=all", b.spec.part.Standard.Name)
	}
	r.start(b.spec.refiPB / int64(s.Sides()))
	return r, nil
}

// everyGroup is the first bank of every group of a rank.
func everyGroup(s Shape) (mask uint64) {
	for g := range s.Groups {
		mask |= 1 << (g * s.Banks)
	}
	return mask
}

func (r *refresher) start(interval int64) {
	if r.every, r.due = interval, never; interval > 0 {
		r.due = interval
	}
}

// tick notes a refresh that becomes due at cycle t.
func (r *refresher) tick(t int64) {
	if r.cursor == len(r.queue) {
		r.queue, r.cursor = r.queue[:0], 0
	}
	r.queue = append(r.queue, r.targets[r.turn])
	r.turn = (r.turn + 1) % len(r.targets)
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
