package endpoint

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/mux"

	"ecoflow/app/audit"
	"ecoflow/app/auth"
	"ecoflow/app/fault"
	"ecoflow/app/limit"
)

// Prefix is where the system API lives. It is not configurable.
const Prefix = "/systemApi"

// Options is what a Set needs from the product.
type Options struct {
	Log    *slog.Logger
	Limits *limit.Counters
	// Record stores an audit entry by a write of its own: of what was refused, of
	// what failed, and of an act that changed nothing in storage.
	Record func(context.Context, *audit.Entry) error
	// SetSession sets the browser's session cookie; see SessionChanger.
	SetSession func(w http.ResponseWriter, r *http.Request, id string) error
}

// Set serves endpoints under Prefix. It is immutable and safe for concurrent use.
type Set struct {
	Options
	endpoints []Endpoint
	router    *mux.Router
	strangers strangers
	readers   readers
}

// NewSet returns the handler of the endpoints. It panics when two share an ID or
// a route.
func NewSet(o Options, endpoints []Endpoint) *Set {
	s := &Set{Options: o, endpoints: endpoints}
	ids := map[string]bool{}
	routes := map[string]methods{}
	named := map[string]string{} // pattern without its parameters' names → with them
	for _, e := range endpoints {
		if ids[e.ID] {
			panic(fmt.Sprintf("endpoint %q is declared twice", e.ID))
		}
		ids[e.ID] = true
		for _, path := range e.Paths {
			key := pattern(path)
			bare := placeholder.ReplaceAllString(path, "{}")
			if other, ok := named[bare]; ok && other != key {
				panic(fmt.Sprintf("endpoint %q: %s is declared with other parameter names elsewhere", e.ID, path))
			}
			named[bare] = key
			if routes[key] == nil {
				routes[key] = methods{}
			}
			if other, taken := routes[key][e.Method]; taken {
				panic(fmt.Sprintf("endpoints %q and %q share %s %s", other.ID, e.ID, e.Method, path))
			}
			routes[key][e.Method] = e
		}
	}
	s.router = mux.NewRouter().UseEncodedPath().SkipClean(true)
	// mux takes the first route that fits. Sorted, a fixed segment ("{-2:…") goes
	// before a parameter ("{name:…").
	bares := map[string]string{}
	for bare, key := range named {
		bares[key] = bare
	}
	for _, key := range slices.Sorted(maps.Keys(routes)) {
		wider := methods{}
		for bare, other := range named {
			if other != key && covers(bare, bares[key]) {
				maps.Copy(wider, routes[other])
			}
		}
		s.router.Handle(key, s.dispatch(routes[key])).MatcherFunc(routes[key].before(wider))
	}
	s.router.NotFoundHandler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		WriteFault(w, r, fault.New(fault.NotFound, "There is nothing at %s.", fault.Shown(r.URL.Path)).WithCode("unknown_endpoint"))
	})
	return s
}

// Endpoints lists what the set serves, in the order of declaration.
func (s *Set) Endpoints() []Endpoint { return s.endpoints }

// ServeHTTP answers one request. The actor and the request id ride in its context.
func (s *Set) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.router.ServeHTTP(w, r) }

// methods are the endpoints of one path.
type methods map[string]Endpoint

// get returns the endpoint of a request's method; HEAD is GET.
func (ms methods) get(r *http.Request) (Endpoint, bool) {
	if r.Method == http.MethodHead {
		e, ok := ms[http.MethodGet]
		return e, ok
	}
	e, ok := ms[r.Method]
	return e, ok
}

// before leaves to a wider path what only that one has: POST /drafts/check is a
// path of its own, and GET /drafts/check the draft that is called check.
func (ms methods) before(wider methods) mux.MatcherFunc {
	return func(r *http.Request, _ *mux.RouteMatch) bool {
		_, mine := ms.get(r)
		_, theirs := wider.get(r)
		return mine || !theirs
	}
}

// covers reports whether every path that fits narrow fits wide as well; in both,
// a parameter is {}.
func covers(wide, narrow string) bool {
	a, b := strings.Split(wide, "/"), strings.Split(narrow, "/")
	return slices.EqualFunc(a, b, func(w, n string) bool { return w == "{}" || strings.EqualFold(w, n) })
}

