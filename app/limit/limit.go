// Package limit holds every bound on what comes from outside, in one place, and
// counts how often each one refused something.
package limit

import (
	"sync"
	"time"
)

// Sizes are in bytes unless the name says otherwise. Those that the
// configuration may change are the defaults of its limits.* keys.
const (
	HeaderBytes       = 32 << 10
	HeaderFields      = 100
	HeaderTime        = 5 * time.Second
	ManagementBody    = 1 << 20
	FlowsBody         = 10 << 20 // deploy, drafts and flow import
	ManagementDepth   = 100
	APIBody           = 10 << 20
	APIDepth          = 500
	FormFields        = 1000
	MultipartParts    = 100
	QueryPairs        = 1000
	SlowestUpload     = 1 << 10 // bytes per second …
	SlowUploadTime    = 30 * time.Second
	Connections       = 10_000
	ReservedManaging  = 32 // connections kept for the management side
	IdleTime          = 60 * time.Second
	RunsAtOnce        = 2000
	RunTime           = 30 * time.Second
	RunsRecorded      = 500 // in a second
	ScriptTime        = time.Second
	ScriptDepth       = 2000 // recursion
	ScriptNesting     = 1000 // brackets in source and in JSON
	TemplateBytes     = 8 << 10
	TemplateNodes     = 1000
	TemplateTime      = 100 * time.Millisecond
	TemplateMemory    = 64 << 20 // made in one evaluation
	StreamsPerSession = 20
	Streams           = 200
	StreamBacklog     = 1 << 20
	StreamEvents      = 1024 // events on their way to one stream
	PageRows          = 1000
	FlowNameRunes     = 80
	HashesAtOnce      = 4
	HashesWaiting     = 64
	EnvVars           = 1000
	EnvNameBytes      = 128
	EnvValueBytes     = 64 << 10
	EnvNoteRunes      = 500
)

// Rows is how many rows a page holds at most: as many as were asked for, within
// PageRows.
func Rows(asked int) int { return min(max(asked, 1), PageRows) }

// Recently is how far back Recent looks.
const Recently = 5 * time.Minute

// Counters counts refusals by limit. The zero value is ready.
type Counters struct {
	mu    sync.Mutex
	n     map[string]*count
	heard func()
}

// count is how often one limit refused something: in all, and by the minute.
type count struct {
	all     uint64
	minutes [Recently / time.Minute]uint64
	last    int64 // the minute that was counted last
}

// in returns the place of the minute, after those in between are emptied.
func (n *count) in(minute int64) *uint64 {
	for ; n.last < minute && minute-n.last <= int64(len(n.minutes)); n.last++ {
		n.minutes[(n.last+1)%int64(len(n.minutes))] = 0
	}
	if minute-n.last > int64(len(n.minutes)) || minute < n.last { // long ago, or the clock was set back
		n.minutes, n.last = [len(n.minutes)]uint64{}, minute
	}
	return &n.minutes[minute%int64(len(n.minutes))]
}

// Watch has fn called after each refusal. It must not wait. It replaces the one
// before.
func (c *Counters) Watch(fn func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.heard = fn
}

// Refused counts one refusal of the named limit.
func (c *Counters) Refused(name string) {
	minute := time.Now().Unix() / 60
	c.mu.Lock()
	if c.n == nil {
		c.n = map[string]*count{}
	}
	n := c.n[name]
	if n == nil {
		n = &count{last: minute}
		c.n[name] = n
	}
	n.all++
	*n.in(minute)++
	heard := c.heard
	c.mu.Unlock()
	if heard != nil {
		heard()
	}
}

// Snapshot returns the counts so far.
func (c *Counters) Snapshot() map[string]uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := make(map[string]uint64, len(c.n))
	for name, n := range c.n {
		out[name] = n.all
	}
	return out
}

// Recent returns the counts of the last minutes, of the limits that refused
// something then.
func (c *Counters) Recent() map[string]uint64 {
	minute := time.Now().Unix() / 60
	c.mu.Lock()
	defer c.mu.Unlock()
	out := map[string]uint64{}
	for name, n := range c.n {
		n.in(minute)
		sum := uint64(0)
		for _, m := range n.minutes {
			sum += m
		}
		if sum > 0 {
			out[name] = sum
		}
	}
	return out
}
