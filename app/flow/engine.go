package flow

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"ecoflow/app/event"
	"ecoflow/app/fault"
	"ecoflow/app/limit"
	"ecoflow/app/node"
	"ecoflow/app/trace"
)

// Mode says which flows a deployment replaces.
type Mode string

// The modes of endpoint 70.
const (
	All     Mode = "all"     // these flows and no others
	One     Mode = "flow"    // these flows; the others stay as they are live
	Restart Mode = "restart" // what is live, built anew
)

// Deployment is all flows as they went live at one moment.
type Deployment struct {
	Number int64 // grows by one; 0 before the first
	At     time.Time
	Author string
	Note   string
	Mode   Mode
	// Restored is the number of the deployment that this one brought back, 0 when
	// it brought back none.
	Restored int64
	Flows    Document
}

// Store keeps deployments.
type Store interface {
	// LiveDeployment returns what is live, nil before the first deployment.
	LiveDeployment(ctx context.Context) (*Deployment, error)
	// AddDeployment stores a deployment as the live one, in one transaction, and
	// returns its number.
	AddDeployment(ctx context.Context, d Deployment) (number int64, err error)
}

// CORS is what the deployed API tells browsers about other origins. The zero
// CORS sends nothing.
type CORS struct {
	Enabled       bool
	Origins       []string // "https://shop.example", exactly; "*" is any
	Methods       []string
	AllowHeaders  []string
	ExposeHeaders []string
	MaxAge        time.Duration
	Credentials   bool
	KeepOnError   bool // a failure can be read as well
	SecureContext bool // pages are isolated from those of other origins
	PrivateAccess bool // pages of the public internet may call into a private network
}

// Settings are the parts of the configuration that the engine follows.
type Settings struct {
	Prefix    string   // of every route: "/api"
	Methods   []string // that routes may have
	Sensitive bool     // case counts in paths
	Strict    bool     // a trailing slash counts
	Host      string   // that requests have to name; "" is any
	Path      string   // that every request is matched by, with the prefix or without; "" is its own
	CORS      CORS

	RunTime time.Duration // the longest a run may take
	// TemplateTime is the longest one template may take; 0 is limit.TemplateTime.
	TemplateTime time.Duration
	Body         int64 // the largest body, in bytes
	RunsAtOnce   int64
	ShowErrors   bool // a failing node's own sentence goes to the caller (decision 21)
}

// DefaultSettings are the settings of a fresh installation.
func DefaultSettings() Settings {
	return Settings{
		Prefix:  "/api",
		Methods: []string{http.MethodGet, http.MethodPut, http.MethodPost, http.MethodDelete, http.MethodPatch},
		Strict:  true,
		RunTime: limit.RunTime, Body: limit.APIBody, RunsAtOnce: limit.RunsAtOnce,
	}
}

// Variables are the environment variables that a run may read. They do not change.
type Variables interface {
	// Lookup returns the value of a variable, whatever the case of the name.
	Lookup(name string) (value string, ok bool)
	// Mask returns the text with the values of secret variables masked.
	Mask(text string) string
}

// Options is what an Engine depends on.
type Options struct {
	Log     *slog.Logger
	Library *node.Library
	Store   Store
	// Env returns the variables that flows may see, as they are at that moment.
	// Each run asks once, so that it never sees half of a change.
	Env    func() Variables
	Events *event.Stream
	Limits *limit.Counters
	// Settings is asked at every deploy and Reload.
	Settings func() Settings
	// Emitted, when set, hears every event that flows emit; it must not wait.
	Emitted func(channel string, args []any)
	// ReservedCookies are the names that flows may not set.
	ReservedCookies []string
	// Swapped, when set, is called after another Program went live; it must not wait.
	Swapped func()
	// Recorder, when set, is asked at each run of a flow for what records it; a nil
	// Recorder records nothing. Test runs bring their own.
	Recorder func(flow, runID string) trace.Recorder
	// Recorded, when set, is told of each run that a Recorder was given for, after
	// its end; it must not wait.
	Recorded func(trace.Run, trace.Recorder)
	// Idle keeps the live deployment and runs none of it: safe mode. What is
	// deployed is checked and stored as ever.
	Idle bool
}

// Engine serves the live Program and replaces it. All methods may be called
// concurrently.
type Engine struct {
	log      *slog.Logger
	library  *node.Library
	store    Store
	env      func() Variables
	events   *event.Stream
	limits   *limit.Counters
	settings func() Settings
	emitted  func(string, []any)
	reserved []string
	recorder func(flow, runID string) trace.Recorder
	recorded func(trace.Run, trace.Recorder)
	swapped  func()
	idle     bool

	live    atomic.Pointer[live]
	running atomic.Int64

	mu       sync.Mutex // held while the live Program is replaced
	closed   bool
	draining sync.WaitGroup

	console console
	idBase  string
	idNext  atomic.Uint64
}

