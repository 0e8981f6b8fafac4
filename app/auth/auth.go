// Package auth knows who somebody is and what they may do: users with their
// roles, signed-in sessions, personal API tokens, and the person at the machine
// in local mode, who needs neither. Whatever the credential, Authenticate turns it
// into an Actor, and every check after that looks at the Actor alone.
package auth

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"log/slog"
	"os/exec"
	"strings"
	"sync/atomic"
	"time"

	"ecoflow/app/event"
	"ecoflow/app/fault"
	"ecoflow/app/limit"
)

// LocalID is the user id and name of the built-in actor of local mode.
const LocalID = "local"

// Options is what Accounts depend on.
type Options struct {
	Log    *slog.Logger
	Store  Store
	Events *event.Stream
	Limits *limit.Counters
	// Local begins in the mode without passwords: only the person at the machine gets
	// in, and what users of sign-in mode left behind gives nobody a way. SetLocal
	// changes the mode.
	Local bool
	// Process ties the sessions of local mode to this process; a restart of our own
	// hands its value to the successor. Empty: a new one.
	Process string
	// Times returns how long sessions and waits last at present; nil is IdleTime,
	// SessionTime and GuessWait.
	Times func() Times
	// Helper returns the command that computes hashes in another process
	// (HelperCommand); nil has this one compute them.
	Helper func() *exec.Cmd
	// Now is the clock, time.Now when nil.
	Now func() time.Time
}

// Times say how long sessions last, and how long guessing may be held up.
type Times struct {
	Idle time.Duration // unused; it counts for sessions that run as well
	Most time.Duration // those that begin from now on
	Wait time.Duration // at most, before the next guess
}

// Accounts are the users, their sessions and tokens. Its methods may be called
// concurrently. Nothing about rights is kept in memory: a change acts on the very
// next request.
type Accounts struct {
	Options
	started  time.Time
	local    atomic.Bool // the mode without passwords
	hashing  *hasher
	turns    turns
	launches launches
	watchers watchers
}

// New returns the accounts kept in the store.
func New(o Options) *Accounts {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Times == nil {
		o.Times = func() Times { return Times{IdleTime, SessionTime, GuessWait} }
	}
	if o.Process == "" {
		o.Process = rand.Text()
	}
	a := &Accounts{Options: o, started: o.Now(), hashing: newHasher(o)}
	a.local.Store(o.Local)
	return a
}

// Close ends what computes password hashes in the background.
func (a *Accounts) Close() error { return a.hashing.close() }

// IsLocal reports whether this is local mode now.
func (a *Accounts) IsLocal() bool { return a.local.Load() }

// SetLocal changes the mode. Credentials of the other mode no longer count from the
// next request on, and streams end; they count again when the mode comes back.
func (a *Accounts) SetLocal(local bool) {
	if a.local.Swap(local) != local {
		a.launches.forget()
		a.watchers.wake(func(string) bool { return true })
	}
}

// Credential is what a request brought along to say who sends it.
type Credential struct {
	Session string // the session id from the cookie, signature already checked
	Bearer  string // what followed "Bearer " in the Authorization header
	Address string // the client's address as trusted (S10)
}

// Authenticate returns who the credential belongs to. Without one it is nobody,
// who has an address and no rights, and no error; with one that is unknown, ended
// or disabled it is nobody and a fault of kind Unauthenticated, the same for all
// causes. A bearer credential goes before a cookie.
func (a *Accounts) Authenticate(ctx context.Context, c Credential) (Actor, error) {
	nobody := Actor{Address: c.Address}
	var actor Actor
	var err error
	switch {
	case strings.HasPrefix(c.Bearer, TokenPrefix):
		actor, err = a.byToken(ctx, TokenKey{Hash: digest(c.Bearer)}, true)
	case c.Bearer != "":
		actor, err = a.bySession(ctx, SessionKey{Access: digest(c.Bearer)}, true)
	case c.Session != "":
		actor, err = a.bySession(ctx, SessionKey{ID: digest(c.Session)}, true)
	default:
		return nobody, nil
	}
	if err != nil {
		return nobody, err
	}
	actor.Address = c.Address
	return actor, nil
}

