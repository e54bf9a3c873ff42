package main

import (
	"bytes"
	"context"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"nnsim/experiments"
)

// command runs a command line in this process.
func command(args ...string) (code int, stdout, stderr string) {
	var out, err bytes.Buffer
	code = execute(context.Background(), args, &out, &err)
	return code, out.String(), err.String()
}

// wrong is one command line that cannot be run, and what its error must name.
type wrong struct {
	args string // split at blanks; ␣ stands for a blank in an argument
	want string // parts of the error, | between them
}

// commands that are wrong by themselves.
var wrongWords = []wrong{
	{"rnu resnet50", `"rnu"|run`},
	{"run", "workload"},
	{"run resnet50", "device"},
	{"run resnet50 alexnet --device tiny-4x4", `"alexnet"`},
	{"run resnet50 --device", "device"},
	{"run resnet50 --devise tpu-v1", "--devise|--device"},
	{"run resnet50 --device tpu-v11", `"tpu-v11"|tpu-v1`},
	{"run resnet50 --device nowhere.yaml", "nowhere.yaml"},
	{"run resnet50 --device tiny-4x4 --check most", `"most"|full, sample or none`},
	{"run resnet50 --device tiny-4x4 --mapping serch", `"serch"|default|FILE.yaml|did you mean "search"`},
	{"run resnet50 --device tiny-4x4 --mapping search,budget=0", `budget=0|whole number from 1`},
	{"run resnet50 --device tiny-4x4 --mapping search,effort=9", `"effort=9"|budget=, simulate= or method=`},
	{"run resnet50 --device tiny-4x4 --mapping search,method=genetic", `"genetic"|annealed`},
	{"run resnet50 --device tiny-4x4 --mapping mine.yaml", `mapping mine.yaml|no such file`},
	{"show resnet50 --mapping search", `--mapping|--device`},
	{"validate --mapping best", `"best"|default`},
	{"run resnet50 --device tiny-4x4 --seed one", "one"},
	{"run resnet50 --device tiny-4x4 --json --csv", "--json|--csv"},
	{"run gemm:m=4,n=4,k=4 --device tiny-4x4 --rtol -1", "rtol|-1"},
	{"run gemm:m=4,n=4,k=4 --device tiny-4x4 --input nothing.pb", "nothing.pb"},
	{"run gemm:m=4,n=4,k=4 --device tiny-4x4 --expect nothing.pb", "nothing.pb"},
	{"compare resnet50", "devices"},
	{"claim", "examples/claims"},
	{"claim no/such.yaml", "no/such.yaml"},
	{"run gemm:m=4,n=4,k=4 --device pynq-z1 --live", "live|without events"},
	{"compare resnet50 --devices tiny-4x4,tpu-v0", `"tpu-v0"`},
	{"compare resnet50 --devices tiny-4x4 --workers 0", "workers|0"},
	{"list", "devices|workloads"},
	{"list device", `"device"|devices`},
	{"show", "workload"},
	{"show resnet5", `"resnet5"`},
	{"show resnet50 --steps", "--device"},
	{"show resnet50 --set array.rows=3", "--set"},
	{"diff a.json", "two"},
	{"diff a.json b.json", "a.json"},
	{"validate nowhere.csv", "nowhere.csv"},
	{"validate --check", "check"},

	// Values of devices.
	{"show tiny-4x4 --set arry.rows=4", "arry.rows|array.rows"},
	{"show tiny-4x4 --set array.rows", "key=value"},
	{"show tiny-4x4 --set array.rows=0", "array.rows=0|at least 1"},
	{"show tiny-4x4 --set array.rows=-8", "array.rows=-8|at least 1"},
	{"show tiny-4x4 --set array.rows=4.5", "array.rows=4.5|whole number"},
	{"show tiny-4x4 --set array.rows=010", "array.rows=010|octal"},
	{"show tiny-4x4 --set array.rows=99999999999999999999", "array.rows|too large"},
	{"show tiny-4x4 --set array.rows=4 --set array.rows=5", "array.rows|already"},
	{"show tiny-4x4 --set array.dataflow=wt", "array.dataflow=wt|ws"},
	{"show tiny-4x4 --set clock=700", "clock=700|unit"},
	{"show tiny-4x4 --set clock=700␣MB", "clock|MB"},
	{"show tiny-4x4 --set clock=-1␣MHz", "clock|at least"},
	{"show tiny-4x4 --set memory=perfect", "memory=perfect|ideal"},
	{"run resnet50 --device tpu-v1 --set buffer.size=1␣B", "buffer"},
	{"run resnet50 --device tpu-v1 --set buffer.size=64␣EiB", "buffer.size"},

	// Workload strings.
	{"run resnet5O --device tiny-4x4", `resnet5O|resnet50`},
	{"run resnet50,batsh=2 --device tiny-4x4", "batsh|batch"},
	{"run resnet50,batch=2,batch=3 --device tiny-4x4", "batch"},
	{"run resnet50,batch=0 --device tiny-4x4", "batch|0"},
	{"run resnet50,batch=-1 --device tiny-4x4", "batch|-1"},
	{"run resnet50,batch=9223372036854775807 --device tiny-4x4", "batch"},
	{"run resnet50,batch=two --device tiny-4x4", "batch|two"},
	{"run resnet50,dtype=int9 --device tiny-4x4", "int9"},
	{"run resnet50,dtype=fp32 --device tpu-v1", "fp32"},
	{"run gemm:m=4,n=4 --device tiny-4x4", "k"},
	{"run gemm:m=4,n=4,k=0 --device tiny-4x4", "k|0"},
	{"run gemm:m=4,n=4,k=4,q=1 --device tiny-4x4", "q"},
	{"run gemm:m=4294967296,n=4294967296,k=4294967296 --device tiny-4x4", "gemm"},
	{"run gemm: --device tiny-4x4", "gemm"},
	{"run gem:m=4,n=4,k=4 --device tiny-4x4", "gem|gemm"},
	{"run conv:c=3,h=4,w=4,k=8,r=7,s=7 --device tiny-4x4", "conv"},
	{"run conv:c=3,h=8,w=8,k=8,r=3,s=3,groups=2 --device tiny-4x4", "groups"},
	{"run conv:c=3,h=8,w=8,k=8,r=3,s=3,stride=0 --device tiny-4x4", "stride"},
	{"run gemm:m=4,n=4,k=4,zeros=1.5 --device tiny-4x4", "zeros"},
	{"run stream:pattern=seq --device tiny-4x4", "stream"},
	{"run nothing.onnx --device tiny-4x4", "nothing.onnx"},
	{"run nothing.csv --device tiny-4x4", "nothing.csv"},
}

