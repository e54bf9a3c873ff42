package report

import (
	"fmt"
	"io"
	"math"
	"strings"

	"nnsim/results"
)

// TraceSpans is how many stretches a timeline should hold for a trace that the
// viewer opens at once: some 14 MB of packets.
const TraceSpans = 160_000

// PageSpans is how many a timeline should hold for a page, which shows a few hundred
// windows of time.
const PageSpans = 20_000

// windows is how many values a counter has over the run.
const windows = 2000

// Trace writes a run in the form the Perfetto viewer opens: a track of layers, one
// for each unit of the timeline (nil: none), and counters. The viewer counts
// nanoseconds, so times are rounded to them; the notes of a slice give its cycles.
func Trace(w io.Writer, run *results.Run, line *results.Timeline) error {
	if run.Device.Clock <= 0 {
		return fmt.Errorf("trace: %s has no clock to measure time by", run.Device.Name)
	}
	d := &drawing{tape: newTape(w), run: run}
	root := d.track(title(run), 0)
	d.layers(root)
	if line != nil {
		for _, t := range line.Tracks {
			d.unit(root, t)
		}
	}
	d.layerCounters(root)
	if line != nil {
		d.bandwidth(root, line)
		for _, t := range line.Tracks {
			d.occupancy(root, t)
		}
	}
	return d.err
}

// drawing is a trace being written of a run.
type drawing struct {
	*tape
	run *results.Run
}

// time is an edge in nanoseconds.
func (d *drawing) time(edge int64) uint64 {
	return uint64(math.Round(float64(max(edge, 0)) / float64(d.run.Device.Clock) * 1e9))
}

// layers writes a slice a layer, with its figures.
func (d *drawing) layers(root uint64) {
	track := d.track("layers", root)
	for i := range d.run.Layers {
		l := &d.run.Layers[i]
		d.slice(track, l.Name, d.time(l.StartCycle), d.time(l.StartCycle+l.Cycles),
			note{name: "op", text: l.Op}, note{name: "start_cycle", value: l.StartCycle}, note{name: "cycles", value: l.Cycles},
			note{name: "macs", value: l.MACs}, note{name: "utilization", text: percent(l.Utilization)},
			note{name: "dram_read_bytes", value: l.DRAMReadBytes}, note{name: "dram_write_bytes", value: l.DRAMWriteBytes},
			note{name: "energy", text: l.EnergyJoules.String()}, note{name: "mapping", text: l.Mapping})
	}
}

// unit writes a slice a stretch: work by the name of its layer, waiting by its reason.
func (d *drawing) unit(root uint64, t *results.Track) {
	track := d.track(t.Unit, root)
	for i := range t.Spans {
		s := &t.Spans[i]
		notes := []note{{name: "start_cycle", value: s.From}, {name: "cycles", value: s.To - s.From}}
		if s.Bytes > 0 {
			notes = append(notes, note{name: "bytes", value: s.Bytes})
		}
		d.slice(track, d.named(s), d.time(s.From), d.time(s.To), notes...)
	}
}

// waits are the names of states in a trace.
var waits = map[results.State]string{results.WaitInput: "waits for input", results.WaitOutput: "waits for room", results.WaitMemory: "waits for memory"}

// named names a stretch. Of several states it tells the shares, to a tenth, so that
// there are few different names.
func (d *drawing) named(s *results.Span) string {
	layer := fmt.Sprintf("layer %d", s.Layer)
	if s.Layer >= 0 && s.Layer < len(d.run.Layers) {
		layer = d.run.Layers[s.Layer].Name
	}
	state, whole := s.State()
	if whole && state == results.Busy {
		return layer
	}
	if whole {
		return waits[state]
	}
	var parts []string
	for _, state := range []results.State{results.Busy, results.WaitInput, results.WaitOutput, results.WaitMemory} {
		tenths := math.Round(10 * share(float64(s.Cycles[state]), float64(s.To-s.From)))
		if name := waits[state]; tenths > 0 && name != "" {
			parts = append(parts, fmt.Sprintf("%s %g %%", name, 10*tenths))
		} else if tenths > 0 {
			parts = append(parts, fmt.Sprintf("busy %g %%", 10*tenths))
		}
	}
	return layer + ": " + strings.Join(parts, ", ")
}

// layerCounters writes what is known layer by layer: power, and traffic off chip.
func (d *drawing) layerCounters(root uint64) {
	clock := float64(d.run.Device.Clock)
	for _, c := range []struct {
		name, unit string
		of         func(*results.Layer) float64
	}{
		{"power, mean of the layer", "W", func(l *results.Layer) float64 { return float64(l.EnergyJoules) }},
		{"off-chip traffic, mean of the layer", "B/s", func(l *results.Layer) float64 { return float64(l.DRAMReadBytes + l.DRAMWriteBytes) }},
	} {
		track := d.counter(c.name, c.unit, root)
		for i := range d.run.Layers {
			if l := &d.run.Layers[i]; l.Cycles > 0 {
				d.count(track, d.time(l.StartCycle), c.of(l)/float64(l.Cycles)*clock)
			}
		}
		d.count(track, d.time(d.run.Cycles), 0)
	}
}

// bandwidth writes the bytes a second that each unit that moves bytes moved.
func (d *drawing) bandwidth(root uint64, line *results.Timeline) {
	clock := float64(d.run.Device.Clock)
	for _, t := range line.Tracks {
		moved, any := d.spread(t, func(s *results.Span) float64 { return float64(s.Bytes) })
		if any {
			d.curve(root, t.Unit+" bandwidth", "B/s", moved, clock)
		}
	}
}

// occupancy writes the share of time in which a unit works.
func (d *drawing) occupancy(root uint64, t *results.Track) {
	busy, _ := d.spread(t, func(s *results.Span) float64 { return float64(s.Cycles[results.Busy]) })
	d.curve(root, t.Unit+" busy", "%", busy, 100)
}

// window is how many edges one value of a counter stands for.
func (d *drawing) window() int64 { return max(1, (d.run.Cycles+windows-1)/windows) }

// spread sums a quantity of a unit's stretches over windows of time, evenly along each stretch.
func (d *drawing) spread(t *results.Track, of func(*results.Span) float64) (sums []float64, any bool) {
	window := d.window()
	sums = make([]float64, (d.run.Cycles+window-1)/window)
	for i := range t.Spans {
		s := &t.Spans[i]
		v := of(s)
		any = any || v > 0
		for at := s.From; at < s.To && at/window < int64(len(sums)); {
			end := min(s.To, (at/window+1)*window)
			sums[at/window] += v * float64(end-at) / float64(s.To-s.From)
			at = end
		}
	}
	return sums, any
}

// curve writes a counter of sums over windows, as a rate times a scale; a value that
// stays is written once.
func (d *drawing) curve(root uint64, name, unit string, sums []float64, scale float64) {
	track, window, last := d.counter(name, unit, root), d.window(), math.NaN()
	for i, v := range sums {
		from := int64(i) * window
		length := min(window, d.run.Cycles-from)
		if rate := v / float64(length) * scale; rate != last {
			d.count(track, d.time(from), rate)
			last = rate
		}
	}
	d.count(track, d.time(d.run.Cycles), 0)
}
