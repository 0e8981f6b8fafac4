package auth

import (
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"strings"
	"time"

	"ecoflow/app/audit"
	"ecoflow/app/fault"
)

// How long sessions last (S14).
const (
	IdleTime    = 8 * time.Hour       // unused, unless the settings say otherwise …
	SessionTime = 7 * 24 * time.Hour  // at most, likewise
	SessionMost = 90 * 24 * time.Hour // whatever the settings say
	AccessTime  = time.Hour           // their access tokens

	sessionsMost = 100         // of one owner; the longest unused give way
	seenStep     = time.Minute // last-seen times are kept no finer, to spare the disk
	agentBytes   = 300
)

// SignIn is what somebody fills in to get in.
type SignIn struct {
	Username string `json:"username" required:"true"` // in any case
	Password string `json:"password" required:"true" secret:"true"`
	// UserAgent is shown in the list of sessions.
	UserAgent string `json:"-" header:"User-Agent"`
}

// Secrets holds the secrets of a session that has begun or been renewed. They are
// told this once and kept nowhere.
type Secrets struct {
	ID          string // for the session cookie
	AccessToken string // for scripts, as bearer; good for AccessTime
}

// SessionCookie tells the front door which id to set the session cookie to.
func (s Secrets) SessionCookie() (id string, change bool) { return s.ID, s.ID != "" }

// SignIn begins a session for whoever knows the password. An unknown user, a wrong
// password and a disabled user get the same fault of kind Unauthenticated after the
// same work; see Guess for those who try too often. A session that the request
// already had ends.
func (a *Accounts) SignIn(ctx context.Context, in SignIn) (Secrets, error) {
	if a.IsLocal() {
		return Secrets{}, fault.New(fault.Conflict, "This EcoFlow has no passwords: start it again on its own machine to open a signed-in window.").
			WithCode("local_mode")
	}
	if err := a.hashing.room(); err != nil { // before anything is looked up for nothing
		return Secrets{}, err
	}
	caller := ActorFrom(ctx)
	name := strings.ToLower(in.Username)
	if !usernames.MatchString(name) {
		name = "" // nobody's
	}
	var user User
	right, err := a.Guess(ctx, "user:"+name, caller.Address, func() (bool, error) {
		var err error
		user, err = a.Store.UserByName(ctx, name)
		unknown := fault.Is(err, fault.NotFound)
		if err != nil && !unknown {
			return false, err
		}
		if unknown {
			user.Hash = decoy
		}
		right, outdated, err := a.hashing.verify(ctx, user.Hash, in.Password)
		if errors.Is(err, errHash) {
			a.Log.ErrorContext(ctx, "stored password hash is unusable", "user", user.Username, "err", err)
			_, _, err = a.hashing.verify(ctx, decoy, in.Password)
		}
		if err != nil || !right || unknown || !user.Active {
			return false, err
		}
		if outdated {
			if _, err := a.rehash(ctx, user, in.Password); err != nil { // another time, where it can be written
				a.Log.WarnContext(ctx, "password hash stays as it is", "user", user.Username, "err", err)
			}
		}
		return true, nil
	})
	if err != nil {
		return Secrets{}, err
	}
	if !right {
		return Secrets{}, fault.New(fault.Unauthenticated, "The user name or the password is not right.").WithCode("sign_in_failed")
	}
	// From here on it is the user who acts, in the audit log too.
	ctx = WithActor(ctx, Actor{UserID: user.ActorID(), Username: user.Username, Address: caller.Address})
	return a.begin(ctx, user.ID, caller, in.UserAgent)
}

func (a *Accounts) rehash(ctx context.Context, u User, password string) (hash string, err error) {
	if hash, err = a.hashing.hash(ctx, password); err != nil {
		return "", err
	}
	return hash, a.Store.Rehash(ctx, u.ID, u.Hash, hash)
}

// begin starts a session of the owner in place of the one the caller had.
func (a *Accounts) begin(ctx context.Context, owner int64, caller Actor, agent string) (Secrets, error) {
	secrets, s := a.newSession(owner, caller.Address, agent)
	if err := a.Store.AddSession(ctx, s, caller.Session, sessionsMost); err != nil {
		return Secrets{}, err
	}
	if caller.Session != "" {
		a.changed(caller.UserID, "sessions")
	}
	return secrets, nil
}

func (a *Accounts) newSession(owner int64, address, agent string) (Secrets, Session) {
	now := a.Now()
	secrets := Secrets{ID: secret(), AccessToken: newToken(AccessPrefix)}
	s := Session{
		ID: digest(secrets.ID), Access: digest(secrets.AccessToken), AccessExpires: now.Add(AccessTime),
		Public: rand.Text(), UserID: owner,
		Created: now, Seen: now, Expires: now.Add(a.Times().Most), Consented: now,
		Address: address, UserAgent: shorten(agent),
	}
	if owner == 0 {
		s.Process = a.Process
	}
	return secrets, s
}

// shorten cuts a text from a client to what is worth keeping.
func shorten(s string) string {
	if len(s) > agentBytes {
		s = s[:agentBytes]
	}
	return strings.ToValidUTF8(s, "")
}

