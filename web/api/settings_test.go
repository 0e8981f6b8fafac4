package api_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"ecoflow/app/auth"
	"ecoflow/web/webtest"
)

func TestSettings(t *testing.T) {
	webtest.Run(t,
		webtest.Scenario{
			Name:  "a change is in force and says where its value comes from",
			As:    "serverConfigurationUpdate",
			When:  `PATCH /settings {"base": 0, "changes": {"limits.runTime": 5000, "httpCors.allowHeaders": ["X-A"]}}`,
			Want:  `200 {"payload": {"version": 1, "pending": null, "report": null, "wrong": []}}`,
			Audit: "settings.save done",
		},
		webtest.Scenario{
			Name:  "every mistake is named, and nothing is changed",
			As:    "admin",
			When:  `PATCH /settings {"changes": {"Port": 70000, "limits.runTime": "soon", "colour": "red", "httpCors.origin": ["a.example"], "runs.showErrors": "always"}}`,
			Want:  `422 {"code": "settings_invalid", "errors": [{"path": "colour", "code": "unknown_setting"}, {"path": "Port", "message": "*"}, {"path": "limits.runTime", "message": "*"}, {"path": "httpCors.origin", "message": "*"}]}`,
			Audit: "settings.save failed",
		},
		webtest.Scenario{
			Name:  "a stale save hears what others changed",
			As:    "admin",
			Given: []string{`PATCH /settings {"base": 0, "changes": {"limits.runTime": 5000}}`},
			When:  `PATCH /settings {"base": 0, "changes": {"deployments.keep": 5}}`,
			Want:  `409 {"code": "settings_superseded", "version": 1, "author": "user1", "changes": [{"key": "limits.runTime", "before": 30000, "after": 5000}]}`,
		},
		webtest.Scenario{
			Name: "what changes the way to the server waits",
			As:   "admin",
			When: `PATCH /settings {"changes": {"Port": 4001}}`,
			Want: `200 {"payload": {"version": 0, "pending": {"version": 1, "author": "user1", "changes": [{"key": "Port", "before": 4000, "after": 4001}]}}}`,
		},
		webtest.Scenario{
			Name:  "every page hears of it while it waits",
			As:    "admin",
			Given: []string{`PATCH /settings {"changes": {"Port": 4001}}`},
			When:  `GET /server/state`,
			Want:  `200 {"payload": {"trial": {"version": 1, "changes": [{"key": "Port"}]}}}`,
		},
		webtest.Scenario{
			Name:  "nothing else is saved meanwhile",
			As:    "admin",
			Given: []string{`PATCH /settings {"changes": {"Port": 4001}}`},
			When:  `PATCH /settings {"changes": {"limits.runTime": 5000}}`,
			Want:  `409 {"code": "settings_pending"}`,
		},
		webtest.Scenario{
			Name:  "confirmed, it counts",
			As:    "admin",
			Given: []string{`PATCH /settings {"changes": {"Port": 4001}}`},
			When:  `POST /settings/confirm {"version": 1}`,
			Want:  `200 {"payload": {"version": 1, "pending": null, "report": null}}`,
			Audit: "settings.confirm done",
		},
		webtest.Scenario{
			Name:  "taken back, it is reported",
			As:    "admin",
			Given: []string{`PATCH /settings {"changes": {"Port": 4001}}`},
			When:  `POST /settings/cancel {"version": 1}`,
			Want:  `200 {"payload": {"version": 0, "pending": null, "report": {"version": 1, "reason": "user1 took them back.", "changes": [{"key": "Port"}]}}}`,
			Audit: "settings.cancel done",
		},
		webtest.Scenario{
			Name: "nothing waits",
			As:   "admin",
			When: `POST /settings/confirm {"version": 1}`,
			Want: `409 {"code": "settings_not_pending"}`,
		},
		webtest.Scenario{
			Name: "a rehearsal changes nothing",
			As:   "admin",
			When: `POST /settings/check {"changes": {"Port": 4001}}`,
			Want: `200 {"payload": {"confirm": true, "changes": [{"key": "Port", "label": "Port", "before": 4000, "after": 4001}], "warnings": []}}`,
		},
		webtest.Scenario{
			Name: "versions say what they changed",
			As:   "admin",
			Given: []string{
				`PATCH /settings {"changes": {"limits.runTime": 5000}}`, `PATCH /settings {"changes": {"limits.runTime": null, "deployments.keep": 5}}`,
			},
			When: `GET /settings/versions`,
			Want: `200 {"payload": [{"version": 2, "current": true, "state": "saved", "keys": ["limits.runTime", "deployments.keep"]}, {"version": 1, "current": false, "keys": ["limits.runTime"]}]}`,
		},
		webtest.Scenario{
			Name:  "two versions are compared",
			As:    "serverConfigurationShow,serverConfigurationUpdate",
			Given: []string{`PATCH /settings {"changes": {"limits.runTime": 5000}}`, `PATCH /settings {"changes": {"limits.runTime": 6000}}`},
			When:  `GET /settings/versions/1?with=2`,
			Want:  `200 {"payload": {"from": 2, "to": 1, "changes": [{"key": "limits.runTime", "before": 6000, "after": 5000}]}}`,
		},
		webtest.Scenario{
			Name:  "an old version comes back as a new one",
			As:    "admin",
			Given: []string{`PATCH /settings {"changes": {"limits.runTime": 5000}}`, `PATCH /settings {"changes": {"limits.runTime": 6000}}`, `POST /settings/versions/1/restore {"base": 2}`},
			When:  `GET /admin/config/limits.runTime`,
			Want:  `200 {"payload": {"limits.runTime": 5000}}`,
		},
		webtest.Scenario{
			Name: "a version that is not kept",
			As:   "admin",
			When: `POST /settings/versions/7/restore {}`,
			Want: `404 {"code": "not_found"}`,
		},
	)
}

