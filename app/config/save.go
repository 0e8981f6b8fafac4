package config

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"ecoflow/app/audit"
	"ecoflow/app/auth"
	"ecoflow/app/fault"
)

// trial is a version that is in force until it is confirmed or returns.
type trial struct {
	Trial
	version Version
	before  *Settings
	until   time.Time
	changes []Difference
	timer   *time.Timer
}

// states are both sides of differences, by key.
func states(changes []Difference) (before, after map[string]any) {
	before, after = map[string]any{}, map[string]any{}
	for _, d := range changes {
		before[d.Key], after[d.Key] = d.Before, d.After
	}
	return before, after
}

// plan is a change that was thought through and nothing more.
type plan struct {
	base    Version
	object  json.RawMessage // to be stored
	next    *Settings
	changes []Difference // of what is stored
	confirm bool
	consent bool // takes the password once more
}

// plan works out what the settings become when edit changes the stored object. All
// that speaks against it is in one fault.Invalid.
func (c *Current) plan(ctx context.Context, base *int64, edit func(stored map[string]any) []fault.Place) (*plan, error) {
	stored, err := c.store.Settings(ctx)
	if err != nil {
		return nil, fmt.Errorf("change settings: %w", err)
	}
	if base != nil && *base != stored.Number {
		return nil, c.superseded(ctx, *base, stored)
	}
	object, err := parse(or(stored.Object))
	if err != nil {
		return nil, fault.New(fault.Conflict, "The stored settings cannot be read: %v.", err).WithCode("settings_damaged")
	}
	if object == nil {
		object = map[string]any{}
	}
	p := &plan{base: stored}
	wrong := edit(object)
	if p.object, err = json.Marshal(object); err != nil {
		return nil, err
	}
	// What is saved has to be valid by itself, whatever hides it today.
	own, err := Load(p.object, Outside{})
	wrong = also(wrong, err)
	next, err := Load(p.object, c.outside)
	wrong = also(wrong, err)
	p.next = &next
	before, _ := Load(stored.Object, Outside{}) //nolint:errcheck // what was wrong with it is not what this is about
	p.changes = differences(&before, &own)
	now := c.Get()
	for i := range Fields {
		f := &Fields[i]
		if !reflect.DeepEqual(f.Value(now), f.Value(&next)) {
			p.confirm = p.confirm || f.Confirm
			p.consent = p.consent || f.Confirm || f.Consent
		}
	}
	if len(wrong) == 0 {
		for _, demand := range c.demands {
			places, err := demand(ctx, now, &next)
			if err != nil {
				return nil, err
			}
			wrong = append(wrong, places...)
		}
	}
	if len(wrong) > 0 {
		f := fault.New(fault.Invalid, "Some settings are not valid.").WithCode("settings_invalid")
		f.Places = wrong
		return nil, f
	}
	return p, nil
}

// also adds the places of a fault, each key and message once.
func also(wrong []fault.Place, err error) []fault.Place {
	if f, ok := fault.As(err); ok {
		for _, p := range f.Places {
			if !slices.Contains(wrong, p) {
				wrong = append(wrong, p)
			}
		}
	}
	return wrong
}

// superseded is the fault of a stale save, with what others changed since.
func (c *Current) superseded(ctx context.Context, base int64, newest Version) error {
	f := Superseded()
	f.Extra = map[string]any{"version": newest.Number, "author": newest.Author}
	versions, err := c.store.SettingsVersions(ctx)
	if err != nil {
		return err
	}
	for _, v := range append(versions, Version{}) {
		if v.Number == base {
			f.Extra["changes"] = between(v, newest)
		}
	}
	return f
}

// try has the stage get ready for a plan; without a stage there is nothing to.
func (c *Current) try(ctx context.Context, p *plan, rehearsal bool) (Trial, error) {
	if c.stage == nil {
		return nowhere{}, nil
	}
	return c.stage.Try(ctx, c.Get(), p.next, rehearsal)
}

// nowhere is the trial of a product that listens nowhere.
type nowhere struct{}

func (nowhere) Open()                        {}
func (nowhere) Keep()                        {}
func (nowhere) Return()                      {}
func (nowhere) Reached(context.Context) bool { return true }
func (nowhere) Address() string              { return "" }
func (nowhere) Warnings() []fault.Place      { return nil }

// save tries, stores and puts in force. The caller holds changes.
func (c *Current) save(ctx context.Context, base *int64, edit func(stored map[string]any) []fault.Place) error {
	if c.trial != nil {
		return fault.New(fault.Conflict, "Other settings still wait to be confirmed. Confirm them first, or take them back.").WithCode("settings_pending")
	}
	p, err := c.plan(ctx, base, edit)
	if err != nil {
		return err
	}
	before, after := states(p.changes)
	audit.Describe(ctx, "settings", before, after)
	if string(p.object) == string(or(p.base.Object)) {
		audit.Drop(ctx) // nothing was changed
		return nil      // and the versions stay as many
	}
	if p.consent {
		if err := auth.RequireConsent(ctx); err != nil {
			return err
		}
	}
	tried, err := c.try(ctx, p, false)
	if err != nil {
		return err
	}
	version := Version{At: time.Now().UTC().Truncate(time.Millisecond), Author: auth.ActorFrom(ctx).Username, State: Saved, Object: p.object}
	if p.confirm {
		version.State = Pending
	}
	if version.Number, err = c.store.AddSettings(ctx, version, p.base.Number); err != nil {
		tried.Return()
		return err
	}
	former := c.Get()
	tried.Open()
	c.follow(p.next)
	c.wrong = nil
	if !p.confirm {
		tried.Keep()
		c.announce(Announcement{Settings: "saved", Version: version.Number})
		return nil
	}
	t := &trial{Trial: tried, version: version, before: former, until: time.Now().Add(c.confirm).UTC().Truncate(time.Millisecond), changes: differences(former, p.next)}
	t.timer = time.AfterFunc(c.confirm, func() { c.expire(t) })
	c.trial = t
	c.announce(Announcement{Settings: "pending", Version: version.Number, Until: t.until, Address: t.Address()})
	return nil
}

