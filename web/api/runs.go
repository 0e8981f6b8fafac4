package api

import (
	"ecoflow/app"
	"ecoflow/app/auth"
	"ecoflow/web/endpoint"
)

// runs lists the endpoints about what ordinary runs did.
func runs(a *app.App) []endpoint.Endpoint {
	return []endpoint.Endpoint{
		endpoint.New(endpoint.Spec{
			ID:          "run.list",
			Route:       "GET /runs",
			Summary:     "List the last runs, the newest first",
			Description: "Those that were kept: the setting runs.capture says whether, runs.keep how many.",
			Allow:       auth.FlowEditor,
		}, a.Runs.List),
		endpoint.New(endpoint.Spec{
			ID:      "run.show",
			Route:   "GET /runs/{id}",
			Summary: "Show a run with what each node did",
			Allow:   auth.FlowEditor,
		}, a.Runs.Show),
	}
}
