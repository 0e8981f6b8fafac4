package api_test

import (
	"fmt"
	"testing"

	"ecoflow/app/limit"
)

// Whoever asks for more rows than a page may hold gets as many as it may, is told
// so, and can go on.
func TestPagesAreClamped(t *testing.T) {
	d := sit(t)
	const rows = limit.PageRows + 5
	for _, statement := range []string{
		`INSERT INTO users (username, name, email, hash, is_active, is_permanent, must_change, created, updated)
			SELECT 'somebody' || i, 'Somebody ' || i, '', 'none', 1, 0, 0, 1, 1 FROM n`,
		`INSERT INTO deployments (time, author, mode, hash) SELECT i, 'ada', 'all', zeroblob(32) FROM n`,
		`INSERT INTO audit SELECT (SELECT max(id) FROM audit) + i, i * 1000, 'ada', '127.0.0.1', 'flow.deploy', '', 'Deployed', 'Info', 'done', NULL, NULL,
			'request', (SELECT max(id) FROM audit_keys), randomblob(32) FROM n`,
	} {
		d.Exec(`WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) `+statement, rows)
	}
	for _, path := range []string{"/admin/users", "/deployments", "/audit"} {
		for _, asked := range []int{limit.PageRows + 1, 7} {
			body := d.ask(200, fmt.Sprintf("GET %s?limit=%d", path, asked))
			want := float64(min(asked, limit.PageRows))
			d.wants(member(t, body, "limit"), want, path+" limit")
			d.wants(member(t, body, "count"), want, path+" count")
			if total := member(t, body, "total").(float64); total < rows {
				t.Errorf("%s: %v in all", path, total)
			}
			if next, _ := member(t, body, "next").(string); next == "" {
				t.Errorf("%s: no way on", path)
			}
		}
	}
	d.wants(member(t, d.ask(200, fmt.Sprintf("GET /logs?limit=%d", limit.PageRows+1)), "limit"), float64(limit.PageRows), "/logs limit")
}
