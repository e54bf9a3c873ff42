package asic

import (
	"nnsim/arch"
	"nnsim/internal/engine"
	"nnsim/mapping"
)

// Density is what a run knows of zeros. Coded is the share of a tensor's bytes that
// is left where it is stored coded off chip; Skipped the share of a layer's
// multiplications, by layer, that have a zero operand.
type Density struct {
	Word    string // "", stated or measured
	Coded   map[*mapping.Place]float64
	Skipped []float64
}

// Share is the share of a layer's multiplications with a zero operand.
func (d *Density) Share(layer int) float64 {
	if layer < len(d.Skipped) {
		return d.Skipped[layer]
	}
	return 0
}

// Measure carries a job out with all its values and tells what zeros it met. The
// time it takes on the machine is that of data without zeros, and of no interest.
func Measure(c *Chassis, job *arch.Job, e *engine.Engine) (Density, error) {
	s := New(c, job, e, Density{})
	s.plane.record = &record{skipped: make([]int64, len(job.Plan.Layers)), coded: map[*mapping.Place]float64{}}
	run, err := s.Run()
	if err != nil {
		return Density{}, err
	}
	d := Density{Word: "measured", Coded: s.plane.record.coded, Skipped: make([]float64, len(job.Plan.Layers))}
	for i, n := range s.plane.record.skipped {
		if macs := run.Layers[i].MACs; macs > 0 {
			d.Skipped[i] = float64(n) / float64(macs)
		}
	}
	return d, nil
}
