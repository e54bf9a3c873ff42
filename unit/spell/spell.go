// Package spell finds the name a person meant: the one did-you-mean of the
// program, used for keys, workloads, devices, metrics and commands alike.
//
//	"resnet5O" + [resnet18 resnet50 …]  ──Closest──▶  "resnet50"
//
// Distance is counted in edits (insert, delete, replace, swap of neighbours:
// optimal string alignment), without regard to case.
//
// Not modelled: words that sound alike, keyboards, and languages.
package spell

import (
	"fmt"
	"strings"
)

// longest is the length beyond which a word is no misspelling of anything; it
// bounds the work that a hostile input can ask for.
const longest = 64

// Closest is the name nearest to word, or "" where none is near: at most a third
// of the letters may differ, and at least one may.
func Closest(word string, names []string) string {
	best, bestAt := "", len(word)/3+2
	if len(word) == 0 || len(word) > longest {
		return ""
	}
	w := strings.ToLower(word)
	for _, name := range names {
		if len(name) > longest {
			continue
		}
		if d := distance(w, strings.ToLower(name)); d < bestAt && d < len(name) {
			best, bestAt = name, d
		}
	}
	return best
}

// DidYouMean is Closest as the end of an error line: `; did you mean "resnet50"?`,
// or "" where nothing is near.
func DidYouMean(word string, names []string) string {
	if name := Closest(word, names); name != "" {
		return fmt.Sprintf("; did you mean %q?", name)
	}
	return ""
}

// distance counts the edits between a and b, a swap of neighbours being one.
func distance(a, b string) int {
	before, above := make([]int, len(b)+1), make([]int, len(b)+1)
	row := make([]int, len(b)+1)
	for j := range above {
		above[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(above[j]+1, row[j-1]+1, above[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, above, row = above, row, before
	}
	return above[len(b)]
}
