// Package live makes engines whose units Akita's monitor shows in a browser while
// the run goes on: the time, each unit's fields, a profile, pause and continue.
//
//	nnsim run --live ──▶ Job.Live ──▶ Engine ──▶ monitor ──▶ http://localhost:PORT
//
// The monitor says on standard error where it is. It listens on all addresses of
// this computer, and what it shows is read while the units work on it: it is a
// window for the curious, off unless asked for, and nothing in a report comes of it.
//
// Sources: Akita v3.1.0, package monitoring.
//
// Not modelled: machines that simulate without events (FPGA pipelines).
package live

import (
	"github.com/sarchlab/akita/v3/monitoring"
	"github.com/sarchlab/akita/v3/sim"

	"nnsim/internal/engine"
	"nnsim/unit"
)

// Engine makes an engine for a clock; shown starts a monitor of it.
func Engine(clock unit.Hertz, shown bool) *engine.Engine {
	if !shown {
		return engine.New(clock)
	}
	akita, monitor := sim.NewSerialEngine(), monitoring.NewMonitor()
	monitor.RegisterEngine(akita)
	e := engine.On(akita, clock)
	e.Added(func(b *engine.Box) { monitor.RegisterComponent(b) })
	monitor.StartServer()
	return e
}