func TestConfiguration(t *testing.T) {
	webtest.Run(t,
		webtest.Scenario{
			Name: "endpoint 7",
			As:   "serverConfigurationShow",
			When: `GET /admin/config`,
			Want: `200 {"payload": {"serverConfig": {"Host": "127.0.0.1", "Port": 4000, "httpCors": {"enabled": false, "maxAge": 0}, "apiRouterOptions": {"prefix": "/api", "strict": true, "exclusive": false},
				"logging": {"level": 2, "file": {"enabled": true}, "web": {"path": "/"}}, "editor": {"admin": true}, "flowNodeDefinitions": "nodes.json", "database": {"driver": "SQLite"}},
				"defaultConfig": {"Port": 4000, "lang": "en-US"}}}`,
		},
		webtest.Scenario{
			Name: "endpoint 8, a group",
			As:   "serverConfigurationUpdate",
			When: `GET /admin/config/https`,
			Want: `200 {"payload": {"https": {"enabled": false, "key": "", "cert": ""}}}`,
		},
		webtest.Scenario{
			Name:  "endpoint 8, what the contract shows",
			As:    "admin",
			Given: []string{`PATCH /settings {"changes": {"httpCors.origin": ["https://a.example", "https://b.example"]}}`, `PUT /admin/config {"httpCorsEnabled": true, "httpCorsOrigin": "https://a.example, https://b.example"}`},
			When:  `GET /admin/config/httpCors.origin`,
			Want:  `200 {"payload": {"httpCors.origin": "https://a.example, https://b.example"}}`,
		},
		webtest.Scenario{
			Name: "endpoint 8, a key that is none",
			As:   "admin",
			When: `GET /admin/config/colour`,
			Want: `200 {"payload": {}}`,
		},
		webtest.Scenario{
			Name: "endpoint 9 takes the flat form",
			As:   "admin",
			When: `PUT /admin/config {"httpCorsEnabled": true, "httpCorsOrigin": "https://a.example", "httpCorsExposeHeaders": "X-A, X-B", "httpCorsMaxAge": "60", "apiRouterOptionsPrefix": "v1",
				"loggingEnabled": true, "loggingLevel": 4, "loggingFileEnabled": true, "loggingFileFilename": "events", "loggingLableLabel": "", "flowNodeDefinitions": "n", "httpStaticRoot": "", "httpsEnabled": false, "lang": "de-DE"}`,
			Want: `200 {"payload": {"msg": "*", "pending": null, "newConfigs": {"httpCors": {"enabled": true, "origin": "https://a.example", "exposeHeaders": ["X-A", "X-B"], "maxAge": 60, "allowMethods": ["GET", "HEAD", "PUT", "POST", "DELETE", "PATCH"]},
				"apiRouterOptions": {"prefix": "/v1", "strict": true}, "logging": {"level": 4, "format": "text", "file": {"filename": "events.log"}}, "flowNodeDefinitions": "n.json", "lang": "de-DE"}}}`,
			Audit: "config.update done",
		},
		webtest.Scenario{
			Name: "endpoint 9 merges, in each of its forms",
			As:   "admin",
			Given: []string{
				`PUT /admin/config {"httpCors": {"maxAge": 60, "origin": ["https://a.example"]}}`,
				`PUT /admin/config {"httpCors.enabled": true}`,
			},
			When: `PUT /admin/config {"httpCorsEnabled": true, "httpCorsCredentials": true}`,
			Want: `200 {"payload": {"newConfigs": {"httpCors": {"enabled": true, "maxAge": 60, "credentials": true, "origin": "https://a.example"}}}}`,
		},
		webtest.Scenario{
			Name: "endpoint 9 leaves to its switch what is off",
			As:   "admin",
			When: `PUT /admin/config {"httpCorsEnabled": false, "httpCorsOrigin": "nonsense", "loggingWebEnabled": false, "loggingWebPort": 99999}`,
			Want: `200 {"payload": {"newConfigs": {"httpCors": {"origin": "*"}, "logging": {"web": {"port": 0}}}}}`,
		},
		webtest.Scenario{
			Name:  "endpoint 9 takes the original's template of a line as text",
			As:    "admin",
			Given: []string{`PATCH /settings {"changes": {"logging.format": "json"}}`},
			When:  `PUT /admin/config {"loggingEnabled": true, "loggingFormat": "${timestamp} [${label}] ${level}: ${message}"}`,
			Want:  `200 {"payload": {"newConfigs": {"logging": {"format": "text"}}}}`,
		},
		webtest.Scenario{
			Name: "endpoint 9 takes json as it is",
			As:   "admin",
			When: `PUT /admin/config {"loggingEnabled": true, "loggingFormat": "json"}`,
			Want: `200 {"payload": {"newConfigs": {"logging": {"format": "json"}}}}`,
		},
		webtest.Scenario{
			Name: "endpoint 9 serves one folder of files",
			As:   "admin",
			When: `PUT /admin/config {"httpStatic": [{"path": "/a", "root": ""}, {"path": "/b", "root": ""}]}`,
			Want: `422 {"errors": [{"path": "httpStatic", "message": "It names several folders; only one is served. Name one, as its path and httpStaticRoot."}]}`,
		},
		webtest.Scenario{
			Name: "endpoint 9 takes a folder of flows that could be made",
			As:   "admin",
			When: `PUT /admin/config {"flowDir": "flows", "flowNodeDefinitions": "n", "flowFilePretty": false}`,
			Want: `200 {"payload": {"msg": "The configuration is changed, and in force.", "newConfigs": {"flowDir": "flows", "flowNodeDefinitions": "n.json", "flowFilePretty": false}}}`,
		},
		webtest.Scenario{
			Name: "endpoint 9 names what does nothing here, and not what is so anyway",
			As:   "admin",
			When: `PUT /admin/config {"editorEnabled": true, "editorFlow": false, "loggingWebEnabled": true, "loggingWebPort": 9000, "httpCorsEnabled": true, "httpCors": {"maxAge": 60}, "updateCheck": false}`,
			Want: `200 {"payload": {"msg": "The configuration is changed, and in force. Stored, and without effect here: editor.flow, logging.web.enabled, logging.web.port. The window is one; editor.enabled switches it. The log stays on this machine."}}`,
		},
		webtest.Scenario{
			Name: "endpoint 9 says how routes are chosen",
			As:   "admin",
			When: `PUT /admin/config {"apiRouterOptionsExclusive": true}`,
			Want: `200 {"payload": {"msg": "The configuration is changed, and in force. Stored, and without effect here: apiRouterOptions.exclusive. A request always runs exactly one route, the most specific."}}`,
		},
		webtest.Scenario{
			Name: "endpoint 9 has nothing to add where everything works",
			As:   "admin",
			When: `PUT /admin/config {"httpCorsEnabled": true, "httpCorsOrigin": "https://a.example"}`,
			Want: `200 {"payload": {"msg": "The configuration is changed, and in force."}}`,
		},
		webtest.Scenario{
			Name: "endpoint 9 wants a name for each file of a flow",
			As:   "admin",
			When: `PUT /admin/config {"flowNodeDefinitions": "flow", "flowNodeConnections": "Flow.json", "flowNodeConfigurations": "ecoflow"}`,
			Want: `422 {"errors": [{"path": "flowNodeConfigurations"}, {"path": "flowNodeDefinitions"}]}`,
		},
		webtest.Scenario{
			Name: "endpoint 9 refuses one that could not",
			As:   "admin",
			When: `PUT /admin/config {"flowDir": "none/flows", "envDir": "none"}`,
			Want: `422 {"errors": [{"path": "flowDir", "message": "There is no such folder."}, {"path": "envDir"}]}`,
		},
		webtest.Scenario{
			Name: "endpoint 9 names every mistake",
			As:   "admin",
			When: `PUT /admin/config {"migrate": true, "databaseDriver": "PGSQL", "Port": "x", "httpCorsEnabled": true, "httpCorsMaxAge": "long", "loggingFileFilename": "../x"}`,
			Want: `422 {"errors": [{"path": "databaseDriver"}, {"path": "migrate"}, {"path": "Port"}, {"path": "httpCorsMaxAge"}, {"path": "loggingFileFilename"}]}`,
		},
		webtest.Scenario{
			Name: "endpoint 9 with nothing changes nothing",
			As:   "admin",
			When: `PUT /admin/config {"databaseDriver": "Sqlite", "databaseConfigurationFilename": "", "migrate": false}`,
			Want: `200 {"payload": {"pending": null}}`,
		},
		webtest.Scenario{
			Name: "endpoint 9 has one system database, by fields",
			As:   "admin",
			When: `PUT /admin/config {"databaseDriver": "Sqlite", "databaseConfigurationFilename": "x", "databaseConfigurationHost": "db.example", "limits.runTime": 5000}`,
			Want: `422 {"errors": [{"path": "databaseConfigurationFilename", "code": "database_unsupported"}, {"path": "databaseConfigurationHost", "code": "database_unsupported"}]}`,
		},
		webtest.Scenario{
			Name: "endpoint 9 has one system database, as an object",
			As:   "admin",
			When: `PUT /admin/config {"database": {"driver": "MySQL", "configuration": {"host": "db.example"}}, "database.configuration.port": 3306}`,
			Want: `422 {"errors": [{"path": "database.configuration.host"}, {"path": "database.driver"}, {"path": "database.configuration.port"}]}`,
		},
	)
}

