package experiments

import (
	"fmt"
	"math/rand/v2"
	"runtime"

	"golang.org/x/sync/errgroup"

	"nnsim/mapping"
)

// rankJoint simulates so many mappings of all layers together, drawn at random, and ranks them
// by each figure that plans are judged by.
func (s *searcher) rankJoint(space mapping.Joint, each int) ([]Ranked, error) {
	rng, seen := rand.New(rand.NewPCG(uint64(s.e.Seed), 1)), map[string]bool{}
	var points [][][]int
	for tries := 0; tries < each*mostDraws && len(points) < each; tries++ {
		at := space.Draw(rng)
		if key := fmt.Sprint(at); !seen[key] {
			seen[key] = true
			points = append(points, at)
		}
	}
	reckoned, measured := make([][]float64, len(points)), make([][]float64, len(points))
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	for k, at := range points {
		reckoned[k] = space.Reckon(at)
		group.Go(func() error {
			plan, refused := space.Plan(at)
			if refused != nil {
				return nil // reckoning knows less of what a plan takes
			}
			var err error
			measured[k], err = space.Measure(plan)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	var list []Ranked
	for f, name := range space.Figures() {
		r := Ranked{Layer: "all, " + name}
		for k := range points {
			if measured[k] != nil {
				r.costs, r.simulated = append(r.costs, reckoned[k][f]), append(r.simulated, measured[k][f])
			}
		}
		r.Size, r.Mappings = s.p.Plan.JointSize(), len(r.costs)
		r.judge()
		list = append(list, r)
	}
	return list, nil
}
