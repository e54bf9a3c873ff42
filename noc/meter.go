package noc

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"nnsim/unit"
)

// meter runs traffic and keeps its books.
type meter struct {
	Traffic
	net     *Network
	to      pattern
	rng     *rand.Rand
	decay   float64     // -log(1-p) for p packets a cycle; 0: one each cycle
	due     []unit.Edge // when each node's next packet comes to be
	soonest unit.Edge
	perm    []int // of all nodes: the receivers of the latest multicast come first
	mothers []int // nodes with a packet at the present edge; one more than nodes
	sent    int64
	mark    unit.Edge // packets born from here …
	until   unit.Edge // … to here count
	marking bool
	waiting int // marked packets on their way
	lat     []int32
	sum     float64
	network float64
	routers float64
	got     int64 // flits received since the last clearing
	born    int64 // flits that came to be since then
	cleared unit.Edge
}

func newMeter(t Traffic, n *Network) (*meter, error) {
	to, err := newPattern(t.Pattern, shape{n.Nodes(), n.digits(), t.Hotspots, t.Seed})
	if err != nil {
		return nil, err
	}
	m := &meter{Traffic: t, net: n, to: to, rng: rand.New(rand.NewPCG(t.Seed, 1)), mark: Never, until: Never}
	if p := t.Rate / float64(t.Flits); p < 1 {
		m.decay = -math.Log1p(-p)
	}
	for range n.Nodes() {
		m.due = append(m.due, m.gap()-1)
	}
	m.soonest, m.mothers = slices.Min(m.due), make([]int, n.Nodes()+1)
	for node := range n.Nodes() {
		m.perm = append(m.perm, node)
	}
	if t.Receivers > n.Nodes() {
		return nil, fmt.Errorf("noc: traffic.receivers is %d, must be at most %d, the nodes there are", t.Receivers, n.Nodes())
	}
	if t.Receivers > 1 {
		err = n.checkPacket(Packet{Flits: t.Flits, Dsts: m.perm[:t.Receivers]})
	}
	return m, err
}

// gap is the number of cycles to a node's next packet when each cycle brings one
// with probability p = rate/flits: geometric, the whole part of an exponential.
func (m *meter) gap() unit.Edge {
	if m.decay == 0 { // a packet each cycle
		return 1
	}
	return 1 + unit.Edge(m.rng.ExpFloat64()/m.decay)
}

// cycle offers what comes to be at the present edge and moves on one edge, or to
// the next birth or the next thing to happen if that is later.
func (m *meter) cycle(until unit.Edge) {
	now := m.net.Now()
	if m.soonest <= now {
		m.births(now)
	}
	m.net.AdvanceTo(min(until, m.soonest, m.net.Next()))
	list := m.net.Take()
	for i := range list {
		m.arrived(&list[i])
	}
}

func (m *meter) births(now unit.Edge) {
	count := 0
	for src, at := range m.due {
		m.mothers[count] = src
		count += one(at == now)
	}
	p := Packet{Flits: m.Flits, Born: now}
	for _, src := range m.mothers[:count] {
		if p.Src, p.Dst = src, m.to(src, m.rng); m.Receivers > 1 {
			p.Dsts = m.several(p.Dst)
		}
		m.net.send(&p)
		m.due[src] = now + m.gap()
	}
	m.sent += int64(count)
	m.born += int64(count * m.Flits)
	if m.marking {
		m.waiting += count * max(1, m.Receivers)
	}
	m.soonest = slices.Min(m.due)
}

// several draws the receivers of a multicast, after the first.
func (m *meter) several(first int) []int {
	at := slices.Index(m.perm, first)
	m.perm[0], m.perm[at] = m.perm[at], m.perm[0]
	for i := 1; i < m.Receivers; i++ {
		j := i + m.rng.IntN(len(m.perm)-i)
		m.perm[i], m.perm[j] = m.perm[j], m.perm[i]
	}
	return m.perm[:m.Receivers]
}

func (m *meter) arrived(d *Delivery) {
	if d.Born < m.mark || d.Born >= m.until {
		return
	}
	m.lat = append(m.lat, int32(d.Edge-d.Born))
	m.sum += float64(d.Edge - d.Born)
	m.network += float64(d.Edge - d.Entered)
	m.routers += float64(d.Routers)
	if m.waiting > 0 {
		m.waiting--
	}
}

