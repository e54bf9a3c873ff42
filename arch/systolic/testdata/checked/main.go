// Command checked runs one workload on one preset with every element compared and
// every law held, as `nnsim run --check full` does, and exits 1 with what is wrong.
// The mutation test builds it with a fault in the source.
//
//	checked DEVICE WORKLOAD [KEY=VALUE]...
//
// WORKLOAD is the name of one of archtest's, or a workload string.
//
// Not modelled: reports; it says nothing when all is well.
package main

import (
	"fmt"
	"os"

	"nnsim/arch"
	"nnsim/arch/archtest"
	"nnsim/arch/systolic"
	"nnsim/workloads"
	"nnsim/workloads/catalog"
)

func main() {
	if err := run(os.Args[1], os.Args[2], os.Args[3:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(device, workload string, sets []string) error {
	text, ok := systolic.Presets.Text(device)
	if !ok {
		return fmt.Errorf("no preset %s", device)
	}
	m, err := systolic.Open(device, text, sets)
	if err != nil {
		return err
	}
	precision := m.Native()
	w, err := archtest.Named(workload)
	if err != nil {
		opened, err := catalog.Open(workload, catalog.Defaults{Seed: 1})
		if err != nil {
			return err
		}
		if opened.Precision != nil {
			precision = *opened.Precision
		}
		w = archtest.Workload{Name: workload, Build: func() (*workloads.Graph, error) { return opened.Graph, nil }}
	}
	_, err = archtest.Checked(m, w, precision, arch.Full)
	return err
}