func TestWrongWords(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, w := range wrongWords {
		refused(t, w)
	}
}

// refused runs a command that must be refused: status 2, nothing on standard
// output, one line on standard error that names what is wrong.
func refused(t *testing.T, w wrong) {
	t.Helper()
	t.Run(w.args, func(t *testing.T) {
		var args []string
		for _, a := range strings.Fields(w.args) {
			args = append(args, strings.ReplaceAll(a, "␣", " "))
		}
		code, stdout, stderr := command(args...)
		assert.Equal(t, badInput, code, "exit status")
		assert.Empty(t, stdout)
		assert.Equal(t, 1, strings.Count(stderr, "\n"), "one line: %q", stderr)
		assert.True(t, strings.HasPrefix(stderr, "nnsim: "), "%q", stderr)
		assert.Less(t, len(stderr), 1000)
		for _, part := range strings.Split(w.want, "|") {
			assert.Contains(t, stderr, part)
		}
	})
}

// TestWrongModels runs ONNX files that are wrong in one place each.
func TestWrongModels(t *testing.T) {
	t.Chdir(t.TempDir())
	good := sound().encode()
	changed := func(change func(*model)) []byte {
		m := sound()
		change(&m)
		return m.encode()
	}
	for _, c := range []struct {
		name, want string
		content    []byte
	}{
		{"empty", "", nil},
		{"text", "", []byte("# this is a text file\n")},
		{"truncated", "", good[:len(good)/2]},
		{"truncated-late", "", good[:len(good)-1]},
		{"corrupt", "", bytes.Repeat([]byte{0xff}, 64)},
		{"huge-length", "", append([]byte{0x3a, 0xff, 0xff, 0xff, 0xff, 0x7f}, good...)},
		{"no-nodes", "", changed(func(m *model) { m.nodes = nil })},
		{"unknown-operator", "clip|Frobnicate", changed(func(m *model) { m.nodes[1].op = "Frobnicate" })},
		{"foreign-domain", "clip|com.example", changed(func(m *model) { m.nodes[1].domain = "com.example" })},
		{"control-flow", "clip|If", changed(func(m *model) { m.nodes[1].op = "If" })},
		{"cycle", "product", changed(func(m *model) { m.nodes[0].in[0] = "y" })},
		{"self-cycle", "clip", changed(func(m *model) { m.nodes[1].in[0] = "y" })},
		{"missing-input", "product|nowhere", changed(func(m *model) { m.nodes[0].in[0] = "nowhere" })},
		{"made-twice", "p", changed(func(m *model) { m.nodes[1].out[0] = "p"; m.output = "p" })},
		{"no-such-output", "z", changed(func(m *model) { m.output = "z" })},
		{"negative-dim", "w|-3", changed(func(m *model) { m.inits[0].dims[0] = -3 })},
		{"zero-dim", "x|0", changed(func(m *model) { m.inputs[0].dims[0] = 0 })},
		{"overflowing-dims", "x", changed(func(m *model) { m.inputs[0].dims = []int64{math.MaxInt64, math.MaxInt64} })},
		{"huge-weight", "w", changed(func(m *model) { m.inits[0].dims = []int64{1 << 40, 1 << 40} })},
		{"too-little-data", "w", changed(func(m *model) { m.inits[0].floats = m.inits[0].floats[:5] })},
		{"too-much-data", "w", changed(func(m *model) { m.inits[0].floats = append(m.inits[0].floats, 1) })},
		{"nan-weight", "w|NaN", changed(func(m *model) { m.inits[0].floats[7] = float32(math.NaN()) })},
		{"infinite-weight", "w|Inf", changed(func(m *model) { m.inits[0].floats[7] = float32(math.Inf(1)) })},
		{"shapes-disagree", "product", changed(func(m *model) { m.inputs[0].dims[1] = 5 })},
		{"types-disagree", "clip", changed(func(m *model) {
			m.nodes[1] = node{name: "clip", op: "Add", in: []string{"p", "i"}, out: []string{"y"}}
			m.inputs = append(m.inputs, tensor{name: "i", elem: 7, dims: []int64{2, 4}})
		})},
		{"unknown-type", "w", changed(func(m *model) { m.inits[0].elem = 99 })},
		{"strings", "w", changed(func(m *model) { m.inits[0].elem = 8 })},
		{"too-few-operands", "product", changed(func(m *model) { m.nodes[0].in = m.nodes[0].in[:1] })},
		{"old-opset", "opset", changed(func(m *model) { m.opset = 3 })},
		{"external-outside", "w", changed(func(m *model) { m.inits[0].external = "../../etc/passwd" })},
		{"external-missing", "w", changed(func(m *model) { m.inits[0].external = "weights.bin" })},
		{"bad-window", "clip", changed(func(m *model) {
			m.nodes[1] = node{name: "clip", op: "MaxPool", in: []string{"p"}, out: []string{"y"}, ints: map[string][]int64{"kernel_shape": {0, 0}}}
		})},
		{"bad-permutation", "clip", changed(func(m *model) {
			m.nodes[1] = node{name: "clip", op: "Transpose", in: []string{"p"}, out: []string{"y"}, ints: map[string][]int64{"perm": {0, 7}}}
		})},
	} {
		file := c.name + ".onnx"
		write(t, file, c.content)
		want := file
		if c.want != "" {
			want += "|" + c.want
		}
		refused(t, wrong{"run " + file + " --device tiny-4x4", want})
	}
}

