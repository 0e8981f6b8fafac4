package api_test

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"ecoflow/app/auth"
	"ecoflow/app/fault"
	"ecoflow/web/webtest"
)

func errorsOf(t *testing.T, rec *httptest.ResponseRecorder) []fault.Place {
	t.Helper()
	var envelope struct{ Errors []fault.Place }
	if err := json.Unmarshal(rec.Body.Bytes(), &envelope); err != nil {
		t.Fatalf("%s: %v", rec.Body, err)
	}
	return envelope.Errors
}

func TestMe(t *testing.T) {
	webtest.Run(
		t,
		webtest.Scenario{
			Name: "a user", As: "flowEditor,backup", When: `GET /me`,
			Want: `200 {"payload": {"mode": "auth", "session": "*", "user": {"username": "user1", "isPermanent": false, "mustChange": false},
				"roles": [{"name": "role of user1", "isDefault": false}],
				"permissions": [{"permission": "backup", "roles": ["role of user1"]}, {"permission": "flowEditor", "roles": ["role of user1"]}],
				"preferences": {}}}`,
		},
		webtest.Scenario{
			Name: "the person at the machine", As: "local", When: `GET /me`,
			Want: `200 {"payload": {"id": "local", "mode": "local", "roles": [], "user": {"username": "local"}}}`,
		},
		webtest.Scenario{
			Name: "preferences are set, removed and kept", As: "none",
			Given: []string{
				`PATCH /me/preferences {"theme": "dark", "shortcuts": {"deploy": "mod+enter"}}`,
				`PATCH /me/preferences {"theme": null, "density": "compact"}`,
			},
			When: `GET /me`,
			Want: `200 {"payload": {"preferences": {"shortcuts": {"deploy": "mod+enter"}, "density": "compact"}}}`,
		},
		webtest.Scenario{
			Name: "preferences are bounded", As: "none",
			When:  `PATCH /me/preferences {"long": "` + strings.Repeat("x", 40<<10) + `"}`,
			Want:  `413 {"error": true, "code": "preferences_full"}`,
			Audit: "me.setPreferences failed",
		},
		webtest.Scenario{
			Name: "preferences are an object", As: "none",
			When: `PATCH /me/preferences [1]`, Want: `400`,
		},
		webtest.Scenario{
			Name: "nobody has none", As: "nobody", When: `PATCH /me/preferences {}`, Want: `401`,
		},
		webtest.Scenario{
			Name: "own profile", As: "none", When: `GET /users`,
			Want: `200 {"payload": {"name": "user1", "username": "user1", "email": "", "isPermanent": false, "createdAt": "*"}}`,
		},
		webtest.Scenario{
			Name: "own profile in local mode", As: "local", When: `GET /users`,
			Want: `200 {"payload": {"username": "local", "isPermanent": true}}`,
		},
		webtest.Scenario{
			Name: "own permissions", As: "flowEditor", When: `GET /users/permissions`,
			Want: `200 {"payload": {"rolesList": [1], "permissions": {"flowEditor": true}}}`,
		},
		webtest.Scenario{
			Name: "permissions alone", As: "flowEditor", When: `GET /users/permissions/Permissions`,
			Want: `200 {"payload": {"permissions": {"flowEditor": true}}}`,
		},
		webtest.Scenario{
			Name: "an unknown part", As: "flowEditor", When: `GET /users/permissions/nonsense`,
			Want: `200 {"payload": {}}`,
		},
		webtest.Scenario{
			Name: "own roles", As: "flowEditor", When: `GET /users/roles`,
			Want: `200 {"payload": ["role of user1"]}`,
		},
		webtest.Scenario{
			Name: "own roles in local mode", As: "local", When: `GET /users/roles`, Want: `200 {"payload": []}`,
		},
	)
}

func TestPermissionsOfAnAdministrator(t *testing.T) {
	p := webtest.Start(t)
	rec := webtest.NewChecker(t, p).Do(p.Admin().Cookie, "GET /users/permissions")
	got := payload[struct{ Permissions map[string]bool }](t, rec)
	if len(got.Permissions) != 31 {
		t.Errorf("%d permissions, want 31", len(got.Permissions))
	}
}

