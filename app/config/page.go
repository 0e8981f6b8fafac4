package config

import (
	"context"
	"fmt"
	"time"

	"ecoflow/app/audit"
	"ecoflow/app/auth"
	"ecoflow/app/fault"
)

// Shown is a setting with its value.
type Shown struct {
	Field
	Value  any    `json:"value" doc:"In force."`
	Source Source `json:"source" enum:"default,stored,file,environment,command line"`
	Lock   string `json:"lock,omitempty" doc:"What fixes the value from outside, in a sentence; such a setting cannot be changed here."`
}

// Page is all a page of settings shows.
type Page struct {
	Version int64    `json:"version" doc:"Of the stored settings; a save names it as its base. 0 when nothing was saved yet."`
	Fields  []Shown  `json:"fields"`
	Pending *Waiting `json:"pending" doc:"What is on trial until somebody confirms it; null when nothing is."`
	Report  *Report  `json:"report" doc:"The last trial, when it returned and nothing was saved since; null otherwise."`
	// Wrong are stored values that are not used.
	Wrong []fault.Place `json:"wrong" doc:"Stored values that are not valid, each with the default in force in its place."`
}

// Waiting are settings on trial.
type Waiting struct {
	Version int64        `json:"version"`
	Author  string       `json:"author"`
	Until   time.Time    `json:"until" doc:"When they return by themselves."`
	Seconds int64        `json:"seconds" doc:"How long that is from now."`
	Address string       `json:"address" doc:"Of the window by the new way, which is where they have to be confirmed."`
	Changes []Difference `json:"changes"`
}

// Report says why settings returned.
type Report struct {
	Version int64        `json:"version"`
	At      time.Time    `json:"at" doc:"When they were saved."`
	Author  string       `json:"author"`
	Reason  string       `json:"reason"`
	Changes []Difference `json:"changes"`
}

// Show returns the settings with all there is to say about them.
func (c *Current) Show(ctx context.Context) (Page, error) {
	c.changes.Lock()
	defer c.changes.Unlock()
	return c.page(ctx)
}

func (c *Current) page(ctx context.Context) (Page, error) {
	versions, err := c.store.SettingsVersions(ctx)
	if err != nil {
		return Page{}, err
	}
	now := c.Get()
	p := Page{Fields: []Shown{}, Wrong: append([]fault.Place{}, c.wrong...)}
	for _, f := range Fields {
		if !f.Kept {
			p.Fields = append(p.Fields, Shown{f, f.Value(now), now.Source(f.Key), f.lock(now)})
		}
	}
	counts := inForce(versions)
	p.Version = counts.Number
	p.Pending = c.trial.waiting()
	if len(versions) > 0 && versions[0].State == Returned && versions[0].Number > counts.Number {
		v := versions[0]
		p.Report = &Report{v.Number, v.At, v.Author, v.Reason, between(counts, v)}
	}
	return p, nil
}

// Waiting returns what is on trial, nil when nothing is.
func (c *Current) Waiting() *Waiting {
	c.changes.Lock()
	defer c.changes.Unlock()
	return c.trial.waiting()
}

func (t *trial) waiting() *Waiting {
	if t == nil {
		return nil
	}
	return &Waiting{
		Version: t.version.Number, Author: t.version.Author, Until: t.until, Seconds: int64(time.Until(t.until).Seconds()),
		Address: t.Address(), Changes: t.changes,
	}
}

// inForce returns the version that counts, the empty one when none was saved.
func inForce(versions []Version) Version {
	for _, v := range versions {
		if v.State == Saved {
			return v
		}
	}
	return Version{}
}

// SaveRequest is what somebody wants the settings to be.
type SaveRequest struct {
	Base    *int64         `json:"base" doc:"The version that the caller saw; 409 with what others changed when it is no longer the newest."`
	Changes map[string]any `json:"changes" maxItems:"200" doc:"Values by dotted key; null takes one back to its default."`
}

// Save changes settings: all of them or none, after a trial of the whole. Those
// that change the way to the server are pending then, and return by themselves
// unless they are confirmed by that way.
func (c *Current) Save(ctx context.Context, r SaveRequest) (Page, error) {
	c.changes.Lock()
	defer c.changes.Unlock()
	if err := c.save(ctx, r.Base, c.edit(r.Changes)); err != nil {
		return Page{}, err
	}
	return c.page(ctx)
}

// Rehearsed says what a save would do.
type Rehearsed struct {
	Changes  []Difference  `json:"changes"`
	Confirm  bool          `json:"confirm" doc:"They would have to be confirmed by the new way."`
	Address  string        `json:"address" doc:"Of the window by the new way, as far as it is known before."`
	Warnings []fault.Place `json:"warnings"`
}

// Check does all that Save does before it saves, and tells what would come of it.
func (c *Current) Check(ctx context.Context, r SaveRequest) (Rehearsed, error) {
	c.changes.Lock()
	defer c.changes.Unlock()
	p, err := c.plan(ctx, r.Base, c.edit(r.Changes))
	if err != nil {
		return Rehearsed{}, err
	}
	t, err := c.try(ctx, p, true)
	if err != nil {
		return Rehearsed{}, err
	}
	defer t.Return()
	return Rehearsed{p.changes, p.confirm, t.Address(), append([]fault.Place{}, t.Warnings()...)}, nil
}

// VersionNumber names a version of the settings.
type VersionNumber struct {
	Version int64 `json:"version" doc:"That waits to be confirmed."`
}

