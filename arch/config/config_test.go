package config

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"nnsim/unit"
)

type array struct {
	Rows     int    `key:"rows" min:"1" max:"65536" doc:"elements down a column"`
	Cols     int    `key:"cols" min:"1" max:"65536"`
	Dataflow string `key:"dataflow" oneof:"os,ws,is"`
}

type memory struct {
	word     string
	Channels int                 `key:"channels" min:"1"`
	Latency  unit.Seconds        `key:"latency"`
	Rate     unit.BytesPerSecond `key:"rate" min:"1 MB/s"`
}

func (m *memory) SetScalar(s string) error {
	if s != "ideal" {
		return errors.New("write ideal, or its keys below it")
	}
	*m = memory{word: s}
	return nil
}
func (m *memory) ScalarText() string { return m.word }

type device struct {
	Name   string      `key:"name" optional:"true"`
	Clock  unit.Hertz  `key:"clock" min:"1 kHz" doc:"main clock"`
	Buffer unit.Bytes  `key:"buffer"`
	Share  float64     `key:"share" min:"0" max:"1" optional:"true"`
	Gated  bool        `key:"gated" optional:"true"`
	Seed   int64       `key:"seed" optional:"true"`
	Wait   unit.Cycles `key:"wait" min:"0" optional:"true"`
	Types  []string    `key:"types" oneof:"int8,bf16" optional:"true"`
	Array  array       `key:"array"`
	Memory memory      `key:"memory"`
}

func (d *device) Validate() error {
	if d.Array.Rows > 1000 && d.Buffer < 1024 {
		return fmt.Errorf("array.rows=%d needs a buffer of 1 KiB, there are %v", d.Array.Rows, d.Buffer)
	}
	return nil
}

const good = `# a machine
clock: 700 MHz       # Jouppi 2017
buffer: 24 MiB       # same
share: 0.5
types: [int8, bf16]
array:               # the array
  rows: 256          # table 1
  cols: 256          # table 1
  dataflow: ws       # weights stay
memory:
  channels: 2        # DDR3
  latency: 60 ns
  rate: 34 GB/s
`

var tail = good[strings.Index(good, "memory:"):]

func TestDecode(t *testing.T) {
	var d device
	require.NoError(t, Decode("good", []byte(good), &d))
	assert.Equal(t, device{Clock: 700e6, Buffer: 24 << 20, Share: 0.5, Types: []string{"int8", "bf16"}, Array: array{256, 256, "ws"},
		Memory: memory{Channels: 2, Latency: d.Memory.Latency, Rate: 34e9}}, d)
	assert.InEpsilon(t, 60e-9, float64(d.Memory.Latency), 1e-15)
	assert.Equal(t, map[string]string{"clock": "700 MHz", "buffer": "24 MiB", "share": "0.5", "types": "int8,bf16",
		"array.rows": "256", "array.cols": "256", "array.dataflow": "ws", "memory.channels": "2", "memory.latency": "60 ns", "memory.rate": "34 GB/s"}, Resolved(d))
	assert.Contains(t, Keys(&d), Key{"clock", "700 MHz", "main clock"})
}

func TestScalarSection(t *testing.T) {
	var d device
	text := good[:strings.Index(good, "memory:")] + "memory: ideal\n"
	require.NoError(t, Decode("good", []byte(text), &d))
	assert.Equal(t, "ideal", Resolved(d)["memory"])
	assert.NotContains(t, Resolved(d), "memory.channels")
}

