package api

import (
	"context"

	"ecoflow/app"
	"ecoflow/app/auth"
	"ecoflow/web/endpoint"
)

// roles lists the endpoints about roles and what they can give.
func roles(a *app.App) []endpoint.Endpoint {
	// Each change answers what there is after it.
	all := func(ctx context.Context, err error) ([]auth.RoleInfo, error) {
		if err != nil {
			return nil, err
		}
		return a.Accounts.AllRoles(ctx)
	}
	seen := auth.AnyOf(auth.CreateRole, auth.UpdateRole, auth.DeleteRole, auth.ShowUser, auth.CreateUser, auth.UpdateUser)
	return []endpoint.Endpoint{
		endpoint.New(endpoint.Spec{
			ID:      "permission.list",
			Route:   "GET /permissions",
			Summary: "List all permissions with their group and effect",
			Allow:   auth.SignedIn,
		}, func(context.Context, struct{}) ([]auth.Described, error) { return auth.Catalogue, nil }),
		endpoint.New(endpoint.Spec{
			ID:      "role.list",
			Route:   "GET /role",
			Summary: "List roles",
			Allow:   seen,
		}, func(ctx context.Context, _ struct{}) ([]auth.RoleInfo, error) { return a.Accounts.AllRoles(ctx) }),
		endpoint.New(endpoint.Spec{
			ID:          "role.show",
			Route:       "GET /role/{id}",
			Summary:     "Show a role",
			Description: "Answers a list of the one role.",
			Allow:       seen,
		}, a.Accounts.RoleByID),
		endpoint.New(endpoint.Spec{
			ID:      "role.members",
			Route:   "GET /role/{id}/members",
			Summary: "List who holds a role",
			Allow:   auth.AnyOf(auth.DeleteRole, auth.ShowUser, auth.CreateUser, auth.UpdateUser, auth.DeleteUser),
		}, a.Accounts.Members),
		endpoint.New(endpoint.Spec{
			ID:          "role.create",
			Route:       "POST /role",
			Summary:     "Add a role",
			Description: "Without permissions, or with those of another role. Answers all roles, and the new one's id beside them.",
			Allow:       auth.CreateRole,
			Audit:       "Added role {roleName}",
		}, func(ctx context.Context, in auth.AddRole) (endpoint.With[[]auth.RoleInfo, besideRoles], error) {
			r, err := a.Accounts.AddRole(ctx, in)
			list, err := all(ctx, err)
			return endpoint.With[[]auth.RoleInfo, besideRoles]{Payload: list, Beside: besideRoles{len(list), r.ID}}, err
		}),
		endpoint.New(endpoint.Spec{
			ID:          "role.update",
			Route:       "PATCH /role",
			Summary:     "Change the permissions or the name of a role",
			Description: "Answers all roles. To give administrator takes the password given again within ten minutes.",
			Allow:       auth.UpdateRole,
			Audit:       "Changed role {id}",
		}, func(ctx context.Context, in auth.EditRole) ([]auth.RoleInfo, error) {
			return all(ctx, a.Accounts.EditRole(ctx, in))
		}),
		endpoint.New(endpoint.Spec{
			ID:          "role.delete",
			Route:       "DELETE /role/{id}",
			Summary:     "Delete a role",
			Description: "Everybody who holds it loses it. Answers the roles that are left.",
			Allow:       auth.DeleteRole,
			Audit:       "Deleted role {id}",
		}, func(ctx context.Context, in auth.RoleKey) ([]auth.RoleInfo, error) {
			return all(ctx, a.Accounts.RemoveRole(ctx, in))
		}),
	}
}

type besideRoles struct {
	Count int   `json:"count" doc:"How many roles payload holds."`
	Role  int64 `json:"role" doc:"Id of the new role."`
}
