package gpu

import (
	"cmp"
	"slices"
	"strings"

	"nnsim/results"
)

// What each warp of a CTA spends its edges on. A CTA's wait for a slab, for its start
// or for its result's way out is each of its warps'; while the CTA is on the pipes its
// warps differ, and each kind of kernel says how (usage.split).
//
//	warp         step: the operands are there ─▶ the step is through
//	0            # # # # p p m m . . # # # # | |      its own operations, another's, its reads, the barrier
//	1            p p p p # # # # m m . . p p | |
//	producer     | | | | | | | | | | | | | | | |      a stage is not free yet
//
// A producer's warp issues loads and waits at the barriers of stages; when its last
// load is out it has nothing to do until the CTA ends, and neither have the warps
// that fill up its group.

// share is what warps of one role spend the edges of a use of the pipes on.
type share struct {
	role  string
	first int // warp
	warps int
	spent [reasons]int64 // sums to the use's chain
}

// The roles of warps that take no part in uses of the pipes.
const producerRole, parkedRole = "producer", "parked"

// apportion shares a total out by weights, to the edge: what rounding leaves goes to
// the largest remainders. Without weights all goes to the dependence in its own warps.
func apportion(total int64, weights []int64) []int64 {
	parts, sum := make([]int64, len(weights)), int64(0)
	for _, w := range weights {
		sum += w
	}
	if sum == 0 {
		parts[onScore] = total
		return parts
	}
	left, order, rest := total, make([]int, len(weights)), make([]float64, len(weights))
	for i, w := range weights {
		exact := float64(total) * (float64(w) / float64(sum))
		parts[i] = int64(exact)
		order[i], rest[i] = i, exact-float64(parts[i])
		left -= parts[i]
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(rest[b], rest[a]) })
	for i := 0; left > 0; i = (i + 1) % len(order) {
		if weights[order[i]] > 0 {
			parts[order[i]]++
			left--
		}
	}
	return parts
}

// apportioned is a share whose parts are apportioned.
func apportioned(role string, first, warps int, chain int64, spent [reasons]int64) share {
	return share{role, first, warps, [reasons]int64(apportion(chain, spent[:]))}
}

// byWarp is the shares of a slab's warps, taken from edges in the steady state;
// neighbours that spend them alike are one.
func (w slabWork) byWarp(chain int64) (list []share) {
	for i, spent := range w.spent() {
		next := apportioned("multiply", i, 1, chain, spent)
		if n := len(list); n > 0 && list[n-1].spent == next.spent {
			list[n-1].warps++
			continue
		}
		list = append(list, next)
	}
	return list
}

// evenly is the shares of warps that are all alike and none of which is followed: the
// edges of the CTA's pipes are shared out among the warps of a sub-core.
func (k *kernel) evenly(within *[reasons]int64) []share {
	n := k.consumers()
	own := max(1, int64(n)/subCores)
	s := share{role: "work", warps: n, spent: *within}
	pipe := within[issuing]
	s.spent[issuing] = pipe / own
	s.spent[onPipe] += pipe - pipe/own
	special := within[onSFU]
	s.spent[issuing] += special / own
	s.spent[onSFU] = special - special/own
	return []share{s}
}

// consumers is the warps of a CTA that work on what the producer brings.
func (k *kernel) consumers() int { return k.warps - k.producers }

// warpTimes is what the warps of a kernel that has run spent their lives on, by role.
func (g *grid) warpTimes() (list []results.WarpTime) {
	t, k := &g.tally, g.k
	var shares []share
	if k.split != nil {
		shares = k.split()
		all := k.evenly(&t.within)[0].spent
		for i := range shares {
			for why, edges := range apportion(t.followed, shares[i].spent[:]) {
				shares[i].spent[why] = edges + all[why]
			}
		}
	} else {
		shares = k.evenly(&t.within)
	}
	for i := range shares {
		for why := range t.stalls {
			shares[i].spent[why] += t.stalls[why] - t.using[why]
		}
		list = append(list, shares[i].report(k.name))
	}
	if k.producers > 0 {
		list = append(list, g.producer().report(k.name))
	}
	if rest := k.producers - 1; rest > 0 {
		s := share{role: parkedRole, first: k.consumers() + 1, warps: rest}
		s.spent[noWork] = t.busy
		list = append(list, s.report(k.name))
	}
	return list
}

// producer is the share of the warp that issues loads, over the whole kernel: an edge
// an instruction, the start, the end after its last; in between it waits for a stage.
func (g *grid) producer() share {
	t := &g.tally
	s := share{role: producerRole, first: g.k.consumers(), warps: 1}
	s.spent[onStart] = t.stalls[onStart]
	s.spent[noWork] = t.through
	s.spent[issuing] = min(t.asks, t.busy-t.through-t.stalls[onStart])
	s.spent[onBarrier] = t.busy - s.spent[onStart] - s.spent[noWork] - s.spent[issuing]
	return s
}

// report is a share as reports have it: edges of all CTAs and all warps of the role.
func (s share) report(kernel string) results.WarpTime {
	out := results.WarpTime{Kernel: kernel, Role: s.role, First: s.first, Warps: s.warps, Spent: map[string]int64{}}
	for why, edges := range s.spent {
		if edges != 0 {
			name := reasonNames[why]
			if reason(why) == noWork {
				name = "through"
			}
			out.Spent[name] = edges * int64(s.warps)
			out.Edges += edges * int64(s.warps)
		}
	}
	return out
}

// warpNote says in one line what warps spent their lives on, by role, over the run.
func warpNote(list []results.WarpTime) string {
	var order []string
	total, by := map[string]int64{}, map[string]map[string]int64{}
	for _, w := range list {
		if w.Role == parkedRole {
			continue
		}
		if by[w.Role] == nil {
			by[w.Role] = map[string]int64{}
			order = append(order, w.Role)
		}
		total[w.Role] += w.Edges
		for why, edges := range w.Spent {
			by[w.Role][why] += edges
		}
	}
	for i, role := range order {
		order[i] = role + " " + ranked(by[role], total[role])
	}
	return strings.Join(order, "; ")
}
