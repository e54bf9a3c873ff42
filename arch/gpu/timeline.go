package gpu

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"nnsim/arch"
	"nnsim/internal/engine"
	"nnsim/workloads"
)

// timeline is what one CTA does, stretch by stretch: the first that is dispatched,
// beside all the others.
type timeline struct {
	from   int64
	until  int64 // its end; 0: it has not ended
	events []stretch
}

// stretch is some edges of a CTA and what it spends them on.
type stretch struct {
	why      reason
	step     int32
	phase    uint8
	from, to int64
}

// note writes down what the watched CTA does. It is over when its place takes up another.
func (t *timeline) note(g *grid, s *ctaState, why reason, from, to int64) {
	switch {
	case s != &g.slots[0] || t.until > 0:
		return
	case why == onStart && len(t.events) > 0:
		t.until = from
		return
	}
	t.events = append(t.events, stretch{why, s.step, s.phase, from, to})
}

// What a drawing has room for.
const (
	drawnWidth = 64 // columns of time
	drawnRows  = 16 // steps; those in between are left out
)

// marks draw the reasons.
var marks = [reasons]byte{'#', 's', '.', '|', 'p', 'm', 'x', 'l', 'd', 'w', 'j', ' '}

// Steps draws the first CTA of each kernel of a layer over time: a row a step, and
// in it what the CTA does or waits for.
func (m *Machine) Steps(w io.Writer, net *workloads.Network) error {
	if len(net.Layers) != 1 {
		return fmt.Errorf("--steps draws the CTA of one layer, such as gemm:m=512,n=512,k=512; %s has %d layers", net.Graph.Name, len(net.Layers))
	}
	plan, err := m.Plan(net)
	if err != nil {
		return err
	}
	s := newSimulation(m, &arch.Job{Net: net, Plan: plan}, engine.New(m.cfg.Clock))
	t, ok := plan.Layers[0].Custom.(*task)
	if !ok {
		return fmt.Errorf("--steps: %s moves nothing, so that no kernel is launched", net.Layers[0].Name)
	}
	fmt.Fprintf(w, "%s on %s: %v\n", net.Layers[0].Name, m.cfg.Name, t)
	at := int64(0)
	for _, k := range s.kernels(net.Layers[0], t) {
		g := newGrid(&m.cfg, k, s.gov, s.ideal(), at)
		g.watch = &timeline{from: at}
		at = g.run(at)
		if err := errors.Join(g.watch.draw(w, g, at), drawWarps(w, g.warpTimes())); err != nil {
			return err
		}
	}
	if slab, ok := t.slabWork(&m.cfg); ok {
		if err := slab.draw(w); err != nil {
			return err
		}
	}
	_, err = fmt.Fprintln(w, "\n# pipe at work   . scoreboard   | barrier   p pipe taken   m shared memory   x special functions\ns start   l L2   d DRAM   w store   j other parts")
	return err
}

// draw writes the rows.
func (t *timeline) draw(w io.Writer, g *grid, end int64) error {
	last := t.until
	for _, e := range t.events {
		if t.until == 0 {
			last = max(last, e.to)
		}
	}
	each := max(1, (last-t.from+drawnWidth-1)/drawnWidth)
	fmt.Fprintf(w, "\n%s: CTA 0 of %d, %d an SM at a time; a column is %d cycles, the CTA's end %d, the kernel's %d\n\n", g.k.name, g.k.ctas, g.tally.resident, each, last-t.from, end-t.from)
	rows, order := map[string][]byte{}, []string{}
	for _, e := range t.events {
		name := e.row()
		if rows[name] == nil {
			rows[name] = []byte(strings.Repeat(" ", drawnWidth))
			order = append(order, name)
		}
		for i := (e.from - t.from) / each; i < min(drawnWidth, (e.to-t.from+each-1)/each); i++ {
			rows[name][i] = marks[e.why]
		}
	}
	for i, name := range order {
		if hidden := len(order) - drawnRows; hidden > 0 && i >= drawnRows/2 && i < drawnRows/2+hidden {
			if i == drawnRows/2 {
				fmt.Fprintf(w, "  %d more\n", hidden)
			}
			continue
		}
		if _, err := fmt.Fprintf(w, "  %-9s %s\n", name, strings.TrimRight(string(rows[name]), " ")); err != nil {
			return err
		}
	}
	return nil
}

// row is the name of the row that a stretch is drawn in.
func (e stretch) row() string {
	switch {
	case e.why == onStart:
		return "start"
	case e.phase == starting || e.phase == priming || e.phase == stepping || e.phase == asking:
		return fmt.Sprintf("step %d", e.step)
	}
	return "epilogue"
}
