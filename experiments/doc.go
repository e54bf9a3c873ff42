// Package experiments is the table that every command of nnsim is a view of: a
// device and a workload in each row, a run report out of it.
//
//	run       one row
//	compare   a few devices on one workload
//	validate  rows that already know the answer
//
//	                ┌ device: preset or YAML ──▶ arch.Machine ┐
//	Experiment ─────┤                                         ├─▶ Plan ─▶ Run ─▶ laws ─▶ report
//	                └ workload: one string ────▶ Network ─────┘            └─ check against the CPU
//
// Errors are of two kinds. A Failure says that a check, a law or a tolerance did
// not hold: the report beside it is complete and must not be believed. Every
// other error is bad input and comes before anything has run.
//
// Not modelled: sweeps over many values, their cache and their resumption.
package experiments
