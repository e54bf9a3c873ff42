package traffic

import (
	"math"
	"slices"

	"nnsim/results"
	"nnsim/unit"
)

// tally counts requests by their cycles.
type tally []int64

func (t *tally) add(cycles int64) {
	if cycles >= int64(len(*t)) {
		*t = slices.Grow(*t, int(cycles)+1-len(*t))[:cycles+1]
	}
	(*t)[cycles]++
}

// figures are the mean, the 99th percentile and the maximum, in cycles: the
// percentile is the least latency that so many requests do not exceed.
func (t tally) figures() (mean, p99, most float64) {
	n, sum := int64(0), 0.0
	for _, k := range t {
		n += k
	}
	rank := int64(math.Ceil(0.99 * float64(n)))
	for cycles, k := range t {
		if k == 0 {
			continue
		}
		if rank > 0 && rank <= k {
			p99 = float64(cycles)
		}
		rank -= k
		sum, most = sum+float64(k)*float64(cycles), float64(cycles)
	}
	return sum / float64(max(1, n)), p99, most
}

// onChip is what a stream got, with latencies and the peak still by the cycle:
// see timed.
func onChip(moved [2]int64, hits float64, took tally, peak float64) *results.OnChip {
	o := &results.OnChip{ReadBytes: moved[0], WriteBytes: moved[1], HitRate: hits, PeakBandwidth: unit.BytesPerSecond(peak)}
	o.LatencyMean, o.LatencyP99, o.LatencyMax = took.figures()
	return o
}

// timed gives what a stream got to its run, whose cycles take so many seconds.
func timed(o *results.OnChip, r *results.Run, cycle float64) {
	r.OnChip = o
	for _, t := range []*float64{&o.LatencyMean, &o.LatencyP99, &o.LatencyMax} {
		*t *= cycle * 1e9
	}
	o.PeakBandwidth = unit.BytesPerSecond(float64(o.PeakBandwidth) / cycle)
	if r.Seconds > 0 {
		o.Bandwidth = unit.BytesPerSecond(float64(o.ReadBytes+o.WriteBytes) / float64(r.Seconds))
	}
}
