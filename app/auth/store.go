package auth

import (
	"context"
	"errors"
	"time"
)

// ErrUsersExist is what Store.AddFirstUser answers when somebody was first.
var ErrUsersExist = errors.New("a user exists already")

// Store keeps accounts. Lookups that find nothing answer a fault of kind NotFound.
// Each method is a transaction. An owner is a user's id, or 0 for the person at
// the machine in local mode.
type Store interface {
	PeopleStore

	HasUsers(ctx context.Context) (bool, error)
	HasAdministrator(ctx context.Context) (bool, error)
	// AddFirstUser adds the role and the user that holds it, and the user's session
	// unless it is nil, if there is no user at all: else ErrUsersExist.
	AddFirstUser(ctx context.Context, u User, r Role, s *Session) error
	User(ctx context.Context, id int64) (User, error)
	UserByName(ctx context.Context, username string) (User, error)
	// Rehash replaces the hash of an unchanged password, if it still is old.
	Rehash(ctx context.Context, id int64, old, hash string) error
	// SetPassword sets a new password's hash and ends all sessions and tokens.
	SetPassword(ctx context.Context, id int64, hash string, mustChange bool, now time.Time) error

	// SetProfile sets a user's name and e-mail address.
	SetProfile(ctx context.Context, id int64, name, email string, now time.Time) error
	// ChangePassword replaces the hash old by another, ends all sessions and tokens
	// but the session with keep's public id, and gives that one keep's secrets and
	// times. It is a Conflict when old is not the hash any more.
	ChangePassword(ctx context.Context, id int64, old, hash string, keep Session) error

	// AddSession adds a session in place of the one with the public id replaces,
	// and sweeps out what has ended and the owner's oldest beyond keep.
	AddSession(ctx context.Context, s Session, replaces string, keep int) error
	Session(ctx context.Context, key SessionKey) (Session, error)
	Sessions(ctx context.Context, owner int64) ([]Session, error)
	// RotateSession gives the session with the id hash old its new secrets.
	RotateSession(ctx context.Context, old []byte, s Session) error
	TouchSession(ctx context.Context, public string, seen time.Time) error
	EndSession(ctx context.Context, owner int64, public string) error
	// EndOtherSessions ends all of the owner's but the one with the public id.
	EndOtherSessions(ctx context.Context, owner int64, keep string) error
	// Consent keeps when the password was given in the session.
	Consent(ctx context.Context, public string, at time.Time) error

	// AddToken adds a token unless the owner has most already: then a Conflict.
	AddToken(ctx context.Context, t Token, most int) error
	Token(ctx context.Context, key TokenKey) (Token, error)
	Tokens(ctx context.Context, owner int64) ([]Token, error)
	TouchToken(ctx context.Context, public string, used time.Time) error
	EndToken(ctx context.Context, owner int64, public string) error

	// Attempts returns the failures of an address at one thing and at all together.
	Attempts(ctx context.Context, what, address string) (own, all Attempts, err error)
	// SaveAttempts keeps both and drops all that last failed before forget. It
	// never stores the audit entry of the act under way, which has failed.
	SaveAttempts(ctx context.Context, what, address string, own, all Attempts, forget time.Time) error
	ClearAttempts(ctx context.Context, what, address string) error

	// Preferences returns the owner's preferences as JSON, nil when there are none.
	Preferences(ctx context.Context, owner int64) ([]byte, error)
	// ChangePreferences keeps what change makes of them; change may be called again.
	ChangePreferences(ctx context.Context, owner int64, change func(old []byte) ([]byte, error)) error
}

// Session is a signed-in browser or script as it is kept. Of its secrets only
// SHA-256 hashes are known.
type Session struct {
	ID            []byte // hash of the id in the cookie
	Access        []byte // hash of the access token
	AccessExpires time.Time
	Public        string // names the session in lists
	UserID        int64  // the owner
	Process       string // of local mode: the process it ends with
	Created       time.Time
	Seen          time.Time
	Expires       time.Time
	Address       string
	UserAgent     string
	Consented     time.Time // when the password was last given
}

// SessionKey finds a session by one of its names; the others are empty.
type SessionKey struct {
	ID, Access []byte
	Public     string
}

// Token is a personal API token as it is kept.
type Token struct {
	Hash        []byte
	Public      string // names the token in lists
	UserID      int64  // the owner
	Name        string
	Permissions Permission
	Created     time.Time
	Expires     time.Time
	Used        time.Time // zero: never
}

// TokenKey finds a token by one of its names; the other is empty.
type TokenKey struct {
	Hash   []byte
	Public string
}

// Attempts counts failures of guessing.
type Attempts struct {
	Failures    int
	Since, Last time.Time // of the first and the last one counted
}
