package api_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"ecoflow/web/webtest"
)

const (
	password = "kumquat marmalade"
	ada      = `{"databaseInfo": {"useDefault": true}, "userInfo": {"name": "Ada", "username": "Ada", "password": "` + password + `", "email": "ada@example.com"}}`
)

// withAda starts a product that ada has set up, and returns the answer to that.
func withAda(t *testing.T) (*webtest.Product, *webtest.Checker, *httptest.ResponseRecorder) {
	t.Helper()
	p := webtest.Start(t)
	check := webtest.NewChecker(t, p)
	rec := check.Do(nil, "POST /setup/blank "+ada, "X-Setup-Code", webtest.SetupCode)
	if rec.Code != http.StatusOK {
		t.Fatalf("setup: %d %s", rec.Code, rec.Body)
	}
	return p, check, rec
}

// cookies is the credential that an answer set.
func cookies(rec *httptest.ResponseRecorder) webtest.Credential {
	list := rec.Result().Cookies()
	return func(r *http.Request) {
		for _, c := range list {
			r.AddCookie(&http.Cookie{Name: c.Name, Value: c.Value})
		}
	}
}

// payload reads an answer's payload.
func payload[T any](t *testing.T, rec *httptest.ResponseRecorder) T {
	t.Helper()
	var envelope struct{ Payload T }
	if err := json.Unmarshal(rec.Body.Bytes(), &envelope); err != nil {
		t.Fatalf("%s: %v", rec.Body, err)
	}
	return envelope.Payload
}

func status(t *testing.T, rec *httptest.ResponseRecorder, want int, why string) {
	t.Helper()
	if rec.Code != want {
		t.Errorf("%s: status %d, want %d: %s", why, rec.Code, want, rec.Body)
	}
}

func TestSignInAndOut(t *testing.T) {
	p, check, _ := withAda(t)
	for _, users := range []string{"/users", "/auth/users"} {
		in := check.Do(nil, "POST "+users+`/login {"username": "ADA", "password": "`+password+`"}`)
		status(t, in, 200, "login")
		cookie, access := cookies(in), webtest.Bearer(payload[string](t, in))
		for _, who := range []webtest.Credential{cookie, access} {
			rec := check.Do(who, "GET "+users+"/isAuthenticated")
			status(t, rec, 200, "isAuthenticated")
			got := payload[struct {
				ID       string `json:"_id"`
				Iat, Exp int64
			}](t, rec)
			if got.ID != "ada" || got.Iat == 0 || got.Exp <= got.Iat {
				t.Errorf("isAuthenticated = %+v", got)
			}
		}

		fresh := check.Do(cookie, "PATCH "+users+"/refreshToken {}")
		status(t, fresh, 200, "refresh")
		status(t, check.Do(cookie, "GET /me"), 401, "the cookie from before the refresh")
		status(t, check.Do(access, "GET /me"), 401, "the access token from before the refresh")
		cookie, access = cookies(fresh), webtest.Bearer(payload[string](t, fresh))
		status(t, check.Do(access, "PATCH "+users+"/refreshToken {}"), 401, "refresh with a bearer token")
		status(t, check.Do(nil, "PATCH "+users+"/refreshToken {}"), 401, "refresh without a cookie")

		out := check.Do(cookie, "DELETE "+users+"/logout")
		status(t, out, 200, "logout")
		if list := out.Result().Cookies(); len(list) != 1 || list[0].MaxAge != -1 {
			t.Errorf("logout sets %v, want one expired cookie", list)
		}
		status(t, check.Do(cookie, "GET /me"), 401, "the cookie after logout")
		status(t, check.Do(access, "GET /me"), 401, "the access token after logout")
	}
	if got := p.LastAudit(); got != "session.signOut done" {
		t.Errorf("audit = %q", got)
	}
}

func TestSignInSetsTheOneCookie(t *testing.T) {
	_, check, _ := withAda(t)
	login := `POST /users/login {"username": "ada", "password": "` + password + `"}`
	first := check.Do(nil, login)
	list := first.Result().Cookies()
	if len(list) != 1 {
		t.Fatalf("%d cookies, want 1", len(list))
	}
	c := list[0]
	if !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.Path != "/systemApi" || c.Secure || c.Domain != "" {
		t.Errorf("cookie = %s", c)
	}
	if strings.Contains(first.Body.String(), c.Value) {
		t.Error("the body shows the cookie")
	}
	// A session fixed before signing in is replaced and ends.
	second := check.Do(cookies(first), login)
	if second.Result().Cookies()[0].Value == c.Value {
		t.Error("the session stayed the same")
	}
	status(t, check.Do(cookies(first), "GET /me"), 401, "the session from before")
	status(t, check.Do(cookies(second), "GET /me"), 200, "the new session")
	// A dead cookie does not stand in the way of signing in.
	status(t, check.Do(cookies(first), login), 200, "login with a dead cookie")
}

