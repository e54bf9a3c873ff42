package gpu

// groupWork is a CTA's slab on wgmma: warp groups of four warps, each of which has so
// many operations of the pipe in a slab. A group issues a slab's operations and goes
// on to the next slab when they are through; the pipe serves groups in turn, and an
// operation that streams its operands from shared memory more slowly than the pipe
// multiplies holds it for so long.
//
//	group 0   # # # # p p p p # # # # p p p p      pipe: 0 1 0 1
//	group 1   p p p p # # # # p p p p # # # #
type groupWork struct {
	groups int
	ops    int64 // of a group and slab
	every  int64 // edges an operation has the pipe
	reads  int64 // and those its operands take to stream, where that is longer
}

// spent is what a group's edges of a slab are, in the steady state.
func (w groupWork) spent() (s [reasons]int64) {
	s[issuing] = w.ops * w.every
	s[onPipe] = int64(w.groups-1) * w.ops * w.every
	s[onShared] = int64(w.groups) * w.ops * max(0, w.reads-w.every)
	return s
}

// byWarp is the shares of the groups' warps, which are all alike.
func (w groupWork) byWarp(chain int64) []share {
	return []share{apportioned("multiply", 0, 4*w.groups, chain, w.spent())}
}

// groupWork is a slab on wgmma as its warp groups see it: a slab takes chain edges,
// math of them on the pipe.
func (c *Config) groupWork(p *product, t tiling, u *usage) groupWork {
	w := groupWork{groups: max(1, t.warps/4), ops: int64(max(1, t.k*p.aCell/perInstruction))}
	w.every = max(1, u.math/(int64(w.groups)*w.ops))
	w.reads = u.chain / (int64(w.groups) * w.ops)
	return w
}

// slabShares is what the warps of a product's CTA spend a slab's edges on.
func (c *Config) slabShares(p *product, t tiling, u *usage) []share {
	switch {
	case c.tensorRate(p.dt) == 0:
		return c.simtWork(p, t).byWarp(u.chain)
	case c.SM.Path == "tma":
		return c.groupWork(p, t, u).byWarp(u.chain)
	}
	return c.warpWork(p, t).byWarp(u.chain)
}