func TestOwnSessions(t *testing.T) {
	p := webtest.Start(t)
	check := webtest.NewChecker(t, p)
	first, other := p.User(0), p.User(0)
	type session struct {
		ID      string
		Current bool
	}
	list := payload[[]session](t, check.Do(first.Cookie, "GET /me/sessions"))
	if len(list) != 1 || !list[0].Current {
		t.Fatalf("sessions = %+v, want the one that asks", list)
	}
	id := strings.ReplaceAll(list[0].ID, " ", "%20")
	status(t, check.Do(other.Cookie, "DELETE /me/sessions/"+id), 404, "ending somebody else's session")
	status(t, check.Do(first.Cookie, "GET /me"), 200, "after somebody else tried")
	status(t, check.Do(first.Token, "DELETE /me/sessions/"+id), 403, "ending one's own with a token")
	status(t, check.Do(first.Cookie, "GET /me"), 200, "after a token tried")
	status(t, check.Do(first.Access, "DELETE /me/sessions/"+id), 200, "ending one's own")
	status(t, check.Do(first.Cookie, "GET /me"), 401, "the very next request")
	if got := p.LastAudit(); got != "me.endSession done" {
		t.Errorf("audit = %q", got)
	}
}

func TestOwnTokens(t *testing.T) {
	p := webtest.Start(t)
	check := webtest.NewChecker(t, p)
	user, other := p.User(auth.FlowEditor|auth.Backup), p.Admin()
	made := check.Do(user.Cookie, `POST /me/tokens {"name": "ci", "permissions": ["flowEditor"], "days": 7}`)
	status(t, made, 200, "making a token")
	token := payload[struct{ ID, Token, ExpiresAt string }](t, made)

	byToken := webtest.Bearer(token.Token)
	rec := check.Do(byToken, "GET /users/permissions")
	if got := payload[struct{ Permissions map[string]bool }](t, rec); len(got.Permissions) != 1 || !got.Permissions["flowEditor"] {
		t.Errorf("permissions of the token = %v", got)
	}
	list := check.Do(user.Cookie, "GET /me/tokens")
	if strings.Contains(list.Body.String(), token.Token) {
		t.Error("the list shows the token")
	}
	for _, c := range []struct {
		as   webtest.Credential
		body string
		want int
	}{
		{user.Cookie, `{"name": "x", "permissions": ["administrator"]}`, 422},
		{byToken, `{"name": "x", "permissions": ["flowEditor"]}`, 403},
		{user.Cookie, `{"name": "x", "permissions": ["fly"]}`, 422},
		{user.Cookie, `{"permissions": []}`, 422},
		{user.Cookie, `{"name": "x", "days": 367}`, 422},
		{user.Cookie, `{"name": "x", "days": -1}`, 422},
		{nil, `{"name": "x"}`, 401},
	} {
		status(t, check.Do(c.as, "POST /me/tokens "+c.body), c.want, c.body)
	}
	status(t, check.Do(other.Cookie, "DELETE /me/tokens/"+token.ID), 404, "ending somebody else's token")
	status(t, check.Do(byToken, "GET /me"), 200, "after somebody else tried")
	status(t, check.Do(user.Cookie, "DELETE /me/tokens/"+token.ID), 200, "ending it")
	status(t, check.Do(byToken, "GET /me"), 401, "the very next request")
}