// live is a Program with the deployment that it was made of.
type live struct {
	*Program
	deployment Deployment
}

// New returns an engine that serves nothing yet. Close ends it.
func New(o Options) *Engine {
	e := &Engine{
		log: o.Log, library: o.Library, store: o.Store, env: o.Env, events: o.Events, limits: o.Limits,
		settings: o.Settings, emitted: o.Emitted, reserved: o.ReservedCookies, recorder: o.Recorder, recorded: o.Recorded, swapped: o.Swapped, idle: o.Idle,
		idBase: rand.Text()[:10] + "-",
	}
	p, _ := e.compile(Document{}, false)
	e.live.Store(&live{Program: p, deployment: Deployment{Flows: Document{}}})
	return e
}

// DeployRequest is what a deployment is asked to be.
type DeployRequest struct {
	Flows  Document
	Mode   Mode // "" is All
	Note   string
	Base   int64 // the deployment the caller saw; 0 is not checked
	Author string
	// Remove, with the mode One, names live flows to take off.
	Remove []string
	// Drafts names flows that are there and could be deployed as well.
	Drafts []string
	// Restored is the number of the deployment that is brought back.
	Restored int64
}

// Deployed is what became of a DeployRequest.
type Deployed struct {
	Number   int64
	At       time.Time
	Routes   []RouteInfo
	Warnings []Problem
}

// Deploy checks the flows, compiles them, stores the deployment and makes it the
// live one; requests that are running finish on the Program they started on.
// Whatever fails, what was live stays so. The error is a fault that lists every
// problem: 409 for duplicate routes and a Base that is no longer live, 422
// otherwise.
func (e *Engine) Deploy(ctx context.Context, d DeployRequest) (*Deployed, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return nil, fault.New(fault.Unavailable, "The server is stopping.")
	}
	was := e.live.Load().deployment
	if d.Base != 0 && d.Base != was.Number {
		f := fault.New(fault.Conflict, "Another deployment went live in the meantime (number %d).", was.Number)
		return nil, f.WithCode("deployment_superseded")
	}
	next := Deployment{At: time.Now().UTC().Truncate(time.Millisecond), Author: d.Author, Note: d.Note, Mode: d.Mode, Restored: d.Restored}
	switch d.Mode {
	case "", All:
		next.Mode, next.Flows = All, d.Flows
	case One:
		next.Flows = was.Flows.Without(d.Remove).Merge(d.Flows)
	case Restart:
		next.Flows = was.Flows
	default:
		return nil, fault.New(fault.Invalid, "The mode is none of all, flow and restart.").At("mode", "is none of all, flow and restart.")
	}
	if len(d.Flows)+len(d.Remove) == 0 && d.Mode != Restart {
		return nil, fault.New(fault.Invalid, "There are no flows to deploy.").WithCode("no_flows").At("flowconfigurations", "is empty.")
	}
	c := e.compiler(next.Flows, false)
	c.drafts = d.Drafts
	p, problems := c.compile()
	if err := refusal(problems); err != nil {
		e.publish(Announcement{Refused: true, Problems: problems})
		return nil, err
	}
	number, err := e.store.AddDeployment(ctx, next)
	if err != nil {
		p.close() //nolint:errcheck // nothing ran, so nothing can be lost
		return nil, err
	}
	next.Number = number
	e.swap(p, next)
	e.log.InfoContext(ctx, "flows deployed", "number", number, "flows", len(next.Flows), "routes", len(p.routes))
	return &Deployed{Number: number, At: next.At, Routes: p.routeInfos(), Warnings: problems}, nil
}

// Announcement is the data of a deploy event.
type Announcement struct {
	Number   int64     `json:"number,omitempty"`
	At       time.Time `json:"at,omitzero"`
	Author   string    `json:"author,omitempty"`
	Note     string    `json:"note,omitempty"`
	Refused  bool      `json:"refused,omitempty"`
	Problems []Problem `json:"problems,omitempty"`
}

func (e *Engine) publish(a Announcement) { e.events.Publish(event.Deploy, a) }

// swap makes the Program live, drains the one before and says so. The caller
// holds mu.
func (e *Engine) swap(p *Program, d Deployment) {
	e.replace(p, d)
	e.publish(Announcement{Number: d.Number, At: d.At, Author: d.Author, Note: d.Note, Problems: p.problems})
	if e.swapped != nil {
		e.swapped()
	}
}

