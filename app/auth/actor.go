package auth

import "context"

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
	// Local marks the built-in actor of local mode, who has no user row.
	Local bool
}

// SignedIn reports whether the actor is somebody.
func (a Actor) SignedIn() bool { return a.UserID != "" }

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
