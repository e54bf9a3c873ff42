package results

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"flag"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"nnsim/tech"
	"nnsim/unit"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// golden compares text with a committed file.
func golden(t *testing.T, name, text string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		require.NoError(t, os.MkdirAll("testdata", 0o755))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, string(want), text)
}

// sample is a run of three layers on two units, counted and priced.
func sample(t require.TestingT) *Run {
	array := NewStats("array", 3, "mac_int8", "mac_skipped", "hop")
	buffer := NewStats("buffer", 3, "read_256B")
	for layer, macs := range []int64{40_000, 9_000, 0} {
		array.Add(layer, 0, macs)
		array.Add(layer, 2, 2*macs)
		buffer.Add(layer, 0, macs/100+7)
	}
	array.Enter(Busy, 10)
	array.Enter(WaitMemory, 700)
	array.Enter(Busy, 800)
	array.Enter(WaitInput, 1200)
	buffer.Enter(Busy, 0)
	r := &Run{Schema: Schema, Version: "test", Seed: 1, Batch: 2,
		Workload: Workload{Name: "lenet", MACs: 49_000, Params: 1000, Bytes: 4000, DType: "int8"},
		Device: Device{Name: "tiny-8x8", Kind: "systolic", Clock: 700e6, PeakMACsPerCycle: 64,
			Resolved: map[string]string{"array.rows": "8", "clock": "700 MHz"}},
		Cycles: 1500, Seconds: 1500 / 700e6, ComputeSeconds: 1300 / 700e6, Utilization: 49_000.0 / (1500 * 64), Bound: "compute",
		ThroughputPerSecond: 2 * 700e6 / 1500, Timing: "full",
		DRAM:  DRAM{ReadBytes: 5000, WriteBytes: 250, Bandwidth: 5250 * 700e6 / 1500, PeakBandwidth: 34e9},
		Check: Check{Mode: "full", Status: "pass", Elements: 1000},
		Layers: []Layer{
			{Name: "layer1.0.conv", Op: "Conv", MACs: 40_000, Cycles: 1000, Utilization: 0.625, DRAMReadBytes: 4000, Mapping: "rows 8"},
			{Name: "fc", Op: "Gemm", MACs: 9_000, Cycles: 400, StartCycle: 1000, Utilization: 0.35, DRAMReadBytes: 1000, Mapping: "rows 2, \"tall\""},
			{Name: "softmax", Op: "Softmax", Cycles: 100, StartCycle: 1400, DRAMWriteBytes: 250},
		},
		Stats: []*Stats{array, buffer},
		Units: map[string]Unit{"array": array.Finish(1500), "buffer": buffer.Finish(1500)},
	}
	require.NoError(t, r.Price(samplePrices()))
	return r
}

func samplePrices() Prices {
	pJ := func(v unit.Joules) tech.Price { return tech.Price{Energy: v * 1e-12, Source: "horowitz-2014"} }
	area := unit.SquareMM(3.25)
	return Prices{Scope: "chip", Area: &area,
		PerEvent: map[string]map[string]tech.Price{
			"array":  {"mac_int8": pJ(0.3), "hop": pJ(0.08)},
			"buffer": {"read_256B": pJ(2600)},
		},
		Static: map[string]tech.Power{"idle": {Watts: 0.5, Source: "jouppi-2017"}}}
}

func TestPriceByHand(t *testing.T) {
	r := sample(t)
	array := (49_000*0.3 + 98_000*0.08) * 1e-12
	buffer := float64(400+7+90+7+7) * 2600e-12
	static := 0.5 * 1500 / 700e6
	assert.InEpsilon(t, array, float64(r.EnergyByUnit["array"]), 1e-12)
	assert.InEpsilon(t, buffer, float64(r.EnergyByUnit["buffer"]), 1e-12)
	assert.InEpsilon(t, static, float64(r.EnergyByUnit["idle"]), 1e-12)
	assert.InEpsilon(t, array+buffer+static, float64(r.EnergyJoules), 1e-12)
	assert.InEpsilon(t, (array+buffer+static)/2, float64(r.EnergyPerInference), 1e-12)
	assert.InEpsilon(t, (array+buffer+static)*700e6/1500, float64(r.AveragePowerWatts), 1e-12)
	assert.InEpsilon(t, 7*2600e-12+static*100/1500, float64(r.Layers[2].EnergyJoules), 1e-12)
	assert.Equal(t, "chip", r.PowerScope)
	require.NoError(t, r.Price(samplePrices()), "pricing twice")
	assert.InEpsilon(t, array+buffer+static, float64(r.EnergyJoules), 1e-12, "pricing twice does not add up")
}

