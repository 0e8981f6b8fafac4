package system

import (
	"math"
	"os"
	"runtime/debug"
)

// LimitMemory has the garbage collector work harder when the process nears three
// quarters of the machine's memory, and returns that bound in bytes. A bound set
// by the person who starts the process (GOMEMLIMIT) stays; so does none where the
// machine's memory is not known, which is returned as 0.
func LimitMemory() int64 {
	if os.Getenv("GOMEMLIMIT") != "" {
		return debug.SetMemoryLimit(-1)
	}
	total := machineMemory()
	if total == 0 || total > math.MaxInt64/3 {
		return 0
	}
	bound := int64(total) / 4 * 3
	debug.SetMemoryLimit(bound)
	return bound
}
