package experiments

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

const little = `about: a small sweep
device: tiny-4x4
workloads: ["gemm:m=9,n=10,k=11", "gemm:m=30,n=8,k=8"]
axes:
  array.rows: {pow2: [2, 16]}
  array.cols: {range: [4, 12], step: 4}
  array.dataflow: [os, ws]
constraints: [array.rows * array.cols <= 128, utilization > 0.05]
objectives: [seconds min, energy_joules min]
`

func sweepOf(t *testing.T, text string) *Sweep {
	t.Helper()
	s, err := ParseSweep("spec.yaml", []byte(text))
	require.NoError(t, err)
	return s
}

func csvOf(t *testing.T, table *Table) string {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, table.WriteCSV(&b))
	return b.String()
}

func swept(t *testing.T, s *Sweep, how SweepRun) *Table {
	t.Helper()
	if how.Store == nil {
		how.Store = stored(t)
	}
	table, err := s.Run(t.Context(), how)
	require.NoError(t, err)
	return table
}

// TestSameTable: the same bytes for any number of workers and shards, out of the store, merged, and when stopped at random moments.
func TestSameTable(t *testing.T) {
	s := sweepOf(t, little)
	first := swept(t, s, SweepRun{Workers: 1})
	want := csvOf(t, first)
	assert.Equal(t, first.Simulated, len(first.Designs))
	assert.Equal(t, 2*(4*3-1)*2, len(first.Designs), "16x12 is above 128")
	assert.Positive(t, first.Count("ok"))
	for _, workers := range []int{2, 9} {
		assert.Equal(t, want, csvOf(t, swept(t, sweepOf(t, little), SweepRun{Workers: workers})))
	}
	for _, shards := range []int{1, 7} {
		whole, simulated := stored(t), 0
		for i := range shards {
			part := stored(t)
			simulated += swept(t, sweepOf(t, little), SweepRun{Store: part, Workers: 2, Shard: i + 1, Shards: shards}).Simulated
			_, err := whole.Merge(part.dir)
			require.NoError(t, err)
		}
		assert.Equal(t, len(first.Designs), simulated)
		table := swept(t, sweepOf(t, little), SweepRun{Store: whole, Look: true})
		assert.Zero(t, table.Simulated+table.Count("missing"))
		assert.Equal(t, want, csvOf(t, table))
	}
	store, chance := stored(t), rand.New(rand.NewPCG(1, 1))
	for range 20 {
		ctx, stop := context.WithCancel(t.Context())
		left := int32(chance.IntN(4))
		_, err := sweepOf(t, little).Run(ctx, SweepRun{Store: store, Workers: 3, Progress: func(p SweepProgress) {
			if atomic.AddInt32(&left, -1) < 0 {
				stop()
			}
		}})
		if err != nil {
			require.ErrorIs(t, err, context.Canceled)
		}
		stop()
	}
	assert.Equal(t, want, csvOf(t, swept(t, sweepOf(t, little), SweepRun{Store: store, Workers: 2})))
}

// TestRowsAreRuns: each row's figures are those of the same experiment by itself.
func TestRowsAreRuns(t *testing.T) {
	table := swept(t, sweepOf(t, little), SweepRun{Workers: 2})
	for _, d := range table.Designs[:6] {
		run, err := table.Sweep.experiment(d.Point).Run(t.Context())
		require.NoError(t, err)
		v, err := d.figure(table.Sweep, "cycles")
		require.NoError(t, err)
		assert.EqualValues(t, run.Cycles, v)
		assert.Equal(t, d.Point[2], run.Device.Resolved["array.rows"])
	}
}

// TestFailuresAreRows: a design that does not fit is a row with its error, is kept, and the sweep goes on.
func TestFailuresAreRows(t *testing.T) {
	text := "device: tiny-4x4\nworkload: \"gemm:m=64,n=64,k=64\"\naxes: {buffer.size: [16 B, 64 KiB]}\nobjectives: [seconds min]\n"
	store := stored(t)
	table := swept(t, sweepOf(t, text), SweepRun{Store: store, Workers: 2})
	assert.Equal(t, "failed", table.Designs[0].Status)
	assert.NotEmpty(t, table.Designs[0].Error)
	assert.False(t, table.Designs[0].Front)
	assert.Equal(t, "ok", table.Designs[1].Status, table.Designs[1].Error)
	assert.True(t, table.Designs[1].Front)
	again := swept(t, sweepOf(t, text), SweepRun{Store: store, Workers: 2})
	assert.Equal(t, csvOf(t, table), csvOf(t, again))
}

