package systolic

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"nnsim/arch"
	"nnsim/arch/station"
	"nnsim/internal/engine"
	"nnsim/unit"
	"nnsim/workloads"
	"nnsim/workloads/catalog"
)

// planned opens a workload and plans it on a machine.
func planned(t *testing.T, m *Machine, spec string) arch.Job {
	t.Helper()
	w, err := catalog.Open(spec, catalog.Defaults{Seed: 1})
	require.NoError(t, err)
	p := m.Native()
	if w.Precision != nil {
		p = *w.Precision
	}
	net, err := workloads.Prepare(w.Graph, p, m.Fuses)
	require.NoError(t, err)
	plan, err := m.Plan(net)
	require.NoError(t, err)
	return arch.Job{Net: net, Plan: plan}
}

// opened is a preset with values set.
func opened(t *testing.T, preset string, sets ...string) *Machine {
	t.Helper()
	text, ok := Presets.Text(preset)
	require.True(t, ok)
	m, err := Open(preset, text, sets)
	require.NoError(t, err)
	return m
}

// stretchOf is one command's time: its first edge and its last.
type stretchOf struct {
	unit       string
	number     int
	begin, end unit.Edge
	command    command
}

// timeline runs a workload and notes when each command begins and ends.
func timeline(t *testing.T, m *Machine, job arch.Job) []stretchOf {
	s, err := newSimulation(m, &job, engine.New(m.cfg.Clock))
	require.NoError(t, err)
	for more := true; more; {
		more, err = s.walk.turn()
		require.NoError(t, err)
	}
	s.plane = &plane{s: s} // notes what is to be done when, and is never asked to do it
	var list []*stretchOf
	var now unit.Edge
	for u, q := range s.crew.Queues {
		number := 0
		for c := range q.All() {
			x := &stretchOf{unit: s.crew.Name(station.ID(u)), number: number, command: *c, begin: -1, end: -1}
			number++
			list = append(list, x)
			c.Action = action{
				Begin: func() error { x.begin = now; return nil },
				End:   func() error { x.end = now; return nil },
			}
		}
	}
	require.NoError(t, s.engine.Run())
	s.plane.agenda.Each(func(edge unit.Edge, phase engine.Phase, do func() error) {
		if now = edge; phase != engine.Produced {
			require.NoError(t, do())
		}
	})
	var done []stretchOf
	for _, x := range list {
		assert.True(t, x.begin >= 0 && x.end >= x.begin, "%s %d begins at %d and ends at %d", x.unit, x.number, x.begin, x.end)
		done = append(done, *x)
	}
	return done
}

// draw draws a timeline as bars, a character an edge or a few.
func draw(list []stretchOf) string {
	const width = 100
	var last unit.Edge
	for _, x := range list {
		last = max(last, x.end)
	}
	scale := unit.CeilDiv(last, width)
	var b strings.Builder
	fmt.Fprintf(&b, "%d edges, %d a character; array: from its first stream to its last result\n\n", last, scale)
	for _, x := range list {
		what := fmt.Sprintf("%d B", x.command.Bytes)
		switch x.unit {
		case "array":
			what = fmt.Sprintf("%d × %d", x.command.Work.folds, x.command.Work.length)
		case "vector":
			what = fmt.Sprintf("%d edges", x.command.Edges)
		}
		from, to := x.begin/scale, max(x.begin/scale+1, unit.CeilDiv(x.end, scale))
		bar := strings.Repeat(" ", int(from)) + strings.Repeat("█", int(to-from))
		fmt.Fprintf(&b, "%-6s %2d  %-8s %4d %4d │%s\n", x.unit, x.number, what, x.begin, x.end, bar)
	}
	return b.String()
}

// TestTimelines: what the machine does when, kept as a drawing.
func TestTimelines(t *testing.T) {
	for _, c := range []struct {
		file, workload string
		sets           []string
	}{
		{"timeline-ws.txt", "gemm:m=12,n=8,k=8", []string{"accumulators.rows=16"}},
		{"timeline-fifo.txt", "gemm:m=12,n=8,k=8", []string{"accumulators.rows=16", "weights.fifo=2"}},
		{"timeline-os-none.txt", "gemm:m=8,n=8,k=8", []string{"array.dataflow=os", "array.overlap=none"}},
		{"timeline-slow-memory.txt", "gemm:m=16,n=8,k=8", []string{"accumulators.rows=16", "memory.bandwidth=200 MB/s"}},
	} {
		t.Run(c.file, func(t *testing.T) {
			m := opened(t, "tiny-4x4", c.sets...)
			job := planned(t, m, c.workload)
			list := timeline(t, m, job)
			r, err := m.Run(job)
			require.NoError(t, err)
			var last unit.Edge
			for _, x := range list {
				last = max(last, x.end)
			}
			assert.EqualValues(t, r.Cycles, last, "the last command ends the run")
			got := fmt.Sprintf("%s on tiny-4x4 with %s\n%v\n", c.workload, strings.Join(c.sets, ", "), job.Plan.Layers[0]) + draw(list)
			file := filepath.Join("testdata", c.file)
			if *update {
				require.NoError(t, os.WriteFile(file, []byte(got), 0o644))
			}
			want, err := os.ReadFile(file)
			require.NoError(t, err)
			assert.Equal(t, string(want), got)
		})
	}
}
