// Package web is how the product is reached over HTTP: the checks that every
// request meets, the system API, the window, static files, and the way to what
// flows serve.
package web

import (
	"context"
	"crypto/rand"
	"log/slog"
	"net/http"
	"net/netip"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"ecoflow/app"
	"ecoflow/app/auth"
	"ecoflow/app/event"
	"ecoflow/app/fault"
	"ecoflow/app/limit"
	"ecoflow/app/traffic"
	"ecoflow/web/api"
	"ecoflow/web/endpoint"
	"ecoflow/web/ui"
)

// Options is what the front door needs beside the product.
type Options struct {
	// Hosts are the Host values that are ours.
	Hosts *Hosts
	// Proxies are the reverse proxies whose word about a caller counts.
	Proxies []netip.Prefix
	// Sessions read and write the session cookie.
	Sessions *Sessions
	// Static serves files of the user's under its prefix; nil serves none.
	Static *Static
	// Crowded reports whether only the management side may still take connections;
	// nil never does.
	Crowded func() bool
}

// Static is a folder of the user's whose files anybody may read.
type Static struct {
	Prefix string // "/public"
	Root   *os.Root
}

// server is the handler of everything that comes in.
type server struct {
	Options
	app        *app.App
	log        *slog.Logger
	management http.Handler
	window     http.Handler
	surface    atomic.Pointer[surface]
	recovering bool // the database cannot be used
}

// surface is what of the settings the handler follows.
type surface struct {
	hosts   *Hosts
	proxies []netip.Prefix
	static  *Static // nil serves none
	files   http.Handler
}

// Handler is the handler of everything that comes in.
type Handler struct{ *server }

// Follow has the handler go by other hosts, proxies and static files from the next
// request on.
func (h Handler) Follow(hosts *Hosts, proxies []netip.Prefix, static *Static) {
	h.follow(hosts, proxies, static)
}

func (s *server) follow(hosts *Hosts, proxies []netip.Prefix, static *Static) {
	next := &surface{hosts: hosts, proxies: proxies, static: static}
	if static != nil {
		next.files = staticFiles(static.Prefix, static.Root)
	}
	s.surface.Store(next)
}

// API returns the handler of an address that serves the deployed API and the static
// files and nothing else of ours: what they answer may run freely there.
func (h Handler) API() http.Handler {
	s := h.server
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := s.refuse(r); err != nil {
			s.fail(w, r, err)
			return
		}
		now := s.surface.Load()
		s.believe(r)
		switch {
		case now.serves(r.URL.Path):
			s.guarded(w, r, now.files, true)
		case s.app.Engine == nil:
			s.fail(w, r, fault.New(fault.Unavailable, "No flow runs right now.").WithCode("no_flows"))
		default:
			s.deployed(w, r, true)
		}
	})
}

// serves reports whether a path is that of a static file.
func (s *surface) serves(path string) bool {
	return s.static != nil && strings.HasPrefix(path, s.static.Prefix+"/")
}

// New returns the handler of the product. A request meets, in this order: header
// limits, Host allow-list, the word of known proxies; then, by its path,
//
//   - the system API: request id, log, recover → security headers → cross-site
//     check → credential to Actor → endpoint,
//   - the window and the old addresses that lead to it,
//   - static files,
//   - what flows serve: without our credentials, with the sandbox headers.
func New(a *app.App, o Options) Handler {
	s := &server{Options: o, app: a, log: a.Log}
	set := endpoint.NewSet(endpoint.Options{
		Log: a.Log, Limits: a.Limits, Record: a.Audit.Append, SetSession: o.Sessions.Set,
	}, api.All(a))
	s.management = s.observe(s.crossSite(s.credential(set)))
	s.window = s.observe(http.StripPrefix(windowPrefix, ui.Handler(endpoint.WriteFault)))
	o.Sessions.lasts = func() time.Duration { return a.Config.Get().Limits.SessionTime }
	s.follow(o.Hosts, o.Proxies, o.Static)
	return Handler{s}
}

// windowPrefix is where the window lives.
const windowPrefix = "/_"

