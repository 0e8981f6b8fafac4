package api_test

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"ecoflow/app/auth"
	"ecoflow/app/event"
	"ecoflow/web/webtest"
)

const bob = `{"name": "Bob", "username": "Bob", "password": "kumquat marmalade", "email": "bob@example.com"}`

func TestUsers(t *testing.T) {
	webtest.Run(
		t,
		webtest.Scenario{
			Name: "a user is added under a lower-case name", As: "admin", When: `POST /admin/users ` + bob,
			Want: `200 {"success": true, "payload": "The user bob is added.", "user": {"username": "bob", "name": "Bob", "roles": [], "isActive": true,
				"isPermanent": false, "mustChange": false, "lastSignInAt": null, "version": 1}}`,
			Audit: "user.create done",
		},
		webtest.Scenario{
			Name: "a name is taken whatever its case", As: "admin", Given: []string{`POST /admin/users ` + bob},
			When:  `POST /admin/users ` + strings.Replace(bob, `"Bob", "password`, `"BOB", "password`, 1),
			Want:  `409 {"error": true, "code": "username_taken", "errors": [{"path": "username", "message": "is taken"}]}`,
			Audit: "user.create failed",
		},
		webtest.Scenario{
			Name: "all that is wrong is said at once", As: "admin",
			When: `POST /admin/users {"name": "", "username": "b b", "password": "short", "email": "no"}`,
			Want: `422 {"errors": [{"path": "name"}, {"path": "username"}, {"path": "email"}, {"path": "password"}]}`,
		},
		webtest.Scenario{
			Name: "length is what passwords need, not kinds of characters", As: "admin",
			When: `POST /admin/users {"name": "B", "username": "b", "password": "kumquat kumquat marmalade"}`, Want: `200`,
		},
		webtest.Scenario{
			Name: "the user name is no password", As: "admin",
			When: `POST /admin/users {"name": "B", "username": "bartholomew", "password": "Bartholomew1"}`,
			Want: `422 {"errors": [{"path": "password", "message": "may not be made of the user name"}]}`,
		},
		webtest.Scenario{
			Name: "roles have to exist", As: "admin",
			When: `POST /admin/users {"name": "B", "username": "b", "password": "kumquat marmalade", "roles": [1, 99]}`,
			Want: `422 {"errors": [{"path": "roles/1", "message": "there is no role 99"}]}`,
		},
		webtest.Scenario{
			Name: "nobody gives a role with more rights than theirs", As: "createUser,createRole",
			Given: []string{`POST /role {"roleName": "empty"}`},
			When:  `POST /admin/users {"name": "B", "username": "b", "password": "kumquat marmalade", "roles": [1, 2]}`,
			Want:  `200 {"user": {"roles": [1, 2], "roleNames": ["role of user1", "empty"], "permissions": ["createUser", "createRole"]}}`,
		},
		webtest.Scenario{
			Name: "whoever cannot add users does not", As: "updateUser", When: `POST /admin/users ` + bob,
			Want: `403 {"code": "missing_permission", "missing": ["createUser"]}`, Audit: "user.create refused",
		},
		webtest.Scenario{
			Name: "no address leads to a name of a dot", As: "admin",
			When: `POST /admin/users {"name": "B", "username": ".", "password": "kumquat marmalade"}`,
			Want: `422 {"errors": [{"path": "username", "message": "takes a letter, a digit, an underscore or a hyphen beside the dots"}]}`,
		},
		webtest.Scenario{
			Name: "nor to two", As: "admin", When: `PATCH /admin/users/user1 {"name": "B", "username": ".."}`,
			Want: `422 {"errors": [{"path": "username"}]}`,
		},
		webtest.Scenario{
			Name: "a name with dots is reached", As: "admin", Given: []string{`POST /admin/users {"name": "B", "username": "..b", "password": "kumquat marmalade"}`},
			When: `GET /admin/users/..b`, Want: `200`,
		},
		webtest.Scenario{
			Name: "names that the API uses are nobody's", As: "admin",
			When: `POST /admin/users {"name": "B", "username": "usernames", "password": "kumquat marmalade"}`,
			Want: `422 {"errors": [{"path": "username"}]}`,
		},
		webtest.Scenario{
			Name: "one user, in any case", As: "showUser", When: `GET /admin/users/USER1`,
			Want: `200 {"payload": {"username": "user1", "name": "user1", "email": "", "roles": [1], "isActive": true}}`,
		},
		webtest.Scenario{
			Name: "nobody of that name", As: "showUser", When: `GET /admin/users/ghost`,
			Want: `404 {"error": true, "code": "not_found"}`,
		},
		webtest.Scenario{
			Name: "names", As: "showUser", When: `GET /admin/users/usernames`, Want: `200 {"payload": ["user1"], "count": 1}`,
		},
		webtest.Scenario{
			Name: "the list", As: "admin", Given: []string{`POST /admin/users ` + bob},
			When: `GET /admin/users?sort=-username&limit=1`,
			Want: `200 {"payload": [{"username": "user1", "roleNames": ["role of user1"]}], "count": 1, "total": 2, "next": "1"}`,
		},
		webtest.Scenario{
			Name: "the next page", As: "admin", Given: []string{`POST /admin/users ` + bob},
			When: `GET /admin/users?sort=-username&limit=1&offset=1`,
			Want: `200 {"payload": [{"username": "bob"}], "count": 1, "total": 2}`,
		},
		webtest.Scenario{
			Name: "found by a part of the name, in any case", As: "admin",
			Given: []string{`POST /admin/users {"name": "Émile Zola", "username": "emile", "password": "kumquat marmalade"}`},
			When:  `GET /admin/users?filter=%C3%89MILE%20z`, Want: `200 {"payload": [{"username": "emile"}], "total": 1}`,
		},
		webtest.Scenario{
			Name: "found by state and role", As: "admin",
			Given: []string{`POST /admin/users ` + bob, `PATCH /admin/users/bob/ToggleUser {"isActiveUser": false}`},
			When:  `GET /admin/users?state=active&role=1`, Want: `200 {"payload": [{"username": "user1"}], "total": 1}`,
		},
		webtest.Scenario{
			Name: "an order that there is not", As: "admin", When: `GET /admin/users?sort=hash`, Want: `422 {"errors": [{"path": "sort"}]}`,
		},
		webtest.Scenario{
			Name: "a user is changed", As: "admin", Given: []string{`POST /admin/users ` + bob},
			When: `PATCH /admin/users/BOB {"name": "Robert", "username": "Robert", "email": "", "mustChange": true, "version": 1}`,
			Want: `200 {"payload": "The user robert is updated.", "user": {"username": "robert", "name": "Robert", "email": "", "mustChange": true,
				"version": 2}}`,
			Audit: "user.update done",
		},
		webtest.Scenario{
			Name: "what is left out stays", As: "admin",
			Given: []string{`POST /admin/users ` + strings.Replace(bob, `"email"`, `"roles": [1], "email"`, 1)},
			When:  `PATCH /admin/users/bob {"name": "Bob", "username": "bob"}`,
			Want:  `200 {"user": {"email": "bob@example.com", "roles": [1]}}`,
		},
		webtest.Scenario{
			Name: "a name to change to is taken", As: "admin", Given: []string{`POST /admin/users ` + bob},
			When: `PATCH /admin/users/bob {"name": "Bob", "username": "USER1"}`, Want: `409 {"code": "username_taken"}`,
		},
		webtest.Scenario{
			Name: "name and user name are needed", As: "admin", When: `PATCH /admin/users/user1 {"name": "", "username": ""}`,
			Want: `422 {"errors": [{"path": "name"}, {"path": "username"}]}`,
		},
		webtest.Scenario{
			Name: "a change of nobody", As: "admin", When: `PATCH /admin/users/ghost {"name": "G", "username": "g"}`,
			Want: `404`, Audit: "user.update failed",
		},
		webtest.Scenario{
			Name: "over a newer user", As: "admin",
			Given: []string{`POST /admin/users ` + bob, `PATCH /admin/users/bob {"name": "Robert", "username": "bob", "version": 1}`},
			When:  `PATCH /admin/users/bob {"name": "Bobby", "username": "bob", "version": 1}`,
			Want:  `409 {"code": "stale_version", "user": {"name": "Robert", "version": 2}}`,
		},
		webtest.Scenario{
			Name: "the own password has its own page", As: "admin",
			When: `PATCH /admin/users/user1 {"name": "A", "username": "user1", "password": "kumquat marmalade"}`,
			Want: `403 {"code": "own_password"}`,
		},
		webtest.Scenario{
			Name: "own roles are for others to change", As: "admin",
			When: `PATCH /admin/users/user1 {"name": "A", "username": "user1", "roles": []}`,
			Want: `403 {"code": "own_roles"}`, Audit: "user.update refused",
		},
		webtest.Scenario{
			Name: "own name is not", As: "updateUser", When: `PATCH /admin/users/user1 {"name": "Ada", "username": "user1", "roles": [1]}`, Want: `200`,
		},
		webtest.Scenario{
			Name: "disabled and enabled", As: "admin",
			Given: []string{`POST /admin/users ` + bob, `PATCH /admin/users/bob/toggleuser {"isActiveUser": false}`},
			When:  `PATCH /admin/users/bob/ToggleUser {"isActiveUser": true}`,
			Want:  `200 {"payload": {"msg": "The user bob can sign in again.", "isActive": true}}`, Audit: "user.toggle done",
		},
		webtest.Scenario{
			Name: "disabled means something", As: "admin", Given: []string{`POST /admin/users ` + bob},
			When: `PATCH /admin/users/bob/ToggleUser {}`, Want: `422 {"errors": [{"path": "isActiveUser"}]}`,
		},
		webtest.Scenario{
			Name: "nobody disables themself", As: "deleteUser", When: `PATCH /admin/users/user1/ToggleUser {"isActiveUser": false}`,
			Want: `409 {"code": "own_account"}`,
		},
		webtest.Scenario{
			Name: "nor deletes themself", As: "deleteUser", When: `DELETE /admin/users/user1`, Want: `409 {"code": "own_account"}`,
		},
		webtest.Scenario{
			Name: "nobody is disabled", As: "admin", When: `PATCH /admin/users/ghost/ToggleUser {"isActiveUser": false}`, Want: `404`,
		},
		webtest.Scenario{
			Name: "deleted", As: "deleteUser,createUser", Given: []string{`POST /admin/users ` + bob, `DELETE /admin/users/Bob`},
			When: `GET /admin/users/bob`, Want: `404`, Audit: "user.delete done",
		},
		webtest.Scenario{
			Name: "asked for another password", As: "createUser,updateUser", Given: []string{`POST /admin/users ` + bob},
			When: `PATCH /admin/users/bob/passwordChange {"required": true}`, Want: `200 {"payload": {"mustChange": true}}`,
			Audit: "user.requireChange done",
		},
		webtest.Scenario{
			Name: "sessions and tokens of somebody", As: "deleteUser", When: `GET /admin/users/user1/access`,
			Want: `200 {"payload": {"sessions": [{"id": "public user1", "current": true}], "tokens": [{"id": "token user1"}]}}`,
		},
		webtest.Scenario{
			Name: "sessions of nobody", As: "deleteUser", When: `GET /admin/users/ghost/access`, Want: `404`,
		},
		webtest.Scenario{
			Name: "the first user prepared in local mode is an administrator", As: "local", When: `POST /admin/users ` + bob,
			Want: `200 {"user": {"roleNames": ["admin"], "isPermanent": false}}`,
		},
		webtest.Scenario{
			Name: "the second is what was asked for", As: "local", Given: []string{`POST /admin/users ` + bob},
			When: `POST /admin/users {"name": "C", "username": "c", "password": "kumquat marmalade"}`, Want: `200 {"user": {"roles": []}}`,
		},
		webtest.Scenario{
			Name: "the last administrator stays, in local mode too", As: "local", Given: []string{`POST /admin/users ` + bob},
			When: `DELETE /admin/users/bob`, Want: `409 {"code": "last_administrator"}`,
		},
		webtest.Scenario{
			Name: "a role called admin is not the one that gives everything", As: "local", Given: []string{`POST /role {"roleName": "Admin"}`},
			When: `POST /admin/users ` + bob, Want: `200 {"user": {"roleNames": ["admin 2"]}}`,
		},
	)
}

