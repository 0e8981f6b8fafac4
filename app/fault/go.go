package fault

import (
	"crypto/rand"
	"log/slog"
	"runtime/debug"
	"sync/atomic"
	"time"
)

var (
	panics    atomic.Uint64
	lastPanic atomic.Pointer[time.Time]
)

// Panics returns how many panics were recovered since the process started.
func Panics() uint64 { return panics.Load() }

// LastPanic returns when the last of them was, the zero time for never.
func LastPanic() time.Time {
	if at := lastPanic.Load(); at != nil {
		return *at
	}
	return time.Time{}
}

// Go runs fn in a goroutine that outlives a panic of it: the panic is logged
// with an id and its stack, counted, and goes no further. Every goroutine of the
// product starts here; name says in the log which one it was.
func Go(log *slog.Logger, name string, fn func()) {
	go func() {
		defer Recover(log, name)
		fn()
	}()
}

// Recover, deferred, keeps a panic from leaving the function that defers it: the
// panic is logged with an id and its stack, and counted.
func Recover(log *slog.Logger, name string) {
	if v := recover(); v != nil {
		Panicked(log, name, v)
	}
}

// Panicked logs and counts the recovered value v, and returns the id under which
// the log has it, for a caller that answers somebody.
func Panicked(log *slog.Logger, name string, v any) (id string) {
	now := time.Now()
	lastPanic.Store(&now)
	panics.Add(1)
	id = rand.Text()
	log.Error("panic", "in", name, "id", id, "value", v, "stack", string(debug.Stack()))
	return id
}