func TestSignInFails(t *testing.T) {
	p, check, _ := withAda(t)
	var bodies []string
	for _, body := range []string{
		`{"username": "ada", "password": "wrong"}`,
		`{"username": "nobody", "password": "wrong"}`,
		`{"username": "\u0000", "password": "wrong"}`,
	} {
		rec := check.Do(nil, "POST /users/login "+body)
		status(t, rec, 401, body)
		if len(rec.Result().Cookies()) > 0 {
			t.Error("a refused sign-in sets a cookie")
		}
		var fields map[string]any
		if err := json.Unmarshal(rec.Body.Bytes(), &fields); err != nil {
			t.Fatal(err)
		}
		delete(fields, "requestId")
		text, _ := json.Marshal(fields)
		bodies = append(bodies, string(text))
	}
	if bodies[0] != bodies[1] || bodies[0] != bodies[2] {
		t.Errorf("unknown and wrong are told apart: %q", bodies)
	}
	if got := p.LastAudit(); got != "session.signIn refused" {
		t.Errorf("audit = %q", got)
	}
	status(t, check.Do(nil, `POST /users/login {"username": "ada"}`), 422, "no password")
	for range 10 {
		check.Do(nil, `POST /users/login {"username": "ada", "password": "wrong"}`)
	}
	rec := check.Do(nil, `POST /users/login {"username": "ada", "password": "`+password+`"}`)
	status(t, rec, 429, "after too many failures")
	if rec.Header().Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
}

// TestSignInAudit checks that counting failures and upgrading hashes leave the
// entry to the act itself.
func TestSignInAudit(t *testing.T) {
	p, check, _ := withAda(t)
	for _, given := range []string{"wrong", "wrong", password} {
		check.Do(nil, `POST /users/login {"username": "Ada", "password": "`+given+`"}`)
	}
	records, total, err := p.DB.Audit().Page(t.Context(), 0, 10)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range records {
		got = append(got, r.Action+" "+string(r.Result)+" by "+r.Actor+" from "+r.Address)
	}
	want := []string{
		"session.signIn done by ada from 127.0.0.1",
		"session.signIn refused by  from 127.0.0.1",
		"session.signIn refused by  from 127.0.0.1",
		"setup.blank done by ada from 127.0.0.1",
	}
	if total != 4 || !slices.Equal(got, want) {
		t.Errorf("audit = %q, want %q", got, want)
	}
}

func TestSpoofedAddressDoesNotMoveTheLimiter(t *testing.T) {
	_, check, _ := withAda(t)
	var last *httptest.ResponseRecorder
	for i := range 10 {
		last = check.Do(nil, `POST /users/login {"username": "ada", "password": "wrong"}`, "X-Forwarded-For", "203.0.113."+string(rune('0'+i)))
	}
	status(t, last, 429, "tenth failure, each from another claimed address")
}

func TestLaunch(t *testing.T) {
	p := webtest.Start(t, webtest.Local)
	check := webtest.NewChecker(t, p)
	token := p.Accounts.LaunchToken()
	status(t, check.Do(nil, "GET /me"), 401, "a stranger in local mode")
	rec := check.Do(nil, `POST /launch {"token": "`+token+`"}`)
	status(t, rec, 200, "launch")
	if got := p.LastAudit(); got != "session.launch done" {
		t.Errorf("audit = %q", got)
	}
	status(t, check.Do(nil, `POST /launch {"token": "`+token+`"}`), 401, "second use")
	status(t, check.Do(nil, `POST /launch {"token": ""}`), 422, "no token")
	status(t, check.Do(nil, `POST /users/login {"username": "local", "password": "x"}`), 409, "a password in local mode")
	person := cookies(rec)
	status(t, check.Do(person, "GET /users"), 200, "profile")
	status(t, check.Do(person, "PATCH /users/refreshToken {}"), 200, "refresh")
}
