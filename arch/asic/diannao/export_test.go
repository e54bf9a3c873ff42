package diannao

import (
	"nnsim/arch"
	"nnsim/internal/engine"
	"nnsim/results"
)

// RunOn runs a job on an engine of the caller's, for tests that shuffle ties.
func (m *Machine) RunOn(job arch.Job, e *engine.Engine) (*results.Run, error) {
	return m.runOn(job, e)
}