// Refresh gives the session of the actor in ctx a new id and access token; the old
// ones stop working. Only the session's cookie will do: a bearer token cannot renew
// itself. The end of the session stays where it was.
func (a *Accounts) Refresh(ctx context.Context) (Secrets, error) {
	who := ActorFrom(ctx)
	if who.cookie == "" {
		return Secrets{}, unauthenticated()
	}
	now := a.Now()
	secrets := Secrets{ID: secret(), AccessToken: newToken(AccessPrefix)}
	err := a.Store.RotateSession(ctx, []byte(who.cookie), Session{
		ID: digest(secrets.ID), Access: digest(secrets.AccessToken),
		AccessExpires: now.Add(AccessTime), Seen: now,
	})
	if err != nil {
		return Secrets{}, orUnauthenticated(err)
	}
	return secrets, nil
}

// SignOut ends the session of the actor in ctx, cookie and access token alike. Who
// came with a personal token has no session, and nothing ends.
func (a *Accounts) SignOut(ctx context.Context) error {
	who := ActorFrom(ctx)
	if who.Session == "" {
		return nil
	}
	err := a.EndSession(ctx, who.Session)
	if fault.Is(err, fault.NotFound) {
		return nil // ended from elsewhere at the same time
	}
	return err
}

// SessionInfo is one session as its owner sees it.
type SessionInfo struct {
	ID         string    `json:"id"`
	CreatedAt  time.Time `json:"createdAt"`
	LastSeenAt time.Time `json:"lastSeenAt"`
	ExpiresAt  time.Time `json:"expiresAt"` // or earlier, when it is not used
	Address    string    `json:"address"`
	UserAgent  string    `json:"userAgent"`
	Current    bool      `json:"current"` // the one that asks
}

// Sessions lists the running sessions of the actor in ctx, the last used first.
func (a *Accounts) Sessions(ctx context.Context) ([]SessionInfo, error) {
	who := ActorFrom(ctx)
	all, err := a.Store.Sessions(ctx, who.owner())
	if err != nil {
		return nil, err
	}
	return a.running(all, who), nil
}

// running describes the sessions that have not ended by the clock.
func (a *Accounts) running(all []Session, who Actor) []SessionInfo {
	now := a.Now()
	list := []SessionInfo{}
	for _, s := range all {
		if !now.Before(s.Expires) || !now.Before(s.Seen.Add(a.Times().Idle)) || (s.UserID == 0 && s.Process != a.Process) {
			continue
		}
		list = append(list, SessionInfo{
			ID: s.Public, CreatedAt: s.Created, LastSeenAt: s.Seen, ExpiresAt: s.Expires,
			Address: s.Address, UserAgent: s.UserAgent, Current: s.Public == who.Session,
		})
	}
	return list
}

// EndSession ends a session of the actor in ctx; somebody else's is not found.
func (a *Accounts) EndSession(ctx context.Context, id string) error {
	who := ActorFrom(ctx)
	sessions, err := a.Store.Sessions(ctx, who.owner())
	if err != nil {
		return err
	}
	for _, s := range sessions {
		if s.Public == id {
			audit.Describe(ctx, "session "+id, s.note(), nil)
		}
	}
	if err := a.Store.EndSession(ctx, who.owner(), id); err != nil {
		return err
	}
	a.changed(who.UserID, "sessions")
	return nil
}

// EndOtherSessions ends all sessions of the actor in ctx but the one that asks.
func (a *Accounts) EndOtherSessions(ctx context.Context) error {
	who := ActorFrom(ctx)
	was, err := a.accessNote(ctx, who.owner())
	if err != nil {
		return err
	}
	is := was
	is.Sessions = slices.DeleteFunc(slices.Clone(was.Sessions), func(s sessionNote) bool { return s.ID != who.Session })
	audit.Describe(ctx, "user "+who.Username, was, is)
	if err := a.Store.EndOtherSessions(ctx, who.owner(), who.Session); err != nil {
		return err
	}
	a.changed(who.UserID, "sessions")
	return nil
}

// sessionNote is a session in the audit log.
type sessionNote struct {
	ID        string    `json:"id"`
	CreatedAt time.Time `json:"createdAt"`
	Address   string    `json:"address"`
}

func (s Session) note() sessionNote { return sessionNote{s.Public, s.Created, s.Address} }

// tokenNote is a personal token in a list of the audit log.
type tokenNote struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// accessNote is what somebody is signed in with in the audit log.
type accessNote struct {
	Sessions []sessionNote `json:"sessions"`
	Tokens   []tokenNote   `json:"tokens"`
}

func (a *Accounts) accessNote(ctx context.Context, owner int64) (accessNote, error) {
	n := accessNote{[]sessionNote{}, []tokenNote{}}
	sessions, err := a.Store.Sessions(ctx, owner)
	if err != nil {
		return n, err
	}
	for _, s := range sessions {
		n.Sessions = append(n.Sessions, s.note())
	}
	tokens, err := a.Store.Tokens(ctx, owner)
	for _, t := range tokens {
		n.Tokens = append(n.Tokens, tokenNote{t.Public, t.Name})
	}
	return n, err
}

// without returns what is left once the credentials have ended.
func (n accessNote) without(end Credentials) accessNote {
	return accessNote{
		slices.DeleteFunc(slices.Clone(n.Sessions), func(s sessionNote) bool { return end.Sessions || s.ID == end.Session }),
		slices.DeleteFunc(slices.Clone(n.Tokens), func(t tokenNote) bool { return end.Tokens || t.ID == end.Token }),
	}
}
