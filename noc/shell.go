package noc

import (
	"fmt"
	"slices"

	"nnsim/internal/engine"
	"nnsim/unit"
)

// Shell is a network as a unit of an engine. Others ask it to send while they
// step and wake its box; it acts after all others of an edge, so what is asked at
// an edge enters at that edge, in an order that does not depend on who stepped first.
//
//	units ──Ask──▶ Shell{Network} ──deliver──▶ units
type Shell struct {
	net     *Network
	waiting []Packet
	deliver func(Delivery)
	fail    func(error)
}

// NewShell makes a unit of a network. deliver is called for every arrival at the
// edge it happens, fail once with what went wrong. Its box must be added as one
// that acts last.
func NewShell(n *Network, deliver func(Delivery), fail func(error)) *Shell {
	return &Shell{net: n, deliver: deliver, fail: fail}
}

// Ask has a packet sent at the shell's next step; it refuses one that makes no sense.
func (s *Shell) Ask(p Packet) error {
	if err := s.net.checkPacket(p); err != nil {
		return err
	}
	s.waiting = append(s.waiting, p)
	return nil
}

// Receive is not used: senders call Ask and wake the shell's box.
func (s *Shell) Receive(engine.Message) {}

// Left tells whether every packet has been delivered.
func (s *Shell) Left() (string, bool) {
	if err := s.net.Stuck(); err != nil {
		return err.Error(), false
	}
	left := s.net.due() - s.net.counts.Delivered + int64(len(s.waiting))
	return fmt.Sprintf("%d packets to deliver", left), left == 0
}

// Step advances the network to now, hands out what has arrived and sends what was asked.
func (s *Shell) Step(now unit.Edge) unit.Edge {
	s.net.AdvanceTo(now)
	for _, d := range s.net.Take() {
		s.deliver(d)
	}
	slices.SortStableFunc(s.waiting, func(a, b Packet) int {
		if a.Src != b.Src {
			return a.Src - b.Src
		}
		return int(a.Tag - b.Tag)
	})
	for i := range s.waiting {
		s.net.send(&s.waiting[i])
	}
	s.waiting = s.waiting[:0]
	if err := s.net.Stuck(); err != nil {
		s.fail(err)
	}
	return s.net.Next()
}