// expire ends a trial that nobody confirmed in time.
func (c *Current) expire(t *trial) {
	c.changes.Lock()
	defer c.changes.Unlock()
	if c.trial != t {
		return
	}
	// Stored or not, what is pending does not count at the next start.
	_ = c.store.EndSettingsTrial(t.returning(), t.version.Number, Returned,
		fmt.Sprintf("Nobody confirmed them within %s.", c.confirm))
	c.giveBack()
}

// returning carries the audit entry of the trial when it ends by itself.
func (t *trial) returning() context.Context {
	ctx := returning(context.Background(), t.version)
	before, after := states(t.changes)
	audit.Describe(ctx, "settings", after, before) // back
	return ctx
}

// giveBack has the settings before the trial in force again.
func (c *Current) giveBack() {
	t := c.trial
	c.trial = nil
	t.timer.Stop()
	t.Return()
	c.follow(t.before)
	c.announce(Announcement{Settings: "returned", Version: t.version.Number})
}

// Close ends a trial under way, which has to be confirmed by the process that
// opened it.
func (c *Current) Close() error {
	c.changes.Lock()
	defer c.changes.Unlock()
	if c.trial == nil {
		return nil
	}
	t := c.trial
	c.trial = nil
	t.timer.Stop()
	return c.store.EndSettingsTrial(t.returning(), t.version.Number, Returned, "EcoFlow ended before they were confirmed.")
}

// Difference is a setting that is not the same in two versions.
type Difference struct {
	Key    string `json:"key"`
	Label  string `json:"label"`
	Before any    `json:"before"`
	After  any    `json:"after"`
}

func differences(before, after *Settings) []Difference {
	list := []Difference{}
	for i := range Fields {
		f := &Fields[i]
		if b, a := f.Value(before), f.Value(after); !reflect.DeepEqual(b, a) {
			list = append(list, Difference{f.Key, f.Label, b, a})
		}
	}
	return list
}

// between compares what two versions say.
func between(a, b Version) []Difference {
	before, _ := Load(a.Object, Outside{}) //nolint:errcheck // wrong values were not in force
	after, _ := Load(b.Object, Outside{})  //nolint:errcheck // wrong values were not in force
	return differences(&before, &after)
}

// edit returns what sets the keys to the values, null to their defaults.
func (c *Current) edit(values map[string]any) func(stored map[string]any) []fault.Place {
	return func(stored map[string]any) (wrong []fault.Place) {
		now, defaults := c.Get(), Defaults()
		for _, key := range slices.Sorted(maps.Keys(values)) {
			f := field(key)
			if f == nil {
				wrong = append(wrong, fault.Place{Path: key, Message: "There is no such setting.", Code: "unknown_setting"})
				continue
			}
			if by := f.lock(now); by != "" {
				if values[key] == nil || !f.same(now, values[key]) {
					wrong = append(wrong, fault.Place{Path: key, Message: by, Code: "setting_locked"})
				}
				continue
			}
			if _, kept := find(stored, key); !kept && values[key] != nil && f.same(defaults, values[key]) {
				continue // what nobody chose goes on following its default
			}
			put(stored, key, values[key])
		}
		return wrong
	}
}

// lock says in a sentence what a setting is fixed by, "" when nothing does.
func (f *Field) lock(s *Settings) string {
	switch s.Source(f.Key) {
	case FromFile:
		return "It is set in the file " + FileName + " of the data folder."
	case Environment:
		return "It is set by the variable " + f.Variable + " of the environment."
	case CommandLine:
		if f.Key == "signIn" {
			return "It is set by --auth, or by the variable ECOFLOW_AUTH."
		}
		return "It is set on the command line, or by the variable " + f.Variable + "."
	}
	return ""
}

// same reports whether a value is what the setting is.
func (f *Field) same(s *Settings, value any) bool {
	var other Settings
	return f.set(&other, value) == "" && reflect.DeepEqual(f.Value(&other), f.Value(s))
}

// put sets a member at a dotted key; nil takes it out.
func put(object map[string]any, key string, value any) {
	for {
		first, rest, nested := strings.Cut(key, ".")
		if !nested {
			if value == nil {
				delete(object, first)
			} else {
				object[first] = value
			}
			return
		}
		inner, ok := object[first].(map[string]any)
		if !ok {
			if value == nil {
				return
			}
			inner = map[string]any{}
			object[first] = inner
		}
		object, key = inner, rest
	}
}

func or(stored []byte) []byte {
	if len(stored) == 0 {
		return []byte("{}")
	}
	return stored
}
