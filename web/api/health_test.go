package api_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ecoflow/app"
	"ecoflow/app/system"
	"ecoflow/web"
	"ecoflow/web/webtest"
)

func TestHealth(t *testing.T) {
	webtest.Run(t,
		webtest.Scenario{
			Name: "each part says how it is",
			As:   "serverConfigurationShow",
			When: `GET /health`,
			Want: `200 {"success": true, "payload": {"state": "ok", "parts": "*"}}`,
		},
		webtest.Scenario{
			Name: "not to everybody",
			As:   "flowEditor",
			When: `GET /health`,
			Want: `403 {"code": "missing_permission", "missing": ["serverConfigurationShow"]}`,
		},
		webtest.Scenario{
			Name: "supervisors need no right",
			As:   "nobody",
			When: `GET /health/live`,
			Want: `200 {"success": true}`,
		},
		webtest.Scenario{
			Name: "load balancers neither",
			As:   "nobody",
			When: `GET /health/ready`,
			Want: `200 {"success": true}`,
		},
	)
}

func TestReadyWhileStopping(t *testing.T) {
	p := webtest.Start(t)
	check := webtest.NewChecker(t, p)
	p.System.Leaving()
	if rec := check.Do(nil, `GET /health/ready`); rec.Code != http.StatusServiceUnavailable || !strings.Contains(rec.Body.String(), `"not_ready"`) {
		t.Errorf("ready: %d %s", rec.Code, rec.Body)
	}
	if rec := check.Do(nil, `GET /health/live`); rec.Code != http.StatusOK {
		t.Errorf("live: %d %s", rec.Code, rec.Body)
	}
}

// part returns how a part is, as GET /health says.
func (d *desk) part(name string) (state, reason string) {
	d.Helper()
	for _, p := range member(d.T, d.ask(200, `GET /health`), "payload", "parts").([]any) {
		if p := p.(map[string]any); p["part"] == name {
			return p["state"].(string), p["reason"].(string)
		}
	}
	d.Fatalf("there is no part %s", name)
	return "", ""
}

// R25: what is wrong is told, with a reason, and the bars above every page say it.
func TestHealthOfWhatBreaks(t *testing.T) {
	d := sit(t)
	if state, reason := d.part("storage"); state != "ok" || !strings.Contains(reason, "The database has") {
		t.Errorf("at first: %s %s", state, reason)
	}
	path := filepath.Join(d.Dir, "ecoflow.db")
	if err := os.Rename(path, path+".away"); err != nil {
		t.Fatal(err)
	}
	if state, reason := d.part("storage"); state != "failed" || !strings.Contains(reason, "not where it was") {
		t.Errorf("without its file: %s %s", state, reason)
	}
	bars := member(t, d.ask(200, `GET /server/state`), "payload", "troubles").([]any)
	if len(bars) != 1 || bars[0].(map[string]any)["code"] != "storage" {
		t.Errorf("bars: %v", bars)
	}
	if err := os.Rename(path+".away", path); err != nil {
		t.Fatal(err)
	}
	if state, _ := d.part("storage"); state != "ok" {
		t.Errorf("with its file again: %s", state)
	}

	d.Limits.Refused("runs")
	d.Limits.Refused("unknown host") // somebody knocks; nothing is short
	if state, reason := d.part("limits"); state != "warning" || !strings.Contains(reason, "runs (1).") {
		t.Errorf("overloaded: %s %s", state, reason)
	}
}

func TestHealthInSafeMode(t *testing.T) {
	d := sit(t, webtest.Option(func(o *app.Options, _ *web.Options) { o.System = system.New(true) }))
	if state, reason := d.part("flows"); state != "warning" || !strings.Contains(reason, "safe mode") {
		t.Errorf("%s %s", state, reason)
	}
	bars := member(t, d.ask(200, `GET /server/state`), "payload", "troubles").([]any)
	if len(bars) != 1 || bars[0].(map[string]any)["code"] != "safe_mode" {
		t.Errorf("bars: %v", bars)
	}
}
