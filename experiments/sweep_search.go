package experiments

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"nnsim/unit/spell"
)

// searching says how a space is searched instead of sampled.
type searching struct {
	method        string // tpe or nsga2
	budget, round int
	seed          int64
}

// searchRound is how many designs a round has where the file does not say.
const searchRound = 16

// readSearch reads the search section.
func (s *Sweep) readSearch(f specFile, e entry) error {
	list, err := f.entries(e.value, e.key, []string{"method", "budget", "round", "seed"})
	if err != nil {
		return err
	}
	s.search = &searching{round: searchRound}
	for _, item := range list {
		n, where := int64(0), "search."+item.key
		switch item.key {
		case "method":
			methods := []string{"tpe", "nsga2"}
			if s.search.method, err = f.word(item, where); err == nil && !slices.Contains(methods, s.search.method) {
				err = f.fault(item.line, where, "%s: write tpe or nsga2%s", s.search.method, spell.DidYouMean(s.search.method, methods))
			}
		case "budget":
			n, err = f.whole(item, where, 1, 100_000)
			s.search.budget = int(n)
		case "round":
			n, err = f.whole(item, where, 2, 1000)
			s.search.round = int(n)
		case "seed":
			s.search.seed, err = f.whole(item, where, 0, 1<<53)
		}
		if err != nil {
			return err
		}
	}
	for key, missing := range map[string]bool{"method": s.search.method == "", "budget": s.search.budget == 0} {
		if missing {
			return f.fault(e.line, "search."+key, "missing; write for example {method: nsga2, budget: 200}")
		}
	}
	return nil
}

// checkSearch sees that a search knows what it looks for.
func (s *Sweep) checkSearch(f specFile) error {
	if s.search == nil {
		return nil
	}
	switch n := len(s.Objectives); {
	case s.sample.method != "grid" || s.sample.points > 0:
		return f.fault(0, "search", "does not go with sample; leave one of them out")
	case n == 0:
		return f.fault(0, "objectives", "missing; a search needs one, such as [seconds min]")
	case s.search.method == "tpe" && n > 1:
		return f.fault(0, "objectives", "tpe takes one objective, there are %d; write method: nsga2", n)
	case len(s.axes[1].values) > 1:
		return f.fault(s.axes[1].line, "workloads", "a search takes one workload, there are %d; write a sweep for each", len(s.axes[1].values))
	case len(s.choices()) == 0:
		return f.fault(0, "axes", "nothing to search; give an axis more than one value")
	}
	return nil
}

// choices are the axes that a search decides.
func (s *Sweep) choices() (list []int) {
	for i, a := range s.axes {
		if a.free() && (a.values == nil || len(a.values) > 1) {
			list = append(list, i)
		}
	}
	return list
}

// proposer suggests places on the axes, one for each of the search's choices in
// [0, 1), from what the designs before came to.
type proposer interface {
	propose() []float64
	// learn is told of each design of a round, in order.
	learn(place []float64, merits []float64)
}

// hunt is a search under way.
type hunt struct {
	sweep   *Sweep
	by      proposer
	chance  *rand.Rand
	seen    map[string]bool
	choices []int
}

// explore searches in rounds: a round is proposed, run as a sweep of its own and
// learned from. What is proposed depends only on the file and on reports, so a
// search that was stopped walks the same way again, out of the store.
func (s *Sweep) explore(ctx context.Context, how SweepRun) (*Table, error) {
	if how.Shards > 0 {
		return nil, fmt.Errorf("%s: search: each round depends on the one before, so it has no shards; leave --shard and --slurm out", s.Name)
	}
	by := s.newProposer()
	h := &hunt{s, by, rand.New(rand.NewPCG(uint64(s.search.seed), 4)), map[string]bool{}, s.choices()}
	c := &crew{sweep: s, how: how, total: s.search.budget, begun: time.Now()}
	t := &Table{Sweep: s}
	for len(t.Designs) < s.search.budget {
		round, places, err := h.round(min(s.search.round, s.search.budget-len(t.Designs)), len(t.Designs))
		if err != nil {
			return nil, err
		}
		if len(round) == 0 {
			break // the space is exhausted
		}
		if err := c.run(ctx, round); err != nil {
			return nil, err
		}
		t.Designs = append(t.Designs, round...)
		if slices.ContainsFunc(round, func(d Design) bool { return d.Status == "missing" }) {
			break // only looking: what comes next is not known
		}
		for i, d := range round {
			by.learn(places[i], d.merits)
		}
	}
	if len(t.Designs) == 0 {
		return nil, fmt.Errorf("%s: constraints: no design that keeps them was found in %d tries; change them or the axes", s.Name, 2*tries)
	}
	t.Simulated = c.simulated
	t.markFront()
	return t, nil
}

// tries is how often a new design is looked for by proposal, and then by chance.
const tries = 500

// round proposes up to n designs that are new and keep the constraints.
func (h *hunt) round(n, from int) (round []Design, places [][]float64, err error) {
	for attempt := 0; len(round) < n && attempt < 2*tries; attempt++ {
		var place []float64
		if attempt < tries {
			place = h.by.propose()
		} else {
			place = make([]float64, len(h.choices))
			for i := range place {
				place[i] = h.chance.Float64()
			}
		}
		p, broken, err := h.sweep.point(h.sweep.spread(h.choices, place))
		if err != nil {
			return nil, nil, err
		}
		if name := strings.Join(p, "\x00"); broken == "" && !h.seen[name] {
			h.seen[name] = true
			round = append(round, Design{Index: from + len(round), Point: p})
			places = append(places, place)
			attempt = -1
		}
	}
	return round, places, nil
}

// spread gives each axis its place: the chosen ones as given, the others their only value.
func (s *Sweep) spread(choices []int, place []float64) func(int) float64 {
	return func(axis int) float64 {
		if i := slices.Index(choices, axis); i >= 0 {
			return place[i]
		}
		return 0
	}
}

func (s *Sweep) newProposer() proposer {
	if s.search.method == "tpe" {
		return newTPE(s)
	}
	return newNSGA2(len(s.choices()), s.search.round, s.search.seed)
}
