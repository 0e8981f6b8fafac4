// Package system is the process as the product sees it: which version it is, how
// long it runs, in what state it is, and the wish to stop it or to start it anew.
package system

import (
	"context"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"ecoflow/app/fault"
)

// State is what the process is doing.
type State string

// The states, in the order in which a process goes through them.
const (
	Starting   State = "starting"
	Ready      State = "ready"
	Safe       State = "safe" // ready for management, running no flow (R9)
	Stopping   State = "stopping"
	Restarting State = "restarting" // stopping, and another takes over at once
	Recovery   State = "recovery"   // the database cannot be used
)

// System is the running process. All methods may be called concurrently.
type System struct {
	started time.Time
	safe    bool
	state   atomic.Value
	asked   chan struct{}
	ask     sync.Once
	end     atomic.Value // State: how it is to end
	anew    atomic.Pointer[Anew]

	// Requests counts those to the management side that are being answered, the
	// Streams among them.
	Requests, Streams atomic.Int64

	// Crashes are the moments of the crashes for which it is in safe mode, the first
	// one first. They are set before the process is ready.
	Crashes []time.Time

	// Rehearse finds out whether a successor could start; nil is sure of it. It is
	// set before the process is ready.
	Rehearse   func(context.Context) error
	rehearsing sync.Mutex
	failed     atomic.Pointer[time.Time]
}

// Anew is how the successor is to start.
type Anew struct {
	// Safe, when set, is whether it runs no flow; else it finds out by itself.
	Safe *bool
}

// RehearsalTime is how long a rehearsal may take.
const RehearsalTime = 20 * time.Second

// New returns a starting process; safe says that it will run no flow.
func New(safe bool) *System {
	s := &System{started: time.Now(), safe: safe, asked: make(chan struct{})}
	s.state.Store(Starting)
	return s
}

// State returns what the process is doing.
func (s *System) State() State { return s.state.Load().(State) }

// InSafeMode reports whether this process runs no flow, whatever its state.
func (s *System) InSafeMode() bool { return s.safe }

// Serving reports whether requests are welcome: the process is neither starting
// nor stopping.
func (s *System) Serving() bool { st := s.State(); return st == Ready || st == Safe }

// Ready moves a starting process on.
func (s *System) Ready() {
	next := Ready
	if s.safe {
		next = Safe
	}
	s.state.CompareAndSwap(Starting, next)
}

// Stop asks the process to stop gracefully and returns at once. It goes before a
// restart that was asked for.
func (s *System) Stop() {
	s.end.Store(Stopping)
	s.ask.Do(func() { close(s.asked) })
}

// Restart asks the process to end and to have a successor take over (R11). It
// first rehearses that: with an error the process goes on as before.
func (s *System) Restart(ctx context.Context, anew Anew) error {
	if !s.Serving() || s.Ending() != "" || !s.rehearsing.TryLock() {
		return fault.New(fault.Conflict, "EcoFlow is starting, stopping or being restarted already.").WithCode("restart_under_way")
	}
	defer s.rehearsing.Unlock()
	if s.Rehearse != nil {
		ctx, cancel := context.WithTimeout(ctx, RehearsalTime)
		defer cancel()
		if err := s.Rehearse(ctx); err != nil {
			s.NotRestarted()
			return fault.New(fault.Unavailable, "EcoFlow goes on as before, because it could not be started again: %s", fault.Sentence(err.Error())).
				WithCode("restart_refused").Because(err)
		}
	}
	s.failed.Store(nil)
	s.anew.Store(&anew)
	s.end.CompareAndSwap(nil, Restarting)
	s.ask.Do(func() { close(s.asked) })
	return nil
}

// NotRestarted notes that a restart did not work.
func (s *System) NotRestarted() {
	now := time.Now()
	s.failed.Store(&now)
}

// RestartFailed returns when a restart did not work that none has followed since;
// zero when there was none.
func (s *System) RestartFailed() time.Time {
	if at := s.failed.Load(); at != nil {
		return *at
	}
	return time.Time{}
}

// Anew returns how the successor is to start.
func (s *System) Anew() Anew {
	if a := s.anew.Load(); a != nil {
		return *a
	}
	return Anew{}
}

// StopAsked is closed once somebody asked the process to stop, for good or for a
// successor.
func (s *System) StopAsked() <-chan struct{} { return s.asked }

// Ending returns Stopping or Restarting once that was asked for, "" before.
func (s *System) Ending() State {
	end, _ := s.end.Load().(State)
	return end
}

// Leaving turns readiness off for good: the process has begun to end.
func (s *System) Leaving() {
	s.end.CompareAndSwap(nil, Stopping)
	s.state.Store(s.Ending())
}

// Uptime returns how long the process runs.
func (s *System) Uptime() time.Duration { return time.Since(s.started) }

// version is set by the release build; see build.sh.
var version string

// Version returns the version of the binary: that of the release, else the
// revision it was built from, else "development".
func Version() string {
	if version != "" {
		return version
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "development"
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && len(s.Value) >= 12 {
			return "development " + s.Value[:12]
		}
	}
	return "development"
}

// Trouble is something that keeps the product from working fully, for the bars
// above every page of the window.
type Trouble struct {
	Code    string `json:"code" enum:"safe_mode,storage,disk,secrets,secrets_lost,restart"`
	Message string `json:"message"` // what is wrong and what to do, in a sentence or two
	Names   string `json:"names"`   // of what it concerns, for those who may know them
}
