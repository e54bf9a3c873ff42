package fpga

import "sort"

// widths are what a layer's simd and pe may be, each by itself.
func (l *layer) widths() (simds, pes []int) {
	window := l.space.R * l.space.S
	switch l.kind {
	case view, host:
		return []int{1}, []int{1}
	case dense:
		simds = divisors(l.inside)
		if window > 1 {
			simds = append(simds, window*l.inside)
		}
		return simds, divisors(l.outside)
	case depthwise:
		simds = []int{1}
		if window > 1 {
			simds = append(simds, window)
		}
		return simds, divisors(l.inside)
	}
	common := l.inside
	for _, c := range l.parts {
		common = gcd(common, c)
	}
	return []int{1}, divisors(common)
}

// foldings lists the pairs of simd and pe, each faster than the one before it and
// of the pairs that are as fast the squarest.
func (l *layer) foldings() (list [][2]int) {
	for _, s := range l.simds {
		for _, p := range l.pes {
			list = append(list, [2]int{s, p})
		}
	}
	return faster(list)
}

// widest is the greatest number of products a unit forms at a time; beyond it
// routing, not logic, is what a unit is made of.
const widest = 1 << 14

// faster sorts foldings and keeps one of each product.
func faster(list [][2]int) (kept [][2]int) {
	size := func(f [2]int) int { return f[0] * f[1] }
	skew := func(f [2]int) int { return max(f[0], f[1]) }
	sort.Slice(list, func(i, j int) bool {
		if a, b := size(list[i]), size(list[j]); a != b {
			return a < b
		}
		if a, b := skew(list[i]), skew(list[j]); a != b {
			return a < b
		}
		return list[i][0] > list[j][0]
	})
	for _, f := range list {
		if size(f) <= widest && (len(kept) == 0 || size(f) > size(kept[len(kept)-1])) {
			kept = append(kept, f)
		}
	}
	return kept
}

func divisors(n int) (list []int) {
	for d := 1; d <= n; d++ {
		if n%d == 0 {
			list = append(list, d)
		}
	}
	return list
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}