func (e *Engine) replace(p *Program, d Deployment) {
	if e.idle {
		p.close() //nolint:errcheck // nothing ran, so nothing can be lost
		p, _ = e.compile(Document{}, false)
	}
	old := e.live.Swap(&live{Program: p, deployment: d})
	drained := old.drain()
	e.draining.Add(1)
	fault.Go(e.log, "drain", func() {
		defer e.draining.Done()
		<-drained
		if err := old.close(); err != nil {
			e.log.Error("old program not closed", "error", err)
		}
	})
}

// Restore makes the stored live deployment live at start, without a new one. Of
// flows that no longer compile (a package is gone), the routes concerned answer
// 503 and the others work; the error then says what is wrong, and the engine
// serves.
func (e *Engine) Restore(ctx context.Context) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	d, err := e.store.LiveDeployment(ctx)
	if err != nil || d == nil {
		return err
	}
	return e.rebuild(*d)
}

// Reload builds the live deployment anew, after settings or packages changed. Its
// error is that of Restore.
func (e *Engine) Reload(context.Context) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.rebuild(e.live.Load().deployment)
}

func (e *Engine) rebuild(d Deployment) error {
	flows := d.Flows
	if e.idle { // not even compiled: that may be what has to be repaired
		flows = Document{}
	}
	p, problems := e.compile(flows, true)
	e.swap(p, d)
	return refusal(problems)
}

// Check returns everything that is wrong with the flows, errors before warnings. An
// engine that runs nothing only says that it does not look: what is prepared there may
// be what kills the process, and a deploy looks in any case.
func (e *Engine) Check(flows Document) []Problem {
	if e.idle {
		var problems []Problem
		for _, name := range flows.Names() {
			problems = append(problems, Problem{Flow: name, Code: "unchecked", Warning: true, Message: "In safe mode a flow is checked when it is deployed."})
		}
		return problems
	}
	p, problems := e.compile(flows, false)
	if p != nil {
		p.close() //nolint:errcheck // nothing ran, so nothing can be lost
	}
	return problems
}

// Mask returns the text with the values of secret variables masked, as they are now.
func (e *Engine) Mask(text string) string { return e.env().Mask(text) }

// Problems returns what keeps parts of the live deployment from working.
func (e *Engine) Problems() []Problem {
	return slices.DeleteFunc(slices.Clone(e.live.Load().problems), func(p Problem) bool { return p.Warning })
}

// Running returns how many runs are under way.
func (e *Engine) Running() int64 { return e.running.Load() }

// Live returns the deployment that is live; its Number is 0 before the first.
func (e *Engine) Live() Deployment { return e.live.Load().deployment }

// RouteInfo describes one route of the live Program.
type RouteInfo struct {
	Method  string   `json:"method"`
	Pattern string   `json:"pattern"` // with the prefix: "/api/users/:id"
	Params  []string `json:"params,omitempty"`
	Flow    string   `json:"flow"`
	NodeID  string   `json:"nodeID"`
	Label   string   `json:"label"`
}

// Routes lists the routes of the live Program in the order of their patterns.
func (e *Engine) Routes() []RouteInfo { return e.live.Load().routeInfos() }

func (p *Program) routeInfos() []RouteInfo {
	list := make([]RouteInfo, 0, len(p.routes))
	for _, r := range p.routes {
		list = append(list, RouteInfo{Method: r.method, Pattern: r.pattern, Params: r.names, Flow: r.entry.flow, NodeID: r.entry.id, Label: r.entry.label})
	}
	slices.SortFunc(list, func(a, b RouteInfo) int {
		if c := strings.Compare(a.Pattern, b.Pattern); c != 0 {
			return c
		}
		return strings.Compare(a.Method, b.Method)
	})
	return list
}

// Serves reports whether the live Program has a route for the request's path,
// whatever its method, or describes itself there.
func (e *Engine) Serves(r *http.Request) bool {
	p := e.live.Load().Program
	var room [8]node.Param
	rt, _ := p.router.match(r.Host, r.URL, r.Method, room[:0])
	return rt != nil || p.isOpenAPI(r) || len(p.router.routesAt(r.Host, r.URL)) > 0
}

// current returns the live Program, taking part in it; the caller releases it.
func (e *Engine) current() *Program {
	for {
		if p := e.live.Load().Program; p.acquire() {
			return p
		}
	}
}

// ServeHTTP answers a request to the deployed API.
func (e *Engine) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p := e.current()
	defer p.release()
	e.serve(p, w, r, nil)
}

