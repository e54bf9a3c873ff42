package experiments

import (
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"slices"
	"text/tabwriter"

	"nnsim/mapping"
	"nnsim/mapping/search"
)

// Ranked is how the reckoned costs of a layer's mappings stand to their simulated times.
type Ranked struct {
	Layer     string  `json:"layer"`
	Size      float64 `json:"points"`     // of the layer's space, legal or not
	Mappings  int     `json:"mappings"`   // simulated
	All       bool    `json:"all"`        // they are all there are
	Spearman  float64 `json:"spearman"`   // rank correlation of reckoned and simulated
	Error     float64 `json:"median_ape"` // of the reckoned cost
	Best      int64   `json:"best_cycles"`
	Cheapest  int64   `json:"cheapest_cycles"` // of the mapping that is cheapest by reckoning
	costs     []float64
	simulated []float64
}

// mostDraws: points drawn for each mapping wanted, since many may be illegal.
const mostDraws = 200

// Rank simulates mappings of each layer that has a choice, one layer at a time: all
// that there are if those are no more than so many, else that many drawn evenly.
// Layers alike are ranked once. The last entry, without a name, is of all together.
func (p *Prepared) Rank(each int, e Experiment) ([]Ranked, error) {
	s := &searcher{p: p, e: e, clock: p.Machine.Describe(p.Net.Precision).Clock}
	if p.Plan.Joint != nil {
		return s.rankJoint(p.Plan.Joint(), each)
	}
	seen := map[string]bool{}
	var list []Ranked
	all := Ranked{All: true}
	for i, lp := range p.Plan.Layers {
		if lp.Space == nil {
			continue
		}
		space := lp.Space()
		key := space.Key()
		if seen[key] {
			continue
		}
		seen[key] = true
		r, err := s.rank(i, space, each)
		if err != nil {
			return nil, err
		}
		list = append(list, r)
		all.costs, all.simulated = append(all.costs, r.costs...), append(all.simulated, r.simulated...)
		all.Size, all.Mappings, all.All = all.Size+r.Size, all.Mappings+r.Mappings, all.All && r.All
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("show: %s; there is nothing to rank", p.noChoice())
	}
	all.judge()
	return append(list, all), nil
}

// rank simulates mappings of a layer, the others as they are.
func (s *searcher) rank(layer int, space mapping.Space, each int) (Ranked, error) {
	r := Ranked{Layer: s.p.Plan.Layers[layer].Layer.Name, Size: search.Size(space.Axes())}
	points, all := somePoints(space, each, s.e.Seed)
	plans := make([]*mapping.Plan, len(points))
	for k, at := range points {
		plans[k] = s.p.Plan.With(map[int]*mapping.LayerPlan{layer: space.Plan(at)})
	}
	trials, err := s.simulateAll(plans)
	if err != nil {
		return r, err
	}
	for k, t := range trials {
		r.costs, r.simulated = append(r.costs, space.Cost(points[k])), append(r.simulated, t.layers[layer]*float64(s.clock))
	}
	r.Mappings, r.All = len(points), all
	r.judge()
	return r, nil
}

// somePoints are legal points of a space: all, if they are no more than so many, else drawn evenly.
func somePoints(s mapping.Space, most int, seed int64) (points [][]int, all bool) {
	axes := s.Axes()
	if size := search.Size(axes); size <= float64(most)*mostDraws {
		legal := search.Run(gatherer{s, func(at []int) { points = append(points, slices.Clone(at)) }}, search.Options{Method: search.Exhaustive, Budget: int(size)})
		if len(points) <= most && legal.Complete {
			return points, true
		}
		rng := rand.New(rand.NewPCG(uint64(seed), 1))
		rng.Shuffle(len(points), func(i, j int) { points[i], points[j] = points[j], points[i] })
		return points[:most], false
	}
	rng, at := rand.New(rand.NewPCG(uint64(seed), 1)), make([]int, len(axes))
	for tries := 0; tries < most*mostDraws && len(points) < most; tries++ {
		for i, n := range axes {
			at[i] = rng.IntN(n)
		}
		if !math.IsInf(s.Cost(at), 1) {
			points = append(points, slices.Clone(at))
		}
	}
	return points, false
}

// gatherer hands every legal point on.
type gatherer struct {
	mapping.Space
	to func(at []int)
}

func (g gatherer) Cost(at []int) float64 {
	cost := g.Space.Cost(at)
	if !math.IsInf(cost, 1) {
		g.to(at)
	}
	return cost
}

// judge works the figures out.
func (r *Ranked) judge() {
	if len(r.costs) == 0 {
		return
	}
	errors, cheapest := make([]float64, len(r.costs)), 0
	for i, c := range r.costs {
		errors[i] = math.Abs(c/max(r.simulated[i], 1) - 1)
		if c < r.costs[cheapest] {
			cheapest = i
		}
	}
	slices.Sort(errors)
	r.Error = errors[len(errors)/2]
	r.Best, r.Cheapest = int64(slices.Min(r.simulated)), int64(r.simulated[cheapest])
	r.Spearman = 1 // of mappings that all take as long nothing can be ranked
	if slices.Min(r.simulated) < slices.Max(r.simulated) {
		r.Spearman = spearman(r.costs, r.simulated)
	}
}

// WriteRanks prints them as a table.
func WriteRanks(w io.Writer, list []Ranked) error {
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprintf(t, "layer\tsimulated\trank correlation\tmedian error\tcycles of the cheapest by reckoning\tof the fastest\n")
	for _, r := range list {
		name, how := r.Layer, fmt.Sprintf("%d drawn of %.4g points", r.Mappings, r.Size)
		if r.All {
			how = fmt.Sprintf("all %d", r.Mappings)
		}
		if name == "" {
			fmt.Fprintf(t, "together\t%d\t%.3f\t%.1f %%\t\t\n", r.Mappings, r.Spearman, 100*r.Error)
			continue
		}
		fmt.Fprintf(t, "%s\t%s\t%.3f\t%.1f %%\t%d\t%d\n", name, how, r.Spearman, 100*r.Error, r.Cheapest, r.Best)
	}
	return t.Flush()
}
