//go:build unix && !linux

package auth

import "syscall"

const hasAside = false

// lower has this process get a small share of the processor while others want it.
func lower(place) error { return syscall.Setpriority(syscall.PRIO_PROCESS, 0, niceness) }
