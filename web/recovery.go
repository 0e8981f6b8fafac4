package web

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"ecoflow/app"
	"ecoflow/app/audit"
	"ecoflow/app/auth"
	"ecoflow/app/fault"
	"ecoflow/app/limit"
	"ecoflow/app/recovery"
	"ecoflow/app/system"
	"ecoflow/web/api"
	"ecoflow/web/endpoint"
	"ecoflow/web/ui"
)

// recoveryPage is the one page of the window while the database cannot be used.
const recoveryPage = windowPrefix + "/recovery"

// NewRecovery returns the handler of a server whose database cannot be used: a page,
// what it needs, and 503 for everything else. Requests meet the same checks as ever.
func NewRecovery(m *recovery.Mode, log *slog.Logger, o Options) http.Handler {
	s := &server{Options: o, app: &app.App{Options: app.Options{Log: log, System: system.New(true)}, Limits: &limit.Counters{}}, log: log, recovering: true}
	endpoints := api.Recovery(m)
	set := endpoint.NewSet(endpoint.Options{
		Log: log, Limits: s.app.Limits, SetSession: o.Sessions.Set,
		Record: func(context.Context, *audit.Entry) error { return nil },
	}, endpoints)
	known := map[string]bool{}
	for _, e := range endpoints {
		for _, path := range e.Paths {
			known[strings.ToLower(endpoint.Prefix+path)] = true
		}
	}
	s.management = s.observe(s.crossSite(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !known[strings.ToLower(strings.TrimSuffix(r.URL.Path, "/"))] {
			endpoint.WriteFault(w, r, inRecovery())
			return
		}
		actor := m.Actor(o.Sessions.ID(r), address(r))
		set.ServeHTTP(w, r.WithContext(auth.WithActor(r.Context(), actor)))
	})))
	window := http.StripPrefix(windowPrefix, ui.Handler(endpoint.WriteFault))
	s.window = s.observe(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != recoveryPage && !ui.Has(strings.TrimPrefix(r.URL.Path, windowPrefix)) {
			http.Redirect(w, r, recoveryPage, http.StatusFound)
			return
		}
		window.ServeHTTP(w, r)
	}))
	s.follow(o.Hosts, o.Proxies, nil)
	return s
}

// inRecovery answers what waits for the database.
func inRecovery() *fault.Fault {
	return fault.New(fault.Unavailable, "The database cannot be used. Somebody has to recover it first, at %s.", recoveryPage).
		WithCode("recovery").After(time.Minute)
}
