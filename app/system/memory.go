package system

import (
	"math"
	"os"
	"runtime/debug"
)

// collectorPercent has the garbage collector wait until the heap is four times what
// is kept. That is some 10 MB, and requests make as much in a moment: by the default
// of 100 a sixth of a small request's processor time is the collector's.
const collectorPercent = 300

// LimitMemory has the garbage collector run seldom, and work harder when the process
// nears three quarters of the machine's memory. It returns that bound in bytes. What
// the person who starts the process set (GOGC, GOMEMLIMIT) stays; so does no bound
// where the machine's memory is not known, which is returned as 0.
func LimitMemory() int64 {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(collectorPercent)
	}
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
