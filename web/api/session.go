package api

import (
	"context"

	"ecoflow/app"
	"ecoflow/app/auth"
	"ecoflow/web/endpoint"
)

// session lists the endpoints that begin, renew and end sessions.
func session(a *app.App) []endpoint.Endpoint {
	return []endpoint.Endpoint{
		endpoint.New(endpoint.Spec{
			ID:          "session.signIn",
			Route:       "POST /users/login",
			Also:        []string{"POST /auth/users/login"},
			Summary:     "Sign in with a password",
			Description: "Sets the session cookie and answers an access token of the session, good for an hour as a bearer token.",
			Allow:       auth.Public,
			Audit:       "Signed in {username}",
		}, func(ctx context.Context, in auth.SignIn) (accessToken, error) {
			secrets, err := a.Accounts.SignIn(ctx, in)
			return accessToken{secrets}, err
		}),
		endpoint.New(endpoint.Spec{
			ID:          "session.launch",
			Route:       "POST /launch",
			Summary:     "Exchange the launch token for a session",
			Description: "Local mode only. The token works once, within a minute of the start.",
			Allow:       auth.Public,
			Audit:       "Opened a window on this machine",
		}, func(ctx context.Context, in auth.Launch) (accessToken, error) {
			secrets, err := a.Accounts.Launch(ctx, in)
			return accessToken{secrets}, err
		}),
		endpoint.New(endpoint.Spec{
			ID:          "session.refresh",
			Route:       "PATCH /users/refreshToken",
			Also:        []string{"PATCH /auth/users/refreshToken"},
			Summary:     "Renew the session's cookie and access token",
			Description: "Needs the session cookie; the old cookie and token stop working.",
			Allow:       auth.SignedIn,
			Audit:       "Renewed the session",

			PasswordLater: true,
		}, func(ctx context.Context, _ struct{}) (accessToken, error) {
			secrets, err := a.Accounts.Refresh(ctx)
			return accessToken{secrets}, err
		}),
		endpoint.New(endpoint.Spec{
			ID:      "session.signOut",
			Route:   "DELETE /users/logout",
			Also:    []string{"DELETE /auth/users/logout"},
			Summary: "End the session",
			Allow:   auth.SignedIn,
			Audit:   "Signed out",

			PasswordLater: true,
		}, func(ctx context.Context, _ struct{}) (signedOut, error) {
			return "You are signed out.", a.Accounts.SignOut(ctx)
		}),
		endpoint.New(endpoint.Spec{
			ID:      "session.check",
			Route:   "GET /users/isAuthenticated",
			Also:    []string{"GET /auth/users/isAuthenticated"},
			Summary: "Show whose credential this is and how long it lasts",
			Allow:   auth.SignedIn,

			PasswordLater: true,
		}, func(ctx context.Context, _ struct{}) (authenticated, error) {
			who := auth.ActorFrom(ctx)
			return authenticated{who.Username, who.Since.Unix(), who.Until.Unix()}, nil
		}),
	}
}

// accessToken answers a new session's access token, a bare string as in the
// original, and has its cookie set.
type accessToken struct{ auth.Secrets }

// MarshalText writes the token.
func (t accessToken) MarshalText() ([]byte, error) { return []byte(t.AccessToken), nil }

// JSONSchema says that it is a string.
func (accessToken) JSONSchema() string { return `{"type": "string"}` }

// signedOut is a sentence that has the session cookie expire.
type signedOut string

// SessionCookie implements endpoint.SessionChanger.
func (signedOut) SessionCookie() (id string, change bool) { return "", true }

// authenticated has the members of the original's decoded token.
type authenticated struct {
	ID       string `json:"_id" doc:"The user name."`
	IssuedAt int64  `json:"iat" doc:"Seconds since 1970."`
	Expires  int64  `json:"exp" doc:"Seconds since 1970."`
}
