package stream

import "fmt"

// Core is the way a matrix–vector unit multiplies; it decides how many cycles
// pass from an operand's entry to its result.
type Core uint8

// DSP48 packs 4 products of 4 bits, or 2 of 8, into a DSP slice (4 stages and an
// output register, and one for the last flag); DSP58 3 products of 8×9 bits.
const (
	DSP48 Core = iota
	DSP58
)

// Latency is the number of cycles from accepting the last operand of a sum to the
// sum at the core's output.
func (c Core) Latency() int64 { return [...]int64{DSP48: 5, DSP58: 3}[c] }

// Product says what a matrix–vector unit (or, with one row, a vector–vector unit
// or a pool) does: for every vector of Width/SIMD tokens, Height/PE results.
type Product struct {
	Width, Height int // of the matrix: length of a vector, number of results
	SIMD, PE      int // elements a token, results formed side by side
	Latency       int64
}

// SF is the number of tokens in a vector, NF how often it is gone through.
func (p *Product) SF() int { return p.Width / p.SIMD }

// NF is how often each vector is gone through: once for every PE results.
func (p *Product) NF() int { return p.Height / p.PE }

// Validate refuses foldings that do not come out even.
func (p *Product) Validate() error {
	switch {
	case p.SIMD < 1 || p.Width%p.SIMD != 0:
		return fmt.Errorf("product: simd %d must divide the %d columns of the matrix", p.SIMD, p.Width)
	case p.PE < 1 || p.Height%p.PE != 0:
		return fmt.Errorf("product: pe %d must divide the %d rows of the matrix", p.PE, p.Height)
	}
	return nil
}

// product is the unit in time.
//
//	in ─▶ replay[2^⌈log SF⌉] ─▶ register ─▶ core ─▶ slice ─▶ out
//	       (only where NF > 1)    accept   Latency
//
// The core stands still as a whole while a result waits at its output for the
// slice, whose two registers are both full: that is a freeze.
type product struct {
	in, out *Link
	sf, nf  int64
	latency int64
	replay  bool

	written, lastWrite int64
	capacity, mask     int64
	wroteAt, freeAt    []int64 // by token, of the replay buffer: written; free to be written over

	k, rep    int64 // next operand: token of the vector, which time it is gone through
	token     int64 // its number since the start
	accepted  int64 // when the last operand entered the core
	leaving   []int64
	freezes   []freeze
	held      bool  // a result is in the slice and waits for out
	offeredAt int64 // since when
	lastOut   int64
	states    states
}

// freeze is a span of cycles in which the core stood still: after from, up to to.
type freeze struct{ from, to int64 }

func newProduct(p Product, in, out *Link) *product {
	u := &product{in: in, out: out, sf: int64(p.SF()), nf: int64(p.NF()), latency: p.Latency, capacity: 2}
	for u.capacity < u.sf {
		u.capacity *= 2
	}
	u.replay, u.mask = u.nf > 1, u.capacity-1
	u.wroteAt, u.freeAt = make([]int64, u.capacity), make([]int64, u.capacity)
	return u
}

func (u *product) run() (moved bool) {
	for u.give() || u.leave(never) || u.fill() || u.accept() {
		moved = true
	}
	if !u.replay && !u.held && len(u.leaving) == 0 && len(u.freezes) == 0 {
		u.in.promise(u.sf - u.k) // nothing can hold the core up before a vector's end
	}
	return moved
}

// fill writes tokens into the replay buffer while there is room.
func (u *product) fill() (moved bool) {
	for u.replay && u.written < u.token-u.k+u.capacity+u.freed() {
		t := u.lastWrite + 1
		if u.written >= u.capacity {
			t = max(t, u.freeAt[u.written&u.mask]+1)
		}
		at, known := u.in.offer(t)
		if !known {
			return moved
		}
		u.in.take(at)
		u.wroteAt[u.written&u.mask], u.lastWrite, moved = at, at, true
		u.written++
	}
	return moved
}

// freed is how many tokens of the present vector have been read for the last time.
func (u *product) freed() int64 {
	if u.rep == u.nf-1 { // the last time through
		return u.k
	}
	return 0
}

// accept brings operands into the core: one, or the rest of a repetition whose
// tokens are all in the buffer and will be needed again.
func (u *product) accept() bool {
	if !u.replay {
		return u.acceptFromPort()
	}
	if u.token >= u.written {
		return false
	}
	if u.rep > 0 && u.rep < u.nf-1 {
		return u.acceptRun(u.sf - u.k)
	}
	return u.acceptFromBuffer()
}

// acceptFromBuffer accepts operands that were not all written when they are wanted (the first
// time through a vector), or that are not needed again (the last time).
func (u *product) acceptFromBuffer() (moved bool) {
	for u.token < u.written {
		read := max(u.wroteAt[u.token&u.mask]+1, u.accepted)
		at := read + 1
		if !u.free(at) {
			var known bool
			if at, known = u.enabled(at); !known {
				return moved
			}
		}
		u.states.input += max(0, read-u.accepted)
		if u.rep == u.nf-1 {
			u.freeAt[u.token&u.mask] = read
		}
		u.enter(at)
		if moved = true; u.k == 0 {
			break
		}
	}
	return moved
}

