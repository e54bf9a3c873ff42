// Package dram is off-chip memory, command by command and cycle by cycle of its
// clock, computed only where something happens.
//
//	Request ─▶ port ─▶ controller ──ACT PRE RD WR REF──▶ ranks ▸ groups ▸ banks ▸ rows
//	 a run      a ring   frfcfs or                        each with the first cycle at
//	 of lines            dramsim3                         which each command may come
//	Done ◀───────────────┘ known when the command goes
//
// Reading the source: a standard is a table in a file of its own (ddr4.go, hbm.go)
// whose rules say which command holds back which, at which level, for how long
// (standard.go, expr.go); a part is one line of numbers there. resolve (spec.go)
// turns the table into edges, and banks.issue (banks.go) walks them. A controller
// is a policy (channel.go): frfcfs*.go is ours, dramsim3*.go that simulator's.
// Between two cycles in which something happens, nothing is computed; a stream that
// hits open rows is advanced in one step (frfcfs_stream.go). Checker (check.go)
// reads commands and finds what the standard forbids. Energy (energy.go) prices the
// counters. Channels side by side are mem's (mem.OffChip).
//
// Sources: each part and standard names its own, as headings of docs/sources.md.
// The dramsim3 controller gives the commands of DRAMsim3 [dramsim3], with its
// configurations corrected, cycle for cycle; our own comes within 3 % of the
// bandwidth of Ramulator 2.1 [ramulator2] when given its queue sizes.
//
// Not modelled: the bytes (mem.Image has them); power-down and self-refresh;
// auto-precharge and precharge of all banks at once (rows are closed one by one, so
// that an all-bank refresh begins later by a precharge a bank); refresh put off or
// drawn forward; the data clock's synchronisation and the two halves of an activate
// in LPDDR5; column commands only on rising edges in HBM3; on-die ECC, row hammer
// and its counters; temperature; command and address wires that must be shared with
// another channel. The dramsim3 controller takes no account of bank-wise refresh
// times other than ours. Writes are done when the controller has them.
package dram
