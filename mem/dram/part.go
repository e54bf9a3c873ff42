package dram

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Part is a memory one can buy: its shape, its timing and its currents.
type Part struct {
	Name     string
	Standard *Standard
	Shape    Shape
	TCK      float64 // one cycle of the command clock, in nanoseconds
	Timing   Symbols
	Currents Currents
	Source   string // where the numbers are from: a heading of docs/sources.md

	exact map[string]float64 // cycles before they were rounded up, of timings that are known as times
}

// Shape is the organisation of one channel.
type Shape struct {
	Pseudo, Ranks, Groups, Banks int // pseudo-channels; ranks of each; groups of a rank; banks of a group
	Rows                         int // rows of a bank
	RowBytes, LineBytes          int // one row across the devices of a rank; what one burst moves
	Devices                      int // chips of a rank
}

// Columns is the number of lines in a row.
func (s Shape) Columns() int { return s.RowBytes / s.LineBytes }

// Sides is the number of ranks over all pseudo-channels.
func (s Shape) Sides() int { return s.Pseudo * s.Ranks }

// PerSide is the number of banks of a rank.
func (s Shape) PerSide() int { return s.Groups * s.Banks }

// Lines is the number of lines a channel holds.
func (s Shape) Lines() int64 {
	return int64(s.Sides()) * int64(s.PerSide()) * int64(s.Rows) * int64(s.Columns())
}

// Currents are the supply voltage and the currents of one device, in milliamperes.
type Currents struct{ VDD, IDD0, IDD2N, IDD3N, IDD4R, IDD4W, IDD5, IDD5B float64 }

// line is a part as it is written in the tables: shape, timing in cycles (or, with
// ns behind them, as times, which are rounded up) and currents in milliamperes, as name=value.
type line struct {
	name                    string
	standard                *Standard
	shape, timing, currents string
	source                  string
}

// tables are all parts, standard by standard.
func tables() []line {
	return slices.Concat(ddr3Parts, ddr4Parts, ddr5Parts, lpddr4Parts, lpddr5Parts, gddr5Parts, gddr6Parts, hbmParts)
}

// Presets are the names of the parts, in order of standard and speed.
func Presets() (names []string) {
	for _, l := range tables() {
		names = append(names, l.name)
	}
	return names
}

// Preset is the part of a name.
func Preset(name string) (Part, error) {
	for _, l := range tables() {
		if l.name == name {
			return l.part()
		}
	}
	return Part{}, fmt.Errorf("dram: there is no part %q; use %s", name, strings.Join(Presets(), ", "))
}

// part reads the numbers of a line.
func (l line) part() (Part, error) {
	p := Part{Name: l.name, Standard: l.standard, Source: l.source, Timing: Symbols{}, exact: map[string]float64{}}
	p.Shape = Shape{Pseudo: 1, Ranks: 1, Groups: 1}
	s, c := &p.Shape, &p.Currents
	whole := map[string]*int{"pseudo": &s.Pseudo, "ranks": &s.Ranks, "groups": &s.Groups, "banks": &s.Banks,
		"rows": &s.Rows, "row": &s.RowBytes, "line": &s.LineBytes, "devices": &s.Devices}
	real := map[string]*float64{"ns": &p.TCK, "VDD": &c.VDD, "IDD0": &c.IDD0, "IDD2N": &c.IDD2N, "IDD3N": &c.IDD3N,
		"IDD4R": &c.IDD4R, "IDD4W": &c.IDD4W, "IDD5": &c.IDD5, "IDD5B": &c.IDD5B}
	for _, field := range strings.Fields(l.shape + " " + l.timing + " " + l.currents) {
		name, value, _ := strings.Cut(field, "=")
		value, time := strings.CutSuffix(value, "ns")
		v, err := strconv.ParseFloat(value, 64)
		if err != nil {
			return p, fmt.Errorf("dram: part %s: %s=%q is not a number", l.name, name, value)
		}
		switch {
		case whole[name] != nil:
			*whole[name] = int(v)
		case real[name] != nil:
			*real[name] = v
		case time:
			p.exact[name] = v / p.TCK // the clock is of the shape, which comes first
			p.Timing[name] = roundUp(p.exact[name])
		default:
			p.Timing[name] = int(v)
		}
	}
	p.coverRow()
	return p, nil
}

// With is the part with one timing changed.
func (p Part) With(symbol string, cycles int) (Part, error) {
	if _, ok := p.Timing[symbol]; !ok {
		return p, fmt.Errorf("dram: part %s has no timing %q; it has %s", p.Name, symbol, strings.Join(slices.Sorted(maps.Keys(p.Timing)), ", "))
	}
	p.Timing, p.exact = maps.Clone(p.Timing), maps.Clone(p.exact)
	p.Timing[symbol] = cycles
	delete(p.exact, symbol)
	return p, nil
}

// counted are the timings that count transfers and commands, whatever the clock; the others are times.
var counted = map[string]bool{"tBURST": true, "tCCD": true, "tCCD_S": true, "tCCD_L": true, "tACT": true, "tPPD": true, "tRTRS": true}

// At is the part at another clock, one cycle of which takes so many nanoseconds: its
// times stay, in whole cycles of that clock.
func (p Part) At(tck float64) Part {
	timing, exact := Symbols{}, map[string]float64{}
	for symbol, cycles := range p.Timing {
		if timing[symbol] = cycles; counted[symbol] {
			continue
		}
		before, ok := p.exact[symbol]
		if !ok {
			before = float64(cycles)
		}
		exact[symbol] = before * p.TCK / tck
		timing[symbol] = roundUp(exact[symbol])
	}
	p.Timing, p.exact, p.TCK = timing, exact, tck
	p.coverRow()
	return p
}

// coverRow makes tRC last from one activate to the next: it, tRAS and tRP were rounded up each by itself.
func (p *Part) coverRow() {
	if least := p.Timing["tRAS"] + p.Timing["tRP"]; p.Timing["tRC"] < least {
		p.Timing["tRC"] = least
	}
}

// roundUp is the whole cycles that cover so many.
func roundUp(cycles float64) int { return int(math.Ceil(cycles - rounding)) }

// rounding is how far a number of cycles may be off a whole one for no other reason than that floats round.
const rounding = 1e-6
