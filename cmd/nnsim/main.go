// Command nnsim simulates neural networks on accelerators, cycle by cycle.
//
//	nnsim run      WORKLOAD --device DEVICE      one experiment
//	nnsim compare  WORKLOAD --devices A,B,C      side by side
//	nnsim validate [FILE.csv]...                 rows that know the answer
//	nnsim claim    FILE.yaml|FOLDER...           statements, decided by runs
//	nnsim list     devices|workloads
//	nnsim show     DEVICE|WORKLOAD
//	nnsim diff     A.json B.json                 what changed between two reports
//	nnsim report   RUN.json... -o report.html    pictures
//
// One command is one file; the work is done in package experiments. The exit
// status is 0 if all is well, 1 if a check, a law or a tolerance failed, 2 on bad
// usage or bad input; the latter two come with one line on standard error.
//
// Not modelled: anything. This is the hall of the house; it opens doors.
package main

import (
	"context"
	"os"
	"os/signal"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	code := execute(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}
