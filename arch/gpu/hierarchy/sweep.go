package hierarchy

import "fmt"

// Sweep is a streaming kernel with so many threads an SM: each thread has one
// element of eight bytes of each array and ends; CTAs come as others go. With
// Piece, CTAs read pieces of the first array instead, over and over.
type Sweep struct {
	Pattern string
	Bytes   int64 // of an array; of all pieces together
	Threads int   // of a CTA
	CTAs    int   // of an SM at a time
}

// piece is what a CTA of pattern pieces reads: 64 loads of each of 1,024 threads [gpu-benches].
const piece = 512 << 10

const elementBytes = 8

// pattern is what one thread does with element i: loads of arrays at offsets, and
// whether it stores to array 0.
type pattern struct {
	name  string
	loads []access
	store bool
	bytes int64 // what the benchmark counts for an element
}

// access is an element of an array, so many further on.
type access struct{ array, offset int64 }

// patterns are those of gpu-stream [gpu-benches]: triad is a[i] = b[i]·d[i] + c[i].
var patterns = []pattern{
	{"init", nil, true, 8},
	{"read", []access{{1, 0}}, false, 8},
	{"scale", []access{{1, 0}}, true, 16},
	{"triad", []access{{1, 0}, {2, 0}, {3, 0}}, true, 32},
	{"stencil3", []access{{1, -1}, {1, 0}, {1, 1}}, true, 16},
	{"stencil5", []access{{1, -2}, {1, -1}, {1, 0}, {1, 1}, {1, 2}}, true, 16},
	{name: pieces, loads: []access{{1, 0}}, bytes: 8},
}

const pieces = "pieces"

// Rates are what a sweep has measured.
type Rates struct {
	Bandwidth float64 // bytes an edge, by the CTAs that end between the first and the last fifth
	Bytes     int64   // as the benchmark counts
	Edges     int64
}

type sweeper struct {
	Sweep
	pattern
	h     *Hierarchy
	total int64
	done  int64
	line  line // of CTAs that are through, over time, from the first fifth to the last

	read, from, until int64 // bytes that pattern pieces has read between two edges
}

// line is the sums of a line through points by least squares.
type line struct{ n, x, y, xx, xy float64 }

func (l *line) add(x, y float64) {
	l.n, l.x, l.y, l.xx, l.xy = l.n+1, l.x+x, l.y+y, l.xx+x*x, l.xy+x*y
}

// slope is its rise over its run; 0 where all points are above one another.
func (l *line) slope() float64 {
	if d := l.n*l.xx - l.x*l.x; d > 0 {
		return (l.n*l.xy - l.x*l.y) / d
	}
	return 0
}

// Sweep runs a sweep on all SMs.
func (h *Hierarchy) Sweep(x Sweep) (Rates, error) {
	p := &sweeper{Sweep: x, h: h}
	for _, known := range patterns {
		if known.name == x.Pattern {
			p.pattern = known
		}
	}
	if p.name == "" {
		return Rates{}, fmt.Errorf("gpu: no pattern %q", x.Pattern)
	}
	p.total = max(1, x.Bytes/elementBytes/int64(x.Threads))
	if p.name == pieces {
		p.total = int64(rounds * x.CTAs * h.c.SMs)
	}
	p.before()
	if err := h.launch(p, x.CTAs, h.c.SMs); err != nil {
		return Rates{}, err
	}
	r := Rates{Edges: h.ended, Bytes: p.total * int64(x.Threads) * p.bytes * p.perThread()}
	r.Bandwidth = float64(r.Bytes) / float64(p.total) * p.line.slope()
	if p.name == pieces { // whose CTAs are few and long
		r.Bandwidth = float64(p.read) / float64(p.until-p.from)
	}
	return r, nil
}

// rounds is the CTAs of pattern pieces that each place on an SM sees. The first are found under
// way, as CTAs of a kernel are that runs for long and of which one begins at a time: the first of
// all is nearly through. Bytes count from when a quarter of them have ended to when no more CTAs come.
const rounds = 2

