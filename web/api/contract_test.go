package api_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"ecoflow/web/webtest"
)

// promise is what the contract says of an endpoint, by the number it has there.
type promise struct {
	number int
	webtest.Scenario
}

// contract names every endpoint of the original that there is so far, each with what
// a client of the original finds.
func contract() []promise {
	const bob = `POST /admin/users {"username": "Bob", "name": "Bob B", "password": "kumquat marmalade", "email": "bob@example.com"}`
	const apiKey = `POST /admin/environment/envs {"type": "user", "finalEnvs": [{"name": "api key", "value": "abc123"}]}`
	deploy := `POST /flows/deploy {"flowconfigurations": {"Flow1": ` + says("hello", "Hello World") + `}}`
	request := typeID("ecoflow-commons", "Request")
	return []promise{
		{1, webtest.Scenario{As: "serverConfigurationUpdate", When: `POST /directoriesStatus {"type": "Directory"}`, Want: `200 {"success": true, "payload": "*"}`}},
		{2, webtest.Scenario{As: "nobody", When: `GET /init/status`, Want: `200 {"isAuth": true, "isNewClient": true, "payload": {"isAuth": true, "isNewClient": true}}`}},
		{3, webtest.Scenario{As: "none", When: `GET /users/isAuthenticated`, Want: `200 {"payload": {"_id": "user1", "iat": "*", "exp": "*"}}`}},
		{3, webtest.Scenario{As: "none", When: `GET /auth/users/isAuthenticated`, Want: `200 {"payload": {"_id": "user1"}}`}},
		{4, webtest.Scenario{As: "none", When: `PATCH /users/refreshToken`, Want: `200 {"success": true, "payload": "*"}`}},
		{4, webtest.Scenario{As: "none", When: `PATCH /auth/users/refreshToken`, Want: `200 {"success": true, "payload": "*"}`}},
		{4, webtest.Scenario{As: "nobody", When: `PATCH /auth/users/refreshToken`, Want: `401 {"error": true, "payload": "*"}`}},
		{5, webtest.Scenario{As: "admin", Given: []string{bob}, When: `POST /users/login {"username": "BOB", "password": "kumquat marmalade"}`, Want: `200 {"success": true, "payload": "*"}`}},
		{5, webtest.Scenario{As: "admin", Given: []string{bob}, When: `POST /auth/users/login {"username": "bob", "password": "kumquat marmalade"}`, Want: `200 {"success": true, "payload": "*"}`}},
		{5, webtest.Scenario{As: "nobody", When: `POST /auth/users/login {"username": "bob", "password": "kumquat marmalade"}`, Want: `401 {"error": true, "payload": "*"}`}},
		{6, webtest.Scenario{As: "none", When: `DELETE /users/logout`, Want: `200 {"success": true, "payload": "*"}`}},
		{6, webtest.Scenario{As: "none", When: `DELETE /auth/users/logout`, Want: `200 {"success": true, "payload": "*"}`}},
		{7, webtest.Scenario{As: "serverConfigurationShow", When: `GET /admin/config`, Want: `200 {"success": true, "payload": {
			"serverConfig": {"Host": "*", "Port": "*", "httpCors": {"enabled": false}}, "defaultConfig": {"Host": "127.0.0.1", "Port": 4000, "apiRouterOptions": {"prefix": "/api", "strict": true}}}}`}},
		{8, webtest.Scenario{As: "serverConfigurationShow", When: `GET /admin/config/apiRouterOptions.prefix`, Want: `200 {"payload": {"apiRouterOptions.prefix": "/api"}}`}},
		{8, webtest.Scenario{As: "serverConfigurationShow", When: `GET /admin/config/nothing`, Want: `200 {"payload": {}}`}},
		{9, webtest.Scenario{As: "serverConfigurationUpdate", When: `PUT /admin/config {"apiRouterOptionsPrefix": "v1"}`, Want: `200 {"success": true, "payload": {"msg": "*", "newConfigs": {"apiRouterOptions": {"prefix": "/v1"}}}}`}},
		{9, webtest.Scenario{As: "serverConfigurationUpdate", When: `PUT /admin/config {"migrate": true}`, Want: `422 {"error": true, "payload": "*"}`}},
		{10, webtest.Scenario{As: "admin", Given: []string{apiKey}, When: `GET /admin/environment/envs`, Want: `200 {"userEnvs": [{"name": "API_KEY", "value": "abc123"}], "systemEnvs": [], "payload": {"systemEnvs": []}}`}},
		{11, webtest.Scenario{As: "admin", Given: []string{apiKey}, When: `GET /admin/environment/env/api_key`, Want: `200 {"userEnvs": {"name": "API_KEY", "value": "abc123"}, "systemEnvs": null}`}},
		{11, webtest.Scenario{As: "admin", When: `GET /admin/environment/env/nothing`, Want: `200 {"userEnvs": [], "systemEnvs": null}`}},
		{12, webtest.Scenario{As: "admin", Given: []string{apiKey}, When: `GET /admin/environment/userEnvs`, Want: `200 {"payload": [{"name": "API_KEY", "value": "abc123"}]}`}},
		{13, webtest.Scenario{As: "admin", Given: []string{apiKey}, When: `GET /admin/environment/userEnv/Api_Key`, Want: `200 {"payload": {"name": "API_KEY", "value": "abc123"}}`}},
		{14, webtest.Scenario{As: "admin", When: `GET /admin/environment/systemEnvs`, Want: `200 {"payload": []}`}},
		{15, webtest.Scenario{
			As: "admin", Given: []string{`POST /admin/environment/envs {"type": "system", "finalEnvs": [{"name": "salt", "value": "x"}]}`},
			When: `GET /admin/environment/systemEnv/salt`, Want: `200 {"payload": {"name": "SALT", "value": "*"}}`,
		}},
		{16, webtest.Scenario{As: "createEnvs", When: apiKey, Want: `200 {"payload": {"msg": "*", "newEnvs": [{"name": "API_KEY", "value": "abc123"}]}}`}},
		{17, webtest.Scenario{As: "admin", Given: []string{bob}, When: `GET /admin/users/usernames`, Want: `200 {"payload": ["user1", "bob"]}`}},
		{18, webtest.Scenario{As: "admin", Given: []string{bob}, When: `GET /admin/users/usernames/system`, Want: `200 {"payload": ["user1", "bob"]}`}},
		{19, webtest.Scenario{As: "admin", Given: []string{bob}, When: `GET /admin/users/BOB`, Want: `200 {"payload": {"username": "bob", "name": "Bob B", "email": "bob@example.com", "roles": [], "isActive": true}}`}},
		{19, webtest.Scenario{As: "admin", When: `GET /admin/users/nobody`, Want: `404 {"error": true, "payload": "*"}`}},
		{20, webtest.Scenario{As: "createUser", When: bob, Want: `200 {"success": true, "payload": "*"}`}},
		{21, webtest.Scenario{As: "admin", Given: []string{bob}, When: `PATCH /admin/users/bob {"username": "rob", "name": "Rob"}`, Want: `200 {"success": true, "payload": "*"}`}},
		{22, webtest.Scenario{As: "admin", Given: []string{bob}, When: `PATCH /admin/users/bob/ToggleUser {"isActiveUser": false}`, Want: `200 {"payload": {"msg": "*", "isActive": false}}`}},
		{39, webtest.Scenario{As: "nobody", When: `GET /server/isOnline`, Want: `200 {"success": true, "payload": {"isServerOnline": true}}`}},
		{40, webtest.Scenario{As: "none", When: `POST /server {"Mode": "status"}`, Want: `200 {"payload": {"isServerOnline": true}}`}},
		{40, webtest.Scenario{As: "admin", When: `POST /server {"Mode": "dance"}`, Want: `422 {"error": true, "payload": "*"}`}},
		{41, webtest.Scenario{As: "nobody", Header: setupCode, When: `POST /setup/blank/validateDB {"useDefault": true}`, Want: `200 {"success": true, "payload": "*"}`}},
		{42, webtest.Scenario{As: "nobody", Header: setupCode, When: `POST /setup/blank ` + ada, Want: `200 {"payload": {"msg": "*", "restart": false}}`}},
		{44, webtest.Scenario{As: "admin", When: `GET /role`, Want: `200 {"payload": [{"_id": 1, "name": "*", "isDefault": false, "permissions": {"administrator": true}}]}`}},
		{45, webtest.Scenario{As: "admin", When: `GET /role/1`, Want: `200 {"payload": [{"_id": 1, "name": "*"}]}`}},
		{45, webtest.Scenario{As: "admin", When: `GET /role/99`, Want: `404 {"error": true, "payload": "*"}`}},
		{46, webtest.Scenario{As: "createRole", When: `POST /role {"roleName": "editor"}`, Want: `200 {"payload": [{"_id": 1}, {"_id": 2, "name": "editor", "permissions": {}}]}`}},
		{47, webtest.Scenario{
			As: "admin", Given: []string{`POST /role {"roleName": "editor"}`},
			When: `PATCH /role {"id": 2, "permissions": {"flowEditor": true}}`, Want: `200 {"payload": [{"_id": 1}, {"_id": 2, "permissions": {"flowEditor": true}}]}`,
		}},
		{48, webtest.Scenario{As: "admin", Given: []string{`POST /role {"roleName": "editor"}`}, When: `DELETE /role/2`, Want: `200 {"payload": [{"_id": 1}]}`}},
		{49, webtest.Scenario{As: "none", When: `GET /users`, Want: `200 {"payload": {"name": "user1", "username": "user1", "email": "*", "isPermanent": false, "createdAt": "*"}}`}},
		{49, webtest.Scenario{As: "local", When: `GET /users`, Want: `200 {"payload": {"username": "local"}}`}},
		{50, webtest.Scenario{As: "none", When: `PATCH /users {"mode": "info", "userInfo": {"name": "Ada", "email": "ada@example.com"}}`, Want: `200 {"success": true, "payload": "*"}`}},
		{50, webtest.Scenario{As: "none", When: `PATCH /users {"mode": "else", "userInfo": {}}`, Want: `422 {"error": true, "payload": "*"}`}},
		{51, webtest.Scenario{As: "flowEditor,showUser", When: `GET /users/permissions`, Want: `200 {"payload": {"rolesList": [1], "permissions": {"flowEditor": true, "showUser": true}}}`}},
		{52, webtest.Scenario{As: "flowEditor", When: `GET /users/permissions/RoleList`, Want: `200 {"payload": {"rolesList": [1]}}`}},
		{52, webtest.Scenario{As: "flowEditor", When: `GET /users/permissions/Permissions`, Want: `200 {"payload": {"permissions": {"flowEditor": true}}}`}},
		{53, webtest.Scenario{As: "none", When: `GET /users/roles`, Want: `200 {"payload": ["role of user1"]}`}},
		{54, webtest.Scenario{As: "flowEditor", When: `GET /module`, Want: `200 {"success": true, "payload": "*"}`}},
		{55, webtest.Scenario{As: "flowEditor", When: `GET /module/id/nothing`, Want: `200 {"payload": null}`}},
		{64, webtest.Scenario{As: "flowEditor", When: `GET /module/nodes`, Want: `200 {"success": true, "payload": "*"}`}},
		{65, webtest.Scenario{As: "flowEditor", When: `GET /module/nodes/id/` + request, Want: `200 {"payload": {"id": {"_id": "` + request + `"}, "name": "Request", "type": "Request"}}`}},
		{66, webtest.Scenario{As: "flowEditor", When: `GET /flows`, Want: `200 {"payload": {}}`}},
		{66, webtest.Scenario{As: "flowEditor", Given: []string{deploy}, When: `GET /flows`, Want: `200 {"payload": {"Flow1": {"definitions": "*", "connections": "*", "configurations": "*"}}}`}},
		{67, webtest.Scenario{As: "flowEditor", Given: []string{deploy}, When: `GET /flows/id/Flow1`, Want: `200 {"payload": {"Flow1": {"definitions": "*"}}}`}},
		{67, webtest.Scenario{As: "flowEditor", When: `GET /flows/id/nothing`, Want: `200 {"payload": {}}`}},
		{68, webtest.Scenario{
			As: "flowEditor", When: `GET /flows/settings`,
			Want: `200 {"payload": {"keyboardAccessibility": false, "controls": true, "miniMap": false, "panMiniMap": false, "scrollPan": false}}`,
		}},
		{69, webtest.Scenario{As: "flowEditor", When: `POST /flows/settings {"settings": {"miniMap": true}}`, Want: `200 {"payload": {"miniMap": true, "controls": true}}`}},
		{70, webtest.Scenario{As: "flowEditor", When: deploy, Want: `200 {"success": true, "payload": "*"}`}},
		{70, webtest.Scenario{
			As: "flowEditor", When: `POST /flows/deploy {"flowconfigurations": {"a": ` + says("same", "1") + `, "b": ` + strings.ReplaceAll(says("same", "2"), `"same-`, `"other-`) + `}}`,
			Want: `409 {"error": true, "payload": {"msg": "*", "routes": ["GET /same"], "nodesID": ["same-in", "other-in"]}}`,
		}},
		{71, webtest.Scenario{As: "none", When: `GET /dashboard/status`, Want: `200 {"payload": {"installedPackage": "*", "DBConnectionCount": 0, "userEnvsNames": [], "routesStatus": []}}`}},
		{78, webtest.Scenario{As: "auditLogs", When: `GET /auditLogs`, Want: `200 {"payload": {"totalDocs": "*", "logs": "*"}}`}},
		{79, webtest.Scenario{As: "admin", Given: []string{bob}, When: `GET /auditLogs/1`, Want: `200 {"payload": {"totalDocs": 1, "logs": [{"_id": 1, "timeSpan": "*", "message": "*", "type": "Info", "userID": "user1"}]}}`}},
		{79, webtest.Scenario{As: "admin", Given: []string{bob}, When: `GET /auditLogs/first`, Want: `200 {"payload": {"totalDocs": 1, "logs": [{"_id": 1}]}}`}},
	}
}

