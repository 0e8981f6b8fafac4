// Package mirror keeps what is live in files as well, in the layout of the original,
// for a version control to follow, and reads such files back.
package mirror

import (
	"log/slog"
	"sync"
	"time"

	"ecoflow/app/fault"
	"ecoflow/app/flow"
	"ecoflow/app/system"
)

// retry is how often what could not be written is tried again.
const retry = 30 * time.Second

// Options is what a Mirror depends on.
type Options struct {
	Log *slog.Logger
	// Layout returns where the files have to be at the moment.
	Layout func() Layout
	// Live returns what is live.
	Live func() flow.Document
	// Changed is called when writing begins to fail or works again.
	Changed func()
	// Adopt has the first writing take over flows that are in the folder already.
	Adopt bool
}

// Mirror writes the files whenever something else is live. Its methods may be called
// concurrently.
type Mirror struct {
	Options
	due, stop, ended chan struct{}

	mu      sync.Mutex
	problem string
}

// Start returns a Mirror at work, which Close ends.
func Start(o Options) *Mirror {
	m := &Mirror{Options: o, due: make(chan struct{}, 1), stop: make(chan struct{}), ended: make(chan struct{})}
	fault.Go(o.Log, "flow files", m.work)
	return m
}

// Follow has what is live written soon.
func (m *Mirror) Follow() {
	select {
	case m.due <- struct{}{}:
	default: // it is due already
	}
}

// Close writes what is due, and ends the Mirror.
func (m *Mirror) Close() error {
	close(m.stop)
	<-m.ended
	return nil
}

func (m *Mirror) work() {
	defer close(m.ended)
	again := time.NewTimer(retry)
	defer again.Stop()
	for {
		select {
		case <-m.due:
		case <-again.C:
			if m.failing() == "" {
				continue
			}
		case <-m.stop:
			select {
			case <-m.due:
				m.write()
			default:
			}
			return
		}
		m.write()
		again.Reset(retry)
	}
}

func (m *Mirror) write() {
	problem := ""
	if l := m.Layout(); l.Folder != "" {
		if err := Write(l, m.Live(), m.Adopt); err != nil {
			problem = fault.Sentence(err.Error())
		} else {
			m.Adopt = false
		}
	}
	m.mu.Lock()
	was := m.problem
	m.problem = problem
	m.mu.Unlock()
	if problem == was {
		return
	}
	if problem != "" {
		m.Log.Error("the flow files are not as what is live", "why", problem)
	}
	m.Changed()
}

func (m *Mirror) failing() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.problem
}

// Finding is how the files are, for the health.
func (m *Mirror) Finding() system.Finding {
	switch problem := m.failing(); {
	case m.Layout().Folder == "":
		return system.Finding{Absent: true}
	case problem != "":
		return system.Finding{Condition: system.Warning, Reason: "The flow files are not as what is live. " + problem}
	}
	return system.Finding{Reason: "Each deploy writes the flow files as well."}
}
