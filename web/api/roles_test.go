package api_test

import (
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"ecoflow/web/webtest"
)

func TestRoles(t *testing.T) {
	webtest.Run(
		t,
		webtest.Scenario{
			Name: "roles", As: "flowEditor,showUser", When: `GET /role`,
			Want: `200 {"payload": [{"_id": 1, "name": "role of user1", "isDefault": false, "permissions": {"flowEditor": true, "showUser": true},
				"members": 1, "own": true, "version": 1}], "count": 1}`,
		},
		webtest.Scenario{Name: "not for everybody", As: "deleteUser,flowEditor", When: `GET /role`, Want: `403 {"code": "missing_permission"}`},
		webtest.Scenario{
			Name: "one role is a list of it", As: "updateUser", When: `GET /role/1`, Want: `200 {"payload": [{"_id": 1}]}`,
		},
		webtest.Scenario{Name: "a role that is not there", As: "updateRole", When: `GET /role/9`, Want: `404 {"code": "not_found"}`},
		webtest.Scenario{Name: "an id that is none", As: "updateRole", When: `GET /role/x`, Want: `422 {"errors": [{"path": "id"}]}`},
		webtest.Scenario{
			Name: "who holds it", As: "deleteRole", When: `GET /role/1/members`,
			Want: `200 {"payload": [{"username": "user1", "name": "user1", "isActive": true}]}`,
		},
		webtest.Scenario{Name: "who holds none", As: "deleteRole", When: `GET /role/9/members`, Want: `404`},
		webtest.Scenario{
			Name: "an empty one is added", As: "createRole", When: `POST /role {"roleName": " Editors "}`,
			Want:  `200 {"payload": [{"_id": 1}, {"_id": 2, "name": "Editors", "permissions": {}, "members": 0, "own": false}], "count": 2, "role": 2}`,
			Audit: "role.create done",
		},
		webtest.Scenario{
			Name: "like another one", As: "createRole,flowEditor", When: `POST /role {"roleName": "copy", "roleLike": 1}`,
			Want: `200 {"payload": [{}, {"name": "copy", "permissions": {"createRole": true, "flowEditor": true}, "own": false}]}`,
		},
		webtest.Scenario{
			Name: "like none", As: "createRole", When: `POST /role {"roleName": "copy", "roleLike": null}`, Want: `200`,
		},
		webtest.Scenario{
			Name: "like one that is not there", As: "createRole", When: `POST /role {"roleName": "copy", "roleLike": 9}`,
			Want: `422 {"errors": [{"path": "roleLike"}]}`,
		},
		webtest.Scenario{
			Name: "a name is taken in any case and alphabet", As: "createRole", Given: []string{`POST /role {"roleName": "Éditeurs"}`},
			When: `POST /role {"roleName": "éditeurs"}`, Want: `409 {"code": "role_taken", "errors": [{"path": "roleName", "message": "is taken"}]}`,
		},
		webtest.Scenario{
			Name: "a name is needed", As: "createRole", When: `POST /role {"roleName": "  "}`, Want: `422 {"errors": [{"path": "roleName"}]}`,
		},
		webtest.Scenario{
			Name: "a name is visible", As: "createRole", When: `POST /role {"roleName": "a\u202eb"}`, Want: `422 {"errors": [{"path": "roleName"}]}`,
		},
		webtest.Scenario{
			Name: "a name is short", As: "createRole", When: `POST /role {"roleName": "` + strings.Repeat("ä", 101) + `"}`, Want: `422`,
		},
		webtest.Scenario{
			Name: "permissions are replaced", As: "admin", Given: []string{
				`POST /role {"roleName": "r"}`, `PATCH /role {"id": 2, "permissions": {"flowEditor": true, "backup": false}}`,
			},
			When:  `PATCH /role {"id": 2, "permissions": {"backup": true}, "version": 2}`,
			Want:  `200 {"payload": [{}, {"permissions": {"backup": true}, "version": 3}]}`,
			Audit: "role.update done",
		},
		webtest.Scenario{
			Name: "renamed, with the same permissions", As: "admin",
			Given: []string{`POST /role {"roleName": "r"}`, `PATCH /role {"id": 2, "permissions": {"flowEditor": true}}`},
			When:  `PATCH /role {"id": 2, "roleName": "R"}`, Want: `200 {"payload": [{}, {"name": "R", "permissions": {"flowEditor": true}}]}`,
		},
		webtest.Scenario{
			Name: "a name to change to is taken", As: "admin", Given: []string{`POST /role {"roleName": "r"}`},
			When: `PATCH /role {"id": 2, "roleName": "ROLE OF USER1"}`, Want: `409 {"code": "role_taken"}`,
		},
		webtest.Scenario{
			Name: "unknown permissions are named", As: "admin", Given: []string{`POST /role {"roleName": "r"}`},
			When: `PATCH /role {"id": 2, "permissions": {"fly": true, "flowEditor": true, "dig": false}}`,
			Want: `422 {"errors": [{"path": "permissions/dig"}, {"path": "permissions/fly"}]}`,
		},
		webtest.Scenario{
			Name: "permissions are true or false", As: "admin", Given: []string{`POST /role {"roleName": "r"}`},
			When: `PATCH /role {"id": 2, "permissions": {"flowEditor": "yes"}}`,
			Want: `400 {"code": "wrong_type", "errors": [{"path": "permissions/flowEditor"}]}`,
		},
		webtest.Scenario{
			Name: "something has to change", As: "admin", When: `PATCH /role {"id": 1}`, Want: `422 {"errors": [{"path": "permissions"}]}`,
		},
		webtest.Scenario{
			Name: "which one has to be said", As: "admin", When: `PATCH /role {"permissions": {}}`, Want: `422 {"errors": [{"path": "id"}]}`,
		},
		webtest.Scenario{
			Name: "a role that is not there is not changed", As: "admin", When: `PATCH /role {"id": 9, "permissions": {}}`, Want: `404`,
			Audit: "role.update failed",
		},
		webtest.Scenario{
			Name: "over a newer role", As: "admin",
			Given: []string{`POST /role {"roleName": "r"}`, `PATCH /role {"id": 2, "permissions": {"flowEditor": true}, "version": 1}`},
			When:  `PATCH /role {"id": 2, "permissions": {"backup": true}, "version": 1}`,
			Want:  `409 {"code": "stale_version", "role": {"_id": 2, "permissions": {"flowEditor": true}, "version": 2}}`,
		},
		webtest.Scenario{
			Name: "the own role is for others to change", As: "updateRole,flowEditor", When: `PATCH /role {"id": 1, "permissions": {"updateRole": true}}`,
			Want: `403 {"code": "own_role"}`, Audit: "role.update refused",
		},
		webtest.Scenario{
			Name: "and to delete", As: "deleteRole", When: `DELETE /role/1`, Want: `403 {"code": "own_role"}`,
		},
		webtest.Scenario{
			Name: "an administrator may, as long as one is left", As: "admin", When: `PATCH /role {"id": 1, "permissions": {}}`,
			Want: `409 {"code": "last_administrator"}`,
		},
		webtest.Scenario{
			Name: "deleted", As: "admin", Given: []string{`POST /role {"roleName": "r"}`}, When: `DELETE /role/2`,
			Want: `200 {"payload": [{"_id": 1}], "count": 1}`, Audit: "role.delete done",
		},
		webtest.Scenario{Name: "deleted once", As: "admin", When: `DELETE /role/2`, Want: `404`},
		webtest.Scenario{
			Name: "the last administrators' role stays", As: "admin", When: `DELETE /role/1`, Want: `409 {"code": "last_administrator"}`,
		},
		webtest.Scenario{
			Name: "who held a deleted role is told that it is gone", As: "admin",
			Given: []string{
				`POST /role {"roleName": "r"}`,
				`POST /admin/users {"name": "B", "username": "bob", "password": "kumquat marmalade", "roles": [2]}`, `DELETE /role/2`,
			},
			When: `GET /admin/users/bob`, Want: `200 {"payload": {"roles": [], "version": 2}}`,
		},
		webtest.Scenario{
			Name: "the catalogue", As: "none", When: `GET /permissions`, Want: `200 {"count": 31}`,
		},
		webtest.Scenario{Name: "not for strangers", As: "nobody", When: `GET /permissions`, Want: `401`},
	)
}