// TestFaults changes one thing in the good file and states the line that must come of it.
func TestFaults(t *testing.T) {
	for _, c := range []struct{ old, new, want string }{
		{"rows: 256 ", "rows: 1.5 ", `f.yaml:7: array.rows: 1.5: write a whole number, such as 16`},
		{"rows: 256 ", "rows: 010 ", `f.yaml:7: array.rows: 010: a leading zero may mean octal; write 10`},
		{"rows: 256 ", "rows: 0x10 ", `f.yaml:7: array.rows: 0x10: write a whole number, such as 16`},
		{"rows: 256 ", "rows: 99999999999999999999 ", `f.yaml:7: array.rows: 99999999999999999999: too large for a whole number of 64 bits`},
		{"rows: 256 ", "rows: 65537 ", `f.yaml:7: array.rows: 65537: must be at most 65536`},
		{"rows: 256 ", "rows: 0 ", `f.yaml:7: array.rows: 0: must be at least 1`},
		{"rows: 256 ", "rows: -4 ", `f.yaml:7: array.rows: -4: must be at least 1`},
		{"rows: 256 ", `rows: "256" `, `f.yaml:7: array.rows: 256: is in quotes; write a whole number, such as 16`},
		{"rows: 256 ", "rows: ", `f.yaml:7: array.rows: has no value; write a whole number, such as 16`},
		{"rows: 256 ", "rows: ~ ", `f.yaml:7: array.rows: ~: has no value; write a whole number, such as 16`},
		{"rows: 256 ", "rows: [1, 2] ", `f.yaml:7: array.rows: is a list; write a whole number, such as 16`},
		{"rows: 256 ", "rows: !!int 3 ", `f.yaml:7: array.rows: 3: tags such as !!int are not read; write the value alone`},
		{"rows: 256 ", "rows: &a 3 ", `f.yaml:7: array.rows: 3: anchors and aliases are not read; write the value out`},
		{"rows: 256 ", "row: 256 ", `f.yaml:7: array.row: there is no such key; did you mean "array.rows"? (and 1 more)`},
		{"  cols: 256 ", "  rows: 256 ", `f.yaml:8: array.rows: given twice, first in line 7; leave one of them out (and 1 more)`},
		{"  rows: 256          # table 1\n", "", `f.yaml:7: array.rows: missing; write a whole number, such as 16`},
		{"clock: 700 MHz", "clock: 700", `f.yaml:2: clock: 700: has no unit; write for example "700 Hz"`},
		{"clock: 700 MHz", "clock: 700 MB", `f.yaml:2: clock: 700 MB: unit "MB" is not known here; write for example "700 Hz"`},
		{"clock: 700 MHz", "clock: 0 Hz", `f.yaml:2: clock: 0 Hz: must be at least 1 kHz`},
		{"clock: 700 MHz", "clock: 1e999 Hz", `f.yaml:2: clock: 1e999 Hz: is not a quantity; write a number and a unit, such as "1 Hz"`},
		{"clock: 700 MHz", "clock: 1e300 PHz", `f.yaml:2: clock: 1e300 PHz: is too large for a number; write less than 1e308 Hz`},
		{"clock: 700 MHz", "clock: 101 THz", `f.yaml:2: clock: 101 THz: write at most 100 THz`},
		{"clock: 700 MHz", "clock: 700 MHz\nclock: 1 GHz", `f.yaml:3: clock: given twice, first in line 2; leave one of them out`},
		{"buffer: 24 MiB", "buffer: -1 MiB", `f.yaml:3: buffer: -1 MiB: must be at least 0 B`},
		{"buffer: 24 MiB", "buffer: 0.3 B", `f.yaml:3: buffer: 0.3 B: is not a whole number of bytes below 2^62`},
		{"buffer: 24 MiB", "buffer: 9e30 GiB", `f.yaml:3: buffer: 9e30 GiB: is not a whole number of bytes below 2^62`},
		{"share: 0.5", "wait: 9223372036854775807", `f.yaml:4: wait: 9223372036854775807: write at most 1000000000000 cycles`},
		{"share: 0.5", "share: 1.5", `f.yaml:4: share: 1.5: must be at most 1`},
		{"share: 0.5", "share: .inf", `f.yaml:4: share: .inf: write a decimal number, such as 0.5`},
		{"share: 0.5", "share: 0.5\ngated: yes", `f.yaml:5: gated: yes: write true or false`},
		{"dataflow: ws", "dataflow: wt", `f.yaml:9: array.dataflow: wt: write one of os, ws, is; did you mean "ws"?`},
		{"[int8, bf16]", "[int8, bf61]", `f.yaml:5: types: int8,bf61: write one of int8, bf16; did you mean "bf16"?`},
		{"[int8, bf16]", "[int8, [bf16]]", `f.yaml:5: types: write a list of words, such as [int8, bf16]`},
		{tail, "memory: perfect\n", `f.yaml:10: memory: perfect: write ideal, or its keys below it`},
		{tail, "memory: [1]\n", `f.yaml:10: memory: is a section; write its keys below it: memory.channels, memory.latency, memory.rate, or one word`},
		{"rate: 34 GB/s", "rate: 34 B/s", `f.yaml:13: memory.rate: 34 B/s: must be at least 1 MB/s`},
		{"buffer: 24 MiB", "<<: {clock: 1 Hz}\nbuffer: 24 MiB", `f.yaml:3: <<: there is no such key; `},
		{"rate: 34 GB/s", "rate: 34 GB/s\n---\nclock: 1 Hz", `f.yaml:14: a second document begins; write one machine in one file`},
		{"clock:", "\tclock:", `f.yaml: not valid YAML: line 2: found character that cannot start any token`},
		{"buffer: 24 MiB", "buffer: *b", `f.yaml: not valid YAML: unknown anchor 'b' referenced`},
		{"  rows: 256 ", "  rows: 2000 ", ``},
		{"buffer: 24 MiB       # same\nshare: 0.5\ntypes: [int8, bf16]\narray:               # the array\n  rows: 256", "buffer: 1 B\narray:\n  rows: 2000",
			`f.yaml: array.rows=2000 needs a buffer of 1 KiB, there are 1 B`},
	} {
		require.Contains(t, good, c.old)
		var d device
		err := Decode("f.yaml", []byte(strings.Replace(good, c.old, c.new, 1)), &d)
		if c.want == "" {
			assert.NoError(t, err, "%q", c.new)
			continue
		}
		if assert.Error(t, err, "%q", c.new) {
			assert.True(t, strings.HasPrefix(err.Error(), c.want), "%q:\n got %s\nwant %s", c.new, err, c.want)
			assert.NotContains(t, err.Error(), "\n")
		}
	}
}