// signIn signs a user in with a password.
func signIn(t *testing.T, check *webtest.Checker, username, password string) (webtest.Credential, *httptest.ResponseRecorder) {
	t.Helper()
	rec := check.Do(nil, fmt.Sprintf(`POST /users/login {"username": %q, "password": %q}`, username, password))
	return cookies(rec), rec
}

func TestAPasswordSetByAnAdministrator(t *testing.T) {
	p := webtest.Start(t)
	check := webtest.NewChecker(t, p)
	admin := p.Admin()
	status(t, check.Do(admin.Cookie, `POST /admin/users `+bob), 200, "adding")
	own, rec := signIn(t, check, "BOB", "kumquat marmalade")
	status(t, rec, 200, "signing in")
	made := check.Do(own, `POST /me/tokens {"name": "ci", "permissions": []}`)
	status(t, made, 200, "making a token")
	token := webtest.Bearer(payload[struct{ Token string }](t, made).Token)

	status(t, check.Do(admin.Cookie, `PATCH /admin/users/bob {"name": "Bob", "username": "bob", "password": "short"}`), 422, "a short password")
	status(t, check.Do(own, "GET /me"), 200, "after a refused one")
	rec = check.Do(admin.Cookie, `PATCH /admin/users/bob {"name": "B", "username": "bobby", "password": "rhubarb crumble", "mustChange": true}`)
	status(t, rec, 200, "renaming with a new password")
	if strings.Contains(rec.Body.String(), "rhubarb") || strings.Contains(rec.Body.String(), "argon2") {
		t.Errorf("the answer tells a secret: %s", rec.Body)
	}
	records, _, err := p.DB.Audit().Page(t.Context(), 0, 1)
	if err != nil {
		t.Fatal(err)
	}
	if text := string(records[0].Before) + string(records[0].After); strings.Contains(text, "rhubarb") || strings.Contains(text, "argon2") ||
		!strings.Contains(text, `"newPassword":true`) || !strings.Contains(string(records[0].Before), `"bob"`) || !strings.Contains(string(records[0].After), `"bobby"`) {
		t.Errorf("audit: %s, %s", records[0].Before, records[0].After)
	}
	status(t, check.Do(own, "GET /me"), 401, "the session after it")
	status(t, check.Do(token, "GET /me"), 401, "the token after it")
	_, rec = signIn(t, check, "bobby", "kumquat marmalade")
	status(t, rec, 401, "the old password")
	own, rec = signIn(t, check, "bobby", "rhubarb crumble")
	status(t, rec, 200, "the new password")
	me := payload[struct{ User struct{ MustChange bool } }](t, check.Do(own, "GET /me"))
	if !me.User.MustChange {
		t.Error("the user is not asked to change it")
	}
	seen := payload[struct{ LastSignInAt *time.Time }](t, check.Do(admin.Cookie, "GET /admin/users/bobby"))
	if seen.LastSignInAt == nil || time.Since(*seen.LastSignInAt) > time.Minute {
		t.Errorf("last sign-in = %v", seen.LastSignInAt)
	}
}

