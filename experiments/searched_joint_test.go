package experiments

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"nnsim/arch"
	"nnsim/arch/archtest"
	"nnsim/mapping"
	"nnsim/results"
	"nnsim/workloads"
	"nnsim/workloads/catalog"
)

// fourStages is a network whose foldings can all be simulated.
func fourStages(t *testing.T, batch int) *catalog.Workload {
	b := workloads.NewBuilder("four", 1)
	x := b.Relu("relu1", b.Conv("conv1", b.Input("x", batch, 2, 6, 6), 4, workloads.Window{R: 3, Pad: 1, Bias: true}))
	x = b.Relu("relu2", b.Conv("conv2", x, 4, workloads.Window{R: 1, Bias: true}))
	g, err := b.Build(b.Linear("head", b.Flatten("flat", b.GlobalAvgPool("mean", x)), 3, 1, true))
	require.NoError(t, err)
	return &catalog.Workload{Spec: "four", Name: "four", Graph: g}
}

// streaming opens a workload on an FPGA with a stage for each layer.
func streaming(t *testing.T, e Experiment, w *catalog.Workload) *Prepared {
	t.Helper()
	m, err := OpenDevice(e.Device, e.Sets)
	require.NoError(t, err)
	p, err := e.prepare(m, w)
	require.NoError(t, err)
	return p
}

// everyPoint goes through all points of a joint space.
func everyPoint(joint mapping.Joint, layers int, visit func(at [][]int)) {
	at := make([][]int, layers)
	var choose func(layer, axis int)
	choose = func(layer, axis int) {
		if layer == layers {
			visit(at)
			return
		}
		axes := joint.Layer(layer)
		if axes == nil {
			choose(layer+1, 0)
			return
		}
		sizes := axes.Axes()
		if axis == 0 {
			at[layer] = make([]int, len(sizes))
		}
		if axis == len(sizes) {
			choose(layer+1, 0)
			return
		}
		for i := range sizes[axis] {
			at[layer][axis] = i
			choose(layer, axis+1)
		}
	}
	choose(0, 0)
}

// Where all foldings of a pipeline can be simulated, what a search takes is the best of them that
// run no longer than the default.
func TestJointSearchAgainstAllFoldings(t *testing.T) {
	cases := []struct {
		batch int
		sets  []string
	}{
		{4, []string{"fold.product=lut", "limits.lut=0.08"}}, {1, []string{"fold.product=dsp", "limits.dsp=0.05", "limits.lut=0.07"}},
		{4, []string{"fold.product=lut", "fold.rate=150 kHz"}}, {1, []string{"fold.product=lut", "limits.lut=0.08"}}, {4, []string{"fold.product=dsp"}},
		{1, []string{"fold.product=dsp", "limits.lut=0.09"}}, {4, []string{"fold.product=dsp", "limits.lut=0.06"}}, {1, []string{"fold.product=dsp", "fold.rate=500 kHz"}},
	}
	if !*wide {
		cases = cases[:2]
	}
	better := 0
	for _, c := range cases {
		w := fourStages(t, c.batch)
		e := Experiment{Device: "pynq-z1", Sets: append([]string{"design=streaming"}, c.sets...), Check: arch.None}
		p := streaming(t, e, w)
		j := &joined{searcher: searcher{p: p, e: e}, space: p.Plan.Joint()}
		usual, err := j.judge(p.Plan)
		require.NoError(t, err)
		best, fit := usual.figures, 0
		everyPoint(j.space, len(p.Plan.Layers), func(at [][]int) {
			plan, err := j.space.Plan(at)
			if err != nil {
				return
			}
			one, err := j.judge(plan)
			require.NoError(t, err)
			if fit++; one.seconds <= usual.seconds && slices.Compare(one.figures, best) < 0 {
				best = one.figures
			}
		})
		e.Mapping = "search,simulate=100"
		found := streaming(t, e, w)
		figures, err := found.Plan.Joint().Measure(found.Plan)
		require.NoError(t, err)
		t.Logf("%v batch %d: %d of %g fit; default %v, search %v, best %v", c.sets, c.batch, fit, p.Plan.JointSize(), usual.figures, figures, best)
		assert.Equal(t, best, figures, "%v batch %d", c.sets, c.batch)
		if slices.Compare(figures, usual.figures) < 0 {
			better++
		}
	}
	assert.GreaterOrEqual(t, better, 2, "the default is not the best there is")
}

