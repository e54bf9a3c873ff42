package report

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"nnsim/results"
)

// title names a run: what was computed, on what, how.
func title(r *results.Run) string {
	s := r.Workload.Name + " on " + r.Device.Name
	if r.Workload.DType != "" {
		s += ", " + r.Workload.DType
	}
	if r.Batch > 0 {
		s += fmt.Sprintf(", batch %d", r.Batch)
	}
	return s
}

// names gives each run the shortest words that tell it from the others: the device,
// then the workload, then its number.
func names(runs []*results.Run) []string {
	list := make([]string, len(runs))
	seen := map[string]int{}
	for i, r := range runs {
		list[i] = r.Device.Name
		seen[list[i]]++
	}
	for i, r := range runs {
		if seen[list[i]] > 1 {
			list[i] += ", " + r.Workload.Name
		}
	}
	again := map[string]int{}
	for i, name := range list {
		if again[name]++; again[name] > 1 {
			list[i] = fmt.Sprintf("%s (%d)", name, again[name])
		}
	}
	return list
}

// grouped writes 1234567 as 1,234,567.
func grouped(n int64) string {
	s, sign := strconv.FormatInt(n, 10), ""
	if n < 0 {
		sign, s = "-", s[1:]
	}
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return sign + s
}

// percent writes a fraction as "34.2 %".
func percent(f float64) string { return fmt.Sprintf("%.1f %%", 100*f) }

// share is a as a fraction of b; 0 where b is 0.
func share(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return a / b
}

// cut shortens a name to so many characters, keeping both ends.
func cut(s string, most int) string {
	if n := utf8.RuneCountInString(s); n <= most {
		return s
	}
	runes, keep := []rune(s), most-1
	return string(runes[:keep/2]) + "…" + string(runes[len(runes)-(keep-keep/2):])
}

// descending lists the keys of a map from the largest value to the smallest, equal
// ones by name.
func descending[V cmp.Ordered](m map[string]V) []string {
	keys := slices.Sorted(maps.Keys(m))
	slices.SortStableFunc(keys, func(a, b string) int { return cmp.Compare(m[b], m[a]) })
	return keys
}

// oneLine keeps text that goes into an error on one line.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
