package dram

// never is a cycle that does not come.
const never = int64(1) << 62

// refresher says when which rank must be refreshed: each every tREFI, the ranks
// evenly staggered.
//
//	rank 0  ────REF─────────────REF─────
//	rank 1  ────────────REF─────────────REF
//	            │← tREFI/ranks →│
type refresher struct {
	every  int64
	due    int64 // when the next refresh becomes due
	next   int   // the rank whose turn it is
	ranks  int
	queue  []int // ranks that are due, in order
	cursor int   // the first of queue that has not been done
}

func newRefresher(interval int64, ranks int) refresher {
	r := refresher{every: interval / int64(ranks), ranks: ranks, due: never}
	if interval > 0 {
		r.due = r.every
	}
	return r
}

// tick notes a refresh that becomes due at cycle t.
func (r *refresher) tick(t int64) {
	if r.cursor == len(r.queue) {
		r.queue, r.cursor = r.queue[:0], 0
	}
	r.queue = append(r.queue, r.next)
	r.next = (r.next + 1) % r.ranks
	r.due = t + r.every
}

func (r *refresher) waiting() bool { return r.cursor < len(r.queue) }

// rank is the rank to be refreshed first.
func (r *refresher) rank() int { return r.queue[r.cursor] }

func (r *refresher) done() { r.cursor++ }
