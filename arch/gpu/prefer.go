package gpu

import (
	"cmp"
	"math"
	"slices"
)

// Which kernels a library likes, beyond what they are reckoned to take.

// What is known of cuBLAS's choice on Hopper, from the names of 760 of its kernels: it takes
// large tiles, also where smaller ones would fill the last wave better or hide the epilogue,
// by up to a tenth of the time [nnsim-lab]. So of what is reckoned
// within slack of the best, the kernels with the fewest CTAs are run first, and one with
// more must be faster by clearlyFewer.
const (
	slack        = 1.1
	clearlyFewer = 0.97
)

// On Ampere, cuBLAS's times where the tensor cores bound a product are those of its largest tiles
// [aiconfigurator], also where smaller ones fill the last wave better, by an eighth of the time, or where
// of two CTAs one multiplies while the other writes, by up to a third. So one whole tiling is run: the
// largest whose rounds, all taken to be as long as a full one, are work for an SM's pipes and port that no
// smaller one's are clearly below. Of parts those that are reckoned within slackLarger of the best, which is
// coarse here, are run; and largest tiles first, a smaller one must be faster by clearlyLarger.
const (
	slackLarger   = 1.5
	clearlyLarger = 0.88
	triedAsync    = 24
)

// preferred is which of some candidates, reckoned best first, are run, in the order of the
// library's liking, and what one must gain over those before it.
func (c *Config) preferred(p *product, list []candidate, most int) ([]candidate, float64) {
	within := func(slack float64) []candidate {
		n := 1
		for n < len(list) && list[n].cost <= slack*list[0].cost {
			n++
		}
		return list[:n]
	}
	gain := clearly
	switch async := c.SM.Path == "async" && c.tensorRate(p.dt) > 0 && list[0].stream == 0 && list[0].steps <= triedSteps; {
	case c.grouping(p.dt):
		list, gain = within(slack), clearlyFewer
		slices.SortStableFunc(list, func(a, b candidate) int { return cmp.Compare(a.ctas, b.ctas) })
	case async && c.pipeBound(p):
		whole := c.leastCounted(p, slices.DeleteFunc(slices.Clone(list), candidate.parted))
		list, gain, most = slices.DeleteFunc(within(slackLarger), func(x candidate) bool { return !x.parted() }), clearlyLarger, triedAsync
		list = largestFirst(append(list, whole...))
	case async:
		list, most = within(near), triedAsync
	default:
		list = within(near)
	}
	return list[:min(most, len(list))], gain
}

// largestFirst sorts candidates by the size of their tiles, those of a size by their parts.
func largestFirst(list []candidate) []candidate {
	slices.SortStableFunc(list, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(b.m*b.n, a.m*a.n), cmp.Compare(a.split, b.split))
	})
	return list
}

// leastCounted is the largest of those candidates whose rounds are least work, if there is one.
func (c *Config) leastCounted(p *product, list []candidate) (best []candidate) {
	least := math.Inf(1)
	for _, x := range largestFirst(list) {
		if r := c.round(p, x.tiling); r.counted() < clearlyLarger*least {
			best, least = []candidate{x}, r.counted()
		}
	}
	return best
}

// parted tells whether a reduction is shared.
func (x candidate) parted() bool { return x.split > 1 }

// pipeBound tells whether a product's multiply-adds take the tensor cores longer than its
// operands take the pins; results leave L2 meanwhile.
func (c *Config) pipeBound(p *product) bool {
	rate := float64(c.tensorRate(p.dt) * c.SM.Count)
	return rate > 0 && float64(p.m*p.n*p.batch)*float64(p.k)/rate > c.operands(p)/float64(c.Memory.Bandwidth)*float64(c.Clock)
}