// pattern writes a path for mux: fixed segments in any case, parameters of one
// segment each, a trailing slash or none. It is matched against the path as it
// came, so that an encoded slash or dot never makes a segment.
func pattern(path string) string {
	var b strings.Builder
	for i, segment := range strings.Split((Prefix + path)[1:], "/") {
		if name, ok := strings.CutPrefix(segment, "{"); ok {
			fmt.Fprintf(&b, "/{%s:[^/]+}", strings.TrimSuffix(name, "}"))
		} else {
			fmt.Fprintf(&b, "/{-%d:(?i)%s}", i, strings.ReplaceAll(strings.ToLower(segment), ".", `\.`))
		}
	}
	b.WriteString("{-:/?}")
	return b.String()
}

// dispatch chooses among the methods of a path.
func (s *Set) dispatch(ms methods) http.Handler {
	allow := []string{http.MethodOptions}
	for method := range ms {
		allow = append(allow, method)
	}
	if _, ok := ms[http.MethodGet]; ok {
		allow = append(allow, http.MethodHead)
	}
	slices.Sort(allow)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if e, ok := ms.get(r); ok {
			s.serve(e, w, r)
			return
		}
		if r.Method == http.MethodOptions {
			for _, m := range allow {
				w.Header().Add("Allow", m)
			}
			writeSuccess(w, allow) //nolint:errcheck // a list of words encodes
			return
		}
		f := fault.New(fault.MethodNotAllowed, "%s is not possible here, only %s.", fault.Shown(r.Method), strings.Join(allow, ", "))
		f.Allow = allow
		WriteFault(w, r, f)
	})
}

// serve answers a request to an endpoint and sees to the audit entry.
func (s *Set) serve(e Endpoint, w http.ResponseWriter, r *http.Request) {
	ctx := r.Context()
	var entry *audit.Entry
	if e.Audit != "" {
		entry = e.entry(fault.Request(ctx))
		ctx = audit.WithEntry(ctx, entry)
	}
	err := s.attempt(ctx, e, entry, w, r)
	if err != nil {
		s.report(ctx, e, err)
	}
	if entry == nil && lacksRight(err) && s.readers.admit(auth.ActorFrom(ctx).UserID+" "+e.ID, time.Now()) {
		entry = e.entry(fault.Request(ctx))
		ctx = audit.WithEntry(ctx, entry)
	}
	if entry != nil && audit.EntryFrom(ctx) != nil {
		s.record(ctx, e, entry, err)
	}
	var told answered
	if err != nil && !errors.As(err, &told) {
		WriteFault(w, r, err)
	}
}

// SetupCodeHeader is where a setup code is sent.
const SetupCodeHeader = "X-Setup-Code"

// attempt is the way of a request through its declaration: permission, content
// type, decoding and checks, exact permission, the feature.
func (s *Set) attempt(ctx context.Context, e Endpoint, entry *audit.Entry, w http.ResponseWriter, r *http.Request) (err error) {
	defer func() {
		if p := recover(); p != nil {
			if p == http.ErrAbortHandler { //nolint:errorlint // a panic value is compared as it is
				panic(p)
			}
			fault.Panicked(s.Log, "request "+fault.Request(ctx), p)
			err = fault.New(fault.Internal, "panic")
		}
	}()
	actor := auth.ActorFrom(ctx)
	err = admit(e.Allow, actor)
	byCode := err != nil && e.SetupCode && r.Header.Get(SetupCodeHeader) != ""
	if err != nil && !byCode {
		return err
	}
	if e.Allow != auth.Public && !e.PasswordLater && !byCode {
		if err := auth.RequireOwnPassword(actor); err != nil {
			return err
		}
	}
	if e.NeedsSession {
		if err := auth.RequireSession(actor); err != nil {
			return err
		}
	}
	if !e.Safe() {
		if err := checkType(r); err != nil {
			return err
		}
	}
	req, err := e.request.decode(w, r, e.MaxBody)
	if err != nil {
		return err
	}
	if d, ok := e.Allow.(depending); ok {
		if err := admit(d.exact(req), actor); err != nil {
			return err
		}
	}
	if entry != nil {
		entry.Message = e.message.fill(reflect.ValueOf(req).Elem())
	}
	if r.Method == http.MethodHead && e.contentType != "application/json" {
		w.Header().Set("Content-Type", e.contentType)
		return nil
	}
	res, err := e.run(ctx, req, w)
	if err != nil || res == nil {
		return err
	}
	if c, ok := res.(SessionChanger); ok {
		if id, change := c.SessionCookie(); change {
			if err := s.SetSession(w, r, id); err != nil {
				return fmt.Errorf("set the session cookie: %w", err)
			}
		}
	}
	if e.takesRows() {
		entries, total, err := pick(w, r, res, e.Whole)
		if err != nil {
			return err
		}
		res = list{entries, total}
	}
	return writeSuccess(w, res)
}

