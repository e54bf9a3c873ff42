package experiments

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// fine is a spec with nothing wrong; each case replaces a part of it.
const fine = `about: a spec
device: tiny-4x4
workload: "gemm:m=9,n=10,k=11"
set: {array.dataflow: ws}
axes:
  array.rows: [2, 4]
objectives: [seconds min]
`

func TestFineIsFine(t *testing.T) {
	_, err := ParseSweep("spec.yaml", []byte(fine))
	assert.NoError(t, err)
}

// An axis may give what a workload lacks: an option, or an extent that its file leaves open.
func TestAxisCompletesWorkload(t *testing.T) {
	const relu = "\x08\x08\x12\x05nnsim:<\x0a\x0c\x0a\x01x\x12\x01y\x22\x04Relu\x12\x01gZ\x1e\x0a\x01x\x12\x19\x0a\x17\x08\x01\x12\x13\x0a\x03\x12\x01N\x0a\x02\x08\x02\x0a\x03\x12\x01H\x0a\x03\x12\x01Wb\x09\x0a\x01y\x12\x04\x0a\x02\x08\x01B\x04\x0a\x00\x10\x0d" // of N × 2 × H × W
	path := filepath.Join(t.TempDir(), "open.onnx")
	assert.NoError(t, os.WriteFile(path, []byte(relu), 0o600))
	for _, c := range [][2]string{{`"gemm:m=9,n=10"`, "workload.k: [3, 4]"}, {path + ",dim.H=6", "workload.dim.W: [3, 4]"}} {
		text := strings.NewReplacer(`"gemm:m=9,n=10,k=11"`, c[0], "array.rows: [2, 4]", c[1]).Replace(fine)
		_, err := ParseSweep("spec.yaml", []byte(text))
		assert.NoError(t, err, c[0])
	}
}

