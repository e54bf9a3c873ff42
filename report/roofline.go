package report

import (
	"fmt"
	"math"

	"nnsim/results"
)

// point is a run or a layer on the roofline: MACs a byte off chip, MACs a second.
type point struct {
	run              int
	name             string
	intensity, speed float64
	whole            bool
}

// peakSpeed is the roof of a run: MACs a second.
func peakSpeed(r *results.Run) float64 {
	return r.Device.PeakMACsPerCycle * float64(r.Device.Clock)
}

// rooflinePoints lists the runs and their layers that multiply and move bytes off chip.
func rooflinePoints(runs []*results.Run) (list []point) {
	for i, r := range runs {
		clock := float64(r.Device.Clock)
		for _, l := range r.Layers {
			bytes, seconds := float64(l.DRAMReadBytes+l.DRAMWriteBytes), share(float64(l.Cycles), clock)
			if l.MACs > 0 && bytes > 0 && seconds > 0 {
				list = append(list, point{i, l.Name, float64(l.MACs) / bytes, float64(l.MACs) / seconds, false})
			}
		}
	}
	for i, r := range runs { // last, so that they lie on top
		bytes := float64(r.DRAM.ReadBytes + r.DRAM.WriteBytes)
		if r.Workload.MACs > 0 && bytes > 0 && r.Seconds > 0 {
			list = append(list, point{i, "the whole run", float64(r.Workload.MACs) / bytes, float64(r.Workload.MACs) / float64(r.Seconds), true})
		}
	}
	return list
}

// roofline draws speed against intensity under the roof of each run.
func (p *page) roofline() {
	points := rooflinePoints(p.runs)
	if len(points) == 0 {
		return
	}
	const high, left, bottom = 420, 70, 46
	c := newCanvas(fullWide, high, "Roofline: MACs a second against MACs a byte moved off chip")
	x, y := rooflineAxes(p.runs, points, axis{from: left, to: fullWide - 12}, axis{from: high - bottom, to: 12})
	c.axes(x, y, "MACs a byte moved off chip", "MACs a second")
	for i, r := range p.runs {
		c.roof(x, y, r, fmt.Sprintf("line%d", i%hues), p.labels[i])
	}
	for _, q := range points {
		class, radius := fmt.Sprintf("dot%d faint", q.run%hues), 3.5
		if q.whole {
			class, radius = fmt.Sprintf("dot%d ringed", q.run%hues), 7.0
		}
		c.circle(class, x.at(q.intensity), y.at(q.speed), radius,
			fmt.Sprintf("%s, %s: %sMAC/B, %sMAC/s", p.labels[q.run], q.name, short(q.intensity), short(q.speed)))
	}
	p.WriteString("<section id=\"roofline\">\n<h2>Roofline</h2>\n")
	picture := c.close()
	if len(p.runs) > 1 {
		var entries [][2]string
		for i, label := range p.labels {
			entries = append(entries, [2]string{fmt.Sprintf("bg%d", i%hues), label})
		}
		picture = legend(entries) + picture
	}
	p.figure("Speed against intensity", "A small dot is a layer, a large one the whole run. The slope is the peak bandwidth off chip, the flat part the peak of the data type. "+
		"A layer above the slope keeps what others moved on chip. Layers that move nothing off chip, or multiply nothing, are not drawn.", picture)
	p.WriteString("</section>\n")
}

// rooflineAxes makes axes that hold all points and all ridges.
func rooflineAxes(runs []*results.Run, points []point, x, y axis) (axis, axis) {
	xs, ys := [2]float64{math.Inf(1), 0}, [2]float64{math.Inf(1), 0}
	hold := func(r *[2]float64, v float64) {
		if v > 0 && !math.IsInf(v, 0) {
			r[0], r[1] = min(r[0], v), max(r[1], v)
		}
	}
	for _, q := range points {
		hold(&xs, q.intensity)
		hold(&ys, q.speed)
	}
	for _, r := range runs {
		hold(&ys, peakSpeed(r))
		hold(&xs, share(peakSpeed(r), float64(r.DRAM.PeakBandwidth)))
	}
	return decades(xs[0], xs[1], x.from, x.to), decades(ys[0], ys[1], y.from, y.to)
}

// roof draws the slope of the bandwidth, if it has a limit, and the flat peak.
func (c *canvas) roof(x, y axis, r *results.Run, class, label string) {
	peak, bandwidth := peakSpeed(r), float64(r.DRAM.PeakBandwidth)
	if peak <= 0 {
		return
	}
	line := [][2]float64{{x.from, y.at(peak)}, {x.to, y.at(peak)}}
	if bandwidth > 0 {
		ridge := peak / bandwidth
		start := max(x.low, y.low/bandwidth)
		line = [][2]float64{{x.at(start), y.at(start * bandwidth)}, {x.at(ridge), y.at(peak)}, {x.to, y.at(peak)}}
	}
	c.path("roof "+class, line, fmt.Sprintf("%s: %sMAC/s, %sB/s", label, short(peak), short(bandwidth)))
}

// axes draws ticks, a grid and the names of both axes.
func (c *canvas) axes(x, y axis, across, up string) {
	for _, v := range x.ticks() {
		c.line("grid", x.at(v), y.from, x.at(v), y.to)
		c.text("tick", "middle", x.at(v), y.from+16, short(v))
	}
	for _, v := range y.ticks() {
		c.line("grid", x.from, y.at(v), x.to, y.at(v))
		c.text("tick", "end", x.from-6, y.at(v)+4, short(v))
	}
	c.line("axis", x.from, y.from, x.to, y.from)
	c.line("axis", x.from, y.from, x.from, y.to)
	c.text("tick", "middle", (x.from+x.to)/2, y.from+36, across)
	c.upright("tick", "middle", 14, (y.from+y.to)/2, up)
}
