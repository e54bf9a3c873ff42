package tech

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"nnsim/unit"
)

// links lists the energy of moving one bit from one chip to another: transmitter and
// receiver, and what the figure's source counts to them. Where a range is given, its
// middle stands here.
var links = map[string]struct {
	pJPerBit float64
	source   string
}{
	"nvlink-c2c":  {1.3, "nvlink-c2c"},    // beside each other on a board or in a package
	"grs":         {1.17, "links-survey"}, // ground-referenced signalling at 25 Gb/s, on a package
	"ucie":        {(0.25 + 0.5) / 2, "links-survey"},
	"ualink":      {3.5, "links-survey"},
	"serdes-112g": {5.5, "nvlink-c2c"}, // PAM4, over a board
	"pcie3":       {4.0, "links-survey"},
	"pcie4":       {(1.93 + 6.0) / 2, "links-survey"},
	"pcie5":       {(6 + 11.4) / 2, "links-survey"},
}

// Link is the energy of moving one byte from one chip to another over a kind of link.
func Link(kind string) (Price, error) {
	l, ok := links[kind]
	if !ok {
		return Price{}, fmt.Errorf("tech: there is no price for a link %q; use %s", kind, strings.Join(Links(), ", "))
	}
	return Price{Energy: unit.Joules(8 * l.pJPerBit * picojoule), Source: l.source}, nil
}

// Links lists the kinds of link that have a price.
func Links() []string { return slices.Sorted(maps.Keys(links)) }
