package eyeriss

import (
	"testing"

	"nnsim/arch"
	"nnsim/arch/archtest"
)

// device opens a preset with values set.
func device(always ...string) func(sets ...string) (arch.Machine, error) {
	return func(sets ...string) (arch.Machine, error) {
		text, _ := Presets.Text("eyeriss")
		m, err := Open("eyeriss", text, append(append([]string{}, always...), sets...))
		if err != nil {
			return nil, err
		}
		return m, nil
	}
}

// TestConformance: with zeros left uncounted, so that a report does not depend on
// how much is checked, the machine owes what all machines owe.
func TestConformance(t *testing.T) {
	archtest.Run(t, archtest.Device{Open: device("density=stated"), Variations: [][]string{
		{"memory=ideal"},
		{"buffer.banks=3", "buffer.bank=1 KiB", "buffer.filters=512 B"},
		{"array.rows=4", "array.cols=3"},
		{"memory.outstanding=1", "coding=none", "pe.gating=false"},
	}})
}