// TestWhatTakesASession has a token try to outlive its own end and to keep its owner
// out: it is told why not, and nothing changes.
func TestWhatTakesASession(t *testing.T) {
	p := webtest.Start(t)
	check := webtest.NewChecker(t, p)
	user := p.Admin()
	for _, request := range []string{
		`POST /me/tokens {"name": "heir", "permissions": ["flowEditor"]}`,
		`DELETE /me/tokens/token%20` + user.Name,
		`DELETE /me/sessions/public%20` + user.Name,
		`DELETE /me/sessions`,
		`PATCH /me/preferences {"theme": "dark"}`,
		`PATCH /users {"mode": "info", "name": "Mallory", "email": "m@example.com"}`,
		`PATCH /users {"mode": "PWD", "oldPassword": "x", "newPassword": "` + password + `"}`,
		`POST /me/consent {"password": "` + password + `"}`,
	} {
		rec := check.Do(user.Token, request)
		status(t, rec, 403, request)
		if body := rec.Body.String(); !strings.Contains(body, `"code":"session_needed"`) || !strings.Contains(body, "An API token cannot do this") {
			t.Errorf("%s: %s", request, body)
		}
		if got := p.LastAudit(); !strings.HasSuffix(got, " refused") {
			t.Errorf("%s: audit = %q", request, got)
		}
	}
	for _, read := range []string{"/me", "/me/sessions", "/me/tokens", "/users"} {
		status(t, check.Do(user.Token, "GET "+read), 200, read)
	}
	status(t, check.Do(user.Cookie, "GET /me"), 200, "the owner's session")
	if got := payload[[]auth.TokenInfo](t, check.Do(user.Cookie, "GET /me/tokens")); len(got) != 1 {
		t.Errorf("tokens = %+v", got)
	}
}

// TestOneAnswerForEveryCredential checks that permission logic never asks how
// somebody signed in.
func TestOneAnswerForEveryCredential(t *testing.T) {
	p := webtest.Start(t)
	user := p.User(auth.FlowEditor)
	answer := func(c webtest.Credential) string {
		rec := p.Do(c, "GET", "/systemApi/users/permissions", "")
		return fmt.Sprint(rec.Code, rec.Body)
	}
	want := answer(user.Cookie)
	if got := answer(user.Access); got != want {
		t.Errorf("access token: %s, want %s", got, want)
	}
	if got := answer(user.Token); got != want {
		t.Errorf("personal token: %s, want %s", got, want)
	}
}

func TestMassAssignment(t *testing.T) {
	p := webtest.Start(t)
	check := webtest.NewChecker(t, p)
	body := strings.Replace(ada, `"name": "Ada"`, `"name": "Ada", "id": 77, "hash": "x", "isActive": false, "roles": [9]`, 1)
	rec := check.Do(nil, "POST /setup/blank "+body, "X-Setup-Code", webtest.SetupCode)
	status(t, rec, 200, "setup")
	if got := payload[struct{ ID string }](t, check.Do(cookies(rec), "GET /me")); got.ID != "1" {
		t.Errorf("id = %q, want the database's own", got.ID)
	}
	for _, secret := range []string{"argon2", "hash", "kumquat"} {
		for _, path := range []string{"/me", "/users", "/me/sessions", "/me/tokens"} {
			if strings.Contains(strings.ToLower(check.Do(cookies(rec), "GET "+path).Body.String()), secret) {
				t.Errorf("GET %s shows %q", path, secret)
			}
		}
	}
}

func TestConsent(t *testing.T) {
	p, check, rec := withAda(t)
	ada := cookies(rec)
	status(t, check.Do(ada, `POST /me/consent {"password": "`+password+`"}`), 200, "the right password")
	if got := p.LastAudit(); got != "me.consent done" {
		t.Errorf("audit = %q", got)
	}
	wrong := check.Do(ada, `POST /me/consent {"password": "wrong"}`)
	status(t, wrong, 403, "a wrong password")
	if places := errorsOf(t, wrong); len(places) != 1 || places[0].Path != "password" {
		t.Errorf("places = %v", places)
	}
	if got := p.LastAudit(); got != "me.consent refused" {
		t.Errorf("audit = %q", got)
	}
	status(t, check.Do(ada, `GET /me`), 200, "the session after a wrong password")
	status(t, check.Do(ada, `POST /me/consent {}`), 422, "no password")
	token := payload[struct{ Token string }](t, check.Do(ada, `POST /me/tokens {"name": "ci"}`)).Token
	status(t, check.Do(webtest.Bearer(token), `POST /me/consent {"password": "`+password+`"}`), 403, "a token")
	status(t, check.Do(nil, `POST /me/consent {"password": "`+password+`"}`), 401, "nobody")
	for range 5 {
		check.Do(ada, `POST /me/consent {"password": "wrong"}`)
	}
	slow := check.Do(ada, `POST /me/consent {"password": "`+password+`"}`)
	status(t, slow, 429, "after too many failures")
	if slow.Header().Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
}

