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
	"net/netip"
	"os/exec"
	"reflect"
	"slices"
	"sync/atomic"
	"time"

	"ecoflow/app/audit"
	"ecoflow/app/auth"
	"ecoflow/app/config"
	"ecoflow/app/editor"
	"ecoflow/app/env"
	"ecoflow/app/event"
	"ecoflow/app/flow"
	"ecoflow/app/folders"
	"ecoflow/app/js"
	"ecoflow/app/limit"
	"ecoflow/app/log"
	"ecoflow/app/mirror"
	"ecoflow/app/node"
	"ecoflow/app/nodes"
	"ecoflow/app/outbound"
	"ecoflow/app/secret"
	"ecoflow/app/setup"
	"ecoflow/app/system"
	"ecoflow/app/trace"
	"ecoflow/app/traffic"
)

// EventsKept is how many events a reconnecting window can catch up on.
const EventsKept = 1000

// Options is what the process decides before the features start.
type Options struct {
	Log *slog.Logger
	// Records is the log that Log writes to, to be read.
	Records *log.Log
	System  *system.System
	// Process continues the local sessions of the process that this one takes over
	// from; empty for a new start.
	Process string
	// Helper returns the command that computes password hashes beside this process
	// (auth.HelperCommand); nil has this process compute them.
	Helper func() *exec.Cmd
	// SetupCode is chosen beforehand, or empty for one made up.
	SetupCode string
	// SetUp is called when the first user exists; may be nil.
	SetUp func()
	// Parts are what the process stands on and whose health is watched: storage,
	// disk, secrets, log.
	Parts []system.Part
	// Folder is the path of the data folder.
	Folder string
	// Travels says that it leaves with a drive that can be pulled.
	Travels bool
	// Key says where the key of the secrets in it comes from.
	Key secret.Origin
	// ImportFlows has the flow files deployed at the start; Imported says what became
	// of it.
	ImportFlows bool
	// Config holds the settings in force.
	Config *config.Current
	// Listening returns where the product listens, which no flow may call.
	Listening func() []netip.AddrPort
	// ReservedCookies are the names that flows may not set.
	ReservedCookies []string
}

// Stores is where the features keep their data; package storage implements them.
type Stores struct {
	Accounts auth.Store
	Audit    audit.Store
	Env      env.Store
	Flows    FlowStore
	Database system.Database
}

// FlowStore keeps drafts and deployments.
type FlowStore interface {
	flow.Store
	editor.Store
}

// Engine serves what is deployed.
type Engine interface {
	http.Handler
	// Serves reports whether a deployed route answers the request.
	Serves(r *http.Request) bool
	// Routes lists the deployed routes.
	Routes() []flow.RouteInfo
	// Running returns how many runs are under way.
	Running() int64
}

// App is the whole product without its front door.
type App struct {
	Options
	Events   *event.Stream
	Limits   *limit.Counters
	Health   *system.Health
	Accounts *auth.Accounts
	Setup    *setup.Wizard
	Audit    *audit.Log
	Database system.Database // the product's own
	Env      *env.Vars
	Library  *node.Library
	Traffic  *traffic.Traffic
	// ServedPage is set once a flow has answered with a page at the main address,
	// where it is sandboxed.
	ServedPage atomic.Bool
	Editor     *editor.Editor
	Runs       *trace.Runs // the last, where they are kept
	Folders    *folders.Picker
	// Imported is why the flow files were not deployed at the start as was asked.
	Imported error
	Engine   Engine // nil while no flow may run

	mirror   *mirror.Mirror // of the live flows, in files; nil until what is live is known
	mirrored int64          // number of the deployment that it follows
	running  func() int64   // runs
	closers  []io.Closer
}

