package reference

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"nnsim/workloads"
)

// resized evaluates a Resize of one image; scales or sizes are of its four axes.
func resized(t *testing.T, op string, attr workloads.Attrs, h, w int, values, scales []float32) ([]float32, error) {
	t.Helper()
	x := workloads.NewArray(workloads.FP32, workloads.Shape{1, 1, h, w})
	copy(x.F, values)
	s := workloads.NewArray(workloads.FP32, workloads.Shape{len(scales)})
	copy(s.F, scales)
	in := []*workloads.Array{x, nil, s}
	if op == "Upsample" {
		in = []*workloads.Array{x, s}
	}
	n := &workloads.Node{Name: "r", Op: op, Attr: attr, Out: []*workloads.Tensor{{Name: "y"}}}
	for range in {
		n.In = append(n.In, nil)
	}
	out, err := Eval(n, in)
	if err != nil {
		return nil, err
	}
	return out[0].F, nil
}

// TestResize: values of the operator's own documentation.
func TestResize(t *testing.T) {
	for name, c := range map[string]struct {
		op   string
		attr workloads.Attrs
		w    int
		by   float32
		want []float32
	}{
		"nearest":         {"Resize", workloads.Attrs{}, 2, 2, []float32{1, 1, 2, 2, 1, 1, 2, 2, 3, 3, 4, 4, 3, 3, 4, 4}},
		"old nearest":     {"Upsample", workloads.Attrs{"opset": int64(9)}, 2, 2, []float32{1, 1, 2, 2, 1, 1, 2, 2, 3, 3, 4, 4, 3, 3, 4, 4}},
		"linear":          {"Resize", workloads.Attrs{"mode": "linear"}, 2, 2, []float32{1, 1.25, 1.75, 2, 1.5, 1.75, 2.25, 2.5, 2.5, 2.75, 3.25, 3.5, 3, 3.25, 3.75, 4}},
		"corners aligned": {"Resize", workloads.Attrs{"mode": "linear", "coordinate_transformation_mode": "align_corners"}, 2, 1.5, []float32{1, 1.5, 2, 2, 2.5, 3, 3, 3.5, 4}},
		"halved":          {"Resize", workloads.Attrs{"mode": "linear"}, 4, 0.5, []float32{1.5, 3.5}},
	} {
		values := []float32{1, 2, 3, 4}
		got, err := resized(t, c.op, c.attr, len(values)/c.w, c.w, values, []float32{1, 1, map[bool]float32{true: 1, false: c.by}[c.w == 4], c.by})
		require.NoError(t, err, name)
		assert.InDeltaSlice(t, c.want, got, 1e-6, name)
	}
}

// TestResizeRefuses: attributes and inputs that say nothing, or two things.
func TestResizeRefuses(t *testing.T) {
	for want, c := range map[string]struct {
		attr   workloads.Attrs
		scales []float32
	}{
		"attribute mode is \"area\"":              {workloads.Attrs{"mode": "area"}, []float32{1, 1, 2, 2}},
		"attribute nearest_mode is \"up\"":        {workloads.Attrs{"nearest_mode": "up"}, []float32{1, 1, 2, 2}},
		"coordinate_transformation_mode is \"x\"": {workloads.Attrs{"coordinate_transformation_mode": "x"}, []float32{1, 1, 2, 2}},
		"neither scales nor sizes":                {workloads.Attrs{}, nil},
		"2 numbers for 4 axes":                    {workloads.Attrs{}, []float32{2, 2}},
		"a scale of 0":                            {workloads.Attrs{}, []float32{1, 1, 0, 1}},
		"a scale of -1":                           {workloads.Attrs{}, []float32{1, 1, -1, 1}},
		"axis 7 is outside":                       {workloads.Attrs{"axes": []int64{7, 2}}, []float32{2, 2}},
	} {
		_, err := resized(t, "Resize", c.attr, 2, 2, []float32{1, 2, 3, 4}, c.scales)
		assert.ErrorContains(t, err, want)
	}
}
