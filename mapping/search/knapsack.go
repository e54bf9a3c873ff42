package search

import (
	"cmp"
	"math"
	"slices"
)

// Knapsack is a multiple-choice knapsack: one item is picked of each group, so that what
// all of them take of each resource stays within its limit, and their costs are least.
//
// It is solved by branch and bound. Lagrange multipliers, found once, bound what the groups
// that are left still cost and still take [fisher-1981]; what they make the lightest items is
// tried first, then, pass by pass, what strays from it more and more [harvey-ginsberg-1995].
type Knapsack struct {
	Groups [][]Item
	Limits []float64 // by resource
}

// Item is one of a group: what it costs, and what it takes of each resource.
type Item struct {
	Cost  float64
	Takes []float64
}

// Picked is what a knapsack was filled with.
type Picked struct {
	Items  []int // of each group; nil where nothing fits, or was found
	Cost   float64
	Tried  int  // items put in
	Proven bool // nothing cheaper fits
}

// Fill solves the knapsack with so many tries at most. Any stops at the first solution.
func (k *Knapsack) Fill(budget int, any bool) Picked {
	f := &filling{limits: k.Limits, budget: budget, any: any, best: Picked{Cost: math.Inf(1)}}
	for g, items := range k.Groups {
		one := group{number: g, items: k.useful(items)}
		if len(one.items) == 0 {
			f.best.Proven = true
			return f.best
		}
		f.groups = append(f.groups, one)
	}
	f.weigh()
	f.at = make([]int, len(f.groups))
	for stray := 0; !f.best.Proven; stray = 2*stray + 1 {
		f.strayed = false
		if !f.put(0, 0, make([]float64, len(f.limits)), stray) {
			break
		}
		f.best.Proven = !f.strayed
	}
	return f.best
}

// group is what is left of a group: items that some other is not better than in everything.
type group struct {
	number int
	items  []entry
}

type entry struct {
	Item
	number int
	weight float64 // cost and multipliers times what it takes
}

// useful leaves out items that alone are too much, and those that another replaces.
func (k *Knapsack) useful(items []Item) (list []entry) {
	for i, it := range items {
		good := within(it.Takes, k.Limits)
		for j := 0; good && j < len(items); j++ {
			good = j == i || !replaces(items[j], it, j < i)
		}
		if good {
			list = append(list, entry{Item: it, number: i})
		}
	}
	return list
}

// replaces tells whether a is as good as b in everything and better in something; of equals the first stays.
func replaces(a, b Item, first bool) bool {
	better := a.Cost < b.Cost
	if a.Cost > b.Cost {
		return false
	}
	for r := range a.Takes {
		if a.Takes[r] > b.Takes[r] {
			return false
		}
		better = better || a.Takes[r] < b.Takes[r]
	}
	return better || first
}

// within tells whether what is taken is there, but for what sums of fractions round.
func within(takes, limits []float64) bool {
	for r, n := range takes {
		if n > limits[r]+1e-9*math.Abs(limits[r]) {
			return false
		}
	}
	return true
}

// filling is a knapsack being filled.
type filling struct {
	groups []group
	limits []float64
	budget int
	any    bool
	at     []int
	best   Picked

	strayed bool // something was left out as straying too far

	price, room []float64   // multipliers: of cost, and of room alone
	cost, take  []float64   // by group: what it and those behind it weigh at least, by price and by room
	least       [][]float64 // by group, by resource: what they take at least
}

// weigh finds the multipliers, and the bounds that follow from them.
func (f *filling) weigh() {
	f.price = f.multipliers(func(e *entry) float64 { return e.Cost })
	f.room = f.multipliers(func(*entry) float64 { return 0 })
	spread := map[int]float64{}
	for _, g := range f.groups {
		low, high := math.Inf(1), math.Inf(-1)
		for i := range g.items {
			e := &g.items[i]
			e.weight = e.Cost + dot(f.price, e.Takes)
			low, high = min(low, e.weight), max(high, e.weight)
		}
		spread[g.number] = high - low
		slices.SortStableFunc(g.items, func(a, b entry) int { return cmp.Compare(a.weight, b.weight) })
	}
	slices.SortStableFunc(f.groups, func(a, b group) int { return cmp.Compare(spread[b.number], spread[a.number]) })
	n := len(f.groups)
	f.cost, f.take, f.least = make([]float64, n+1), make([]float64, n+1), make([][]float64, n+1)
	f.least[n] = make([]float64, len(f.limits))
	for d := n - 1; d >= 0; d-- {
		cost, take, least := math.Inf(1), math.Inf(1), slices.Repeat([]float64{math.Inf(1)}, len(f.limits))
		for i := range f.groups[d].items {
			e := &f.groups[d].items[i]
			cost, take = min(cost, e.weight), min(take, dot(f.room, e.Takes))
			for r, t := range e.Takes {
				least[r] = min(least[r], t)
			}
		}
		f.cost[d], f.take[d], f.least[d] = f.cost[d+1]+cost, f.take[d+1]+take, least
		for r := range least {
			f.least[d][r] += f.least[d+1][r]
		}
	}
}

