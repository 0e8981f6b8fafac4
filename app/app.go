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

	"ecoflow/app/audit"
	"ecoflow/app/auth"
	"ecoflow/app/event"
	"ecoflow/app/limit"
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
	return a, nil
}

// Close ends the features, the last started first.
func (a *App) Close() error {
	var errs []error
	for _, c := range slices.Backward(a.closers) {
		errs = append(errs, c.Close())
	}
	return errors.Join(errs...)
}