// acceptFromPort takes operands directly from the port, each in a cycle in which the
// core moves, up to the end of a vector.
func (u *product) acceptFromPort() (moved bool) {
	for t := u.accepted + 1; ; {
		at, known := u.in.offer(t)
		if !known {
			return moved
		}
		if !u.free(at) {
			next, known := u.enabled(at)
			if !known {
				return moved
			}
			if next != at {
				t = next
				continue
			}
		}
		u.in.take(at)
		u.states.input += at - u.accepted - 1
		if moved, t = true, at+1; u.k == u.sf-1 {
			u.enter(at)
			return true
		}
		u.accepted = at
		u.k++
		u.states.busy++
	}
}

// free tells whether the core surely moves in cycle t.
func (u *product) free(t int64) bool {
	return len(u.freezes) == 0 && (len(u.leaving) == 0 || u.leaving[0] >= t)
}

// acceptRun accepts up to n operands in consecutive cycles, as far as the freezes are known.
func (u *product) acceptRun(n int64) bool {
	first, known := u.enabled(u.accepted + 1)
	if !known {
		return false
	}
	if len(u.leaving) > 0 {
		n = min(n, max(1, u.leaving[0]-first+1))
	}
	for _, f := range u.freezes {
		if f.from >= first {
			n = min(n, f.from-first+1)
		}
	}
	u.k += n - 1
	u.token += n - 1
	u.states.busy += n - 1
	u.accepted = first + n - 2
	u.enter(first + n - 1)
	return true
}

// enabled is the first cycle at or after t in which the core moves; false: it depends on
// what is not known yet.
func (u *product) enabled(t int64) (int64, bool) {
	for {
		for _, f := range u.freezes {
			if f.from < t && t <= f.to {
				t = f.to + 1
			}
		}
		if len(u.leaving) == 0 || u.leaving[0] >= t {
			return t, true
		}
		if !u.give() && !u.leave(t) {
			return 0, false
		}
	}
}

// enter notes an operand that entered the core in cycle t, and moves on to the next.
func (u *product) enter(t int64) {
	u.accepted = t
	u.states.busy++
	u.k++
	u.token++
	if u.k < u.sf {
		return
	}
	out := t + u.latency
	kept := u.freezes[:0]
	for _, f := range u.freezes {
		if f.from >= t && f.from < out {
			out += f.to - f.from
		}
		if f.to >= t {
			kept = append(kept, f)
		}
	}
	u.freezes = kept
	if !u.through(out) {
		u.leaving = append(u.leaving, out)
	}
	u.k, u.rep = 0, u.rep+1
	if u.rep == u.nf {
		u.rep = 0
	} else {
		u.token -= u.sf
	}
}

// through hands a result on at once, if nothing is before it and it is known when there is room.
func (u *product) through(out int64) bool {
	if u.held || len(u.leaving) > 0 || u.lastOut > out {
		return false
	}
	at, known := u.out.room(out + 1)
	if known {
		u.out.put(at)
		u.lastOut = at
	}
	return known
}

// leave moves a result that comes out of the core before cycle t into the slice. If the
// result before it has to be waited for, the core freezes.
func (u *product) leave(t int64) bool {
	if u.held || len(u.leaving) == 0 || u.leaving[0] >= t {
		return false
	}
	out := u.leaving[0]
	u.leaving = u.leaving[:copy(u.leaving, u.leaving[1:])]
	loaded := max(out, u.lastOut)
	if wait := loaded - out; wait > 0 {
		u.freezes = append(u.freezes, freeze{out, loaded})
		u.states.output += wait
		for i := range u.leaving {
			u.leaving[i] += wait
		}
	}
	u.held, u.offeredAt = true, loaded+1
	return true
}

// give hands the slice's result on.
func (u *product) give() bool {
	if !u.held {
		return false
	}
	at, known := u.out.room(u.offeredAt)
	if !known {
		return false
	}
	u.out.put(at)
	u.lastOut, u.held = at, false
	return true
}

// cut: no operand is in the core, but it may still stand, and words of the replay buffer
// may be read for the last time after the next could be written.
func (u *product) cut(s *snapshot) {
	s.at(u.accepted)
	s.at(max(u.lastOut, u.accepted+u.latency))
	for _, f := range u.freezes {
		if f.to > u.accepted {
			s.at(max(f.from, u.accepted))
			s.at(f.to)
		}
	}
	if u.replay {
		s.at(u.lastWrite)
		s.ring(u.freeAt, u.written-u.capacity, u.written, u.lastWrite)
	}
}

func (u *product) move(cycles int64) {
	u.accepted, u.lastWrite, u.lastOut, u.offeredAt = u.accepted+cycles, u.lastWrite+cycles, u.lastOut+cycles, u.offeredAt+cycles
	move(u.wroteAt, cycles)
	move(u.freeAt, cycles)
	for i := range u.freezes {
		u.freezes[i] = freeze{u.freezes[i].from + cycles, u.freezes[i].to + cycles}
	}
}

func (u *product) ports() (in, out []*Link) { return []*Link{u.in}, []*Link{u.out} }
func (u *product) spent() states            { return u.states }
