package experiments

import (
	"math"
	"regexp"
	"strconv"

	"nnsim/results"
)

// Baselines: what a model of one line says of the same rows, and what the hardware
// itself leaves open. A simulator that is no better has no reason to exist.
//
//	roofline          the greater of MACs by the peak and compulsory bytes by the pin bandwidth
//	derated roofline  c + the same with a share a of the peak and b of the bandwidth;
//	                  a, b and c are fitted to the very rows, for each device by itself
//
// The band is what the source column calls "min … max …": the spread over campaigns.

// bounds are what the roofline of a run is made of.
type bounds struct {
	device  string
	compute float64 // seconds at the peak
	memory  float64 // seconds for the compulsory bytes at the pins
	took    float64 // seconds measured
}

// boundsOf is the roofline of a row that gives seconds, from its run.
func boundsOf(r Row, run *results.Run, compulsory int64) (b bounds, ok bool) {
	took, numeric := number(r.Expected)
	if r.Metric != "seconds" || !numeric || took <= 0 || run == nil {
		return b, false
	}
	peak := run.Device.PeakMACsPerCycle * float64(run.Device.Clock)
	if peak == 0 || run.DRAM.PeakBandwidth == 0 {
		return b, false
	}
	return bounds{r.Device, float64(run.Workload.MACs) / peak, float64(compulsory) / float64(run.DRAM.PeakBandwidth), took}, true
}

// derating is the three constants of a derated roofline.
type derating struct{ compute, memory, overhead float64 }

// error is the mean absolute error of rows under a derating.
func (d derating) error(rows []bounds) (sum float64) {
	for _, b := range rows {
		sum += math.Abs(d.overhead+math.Max(b.compute/d.compute, b.memory/d.memory)-b.took) / b.took
	}
	return sum / float64(len(rows))
}

// derate fits the three constants to rows, one after the other over a grid until
// none gets better.
func derate(rows []bounds) derating {
	best := derating{1, 1, 0}
	least := best.error(rows)
	for range 50 {
		before := least
		try := func(d derating) {
			if e := d.error(rows); e < least {
				best, least = d, e
			}
		}
		for i := range 100 {
			share := float64(i+1) / 100
			try(derating{share, best.memory, best.overhead})
			try(derating{best.compute, share, best.overhead})
			try(derating{best.compute, best.memory, float64(i) * 1e-7})
		}
		if least == before {
			break
		}
	}
	return best
}

// baselines are the errors of the plain and the derated roofline over rows, each
// device derated by itself.
func baselines(rows []bounds) (plain, derated float64) {
	byDevice := map[string][]bounds{}
	for _, b := range rows {
		byDevice[b.device] = append(byDevice[b.device], b)
	}
	for _, list := range byDevice {
		derated += derate(list).error(list) * float64(len(list)) / float64(len(rows))
	}
	return derating{1, 1, 0}.error(rows), derated
}

// band is the range that a source column gives: "min 6.6 max 7.1 us".
var band = regexp.MustCompile(`\bmin ([0-9.]+) max ([0-9.]+) (s|ms|us|ns)\b`)

var inSeconds = map[string]float64{"s": 1, "ms": 1e-3, "us": 1e-6, "ns": 1e-9}

// bandOf is the range of a row in seconds.
func bandOf(r Row) (low, high float64, ok bool) {
	m := band.FindStringSubmatch(r.Source)
	if m == nil || r.Unit != "s" {
		return 0, 0, false
	}
	low, errLow := strconv.ParseFloat(m[1], 64)
	high, errHigh := strconv.ParseFloat(m[2], 64)
	return low * inSeconds[m[3]], high * inSeconds[m[3]], errLow == nil && errHigh == nil
}
