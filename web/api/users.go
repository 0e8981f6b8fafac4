package api

import (
	"context"
	"strings"

	"ecoflow/app"
	"ecoflow/app/auth"
	"ecoflow/app/limit"
	"ecoflow/web/endpoint"
)

// anyUserRight is what it takes to see who there is.
var anyUserRight = auth.AnyOf(auth.ShowUser, auth.CreateUser, auth.UpdateUser, auth.DeleteUser)

// users lists the endpoints about other users.
func users(a *app.App) []endpoint.Endpoint {
	return []endpoint.Endpoint{
		endpoint.New(endpoint.Spec{
			ID:          "user.list",
			Route:       "GET /admin/users",
			Summary:     "List users",
			Description: "With their roles, what those give, and their last sign-in.",
			Allow:       anyUserRight,
		}, func(ctx context.Context, in auth.UsersRequest) (endpoint.Page[auth.UserInfo], error) {
			p, err := a.Accounts.Users(ctx, in)
			return endpoint.Page[auth.UserInfo]{Items: p.Items, Total: p.Total, Next: p.Next, Limit: limit.Rows(in.Limit)}, err
		}),
		endpoint.New(endpoint.Spec{
			ID:          "user.names",
			Route:       "GET /admin/users/usernames",
			Summary:     "List user names",
			Description: "Without the administrator that setup made.",
			Allow:       anyUserRight,
		}, func(ctx context.Context, _ struct{}) ([]string, error) { return a.Accounts.Usernames(ctx, false) }),
		endpoint.New(endpoint.Spec{
			ID:          "user.allNames",
			Route:       "GET /admin/users/usernames/{isSystem}",
			Summary:     "List user names, the administrator that setup made among them",
			Description: "isSystem false or 0 leaves that one out, anything else does not.",
			Allow:       anyUserRight,
		}, func(ctx context.Context, in struct {
			IsSystem string `path:"isSystem"`
		},
		) ([]string, error) {
			return a.Accounts.Usernames(ctx, !strings.EqualFold(in.IsSystem, "false") && in.IsSystem != "0")
		}),
		endpoint.New(endpoint.Spec{
			ID:      "user.show",
			Route:   "GET /admin/users/{userID}",
			Summary: "Show a user",
			Allow:   anyUserRight,
		}, a.Accounts.UserNamed),
		endpoint.New(endpoint.Spec{
			ID:          "user.create",
			Route:       "POST /admin/users",
			Summary:     "Add a user",
			Description: "The first user of all is an administrator. To add one takes the password given again within ten minutes.",
			Allow:       auth.CreateUser,
			Audit:       "Added user {username}",
		}, func(ctx context.Context, in auth.AddUser) (userAnswer, error) {
			u, err := a.Accounts.AddUser(ctx, in)
			return userAnswer{Payload: "The user " + u.Username + " is added.", Beside: besideUser{u}}, err
		}),
		endpoint.New(endpoint.Spec{
			ID:          "user.update",
			Route:       "PATCH /admin/users/{userID}",
			Summary:     "Change a user",
			Description: "All or nothing. A new password ends the user's sessions and tokens.",
			Allow:       auth.UpdateUser,
			Audit:       "Changed user {userID}",
		}, func(ctx context.Context, in auth.EditUser) (userAnswer, error) {
			u, err := a.Accounts.EditUser(ctx, in)
			return userAnswer{Payload: "The user " + u.Username + " is updated.", Beside: besideUser{u}}, err
		}),
		endpoint.New(endpoint.Spec{
			ID:          "user.toggle",
			Route:       "PATCH /admin/users/{userID}/ToggleUser",
			Summary:     "Enable or disable a user",
			Description: "Neither oneself nor the last administrator nor the one that setup made can be disabled.",
			Allow:       auth.DeleteUser,
			Audit:       "Set user {userID} to enabled {isActiveUser}",
		}, a.Accounts.ToggleUser),
		endpoint.New(endpoint.Spec{
			ID:      "user.requireChange",
			Route:   "PATCH /admin/users/{userID}/passwordChange",
			Summary: "Ask a user for another password at the next sign-in, or not any more",
			Allow:   auth.UpdateUser,
			Audit:   "Set user {userID} to have to change the password {required}",
		}, a.Accounts.RequireChange),
		endpoint.New(endpoint.Spec{
			ID:          "user.delete",
			Route:       "DELETE /admin/users/{userID}",
			Summary:     "Delete a user",
			Description: "With their sessions, tokens and preferences. What they did stays on record.",
			Allow:       auth.DeleteUser,
			Audit:       "Deleted user {userID}",
		}, func(ctx context.Context, in auth.UserKey) (struct{}, error) {
			return struct{}{}, a.Accounts.RemoveUser(ctx, in)
		}),
		endpoint.New(endpoint.Spec{
			ID:      "user.access",
			Route:   "GET /admin/users/{userID}/access",
			Summary: "List the sessions and API tokens of a user",
			Allow:   auth.DeleteUser,
		}, a.Accounts.AccessOf),
		endpoint.New(endpoint.Spec{
			ID:      "user.signOut",
			Route:   "DELETE /admin/users/{userID}/access",
			Summary: "End all sessions of a user, and their API tokens if asked",
			Allow:   auth.DeleteUser,
			Audit:   "Signed user {userID} out everywhere, tokens {tokens}",
		}, func(ctx context.Context, in auth.EndAccess) (struct{}, error) {
			return struct{}{}, a.Accounts.EndAccessOf(ctx, in)
		}),
		endpoint.New(endpoint.Spec{
			ID:      "user.endSession",
			Route:   "DELETE /admin/users/{userID}/sessions/{id}",
			Summary: "End a session of a user",
			Allow:   auth.DeleteUser,
			Audit:   "Ended session {id} of user {userID}",
		}, func(ctx context.Context, in auth.UserCredential) (struct{}, error) {
			return struct{}{}, a.Accounts.EndSessionOf(ctx, in)
		}),
		endpoint.New(endpoint.Spec{
			ID:      "user.endToken",
			Route:   "DELETE /admin/users/{userID}/tokens/{id}",
			Summary: "Remove an API token of a user",
			Allow:   auth.DeleteUser,
			Audit:   "Removed API token {id} of user {userID}",
		}, func(ctx context.Context, in auth.UserCredential) (struct{}, error) {
			return struct{}{}, a.Accounts.EndTokenOf(ctx, in)
		}),
	}
}

// userAnswer is the original's sentence with the user beside it.
type userAnswer = endpoint.With[string, besideUser]

type besideUser struct {
	User auth.UserInfo `json:"user"`
}