func TestTheDefaultRoleStaysAsItIs(t *testing.T) {
	p, check, ada := withAda(t)
	for _, who := range []webtest.Credential{cookies(ada), p.Admin().Cookie} {
		for _, request := range []string{
			`PATCH /role {"id": 1, "permissions": {}}`, `PATCH /role {"id": 1, "roleName": "boss"}`, `DELETE /role/1`,
		} {
			rec := check.Do(who, request)
			if rec.Code != 409 || !strings.Contains(rec.Body.String(), "default_role") {
				t.Errorf("%s: %d %s", request, rec.Code, rec.Body)
			}
		}
	}
	rec := check.Do(cookies(ada), `POST /role {"roleName": "deputy", "roleLike": 1}`)
	if list := payload[[]struct {
		IsDefault   bool
		Permissions map[string]bool
	}](t, rec); len(list) != 3 || list[2].IsDefault || len(list[2].Permissions) != 31 {
		t.Errorf("a copy of the default role: %s", rec.Body)
	}
}

// TestFiftySavesOfARole has fifty windows save what they have seen: in each round
// one of them wins.
func TestFiftySavesOfARole(t *testing.T) {
	p := webtest.Start(t)
	admin := p.Admin()
	status(t, ask(p, admin.Cookie, `POST /role {"roleName": "r"}`), 200, "adding")
	for version := 1; version <= 5; version++ {
		body := `PATCH /role {"id": 2, "permissions": {"flowEditor": true}, "version": ` + string(rune('0'+version)) + `}`
		var won, lost atomic.Int32
		var all sync.WaitGroup
		for range 50 {
			all.Go(func() {
				switch rec := ask(p, admin.Cookie, body); rec.Code {
				case 200:
					won.Add(1)
				case 409:
					lost.Add(1)
				default:
					t.Errorf("%d %s", rec.Code, rec.Body)
				}
			})
		}
		all.Wait()
		if won.Load() != 1 || lost.Load() != 49 {
			t.Errorf("round %d: %d won and %d lost", version, won.Load(), lost.Load())
		}
	}
}

