package gpu

import (
	"nnsim/arch"
	"nnsim/internal/engine"
	"nnsim/results"
)

// RunOn lets the suite shuffle ties.
func (m *Machine) RunOn(job arch.Job, e *engine.Engine) (*results.Run, error) { return m.runOn(job, e) }
