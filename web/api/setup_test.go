package api_test

import (
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"ecoflow/web/webtest"
)

func TestStatus(t *testing.T) {
	webtest.Run(
		t,
		webtest.Scenario{
			Name: "before setup", As: "nobody", When: `GET /init/status`,
			Want: `200 {"success": true, "payload": {"isAuth": true, "isNewClient": true}, "isAuth": true, "isNewClient": true}`,
		},
		webtest.Scenario{
			Name: "with a user", As: "admin", When: `GET /init/status`,
			Want: `200 {"payload": {"isAuth": true, "isNewClient": false}}`,
		},
		webtest.Scenario{
			Name: "local mode", As: "local", When: `GET /init/status`,
			Want: `200 {"payload": {"isAuth": false, "isNewClient": true}}`,
		},
	)
}

func TestSetup(t *testing.T) {
	p := webtest.Start(t)
	check := webtest.NewChecker(t, p)
	do := func(request string, header ...string) int {
		t.Helper()
		return check.Do(nil, request, header...).Code
	}
	for _, c := range []struct {
		request string
		code    string
		want    int
	}{
		{"POST /setup/blank " + ada, "", 401},
		{"POST /setup/blank " + ada, "WRNG-CODE", 401},
		{`POST /setup/blank/validateDB {"useDefault": true}`, "", 401},
		{`POST /setup/blank/validateDB {"useDefault": true}`, webtest.SetupCode, 200},
		{`POST /setup/blank/validateDB {"databaseDriver": "Sqlite"}`, webtest.SetupCode, 200},
		{`POST /setup/blank/validateDB {"databaseDriver": "MySQL"}`, webtest.SetupCode, 422},
		{`POST /setup/blank/validateDB {}`, webtest.SetupCode, 422},
		{`POST /setup/blank {}`, webtest.SetupCode, 422},
		{"POST /setup/blank {", webtest.SetupCode, 400},
	} {
		if got := do(c.request, "X-Setup-Code", c.code); got != c.want {
			t.Errorf("%s with code %q: status %d, want %d", c.request, c.code, got, c.want)
		}
	}

	// A file of one's own is not what the system uses, and the answer says so.
	const notUsed = "It is ecoflow.db in the data folder of EcoFlow; the file name /tmp/zz is not used."
	own := check.Do(nil, `POST /setup/blank/validateDB {"databaseDriver": "Sqlite", "databaseConfigurationFilename": "/tmp/zz"}`, "X-Setup-Code", webtest.SetupCode)
	if got := payload[string](t, own); got != "The built-in SQLite database is ready to use. "+notUsed {
		t.Errorf("a file of one's own: %q", got)
	}
	withFile := strings.Replace(ada, `"useDefault": true`, `"databaseDriver": "Sqlite", "databaseConfigurationFilename": "/tmp/zz"`, 1)
	rec := check.Do(nil, "POST /setup/blank "+withFile, "X-Setup-Code", webtest.SetupCode)
	status(t, rec, 200, "setup")
	if got := payload[struct{ Msg string }](t, rec).Msg; !strings.HasSuffix(got, notUsed) {
		t.Errorf("setup with a file of one's own: %q", got)
	}
	if got := payload[map[string]any](t, rec); got["restart"] != false || got["msg"] == "" {
		t.Errorf("setup answers %v", got)
	}
	if got := p.LastAudit(); got != "setup.blank done" {
		t.Errorf("audit = %q", got)
	}
	status(t, check.Do(cookies(rec), "GET /me"), 200, "signed in by setup")

	for _, request := range []string{"POST /setup/blank " + ada, `POST /setup/blank/validateDB {"useDefault": true}`} {
		if got := do(request, "X-Setup-Code", webtest.SetupCode); got != 404 {
			t.Errorf("%s after setup: status %d, want 404", request, got)
		}
	}
}

func TestSetupNamesEveryField(t *testing.T) {
	p := webtest.Start(t)
	rec := webtest.NewChecker(t, p).Do(nil, `POST /setup/blank {"userInfo": {"password": "short", "email": "x"}}`, "X-Setup-Code", webtest.SetupCode)
	status(t, rec, 422, "an empty form")
	if got := len(errorsOf(t, rec)); got != 5 {
		t.Errorf("%d fields named, want 5: %s", got, rec.Body)
	}
}

func TestFiftySetupsAtOnce(t *testing.T) {
	p := webtest.Start(t)
	var done, gone atomic.Int64
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			switch rec := p.Do(nil, "POST", "/systemApi/setup/blank", ada, "X-Setup-Code", webtest.SetupCode); rec.Code {
			case 200:
				done.Add(1)
			case 404:
				gone.Add(1)
			default:
				t.Errorf("%d %s", rec.Code, rec.Body)
			}
		})
	}
	all.Wait()
	if done.Load() != 1 || gone.Load() != 49 {
		t.Errorf("%d set up, %d too late, want 1 and 49", done.Load(), gone.Load())
	}
}
