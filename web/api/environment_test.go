package api_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"ecoflow/app"
	"ecoflow/app/auth"
	"ecoflow/app/env"
	"ecoflow/app/event"
	"ecoflow/app/secret"
	"ecoflow/app/system"
	"ecoflow/web"
	"ecoflow/web/webtest"
)

const (
	addTwo    = `PATCH /environment {"base": 0, "add": [{"name": "region", "value": "eu", "note": "where we are"}, {"name": "API_KEY", "value": "s3cr3t", "secret": true}]}`
	addSystem = `POST /admin/environment/envs {"type": "system", "finalEnvs": [{"name": "token salt", "value": "pepper"}, {"name": "mode", "value": "x"}]}`
)

// The original's endpoints, 10 to 16.
func TestEnvironmentContract(t *testing.T) {
	webtest.Run(t,
		webtest.Scenario{
			Name: "10 all", As: "admin", Given: []string{addTwo, addSystem}, When: `GET /admin/environment/envs`,
			Want: `200 {"success": true, "systemEnvs": [{"name": "MODE", "value": "x"}, {"name": "TOKEN_SALT", "value": "***", "secret": true, "set": true}],
				"userEnvs": [{"name": "API_KEY", "value": "***", "secret": true, "set": true}, {"name": "REGION", "value": "eu", "secret": false, "set": true}],
				"payload": {"systemEnvs": "*", "userEnvs": "*"}}`,
		},
		webtest.Scenario{
			Name: "10 for others than administrators", As: "createEnvs", Given: []string{addTwo}, When: `GET /admin/environment/envs`,
			Want: `200 {"systemEnvs": [], "userEnvs": [{"name": "API_KEY"}, {"name": "REGION"}]}`,
		},
		webtest.Scenario{
			Name: "11 both", As: "admin", Given: []string{addTwo, `POST /admin/environment/envs {"type": "system", "finalEnvs": [{"name": "REGION", "value": "sys"}]}`},
			When: `GET /admin/environment/env/region`,
			Want: `200 {"systemEnvs": {"name": "REGION", "value": "sys"}, "userEnvs": {"name": "REGION", "value": "eu"}}`,
		},
		webtest.Scenario{
			Name: "11 neither", As: "admin", When: `GET /admin/environment/env/none`,
			Want: `200 {"success": true, "systemEnvs": null, "userEnvs": [], "payload": {"systemEnvs": null, "userEnvs": []}}`,
		},
		webtest.Scenario{
			Name: "12", As: "admin", Given: []string{addTwo}, When: `GET /admin/environment/userEnvs`,
			Want: `200 {"payload": [{"name": "API_KEY", "value": "***"}, {"name": "REGION", "value": "eu"}], "count": 2}`,
		},
		webtest.Scenario{
			Name: "13", As: "admin", Given: []string{addTwo}, When: `GET /admin/environment/userEnv/Api_Key`,
			Want: `200 {"payload": {"name": "API_KEY", "value": "***", "secret": true, "set": true}, "name": "API_KEY", "value": "***"}`,
		},
		webtest.Scenario{Name: "13 none", As: "updateEnvs", When: `GET /admin/environment/userEnv/x`, Want: `200 {"success": true, "payload": []}`},
		webtest.Scenario{
			Name: "14", As: "admin", Given: []string{addSystem}, When: `GET /admin/environment/systemEnvs`,
			Want: `200 {"payload": [{"name": "MODE", "value": "x"}, {"name": "TOKEN_SALT", "value": "***"}]}`,
		},
		webtest.Scenario{
			Name: "14 takes an administrator", As: "createEnvs,updateEnvs,deleteEnvs", When: `GET /admin/environment/systemEnvs`,
			Want: `403 {"code": "missing_permission", "missing": ["administrator"]}`,
		},
		webtest.Scenario{
			Name: "15", As: "admin", Given: []string{addSystem}, When: `GET /admin/environment/systemEnv/mode`,
			Want: `200 {"payload": {"name": "MODE", "value": "x"}, "name": "MODE", "value": "x"}`,
		},
		webtest.Scenario{Name: "15 none", As: "admin", When: `GET /admin/environment/systemEnv/x`, Want: `404 {"code": "unknown_variable"}`},
		webtest.Scenario{
			Name: "16 replaces the user's", As: "createEnvs,updateEnvs,deleteEnvs", Given: []string{addTwo},
			When: `POST /admin/environment/envs {"type": "user", "finalEnvs": [{"name": "api_key", "value": "***"}, {"name": "my new one", "value": "a\nb#c"}]}`,
			Want: `200 {"success": true, "payload": {"msg": "*", "newEnvs": [{"name": "API_KEY", "value": "***", "set": true}, {"name": "MY_NEW_ONE", "value": "a\nb#c"}]}}`, Audit: "environment.replace done",
		},
		webtest.Scenario{
			Name: "16 replaces with none", As: "admin", Given: []string{addTwo}, When: `POST /admin/environment/envs {"type": "user", "finalEnvs": []}`,
			Want: `200 {"payload": {"newEnvs": []}}`,
		},
		webtest.Scenario{
			Name: "16 merges the system's", As: "admin", Given: []string{addSystem},
			When: `POST /admin/environment/envs {"type": "system", "finalEnvs": [{"name": "MODE", "value": "y"}]}`,
			Want: `200 {"payload": {"newEnvs": [{"name": "MODE", "value": "y"}, {"name": "TOKEN_SALT", "value": "***"}]}}`,
		},
		webtest.Scenario{
			Name: "16 takes an administrator for the system's", As: "createEnvs,updateEnvs,deleteEnvs",
			When: `POST /admin/environment/envs {"type": "system", "finalEnvs": []}`, Want: `403 {"missing": ["administrator"]}`, Audit: "environment.replace refused",
		},
		webtest.Scenario{
			Name: "16 takes createEnvs to add", As: "updateEnvs,deleteEnvs", When: `POST /admin/environment/envs {"type": "user", "finalEnvs": [{"name": "A", "value": "1"}]}`,
			Want: `403 {"code": "missing_permission", "missing": ["createEnvs"], "errors": [{"path": "finalEnvs/0/name", "message": "needs createEnvs"}]}`,
		},
		webtest.Scenario{Name: "16 without finalEnvs", As: "admin", When: `POST /admin/environment/envs {"type": "user"}`, Want: `422 {"errors": [{"path": "finalEnvs"}]}`},
		webtest.Scenario{Name: "16 of another type", As: "admin", When: `POST /admin/environment/envs {"type": "x", "finalEnvs": []}`, Want: `422 {"errors": [{"path": "type"}]}`},
		webtest.Scenario{
			Name: "16 tells all that is wrong", As: "admin",
			When: `POST /admin/environment/envs {"type": "user", "finalEnvs": [{"name": "9", "value": ""}, {"name": "a b", "value": ""}, {"name": "A_B", "value": ""}, {"name": "é", "value": ""}]}`,
			Want: `422 {"errors": [{"path": "finalEnvs/0/name"}, {"path": "finalEnvs/3/name"}, {"path": "finalEnvs/2/name"}]}`,
		},
	)
}

