package api_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"ecoflow/app/auth"
	"ecoflow/app/traffic"
	"ecoflow/web/drive"
	"ecoflow/web/webtest"
)

func TestDashboard(t *testing.T) {
	webtest.Run(t,
		webtest.Scenario{
			Name: "it shows nothing where there is nothing, without asking anybody outside",
			As:   "none",
			When: "GET /dashboard/status",
			Want: `200 {"success": true, "payload": {"availablePackage": null, "DBConnectionCount": 0, "userEnvsNames": [], "routesStatus": []}}`,
		},
		webtest.Scenario{
			Name:  "it shows the routes that are live",
			As:    "flowEditor",
			Given: []string{`POST /flows/deploy {"flowconfigurations":{"shop":` + says("users/:id/:sub", "hello") + `}}`},
			When:  "GET /dashboard/status",
			Want:  `200 {"payload": {"installedPackage": 3, "routesStatus": [{"path": "/api/users/:id/:sub", "method": "HEAD, GET", "params": "id, sub"}]}}`,
		},
		webtest.Scenario{
			Name: "strangers see nothing",
			As:   "nobody",
			When: "GET /dashboard/status",
			Want: `401 {"error": true}`,
		},
	)
}

func TestTrafficAndMetrics(t *testing.T) {
	d := sit(t)
	d.ask(200, `POST /flows/deploy {"flowconfigurations":{"shop":`+says("shop", "hello")+`}}`)
	for range 3 {
		if rec := d.Do(nil, "GET", "/api/shop", ""); rec.Code != 200 {
			t.Fatalf("GET /api/shop: %d %s", rec.Code, rec.Body)
		}
	}
	d.Do(nil, "POST", "/api/shop", "")
	d.Do(nil, "GET", "/api/nothing", "")
	day := d.ask(200, `GET /server/traffic`)
	d.wants(member(t, day, "payload", "requests"), 5.0, "requests")
	d.wants(member(t, day, "payload", "errors"), 0.0, "errors")
	points := member(t, day, "payload", "points").([]any)
	d.wants(len(points), traffic.Kept, "points")
	d.wants(len(member(t, day, "payload", "failing").([]any)), 0, "failing routes")

	reader := d.User(auth.ServerConfigurationShow)
	for way, who := range map[string]webtest.Credential{"cookie": reader.Cookie, "token": reader.Token} {
		rec := d.Do(who, "GET", "/systemApi/metrics", "")
		if got := rec.Header().Get("Content-Type"); rec.Code != 200 || !strings.HasPrefix(got, "text/plain; version=0.0.4") {
			t.Fatalf("metrics by %s: %d %s", way, rec.Code, got)
		}
		parser := expfmt.NewTextParser(model.UTF8Validation)
		families, err := parser.TextToMetricFamilies(rec.Body)
		if err != nil {
			t.Fatalf("metrics by %s: %v", way, err)
		}
		value := func(name string, labels ...string) float64 {
			for _, m := range families[name].GetMetric() {
				var have []string
				for _, l := range m.GetLabel() {
					have = append(have, l.GetName()+"="+l.GetValue())
				}
				if slices.Equal(have, labels) {
					return m.GetCounter().GetValue() + m.GetGauge().GetValue()
				}
			}
			t.Errorf("metrics by %s: no %s %v", way, name, labels)
			return 0
		}
		d.wants(value("ecoflow_requests_total", "class=2xx", "method=GET"), 3.0, "answered")
		d.wants(value("ecoflow_requests_total", "class=4xx", "method=GET"), 1.0, "not there")
		d.wants(value("ecoflow_route_requests_total", "class=2xx", "method=GET", "route=/api/shop"), 3.0, "answered by the route")
		d.wants(len(families["ecoflow_route_requests_total"].GetMetric()), 1, "routes that are told apart")
		d.wants(value("ecoflow_requests_total", "class=4xx", "method=POST"), 1.0, "not allowed")
		d.wants(value("ecoflow_runs_in_flight"), 0.0, "running")
		d.wants(value("ecoflow_routes"), 1.0, "routes")
		d.wants(value("ecoflow_health", "part=storage"), 0.0, "storage")
		d.wants(families["ecoflow_request_duration_seconds"].GetMetric()[0].GetHistogram().GetSampleCount(), uint64(5), "durations")
		if families["go_goroutines"] == nil || families["process_start_time_seconds"] == nil {
			t.Errorf("metrics by %s: nothing of the process", way)
		}
	}
}

// The routes that fail are named with their flow, as long as they are live.
func TestFailingRoutes(t *testing.T) {
	d := sit(t)
	failing := func() []any { return member(t, d.ask(200, `GET /server/traffic`), "payload", "failing").([]any) }
	fails := drive.NewFlow().Request("f1", "GET", "/fails/:id").Function("f2", "throw new Error('no')").Response("f3", "msg").Edge("f1", "f2", "f3")
	body, err := json.Marshal(map[string]any{"flowconfigurations": map[string]any{"shop": fails}})
	if err != nil {
		t.Fatal(err)
	}
	d.ask(200, `POST /flows/deploy `+string(body))
	for range 2 {
		d.Do(nil, "GET", "/api/fails/7", "")
	}
	got, err := json.Marshal(failing())
	if want := `[{"errors":2,"flow":"shop","method":"GET","path":"/api/fails/:id","requests":2}]`; err != nil || string(got) != want {
		t.Errorf("failing routes: %s, want %s (%v)", got, want, err)
	}
	if memory := member(t, d.ask(200, `GET /server/state`), "payload", "memory").(float64); memory < 1<<20 {
		t.Errorf("memory in use: %v", memory)
	}
	d.ask(200, `POST /flows/deploy {"flowconfigurations":{"shop":`+says("shop", "hello")+`}}`)
	d.wants(len(failing()), 0, "failing routes after another deploy")
}

// S9: as soon as a flow serves a page, an address of its own is offered for the API.
func TestPagesWantAnAddress(t *testing.T) {
	d := sit(t)
	page := strings.Replace(says("page", "<p>hello"), `{"responseKey":"msg"}`, `{"mode":"direct","send":"text","contentType":"text/html"}`, 1)
	d.ask(200, `POST /flows/deploy {"flowconfigurations":{"page":`+page+`,"shop":`+says("shop", "hello")+`}}`)
	wants := func() any { return member(t, d.ask(200, `GET /server/state`), "payload", "wantsAddress") }
	d.Do(nil, "GET", "/api/shop", "")
	d.wants(wants(), false, "without a page")
	if rec := d.Do(nil, "GET", "/api/page", ""); !strings.HasPrefix(rec.Header().Get("Content-Type"), "text/html") || rec.Header().Get("Content-Security-Policy") == "" {
		t.Fatalf("GET /api/page: %d %v", rec.Code, rec.Header())
	}
	d.wants(wants(), true, "after a page")
}
