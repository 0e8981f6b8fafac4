package auth

import (
	"context"
	"slices"
	"strings"

	"ecoflow/app/event"
	"ecoflow/app/fault"
)

// PeopleStore keeps who there is and what they may do. Each change is a
// transaction that calls back with what is stored at that moment, because who may
// do what to whom depends on it (S18); the function may be called again and keeps
// nothing.
type PeopleStore interface {
	// Users returns every user with their roles, by id.
	Users(ctx context.Context) ([]User, error)
	// AllRoles returns every role with its number of members, by id.
	AllRoles(ctx context.Context) ([]Role, error)
	// Members returns who holds the role, by user name, without their roles.
	Members(ctx context.Context, role int64) ([]User, error)

	// AddUser adds the user that make returns. A role of theirs without an id is
	// added as well.
	AddUser(ctx context.Context, actor int64, make func(Scene) (User, error)) (User, error)
	// ChangeUser keeps what change makes of the user with the name. A new hash ends
	// their sessions and tokens, being disabled their sessions.
	ChangeUser(ctx context.Context, actor int64, username string, change func(Scene, User) (User, error)) (User, error)
	DeleteUser(ctx context.Context, actor int64, username string, allow func(Scene, User) error) (User, error)
	// EndAccess ends what end names of the user's credentials. One that is named by
	// itself and is not there is NotFound.
	EndAccess(ctx context.Context, actor int64, username string, end Credentials, allow func(Scene, User) error) (User, error)

	AddRole(ctx context.Context, actor int64, make func(Scene) (Role, error)) (Role, error)
	// ChangeRole keeps what change makes of the role and returns the ids of those
	// who hold it.
	ChangeRole(ctx context.Context, actor int64, id int64, change func(Scene, Role) (Role, error)) (members []int64, err error)
	// DeleteRole takes the role from everybody; it returns the ids of who had it.
	DeleteRole(ctx context.Context, actor int64, id int64, allow func(Scene, Role) error) (members []int64, err error)
}

// Scene is what a change of users or roles finds.
type Scene struct {
	// Actor is who acts, as they are now; nil for the person at the machine and for
	// somebody who has been deleted meanwhile.
	Actor *User
	Roles []Role // all there are
	Empty bool   // there is no user yet
}

// Credentials names sessions and tokens to end.
type Credentials struct {
	Session  string // public id of one session
	Token    string // public id of one token
	Sessions bool   // all
	Tokens   bool   // all
}

// hand is what somebody may do to others at the moment of a change.
type hand struct {
	Scene
	who    Actor
	rights Permission
}

// hand returns the hand of the actor in ctx. What they have lost since the request
// began, the right that the change needs among it, counts no more.
func (s Scene) hand(ctx context.Context, needs Permission) (hand, error) {
	h := hand{Scene: s, who: ActorFrom(ctx)}
	h.rights = h.who.Permissions
	if !h.who.Local {
		if s.Actor == nil || !s.Actor.Active {
			return h, unauthenticated()
		}
		h.rights &= s.Actor.Permissions()
	}
	if !h.rights.Has(needs) {
		return h, fault.New(fault.Forbidden, "You do not have the right to do this any more.").WithCode("missing_permission")
	}
	return h, nil
}

// self reports whether the user is the one who acts.
func (h hand) self(u User) bool { return u.ActorID() == h.who.UserID }

// reach refuses who has fewer rights than the user.
func (h hand) reach(u User) error {
	if lacks := h.lacks(u.Permissions()); lacks != "" {
		return fault.New(fault.Forbidden, "%s has rights that you do not have: %s.", u.Username, lacks).WithCode("more_rights")
	}
	return nil
}

// reachRole refuses who has fewer rights than the role gives, and changes of what
// nobody or only administrators may change.
func (h hand) reachRole(r Role) error {
	switch lacks := h.lacks(r.Grants()); {
	case r.Default:
		return fault.New(fault.Conflict, "The role %s gives every right and always will: it cannot be changed or deleted.", r.Name).WithCode("default_role")
	case h.holds(r) && !h.rights.Has(Administrator):
		return fault.New(fault.Forbidden, "You hold the role %s yourself; somebody else has to change it.", r.Name).WithCode("own_role")
	case lacks != "":
		return fault.New(fault.Forbidden, "The role %s gives rights that you do not have: %s.", r.Name, lacks).WithCode("more_rights")
	}
	return nil
}

// holds reports whether who acts has the role.
func (h hand) holds(r Role) bool {
	return h.Actor != nil && slices.ContainsFunc(h.Actor.Roles, func(own Role) bool { return own.ID == r.ID })
}

// lacks names what of p who acts does not have, "" when nothing: administrator
// alone where everything is wanted.
func (h hand) lacks(p Permission) string {
	if h.rights.Has(p) {
		return ""
	}
	if p&Administrator != 0 {
		p = Administrator
	}
	return strings.Join((p &^ h.rights).Names(), ", ")
}

// role returns the role with the id.
func (s Scene) role(id int64) (Role, bool) {
	i := slices.IndexFunc(s.Roles, func(r Role) bool { return r.ID == id })
	if i < 0 {
		return Role{}, false
	}
	return s.Roles[i], true
}

// stale is the refusal to save over what somebody else has changed meanwhile; now
// is that, as it would be shown.
func stale(what, member string, now any) error {
	f := fault.New(fault.Conflict, "Somebody else has changed %s meanwhile.", what).WithCode("stale_version")
	f.Extra = map[string]any{member: now}
	return f
}

// peopleChanged tells open streams that their user's access changed, and every
// window that users or roles are not what it shows. Who it was stays with those
// who may ask.
func (a *Accounts) peopleChanged(reason string, users ...int64) {
	ids := make(map[string]bool, len(users))
	for _, id := range users {
		ids[User{ID: id}.ActorID()] = true
	}
	a.watchers.wake(func(userID string) bool { return ids[userID] })
	a.Events.Publish(event.Access, AccessChange{Reason: reason})
}
