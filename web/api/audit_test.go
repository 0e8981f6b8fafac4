package api_test

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"ecoflow/app/audit"
	"ecoflow/web/webtest"
)

func TestAuditScenarios(t *testing.T) {
	const made = `POST /me/tokens {"name": "ci", "permissions": ["auditLogs"]}`
	entry := `{"action": "me.addToken", "result": "done", "type": "Info", "userID": "user1", "address": "127.0.0.1", "requestId": "*", "timeSpan": "*", "_id": 1}`
	webtest.Run(t,
		webtest.Scenario{
			Name: "78 the newest entries", As: "auditLogs", Given: []string{made},
			When: `GET /auditLogs`, Want: `200 {"success": true, "payload": {"totalDocs": 1, "logs": [` + entry + `]}}`,
		},
		webtest.Scenario{
			Name: "78 in an empty log", As: "auditLogs",
			When: `GET /auditLogs`, Want: `200 {"payload": {"totalDocs": 0, "logs": []}}`,
		},
		webtest.Scenario{
			Name: "78 not to everybody", As: "flowEditor",
			When: `GET /auditLogs`, Want: `403 {"code": "missing_permission", "missing": ["auditLogs"]}`,
		},
		webtest.Scenario{
			Name: "79 a page that is no number is the first", As: "auditLogs", Given: []string{made},
			When: `GET /auditLogs/first`, Want: `200 {"payload": {"totalDocs": 1, "logs": [` + entry + `]}}`,
		},
		webtest.Scenario{
			Name: "79 neither is one below the first", As: "auditLogs", Given: []string{made},
			When: `GET /auditLogs/-3`, Want: `200 {"payload": {"totalDocs": 1, "logs": [` + entry + `]}}`,
		},
		webtest.Scenario{
			Name: "79 a page beyond the last is empty", As: "auditLogs", Given: []string{made},
			When: `GET /auditLogs/9000000000`, Want: `200 {"payload": {"totalDocs": 1, "logs": []}}`,
		},
		webtest.Scenario{
			Name: "entries are found", As: "auditLogs", Given: []string{made},
			When: `GET /audit?action=me.&text=TOKEN`, Want: `200 {"payload": [` + entry + `], "count": 1, "total": 1}`,
		},
		webtest.Scenario{
			Name: "or not", As: "auditLogs", Given: []string{made},
			When: `GET /audit?actor=somebody`, Want: `200 {"payload": [], "count": 0, "total": 1}`,
		},
		webtest.Scenario{
			Name: "a result that is none", As: "auditLogs",
			When: `GET /audit?result=maybe&limit=0`, Want: `422 {"errors": [{"path": "result"}, {"path": "limit"}]}`,
		},
		webtest.Scenario{
			Name: "a cursor that is none", As: "auditLogs",
			When: `GET /audit?cursor=x`, Want: `400 {"errors": [{"path": "cursor"}]}`,
		},
		webtest.Scenario{
			Name: "a time that is none", As: "auditLogs",
			When: `GET /audit?from=yesterday`, Want: `422 {"errors": [{"path": "from"}]}`,
		},
		webtest.Scenario{
			Name: "nobody has looked at the chain", As: "auditLogs",
			When: `GET /audit/chain`, Want: `200 {"payload": {"state": "unverified", "verifying": false, "broken": 0, "breaks": []}}`,
		},
		webtest.Scenario{
			Name: "the chain is whole", As: "auditLogs", Given: []string{made},
			When: `POST /audit/verify`, Want: `200 {"payload": {"state": "intact", "entries": 1, "at": "*"}}`, Audit: "audit.verify done",
		},
		webtest.Scenario{
			Name: "and stays known", As: "auditLogs", Given: []string{`POST /audit/verify`},
			When: `GET /audit/chain`, Want: `200 {"payload": {"state": "intact", "entries": 0, "at": "*"}}`,
		},
		webtest.Scenario{
			Name: "an export is on record", As: "auditLogs",
			When: `POST /audit/export?format=json`, Want: `200 [{"action": "audit.export"}]`, Audit: "audit.export done",
		},
		webtest.Scenario{
			Name: "no export in another form", As: "auditLogs",
			When: `POST /audit/export?format=pdf`, Want: `422 {"errors": [{"path": "format"}]}`, Audit: "audit.export failed",
		},
		webtest.Scenario{
			Name: "no export for others", As: "none",
			When: `POST /audit/export`, Want: `403 {"code": "missing_permission"}`, Audit: "audit.export refused",
		},
	)
}

// write adds entries to the log.
func (d *desk) write(entries ...audit.Entry) {
	d.Helper()
	for i := range entries {
		if err := d.Audit.Append(d.Context(), &entries[i]); err != nil {
			d.Fatal(err)
		}
	}
}

// Real pages of a hundred, the newest first.
func TestAuditPages(t *testing.T) {
	d := sit(t)
	for i := range 250 {
		d.write(audit.Entry{Action: "test.act", Message: fmt.Sprint("Entry ", i+1)})
	}
	for page, want := range map[string][2]float64{"1": {250, 100}, "2": {150, 100}, "3": {50, 50}} {
		body := d.ask(200, `GET /auditLogs/`+page)
		d.wants(member(t, body, "payload", "logs", 0, "_id"), want[0], "newest of page "+page)
		d.wants(float64(len(member(t, body, "payload", "logs").([]any))), want[1], "entries of page "+page)
		d.wants(member(t, body, "payload", "totalDocs"), 250.0, "total of page "+page)
	}
	at := member(t, d.ask(200, `GET /auditLogs`), "payload", "logs", 0, "timeSpan").(string)
	if when, err := time.Parse(time.RFC3339, at); err != nil || when.Location() != time.UTC || time.Since(when) > time.Minute {
		t.Errorf("the time %s is not in UTC", at)
	}
	cursor, seen := "", 0.0
	for {
		body := d.ask(200, `GET /audit?limit=60&action=test.act&cursor=`+cursor)
		seen += member(t, body, "count").(float64)
		next := object(t, body)["next"]
		if next == nil {
			break
		}
		cursor = next.(string)
	}
	d.wants(seen, 250.0, "entries by cursor")
	d.wants(member(t, d.ask(200, `GET /audit?limit=5000&action=test.act`), "count"), 250.0, "a page larger than any")
}

