package auth

import (
	"runtime"

	"golang.org/x/sys/unix"
)

// asides is how many hashes may be computed aside at once.
func asides() int { return runtime.GOMAXPROCS(0) }

// standAside has this thread run only while nobody else wants the processor, whom it
// makes room for at once: one that steps back alone finishes its turn first.
func standAside() error {
	return unix.SchedSetAttr(0, &unix.SchedAttr{Policy: unix.SCHED_IDLE}, 0)
}