func TestSignedOutByAnAdministrator(t *testing.T) {
	p := webtest.Start(t)
	check := webtest.NewChecker(t, p)
	helper, user, other, admin := p.User(auth.DeleteUser), p.User(0), p.User(0), p.Admin()
	status(t, check.Do(helper.Cookie, "DELETE /admin/users/"+user.Name+"/sessions/public%20"+other.Name), 404, "somebody else's session")
	status(t, check.Do(helper.Cookie, "DELETE /admin/users/"+user.Name+"/tokens/token%20"+other.Name), 404, "somebody else's token")
	status(t, check.Do(helper.Cookie, "DELETE /admin/users/"+admin.Name+"/sessions/public%20"+admin.Name), 403, "a session of somebody with more rights")
	status(t, check.Do(helper.Cookie, "GET /admin/users/"+admin.Name+"/access"), 403, "the list of somebody with more rights")
	status(t, check.Do(helper.Cookie, "DELETE /admin/users/"+user.Name+"/sessions/public%20"+user.Name), 200, "one session")
	status(t, check.Do(user.Cookie, "GET /me"), 401, "the session that was ended")
	status(t, check.Do(user.Token, "GET /me"), 200, "the token that was not")
	status(t, check.Do(helper.Cookie, "DELETE /admin/users/"+user.Name+"/tokens/token%20"+user.Name), 200, "the token")
	status(t, check.Do(user.Token, "GET /me"), 401, "the token that was ended")

	status(t, check.Do(helper.Cookie, "DELETE /admin/users/"+other.Name+"/access"), 200, "all sessions")
	status(t, check.Do(other.Cookie, "GET /me"), 401, "a session after all were ended")
	status(t, check.Do(other.Token, "GET /me"), 200, "a token after sessions were ended")
	status(t, check.Do(helper.Cookie, "DELETE /admin/users/"+other.Name+"/access?tokens=true"), 200, "all tokens")
	status(t, check.Do(other.Token, "GET /me"), 401, "a token after all were ended")
	if got := p.LastAudit(); got != "user.signOut done" {
		t.Errorf("audit = %q", got)
	}
}

