package dram

import (
	"fmt"
	"slices"
	"strings"
)

// Config is a controller and how it lays out addresses. The zero value of a field
// is the usual choice.
type Config struct {
	Controller string // frfcfs, ours; or dramsim3, that simulator's
	Mapping    string // fields from the highest bits to the lowest, such as rochrabacobg
	Hash       bool   // XOR the bank and its group with the row
	Queue      int    // lines that wait of each kind, reads and writes
	Writes     int    // frfcfs: lines of writes that wait, where they are not as many
	BankQueue  int    // dramsim3: lines that wait for one bank
	Port       int    // requests that wait before the controller
	High, Low  int    // frfcfs: waiting writes at which writing starts, and stops for reads
	Idle       int    // frfcfs: cycles without a read to serve after which writes go that are fewer; 0: at once
	Cap        int    // frfcfs: accesses of an open row while an older line waits for the bank
	Page       string // frfcfs: open, or closed: a row is closed when no line waits for it
	Refresh    string // all: a rank at once; or bank: bank by bank
}

// UsualQueue is how many lines of each kind wait in a controller where nothing else is asked for.
const UsualQueue = 64

// UsualHigh and UsualLow are the waiting writes at which writing begins while reads wait, and ends.
const (
	UsualHigh = UsualQueue * 3 / 4
	UsualLow  = UsualQueue / 4
)

// withDefaults fills in what was left open and refuses what cannot be.
func (c Config) withDefaults(p Part) (Config, error) {
	for _, f := range []struct {
		name    string
		value   *string
		choices string
	}{{"controller", &c.Controller, "frfcfs dramsim3"}, {"page", &c.Page, "open closed"}, {"refresh", &c.Refresh, "all bank"}} {
		choices := strings.Fields(f.choices)
		if *f.value == "" {
			*f.value = choices[0]
		}
		if !slices.Contains(choices, *f.value) {
			return c, fmt.Errorf("dram: %s is %q; use %s", f.name, *f.value, strings.Join(choices, " or "))
		}
	}
	if c.Mapping == "" {
		c.Mapping = "rochrabacobg"
		if p.Shape.Pseudo > 1 {
			c.Mapping = "rochrabacobgpc"
		}
	}
	return c.withDepths()
}

// withDepths does the same for the sizes of the queues.
func (c Config) withDepths() (Config, error) {
	if c.Queue == 0 {
		c.Queue = UsualQueue
		if c.Controller == "dramsim3" {
			c.Queue = 32
		}
	}
	if c.Writes == 0 {
		c.Writes = c.Queue
	}
	for _, f := range []struct {
		name               string
		value              *int
		usual, least, most int
	}{{"queue", &c.Queue, UsualQueue, 1, 1 << 12}, {"writes", &c.Writes, 64, 1, 1 << 12}, {"bank queue", &c.BankQueue, 8, 1, deepest}, {"port", &c.Port, 16, 1, 1 << 16}, {"cap", &c.Cap, 16, 1, 1 << 20}, {"idle", &c.Idle, 0, 0, 1 << 30},
		{"high", &c.High, max(1, c.Writes*3/4), 1, c.Writes}, {"low", &c.Low, c.Writes / 4, 0, c.Writes - 1}} {
		if *f.value == 0 {
			*f.value = f.usual
		}
		if *f.value < f.least || *f.value > f.most {
			return c, fmt.Errorf("dram: %s is %d; it must be from %d to %d", f.name, *f.value, f.least, f.most)
		}
	}
	if c.Low >= c.High {
		return c, fmt.Errorf("dram: low is %d and high is %d; writing must stop below where it starts", c.Low, c.High)
	}
	return c, nil
}
