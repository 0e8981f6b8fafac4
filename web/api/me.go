package api

import (
	"context"

	"github.com/go-json-experiment/json/jsontext"

	"ecoflow/app"
	"ecoflow/app/auth"
	"ecoflow/web/endpoint"
)

// me lists the endpoints about whoever asks: who that is, and their own
// preferences, sessions and tokens.
func me(a *app.App) []endpoint.Endpoint {
	return []endpoint.Endpoint{
		endpoint.New(endpoint.Spec{
			ID:      "me.show",
			Route:   "GET /me",
			Summary: "Show who you are, what you may do and which role allows it",
			Allow:   auth.SignedIn,

			PasswordLater: true,
		}, func(ctx context.Context, _ struct{}) (auth.Me, error) { return a.Accounts.Me(ctx) }),
		endpoint.New(endpoint.Spec{
			ID:          "me.setPreferences",
			Route:       "PATCH /me/preferences",
			Summary:     "Change your own preferences",
			Description: "Members given are set, those given as null are removed, others stay. Answers all of them.",
			Allow:       auth.SignedIn,
			Audit:       "Changed own preferences",

			NeedsSession: true,
		}, func(ctx context.Context, in preferences) (preferences, error) {
			all, err := a.Accounts.ChangePreferences(ctx, in.Values)
			return preferences{all}, err
		}),
		endpoint.New(endpoint.Spec{
			ID:          "me.consent",
			Route:       "POST /me/consent",
			Summary:     "Give your password again",
			Description: "What is refused with the code consent_needed works in this session for the next ten minutes.",
			Allow:       auth.SignedIn,
			Audit:       "Gave the password again",

			NeedsSession: true,
		}, func(ctx context.Context, in auth.Password) (struct{}, error) {
			return struct{}{}, a.Accounts.Consent(ctx, in)
		}),
		endpoint.New(endpoint.Spec{
			ID:      "me.sessions",
			Route:   "GET /me/sessions",
			Summary: "List your own sessions",
			Allow:   auth.SignedIn,
		}, func(ctx context.Context, _ struct{}) ([]auth.SessionInfo, error) { return a.Accounts.Sessions(ctx) }),
		endpoint.New(endpoint.Spec{
			ID:      "me.endOtherSessions",
			Route:   "DELETE /me/sessions",
			Summary: "End all of your own sessions but the one that asks",
			Allow:   auth.SignedIn,
			Audit:   "Ended all other own sessions",

			NeedsSession: true,
		}, func(ctx context.Context, _ struct{}) (struct{}, error) {
			return struct{}{}, a.Accounts.EndOtherSessions(ctx)
		}),
		endpoint.New(endpoint.Spec{
			ID:      "me.endSession",
			Route:   "DELETE /me/sessions/{id}",
			Summary: "End one of your own sessions",
			Allow:   auth.SignedIn,
			Audit:   "Ended own session {id}",

			NeedsSession: true,
		}, func(ctx context.Context, in byID) (struct{}, error) {
			return struct{}{}, a.Accounts.EndSession(ctx, in.ID)
		}),
		endpoint.New(endpoint.Spec{
			ID:      "me.tokens",
			Route:   "GET /me/tokens",
			Summary: "List your own API tokens",
			Allow:   auth.SignedIn,
		}, func(ctx context.Context, _ struct{}) ([]auth.TokenInfo, error) { return a.Accounts.Tokens(ctx) }),
		endpoint.New(endpoint.Spec{
			ID:          "me.addToken",
			Route:       "POST /me/tokens",
			Summary:     "Make an API token",
			Description: "The token is shown in this answer alone. It can do what is listed, as long as you can.",
			Allow:       auth.SignedIn,
			Audit:       "Made API token {name}",

			NeedsSession: true,
		}, a.Accounts.AddToken),
		endpoint.New(endpoint.Spec{
			ID:      "me.endToken",
			Route:   "DELETE /me/tokens/{id}",
			Summary: "Remove one of your own API tokens",
			Allow:   auth.SignedIn,
			Audit:   "Removed own API token {id}",

			NeedsSession: true,
		}, func(ctx context.Context, in byID) (struct{}, error) {
			return struct{}{}, a.Accounts.EndToken(ctx, in.ID)
		}),
	}
}

type byID struct {
	ID string `path:"id"`
}

// preferences are one JSON object whose members the server does not know.
type preferences struct {
	Values map[string]jsontext.Value `json:",embed"`
}
