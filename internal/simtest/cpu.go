package simtest

import (
	"syscall"
	"time"
)

// CPU is the processor time this process has used, to judge speed by on a machine
// that others use too.
func CPU() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