// ascents is the steps in which multipliers rise to where their bound is sharp.
const ascents = 200

// multipliers are prices of the resources at which the cheapest items, each for itself,
// cost as much as they can: a resource that they exceed becomes dearer, one they leave
// cheaper, in steps that shrink. The best of all steps is kept.
func (f *filling) multipliers(cost func(*entry) float64) []float64 {
	now, best, sharpest := make([]float64, len(f.limits)), make([]float64, len(f.limits)), math.Inf(-1)
	scale := 0.0
	for _, g := range f.groups {
		for i := range g.items {
			scale = max(scale, cost(&g.items[i]))
		}
	}
	scale = max(scale*float64(len(f.groups)), 1)
	for step := range ascents {
		bound := -dot(now, f.limits)
		over := make([]float64, len(f.limits))
		for r, l := range f.limits {
			over[r] = -l
		}
		for _, g := range f.groups {
			lightest, weight := 0, math.Inf(1)
			for i := range g.items {
				if w := cost(&g.items[i]) + dot(now, g.items[i].Takes); w < weight {
					lightest, weight = i, w
				}
			}
			bound += weight
			for r, t := range g.items[lightest].Takes {
				over[r] += t
			}
		}
		if bound > sharpest {
			sharpest = bound
			copy(best, now)
		}
		for r, l := range f.limits {
			if l > 0 {
				now[r] = max(0, now[r]+scale/l*over[r]/l*4/float64(step+4))
			}
		}
	}
	return best
}

func dot(a, b []float64) (sum float64) {
	for i := range a {
		sum += a[i] * b[i]
	}
	return sum
}

// put goes through the items of a group with those before it in the knapsack; an item may be
// so many places behind the lightest, for all groups in sum. False: the tries are used up, or the
// first solution was enough.
func (f *filling) put(depth int, cost float64, taken []float64, stray int) bool {
	if depth == len(f.groups) {
		if cost >= f.best.Cost {
			return true
		}
		f.best.Cost, f.best.Items = cost, make([]int, depth)
		for d, g := range f.groups {
			f.best.Items[g.number] = g.items[f.at[d]].number
		}
		return !f.any
	}
	after := make([]float64, len(taken))
	for i := range f.groups[depth].items {
		e := &f.groups[depth].items[i]
		if i > stray {
			f.strayed = true
			break
		}
		if f.best.Tried >= f.budget {
			return false
		}
		f.best.Tried++
		for r, t := range e.Takes {
			after[r] = taken[r] + t
		}
		if f.hopeless(depth+1, cost+e.Cost, after) {
			continue
		}
		f.at[depth] = i
		if !f.put(depth+1, cost+e.Cost, after, stray-i) {
			return false
		}
	}
	return true
}

// hopeless tells that the groups that are left cannot fit, or not below the best cost.
func (f *filling) hopeless(depth int, cost float64, taken []float64) bool {
	for r, t := range taken {
		if t+f.least[depth][r] > f.limits[r]+1e-9*math.Abs(f.limits[r]) {
			return true
		}
	}
	slack := 1e-9 * math.Abs(dot(f.room, f.limits))
	if dot(f.room, taken)+f.take[depth] > dot(f.room, f.limits)+slack {
		return true
	}
	if math.IsInf(f.best.Cost, 1) {
		return false
	}
	bound := cost + dot(f.price, taken) + f.cost[depth] - dot(f.price, f.limits)
	return bound >= f.best.Cost-1e-12*math.Abs(f.best.Cost)
}