func TestWholeFileFaults(t *testing.T) {
	for text, want := range map[string]string{
		"":                         "f.yaml: clock: missing;",
		"# nothing\n":              "f.yaml: clock: missing;",
		"- a\n":                    "f.yaml:1: the file is a list;",
		"word\n":                   "f.yaml:1: the file is a single value;",
		strings.Repeat("a", 2<<20): "f.yaml: 2097152 bytes long;",
		"\x00\xff":                 "f.yaml: not valid YAML:",
		"a: &a [x,x]\nb: &b [*a,*a]\nc: [*b,*b]\n": "f.yaml:1: a: there is no such key",
	} {
		var d device
		err := Decode("f.yaml", []byte(text), &d)
		if assert.Error(t, err) {
			assert.True(t, strings.HasPrefix(err.Error(), want), "got %s\nwant %s", err, want)
		}
	}
}

func TestSet(t *testing.T) {
	var d device
	text, err := Load("good", []byte(good), []string{"array.rows=128", "memory=ideal", "types=bf16", "gated=true"}, &d)
	require.NoError(t, err)
	assert.Equal(t, 128, d.Array.Rows)
	assert.Equal(t, "ideal", d.Memory.word)
	assert.Equal(t, []string{"bf16"}, d.Types)
	assert.Equal(t, `# a machine
clock: 700 MHz       # Jouppi 2017
buffer: 24 MiB       # same
share: 0.5
types: bf16  # set by --set
array:               # the array
  rows: 128          # set by --set
  cols: 256          # table 1
  dataflow: ws       # weights stay
memory: ideal  # set by --set
gated: true  # set by --set
`, string(text))
	var again device
	require.NoError(t, Decode("again", text, &again))
	assert.Equal(t, d, again)
}

func TestWord(t *testing.T) {
	for text, want := range map[string]string{"kind: systolic": "systolic", "a: b": "", "kind: [a]": "", "": ""} {
		got, err := Word("x", []byte(text), "kind")
		assert.NoError(t, err)
		assert.Equal(t, want, got)
	}
	_, err := Word("x", []byte("- a"), "kind")
	assert.Error(t, err)
}