// Prefix returns what stands before every route: "/api", or "" where nothing does.
func (e *Engine) Prefix() string { return normalPrefix(e.settings().Prefix) }

// A testing is what a run of a test has beside an ordinary one.
type testing struct {
	recorder trace.Recorder
	pinned   map[string]map[string]any
	shows    func(DebugMessage)
	runID    string   // of the run that was made
	failure  *failure // of that run
	broken   bool     // the route cannot work: no run was made
}

// A RouteHearer is a writer of answers that is told which route gives one.
type RouteHearer interface {
	HearRoute(method, pattern string)
}

func (e *Engine) serve(p *Program, w http.ResponseWriter, r *http.Request, t *testing) {
	if p.settings.CORS.Enabled && p.settings.CORS.answer(w, r) {
		return
	}
	var room [8]node.Param
	rt, params := p.router.match(r.Host, r.URL, r.Method, room[:0])
	if (rt == nil || len(rt.names) > 0) && p.isOpenAPI(r) {
		p.serveOpenAPI(w, r)
		return
	}
	if rt == nil {
		e.unmatched(p, w, r)
		return
	}
	if hearer, ok := w.(RouteHearer); ok {
		hearer.HearRoute(rt.method, rt.pattern)
	}
	e.answer(p, rt, params, w, r, t)
}

// unmatched answers a request that no route is for: what its path does answer, or
// that there is nothing.
func (e *Engine) unmatched(p *Program, w http.ResponseWriter, r *http.Request) {
	routes := p.router.routesAt(r.Host, r.URL)
	_, isWithin := p.router.within(r.URL.Path)
	var f *fault.Fault
	switch {
	case len(routes) == 0 && isWithin && p.router.fixed != "":
		f = fault.New(fault.NotFound, "There is no route %s, by which every request is matched.", p.router.prefix+p.router.fixed).WithCode("unknown_route")
	case len(routes) == 0:
		f = fault.New(fault.NotFound, "There is no route %s.", r.URL.Path).WithCode("unknown_route")
	case r.Method == http.MethodOptions:
		w.Header().Set("Allow", strings.Join(allowed(routes), ", "))
		w.Header()["X-Content-Type-Options"] = nosniff
		w.WriteHeader(http.StatusOK)
		return
	default:
		f = fault.New(fault.MethodNotAllowed, "The route %s does not answer %s.", r.URL.Path, r.Method)
		f.Allow = allowed(routes)
	}
	refuse(w, f, e.runID(r.Context()), &p.settings.CORS)
}

// retryAfter is when a client that was refused for load may come again.
const retryAfter = time.Second

func (e *Engine) answer(p *Program, rt *route, params node.Params, w http.ResponseWriter, r *http.Request, t *testing) {
	ctx := r.Context()
	if n := e.running.Add(1); n > p.settings.RunsAtOnce {
		e.running.Add(-1)
		e.limits.Refused("runs")
		f := fault.New(fault.Unavailable, "Too many requests are running at once.").WithCode("too_many_runs").After(retryAfter)
		refuse(w, f, e.runID(ctx), &p.settings.CORS)
		return
	}
	defer e.running.Add(-1)
	x := e.newRun(ctx, p, rt.entry)
	defer x.end()
	switch {
	case rt.entry.broken == nil:
	case t != nil:
		t.broken = true
		return
	default:
		e.log.ErrorContext(ctx, "broken route called", "run", x.ID, "flow", rt.entry.flow, "problem", rt.entry.broken.Message)
		f := fault.New(fault.Unavailable, "This route cannot work at the moment.").WithCode("route_broken")
		if x.detailed() {
			f.Message = rt.entry.broken.Message
		}
		x.refuse(w, f)
		return
	}
	if strings.Count(r.URL.RawQuery, "&") >= limit.QueryPairs {
		e.limits.Refused("query")
		x.refuse(w, fault.New(fault.Malformed, "A query may have %d pairs at most.", limit.QueryPairs).WithCode("too_many_pairs"))
		return
	}
	raw, msg, err := readBody(w, r, p.settings.Body)
	if err != nil {
		if f, ok := fault.As(err); ok {
			e.limits.Refused(f.Code)
			x.refuse(w, f)
		}
		return
	}
	in := &x.inbound
	in.Method, in.Path, in.Pattern, in.Header, in.Host, in.Body, in.URL = r.Method, r.URL.Path, rt.pattern, r.Header, r.Host, raw, r.URL
	in.IP = r.RemoteAddr
	if host, _, err := net.SplitHostPort(r.RemoteAddr); err == nil {
		in.IP = host
	}
	if len(rt.names) > 0 {
		in.Params = make(node.Params, len(rt.names))
		for i, name := range rt.names {
			in.Params[i] = node.Param{Name: name, Value: params[i].Value}
		}
	}
	x.Request = in
	x.first.Payload = node.NewPayload(msg)
	if t != nil {
		x.testing(t, rt.entry)
	} else {
		x.enter(rt.entry, &x.first, trace.Passed)
	}
	_, err = x.through(rt.entry.graph, &x.first, false)
	x.answer(w, rt.entry.graph, err)
	if t != nil {
		t.failure = x.failure
	}
	if err != nil { // an answer that waits for no step that is still busy
		http.NewResponseController(w).Flush() //nolint:errcheck // a writer without Flush answers when the steps are done
	}
}

