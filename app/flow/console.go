package flow

import (
	"context"
	"encoding/json"
	"log/slog"
	"sync"
	"time"

	"ecoflow/app/event"
	"ecoflow/app/node"
	"ecoflow/app/trace"
)

// DebugMessage is what one Debug node showed, or a node of a test logged.
type DebugMessage struct {
	ID        uint64          `json:"id"` // grows by one, from 1
	At        time.Time       `json:"at"`
	Flow      string          `json:"flow"`
	NodeID    string          `json:"nodeID"`
	Label     string          `json:"label"`
	RunID     string          `json:"runID"`
	Level     string          `json:"level"` // debug, info, warning or error
	Value     json.RawMessage `json:"value"`
	Shortened bool            `json:"shortened,omitempty"` // Value leaves something out
	Log       bool            `json:"log,omitempty" doc:"It was logged, in a test run."`
	Cut       bool            `json:"cut,omitempty" doc:"There were too many at once: what followed in the same second was left out."`
}

// The console keeps the last messages, and lets only so many through in a second:
// what nobody can read is not made.
const (
	messagesKept   = 1000
	watchedRate    = 200 // a second, while a window is open
	unwatchedRate  = 10  // a second, so that a window opened later shows something
	terminalPerSec = 200
)

// A console is the ring of debug messages.
type console struct {
	mu       sync.Mutex
	ring     []DebugMessage
	next     uint64
	second   int64 // that the counts are of
	window   int
	terminal int
}

// admit reports where a message may go now, and whether the window gets no more in
// this second.
func (c *console) admit(now time.Time, d node.DebugLine, watched bool) (window, cut, terminal bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if s := now.Unix(); s != c.second {
		c.second, c.window, c.terminal = s, 0, 0
	}
	rate := unwatchedRate
	if watched {
		rate = watchedRate
	}
	if d.Window && c.window <= rate {
		c.window++
		window, cut = true, c.window > rate // one beyond the rate tells of those that are not shown
	}
	if d.Terminal && c.terminal < terminalPerSec {
		c.terminal++
		terminal = true
	}
	return window, cut, terminal
}

func (c *console) add(m DebugMessage) DebugMessage {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.next++
	m.ID = c.next
	if len(c.ring) < messagesKept {
		c.ring = append(c.ring, m)
	} else {
		c.ring[(m.ID-1)%messagesKept] = m
	}
	return m
}

// logLevels are the levels of debug messages in the server's log; what has none is information.
var logLevels = map[string]slog.Level{"debug": slog.LevelDebug, "warning": slog.LevelWarn, "error": slog.LevelError}

// debug shows a value where it is wanted.
func (e *Engine) debug(d node.DebugLine, v func() any) {
	now := time.Now()
	window, cut, terminal := e.console.admit(now, d, e.events.Watched())
	if !window && !terminal {
		return
	}
	data, shortened := trace.Hide(e.env().Mask).Shorten(v())
	if terminal {
		e.log.Log(context.Background(), logLevels[d.Level], "debug", "flow", d.Flow, "label", d.Label, "run", d.RunID, "value", string(data))
	}
	if window {
		m := e.console.add(DebugMessage{
			At: now.UTC(), Flow: d.Flow, NodeID: d.NodeID, Label: d.Label, RunID: d.RunID, Level: d.Level, Value: data, Shortened: shortened, Cut: cut,
		})
		e.events.Publish(event.Debug, m)
	}
}

// Debugged returns the last debug messages, the oldest first.
func (e *Engine) Debugged() []DebugMessage {
	c := &e.console
	c.mu.Lock()
	defer c.mu.Unlock()
	out := make([]DebugMessage, 0, len(c.ring))
	for i := range c.ring {
		out = append(out, c.ring[(int(c.next)+i)%len(c.ring)]) //nolint:gosec // it counts messages
	}
	return out
}
