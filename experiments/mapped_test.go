package experiments

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"nnsim/arch"
	"nnsim/mapping"
	"nnsim/mapping/search"
	"nnsim/workloads"
	"nnsim/workloads/catalog"
)

// wide has the searches held against the simulation on all layers: minutes of it.
var wide = flag.Bool("wide", false, "hold mapping searches against simulation on twenty layers, not three")

// twenty layers of resnet50 and bert-base: one of each kind.
var twenty = []string{
	"conv:c=3,h=224,w=224,k=64,r=7,s=7,stride=2,pad=3", "conv:c=64,h=56,w=56,k=64,r=1,s=1", "conv:c=64,h=56,w=56,k=64,r=3,s=3,pad=1",
	"conv:c=64,h=56,w=56,k=256,r=1,s=1", "conv:c=256,h=56,w=56,k=128,r=1,s=1", "conv:c=128,h=56,w=56,k=128,r=3,s=3,stride=2,pad=1",
	"conv:c=256,h=56,w=56,k=512,r=1,s=1,stride=2", "conv:c=512,h=28,w=28,k=128,r=1,s=1", "conv:c=128,h=28,w=28,k=128,r=3,s=3,pad=1",
	"conv:c=512,h=28,w=28,k=256,r=1,s=1", "conv:c=256,h=14,w=14,k=256,r=3,s=3,pad=1", "conv:c=256,h=14,w=14,k=1024,r=1,s=1",
	"conv:c=1024,h=14,w=14,k=512,r=1,s=1", "conv:c=512,h=7,w=7,k=512,r=3,s=3,pad=1", "gemm:m=1,k=2048,n=1000",
	"gemm:m=128,k=768,n=768", "gemm:m=128,k=768,n=3072", "gemm:m=128,k=3072,n=768", "gemm:batch=12,m=128,k=64,n=128", "gemm:batch=12,m=128,k=128,n=64",
}

// someOf is a few of the layers, or with -wide all.
func someOf(layers []string) []string {
	if *wide {
		return layers
	}
	return []string{layers[8], layers[13], layers[15]}
}

// layerSpace opens a layer on a device, with the space of its mappings.
func layerSpace(t testing.TB, device, workload string) (*Prepared, int, mapping.Space) {
	p, err := Experiment{Device: device, Workload: workload, Check: arch.None}.Prepare()
	require.NoError(t, err)
	for i, lp := range p.Plan.Layers {
		if lp.Space != nil {
			return p, i, lp.Space()
		}
	}
	require.Fail(t, "no space", workload)
	return nil, 0, nil
}

// cyclesOf simulates a layer mapped as a point says.
func cyclesOf(t testing.TB, p *Prepared, layer int, s mapping.Space, at []int) float64 {
	lp := s.Plan(at)
	require.NotNil(t, lp)
	run, err := p.Machine.Run(arch.Job{Net: p.Net, Plan: p.Plan.With(map[int]*mapping.LayerPlan{layer: lp})})
	require.NoError(t, err)
	return float64(run.Cycles)
}

// A search is never worse than the default, keeps every law, gives the same report
// twice, and its mapping written to a file runs as it ran.
func TestSearchIsNeverWorse(t *testing.T) {
	for _, device := range []string{"tpu-v1", "eyeriss", "tiny-4x4"} {
		for _, workload := range someOf(twenty) {
			if device != "tpu-v1" && !*wide && workload != twenty[8] || device == "tiny-4x4" && workload != twenty[13] {
				continue // one is enough where simulating takes long
			}
			e := Experiment{Device: device, Workload: workload, Check: arch.None}
			usual, err := e.Run(t.Context())
			require.NoError(t, err)
			e.Mapping = "search,budget=3000,simulate=4"
			found, err := e.Run(t.Context())
			require.NoError(t, err)
			assert.LessOrEqual(t, found.Cycles, usual.Cycles, "%s on %s", workload, device)
			require.NotEmpty(t, found.Notes)
			t.Logf("%-9s %-50s default %9d search %9d  %.3f", device, workload, usual.Cycles, found.Cycles, float64(found.Cycles)/float64(usual.Cycles))
			p, err := e.Prepare()
			require.NoError(t, err)
			var text bytes.Buffer
			require.NoError(t, p.WriteMapping(&text))
			file := filepath.Join(t.TempDir(), "found.yaml")
			require.NoError(t, os.WriteFile(file, text.Bytes(), 0o644))
			e.Mapping = file
			given, err := e.Run(t.Context())
			require.NoError(t, err)
			assert.Equal(t, found.Cycles, given.Cycles)
			assert.Equal(t, found.Layers, given.Layers)
		}
	}
}

