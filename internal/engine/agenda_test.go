package engine_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"

	"nnsim/internal/engine"
	"nnsim/unit"
)

// TestAgenda: things are done by edge, at one edge by phase, and else as they were
// noted; what lies at the edge asked for or later waits.
func TestAgenda(t *testing.T) {
	var a engine.Agenda
	var did []string
	note := func(edge unit.Edge, phase engine.Phase, name string) {
		a.At(edge, phase, func() error { did = append(did, name); return nil })
	}
	note(7, engine.Begins, "begin 7")
	note(7, engine.Produced, "produced 7")
	note(3, engine.Begins, "begin 3")
	note(7, engine.Ends, "end 7")
	note(3, engine.Begins, "begin 3 too")
	note(8, engine.Ends, "end 8")
	assert.NoError(t, a.Before(8))
	assert.Equal(t, []string{"begin 3", "begin 3 too", "end 7", "begin 7", "produced 7"}, did)
	assert.NoError(t, a.Rest())
	assert.Equal(t, "end 8", did[len(did)-1])
}

// TestAgendaStopsAtAnError: nothing is done after one, and it is not forgotten.
func TestAgendaStopsAtAnError(t *testing.T) {
	var a engine.Agenda
	wrong := errors.New("wrong address")
	a.At(1, engine.Ends, func() error { return wrong })
	a.At(2, engine.Ends, func() error { t.Error("done after an error"); return nil })
	assert.ErrorIs(t, a.Before(5), wrong)
	assert.ErrorIs(t, a.Rest(), wrong)
	left := 0
	a.Each(func(unit.Edge, engine.Phase, func() error) { left++ })
	assert.Equal(t, 1, left)
}
