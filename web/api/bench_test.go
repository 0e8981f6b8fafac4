package api_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"ecoflow/web/webtest"
)

// BenchmarkOverview measures all that the overview asks the server for, with 1,000
// routes live and 1,000,000 audit entries: under 20 ms in all is what is promised.
func BenchmarkOverview(b *testing.B) {
	const flows, routes, entries = 20, 50, 1_000_000
	p := webtest.Start(b)
	who := p.Admin().Cookie
	list := make([]string, flows)
	for i := range list {
		s := new(sketch)
		for j := range routes {
			id := fmt.Sprintf("f%d-r%d", i, j)
			s.node(id+"-in", "Request", "Request", fmt.Sprintf(`{"apiMethod":"GET","apiEndpoint":"/f%d/r%d/:id"}`, i, j)).
				node(id+"-text", "Middleware", "Text", `{"sampleText":"hello"}`).
				node(id+"-out", "Response", "Response", `{"responseKey":"msg"}`).
				edge(id+"-in", id+"-text").edge(id+"-text", id+"-out")
		}
		list[i] = fmt.Sprintf(`"flow %d": %s`, i, s.json())
	}
	if rec := p.Do(who, "POST", "/systemApi/flows/deploy", `{"flowconfigurations": {`+strings.Join(list, ",")+`}}`); rec.Code != 200 {
		b.Fatalf("deploy: %d %s", rec.Code, rec.Body)
	}
	p.Exec(`WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
		INSERT INTO audit SELECT (SELECT max(id) FROM audit) + i, i * 1000, 'user' || (i % 50), '127.0.0.1', 'area' || (i % 9) || '.act', 'thing ' || (i % 700),
			'Did the thing ' || i, 'Info', 'done', NULL, NULL, 'request', (SELECT max(id) FROM audit_keys), randomblob(32) FROM n`, entries)
	all := []string{
		"/me", "/me/sessions", "/server/state", "/server/traffic", "/health", "/drafts", "/deployments?limit=5", "/audit?limit=5", "/dashboard/status",
	}
	ask := func(b *testing.B, path string) {
		b.Helper()
		if rec := p.Do(who, "GET", "/systemApi"+path, ""); rec.Code != 200 {
			b.Fatalf("%s: %d %s", path, rec.Code, rec.Body)
		}
	}
	for _, path := range all {
		b.Run(strings.Trim(path, "/"), func(b *testing.B) {
			for b.Loop() {
				ask(b, path)
			}
		})
	}
	b.Run("all", func(b *testing.B) {
		var longest time.Duration
		for b.Loop() {
			start := time.Now()
			for _, path := range all {
				ask(b, path)
			}
			longest = max(longest, time.Since(start))
		}
		b.ReportMetric(float64(longest.Microseconds())/1000, "longest-ms")
	})
}