// A layer at a lower voltage pays its share of the list's prices, to units and layers alike.
func TestPriceAtAnotherVoltage(t *testing.T) {
	r := sample(t)
	first, second := r.Layers[0].EnergyJoules, r.Layers[1].EnergyJoules
	array := unit.Joules(40_000*0.3+80_000*0.08) * 1e-12
	r.Stats[0].Scale = []float64{0.5, 1, 1}
	require.NoError(t, r.Price(samplePrices()))
	assert.InEpsilon(t, float64(first-array/2), float64(r.Layers[0].EnergyJoules), 1e-12)
	assert.Equal(t, second, r.Layers[1].EnergyJoules)
	assert.InEpsilon(t, float64(r.Layers[0].EnergyJoules+second+r.Layers[2].EnergyJoules), float64(r.EnergyJoules), 1e-12)
	assert.InEpsilon(t, float64(array/2), float64(r.Stats[0].Energy(0, samplePrices().PerEvent["array"])), 1e-12)
}

func TestUnitsAndLayersSumToTheTotal(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		layers := rapid.IntRange(1, 30).Draw(r, "layers")
		run := &Run{Seconds: 1, Batch: 1}
		for range layers {
			run.Layers = append(run.Layers, Layer{Cycles: rapid.Int64Range(0, 1e9).Draw(r, "cycles")})
		}
		p := Prices{PerEvent: map[string]map[string]tech.Price{}, Static: map[string]tech.Power{"rest": {Watts: 3}}}
		for _, name := range []string{"a", "b", "c"} {
			s := NewStats(name, layers, "x", "y")
			for i := range layers {
				s.Add(i, 0, rapid.Int64Range(0, 1e15).Draw(r, "x"))
				s.Add(i, 1, rapid.Int64Range(0, 10).Draw(r, "y"))
			}
			run.Stats = append(run.Stats, s)
			p.PerEvent[name] = map[string]tech.Price{"x": {Energy: 1e-13}, "y": {Energy: 3e-9}}
		}
		require.NoError(r, run.Price(p))
		var units, byLayer float64
		for _, e := range run.EnergyByUnit {
			units += float64(e)
		}
		for _, l := range run.Layers {
			byLayer += float64(l.EnergyJoules)
		}
		assert.InEpsilon(r, float64(run.EnergyJoules), units, 1e-9)
		assert.InEpsilon(r, float64(run.EnergyJoules), byLayer, 1e-9)
	})
}

func TestPriceRefusals(t *testing.T) {
	r := sample(t)
	p := samplePrices()
	delete(p.PerEvent["array"], "hop")
	assert.ErrorContains(t, r.Price(p), `unit array counted 98000 events "hop" that have no price`)
	r.Stats[0] = NewStats("array", 2, "mac_int8")
	assert.ErrorContains(t, r.Price(samplePrices()), "unit array counted 2 layers, the run has 3")
}

func TestTextIsOneScreen(t *testing.T) {
	r := sample(t)
	var plain, colour bytes.Buffer
	require.NoError(t, r.Text(&plain))
	golden(t, "screen.txt", plain.String())
	assert.NotContains(t, plain.String(), "\x1b")
	require.NoError(t, r.Text(&colour, Colour))
	assert.Contains(t, colour.String(), "\x1b[32m")
}

// A large run with many units and long names still fits the screen.
func TestTextFitsTheScreen(t *testing.T) {
	r := sample(t)
	r.Cycles, r.Workload.MACs, r.Bound = 987_654_321_000, 123_456_789_012_345, "latency"
	for range 60 {
		l := r.Layers[0]
		l.Name, l.Cycles = strings.Repeat("transformer.block.", 5)+"fc", 9_999_999_999
		r.Layers = append(r.Layers, l)
	}
	for _, name := range strings.Split("one two three four five six seven eight nine ten a_very_long_name_of_a_unit_indeed", " ") {
		r.Units[name], r.EnergyByUnit[name] = Unit{Busy: r.Cycles}, 1e-3
	}
	r.Check = Check{Mode: "full", Status: "fail", Detail: strings.Repeat("layer conv1: tensor y[3] is wrong; ", 4)}
	for _, bound := range []string{"latency", "compute", "memory"} {
		r.Bound = bound
		var text bytes.Buffer
		require.NoError(t, r.Text(&text))
		lines := strings.Split(strings.TrimRight(text.String(), "\n"), "\n")
		assert.LessOrEqual(t, len(lines), 48)
		for _, line := range lines {
			assert.LessOrEqual(t, utf8.RuneCountInString(line), columnsWide, line)
		}
	}
}

