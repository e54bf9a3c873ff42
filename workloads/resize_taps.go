package workloads

import "math"

// Tap is one input index of an output index, with its weight.
type Tap struct {
	Index  int
	Weight float64
}

// Taps lists what an output index is made of. outside: it lies beyond the crop, and has
// the fill value instead.
func (a *ResizeAxis) Taps(i int) (taps []Tap, outside bool) {
	if a.Out == a.In && a.scale == 1 && a.rule.place != "tf_crop_and_resize" {
		return []Tap{{i, 1}}, false
	}
	x := places[a.rule.place](a, float64(i))
	if a.rule.place == "tf_crop_and_resize" && (x < 0 || x > float64(a.In-1)) {
		return nil, true
	}
	left := math.Ceil(x) - 1 // the weights are of a point in (left, left+1]
	weights := a.rule.weights(x-left, a.scale)
	first, sum := int(left)-len(weights)/2+1, 0.0
	for j, w := range weights {
		at := first + j
		if a.rule.exclude && (at < 0 || at >= a.In) {
			continue
		}
		sum += w
		if w != 0 {
			taps = append(taps, Tap{min(max(at, 0), a.In-1), w})
		}
	}
	if a.rule.exclude && sum != 0 {
		for j := range taps {
			taps[j].Weight /= sum
		}
	}
	return taps, false
}

// rounding tells by the share of a step from the left neighbour whether the right one is nearer.
var rounding = map[string]func(share float64) bool{
	"round_prefer_floor": func(share float64) bool { return share > 0.5 },
	"round_prefer_ceil":  func(share float64) bool { return share >= 0.5 },
	"floor":              func(share float64) bool { return share == 1 },
	"ceil":               func(float64) bool { return true },
}

// weights are those of the neighbours of a point, an even number, as many to its left as to its right.
func (r *resizeRule) weights(share, scale float64) []float64 {
	if r.mode == "nearest" {
		if rounding[r.round](share) {
			return []float64{0, 1}
		}
		return []float64{1, 0}
	}
	reach, hat := 1.0, func(x float64) float64 { return max(0, 1-x) }
	if r.mode == "cubic" {
		reach, hat = 2, r.bump
	}
	if !r.antialias || scale > 1 {
		scale = 1
	}
	from := math.Floor(-reach/scale) + 1
	var list []float64
	sum := 0.0
	for j := from; j < 2-from; j++ {
		w := hat(math.Abs(j-share) * scale)
		list, sum = append(list, w), sum+w
	}
	if r.antialias {
		for j := range list {
			list[j] /= sum
		}
	}
	return list
}

// bump is the cubic kernel of Keys at a distance.
func (r *resizeRule) bump(x float64) float64 {
	a := r.cubic
	switch {
	case x <= 1:
		return ((a+2)*x-(a+3))*x*x + 1
	case x < 2:
		return ((a*x-5*a)*x+8*a)*x - 4*a
	}
	return 0
}
