package api_test

import (
	"testing"

	"ecoflow/web/webtest"
)

func TestDashboard(t *testing.T) {
	webtest.Run(t,
		webtest.Scenario{
			Name: "it shows nothing where there is nothing, without asking anybody outside",
			As:   "none",
			When: "GET /dashboard/status",
			Want: `200 {"success": true, "payload": {"availablePackage": null, "DBConnectionCount": 0, "userEnvsNames": [], "routesStatus": []}}`,
		},
		webtest.Scenario{
			Name:  "it shows the routes that are live",
			As:    "flowEditor",
			Given: []string{`POST /flows/deploy {"flowconfigurations":{"shop":` + says("users/:id/:sub", "hello") + `}}`},
			When:  "GET /dashboard/status",
			Want:  `200 {"payload": {"installedPackage": 3, "routesStatus": [{"path": "/api/users/:id/:sub", "method": "HEAD, GET", "params": "id, sub"}]}}`,
		},
		webtest.Scenario{
			Name: "strangers see nothing",
			As:   "nobody",
			When: "GET /dashboard/status",
			Want: `401 {"error": true}`,
		},
	)
}
