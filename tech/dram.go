package tech

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"nnsim/unit"
)

// drams lists the energy of moving one bit to or from off-chip memory. What a
// figure includes differs: see docs/sources.md. Background power belongs to the
// static power of a machine and is in none of them.
var drams = map[string]struct {
	pJPerBit float64
	source   string
}{
	// 1,300 pJ for 64 bits, the lower figure of the table's range, with the interface.
	// Accelergy's 70 pJ a bit includes background power at low use, counted elsewhere here.
	"ddr3": {1300.0 / 64, "horowitz-2014"},
	// Mean of reading (5.64) and writing (7.05) of a 4 Gb ×8 device at 2,133 MT/s by
	// the data sheet's currents: the core alone, without interface and termination.
	"ddr4":   {(5.64 + 7.05) / 2, "dramsim3-idd"},
	"lpddr4": {8, "accelergy"},
	"gddr5":  {14, "accelergy"},
	// Row activation 1.21, movement on the die 2.24, interface 0.30 at low toggling, rest array.
	"hbm2":  {3.92, "oconnor-2017"},
	"hbm2e": {4.3, "hynix-2023"},
	"hbm3":  {4.05, "hwcomponents"},
	"ideal": {0, "ideal"},
}

// DRAM is the energy of moving one byte to or from off-chip memory of a standard.
func DRAM(standard string) (Price, error) {
	d, ok := drams[strings.ToLower(standard)]
	if !ok {
		return Price{}, fmt.Errorf("tech: there is no price for off-chip memory %q; use %s", standard, strings.Join(Standards(), ", "))
	}
	return Price{unit.Joules(d.pJPerBit * 8 * picojoule), d.source}, nil
}

// Standards lists the off-chip memories that have a price.
func Standards() []string { return slices.Sorted(maps.Keys(drams)) }
