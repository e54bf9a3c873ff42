package gpu

import "math"

// governor moves the clock so that power stays at its limit. It looks at the
// energy of each window, asks at which clock the same activity would draw the
// limit, and goes there with a first-order lag. Voltage follows the clock
// linearly, with a slope; energy at the pins of the memory does not depend on it.
type governor struct {
	p       *Power
	boost   float64 // Hz
	most    float64 // Hz: boost, or what the board goes down to when tensor cores run
	clock   float64 // Hz, now
	window  int64   // edges
	seconds float64 // time of the edges already accounted
	until   int64   // edges already accounted
	core    float64 // joules since then, at nominal voltage
	dram    float64
	lowest  float64
	all     [2]float64 // joules of the core and of the memory in all
	drawn   float64    // joules of the core in all, at the voltages of their times
}

// windowsPerLag is the number of windows in the governor's time constant.
const windowsPerLag = 16

func newGovernor(c *Config) *governor {
	f := float64(c.Clock)
	return &governor{p: &c.Power, boost: f, most: f, clock: f, lowest: f, window: max(1, int64(math.Round(float64(c.Power.Lag)*f/windowsPerLag)))}
}

// engage notes which pipes the next kernel runs: tensor cores bring the clock down at
// once, by the current they may draw, not by what they do.
func (g *governor) engage(tensor bool) {
	g.most = g.boost
	if cap := float64(g.p.Tensor); tensor && cap > 0 {
		g.most = min(g.boost, cap)
	}
	g.clock = min(g.clock, g.most)
	g.lowest = min(g.lowest, g.clock)
}

// due tells whether a window has ended by an edge.
func (g *governor) due(edge int64) bool { return edge-g.until >= g.window }

// close accounts the time up to an edge and sets the clock for what follows.
func (g *governor) close(edge int64) {
	n := float64(edge - g.until)
	if n <= 0 {
		return
	}
	dt := n / g.clock
	g.seconds += dt
	g.until = edge
	g.all[0], g.all[1] = g.all[0]+g.core, g.all[1]+g.dram
	v := g.voltage(g.clock)
	g.drawn += g.core * v * v
	target := g.allowed(g.core/n, g.dram/n)
	g.clock += (target - g.clock) * (1 - math.Exp(-dt/float64(g.p.Lag)))
	if g.most-g.clock < 1e-9*g.most {
		g.clock = g.most
	}
	g.lowest = min(g.lowest, g.clock)
	g.core, g.dram = 0, 0
}

// spent is the joules of the core and of the memory so far.
func (g *governor) spent() [2]float64 { return [2]float64{g.all[0] + g.core, g.all[1] + g.dram} }

// pass accounts a time from an edge on in which energy is spent evenly.
func (g *governor) pass(at, by int64, core, dram float64) {
	g.close(at)
	for left := by; left > 0; {
		n := min(left, g.window)
		g.core, g.dram = core*float64(n)/float64(by), dram*float64(n)/float64(by)
		g.close(g.until + n)
		left -= n
	}
}

// settled is the clock at which work that has been done, done over and over, draws the limit.
func (g *governor) settled() float64 {
	n := float64(g.until)
	if n == 0 {
		return g.most
	}
	return g.allowed(g.all[0]/n, g.all[1]/n)
}

// voltage is that of a clock, by the nominal one.
func (g *governor) voltage(clock float64) float64 { return 1 - g.p.Slope*(1-clock/float64(g.p.At)) }

// power is the watts at a clock, for joules an edge of the core at nominal voltage and of the memory.
func (g *governor) power(clock, core, dram float64) float64 {
	v := g.voltage(clock)
	return float64(g.p.Static) + clock*(core*v*v+dram)
}

// allowed is the highest clock that the pipes in use may have at which power keeps the limit.
func (g *governor) allowed(core, dram float64) float64 {
	if g.power(g.most, core, dram) <= float64(g.p.Limit) {
		return g.most
	}
	low, high := 0.1*g.most, g.most
	for range 40 {
		if mid := (low + high) / 2; g.power(mid, core, dram) <= float64(g.p.Limit) {
			low = mid
		} else {
			high = mid
		}
	}
	return low
}
