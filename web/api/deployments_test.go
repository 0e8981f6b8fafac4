package api_test

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	_ "modernc.org/sqlite" // what is stored is damaged behind the product's back

	"ecoflow/web/webtest"
)

// deploy deploys flows given as name, content, name, content …
func (d *desk) deploy(note string, flows ...string) {
	d.Helper()
	var members []string
	for i := 0; i < len(flows); i += 2 {
		members = append(members, fmt.Sprintf("%q:%s", flows[i], flows[i+1]))
	}
	d.ask(200, fmt.Sprintf(`POST /flows/deploy {"note":%q,"flowconfigurations":{%s}}`, note, strings.Join(members, ",")))
}

func TestDeploymentHistory(t *testing.T) {
	d := sit(t)
	d.deploy("first", "a", says("a", "1"), "b", says("b", "1"))
	d.deploy("", "a", says("a", "2"), "b", says("b", "1"))
	d.deploy("", "a", says("a", "2"), "c", says("c", "1"))

	list := d.ask(200, `GET /deployments?limit=2`)
	d.wants(member(t, list, "total"), 3.0, "total")
	d.wants(member(t, list, "payload", 0, "number"), 3.0, "newest")
	d.wants(member(t, list, "payload", 0, "live"), true, "live")
	d.wants(member(t, list, "payload", 0, "added", 0), "c", "added")
	d.wants(member(t, list, "payload", 0, "removed", 0), "b", "removed")
	d.wants(member(t, list, "payload", 1, "changed", 0), "a", "changed")
	d.wants(member(t, list, "payload", 1, "live"), false, "live")
	next := member(t, list, "next").(string)
	d.wants(member(t, d.ask(200, `GET /deployments?cursor=`+next), "payload", 0, "note"), "first", "last page")
	d.ask(400, `GET /deployments?cursor=x`)
	d.ask(422, `GET /deployments?limit=-1`)
	d.wants(member(t, d.ask(200, `GET /deployments?flow=A`), "total"), 2.0, "deployments that changed a")
	d.wants(member(t, d.ask(200, `GET /deployments?flow=none`), "total"), 0.0, "deployments that changed nothing")

	shown := d.ask(200, `GET /deployments/1`)
	d.wants(member(t, shown, "payload", "flows", "a", "configurations", 1, "configs", "sampleText"), "1", "content")
	d.code(404, "unknown_deployment", `GET /deployments/9`)
	d.ask(422, `GET /deployments/x`)

	changes := d.ask(200, `GET /deployments/3/changes?from=1`)
	d.wants(len(member(t, changes, "payload", "flows").([]any)), 3, "changed flows")
	d.wants(member(t, changes, "payload", "flows", 0, "nodes", 0, "inputs", 0, "name"), "sampleText", "input")
	d.wants(member(t, changes, "payload", "flows", 0, "nodes", 0, "inputs", 0, "label"), "Text", "what the form calls it")
	d.wants(member(t, changes, "payload", "flows", 0, "nodes", 0, "inputs", 0, "before"), "1", "before")
	d.wants(member(t, changes, "payload", "flows", 0, "nodes", 0, "inputs", 0, "after"), "2", "after")
	d.wants(member(t, changes, "payload", "flows", 1, "change"), "removed", "b")
	d.wants(member(t, changes, "payload", "flows", 1, "nodes", 0, "route"), "GET /b", "what a removed Request served")
	d.wants(member(t, d.ask(200, `GET /deployments/3/changes`), "payload", "from"), 2.0, "compared with the one before")
	d.wants(member(t, d.ask(200, `GET /deployments/1/changes`), "payload", "from"), 0.0, "compared with nothing")
	d.code(404, "unknown_deployment", `GET /deployments/1/changes?from=7`)

	d.wants(member(t, d.ask(200, `PATCH /deployments/2 {"pinned":true}`), "payload", "pinned"), true, "pinned")
	d.wants(member(t, d.ask(200, `PATCH /deployments/2 {"note":"good"}`), "payload", "note"), "good", "note")
	d.code(404, "unknown_deployment", `PATCH /deployments/9 {"note":"x"}`)
}

