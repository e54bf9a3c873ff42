package experiments

import (
	"math"
	"sort"
)

// Outcome is a row with what the simulator said.
type Outcome struct {
	Row
	Got   string  `json:"got"`               // as the report has it; "" where the row could not be run
	Error float64 `json:"error"`             // signed, as a fraction of what was expected
	OK    bool    `json:"ok"`                // within the tolerance
	Fault string  `json:"message,omitempty"` // why it could not be run, or what is wrong with the row

	got, expected float64
	numeric       bool
	bounds        *bounds // nil where no roofline says anything
}

// FileReport is how the rows of one table came out. Errors are fractions: 0.06 is 6 %.
type FileReport struct {
	Name      string    `json:"name"` // the path as given
	Rows      int       `json:"rows"`
	MAPE      float64   `json:"mape"`                            // mean absolute error
	MedianAPE float64   `json:"median_ape"`                      // median absolute error
	Bias      float64   `json:"bias"`                            // mean signed error
	Spearman  *float64  `json:"spearman"`                        // rank correlation; null where there is nothing to rank
	Failed    int       `json:"failed"`                          // rows out of tolerance or not run
	Roofline  *float64  `json:"roofline_mape,omitempty"`         // mean absolute error of the plain roofline over the rows that give seconds
	Derated   *float64  `json:"derated_roofline_mape,omitempty"` // and of one with three constants fitted to them
	Banded    int       `json:"banded,omitempty"`                // rows whose source gives a range
	InBand    int       `json:"in_band,omitempty"`               // of these, the rows simulated within it
	Worst     []Outcome `json:"worst"`                           // the rows with the greatest errors, those out of tolerance first

	Outcomes []Outcome `json:"-"` // every row, in the order of the file
}

// worstShown is how many rows Worst lists.
const worstShown = 10

// score sums up the rows of a table. A row that could not be run counts as if
// the simulator had said 0: error 1, never left out.
func score(name string, outcomes []Outcome) FileReport {
	r := FileReport{Name: name, Rows: len(outcomes), Worst: []Outcome{}, Outcomes: outcomes}
	var absolute, got, expected []float64
	var lines []bounds
	for _, o := range outcomes {
		if o.bounds != nil {
			lines = append(lines, *o.bounds)
		}
		if low, high, ok := bandOf(o.Row); ok {
			if r.Banded++; o.numeric && low <= o.got && o.got <= high {
				r.InBand++
			}
		}
		absolute = append(absolute, math.Abs(o.Error))
		r.MAPE += math.Abs(o.Error) / float64(len(outcomes))
		r.Bias += o.Error / float64(len(outcomes))
		if !o.OK {
			r.Failed++
		}
		if o.numeric {
			got, expected = append(got, o.got), append(expected, o.expected)
		}
	}
	if len(lines) > 0 {
		plain, derated := baselines(lines)
		r.Roofline, r.Derated = &plain, &derated
	}
	r.MedianAPE = median(absolute)
	if rho := spearman(got, expected); !math.IsNaN(rho) {
		r.Spearman = &rho
	}
	r.Worst = append(r.Worst, worst(outcomes)...)
	return r
}

func worst(outcomes []Outcome) []Outcome {
	sorted := append([]Outcome{}, outcomes...)
	sort.SliceStable(sorted, func(i, j int) bool {
		a, b := sorted[i], sorted[j]
		if a.OK != b.OK {
			return !a.OK
		}
		return math.Abs(a.Error) > math.Abs(b.Error)
	})
	n := 0
	for n < len(sorted) && n < worstShown && (sorted[n].Error != 0 || !sorted[n].OK) {
		n++
	}
	return sorted[:n]
}

func median(v []float64) float64 {
	if len(v) == 0 {
		return 0
	}
	s := append([]float64{}, v...)
	sort.Float64s(s)
	return (s[(len(s)-1)/2] + s[len(s)/2]) / 2
}

// spearman is the correlation of ranks, equal values sharing their mean rank;
// NaN where there are fewer than two rows or all are equal.
func spearman(x, y []float64) float64 {
	rx, ry := ranks(x), ranks(y)
	mean := float64(len(x)+1) / 2
	var xy, xx, yy float64
	for i := range rx {
		dx, dy := rx[i]-mean, ry[i]-mean
		xy, xx, yy = xy+dx*dy, xx+dx*dx, yy+dy*dy
	}
	return xy / math.Sqrt(xx*yy)
}

func ranks(v []float64) []float64 {
	order := make([]int, len(v))
	for i := range order {
		order[i] = i
	}
	sort.Slice(order, func(i, j int) bool { return v[order[i]] < v[order[j]] })
	rank := make([]float64, len(v))
	for i := 0; i < len(order); {
		j := i
		for j < len(order) && v[order[j]] == v[order[i]] {
			j++
		}
		for k := i; k < j; k++ {
			rank[order[k]] = float64(i+j+1) / 2 // the mean of ranks i+1 … j
		}
		i = j
	}
	return rank
}
