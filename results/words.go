package results

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// title names the run: what was computed, on what, how.
func (r *Run) title() string {
	s := fmt.Sprintf("%s on %s", r.Workload.Name, r.Device.Name)
	if r.Workload.DType != "" {
		s += ", " + r.Workload.DType
	}
	if r.Batch > 0 {
		s += fmt.Sprintf(", batch %d", r.Batch)
	}
	return s
}

// grouped writes 1234567 as 1,234,567.
func grouped(n int64) string {
	s := strconv.FormatInt(n, 10)
	sign := ""
	if n < 0 {
		sign, s = "-", s[1:]
	}
	var parts []string
	for len(s) > 3 {
		parts = append([]string{s[len(s)-3:]}, parts...)
		s = s[:len(s)-3]
	}
	return sign + strings.Join(append([]string{s}, parts...), ",")
}

// percent writes a fraction as "34.2 %".
func percent(f float64) string { return fmt.Sprintf("%.1f %%", 100*f) }

// share is a as a fraction of b; 0 where b is 0.
func share[T ~int64 | ~float64](a, b T) float64 {
	if b == 0 {
		return 0
	}
	return float64(a) / float64(b)
}

// bar draws a fraction of 0 to 1 on so many columns; what is not zero shows.
func bar(fraction float64, columns int) string {
	n := int(math.Round(min(max(fraction, 0), 1) * float64(columns)))
	if n == 0 && fraction > 0 {
		return "▏"
	}
	return strings.Repeat("█", n)
}

// megabytes writes bytes as MB to three digits after a small number's point.
func megabytes(bytes int64) string { return fmt.Sprintf("%.2f", float64(bytes)/1e6) }

// cut shortens a name to so many columns, keeping both ends.
func cut(s string, columns int) string {
	n := utf8.RuneCountInString(s)
	if n <= columns {
		return s
	}
	runes, keep := []rune(s), columns-1
	return string(runes[:keep/2]) + "…" + string(runes[n-(keep-keep/2):])
}

// descending lists the keys of a map from the largest value to the smallest, equal
// ones by name.
func descending[T ~float64](m map[string]T) []string {
	keys := slices.Sorted(maps.Keys(m))
	slices.SortStableFunc(keys, func(a, b string) int {
		switch {
		case m[a] > m[b]:
			return -1
		case m[a] < m[b]:
			return 1
		}
		return 0
	})
	return keys
}

// wrapped breaks a sentence into lines of at most so many columns.
func wrapped(s string, columns int) (lines []string) {
	line := ""
	for _, word := range strings.Fields(s) {
		if line != "" && utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > columns {
			lines, line = append(lines, line), ""
		}
		line = strings.TrimSpace(line + " " + word)
	}
	return append(lines, line)
}