// Confirm makes the settings on trial count. The request has to come the new way:
// by the new address or certificate, and from an administrator of the new mode.
func (c *Current) Confirm(ctx context.Context, n VersionNumber) (Page, error) {
	c.changes.Lock()
	defer c.changes.Unlock()
	t, err := c.waiting(n.Version)
	if err != nil {
		return Page{}, err
	}
	if !t.Reached(ctx) {
		f := fault.New(fault.Conflict, "Confirm the settings from %s: that shows that the server can be reached there.", t.Address())
		f.Extra = map[string]any{"address": t.Address()}
		return Page{}, f.WithCode("settings_old_way")
	}
	if who := auth.ActorFrom(ctx); t.before.Local() != c.Get().Local() && !who.Permissions.Has(auth.Administrator) {
		return Page{}, fault.New(fault.Forbidden, "How people sign in is for an administrator to confirm.").WithCode("administrator_needed")
	}
	before, after := states(t.changes)
	audit.Describe(ctx, "settings", before, after)
	if err := c.store.EndSettingsTrial(ctx, t.version.Number, Saved, ""); err != nil {
		return Page{}, err
	}
	c.trial = nil
	t.timer.Stop()
	t.Keep()
	c.announce(Announcement{Settings: "confirmed", Version: t.version.Number})
	return c.page(ctx)
}

// Cancel ends the trial at once, as if nobody had confirmed it in time.
func (c *Current) Cancel(ctx context.Context, n VersionNumber) (Page, error) {
	c.changes.Lock()
	defer c.changes.Unlock()
	t, err := c.waiting(n.Version)
	if err != nil {
		return Page{}, err
	}
	before, after := states(t.changes)
	audit.Describe(ctx, "settings", after, before) // back
	if err := c.store.EndSettingsTrial(ctx, t.version.Number, Returned, fmt.Sprintf("%s took them back.", auth.ActorFrom(ctx).Username)); err != nil {
		return Page{}, err
	}
	c.giveBack()
	return c.page(ctx)
}

func (c *Current) waiting(number int64) (*trial, error) {
	if c.trial == nil || number != c.trial.version.Number {
		return nil, fault.New(fault.Conflict, "No settings with this number wait to be confirmed; they may have returned by themselves.").WithCode("settings_not_pending")
	}
	return c.trial, nil
}

// Listed is a version in the list of those that are kept.
type Listed struct {
	Version int64     `json:"version"`
	At      time.Time `json:"at"`
	Author  string    `json:"author"`
	State   State     `json:"state" enum:"saved,pending,returned"`
	Reason  string    `json:"reason,omitempty" doc:"Why it returned."`
	Current bool      `json:"current" doc:"It is the one that counts."`
	Keys    []string  `json:"keys" doc:"What it changed."`
}

// Versions lists the versions that are kept, the newest first.
func (c *Current) Versions(ctx context.Context) ([]Listed, error) {
	versions, err := c.store.SettingsVersions(ctx)
	if err != nil {
		return nil, err
	}
	counts, list := inForce(versions), []Listed{}
	for i, v := range versions {
		l := Listed{v.Number, v.At, v.Author, v.State, v.Reason, v.Number == counts.Number, []string{}}
		for _, d := range between(inForce(versions[i+1:]), v) {
			l.Keys = append(l.Keys, d.Key)
		}
		list = append(list, l)
	}
	return list, nil
}

// Compare asks for the difference of two versions.
type Compare struct {
	Version int64 `path:"version"`
	With    int64 `query:"with" doc:"Compared with this one; without it, with the version that counts."`
}

// Compared is what changes from one version to the other.
type Compared struct {
	From    int64        `json:"from"`
	To      int64        `json:"to"`
	Changes []Difference `json:"changes"`
}

// Compare says what would change by going from a version to another.
func (c *Current) Compare(ctx context.Context, r Compare) (Compared, error) {
	versions, err := c.store.SettingsVersions(ctx)
	if err != nil {
		return Compared{}, err
	}
	from, to := inForce(versions), Version{}
	if r.With != 0 {
		if from, err = pick(versions, r.With); err != nil {
			return Compared{}, err
		}
	}
	if to, err = pick(versions, r.Version); err != nil {
		return Compared{}, err
	}
	return Compared{from.Number, to.Number, between(from, to)}, nil
}

// pick returns a version; 0 is before the first, when every setting had its default.
func pick(versions []Version, number int64) (Version, error) {
	if number == 0 {
		return Version{}, nil
	}
	for _, v := range versions {
		if v.Number == number {
			return v, nil
		}
	}
	return Version{}, fault.New(fault.NotFound, "There is no version %d of the settings, or it is no longer kept.", number)
}

// Restore asks for the settings of a version.
type Restore struct {
	Version int64  `path:"version" doc:"0: the defaults."`
	Base    *int64 `json:"base" doc:"The version that the caller saw."`
}

// Restore makes the settings what they were in a version, as Save does.
func (c *Current) Restore(ctx context.Context, r Restore) (Page, error) {
	c.changes.Lock()
	defer c.changes.Unlock()
	versions, err := c.store.SettingsVersions(ctx)
	if err != nil {
		return Page{}, err
	}
	v, err := pick(versions, r.Version)
	if err != nil {
		return Page{}, err
	}
	old, err := parse(or(v.Object))
	if err != nil {
		return Page{}, fault.New(fault.Conflict, "The version cannot be read: %v.", err).WithCode("settings_damaged")
	}
	err = c.save(ctx, r.Base, func(stored map[string]any) []fault.Place {
		clear(stored)
		for key, value := range old {
			stored[key] = value
		}
		return nil
	})
	if err != nil {
		return Page{}, err
	}
	return c.page(ctx)
}
