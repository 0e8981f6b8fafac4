//go:build unix

package auth

import "syscall"

// stepBack has this thread get a small share of the processor while others want it: a
// sign-in may take a moment longer, what is served may not.
func stepBack() error { return syscall.Setpriority(syscall.PRIO_PROCESS, 0, 10) }
