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
		r.Bandwidth = float64(r.Bytes) / float64(r.Edges)
	}
	return r, nil
}

// rounds is the CTAs of pattern pieces that each place on an SM sees.
const rounds = 2

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
		if i == p.perThread()/unrolled {
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

func (p *sweeper) loaded(int64, Level) {}

func (p *sweeper) finished(at int64) {
	p.done++
	if p.done*5 >= p.total && p.done*5 <= p.total*4 {
		p.line.add(float64(at), float64(p.done))
	}
}

// before fills L2 with what a pass over longer arrays has left there, or with all pieces.
func (p *sweeper) before() {
	if p.name == pieces {
		for range 2 {
			for line := int64(0); line < p.Bytes/lineBytes; line++ {
				for sm := range int32(min(p.h.c.Partitions, p.h.c.SMs)) {
					p.h.warm(sm, p.apart()/lineBytes+line, allSectors, 0)
				}
			}
		}
		for i := range p.h.sms {
			p.h.sms[i].l1 = nil
		}
		return
	}
	for at := p.Bytes; at < p.Bytes+p.h.c.Size*9/8; at += lineBytes {
		for _, a := range p.loads {
			if a.offset == 0 {
				slice, index := p.h.home((a.array*p.apart() + at) / lineBytes)
				p.h.slices[slice].tags.put(index, (a.array*p.apart()+at)/lineBytes, allSectors, 0, false)
			}
		}
		if p.store {
			slice, index := p.h.home(at / lineBytes)
			p.h.slices[slice].tags.put(index, at/lineBytes, allSectors, allSectors, false)
		}
	}
}