// Each right alone, on variables that are there.
func TestEnvironmentRights(t *testing.T) {
	p := webtest.Start(t)
	check := webtest.NewChecker(t, p)
	admin := p.Admin()
	set := func() { // anew, without what was changed beside the values
		t.Helper()
		for _, vars := range []string{`[]`, `[{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]`} {
			if rec := check.Do(admin.Cookie, `POST /admin/environment/envs {"type": "user", "finalEnvs": `+vars+`}`); rec.Code != 200 {
				t.Fatal(rec.Body)
			}
		}
	}
	for _, tt := range []struct{ body, needs string }{
		{`"add": [{"name": "C"}]`, "createEnvs"},
		{`"change": [{"name": "a", "value": "9"}]`, "updateEnvs"},
		{`"change": [{"name": "A", "note": "why"}]`, "updateEnvs"},
		{`"change": [{"name": "A", "newName": "D"}]`, "createEnvs deleteEnvs"},
		{`"delete": [{"name": "A"}]`, "deleteEnvs"},
		{`"change": [{"name": "A", "value": "9"}], "delete": [{"name": "B"}]`, "updateEnvs deleteEnvs"},
		{`"add": [{"kind": "system", "name": "S"}]`, "administrator"},
		{`"change": [{"kind": "system", "name": "S"}]`, "administrator"},
		{`"delete": [{"kind": "system", "name": "S"}]`, "administrator"},
	} {
		names := []string{"createEnvs", "updateEnvs", "deleteEnvs"}
		for mask := 1; mask < 8; mask++ {
			set()
			var held auth.Permission
			for i, name := range names {
				if mask>>i&1 == 1 {
					one, _ := auth.ParsePermission(name)
					held |= one
				}
			}
			var need auth.Permission
			for _, name := range strings.Fields(tt.needs) {
				one, _ := auth.ParsePermission(name)
				need |= one
			}
			base := p.Env.Now().Revision()
			rec := check.Do(p.User(held).Cookie, fmt.Sprintf(`PATCH /environment {"base": %d, %s}`, base, tt.body))
			want := http.StatusForbidden
			if held.Has(need) {
				want = http.StatusOK
			}
			if rec.Code != want {
				t.Errorf("%s with %s: %d %s", tt.body, held, rec.Code, rec.Body)
			}
			if rec.Code == http.StatusForbidden && p.Env.Now().Revision() != base {
				t.Errorf("%s with %s was refused, and changed something", tt.body, held)
			}
		}
	}
}

