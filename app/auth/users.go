package auth

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"ecoflow/app/audit"
	"ecoflow/app/fault"
	"ecoflow/app/limit"
)

// UserInfo is a user as those see them who may.
type UserInfo struct {
	ID          int64    `json:"id"`
	Username    string   `json:"username"`
	Name        string   `json:"name"`
	Email       string   `json:"email"`
	Roles       []int64  `json:"roles"`
	RoleNames   []string `json:"roleNames"`
	Permissions []string `json:"permissions"` // all that the roles give
	IsActive    bool     `json:"isActive"`
	// IsPermanent: made by setup, cannot be disabled or deleted.
	IsPermanent bool `json:"isPermanent"`
	// MustChange: another password has to be chosen at the next sign-in.
	MustChange   bool       `json:"mustChange"`
	LastSignInAt *time.Time `json:"lastSignInAt"` // null: never
	CreatedAt    time.Time  `json:"createdAt"`
	UpdatedAt    time.Time  `json:"updatedAt"`
	// Version grows by one with each change.
	Version int64 `json:"version"`
}

func (u User) info() UserInfo {
	info := UserInfo{
		ID: u.ID, Username: u.Username, Name: u.Name, Email: u.Email, Roles: []int64{}, RoleNames: []string{},
		Permissions: u.Permissions().Names(), IsActive: u.Active, IsPermanent: u.Permanent, MustChange: u.MustChange,
		// As they are kept: whoever has just added the user is told what everybody reads.
		CreatedAt: u.Created.Truncate(time.Millisecond), UpdatedAt: u.Updated.Truncate(time.Millisecond), Version: u.Version,
	}
	for _, r := range u.Roles {
		info.Roles = append(info.Roles, r.ID)
		info.RoleNames = append(info.RoleNames, r.Name)
	}
	if !u.SignedIn.IsZero() {
		info.LastSignInAt = &u.SignedIn
	}
	return info
}

// userNote is a user in the audit log.
type userNote struct {
	Username    string   `json:"username"`
	Name        string   `json:"name"`
	Email       string   `json:"email"`
	Roles       []string `json:"roles"`
	IsActive    bool     `json:"isActive"`
	MustChange  bool     `json:"mustChange"`
	NewPassword bool     `json:"newPassword,omitempty"`
}

func (u User) note() userNote {
	i := u.info()
	return userNote{i.Username, i.Name, i.Email, i.RoleNames, i.IsActive, i.MustChange, false}
}

// UsersRequest asks for users.
type UsersRequest struct {
	Limit  int    `query:"limit" default:"100" minimum:"1" doc:"Rows of the page, 1,000 at most."`
	Offset int    `query:"offset" minimum:"0" doc:"Rows to skip."`
	Sort   string `query:"sort" enum:"username,-username,name,-name,email,-email,lastSignInAt,-lastSignInAt,createdAt,-createdAt" default:"username"`
	Filter string `query:"filter" maxLength:"200" doc:"Text that name, user name, email or a role's name has to hold."`
	State  string `query:"state" enum:"active,disabled"`
	Role   int64  `query:"role" doc:"Id of a role that they have to hold."`
}

// UsersPage is a part of the list of users.
type UsersPage struct {
	Items []UserInfo
	Total int    // that fit the request
	Next  string // offset of the next page, "" on the last
}

// fold is text in the form in which letters of either case are alike.
func fold(text string) string { return cases.Fold().String(norm.NFC.String(text)) }

// Users lists users.
func (a *Accounts) Users(ctx context.Context, in UsersRequest) (UsersPage, error) {
	all, err := a.Store.Users(ctx)
	if err != nil {
		return UsersPage{}, err
	}
	text := fold(strings.TrimSpace(in.Filter))
	all = slices.DeleteFunc(all, func(u User) bool {
		switch {
		case in.State != "" && u.Active != (in.State == "active"):
			return true
		case in.Role != 0 && !slices.ContainsFunc(u.Roles, func(r Role) bool { return r.ID == in.Role }):
			return true
		}
		return text != "" && !u.mentions(text)
	})
	key, down := strings.CutPrefix(in.Sort, "-")
	slices.SortFunc(all, func(x, y User) int {
		order := compareUsers(key, x, y)
		if down {
			order = -order
		}
		return cmp.Or(order, strings.Compare(x.Username, y.Username))
	})
	page := UsersPage{Items: []UserInfo{}, Total: len(all)}
	from := min(in.Offset, len(all))
	to := min(from+limit.Rows(in.Limit), len(all))
	for _, u := range all[from:to] {
		page.Items = append(page.Items, u.info())
	}
	if to < len(all) {
		page.Next = strconv.Itoa(to)
	}
	return page, nil
}

