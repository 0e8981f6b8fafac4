package system

import (
	"math"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

// The garbage collector waits until the heap is larger than what is kept by as many
// per cent. Mostly that is some 10 MB, and requests make as much in a moment: by the
// default of 100 a sixth of a small request's processor time is the collector's. Where
// much is kept, waiting long takes memory that others want.
const (
	littlePercent = 300
	muchPercent   = 200
	much          = 16 << 20 // bytes
)

// LimitMemory has the garbage collector run seldom, and work harder when the process
// nears three quarters of the machine's memory. It returns that bound in bytes. What
// the person who starts the process set (GOGC, GOMEMLIMIT) stays; so does no bound
// where the machine's memory is not known, which is returned as 0.
func LimitMemory() int64 {
	if os.Getenv("GOGC") == "" {
		p := &pacer{percent: littlePercent, live: []metrics.Sample{{Name: "/gc/heap/live:bytes"}}}
		debug.SetGCPercent(p.percent)
		runtime.SetFinalizer(p, (*pacer).collected)
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

// A pacer sets how long the collector waits, after each collection: nothing holds it,
// so that each one finds it.
type pacer struct {
	percent int
	live    []metrics.Sample
}

func (p *pacer) collected() {
	metrics.Read(p.live)
	percent := littlePercent
	if p.live[0].Value.Uint64() > much {
		percent = muchPercent
	}
	if percent != p.percent {
		p.percent = percent
		debug.SetGCPercent(percent)
	}
	runtime.SetFinalizer(p, (*pacer).collected)
}
