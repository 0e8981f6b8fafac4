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
	HashesWaiting     = 64
	EnvVars           = 1000
	EnvNameBytes      = 128
	EnvValueBytes     = 64 << 10
)

// Counters counts refusals by limit. The zero value is ready.
type Counters struct {
	mu sync.Mutex
	n  map[string]uint64
}

// Refused counts one refusal of the named limit.
func (c *Counters) Refused(name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.n == nil {
		c.n = map[string]uint64{}
	}
	c.n[name]++
}

// Snapshot returns the counts so far.
func (c *Counters) Snapshot() map[string]uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := make(map[string]uint64, len(c.n))
	for k, v := range c.n {
		out[k] = v
	}
	return out
}
