package auth

import (
	"fmt"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// hasAside says that a process can run only while nobody else wants the processor.
const hasAside = true

// lower puts every thread of this process into its place; those that begin later take
// it over. Aside is the class that makes room at once: one that is behind finishes its
// turn first.
func lower(where place) error {
	settle := func(thread int) error { return unix.Setpriority(unix.PRIO_PROCESS, thread, niceness) }
	if where == aside {
		settle = func(thread int) error {
			return unix.SchedSetAttr(thread, &unix.SchedAttr{Policy: unix.SCHED_IDLE}, 0)
		}
	}
	for settled := map[int]bool{}; ; {
		threads, err := os.ReadDir("/proc/self/task")
		if err != nil {
			return fmt.Errorf("list the threads: %w", err)
		}
		before := len(settled)
		for _, t := range threads {
			id, err := strconv.Atoi(t.Name())
			if err != nil || settled[id] {
				continue
			}
			if err := settle(id); err != nil && err != unix.ESRCH { // it may have ended
				return fmt.Errorf("lower a thread: %w", err)
			}
			settled[id] = true
		}
		if len(settled) == before {
			return nil
		}
	}
}
