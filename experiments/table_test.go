package experiments

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const header = "device,set,workload,metric,expected,tolerance,unit,source\n"

func TestParseTable(t *testing.T) {
	rows, err := ParseTable("t.csv", []byte(header+
		"scalesim,array.rows=8;array.cols=8,\"gemm:m=1,n=1,k=1\",cycles,14,0,cycles,\"a run, said so\"\n"+
		"tpu-v1,,resnet50,seconds,0.1,5%,s,paper\n"))
	require.NoError(t, err)
	assert.Equal(t, []Row{
		{2, "scalesim", "array.rows=8;array.cols=8", "gemm:m=1,n=1,k=1", "cycles", "14", "0", "cycles", "a run, said so"},
		{3, "tpu-v1", "", "resnet50", "seconds", "0.1", "5%", "s", "paper"}}, rows)
	assert.Equal(t, []string{"array.rows=8", "array.cols=8"}, rows[0].Sets())
	assert.Empty(t, rows[1].Sets())

	shuffled := "source,unit,tolerance,expected,metric,workload,set,device\nx,s,1,2,seconds,resnet50,,tpu-v1\r\n"
	rows, err = ParseTable("t.csv", []byte("\xef\xbb\xbf"+shuffled))
	require.NoError(t, err)
	assert.Equal(t, "tpu-v1", rows[0].Device)
}

func TestTableFaults(t *testing.T) {
	for text, want := range map[string]string{
		"":     "t.csv: no header line;",
		header: "t.csv: no rows below the header",
		strings.Replace(header, "set,", "sets,", 1) + "a,,b,c,1,0,,\n": `t.csv:1: column "sets" is not known; did you mean "set"?`,
		strings.Replace(header, "set,", "", 1) + "a,b,c,1,0,,\n":       `t.csv:1: column "set" is missing;`,
		strings.Replace(header, "set,", "unit,", 1) + "a\n":            `t.csv:1: column "unit" is given twice`,
		header + "a,,b,c,1,0,,\nshort\n":                               `t.csv: line 3: wrong number of fields;`,
		header + "a,,\"b,c,1,0,,\n":                                    `t.csv: line`,
		header + ",,b,c,1,0,,\n":                                       `t.csv:2: device: missing`,
		header + "a,,,c,1,0,,\n":                                       `t.csv:2: workload: missing`,
		header + "a,,b,,1,0,,\n":                                       `t.csv:2: metric: missing`,
		header + "a,,b,c,,0,,\n":                                       `t.csv:2: expected: missing`,
		header + "a,,b,c,1,,,\n":                                       `t.csv:2: tolerance: "": write a share`,
		header + "a,,b,c,1,-1,,\n":                                     `t.csv:2: tolerance: "-1": write a share`,
		header + "a,,b,c,1,five,,\n":                                   `t.csv:2: tolerance: "five": write a share`,
		header + "a,,b,c,1,NaN,,\n":                                    `t.csv:2: tolerance: "NaN": write a share`,
	} {
		_, err := ParseTable("t.csv", []byte(text))
		if assert.Error(t, err, "%q", text) {
			assert.True(t, strings.HasPrefix(err.Error(), want), "got %s\nwant %s", err, want)
			assert.NotContains(t, err.Error(), "\n")
		}
	}
	_, err := ReadTable(filepath.Join(t.TempDir(), "none.csv"))
	assert.ErrorContains(t, err, "none.csv: no such file")
	_, err = ReadTable(os.TempDir())
	assert.ErrorContains(t, err, "not a regular file")
}

func TestTolerances(t *testing.T) {
	for _, c := range []struct {
		tolerance     string
		got, expected float64
		want          bool
	}{
		{"0", 14, 14, true}, {"0", 14.0001, 14, false}, {"5%", 105, 100, true}, {"5%", 95, 100, true}, {"5%", 105.1, 100, false},
		{"5%", -105, -100, true}, {"2", 12, 10, true}, {"2", 12.1, 10, false}, {"0%", 1, 1, true}, {"5 %", 104, 100, true},
		{"5%", math.NaN(), 100, false}, {"1e-3", 0.0009, 0, true},
	} {
		assert.Equal(t, c.want, Row{Tolerance: c.tolerance}.within(c.got, c.expected), "%v", c)
	}
}