func TestChangesOfNodesAndEdges(t *testing.T) {
	d := sit(t)
	before := says("a", "1")
	after := strings.NewReplacer(`"x":0,"y":0}`, `"x":5,"y":0}`, `"label":"Text"`, `"label":"Greeting"`).Replace(before)
	after = strings.TrimSuffix(after, "}") + `,"notes":["n"]}`
	d.deploy("", "a", before)
	d.deploy("", "a", after)
	changes := d.ask(200, `GET /deployments/2/changes`)
	d.wants(member(t, changes, "payload", "flows", 0, "change"), "changed", "flow")
	d.wants(member(t, changes, "payload", "flows", 0, "nodes", 0, "change"), "moved", "a node that only moved")
	d.wants(member(t, changes, "payload", "flows", 0, "nodes", 1, "fields", 0, "name"), "data/label", "changed member")
	d.wants(member(t, changes, "payload", "flows", 0, "nodes", 1, "fields", 0, "after"), "Greeting", "changed member")
	d.wants(member(t, changes, "payload", "flows", 0, "other", 0, "name"), "notes", "member beside the nodes")

	s := new(sketch).
		node("a-in", "Request", "Request", `{"apiMethod":"GET","apiEndpoint":"/a"}`).
		node("a-out", "Response", "Response", `{"responseKey":"msg"}`).edge("a-in", "a-out")
	d.deploy("", "a", s.json())
	changes = d.ask(200, `GET /deployments/3/changes?from=1`)
	d.wants(member(t, changes, "payload", "flows", 0, "nodes", 0, "change"), "removed", "node")
	d.wants(len(member(t, changes, "payload", "flows", 0, "edges").([]any)), 3, "edges")

	// A text that was typed and taken away again is as it was: not set.
	unset := says("a", "1")
	unset = strings.Replace(unset, `"sampleText":"1"`, "", 1)
	d.deploy("", "a", unset)
	d.deploy("", "a", strings.Replace(says("a", "1"), `"sampleText":"1"`, `"sampleText":""`, 1))
	changes = d.ask(200, `GET /deployments/5/changes`)
	d.wants(len(member(t, changes, "payload", "flows").([]any)), 0, "flows that differ")
	// Nor is one that is its default either way.
	d.deploy("", "a", strings.Replace(says("a", ""), `"responseKey":"msg"`, `"responseKey":""`, 1))
	changes = d.ask(200, `GET /deployments/6/changes`)
	d.wants(len(member(t, changes, "payload", "flows").([]any)), 0, "flows that differ")

	// What is chosen is told in the words of the form, and only that.
	d.deploy("", "a", strings.Replace(says("a", ""), `"responseKey":"msg"`, `"mode":"direct","send":"lines"`, 1))
	changes = d.ask(200, `GET /deployments/7/changes`)
	input := func(i int, of string) string {
		return fmt.Sprint(member(t, changes, "payload", "flows", 0, "nodes", 0, "inputs", i, of))
	}
	d.wants(input(0, "name")+" "+input(0, "choices"), "mode [map[label:With a body of its own value:direct]]", "words of the mode")
	d.wants(input(1, "name")+" "+input(1, "choices"), "send [map[label:A list as JSON lines value:lines]]", "words of the body")
}

func TestRestore(t *testing.T) {
	d := sit(t)
	d.deploy("", "a", says("a", "1"), "b", says("b", "1"))
	d.deploy("", "a", says("a", "2"), "b", says("b", "2"), "c", says("c", "2"))
	d.wants(d.call(200, "GET", "/api/a", ""), `{"msg":"2"}`, "answer")

	body := d.ask(200, `POST /deployments/1/restore {"to":"live","flows":["A"]}`)
	d.wants(member(t, body, "payload", "deployment"), 3.0, "new deployment")
	d.wants(d.call(200, "GET", "/api/a", ""), `{"msg":"1"}`, "restored flow")
	d.wants(d.call(200, "GET", "/api/b", ""), `{"msg":"2"}`, "other flow")
	d.wants(member(t, d.ask(200, `GET /deployments/3`), "payload", "restored"), 1.0, "where it is from")
	d.wants(member(t, d.ask(200, `GET /drafts/a`), "payload", "flow", "configurations", 1, "configs", "sampleText"), "1", "draft that followed")

	d.ask(200, `POST /deployments/1/restore {"to":"live","base":3}`)
	d.call(404, "GET", "/api/c", "")
	d.code(409, "deployment_superseded", `POST /deployments/1/restore {"to":"live","base":3}`)

	body = d.ask(200, `POST /deployments/2/restore {"to":"draft"}`)
	d.wants(len(member(t, body, "payload", "drafts").([]any)), 3, "drafts")
	d.wants(d.call(200, "GET", "/api/b", ""), `{"msg":"1"}`, "what is live stays")
	d.wants(member(t, d.ask(200, `GET /drafts/c`), "payload", "flow", "configurations", 1, "configs", "sampleText"), "2", "draft that came back")

	// A flow that has another name by now is still itself.
	d.ask(200, `PATCH /drafts/b {"name":"renamed"}`)
	body = d.ask(200, `POST /deployments/1/restore {"to":"draft","flows":["b"]}`)
	d.wants(member(t, body, "payload", "drafts", 0, "name"), "renamed", "name")
	d.wants(len(member(t, d.ask(200, `POST /deployments/1/restore {"to":"draft","flows":["b"]}`), "payload", "drafts").([]any)), 0, "drafts that change")

	d.ask(200, `PATCH /drafts/renamed {"locked":true}`)
	d.code(409, "flow_locked", `POST /deployments/2/restore {"to":"draft"}`)
	d.code(404, "unknown_flow", `POST /deployments/1/restore {"to":"draft","flows":["c"]}`)
	d.code(404, "unknown_deployment", `POST /deployments/77/restore {"to":"live"}`)
	d.ask(422, `POST /deployments/1/restore {"to":"moon"}`)
	d.ask(422, `POST /deployments/1/restore {}`)
}

