package system

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"ecoflow/app/event"
	"ecoflow/app/fault"
)

// Condition says how a part is.
type Condition string

// The conditions, the better before the worse.
const (
	OK      Condition = "ok"
	Warning Condition = "warning" // it works, and somebody should look
	Failed  Condition = "failed"  // it does not work
)

func (c Condition) rank() int {
	switch c {
	case OK:
		return 0
	case Warning:
		return 1
	}
	return 2
}

// Finding is what a look at a part found. The zero Finding is a sound part.
type Finding struct {
	Condition Condition // "" is OK
	// Reason is how the part is: what is wrong and what to do about it, in a
	// sentence or two.
	Reason string
	// Trouble, when set, is the code of the bar above every page that says Reason.
	Trouble string
	// Names of what it concerns, for those who may know them.
	Names string
	// Absent says that there is nothing to look at right now: the part is not listed.
	Absent bool
}

// Part is something of the product that can go wrong.
type Part struct {
	Name string
	// Look says how the part is. It changes nothing and is quick; whatever it waits
	// for ends with the context.
	Look func(context.Context) Finding
}

// PartHealth is how a part is.
type PartHealth struct {
	Part      string    `json:"part"`
	Condition Condition `json:"state" enum:"ok,warning,failed"`
	Reason    string    `json:"reason" doc:"How the part is, what is wrong and what to do."`
	Since     time.Time `json:"since" doc:"When it came to be so."`

	trouble string
	names   string
}

// HealthReport is how the product is, part by part.
type HealthReport struct {
	Condition Condition    `json:"state" enum:"ok,warning,failed" doc:"Of the part that is worst."`
	Parts     []PartHealth `json:"parts"`
}

const (
	lookTime  = 3 * time.Second  // a part that has not answered by then has failed
	calmStep  = 5 * time.Minute  // between looks while all is well
	waryStep  = 10 * time.Second // and while something is not
	nudgeStep = time.Second      // between looks, however often something happens
)

// Health looks after the parts. It looks when it is asked, soon after somebody
// says that something happened, and now and then; it polls nothing while all is
// well.
type Health struct {
	log    *slog.Logger
	events *event.Stream
	state  func() State
	parts  []*watched
	nudged chan struct{}

	mu   sync.Mutex // one look at a time
	told bool       // of the first look, which is no change
}

// watched is a part with what is known of it.
type watched struct {
	Part
	now  PartHealth
	busy chan Finding // of a look that is late; it is not begun anew meanwhile
}

// NewHealth returns the health of the parts, in the order in which they are shown.
func NewHealth(log *slog.Logger, events *event.Stream, state func() State, parts []Part) *Health {
	h := &Health{log: log, events: events, state: state, nudged: make(chan struct{}, 1)}
	for _, p := range parts {
		h.parts = append(h.parts, &watched{Part: p})
	}
	return h
}

// Nudge says that something happened which may have changed how a part is. It
// never waits.
func (h *Health) Nudge() {
	select {
	case h.nudged <- struct{}{}:
	default: // a look is due already
	}
}

// Watch looks until stop is closed.
func (h *Health) Watch(stop <-chan struct{}) {
	due := time.NewTimer(0)
	defer due.Stop()
	for {
		select {
		case <-stop:
			return
		case <-h.nudged:
		case <-due.C:
		}
		step := calmStep
		if h.Look(context.Background()).Condition != OK {
			step = waryStep
		}
		due.Reset(step)
		pause := time.NewTimer(nudgeStep)
		select {
		case <-stop:
			pause.Stop()
			return
		case <-pause.C:
		}
	}
}

// Look looks at every part and returns how they are. What changed since the look
// before goes out as events: of each part to those who may see it, and the state of
// the server to everybody when what the bars say has changed.
func (h *Health) Look(ctx context.Context) HealthReport {
	h.mu.Lock()
	defer h.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lookTime)
	defer cancel()
	for _, p := range h.parts {
		h.begin(ctx, p)
	}
	report := HealthReport{Condition: OK, Parts: make([]PartHealth, 0, len(h.parts))}
	now := time.Now().UTC().Truncate(time.Millisecond)
	bars := false
	for _, p := range h.parts {
		next := PartHealth{Part: p.Name, Since: p.now.Since}
		f := p.await(ctx)
		next.Condition, next.Reason, next.trouble = f.Condition, f.Reason, f.Trouble
		next.names = f.Names
		if next.Condition == "" {
			next.Condition = OK
		}
		changed := next.Condition != p.now.Condition
		if changed {
			next.Since = now
		}
		bars = bars || next.trouble != p.now.trouble || next.trouble != "" && next.Reason != p.now.Reason
		p.now = next
		if changed && (h.told || next.Condition != OK) {
			h.tell(next)
		}
		if next.Condition.rank() > report.Condition.rank() {
			report.Condition = next.Condition
		}
		if !f.Absent {
			report.Parts = append(report.Parts, next)
		}
	}
	if bars && h.told {
		h.events.Publish(event.Server, map[string]any{"state": h.state()})
	}
	h.told = true
	return report
}

// Troubles lists what the bars above every page say.
func (r HealthReport) Troubles() []Trouble {
	list := []Trouble{}
	for _, p := range r.Parts {
		if p.trouble != "" {
			list = append(list, Trouble{Code: p.trouble, Message: p.Reason, Names: p.names})
		}
	}
	return list
}

// tell says that a part is not as it was.
func (h *Health) tell(p PartHealth) {
	level := slog.LevelInfo
	switch p.Condition {
	case Warning:
		level = slog.LevelWarn
	case Failed:
		level = slog.LevelError
	}
	h.log.Log(context.Background(), level, "health", "part", p.Part, "state", string(p.Condition), "reason", p.Reason)
	h.events.Publish(event.Health, p)
}

// begin starts a look at a part, unless the one before is still under way.
func (h *Health) begin(ctx context.Context, p *watched) {
	if p.busy != nil {
		return
	}
	found := make(chan Finding, 1)
	p.busy = found
	fault.Go(h.log, "health of "+p.Name, func() {
		f := Finding{Condition: Failed, Reason: "It could not be looked at; the log has the details."}
		defer func() { found <- f }()
		f = p.Look(ctx)
	})
}

// await returns what the look found; one that takes too long has found a failure.
func (p *watched) await(ctx context.Context) Finding {
	select {
	case f := <-p.busy:
		p.busy = nil
		return f
	default:
	}
	select {
	case f := <-p.busy:
		p.busy = nil
		return f
	case <-ctx.Done():
		return Finding{Condition: Failed, Reason: "It does not answer: whoever looks at it has waited for " + lookTime.String() + "."}
	}
}
