// Package app joins the features of the product: each is made once, here, and
// given what it depends on. It knows neither how it is reached (package web) nor
// where things are kept (package storage).
package app

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"ecoflow/app/audit"
	"ecoflow/app/auth"
	"ecoflow/app/editor"
	"ecoflow/app/event"
	"ecoflow/app/flow"
	"ecoflow/app/js"
	"ecoflow/app/limit"
	"ecoflow/app/node"
	"ecoflow/app/nodes"
	"ecoflow/app/setup"
	"ecoflow/app/system"
)

// EventsKept is how many events a reconnecting window can catch up on.
const EventsKept = 1000

// Options is what the process decides before the features start.
type Options struct {
	Log    *slog.Logger
	System *system.System
	// Local: the person at this machine is signed in by the launch token and has
	// every right; there are no passwords. False is sign-in mode.
	Local bool
	// Process continues the local sessions of the process that this one takes over
	// from; empty for a new start.
	Process string
	// SetupCode is chosen beforehand, or empty for one made up.
	SetupCode string
	// SetUp is called when the first user exists; may be nil.
	SetUp func()
}

// Stores is where the features keep their data; package storage implements them.
type Stores struct {
	Accounts auth.Store
	Audit    AuditLog
	Flows    FlowStore
}

// FlowStore keeps drafts and deployments.
type FlowStore interface {
	flow.Store
	editor.Store
}

// AuditLog keeps audit entries; a write of a feature takes its entry along by itself.
type AuditLog interface {
	// Append stores an entry by a transaction of its own.
	Append(ctx context.Context, e *audit.Entry) error
}

// Engine serves what is deployed.
type Engine interface {
	http.Handler
	// Serves reports whether a deployed route answers the request.
	Serves(r *http.Request) bool
}

// App is the whole product without its front door.
type App struct {
	Options
	Events   *event.Stream
	Limits   *limit.Counters
	Accounts *auth.Accounts
	Setup    *setup.Wizard
	Audit    AuditLog
	Library  *node.Library
	Editor   *editor.Editor
	Engine   Engine // nil while no flow may run

	closers []io.Closer
}

// New wires the features together. The caller closes the App.
func New(ctx context.Context, o Options, s Stores) (*App, error) {
	a := &App{Options: o, Events: event.New(EventsKept), Limits: &limit.Counters{}, Audit: s.Audit}
	a.Accounts = auth.New(auth.Options{
		Log: o.Log, Store: s.Accounts, Events: a.Events, Limits: a.Limits, Local: o.Local, Process: o.Process,
	})
	var err error
	if a.Setup, err = setup.New(setup.Options{Accounts: a.Accounts, Code: o.SetupCode, Done: o.SetUp}); err != nil {
		return nil, err
	}
	scripts := js.New(js.Options{Log: o.Log, Counters: a.Limits})
	a.closers = append(a.closers, scripts)
	a.Library = node.NewLibrary(nodes.All(scripts)...)
	engine := flow.New(flow.Options{
		Log: o.Log, Library: a.Library, Store: s.Flows, Events: a.Events, Limits: a.Limits,
		Env: func(string) (string, bool) { return "", false },
		Settings: func() flow.Settings {
			settings := flow.DefaultSettings()
			settings.ShowErrors = o.Local
			return settings
		},
	})
	a.closers = append(a.closers, closer(func() error {
		ctx, cancel := context.WithTimeout(context.Background(), drainTime)
		defer cancel()
		return engine.Close(ctx)
	}))
	a.Editor = editor.New(editor.Options{
		Log: o.Log, Store: s.Flows, Engine: engine, Library: a.Library, Events: a.Events,
		Keep: func() int { return 200 },
	})
	if err := engine.Restore(ctx); err != nil {
		o.Log.ErrorContext(ctx, "live flows not restored as they were", "error", err)
	}
	a.Engine = engine
	return a, nil
}

// drainTime is how long runs may take to finish when the product ends.
const drainTime = 10 * time.Second

// closer is a function as an io.Closer.
type closer func() error

// Close calls the function.
func (c closer) Close() error { return c() }

// Close ends the features, the last started first.
func (a *App) Close() error {
	var errs []error
	for _, c := range slices.Backward(a.closers) {
		errs = append(errs, c.Close())
	}
	return errors.Join(errs...)
}