func TestHold(t *testing.T) {
	for _, c := range []struct {
		value               any
		expected, tolerance string
		ok                  bool
		err                 float64
	}{
		{14.0, "14", "0", true, 0}, {nil, "14", "0", false, -1}, {true, "true", "0", true, 0}, {15.0, "10", "50%", true, 0.5}, {5.0, "10", "10%", false, -0.5},
		{"memory", "memory", "0", true, 0}, {"memory", "compute", "0", false, -1}, {"12", "12.0", "0", false, -1},
		{3.0, "0", "0", false, 1}, {0.0, "0", "0", true, 0}, {3.0, "three", "0", false, -1}, {[]any{1}, "1", "0", false, -1},
		{-2.0, "-1", "0", false, -1},
	} {
		o := Outcome{Row: Row{Expected: c.expected, Tolerance: c.tolerance}, Error: -1}.hold(c.value)
		assert.Equal(t, c.ok, o.OK, "%v", c)
		assert.InDelta(t, c.err, o.Error, 1e-12, "%v", c)
	}
}

// TestUnitOfARow: a row in another unit than the report's says so where it is out of tolerance, and
// no unit that a table may name is refused.
func TestUnitOfARow(t *testing.T) {
	for _, c := range []struct{ metric, unit, expected, want string }{
		{"seconds", "ms", "1.5", `unit "ms": seconds of a report is in s; write 0.0015 and s`},
		{"dram.bandwidth_bytes_per_second", "GB/s", "34", "write 3.4e+10 and B/s"},
		{"energy_joules", "uJ", "2", "write 2e-06 and J"},
		{"average_power_watts", "mW", "250", "write 0.25 and W"},
		{"seconds", "s", "1.5", ""},
		{"seconds", "", "1.5", ""},
		{"throughput_per_second", "frames/s", "1.5", ""},
		{"cycles", "k", "1.5", ""},
	} {
		o := Outcome{Row: Row{Metric: c.metric, Unit: c.unit, Expected: c.expected, Tolerance: "1%"}}.hold(7e9)
		assert.False(t, o.OK)
		if c.want == "" {
			assert.Empty(t, o.Fault, c.unit)
		}
		assert.Contains(t, o.Fault, c.want)
	}
	o := Outcome{Row: Row{Metric: "seconds", Unit: "ms", Expected: "2", Tolerance: "1%"}}.hold(2.0)
	assert.True(t, o.OK)
	assert.Empty(t, o.Fault, "what agrees is let be")
}

func TestScore(t *testing.T) {
	row := func(got, expected float64) Outcome {
		o := Outcome{Row: Row{Tolerance: "10%"}, got: got, expected: expected, numeric: true, Error: relative(got, expected)}
		o.OK = o.within(got, expected)
		return o
	}
	lost := Outcome{Error: -1, Fault: "no such device", expected: 50, numeric: true}
	r := score("t", []Outcome{row(110, 100), row(180, 200), row(330, 300), row(400, 400), row(1000, 500), lost})
	assert.Equal(t, 6, r.Rows)
	assert.InDelta(t, (0.1+0.1+0.1+0+1+1)/6, r.MAPE, 1e-12)
	assert.InDelta(t, 0.1, r.MedianAPE, 1e-12)
	assert.InDelta(t, 0.1/6, r.Bias, 1e-12)
	assert.Equal(t, 2, r.Failed)
	assert.Equal(t, 1.0, *r.Spearman)
	require.Len(t, r.Worst, 5)
	assert.False(t, r.Worst[0].OK || r.Worst[1].OK)
	assert.True(t, r.Worst[2].OK)
}

func TestSpearman(t *testing.T) {
	assert.InDelta(t, -1, spearman([]float64{1, 2, 3}, []float64{9, 8, 7}), 1e-12)
	// Ranks 1, 2.5, 2.5, 4 against 1, 2, 3, 4: by hand 4.5/√(4.5·5).
	assert.InDelta(t, 4.5/math.Sqrt(4.5*5), spearman([]float64{1, 2, 2, 3}, []float64{10, 20, 30, 40}), 1e-12)
	assert.True(t, math.IsNaN(spearman(nil, nil)))
	assert.True(t, math.IsNaN(spearman([]float64{1, 1}, []float64{1, 2})))
}

func FuzzParseTable(f *testing.F) {
	f.Add([]byte(header + "a,b=1;c=2,\"d:e=1,f=2\",cycles,1,5%,s,x\n"))
	f.Add([]byte("device,set\n\"\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		rows, err := ParseTable("fuzz.csv", text)
		if err == nil && len(rows) == 0 {
			t.Fatal("neither rows nor an error")
		}
	})
}
