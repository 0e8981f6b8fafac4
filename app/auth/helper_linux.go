package auth

import "golang.org/x/sys/unix"

// standAside has this thread run only while nobody else wants the processor, whom it
// makes room for at once: one that steps back alone finishes its turn first.
func standAside() error {
	return unix.SchedSetAttr(0, &unix.SchedAttr{Policy: unix.SCHED_IDLE}, 0)
}