// TestUncomputableModels: what a kernel finds while a machine runs is the model's fault, not the machine's.
func TestUncomputableModels(t *testing.T) {
	t.Chdir(t.TempDir())
	m := model{opset: 13, output: "y", nodes: []node{{name: "most", op: "Max", in: []string{"x", "z"}, out: []string{"y"}}},
		inputs: []tensor{{name: "x", elem: 3, dims: []int64{2, 3}}, {name: "z", elem: 3, dims: []int64{2, 3}}}}
	write(t, "bytes.onnx", m.encode())
	refused(t, wrong{"run bytes.onnx,dtype=bf16 --device tiny-4x4", "most|y|dtype=int8"})
	refused(t, wrong{"run bytes.onnx --device h100-sxm", "most|y|dtype=int8"})
}

// TestTheSoundModelRuns: the models above are refused for what was changed.
func TestTheSoundModelRuns(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "sound.onnx", sound().encode())
	code, stdout, stderr := command("run", "sound.onnx", "--device", "tiny-4x4", "--json")
	require.Equal(t, fine, code, stderr)
	assert.Contains(t, stdout, `"status": "pass"`)
}

// TestWrongDevices runs YAML files that are wrong in one place each.
func TestWrongDevices(t *testing.T) {
	t.Chdir(t.TempDir())
	code, preset, _ := command("show", "tiny-4x4")
	require.Equal(t, fine, code)
	require.NotEmpty(t, preset)
	replaced := func(old, new string) []byte {
		require.Contains(t, preset, old)
		return []byte(strings.Replace(preset, old, new, 1))
	}
	for _, c := range []struct {
		name, want string
		content    []byte
	}{
		{"empty", "kind|missing", nil},
		{"list", "list", []byte("- a\n- b\n")},
		{"binary", "YAML", []byte{0, 1, 2, 0xff}},
		{"bomb", "", []byte("a: &a [x,x,x]\nb: &b [*a,*a,*a]\nc: &c [*b,*b,*b]\nkind: systolic\n")},
		{"no-kind", "kind|missing", replaced("kind: systolic", "#")},
		{"other-kind", "kind|abacus|systolic", replaced("kind: systolic", "kind: abacus")},
		{"near-kind", "sistolic|systolic", replaced("kind: systolic", "kind: sistolic")},
		{"unknown-key", "colour", replaced("kind: systolic", "kind: systolic\ncolour: red")},
		{"repeated-key", "kind|twice", replaced("kind: systolic", "kind: systolic\nkind: systolic")},
		{"misspelt", "rwos|array.rows", replaced("  rows:", "  rwos:")},
		{"tab", "YAML", replaced("  rows:", "\trows:")},
		{"huge", "1 MiB", bytes.Repeat([]byte("#\n"), 1<<20)},
	} {
		file := c.name + ".yaml"
		write(t, file, c.content)
		refused(t, wrong{"run gemm:m=4,n=4,k=4 --device " + file, strings.Trim(file+"|"+c.want, "|")})
	}
	write(t, "same.yaml", []byte(preset))
	code, _, stderr := command("run", "gemm:m=4,n=4,k=4", "--device", "same.yaml")
	assert.Equal(t, fine, code, stderr)
	require.NoError(t, os.Mkdir("folder.yaml", 0o755))
	refused(t, wrong{"show folder.yaml", "folder.yaml"})
}