func TestEnvironmentChange(t *testing.T) {
	webtest.Run(t,
		webtest.Scenario{
			Name: "everything at once", As: "admin", Given: []string{addTwo},
			When: `PATCH /environment {"base": 1, "add": [{"name": "new", "value": "1", "readable": false}], "change": [{"name": "REGION", "newName": "PLACE", "value": "us"}, {"name": "API_KEY", "note": "of the shop"}]}`,
			Want: `200 {"payload": {"revision": 2, "variables": [
				{"kind": "user", "name": "API_KEY", "value": "***", "set": true, "secret": true, "readable": true, "note": "of the shop", "by": "user1", "revision": 2, "used": 0, "uses": []},
				{"name": "NEW", "value": "1", "readable": false, "lost": false},
				{"name": "PLACE", "value": "us", "note": "where we are"}], "wanted": [], "unclear": []}}`, Audit: "environment.change done",
		},
		webtest.Scenario{
			Name: "two swap names", As: "admin", Given: []string{`PATCH /environment {"base": 0, "add": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]}`},
			When: `PATCH /environment {"base": 1, "change": [{"name": "A", "newName": "B"}, {"name": "B", "newName": "A"}]}`,
			Want: `200 {"payload": {"variables": [{"name": "A", "value": "2"}, {"name": "B", "value": "1"}]}}`,
		},
		webtest.Scenario{Name: "nothing", As: "updateEnvs", When: `PATCH /environment {"base": 0}`, Want: `422 {"errors": [{"path": "change"}]}`},
		webtest.Scenario{Name: "no base", As: "updateEnvs", When: `PATCH /environment {"add": []}`, Want: `422 {"errors": [{"path": "base", "message": "is required"}]}`},
		webtest.Scenario{Name: "a base that never was", As: "createEnvs", When: `PATCH /environment {"base": 7, "add": [{"name": "A"}]}`, Want: `409 {"code": "unknown_revision"}`},
		webtest.Scenario{
			Name: "somebody else changed one", As: "admin", Given: []string{addTwo, `PATCH /environment {"base": 1, "change": [{"name": "REGION", "value": "us"}, {"name": "API_KEY", "value": "other"}]}`},
			When: `PATCH /environment {"base": 1, "change": [{"name": "REGION", "value": "asia"}, {"name": "API_KEY", "value": "mine"}]}`,
			Want: `409 {"code": "variables_changed", "revision": 2, "deleted": [], "newer": [{"name": "REGION", "value": "us", "revision": 2}, {"name": "API_KEY", "value": "***"}]}`, Audit: "environment.change failed",
		},
		webtest.Scenario{
			Name: "somebody else changed another", As: "admin", Given: []string{addTwo, `PATCH /environment {"base": 1, "add": [{"name": "C"}]}`},
			When: `PATCH /environment {"base": 1, "change": [{"name": "REGION", "value": "asia"}]}`, Want: `200 {"payload": {"revision": 3}}`,
		},
		webtest.Scenario{
			Name: "somebody else deleted it", As: "admin", Given: []string{addTwo, `PATCH /environment {"base": 1, "delete": [{"name": "REGION"}]}`},
			When: `PATCH /environment {"base": 1, "change": [{"name": "REGION", "value": "asia"}]}`, Want: `409 {"newer": [], "deleted": ["REGION"]}`,
		},
		webtest.Scenario{
			Name: "both deleted it", As: "admin", Given: []string{addTwo, `PATCH /environment {"base": 1, "delete": [{"name": "REGION"}]}`},
			When: `PATCH /environment {"base": 1, "delete": [{"name": "REGION"}]}`, Want: `200 {"payload": {"revision": 2}}`,
		},
		webtest.Scenario{
			Name: "somebody else added it", As: "admin", Given: []string{addTwo}, When: `PATCH /environment {"base": 0, "add": [{"name": "Region", "value": "x"}]}`,
			Want: `409 {"newer": [{"name": "REGION", "value": "eu"}]}`,
		},
		webtest.Scenario{
			Name: "what was secret is not shown", As: "updateEnvs,createEnvs", Given: []string{addTwo}, When: `PATCH /environment {"base": 1, "change": [{"name": "API_KEY", "secret": false}]}`,
			Want: `422 {"errors": [{"path": "change/0/value"}]}`,
		},
		webtest.Scenario{
			Name: "nor by the mask", As: "updateEnvs,createEnvs", Given: []string{addTwo}, When: `PATCH /environment {"base": 1, "change": [{"name": "API_KEY", "secret": false, "value": "***"}]}`,
			Want: `422 {"errors": [{"path": "change/0/value"}]}`,
		},
		webtest.Scenario{
			Name: "a secret is cleared", As: "updateEnvs,createEnvs", Given: []string{addTwo}, When: `PATCH /environment {"base": 1, "change": [{"name": "API_KEY", "value": ""}]}`,
			Want: `200 {"payload": {"variables": [{"name": "API_KEY", "value": "***", "set": false}, {"name": "REGION"}]}}`,
		},
		webtest.Scenario{
			Name: "a secret that is renamed keeps its value", As: "admin", Given: []string{addTwo}, When: `PATCH /environment {"base": 1, "change": [{"name": "API_KEY", "newName": "SHOP_KEY"}]}`,
			Want: `200 {"payload": {"variables": [{"name": "REGION"}, {"name": "SHOP_KEY", "set": true, "lost": false}]}}`,
		},
		webtest.Scenario{
			Name: "a system variable keeps its name and stays", As: "admin", Given: []string{addSystem},
			When: `PATCH /environment {"base": 1, "change": [{"kind": "system", "name": "MODE", "newName": "X"}], "delete": [{"kind": "system", "name": "TOKEN_SALT"}]}`,
			Want: `422 {"errors": [{"path": "change/0/newName"}, {"path": "delete/0/name"}]}`,
		},
		webtest.Scenario{
			Name: "everything that is wrong", As: "admin", Given: []string{addTwo},
			When: `PATCH /environment {"base": 1, "add": [{"name": "A B"}, {"name": "N", "secret": true, "value": "***"}, {"name": "x"}, {"name": "X"}],
				"change": [{"name": "REGION", "newName": "API_KEY"}, {"name": "region", "value": "1"}]}`,
			Want: `422 {"errors": [{"path": "add/0/name"}, {"path": "add/1/value"}, {"path": "change/0/newName"}, {"path": "add/3/name"}, {"path": "change/1/name"}]}`,
		},
		webtest.Scenario{
			Name: "a note that is too long", As: "admin", When: `PATCH /environment {"base": 0, "add": [{"name": "A", "note": "` + strings.Repeat("é", 501) + `"}]}`,
			Want: `422 {"errors": [{"path": "add/0/note"}]}`,
		},
	)
}