// The same holds for the spaces of other machines, which are lists and grids of their own;
// the mapping that is found computes the right values.
func TestOtherMachinesSearch(t *testing.T) {
	for _, c := range []struct {
		device, workload string
		less             bool // the default is not the best there is
		sets             []string
	}{
		{"zcu102-dpu", "conv:c=32,h=14,w=14,k=64,r=3,s=3,pad=1", false, nil}, {"pynq-z1", "conv:c=16,h=14,w=14,k=16,r=3,s=3,pad=1", false, []string{"design=overlay"}},
		{"h100-sxm", "gemm:m=128,k=768,n=768", false, nil}, {"a100-sxm", "gemm:m=384,k=768,n=768", true, nil}, {"a100-sxm", "conv:c=64,h=14,w=14,k=64,r=3,s=3,pad=1", false, nil}, {"t4", "gemm:m=1,k=512,n=512", false, nil},
		{"nvdla-large", "conv:c=128,h=28,w=28,k=128,r=3,s=3,pad=1", true, nil}, {"nvdla-small", "conv:c=16,h=9,w=9,k=32,r=3,s=3", false, nil}, {"nvdla-128", "gemm:m=8,k=256,n=128", false, nil},
		{"diannao", "conv:c=32,h=9,w=9,k=32,r=3,s=3", false, nil}, {"diannao", "gemm:m=16,k=256,n=64", false, nil},
	} {
		e := Experiment{Device: c.device, Sets: c.sets, Workload: c.workload, Check: arch.None}
		usual, err := e.Run(t.Context())
		require.NoError(t, err)
		e.Mapping = "search,budget=2000,simulate=12"
		found, err := e.Run(t.Context())
		require.NoError(t, err)
		assert.LessOrEqual(t, found.Seconds, usual.Seconds, "%s on %s", c.workload, c.device)
		if c.less {
			assert.Less(t, found.Seconds, usual.Seconds, "%s on %s", c.workload, c.device)
		}
		t.Logf("%-12s %-42s default %9d search %9d", c.device, c.workload, usual.Cycles, found.Cycles)
		p, err := e.Prepare()
		require.NoError(t, err)
		var text bytes.Buffer
		require.NoError(t, p.WriteMapping(&text))
		file := filepath.Join(t.TempDir(), "found.yaml")
		require.NoError(t, os.WriteFile(file, text.Bytes(), 0o644))
		e.Mapping, e.Check = file, arch.Full
		given, err := e.Run(t.Context())
		require.NoError(t, err)
		assert.Equal(t, found.Cycles, given.Cycles, "%s on %s: %s", c.workload, c.device, text.String())
		assert.Equal(t, "pass", given.Check.Status)
	}
}

// A machine that leaves no choice says so, and runs its default.
func TestNoChoiceIsSaid(t *testing.T) {
	e := Experiment{Device: "eie-64", Workload: "gemm:m=1,k=64,n=64", Check: arch.None, Mapping: "search"}
	run, err := e.Run(t.Context())
	require.NoError(t, err)
	require.NotEmpty(t, run.Notes)
	assert.Contains(t, strings.Join(run.Notes, " "), "n=64,k=64: a row of the matrix lies on the PE that its number modulo the PEs names")
	p, err := e.Prepare()
	require.NoError(t, err)
	assert.ErrorContains(t, p.WriteMapping(io.Discard), "leaves no choice of mappings")
	_, err = p.Rank(3, e)
	assert.ErrorContains(t, err, "leaves no choice of mappings")
	e.Device, e.Workload = "zcu102-chaidnn", "conv:c=16,h=14,w=14,k=16,r=3,s=3,pad=1"
	run, err = e.Run(t.Context())
	require.NoError(t, err)
	assert.Contains(t, strings.Join(run.Notes, " "), "loads weights again for each block of pixels")
}

