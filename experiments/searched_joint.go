package experiments

import (
	"fmt"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"nnsim/mapping"
	"nnsim/mapping/search"
)

// searchJoint searches the mappings of a plan whose layers share the machine. What the space
// finds best by reckoning is simulated, then points a step away from the best of what was
// simulated, and so on. The best plan by simulation is kept; one whose run would take longer
// than the default's is not, so that no search is worse in either.
func (p *Prepared) searchJoint(m mapped, e Experiment) error {
	if m.method != search.Auto {
		return fmt.Errorf("mapping: search: method=%s: the layers of %s share what it has and are mapped together, in a way of their own; leave method= out", m.method, p.Machine.Name())
	}
	j := &joined{searcher: searcher{mapped: m, p: p, e: e}, space: p.Plan.Joint(), seen: map[string]bool{}}
	usual, err := j.judge(p.Plan)
	if err != nil {
		return err
	}
	j.best = usual
	j.best.at = j.space.Chosen()
	j.seen[fmt.Sprint(j.best.at)] = true
	found := j.space.Best(m.budget, max(1, m.simulate))
	if err := j.try(usual, found.Points, m.simulate-m.simulate/2); err != nil {
		return err
	}
	for left := m.simulate / 2; left > 0; {
		before := j.tried
		if err := j.try(usual, j.best.plan.Joint().Near(j.best.at), min(width, left)); err != nil {
			return err
		}
		if left -= width; j.tried == before {
			break
		}
	}
	j.note(usual, found)
	p.Plan = j.best.plan
	return nil
}

// joined is a search of a joint space.
type joined struct {
	searcher
	space mapping.Joint
	seen  map[string]bool
	best  judged
	tried int // plans simulated
	full  int // points whose plans took more than there is
}

// judged is a plan that was simulated, and what it is judged by.
type judged struct {
	trial
	at      [][]int
	figures []float64
}

// try simulates so many points that were not tried before, the first first.
func (j *joined) try(usual judged, points [][][]int, most int) error {
	var fresh []judged
	for _, at := range points {
		if key := fmt.Sprint(at); len(fresh) < most && !j.seen[key] {
			j.seen[key] = true
			fresh = append(fresh, judged{at: at})
		}
	}
	j.tried += len(fresh)
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i := range fresh {
		group.Go(func() (err error) {
			plan, refused := j.space.Plan(fresh[i].at)
			if refused != nil {
				return nil // reckoning knows less of what a plan takes
			}
			at := fresh[i].at
			fresh[i], err = j.judge(plan)
			fresh[i].at = at
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	for _, one := range fresh {
		switch {
		case one.plan == nil:
			j.full++
		case one.seconds <= usual.seconds && slices.Compare(one.figures, j.best.figures) < 0:
			j.best = one
		}
	}
	return nil
}

// judge simulates a plan.
func (j *joined) judge(plan *mapping.Plan) (one judged, err error) {
	if one.trial, err = j.simulate1(plan); err != nil {
		return one, err
	}
	one.figures, err = j.space.Measure(plan)
	return one, err
}

// note says what the search did.
func (j *joined) note(usual judged, found mapping.Found) {
	var moved []string
	for i, name := range j.space.Figures() {
		moved = append(moved, fmt.Sprintf("%.6g %s became %.6g", usual.figures[i], name, j.best.figures[i]))
	}
	proven := ""
	if found.Proven {
		proven = ", of which none has fewer " + j.space.Figures()[0]
	}
	j.p.notes = append(j.p.notes, fmt.Sprintf("mapping: of %.4g mappings of all layers together%s, %d were reckoned and %d plans simulated; %d layers changed, %s",
		usual.plan.JointSize(), proven, found.Tried, j.tried-j.full+1, changed(usual.plan, j.best.plan), strings.Join(moved, ", ")))
}

// changed is the number of layers that two plans map otherwise.
func changed(a, b *mapping.Plan) (count int) {
	for i, lp := range b.Layers {
		if lp.String() != a.Layers[i].String() {
			count++
		}
	}
	return count
}