func TestEnvironmentImport(t *testing.T) {
	webtest.Run(t,
		webtest.Scenario{
			Name: "a preview changes nothing", As: "updateEnvs,createEnvs", Given: []string{addTwo},
			When: `POST /environment/import {"preview": true, "secrets": ["other_key"], "text": "export REGION=\"us\" # c\nAPI_KEY=new\nOTHER_KEY='x'\nwhat\n"}`,
			Want: `200 {"payload": {"preview": true, "revision": 1, "variables": [
				{"name": "REGION", "line": 1, "change": "changed", "before": "eu", "value": "us", "secret": false},
				{"name": "API_KEY", "line": 2, "change": "changed", "before": "***", "secret": true},
				{"name": "OTHER_KEY", "line": 3, "change": "added", "value": "x", "secret": true}], "problems": [{"line": 4, "message": "There is no = in this line."}]}}`,
			Audit: "environment.import done",
		},
		webtest.Scenario{
			Name: "it is applied", As: "updateEnvs,createEnvs", Given: []string{addTwo, `POST /environment/import {"secrets": ["NEW"], "text": "region=eu\nAPI_KEY=new\nNEW=x\nPLAIN=y"}`},
			When: `GET /environment`,
			Want: `200 {"payload": {"revision": 2, "variables": [{"name": "API_KEY", "revision": 2, "note": ""}, {"name": "NEW", "secret": true}, {"name": "PLAIN", "value": "y"}, {"name": "REGION", "revision": 1, "note": "where we are"}]}}`,
		},
		webtest.Scenario{
			Name: "a secret stays out of the answer", As: "createEnvs", When: `POST /environment/import {"secrets": ["A"], "text": "A=x\nB=y"}`,
			Want: `200 {"payload": {"preview": false, "variables": [{"name": "A", "change": "added", "value": "***"}, {"name": "B", "value": "y"}]}}`,
		},
		webtest.Scenario{
			Name: "adding takes createEnvs", As: "updateEnvs", When: `POST /environment/import {"text": "A=1"}`,
			Want: `403 {"missing": ["createEnvs"], "errors": [{"path": "text/1"}]}`,
		},
		webtest.Scenario{
			Name: "the mask is no value for a new secret", As: "createEnvs", When: `POST /environment/import {"secrets": ["A"], "text": "B=1\nA=***"}`,
			Want: `422 {"errors": [{"path": "text/2"}]}`,
		},
		webtest.Scenario{Name: "no text", As: "createEnvs", When: `POST /environment/import {}`, Want: `422 {"errors": [{"path": "text"}]}`},
	)
}