// A search is never worse than the default in what it is judged by and in the run's time, gives the
// same plan twice, and its mapping written to a file runs as it ran, with the right values.
func TestJointSearchIsNeverWorse(t *testing.T) {
	residual, err := archtest.Named("residual")
	require.NoError(t, err)
	for _, c := range []struct {
		device, workload string
		sets             []string
		least            float64 // by which the first figure falls
		check            arch.Mode
	}{
		{"pynq-z1", "cnv,dtype=w1a2", nil, 0.3, arch.Sample},
		{"aup-zu3", "cnv,dtype=w1a2,batch=2", nil, 0.09, arch.None},
		{"zcu104", "cnv", nil, 0.12, arch.None},
		{"alveo-u250", "cnv", nil, 0.3, arch.None},
		{"pynq-z1", "tfc,dtype=w1a2", nil, 0, arch.Full},
		{"pynq-z1", "tfc,dtype=w1a2", []string{"fold.rate=500 kHz"}, 0, arch.Full},
		{"zcu104", "", []string{"limits.lut=0.07"}, 0, arch.Full},
	} {
		e := Experiment{Device: c.device, Workload: c.workload, Sets: append([]string{"design=streaming"}, c.sets...), Check: arch.None}
		open := func() *Prepared {
			if c.workload != "" {
				p, err := e.Prepare()
				require.NoError(t, err)
				return p
			}
			g, err := residual.Build()
			require.NoError(t, err)
			return streaming(t, e, &catalog.Workload{Spec: "residual", Name: "residual", Graph: g})
		}
		run := func(p *Prepared) *results.Run {
			r, err := p.run(e, time.Now())
			require.NoError(t, err)
			return r
		}
		usual := open()
		before, err := usual.Plan.Joint().Measure(usual.Plan)
		require.NoError(t, err)
		slow := run(usual)
		e.Mapping = "search"
		found := open()
		after, err := found.Plan.Joint().Measure(found.Plan)
		require.NoError(t, err)
		fast := run(found)
		name := c.workload + " on " + c.device
		t.Logf("%s: %v became %v, a run of %d cycles one of %d", name, before, after, slow.Cycles, fast.Cycles)
		assert.LessOrEqual(t, after[0], before[0]*(1-c.least), name)
		assert.Less(t, slices.Compare(after, before), 0, name)
		assert.LessOrEqual(t, fast.Seconds, slow.Seconds, name)
		assert.Equal(t, found.Plan.String(), open().Plan.String(), "twice the same")
		var text bytes.Buffer
		require.NoError(t, found.WriteMapping(&text))
		file := filepath.Join(t.TempDir(), "found.yaml")
		require.NoError(t, os.WriteFile(file, text.Bytes(), 0o644))
		e.Mapping, e.Check = file, c.check
		again := run(open())
		assert.Equal(t, fast.Cycles, again.Cycles, name)
		assert.Equal(t, fast.Layers, again.Layers, name)
		if c.check != arch.None {
			assert.Equal(t, "pass", again.Check.Status, name)
		}
	}
}

// The figures that are reckoned rank mappings as those that are simulated.
func TestJointReckoningRanks(t *testing.T) {
	e := Experiment{Device: "pynq-z1", Workload: "cnv,dtype=w1a2,batch=4", Sets: []string{"design=streaming"}, Check: arch.None}
	p, err := e.Prepare()
	require.NoError(t, err)
	ranks, err := p.Rank(20, e)
	require.NoError(t, err)
	require.Len(t, ranks, 3)
	for _, r := range ranks {
		t.Logf("%s: ρ %.3f over %d, median error %.3f", r.Layer, r.Spearman, r.Mappings, r.Error)
		assert.GreaterOrEqual(t, r.Mappings, 15)
		assert.GreaterOrEqual(t, r.Spearman, 0.95, r.Layer)
		assert.LessOrEqual(t, r.Error, 0.05, r.Layer)
	}
}

// What a file says of foldings that cannot be is said in one line, and so is a method of search
// that joint spaces do not have.
func TestJointMappingsRefused(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"layers: {fc9: {simd: 1, pe: 1}}", `layers.fc9: tfc on pynq-z1 has no layer of this name whose mapping can be chosen; did you mean "fc1"`},
		{"layers: {flatten: {pe: 1}}", "no layer of this name whose mapping can be chosen"},
		{"layers: {fc2: {simd: 5, pe: 1}}", "layers.fc2: simd: 5: write one of 1, 2, 4, 8, 16, 32, 64"},
		{"layers: {fc2: {simd: 4}}", "pe: missing; write one of 1, 2, 4, 8, 16, 32, 64"},
		{"layers: {fc2: {simd: 4, pe: 4, product: lut}}", "product: no such choice; there are simd, pe"},
		{"layers: {fc1: {simd: 784, pe: 64}}", "layers: together with the layers that are not named: fpga: tfc does not fit pynq-z1: it needs LUT"},
		{"placement: half", "pynq-z1 keeps nothing on chip by a rule of its own"},
	} {
		path := filepath.Join(t.TempDir(), "m.yaml")
		require.NoError(t, os.WriteFile(path, []byte(c.text), 0o644))
		_, err := Experiment{Device: "pynq-z1", Workload: "tfc,dtype=w1a2", Sets: []string{"design=streaming"}, Mapping: path}.Prepare()
		if assert.Error(t, err, c.text) {
			assert.Contains(t, err.Error(), c.want)
			assert.Contains(t, err.Error(), "m.yaml")
			assert.NotContains(t, err.Error(), "\n")
		}
	}
	_, err := Experiment{Device: "pynq-z1", Workload: "tfc,dtype=w1a2", Mapping: "search,method=random"}.Prepare()
	assert.ErrorContains(t, err, "method=random: the layers of pynq-z1 share what it has")
	by := Experiment{Device: "pynq-z1", Workload: "tfc,dtype=w1a2", Sets: []string{"fold.layers=[fc1:16:4]"}, Mapping: "search"}
	p, err := by.Prepare()
	require.NoError(t, err)
	assert.Contains(t, p.Plan.String(), "product simd 16 pe 4:", "what is folded by hand stays")
}

// BenchmarkReckonJoint is the foldings of cnv reckoned a second on one core.
func BenchmarkReckonJoint(b *testing.B) {
	p, err := Experiment{Device: "alveo-u250", Workload: "cnv", Sets: []string{"design=streaming"}, Check: arch.None}.Prepare()
	require.NoError(b, err)
	joint, tried := p.Plan.Joint(), 0
	at := joint.Chosen()
	b.ReportAllocs()
	for b.Loop() {
		require.NotNil(b, joint.Reckon(at))
		tried++
	}
	b.ReportMetric(float64(tried)/b.Elapsed().Seconds(), "mappings/s")
}
