package eie

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"nnsim/arch"
	"nnsim/arch/archtest"
	"nnsim/internal/engine"
	"nnsim/internal/simtest"
	"nnsim/results"
	"nnsim/workloads"
	"nnsim/workloads/catalog"
)

func opened(t *testing.T, sets ...string) *Machine {
	t.Helper()
	text, ok := Presets.Text("eie-64")
	require.True(t, ok)
	m, err := Open("eie-64", text, sets)
	require.NoError(t, err)
	return m
}

func spec(text string) archtest.Workload {
	return archtest.Workload{Name: text, Build: func() (*workloads.Graph, error) {
		w, err := catalog.Open(text, catalog.Defaults{Seed: 1})
		if err != nil {
			return nil, err
		}
		return w.Graph, nil
	}}
}

// TestRight: every element of products, alone and behind one another, on machines
// of few and of many PEs; the laws hold and zeros are those of the data.
func TestRight(t *testing.T) {
	for _, sets := range [][]string{nil, {"pes=1", "sums=4 KiB"}, {"pes=3", "queue=1"}, {"pes=200"}} {
		m := opened(t, sets...)
		for _, w := range []archtest.Workload{spec("gemm:m=1,n=70,k=37"), spec("gemm:m=3,n=11,k=17"), spec("gemm:m=2,n=1,k=9"), spec("gemm:batch=3,m=16,n=8,k=200"), spec("softmax:rows=3,cols=29")} {
			run, err := archtest.Checked(m, w, m.Native(), arch.Full)
			require.NoError(t, err, "%s with %v", w.Name, sets)
			assert.Equal(t, "measured", run.Density)
			assert.Equal(t, "pass", run.Check.Status)
		}
	}
}

// TestPowerByPart: a PE in AlexNet FC6, table II of the paper, within 10 %.
func TestPowerByPart(t *testing.T) {
	m := opened(t)
	g, err := spec("gemm:m=1,n=4096,k=9216").Build()
	require.NoError(t, err)
	net, err := workloads.Prepare(g, m.Native(), m.Fuses)
	require.NoError(t, err)
	plan, err := m.Plan(net)
	require.NoError(t, err)
	zeros, wzeros := 0.649, 0.91
	run, err := m.Run(arch.Job{Net: net, Plan: plan, Zeros: &zeros, WZeros: &wzeros})
	require.NoError(t, err)
	for part, mW := range map[string]float64{"matrix": 4.955, "pointers": 1.807, "array": 1.162, "clock": 1.874} {
		assert.InEpsilon(t, mW, float64(run.EnergyByUnit[part])/float64(run.Seconds)/64*1e3, 0.10, part)
	}
	assert.InEpsilon(t, 9.157, float64(run.AveragePowerWatts)/64*1e3, 0.10)
}

// TestRefused: convolutions, products of two activations, matrices that do not fit.
func TestRefused(t *testing.T) {
	m := opened(t, "matrix=1 KiB")
	for text, want := range map[string]string{
		"conv:n=1,c=3,h=8,w=8,k=4,r=3,s=3":      "choose another machine",
		"attention:batch=1,heads=2,seq=4,dim=8": "choose another machine",
		"gemm:m=1,n=2000,k=400":                 "state how sparse the weights are with wzeros=",
		"gemm:m=1,n=200000,k=4":                 "(sums)",
	} {
		_, err := archtest.Checked(m, spec(text), m.Native(), arch.None)
		assert.ErrorContains(t, err, want, text)
	}
	_, err := archtest.Checked(m, spec("gemm:m=1,n=2000,k=400"), m.Native(), arch.Full)
	var refused arch.Refusal
	assert.ErrorAs(t, err, &refused, "the input is to blame")
	assert.ErrorContains(t, err, "entries of one byte do not fit a PE's memory of 1 KiB (matrix)")
}

// TestQueues: the recurrence against PEs that are stepped edge by edge.
func TestQueues(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		pes, depth, sent := 1+rng.IntN(5), 1+rng.IntN(4), 1+rng.IntN(40)
		columns := make([][]entries, sent)
		q := newQueues(pes, depth)
		for j := range columns {
			columns[j] = make([]entries, pes)
			for pe := range columns[j] {
				columns[j][pe] = entries{real: rng.IntN(5), padding: rng.IntN(2)}
			}
			q.broadcast(columns[j])
		}
		assert.Equal(t, stepped(columns, pes, depth), q.end(), "%d PEs, queues of %d: %v", pes, depth, columns)
	}
}

// stepped moves activations into queues and PEs one edge at a time.
func stepped(columns [][]entries, pes, depth int) int64 {
	waiting, working := make([][]int, pes), make([]int, pes)
	next, left := 0, len(columns)*pes
	for edge := int64(0); ; edge++ {
		for pe := range pes { // what has been worked off makes room
			if working[pe] == 0 && len(waiting[pe]) > 0 {
				working[pe], waiting[pe] = waiting[pe][0], waiting[pe][1:]
			}
		}
		full := false
		for pe := range pes {
			full = full || len(waiting[pe]) >= depth
		}
		if next < len(columns) && !full {
			for pe := range pes {
				e := columns[next][pe]
				waiting[pe] = append(waiting[pe], max(1, e.real+e.padding))
				if working[pe] == 0 && len(waiting[pe]) == 1 {
					working[pe], waiting[pe] = waiting[pe][0], nil
				}
			}
			next++
		}
		for pe := range pes {
			if working[pe] > 0 {
				if working[pe]--; working[pe] == 0 {
					left--
				}
			}
		}
		if left == 0 {
			return edge + 1
		}
	}
}

// TestDrawn: a drawn matrix has the shares it is drawn with, and as many bridges as
// a matrix of such zeros has.
func TestDrawn(t *testing.T) {
	c := &opened(t).cfg
	rng := rand.New(rand.NewPCG(3, 4))
	const n, m, weights, acts = 2000, 640, 0.04, 0.5
	drawn := c.random(rng, n, m, weights, acts)
	assert.InEpsilon(t, n*m*weights*acts, float64(drawn.real), 0.05)
	values, vector := make([]int32, n*m), make([]int32, n)
	for i := range values {
		if rng.Float64() < weights {
			values[i] = 1
		}
	}
	for i := range vector {
		vector[i] = int32(rng.IntN(2))
	}
	exact := c.exact(vector, m, func(j, i int) int32 { return values[j*m+i] })
	assert.InEpsilon(t, float64(exact.real), float64(drawn.real), 0.1)
	assert.LessOrEqual(t, math.Abs(float64(exact.padding-drawn.padding)), 0.2*float64(exact.padding)+50)
	assert.InEpsilon(t, float64(exact.edges), float64(drawn.edges), 0.1)
}

// TestTies: the report does not depend on the order of events at one edge.
func TestTies(t *testing.T) {
	m := opened(t)
	g, err := spec("gemm:m=3,n=200,k=64").Build()
	require.NoError(t, err)
	net, err := workloads.Prepare(g, m.Native(), m.Fuses)
	require.NoError(t, err)
	plan, err := m.Plan(net)
	require.NoError(t, err)
	zeros := 0.5
	job := arch.Job{Net: net, Plan: plan, Zeros: &zeros, WZeros: &zeros}
	var first *results.Run
	for seed := range uint64(20) {
		run, err := m.runOn(job, engine.On(simtest.NewShuffled(seed), m.cfg.Clock))
		require.NoError(t, err)
		require.NoError(t, arch.Laws(run, net, plan))
		if first == nil {
			first = run
		}
		assert.Equal(t, first.Units, run.Units)
		assert.Equal(t, first.Cycles, run.Cycles)
	}
}
