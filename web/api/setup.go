package api

import (
	"context"

	"ecoflow/app"
	"ecoflow/app/auth"
	"ecoflow/app/setup"
	"ecoflow/web/endpoint"
)

const setupCode = "While no user exists. In sign-in mode it needs the setup code that the server printed, in local mode the person at the machine."

// firstStart lists the endpoints that lead to a first administrator.
func firstStart(a *app.App) []endpoint.Endpoint {
	return []endpoint.Endpoint{
		endpoint.New(endpoint.Spec{
			ID:      "setup.status",
			Route:   "GET /init/status",
			Summary: "Show whether there are passwords, and whether there is a user yet",
			Allow:   auth.Public,
		}, func(ctx context.Context, _ struct{}) (endpoint.Beside[setup.Status], error) {
			status, err := a.Setup.Status(ctx)
			return endpoint.Beside[setup.Status]{Payload: status}, err
		}),
		endpoint.New(endpoint.Spec{
			ID:          "setup.validateDatabase",
			Route:       "POST /setup/blank/validateDB",
			Summary:     "Check the database settings of the setup",
			Description: setupCode,
			Allow:       auth.Public,
			Unaudited:   "it checks and changes nothing",
		}, a.Setup.ValidateDatabase),
		endpoint.New(endpoint.Spec{
			ID:          "setup.blank",
			Route:       "POST /setup/blank",
			Summary:     "Add the first administrator and sign them in",
			Description: setupCode,
			Allow:       auth.Public,
			Audit:       "Set EcoFlow up",
		}, a.Setup.Blank),
	}
}
