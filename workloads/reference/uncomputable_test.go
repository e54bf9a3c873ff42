package reference_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"nnsim/workloads"
	"nnsim/workloads/reference"
)

// TestUncomputable: shapes, types and values that an operator does not take are no fault of a machine.
func TestUncomputable(t *testing.T) {
	ints := func(values ...int64) *workloads.Array {
		a := workloads.NewArray(workloads.Int64, workloads.Shape{len(values)})
		for i, v := range values {
			a.Set(i, float64(v))
		}
		return a
	}
	for _, in := range [][]*workloads.Array{{ints(1, 2), ints(1, 2, 3)}, {ints(4, 5), ints(1, 0)}} {
		_, err := reference.Eval(&workloads.Node{Name: "n", Op: "Div", Out: []*workloads.Tensor{{}}}, in)
		assert.ErrorAs(t, err, new(reference.Uncomputable))
	}
}