// breaks changes what is stored behind the product's back.
func (d *desk) breaks(statement string, args ...any) {
	d.Helper()
	db, err := sql.Open("sqlite", filepath.Join(d.Dir, "ecoflow.db")+"?_pragma=busy_timeout(5000)")
	if err != nil {
		d.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(statement, args...); err != nil {
		d.Fatal(err)
	}
}

func TestDamageIsNotServed(t *testing.T) {
	d := sit(t)
	d.deploy("", "a", says("a", "1"))
	d.deploy("", "a", says("a", "2"))
	d.save("b", says("b", "draft"), 0)

	// Other content, soundly packed, under the hash of the first deployment's.
	d.breaks(`UPDATE flow_contents SET data = (SELECT data FROM flow_contents WHERE hash = (SELECT content FROM flows WHERE name = 'b'))
		WHERE hash = (SELECT content FROM deployment_flows WHERE deployment = 1)`)
	d.code(503, "flow_damaged", `GET /deployments/1`)
	d.code(503, "flow_damaged", `POST /deployments/1/restore {"to":"live"}`)
	d.code(503, "flow_damaged", `POST /deployments/1/restore {"to":"draft"}`)
	d.code(503, "flow_damaged", `GET /deployments/2/changes`)
	d.ask(200, `GET /deployments/2`)
	d.ask(200, `GET /deployments`)

	// Rubbish in place of a draft: listed with the reason, and it can be replaced.
	d.breaks(`UPDATE flow_contents SET data = x'00ff00ff' WHERE hash = (SELECT content FROM flows WHERE name = 'b')`)
	d.code(503, "flow_damaged", `GET /drafts/b`)
	list := d.ask(200, `GET /drafts`)
	d.wants(member(t, list, "payload", 1, "state"), "problem", "state")
	if reason, _ := member(t, list, "payload", 1, "reason").(string); !strings.Contains(reason, "damaged") {
		t.Errorf("reason: %q", reason)
	}
	d.code(503, "flow_damaged", `POST /flows/deploy {"mode":"all"}`)
	d.save("b", says("b", "draft"), 1)
	d.ask(200, `GET /drafts/b`)

	// A deployment that lost a flow.
	d.deploy("", "a", says("a", "3"), "b", says("b", "3"))
	d.breaks(`DELETE FROM deployment_flows WHERE deployment = 3 AND name = 'b'`)
	d.code(503, "deployment_damaged", `GET /deployments/3`)
	if _, err := d.DB.Flows().LiveDeployment(t.Context()); err == nil {
		t.Error("a damaged deployment goes live at the next start")
	}
}

func TestDeploymentsAreKept(t *testing.T) {
	d := sit(t, webtest.Local)
	d.who = d.Person()
	for i := range 6 {
		note := ""
		if i == 1 {
			note = "for ever"
		}
		d.deploy(note, "a", says("a", fmt.Sprint(i)))
	}
	d.ask(200, `PATCH /deployments/3 {"pinned":true}`)
	if err := d.DB.Flows().PruneDeployments(t.Context(), 2); err != nil {
		t.Fatal(err)
	}
	list := d.ask(200, `GET /deployments`)
	var numbers []any
	for i := range member(t, list, "payload").([]any) {
		numbers = append(numbers, member(t, list, "payload", i, "number"))
	}
	if got := fmt.Sprint(numbers); got != "[6 5 3 2]" {
		t.Errorf("kept: %s", got)
	}
	for _, n := range []string{"2", "3", "5", "6"} {
		d.ask(200, `GET /deployments/`+n)
	}
	d.wants(member(t, d.ask(200, `GET /deployments/3/changes`), "payload", "from"), 2.0, "the one before")
	d.wants(member(t, d.ask(200, `GET /drafts`), "payload", 0, "live", "deployment"), 6.0, "last changed by")
	contents := 0
	db, err := sql.Open("sqlite", filepath.Join(d.Dir, "ecoflow.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.QueryRow(`SELECT count(*) FROM flow_contents`).Scan(&contents); err != nil {
		t.Fatal(err)
	}
	d.wants(contents, 4, "contents that are left")
}

func TestDeploymentsOutliveARestart(t *testing.T) {
	d := sit(t)
	d.deploy("", "a", says("a", "1"))
	live, err := d.DB.Flows().LiveDeployment(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	d.wants(live.Number, int64(1), "number")
	if !live.Flows["a"].Equal(d.Editor.Engine.Live().Flows["a"]) {
		t.Error("what is stored is not what is live")
	}
}
