package stream

import (
	"fmt"
	"strings"
)

// stage is a timed core: run takes it as far as what it knows allows and tells
// whether anything moved.
type stage interface {
	run() bool
	ports() (in, out []*Link)
	spent() states
	cut(*snapshot) // writes down what the next frame can feel of the last
	move(int64)    // makes it, between frames, one that did all it did so many cycles later
}

// states are the cycles a stage spent at work, and waiting for a token and for room.
type states struct{ busy, input, output int64 }

func (s states) plus(o states) states {
	return states{s.busy + o.busy, s.input + o.input, s.output + o.output}
}
func (s states) less(o states) states { return s.plus(o.times(-1)) }
func (s states) times(n int64) states { return states{n * s.busy, n * s.input, n * s.output} }

// mark notes what a stage has spent so far.
func (n *node) mark() {
	w := n.stage.spent().plus(n.slept)
	if last := len(n.parts) - 1; last < 0 || n.parts[last] != (Spent{w.busy, w.input, w.output}) {
		n.parts = append(n.parts, Spent{w.busy, w.input, w.output})
	}
}

// node is a stage in the pipeline.
type node struct {
	name    string
	stage   stage
	in, out []*Link
	queued  bool
	asleep  bool    // part of a front that sleeps
	slept   states  // what it would have spent while it slept
	parts   []Spent // what it had spent after each dose of a frame
	number  int
}

// Pipeline is a graph of stages, built link by link.
type Pipeline struct {
	nodes []*node
	links []*Link
	reads map[*Link]*node
	feeds map[*Link]*node
	other *runner // a run of the same stages, for Follow
}

// New makes an empty pipeline.
func New() *Pipeline {
	return &Pipeline{reads: map[*Link]*node{}, feeds: map[*Link]*node{}}
}

func (p *Pipeline) add(name string, s stage) {
	in, out := s.ports()
	n := &node{name: name, stage: s, in: in, out: out}
	p.nodes = append(p.nodes, n)
	for _, l := range in {
		p.enter(l)
		p.reads[l] = n
	}
	for _, l := range out {
		p.enter(l)
		p.feeds[l] = n
	}
}

func (p *Pipeline) enter(l *Link) {
	if p.reads[l] == nil && p.feeds[l] == nil {
		p.links = append(p.links, l)
	}
}

// Window adds a sliding window generator.
func (p *Pipeline) Window(name string, w Window, in, out *Link) error {
	if err := w.Validate(); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if w.parallel() {
		p.add(name, newShift(w, in, out))
	} else {
		p.add(name, newSlide(w, in, out))
	}
	return nil
}

// Product adds a matrix–vector unit.
func (p *Pipeline) Product(name string, u Product, in, out *Link) error {
	if err := u.Validate(); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	p.add(name, newProduct(u, in, out))
	return nil
}

// Widen adds a converter that makes one word of k.
func (p *Pipeline) Widen(name string, k int, in, out *Link) {
	p.add(name, &widen{in: in, out: out, k: int64(k)})
}

// Narrow adds a converter that makes k words of one.
func (p *Pipeline) Narrow(name string, k int, in, out *Link) {
	p.add(name, &narrow{in: in, out: out, k: int64(k)})
}

// Queue adds a FIFO between two links of which one is a bare port.
func (p *Pipeline) Queue(name string, depth int, in, out *Link) {
	p.add(name, newQueue(depth, in, out))
}

// Wire joins two links with nothing between, as a converter between equal widths is.
func (p *Pipeline) Wire(name string, in, out *Link) {
	p.add(name, &wire{in: in, out: out})
}

// Steps adds a stage that goes through phases, with the given latency from a read
// to the write of the same step (at least 1).
func (p *Pipeline) Steps(name string, phases []Phase, latency int64, in, out []*Link) {
	p.add(name, newSteps(phases, max(1, latency), in, out))
}

// Deadlock is the error of a pipeline in which no stage can go on.
type Deadlock struct {
	Ring []string // the stages that wait for each other, and for what
	Full []*Link  // the full FIFOs on the ring
	At   int64    // the last cycle in which anything moved
}

func (d *Deadlock) Error() string {
	return fmt.Sprintf("deadlock after cycle %d: %s", d.At, strings.Join(d.Ring, "; "))
}

// deadlock follows what each stage waits for until a stage comes up again.
func (p *Pipeline) deadlock() error {
	d := &Deadlock{}
	var from *node
	for _, l := range p.links {
		d.At = max(d.At, l.lastPut, l.lastTake)
		if l.kind == fifo && l.puts < l.limit && l.puts-l.takes >= l.depth && from == nil {
			from = p.feeds[l]
		}
	}
	if from == nil {
		from = p.nodes[0]
	}
	at, seen := from, map[*node]int{}
	for at != nil {
		if i, again := seen[at]; again {
			d.Ring, d.Full = d.Ring[i:], fullOf(d.Full[i:])
			return d
		}
		seen[at] = len(d.Ring)
		next, why, link := p.waits(at)
		d.Ring, d.Full, at = append(d.Ring, why), append(d.Full, link), next
	}
	d.Full = fullOf(d.Full)
	return d
}

// waits finds a stage that another waits for.
func (p *Pipeline) waits(n *node) (next *node, why string, link *Link) {
	in, out := n.stage.ports()
	for _, l := range out {
		if l.kind == fifo && l.puts-l.takes >= l.depth {
			return p.reads[l], fmt.Sprintf("%s waits for room in %s (depth %d, full)", n.name, l.Name, l.depth), l
		}
	}
	for _, l := range in {
		if l.kind == fifo && l.takes == l.puts && l.takes < l.limit {
			return p.feeds[l], fmt.Sprintf("%s waits for a token in %s (empty)", n.name, l.Name), nil
		}
	}
	return nil, n.name + " waits for nothing that is known", nil
}

func fullOf(links []*Link) (full []*Link) {
	for _, l := range links {
		if l != nil {
			full = append(full, l)
		}
	}
	return full
}

// Links lists the pipeline's links.
func (p *Pipeline) Links() []*Link { return p.links }