// TestSpecRefuses: what is wrong with a spec is one line that names the place,
// the value and the remedy.
func TestSpecRefuses(t *testing.T) {
	axis := "  array.rows: [2, 4]"
	for _, c := range []struct{ old, new, want string }{
		{fine, "", "spec.yaml: is empty"},
		{fine, "- 1", "spec.yaml:1: is no mapping"},
		{fine, "a: [", "not valid YAML"},
		{"about:", "---\nx: 1\n---\nabout:", "second document"},
		{"objectives", "objectiv", `spec.yaml:7: objectiv: there is no such key; did you mean "objectives"?`},
		{"about: a spec", "device: tpu-v1", "given twice"},
		{"device: tiny-4x4\n", "", "device: missing"},
		{`workload: "gemm:m=9,n=10,k=11"`, "", "workload: missing"},
		{"tiny-4x4", "tiny-4x5", "did you mean"},
		{"tiny-4x4", "[]", "has no values"},
		{"tiny-4x4", "[tiny-4x4, tiny-4x4]", "given twice"},
		{`"gemm:m=9,n=10,k=11"`, "resnet51", "did you mean"},
		{`"gemm:m=9,n=10,k=11"`, `"gemm:m=9,n=10,q=11"`, "q"},
		{"array.dataflow: ws", "array.dataflow: wt", "did you mean"},
		{"array.dataflow: ws", "array.dataflw: ws", "did you mean"},
		{"array.dataflow: ws", "array.dataflow: [ws]", "no single value"},
		{"array.rows:", "array.row:", `did you mean "array.rows"`},
		{"[2, 4]", "[]", "axes.array.rows: has no values"},
		{"[2, 4]", "[2, 0]", "must be at least 1"},
		{"[2, 4]", "[2, two]", "write a whole number"},
		{"[2, 4]", "[2, 2]", "2 is given twice"},
		{"[2, 4]", "{pow: [2, 4]}", `did you mean "pow2"`},
		{"[2, 4]", "{pow2: [3, 9]}", "no power of two"},
		{"[2, 4]", "{range: [4, 2]}", "write the smaller one first"},
		{"[2, 4]", "{range: [1, 2 MiB]}", "two numbers or two quantities"},
		{"[2, 4]", "{range: [1 MHz, 2 MiB]}", "two numbers or two quantities"},
		{"[2, 4]", "{range: [1, 2, 3]}", "write two bounds"},
		{"[2, 4]", "{range: [1, 9], step: 0}", "step above 0"},
		{"[2, 4]", "{range: [1, 9], step: 2, points: 3}", "both step and points"},
		{"[2, 4]", "{log: [0, 9], points: 3}", "begins above 0"},
		{"[2, 4]", "{log: [1, 9], step: 3}", "does not go with log"},
		{"[2, 4]", "{log: [1, 9]}", "has no end of values"},
		{"[2, 4]", "{range: [1, 9], points: 0}", "whole number from 1"},
		{"[2, 4]", "{step: 3}", "has no values"},
		{"[2, 4]", "{of: 16 / array.col}", "no axis and no key"},
		{"[2, 4]", "{of: 16 /}", "missing before"},
		{axis, "  workload.batchs: [1, 2]", "batch"},
		{axis, "  array.rows: {range: [1, 2000]}\n  array.cols: {range: [1, 2000]}", "the grid has 4e+06 points"},
		{"objectives: [seconds min]", "objectives: [seconds]", "min or max"},
		{"objectives: [seconds min]", "objectives: [second min]", `did you mean "seconds"`},
		{"objectives: [seconds min]", "objectives: [host.wall_seconds min]", "differs from run to run"},
		{"objectives: [seconds min]", "objectives: [a min, b min, c min, d min]", "one to three"},
		{"objectives:", "constraints: [array.rows <]\nobjectives:", "missing before"},
		{"objectives:", "constraints: [array.rows < 1 < 2]\nobjectives:", "with and"},
		{"objectives:", "constraints: [array.rwos < 2]\nobjectives:", "no key of the devices either"},
		{"objectives:", "sample: {method: gird}\nobjectives:", `did you mean "grid"`},
		{"objectives:", "sample: {method: random}\nobjectives:", "sample.points: missing"},
		{"objectives:", "sample: {points: 4}\nobjectives:", "tries every point"},
		{"objectives:", "search: {method: tpe}\nobjectives:", "search.budget: missing"},
		{"objectives:", "search: {method: tpe, budget: 4}\nsample: {method: lhs, points: 4}\nobjectives:", "does not go with sample"},
		{"objectives: [seconds min]", "search: {method: tpe, budget: 4}\nobjectives: [seconds min, cycles min]", "tpe takes one objective"},
		{"objectives: [seconds min]", "search: {method: nsga2, budget: 4}", "objectives: missing"},
		{"about: a spec", "check: some", "write none, sample or full"},
		{"about: a spec", "seed: -1", "whole number from 0"},
		{"about: a spec", "about: &a b", "anchors"},
	} {
		text := strings.Replace(fine, c.old, c.new, 1)
		_, err := ParseSweep("spec.yaml", []byte(text))
		if assert.Error(t, err, c.new) {
			assert.Contains(t, err.Error(), c.want, c.new)
			assert.NotContains(t, err.Error(), "\n", c.new)
			assert.True(t, strings.HasPrefix(err.Error(), "spec.yaml"), err.Error())
		}
	}
}

// TestPointsRefuse: what shows only when the points are listed, before anything is simulated.
func TestPointsRefuse(t *testing.T) {
	for constraints, want := range map[string]string{
		"array.rows < 2":                 `none of 2 points keeps "array.rows < 2"`,
		"array.rows > 3, array.rows < 3": "none of 2 points keeps",
		"array.dataflow * 2 < 3":         "makes no sense",
		"array.rows":                     "not a condition",
	} {
		s, err := ParseSweep("spec.yaml", []byte(strings.Replace(fine, "objectives", "constraints: ["+constraints+"]\nobjectives", 1)))
		if !assert.NoError(t, err, constraints) {
			continue
		}
		_, err = s.points()
		assert.ErrorContains(t, err, want)
	}
	for _, text := range []string{"0/3", "4/3", "1", "a/b", "1/", "-1/2", "1/2/3"} {
		_, _, err := ParseShard(text)
		assert.ErrorContains(t, err, "such as 3/100", text)
	}
}

func FuzzParseSweep(f *testing.F) {
	f.Add(fine)
	f.Add(little)
	f.Fuzz(func(t *testing.T, text string) {
		if _, err := ParseSweep("spec.yaml", []byte(text)); err != nil && strings.ContainsAny(err.Error(), "\n\r") {
			t.Fatalf("two lines: %q", err)
		}
	})
}