// setupCode is the header that lets somebody set the product up.
var setupCode = []string{"X-Setup-Code", webtest.SetupCode}

// The endpoints of the original that there are; the others come with connections,
// packages and backups.
var numbers = []int{
	1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 39, 40, 41, 42, 44, 45, 46, 47, 48, 49, 50, 51, 52, 53,
	54, 55, 64, 65, 66, 67, 68, 69, 70, 71, 78, 79,
}

// routes are the method and path of each endpoint as the contract has them; those of
// signing in have two (http-api.md, section 0).
var routes = map[int][]string{
	1: {"POST /directoriesStatus"}, 2: {"GET /init/status"},
	3: {"GET /users/isAuthenticated", "GET /auth/users/isAuthenticated"}, 4: {"PATCH /users/refreshToken", "PATCH /auth/users/refreshToken"},
	5: {"POST /users/login", "POST /auth/users/login"}, 6: {"DELETE /users/logout", "DELETE /auth/users/logout"},
	7: {"GET /admin/config"}, 8: {"GET /admin/config/:configID"}, 9: {"PUT /admin/config"},
	10: {"GET /admin/environment/envs"}, 11: {"GET /admin/environment/env/:envID"}, 12: {"GET /admin/environment/userEnvs"},
	13: {"GET /admin/environment/userEnv/:envID"}, 14: {"GET /admin/environment/systemEnvs"}, 15: {"GET /admin/environment/systemEnv/:envID"},
	16: {"POST /admin/environment/envs"},
	17: {"GET /admin/users/usernames"}, 18: {"GET /admin/users/usernames/:isSystem"}, 19: {"GET /admin/users/:userID"}, 20: {"POST /admin/users"},
	21: {"PATCH /admin/users/:userID"}, 22: {"PATCH /admin/users/:userID/ToggleUser"},
	39: {"GET /server/isOnline"}, 40: {"POST /server"}, 41: {"POST /setup/blank/validateDB"}, 42: {"POST /setup/blank"},
	44: {"GET /role"}, 45: {"GET /role/:id"}, 46: {"POST /role"}, 47: {"PATCH /role"}, 48: {"DELETE /role/:id"},
	49: {"GET /users"}, 50: {"PATCH /users"}, 51: {"GET /users/permissions"}, 52: {"GET /users/permissions/:mode"}, 53: {"GET /users/roles"},
	54: {"GET /module"}, 55: {"GET /module/id/:moduleID"}, 64: {"GET /module/nodes"}, 65: {"GET /module/nodes/id/:nodeId"},
	66: {"GET /flows"}, 67: {"GET /flows/id/:flowName"}, 68: {"GET /flows/settings"}, 69: {"POST /flows/settings"}, 70: {"POST /flows/deploy"},
	71: {"GET /dashboard/status"}, 78: {"GET /auditLogs"}, 79: {"GET /auditLogs/:page"},
}

