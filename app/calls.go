package app

import (
	"slices"
	"time"

	"ecoflow/app/traffic"
)

// failingRoutes is how many routes that fail are listed.
const failingRoutes = 10

// Day returns the traffic of the 24 hours before now, with the live routes that fail.
func (a *App) Day(now time.Time) traffic.Day {
	day := a.Traffic.Day(now)
	day.Failing = []traffic.Failing{}
	if a.Engine == nil {
		return day
	}
	flows := map[traffic.Route]string{}
	for _, r := range a.Engine.Routes() {
		flows[traffic.Route{Method: r.Method, Pattern: r.Pattern}] = r.Flow
	}
	for _, f := range a.Traffic.Failing(now, traffic.RoutesKept) {
		if f.Flow = flows[traffic.Route{Method: f.Method, Pattern: f.Path}]; f.Flow != "" {
			day.Failing = append(day.Failing, f)
		}
	}
	day.Failing = slices.Clip(day.Failing[:min(len(day.Failing), failingRoutes)])
	return day
}

// keepRoutes has the traffic of routes forgotten that are no longer live.
func (a *App) keepRoutes(engine Engine) {
	var live []traffic.Route
	for _, r := range engine.Routes() {
		live = append(live, traffic.Route{Method: r.Method, Pattern: r.Pattern})
	}
	a.Traffic.Keep(live)
}
