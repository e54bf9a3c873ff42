package report

import (
	"math"
	"strconv"
	"strings"
)

// axis maps values to places between two edges of a picture.
type axis struct {
	low, high float64 // values at the edges
	from, to  float64 // the edges
	log       bool
}

// at is the place of a value.
func (a axis) at(v float64) float64 {
	low, high := a.low, a.high
	if a.log {
		v, low, high = math.Log10(v), math.Log10(low), math.Log10(high)
	}
	if high == low {
		return (a.from + a.to) / 2
	}
	return a.from + (a.to-a.from)*(v-low)/(high-low)
}

// around makes an axis that holds all values, with some room. It is logarithmic
// where the values are positive and span more than a factor of 20.
func around(values []float64, from, to float64) axis {
	low, high := math.Inf(1), math.Inf(-1)
	for _, v := range values {
		low, high = min(low, v), max(high, v)
	}
	if len(values) == 0 {
		low, high = 0, 1
	}
	if low > 0 && high/low > 20 {
		return decades(low, high, from, to)
	}
	room := (high - low) * 0.05
	if room == 0 {
		room = math.Abs(high)*0.05 + 1e-300
	}
	bottom := low - room
	if low >= 0 {
		bottom = max(bottom, 0)
	}
	return axis{low: bottom, high: high + room, from: from, to: to}
}

// decades makes a logarithmic axis a little wider than its values.
func decades(low, high, from, to float64) axis {
	return axis{low: low / 1.5, high: high * 1.5, from: from, to: to, log: true}
}

// ticks lists at most about eight round values on the axis.
func (a axis) ticks() (list []float64) {
	if a.log {
		return a.powers()
	}
	step := roundStep((a.high - a.low) / 6)
	if step == 0 || math.IsInf(step, 0) || math.IsNaN(step) {
		return nil
	}
	for i := math.Ceil(a.low / step); i*step <= a.high && len(list) < 20; i++ {
		list = append(list, i*step)
	}
	return list
}

// powers lists powers of ten, with 2 and 5 between them where there are few.
func (a axis) powers() (list []float64) {
	first, last := math.Floor(math.Log10(a.low)), math.Ceil(math.Log10(a.high))
	stride := max(1, math.Ceil((last-first)/8))
	for e := first; e <= last; e += stride {
		for _, m := range []float64{1, 2, 5} {
			v := m * math.Pow(10, e)
			if v >= a.low && v <= a.high && (m == 1 || last-first <= 3) {
				list = append(list, v)
			}
		}
	}
	return list
}

// roundStep is the least of 1, 2 and 5 times a power of ten that is no less than v.
func roundStep(v float64) float64 {
	if v <= 0 {
		return 0
	}
	power := math.Pow(10, math.Floor(math.Log10(v)))
	for _, m := range []float64{1, 2, 5} {
		if m*power >= v {
			return m * power
		}
	}
	return 10 * power
}

// prefixes of quantities, from large to small.
var prefixes = []struct {
	scale float64
	name  string
}{{1e15, "P"}, {1e12, "T"}, {1e9, "G"}, {1e6, "M"}, {1e3, "k"}, {1, ""}, {1e-3, "m"}, {1e-6, "µ"}, {1e-9, "n"}, {1e-12, "p"}}

// scaled writes a number to three digits beside a prefix.
func scaled(v float64) (number, prefix string) {
	for _, p := range prefixes {
		if math.Abs(v) >= p.scale*0.9995 {
			return threeDigits(v / p.scale), p.name
		}
	}
	return threeDigits(v), ""
}

func threeDigits(v float64) string {
	s := strconv.FormatFloat(v, 'g', 3, 64)
	if strings.Contains(s, "e") && math.Abs(v) >= 1 && math.Abs(v) < 1e6 {
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	return s
}

// short writes a number for a tick: three digits and a prefix.
func short(v float64) string {
	number, prefix := scaled(v)
	return number + prefix
}