func (u User) mentions(text string) bool {
	for _, own := range []string{u.Username, u.Name, u.Email} {
		if strings.Contains(fold(own), text) {
			return true
		}
	}
	return slices.ContainsFunc(u.Roles, func(r Role) bool { return strings.Contains(fold(r.Name), text) })
}

func compareUsers(key string, x, y User) int {
	switch key {
	case "name":
		return strings.Compare(fold(x.Name), fold(y.Name))
	case "email":
		return strings.Compare(fold(x.Email), fold(y.Email))
	case "lastSignInAt":
		return x.SignedIn.Compare(y.SignedIn)
	case "createdAt":
		return x.Created.Compare(y.Created)
	}
	return strings.Compare(x.Username, y.Username)
}

// Usernames lists the names of all users, of the permanent ones only if asked.
func (a *Accounts) Usernames(ctx context.Context, permanent bool) ([]string, error) {
	all, err := a.Store.Users(ctx)
	names := []string{}
	for _, u := range all {
		if permanent || !u.Permanent {
			names = append(names, u.Username)
		}
	}
	return names, err
}

// UserKey names a user by their user name, in any case.
type UserKey struct {
	UserID string `path:"userID" json:"-" doc:"The user name, in any case."`
}

func (k UserKey) username() string { return strings.ToLower(k.UserID) }

// UserNamed returns one user.
func (a *Accounts) UserNamed(ctx context.Context, key UserKey) (UserInfo, error) {
	u, err := a.Store.UserByName(ctx, key.username())
	return u.info(), err
}

// AddUser is what somebody fills in to add a user.
type AddUser struct {
	NewUser
	Roles []int64 `json:"roles" maxItems:"100" doc:"Ids of the roles; the first user of all becomes an administrator in any case."`
	// MustChange asks for another password at the first sign-in.
	MustChange bool `json:"mustChange"`
}

// Wrong lists what is wrong with it.
func (in AddUser) Wrong(context.Context) []fault.Place {
	_, wrong := in.Check()
	return wrong
}

// UsersMost is how many users there may be.
const UsersMost = 10_000

// AddUser adds a user. The first one is an administrator whatever is asked for:
// nobody could manage the product otherwise.
func (a *Accounts) AddUser(ctx context.Context, in AddUser) (UserInfo, error) {
	n, wrong := in.Check()
	if len(wrong) > 0 {
		return UserInfo{}, bad("The user cannot be added like this.", wrong)
	}
	hash, err := a.hashing.hash(ctx, n.Password)
	if err != nil {
		return UserInfo{}, err
	}
	now := a.Now()
	u, err := a.Store.AddUser(ctx, ActorFrom(ctx).owner(), func(s Scene) (User, error) {
		h, err := s.hand(ctx, CreateUser)
		if err != nil {
			return User{}, err
		}
		u := User{
			Username: n.Username, Name: n.Name, Email: n.Email, Hash: hash,
			Active: true, MustChange: in.MustChange, Created: now, Updated: now,
		}
		if u.Roles, err = h.give(ctx, User{}, in.Roles); err != nil {
			return User{}, err
		}
		if s.Empty && u.Permissions() != Everything {
			u.Roles = append(u.Roles, s.defaultRole())
		}
		audit.Describe(ctx, "user "+u.Username, nil, u.note())
		return u, nil
	})
	if err != nil {
		return UserInfo{}, err
	}
	a.peopleChanged("users")
	return u.info(), nil
}

