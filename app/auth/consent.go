package auth

import (
	"context"
	"errors"
	"time"

	"ecoflow/app/fault"
)

// ConsentTime is how long a password given counts as consent to the gravest acts
// (S21).
const ConsentTime = 10 * time.Minute

// ConsentNeeded is the code of a refusal after which the password makes the same
// act possible.
const ConsentNeeded = "consent_needed"

// RequireConsent is a fault of kind Forbidden with the code ConsentNeeded unless
// the actor in ctx may do the gravest acts now: because the password was given in
// this session within ConsentTime, signing in included, or because this is local
// mode, which has no passwords. A personal API token never may: it is what
// somebody else may have got hold of.
func RequireConsent(ctx context.Context) error {
	who := ActorFrom(ctx)
	switch {
	case who.Local || who.Consent:
		return nil
	case who.Token != "":
		return fault.New(fault.Forbidden, "An API token cannot do this: it takes somebody who signs in and gives their password.").
			WithCode(ConsentNeeded)
	}
	return fault.New(fault.Forbidden, "Please give your password again to do this.").WithCode(ConsentNeeded)
}

// SessionNeeded is the code of a refusal of an API token where only somebody who
// signed in may do the same.
const SessionNeeded = "session_needed"

// RequireSession is a fault of kind Forbidden with the code SessionNeeded for an
// actor who came with a personal API token: whoever got hold of one can neither
// make another that stays when it is revoked, nor keep its owner out.
func RequireSession(who Actor) error {
	if who.Token == "" {
		return nil
	}
	return fault.New(fault.Forbidden, "An API token cannot do this: it takes somebody who signs in, with a session.").WithCode(SessionNeeded)
}

// Password is what somebody gives to consent.
type Password struct {
	Password string `json:"password" required:"true" secret:"true"`
}

// Consent takes the password of the actor in ctx as consent to the gravest acts
// in this session for ConsentTime. A wrong one is a fault of kind Forbidden and
// counts as a failed sign-in; see Guess.
func (a *Accounts) Consent(ctx context.Context, given Password) error {
	who := ActorFrom(ctx)
	if who.Local {
		return nil
	}
	if err := RequireSession(who); err != nil {
		return err
	}
	if _, err := a.ownPassword(ctx, who, given.Password); err != nil {
		return err
	}
	return orUnauthenticated(a.Store.Consent(ctx, who.Session, a.Now()))
}

// ownPassword returns the user whom the actor is when the password is theirs;
// guessing at it is as slow as at the front door, and counted together with it.
func (a *Accounts) ownPassword(ctx context.Context, who Actor, password string) (User, error) {
	u, err := a.Store.User(ctx, who.owner())
	if err != nil {
		return User{}, orUnauthenticated(err)
	}
	right, err := a.Guess(ctx, "user:"+u.Username, who.Address, func() (bool, error) {
		right, outdated, err := a.hashing.verify(ctx, u.Hash, password)
		if errors.Is(err, errHash) {
			a.Log.ErrorContext(ctx, "stored password hash is unusable", "user", u.Username, "err", err)
			return false, nil
		}
		if err == nil && right && outdated {
			u.Hash, err = a.rehash(ctx, u, password)
		}
		return right, err
	})
	if err == nil && !right {
		err = fault.New(fault.Forbidden, "This is not your password.").WithCode("wrong_password").At("password", "is not right")
	}
	return u, err
}