func TestCheckSentences(t *testing.T) {
	for want, c := range map[string]Check{
		"checked: 1,000 elements against the CPU kernels, exact":                               {Mode: "full", Status: "pass", Elements: 1000},
		"checked: 12 sampled elements against the CPU kernels, max error 0.0012 (bound 0.004)": {Mode: "sample", Status: "pass", Elements: 12, MaxAbsError: 1.2e-3, Bound: 4e-3},
		"CHECK FAILED: layer fc":     {Mode: "full", Status: "fail", Detail: "layer fc"},
		"not checked (--check none)": {Mode: "none", Status: "skipped"},
	} {
		assert.Equal(t, want, c.sentence())
	}
}

func TestJSONRoundTrip(t *testing.T) {
	r := sample(t)
	var first, second bytes.Buffer
	require.NoError(t, r.WriteJSON(&first))
	require.NoError(t, sample(t).WriteJSON(&second))
	assert.Equal(t, first.String(), second.String(), "equal runs give equal bytes")
	path := filepath.Join(t.TempDir(), "run.json")
	require.NoError(t, os.WriteFile(path, first.Bytes(), 0o644))
	back, err := Read(path)
	require.NoError(t, err)
	back.Stats, back.Prices = r.Stats, r.Prices
	assert.Equal(t, r, back)

	var both bytes.Buffer
	require.NoError(t, Comparison{Runs: []*Run{r, r}}.WriteJSON(&both))
	require.NoError(t, os.WriteFile(path, both.Bytes(), 0o644))
	runs, err := ReadAll(path)
	require.NoError(t, err)
	assert.Len(t, runs, 2)
	_, err = Read(path)
	assert.ErrorContains(t, err, "holds 2 reports where one is wanted")
}

func TestEmptyListsAreNotNull(t *testing.T) {
	var text bytes.Buffer
	require.NoError(t, (&Run{Schema: Schema}).WriteJSON(&text))
	for _, field := range []string{`"layers": []`, `"units": {}`, `"energy_by_unit": {}`, `"resolved": {}`, `"area_mm2": null`} {
		assert.Contains(t, text.String(), field)
	}
}

func TestReadRefusals(t *testing.T) {
	dir := t.TempDir()
	for name, c := range map[string]struct{ text, want string }{
		"empty":   {"", "is not a report: line 1: unexpected end of JSON input"},
		"cut":     {"{\"schema\": \"nnsim.run/1\",\n\"cycles\": 1", "line 2: unexpected end"},
		"text":    {"hello", "is not a report: line 1"},
		"type":    {"{\"schema\": \"nnsim.run/1\",\n\"cycles\": \"many\"}", "line 2: cycles is a string, want int64"},
		"none":    {"{}", "it has no schema"},
		"another": {`{"schema": "nnsim.run/9"}`, `has schema "nnsim.run/9"; this program reads "nnsim.run/1"`},
		"inside":  {`{"runs": [{"schema": "nnsim.run/1"}, {}]}`, "runs[1]: is not a report"},
		"list":    {`[1, 2]`, "is not a report: line 1: it is of JSON type array; a report is an object"},
	} {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, []byte(c.text), 0o644))
		_, err := Read(path)
		require.Error(t, err, name)
		assert.Contains(t, err.Error(), c.want, name)
		assert.True(t, strings.HasPrefix(err.Error(), path), name)
		assert.NotContains(t, err.Error(), "\n", name)
	}
	_, err := Read(filepath.Join(dir, "absent.json"))
	assert.ErrorContains(t, err, "there is no such file")
	_, err = Read(dir)
	assert.ErrorContains(t, err, "is not a file")
}

func TestNaNIsRefused(t *testing.T) {
	r := sample(t)
	r.Utilization = math.NaN()
	err := r.WriteJSON(&bytes.Buffer{})
	assert.ErrorContains(t, err, "lenet on tiny-8x8")
}

