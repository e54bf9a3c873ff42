package archtest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"nnsim/arch"
	"nnsim/workloads"
	"nnsim/workloads/catalog"
)

// draws is the number of random operators run on each variation of a machine.
const draws = 12

// random runs operators of random extents on every variation of a machine; those
// that the machine refuses are counted, and must be few.
func random(t *testing.T, d Device) {
	count := draws
	if testing.Short() {
		count = 2
	}
	for i, sets := range append([][]string{nil}, d.Variations...) {
		m := opened(t, d, sets...)
		rng := rand.New(rand.NewPCG(uint64(i), 1))
		refused := 0
		for range count {
			w := drawn(rng)
			_, err := Checked(m, w, m.Native(), arch.Full)
			if errors.As(err, new(refusal)) {
				refused++
			} else if err != nil {
				t.Errorf("%v: %s: %v", sets, w.Name, err)
			}
		}
		if refused > count/2 {
			t.Errorf("%v: the machine refused %d of %d small operators", sets, refused, count)
		}
	}
}

// drawn is a random operator; its name is the string that runs it again.
func drawn(rng *rand.Rand) Workload {
	upTo := func(n int) int { return 1 + rng.IntN(n) }
	spec := fmt.Sprintf("gemm:m=%d,n=%d,k=%d,batch=%d", upTo(60), upTo(40), upTo(50), upTo(3))
	if rng.IntN(3) > 0 {
		groups := []int{1, 1, 2, 3, 8}[rng.IntN(5)]
		r, s, dil, h, w := upTo(4), upTo(4), upTo(2), upTo(12), upTo(12)
		h, w = max(h, (r-1)*dil+1), max(w, (s-1)*dil+1)
		spec = fmt.Sprintf("conv:n=%d,c=%d,h=%d,w=%d,k=%d,r=%d,s=%d,stride=%d,pad=%d,dil=%d,groups=%d",
			upTo(3), groups*upTo(6), h, w, groups*upTo(7), r, s, upTo(3), rng.IntN(3), dil, groups)
	}
	return Workload{Name: spec, Build: func() (*workloads.Graph, error) {
		w, err := catalog.Open(spec, catalog.Defaults{Seed: 1})
		if err != nil {
			return nil, err
		}
		return w.Graph, nil
	}}
}
