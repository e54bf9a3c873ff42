package noc

import (
	"math/bits"

	"nnsim/unit"
)

// A packet travels in closed form, as a train, while every link on its way is its
// own: nothing buffered, nothing on the wires, all credits at home, nobody asking.
// Then flit i leaves on link k at
//
//	s(0,i)   = max( s(0,i-1)+1,               s(1,i-B) + credit(0) )
//	s(k+1,i) = max( s(k,i)+flit(k), s(k+1,i-1)+1, s(k+2,i-B) + credit(k+1) )
//	s(k+1,0) = s(k,0) + flit(k) + routing + 1
//
// with B the buffer, flit(k) the time over link k and credit(k) that of a credit
// back over it. The differences of this recurrence repeat: once B flits in a row
// leave every link exactly R edges after the B before them, all later ones do.
// So a train costs the same however long it is. A train may follow another over
// the same links if the other's tail is out of each router before its own head
// asks there; on a shared channel the last B flits of the one ahead take the place
// of s(·,i-B). As soon as any other packet asks for one of its links, a train, and
// all that share a link with it, are dissolved into the flits, credits and pointers
// that they stand for at that edge (dissolve.go), and these go on as usual.

// trainFlits is the length from which a packet is worth a train; shorter ones are
// through before the sums are done.
const trainFlits = 16

// train is a packet that travels in closed form.
type train struct {
	packet int32
	node   int32
	flits  int64
	stops  []stop
	asks   []unit.Edge   // when the head asks for its channel on each link
	rows   [][]unit.Edge // s(k,i) for the first flits, by flit
	period int64         // flits after which rows repeat
	shift  unit.Edge     // later each time
	loaded unit.Edge     // when the source has sent the tail and may go on
	arrive unit.Edge     // when the tail is at its node
	over   unit.Edge     // when the last credit is home
	doomed bool
}

// stop is a link on a train's way and the channel the packet has on it.
type stop struct{ link, vc int32 }

// express holds the trains.
type express struct {
	of     [][]*train // on each link, in order
	trains []*train   // in order of start
	doomed []*train

	boarded, followed, dissolved int // how often, for tests
}

// sent is s(k,i); one stop beyond the last it is the flit's arrival at its node.
func (t *train) sent(k int, i int64) unit.Edge {
	if n := int64(len(t.rows)); i >= n {
		turns := (i-n)/t.period + 1
		return t.rows[i-turns*t.period][k] + unit.Edge(turns)*t.shift
	}
	return t.rows[i][k]
}

// board makes a train of a packet that could enter now on a channel, if its way is free.
func (n *Network) board(s *source, id int32, vc int32) bool {
	p := &n.packets[id]
	if p.dsts != nil || n.config.Routing == Adaptive {
		return false
	}
	t := &train{packet: id, node: p.src, flits: int64(p.flits)}
	if !n.way(t, p, vc) || !n.timetable(t) || !n.behind(t) {
		return false
	}
	last := t.flits - 1
	t.loaded, t.arrive = t.sent(0, last)+1, t.sent(len(t.stops), last)
	n.express.boarded++
	for _, st := range t.stops {
		if len(n.express.of[st.link]) > 0 {
			n.express.followed++
			break
		}
	}
	for k, st := range t.stops {
		t.over = max(t.over, t.sent(k+1, last)+n.creditDelay(&n.links[st.link]))
		n.express.of[st.link] = append(n.express.of[st.link], t)
	}
	n.express.trains = append(n.express.trains, t)
	n.work++
	return true
}

// way follows a packet's route over links that are at rest but for other trains,
// and works out the channels it will be given and when its head is where: alone, a
// head gets the first free channel after its input's pointer.
func (n *Network) way(t *train, p *packet, vc int32) bool {
	id, at := n.graph.inject[p.src], n.now
	if set, ok := n.freeFor(id, at); !n.sourceAtRest(p.src) || !ok || n.config.WaitForTail && set>>vc&1 == 0 {
		return false
	}
	row := []unit.Edge{at}
	t.stops, t.asks = append(t.stops, stop{id, vc}), append(t.asks, at)
	for n.links[id].to >= 0 {
		l := &n.links[id]
		r := &n.routers[l.to]
		asks := n.frontAt(stop{id, vc}, at+n.flitDelay(l)) + unit.Edge(n.config.RoutingDelay)
		n.ways = n.routes(n.ways[:0], r.id, p)
		out := n.ways[0].out
		id = n.graph.routers[r.id].out[out]
		set, ok := n.freeFor(id, asks)
		if set &= n.ways[0].vcs; !ok || set == 0 || !n.atRest(r, out) {
			return false
		}
		vc = n.firstFree(out, n.pointer(r, l, vc), set)
		t.stops, t.asks = append(t.stops, stop{id, vc}), append(t.asks, asks)
		if at = n.room(t, len(row), 0, asks+1); at < n.now {
			return false
		}
		row = append(row, at)
	}
	t.rows = append(t.rows, append(row, at+n.flitDelay(&n.links[id])))
	return n.room(t, 0, 0, n.now) == n.now
}