// begun is the steps that a CTA is found to have done.
func (p *sweeper) begun(cta int64) int64 {
	places := p.total / rounds
	return max(0, places-1-cta) * p.perThread() / unrolled / places
}

// perThread is the elements of an array a thread has.
func (p *sweeper) perThread() int64 {
	if p.name == pieces {
		return piece / elementBytes / int64(p.Threads)
	}
	return 1
}

func (p *sweeper) ctas() int64 { return p.total }
func (p *sweeper) warps() int  { return (p.Threads + 31) / 32 }

// apart is the distance of arrays, which is more than they and what lay behind them are long.
func (p *sweeper) apart() int64 { return (p.Bytes + 2*p.h.c.Size + 1<<21) >> 21 << 21 }

// unrolled is the loads of a thread of pattern pieces that are on their way together.
const unrolled = 8

func (p *sweeper) step(cta int64, warp int32, i int64, loads, stores []span) (l, s []span, ok bool) {
	lanes := min(32, int64(p.Threads)-int64(warp)*32)
	if p.name == pieces {
		if i += p.begun(cta); i == p.perThread()/unrolled {
			return loads, stores, false
		}
		first := cta % max(1, p.Bytes/piece) * piece
		for j := range int64(unrolled) {
			at := first + ((i*unrolled+j)*int64(p.Threads)+int64(warp)*32)*elementBytes
			loads = append(loads, span{p.apart() + at, lanes * elementBytes})
		}
		return loads, stores, true
	}
	if i > 0 {
		return loads, stores, false
	}
	first := cta*int64(p.Threads) + int64(warp)*32
	for _, a := range p.loads {
		loads = append(loads, span{a.array*p.apart() + max(0, first+a.offset)*elementBytes, lanes * elementBytes})
	}
	if p.store {
		stores = append(stores, span{first * elementBytes, lanes * elementBytes})
	}
	return loads, stores, true
}

func (p *sweeper) loaded(at, _ int64, _ Level) {
	switch places := p.total / rounds; {
	case p.name != pieces || p.done < places/4 || p.done > p.total-places:
	case p.from == 0:
		p.from = at
	default:
		p.read, p.until = p.read+unrolled*32*elementBytes, at
	}
}

func (p *sweeper) finished(at int64) {
	p.done++
	if p.done*5 >= p.total && p.done*5 <= p.total*4 {
		p.line.add(float64(at), float64(p.done))
	}
}

// before fills L2 with what a pass over longer arrays has left there, or what CTAs have that
// came before those of pattern pieces.
func (p *sweeper) before() {
	if p.name == pieces {
		p.earlier()
		return
	}
	for at := p.Bytes; at < p.Bytes+p.h.c.Size*9/8; at += lineBytes {
		for _, a := range p.loads {
			if a.offset == 0 {
				p.h.warm(p.anyone(at/lineBytes), (a.array*p.apart()+at)/lineBytes, allSectors)
			}
		}
		if p.store {
			slice, index := p.h.home(at / lineBytes)
			p.h.slices[slice].tags.put(index, at/lineBytes, allSectors, allSectors)
		}
	}
}

// anyone is an SM that does not follow from a number in a way that shows.
func (p *sweeper) anyone(i int64) int32 {
	return int32(uint64(i) * spread >> 33 % uint64(p.h.c.SMs))
}

// earlier has CTAs read pieces until it no longer matters what was in L2 before: in the time in
// which one begins, each of those that are under way reads its share of lines.
func (p *sweeper) earlier() {
	const lines = piece / lineBytes
	places, all := p.total/rounds, max(1, p.Bytes/piece)
	for now := -earlierPasses * all; now < 0; now++ {
		for cta := now; cta > now-places; cta-- {
			first := (cta + places - 1 + earlierPasses*all + places*all) % all * lines
			for at := (now - cta) * lines / places; at < (now-cta+1)*lines/places; at++ {
				p.h.warm(p.anyone(cta), p.apart()/lineBytes+first+at, allSectors)
			}
		}
	}
}

// earlierPasses over all pieces are enough.
const earlierPasses = 8
