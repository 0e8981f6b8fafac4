package api

import (
	"context"

	"ecoflow/app"
	"ecoflow/app/auth"
	"ecoflow/app/setup"
	"ecoflow/web/endpoint"
)

// initial is what a client asks before it knows anything.
func initial(a *app.App) []endpoint.Endpoint {
	return []endpoint.Endpoint{
		endpoint.New(endpoint.Spec{
			ID:          "init.status",
			Route:       "GET /init/status",
			Summary:     "Tell where to begin",
			Description: "Whether there are passwords (isAuth) and whether the first user is still to be made (isNewClient).",
			Allow:       auth.Public,
		}, func(ctx context.Context, _ struct{}) (endpoint.Beside[setup.Status], error) {
			status, err := a.Setup.Status(ctx)
			return endpoint.Beside[setup.Status]{Payload: status}, err
		}),
	}
}