func TestWhoSetupMadeStays(t *testing.T) {
	p, check, ada := withAda(t)
	second := p.Admin()
	status(t, check.Do(second.Cookie, `PATCH /admin/users/ada/ToggleUser {"isActiveUser": false}`), 409, "disabling")
	status(t, check.Do(second.Cookie, `DELETE /admin/users/ada`), 409, "deleting")
	status(t, check.Do(cookies(ada), `GET /me`), 200, "afterwards")
	names := payload[[]string](t, check.Do(second.Cookie, "GET /admin/users/usernames"))
	if fmt.Sprint(names) != "[user1]" {
		t.Errorf("user names = %v", names)
	}
	for path, want := range map[string]string{"system": "[ada user1]", "true": "[ada user1]", "False": "[user1]", "0": "[user1]"} {
		names := payload[[]string](t, check.Do(second.Cookie, "GET /admin/users/usernames/"+path))
		if fmt.Sprint(names) != want {
			t.Errorf("user names of %s = %v, want %s", path, names, want)
		}
	}
}

// TestMakingAnAdministratorTakesConsent goes every way to one more administrator
// with a credential that never counts as consent.
func TestMakingAnAdministratorTakesConsent(t *testing.T) {
	p := webtest.Start(t)
	check := webtest.NewChecker(t, p)
	admin := p.Admin()
	status(t, check.Do(admin.Token, `POST /role {"roleName": "plain"}`), 200, "adding a role")
	status(t, check.Do(admin.Token, `POST /admin/users `+bob), 200, "adding a user")
	status(t, check.Do(admin.Token, `PATCH /role {"id": 2, "permissions": {"flowEditor": true}}`), 200, "changing a role")
	second := p.Admin()
	status(t, check.Do(admin.Token, `PATCH /admin/users/`+second.Name+`/ToggleUser {"isActiveUser": false}`), 200, "disabling an administrator")
	for _, request := range []string{
		`POST /admin/users {"name": "E", "username": "eve", "password": "kumquat marmalade", "roles": [1]}`,
		`PATCH /admin/users/bob {"name": "Bob", "username": "bob", "roles": [1]}`,
		`PATCH /role {"id": 2, "permissions": {"administrator": true}}`,
		`PATCH /admin/users/` + second.Name + `/ToggleUser {"isActiveUser": true}`,
	} {
		rec := check.Do(admin.Token, request)
		if rec.Code != 403 || !strings.Contains(rec.Body.String(), `"`+auth.ConsentNeeded+`"`) {
			t.Errorf("%s: %d %s", request, rec.Code, rec.Body)
		}
		status(t, check.Do(admin.Cookie, request), 200, request)
	}
}