func TestAxes(t *testing.T) {
	for text, want := range map[string]string{
		"[16, 8, 1 MiB]":                       "16 8 1 MiB",
		"{pow2: [2, 40]}":                      "2 4 8 16 32",
		"{pow2: [512 KiB, 2 MiB]}":             "512 KiB 1024 KiB 2048 KiB",
		"{range: [1, 9], step: 3}":             "1 4 7",
		"{range: [3, 6]}":                      "3 4 5 6",
		"{range: [0.5, 1], points: 3}":         "0.5 0.75 1",
		"{range: [500 MHz, 1 GHz], points: 2}": "500 MHz 1000 MHz",
		"{log: [1, 1000], points: 4}":          "1 10 100 1000",
		"{log: [1, 4], points: 9}":             "1 2 3 4",
		"{log: [1 MiB, 64 MiB], points: 4}":    "1 MiB 4 MiB 16 MiB 64 MiB",
		"{range: [0.1, 0.3], step: 0.1}":       "0.1 0.2 0.3",
		"7":                                    "7",
	} {
		f := specFile{"f"}
		root, err := f.root([]byte("x: " + text))
		require.NoError(t, err)
		list, err := f.entries(root, "", nil)
		require.NoError(t, err)
		a, err := readAxis(f, list[0])
		if assert.NoError(t, err, text) {
			assert.Equal(t, want, strings.Join(a.values, " "), text)
		}
	}
}

// TestLatinHypercube: each of n strips of each axis is used once.
func TestLatinHypercube(t *testing.T) {
	s := sweepOf(t, "device: tiny-4x4\nworkload: resnet50\naxes: {clock: {range: [100 MHz, 200 MHz]}, array.rows: {range: [1, 64]}}\nsample: {method: lhs, points: 50, seed: 4}\n")
	points, err := s.points()
	require.NoError(t, err)
	require.Len(t, points, 50)
	strips := map[int]bool{}
	for _, p := range points {
		var mhz float64
		_, err := fmt.Sscanf(p[2], "%g MHz", &mhz)
		require.NoError(t, err)
		strips[int((mhz-100)/2)] = true
	}
	assert.Len(t, strips, 50)
	again, err := s.points()
	require.NoError(t, err)
	assert.Equal(t, points, again)
}

func TestRandomKeepsConstraints(t *testing.T) {
	s := sweepOf(t, "device: tiny-4x4\nworkload: resnet50\naxes: {array.rows: {range: [1, 64]}, array.cols: {range: [1, 64]}}\nconstraints: [array.rows * array.cols <= 100]\nsample: {method: random, points: 40}\n")
	points, err := s.points()
	require.NoError(t, err)
	assert.Len(t, points, 40)
	for _, p := range points {
		var r, c int
		_, _ = fmt.Sscan(p[2], &r)
		_, _ = fmt.Sscan(p[3], &c)
		assert.True(t, r > 0 && c > 0 && r*c <= 100, p)
	}
}

// TestFront holds the front against the definition, on random points.
func TestFront(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := rapid.IntRange(1, 3).Draw(t, "objectives")
		points := rapid.SliceOf(rapid.SliceOfN(rapid.Float64Range(0, 4).AsAny(), m, m)).Draw(t, "points")
		list := make([][]float64, len(points))
		for i, p := range points {
			for _, v := range p {
				list[i] = append(list[i], math.Floor(v.(float64)))
			}
		}
		for i, on := range front(list) {
			beaten := false
			for _, other := range list {
				noWorse, better := true, false
				for k := range other {
					noWorse, better = noWorse && other[k] <= list[i][k], better || other[k] < list[i][k]
				}
				beaten = beaten || noWorse && better
			}
			if on == beaten {
				t.Fatalf("%v of %v: on the front %v, beaten %v", list[i], list, on, beaten)
			}
		}
	})
}

const hunting = `device: tiny-4x4
workload: "gemm:m=64,n=64,k=64"
axes:
  array.rows: {pow2: [1, 64]}
  array.cols: {range: [1, 64]}
  array.dataflow: [os, ws]
constraints: [array.rows * array.cols <= 512]
`

// searched is what a proposer makes of a function of places in so many designs.
func searched(by proposer, budget, round int, f func([]float64) []float64) (merits [][]float64) {
	for len(merits) < budget {
		var places [][]float64
		for range round {
			places = append(places, by.propose())
		}
		for _, place := range places {
			m := f(place)
			by.learn(place, m)
			merits = append(merits, m)
		}
	}
	return merits
}

// byChance is a proposer that learns nothing.
type byChance struct {
	r    *rand.Rand
	axes int
}

func (c byChance) learn([]float64, []float64) {}
func (c byChance) propose() []float64 {
	place := make([]float64, c.axes)
	for i := range place {
		place[i] = c.r.Float64()
	}
	return place
}

// TestSearchLearns: on a bowl with a forbidden corner and an axis of words, either
// search comes at least four times nearer to the bottom than chance, in the mean of 20 seeds.
func TestSearchLearns(t *testing.T) {
	bowl := func(u []float64) []float64 {
		if u[0] > 0.9 && u[1] > 0.9 {
			return nil // a design that fails
		}
		word := 0.0
		if int(u[3]*3) != 1 {
			word = 1
		}
		return []float64{math.Pow(u[0]-0.7, 2) + math.Pow(u[1]-0.2, 2) + math.Pow(u[2]-0.5, 2) + word}
	}
	numbers, words := &axis{span: &span{}}, &axis{values: []string{"a", "b", "c"}}
	mean := map[string]float64{}
	for seed := range int64(20) {
		for name, by := range map[string]proposer{
			"tpe":    &treeParzen{chance: rand.New(rand.NewPCG(uint64(seed), 5)), axes: []*axis{numbers, numbers, numbers, words}},
			"nsga2":  newNSGA2(4, 16, seed),
			"chance": byChance{rand.New(rand.NewPCG(uint64(seed), 6)), 4},
		} {
			least := math.Inf(1)
			for _, m := range searched(by, 160, 16, bowl) {
				if m != nil {
					least = min(least, m[0])
				}
			}
			mean[name] += least / 20
		}
	}
	assert.Less(t, mean["tpe"], mean["chance"]/4)
	assert.Less(t, mean["nsga2"], mean["chance"]/4)
}