// Current returns the actor as it is now: the same session or token with the
// rights of this moment. It is a fault of kind Unauthenticated when the credential
// has ended since. Streams call it when Watch says that something changed, and now
// and then for the clock's sake; it does not count as use.
func (a *Accounts) Current(ctx context.Context, was Actor) (Actor, error) {
	var now Actor
	var err error
	switch {
	case was.Token != "":
		now, err = a.byToken(ctx, TokenKey{Public: was.Token}, false)
	case was.Session != "":
		now, err = a.bySession(ctx, SessionKey{Public: was.Session}, false)
	default:
		err = unauthenticated()
	}
	now.Address, now.cookie = was.Address, was.cookie
	return now, err
}

func (a *Accounts) bySession(ctx context.Context, key SessionKey, use bool) (Actor, error) {
	s, err := a.Store.Session(ctx, key)
	if err != nil {
		return Actor{}, orUnauthenticated(err)
	}
	now := a.Now()
	until := s.Expires
	if idle := s.Seen.Add(a.Times().Idle); idle.Before(until) {
		until = idle
	}
	if key.Access != nil && s.AccessExpires.Before(until) {
		until = s.AccessExpires
	}
	if !now.Before(until) || (s.UserID == 0 && s.Process != a.Process) {
		return Actor{}, unauthenticated()
	}
	actor, err := a.actor(ctx, s.UserID)
	if err != nil {
		return Actor{}, err
	}
	actor.Session, actor.Since, actor.Until = s.Public, s.Created, until
	actor.cookie = string(key.ID)
	// A time in the future is one from before the clock was set back.
	since := now.Sub(s.Consented)
	actor.Consent = since >= 0 && since < ConsentTime
	if use && now.Sub(s.Seen).Abs() >= seenStep { // a clock that was set back counts as well
		a.seen(ctx, a.Store.TouchSession(ctx, s.Public, now))
	}
	return actor, nil
}

func (a *Accounts) byToken(ctx context.Context, key TokenKey, use bool) (Actor, error) {
	t, err := a.Store.Token(ctx, key)
	if err != nil {
		return Actor{}, orUnauthenticated(err)
	}
	now := a.Now()
	if !now.Before(t.Expires) {
		return Actor{}, unauthenticated()
	}
	actor, err := a.actor(ctx, t.UserID)
	if err != nil {
		return Actor{}, err
	}
	actor.Token, actor.Since, actor.Until = t.Public, t.Created, t.Expires
	actor.Permissions &= t.Permissions
	if use && now.Sub(t.Used).Abs() >= seenStep {
		a.seen(ctx, a.Store.TouchToken(ctx, t.Public, now))
	}
	return actor, nil
}

// seen logs a last-seen time that could not be kept: a full disk must not turn
// away those who only read.
func (a *Accounts) seen(ctx context.Context, err error) {
	if err != nil {
		a.Log.WarnContext(ctx, "last use not kept", "err", err)
	}
}

// actor returns the owner of a credential, 0 being the person at the machine, with
// all their rights. Each mode has its own owners.
func (a *Accounts) actor(ctx context.Context, owner int64) (Actor, error) {
	if (owner == 0) != a.IsLocal() {
		return Actor{}, unauthenticated()
	}
	if owner == 0 {
		return Actor{UserID: LocalID, Username: LocalID, Permissions: Everything, Local: true}, nil
	}
	u, err := a.Store.User(ctx, owner)
	if err != nil {
		return Actor{}, orUnauthenticated(err)
	}
	if !u.Active {
		return Actor{}, unauthenticated()
	}
	return Actor{UserID: u.ActorID(), Username: u.Username, Permissions: u.Permissions(), MustChange: u.MustChange}, nil
}

func unauthenticated() *fault.Fault {
	return fault.New(fault.Unauthenticated, "You are not signed in, or your session has ended.")
}

// orUnauthenticated turns a credential that is not there into one that does not
// count; other errors stay what they are.
func orUnauthenticated(err error) error {
	if fault.Is(err, fault.NotFound) {
		return unauthenticated()
	}
	return err
}

// secret returns 256 random bits as text, for ids that give access.
func secret() string {
	b := make([]byte, 32)
	rand.Read(b)
	return base64.RawURLEncoding.EncodeToString(b)
}

// digest is what is kept of a secret. Looking up by it is safe: what the time of
// an index search may tell is about a hash that nobody can steer.
func digest(secret string) []byte {
	sum := sha256.Sum256([]byte(secret))
	return sum[:]
}
