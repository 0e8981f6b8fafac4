package api

import (
	"context"

	"ecoflow/app"
	"ecoflow/app/auth"
	"ecoflow/web/endpoint"
)

// profile lists the original's endpoints about oneself; GET /me answers the same
// and more.
func profile(a *app.App) []endpoint.Endpoint {
	own := func(ctx context.Context) (access, error) {
		roles, err := a.Accounts.Roles(ctx)
		found := access{RolesList: []int64{}, Permissions: map[string]bool{}}
		for _, r := range roles {
			found.RolesList = append(found.RolesList, r.ID)
		}
		for _, d := range auth.Catalogue {
			if auth.ActorFrom(ctx).Permissions.Has(d.Permission) {
				found.Permissions[d.Name] = true
			}
		}
		return found, err
	}
	return []endpoint.Endpoint{
		endpoint.New(endpoint.Spec{
			ID:      "profile.show",
			Route:   "GET /users",
			Summary: "Show your own profile",
			Allow:   auth.SignedIn,
		}, func(ctx context.Context, _ struct{}) (auth.Profile, error) { return a.Accounts.Profile(ctx) }),
		endpoint.New(endpoint.Spec{
			ID:      "profile.change",
			Route:   "PATCH /users",
			Summary: "Change your own profile or password",
			Description: "mode info changes name and email, mode PWD the password. A new password ends all your other sessions and all your API tokens; " +
				"the session that asks goes on with a new cookie and the access token that stands beside payload.",
			Allow: auth.SignedIn,
			Audit: "Changed own {mode}",

			PasswordLater: true,
			NeedsSession:  true,
		}, func(ctx context.Context, in auth.OwnChange) (ownChanged, error) {
			done, err := a.Accounts.ChangeOwn(ctx, in)
			return ownChanged{endpoint.With[string, newAccess]{Payload: done.Message, Beside: newAccess{done.AccessToken}}, done.Secrets}, err
		}),
		endpoint.New(endpoint.Spec{
			ID:      "profile.permissions",
			Route:   "GET /users/permissions",
			Summary: "Show your own roles and permissions",
			Allow:   auth.SignedIn,
		}, func(ctx context.Context, _ struct{}) (access, error) { return own(ctx) }),
		endpoint.New(endpoint.Spec{
			ID:          "profile.permissionsPart",
			Route:       "GET /users/permissions/{mode}",
			Summary:     "Show your own roles or permissions",
			Description: "mode RoleList answers rolesList alone, Permissions answers permissions alone, any other neither.",
			Allow:       auth.SignedIn,
		}, func(ctx context.Context, in struct {
			Mode string `path:"mode"`
		},
		) (accessPart, error) {
			found, err := own(ctx)
			part := accessPart{}
			switch in.Mode {
			case "RoleList":
				part.RolesList = &found.RolesList
			case "Permissions":
				part.Permissions = &found.Permissions
			}
			return part, err
		}),
		endpoint.New(endpoint.Spec{
			ID:      "profile.roles",
			Route:   "GET /users/roles",
			Summary: "List the names of your own roles",
			Allow:   auth.SignedIn,
		}, func(ctx context.Context, _ struct{}) ([]string, error) {
			roles, err := a.Accounts.Roles(ctx)
			names := []string{}
			for _, r := range roles {
				names = append(names, r.Name)
			}
			return names, err
		}),
	}
}

// ownChanged is a sentence, and has the cookie of a renewed session set.
type ownChanged struct {
	endpoint.With[string, newAccess]
	secrets auth.Secrets
}

// SessionCookie implements endpoint.SessionChanger.
func (c ownChanged) SessionCookie() (id string, change bool) { return c.secrets.SessionCookie() }

type newAccess struct {
	AccessToken string `json:"accessToken,omitzero" doc:"Of the renewed session, after a new password."`
}

// access is what somebody may do.
type access struct {
	RolesList   []int64         `json:"rolesList" doc:"Ids of the roles."`
	Permissions map[string]bool `json:"permissions" doc:"The permissions held, each true."`
}

type accessPart struct {
	RolesList   *[]int64         `json:"rolesList,omitzero"`
	Permissions *map[string]bool `json:"permissions,omitzero"`
}