// A path that answers for all can be what a route without parameters can be.
func TestRouterPathIsARoute(t *testing.T) {
	p := webtest.Start(t)
	admin := p.Admin().Cookie
	for _, path := range []string{
		"/down", "down", "/down/", "/a/b", "/", "/ä", "/a%20b", "/openapi.json", "/a.b", "/a,b;c=d&e+f~g@h!i$j'k",
		"/a[b", "/a]", "/a%",
		"/a//b", "/.", "/a/..", "/:id", "/a:b", "/a?b", "/a#b", "/a*", "/(a)", `/a\b`, `/a"b`, "/<a>", "/{a}", "/a|b", "/a^b", "/a`b", "/a b", "/a\tb", "/a\u007f", "/a\ufffd",
	} {
		text, err := json.Marshal(path)
		if err != nil {
			t.Fatal(err)
		}
		checked := p.Do(admin, "POST", "/systemApi/drafts/check", fmt.Sprintf(`{"flowconfigurations": {"x": {
			"definitions": [
				{"id": "in", "type": "Request", "data": {"moduleID": {"_id": "e7337e7436e2801eaf3b45263dab3462"}, "label": "Request", "configured": true}},
				{"id": "out", "type": "Response", "data": {"moduleID": {"_id": "88659a8c0ae433ba8a6f803300262fec"}, "label": "Response", "configured": true}}],
			"connections": [{"id": "1", "source": "in", "sourceHandle": "in-source", "target": "out", "targetHandle": "out-target", "animated": false}],
			"configurations": [{"nodeID": "in", "configs": {"apiMethod": "GET", "apiEndpoint": %s}}, {"nodeID": "out", "configs": {"responseKey": "msg"}}]}}}`, text))
		if checked.Code != http.StatusOK {
			t.Fatalf("%s: %d %s", text, checked.Code, checked.Body)
		}
		isParam := strings.HasPrefix(path, "/:")
		want := http.StatusOK
		if isParam || strings.Contains(checked.Body.String(), "apiEndpoint") {
			want = http.StatusUnprocessableEntity
		}
		if rec := p.Do(admin, "POST", "/systemApi/settings/check", fmt.Sprintf(`{"changes": {"apiRouterOptions.routerPath": %s}}`, text)); rec.Code != want {
			t.Errorf("%s: %d %s, and a route: %s", text, rec.Code, rec.Body, checked.Body)
		}
	}
}