// TestNoClimbing tries every pair of a permission that somebody has, beside those
// that it takes to manage people, and one that they want to give or to reach.
func TestNoClimbing(t *testing.T) {
	p := webtest.Start(t)
	one := map[auth.Permission]webtest.User{} // who has this permission alone
	const managing = auth.CreateUser | auth.UpdateUser | auth.DeleteUser | auth.CreateRole | auth.UpdateRole | auth.DeleteRole
	climbers, pets := map[auth.Permission]webtest.User{}, map[auth.Permission]string{}
	for i, d := range auth.Catalogue {
		one[d.Permission] = p.User(d.Permission)
		if testing.Short() && i%6 != 0 {
			continue
		}
		climbers[d.Permission], pets[d.Permission] = p.User(d.Permission|managing), p.User(0).Name
	}
	var asking sync.WaitGroup
	for has, climber := range climbers {
		pet := pets[has]
		asking.Go(func() {
			do := func(method, path, body string) *httptest.ResponseRecorder {
				return p.Do(climber.Cookie, method, "/systemApi"+path, body)
			}
			rec := do("POST", "/role", `{"roleName": "of `+climber.Name+`"}`)
			var made struct{ Role int64 }
			if err := json.Unmarshal(rec.Body.Bytes(), &made); err != nil || rec.Code != 200 {
				t.Errorf("adding a role: %d %s", rec.Code, rec.Body)
				return
			}
			for wants, who := range one {
				name := who.Name
				may := (has | managing).Has(wants)
				expect := func(what string, rec *httptest.ResponseRecorder) bool {
					want := 403
					if may {
						want = 200
					}
					if rec.Code != want {
						t.Errorf("with %v: %s %v: %d, want %d: %s", has, what, wants, rec.Code, want, rec.Body)
					}
					return rec.Code == 200
				}
				expect("put into a role", do("PATCH", "/role", fmt.Sprintf(`{"id": %d, "permissions": {%q: true}}`, made.Role, wants)))
				expect("copy a role of", do("POST", "/role", fmt.Sprintf(`{"roleName": "%s likes %s", "roleLike": %d}`, climber.Name, wants, who.Role)))
				expect("rename a role of", do("PATCH", "/role", fmt.Sprintf(`{"id": %d, "roleName": "role of %s"}`, who.Role, name)))
				expect("change a user with", do("PATCH", "/admin/users/"+name, fmt.Sprintf(`{"name": "x", "username": %q}`, name)))
				expect("sign out a user with", do("DELETE", "/admin/users/"+name+"/access", ""))
				if expect("give a user", do("PATCH", "/admin/users/"+pet, fmt.Sprintf(`{"name": "pet", "username": %q, "roles": [%d]}`, pet, who.Role))) {
					status(t, do("PATCH", "/admin/users/"+pet, fmt.Sprintf(`{"name": "pet", "username": %q, "roles": []}`, pet)), 200, "taking it again")
				}
			}
		})
	}
	asking.Wait()
	if want := map[bool]int{false: 31, true: 6}[testing.Short()]; len(climbers) != want {
		t.Errorf("%d climbers, want %d", len(climbers), want)
	}
}