func TestConsentInLocalMode(t *testing.T) {
	webtest.Run(t, webtest.Scenario{
		Name: "is not asked for", As: "local", When: `POST /me/consent {"password": "anything"}`, Want: `200`, Audit: "me.consent done",
	})
}

func TestOwnProfile(t *testing.T) {
	webtest.Run(
		t,
		webtest.Scenario{
			Name: "name and address", As: "none",
			Given: []string{`PATCH /users {"mode": "info", "userInfo": {"name": "Grace Hopper", "email": "grace@example.org"}}`},
			When:  `GET /users`, Want: `200 {"payload": {"name": "Grace Hopper", "email": "grace@example.org"}}`,
			Audit: "profile.change done",
		},
		webtest.Scenario{
			Name: "all that is wrong at once", As: "none",
			When: `PATCH /users {"mode": "info", "userInfo": {"name": " ", "email": "nowhere"}}`,
			Want: `422 {"errors": [{"path": "userInfo/name"}, {"path": "userInfo/email"}]}`, Audit: "profile.change failed",
		},
		webtest.Scenario{
			Name: "flags and ids are not bound", As: "none",
			Given: []string{`PATCH /users {"mode": "info", "userInfo": {"name": "x", "username": "root", "isPermanent": true, "roles": [1], "mustChange": true}}`},
			When:  `GET /users`, Want: `200 {"payload": {"username": "user1", "isPermanent": false, "mustChange": false}}`,
		},
		webtest.Scenario{Name: "unknown part", As: "none", When: `PATCH /users {"mode": "all", "userInfo": {"name": "x"}}`, Want: `422 {"errors": [{"path": "mode"}]}`},
		webtest.Scenario{Name: "nothing", As: "none", When: `PATCH /users {}`, Want: `422`},
		webtest.Scenario{
			Name: "local mode has no account", As: "local", When: `PATCH /users {"mode": "info", "userInfo": {"name": "Me"}}`,
			Want: `409 {"code": "local_mode"}`, Audit: "profile.change failed",
		},
		webtest.Scenario{Name: "nobody", As: "nobody", When: `PATCH /users {"mode": "info", "userInfo": {"name": "Me"}}`, Want: `401`},
	)
}

func TestOwnProfileIsOnRecord(t *testing.T) {
	p := webtest.Start(t)
	check := webtest.NewChecker(t, p)
	who := p.User(auth.AuditLogs)
	status(t, check.Do(who.Cookie, `PATCH /users {"mode": "info", "userInfo": {"name": "Grace"}}`), 200, "the change")
	list, _, err := p.DB.Audit().Page(t.Context(), 0, 1)
	if err != nil {
		t.Fatal(err)
	}
	entry := fmt.Sprintf("%s %s %s %s", list[0].Message, list[0].Object, list[0].Before, list[0].After)
	for _, want := range []string{"Changed own profile", "user user1", `"name":"user1"`, `"name":"Grace"`} {
		if !strings.Contains(entry, want) {
			t.Errorf("the entry does not say %s: %s", want, entry)
		}
	}
}

