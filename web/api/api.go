// Package api is the system API: a file per feature, an entry per endpoint.
package api

import (
	"slices"

	"ecoflow/app"
	"ecoflow/web/endpoint"
)

// All lists every endpoint of the system API.
func All(a *app.App) []endpoint.Endpoint {
	all := slices.Concat(
		firstStart(a),
		session(a),
		me(a),
		profile(a),
		users(a),
		roles(a),
		server(a),
		settings(a),
		events(a),
		flows(a),
		drafts(a),
		deployments(a),
		modules(a),
		environment(a),
		debug(a),
		runs(a),
		dashboard(a),
		auditLog(a),
		logs(a),
		about(a),
	)
	return append(all, description(all))
}
