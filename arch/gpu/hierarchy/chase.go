package hierarchy

import "math/rand/v2"

// Chase is one lane that follows pointers: the address of each load is what the
// load before has brought, in a ring over all lines of a buffer, in random order.
// A run begins at the ring's first place, and one just like it has gone before:
//
//	ring    a b c d e          a round and a half:  a b c d e a b │ a b c d e a b
//	                           the end of one run  ──────────▲  ▲── finds a and b again
//
// Loads that are not timed are gone through without time.
type Chase struct {
	Bytes, Stride int64
	Walk          int64 // loads of a run; 0: a round
	Loads         int64 // of these are timed, evenly spaced; all if that is less
	Seed          uint64
}

// Latencies are what a chase has measured.
type Latencies struct {
	Mean  float64
	Level [levels]float64 // mean of the loads found there; 0: none
	Loads [levels]int64
	Edges int64
}

type chaser struct {
	Latencies
	h     *Hierarchy
	ring  []int64
	walk  int64
	gone  int64 // loads of the run that have been done
	loads int64
	sum   [levels]int64
}

// ring is a random order of n places, all of them one cycle.
func ring(n int64, seed uint64) []int64 {
	order := make([]int64, n)
	for i := range order {
		order[i] = int64(i)
	}
	rng := rand.New(rand.NewPCG(seed, 1))
	rng.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
	return order
}

// Chase runs a chase and returns what it has measured.
func (h *Hierarchy) Chase(x Chase) (Latencies, error) {
	n := max(1, x.Bytes/x.Stride)
	p := &chaser{h: h, ring: ring(n, x.Seed), walk: x.Walk}
	for i := range p.ring {
		p.ring[i] *= x.Stride
	}
	if p.walk == 0 {
		p.walk = n
	}
	p.loads = min(p.walk, x.Loads)
	p.until(p.walk)
	p.gone = 0
	if err := h.launch(p, 1, 1); err != nil {
		return p.Latencies, err
	}
	total := int64(0)
	for l := range levels {
		total += p.sum[l]
		if p.Loads[l] > 0 {
			p.Level[l] = float64(p.sum[l]) / float64(p.Loads[l])
		}
	}
	p.Mean, p.Edges = float64(total)/float64(p.loads), total
	return p.Latencies, nil
}

func (p *chaser) ctas() int64 { return 1 }
func (p *chaser) warps() int  { return 1 }

func (p *chaser) step(_ int64, _ int32, i int64, loads, stores []span) (l, s []span, ok bool) {
	if i == p.loads {
		return loads, stores, false
	}
	timed := i * p.walk / p.loads
	p.until(timed)
	p.gone = timed + 1
	return append(loads, span{p.ring[timed%int64(len(p.ring))], wordBytes}), stores, true
}

// until goes through the run's loads before one, without time.
func (p *chaser) until(load int64) {
	l1 := p.h.sms[0].cache(p.h.c)
	for ; p.gone < load; p.gone++ {
		at := p.ring[p.gone%int64(len(p.ring))]
		line := at / lineBytes
		if mask := maskOf(span{at, wordBytes}, line); !l1.has(line, line, mask) {
			l1.put(line, line, mask, 0)
			p.h.warm(0, line, mask)
		}
	}
}

func (p *chaser) loaded(_, edges int64, level Level) {
	p.sum[level] += edges
	p.Loads[level]++
}

func (p *chaser) finished(int64) {}

// warm has an SM read sectors of a line out of L2 without time: what happened before the probe began.
func (h *Hierarchy) warm(smIndex int32, line int64, mask uint8) {
	slice, index := h.home(line)
	if m := h.mirror(slice); !h.near(smIndex, slice) {
		if h.slices[m].tags.has(index, line, mask) {
			return
		}
		h.slices[m].tags.put(index, line, mask, 0)
	}
	h.slices[slice].tags.put(index, line, mask, 0)
}