// defaultRole returns the role that gives everything, a new one when there is none.
func (s Scene) defaultRole() Role {
	for _, r := range s.Roles {
		if r.Default {
			return r
		}
	}
	name := "admin"
	for i := 2; slices.ContainsFunc(s.Roles, func(r Role) bool { return fold(r.Name) == name }); i++ {
		name = "admin " + strconv.Itoa(i)
	}
	return Role{Name: name, Default: true}
}

// give returns the roles with the ids, as long as who acts may give those that the
// user does not have yet. To make an administrator takes fresh consent.
func (h hand) give(ctx context.Context, u User, ids []int64) ([]Role, error) {
	bad := fault.New(fault.Invalid, "These roles cannot be given.")
	high := fault.New(fault.Forbidden, "Nobody gives rights that they do not have themselves.").WithCode("more_rights")
	roles := []Role{}
	for i, id := range ids {
		r, known := h.role(id)
		at := "roles/" + strconv.Itoa(i)
		if !known {
			bad.At(at, "there is no role %d", id)
			continue
		}
		if slices.ContainsFunc(roles, func(got Role) bool { return got.ID == id }) {
			continue
		}
		roles = append(roles, r)
		if slices.ContainsFunc(u.Roles, func(had Role) bool { return had.ID == id }) {
			continue
		}
		if lacks := h.lacks(r.Grants()); lacks != "" {
			high.At(at, "the role %q gives %s, which you do not have", r.Name, lacks)
		}
	}
	switch {
	case len(bad.Places) > 0:
		return nil, bad
	case len(high.Places) > 0:
		return nil, high
	}
	if u.Permissions() != Everything && (User{Roles: roles}).Permissions() == Everything {
		return roles, RequireConsent(ctx)
	}
	return roles, nil
}

// EditUser is what somebody changes of a user: all or nothing.
type EditUser struct {
	UserKey
	Name     string   `json:"name" required:"true"`
	Username string   `json:"username" required:"true"`
	Email    *string  `json:"email" doc:"Stays when left out."`
	Roles    *[]int64 `json:"roles" maxItems:"100" doc:"Ids of all roles from now on; they stay when left out."`
	Password string   `json:"password" secret:"true" doc:"A new password, which ends all sessions and tokens of the user; empty: it stays."`
	// MustChange asks for another password at the next sign-in.
	MustChange *bool `json:"mustChange" doc:"Stays when left out."`
	Version    int64 `json:"version" minimum:"1" doc:"What the change is based on; 409 with the newer user when that is not the current one."`
}

// check returns what is filled in as it is kept, and all that is wrong with it.
func (in EditUser) check() (NewUser, []fault.Place) {
	form := NewUser{Name: in.Name, Username: in.Username, Password: in.Password}
	if in.Email != nil {
		form.Email = *in.Email
	}
	n, wrong := form.Check()
	if in.Password == "" {
		wrong = slices.DeleteFunc(wrong, func(p fault.Place) bool { return p.Path == "password" })
	}
	return n, wrong
}

// Wrong lists what is wrong with it.
func (in EditUser) Wrong(context.Context) []fault.Place {
	_, wrong := in.check()
	return wrong
}

// EditUser changes a user.
func (a *Accounts) EditUser(ctx context.Context, in EditUser) (UserInfo, error) {
	n, wrong := in.check()
	if len(wrong) > 0 {
		return UserInfo{}, bad("The user cannot be changed like this.", wrong)
	}
	hash := ""
	if in.Password != "" {
		var err error
		if hash, err = a.hashing.hash(ctx, n.Password); err != nil {
			return UserInfo{}, err
		}
	}
	now := a.Now()
	reason := "users"
	u, err := a.Store.ChangeUser(ctx, ActorFrom(ctx).owner(), in.username(), func(s Scene, was User) (User, error) {
		h, err := s.hand(ctx, UpdateUser)
		if err != nil {
			return User{}, err
		}
		if err := h.reach(was); err != nil {
			return User{}, err
		}
		if in.Version != 0 && in.Version != was.Version {
			return User{}, stale("the user "+was.Username, "user", was.info())
		}
		is := was
		is.Name, is.Username, is.Updated = n.Name, n.Username, now
		if in.Email != nil {
			is.Email = n.Email
		}
		if in.MustChange != nil {
			is.MustChange = *in.MustChange
		}
		if in.Roles != nil {
			if is.Roles, err = h.give(ctx, was, *in.Roles); err != nil {
				return User{}, err
			}
			if h.self(was) && !sameRoles(was.Roles, is.Roles) {
				return User{}, fault.New(fault.Forbidden, "Nobody changes their own roles; somebody else has to.").WithCode("own_roles")
			}
		}
		if hash != "" {
			if h.self(was) {
				return User{}, fault.New(fault.Forbidden, "Your own password is changed on your own page, where the old one is asked for.").WithCode("own_password")
			}
			is.Hash = hash
		}
		after := is.note()
		after.NewPassword = hash != ""
		audit.Describe(ctx, "user "+was.Username, was.note(), after)
		return is, nil
	})
	if err != nil {
		return UserInfo{}, err
	}
	if hash != "" {
		reason = "password"
	}
	a.peopleChanged(reason, u.ID)
	return u.info(), nil
}