// The audit log names the role that an act was about, and not its number.
func TestTheAuditNamesRoles(t *testing.T) {
	p := webtest.Start(t)
	check := webtest.NewChecker(t, p)
	admin := p.Admin()
	for _, act := range []struct {
		request, says string
	}{
		{`POST /role {"roleName": "Editors"}`, "Added role Editors"},
		{`PATCH /role {"id": 2, "permissions": {"flowEditor": true}}`, "Changed role Editors"},
		{`PATCH /role {"id": 2, "roleName": "Writers"}`, "Changed role Writers, which was Editors"},
		{`DELETE /role/2`, "Deleted role Writers"},
	} {
		status(t, check.Do(admin.Cookie, act.request), 200, act.request)
		lines := payload[[]struct{ Message string }](t, check.Do(admin.Cookie, "GET /audit?action=role.&limit=1"))
		if len(lines) != 1 || lines[0].Message != act.says {
			t.Errorf("%s: the audit log says %+v", act.request, lines)
		}
	}
}

// A double click makes one role and one user.
func TestDoubleSubmits(t *testing.T) {
	p := webtest.Start(t)
	admin := p.Admin()
	for _, request := range []string{`POST /role {"roleName": "r"}`, `POST /admin/users ` + bob} {
		var won atomic.Int32
		var all sync.WaitGroup
		for range 5 {
			all.Go(func() {
				if rec := ask(p, admin.Cookie, request); rec.Code == 200 {
					won.Add(1)
				} else if rec.Code != 409 {
					t.Errorf("%d %s", rec.Code, rec.Body)
				}
			})
		}
		all.Wait()
		if won.Load() != 1 {
			t.Errorf("%s was done %d times", request, won.Load())
		}
	}
}
