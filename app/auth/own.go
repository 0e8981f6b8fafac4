package auth

import (
	"context"
	"errors"
	"strings"

	"golang.org/x/text/unicode/norm"

	"ecoflow/app/audit"
	"ecoflow/app/fault"
)

// PasswordFirst is the code of a refusal that ends once the actor has chosen a
// password of their own.
const PasswordFirst = "password_change_needed"

// RequireOwnPassword is a fault of kind Forbidden with the code PasswordFirst while
// the actor's password is one that somebody else gave them.
func RequireOwnPassword(a Actor) error {
	if !a.MustChange {
		return nil
	}
	return fault.New(fault.Forbidden, "Your password was set by somebody else. Choose one of your own first.").WithCode(PasswordFirst)
}

// OwnPart is what somebody changes about themself.
type OwnPart string

// The parts, by the words of the original.
const (
	OwnInfo     OwnPart = "info"
	OwnPassword OwnPart = "PWD"
)

// String names the part for the audit log.
func (p OwnPart) String() string {
	if p == OwnPassword {
		return "password"
	}
	return "profile"
}

// OwnChange is what somebody fills in to change their own profile or password.
type OwnChange struct {
	Mode OwnPart `json:"mode" required:"true" enum:"info,PWD" doc:"Which members of userInfo count: name and email, or the three passwords."`
	// A pointer, so that an empty form is told from one that was not sent.
	UserInfo *OwnInput `json:"userInfo" required:"true"`
}

// OwnInput is what an OwnChange changes to.
type OwnInput struct {
	Name        *string `json:"name" doc:"Left out: stays."`
	Email       *string `json:"email" doc:"Left out: stays."`
	OldPassword string  `json:"oldPassword" secret:"true"`
	NewPassword string  `json:"newPassword" secret:"true"`
	RePassword  string  `json:"rePassword" secret:"true"`
}

// Wrong lists what is wrong with it, when the actor in ctx asks.
func (c OwnChange) Wrong(ctx context.Context) []fault.Place {
	var all []fault.Place
	add := func(field, problem string) {
		if problem != "" {
			all = append(all, fault.Place{Path: "userInfo/" + field, Message: problem})
		}
	}
	if c.UserInfo == nil {
		return nil // its absence is said already
	}
	in := *c.UserInfo
	if c.Mode == OwnInfo {
		if in.Name != nil {
			add("name", checkName(personName(*in.Name)))
		}
		if in.Email != nil {
			add("email", checkEmail(strings.TrimSpace(*in.Email)))
		}
		return all
	}
	if c.Mode != OwnPassword {
		return nil // what counts is not known
	}
	if in.OldPassword == "" {
		add("oldPassword", "is required")
	}
	if problem := checkPassword(in.NewPassword, ActorFrom(ctx).Username); problem != "" {
		add("newPassword", problem)
	} else if norm.NFC.String(in.NewPassword) == norm.NFC.String(in.OldPassword) {
		add("newPassword", "is the password that you have")
	}
	if in.RePassword != in.NewPassword {
		add("rePassword", "is not the same as the new password")
	}
	return all
}

// personName is a person's name as it is kept.
func personName(name string) string { return norm.NFC.String(strings.TrimSpace(name)) }

// Changed says what became of an OwnChange. A new password renews the session that
// asked; then the secrets are set.
type Changed struct {
	Secrets
	Message string
}

// ChangeOwn changes the profile or the password of the actor in ctx. A new password
// ends all their other sessions and all their tokens, and leaves the session that
// asked with new secrets. All that is wrong is one fault of kind Invalid whose
// places are below userInfo; a wrong old password is a fault of kind Forbidden.
func (a *Accounts) ChangeOwn(ctx context.Context, change OwnChange) (Changed, error) {
	who := ActorFrom(ctx)
	if who.Local {
		return Changed{}, fault.New(fault.Conflict, "In local mode there is no account to change. Start EcoFlow with --auth to have accounts and passwords.").
			WithCode("local_mode")
	}
	wrong := change.Wrong(ctx)
	if change.Mode == OwnPassword {
		if len(wrong) > 0 {
			return Changed{}, bad(badPassword, wrong)
		}
		return a.changeOwnPassword(ctx, who, *change.UserInfo)
	}
	if err := RequireOwnPassword(who); err != nil {
		return Changed{}, err
	}
	if len(wrong) > 0 {
		return Changed{}, bad("The profile cannot be saved like this.", wrong)
	}
	u, err := a.Store.User(ctx, who.owner())
	if err != nil {
		return Changed{}, orUnauthenticated(err)
	}
	was := u.note()
	if change.UserInfo.Name != nil {
		u.Name = personName(*change.UserInfo.Name)
	}
	if change.UserInfo.Email != nil {
		u.Email = strings.TrimSpace(*change.UserInfo.Email)
	}
	audit.Describe(ctx, "user "+u.Username, was, u.note())
	if err := a.Store.SetProfile(ctx, u.ID, u.Name, u.Email, a.Now()); err != nil {
		return Changed{}, orUnauthenticated(err)
	}
	a.peopleChanged("users", u.ID)
	return Changed{Message: "Your profile is saved."}, nil
}

const badPassword = "The password cannot be changed like this."

func (a *Accounts) changeOwnPassword(ctx context.Context, who Actor, in OwnInput) (Changed, error) {
	u, err := a.ownPassword(ctx, who, in.OldPassword)
	if f, ok := fault.As(err); ok {
		for i := range f.Places {
			f.Places[i].Path = "userInfo/oldPassword"
		}
	}
	if err != nil {
		return Changed{}, err
	}
	if u.Previous != "" {
		again, _, err := a.hashing.verify(ctx, u.Previous, in.NewPassword)
		if err != nil && !errors.Is(err, errHash) {
			return Changed{}, err
		}
		if again {
			return Changed{}, bad(badPassword, []fault.Place{{Path: "userInfo/newPassword", Message: "is the one you had before"}})
		}
	}
	hash, err := a.hashing.hash(ctx, in.NewPassword)
	if err != nil {
		return Changed{}, err
	}
	secrets, keep := a.newSession(u.ID, who.Address, "")
	keep.Public = who.Session
	is := u
	is.MustChange = false
	after := is.note()
	after.NewPassword = true
	audit.Describe(ctx, "user "+u.Username, u.note(), after)
	if err := a.Store.ChangePassword(ctx, u.ID, u.Hash, hash, keep); err != nil {
		return Changed{}, err
	}
	a.changed(who.UserID, "password")
	if who.Session == "" {
		secrets = Secrets{} // a token came, and ended with the others
	}
	return Changed{secrets, "Your password is changed. All other sessions and all API tokens have ended."}, nil
}
