package auth

import (
	"context"
	"fmt"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"ecoflow/app/audit"
	"ecoflow/app/fault"
)

// Profile is a user as they see themself.
type Profile struct {
	Name        string    `json:"name"`
	Username    string    `json:"username"`
	Email       string    `json:"email"`
	IsPermanent bool      `json:"isPermanent"`
	CreatedAt   time.Time `json:"createdAt"`
	// MustChange: the password was set by somebody else and is to be changed.
	MustChange bool `json:"mustChange"`
}

// RoleName is a role in short.
type RoleName struct {
	ID        int64  `json:"id"`
	Name      string `json:"name"`
	IsDefault bool   `json:"isDefault"` // gives everything
}

// Granted is a permission that somebody has, and why.
type Granted struct {
	Permission string   `json:"permission"`
	Group      string   `json:"group"`
	Effect     string   `json:"effect"`
	Roles      []string `json:"roles"` // names of those that give it; none in local mode
}

// Me is all that a window wants to know of whom it serves.
type Me struct {
	ID          string     `json:"id"`
	Mode        string     `json:"mode"`    // local or auth
	Session     string     `json:"session"` // id of the session that asks; empty for a token
	User        Profile    `json:"user"`
	Roles       []RoleName `json:"roles"`
	Permissions []Granted  `json:"permissions"`
	// Preferences are the window's own; the server does not look into them.
	Preferences map[string]jsontext.Value `json:"preferences"`
}

// Me describes the actor in ctx.
func (a *Accounts) Me(ctx context.Context) (Me, error) {
	who := ActorFrom(ctx)
	u, err := a.user(ctx, who)
	if err != nil {
		return Me{}, err
	}
	me := Me{
		ID: who.UserID, Mode: "auth", Session: who.Session, User: u.profile(),
		Roles: []RoleName{}, Permissions: []Granted{},
	}
	if who.Local {
		me.Mode = "local"
	}
	for _, r := range u.Roles {
		me.Roles = append(me.Roles, RoleName{r.ID, r.Name, r.Default})
	}
	for _, d := range Catalogue {
		if !who.Permissions.Has(d.Permission) {
			continue
		}
		g := Granted{Permission: d.Name, Group: d.Group, Effect: d.Effect, Roles: []string{}}
		for _, r := range u.Roles {
			if r.Grants().Has(d.Permission) {
				g.Roles = append(g.Roles, r.Name)
			}
		}
		me.Permissions = append(me.Permissions, g)
	}
	kept, err := a.Store.Preferences(ctx, who.owner())
	if err != nil {
		return Me{}, err
	}
	me.Preferences, err = decodePreferences(kept)
	return me, err
}

// Profile returns the profile of the actor in ctx; the person at the machine has
// one too.
func (a *Accounts) Profile(ctx context.Context) (Profile, error) {
	u, err := a.user(ctx, ActorFrom(ctx))
	return u.profile(), err
}

// Roles returns the roles of the actor in ctx, by id.
func (a *Accounts) Roles(ctx context.Context) ([]Role, error) {
	u, err := a.user(ctx, ActorFrom(ctx))
	return u.Roles, err
}

func (u User) profile() Profile {
	return Profile{
		Name: u.Name, Username: u.Username, Email: u.Email,
		IsPermanent: u.Permanent, CreatedAt: u.Created, MustChange: u.MustChange,
	}
}

// user returns the actor's user, for the person at the machine one made up.
func (a *Accounts) user(ctx context.Context, who Actor) (User, error) {
	if who.Local {
		return User{Username: LocalID, Name: "You, at this machine", Permanent: true, Created: a.started.UTC()}, nil
	}
	u, err := a.Store.User(ctx, who.owner())
	return u, orUnauthenticated(err)
}

// What a user's preferences may grow to.
const (
	preferencesMost  = 200
	preferencesBytes = 32 << 10
)

// ChangePreferences sets the given preferences of the actor in ctx, removes those
// given as null, leaves the others, and returns all.
func (a *Accounts) ChangePreferences(ctx context.Context, change map[string]jsontext.Value) (map[string]jsontext.Value, error) {
	var all map[string]jsontext.Value
	who := ActorFrom(ctx)
	err := a.Store.ChangePreferences(ctx, who.owner(), func(old []byte) ([]byte, error) {
		var err error
		if all, err = decodePreferences(old); err != nil {
			return nil, err
		}
		before, after := map[string]any{}, map[string]any{}
		for key, value := range change {
			before[key], after[key] = preferenceNote(all[key]), preferenceNote(value)
			if value.Kind() == 'n' {
				delete(all, key)
			} else {
				all[key] = value
			}
		}
		text, err := json.Marshal(all, json.Deterministic(true))
		if err != nil {
			return nil, err
		}
		if len(all) > preferencesMost || len(text) > preferencesBytes {
			return nil, fault.New(fault.TooLarge, "Preferences may have %d entries and %d KiB in all.", preferencesMost, preferencesBytes>>10).
				WithCode("preferences_full")
		}
		audit.Describe(ctx, "preferences of "+who.Username, before, after)
		return text, nil
	})
	return all, err
}

// preferenceNote is a preference in the audit log. What one holds is known to the
// window alone and may be anything, so all but a yes or no is told by its size.
func preferenceNote(value jsontext.Value) any {
	switch value.Kind() {
	case 't':
		return true
	case 'f':
		return false
	case 'n', jsontext.KindInvalid:
		return nil
	}
	return fmt.Sprintf("%d bytes", len(value))
}

func decodePreferences(text []byte) (map[string]jsontext.Value, error) {
	all := map[string]jsontext.Value{}
	if text == nil {
		return all, nil
	}
	return all, json.Unmarshal(text, &all)
}