func sameRoles(a, b []Role) bool {
	if len(a) != len(b) {
		return false
	}
	for _, r := range a {
		if !slices.ContainsFunc(b, func(other Role) bool { return other.ID == r.ID }) {
			return false
		}
	}
	return true
}

// bad is the fault of all that is wrong with what somebody filled in.
func bad(sentence string, wrong []fault.Place) error {
	f := fault.New(fault.Invalid, "%s", sentence)
	f.Places = wrong
	return f
}

// ToggleUser enables or disables a user.
type ToggleUser struct {
	UserKey
	IsActiveUser *bool `json:"isActiveUser" required:"true"`
}

// Toggled says what a user is from now on.
type Toggled struct {
	Msg      string `json:"msg"`
	IsActive bool   `json:"isActive"`
}

// ToggleUser lets a user in from now on, or not any more: neither oneself, nor the
// one made by setup, nor the last administrator can be disabled.
func (a *Accounts) ToggleUser(ctx context.Context, in ToggleUser) (Toggled, error) {
	now := a.Now()
	u, err := a.changeReached(ctx, in.UserKey, DeleteUser, func(h hand, was User) (User, error) {
		is := was
		is.Active = *in.IsActiveUser
		if is.Active != was.Active {
			is.Updated = now
		}
		if !is.Active {
			if err := h.mayRemove(was, "disabled"); err != nil {
				return User{}, err
			}
		} else if !was.Active && was.Permissions() == Everything {
			if err := RequireConsent(ctx); err != nil { // one more administrator
				return User{}, err
			}
		}
		return is, nil
	})
	if err != nil {
		return Toggled{}, err
	}
	if u.Active {
		return Toggled{"The user " + u.Username + " can sign in again.", true}, nil
	}
	return Toggled{"The user " + u.Username + " is disabled.", false}, nil
}

// changeReached changes a user whom somebody with the permission reaches.
func (a *Accounts) changeReached(ctx context.Context, key UserKey, needs Permission, change func(h hand, was User) (User, error)) (User, error) {
	u, err := a.Store.ChangeUser(ctx, ActorFrom(ctx).owner(), key.username(), func(s Scene, was User) (User, error) {
		h, err := s.hand(ctx, needs)
		if err != nil {
			return User{}, err
		}
		if err := h.reach(was); err != nil {
			return User{}, err
		}
		is, err := change(h, was)
		if err == nil {
			audit.Describe(ctx, "user "+was.Username, was.note(), is.note())
		}
		return is, err
	})
	if err == nil {
		a.peopleChanged("users", u.ID)
	}
	return u, err
}

// mayRemove refuses what would shut out oneself or who is to stay.
func (h hand) mayRemove(u User, how string) error {
	switch {
	case h.self(u):
		return fault.New(fault.Conflict, "You cannot be %s by yourself; somebody else has to do it.", how).WithCode("own_account")
	case u.Permanent:
		return fault.New(fault.Conflict, "The user %s was made when EcoFlow was set up and cannot be %s.", u.Username, how).WithCode("permanent_user")
	}
	return nil
}

// RequireChange asks a user for another password at the next sign-in, or not.
type RequireChange struct {
	UserKey
	Required *bool `json:"required" required:"true"`
}

