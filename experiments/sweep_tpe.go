package experiments

import (
	"fmt"
	"math"
	"strconv"

	"github.com/c-bata/goptuna"
	"github.com/c-bata/goptuna/tpe"

	"nnsim/experiments/expr"
)

// treeParzen proposes with a tree-structured Parzen estimator: it models where
// good designs lie and where the others do, and proposes where the first is
// likely and the second is not. Axes of numbers are places; axes of words are categories.
//
// Source: [bergstra-2011], as the library goptuna has it.
type treeParzen struct {
	study *goptuna.Study
	axes  []*axis
	open  map[*float64]int // first element of a place → its trial
}

func newTPE(s *Sweep) (*treeParzen, error) {
	study, err := goptuna.CreateStudy("sweep", goptuna.StudyOptionLogger(silent{}),
		goptuna.StudyOptionSampler(tpe.NewSampler(tpe.SamplerOptionSeed(s.search.seed))))
	if err != nil {
		return nil, fmt.Errorf("search: %w", err)
	}
	t := &treeParzen{study: study, open: map[*float64]int{}}
	for _, i := range s.choices() {
		t.axes = append(t.axes, s.axes[i])
	}
	return t, nil
}

// propose asks for a trial. Trials that are never learned of stay open, which
// the estimator passes over.
func (t *treeParzen) propose() ([]float64, error) {
	id, err := t.study.Storage.CreateNewTrial(t.study.ID)
	if err != nil {
		return nil, fmt.Errorf("search: %w", err)
	}
	trial := goptuna.Trial{Study: t.study, ID: id}
	place := make([]float64, len(t.axes))
	for i, a := range t.axes {
		if place[i], err = suggest(&trial, a); err != nil {
			return nil, fmt.Errorf("search: %s: %w", a.name, err)
		}
	}
	t.open[&place[0]] = id
	return place, nil
}

// suggest asks for a place on one axis.
func suggest(trial *goptuna.Trial, a *axis) (float64, error) {
	if !a.words() {
		u, err := trial.SuggestFloat(a.name, 0, 1)
		return min(u, math.Nextafter(1, 0)), err
	}
	names := make([]string, len(a.values))
	for i := range names {
		names[i] = strconv.Itoa(i)
	}
	chosen, err := trial.SuggestCategorical(a.name, names)
	if err != nil {
		return 0, err
	}
	i, err := strconv.Atoi(chosen)
	return (float64(i) + 0.5) / float64(len(names)), err
}

// words tells an axis whose values have no order.
func (a *axis) words() bool {
	for _, v := range a.values {
		if _, ok := expr.Value(v).(float64); !ok {
			return true
		}
	}
	return false
}

// learn closes the trial of a place. A design without merits counts as the worst
// there can be; one found by chance has no trial and is not learned from.
func (t *treeParzen) learn(place, merits []float64) error {
	id, ok := t.open[&place[0]]
	if !ok {
		return nil
	}
	value := math.MaxFloat64
	if merits != nil {
		value = merits[0]
	}
	if err := t.study.Storage.SetTrialValue(id, value); err != nil {
		return fmt.Errorf("search: %w", err)
	}
	if err := t.study.Storage.SetTrialState(id, goptuna.TrialStateComplete); err != nil {
		return fmt.Errorf("search: %w", err)
	}
	return nil
}

// silent is a logger that says nothing.
type silent struct{}

func (silent) Debug(string, ...interface{}) {}
func (silent) Info(string, ...interface{})  {}
func (silent) Warn(string, ...interface{})  {}
func (silent) Error(string, ...interface{}) {}
