package experiments

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"nnsim/experiments/expr"
)

// axis is one thing a sweep varies: a key of the device, "device", "workload",
// or an option of the workload as "workload.batch".
//
//	[16, 32, 64]                        list       values as given
//	{pow2: [16, 1024]}                  pow2       16 32 64 … 1024
//	{range: [1, 9], step: 2}            range      1 3 5 7 9
//	{range: [500 MHz, 1 GHz]}           span       any value between, for sampling and searching
//	{log: [1 MiB, 64 MiB], points: 4}   log range  1 4 16 64 MiB
//	{of: 16384 / array.rows}            of         follows from the others
type axis struct {
	name   string
	line   int
	values []string   // every value in order; nil for a span and for what follows from others
	span   *span      // nil unless values lie between two bounds
	of     *expr.Expr // nil unless the value follows from other axes
	unit   string     // written after the value of an expression
}

// span is everything between two bounds, evenly or by ratio.
type span struct {
	low, high  float64 // in base units
	whole, log bool
	suffix     string  // the unit that values are written in, or ""
	factor     float64 // base units in one of suffix
	base       string
}

// mostValues bounds the values of one axis.
const mostValues = 100_000

// free tells whether the axis is chosen, not derived.
func (a *axis) free() bool { return a.of == nil }

// at is the value at a place from 0 to just below 1 on the axis.
func (a *axis) at(u float64) string {
	if a.span != nil && a.values == nil {
		return a.span.text(a.span.between(u))
	}
	return a.values[min(int(u*float64(len(a.values))), len(a.values)-1)]
}

// between maps 0 … 1 to low … high.
func (s *span) between(u float64) float64 {
	v := s.low + u*(s.high-s.low)
	if s.log {
		v = s.low * math.Pow(s.high/s.low, u)
	}
	if s.whole {
		v = math.Round(v)
	}
	return min(max(v, s.low), s.high)
}

// text writes a value as --set takes it: in the bounds' unit, to six digits, and
// bytes whole.
func (s *span) text(v float64) string {
	if s.suffix == "" {
		if s.whole {
			return strconv.FormatFloat(v, 'f', -1, 64)
		}
		return strconv.FormatFloat(v, 'g', 6, 64)
	}
	if s.base == "B" {
		if v = math.Round(v); math.Mod(v, s.factor) != 0 {
			return strconv.FormatFloat(v, 'f', -1, 64) + " B"
		}
	}
	return strconv.FormatFloat(v/s.factor, 'g', 6, 64) + " " + s.suffix
}

// newSpan reads two bounds.
func newSpan(low, high string, log bool) (*span, error) {
	s := &span{log: log, factor: 1}
	a, errA := strconv.ParseFloat(low, 64)
	b, errB := strconv.ParseFloat(high, 64)
	if errA == nil && errB == nil {
		s.low, s.high, s.whole = a, b, a == math.Trunc(a) && b == math.Trunc(b) && !strings.ContainsAny(low+high, ".eE")
	} else {
		var okA, okB bool
		var other string
		s.low, s.base, okA = expr.Quantity(low)
		s.high, other, okB = expr.Quantity(high)
		if !okA || !okB || s.base != other {
			return nil, fmt.Errorf("%s and %s are not two numbers or two quantities of one kind; write bounds such as [1, 64] or [1 MiB, 64 MiB]", low, high)
		}
		s.suffix = strings.TrimLeft(low, "0123456789.eE+- ")
		s.factor, _, _ = expr.Quantity("1 " + s.suffix)
		s.whole = s.base == "B"
	}
	return s, s.valid(low, high)
}

func (s *span) valid(low, high string) error {
	switch {
	case math.IsNaN(s.low+s.high) || math.IsInf(s.low, 0) || math.IsInf(s.high, 0):
		return fmt.Errorf("%s and %s: bounds must be finite", low, high)
	case s.low > s.high:
		return fmt.Errorf("the first bound, %s, is above the second, %s; write the smaller one first", low, high)
	case s.log && s.low <= 0:
		return fmt.Errorf("%s: a log range begins above 0", low)
	}
	return nil
}

// powers are the powers of two between two bounds, in the unit of the first.
func powers(low, high string) ([]string, error) {
	s, err := newSpan(low, high, true)
	if err != nil {
		return nil, err
	}
	if frac, _ := math.Frexp(s.low / s.factor); frac != 0.5 {
		return nil, fmt.Errorf("%s: is no power of two; pow2 begins at one, such as 1, 16 or 0.5 GHz", low)
	}
	var list []string
	for v := s.low; v <= s.high && len(list) < 1100; v *= 2 {
		list = append(list, s.text(v))
	}
	return list, nil
}

// points are n values from low to high, both included; equal ones once.
func (s *span) points(n int) []string {
	var list []string
	for i := range n {
		u := 0.0
		if n > 1 {
			u = float64(i) / float64(n-1)
		}
		if t := s.text(s.between(u)); !slices.Contains(list[max(0, len(list)-1):], t) {
			list = append(list, t)
		}
	}
	return list
}

// steps are the values from low upwards by a step, as far as high.
func (s *span) steps(text string) ([]string, error) {
	step, ok := expr.Value(text).(float64)
	switch _, base, _ := expr.Quantity(text); {
	case !ok || base != s.base || step <= 0:
		return nil, fmt.Errorf("step: %s: write a step above 0 of the kind of the bounds", text)
	case (s.high-s.low)/step >= mostValues:
		return nil, fmt.Errorf("step: %s: makes more than %d values; write a larger one", text, mostValues)
	}
	s.whole = s.whole && step == math.Trunc(step)
	var list []string
	for i := 0; ; i++ {
		v := s.low + float64(i)*step
		if v > s.high+step*1e-9 {
			return list, nil
		}
		list = append(list, s.text(min(v, s.high)))
	}
}
