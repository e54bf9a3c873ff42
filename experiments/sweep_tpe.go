package experiments

import (
	"math"
	"math/rand/v2"
	"sort"

	"nnsim/experiments/expr"
)

// treeParzen proposes with a tree-structured Parzen estimator: for each axis it
// models where good designs lie, and where the others do, and of some draws from
// the first takes the one that is likeliest there and unlikeliest in the second.
// Axes of numbers are places from 0 to 1; axes of words are categories.
//
// Source: [bergstra-2011].
type treeParzen struct {
	chance *rand.Rand
	axes   []*axis
	seen   []individual // worst merits for designs that failed
}

const (
	tpeStartup    = 10  // designs drawn by chance before anything is modelled
	tpeCandidates = 24  // draws of which the best is taken
	tpeShare      = 0.1 // of the designs that count as good
	tpeMostGood   = 25
)

func newTPE(s *Sweep) *treeParzen {
	t := &treeParzen{chance: rand.New(rand.NewPCG(uint64(s.search.seed), 5))}
	for _, i := range s.choices() {
		t.axes = append(t.axes, s.axes[i])
	}
	return t
}

func (t *treeParzen) learn(place, merits []float64) {
	if merits == nil {
		merits = []float64{math.Inf(1)}
	}
	t.seen = append(t.seen, individual{place: place, merits: merits})
	sort.SliceStable(t.seen, func(i, j int) bool { return t.seen[i].merits[0] < t.seen[j].merits[0] })
}

func (t *treeParzen) propose() []float64 {
	place := make([]float64, len(t.axes))
	good := min(int(math.Ceil(tpeShare*float64(len(t.seen)))), tpeMostGood)
	for i, a := range t.axes {
		if len(t.seen) < tpeStartup {
			place[i] = t.chance.Float64()
			continue
		}
		below, above := newParzen(a, t.column(i, t.seen[:good])), newParzen(a, t.column(i, t.seen[good:]))
		best := math.Inf(-1)
		for range tpeCandidates {
			u := below.draw(t.chance)
			if gain := math.Log(below.density(u)) - math.Log(above.density(u)); gain > best {
				best, place[i] = gain, u
			}
		}
	}
	return place
}

func (t *treeParzen) column(axis int, list []individual) []float64 {
	out := make([]float64, len(list))
	for i, d := range list {
		out[i] = d.place[axis]
	}
	return out
}

// parzen is the density of places on one axis.
type parzen struct {
	weights []float64 // of a category each, summing to 1; nil on an axis of numbers
	means   []float64 // kernels of an axis of numbers, sorted, one of them the prior
	widths  []float64
}

func newParzen(a *axis, places []float64) parzen {
	if a.words() {
		p := parzen{weights: make([]float64, len(a.values))}
		for i := range p.weights {
			p.weights[i] = 1 / float64(len(places)+len(a.values)) // the prior: each once
		}
		for _, u := range places {
			p.weights[min(int(u*float64(len(a.values))), len(a.values)-1)] += 1 / float64(len(places)+len(a.values))
		}
		return p
	}
	p := parzen{means: append([]float64{0.5}, places...)}
	sort.Float64s(p.means)
	narrowest := 1 / min(100, float64(len(p.means))+1)
	for i, m := range p.means {
		width := max(m-p.before(i), p.after(i)-m)
		p.widths = append(p.widths, min(max(width, narrowest), 1))
	}
	return p
}

func (p parzen) before(i int) float64 {
	if i == 0 {
		return 0
	}
	return p.means[i-1]
}

func (p parzen) after(i int) float64 {
	if i == len(p.means)-1 {
		return 1
	}
	return p.means[i+1]
}

// draw is a place with the density's probability.
func (p parzen) draw(chance *rand.Rand) float64 {
	if p.weights != nil {
		u := chance.Float64()
		for i, w := range p.weights {
			if u -= w; u < 0 || i == len(p.weights)-1 {
				return (float64(i) + 0.5) / float64(len(p.weights))
			}
		}
	}
	for {
		i := chance.IntN(len(p.means))
		if u := p.means[i] + p.widths[i]*chance.NormFloat64(); u >= 0 && u < 1 {
			return u
		}
	}
}

// density is how likely a place is, kernels cut off at the ends of the axis.
func (p parzen) density(u float64) float64 {
	if p.weights != nil {
		return p.weights[min(int(u*float64(len(p.weights))), len(p.weights)-1)]
	}
	sum := 0.0
	for i, m := range p.means {
		z := (u - m) / p.widths[i]
		inside := normal((1-m)/p.widths[i]) - normal(-m/p.widths[i])
		sum += math.Exp(-z*z/2) / (p.widths[i] * math.Sqrt(2*math.Pi) * inside)
	}
	return sum / float64(len(p.means))
}

// normal is the distribution function of the standard normal.
func normal(z float64) float64 { return math.Erfc(-z/math.Sqrt2) / 2 }

// words tells an axis whose values have no order.
func (a *axis) words() bool {
	for _, v := range a.values {
		if _, ok := expr.Value(v).(float64); !ok {
			return true
		}
	}
	return false
}