// No answer, no entry of the audit log, no event and no other row than the sealed
// one holds a secret; nor what was one, or is to be one.
func TestEnvironmentSecretsStaySecret(t *testing.T) {
	const canary = "canary-7261"
	p := webtest.Start(t)
	reader, _, _ := p.Events.Subscribe(0, 100)
	defer reader.Close()
	admin := p.Admin()
	for _, request := range []string{
		`PATCH /environment {"base": 0, "add": [{"name": "A", "value": "` + canary + `", "secret": true}, {"name": "LATER", "value": "` + canary + `"}, {"name": "API_TOKEN", "value": "` + canary + `"}]}`,
		`PATCH /environment {"base": 1, "change": [{"name": "LATER", "secret": true}, {"name": "API_TOKEN", "secret": true}]}`,
		`POST /admin/environment/envs {"type": "system", "finalEnvs": [{"name": "X", "value": "` + canary + `"}]}`,
		`POST /admin/environment/envs {"type": "system", "finalEnvs": [{"name": "X", "value": "other"}]}`,
		`PATCH /environment {"base": 4, "change": [{"name": "A", "value": "` + canary + `2"}, {"name": "LATER", "newName": "SOON"}]}`,
		`PATCH /environment {"base": 5, "change": [{"name": "A", "value": "` + canary + `", "note": "` + strings.Repeat("n", 501) + `"}]}`,
		`GET /environment`, `GET /admin/environment/envs`, `GET /admin/environment/env/A`, `GET /admin/environment/userEnvs`, `GET /admin/environment/userEnv/A`,
		`POST /admin/environment/envs {"type": "user", "finalEnvs": [{"name": "A", "value": "` + canary + `3"}, {"name": "SOON", "value": "***"}]}`,
		`POST /environment/import {"text": "A=` + canary + `4"}`,
		`POST /environment/import {"text": "A=5", "preview": true}`,
	} {
		method, rest, _ := strings.Cut(request, " ")
		path, body, _ := strings.Cut(rest, " ")
		rec := p.Do(admin.Cookie, method, "/systemApi"+path, body)
		allowed := 1 // X as the system's, in answers to an administrator
		if strings.Contains(body, `"add"`) {
			allowed = 2 // LATER and API_TOKEN, which are no secrets yet
		}
		if strings.Count(rec.Body.String(), canary) > allowed || rec.Code != 200 && rec.Code != 422 {
			t.Errorf("%.60s: %d %s", request, rec.Code, rec.Body)
		}
	}
	dump := p.Dump()
	for table, rows := range dump {
		for _, row := range rows {
			if strings.Contains(row, canary) && !(table == "audit" && strings.Contains(row, `"name":"LATER"`)) {
				t.Errorf("%s: %s", table, row)
			}
		}
	}
	for len(reader.Events()) > 0 {
		if e := <-reader.Events(); e.Type == event.Env {
			if text, _ := json.Marshal(e.Data); strings.Contains(string(text), canary) || strings.Contains(string(text), `"X"`) {
				t.Errorf("event %s", text)
			}
		}
	}
	if v, ok := p.Env.Get(env.User, "soon"); !ok || v.Value.Reveal() != canary {
		t.Error("a secret was lost on its way")
	}
}