// A token that can do less than its owner does not give more than it can do.
func TestANarrowTokenDoesNotClimb(t *testing.T) {
	p := webtest.Start(t)
	check := webtest.NewChecker(t, p)
	narrow := p.Narrow(p.Admin(), auth.CreateRole|auth.UpdateRole|auth.FlowEditor)
	status(t, check.Do(narrow, `POST /role {"roleName": "r"}`), 200, "adding a role")
	status(t, check.Do(narrow, `PATCH /role {"id": 2, "permissions": {"flowEditor": true}}`), 200, "what the token can do")
	status(t, check.Do(narrow, `PATCH /role {"id": 2, "permissions": {"auditLogs": true}}`), 403, "what only its owner can do")
	status(t, check.Do(narrow, `POST /role {"roleName": "s", "roleLike": 1}`), 403, "a copy of its owner's role")
}

func TestFiftyDemotionsAtOnceLeaveAnAdministrator(t *testing.T) {
	p := webtest.Start(t, webtest.Local)
	person := p.Person()
	var names []string
	for range 50 {
		names = append(names, p.Admin().Name)
	}
	var done, refused atomic.Int32
	var all sync.WaitGroup
	for i, name := range names {
		all.Go(func() {
			var rec *httptest.ResponseRecorder
			switch path := "/systemApi/admin/users/" + name; i % 3 {
			case 0:
				rec = p.Do(person, "PATCH", path, fmt.Sprintf(`{"name": "x", "username": %q, "roles": []}`, name))
			case 1:
				rec = p.Do(person, "PATCH", path+"/ToggleUser", `{"isActiveUser": false}`)
			case 2:
				rec = p.Do(person, "DELETE", path, "")
			}
			switch {
			case rec.Code == 200:
				done.Add(1)
			case rec.Code == 409 && strings.Contains(rec.Body.String(), "last_administrator"):
				refused.Add(1)
			default:
				t.Errorf("%s: %d %s", name, rec.Code, rec.Body)
			}
		})
	}
	all.Wait()
	if done.Load() != 49 || refused.Load() != 1 {
		t.Errorf("%d done and %d refused, want 49 and 1", done.Load(), refused.Load())
	}
	if has, err := p.Accounts.HasAdministrator(t.Context()); err != nil || has {
		t.Errorf("an administrator with a password: %v, %v", has, err) // the users of this test have none
	}
}

