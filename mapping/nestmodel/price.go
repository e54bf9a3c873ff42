package nestmodel

// Architecture is a hierarchy of memories around multipliers, innermost first.
type Architecture struct {
	Name    string
	Levels  []Level
	Compute float64 // pJ of one multiplication
}

// Level is one memory. Fanout is the number of units of the level below that one
// instance serves.
type Level struct {
	Name    string
	Words   int // 0: unlimited, or a level that holds nothing
	Fanout  int
	Block   int     // words of one access
	ReadBW  float64 // words a cycle, of one instance; 0: unlimited
	WriteBW float64
	Read    float64 // pJ of one access
	Write   float64 // of a fill, and of an update
}

// price fills the cycles and energies: a level whose ports are asked for more than
// they carry in the cycles of computing stretches them.
func (r *Result) price(n *Nest, a *Architecture) {
	r.Cycles = r.Steps
	r.Compute = float64(r.MACs) * a.Compute
	r.PicoJ = r.Compute
	for i := range n.Tilings {
		c, l := &r.Levels[i], &a.Levels[i]
		var read, written int64
		for t := range c.Tensors {
			x := &c.Tensors[t]
			read += x.Reads
			written += x.Fills + x.Updates
			accesses := func(words int64) float64 { return float64((words + int64(l.Block) - 1) / int64(l.Block)) }
			c.PicoJ[t] = float64(c.Instances) * (accesses(x.Reads)*l.Read + (accesses(x.Fills)+accesses(x.Updates))*l.Write)
			r.PicoJ += c.PicoJ[t]
		}
		c.Cycles = max(r.Steps, through(read, l.ReadBW), through(written, l.WriteBW))
		c.Slowdown = float64(r.Steps) / float64(c.Cycles)
		r.Cycles = max(r.Cycles, c.Cycles)
	}
}

// through is the cycles that so many words take through a port.
func through(words int64, bandwidth float64) int64 {
	if bandwidth <= 0 {
		return 0
	}
	cycles := int64(float64(words) / bandwidth)
	if float64(cycles)*bandwidth < float64(words) {
		cycles++
	}
	return cycles
}
