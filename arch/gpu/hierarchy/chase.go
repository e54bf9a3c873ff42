package hierarchy

import "math/rand/v2"

// Chase is one lane that follows pointers: the address of each load is what the
// load before has brought, in a ring over all lines of a buffer, in random order.
// The buffer has been gone round before.
type Chase struct {
	Bytes, Stride int64
	Loads         int64 // at most; a round if that is less
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
	ring  []int64
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
	p := &chaser{ring: ring(n, x.Seed), loads: min(n, x.Loads)}
	l1 := h.sms[0].cache(h.c)
	for i := range p.ring {
		p.ring[i] *= x.Stride
		line := p.ring[i] / lineBytes
		if mask := maskOf(span{p.ring[i], wordBytes}, line); !l1.has(line, line, mask) {
			l1.put(line, line, mask, 0)
			h.warm(0, line, mask)
		}
	}
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
	return append(loads, span{p.ring[i], wordBytes}), stores, true
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
