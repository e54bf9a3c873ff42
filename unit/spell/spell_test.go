package spell

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"
)

func TestClosest(t *testing.T) {
	names := []string{"resnet18", "resnet50", "tpu-v1", "array.rows", "array.cols", "memory"}
	for word, want := range map[string]string{
		"resnet5O": "resnet50", "RESNET50": "resnet50", "arry.rows": "array.rows", "tpuv1": "tpu-v1",
		"memroy": "memory", "zebra": "", "": "", "array.row": "array.rows", strings.Repeat("x", 1000): "",
	} {
		assert.Equal(t, want, Closest(word, names), "Closest(%q)", word)
	}
	assert.Equal(t, `; did you mean "tpu-v1"?`, DidYouMean("tpu_v1", names))
	assert.Empty(t, DidYouMean("quark", names))
}

// recursive is the obvious twin: the definition, without a table.
func recursive(a, b string) int {
	if a == "" || b == "" {
		return len(a) + len(b)
	}
	cost := 1
	if a[len(a)-1] == b[len(b)-1] {
		cost = 0
	}
	d := min(recursive(a[:len(a)-1], b)+1, recursive(a, b[:len(b)-1])+1, recursive(a[:len(a)-1], b[:len(b)-1])+cost)
	if len(a) > 1 && len(b) > 1 && a[len(a)-1] == b[len(b)-2] && a[len(a)-2] == b[len(b)-1] {
		d = min(d, recursive(a[:len(a)-2], b[:len(b)-2])+1)
	}
	return d
}

func TestDistanceIsItsDefinition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.StringMatching(`[abc]{0,5}`)
		a, b := word.Draw(t, "a"), word.Draw(t, "b")
		if got, want := distance(a, b), recursive(a, b); got != want {
			t.Fatalf("distance(%q, %q) = %d, by definition %d", a, b, got, want)
		}
	})
}