// admit returns the refusal of an actor whom the rule does not admit.
func admit(rule auth.Rule, actor auth.Actor) error {
	if rule.Admits(actor) {
		return nil
	}
	if !actor.SignedIn() {
		return fault.New(fault.Unauthenticated, "Sign in first.")
	}
	names := rule.Names()
	f := fault.New(fault.Forbidden, "You do not have the right to do this; it needs %s.", strings.Join(names, " or ")).WithCode("missing_permission")
	f.Extra = map[string]any{missingKey: names}
	return f
}

// report logs what went wrong: our own mistakes in full, the caller's briefly.
func (s *Set) report(ctx context.Context, e Endpoint, err error) {
	f := public(err)
	switch {
	case f.Kind == fault.TooLarge || f.Kind == fault.TooMany:
		s.Limits.Refused(e.ID + " " + f.Code)
		fallthrough
	case f.Kind < 500 || ctx.Err() != nil:
		s.Log.DebugContext(ctx, "request refused", "endpoint", e.ID, "status", int(f.Kind), "code", f.Code, "request", fault.Request(ctx), "error", err)
	default:
		s.Log.ErrorContext(ctx, "request failed", "endpoint", e.ID, "status", int(f.Kind), "request", fault.Request(ctx), "error", err)
	}
}

// record stores the entry that no write of the feature took along. Strangers
// cannot fill the log: of what nobody in particular tried, a minute keeps sixty.
func (s *Set) record(ctx context.Context, e Endpoint, entry *audit.Entry, err error) {
	if err != nil {
		f := public(err)
		entry.Result, entry.Type = audit.Failed, "Error"
		if f.Kind == fault.Forbidden || f.Kind == fault.Unauthenticated {
			entry.Result, entry.Type = audit.Refused, "Warning"
		}
		entry.Message = e.Summary + ": " + f.Message
		if f.Code == "database_busy" { // the entry would wait as long, and in vain; the log has the failure
			return
		}
		if !auth.ActorFrom(ctx).SignedIn() && !s.strangers.admit(time.Now()) {
			s.Limits.Refused("audit of strangers")
			return
		}
	}
	if err := s.Record(context.WithoutCancel(ctx), entry); err != nil {
		s.Log.ErrorContext(ctx, "audit entry not stored", "action", entry.Action, "request", entry.RequestID, "error", err)
	}
}

// lacksRight reports whether a request was refused for want of a right.
func lacksRight(err error) bool {
	f, ok := fault.As(err)
	return ok && f.Kind == fault.Forbidden && f.Code == "missing_permission"
}

// readers notes who was refused to read what in this minute: once is on record, what
// a window asks again and again is not.
type readers struct {
	mu     sync.Mutex
	minute time.Time
	seen   map[string]bool
}

func (r *readers) admit(what string, now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if minute := now.Truncate(time.Minute); minute != r.minute {
		r.minute, r.seen = minute, map[string]bool{}
	}
	if r.seen[what] || len(r.seen) >= readersPerMinute {
		return false
	}
	r.seen[what] = true
	return true
}

// readersPerMinute bounds what readers notes.
const readersPerMinute = 1000

// strangersPerMinute bounds the audit entries of callers who are not signed in.
const strangersPerMinute = 60

// strangers counts entries by the minute.
type strangers struct {
	mu     sync.Mutex
	minute time.Time
	n      int
}

func (s *strangers) admit(now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if minute := now.Truncate(time.Minute); minute != s.minute {
		s.minute, s.n = minute, 0
	}
	s.n++
	return s.n <= strangersPerMinute
}