// What endpoint 7 shows of the system database may be sent back, in each form.
func TestConfigurationSentBack(t *testing.T) {
	p := webtest.Start(t)
	admin := p.Admin().Cookie
	shown := payload[struct {
		ServerConfig struct{ Database json.RawMessage }
	}](t, p.Do(admin, "GET", "/systemApi/admin/config", "")).ServerConfig.Database
	var database struct {
		Configuration struct{ Filename json.RawMessage }
	}
	if err := json.Unmarshal(shown, &database); err != nil {
		t.Fatal(err)
	}
	for _, body := range []string{
		fmt.Sprintf(`{"database": %s}`, shown),
		fmt.Sprintf(`{"databaseDriver": "SQLite", "databaseConfigurationFilename": %s}`, database.Configuration.Filename),
		fmt.Sprintf(`{"database.configuration.filename": %s}`, database.Configuration.Filename),
	} {
		if rec := p.Do(admin, "PUT", "/systemApi/admin/config", body); rec.Code != http.StatusOK {
			t.Errorf("%s: %d %s", body, rec.Code, rec.Body)
		}
	}
}

// The audit entry of a change has what it was and what it is, and no more.
func TestSettingsAudit(t *testing.T) {
	p := webtest.Start(t)
	admin := p.Admin()
	if rec := p.Do(admin.Cookie, "PATCH", "/systemApi/settings", `{"changes": {"limits.runTime": 5000}}`); rec.Code != http.StatusOK {
		t.Fatal(rec.Code, rec.Body)
	}
	newest := func(wantBefore, wantAfter string) {
		t.Helper()
		list, _, err := p.DB.Audit().Page(t.Context(), 0, 1)
		if err != nil {
			t.Fatal(err)
		}
		before, after := string(list[0].Before), string(list[0].After)
		if list[0].Object != "settings" || before != wantBefore || after != wantAfter {
			t.Errorf("%s of %s: %s, then %s", list[0].Action, list[0].Object, before, after)
		}
	}
	newest(`{"limits.runTime":30000}`, `{"limits.runTime":5000}`)
	for _, end := range []struct{ path, before, after string }{
		{"cancel", `{"Port":4001}`, `{"Port":4000}`},
		{"confirm", `{"Port":4000}`, `{"Port":4001}`},
	} {
		rec := p.Do(admin.Cookie, "PATCH", "/systemApi/settings", `{"changes": {"Port": 4001}}`)
		pending := payload[struct{ Pending struct{ Version int64 } }](t, rec).Pending
		if rec := p.Do(admin.Cookie, "POST", "/systemApi/settings/"+end.path, fmt.Sprintf(`{"version": %d}`, pending.Version)); rec.Code != http.StatusOK {
			t.Fatal(rec.Code, rec.Body)
		}
		newest(end.before, end.after)
	}
}

