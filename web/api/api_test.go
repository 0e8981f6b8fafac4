package api_test

import (
	"testing"

	"ecoflow/web/webtest"
)

func TestFirstThings(t *testing.T) {
	webtest.Run(t,
		webtest.Scenario{
			Name: "anybody learns where to begin",
			As:   "nobody",
			When: `GET /init/status`,
			Want: `200 {"success": true, "payload": {"isAuth": true, "isNewClient": true}, "isAuth": true, "isNewClient": true}`,
		},
		webtest.Scenario{
			Name: "local mode has no passwords",
			As:   "local",
			When: `GET /init/status`,
			Want: `200 {"payload": {"isAuth": false}, "isAuth": false}`,
		},
		webtest.Scenario{
			Name: "the server says that it is up",
			As:   "nobody",
			When: `GET /server/isOnline`,
			Want: `200 {"success": true, "payload": {"isServerOnline": true}}`,
		},
		webtest.Scenario{
			Name: "the person at the machine has every right",
			As:   "local",
			When: `GET /me`,
			Want: `200 {"payload": {"mode": "local"}}`,
		},
		webtest.Scenario{
			Name:  "a token is made and audited",
			As:    "admin",
			When:  `POST /me/tokens {"name": "ci", "permissions": ["flowEditor"]}`,
			Want:  `200 {"payload": {"name": "ci", "token": "*"}}`,
			Audit: "me.addToken done",
		},
		webtest.Scenario{
			Name:  "a refused token is audited too",
			As:    "none",
			When:  `POST /me/tokens {"name": "ci", "permissions": ["flowEditor"]}`,
			Want:  `422 {"error": true, "code": "invalid", "errors": [{"path": "permissions", "message": "*"}], "requestId": "*"}`,
			Audit: "me.addToken failed",
		},
		webtest.Scenario{
			Name: "the description is for who is signed in",
			As:   "nobody",
			When: `GET /openapi.json`,
			Want: `401 {"code": "unauthenticated"}`,
		},
		webtest.Scenario{
			Name: "the description",
			As:   "none",
			When: `GET /openapi.json`,
			Want: `200 {"openapi": "3.1.0"}`,
		},
		webtest.Scenario{
			Name: "what is not there",
			As:   "admin",
			When: `GET /nothing`,
			Want: `404 {"error": true, "code": "unknown_endpoint", "payload": "*"}`,
		},
	)
}