// The reckoned costs rank a layer's mappings as the simulation does, and name one of the
// fastest.
func TestTheReckoningRanks(t *testing.T) {
	devices := []string{"tpu-v1", "eyeriss"}
	if !*wide {
		devices = devices[:1] // bad mappings of an eyeriss take long
	}
	for _, device := range devices {
		var sum float64
		layers := someOf(twenty)
		if device == "eyeriss" {
			layers = layers[:14] // the products of bert-base take minutes where they are mapped badly
		}
		for _, workload := range layers {
			e := Experiment{Device: device, Workload: workload, Check: arch.None}
			p, err := e.Prepare()
			require.NoError(t, err)
			ranks, err := p.Rank(30, e)
			require.NoError(t, err)
			r := ranks[0]
			t.Logf("%-9s %-50s ρ %.3f over %d, median error %.3f", device, workload, r.Spearman, r.Mappings, r.Error)
			assert.GreaterOrEqual(t, r.Spearman, 0.9, "%s on %s", workload, device)
			assert.LessOrEqual(t, r.Error, 0.1, "%s on %s", workload, device)
			sum += r.Spearman
		}
		t.Logf("%s: ρ %.3f a layer on average", device, sum/float64(len(layers)))
		assert.GreaterOrEqual(t, sum/float64(len(layers)), 0.97, device)
	}
}

// unnamed hides what a machine says of itself beyond what every machine does.
type unnamed struct{ arch.Machine }

// Where a machine computes layer after layer, every second is ranked in the same runs, and takes
// as long as by itself, but for where refreshes and open rows fall, which is a per cent of layers as small as these.
func TestSerialLayersAreRankedTogether(t *testing.T) {
	e := Experiment{Device: "zcu102-dpu", Check: arch.None}
	m, err := OpenDevice(e.Device, nil)
	require.NoError(t, err)
	b := workloads.NewBuilder("three", 1)
	x := b.Conv("conv1", b.Input("x", 1, 32, 14, 14), 64, workloads.Window{R: 3, Pad: 1})
	g, err := b.Build(b.Conv("conv3", b.Conv("conv2", x, 96, workloads.Window{R: 1}), 64, workloads.Window{R: 3, Pad: 1}))
	require.NoError(t, err)
	p, err := e.prepare(m, &catalog.Workload{Spec: "three", Name: "three", Graph: g})
	require.NoError(t, err)
	together, err := p.Rank(10, e)
	require.NoError(t, err)
	p.Machine = unnamed{m}
	apart, err := p.Rank(10, e)
	require.NoError(t, err)
	require.Len(t, together, 4)
	changed := false
	for i := range together[:3] {
		assert.InEpsilonSlice(t, apart[i].simulated, together[i].simulated, 0.02, together[i].Layer)
		changed = changed || !slices.Equal(apart[i].simulated, together[i].simulated)
	}
	assert.True(t, changed, "runs are others")
}

// Where every mapping can be simulated, what a search takes is within 2 % of the best of them.
func TestSearchAgainstAllOfThem(t *testing.T) {
	if !*wide {
		t.Skip("simulates every mapping of a layer; run with -wide")
	}
	cases := 0
	for _, workload := range twenty {
		p, layer, s := layerSpace(t, "tpu-v1", workload)
		if search.Size(s.Axes()) > 1600 {
			continue
		}
		best := math.Inf(1)
		all := gatherer{s, func(at []int) { best = min(best, cyclesOf(t, p, layer, s, at)) }}
		search.Run(all, search.Options{Method: search.Exhaustive, Budget: 1 << 20})
		run, err := Experiment{Device: "tpu-v1", Workload: workload, Check: arch.None, Mapping: "search"}.Run(t.Context())
		require.NoError(t, err)
		ratio := float64(run.Cycles) / best
		t.Logf("%-50s best of all %9.0f search %9d  %.4f", workload, best, run.Cycles, ratio)
		assert.LessOrEqual(t, ratio, 1.02, workload)
		cases++
	}
	assert.Greater(t, cases, 10)
}

