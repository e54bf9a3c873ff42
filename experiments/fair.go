package experiments

import (
	"fmt"
	"strings"

	"nnsim/arch"
	"nnsim/workloads"
)

// Fair gives experiments that name no data type the same one, as far as their
// machines multiply it: of the machines' native types and the usual ones, the one
// that most of them take, the first machine's before the second's. A machine that
// does not take it keeps its own; notes say which and why.
func Fair(list []Experiment) (fair []Experiment, notes []string, err error) {
	machines := make([]arch.Machine, len(list))
	for i, e := range list {
		if machines[i], err = OpenDevice(e.Device, e.Sets); err != nil {
			return nil, nil, err
		}
		work, err := OpenWorkload(e.Workload, e.Seed)
		if err != nil {
			return nil, nil, err
		}
		if work.Graph == nil || work.Precision != nil {
			return list, nil, nil // nothing is multiplied, or the user has said in what
		}
	}
	common := commonPrecision(machines)
	fair = append(fair, list...)
	for i, m := range machines {
		p, refusal := common, m.Supports(common)
		if refusal != nil {
			p = m.Native()
			why, _, _ := strings.Cut(refusal.Error(), ";")
			notes = append(notes, fmt.Sprintf("%s runs in %v: %s", m.Name(), p, why))
		}
		fair[i].Workload += fmt.Sprintf(",dtype=%v", p)
	}
	return fair, notes, nil
}

// commonPrecision is the one that most machines multiply.
func commonPrecision(machines []arch.Machine) (best workloads.Precision) {
	var candidates []workloads.Precision
	for _, m := range machines {
		candidates = append(candidates, m.Native())
	}
	for _, t := range []workloads.DType{workloads.Int8, workloads.FP16, workloads.BF16, workloads.FP32, workloads.Int16} {
		candidates = append(candidates, workloads.Precision{Weight: t, Act: t})
	}
	most := 0
	for _, p := range candidates {
		n := 0
		for _, m := range machines {
			if m.Supports(p) == nil {
				n++
			}
		}
		if n > most {
			best, most = p, n
		}
	}
	return best
}
