package api_test

import (
	"context"
	"errors"
	"net/http"
	"testing"

	"ecoflow/app/auth"
	"ecoflow/app/system"
	"ecoflow/web/webtest"
)

// Endpoint 40: what each mode needs, what it answers, and what is kept of it.
func TestOperatingTheServer(t *testing.T) {
	const running = `"running": {"runs": 0, "requests": 0, "streams": 0}`
	webtest.Run(t,
		webtest.Scenario{
			Name: "anybody signed in may ask how it is", As: "none",
			When: `POST /server {"Mode": "status"}`,
			Want: `200 {"success": true, "payload": {"isServerOnline": true}, ` + running + `}`,
		},
		webtest.Scenario{
			Name: "whoever may restart it", As: "restartServer",
			When: `POST /server {"Mode": "restart"}`, Want: `200 {"success": true, "payload": "EcoFlow restarts now.", ` + running + `}`,
			Audit: "server.operate done",
		},
		webtest.Scenario{
			Name: "whoever may stop it", As: "stopServer",
			When: `POST /server {"Mode": "stop"}`, Want: `200 {"success": true, "payload": "EcoFlow stops now.", ` + running + `}`,
			Audit: "server.operate done",
		},
		webtest.Scenario{
			Name: "stopping is no right to restart", As: "stopServer",
			When: `POST /server {"Mode": "restart"}`, Want: `403 {"code": "missing_permission", "missing": ["restartServer"]}`, Audit: "server.operate refused",
		},
		webtest.Scenario{
			Name: "restarting is no right to stop", As: "restartServer",
			When: `POST /server {"Mode": "stop"}`, Want: `403 {"missing": ["stopServer"]}`, Audit: "server.operate refused",
		},
		webtest.Scenario{
			Name: "a stranger", As: "nobody",
			When: `POST /server {"Mode": "status"}`, Want: `401`,
		},
		webtest.Scenario{
			Name: "an unknown mode", As: "admin",
			When: `POST /server {"Mode": "dance"}`, Want: `422 {"errors": [{"path": "Mode"}]}`, Audit: "server.operate failed",
		},
		webtest.Scenario{
			Name: "no mode", As: "admin",
			When: `POST /server {}`, Want: `422 {"errors": [{"path": "Mode"}]}`,
		},
	)
}

// A question leaves no entry, and does nothing.
func TestAskingForTheStatusIsNotAudited(t *testing.T) {
	p := webtest.Start(t)
	_, before, err := p.DB.Audit().Page(t.Context(), 0, 1)
	if err != nil {
		t.Fatal(err)
	}
	if rec := p.Do(p.User(0).Cookie, "POST", "/systemApi/server", `{"Mode": "status"}`); rec.Code != http.StatusOK {
		t.Error(rec.Body)
	}
	if _, after, err := p.DB.Audit().Page(t.Context(), 0, 1); err != nil || after != before {
		t.Errorf("%d entries became %d, %v", before, after, err)
	}
	if end := p.System.Ending(); end != "" {
		t.Errorf("it is %s", end)
	}
}

// What the rehearsal says is answered, and the server goes on; a stop goes before a
// restart.
func TestARestartIsRehearsed(t *testing.T) {
	p := webtest.Start(t)
	admin := p.User(auth.Administrator)
	fails := errors.New("a library is missing")
	p.System.Rehearse = func(context.Context) error { return fails }
	check := webtest.NewChecker(t, p)
	rec := check.Do(admin.Cookie, `POST /server {"Mode": "restart"}`)
	if rec.Code != http.StatusServiceUnavailable || p.System.Ending() != "" || p.System.RestartFailed().IsZero() || p.LastAudit() != "server.operate failed" {
		t.Errorf("%d %s, %q", rec.Code, rec.Body, p.System.Ending())
	}
	fails = nil
	if rec := check.Do(admin.Cookie, `POST /server {"Mode": "restart", "safe": true}`); rec.Code != http.StatusOK || p.System.Ending() != system.Restarting {
		t.Errorf("%d %s, %q", rec.Code, rec.Body, p.System.Ending())
	}
	if safe := p.System.Anew().Safe; safe == nil || !*safe || !p.System.RestartFailed().IsZero() {
		t.Errorf("safe %v, failed %v", safe, p.System.RestartFailed())
	}
	if rec := check.Do(admin.Cookie, `POST /server {"Mode": "restart"}`); rec.Code != http.StatusConflict {
		t.Errorf("a second restart: %d %s", rec.Code, rec.Body)
	}
	if rec := check.Do(admin.Cookie, `POST /server {"Mode": "stop"}`); rec.Code != http.StatusOK || p.System.Ending() != system.Stopping {
		t.Errorf("a stop: %d %s, %q", rec.Code, rec.Body, p.System.Ending())
	}
}