// TestWrongTables reads tables that are wrong in one place each.
func TestWrongTables(t *testing.T) {
	t.Chdir(t.TempDir())
	const header = "device,set,workload,metric,expected,tolerance,unit,source\n"
	for name, content := range map[string]string{
		"empty": "", "header": header, "columns": "device,metric\na,b\n", "fields": header + "tiny-4x4,cycles\n",
		"tolerance": header + "tiny-4x4,,resnet50,cycles,1,some,cycles,x\n", "quote": header + "\"a,,,,\n",
	} {
		write(t, name+".csv", []byte(content))
		refused(t, wrong{"validate " + name + ".csv", name + ".csv"})
	}
	write(t, "layers.csv", []byte("Layer name, IFMAP Height, IFMAP Width, Filter Height, Filter Width, Channels, Num Filter, Strides,\nconv,8,8,0,3,3,8,1,\n"))
	refused(t, wrong{"run layers.csv --device tiny-4x4", "layers.csv"})
}

// TestEveryPresetIsPrintedAsItLoads: what show prints is a device's file.
func TestEveryPresetIsPrintedAsItLoads(t *testing.T) {
	t.Chdir(t.TempDir())
	presets := experiments.Presets()
	require.NotEmpty(t, presets)
	for _, p := range presets {
		assert.NotEmpty(t, p.About, p.Name)
		code, first, stderr := command("show", p.Name, "--set", "about=changed")
		require.Equal(t, fine, code, stderr)
		assert.Contains(t, first, "# set by --set")
		write(t, "mine.yaml", []byte(first))
		code, second, stderr := command("show", "mine.yaml")
		require.Equal(t, fine, code, stderr)
		assert.Equal(t, first, second)
	}
}
