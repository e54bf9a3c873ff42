package report

import (
	"fmt"
	"html"
	"math"
	"strconv"

	"nnsim/results"
	"nnsim/unit"
)

// metric is a row of the summary: a figure of the report, by its path, and how it is written.
type metric struct {
	name, path string
	value      func(*results.Run) float64
	text       func(*results.Run) string
}

// metrics is the summary, from top to bottom.
var metrics = []metric{
	{"time", "seconds", func(r *results.Run) float64 { return float64(r.Seconds) }, func(r *results.Run) string { return r.Seconds.String() }},
	{"cycles", "cycles", func(r *results.Run) float64 { return float64(r.Cycles) }, func(r *results.Run) string { return grouped(r.Cycles) }},
	{"clock", "device.clock_hz", func(r *results.Run) float64 { return float64(r.Device.Clock) }, func(r *results.Run) string { return r.Device.Clock.String() }},
	{"inferences a second", "throughput_per_second", func(r *results.Run) float64 { return r.ThroughputPerSecond }, func(r *results.Run) string { return rate(r.ThroughputPerSecond) }},
	{"time without off-chip waits", "compute_seconds", func(r *results.Run) float64 { return float64(r.ComputeSeconds) }, func(r *results.Run) string { return r.ComputeSeconds.String() }},
	{"utilisation", "utilization", func(r *results.Run) float64 { return r.Utilization }, func(r *results.Run) string { return percent(r.Utilization) }},
	{"MACs", "workload.macs", func(r *results.Run) float64 { return float64(r.Workload.MACs) }, func(r *results.Run) string { return grouped(r.Workload.MACs) }},
	{"peak MACs a cycle", "device.peak_macs_per_cycle", func(r *results.Run) float64 { return r.Device.PeakMACsPerCycle }, func(r *results.Run) string { return rate(r.Device.PeakMACsPerCycle) }},
	{"read off chip", "dram.read_bytes", func(r *results.Run) float64 { return float64(r.DRAM.ReadBytes) }, func(r *results.Run) string { return bytesOf(r.DRAM.ReadBytes) }},
	{"written off chip", "dram.write_bytes", func(r *results.Run) float64 { return float64(r.DRAM.WriteBytes) }, func(r *results.Run) string { return bytesOf(r.DRAM.WriteBytes) }},
	{"off-chip bandwidth", "dram.bandwidth_bytes_per_second", func(r *results.Run) float64 { return float64(r.DRAM.Bandwidth) }, func(r *results.Run) string { return r.DRAM.Bandwidth.String() }},
	{"its peak (0: without limit)", "dram.peak_bytes_per_second", func(r *results.Run) float64 { return float64(r.DRAM.PeakBandwidth) }, func(r *results.Run) string { return r.DRAM.PeakBandwidth.String() }},
	{"energy an inference", "energy_per_inference_joules", func(r *results.Run) float64 { return float64(r.EnergyPerInference) }, func(r *results.Run) string { return r.EnergyPerInference.String() }},
	{"energy", "energy_joules", func(r *results.Run) float64 { return float64(r.EnergyJoules) }, func(r *results.Run) string { return r.EnergyJoules.String() }},
	{"average power", "average_power_watts", func(r *results.Run) float64 { return float64(r.AveragePowerWatts) }, func(r *results.Run) string { return r.AveragePowerWatts.String() }},
}

// words are the rows of the summary that are no numbers.
var words = []struct {
	name, path string
	text       func(*results.Run) string
}{
	{"bound by", "bound", func(r *results.Run) string { return r.Bound }},
	{"data type", "workload.dtype", func(r *results.Run) string { return r.Workload.DType }},
	{"power covers", "power_scope", func(r *results.Run) string { return r.PowerScope }},
	{"check", "check.status", func(r *results.Run) string { return r.Check.Status }},
	{"checked how much", "check.mode", func(r *results.Run) string { return r.Check.Mode }},
}

// bytesOf writes a number of bytes with a decimal prefix, as bandwidths are written.
func bytesOf(n int64) string {
	if n < 1000 && n > -1000 {
		return strconv.FormatInt(n, 10) + " B"
	}
	number, prefix := scaled(float64(n))
	return number + " " + prefix + "B"
}

// rate writes a number that may be large or small to four digits, or whole.
func rate(v float64) string {
	if v >= 1000 && v < 1e15 {
		return grouped(int64(math.Round(v)))
	}
	return strconv.FormatFloat(v, 'g', 4, 64)
}

// summary writes the table of totals, a column a run.
func (p *page) summary() {
	p.WriteString("<section id=\"summary\">\n<h2>Summary</h2>\n<div class=\"wide\"><table>\n<thead><tr><th></th>")
	for i := range p.runs {
		fmt.Fprintf(p, "<th>%s%s</th>", p.key(i), html.EscapeString(p.labels[i]))
	}
	p.WriteString("</tr></thead>\n<tbody>\n")
	p.row("workload", func(r *results.Run) string { return cell("", "", r.Workload.Name) })
	for _, m := range metrics {
		p.row(m.name, func(r *results.Run) string { return cell(m.path, exact(m.value(r)), m.text(r)) })
	}
	p.row("area", func(r *results.Run) string { return areaCell(r.AreaMM2) })
	for _, m := range words {
		p.row(m.name, func(r *results.Run) string { return cell(m.path, m.text(r), m.text(r)) })
	}
	p.WriteString("</tbody></table></div>\n</section>\n")
}

// row writes one figure of every run.
func (p *page) row(name string, of func(*results.Run) string) {
	fmt.Fprintf(p, "<tr><th>%s</th>", html.EscapeString(name))
	for i, r := range p.runs {
		fmt.Fprintf(p, "<td data-run=\"%d\"%s</td>", i, of(r))
	}
	p.WriteString("</tr>\n")
}

// cell is what follows the tag's name: the path and value it shows, and its text.
func cell(path, value, text string) string {
	if path == "" {
		return ">" + html.EscapeString(text)
	}
	return fmt.Sprintf(` data-path="%s" data-value="%s">%s`, html.EscapeString(path), html.EscapeString(value), html.EscapeString(text))
}

// areaCell writes an area, where it is known.
func areaCell(area *unit.SquareMM) string {
	if area == nil {
		return cell("", "", "not known")
	}
	return cell("area_mm2", exact(float64(*area)), area.String())
}

// exact writes a number so that it reads back as the same.
func exact(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
