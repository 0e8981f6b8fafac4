package config

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"ecoflow/app/audit"
	"ecoflow/app/fault"
)

// Store keeps the versions of the settings. Each method is a transaction.
type Store interface {
	// Settings returns the version that counts: the newest that was saved for good.
	// Its Number is 0 when nothing was saved yet.
	Settings(ctx context.Context) (Version, error)
	// SettingsVersions returns all versions that are kept, the newest first.
	SettingsVersions(ctx context.Context) ([]Version, error)
	// AddSettings keeps a new version and drops the oldest ones; it is Superseded
	// when another version than base counts by now.
	AddSettings(ctx context.Context, v Version, base int64) (number int64, err error)
	// EndSettingsTrial makes the pending version one that counts or that returned.
	EndSettingsTrial(ctx context.Context, number int64, state State, reason string) error
}

// State says what became of a version of the settings.
type State string

// The states.
const (
	Saved    State = "saved"
	Pending  State = "pending"  // in force on trial, until somebody confirms it
	Returned State = "returned" // the trial ended without
)

// Version is the stored settings at one moment.
type Version struct {
	Number int64
	At     time.Time
	Author string // user name; "" where nobody signed it
	State  State
	Reason string // why it returned
	Object json.RawMessage
}

// Superseded is the fault of a change that was made from an older version.
func Superseded() *fault.Fault {
	return fault.New(fault.Conflict, "Somebody saved other settings in the meantime.").WithCode("settings_superseded")
}

// A Stage carries out what settings ask for outside of the process's memory: it
// opens doors, reads certificates and looks at folders.
type Stage interface {
	// Try gets everything ready that next asks for, so that nothing can fail later,
	// and changes nothing that serves. Whatever cannot be done is a place under its
	// key in one fault.Invalid. A rehearsal gets nothing ready and only looks.
	Try(ctx context.Context, now, next *Settings, rehearsal bool) (Trial, error)
}

// A Trial is what a Stage got ready. Open is called first, then either Keep or
// Return; Return alone gives up what was never opened.
type Trial interface {
	// Open has the new way serve, and the former one beside it.
	Open()
	// Keep closes the former way.
	Keep()
	// Return closes the new way and has the former one serve as before.
	Return()
	// Reached reports whether the request in ctx came the new way.
	Reached(ctx context.Context) bool
	// Address is the URL of the window by the new way.
	Address() string
	// Warnings are what is possible and still deserves a look, by key.
	Warnings() []fault.Place
}

type calledKey struct{}

// WithCalled returns a context of somebody who called the server by a name, as their
// request's Host has it. A Stage does not take that name away from them.
func WithCalled(ctx context.Context, host string) context.Context {
	return context.WithValue(ctx, calledKey{}, host)
}

// CalledAs returns the name of WithCalled, "" for none.
func CalledAs(ctx context.Context) string {
	host, _ := ctx.Value(calledKey{}).(string)
	return host
}

// Current holds the settings in force. Reading them takes no lock.
type Current struct {
	store   Store
	outside Outside
	confirm time.Duration
	now     atomic.Pointer[Settings]

	stage   Stage
	demands []Demand
	live    []func(Settings)
	hears   []func(Announcement)

	changes sync.Mutex // held while the settings change
	trial   *trial     // nil for none
	wrong   []fault.Place
}

// ConfirmTime is how long settings that change the way to the server wait to be
// confirmed by that way.
const ConfirmTime = 60 * time.Second

// Open loads the settings from the store and from outside. With an error of kind fault.Invalid the settings are usable all the same; see Load. A
// trial that an earlier process did not end has returned by that.
func Open(ctx context.Context, store Store, outside Outside) (*Current, error) {
	c := &Current{store: store, outside: outside, confirm: ConfirmTime}
	versions, err := store.SettingsVersions(ctx)
	if err != nil {
		return nil, fmt.Errorf("load settings: %w", err)
	}
	for _, v := range versions {
		if v.State == Pending {
			// What is pending never counts, so that a disk that cannot be written to does
			// no harm here.
			_ = store.EndSettingsTrial(returning(ctx, v), v.Number, Returned, "EcoFlow ended before they were confirmed.")
		}
	}
	stored, err := store.Settings(ctx)
	if err != nil {
		return nil, fmt.Errorf("load settings: %w", err)
	}
	s, err := Load(stored.Object, outside)
	if f, ok := fault.As(err); ok {
		c.wrong = f.Places
	}
	c.now.Store(&s)
	return c, err
}

// returning carries the audit entry of a trial that ends by itself.
func returning(ctx context.Context, v Version) context.Context {
	return audit.WithEntry(ctx, &audit.Entry{
		Action: "settings.return", Type: audit.Warning, Object: "settings",
		Message: fmt.Sprintf("Settings %d returned: nobody confirmed them in time", v.Number), Result: audit.Done,
	})
}

// Get returns the settings in force; nobody may change what it points to.
func (c *Current) Get() *Settings { return c.now.Load() }

// Watch has fn called with the settings after each change. It is for the wiring
// at start, before there are changes, like the methods after it.
func (c *Current) Watch(fn func(Settings)) { c.live = append(c.live, fn) }

// A Demand says what the rest of the product has against settings, by key.
type Demand func(ctx context.Context, now, next *Settings) ([]fault.Place, error)

// Demand adds what has to be met before settings are saved.
func (c *Current) Demand(d Demand) { c.demands = append(c.demands, d) }

// On sets where settings are tried.
func (c *Current) On(s Stage) { c.stage = s }

// Announce has fn called after each change.
func (c *Current) Announce(fn func(Announcement)) { c.hears = append(c.hears, fn) }

func (c *Current) announce(a Announcement) {
	for _, fn := range c.hears {
		fn(a)
	}
}

// Announcement says that the settings changed.
type Announcement struct {
	Settings string    `json:"settings" enum:"saved,pending,confirmed,returned"`
	Version  int64     `json:"version"`
	Until    time.Time `json:"until,omitzero"` // when what is pending returns
	Address  string    `json:"address,omitempty"`
}

// follow puts the settings in force.
func (c *Current) follow(s *Settings) {
	c.now.Store(s)
	for _, fn := range c.live {
		fn(*s)
	}
}

// Change merges a JSON object into the saved settings, member by member, saves
// the result and puts it in force; lists are replaced, and null takes a member
// back to its default. It fails with fault.Invalid, naming every key that is
// wrong, and changes nothing then. What has to be confirmed is on trial by it.
func (c *Current) Change(ctx context.Context, change []byte) (*Settings, error) {
	members, err := parse(change)
	if err != nil {
		return nil, fault.New(fault.Malformed, "The settings have to be a JSON object: %v.", err)
	}
	c.changes.Lock()
	defer c.changes.Unlock()
	if err := c.save(ctx, nil, func(stored map[string]any) []fault.Place {
		mergeInto(stored, members)
		return nil
	}); err != nil {
		return nil, err
	}
	return c.Get(), nil
}