func TestCSVHasTheNamesOfTheJSON(t *testing.T) {
	var text bytes.Buffer
	r := sample(t)
	require.NoError(t, r.WriteCSV(&text))
	rows, err := csv.NewReader(&text).ReadAll()
	require.NoError(t, err)
	require.Len(t, rows, 4)
	layer := reflect.TypeFor[Layer]()
	require.Len(t, rows[0], layer.NumField()-1, "what the bytes are is in the JSON only")
	for i := range rows[0] {
		assert.Equal(t, layer.Field(i).Tag.Get("json"), rows[0][i])
	}
	for i, row := range rows[1:] { // each cell is what the JSON form says
		raw, err := json.Marshal(r.Layers[i])
		require.NoError(t, err)
		var cells map[string]any
		require.NoError(t, json.Unmarshal(raw, &cells))
		for j, cell := range row {
			switch v := cells[rows[0][j]].(type) {
			case string:
				assert.Equal(t, v, cell)
			case float64:
				var got float64
				require.NoError(t, json.Unmarshal([]byte(cell), &got))
				assert.Equal(t, v, got)
			}
		}
	}
}

func TestLookup(t *testing.T) {
	r := sample(t)
	for path, want := range map[string]any{
		"cycles":                      1500.0,
		"bound":                       "compute",
		"dram.read_bytes":             5000.0,
		"units.array.events.mac_int8": 49_000.0,
		"layers.layer1.0.conv.cycles": 1000.0,
		"layers.fc.mapping":           "rows 2, \"tall\"",
		"layers.2.op":                 "Softmax",
		"device.resolved.array.rows":  "8",
		"area_mm2":                    3.25,
		"energy_by_unit.idle":         0.5 * 1500 / 700e6,
	} {
		got, err := Lookup(r, path)
		require.NoError(t, err, path)
		assert.Equal(t, want, got, path)
	}
	r.AreaMM2 = nil
	got, err := Lookup(r, "area_mm2")
	require.NoError(t, err)
	assert.Nil(t, got)
}

func TestLookupRefusals(t *testing.T) {
	for path, want := range map[string]string{
		"cycle":                          `did you mean "cycles"?`,
		"dram.bandwith_bytes_per_second": `did you mean "bandwidth_bytes_per_second"?`,
		"layers.layer1.0.konv.cycles":    `did you mean "layer1.0.conv"?`,
		"layers.7.cycles":                `the report has no "7" there; there is layer1.0.conv, fc, softmax`,
		"layers.fc":                      "is a group, not a value",
		"cycles.more":                    `"cycles" is a value and has no parts`,
		"":                               "the report has no",
		strings.Repeat("a.", 600):        "too long",
	} {
		_, err := Lookup(sample(t), path)
		require.Error(t, err, path)
		assert.Contains(t, err.Error(), want, path)
		assert.NotContains(t, err.Error(), "\n")
	}
}

func TestCompareAndDiff(t *testing.T) {
	a, b := sample(t), sample(t)
	assert.NotContains(t, Diff(a, b), "→")
	assert.Contains(t, Diff(a, b), "no difference")
	b.Host.WallSeconds = 3
	assert.Contains(t, Diff(a, b), "no difference", "host figures do not count")

	b.Device.Name, b.Device.Resolved = "tiny-16x16", map[string]string{"array.rows": "16", "clock": "700 MHz", "array.cols": "16"}
	b.Cycles, b.Seconds, b.ThroughputPerSecond, b.AreaMM2 = 750, 750/700e6, 2*700e6/750, nil
	b.Layers[0].Cycles, b.Layers[1].StartCycle = 250, 250
	b.Layers = append(b.Layers[:2], Layer{Name: "extra", Op: "Relu", Cycles: 3})
	b.Layers[1].Mapping = "rows 4"
	u := b.Units["array"]
	u.Busy -= 100
	b.Units["array"] = u
	golden(t, "diff.txt", Diff(a, b))
	golden(t, "compare.txt", Compare([]*Run{a, b}))
	for _, line := range strings.Split(Compare([]*Run{a, b}), "\n") {
		assert.LessOrEqual(t, utf8.RuneCountInString(line), columnsWide, line)
	}
}

func TestStatesSumToTheRun(t *testing.T) {
	for name, u := range sample(t).Units {
		assert.EqualValues(t, 1500, u.Busy+u.WaitInput+u.WaitOutput+u.WaitMemory+u.Idle, name)
	}
}
