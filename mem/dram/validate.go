package dram

import (
	"fmt"
	"math/bits"
)

// maxBanks is how many banks a channel can have: they are kept in the bits of a word.
const maxBanks = 64

// Validate refuses a part that could not exist: sizes that are not powers of two,
// timings that contradict each other, more banks or bytes than can be addressed.
func (p Part) Validate() error {
	if p.Standard == nil {
		return fmt.Errorf("dram: part %q has no standard", p.Name)
	}
	if !(p.TCK > 0) {
		return fmt.Errorf("dram: part %s: tCK is %v ns; it must be above 0", p.Name, p.TCK)
	}
	if err := p.validShape(); err != nil {
		return err
	}
	return p.validTiming()
}

func (p Part) validShape() error {
	s := p.Shape
	size := 1.0
	for _, f := range []struct {
		name  string
		value int
	}{{"pseudo-channels", s.Pseudo}, {"ranks", s.Ranks}, {"bank groups", s.Groups}, {"banks", s.Banks},
		{"rows", s.Rows}, {"row bytes", s.RowBytes}, {"line bytes", s.LineBytes}, {"devices", s.Devices}} {
		if f.value <= 0 || bits.OnesCount(uint(f.value)) != 1 {
			return fmt.Errorf("dram: part %s: %s is %d; it must be a power of two", p.Name, f.name, f.value)
		}
		if f.name != "line bytes" && f.name != "devices" {
			size *= float64(f.value)
		}
	}
	if s.LineBytes > s.RowBytes {
		return fmt.Errorf("dram: part %s: a line of %d bytes is larger than a row of %d", p.Name, s.LineBytes, s.RowBytes)
	}
	if size >= 1<<62 {
		return fmt.Errorf("dram: part %s: a channel of %.3g bytes cannot be addressed; give fewer rows, banks or ranks", p.Name, size)
	}
	if n := s.Sides() * s.PerSide(); n > maxBanks {
		return fmt.Errorf("dram: part %s: %d banks in a channel; at most %d can be", p.Name, n, maxBanks)
	}
	return nil
}

// atLeast are the relations every part's timing keeps, where it gives the symbols.
var atLeast = []struct{ larger, smaller string }{
	{"tRC", "tRAS + tRP"},
	{"tRAS", "tRCD"},
	{"tRAS", "tRCDRD"},
	{"tFAW", "tRRD"},
	{"tFAW", "tRRD_S"},
	{"t32AW", "tFAW"},
	{"tRRD_L", "tRRD_S"},
	{"tCCD_L", "tCCD_S"},
	{"tWTR_L", "tWTR_S"},
	{"tREFI", "tRFC + 1"},
	{"tRFC", "tRFCpb"},
	{"tREFI", "tREFIpb"},
	{"CL", "1"},
	{"tBURST", "1"},
}

func (p Part) validTiming() error {
	for name, v := range p.Timing {
		if v < 0 || v > 1<<30 {
			return fmt.Errorf("dram: part %s: %s is %d cycles; it must be from 0 to 2^30", p.Name, name, v)
		}
	}
	for _, r := range atLeast {
		a, okA := p.Timing[r.larger]
		b, err := p.Timing.Eval(r.smaller)
		if okA && err == nil && a < b && !(r.larger == "tREFI" && a == 0) {
			return fmt.Errorf("dram: part %s: %s is %d, but %s is %d; raise %s", p.Name, r.larger, a, r.smaller, b, r.larger)
		}
	}
	return nil
}
