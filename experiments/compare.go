package experiments

import (
	"context"
	"errors"

	"golang.org/x/sync/errgroup"

	"nnsim/results"
)

// check finds bad input without searching for mappings.
func (e Experiment) check() error {
	if m, err := parseMapping(e.Mapping); err != nil {
		return err
	} else if m.search {
		e.Mapping = "default"
	}
	_, err := e.Prepare()
	return err
}

// Compare runs experiments side by side, so many at a time, in the order given.
// Where one fails a check, its report is among the results and the error is the
// first such Failure; bad input stops everything.
func Compare(ctx context.Context, list []Experiment, workers int) ([]*results.Run, error) {
	for _, e := range list { // bad input shows before minutes of work
		if err := e.check(); err != nil {
			return nil, err
		}
	}
	runs, failed := make([]*results.Run, len(list)), make([]error, len(list))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(max(1, workers))
	for i, e := range list {
		group.Go(func() error {
			run, err := e.Run(ctx)
			runs[i] = run
			if errors.As(err, new(Failure)) {
				failed[i] = err
				return nil
			}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	var complete []*results.Run
	for _, run := range runs {
		if run != nil { // a deadlock leaves no report
			complete = append(complete, run)
		}
	}
	for _, err := range failed {
		if err != nil {
			return complete, err
		}
	}
	return complete, nil
}
