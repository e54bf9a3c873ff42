// Package simtest holds what tests of timed units share: an Akita engine that
// shuffles events of the same time.
//
// Not modelled: anything; this is test equipment.
package simtest

import (
	"container/heap"
	"math/rand/v2"

	"github.com/sarchlab/akita/v3/sim"
)

// Shuffled is an Akita engine that handles events of one time in a random order,
// secondary ones still after primary ones. A result that changes with the seed
// depends on something it must not.
type Shuffled struct {
	*sim.HookableBase
	rng   *rand.Rand
	queue queue
	now   sim.VTimeInSec
}

// NewShuffled makes a shuffling engine.
func NewShuffled(seed uint64) *Shuffled {
	return &Shuffled{HookableBase: sim.NewHookableBase(), rng: rand.New(rand.NewPCG(seed, 1))}
}

type entry struct {
	event sim.Event
	tie   uint64
}

type queue []entry

func (q queue) Len() int { return len(q) }
func (q queue) Less(i, j int) bool {
	a, b := q[i], q[j]
	if a.event.Time() != b.event.Time() {
		return a.event.Time() < b.event.Time()
	}
	if a.event.IsSecondary() != b.event.IsSecondary() {
		return b.event.IsSecondary()
	}
	return a.tie < b.tie
}
func (q queue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }

// Push and Pop are heap's.
func (q *queue) Push(x any) { *q = append(*q, x.(entry)) }
func (q *queue) Pop() any {
	last := (*q)[len(*q)-1]
	*q = (*q)[:len(*q)-1]
	return last
}

// Schedule adds an event with a random rank among its equals.
func (s *Shuffled) Schedule(e sim.Event) { heap.Push(&s.queue, entry{e, s.rng.Uint64()}) }

// CurrentTime is the time of the event being handled.
func (s *Shuffled) CurrentTime() sim.VTimeInSec { return s.now }

// Run handles all events.
func (s *Shuffled) Run() error {
	for len(s.queue) > 0 {
		e := heap.Pop(&s.queue).(entry).event
		s.now = e.Time()
		if err := e.Handler().Handle(e); err != nil {
			return err
		}
	}
	return nil
}

// Pause, Continue, RegisterSimulationEndHandler and Finished complete Akita's interface.
func (s *Shuffled) Pause()                                                  {}
func (s *Shuffled) Continue()                                               {}
func (s *Shuffled) RegisterSimulationEndHandler(_ sim.SimulationEndHandler) {}
func (s *Shuffled) Finished()                                               {}