func TestOwnPassword(t *testing.T) {
	p, check, rec := withAda(t)
	ada := cookies(rec)
	login := func(password string) *httptest.ResponseRecorder {
		return check.Do(nil, `POST /users/login {"username": "ada", "password": "`+password+`"}`)
	}
	change := func(who webtest.Credential, old, fresh string) *httptest.ResponseRecorder {
		return check.Do(who, `PATCH /users {"mode": "PWD", "userInfo": {"oldPassword": "`+old+`", "newPassword": "`+fresh+`", "rePassword": "`+fresh+`"}}`)
	}
	other := cookies(login(password))
	token := webtest.Bearer(payload[struct{ Token string }](t, check.Do(ada, `POST /me/tokens {"name": "ci"}`)).Token)

	wrong := change(ada, "wrong", "quince and medlar")
	status(t, wrong, 403, "a wrong old password")
	if places := errorsOf(t, wrong); len(places) != 1 || places[0].Path != "userInfo/oldPassword" {
		t.Errorf("places = %v", places)
	}
	if got := p.LastAudit(); got != "profile.change refused" {
		t.Errorf("audit = %q", got)
	}
	for _, who := range []webtest.Credential{ada, other, token} {
		status(t, check.Do(who, "GET /me"), 200, "after a refused change")
	}

	done := change(ada, password, "quince and medlar")
	status(t, done, 200, "the change")
	if got := p.LastAudit(); got != "profile.change done" {
		t.Errorf("audit = %q", got)
	}
	status(t, check.Do(ada, "GET /me"), 401, "the cookie from before")
	status(t, check.Do(other, "GET /me"), 401, "another session")
	status(t, check.Do(token, "GET /me"), 401, "a token")
	status(t, check.Do(cookies(done), "GET /me"), 200, "the new cookie")
	var beside struct{ AccessToken string }
	if err := json.Unmarshal(done.Body.Bytes(), &beside); err != nil {
		t.Fatal(err)
	}
	status(t, check.Do(webtest.Bearer(beside.AccessToken), "GET /me"), 200, "the new access token")
	status(t, login(password), 401, "the old password")

	again := change(cookies(done), "quince and medlar", password)
	status(t, again, 422, "the password before")
	if places := errorsOf(t, again); len(places) != 1 || places[0].Path != "userInfo/newPassword" {
		t.Errorf("places = %v", places)
	}
	token = webtest.Bearer(payload[struct{ Token string }](t, check.Do(cookies(done), `POST /me/tokens {"name": "ci"}`)).Token)
	last := change(token, "quince and medlar", "blackthorn in May")
	status(t, last, 403, "a change with a token")
	if len(last.Result().Cookies()) != 0 || strings.Contains(last.Body.String(), "accessToken") {
		t.Errorf("a token became a session: %s", last.Body)
	}
	status(t, check.Do(token, "GET /me"), 200, "the token that tried to change it")
	status(t, login("blackthorn in May"), 401, "the password that a token wanted")
	status(t, change(cookies(done), "quince and medlar", "blackthorn in May"), 200, "the same by the session")
	status(t, check.Do(token, "GET /me"), 401, "the token after that")
	status(t, login("blackthorn in May"), 200, "the newest password")
}

// TestPasswordFirst asks for everything with a password that somebody else set.
func TestPasswordFirst(t *testing.T) {
	p, check, _ := withAda(t)
	given, err := p.Accounts.ResetPassword(t.Context(), "ada")
	if err != nil {
		t.Fatal(err)
	}
	in := check.Do(nil, `POST /users/login {"username": "ada", "password": "`+given+`"}`)
	status(t, in, 200, "signing in")
	ada := cookies(in)
	may := map[string]bool{"me.show": true, "session.check": true, "profile.change": true, "session.refresh": true, "session.signOut": true}
	ends := map[string]bool{"session.refresh": true, "session.signOut": true}
	for _, r := range requests(p) {
		if r.Public() || ends[r.ID] {
			continue
		}
		rec := r.send(p, ada, r.Method, r.path)
		isRefused := rec.Code == 403 && (rec.Body.Len() == 0 || strings.Contains(rec.Body.String(), `"code":"password_change_needed"`))
		if isRefused == may[r.ID] {
			t.Errorf("%s: %d %s", r.ID, rec.Code, rec.Body)
		}
	}
	done := check.Do(ada, `PATCH /users {"mode": "PWD", "userInfo": {"oldPassword": "`+given+`", "newPassword": "`+password+`", "rePassword": "`+password+`"}}`)
	status(t, done, 422, "the password from before the reset")
	done = check.Do(ada, `PATCH /users {"mode": "PWD", "userInfo": {"oldPassword": "`+given+`", "newPassword": "quince and medlar", "rePassword": "quince and medlar"}}`)
	status(t, done, 200, "a password of one's own")
	status(t, check.Do(cookies(done), "GET /flows"), 200, "afterwards")
	status(t, check.Do(cookies(done), "DELETE /users/logout"), 200, "signing out")
}

