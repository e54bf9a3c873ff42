package expr

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// scope knows a device and a report.
func scope(name string) (any, error) {
	values := map[string]any{"array.rows": 128.0, "array.cols": 64.0, "buffer.size": float64(24 << 20), "dataflow": "ws", "keep": true, "area_mm2": 99.5}
	if v, ok := values[name]; ok {
		return v, nil
	}
	return nil, fmt.Errorf("%s is not known", name)
}

func TestEval(t *testing.T) {
	for text, want := range map[string]any{
		"array.rows * array.cols <= 16384":         true,
		"array.rows * array.cols > 16384":          false,
		"buffer.size == 24 MiB":                    true,
		"area_mm2 < 100 and dataflow == 'ws'":      true,
		`dataflow != "os" && keep`:                 true,
		"not keep or array.rows == 128":            true,
		"!(keep) || false":                         false,
		"keep or nothing.there > 1":                true, // the second side is not asked
		"1 + 2 * 3 - 4 / 2":                        5.0,
		"10 - 3 - 2":                               5.0,
		"-2 * -3":                                  6.0,
		"2 * (3 + 4) % 5":                          4.0,
		"min(3, array.cols, 9) + max(1, 2)":        5.0,
		"log2(array.rows) + ceil(0.1) + floor(.9)": nil,
		"log2(array.rows) + ceil(0.1)":             8.0,
		"sqrt(16) + abs(-1)":                       5.0,
		"34 GB/s / 1 GB/s":                         34.0,
		"1 KiB + 1 kB":                             2024.0,
		"not 1 > 2 and 3 > 2":                      true,
		"(1 < 2) == (3 < 4)":                       true,
	} {
		e, err := Parse(text)
		if want == nil {
			assert.Error(t, err, text)
			continue
		}
		require.NoError(t, err, text)
		got, err := e.Eval(scope)
		require.NoError(t, err, text)
		if f, ok := want.(float64); ok {
			assert.InDelta(t, f, got, 1e-12*math.Abs(f), text)
		} else {
			assert.Equal(t, want, got, text)
		}
	}
}

func TestNames(t *testing.T) {
	e, err := Parse("array.rows * array.cols <= min(array.rows, 7) ")
	require.NoError(t, err)
	assert.Equal(t, []string{"array.cols", "array.rows"}, e.Names)
	assert.Equal(t, "array.rows * array.cols <= min(array.rows, 7)", e.Text)
}

// TestRefuses: nonsense gives one line that says where and what would be right.
func TestRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"": "missing", "1 +": "missing", "(1": "closing bracket", "1 2": "not expected", "a b": "not expected", "a $ b": "no part",
		"a < b < c": "and", "mix(1)": "did you mean", "log2(1, 2)": "takes 1", "min()": "missing", "'x": "no part", "a = 1": "no part",
		strings.Repeat("(", 300): "nested", strings.Repeat("1+", 3000): "at most", "24 QiB": "not expected", ")": "missing",
	} {
		_, err := Parse(text)
		if assert.Error(t, err, text) {
			assert.Contains(t, err.Error(), want, text)
			assert.NotContains(t, err.Error(), "\n")
		}
	}
	for text, want := range map[string]string{
		"dataflow < 3": "makes no sense", "keep + 1 > 2": "makes no sense", "-dataflow": "makes no sense", "not 3": "makes no sense",
		"array.rows": "not a condition", "nothing > 1": "not known", "max(dataflow) > 1": "not a number", "1 and 2": "makes no sense",
	} {
		e, err := Parse(text)
		require.NoError(t, err, text)
		_, err = e.True(scope)
		if assert.Error(t, err, text) {
			assert.Contains(t, err.Error(), want, text)
		}
	}
}

func TestValue(t *testing.T) {
	assert.InDelta(t, 7e8, Value("700 MHz"), 0)
	assert.InDelta(t, 260e-9, Value("260 ns"), 1e-20)
	assert.InDelta(t, 331, Value("331 mm2"), 0)
	assert.Equal(t, "ws", Value("ws"))
	assert.Equal(t, true, Value("true"))
}

func FuzzParse(f *testing.F) {
	f.Add("array.rows * (array.cols + 1) <= 16384 and not keep")
	f.Fuzz(func(t *testing.T, text string) {
		e, err := Parse(text)
		if err != nil {
			return
		}
		_, _ = e.Eval(scope)
		again, err := Parse(e.Text)
		if err != nil || strings.Join(again.Names, " ") != strings.Join(e.Names, " ") {
			t.Fatalf("%q parses once, not twice: %v", text, err)
		}
	})
}
