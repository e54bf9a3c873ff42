package dram

import "fmt"

// Config is a controller and how it lays out addresses. The zero value of a field
// is the controller's own choice.
type Config struct {
	Controller string // dramsim3 or frfcfs
	Mapping    string // fields from the highest bits to the lowest, such as rochrababgco
	Hash       bool   // XOR the bank and its group with the row
	Queue      int    // lines that wait of each kind, reads and writes
	BankQueue  int    // dramsim3: lines that wait for one bank
	Port       int    // requests that wait before the controller
}

// withDefaults fills in what was left open and refuses what cannot be.
func (c Config) withDefaults() (Config, error) {
	for _, f := range []struct {
		value *int
		usual int
		most  int
		name  string
	}{{&c.Queue, 32, 1 << 12, "queue"}, {&c.BankQueue, 8, deepest, "bank queue"}, {&c.Port, 16, 1 << 16, "port"}} {
		if *f.value == 0 {
			*f.value = f.usual
		}
		if *f.value < 1 || *f.value > f.most {
			return c, fmt.Errorf("dram: %s is %d; it must be from 1 to %d", f.name, *f.value, f.most)
		}
	}
	if c.Mapping == "" {
		c.Mapping = "rochrababgco"
	}
	if c.Controller == "" {
		c.Controller = "dramsim3"
	}
	return c, nil
}