func TestSetFaults(t *testing.T) {
	for set, want := range map[string]string{
		"arry.rows=128":          `--set: arry.rows=128: there is no key "arry.rows"; did you mean "array.rows"?`,
		"rows=128":               `--set: rows=128: there is no key "rows"; did you mean "array.rows"?`,
		"array.rows":             `--set: array.rows: write key=value, such as name=…`,
		"=3":                     `--set: =3: write key=value, such as name=…`,
		"array.rows=":            `--set: array.rows=: the value is missing; write key=value`,
		"array.rows=0":           `--set: array.rows=0: must be at least 1`,
		"array.rows=1.5":         `--set: array.rows=1.5: write a whole number, such as 16`,
		"array=3":                `--set: array=3: there is no key "array"`,
		"clock=1":                `--set: clock=1: has no unit; write for example "1 Hz"`,
		"memory=slow":            `--set: memory=slow: write ideal, or its keys below it`,
		"array.rows=1\nclock: 1": `--set: array.rows="1\nclock: 1": spans several lines;`,
		"array.rows={a: b}":      `--set: array.rows={a: b}: write a whole`,
		"array.rows=3 # four":    `--set: array.rows=3 # four: write a whole`,
		"array.rows=\xff\xfe":    `--set:`,
	} {
		var d device
		_, err := Load("good", []byte(good), []string{set}, &d)
		if assert.Error(t, err, set) {
			assert.True(t, strings.HasPrefix(err.Error(), want), "got %s\nwant %s", err, want)
			assert.NotContains(t, err.Error(), "\n")
		}
	}
	var d device
	_, err := Load("good", []byte(good), []string{"array.rows=1", "array.rows=2"}, &d)
	assert.EqualError(t, err, "--set: array.rows=2: array.rows is already set to 1; set it once")
}

// TestSetAnyLayout sets values in files that are laid out differently: what is
// read must be the same, and what comes out must load again.
func TestSetAnyLayout(t *testing.T) {
	flow := `{clock: 1 GHz, buffer: 1 MiB, array: {rows: 4, cols: 4, dataflow: os}, memory: {channels: 1, latency: 1 ns, rate: 1 GB/s}}`
	ideal := "clock: 1 GHz\nbuffer: 1 MiB\narray: {rows: 4,\n cols: 4, dataflow: os} # wide\n\nmemory: ideal # never stalls\n# end"
	for _, text := range []string{good, flow, ideal, strings.ReplaceAll(good, "\n", "\r\n")} {
		var d, again device
		out, err := Load("x", []byte(text), []string{"array.rows=9", "name=it's #1", "memory.channels=7", "memory.latency=2 ns", "memory.rate=5 GB/s"}, &d)
		require.NoError(t, err, text)
		assert.Equal(t, 9, d.Array.Rows)
		assert.Equal(t, "it's #1", d.Name)
		assert.Equal(t, memory{Channels: 7, Latency: 2e-9, Rate: 5e9}, d.Memory)
		require.NoError(t, Decode("again", out, &again), string(out))
		assert.Equal(t, d, again)
	}
}

// TestQuantitiesAreWrittenExactly: what Resolved writes reads back to the last bit.
func TestQuantitiesAreWrittenExactly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := device{Clock: unit.Hertz(rapid.Float64Range(1e3, 1e12).Draw(t, "clock")), Buffer: unit.Bytes(rapid.Int64Range(0, 1<<50).Draw(t, "buffer")),
			Array: array{1, 1, "os"}, Memory: memory{Channels: 1, Latency: unit.Seconds(rapid.Float64Range(0, 1).Draw(t, "latency")), Rate: 1e9}}
		var sets []string
		for k, v := range Resolved(d) {
			sets = append(sets, k+"="+v)
		}
		var back device
		if _, err := Load("drawn", []byte(good), append(sets, "types=int8"), &back); err != nil {
			t.Fatal(err)
		}
		if back.Clock != d.Clock || back.Buffer != d.Buffer || back.Memory != d.Memory {
			t.Fatalf("%v came back as %v", d, back)
		}
	})
}

func FuzzLoad(f *testing.F) {
	f.Add([]byte(good), "array.rows=3")
	f.Add([]byte("{clock: 1 GHz, array: {rows: 4}}"), "memory=ideal")
	f.Add([]byte("a: &x [*x]\n"), "name=\x00")
	f.Fuzz(func(t *testing.T, text []byte, set string) {
		var d, again device
		out, err := Load("fuzz", text, []string{set}, &d)
		if err != nil {
			if strings.Contains(err.Error(), "\n") {
				t.Fatalf("several lines: %q", err)
			}
			return
		}
		if err := Decode("again", out, &again); err != nil {
			t.Fatalf("what was printed does not load: %v\n%s", err, out)
		}
		if fmt.Sprint(d) != fmt.Sprint(again) {
			t.Fatalf("%v\nbecame\n%v", d, again)
		}
	})
}