// newRun returns a run that is about to start at an entry.
func (e *Engine) newRun(ctx context.Context, p *Program, at *entry) *run {
	x := &run{engine: e, program: p, env: e.env()}
	x.ID, x.Start, x.Flow, x.Log, x.Host = e.runID(ctx), time.Now(), at.flow, e.log, x
	x.ctx.parent, x.ctx.deadline = ctx, x.Start.Add(p.settings.RunTime)
	x.first.Run, x.TemplateTime = &x.Run, p.settings.TemplateTime
	if e.recorder != nil {
		x.recorder = e.recorder(x.Flow, x.ID)
	}
	return x
}

// runID is the id of the request that the context serves, else a new one.
func (e *Engine) runID(ctx context.Context) string {
	if id := fault.Request(ctx); id != "" {
		return id
	}
	var room [40]byte
	return string(strconv.AppendUint(append(room[:0], e.idBase...), e.idNext.Add(1), 36))
}

// Emit starts the runs of the live Program's listeners on a channel.
func (e *Engine) Emit(_ context.Context, channel string, args ...any) {
	p := e.current()
	defer p.release()
	e.deliver(p, 0, false, channel, args)
}

// maxHops bounds events that cause events.
const maxHops = 32

// emit hands an event of a run on: out of the process, unless the run is isolated,
// and to the Program's own listeners.
func (e *Engine) emit(p *Program, hops int, isolated bool, channel string, args []any) {
	if e.emitted != nil && !isolated {
		e.emitted(channel, args)
	}
	e.deliver(p, hops, isolated, channel, args)
}

// deliver starts the runs of a Program's listeners beside the caller.
func (e *Engine) deliver(p *Program, hops int, isolated bool, channel string, args []any) {
	if hops > maxHops {
		e.log.Error("events cause each other without end", "channel", channel)
		e.limits.Refused("events")
		return
	}
	for _, l := range p.listeners[channel] {
		e.hear(p, l, hops, isolated, args)
	}
	for _, l := range p.anything {
		e.hear(p, l, hops, isolated, append([]any{channel}, args...))
	}
}

// hear starts one listener's run.
func (e *Engine) hear(p *Program, l *entry, hops int, isolated bool, args []any) {
	if l.broken != nil || l.sub.Once && !l.fired.CompareAndSwap(false, true) {
		return
	}
	if n := e.running.Add(1); n > p.settings.RunsAtOnce {
		e.running.Add(-1)
		e.limits.Refused("runs")
		e.log.Warn("event dropped, too many runs at once", "flow", l.flow, "node", l.id)
		return
	}
	p.runs.Add(1) // the caller takes part, so this one may too
	fault.Go(e.log, "event", func() {
		defer p.release()
		defer e.running.Add(-1)
		x := e.newRun(context.Background(), p, l)
		defer x.end()
		if x.hops, x.isolated = hops, isolated; isolated {
			x.recorder = nil
		}
		x.first.Payload = eventPayload(args)
		x.enter(l, &x.first, trace.Passed)
		_, err := x.through(l.graph, &x.first, false)
		if err != nil && !errors.Is(err, context.Canceled) {
			e.log.Error("event run ended", "run", x.ID, "flow", l.flow, "node", l.id, "error", err)
		}
	})
}

// Close lets the runs in flight finish, until the context ends, and closes what
// their nodes hold.
func (e *Engine) Close(ctx context.Context) error {
	e.mu.Lock()
	if !e.closed {
		e.closed = true
		p, _ := e.compile(Document{}, false)
		e.replace(p, e.live.Load().deployment)
	}
	e.mu.Unlock()
	done := make(chan struct{})
	fault.Go(e.log, "close engine", func() {
		defer close(done)
		e.draining.Wait()
	})
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