// ServeHTTP implements http.Handler.
func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if err := s.refuse(r); err != nil {
		s.fail(w, r, err)
		return
	}
	s.believe(r)
	path, now := r.URL.Path, s.surface.Load()
	switch {
	case under(path, endpoint.Prefix):
		s.app.System.Requests.Add(1)
		defer s.app.System.Requests.Add(-1)
		s.management.ServeHTTP(w, r)
	case strings.HasPrefix(path, windowPrefix+"/"):
		if !s.hasWindow() {
			s.fail(w, r, windowOff())
			return
		}
		s.window.ServeHTTP(w, r)
	case now.serves(path):
		s.guarded(w, r, now.files, false)
	case leadsToWindow(path) && (s.app.Engine == nil || !s.app.Engine.Serves(r)):
		if !s.hasWindow() {
			s.fail(w, r, windowOff())
			return
		}
		target := windowPrefix + "/"
		if strings.EqualFold(path, "/launch") { // the browser carries the fragment over
			target += "launch"
		}
		s.observe(http.RedirectHandler(target, http.StatusFound)).ServeHTTP(w, r)
	case s.recovering:
		s.fail(w, r, inRecovery())
	case s.app.Engine == nil:
		s.fail(w, r, fault.New(fault.Unavailable, "No flow runs right now.").WithCode("no_flows"))
	case s.Crowded != nil && s.Crowded():
		s.app.Limits.Refused("connections")
		w.Header().Set("Connection", "close")
		s.fail(w, r, fault.New(fault.Unavailable, "There are too many connections. Try again shortly.").WithCode("crowded").After(time.Second))
	default:
		s.deployed(w, r, false)
	}
}

// under reports whether a path is prefix or below it, whatever its case.
func under(path, prefix string) bool {
	return len(path) >= len(prefix) && strings.EqualFold(path[:len(prefix)], prefix) &&
		(len(path) == len(prefix) || path[len(prefix)] == '/')
}

// leadsToWindow reports whether a path is where the window, or one of the four
// editors of the original, used to be.
func leadsToWindow(path string) bool {
	switch path = strings.ToLower(path); {
	case path == "/", path == windowPrefix, path == "/launch":
		return true
	case under(path, "/auth"), under(path, "/admin"), under(path, "/editor"):
		return true
	}
	return false
}

// hasWindow reports whether the window is served; a recovery always has it.
func (s *server) hasWindow() bool { return s.recovering || s.app.HasWindow() }

// windowOff answers who looks for a window that is switched off.
func windowOff() *fault.Fault {
	return fault.New(fault.NotFound, "The window of this server is switched off. What it manages and serves goes on.").WithCode("window_off")
}

// refuse returns why a request is not let in at all.
func (s *server) refuse(r *http.Request) *fault.Fault {
	fields, size := 0, len(r.Method)+len(r.RequestURI)+len(r.Host)
	for name, values := range r.Header {
		fields += len(values)
		for _, value := range values {
			size += len(name) + len(": ") + len(value) + len("\r\n")
		}
	}
	if fields > limit.HeaderFields {
		s.app.Limits.Refused("header fields")
		return fault.New(fault.HeadersTooLarge, "The request has more than %d header fields.", limit.HeaderFields)
	}
	if size > limit.HeaderBytes {
		s.app.Limits.Refused("header bytes")
		return tooLargeHeader()
	}
	if !s.surface.Load().hosts.Admit(r) {
		s.app.Limits.Refused("unknown host")
		return fault.New(fault.Misdirected, "This server does not answer to the name %q. If it should, add the name to publicHosts in the settings.", fault.Shown(r.Host))
	}
	return nil
}

func tooLargeHeader() *fault.Fault {
	return fault.New(fault.HeadersTooLarge, "The header of the request is larger than %d bytes.", limit.HeaderBytes)
}

// fail answers a failure of ours outside the system API.
func (s *server) fail(w http.ResponseWriter, r *http.Request, err error) {
	s.observe(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { endpoint.WriteFault(w, r, err) })).ServeHTTP(w, r)
}