// routeOf returns which of the routes of an endpoint a request is for, "" for none.
func routeOf(number int, request string) string {
	method, rest, _ := strings.Cut(request, " ")
	path, _, _ := strings.Cut(rest, " ")
	given := strings.Split(path, "/")
	for _, route := range routes[number] {
		wantMethod, pattern, _ := strings.Cut(route, " ")
		want := strings.Split(pattern, "/")
		fits := method == wantMethod && len(given) == len(want)
		for i := range want {
			fits = fits && (given[i] == want[i] || strings.HasPrefix(want[i], ":"))
		}
		if fits {
			return route
		}
	}
	return ""
}

func TestContract(t *testing.T) {
	said := map[int]bool{}
	works, unasked := map[string]bool{}, []string{}
	for _, p := range contract() {
		said[p.number] = true
		route := routeOf(p.number, p.When)
		if route == "" {
			t.Errorf("%s is not endpoint %d", p.When, p.number)
		}
		works[route] = works[route] || strings.HasPrefix(p.Want, "200 ")
		p.Name = fmt.Sprintf("%d %s", p.number, strings.Join(strings.Fields(p.When)[:2], " "))
		webtest.Run(t, p.Scenario)
	}
	for _, number := range numbers {
		for _, route := range routes[number] {
			if !works[route] {
				unasked = append(unasked, fmt.Sprint(number, " ", route))
			}
		}
	}
	if len(unasked) > 0 {
		t.Errorf("nothing shows that these work: %v", unasked)
	}
	if got := slices.Sorted(maps.Keys(said)); !slices.Equal(got, numbers) || len(numbers) != 48 {
		t.Errorf("the table speaks of %d endpoints %v, want %d", len(got), got, len(numbers))
	}
}
