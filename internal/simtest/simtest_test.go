package simtest

import (
	"errors"
	"testing"

	"github.com/sarchlab/akita/v3/sim"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// mark is an event that writes its name down.
type mark struct {
	at        sim.VTimeInSec
	name      string
	secondary bool
	log       *[]string
	more      func()
	err       error
}

func (m *mark) Time() sim.VTimeInSec { return m.at }
func (m *mark) Handler() sim.Handler { return m }
func (m *mark) IsSecondary() bool    { return m.secondary }
func (m *mark) Handle(sim.Event) error {
	*m.log = append(*m.log, m.name)
	if m.more != nil {
		m.more()
	}
	return m.err
}

func run(seed uint64) []string {
	e, log := NewShuffled(seed), []string(nil)
	for _, m := range []mark{
		{at: 2, name: "last"}, {at: 1, name: "x", secondary: true}, {at: 1, name: "y", secondary: true},
		{at: 1, name: "a"}, {at: 1, name: "b"}, {at: 1, name: "c"}, {at: 0, name: "first"},
	} {
		m.log = &log
		e.Schedule(&m)
	}
	_ = e.Run()
	return log
}

// Time and rank are kept, ties are not; a seed is an order.
func TestTiesAreShuffled(t *testing.T) {
	orders := map[string]bool{}
	for seed := range uint64(50) {
		got := run(seed)
		require.Equal(t, got, run(seed), "a seed is one order")
		require.Len(t, got, 7)
		assert.Equal(t, "first", got[0])
		assert.ElementsMatch(t, []string{"a", "b", "c"}, got[1:4])
		assert.ElementsMatch(t, []string{"x", "y"}, got[4:6])
		assert.Equal(t, "last", got[6])
		orders[got[1]+got[2]+got[3]+got[4]+got[5]] = true
	}
	assert.Len(t, orders, 12, "of 3!·2! orders, 50 seeds find all")
}

// What is scheduled during an event is handled at its own time; the first error ends the run.
func TestEventsBreedAndErrorsEnd(t *testing.T) {
	e, log, broken := NewShuffled(1), []string(nil), errors.New("broken")
	e.Schedule(&mark{at: 1, name: "one", log: &log, more: func() {
		assert.EqualValues(t, 1, e.CurrentTime())
		e.Schedule(&mark{at: 3, name: "three", log: &log, err: broken})
		e.Schedule(&mark{at: 2, name: "two", log: &log})
		e.Schedule(&mark{at: 4, name: "never", log: &log})
	}})
	assert.Equal(t, broken, e.Run())
	assert.Equal(t, []string{"one", "two", "three"}, log)
}
