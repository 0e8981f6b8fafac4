package config

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"sync/atomic"

	"ecoflow/app/audit"
)

// Store keeps the settings that were saved.
type Store interface {
	// Settings returns the saved JSON object, nil when nothing was saved yet.
	Settings(ctx context.Context) ([]byte, error)
	// SaveSettings keeps a new version.
	SaveSettings(ctx context.Context, object []byte) error
}

// Current holds the settings in force. Reading them takes no lock.
type Current struct {
	store   Store
	lookup  func(string) (string, bool)
	flags   map[string]string
	changes sync.Mutex
	now     atomic.Pointer[Settings]
	live    []func(Settings)
}

// Open loads the settings from the store, the environment and the flags. With an
// error of kind fault.Invalid the settings are usable all the same; see Load.
func Open(ctx context.Context, store Store, lookup func(string) (string, bool), flags map[string]string) (*Current, error) {
	c := &Current{store: store, lookup: lookup, flags: flags}
	stored, err := store.Settings(ctx)
	if err != nil {
		return nil, fmt.Errorf("load settings: %w", err)
	}
	s, err := Load(stored, lookup, flags)
	c.now.Store(&s)
	return c, err
}

// Get returns the settings in force; nobody may change what it points to.
func (c *Current) Get() *Settings { return c.now.Load() }

// Watch has fn called with the settings after each change. It is for the wiring
// at start, before there are changes.
func (c *Current) Watch(fn func(Settings)) { c.live = append(c.live, fn) }

// Change merges a JSON object into the saved settings, member by member, saves
// the result and puts it in force; lists are replaced, and null takes a member
// back to its default. It fails with fault.Invalid, naming every key that is
// wrong, and changes nothing then.
func (c *Current) Change(ctx context.Context, change []byte) (*Settings, error) {
	c.changes.Lock()
	defer c.changes.Unlock()
	stored, err := c.store.Settings(ctx)
	if err != nil {
		return nil, fmt.Errorf("change settings: %w", err)
	}
	merged, err := merge(stored, change)
	if err != nil {
		return nil, err
	}
	// What is saved has to be valid by itself, whatever hides it today.
	if _, err := Load(merged, nil, nil); err != nil {
		return nil, err
	}
	s, err := Load(merged, c.lookup, c.flags)
	if err != nil {
		return nil, err
	}
	audit.Describe(ctx, "settings", json.RawMessage(or(stored)), json.RawMessage(merged))
	if err := c.store.SaveSettings(ctx, merged); err != nil {
		return nil, err
	}
	c.now.Store(&s)
	for _, fn := range c.live {
		fn(s)
	}
	return &s, nil
}

func or(stored []byte) []byte {
	if len(stored) == 0 {
		return []byte("{}")
	}
	return stored
}
