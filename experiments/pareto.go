package experiments

// dominates tells whether a is at least as good as b in everything and better in
// something. Smaller is better.
func dominates(a, b []float64) bool {
	better := false
	for i := range a {
		if a[i] > b[i] {
			return false
		}
		better = better || a[i] < b[i]
	}
	return better
}

// front marks the points that none other dominates. Equal points are on the
// front together; nil stands for a point that takes no part.
func front(points [][]float64) []bool {
	on := make([]bool, len(points))
	var best []int // the front of the points seen so far
	for i, p := range points {
		if p == nil {
			continue
		}
		beaten := false
		for _, b := range best {
			if dominates(points[b], p) {
				beaten = true
				break
			}
		}
		if beaten {
			continue
		}
		kept := best[:0]
		for _, b := range best {
			if on[b] = !dominates(p, points[b]); on[b] {
				kept = append(kept, b)
			}
		}
		best, on[i] = append(kept, i), true
	}
	return on
}
