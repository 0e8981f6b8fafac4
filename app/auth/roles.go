package auth

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"ecoflow/app/audit"
	"ecoflow/app/fault"
)

// RoleInfo is a role as the contract shows it, with more beside.
type RoleInfo struct {
	ID        int64  `json:"_id"`
	Name      string `json:"name"`
	IsDefault bool   `json:"isDefault"` // gives everything, whatever permissions says
	// Permissions holds those that are given, each true.
	Permissions map[string]bool `json:"permissions"`
	Members     int             `json:"members"`
	// Own: whoever asks holds it.
	Own bool `json:"own"`
	// Version grows by one with each change.
	Version int64 `json:"version"`
}

func (r Role) info(own bool) RoleInfo {
	info := RoleInfo{
		ID: r.ID, Name: r.Name, IsDefault: r.Default, Permissions: map[string]bool{},
		Members: r.Members, Own: own, Version: r.Version,
	}
	for _, name := range r.Permissions.Names() {
		info.Permissions[name] = true
	}
	return info
}

// roleNote is a role in the audit log.
type roleNote struct {
	Name        string   `json:"name"`
	Permissions []string `json:"permissions"`
	Members     int      `json:"members,omitempty"`
}

func (r Role) note() roleNote { return roleNote{r.Name, r.Permissions.Names(), r.Members} }

const (
	roleRunes = 100
	// RolesMost is how many roles there may be.
	RolesMost = 500
)

// AllRoles lists every role, by id.
func (a *Accounts) AllRoles(ctx context.Context) ([]RoleInfo, error) {
	all, err := a.Store.AllRoles(ctx)
	if err != nil {
		return nil, err
	}
	own, err := a.Roles(ctx)
	if err != nil {
		return nil, err
	}
	list := make([]RoleInfo, 0, len(all))
	for _, r := range all {
		list = append(list, r.info(slices.ContainsFunc(own, func(o Role) bool { return o.ID == r.ID })))
	}
	return list, nil
}

// RoleKey names a role.
type RoleKey struct {
	ID int64 `path:"id" json:"-"`
}

// RoleByID returns the one role, in a list as the contract has it.
func (a *Accounts) RoleByID(ctx context.Context, key RoleKey) ([]RoleInfo, error) {
	all, err := a.AllRoles(ctx)
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(r RoleInfo) bool { return r.ID != key.ID })
	if len(all) == 0 {
		return nil, unknownRole()
	}
	return all, nil
}

func unknownRole() *fault.Fault { return fault.New(fault.NotFound, "There is no such role.") }

// Member is somebody who holds a role.
type Member struct {
	Username string `json:"username"`
	Name     string `json:"name"`
	IsActive bool   `json:"isActive"`
}

// Members lists who holds a role, by user name.
func (a *Accounts) Members(ctx context.Context, key RoleKey) ([]Member, error) {
	if _, err := a.RoleByID(ctx, key); err != nil {
		return nil, err
	}
	users, err := a.Store.Members(ctx, key.ID)
	list := []Member{}
	for _, u := range users {
		list = append(list, Member{u.Username, u.Name, u.Active})
	}
	return list, err
}

// roleName returns a role's name as it is kept, and what is wrong with it.
func roleName(name string) (string, string) {
	name = norm.NFC.String(strings.TrimSpace(name))
	switch {
	case name == "":
		return "", "is required"
	case utf8.RuneCountInString(name) > roleRunes:
		return "", "may have 100 characters at most"
	case strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) }):
		return "", "takes visible characters"
	}
	return name, ""
}

// free refuses a name that another role has, in whatever case.
func (s Scene) free(name string, own int64) error {
	for _, r := range s.Roles {
		if r.ID != own && fold(r.Name) == fold(name) {
			return fault.New(fault.Conflict, "A role named %q already exists.", r.Name).WithCode("role_taken").At("roleName", "is taken")
		}
	}
	return nil
}

// AddRole is what somebody fills in to add a role.
type AddRole struct {
	RoleName string `json:"roleName" required:"true"`
	RoleLike *int64 `json:"roleLike" doc:"Id of a role whose permissions the new one gets."`
}

// Wrong lists what is wrong with it.
func (in AddRole) Wrong(context.Context) []fault.Place {
	if _, wrong := roleName(in.RoleName); wrong != "" {
		return []fault.Place{{Path: "roleName", Message: wrong}}
	}
	return nil
}

