package mapping

// bandWork is what the bands of one size take each, for reckoning.
type bandWork struct {
	count float64
	cold  float64 // the first weights are loaded when it begins
	warm  float64 // all weights are there
}

// bandWorks reckons a nest in a chain by the sizes of its bands, each as a nest of its own.
func (p *pace) bandWorks(c *cutter, n *Nest) (list []bandWork) {
	counts := map[int]float64{}
	for _, s := range n.bands.spans {
		if counts[s.Rows()]++; s.Rows() == 0 || counts[s.Rows()] > 1 {
			continue
		}
		band := n.alone(s)
		w := bandWork{count: float64(s.Rows()), cold: p.time(c, &band)} // the count is not known yet
		band.BOnChip = true
		w.warm = p.time(c, &band)
		list = append(list, w)
	}
	for i := range list {
		list[i].count = counts[int(list[i].count)]
	}
	return list
}

// bandTime is what all bands of a nest in a chain take, each for itself.
func (p *pace) bandTime(c *cutter, n *Nest) (sum float64) {
	for i, w := range p.bandWorks(c, n) {
		if sum += w.count * w.cold; n.wholeB() { // it is loaded for the first band only
			sum -= w.count * (w.cold - w.warm)
			if i == 0 {
				sum += w.cold - w.warm
			}
		}
	}
	return sum
}

// chainTime is what the layers of a chain take together: their bands, less what is
// loaded of their weights while the layer before has the array and leaves the memory
// free, as far as slots hold it.
func (p *pace) chainTime(plan *Plan, chain *Chain) (sum float64) {
	var slack float64 // of a band of the layer before
	for _, lp := range plan.Layers[chain.First : chain.Last+1] {
		c, n := plan.cutterOf(lp), lp.Nest
		var warm, waits, filled float64
		for _, w := range p.bandWorks(c, n) {
			warm, waits, filled = warm+w.count*w.warm, waits+w.count*(w.cold-w.warm), filled+w.count
		}
		if n.wholeB() {
			waits /= filled // for one band
		}
		time := warm + waits - min(waits, filled*slack, filled*c.slotTime(n))
		sum += time
		slack = max(0, (time-n.Traffic)/filled)
	}
	return sum
}

// slotTime is how long the memory takes to fill the slots of B.
func (c *cutter) slotTime(n *Nest) float64 {
	bytes := n.B.Bytes()
	if c.target.FIFO > 0 {
		bytes = int64(c.target.FIFO) * int64(n.Red) * int64(n.Cols) * cell(c.layer.Head().In[1])
	}
	return float64(bytes) / c.target.BytesPerCycle
}

// alone is a span of a nest in a chain as a nest of its own, for reckoning.
func (n *Nest) alone(s RowTile) Nest {
	other := *n
	other.bands = nil
	other.Space.Images = s.I1 - s.I0
	other.Space.OH = max(1, (s.P1-s.P0)/n.Space.OW)
	other.Images, other.Pixels = min(n.Images, other.Space.Images), min(n.Pixels, other.Space.OH*other.Space.OW)
	other.measure()
	return other
}

// wholeB tells whether all of B stays in its slots from band to band.
func (n *Nest) wholeB() bool {
	return n.B.Count > 0 && n.B.Count >= n.Packs()*n.ColTiles()*n.Chunks()
}
