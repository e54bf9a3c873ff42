package experiments

import (
	"math"
	"math/rand/v2"
	"slices"
	"sort"
)

// nsga2 proposes by evolution: parents are drawn from the best designs so far, by
// front and then by distance to their neighbours; children are crossed and mutated.
//
// Source: [deb-2002]; crossover and mutation are its simulated binary crossover
// and polynomial mutation, with its indices.
type nsga2 struct {
	chance     *rand.Rand
	axes, size int
	archive    []individual
	parents    []individual // the best of the archive, best first; made anew after each round
}

// individual is a design that has been evaluated; merits nil where it failed.
type individual struct {
	place  []float64
	merits []float64
	rank   int
	crowd  float64
}

// Distribution indices of Deb 2002, section V.
const (
	crossIndex  = 20
	mutateIndex = 20
	crossShare  = 0.9 // of pairs that are crossed
)

func newNSGA2(axes, size int, seed int64) *nsga2 {
	return &nsga2{chance: rand.New(rand.NewPCG(uint64(seed), 3)), axes: axes, size: size}
}

func (e *nsga2) learn(place, merits []float64) {
	e.archive = append(e.archive, individual{place: place, merits: merits})
	e.parents = nil
}

func (e *nsga2) propose() []float64 {
	child := make([]float64, e.axes)
	if e.parents == nil {
		e.parents = selected(e.archive, e.size)
	}
	if len(e.parents) < 2 {
		for i := range child {
			child[i] = e.chance.Float64()
		}
		return child
	}
	a, b := e.tournament(), e.tournament()
	copy(child, a.place)
	if e.chance.Float64() < crossShare {
		for i := range child {
			if e.chance.Float64() < 0.5 {
				child[i] = cross(a.place[i], b.place[i], e.chance.Float64(), e.chance.Float64() < 0.5)
			}
		}
	}
	for i := range child {
		if e.chance.Float64() < 1/float64(e.axes) {
			child[i] += mutation(e.chance.Float64())
		}
		child[i] = min(max(child[i], 0), math.Nextafter(1, 0))
	}
	return child
}

// tournament draws two parents and keeps the better, which stands before.
func (e *nsga2) tournament() individual {
	return e.parents[min(e.chance.IntN(len(e.parents)), e.chance.IntN(len(e.parents)))]
}

// cross is simulated binary crossover of one value.
func cross(a, b, u float64, first bool) float64 {
	beta := math.Pow(2*u, 1.0/(crossIndex+1))
	if u > 0.5 {
		beta = math.Pow(1/(2*(1-u)), 1.0/(crossIndex+1))
	}
	if !first {
		beta = -beta
	}
	return ((1+beta)*a + (1-beta)*b) / 2
}

// mutation is the step of polynomial mutation on an axis of length 1.
func mutation(u float64) float64 {
	if u < 0.5 {
		return math.Pow(2*u, 1.0/(mutateIndex+1)) - 1
	}
	return 1 - math.Pow(2*(1-u), 1.0/(mutateIndex+1))
}

// selected are the n best of an archive: by front, within a front the loneliest
// first. Designs without merits are never parents.
func selected(archive []individual, n int) []individual {
	left := slices.DeleteFunc(slices.Clone(archive), func(i individual) bool { return i.merits == nil })
	var best []individual
	for rank := 0; len(left) > 0 && len(best) < n; rank++ {
		merits := make([][]float64, len(left))
		for i := range left {
			merits[i] = left[i].merits
		}
		var now, later []individual
		for i, on := range front(merits) {
			left[i].rank = rank
			if on {
				now = append(now, left[i])
			} else {
				later = append(later, left[i])
			}
		}
		crowding(now)
		sort.SliceStable(now, func(i, j int) bool { return now[i].crowd > now[j].crowd })
		best, left = append(best, now...), later
	}
	return best[:min(n, len(best))]
}

// crowding is, for each of a front, the size of the box between its neighbours;
// infinite at the ends.
func crowding(list []individual) {
	if len(list) == 0 {
		return
	}
	order := make([]int, len(list))
	for m := range list[0].merits {
		for i := range order {
			order[i] = i
		}
		at := func(i int) float64 { return list[order[i]].merits[m] }
		sort.SliceStable(order, func(i, j int) bool { return list[order[i]].merits[m] < list[order[j]].merits[m] })
		last := len(order) - 1
		list[order[0]].crowd, list[order[last]].crowd = math.Inf(1), math.Inf(1)
		if at(last) == at(0) {
			continue
		}
		for i := 1; i < last; i++ {
			list[order[i]].crowd += (at(i+1) - at(i-1)) / (at(last) - at(0))
		}
	}
}