// frontAt is when a head that arrives over a link and channel is first in its
// buffer: at once, or after the tail of the train ahead on that channel.
func (n *Network) frontAt(st stop, arrives unit.Edge) unit.Edge {
	if ahead, j := n.ahead(st); ahead != nil {
		return max(arrives, ahead.sent(j+1, ahead.flits-1)+1)
	}
	return arrives
}

// freeFor is the set of channels of a link that no train holds when a head asks at
// an edge; not ok if a tail has yet to enter the link by then.
func (n *Network) freeFor(link int32, asks unit.Edge) (set uint64, ok bool) {
	set = n.every
	for _, t := range n.express.of[link] {
		k := t.at(link)
		held := t.sent(k, t.flits-1)
		if held > asks {
			return 0, false
		}
		if n.config.WaitForTail {
			held = t.sent(k+1, t.flits-1) + n.creditDelay(&n.links[link]) - 1
		}
		if held >= asks {
			set &^= 1 << t.stops[k].vc
		}
	}
	return set, true
}

// pointer is where an input channel's pointer will stand: where the last train
// through it will have left it.
func (n *Network) pointer(r *router, in *link, vc int32) int32 {
	id := n.graph.routers[r.id].in[in.toPort]
	at := n.lanes[n.lane0[id]+vc].accept
	for _, t := range n.express.of[id] {
		for k, st := range t.stops[:len(t.stops)-1] {
			if next := t.stops[k+1]; n.links[st.link].to == r.id && n.links[st.link].toPort == in.toPort && st.vc == vc {
				at = (n.links[next.link].fromPort*n.vcs + next.vc + 1) % r.channels
			}
		}
	}
	return at
}

// firstFree is the channel of an output, out of a set, that an input with a pointer accepts.
func (n *Network) firstFree(out, pointer int32, set uint64) int32 {
	if a := uint32(pointer - out*n.vcs); a < uint32(n.vcs) && set>>a != 0 {
		return int32(a) + int32(bits.TrailingZeros64(set>>a))
	}
	return int32(bits.TrailingZeros64(set))
}

// sourceAtRest tells whether nothing is on its way between a node and its router's buffer.
func (n *Network) sourceAtRest(node int32) bool {
	s := &n.sources[node]
	return s.free == n.every && n.lanesAtRest(s.lane0)
}

// lanesAtRest tells whether all credits for a link's lanes are home.
func (n *Network) lanesAtRest(lane0 int32) bool {
	for _, l := range n.lanes[lane0 : lane0+n.vcs] {
		if !n.allHome(l.next) {
			return false
		}
	}
	return true
}

// atRest tells whether an output's link is: all credits at home, no channel held, nobody asking.
func (n *Network) atRest(r *router, o int32) bool {
	out := &r.outputs[o]
	return out.vacant == n.every && out.want == 0 && n.lanesAtRest(out.lane0)
}

// behind tells whether a train stays behind all others on its links: where a link
// ends, its head asks no sooner than their tails leave.
func (n *Network) behind(t *train) bool {
	for k, st := range t.stops[:len(t.stops)-1] {
		for _, other := range n.express.of[st.link] {
			if t.asks[k+1] < other.sent(other.at(st.link)+1, other.flits-1) {
				return false
			}
		}
	}
	return true
}

// at is where on a train's way a link lies.
func (t *train) at(link int32) int {
	for k, st := range t.stops {
		if st.link == link {
			return k
		}
	}
	return -1
}

// wanted dooms the trains on a link that another packet asks for.
func (e *express) wanted(link int32) {
	for _, t := range e.of[link] {
		e.doom(t)
	}
}

// doom marks a train, and all that share a link with it, to be dissolved.
func (e *express) doom(t *train) {
	if t.doomed {
		return
	}
	t.doomed = true
	e.doomed = append(e.doomed, t)
	for _, st := range t.stops {
		e.wanted(st.link)
	}
}

// next is the next edge after now at which something is seen of a train.
func (e *express) next(now unit.Edge) unit.Edge {
	next := Never
	for _, t := range e.trains {
		for _, at := range []unit.Edge{t.loaded, t.arrive, t.over} {
			if at > now {
				next = min(next, at)
			}
		}
	}
	return next
}
