package thermal

import (
	"bufio"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"nnsim/unit"
)

// lines reads the fields of a reference file, comments and blank lines left out;
// where the references are absent the test is skipped.
func lines(t *testing.T, name string) (list [][]string) {
	t.Helper()
	f, err := os.Open(filepath.Join("..", "..", "..", "shared", "references", "thermal", name))
	if err != nil {
		t.Skipf("%s is not here (../shared/references/thermal); nothing to compare with", name)
	}
	defer f.Close()
	for in := bufio.NewScanner(f); in.Scan(); {
		if fields := strings.Fields(in.Text()); len(fields) > 0 && fields[0][0] != '#' {
			list = append(list, fields)
		}
	}
	return list
}

func number(t *testing.T, s string) float64 {
	t.Helper()
	v, err := strconv.ParseFloat(s, 64)
	require.NoError(t, err)
	return v
}

// plan reads a floor plan.
func plan(t *testing.T, name string) (list []Block) {
	for _, f := range lines(t, name) {
		list = append(list, Block{f[0], number(t, f[1]), number(t, f[2]), number(t, f[3]), number(t, f[4])})
	}
	return list
}

// TestOneBlock: 50 W in one block, from the ambient's temperature on and in the end.
func TestOneBlock(t *testing.T) {
	net, err := New(plan(t, "one.flp"), HotSpot)
	require.NoError(t, err)
	powers := []unit.Watts{50}
	s, err := net.Steady(powers)
	require.NoError(t, err)
	for i, f := range lines(t, "oneblock_50W.steady") {
		assert.InDelta(t, number(t, f[1]), s.nodes.AtVec(i), 0.1, f[0])
	}
	now, step, worst := net.Cold(), net.Steps(0.01), 0.0
	for _, f := range lines(t, "oneblock_50W_step_10ms.ttrace")[1:] {
		now, err = step.Next(now, powers)
		require.NoError(t, err)
		worst = max(worst, abs(float64(now.Block(0))-number(t, f[0])))
	}
	t.Logf("greatest difference over time %.3f K", worst)
	assert.Less(t, worst, 0.3)
}

func abs(x float64) float64 { return max(x, -x) }

// TestEV6: a floor plan of thirty blocks, at its mean powers and over time.
func TestEV6(t *testing.T) {
	net, err := New(plan(t, "ev6.flp"), HotSpot)
	require.NoError(t, err)
	trace := lines(t, "gcc.ptrace")
	mean := make([]unit.Watts, len(net.Blocks))
	order := map[string]int{}
	for i, name := range trace[0] {
		order[name] = i
	}
	at := func(row []string) []unit.Watts {
		p := make([]unit.Watts, len(net.Blocks))
		for i, b := range net.Blocks {
			p[i] = unit.Watts(number(t, row[order[b.Name]]))
		}
		return p
	}
	for _, row := range trace[1:] {
		for i, p := range at(row) {
			mean[i] += p / unit.Watts(len(trace)-1)
		}
	}
	steady, err := net.Steady(mean)
	require.NoError(t, err)
	want, worst := map[string]float64{}, 0.0
	for _, f := range lines(t, "gcc.steady") {
		want[f[0]] = number(t, f[1])
	}
	for i, b := range net.Blocks {
		worst = max(worst, abs(float64(steady.Block(i))-want[b.Name]))
	}
	t.Logf("steady: greatest difference %.3f K", worst)
	assert.Less(t, worst, 0.5)
	times, now, step := lines(t, "gcc.ttrace"), steady, net.Steps(0.01)
	worst = 0
	for k, row := range trace[1:] {
		now, err = step.Next(now, at(row))
		require.NoError(t, err)
		for i, b := range net.Blocks {
			worst = max(worst, abs(float64(now.Block(i))-number(t, times[k+1][order[b.Name]])))
		}
	}
	t.Logf("over time: greatest difference %.3f K", worst)
	assert.Less(t, worst, 0.5)
}

// TestConserved: in the end all heat leaves to the ambient, and a chip cut in two
// equal halves is as warm in both, and nearly as warm as one that is not cut.
func TestConserved(t *testing.T) {
	whole, err := New([]Block{{"a", 0.01, 0.01, 0, 0}}, HotSpot)
	require.NoError(t, err)
	halves, err := New([]Block{{"l", 0.005, 0.01, 0, 0}, {"r", 0.005, 0.01, 0.005, 0}}, HotSpot)
	require.NoError(t, err)
	a, err := whole.Steady([]unit.Watts{30})
	require.NoError(t, err)
	b, err := halves.Steady([]unit.Watts{15, 15})
	require.NoError(t, err)
	out := 0.0
	for i, g := range whole.out {
		out += g * (a.nodes.AtVec(i) - float64(HotSpot.Ambient))
	}
	assert.InDelta(t, 30, out, 1e-6)
	assert.InDelta(t, float64(b.Block(0)), float64(b.Block(1)), 1e-6)
	assert.InDelta(t, float64(a.Block(0)), float64(b.Hottest(halves)), 0.5) // the way to the edge begins at another middle
}

// TestRefused: each mistake is one line that says what is right.
func TestRefused(t *testing.T) {
	_, err := New(nil, HotSpot)
	assert.ErrorContains(t, err, "give at least one")
	_, err = New([]Block{{"a", 0.1, 0.1, 0, 0}}, HotSpot)
	assert.ErrorContains(t, err, "no larger than the next")
	_, err = New([]Block{{"a", 0, 0.1, 0, 0}}, HotSpot)
	assert.ErrorContains(t, err, "must be positive")
	net, err := New([]Block{{"a", 0.01, 0.01, 0, 0}}, HotSpot)
	require.NoError(t, err)
	_, err = net.Steady(nil)
	assert.ErrorContains(t, err, "one for each")
	_, err = net.Steady([]unit.Watts{-1})
	assert.ErrorContains(t, err, "must not be negative")
}