// Fifty administrators each demote the next one: whoever is demoted first does it
// no more.
func TestARingOfDemotions(t *testing.T) {
	p := webtest.Start(t)
	ring := make([]webtest.User, 50)
	for i := range ring {
		ring[i] = p.Admin()
	}
	var all sync.WaitGroup
	for i, u := range ring {
		next := ring[(i+1)%len(ring)].Name
		all.Go(func() {
			p.Do(u.Cookie, "PATCH", "/systemApi/admin/users/"+next, fmt.Sprintf(`{"name": "x", "username": %q, "roles": []}`, next))
		})
	}
	all.Wait()
	left := 0
	for _, u := range ring {
		if p.Do(u.Cookie, "GET", "/systemApi/flows", "").Code == 200 {
			left++
		}
	}
	if left == 0 || left == len(ring) {
		t.Errorf("%d administrators are left", left)
	}
}

// ends are the ways in which somebody's access changes from outside: what an
// administrator asks for about the user.
var ends = []struct {
	name    string
	request func(u webtest.User) string
	want    int // what the user's next request gets
}{
	{"disabled", func(u webtest.User) string {
		return "PATCH /admin/users/" + u.Name + `/ToggleUser {"isActiveUser": false}`
	}, 401},
	{"deleted", func(u webtest.User) string { return "DELETE /admin/users/" + u.Name }, 401},
	{"new password", func(u webtest.User) string {
		return "PATCH /admin/users/" + u.Name + fmt.Sprintf(` {"name": "x", "username": %q, "password": "rhubarb crumble"}`, u.Name)
	}, 401},
	{"signed out", func(u webtest.User) string { return "DELETE /admin/users/" + u.Name + "/access" }, 401},
	{"session ended", func(u webtest.User) string {
		return "DELETE /admin/users/" + u.Name + "/sessions/public%20" + u.Name
	}, 401},
	{"role taken", func(u webtest.User) string {
		return "PATCH /admin/users/" + u.Name + fmt.Sprintf(` {"name": "x", "username": %q, "roles": []}`, u.Name)
	}, 403},
	{"role changed", func(u webtest.User) string { return fmt.Sprintf(`PATCH /role {"id": %d, "permissions": {}}`, u.Role) }, 403},
	{"role deleted", func(u webtest.User) string { return fmt.Sprintf("DELETE /role/%d", u.Role) }, 403},
}

// ask sends "METHOD /path {body}".
func ask(p *webtest.Product, who webtest.Credential, request string) *httptest.ResponseRecorder {
	method, rest, _ := strings.Cut(request, " ")
	path, body, _ := strings.Cut(rest, " ")
	return p.Do(who, method, "/systemApi"+path, body)
}

// TestChangesActOnTheNextRequest changes somebody's access while requests of theirs
// are in flight: of those that begin after the answer, none gets in.
func TestChangesActOnTheNextRequest(t *testing.T) {
	rounds, inFlight := 100, 20 // a tenth of what it has been seen with
	if testing.Short() {
		rounds = 16
	}
	p := webtest.Start(t)
	admin := p.Admin()
	for i := range rounds {
		end := ends[i%len(ends)]
		u := p.User(auth.FlowEditor)
		var changed atomic.Bool
		var refused, late atomic.Int32
		var ready, asking sync.WaitGroup
		ready.Add(inFlight)
		for range inFlight {
			asking.Go(func() {
				for first := true; ; first = false {
					last := changed.Load()
					rec := p.Do(u.Cookie, "GET", "/systemApi/flows", "")
					if first {
						ready.Done()
					}
					if !last {
						continue
					}
					if rec.Code == end.want {
						refused.Add(1)
					} else {
						late.Add(1)
					}
					return
				}
			})
		}
		ready.Wait()
		rec := ask(p, admin.Cookie, end.request(u))
		changed.Store(true)
		asking.Wait()
		if rec.Code != 200 {
			t.Fatalf("round %d, %s: %d %s", i, end.name, rec.Code, rec.Body)
		}
		if int(refused.Load()) != inFlight {
			t.Errorf("round %d, %s: of %d requests begun after the change %d were not answered %d", i, end.name, inFlight, late.Load(), end.want)
		}
	}
}