// New wires the features together. The caller closes the App.
func New(ctx context.Context, o Options, s Stores) (*App, error) {
	a := &App{Options: o, Events: event.New(EventsKept), Limits: &limit.Counters{}, Traffic: &traffic.Traffic{}, Database: s.Database, Runs: &trace.Runs{}}
	o.Records.Follow(a.Events.Watched, func(b log.Batch) { a.Events.Publish(event.Log, b) })
	a.Audit = audit.New(s.Audit, a.Events)
	var err error
	if a.Env, err = env.New(ctx, env.Options{Store: s.Env, Events: a.Events, Uses: a.envUses}); err != nil {
		return nil, err
	}
	a.Accounts = auth.New(auth.Options{
		Log: o.Log, Store: s.Accounts, Events: a.Events, Limits: a.Limits, Local: o.Config.Get().Local(), Process: o.Process, Helper: o.Helper,
		Times: func() auth.Times {
			s := o.Config.Get().Limits
			return auth.Times{Idle: s.SessionIdle, Most: s.SessionTime, Wait: s.SignInWait}
		},
	})
	a.closers = append(a.closers, closer(a.Accounts.Close))
	if a.Setup, err = setup.New(setup.Options{Accounts: a.Accounts, Code: o.SetupCode, Done: o.SetUp}); err != nil {
		return nil, err
	}
	a.Folders = folders.New(folders.Options{Roots: a.browseRoots, Admit: a.Setup.Admit})
	o.Config.Announce(func(n config.Announcement) { a.Events.Publish(event.Server, n) })
	outside := outbound.New(outbound.Options{
		SignIn: func() bool { return !a.Accounts.IsLocal() }, Own: o.Listening, Allow: func() []string { return o.Config.Get().Outbound.Allow }, Counters: a.Limits,
	})
	client := outside.Client()
	o.Config.Demand(a.demandAdministrator)
	o.Config.Demand(a.demandFolders)
	o.Config.Watch(func(s config.Settings) {
		a.Accounts.SetLocal(s.Local())
		client.CloseIdleConnections() // they go where it may be forbidden now
	})
	scripts := js.New(js.Options{
		Log: o.Log, Counters: a.Limits, CallTime: func() time.Duration { return o.Config.Get().Limits.ScriptTime },
		Memory: func() uint64 { return uint64(o.Config.Get().Limits.ScriptMemory) }, HTTP: client, //nolint:gosec // it has a bound
	})
	a.closers = append(a.closers, scripts)
	a.Library = node.NewLibrary(nodes.All(scripts, func(ctx context.Context, flow string) ([]node.Choice, error) {
		return a.Editor.Callable(ctx, flow)
	})...)
	var engine *flow.Engine
	engine = flow.New(flow.Options{
		Log: o.Log, Library: a.Library, Store: s.Flows, Events: a.Events, Limits: a.Limits,
		Env: func() flow.Variables { return a.Env.Now() }, Settings: a.flowSettings, Idle: o.System.InSafeMode(), ReservedCookies: o.ReservedCookies,
		Swapped:  func() { a.keepRoutes(engine); a.Health.Nudge(); a.followFiles(engine.Live().Number) },
		Recorder: func(string, string) trace.Recorder { return a.Runs.Recorder() }, Recorded: a.Runs.Ended,
	})
	a.Runs.Hide = func(text string) string { return a.Env.Now().Mask(text) }
	capture := func(s config.Settings) { a.Runs.Capture(trace.Level(s.Runs.Capture), s.Runs.Keep) }
	capture(*o.Config.Get())
	o.Config.Watch(capture)
	a.Health = system.NewHealth(o.Log, a.Events, o.System.State, append(slices.Clone(o.Parts), a.parts(engine)...))
	a.Limits.Watch(a.Health.Nudge)
	a.running = engine.Running
	was := a.flowSettings()
	o.Config.Watch(func(config.Settings) {
		is := a.flowSettings()
		if reflect.DeepEqual(is, was) {
			return // what flows do not follow leaves them alone
		}
		was = is
		if err := engine.Reload(context.Background()); err != nil {
			o.Log.Error("live flows do not all fit the new settings", "err", err)
		}
	})
	a.closers = append(a.closers, closer(func() error {
		ctx, cancel := context.WithTimeout(context.Background(), drainTime)
		defer cancel()
		return engine.Close(ctx)
	}))
	a.Editor = editor.New(editor.Options{
		Log: o.Log, Store: s.Flows, Engine: engine, Library: a.Library, Events: a.Events,
		Keep: func() int { return o.Config.Get().Deployments.Keep },
	})
	if err := engine.Restore(ctx); err != nil {
		o.Log.ErrorContext(ctx, "live flows not restored as they were", "error", err)
	}
	if !o.System.InSafeMode() {
		a.Engine = engine
		if o.ImportFlows {
			a.Imported = a.importFlows(ctx, engine.Live().Flows)
		}
	}
	a.mirrorFlows(engine)
	a.watchHealth()
	a.pruneAudit()
	return a, nil
}

// envUses lists where flows read environment variables. In safe mode nobody looks: the
// scripts are compiled for it, and one may be what killed the process.
func (a *App) envUses(ctx context.Context) (uses []env.Use, looked bool, err error) {
	if a.System.InSafeMode() {
		return nil, false, nil
	}
	found, err := a.Editor.Uses(ctx)
	uses = make([]env.Use, len(found))
	for i, u := range found {
		uses[i] = env.Use{
			Name: u.Name, Flow: u.Flow, Node: u.Node, Label: u.Label, Input: u.Input, Live: u.Live, Draft: u.Draft, Why: u.Why,
		}
	}
	return uses, true, err
}

// Work is what goes on at a moment, for whoever is about to end it.
type Work struct {
	Runs     int64 `json:"runs" doc:"Runs of flows."`
	Requests int64 `json:"requests" doc:"Requests to the management side, this one not counted."`
	Streams  int64 `json:"streams" doc:"Open event streams, one for each browser."`
}

// Work returns what goes on, seen by a request to the management side.
func (a *App) Work() Work {
	streams := a.System.Streams.Load()
	return Work{Runs: a.running(), Requests: max(0, a.System.Requests.Load()-streams-1), Streams: streams}
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