// readsEnv returns a flow that answers what it reads of two variables: by a script, a
// moment later by a template, and by another script.
func readsEnv(path string) string {
	return strings.NewReplacer(`"configured":true`, `"configured":true,"templates":true`, typeID("ecoflow-commons", "Function"), typeID("ecoflow-functions", "Function")).Replace(new(sketch).
		node(path+"-in", "Request", "Request", fmt.Sprintf(`{"apiMethod":"GET","apiEndpoint":"/%s"}`, path)).
		node(path+"-a", "Middleware", "Function", `{"codeEditor":{"value":"payload.a = env.A; await new Promise(r => setTimeout(r, 2)); payload.later = env['A']; return env.b","validate":true}}`).
		node(path+"-b", "Middleware", "Text", `{"sampleText":"{{ payload.a }} {{ payload.later }} {{ env.a }} {{ env.B }}"}`).
		node(path+"-out", "Response", "Response", `{"responseKey":"msg"}`).
		edge(path+"-in", path+"-a").edge(path+"-a", path+"-b").edge(path+"-b", path+"-out").json())
}

// TestEnvironmentReachesFlows changes variables under load: the next request sees
// the change without a deploy, and none sees half of it.
func TestEnvironmentReachesFlows(t *testing.T) {
	p := webtest.Start(t)
	check := webtest.NewChecker(t, p)
	editor, keeper := p.User(auth.FlowEditor).Cookie, p.User(auth.CreateEnvs|auth.UpdateEnvs).Cookie
	must := func(who webtest.Credential, request string) string {
		t.Helper()
		rec := check.Do(who, request)
		if rec.Code != 200 {
			t.Fatalf("%.80s: %d %s", request, rec.Code, rec.Body)
		}
		return rec.Body.String()
	}
	must(keeper, `PATCH /environment {"base": 0, "add": [{"name": "A", "value": "0"}, {"name": "B", "value": "0", "secret": true}]}`)
	must(editor, `POST /flows/deploy {"flowconfigurations": {"shop": `+readsEnv("values")+`}}`)
	call := func() string { return p.Do(nil, "GET", "/api/values", "").Body.String() }
	if got := call(); got != `{"msg":"0 0 0 0"}` {
		t.Fatalf("got %s", got)
	}
	var asking sync.WaitGroup
	var stop atomic.Bool
	var seen sync.Map
	for range 8 {
		asking.Go(func() {
			for !stop.Load() {
				got := call()
				seen.Store(got, true)
				var n int
				if _, err := fmt.Sscanf(got, `{"msg":"%d`, &n); err != nil || got != fmt.Sprintf(`{"msg":"%d %d %d %d"}`, n, n, n, n) {
					t.Errorf("a run saw half of a change: %s", got)
					return
				}
			}
		})
	}
	for n := 1; n <= 100; n++ {
		must(keeper, fmt.Sprintf(`PATCH /environment {"base": %d, "change": [{"name": "A", "value": "%d"}, {"name": "B", "value": "%d"}]}`, n, n, n))
		if got, want := call(), fmt.Sprintf(`{"msg":"%d %d %d %d"}`, n, n, n, n); got != want {
			t.Errorf("after the change: %s, want %s", got, want)
		}
	}
	stop.Store(true)
	asking.Wait()
	different := 0
	seen.Range(func(any, any) bool { different++; return true })
	if different < 3 {
		t.Errorf("only %d values were seen: the load was none", different)
	}
	if n := p.Editor.Engine.Live().Number; n != 1 {
		t.Errorf("there are %d deployments", n)
	}
}

