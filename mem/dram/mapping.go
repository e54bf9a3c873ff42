package dram

import (
	"fmt"
	"math/bits"
	"strings"
)

// field is where a part of the address lies in a line's number.
type field struct {
	shift uint8
	mask  int64
}

func (f field) of(line int64) int64 { return line >> f.shift & f.mask }

// mapping takes a line of a channel to its place. The fields are named from the
// highest bits to the lowest by two letters each: ro(w), ch(annel), ra(nk), ba(nk),
// bg (bank group), co(lumn), and pc (pseudo-channel), which where it is not named
// counts as the upper part of the rank. Where g0 is named too, it is the lowest bit
// of the bank group and bg the others, as controllers lay them that alternate between two groups.
// Where c0 is named too, it is the lowest two bits of the column and co the others, so that what
// comes between them changes from one piece of four lines to the next.
//
//	rochrababgco   line 0b… row ┊ channel ┊ rank ┊ bank ┊ group ┊ column
type mapping struct {
	pseudo, rank, group, even, bank, row, column, piece field
	shape                                               Shape
	hash                                                bool
}

// place is where a line lies in a channel. bank counts through the whole channel.
type place struct {
	bank, row, column int32
}

// layout gives every named field its bits. The channel has none of its own.
func layout(text string, s Shape) (total uint8, at map[string]field, err error) {
	size := map[string]int{"ro": s.Rows, "ch": 1, "ra": s.Ranks, "ba": s.Banks, "bg": s.Groups, "co": s.Columns(), "pc": s.Pseudo}
	if !strings.Contains(text, "pc") {
		size["ra"] *= s.Pseudo
		size["pc"] = 0
	}
	if strings.Contains(text, "g0") && s.Groups > 1 {
		size["bg"], size["g0"] = s.Groups/2, 2
	}
	if strings.Contains(text, "c0") && s.Columns() >= 8 {
		size["co"], size["c0"] = s.Columns()/4, 4
	}
	at = map[string]field{}
	for end := len(text); end >= 2; end -= 2 {
		name := text[end-2 : end]
		n, known := size[name]
		if _, twice := at[name]; !known || n == 0 || twice {
			return 0, nil, fmt.Errorf("dram: mapping %q: field %q is unknown or named twice; name each of ro ch ra ba bg co once", text, name)
		}
		at[name] = field{total, int64(n - 1)}
		total += uint8(bits.Len(uint(n)) - 1)
	}
	for name, n := range size {
		if _, ok := at[name]; !ok && n != 0 || len(text)%2 != 0 {
			return 0, nil, fmt.Errorf("dram: mapping %q: field %q is missing; name each of ro ch ra ba bg co once", text, name)
		}
	}
	return total, at, nil
}

// parseMapping reads a mapping such as rochrababgco. hash spreads rows over the
// banks: group and bank are XORed with the lowest bits of the row.
func parseMapping(text string, s Shape, hash bool) (mapping, error) {
	_, at, err := layout(text, s)
	return mapping{at["pc"], at["ra"], at["bg"], at["g0"], at["ba"], at["ro"], at["co"], at["c0"], s, hash}, err
}

// find is the place of a line.
func (m *mapping) find(line int64) place {
	rank := m.rank.of(line)
	if m.pseudo.mask > 0 {
		rank += m.pseudo.of(line) * int64(m.shape.Ranks)
	}
	row, group, bank := m.row.of(line), m.group.of(line), m.bank.of(line)
	if m.even.mask > 0 {
		group = group<<1 | m.even.of(line)
	}
	if m.hash {
		group ^= row & m.group.mask
		bank ^= row / int64(m.shape.Groups) & m.bank.mask
	}
	flat := (rank*int64(m.shape.Groups)+group)*int64(m.shape.Banks) + bank
	column := m.column.of(line)
	if m.piece.mask > 0 {
		column = column<<2 | m.piece.of(line)
	}
	return place{int32(flat), int32(row), int32(column)}
}