func object(t *testing.T, body string) map[string]any {
	t.Helper()
	var o map[string]any
	if err := json.Unmarshal([]byte(body), &o); err != nil {
		t.Fatal(err)
	}
	return o
}

func TestAuditFiltersAndStates(t *testing.T) {
	d := sit(t)
	d.write(
		audit.Entry{Action: "role.change", Object: "role ops", Message: "Changed role ops", Before: map[string]any{"name": "op"}, After: map[string]any{"name": "ops"}},
		audit.Entry{Action: "role.delete", Object: "role ops", Message: "Deleted role ops", Result: audit.Refused},
		audit.Entry{Action: "user.add", Object: "user ada", Message: "Added user ada", Result: audit.Failed, Type: audit.Error},
	)
	soon := url.QueryEscape(time.Now().Add(time.Hour).Format(time.RFC3339))
	for query, want := range map[string]float64{
		"action=role.": 2, "action=role.delete": 1, "action=rol": 0, "object=role+ops": 2, "result=refused": 1, "type=Error": 1, "type=Warning": 1,
		"actor=SYSTEM_LOG": 3, "address=10.0.0.1": 0, "text=ROLE+ops": 2, "text=%25": 0, "to=" + soon: 3, "from=" + soon: 0,
		"action=role.&result=refused": 1, "action=user.&object=role+ops": 0,
	} {
		d.wants(member(t, d.ask(200, `GET /audit?`+query), "count"), want, query)
	}
	change := d.ask(200, `GET /audit?action=role.change`)
	d.wants(member(t, change, "payload", 0, "before", "name"), "op", "before")
	d.wants(member(t, change, "payload", 0, "after", "name"), "ops", "after")
}

// Hostile texts come out of an export as they went in, and are no formulas.
func TestAuditExport(t *testing.T) {
	d := sit(t)
	hostile := []string{`=HYPERLINK("http://evil")`, "+1", "-1", "@SUM(A1)", "\tx", "a,\"b\"\r\nc", "<script>", "naïve 𝒳", "\xff"}
	for _, text := range hostile {
		d.write(audit.Entry{Action: "test.hostile", Message: text})
	}
	rec := d.check.Do(d.who, `POST /audit/export?action=test.hostile`)
	if rec.Code != 200 || !strings.HasPrefix(rec.Header().Get("Content-Type"), "text/csv") || !strings.Contains(rec.Header().Get("Content-Disposition"), `.csv"`) {
		t.Fatalf("%d %v", rec.Code, rec.Header())
	}
	rows, err := csv.NewReader(rec.Body).ReadAll()
	if err != nil || len(rows) != len(hostile)+1 || rows[0][8] != "message" {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	for i, text := range hostile {
		want := text
		if strings.ContainsRune("=+-@\t", rune(text[0])) {
			want = "'" + text
		}
		want = strings.ReplaceAll(want, "\r\n", "\n") // of the CSV reader
		if got := rows[len(rows)-1-i][8]; got != want {
			t.Errorf("%q came out as %q", text, got)
		}
	}
	rec = d.check.Do(d.who, `POST /audit/export?format=json&action=test.hostile`)
	var list []map[string]any
	if err := json.Unmarshal(rec.Body.Bytes(), &list); err != nil || len(list) != len(hostile) || list[len(list)-1]["message"] != hostile[0] {
		t.Errorf("%d entries, %v", len(list), err)
	}
	rec = d.check.Do(d.who, `POST /audit/export?format=json&action=none`)
	if rec.Body.String() != "[]\n" {
		t.Errorf("nothing is %q", rec.Body)
	}
}

// S40: what is done to the table behind the product's back is found and named.
func TestVerifyFindsTampering(t *testing.T) {
	const entries = 12
	for kind, statements := range map[string][]string{
		"edit":       {`UPDATE audit SET message = 'nothing happened' WHERE id = 5`},
		"deletion":   {`DELETE FROM audit WHERE id = 5`},
		"reordering": {`UPDATE audit SET id = -id WHERE id IN (5, 6)`, `UPDATE audit SET id = CASE id WHEN -5 THEN 6 ELSE 5 END WHERE id < 0`},
		"truncation": {`DELETE FROM audit WHERE id >= 5`},
	} {
		t.Run(kind, func(t *testing.T) {
			d := sit(t)
			for range entries {
				d.write(audit.Entry{Action: "test.act"})
			}
			d.wants(member(t, d.ask(200, `POST /audit/verify`), "payload", "state"), "intact", "untouched")
			for _, s := range statements {
				d.breaks(s)
			}
			body := d.ask(200, `POST /audit/verify`)
			d.wants(member(t, body, "payload", "state"), "broken", kind)
			d.wants(member(t, body, "payload", "breaks", 0, "id"), 5.0, "first entry that does not hold")
			d.wants(member(t, d.ask(200, `GET /audit/chain`), "payload", "state"), "broken", "what is known")
			if state, reason := d.part("audit"); state != "failed" || !strings.Contains(reason, "from entry 5 on") {
				t.Errorf("health: %s %s", state, reason)
			}
		})
	}
}
