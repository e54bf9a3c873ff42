// Package engine is the one place that knows Akita's time. Machines count edges
// of a main clock; Akita counts float seconds; here edge n happens at n/clock.
//
//	unit ── Step(now) ──▶ next edge          Box: a unit in an Akita component
//	  ▲                                       Link: a connection that delivers at once
//	  └── messages, each stamped with the edge at which it counts
//
// Whatever a unit tells another carries the edge at which it becomes true, so it
// can be said early, as soon as the teller knows. A unit that must act at its
// true time (a memory, whose requests have to be served in order) is woken at
// that edge, after all others of the same edge.
//
// Sources: Akita v3.1.0, packages sim.
//
// Not modelled: several clocks in one engine (a machine converts to its main
// clock), and time that is not a whole number of edges.
package engine

import (
	"fmt"
	"math"
	"strings"

	"github.com/sarchlab/akita/v3/sim"

	"nnsim/unit"
)

// Never is later than any edge of a run.
const Never unit.Edge = math.MaxInt64

// Engine runs boxes until nothing is left to happen.
type Engine struct {
	sim    sim.Engine
	clock  unit.Hertz
	boxes  []*Box
	events int64
	now    unit.Edge
	err    error
	added  func(*Box) // is shown each box
}

// New makes an engine for a clock on Akita's serial engine.
func New(clock unit.Hertz) *Engine { return On(sim.NewSerialEngine(), clock) }

// On makes an engine on another Akita engine; tests pass one that shuffles ties.
func On(e sim.Engine, clock unit.Hertz) *Engine { return &Engine{sim: e, clock: clock} }

// Added has a listener shown each box that is added from now on.
func (e *Engine) Added(listener func(*Box)) { e.added = listener }

// Now is the edge being handled.
func (e *Engine) Now() unit.Edge { return e.now }

// Events is the number of events handled so far.
func (e *Engine) Events() int64 { return e.events }

// time is the Akita time of an edge. Dividing two integers held exactly in
// float64 rounds once, so rounding time·clock gives the edge back.
func (e *Engine) time(edge unit.Edge) sim.VTimeInSec {
	return sim.VTimeInSec(float64(edge) / float64(e.clock))
}

// Run handles events until none is left. It returns the first error a unit
// reported, or an error that shows every unit's state if work is left undone.
func (e *Engine) Run() error {
	for _, b := range e.boxes {
		b.WakeAt(0)
	}
	if err := e.sim.Run(); err != nil {
		return err
	}
	if e.err != nil {
		return e.err
	}
	return e.leftOver()
}

// leftOver finds boxes that still have work although nothing will happen any more.
func (e *Engine) leftOver() error {
	stuck := false
	var lines []string
	for _, b := range e.boxes {
		state, done := b.unit.Left()
		stuck = stuck || !done
		lines = append(lines, fmt.Sprintf("%s: %s", b.Name(), state))
	}
	if !stuck {
		return nil
	}
	return fmt.Errorf("deadlock at edge %d: nothing is left to happen, but work is; %s", e.now, strings.Join(lines, "; "))
}

// Fail stops the run at the next event with an error.
func (e *Engine) Fail(err error) {
	if e.err == nil {
		e.err = err
	}
}

// Failed tells whether a unit has reported an error.
func (e *Engine) Failed() bool { return e.err != nil }
