package engine

import (
	"fmt"

	"github.com/sarchlab/akita/v3/sim"

	"nnsim/unit"
)

// Unit is a piece of hardware: plain code that knows edges and nothing of Akita.
type Unit interface {
	// Step does everything the unit can do at edge now and returns the next edge
	// at which it wants to be woken, or Never to sleep until a message comes.
	Step(now unit.Edge) unit.Edge
	// Receive takes a message; a Step at the same edge follows.
	Receive(m Message)
	// Left describes the unit's state in a few words and tells whether its work is done.
	Left() (state string, done bool)
}

// Message is what a unit tells another. Kind and the numbers mean what the two
// have agreed; Edge is when it counts, which may lie ahead.
type Message struct {
	Edge unit.Edge
	Kind int
	N    int64 // a count, an address or a tag
	Size int64 // bytes, where any move
	Tag  int64 // the sender's own, which a reply repeats
}

// packet is a Message on its way through Akita.
type packet struct {
	sim.MsgMeta
	Message
}

// Meta is Akita's envelope.
func (p *packet) Meta() *sim.MsgMeta { return &p.MsgMeta }

// Box is a unit in an Akita component. It has one port in; it wakes the unit at
// the edges the unit asks for and when a message has come.
type Box struct {
	*sim.ComponentBase
	engine *Engine
	unit   Unit
	in     sim.Port
	link   *Link
	last   bool // acts after all others of the same edge
	wake   unit.Edge
}

// portCapacity is the number of messages a box may leave unread: far more than
// any unit does between two of its steps.
const portCapacity = 1 << 20

// Add puts a unit in a box. last makes it act after all others of the same edge,
// as a unit must that serves requests in an order.
func (e *Engine) Add(name string, u Unit, last bool) *Box {
	b := &Box{ComponentBase: sim.NewComponentBase(name), engine: e, unit: u, last: last, wake: Never}
	b.in = sim.NewLimitNumMsgPort(b, portCapacity, name+".In")
	b.AddPort("In", b.in)
	b.link = &Link{HookableBase: sim.NewHookableBase(), to: b}
	b.in.SetConnection(b.link)
	e.boxes = append(e.boxes, b)
	if e.added != nil {
		e.added(b)
	}
	return b
}

// Send gives the box a message. It may be called while any unit steps.
func (b *Box) Send(m Message) {
	p := &packet{MsgMeta: sim.MsgMeta{Dst: b.in, SendTime: b.engine.time(b.engine.now)}, Message: m}
	if b.link.Send(p) != nil {
		b.engine.Fail(fmt.Errorf("engine: %s has %d messages waiting and takes no more", b.Name(), portCapacity))
	}
}

// event wakes a box. Akita orders events by time alone; nothing here depends on
// the order of events at one edge.
type event struct {
	box  *Box
	at   sim.VTimeInSec
	edge unit.Edge
}

func (ev *event) Time() sim.VTimeInSec { return ev.at }
func (ev *event) Handler() sim.Handler { return ev.box }
func (ev *event) IsSecondary() bool    { return ev.box.last }

// WakeAt makes sure the unit steps at an edge, unless it does so earlier anyway.
func (b *Box) WakeAt(edge unit.Edge) {
	if edge >= b.wake {
		return
	}
	b.wake = edge
	b.engine.sim.Schedule(&event{box: b, at: b.engine.time(edge), edge: edge})
}

// Handle is Akita's entry: one step of the unit. An event overtaken by an
// earlier wake-up finds nothing to do and is dropped.
func (b *Box) Handle(e sim.Event) error {
	ev := e.(*event)
	if ev.edge != b.wake || b.engine.err != nil {
		return nil
	}
	b.wake = Never
	b.engine.now = ev.edge
	b.engine.events++
	for m := b.in.Retrieve(ev.at); m != nil; m = b.in.Retrieve(ev.at) {
		b.unit.Receive(m.(*packet).Message)
	}
	switch next := b.unit.Step(ev.edge); {
	case next == Never:
	case next < ev.edge:
		b.engine.Fail(fmt.Errorf("engine: %s asked at edge %d to be woken at edge %d, which is past", b.Name(), ev.edge, next))
	default:
		b.WakeAt(next)
	}
	return nil
}

// NotifyRecv wakes the unit at the present edge.
func (b *Box) NotifyRecv(_ sim.VTimeInSec, _ sim.Port) { b.WakeAt(b.engine.now) }

// NotifyPortFree is not needed: a link never fills.
func (b *Box) NotifyPortFree(_ sim.VTimeInSec, _ sim.Port) {}

// Link is an Akita connection that delivers a message the moment it is sent.
type Link struct {
	*sim.HookableBase
	to *Box
}

// PlugIn, Unplug and NotifyAvailable complete Akita's interface; a link belongs
// to one box for good and is never busy.
func (l *Link) PlugIn(sim.Port, int)                     {}
func (l *Link) Unplug(sim.Port)                          {}
func (l *Link) NotifyAvailable(sim.VTimeInSec, sim.Port) {}
func (l *Link) CanSend(sim.Port) bool                    { return true }

// Send delivers.
func (l *Link) Send(m sim.Msg) *sim.SendError {
	m.Meta().RecvTime = m.Meta().SendTime
	return l.to.in.Recv(m)
}
