package report

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// table writes a CSV for a test.
func table(t testing.TB, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "table.csv")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
	return path
}

// TestFrontAgainstItsDefinition: a design is on the front exactly if no other is at
// least as good in both and better in one; of equal designs one stands for all.
func TestFrontAgainstItsDefinition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := &Sweep{columns: []string{"a", "b"}, objects: [2]objective{{0, rapid.Bool().Draw(t, "large a")}, {1, rapid.Bool().Draw(t, "large b")}}, groups: []string{""}, group: make([]int, 40)}
		for range rapid.IntRange(1, 40).Draw(t, "designs") {
			s.rows = append(s.rows, []string{rapid.StringMatching(`[0-9]`).Draw(t, "a"), rapid.StringMatching(`[0-9]`).Draw(t, "b")})
		}
		want := map[[2]float64]bool{}
		for i := range s.rows {
			beaten := false
			for j := range s.rows {
				a, b := s.cost(j, 0)-s.cost(i, 0), s.cost(j, 1)-s.cost(i, 1)
				beaten = beaten || a <= 0 && b <= 0 && (a < 0 || b < 0)
			}
			if !beaten {
				want[[2]float64{s.cost(i, 0), s.cost(i, 1)}] = true
			}
		}
		front := s.front()
		if len(front) != len(want) {
			t.Fatalf("%d designs on the front, the definition has %d", len(front), len(want))
		}
		for _, i := range front {
			if !want[[2]float64{s.cost(i, 0), s.cost(i, 1)}] {
				t.Fatalf("design %d is beaten", i)
			}
		}
	})
}

func TestSweepsThatCannotBeDrawn(t *testing.T) {
	for _, c := range []struct {
		name, text string
		objectives []string
		want       string
	}{
		{"empty", "", nil, "holds no designs"},
		{"a header alone", "seconds,energy_joules\n", nil, "holds no designs"},
		{"no figures", "a,b\n1,2\n", nil, "name two with --objectives"},
		{"a torn line", "seconds,energy_joules\n1,2\n3\n", nil, "is no table of designs"},
		{"a bare quote", "seconds,energy_joules\n1,\"2\n", nil, "is no table of designs"},
		{"a misspelt column", "seconds,energy_joules\n1,2\n", []string{"second", "energy_joules"}, `there is no column "second"; did you mean "seconds"`},
		{"three objectives", "a,b,c\n1,2,3\n", []string{"a", "b", "c"}, "3 are named"},
		{"words for figures", "seconds,energy_joules\nfast,2\n", nil, "no design has numbers"},
		{"infinite figures", "seconds,energy_joules\n+Inf,2\nNaN,3\n", nil, "no design has numbers"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := ReadSweep(table(t, c.text), c.objectives)
			require.ErrorContains(t, err, c.want)
			assert.NotContains(t, err.Error(), "\n")
		})
	}
	_, err := ReadSweep(filepath.Join(t.TempDir(), "none.csv"), nil)
	assert.ErrorContains(t, err, "there is no such file")
	_, err = ReadSweep(t.TempDir(), nil)
	assert.ErrorContains(t, err, "is not a file")
}

// TestAxesOfASweep: what does not vary has no axis, quantities stand in the order
// of their size, failed designs are counted and left out.
func TestAxesOfASweep(t *testing.T) {
	s, err := ReadSweep(table(t, "device,buffer,rows,seconds,energy_joules,error\nx,16 MiB,8,1,2,\nx,512 KiB,16,2,1,\nx,2 MiB,32,,,deadlock\nx,2 MiB,64,3,3,\n"), nil)
	require.NoError(t, err)
	assert.Equal(t, []int{1, 2, 3, 4}, s.axes)
	assert.Equal(t, []string{"512 KiB", "2 MiB", "16 MiB"}, s.words(1))
	assert.Equal(t, 1, s.failed)
	assert.Equal(t, []int{0, 1}, s.front())
	assert.Contains(t, drawn(t, s), "1 more have no figures")
}

func count(page, what string) int { return strings.Count(page, what) }

func TestScatterDrawsEveryDesignOnce(t *testing.T) {
	s := designs(t)
	page := drawn(t, s)
	assert.Equal(t, len(s.rows)-len(s.front()), count(page, `class="design"`))
	assert.Equal(t, len(s.front()), count(page, `class="best"`))
	assert.Equal(t, len(s.front()), count(page, `class="strand good"`))
}

// TestAFrontForEachWorkload: networks do not compete, batches of one network do,
// and the books of a sweep have no axis.
func TestAFrontForEachWorkload(t *testing.T) {
	s, err := ReadSweep(table(t, "point,workload,rows,seconds,energy_joules,key,error\n0,\"a,batch=1\",8,1,3,k0,\n1,\"a,batch=8\",8,2,2,k1,\n2,\"a,batch=8\",16,3,3,k2,\n3,b,8,9,9,k3,\n4,gemm:m=1,8,9,9,k4,\n5,gemm:m=2,8,10,10,k5,\n"), nil)
	require.NoError(t, err)
	assert.Equal(t, []string{"a", "b", "gemm:m=1", "gemm:m=2"}, s.groups)
	assert.Equal(t, [][]int{{0, 1}, {3}, {4}, {5}}, s.fronts())
	assert.Equal(t, []int{1, 2, 3, 4}, s.axes)
	assert.Contains(t, drawn(t, s), "Each workload has a front of its own")
}
