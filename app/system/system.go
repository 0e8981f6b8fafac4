// Package system is the process as the product sees it: which version it is, how
// long it runs, in what state it is, and the wish to stop it.
package system

import (
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"
)

// State is what the process is doing.
type State string

// The states, in the order in which a process goes through them.
const (
	Starting State = "starting"
	Ready    State = "ready"
	Safe     State = "safe" // ready for management, running no flow (R9)
	Stopping State = "stopping"
)

// System is the running process. All methods may be called concurrently.
type System struct {
	started time.Time
	safe    bool
	state   atomic.Value
	asked   chan struct{}
	ask     sync.Once
}

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

// Stop asks the process to stop gracefully and returns at once.
func (s *System) Stop() { s.ask.Do(func() { close(s.asked) }) }

// StopAsked is closed once somebody asked the process to stop.
func (s *System) StopAsked() <-chan struct{} { return s.asked }

// Leaving turns readiness off for good: the process has begun to stop.
func (s *System) Leaving() { s.state.Store(Stopping) }

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
	Code    string `json:"code" enum:"safe_mode,storage,disk,secrets"`
	Message string `json:"message"` // what is wrong and what to do, in a sentence or two
}
