package systolic

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"nnsim/mapping"
)

var update = flag.Bool("update", false, "rewrite the drawings in testdata")

// TestDrawings: what a student sees, kept as text.
func TestDrawings(t *testing.T) {
	for _, c := range []struct {
		file    string
		g       Geometry
		m, k, n int
		edges   int // drawn in the file; 0: all
	}{
		{"steps-os-2x2.txt", Geometry{2, 2, mapping.OS, Full}, 4, 3, 2, 0},
		{"steps-ws-2x2-none.txt", Geometry{2, 2, mapping.WS, None}, 3, 4, 2, 0},
		{"steps-ws-4x4.txt", Geometry{4, 4, mapping.WS, Full}, 4, 6, 4, 12},
		{"steps-is-4x3.txt", Geometry{4, 3, mapping.IS, Full}, 3, 8, 2, 0},
	} {
		t.Run(c.file, func(t *testing.T) {
			var b bytes.Buffer
			require.NoError(t, Draw(&b, c.g, c.m, c.k, c.n, 1))
			got, file := b.String(), filepath.Join("testdata", c.file)
			if c.edges > 0 {
				got, _, _ = strings.Cut(got, fmt.Sprintf("\nedge %d ", c.edges+1))
			}
			if *update {
				require.NoError(t, os.MkdirAll("testdata", 0o755))
				require.NoError(t, os.WriteFile(file, []byte(got), 0o644))
			}
			want, err := os.ReadFile(file)
			require.NoError(t, err)
			was, is := strings.Split(string(want), "\n"), strings.Split(got, "\n")
			assert.Equal(t, len(was), len(is), "lines")
			for i := range min(len(was), len(is)) {
				require.Equal(t, was[i], is[i], "line %d", i+1)
			}
		})
	}
}

// TestDrawingFits: every drawing that is not refused is at most 100 columns wide,
// has as many frames as the product takes edges, and its cells stand in line.
func TestDrawingFits(t *testing.T) {
	frames := regexp.MustCompile(`(?m)^edge (\d+)`)
	for _, g := range []Geometry{{8, 8, mapping.WS, Full}, {8, 8, mapping.OS, None}, {8, 7, mapping.IS, Full}, {1, 6, mapping.WS, Full}, {3, 8, mapping.OS, Full}, {5, 4, mapping.IS, ScaleSim}} {
		for _, p := range [][3]int{{1, 1, 1}, {7, 5, 9}, {1, 12, 11}, {13, 3, 2}} {
			var b bytes.Buffer
			require.NoError(t, Draw(&b, g, p[0], p[1], p[2], 3))
			what := fmt.Sprintf("%+v %v", g, p)
			for _, line := range strings.Split(b.String(), "\n") {
				require.LessOrEqual(t, utf8.RuneCountInString(line), 100, "%s: %s", what, line)
				require.NotContains(t, line, "%!", what)
				if walls := strings.Count(line, "│") + strings.Count(line, "▶"); walls > 0 {
					require.Equal(t, g.Cols+1, walls, "%s: %s", what, line)
				}
			}
			f := g.Fold(p[0], p[1], p[2])
			if g.Overlap == ScaleSim {
				g.Overlap = None
			}
			found := frames.FindAllStringSubmatch(b.String(), -1)
			assert.Equal(t, fmt.Sprint(g.Duration(f.RowFolds*f.ColFolds, f.Length)), found[len(found)-1][1], what)
			assert.EqualValues(t, g.Duration(f.RowFolds*f.ColFolds, f.Length), len(found), what)
		}
	}
}

// TestDrawRefuses: what would not be legible is refused in one line, at once.
func TestDrawRefuses(t *testing.T) {
	tiny := Geometry{4, 4, mapping.WS, Full}
	for _, c := range []struct {
		g       Geometry
		m, k, n int
		says    string
	}{
		{Geometry{9, 4, mapping.WS, Full}, 4, 4, 4, "9 × 4 cells; 1 × 1 to 8 × 8 can be drawn"},
		{Geometry{0, 4, mapping.WS, Full}, 4, 4, 4, "0 × 4 cells"},
		{tiny, 0, 4, 4, "m=0"},
		{tiny, 4, -1, 4, "k=-1"},
		{tiny, 4, 1 << 62, 1 << 62, "each must be 1 to 1600"},
		{tiny, 64, 64, 64, "at most 200 are drawn"},
		{Geometry{4, 4, "rs", Full}, 4, 4, 4, "use os, ws or is"},
	} {
		var b bytes.Buffer
		err := Draw(&b, c.g, c.m, c.k, c.n, 1)
		assert.ErrorContains(t, err, c.says)
		assert.Empty(t, b.String(), "nothing is drawn of what is refused")
		assert.NotContains(t, fmt.Sprint(err), "\n")
	}
	assert.ErrorContains(t, Draw(broken{}, tiny, 4, 4, 4, 1), "the pipe is closed")
}

// broken is a writer that cannot write.
type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("the pipe is closed") }
