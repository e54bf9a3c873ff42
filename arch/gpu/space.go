package gpu

import (
	"fmt"
	"slices"
	"strconv"
	"sync"

	"nnsim/mapping"
	"nnsim/unit"
)

// The kernels that a product may run as are a menu: those of the library's tiles, with
// any number of stages that fits, any useful split of the reduction, and the schedules
// that take the product; as far as the kernel section leaves them open.
var kernelAxes = []string{"schedule", "tile", "stages", "cluster", "split"}

// words are a tiling's values along the axes.
func (t tiling) words() []string {
	schedule := "tiles"
	switch {
	case t.vector:
		schedule = "gemv"
	case t.stream > 0:
		schedule = "streamk"
	}
	cluster := strconv.Itoa(t.cluster)
	if t.down > 0 {
		cluster = fmt.Sprintf("%dx%d", t.down, t.across)
	}
	return []string{schedule, fmt.Sprintf("%dx%dx%d", t.m, t.n, t.k), strconv.Itoa(t.stages), cluster, strconv.Itoa(t.split)}
}

// offer leaves the kernels that a layer's product may run as with its plan.
func (m *Machine) offer(lp *mapping.LayerPlan, t *task) {
	lp.Custom = t
	if t.product == nil || t.product.depthwise() || t.tiling.dealt > 0 {
		return // one way of doing it
	}
	type kernels struct {
		menu *mapping.Menu
		list []candidate
	}
	all := sync.OnceValue(func() (k kernels) {
		k.list = m.cfg.every(t.product)
		var choices []mapping.Choice
		for _, x := range k.list {
			choices = append(choices, mapping.Choice{Values: x.words(), Cost: x.cost})
		}
		k.menu = mapping.NewMenu(kernelAxes, choices, fmt.Sprint(t.space, t.product.dt, t.product.bCell, t.product.out, t.product.extra, t.product.quantised))
		return k
	})
	var as func(t *task) func() mapping.Space
	as = func(with *task) func() mapping.Space {
		return func() mapping.Space {
			k := all()
			taken := slices.IndexFunc(k.list, func(x candidate) bool { return x.tiling == with.tiling })
			return k.menu.Taking(taken, func(choice int) *mapping.LayerPlan {
				other, custom := *lp, *t
				custom.tiling = k.list[choice].tiling
				custom.fit = m.cfg.fits(custom.tiling, t.product.aCell)
				other.Custom, other.Space = &custom, as(&custom)
				return &other
			})
		}
	}
	lp.Space = as(t)
}

// every lists all kernels of a product with what they are reckoned to take.
func (c *Config) every(p *product) (list []candidate) {
	schedule := c.Kernel.Schedule
	add := func(t tiling) {
		if slices.ContainsFunc(list, func(x candidate) bool { return x.tiling == t }) {
			return
		}
		list = append(list, candidate{tiling: t, cost: c.reckon(p, t)})
	}
	for _, t := range c.allowed(p) {
		least := 2
		if c.Kernel.Stages > 0 {
			least = t.stages
		}
		for stages := t.stages; stages >= least; stages-- {
			t.stages = stages
			if schedule == "auto" || schedule == "library" || schedule == "tiles" || p.window != nil {
				for _, t.split = range shared(p, t) {
					if c.splittable(p, t) {
						for _, x := range c.everyCluster(p, t) {
							add(x)
						}
					}
				}
				t.split = 1
			}
			if (schedule == "auto" || schedule == "streamk") && c.streamable(p, t) {
				s := t
				s.stream = c.streamers(p, t)
				add(s)
			}
		}
	}
	vectors := c.vectorCandidates(p)
	if t, ok := c.fewColumns(p); ok {
		vectors = []candidate{{tiling: t}}
	}
	if schedule == "auto" || schedule == "gemv" || schedule == "library" && len(vectors) == 1 {
		for _, x := range vectors {
			x.cost = c.trial(p, x.tiling) * float64(c.Clock) // there is no reckoning of it
			list = append(list, x)
		}
	}
	return list
}

// everyCluster is a tiling in every shape of cluster that the machine can place.
func (c *Config) everyCluster(p *product, t tiling) (list []tiling) {
	if t.down == 0 {
		return []tiling{t}
	}
	most := min(c.SM.Cluster, unit.CeilDiv(p.m, t.m)*unit.CeilDiv(p.n, t.n), c.SM.Count)
	for _, s := range clusters {
		if t.down, t.across, t.cluster = s[0], s[1], s[0]*s[1]; t.cluster <= most {
			list = append(list, t)
		}
	}
	return list
}
