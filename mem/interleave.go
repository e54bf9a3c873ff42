package mem

import (
	"fmt"
	"math/bits"
	"strings"

	"nnsim/mem/dram"
)

// UsualMapping is the order of address bits, from the highest, where none is given.
const UsualMapping = "rorabachcobg"

// Interleave says on which channel a line of a memory lies, and under which number.
//
//	line of the memory   … upper ┊ channel ┊ lower
//	line of the channel  …         upper   ┊ lower
type Interleave struct{ below, width uint }

// NewInterleave finds the channel's bits where a mapping such as rochrababgco names
// them; channels is a power of two.
func NewInterleave(s dram.Shape, mapping string, channels int) (Interleave, error) {
	if channels < 1 || channels > 1<<10 || bits.OnesCount(uint(channels)) != 1 {
		return Interleave{}, fmt.Errorf("mem: channels: %d; write a power of two up to 1024", channels)
	}
	size := fieldSizes(s, mapping)
	i := Interleave{width: uint(bits.Len(uint(channels)) - 1)}
	for end := len(mapping); end >= 2 && mapping[end-2:end] != "ch"; end -= 2 {
		i.below += uint(bits.Len(uint(max(1, size[mapping[end-2:end]]))) - 1)
	}
	return i, nil
}

// Before counts the lines of a memory below a line that lie on a channel, which is
// also the number there of the first line from it on.
func (i Interleave) Before(line int64, channel int) int64 {
	round := line >> (i.below + i.width)
	rest := line - round<<(i.below+i.width)
	return round<<i.below + min(max(rest-int64(channel)<<i.below, 0), 1<<i.below)
}

// Stripes counts the stripes that lines from … to-1 lie in, each on the channel
// after the one before, and names the first's channel.
func (i Interleave) Stripes(from, to int64) (channel int, count int64) {
	first := from >> i.below
	return int(first & (1<<i.width - 1)), (to-1)>>i.below - first + 1
}

// Line is the number in the memory of a channel's line.
func (i Interleave) Line(line int64, channel int) int64 {
	return line>>i.below<<(i.below+i.width) | int64(channel)<<i.below | line&(1<<i.below-1)
}

// fieldSizes is the number of values of each field of a mapping but the channel.
func fieldSizes(s dram.Shape, mapping string) map[string]int {
	size := map[string]int{"ro": s.Rows, "ra": s.Ranks, "ba": s.Banks, "bg": s.Groups, "co": s.Columns(), "pc": s.Pseudo}
	if !strings.Contains(mapping, "pc") {
		size["ra"] *= s.Pseudo // pseudo-channels count as ranks where they are not named
	}
	if strings.Contains(mapping, "g0") {
		size["bg"], size["g0"] = s.Groups/2, 2
	}
	return size
}

// Layout is how a run of bytes lies on channels and in rows.
type Layout struct {
	Stripe int64 // consecutive bytes on one channel
	Row    int64 // consecutive bytes of a channel in rows that can be open together
	Banks  int   // how many runs of Row bytes lie in banks of their own
}

// NewLayout reads a mapping: rows end below the lowest field that names a bank above the columns, or the row.
func NewLayout(s dram.Shape, mapping string, channels int) Layout {
	size, l := fieldSizes(s, mapping), Layout{Row: int64(s.LineBytes), Banks: 1}
	stripe, columns := int64(s.LineBytes), false
	for end := len(mapping); end >= 2; end -= 2 {
		name := mapping[end-2 : end]
		n := max(1, size[name])
		switch {
		case name == "ch":
			l.Stripe = stripe
		case !columns:
			l.Row *= int64(n) // columns, and groups between which neighbouring lines go round
			columns = name == "co"
		case name != "ro" && name != "co":
			l.Banks *= n
		}
		stripe *= int64(n)
	}
	if l.Stripe == 0 || channels == 1 {
		l.Stripe = stripe // all that there is
	}
	return l
}