func TestEnvironmentUses(t *testing.T) {
	p := webtest.Start(t)
	check := webtest.NewChecker(t, p)
	admin := p.Admin().Cookie
	must := func(request string) any {
		t.Helper()
		rec := check.Do(admin, request)
		if rec.Code != 200 {
			t.Fatalf("%.80s: %d %s", request, rec.Code, rec.Body)
		}
		return member(t, rec.Body.String(), "payload")
	}
	must(`PATCH /environment {"base": 0, "add": [{"name": "A", "value": "0"}, {"name": "UNUSED"}]}`)
	must(`POST /flows/deploy {"flowconfigurations": {"shop": ` + readsEnv("values") + `}}`)
	must(`PUT /drafts/shop {"base": 1, "flow": ` + strings.Replace(readsEnv("values"), "env['A']", "env[env.C]", 1) + `}`)
	must(`PUT /drafts/other {"base": 0, "flow": ` + strings.ReplaceAll(readsEnv("other"), "env.a", "env.A +") + `}`)
	got := must(`GET /environment`).(map[string]any)
	text := func(v any) string {
		b, _ := json.Marshal(v)
		return string(b)
	}
	var names []string
	for _, row := range got["variables"].([]any) {
		row := row.(map[string]any)
		names = append(names, fmt.Sprint(row["name"], row["used"]))
		for _, u := range row["uses"].([]any) {
			u := u.(map[string]any)
			names = append(names, fmt.Sprintf("%v/%v/%v live=%v draft=%v", u["flow"], u["node"], u["input"], u["live"], u["draft"]))
		}
	}
	want := []string{
		"A3", "other/other-a/codeEditor live=false draft=true", "shop/values-a/codeEditor live=true draft=true", "shop/values-b/sampleText live=true draft=true", "UNUSED0",
	}
	if !slices.Equal(names, want) {
		t.Errorf("got  %v\nwant %v", names, want)
	}
	if wanted := text(got["wanted"]); !strings.Contains(wanted, `"name":"B"`) || !strings.Contains(wanted, `"name":"C"`) {
		t.Errorf("wanted %s", wanted)
	}
	if unclear := text(got["unclear"]); !strings.Contains(unclear, `"why":"computed"`) || !strings.Contains(unclear, `"why":"broken"`) {
		t.Errorf("unclear %s", unclear)
	}
}

