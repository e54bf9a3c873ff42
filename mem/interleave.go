package mem

import (
	"fmt"
	"math/bits"
	"strings"

	"nnsim/mem/dram"
)

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
	size := map[string]int{"ro": s.Rows, "ra": s.Ranks, "ba": s.Banks, "bg": s.Groups, "co": s.Columns(), "pc": s.Pseudo}
	if !strings.Contains(mapping, "pc") {
		size["ra"] *= s.Pseudo // pseudo-channels count as ranks where they are not named
	}
	if strings.Contains(mapping, "g0") {
		size["bg"], size["g0"] = s.Groups/2, 2
	}
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

// Line is the number in the memory of a channel's line.
func (i Interleave) Line(line int64, channel int) int64 {
	return line>>i.below<<(i.below+i.width) | int64(channel)<<i.below | line&(1<<i.below-1)
}