// RequireChange keeps that a user has to choose another password.
func (a *Accounts) RequireChange(ctx context.Context, in RequireChange) (UserInfo, error) {
	now := a.Now()
	u, err := a.changeReached(ctx, in.UserKey, UpdateUser, func(_ hand, was User) (User, error) {
		is := was
		is.MustChange, is.Updated = *in.Required, now
		return is, nil
	})
	if err != nil {
		return UserInfo{}, err
	}
	return u.info(), nil
}

// RemoveUser deletes a user with their sessions, tokens and preferences.
func (a *Accounts) RemoveUser(ctx context.Context, key UserKey) error {
	u, err := a.Store.DeleteUser(ctx, ActorFrom(ctx).owner(), key.username(), func(s Scene, was User) error {
		h, err := s.hand(ctx, DeleteUser)
		if err != nil {
			return err
		}
		if err := h.reach(was); err != nil {
			return err
		}
		if err := h.mayRemove(was, "deleted"); err != nil {
			return err
		}
		audit.Describe(ctx, "user "+was.Username, was.note(), nil)
		return nil
	})
	if err != nil {
		return err
	}
	a.peopleChanged("users", u.ID)
	return nil
}

// UserAccess is what a user is signed in with.
type UserAccess struct {
	Sessions []SessionInfo `json:"sessions"`
	Tokens   []TokenInfo   `json:"tokens"`
}

// AccessOf lists the sessions and tokens of a user who has no more rights than who
// asks.
func (a *Accounts) AccessOf(ctx context.Context, key UserKey) (UserAccess, error) {
	found := UserAccess{Sessions: []SessionInfo{}, Tokens: []TokenInfo{}}
	u, err := a.Store.UserByName(ctx, key.username())
	if err != nil {
		return found, err
	}
	who := ActorFrom(ctx)
	if err := (hand{who: who, rights: who.Permissions}).reach(u); err != nil {
		return found, err
	}
	sessions, err := a.Store.Sessions(ctx, u.ID)
	if err != nil {
		return found, err
	}
	found.Sessions = a.running(sessions, who)
	tokens, err := a.Store.Tokens(ctx, u.ID)
	for _, t := range tokens {
		found.Tokens = append(found.Tokens, t.info())
	}
	return found, err
}

// EndAccess ends all sessions of a user, and their tokens when asked.
type EndAccess struct {
	UserKey
	Tokens bool `query:"tokens" doc:"The API tokens as well."`
}

// EndAccessOf signs a user out everywhere.
func (a *Accounts) EndAccessOf(ctx context.Context, in EndAccess) error {
	return a.endAccess(ctx, in.UserKey, Credentials{Sessions: true, Tokens: in.Tokens}, "sessions")
}

// UserCredential names a session or token of a user.
type UserCredential struct {
	UserKey
	ID string `path:"id"`
}

// EndSessionOf ends one session of a user.
func (a *Accounts) EndSessionOf(ctx context.Context, in UserCredential) error {
	return a.endAccess(ctx, in.UserKey, Credentials{Session: in.ID}, "sessions")
}

// EndTokenOf removes one API token of a user.
func (a *Accounts) EndTokenOf(ctx context.Context, in UserCredential) error {
	return a.endAccess(ctx, in.UserKey, Credentials{Token: in.ID}, "tokens")
}

func (a *Accounts) endAccess(ctx context.Context, key UserKey, end Credentials, reason string) error {
	u, err := a.Store.UserByName(ctx, key.username())
	if err != nil {
		return err
	}
	before, err := a.accessNote(ctx, u.ID)
	if err != nil {
		return err
	}
	u, err = a.Store.EndAccess(ctx, ActorFrom(ctx).owner(), key.username(), end, func(s Scene, was User) error {
		h, err := s.hand(ctx, DeleteUser)
		if err != nil {
			return err
		}
		if err := h.reach(was); err != nil {
			audit.Describe(ctx, "user "+was.Username, nil, nil)
			return err
		}
		audit.Describe(ctx, "user "+was.Username, before, before.without(end))
		return nil
	})
	if err != nil {
		return err
	}
	a.peopleChanged(reason, u.ID)
	return nil
}