// A secret whose key is gone is named, and can be entered anew.
func TestEnvironmentLost(t *testing.T) {
	p := webtest.Start(t)
	other, err := secret.NewKeyring([]byte(strings.Repeat("x", 32)))
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := other.Seal("env/user/GONE", []byte("value"))
	if err != nil {
		t.Fatal(err)
	}
	p.Exec(`INSERT INTO env (kind, name, value, sealed, readable) VALUES ('user', 'GONE', '', ?, 1)`, sealed)
	if err := p.Env.Set(t.Context(), env.Var{Kind: env.User, Name: "A"}); err != nil { // reads all anew
		t.Fatal(err)
	}
	check := webtest.NewChecker(t, p)
	keeper := p.User(auth.UpdateEnvs).Cookie
	for _, step := range []struct{ request, want string }{
		{`GET /environment`, `"lost":true,"name":"GONE"`},
		{`PATCH /environment {"base": 1, "change": [{"name": "GONE", "note": "x"}]}`, `"code":"invalid"`},
		{`PATCH /environment {"base": 1, "change": [{"name": "GONE", "value": "***"}]}`, `"path":"change/0/value"`},
		{`PATCH /environment {"base": 1, "change": [{"name": "GONE", "value": "again"}]}`, `"lost":false,"name":"GONE"`},
	} {
		if rec := check.Do(keeper, step.request); !strings.Contains(rec.Body.String(), step.want) {
			t.Errorf("%s: %d %s", step.request, rec.Code, rec.Body)
		}
	}
	if v, _ := p.Env.Lookup("gone"); v != "again" {
		t.Errorf("flows see %q", v)
	}
}

// What is offered where flows are written: names, and values that are no secrets.
func TestEnvironmentNames(t *testing.T) {
	webtest.Run(t,
		webtest.Scenario{
			Name: "names", As: "admin", When: `GET /environment/names`,
			Given: []string{
				addTwo, addSystem,
				`PATCH /environment {"base": 2, "add": [{"name": "hidden", "value": "not for flows", "readable": false}, {"name": "empty", "value": ""}]}`,
			},
			Want: `200 {"success": true, "payload": [
				{"name": "API_KEY", "secret": true, "set": true, "value": ""},
				{"name": "EMPTY", "secret": false, "set": false, "value": ""},
				{"name": "REGION", "secret": false, "set": true, "value": "eu"}]}`,
		},
		webtest.Scenario{Name: "names, for others", As: "createEnvs", When: `GET /environment/names`, Want: `403`},
	)
}

// R9: a script that kills the process may be compiled by no look at a page. In safe mode
// the variables are there, and nobody looks where they are used.
func TestNobodyLooksForUsesInSafeMode(t *testing.T) {
	read := map[bool]any{}
	for _, safe := range []bool{false, true} {
		d := sit(t, webtest.Option(func(o *app.Options, _ *web.Options) { o.System = system.New(safe) }))
		d.ask(200, `PATCH /environment {"base": 0, "add": [{"name": "A", "value": "hi"}]}`)
		d.save("greet", readsEnv("values"), 0)
		body := d.ask(200, `GET /environment`)
		d.wants(member(t, body, "payload", "looked"), !safe, "looked")
		d.wants(member(t, body, "payload", "variables", 0, "name"), "A", "the variable")
		read[safe] = member(t, body, "payload", "variables", 0, "used")
	}
	if read[false] == 0.0 || read[true] != 0.0 {
		t.Errorf("used in so many places: %v", read)
	}
}
