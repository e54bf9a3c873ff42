package fpga

import (
	"fmt"

	"nnsim/internal/engine"
	"nnsim/mem"
	"nnsim/unit"
)

// port is an AXI master. A burst takes a place, one of axi.outstanding of its
// direction, and keeps it until its answer.
//
//	read    address ══ path ══▶ memory ══ path ══▶ beats, one a cycle, in order
//	write   collect the beats ─▶ send them ─▶ store them ══ path ══▶ memory ══ path ══▶ response
//
// A write is announced when its beats are together, as the vendor's masters do. The
// interconnect stores it and, when its last beat has come, passes it on at the width
// of the memory.
type port struct {
	axi      *AXI
	id       int
	x        *external
	channel  *channel
	box      *engine.Box
	read     direction
	write    direction
	collects unit.Edge // when the next write may begin to collect its beats
	asks     []mem.Request
	when     []unit.Edge // at which each of asks reaches the memory's path
}

// direction is the state of reads or of writes.
type direction struct {
	jobs  []*movement
	turn  int         // the owner that was served last
	free  []int       // places that are free
	ring  []int       // places in the order in which they were taken
	place []onePlace  // by number
	ready []unit.Edge // edges at which answered bursts give their places back, in order
	gives []int       // and those places
	bus   unit.Edge   // when the data channel is next free
	beats int64
	bytes int64
}

// onePlace is a burst on its way.
type onePlace struct {
	job      *movement
	beats    int64
	edge     unit.Edge
	answered bool
}

func newPort(id int, axi *AXI, x *external, ch *channel) *port {
	p := &port{axi: axi, id: id, x: x, channel: ch}
	for _, d := range []*direction{&p.read, &p.write} {
		d.place = make([]onePlace, axi.Outstanding)
		for i := range axi.Outstanding {
			d.free = append(d.free, axi.Outstanding-1-i)
		}
	}
	return p
}

// move queues a movement; the port acts on it at its next step.
func (p *port) move(m *movement, write bool) {
	d := &p.read
	if write {
		d = &p.write
	}
	d.jobs = append(d.jobs, m)
}

// wrap is an address of the port's channel: what is beyond its end begins anew.
func (p *port) wrap(at, n int64) int64 {
	if p.x.holds == 0 || at+n <= p.x.holds {
		return at
	}
	return at % (p.x.holds - n + 1) / boundary * boundary
}

// Step gives back places, issues what there is room for, and passes on writes whose
// beats have been sent.
func (p *port) Step(now unit.Edge) unit.Edge {
	p.read.release(now)
	p.write.release(now)
	for p.read.waiting() {
		p.issueRead(now)
	}
	for p.write.waiting() {
		p.issueWrite(now)
	}
	for len(p.when) > 0 && p.when[0] <= now {
		p.ask(p.asks[0], now)
		p.when, p.asks = p.when[1:], p.asks[1:]
	}
	next := min(p.read.next(), p.write.next())
	if len(p.when) > 0 {
		next = min(next, p.when[0])
	}
	return next
}

// release gives back the places whose bursts have ended by now.
func (d *direction) release(now unit.Edge) {
	for len(d.ready) > 0 && d.ready[0] <= now {
		d.free = append(d.free, d.gives[0])
		d.ready, d.gives = d.ready[1:], d.gives[1:]
	}
}

// waiting tells whether a burst can be issued.
func (d *direction) waiting() bool { return len(d.jobs) > 0 && len(d.free) > 0 }

// next is when the next place is given back.
func (d *direction) next() unit.Edge {
	if len(d.ready) == 0 || len(d.jobs) == 0 {
		return engine.Never
	}
	return d.ready[0]
}

// pick finds the oldest movement of the owner whose turn it is.
func (d *direction) pick() int {
	best, away := 0, 1<<30
	for i, m := range d.jobs {
		n := m.owner - d.turn - 1
		if n < 0 {
			n += 1 << 20
		}
		if n < away {
			best, away = i, n
		}
	}
	return best
}

// take gives the next burst of a movement a place.
func (d *direction) take(p *port) (slot int, at, n int64) {
	i := d.pick()
	m := d.jobs[i]
	d.turn = m.owner
	at, n = m.burst(p.axi.bytes())
	m.onWay++
	if m.left == 0 {
		d.jobs = append(d.jobs[:i], d.jobs[i+1:]...)
	}
	slot = d.free[len(d.free)-1]
	d.free = d.free[:len(d.free)-1]
	d.ring = append(d.ring, slot)
	d.place[slot] = onePlace{job: m, beats: unit.CeilDiv(n, p.axi.beat())}
	d.beats += d.place[slot].beats
	d.bytes += n
	return slot, at, n
}

func (p *port) issueRead(now unit.Edge) {
	slot, at, n := p.read.take(p)
	p.ask(mem.Request{Port: p.id, Tag: int64(2 * slot), Addr: at, Bytes: n}, now)
}

func (p *port) issueWrite(now unit.Edge) {
	slot, at, n := p.write.take(p)
	beats := unit.Edge(p.write.place[slot].beats)
	p.collects = max(p.collects, now) + beats
	sent := max(p.collects, p.write.bus) + beats
	p.write.bus = sent + unit.Edge(p.axi.Gap)
	p.asks = append(p.asks, mem.Request{Port: p.id, Tag: int64(2*slot + 1), Write: true, Addr: at, Bytes: n})
	p.when = append(p.when, sent+p.channel.stretch(n))
}

func (p *port) ask(r mem.Request, now unit.Edge) {
	p.channel.server.Ask(r)
	p.channel.box.WakeAt(now)
}

// reply takes an answer, which may speak of an edge ahead. Bursts end in order.
func (p *port) reply(tag int64, at unit.Edge) {
	d := &p.read
	if tag%2 == 1 {
		d = &p.write
	}
	slot := int(tag / 2)
	d.place[slot].edge, d.place[slot].answered = at, true
	for len(d.ring) > 0 && d.place[d.ring[0]].answered {
		slot := d.ring[0]
		d.ring = d.ring[1:]
		one := &d.place[slot]
		one.answered = false
		end := p.ends(d, one)
		d.ready, d.gives = append(d.ready, end), append(d.gives, slot)
		one.job.answered(end)
		p.box.WakeAt(max(end, p.x.engine.Now()))
	}
}

// ends is when a burst's last beat, or its response, has come. The beats of a read
// follow one another on the port as they leave the memory, or as the port lets them.
func (p *port) ends(d *direction, one *onePlace) unit.Edge {
	if d == &p.write {
		end := one.edge + p.x.late[1]
		if n := len(d.ready); n > 0 {
			end = max(end, d.ready[n-1])
		}
		return end
	}
	last := one.edge + p.x.late[0]
	first := p.channel.begins(last, one.beats*p.axi.beat())
	d.bus = max(d.bus, first) + unit.Edge(one.beats)
	d.bus = max(d.bus, last)
	return d.bus
}

// Receive is not used: movements are queued by move.
func (p *port) Receive(engine.Message) {}

// Left tells whether everything has moved.
func (p *port) Left() (string, bool) {
	n := len(p.read.jobs) + len(p.write.jobs)
	way := len(p.read.ring) + len(p.write.ring)
	return fmt.Sprintf("%d movements to go, %d bursts on their way", n, way), n+way == 0
}
