package report

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"html"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"nnsim/results"
)

var update = flag.Bool("update", false, "rewrite the golden pages")

// read reads a report kept for the tests.
func read(t testing.TB, name string) *results.Run {
	t.Helper()
	r, err := results.Read(filepath.Join("testdata", name))
	require.NoError(t, err)
	return r
}

// drawn is the page of runs.
func drawn(t testing.TB, sweep *Sweep, runs ...*results.Run) string {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, Page(&b, runs, sweep))
	return b.String()
}

// designs is the sweep kept for the tests; its figures were made up for the picture.
func designs(t testing.TB) *Sweep {
	t.Helper()
	s, err := ReadSweep("testdata/designs.csv", nil)
	require.NoError(t, err)
	return s
}

func TestGoldenPage(t *testing.T) {
	got := drawn(t, nil, read(t, "tiny.json"))
	const file = "testdata/tiny.html"
	if *update {
		require.NoError(t, os.WriteFile(file, []byte(got), 0o644))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, string(want), got, "the page of tiny.json; go test ./report -update rewrites it")
	assert.Less(t, len(got), 40_000)
}

// shown matches a figure on a page: its run, its path, its value, its text.
var shown = regexp.MustCompile(`data-run="(\d+)" data-path="([^"]+)" data-value="([^"]*)">([^<]*)<`)

// figures lists what a page shows with its path in the report.
func figures(page string) (list [][4]string) {
	for _, m := range shown.FindAllStringSubmatch(page, -1) {
		list = append(list, [4]string{m[1], m[2], html.UnescapeString(m[3]), html.UnescapeString(m[4])})
	}
	return list
}

// magnitudes are the prefixes a text may write a number with.
var magnitudes = map[string]float64{"": 1, "P": 1e15, "T": 1e12, "G": 1e9, "M": 1e6, "k": 1e3, "m": 1e-3, "µ": 1e-6, "n": 1e-9, "p": 1e-12, "f": 1e-15}

// spoken matches a number with its prefix and unit as people read it.
var spoken = regexp.MustCompile(`^(-?[0-9.,]+(?:e[+-]?\d+)?) ?(%|mm²|[PTGMkmµnpf]?)(?:B/s|Hz|B|J|W|s)?$`)

// says reads the number a text stands for.
func says(t testing.TB, text string) float64 {
	t.Helper()
	m := spoken.FindStringSubmatch(text)
	require.NotNil(t, m, "%q is no number", text)
	v, err := strconv.ParseFloat(strings.ReplaceAll(m[1], ",", ""), 64)
	require.NoError(t, err)
	switch m[2] {
	case "%":
		return v / 100
	case "mm²":
		return v
	}
	return v * magnitudes[m[2]]
}

// agree holds every figure of a page against the report it came from: its value
// exactly, its text to the digits that are written.
func agree(t testing.TB, list [][4]string, runs []*results.Run) {
	t.Helper()
	for _, f := range list {
		n, err := strconv.Atoi(f[0])
		require.NoError(t, err)
		want, err := results.Lookup(runs[n], f[1])
		require.NoError(t, err, f[1])
		if word, ok := want.(string); ok {
			assert.Equal(t, word, f[2], f[1])
			assert.Equal(t, word, f[3], f[1])
			continue
		}
		value, err := strconv.ParseFloat(f[2], 64)
		require.NoError(t, err, f[1])
		assert.Equal(t, want, value, f[1]) //nolint:testifylint // the same bits are wanted
		slack := 0.006 * max(value, -value)
		if strings.HasSuffix(f[3], "%") {
			slack = 0.0005001
		}
		assert.InDelta(t, value, says(t, f[3]), slack, "%s reads %q", f[1], f[3])
	}
}

func TestFiguresAreTheReports(t *testing.T) {
	runs := []*results.Run{read(t, "tiny.json"), read(t, "traffic.json")}
	list := figures(drawn(t, nil, runs...))
	assert.Greater(t, len(list), 40)
	agree(t, list, runs)
}

// TestUnitStatesOnThePage: the hints of the bars give the cycles of the report.
func TestUnitStatesOnThePage(t *testing.T) {
	r := read(t, "tiny.json")
	page := drawn(t, nil, r)
	for name, u := range r.Units {
		for _, s := range states {
			hint := fmt.Sprintf("%s %s: %s, %s cycles", name, s.name, percent(share(float64(s.of(u)), float64(r.Cycles))), grouped(s.of(u)))
			assert.Equal(t, s.of(u) > 0, strings.Contains(page, hint), hint)
		}
	}
}

// foreign matches what would make a browser fetch something.
var foreign = regexp.MustCompile(`(?i)https?://|<link[^>]+stylesheet|@import|\bsrc=|url\(|\bfetch\(|XMLHttpRequest`)

func TestPageNeedsNoNetwork(t *testing.T) {
	assert.Empty(t, foreign.FindString(drawn(t, designs(t), read(t, "tiny.json"), read(t, "traffic.json"))))
}

// TestPageOfNothing: a run without layers, units or MACs has a page all the same.
func TestPageOfNothing(t *testing.T) {
	page := drawn(t, nil, &results.Run{})
	assert.NotContains(t, page, "NaN")
	assert.NotContains(t, page, "Inf")
	assert.Contains(t, page, "Summary")
}

// TestLargeRunsHaveSmallPages: a thousand layers and units make a page that a
// browser opens at once.
func TestLargeRunsHaveSmallPages(t *testing.T) {
	r := read(t, "tiny.json")
	for i := range 1000 {
		l := r.Layers[0]
		l.Name = fmt.Sprintf("layer.%d", i)
		r.Layers = append(r.Layers, l)
		r.Units[fmt.Sprintf("unit.%d", i)] = r.Units["array"]
	}
	assert.Less(t, len(drawn(t, nil, r)), 3_000_000)
}

func TestWriteFileIsWholeOrNotThere(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "page.html")
	require.NoError(t, WriteFile(path, func(w io.Writer) error { _, err := io.WriteString(w, "one"); return err }))
	err := WriteFile(path, func(w io.Writer) error {
		_, err := io.WriteString(w, "tw")
		return errors.Join(err, errors.New("the disk is full"))
	})
	assert.ErrorContains(t, err, "page.html: cannot be written: the disk is full")
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, "one", string(text), "what was there stays")
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	assert.Len(t, left, 1, "no temporary file is left")
	assert.ErrorContains(t, WriteFile(dir, nil), "is not a file")
	assert.ErrorContains(t, CanWrite(filepath.Join(dir, "no", "page.html")), "choose a directory that is there")
}