// Of fifty saves at once from the same version, one wins each round (R6).
func TestOneSaveWins(t *testing.T) {
	p := webtest.Start(t)
	admin := p.Admin()
	for round := range 3 {
		codes := make(chan int, 50)
		for i := range 50 {
			go func() {
				body := fmt.Sprintf(`{"base": %d, "changes": {"limits.runTime": %d}}`, round, 1000*(round+1)+i)
				codes <- p.Do(admin.Cookie, "PATCH", "/systemApi/settings", body).Code
			}()
		}
		count := map[int]int{}
		for range 50 {
			count[<-codes]++
		}
		if count[http.StatusOK] != 1 || count[http.StatusConflict] != 49 {
			t.Errorf("round %d: %v", round, count)
		}
	}
}

// The gravest changes need a password given lately (S21).
func TestSettingsNeedConsent(t *testing.T) {
	p := webtest.Start(t)
	token := p.Admin().Token // which never has any
	for _, key := range []string{
		`"Port": 4001`, `"Host": "127.0.0.2"`, `"apiAddress": "127.0.0.1:0"`, `"https.cert": "x"`,
		`"httpStaticRoot": "site"`, `"flowDir": "flows"`, `"logging.file.location": "/var/log"`, `"browseRoots": ["/"]`,
	} {
		rec := p.Do(token, "PATCH", "/systemApi/settings", `{"changes": {`+key+`}}`)
		if rec.Code != http.StatusForbidden || !strings.Contains(rec.Body.String(), auth.ConsentNeeded) {
			t.Errorf("%s: %d %s", key, rec.Code, rec.Body)
		}
	}
	if rec := p.Do(token, "PATCH", "/systemApi/settings", `{"changes": {"deployments.keep": 5}}`); rec.Code != http.StatusOK {
		t.Errorf("%d %s", rec.Code, rec.Body)
	}
}

