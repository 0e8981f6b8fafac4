package auth

import (
	"context"
	"strconv"
	"time"
)

// Actor is who does something: the one thing every check and every audit entry
// looks at, whichever way the credential arrived.
type Actor struct {
	UserID   string // the user row's id as text; "local" for the person at the machine; "" for nobody
	Username string // lower case; "local" in local mode; "" for nobody
	// Permissions are the effective ones: the union of the roles, or what a
	// narrowed token leaves of it. A default role or Administrator gives all.
	Permissions Permission
	Session     string // public id of the session, "" for a personal token
	Token       string // public id of the personal token, "" for a session
	Address     string // client address as trusted (S10)
	// Since and Until bound the life of the credential: when it was given out and
	// when it ends unless it is used, renewed or revoked.
	Since, Until time.Time
	// Local marks the built-in actor of local mode, who has no user row.
	Local bool
	// MustChange: the password was set by somebody else, and nothing is possible
	// before it is changed; see RequireOwnPassword.
	MustChange bool
	// Consent: the password was given in this session not long ago, when the
	// request came; see RequireConsent.
	Consent bool

	cookie string // hash of the session's id when the cookie brought it
}

// SignedIn reports whether the actor is somebody.
func (a Actor) SignedIn() bool { return a.UserID != "" }

// owner is the actor's user id, 0 for the person at the machine.
func (a Actor) owner() int64 {
	id, _ := strconv.ParseInt(a.UserID, 10, 64) // "local" is 0
	return id
}

type actorKey struct{}

// WithActor returns a context that carries the actor.
func WithActor(ctx context.Context, a Actor) context.Context {
	return context.WithValue(ctx, actorKey{}, a)
}

// ActorFrom returns the actor that rides in the context; the zero Actor, who is
// nobody, when there is none.
func ActorFrom(ctx context.Context) Actor {
	a, _ := ctx.Value(actorKey{}).(Actor)
	return a
}
