package dram

import "fmt"

// Kind is a command of the command bus.
type Kind uint8

// The commands. REF refreshes a whole rank, REFB one bank (in DDR5 the bank of
// that number in every group).
const (
	ACT Kind = iota
	PRE
	RD
	WR
	REF
	REFB
	kinds
)

var kindNames = [kinds]string{"ACT", "PRE", "RD", "WR", "REF", "REFB"}

func (k Kind) String() string { return kindNames[k] }

// Command is one command on the bus of a channel: its cycle in tCK and where it
// goes. Rank counts through the pseudo-channels: rank 1 of two pseudo-channels of
// one rank each is the second pseudo-channel. Bank counts within its group.
type Command struct {
	Cycle             int64
	Kind              Kind
	Rank, Group, Bank int
	Row, Column       int
}

func (c Command) String() string {
	return fmt.Sprintf("%d %s rank %d group %d bank %d row %#x column %#x", c.Cycle, c.Kind, c.Rank, c.Group, c.Bank, c.Row, c.Column)
}

// Level says how far a command's shadow reaches.
type Level uint8

// The levels, from the bank outwards. Peers are the other ranks that share the
// data bus: those of the same pseudo-channel. Wires are the command wires: all
// banks of the channel.
const (
	Bank Level = iota
	Group
	Rank
	Peers
	Wires
)

var levelNames = [...]string{"bank", "bank group", "rank", "other ranks", "channel"}

func (l Level) String() string { return levelNames[l] }
