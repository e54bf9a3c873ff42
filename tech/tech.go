// Package tech holds energy and area prices, each with its source.
package tech

import "nnsim/unit"

// Price is the energy of one event.
type Price struct {
	Energy unit.Joules
	Source string // a key of docs/sources.md, or "scaled from …"
}

// Power is what a unit draws whatever it does.
type Power struct {
	Watts  unit.Watts
	Source string
}