// period runs one period and tells the mean latency of all packets that arrived
// since the books were cleared.
func (m *meter) period() float64 {
	until := m.net.Now() + unit.Edge(m.Period)
	for m.net.Now() < until {
		m.cycle(until)
	}
	return m.mean()
}

func (m *meter) mean() float64 { return m.sum / math.Max(1, float64(len(m.lat))) }

// starved is how many limits a packet may wait before it counts as one that is never served.
const starved = 100

// least is the mean with the packets that still wait, each as old as it is at least:
// past saturation some may wait as long as others are offered.
func (m *meter) least() float64 {
	waiting := float64(m.waiting)
	return (m.sum + waiting*float64(m.net.Now()-m.until)) / math.Max(1, float64(len(m.lat))+waiting)
}

// clear empties the books; packets born from now on count.
func (m *meter) clear() {
	m.mark, m.lat, m.sum, m.network, m.routers = m.net.Now(), m.lat[:0], 0, 0, 0
	m.got, m.born, m.cleared = m.net.counts.Ejected, 0, m.net.Now()
}

// accepted and offered are flits per node and cycle since the books were cleared.
func (m *meter) accepted() float64 { return m.perNode(m.net.counts.Ejected - m.got) }
func (m *meter) offered() float64  { return m.perNode(m.born) }

func (m *meter) perNode(flits int64) float64 {
	return float64(flits) / float64(max(1, m.net.Now()-m.cleared)) / float64(m.net.Nodes())
}

func (m *meter) run() (Measured, error) {
	for range m.Warmup {
		m.clear()
		if m.period() > m.Limit {
			return m.saturated()
		}
	}
	m.clear()
	m.marking, m.waiting = true, 0
	lat, acc, calm := 0.0, 0.0, 0
	for s := m.Warmup; s < m.Samples && calm < 3 || s < m.enough() && len(m.lat) < m.Packets; s++ {
		l := m.period()
		if err := m.net.Stuck(); err != nil {
			return m.result(), err
		}
		if l > m.Limit {
			return m.saturated()
		}
		a := m.accepted()
		if math.Abs(l-lat) < 0.05*l && math.Abs(a-acc) < 0.05*a {
			calm++
		} else {
			calm = 0
		}
		lat, acc = l, a
	}
	return m.drain()
}

// enough is a number of periods that is sure to bring Packets packets.
func (m *meter) enough() int {
	perPeriod := m.Rate / float64(m.Flits) * float64(m.net.Nodes()) * float64(m.Period)
	return m.Samples + int(2*float64(m.Packets)/perPeriod)
}

// drain waits for the marked packets.
func (m *meter) drain() (Measured, error) {
	r := m.result()
	m.marking, m.until = false, m.net.Now()
	for check := m.until + 1000; m.waiting > 0; {
		m.cycle(check)
		if m.net.Now() >= check {
			if m.least() > m.Limit || float64(m.net.Now()-m.until) > starved*m.Limit {
				return m.saturated()
			}
			check += 1000
		}
		if err := m.net.Stuck(); err != nil {
			return r, err
		}
	}
	m.summarise(&r)
	r.Stable = true
	return r, nil
}

// saturated measures what the network still accepts, over one more period.
func (m *meter) saturated() (Measured, error) {
	r := m.result()
	m.clear()
	m.period()
	r.Accepted, r.Offered = m.accepted(), m.offered()
	r.Cycles, r.Counts, r.Work = unit.Cycles(m.net.Now()), m.net.Counts(), m.net.Work()
	return r, m.net.Stuck()
}

// result is the part of the results that is known when measuring ends.
func (m *meter) result() Measured {
	r := Measured{Accepted: m.accepted(), Offered: m.offered()}
	m.summarise(&r)
	return r
}

// summarise fills in the latencies.
func (m *meter) summarise(r *Measured) {
	r.Cycles, r.Counts, r.Work, r.Packets = unit.Cycles(m.net.Now()), m.net.Counts(), m.net.Work(), len(m.lat)
	if len(m.lat) == 0 {
		return
	}
	n := float64(len(m.lat))
	r.MeanLatency, r.MeanNetwork, r.Routers = m.sum/n, m.network/n, m.routers/n
	slices.Sort(m.lat)
	r.MinLatency, r.MaxLatency = float64(m.lat[0]), float64(m.lat[len(m.lat)-1])
	r.P99Latency = float64(m.lat[min(len(m.lat)-1, int(math.Ceil(0.99*n))-1)])
}