func TestEndOtherSessions(t *testing.T) {
	p, check, rec := withAda(t)
	other := cookies(check.Do(nil, `POST /users/login {"username": "ada", "password": "`+password+`"}`))
	status(t, check.Do(cookies(rec), "DELETE /me/sessions"), 200, "ending the others")
	if got := p.LastAudit(); got != "me.endOtherSessions done" {
		t.Errorf("audit = %q", got)
	}
	status(t, check.Do(other, "GET /me"), 401, "another session")
	status(t, check.Do(cookies(rec), "GET /me"), 200, "the one that asked")
}

// The entries of what people end and of what they prefer say what was there and what
// is left, and no value of a preference that may be a secret.
func TestAccessAudit(t *testing.T) {
	p := webtest.Start(t)
	check := webtest.NewChecker(t, p)
	admin, user, other := p.Admin(), p.User(0), p.User(0)
	one := func(name string) string {
		return `{"id":"public ` + name + `","createdAt":"*","address":"*"}`
	}
	session := func(name string) string { return `"sessions":[` + one(name) + `]` }
	tokens := func(name string) string { return `"tokens":[{"id":"token ` + name + `","name":"*"}]` }
	made := payload[auth.TokenInfo](t, check.Do(user.Cookie, `POST /me/tokens {"name": "ci", "permissions": []}`))
	for _, tt := range []struct {
		as                          webtest.Credential
		request                     string
		object, before, after, lack string
	}{
		{user.Cookie, `PATCH /me/preferences {"theme": "hunter2", "folded": true}`, "preferences of " + user.Name, `{"folded":null,"theme":null}`, `{"folded":true,"theme":"9 bytes"}`, "hunter2"},
		{user.Cookie, `PATCH /me/preferences {"theme": null, "folded": false}`, "preferences of " + user.Name, `{"folded":true,"theme":"9 bytes"}`, `{"folded":false,"theme":null}`, "hunter2"},
		{user.Cookie, `DELETE /me/tokens/` + made.ID, "token ci", `{"id":"` + made.ID + `","name":"ci","permissions":[],"createdAt":"*","expiresAt":"*","lastUsedAt":null}`, ``, "ecf_"},
		{user.Cookie, `DELETE /me/sessions`, "user " + user.Name, `{` + session(user.Name) + `,` + tokens(user.Name) + `}`, `{` + session(user.Name) + `,` + tokens(user.Name) + `}`, ""},
		{other.Cookie, `DELETE /me/sessions/public%20` + other.Name, "session public " + other.Name, one(other.Name), ``, ""},
		{admin.Cookie, `DELETE /admin/users/` + user.Name + `/access?tokens=true`, "user " + user.Name, `{` + session(user.Name) + `,` + tokens(user.Name) + `}`, `{"sessions":[],"tokens":[]}`, ""},
		{admin.Cookie, `DELETE /admin/users/` + other.Name + `/tokens/token%20` + other.Name, "user " + other.Name, `{"sessions":[],` + tokens(other.Name) + `}`, `{"sessions":[],"tokens":[]}`, ""},
	} {
		status(t, check.Do(tt.as, tt.request), 200, tt.request)
		list, _, err := p.DB.Audit().Page(t.Context(), 0, 1)
		if err != nil {
			t.Fatal(err)
		}
		before, after := string(list[0].Before), string(list[0].After)
		if list[0].Object != tt.object || !like(tt.before, before) || !like(tt.after, after) || tt.lack != "" && strings.Contains(before+after, tt.lack) {
			t.Errorf("%s: %s: %s, then %s", tt.request, list[0].Object, before, after)
		}
	}
}

// like reports whether the text is the pattern, in which "*" stands for any string.
func like(pattern, text string) bool {
	return regexp.MustCompile("^" + strings.ReplaceAll(regexp.QuoteMeta(pattern), `"\*"`, `"[^"]*"`) + "$").MatchString(text)
}
