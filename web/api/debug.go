package api

import (
	"context"

	"ecoflow/app"
	"ecoflow/app/auth"
	"ecoflow/app/flow"
	"ecoflow/web/endpoint"
)

// debug lists the endpoints about what Debug nodes show.
func debug(a *app.App) []endpoint.Endpoint {
	return []endpoint.Endpoint{
		endpoint.New(endpoint.Spec{
			ID:          "debug.list",
			Route:       "GET /debug",
			Summary:     "List the last debug messages, the oldest first",
			Description: "The last 1,000 since the server started. New ones come as debug events.",
			Allow:       auth.FlowEditor,
		}, func(context.Context, struct{}) ([]flow.DebugMessage, error) { return a.Editor.Engine.Debugged(), nil }),
	}
}