// observe gives a request its id, a log record, a boundary for panics and the
// security headers of everything that is ours.
func (s *server) observe(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start, id := time.Now(), rand.Text()
		ctx := fault.WithRequest(r.Context(), id)
		r = r.WithContext(ctx)
		out := &statusWriter{ResponseWriter: w}
		secure(w.Header(), isSecure(r))
		defer func() {
			if p := recover(); p != nil {
				if p == http.ErrAbortHandler { //nolint:errorlint // a panic value is compared as it is
					panic(p)
				}
				fault.Panicked(s.log, "request "+id, p)
				if out.status == 0 {
					endpoint.WriteFault(out, r, fault.New(fault.Internal, "panic"))
				}
			}
			s.log.DebugContext(ctx, "request", "request", id, "method", r.Method, "path", r.URL.Path, "status", out.status, "took", time.Since(start))
		}()
		next.ServeHTTP(out, r)
	})
}

// crossSite refuses what a page of another origin sent.
func (s *server) crossSite(next http.Handler) http.Handler {
	protection := http.NewCrossOriginProtection()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := protection.Check(r); err != nil {
			s.app.Limits.Refused("cross-site")
			endpoint.WriteFault(w, r, fault.New(fault.Forbidden, "A page of another site may not do this.").WithCode("cross_site").Because(err))
			return
		}
		next.ServeHTTP(w, r)
	})
}

// credential finds out who sends a request. A credential that does not hold makes
// nobody of its bearer: public endpoints still answer, the others say 401.
func (s *server) credential(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := r.Context()
		actor, err := s.app.Accounts.Authenticate(ctx, auth.Credential{
			Session: s.Sessions.ID(r), Bearer: bearer(r.Header), Address: address(r),
		})
		if err != nil && !fault.Is(err, fault.Unauthenticated) {
			if ctx.Err() == nil { // else the caller went away, and nothing is wrong here
				s.log.ErrorContext(ctx, "credential not checked", "request", fault.Request(ctx), "error", err)
			}
			endpoint.WriteFault(w, r, err)
			return
		}
		next.ServeHTTP(w, r.WithContext(auth.WithActor(ctx, actor)))
	})
}

// bearer returns what follows "Bearer " in the Authorization header.
func bearer(h http.Header) string {
	scheme, token, _ := strings.Cut(h.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}

// deployed has flows answer a request, without our credentials, and counts it.
func (s *server) deployed(w http.ResponseWriter, r *http.Request, free bool) {
	start := time.Now()
	stripCredentials(r.Header, s.Sessions.Name())
	status, route := s.guarded(w, r, s.app.Engine, free)
	took := time.Since(start)
	now := start.Add(took)
	s.app.Traffic.Count(r.Method, status, now, took)
	if route.Pattern != "" {
		s.app.Traffic.CountRoute(route, status, now)
	}
	if !free && !s.app.ServedPage.Load() && isPage(w.Header()) && s.app.ServedPage.CompareAndSwap(false, true) {
		s.app.Events.Publish(event.Server, map[string]any{"servedPage": true})
	}
}

// isPage reports whether an answer is a page that a browser shows, sandboxed here.
func isPage(h http.Header) bool {
	kind := h["Content-Type"]
	return len(kind) > 0 && strings.HasPrefix(kind[0], "text/html")
}

// guarded serves what users made, so that it cannot run in our origin; at an address
// of its own it is free to. It returns the status that was answered, and by which route.
func (s *server) guarded(w http.ResponseWriter, r *http.Request, next http.Handler, free bool) (status int, route traffic.Route) {
	out := sandboxes.Get().(*sandboxWriter)
	*out = sandboxWriter{ResponseWriter: w, status: http.StatusOK, free: free}
	defer func() {
		p := recover()
		switch {
		case p == http.ErrAbortHandler: //nolint:errorlint // a panic value is compared as it is
			panic(p)
		case p != nil:
			id := fault.Panicked(s.log, "request to a flow", p)
			if !out.wrote {
				r = r.WithContext(fault.WithRequest(context.WithoutCancel(r.Context()), id))
				endpoint.WriteFault(out, r, fault.New(fault.Internal, "panic"))
			}
		}
		status, route = out.status, out.route
		out.ResponseWriter = nil
		sandboxes.Put(out)
	}()
	next.ServeHTTP(out, r)
	if !out.wrote { // net/http answers 200 without a body then
		out.complete(http.StatusNoContent)
	}
	return out.status, out.route
}
