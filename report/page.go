package report

import (
	"bytes"
	_ "embed"
	"fmt"
	"html"
	"io"

	"nnsim/results"
)

var (
	//go:embed page.css
	style string
	//go:embed brush.js
	brush string
)

// page is the document being written.
type page struct {
	bytes.Buffer
	runs   []*results.Run
	labels []string // one a run, each different
}

// Page writes one self-contained HTML document on the runs and, where sweep is not
// nil, on the designs of a sweep.
func Page(w io.Writer, runs []*results.Run, sweep *Sweep) error {
	p := &page{runs: runs, labels: names(runs)}
	p.head(sweep)
	if len(runs) > 0 {
		p.summary()
		p.comparison()
		p.roofline()
		for i := range runs {
			p.run(i)
		}
	}
	if sweep != nil {
		p.sweep(sweep)
	}
	p.WriteString("</main>\n</body>\n</html>\n")
	_, err := w.Write(p.Bytes())
	return err
}

// head opens the document.
func (p *page) head(sweep *Sweep) {
	what := fmt.Sprintf("%d runs", len(p.runs))
	switch {
	case len(p.runs) == 1:
		what = title(p.runs[0])
	case len(p.runs) == 0 && sweep != nil:
		what = "sweep " + sweep.Name
	}
	fmt.Fprintf(p, `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
<title>nnsim: %[1]s</title>
<style>
%[2]s</style>
</head>
<body>
<main>
<h1>%[1]s</h1>
`, html.EscapeString(what), style)
}

// run writes the section of one run.
func (p *page) run(i int) {
	r := p.runs[i]
	fmt.Fprintf(p, "<section id=\"run-%d\">\n<h2>%s%s</h2>\n", i, p.key(i), html.EscapeString(title(r)))
	for _, note := range r.Notes {
		fmt.Fprintf(p, "<p class=\"note\">%s</p>\n", html.EscapeString(note))
	}
	p.layers(i)
	p.when(i)
	p.states(i)
	p.traffic(i)
	p.energy(i)
	p.power(i)
	p.layerTable(i)
	p.WriteString("</section>\n")
}

// key is the coloured mark of a run where there are several.
func (p *page) key(i int) string {
	if len(p.runs) < 2 {
		return ""
	}
	return fmt.Sprintf(`<span class="key bg%d"></span>`, i%hues)
}

// hues is the number of colours that tell runs apart; further runs repeat them.
const hues = 8

// figure writes a picture under a heading, with a sentence on how to read it.
func (p *page) figure(heading, reading, picture string) {
	fmt.Fprintf(p, "<figure>\n<h3>%s</h3>\n%s<figcaption>%s</figcaption>\n</figure>\n", html.EscapeString(heading), picture, html.EscapeString(reading))
}

// legend writes what the colours mean.
func legend(entries [][2]string) string {
	s := `<p class="legend">`
	for _, e := range entries {
		s += fmt.Sprintf(`<span><span class="key %s"></span>%s</span> `, e[0], html.EscapeString(e[1]))
	}
	return s + "</p>\n"
}
