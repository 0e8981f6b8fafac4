// Package app joins the features of the product: each is made once, here, and
// given what it depends on. It knows neither how it is reached (package web) nor
// where things are kept (package storage).
package app

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"slices"

	"ecoflow/app/event"
	"ecoflow/app/limit"
)

// EventsKept is how many events a reconnecting window can catch up on.
const EventsKept = 1000

// Options is what the process decides before the features start.
type Options struct {
	Log *slog.Logger
	// Local: the person at this machine is signed in by the launch token and has
	// every right; there are no passwords. False is sign-in mode.
	Local bool
}

// Stores is where the features keep their data; package storage implements them.
type Stores struct{}

// App is the whole product without its front door.
type App struct {
	Options
	Events *event.Stream
	Limits *limit.Counters

	closers []io.Closer
}

// New wires the features together. The caller closes the App.
func New(ctx context.Context, o Options, s Stores) (*App, error) {
	a := &App{Options: o, Events: event.New(EventsKept), Limits: &limit.Counters{}}
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