// AddRole adds a role without permissions, or with those of another role.
func (a *Accounts) AddRole(ctx context.Context, in AddRole) (RoleInfo, error) {
	if wrong := in.Wrong(ctx); len(wrong) > 0 {
		return RoleInfo{}, bad("The role cannot be added like this.", wrong)
	}
	name, _ := roleName(in.RoleName)
	r, err := a.Store.AddRole(ctx, ActorFrom(ctx).owner(), func(s Scene) (Role, error) {
		h, err := s.hand(ctx, CreateRole)
		if err != nil {
			return Role{}, err
		}
		if err := s.free(name, 0); err != nil {
			return Role{}, err
		}
		r := Role{Name: name}
		if in.RoleLike != nil {
			like, known := s.role(*in.RoleLike)
			if !known {
				return Role{}, fault.New(fault.Invalid, "There is no role to copy.").At("roleLike", "there is no role %d", *in.RoleLike)
			}
			if lacks := h.lacks(like.Grants()); lacks != "" {
				return Role{}, fault.New(fault.Forbidden, "The role %s gives rights that you do not have: %s.", like.Name, lacks).
					WithCode("more_rights").At("roleLike", "gives %s, which you do not have", lacks)
			}
			if r.Permissions = like.Permissions; like.Default {
				r.Permissions = Everything
			}
		}
		audit.Describe(ctx, "role "+name, nil, r.note())
		return r, nil
	})
	if err != nil {
		return RoleInfo{}, err
	}
	a.peopleChanged("roles")
	return r.info(false), nil
}

// EditRole is what somebody changes of a role.
type EditRole struct {
	ID *int64 `json:"id" required:"true"`
	// Permissions replace the ones before.
	Permissions map[string]bool `json:"permissions" maxItems:"31" doc:"By name; they stay when left out, which needs a roleName."`
	RoleName    *string         `json:"roleName" doc:"A new name; it stays when left out."`
	Version     int64           `json:"version" minimum:"1" doc:"What the change is based on; 409 with the newer role when that is not the current one."`
}

// Wrong lists what is wrong with it.
func (in EditRole) Wrong(context.Context) []fault.Place {
	var all []fault.Place
	if in.RoleName != nil {
		if _, wrong := roleName(*in.RoleName); wrong != "" {
			all = append(all, fault.Place{Path: "roleName", Message: wrong})
		}
	}
	if in.Permissions == nil && in.RoleName == nil {
		all = append(all, fault.Place{Path: "permissions", Message: "is required"})
	}
	for _, key := range slices.Sorted(maps.Keys(in.Permissions)) {
		if _, known := ParsePermission(key); !known {
			all = append(all, fault.Place{Path: "permissions/" + key, Message: "is not a permission"})
		}
	}
	return all
}

// EditRole changes name and permissions of a role.
func (a *Accounts) EditRole(ctx context.Context, in EditRole) error {
	if wrong := in.Wrong(ctx); len(wrong) > 0 {
		return bad("The role cannot be changed like this.", wrong)
	}
	name := ""
	if in.RoleName != nil {
		name, _ = roleName(*in.RoleName)
	}
	var given Permission
	for key, has := range in.Permissions {
		if p, _ := ParsePermission(key); has {
			given |= p
		}
	}
	members, err := a.Store.ChangeRole(ctx, ActorFrom(ctx).owner(), *in.ID, func(s Scene, was Role) (Role, error) {
		h, err := s.hand(ctx, UpdateRole)
		if err != nil {
			return Role{}, err
		}
		if err := h.reachRole(was); err != nil {
			return Role{}, err
		}
		if in.Version != 0 && in.Version != was.Version {
			return Role{}, stale("the role "+was.Name, "role", was.info(h.holds(was)))
		}
		is := was
		if in.RoleName != nil {
			is.Name = name
			if err := s.free(name, was.ID); err != nil {
				return Role{}, err
			}
		}
		if in.Permissions != nil {
			is.Permissions = given
			if err := h.grant(given &^ was.Permissions); err != nil {
				return Role{}, err
			}
			if given&^was.Permissions&Administrator != 0 {
				if err := RequireConsent(ctx); err != nil {
					return Role{}, err
				}
			}
		}
		audit.Describe(ctx, "role "+was.Name, was.note(), is.note())
		if audit.Say(ctx, "Changed role "+was.Name); is.Name != was.Name {
			audit.Say(ctx, fmt.Sprintf("Changed role %s, which was %s", is.Name, was.Name))
		}
		return is, nil
	})
	if err != nil {
		return err
	}
	a.peopleChanged("roles", members...)
	return nil
}

// grant refuses permissions that who acts does not have.
func (h hand) grant(p Permission) error {
	if h.rights.Has(p) {
		return nil
	}
	f := fault.New(fault.Forbidden, "Nobody gives rights that they do not have themselves.").WithCode("more_rights")
	for _, name := range (p &^ h.rights).Names() {
		f.At("permissions/"+name, "you do not have it")
	}
	return f
}

// RemoveRole deletes a role and takes it from everybody who holds it.
func (a *Accounts) RemoveRole(ctx context.Context, key RoleKey) error {
	members, err := a.Store.DeleteRole(ctx, ActorFrom(ctx).owner(), key.ID, func(s Scene, was Role) error {
		h, err := s.hand(ctx, DeleteRole)
		if err != nil {
			return err
		}
		if err := h.reachRole(was); err != nil {
			return err
		}
		audit.Describe(ctx, "role "+was.Name, was.note(), nil)
		audit.Say(ctx, "Deleted role "+was.Name)
		return nil
	})
	if err != nil {
		return err
	}
	a.peopleChanged("roles", members...)
	return nil
}
