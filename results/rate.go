package results

import "nnsim/unit"

// Rate fills in what follows from the run's seconds: off-chip bandwidth and throughput.
func (r *Run) Rate() {
	if r.Seconds <= 0 {
		return
	}
	r.DRAM.Bandwidth = unit.BytesPerSecond(float64(r.DRAM.ReadBytes+r.DRAM.WriteBytes) / float64(r.Seconds))
	r.ThroughputPerSecond = float64(r.Batch) / float64(r.Seconds)
}