// What changes nothing is not on record as a change.
func TestNoChangeOfSettingsIsNone(t *testing.T) {
	p := webtest.Start(t)
	admin := p.Admin().Cookie
	if rec := p.Do(admin, "PATCH", "/systemApi/settings", `{"changes": {"deployments.keep": 5}}`); rec.Code != http.StatusOK {
		t.Fatalf("%d %s", rec.Code, rec.Body)
	}
	count := func() string {
		rec := p.Do(admin, "GET", "/systemApi/auditLogs", "")
		return fmt.Sprint(rec.Code, " ", strings.Count(rec.Body.String(), "Changed "))
	}
	before := count()
	for _, request := range []string{`PATCH /systemApi/settings {"changes": {}}`, `PATCH /systemApi/settings {"changes": {"deployments.keep": 5}}`, `PUT /systemApi/admin/config {}`} {
		method, rest, _ := strings.Cut(request, " ")
		path, body, _ := strings.Cut(rest, " ")
		if rec := p.Do(admin, method, path, body); rec.Code != http.StatusOK {
			t.Errorf("%s: %d %s", request, rec.Code, rec.Body)
		}
		if after := count(); after != before || p.LastAudit() != "settings.save done" {
			t.Errorf("%s is on record: %s, %s", request, after, p.LastAudit())
		}
	}
}

// Sign-in is switched on and off while the product runs: each mode has its own
// people, and nobody is locked out by it.
func TestSignInIsASetting(t *testing.T) {
	p := webtest.Start(t, webtest.Local)
	person := p.Person()
	ask := func(who webtest.Credential, request, want string) {
		t.Helper()
		method, rest, _ := strings.Cut(request, " ")
		path, body, _ := strings.Cut(rest, " ")
		rec := p.Do(who, method, "/systemApi"+path, body)
		if status, part, _ := strings.Cut(want, " "); fmt.Sprint(rec.Code) != status || !strings.Contains(rec.Body.String(), part) {
			t.Fatalf("%s: %d %.300s, want %s", request, rec.Code, rec.Body, want)
		}
	}
	ask(person, `PATCH /settings {"changes": {"signIn": true}}`, `422 Make an administrator first`)
	ask(person, `PATCH /settings {"changes": {"Host": "0.0.0.0"}}`, `422 "path":"Host"`)
	ask(person, `PATCH /settings {"changes": {"apiAddress": "0.0.0.0:0"}}`, `422 "path":"apiAddress"`)
	ask(person, `POST /setup/blank {"databaseInfo": {"useDefault": true}, "userInfo": {"name": "Ada", "username": "ada", "password": "correct horse battery"}}`, `200 `)
	ask(person, `GET /init/status`, `200 "isAuth":false`)
	ask(person, `PATCH /settings {"changes": {"signIn": true}}`, `200 "key":"signIn"`)
	ask(person, `GET /settings`, `401 `)
	ask(nil, `GET /init/status`, `200 "isAuth":true`)
	few := p.User(auth.ServerConfigurationUpdate)
	ask(few.Cookie, `POST /settings/confirm {"version": 1}`, `403 administrator_needed`)
	rec := p.Do(nil, "POST", "/systemApi/users/login", `{"username": "ada", "password": "correct horse battery"}`)
	if rec.Code != http.StatusOK {
		t.Fatal(rec.Body)
	}
	cookie := rec.Result().Cookies()[0]
	ada := webtest.Credential(func(r *http.Request) { r.AddCookie(cookie) })
	ask(ada, `POST /settings/cancel {"version": 1}`, `200 "pending":null`)
	ask(person, `GET /settings`, `200 "reason":"ada took them back."`)
	ask(ada, `GET /me`, `401 `)

	ask(person, `PATCH /settings {"changes": {"signIn": true}}`, `200 "version":2`)
	ask(ada, `POST /settings/confirm {"version": 2}`, `200 "pending":null`)
	ask(ada, `PATCH /settings {"changes": {"signIn": false}}`, `200 "version":3`)
	ask(person, `POST /settings/confirm {"version": 3}`, `200 "pending":null`)
	ask(person, `GET /settings`, `200 "version":3`)
}

