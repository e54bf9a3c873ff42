// Package experiments is the table that every command of nnsim is a view of: a
// device and a workload in each row, a run report out of it.
//
//	run       one row
//	compare   a few devices on one workload
//	validate  rows that already know the answer
//	sweep     many rows; finished ones are kept in a Store and never simulated twice
//
//	                ┌ device: preset or YAML ──▶ arch.Machine ┐
//	Experiment ─────┤                                         ├─▶ Plan ─▶ Run ─▶ laws ─▶ report
//	                └ workload: one string ────▶ Network ─────┘            └─ check against the CPU
//
// Errors are of two kinds. A Failure says that a check, a law or a tolerance did
// not hold: the report beside it is complete and must not be believed. Every
// other error is bad input and comes before anything has run.
//
// A sweep reads a spec, lists its points (or searches for them), and brings each
// to a row:
//
//	spec ─▶ axes ─▶ points ─▶ shard ─▶ key ─▶ Store ──┐
//	                                    └─▶ simulate ─┴─▶ constraints ─▶ front ─▶ table
//
// Sources: [mckay-1979] [bergstra-2011] [deb-2002] [slurm].
//
// Not modelled: a scheduler (Slurm's, or whoever runs the shards), measurement
// noise (a report is exact), and searches over several workloads at once.
package experiments
