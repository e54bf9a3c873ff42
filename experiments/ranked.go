package experiments

import (
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"slices"
	"text/tabwriter"

	"nnsim/arch"
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

	number int // of the layer
	space  mapping.Space
	points [][]int // simulated
}

// mostDraws: points drawn for each mapping wanted, since many may be illegal.
const mostDraws = 200

// Rank simulates mappings of each layer that has a choice: all that there are if those are no
// more than so many, else that many drawn evenly. Layers alike are ranked once. Then it does so
// with chains of layers, one chain at a time. The last entry, without a name, is of all together.
func (p *Prepared) Rank(each int, e Experiment) ([]Ranked, error) {
	s := &searcher{p: p, e: e, clock: p.Machine.Describe(p.Net.Precision).Clock}
	if p.Plan.Joint != nil {
		return s.rankJoint(p.Plan.Joint(), each)
	}
	seen := map[string]bool{}
	var list []Ranked
	for i, lp := range p.Plan.Layers {
		if lp.Space == nil {
			continue
		}
		space := lp.Space()
		if key := space.Key(); !seen[key] {
			seen[key] = true
			r := Ranked{Layer: lp.Layer.Name, Size: search.Size(space.Axes()), number: i, space: space}
			r.points, r.All = somePoints(space, each, e.Seed)
			r.Mappings = len(r.points)
			list = append(list, r)
		}
	}
	if err := s.rank(list); err != nil {
		return nil, err
	}
	if r, err := s.rankChains(each); err != nil {
		return nil, err
	} else if r.Mappings > 0 {
		list = append(list, r)
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("show: %s; there is nothing to rank", p.noChoice())
	}
	all := Ranked{All: true}
	for i := range list {
		r := &list[i]
		r.judge()
		all.costs, all.simulated = append(all.costs, r.costs...), append(all.simulated, r.simulated...)
		all.Size, all.Mappings, all.All = all.Size+r.Size, all.Mappings+r.Mappings, all.All && r.All
	}
	all.judge()
	return append(list, all), nil
}

// rank simulates the points of each layer, the others as they are; where layers meet at their ends
// alone, of every second or later layer in the same runs.
func (s *searcher) rank(list []Ranked) error {
	serial, ok := s.p.Machine.(arch.Serial)
	var rounds [][]*Ranked
next:
	for i := range list {
		r := &list[i]
		for k, round := range rounds {
			if ok && serial.Serial() && r.number > round[len(round)-1].number+1 {
				rounds[k] = append(round, r)
				continue next
			}
		}
		rounds = append(rounds, []*Ranked{r})
	}
	for _, round := range rounds {
		if err := s.together(round); err != nil {
			return err
		}
	}
	return nil
}

// together simulates layers' first points in one run, their second in the next, and so on; a layer
// that has no more is as it was.
func (s *searcher) together(round []*Ranked) error {
	var plans []*mapping.Plan
	for k := 0; ; k++ {
		layers := map[int]*mapping.LayerPlan{}
		for _, r := range round {
			if k < len(r.points) {
				layers[r.number] = r.space.Plan(r.points[k])
			}
		}
		if len(layers) == 0 {
			break
		}
		plans = append(plans, s.p.Plan.With(layers))
	}
	trials, err := s.simulateAll(plans)
	if err != nil {
		return err
	}
	for _, r := range round {
		for k, at := range r.points {
			r.costs, r.simulated = append(r.costs, r.space.Cost(at)), append(r.simulated, trials[k].layers[r.number]*float64(s.clock))
		}
	}
	return nil
}

// rankChains simulates chains of layers, each in the default plan of the others.
func (s *searcher) rankChains(each int) (Ranked, error) {
	r := Ranked{Layer: "chains of layers"}
	placer, ok := s.p.Machine.(arch.Placer)
	if !ok || len(s.p.Plan.Chains) > 0 {
		return r, nil
	}
	chains := mapping.Chains(s.p.Net, s.p.Plan)
	r.Size, r.All = float64(len(chains)), len(chains) <= each
	rng := rand.New(rand.NewPCG(uint64(s.e.Seed), 1))
	rng.Shuffle(len(chains), func(i, j int) { chains[i], chains[j] = chains[j], chains[i] })
	chains = chains[:min(each, len(chains))]
	plans := make([]*mapping.Plan, len(chains))
	for k, c := range chains {
		var err error
		if plans[k], err = placer.PlanBy(s.p.Net, mapping.Rule{Chains: []mapping.Chain{c.Chain}}); err != nil {
			return r, err
		}
	}
	trials, err := s.simulateAll(plans)
	if err != nil {
		return r, err
	}
	for k, t := range trials {
		r.costs, r.simulated = append(r.costs, chains[k].Cost), append(r.simulated, t.of(chains[k].Chain)*float64(s.clock))
	}
	r.Mappings = len(chains)
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