// An experiment's key holds its mapping: the options of a search in canonical form,
// and what a file says, not what it is called.
func TestMappingIsInTheKey(t *testing.T) {
	text := func(word string) string {
		got, err := Experiment{Mapping: word}.mappingText()
		require.NoError(t, err)
		return got
	}
	dir := t.TempDir()
	name := func(file, content string) string {
		path := filepath.Join(dir, file)
		require.NoError(t, os.WriteFile(path, []byte(content), 0o644))
		return path
	}
	assert.Equal(t, text(""), text("default"))
	assert.Equal(t, text("search"), text(fmt.Sprintf("search,budget=%d", usualBudget)))
	assert.NotEqual(t, text("search"), text("search,budget=7"))
	a, b, c := name("a.yaml", "layers: {}"), name("b.yaml", "layers: {}"), name("c.yaml", "layers: {x: {}}")
	assert.Equal(t, text(a), text(b))
	assert.NotEqual(t, text(a), text(c))
}

// What a mapping's file gets wrong is said in one line with file, line and remedy.
func TestMappingFileRefuses(t *testing.T) {
	good := "rows: 8, cols: 64, channels: 64, outer: rows, hold: yes"
	for _, c := range []struct{ text, want string }{
		{"", "is empty"},
		{"layers: 3", "is no mapping"},
		{"layer: {}", `layer: there is no such key; did you mean "layers"`},
		{"layers: {gem: {}}", `did you mean "gemm"`},
		{"layers: {gemm: {rows: 8}}", "cols: missing; write one of"},
		{"layers: {gemm: {" + good + ", rows: 9}}", "given twice"},
		{"layers: {gemm: {" + good + ", tile: 9}}", "tile: no such choice; there are rows"},
		{"layers: {gemm: {rows: 9999, cols: 64, channels: 64, outer: rows, hold: yes}}", "rows: 9999: write one of 64 choices from 1 to 64, such as 64 or 63"},
		{"layers: {gemm: {rows: 8, cols: 64, channels: 64, outer: row, hold: yes}}", "outer: row: write one of rows, cols"},
		{"layers: {gemm: {rows: 8, cols: 64, channels: 64, outer: rows, hold: no}}", "do not fit"},
		{"placement: whole", `placement: whole: write one of default`},
	} {
		path := filepath.Join(t.TempDir(), "m.yaml")
		require.NoError(t, os.WriteFile(path, []byte(c.text), 0o644))
		_, err := Experiment{Device: "tpu-v1", Workload: "gemm:m=64,n=64,k=64", Mapping: path}.Prepare()
		if assert.Error(t, err, c.text) {
			assert.Contains(t, err.Error(), c.want)
			assert.Contains(t, err.Error(), "m.yaml")
			assert.NotContains(t, err.Error(), "\n")
		}
	}
}

// BenchmarkReckon is the mappings reckoned a second on one core.
func BenchmarkReckon(b *testing.B) {
	for _, device := range []string{"tpu-v1", "gemmini-16", "eyeriss"} {
		b.Run(device, func(b *testing.B) {
			_, _, s := layerSpace(b, device, twenty[8])
			b.ReportAllocs()
			tried := 0
			for b.Loop() {
				tried += search.Run(s, search.Options{Method: search.Exhaustive, Budget: 5000, Keep: 8}).Tried
			}
			b.ReportMetric(float64(tried)/b.Elapsed().Seconds(), "mappings/s")
		})
	}
}

// TestDefaultOfSmallProducts: where one loading of the array is all there is, and memory takes the
// time, the default cuts no more than it must to load, multiply and store side by side.
func TestDefaultOfSmallProducts(t *testing.T) {
	for _, spec := range []string{"gemm:m=100,n=256,k=256", "gemm:m=64,n=256,k=256"} {
		e := Experiment{Device: "tpu-v1", Workload: spec, Check: arch.None}
		plain, err := e.Run(t.Context())
		require.NoError(t, err)
		e.Mapping = "search"
		best, err := e.Run(t.Context())
		require.NoError(t, err)
		assert.LessOrEqual(t, float64(plain.Cycles), 1.02*float64(best.Cycles), spec)
	}
}
