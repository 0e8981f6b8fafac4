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

// Lists of the original take how many, from where on, in which order and which.
func TestListsTakeRows(t *testing.T) {
	d := sit(t)
	d.Exec(`WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
		INSERT INTO users (username, name, email, hash, is_active, is_permanent, must_change, created, updated)
			SELECT 'somebody' || i, 'Somebody ' || i, '', 'none', 1, 0, 0, 1, 1 FROM n`, limit.PageRows)
	for i, name := range []string{"Beta", "alpha", "gamma"} {
		d.ask(200, fmt.Sprintf(`POST /role {"roleName": %q}`, name))
		d.ask(200, fmt.Sprintf(`PATCH /environment {"base": %d, "add": [{"name": %q, "value": "%d", "secret": %t}]}`, i, name, 9-i, i == 2))
	}
	for _, tt := range []struct {
		request string
		total   int
		payload string // its members name, or the entries
	}{
		{"GET /role?sort=name", 4, "[alpha Beta gamma role of user1]"},
		{"GET /role?sort=-name&limit=2", 4, "[role of user1 gamma]"},
		{"GET /role?sort=name&limit=2&offset=3", 4, "[role of user1]"},
		{"GET /role?offset=99", 4, "[]"},
		{"GET /role?filter=ALPH", 1, "[alpha]"},
		{"GET /admin/environment/userEnvs?sort=value", 3, "[GAMMA ALPHA BETA]"},
		{"GET /admin/environment/userEnvs?filter=7", 0, "[]"}, // a secret's value is not looked at
		{"GET /admin/environment/userEnvs?filter=eta", 1, "[BETA]"},
		{"GET /admin/users/usernames/system?sort=-&limit=2", limit.PageRows + 1, "[user1 somebody999]"},
		{"GET /users/roles", 1, "[role of user1]"},
	} {
		body := d.ask(200, tt.request)
		list := []any{}
		for _, e := range member(t, body, "payload").([]any) {
			if object, ok := e.(map[string]any); ok {
				e = object["name"]
			}
			list = append(list, e)
		}
		if got := fmt.Sprint(list); got != tt.payload || member(t, body, "total") != float64(tt.total) || member(t, body, "count") != float64(len(list)) {
			t.Errorf("%s: %s, %v of %v; want %s of %d", tt.request, got, member(t, body, "count"), member(t, body, "total"), tt.payload, tt.total)
		}
	}
	body := d.ask(200, "GET /admin/users/usernames/system")
	d.wants(member(t, body, "count"), float64(limit.PageRows), "a page without a limit")
	d.ask(422, "GET /role?limit=-1")
	d.ask(422, "GET /role?sort=colour")
}