// How long guessing is held up at most is a setting.
func TestSignInWait(t *testing.T) {
	p := webtest.Start(t)
	if rec := p.Do(p.Admin().Cookie, "PATCH", "/systemApi/settings", `{"changes": {"limits.signInWait": 5}}`); rec.Code != http.StatusOK {
		t.Fatal(rec.Code, rec.Body)
	}
	now := time.Now()
	p.Accounts.Now = func() time.Time { return now }
	var wait int
	for range 20 { // from now on as slow as it gets
		rec := p.Do(nil, "POST", "/systemApi/users/login", `{"username": "nobody", "password": "wrong wrong wrong"}`)
		if rec.Code == http.StatusTooManyRequests {
			t.Fatal(rec.Code, rec.Body)
		}
		rec = p.Do(nil, "POST", "/systemApi/users/login", `{"username": "nobody", "password": "wrong wrong wrong"}`)
		wait = 0
		if after := rec.Header().Get("Retry-After"); after != "" {
			var err error
			if wait, err = strconv.Atoi(after); err != nil {
				t.Fatal(err)
			}
		}
		now = now.Add(time.Duration(max(wait, 1)) * time.Second)
	}
	if wait != 300 {
		t.Errorf("the wait is %d s", wait)
	}
}

// How long people stay signed in is a setting, for those who are too.
func TestSignInTimes(t *testing.T) {
	p := webtest.Start(t, webtest.Local)
	person := p.Person()
	for _, request := range []string{
		`POST /setup/blank {"databaseInfo": {"useDefault": true}, "userInfo": {"name": "Ada", "username": "ada", "password": "correct horse battery"}}`,
		`PATCH /settings {"changes": {"limits.sessionTime": 2, "limits.sessionIdle": 5}}`,
		`PATCH /settings {"changes": {"signIn": true}}`,
	} {
		method, rest, _ := strings.Cut(request, " ")
		path, body, _ := strings.Cut(rest, " ")
		if rec := p.Do(person, method, "/systemApi"+path, body); rec.Code != http.StatusOK {
			t.Fatalf("%s: %d %.300s", request, rec.Code, rec.Body)
		}
	}
	rec := p.Do(nil, "POST", "/systemApi/users/login", `{"username": "ada", "password": "correct horse battery"}`)
	cookie := rec.Result().Cookies()[0]
	if cookie.MaxAge != 2*60*60 {
		t.Errorf("the cookie lasts %d s", cookie.MaxAge)
	}
	ada := webtest.Credential(func(r *http.Request) { r.AddCookie(cookie) })
	if rec := p.Do(ada, "GET", "/systemApi/me", ""); rec.Code != http.StatusOK {
		t.Error(rec.Code, rec.Body)
	}
	now := p.Accounts.Now
	defer func() { p.Accounts.Now = now }()
	p.Accounts.Now = func() time.Time { return now().Add(6 * time.Minute) }
	if rec := p.Do(ada, "GET", "/systemApi/me", ""); rec.Code != http.StatusUnauthorized {
		t.Errorf("after six idle minutes: %d", rec.Code)
	}
	if _, err := p.Config.Change(auth.WithActor(t.Context(), auth.Actor{UserID: "1", Username: "ada", Consent: true}), []byte(`{"limits": {"sessionIdle": 60}}`)); err == nil {
		t.Error("other settings are saved during a trial")
	}
	if rec := p.Do(ada, "POST", "/systemApi/settings/confirm", `{"version": 2}`); rec.Code != http.StatusUnauthorized {
		t.Errorf("confirmed with an ended session: %d", rec.Code)
	}
}
