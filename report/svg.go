package report

import (
	"bytes"
	"fmt"
	"html"
	"math"
	"strconv"
)

// canvas is an SVG picture being written. Its coordinates are CSS pixels at full
// width; colours are classes of the page's style, so that they follow its scheme.
type canvas struct {
	bytes.Buffer
	wide, high float64
	extra      string // attributes of the next element
}

// newCanvas opens a picture that says in words what it shows.
func newCanvas(wide, high float64, about string) *canvas {
	c := &canvas{wide: wide, high: high}
	fmt.Fprintf(c, `<svg viewBox="0 0 %s %s" role="img" aria-label="%s">`+"\n", px(wide), px(high), html.EscapeString(about))
	return c
}

// close ends the picture and returns it.
func (c *canvas) close() string {
	c.WriteString("</svg>\n")
	return c.String()
}

// px writes a coordinate to a tenth of a pixel. What is no number is drawn at 0.
func px(v float64) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		v = 0
	}
	return strconv.FormatFloat(math.Round(v*10)/10+0, 'f', -1, 64) // +0: no minus zero
}

// with gives the next box, dot or path an attribute that script may read.
func (c *canvas) with(attribute, value string) *canvas {
	c.extra += fmt.Sprintf(` %s="%s"`, attribute, html.EscapeString(value))
	return c
}

// rect draws a filled box; hint is what a pointer over it is told.
func (c *canvas) rect(class string, x, y, w, h float64, hint string) {
	fmt.Fprintf(c, `<rect class="%s" x="%s" y="%s" width="%s" height="%s"`, class, px(x), px(y), px(max(w, 0)), px(max(h, 0)))
	c.hinted("rect", hint)
}

// hinted ends an element, with the attributes given to it and a hint where there is one.
func (c *canvas) hinted(element, hint string) {
	c.WriteString(c.extra)
	c.extra = ""
	if hint == "" {
		c.WriteString("/>\n")
		return
	}
	fmt.Fprintf(c, "><title>%s</title></%s>\n", html.EscapeString(hint), element)
}

// line draws a straight line.
func (c *canvas) line(class string, x1, y1, x2, y2 float64) {
	fmt.Fprintf(c, `<line class="%s" x1="%s" y1="%s" x2="%s" y2="%s"/>`+"\n", class, px(x1), px(y1), px(x2), px(y2))
}

// circle draws a dot.
func (c *canvas) circle(class string, x, y, r float64, hint string) {
	fmt.Fprintf(c, `<circle class="%s" cx="%s" cy="%s" r="%s"`, class, px(x), px(y), px(r))
	c.hinted("circle", hint)
}

// path draws a line through points.
func (c *canvas) path(class string, points [][2]float64, hint string) {
	fmt.Fprintf(c, `<path class="%s" d="`, class)
	for i, p := range points {
		letter := "L"
		if i == 0 {
			letter = "M"
		}
		c.WriteString(letter + px(p[0]) + " " + px(p[1]))
	}
	c.WriteString(`"`)
	c.hinted("path", hint)
}

// text writes words; anchor is start, middle or end.
func (c *canvas) text(class, anchor string, x, y float64, words string) {
	fmt.Fprintf(c, `<text class="%s" text-anchor="%s" x="%s" y="%s">%s</text>`+"\n", class, anchor, px(x), px(y), html.EscapeString(words))
}

// upright writes words that read from below to above and end at a point.
func (c *canvas) upright(class, anchor string, x, y float64, words string) {
	fmt.Fprintf(c, `<text class="%s" text-anchor="%s" transform="translate(%s %s) rotate(-90)">%s</text>`+"\n", class, anchor, px(x), px(y), html.EscapeString(words))
}
