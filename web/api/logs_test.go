package api_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"ecoflow/app/event"
	"ecoflow/app/log"
	"ecoflow/web/webtest"
)

func TestLogScenarios(t *testing.T) {
	webtest.Run(t,
		webtest.Scenario{
			Name: "the log", As: "serverConfigurationShow",
			When: `GET /logs?text=nothing+like+it`, Want: `200 {"success": true, "payload": [], "count": 0, "files": false, "dropped": 0}`,
		},
		webtest.Scenario{
			Name: "not for everybody", As: "auditLogs",
			When: `GET /logs`, Want: `403 {"code": "missing_permission", "missing": ["serverConfigurationShow"]}`,
		},
		webtest.Scenario{
			Name: "a level that is none", As: "admin",
			When: `GET /logs?level=loud&limit=x`, Want: `422 {"errors": [{"path": "level"}, {"path": "limit"}]}`,
		},
		webtest.Scenario{
			Name: "a download not for everybody", As: "flowEditor",
			When: `GET /logs/download`, Want: `403 {"code": "missing_permission"}`,
		},
	)
}

func TestLogTail(t *testing.T) {
	d := sit(t)
	reader, _, _ := d.Events.Subscribe(0, 1000)
	defer reader.Close()
	for i := range 20 {
		d.App.Log.Log(t.Context(), []slog.Level{slog.LevelInfo, slog.LevelWarn}[i%2], "counted", "n", i, "token", "canary-secret", "text", "a\nb=c")
	}
	// The batch of the log event says that the records are written.
	seen := 0
	for timeout := time.After(time.Minute); seen < 20; {
		select {
		case e := <-reader.Events():
			if b, ok := e.Data.(log.Batch); ok && e.Type == event.Log {
				for _, r := range b.Records {
					if r.Message == "counted" {
						seen++
					}
				}
			}
		case <-timeout:
			t.Fatalf("%d of 20 records came as events", seen)
		}
	}
	body := d.ask(200, `GET /logs?text=counted&level=warn`)
	d.wants(member(t, body, "count"), 10.0, "warnings")
	d.wants(member(t, body, "payload", 0, "fields", 0, "value"), "19", "newest")
	d.wants(member(t, body, "payload", 0, "fields", 1, "value"), "***", "secret")
	d.wants(member(t, body, "payload", 0, "fields", 2, "value"), "a\nb=c", "text of two lines")
	rec := d.Do(d.who, "GET", "/systemApi/logs/download", "")
	if text := rec.Body.String(); strings.Count(text, "msg=counted") != 20 || strings.Contains(text, "canary") || !strings.Contains(rec.Header().Get("Content-Disposition"), "attachment") {
		t.Errorf("download: %v %.500s", rec.Header(), text)
	}
	d.wants(member(t, d.ask(200, fmt.Sprintf(`GET /logs?limit=%d`, 5000)), "files"), false, "files")
}

func TestACallerWhoLeavesIsNoErrorOfOurs(t *testing.T) {
	p := webtest.Start(t)
	admin := p.Admin()
	gone, leave := context.WithCancel(t.Context())
	leave()
	p.ServeHTTP(httptest.NewRecorder(), p.Request(admin.Cookie, "GET", "/systemApi/me", "").WithContext(gone))
	if rec := p.Do(admin.Cookie, "GET", "/systemApi/logs?level=error", ""); strings.Contains(rec.Body.String(), "credential not checked") {
		t.Error(rec.Body)
	}
}
