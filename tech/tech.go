// Package tech holds the energy of what hardware does, each figure with its
// source, at the process node a machine is made in.
//
//	operation, width, node ──▶ published at that node?            its figure
//	                           published at that node, other width?  by width
//	                           published at nodes on both sides?  between them
//	                           otherwise                          by Stillmaker and Baas,
//	                                                              below 7 nm by the foundry
//
// A price that is not a published figure says "scaled from" and the figure's
// source. Between two nodes with published figures the price is interpolated
// (logarithm of energy over logarithm of node), because scaling by the equations
// of Stillmaker and Baas makes arithmetic at 7 nm three to seven times cheaper
// than the published table at 7 nm says; they are used only beyond the published
// nodes and for memories, which have no such table.
//
// Sources: docs/sources.md resolves every key that a price carries.
//
// Not modelled: voltage and frequency other than nominal, temperature other than
// 350 K, toggling that depends on the data, clock trees, control, and the memory
// controller. Figures of different sources differ by a factor of two and more; see
// docs/sources.md for what each includes.
package tech

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"nnsim/unit"
)

// Price is the energy of one event.
type Price struct {
	Energy unit.Joules
	Source string // keys of docs/sources.md, with "scaled from " before them where the figure is not published
}

// Power is what a unit draws whatever it does.
type Power struct {
	Watts  unit.Watts
	Source string
}

// picojoule turns the tables' pJ into joules.
const picojoule = 1e-12

// Times is the price of n such events as one event.
func (p Price) Times(n float64) Price {
	return Price{p.Energy * unit.Joules(n), p.Source}
}

// Plus is the price of two events that always happen together.
func (p Price) Plus(q Price) Price {
	return Price{p.Energy + q.Energy, join(p.Source, q.Source)}
}

const scaledFrom = "scaled from "

// Keys lists the keys of docs/sources.md that a Source names.
func Keys(source string) []string {
	return strings.Split(strings.TrimPrefix(source, scaledFrom), ", ")
}

// join merges two sources; the result is scaled where one of them is.
func join(a, b string) string {
	if a == "" || a == b {
		return b
	}
	keys := Keys(a)
	for _, k := range Keys(b) {
		if !slices.Contains(keys, k) {
			keys = append(keys, k)
		}
	}
	text := strings.Join(keys, ", ")
	if strings.HasPrefix(a, scaledFrom) || strings.HasPrefix(b, scaledFrom) {
		return scaledFrom + text
	}
	return text
}

// scaled marks a source as scaled.
func scaled(source string) string {
	return scaledFrom + strings.TrimPrefix(source, scaledFrom)
}

// between interpolates y over x with both on logarithmic axes, and goes on
// outside [x0, x1] with the same slope.
func between(x, x0, y0, x1, y1 float64) float64 {
	t := math.Log(x/x0) / math.Log(x1/x0)
	return y0 * math.Pow(y1/y0, t)
}

// oldest and newest bound the nodes that prices are offered for.
const (
	newest = 5
	oldest = 130
)

func checkNode(node int) error {
	if node < newest || node > oldest {
		return fmt.Errorf("tech: there are no prices at %d nm; choose a node from %d to %d nm", node, newest, oldest)
	}
	return nil
}