// TestChangesActOnOpenStreams: within a second a stream ends with its session, or
// tells nothing more that takes a right which is gone.
func TestChangesActOnOpenStreams(t *testing.T) {
	p := webtest.Start(t)
	address, admin := p.Serve(), p.Admin()
	for _, end := range ends {
		u := p.User(auth.FlowEditor)
		s := open(t, address, u.Cookie)
		s.expect(hello)
		if rec := ask(p, admin.Cookie, end.request(u)); rec.Code != 200 {
			t.Fatalf("%s: %d %s", end.name, rec.Code, rec.Body)
		}
		p.Events.Publish(event.Deploy, "after the change")
		p.Events.Publish(event.Server, "the end")
		told := false
		for got := s.next(); got != "" && got != `server "the end"`; got = s.next() {
			told = told || strings.HasPrefix(got, "access ")
			if strings.HasPrefix(got, "deploy") {
				t.Errorf("%s: the stream tells %s", end.name, got)
			}
		}
		if end.want == 401 && s.next() != "" {
			t.Errorf("%s: the stream goes on", end.name)
		}
		if end.want == 403 && !told {
			t.Errorf("%s: the window is not told", end.name)
		}
		s.answer.Body.Close()
	}
}

// S11, S15: within a second of the end of their access somebody's stream is closed,
// though nothing happens that it could tell. The second is one of the test's clock.
func TestStreamsEndWithinASecond(t *testing.T) {
	for _, end := range ends {
		if end.want != 401 {
			continue // they may stay, and see less
		}
		t.Run(end.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := webtest.Start(t)
				admin, u := p.Admin(), p.User(auth.Everything)
				rec := &recorder{ResponseRecorder: httptest.NewRecorder()}
				done := make(chan struct{})
				go func() {
					defer close(done)
					p.ServeHTTP(rec, p.Request(u.Cookie, "GET", "/systemApi/events", ""))
				}()
				time.Sleep(20 * time.Second) // in the middle of nothing
				if !strings.Contains(rec.text(), `{"state":"ready"}`) {
					t.Fatalf("the stream is not open: %s", rec.text())
				}
				if answer := ask(p, admin.Cookie, end.request(u)); answer.Code != 200 {
					t.Fatalf("%d %s", answer.Code, answer.Body)
				}
				start := time.Now()
				<-done
				if took := time.Since(start); took > time.Second {
					t.Errorf("the stream was closed after %v", took)
				}
			})
		})
	}
}

// Windows that show users or roles hear of each change, and no more than that.
func TestWindowsHearOfPeople(t *testing.T) {
	p := webtest.Start(t)
	admin := p.Admin()
	s := open(t, p.Serve(), p.User(0).Cookie)
	s.expect(hello)
	for _, c := range []struct{ request, reason string }{
		{"POST /admin/users " + bob, "users"},
		{`POST /role {"roleName": "r"}`, "roles"},
		{`PATCH /role {"id": 3, "permissions": {"flowEditor": true}}`, "roles"},
		{`PATCH /admin/users/bob {"name": "Bob", "username": "bob", "roles": [3]}`, "users"},
		{`DELETE /role/3`, "roles"},
		{`DELETE /admin/users/bob`, "users"},
	} {
		if rec := ask(p, admin.Cookie, c.request); rec.Code != 200 {
			t.Fatalf("%s: %d %s", c.request, rec.Code, rec.Body)
		}
		s.expect(`access {"reason":"` + c.reason + `"}`)
	}
}

// TestAddedAsRead: what the answer to an addition says of the user is what is read of it.
func TestAddedAsRead(t *testing.T) {
	d := sit(t)
	added := member(t, d.ask(200, `POST /admin/users {"name": "Bob", "username": "bob", "password": "correct horse battery"}`), "user")
	for _, u := range member(t, d.ask(200, `GET /admin/users`), "payload").([]any) {
		if u.(map[string]any)["username"] == "bob" {
			if got, want := fmt.Sprint(added), fmt.Sprint(u); got != want {
				t.Errorf("added %s\nread  %s", got, want)
			}
			return
		}
	}
	t.Error("the user is not there")
}
