package report

import (
	"fmt"

	"nnsim/results"
	"nnsim/unit"
)

// Sizes of pictures, in pixels at full width.
const (
	fullWide  = 960
	labelWide = 190
	rowHigh   = 22
)

// merits are what the comparison sets side by side; the longest bar is the most.
var merits = []struct {
	name, about string
	of          func(*results.Run) float64
	text        func(float64) string
}{
	{"Inferences a second", "longer is faster", func(r *results.Run) float64 { return r.ThroughputPerSecond }, rate},
	{"Inferences a joule", "longer is thriftier", thrift, rate},
	{"Utilisation", "share of the peak of the data type", func(r *results.Run) float64 { return r.Utilization }, percent},
	{"Average power", "longer draws more", func(r *results.Run) float64 { return float64(r.AveragePowerWatts) }, func(v float64) string { return unit.Watts(v).String() }},
	{"Bytes moved off chip", "longer moves more, for the whole batch", func(r *results.Run) float64 { return float64(r.DRAM.ReadBytes + r.DRAM.WriteBytes) }, func(v float64) string { return bytesOf(int64(v)) }},
}

// thrift is inferences a joule; none for a run of traffic, which infers nothing.
func thrift(r *results.Run) float64 {
	if r.Batch == 0 {
		return 0
	}
	return share(1, float64(r.EnergyPerInference))
}

// comparison draws a bar a run for each merit.
func (p *page) comparison() {
	if len(p.runs) < 2 {
		return
	}
	p.WriteString("<section id=\"comparison\">\n<h2>Side by side</h2>\n")
	p.differences()
	p.WriteString("<div class=\"pair\">\n")
	for _, m := range merits {
		values := make([]float64, len(p.runs))
		for i, r := range p.runs {
			values[i] = m.of(r)
		}
		p.figure(m.name, m.about, bars(m.name, p.labels, values, m.text, func(i int) string { return fmt.Sprintf("hue%d", i%hues) }, fullWide/2))
	}
	p.WriteString("</div>\n</section>\n")
}

// differences warns where the runs are not of the same thing.
func (p *page) differences() {
	for _, c := range []struct {
		what string
		of   func(*results.Run) string
	}{
		{"workloads", func(r *results.Run) string { return r.Workload.Name }},
		{"data types", func(r *results.Run) string { return r.Workload.DType }},
		{"batches", func(r *results.Run) string { return fmt.Sprint(r.Batch) }},
		{"scopes of power", func(r *results.Run) string { return r.PowerScope }},
	} {
		for _, r := range p.runs[1:] {
			if c.of(r) != c.of(p.runs[0]) {
				fmt.Fprintf(p, "<p class=\"note\">The runs differ in their %s; compare with care.</p>\n", c.what)
				break
			}
		}
	}
}

// bars draws one horizontal bar a value, with its name before and its figure behind it.
func bars(about string, labels []string, values []float64, text func(float64) string, class func(int) string, wide float64) string {
	most := 0.0
	for _, v := range values {
		most = max(most, v)
	}
	label := min(labelWide, wide*0.34)
	c := newCanvas(wide, rowHigh*float64(len(values))+4, about)
	for i, v := range values {
		y := rowHigh*float64(i) + 2
		full := wide - label - 120
		w := full * share(v, most)
		c.text("label", "end", label-8, y+15, cut(labels[i], int(label/7)))
		c.rect(class(i), label, y+2, max(w, 1), rowHigh-6, labels[i]+": "+text(v))
		c.text("value", "start", label+max(w, 1)+6, y+15, text(v))
	}
	return c.close()
}
