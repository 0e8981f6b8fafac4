package api

import (
	"context"
	"net/http"
	"strings"

	"ecoflow/app"
	"ecoflow/app/auth"
	"ecoflow/app/env"
	"ecoflow/web/endpoint"
)

// dashboard lists the endpoint of the original's dashboard.
func dashboard(a *app.App) []endpoint.Endpoint {
	return []endpoint.Endpoint{
		endpoint.New(endpoint.Spec{
			ID:          "dashboard.status",
			Route:       "GET /dashboard/status",
			Summary:     "Show in short what there is",
			Description: "Packages, connections, names of variables and the routes that are live. No package registry is asked.",
			Allow:       auth.SignedIn,
		}, func(context.Context, struct{}) (overview, error) {
			o := overview{InstalledPackage: len(a.Library.Modules()), UserEnvsNames: []string{}, RoutesStatus: []routeStatus{}}
			for _, v := range a.Env.List(env.User) {
				o.UserEnvsNames = append(o.UserEnvsNames, v.Name)
			}
			if a.Engine == nil {
				return o, nil
			}
			for _, r := range a.Engine.Routes() {
				method := r.Method
				if method == http.MethodGet {
					method = "HEAD, GET"
				}
				o.RoutesStatus = append(o.RoutesStatus, routeStatus{r.Pattern, method, strings.Join(r.Params, ", ")})
			}
			return o, nil
		}),
	}
}

// overview has the members of the original's dashboard.
type overview struct {
	AvailablePackage  *int          `json:"availablePackage" doc:"Packages of the registry; null: not known."`
	InstalledPackage  int           `json:"installedPackage" doc:"Packages of node types that are here."`
	DBConnectionCount int           `json:"DBConnectionCount"`
	UserEnvsNames     []string      `json:"userEnvsNames" doc:"Names of the users' environment variables."`
	RoutesStatus      []routeStatus `json:"routesStatus"`
}

type routeStatus struct {
	Path   string `json:"path" doc:"With the prefix: /api/users/:id."`
	Method string `json:"method" doc:"With commas between; a GET route answers HEAD as well."`
	Params string `json:"params" doc:"Names of the parameters, with commas between."`
}
