package topology

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
)

// parse reads the rows of a file, which are all of one form.
func parse(data []byte, file string) (*form, []layer, error) {
	if len(data) > maxBytes {
		return nil, nil, fmt.Errorf("topology: %s is larger than %d MiB", file, maxBytes>>20)
	}
	if bytes.IndexByte(data, 0) >= 0 {
		return nil, nil, fmt.Errorf("topology: %s is not a text file", file)
	}
	r := reader{seen: map[string]int{}}
	number := 0
	for text := range strings.Lines(string(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")))) {
		number++
		if cells := split(text); len(cells) > 0 {
			if err := r.line(number, cells); err != nil {
				return nil, nil, fmt.Errorf("topology: %s:%d: %w", file, number, err)
			}
		}
	}
	if len(r.layers) == 0 {
		return nil, nil, fmt.Errorf("topology: %s has no layer", file)
	}
	return r.form, r.layers, nil
}

// reader collects rows.
type reader struct {
	form   *form
	layers []layer
	seen   map[string]int // line of each name
}

// line takes one line that is not empty: the header, or a row.
func (r *reader) line(number int, cells []string) error {
	if r.form == nil {
		var header bool
		if r.form, header = formOf(cells); r.form == nil {
			return fmt.Errorf("%d columns are neither a convolution (name and %d numbers) nor a GEMM (name, M, N, K)", len(cells), len(forms[0].columns))
		}
		if header {
			return nil
		}
	}
	l, err := r.form.row(cells)
	if err != nil {
		return err
	}
	if first, again := r.seen[l.name]; again { // the tool tells rows apart by number
		own := l.name
		if l.name = fmt.Sprintf("%s@%d", own, number); r.seen[l.name] > 0 {
			return fmt.Errorf("layer %q is there twice, first in line %d; rename one", own, first)
		}
	}
	r.seen[l.name] = number
	if r.layers = append(r.layers, l); len(r.layers) > maxLayers {
		return fmt.Errorf("more than %d layers", maxLayers)
	}
	return nil
}

// split cuts a line into trimmed cells; the final comma leaves no cell.
func split(line string) []string {
	line = strings.TrimSpace(line)
	if strings.Trim(line, ", \t") == "" || strings.HasPrefix(line, "#") {
		return nil
	}
	cells := strings.Split(strings.TrimSuffix(line, ","), ",")
	for i := range cells {
		cells[i] = strings.TrimSpace(cells[i])
	}
	return cells
}

// formOf tells the form from a first line and whether that line is a header,
// which no cell after the first of a row of numbers is.
func formOf(cells []string) (*form, bool) {
	header := len(cells) > 1
	for _, c := range cells[1:] {
		if c == "" || strings.ContainsRune("0123456789+-", rune(c[0])) {
			header = false
		}
	}
	for i := range forms {
		want := len(forms[i].columns) + 1
		if len(cells) == want || len(cells) == want+1 {
			return &forms[i], header
		}
	}
	return nil, false
}

// row reads the numbers of one line.
func (f *form) row(cells []string) (layer, error) {
	want := len(f.columns) + 1
	if len(cells) == want+1 {
		if n, m, ok := strings.Cut(cells[want], ":"); !ok || n != m || n == "" {
			return layer{}, fmt.Errorf("layer %s: column %d (Sparsity) is %q; only dense layers (1:1) are known", cells[0], want+1, cells[want])
		}
		cells = cells[:want]
	}
	if len(cells) != want {
		return layer{}, fmt.Errorf("%d columns; a %s row has %d (Layer, %s)", len(cells), f.name, want, strings.Join(f.columns, ", "))
	}
	if cells[0] == "" || strings.ContainsFunc(cells[0], func(r rune) bool { return r < ' ' }) {
		return layer{}, fmt.Errorf("column 1 (Layer) is %q; every layer needs a name", cells[0])
	}
	l := layer{name: cells[0], values: make([]int, len(f.columns))}
	for i, c := range cells[1:] {
		v, err := strconv.Atoi(c)
		if err != nil || v < 1 || v > maxExtent {
			return layer{}, fmt.Errorf("layer %s: column %d (%s) is %q; it must be a whole number from 1 to %d", l.name, i+2, f.columns[i], c, maxExtent)
		}
		l.values[i] = v
	}
	return l, nil
}
