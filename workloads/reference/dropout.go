package reference

import "nnsim/workloads"

// dropout passes everything on at inference. In training mode it drops elements at
// random and scales up the rest; the generator is the Mersenne Twister, with which
// ONNX makes its test data, so that a seed gives the same mask there and here.
func dropout(c *call) error {
	x, ratio := c.in[0], 0.5
	if c.has(1) && c.in[1].Len() == 1 {
		ratio = c.in[1].At(0)
	}
	if ratio < 0 || ratio >= 1 {
		return c.fail("ratio is %g; it lies between 0 and 1", ratio)
	}
	train := c.has(2) && c.in[2].Len() == 1 && c.in[2].Int(0) != 0 && ratio > 0
	mask := workloads.NewArray(workloads.Bool, x.Shape)
	if c.wants(1) {
		c.out[1] = mask
	}
	if !train {
		for i := range mask.I {
			mask.I[i] = 1
		}
		return reshaped(c)
	}
	dst, random := c.make(0), newTwister(uint32(c.node.Attr.Int("seed", 0)))
	for i := range mask.I {
		if random.uniform() >= ratio {
			mask.I[i] = 1
			dst.Set(i, x.At(i)/(1-ratio))
		}
	}
	return nil
}

// twister is MT19937 (M. Matsumoto and T. Nishimura, ACM TOMACS 8(1), 1998), with
// the constants of that paper.
type twister struct {
	state [624]uint32
	next  int
}

func newTwister(seed uint32) *twister {
	t := &twister{next: 624}
	for i := range t.state {
		t.state[i] = seed
		seed = 1812433253*(seed^seed>>30) + uint32(i) + 1
	}
	return t
}

// word is the next 32 random bits.
func (t *twister) word() uint32 {
	if t.next == len(t.state) {
		t.turn()
	}
	y := t.state[t.next]
	t.next++
	y ^= y >> 11
	y ^= y << 7 & 0x9d2c5680
	y ^= y << 15 & 0xefc60000
	return y ^ y>>18
}

// turn replaces the whole state.
func (t *twister) turn() {
	n := len(t.state)
	for i := range n {
		y := t.state[i]&0x80000000 | t.state[(i+1)%n]&0x7fffffff
		t.state[i] = t.state[(i+397)%n] ^ y>>1 ^ y&1*0x9908b0df
	}
	t.next = 0
}

// uniform is in [0, 1) with 53 random bits.
func (t *twister) uniform() float64 {
	a, b := t.word()>>5, t.word()>>6
	return (float64(a)*(1<<26) + float64(b)) / (1 << 53)
}