// TestNSGA2FindsAFront: on ZDT1 of five axes the front of a search covers more
// of the plane below (1.1, 6) than that of chance.
func TestNSGA2FindsAFront(t *testing.T) {
	zdt1 := func(u []float64) []float64 {
		g := 1 + 9*(u[1]+u[2]+u[3]+u[4])/4
		return []float64{u[0], g * (1 - math.Sqrt(u[0]/g))}
	}
	covered := func(merits [][]float64) float64 {
		area := 0.0
		const steps = 400
		for i := range steps { // the lowest second objective at each first
			x, low := 1.1*float64(i)/steps, 6.0
			for _, m := range merits {
				if m[0] <= x {
					low = min(low, m[1])
				}
			}
			area += (6 - low) * 1.1 / steps
		}
		return area
	}
	for seed := range int64(5) {
		evolved := covered(searched(newNSGA2(5, 20, seed), 400, 20, zdt1))
		drawn := covered(searched(byChance{rand.New(rand.NewPCG(uint64(seed), 6)), 5}, 400, 20, zdt1))
		best := 6*1.1 - 1.1 + 2.0/3 // the true front is 1 - sqrt(x), to x = 1
		assert.Greater(t, evolved, drawn+0.5*(best-drawn), "seed %d: half of the way from chance (%g) to the true front (%g)", seed, drawn, best)
	}
}

// TestSearchRepeats: a search stopped and gone on with is the same search.
func TestSearchRepeats(t *testing.T) {
	for _, method := range []string{"tpe", "nsga2"} {
		text := hunting + "objectives: [seconds min]\nsearch: {method: " + method + ", budget: 30, round: 6, seed: 2}\n"
		want := csvOf(t, swept(t, sweepOf(t, text), SweepRun{Workers: 3}))
		store := stored(t)
		ctx, stop := context.WithCancel(t.Context())
		_, err := sweepOf(t, text).Run(ctx, SweepRun{Store: store, Workers: 2, Progress: func(p SweepProgress) {
			if p.Done == 11 {
				stop()
			}
		}})
		require.ErrorIs(t, err, context.Canceled)
		stop()
		resumed := swept(t, sweepOf(t, text), SweepRun{Store: store, Workers: 1})
		assert.Less(t, resumed.Simulated, 20)
		assert.Equal(t, want, csvOf(t, resumed))
		_, err = sweepOf(t, text).Run(t.Context(), SweepRun{Store: store, Shard: 1, Shards: 2})
		assert.ErrorContains(t, err, "no shards")
	}
}

func TestSlurmScript(t *testing.T) {
	s := sweepOf(t, little)
	script, err := Slurm{Program: "/opt/it's/nnsim", Spec: "spec.yaml", Store: "/data/store", Tasks: 7, Options: []string{"--partition=long"}}.Script(s)
	require.NoError(t, err)
	for _, part := range []string{"--array=1-7\n", "#SBATCH --partition=long\n", `'/opt/it'\''s/nnsim' sweep`, "--store '/data/store'", `--shard "$SLURM_ARRAY_TASK_ID/7"`} {
		assert.Contains(t, script, part)
	}
	_, err = Slurm{Program: "/n", Spec: "s", Store: "d", Tasks: 45}.Script(s)
	assert.ErrorContains(t, err, "to the 44 designs")
	_, err = Slurm{Program: "/n", Spec: "s", Store: "d\"", Tasks: 1}.Script(s)
	assert.ErrorContains(t, err, "quotes")
	_, err = Slurm{Program: "/n", Spec: "s", Store: "d", Options: []string{"partition"}}.Script(s)
	assert.ErrorContains(t, err, "slurm-option")
}

// TestExamples: each spec that comes with the program can be read and has points.
func TestExamples(t *testing.T) {
	paths, err := filepath.Glob("../examples/*.yaml")
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(paths), 6)
	for _, path := range paths {
		s, err := ReadSweep(path)
		if !assert.NoError(t, err) {
			continue
		}
		assert.NotEmpty(t, s.About, path)
		assert.NotEmpty(t, s.Objectives, path)
		if s.search == nil {
			points, err := s.points()
			assert.NoError(t, err, path)
			assert.Greater(t, len(points), 3, path)
		}
	}
	_, err = ReadSweep(filepath.Join(t.TempDir(), "none.yaml"))
	assert.ErrorIs(t, err, os.ErrNotExist)
}
