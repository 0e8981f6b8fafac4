//go:build unix

package auth

import "syscall"

// stepBack has this thread wait for others that want the processor: a sign-in may
// take a moment longer, what is served may not. It is no more than that: a server
// that is busy for good still lets people in.
func stepBack() error { return syscall.Setpriority(syscall.PRIO_PROCESS, 0, 10) }
