package gpu

import (
	"math"

	"nnsim/arch/gpu/hierarchy"
)

// cache is L2 as the CTAs see it: tile slabs, the lines of which are hashed to sets that push
// out their oldest line. All of L2 is taken to hold different lines, as products' times ask for;
// copies in the other partition, which microbenchmarks show to take room (package hierarchy),
// are not counted here. How many of a slab's lines are still there follows from what has been
// touched since:
//
//	epochs    ··· │ 9 │ 10 │ 11 │ 12 │ now      each of half a way of bytes
//	slab s          ▔ touched ├── since ──┤     bytes touched last in these, of all slabs
//
// A set has as many of those lines as chance gives it, and the slab's own line is gone where
// they are as many as the ways (unkept). A slab is known by a number.
type cache struct {
	epoch float64     // bytes that are touched anew in one
	spans []float64   // by epoch: bytes that were touched last in it
	slabs []slabState // by slab
	lost  float64     // lines that are gone, parts of which have not been read again yet
	gone  []float64   // share of a slab that is gone, by epochs' worth of bytes touched since
}

// slabState is what is known of one slab.
type slabState struct {
	bytes float64 // 0: never touched
	there int64   // edge at which its bytes have come from off chip
	epoch int     // in which it was touched last
}

// newCache makes an empty cache for slabs 0 to count-1.
func newCache(capacity int64, count int) *cache {
	l := &cache{epoch: epochBytes(capacity), spans: make([]float64, 1), slabs: make([]slabState, count)}
	for share := 0.0; share < 1-1e-6; {
		share = unkept(float64(len(l.gone)), hierarchy.L2Ways*epochs)
		l.gone = append(l.gone, share)
	}
	return l
}

// epochBytes is the bytes that are touched anew in an epoch.
func epochBytes(capacity int64) float64 { return float64(capacity) / (hierarchy.L2Ways * epochs) }

// epochs is the parts of a way that are told apart (choice: four give the same times within 0.1 %, and take longer).
const epochs = 2

// touch makes a slab the youngest. It tells how many of its bytes were not there. before is the
// epochs' worth of bytes since a run before touched it; 0: none did.
func (l *cache) touch(slab int, bytes int64, before int) (s *slabState, missing int64) {
	s = &l.slabs[slab]
	now := len(l.spans) - 1
	switch {
	case s.bytes == 0 && before == 0:
		missing = bytes
	case s.bytes == 0:
		missing = l.missing(before, bytes)
	case s.epoch < now:
		missing = l.missing(l.since(s.epoch), bytes)
		l.spans[s.epoch] -= s.bytes
	default:
		return s, 0
	}
	s.bytes, s.epoch = float64(bytes), now
	l.fill(s.bytes)
	return s, missing
}

// fill notes bytes that are touched now, and begins an epoch when there have been enough.
func (l *cache) fill(bytes float64) {
	now := len(l.spans) - 1
	if l.spans[now] += bytes; l.spans[now] >= l.epoch {
		l.spans = append(l.spans, 0)
	}
}

// since is the epochs' worth of bytes touched since an epoch, up to those after which nothing is left.
func (l *cache) since(epoch int) (worth int) {
	sum, all := l.spans[epoch]/2, l.epoch*float64(len(l.gone))
	for i := epoch + 1; i < len(l.spans) && sum < all; i++ {
		sum += l.spans[i]
	}
	return int(math.Round(sum / l.epoch))
}

// missing is the bytes of a slab that are gone: whole lines, the rest of which the next has.
func (l *cache) missing(worth int, bytes int64) int64 {
	if worth >= len(l.gone) {
		return bytes
	}
	l.lost += l.gone[worth] * float64(bytes) / cacheLine
	lines := math.Floor(l.lost)
	l.lost -= lines
	return min(bytes, int64(lines)*cacheLine)
}
