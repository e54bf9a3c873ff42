package eyeriss

import (
	"math"

	"nnsim/arch"
	"nnsim/arch/asic"
	"nnsim/mapping"
	"nnsim/workloads"
)

// Run-length coding as on the chip: 64 bits hold three pairs of a run of up to 31
// zeros (5 bits) and the word after it (16 bits), and one bit that ends the stream.
const (
	pairsInWord = 3
	longestRun  = 31
	codeBytes   = 8
)

// leastShare is what is left of nothing but zeros: 8 bytes for 3 pairs of 32 words.
const leastShare = float64(codeBytes) / (pairsInWord * (longestRun + 1) * wordBytes)

// runLength is the bytes that raw 16-bit words take when coded, or raw where coding
// does not pay.
func runLength(raw []byte) int64 {
	pairs, run := 0, 0
	for i := 0; i+1 < len(raw); i += wordBytes {
		if raw[i]|raw[i+1] == 0 && run < longestRun {
			run++
			continue
		}
		pairs, run = pairs+1, 0
	}
	if run > 0 {
		pairs++
	}
	return min(int64(len(raw)), int64((pairs+pairsInWord-1)/pairsInWord*codeBytes))
}

// share is what coding leaves of many words of which a share is zero, at random: a
// pair for each word that is not zero and for every 32nd zero in a row.
func share(zeros float64) float64 {
	if zeros >= 1 {
		return leastShare
	}
	pairs := (1 - zeros) / (1 - math.Pow(zeros, longestRun+1))
	return min(1, pairs*codeBytes/(pairsInWord*wordBytes))
}

// rectified is the share of zeros in results behind an activation that cuts off
// what is negative, where no more is stated: sums of many products fall on both
// sides of zero alike.
const rectified = 0.5

// stated is the density of a job whose workload states a share of zeros: that of
// every activation that is read. Results of products leave through the chip's
// activation.
func (m *Machine) stated(job *arch.Job) asic.Density {
	z := *job.Zeros
	d := asic.Density{Word: "stated", Coded: map[*mapping.Place]float64{}, Skipped: make([]float64, len(job.Plan.Layers))}
	for i := range d.Skipped {
		d.Skipped[i] = z
	}
	if m.cfg.Coding == "none" {
		return d
	}
	for _, t := range job.Net.Graph.Inputs {
		d.Coded[job.Plan.Places[t]] = share(z)
	}
	for _, lp := range job.Plan.Layers {
		pl := job.Plan.Places[lp.Layer.Out()]
		switch workloads.ClassOf(lp.Layer.Head().Op) {
		case workloads.MatrixClass:
			d.Coded[pl] = share(max(z, rectified))
		case workloads.View:
		default:
			d.Coded[pl] = share(z)
		}
	}
	return d
}
