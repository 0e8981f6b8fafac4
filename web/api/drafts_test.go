package api_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"ecoflow/app/event"
	"ecoflow/app/limit"
)

func TestDraftLife(t *testing.T) {
	d := sit(t)
	configs := d.ask(200, `GET /drafts/Configs`)
	d.wants(member(t, configs, "payload", "name"), "configs", "the canvas of Configuration nodes before anything was saved")
	d.wants(member(t, configs, "payload", "revision"), 0.0, "its revision")
	d.wants(len(member(t, configs, "payload", "flow", "definitions").([]any)), 0, "its nodes")
	d.wants(len(member(t, d.ask(200, `GET /drafts`), "payload").([]any)), 0, "drafts in the list")
	d.wants(member(t, d.save("shop", says("a", "1"), 0), "payload", "revision"), 1.0, "first revision")
	d.wants(member(t, d.save("Shop", says("a", "2"), 1), "payload", "name"), "shop", "a save does not rename")
	body := d.code(409, "draft_stale", `PUT /drafts/shop {"base":1,"flow":`+says("a", "3")+`}`)
	d.wants(member(t, body, "draft", "revision"), 2.0, "revision of the newer draft")
	d.wants(member(t, body, "draft", "flow", "configurations", 1, "configs", "sampleText"), "2", "content of the newer draft")
	d.code(409, "draft_stale", `PUT /drafts/shop {"base":0,"flow":`+says("a", "3")+`}`)
	d.code(422, "invalid", `PUT /drafts/shop {"flow":`+says("a", "3")+`}`)
	d.code(409, "draft_deleted", `PUT /drafts/nothing {"base":4,"flow":`+says("n", "3")+`}`)

	d.ask(200, `PATCH /drafts/shop {"locked":true}`)
	d.code(409, "flow_locked", `PUT /drafts/shop {"base":2,"flow":`+says("a", "3")+`}`)
	d.code(409, "flow_locked", `DELETE /drafts/shop`)
	d.code(409, "flow_locked", `PATCH /drafts/shop {"name":"x"}`)
	d.ask(200, `PATCH /drafts/shop {"locked":false,"folder":"Sales"}`)
	d.save("shop", says("a", "3"), 2)

	d.save("b", says("b", "b"), 0)
	d.save("c", says("c", "c"), 0)
	d.code(409, "flow_taken", `PATCH /drafts/b {"name":"SHOP"}`)
	d.wants(member(t, d.ask(200, `PATCH /drafts/shop {"name":"SHOP"}`), "payload", "name"), "SHOP", "another case of its own name")
	d.ask(200, `PATCH /drafts/c {"position":0}`)
	list := d.ask(200, `GET /drafts`)
	for i, name := range []string{"c", "SHOP", "b"} {
		d.wants(member(t, list, "payload", i, "name"), name, "order")
		d.wants(member(t, list, "payload", i, "position"), float64(i), "position")
	}
	d.wants(member(t, list, "payload", 1, "folder"), "Sales", "folder")
	d.wants(member(t, list, "payload", 1, "routes", 0, "path"), "/a", "route")
	d.wants(member(t, list, "payload", 1, "state"), "draft", "state")
	for _, request := range []string{
		`PATCH /drafts/configs {"name":"x"}`, `PATCH /drafts/b {"name":"Configs"}`, `PATCH /drafts/b {"name":"a/b"}`,
		`PATCH /drafts/b {"folder":"a\nb"}`, `PATCH /drafts/b {"position":-1}`,
	} {
		if strings.Contains(request, "/configs") {
			d.save("configs", `{"definitions":[],"connections":[],"configurations":[]}`, 0)
		}
		d.ask(422, request)
	}

	copied := d.ask(200, `POST /drafts/b/copy {}`)
	d.wants(member(t, copied, "payload", "name"), "b (2)", "name of the copy")
	if got := member(t, d.ask(200, `GET /drafts/b%20(2)`), "payload", "flow", "definitions", 0, "id"); got == "b-in" {
		t.Error("the copy has the node ids of the original")
	}
	d.code(409, "flow_taken", `POST /drafts/b/copy {"name":"C"}`)

	d.ask(200, `PUT /drafts/b/tests/smoke {"request":{"method":"GET","path":"/api/b"}}`)
	d.code(409, "draft_stale", `DELETE /drafts/b?base=9`)
	d.wants(member(t, d.ask(200, `DELETE /drafts/b?base=1`), "payload", "live"), false, "live")
	d.code(404, "unknown_flow", `GET /drafts/b`)
	d.code(404, "unknown_flow", `DELETE /drafts/b`)
	d.code(409, "draft_deleted", `PUT /drafts/b {"base":1,"flow":`+says("b", "b")+`}`)
	back := d.save("b", says("b", "b"), 0)
	d.wants(member(t, back, "payload", "revision"), 3.0, "revisions go on")
	d.wants(member(t, back, "payload", "tests"), 1.0, "its tests came back")
	d.wants(d.LastAudit(), "draft.save done", "audit")
}

func TestParallelSavesHaveOneWinner(t *testing.T) {
	d := sit(t)
	for round := range 4 {
		var wg sync.WaitGroup
		answers := make([]int, 50)
		bodies := make([]string, 50)
		for i := range answers {
			wg.Go(func() {
				rec := d.Do(d.who, "PUT", "/systemApi/drafts/shop", fmt.Sprintf(`{"base":%d,"flow":%s}`, round, says("a", fmt.Sprint(i))))
				answers[i], bodies[i] = rec.Code, rec.Body.String()
			})
		}
		wg.Wait()
		won := -1
		for i, code := range answers {
			switch {
			case code == http.StatusOK && won < 0:
				won = i
			case code != http.StatusConflict:
				t.Fatalf("round %d, save %d: %d %s", round, i, code, bodies[i])
			}
		}
		if won < 0 {
			t.Fatalf("round %d: nobody won", round)
		}
		now := d.ask(200, `GET /drafts/shop`)
		d.wants(member(t, now, "payload", "revision"), float64(round+1), "revision")
		winner := member(t, now, "payload", "flow", "configurations", 1, "configs", "sampleText")
		d.wants(winner, fmt.Sprint(won), "the winner's content")
		for i, body := range bodies {
			if i != won {
				d.wants(member(t, body, "draft", "flow", "configurations", 1, "configs", "sampleText"), winner, "what a loser is told")
			}
		}
	}
}

func TestDraftEvents(t *testing.T) {
	d := sit(t)
	r, _, _ := d.Events.Subscribe(0, 100)
	defer r.Close()
	next := func() map[string]any {
		t.Helper()
		for e := range r.Events() {
			if e.Type == event.Draft || e.Type == event.Deploy {
				text, err := json.Marshal(e.Data)
				if err != nil {
					t.Fatal(err)
				}
				data := map[string]any{}
				if err := json.Unmarshal(text, &data); err != nil {
					t.Fatal(err)
				}
				data["type"] = string(e.Type)
				return data
			}
		}
		t.Fatal("cut off")
		return nil
	}
	d.save("shop", says("a", "1"), 0)
	e := next()
	d.wants(e["flow"], "shop", "flow")
	d.wants(e["revision"], 1.0, "revision")
	d.wants(e["by"], "user1", "by")
	d.ask(200, `PATCH /drafts/shop {"name":"store"}`)
	e = next()
	d.wants(e["change"], "renamed", "change")
	d.wants(e["was"], "shop", "was")
	d.ask(200, `POST /flows/deploy {"mode":"all","note":"n"}`)
	d.wants(next()["number"], 1.0, "one deploy event")
	d.ask(200, `POST /flows/deploy {"flowconfigurations":{"store":`+says("a", "2")+`}}`)
	d.wants(next()["type"], "deploy", "deploy event")
	e = next()
	d.wants(e["change"], "deployed", "the draft followed")
	d.wants(e["revision"], 2.0, "its revision")
	d.ask(200, `DELETE /drafts/store`)
	d.wants(next()["change"], "deleted", "change")
}

// names that would be trouble if they became paths, and those that would not.
func hostileNames() (refused, kept []string) {
	refused = []string{
		"", " ", "  ", " a", "a ", "\ta", "a\n", ".", "..", "../x", "..\\x", "a/b", `a\b`, "/", `\`, "/etc/passwd", `C:\x`, `\\host\share`,
		"a/../b", "./a", "a/", "/a", "%2e%2e/x", "<script>alert(1)</script>", "a\x00b", "a\x01b", "a\x1bb", "a\x7fb", "a\rb", "a\u0085b", "a\u200bb", "a\u200db\u200d", "\ufeffa",
		"a\u202eb", "a\u2066b", "a\u2028b", "a\u2029b", "a\u00adb", "\u00a0", "a\u2003", "\U000E0001", "\uE000", "a\uFFFFb",
		strings.Repeat("x", limit.FlowNameRunes+1), strings.Repeat("é", limit.FlowNameRunes+1), strings.Repeat("😀", limit.FlowNameRunes+1), strings.Repeat("x", 5000),
	}
	kept = []string{
		"CON", "con.txt", "nul", "PRN", "AUX", "COM1", "LPT9", "CONIN$", "aux.h", "a.", "a..", "...", ".a", "..a", "~", "~root", "-rf", "--help",
		"a:b", "a|b", "a*b", "a?b", "a<b>", `a"b`, "a'b", "a`b", "$HOME", "%PATH%", "%s%n", "%00", "%2e%2e%2f", "a%2fb", "{{x}}", "${x}", "#a", "a#b", "a&b=c", "a+b", "a;b",
		"'; DROP TABLE flows; --", "<script>alert(1)", "null", "undefined", "true", "0", "NaN", "__proto__", "constructor", "toString",
		"check", "import", "run", "tests", "configs2", "definitions", "flows", "😀", "👨", "🇩🇪", "مرحبا", "שלום", "Ünïcödé", "日本語", "한국어", "ไทย", "हिन्दी", "Ω≈ç√",
		"a  b", "a b", "ﬁx", "Straße", "İstanbul", "ǅ", strings.Repeat("x", limit.FlowNameRunes), strings.Repeat("😀", limit.FlowNameRunes), "a,b", "a@b", "@", "=", "!", "[a]", "(a)", "^",
	}
	return refused, kept
}

func TestHostileNames(t *testing.T) {
	d := sit(t)
	refused, kept := hostileNames()
	if n := len(refused) + len(kept); n < 120 {
		t.Fatalf("%d names only", n)
	}
	empty := `{"definitions":[],"connections":[],"configurations":[]}`
	put := func(name string) int {
		r := d.Request(d.who, "PUT", "/systemApi/drafts/x", `{"base":0,"flow":`+empty+`}`)
		r.URL.Path, r.URL.RawPath = "/systemApi/drafts/"+name, "/systemApi/drafts/"+url.PathEscape(name)
		rec := httptest.NewRecorder()
		d.ServeHTTP(rec, r)
		return rec.Code
	}
	for _, name := range refused {
		if code := put(name); code != 422 && code != 404 && code != 405 && code != 400 {
			t.Errorf("PUT of %q: %d", name, code)
		}
		text, err := json.Marshal(map[string]any{"flowconfigurations": map[string]any{name: json.RawMessage(empty)}})
		if err != nil {
			t.Fatal(err)
		}
		if rec := d.Do(d.who, "POST", "/systemApi/flows/deploy", string(text)); rec.Code != 422 && !strings.Contains(name, "\uFFFF") {
			t.Errorf("deploy of %q: %d %s", name, rec.Code, rec.Body)
		}
	}
	for _, name := range kept {
		if code := put(name); code != 200 {
			t.Errorf("PUT of %q: %d", name, code)
		}
		r := d.Request(d.who, "GET", "/systemApi/drafts/x", "")
		r.URL.Path, r.URL.RawPath = "/systemApi/drafts/"+name, "/systemApi/drafts/"+url.PathEscape(name)
		rec := httptest.NewRecorder()
		d.ServeHTTP(rec, r)
		if rec.Code != 200 {
			t.Errorf("GET of %q: %d %s", name, rec.Code, rec.Body)
		} else if got := member(t, rec.Body.String(), "payload", "name"); got != name {
			t.Errorf("%q became %q", name, got)
		}
	}
	list := d.ask(200, `GET /drafts`)
	d.wants(member(t, list, "count"), float64(len(kept)), "drafts")
	d.ask(200, `POST /flows/deploy {"mode":"all"}`)
	d.wants(len(member(t, d.ask(200, `GET /flows`), "payload").(map[string]any)), len(kept), "live flows")
}

func TestNamesThatAreTheSame(t *testing.T) {
	d := sit(t)
	for _, twins := range [][2]string{
		{"shop", "SHOP"}, {"é", "e\u0301"}, {"É", "e\u0301"}, {"Å", "\u212b"}, {"ﬁn", "FIN"}, {"straße", "STRASSE"}, {"Ⅳ", "iv"}, {"ｗｉｄｅ", "Wide"}, {"x²", "X2"}, {"ς", "Σ"},
	} {
		d.save(url.PathEscape(twins[0]), says("a", "1"), 0)
		d.code(409, "draft_stale", `PUT /drafts/`+url.PathEscape(twins[1])+` {"base":0,"flow":`+says("a", "2")+`}`)
		d.ask(200, `GET /drafts/`+url.PathEscape(twins[1]))
		d.code(422, "flow_form", fmt.Sprintf(`POST /flows/deploy {"flowconfigurations":{%q:%s,%q:%s}}`, twins[0], says("a", "1"), twins[1], says("b", "1")))
		d.ask(200, `DELETE /drafts/`+url.PathEscape(twins[1]))
	}
}

func TestUnknownMembersAreKept(t *testing.T) {
	d := sit(t)
	flow := `{"definitions":[{"id":"n","type":"Debug","position":{"x":1.50,"y":-2},"width":150,"future":{"a":[1,{"b":null}]},"data":{"moduleID":{"_id":"x","more":1},"label":"L","extra":"<b>&</b>"}}],` +
		`"connections":[{"id":"e","source":"n","target":"n","animated":true,"style":{"stroke":"red"}}],` +
		`"configurations":[{"nodeID":"n","configs":{"big":12345678901234567890123,"text":"\u0007 é 😀"},"note":"kept"}],"notes":[{"text":"# hi"}],"view":{"zoom":0.5}}`
	d.save("shop", flow, 0)
	body := d.ask(200, `GET /drafts/shop`)
	for path, want := range map[string]any{
		"definitions/0/future/a/1/b": nil, "definitions/0/data/extra": "<b>&</b>", "definitions/0/data/moduleID/more": 1.0,
		"connections/0/style/stroke": "red", "configurations/0/note": "kept", "configurations/0/configs/text": "\u0007 é 😀", "notes/0/text": "# hi", "view/zoom": 0.5,
	} {
		steps := []any{"payload", "flow"}
		for _, s := range strings.Split(path, "/") {
			if s == "0" || s == "1" {
				steps = append(steps, int(s[0]-'0'))
			} else {
				steps = append(steps, s)
			}
		}
		d.wants(member(t, body, steps...), want, path)
	}
	raw := d.Do(d.who, "GET", "/systemApi/drafts/shop", "").Body.String()
	for _, exact := range []string{"12345678901234567890123", "1.50"} {
		if !strings.Contains(raw, exact) {
			t.Errorf("the number %s lost digits", exact)
		}
	}
}

func TestFlowsThatAreRefused(t *testing.T) {
	d := sit(t)
	nested := strings.Repeat("[", limit.ManagementDepth) + strings.Repeat("]", limit.ManagementDepth)
	for what, c := range map[string]struct {
		body   string
		status int
		path   string
	}{
		"no object":        {`{"base":0,"flow":[]}`, 422, "flows/shop"},
		"null":             {`{"base":0,"flow":null}`, 422, "flows/shop"},
		"nodes no list":    {`{"base":0,"flow":{"definitions":{}}}`, 422, "flows/shop/definitions"},
		"a node no object": {`{"base":0,"flow":{"definitions":[{"id":"a","type":"Debug","data":{"moduleID":{"_id":"x"}}},7]}}`, 422, "flows/shop/definitions/1"},
		"an id no text":    {`{"base":0,"flow":{"definitions":[{"id":7,"type":"Debug","data":{"moduleID":{"_id":"x"}}}]}}`, 422, "flows/shop/definitions/0/id"},
		"a label no text":  {`{"base":0,"flow":{"definitions":[{"id":"a","type":"Debug","data":{"moduleID":{"_id":"x"},"label":[]}}]}}`, 422, "flows/shop/definitions/0/data/label"},
		"an edge to 7":     {`{"base":0,"flow":{"connections":[{"source":"a","target":7}]}}`, 422, "flows/shop/connections/0/target"},
		"inputs a list":    {`{"base":0,"flow":{"configurations":[{"nodeID":"a","configs":[]}]}}`, 422, "flows/shop/configurations/0/configs"},
		"a name twice":     {`{"base":0,"flow":{"definitions":[],"definitions":[]}}`, 400, ""},
		"too deep":         {`{"base":0,"flow":{"x":` + nested + `}}`, 400, ""},
		"broken":           {`{"base":0,"flow":{`, 400, ""},
		"not UTF-8":        {"{\"base\":0,\"flow\":{\"x\":\"\xff\"}}", 400, ""},
		"base no number":   {`{"base":"0","flow":{}}`, 400, ""},
		"half a base":      {`{"base":0.5,"flow":{}}`, 400, ""},
		"a base below 0":   {`{"base":-1,"flow":{}}`, 422, "base"},
		"brackets":         {strings.Repeat("[", 500_000), 400, ""},
	} {
		rec := d.Do(d.who, "PUT", "/systemApi/drafts/shop", c.body)
		if rec.Code != c.status {
			t.Errorf("%s: %d, want %d: %s", what, rec.Code, c.status, rec.Body)
		} else if c.path != "" {
			d.wants(member(t, rec.Body.String(), "errors", 0, "path"), c.path, what)
		}
	}
	d.code(404, "unknown_flow", `GET /drafts/shop`)

	// One byte over the limit, and exactly at it.
	head, tail := `{"base":0,"flow":{"definitions":[],"note":"`, `"}}`
	fill := func(total int) string {
		return head + strings.Repeat("x", total-len(head)-len(tail)) + tail
	}
	if rec := d.Do(d.who, "PUT", "/systemApi/drafts/shop", fill(limit.FlowsBody+1)); rec.Code != 413 {
		t.Errorf("a byte over 10 MiB: %d", rec.Code)
	}
	if rec := d.Do(d.who, "PUT", "/systemApi/drafts/shop", fill(limit.FlowsBody)); rec.Code != 200 {
		t.Errorf("10 MiB: %d %s", rec.Code, rec.Body)
	}
}

// wide returns a flow of n nodes: routes that answer a text, three nodes each.
func wide(n int) string {
	s := new(sketch)
	for i := range n / 3 {
		id := fmt.Sprintf("n%d", i)
		s.node(id+"-in", "Request", "Request", fmt.Sprintf(`{"apiMethod":"GET","apiEndpoint":"/wide/%d"}`, i)).
			node(id+"-text", "Middleware", "Text", fmt.Sprintf(`{"sampleText":"%d"}`, i)).
			node(id+"-out", "Response", "Response", `{"responseKey":"msg"}`).
			edge(id+"-in", id+"-text").edge(id+"-text", id+"-out")
	}
	return s.json()
}

func TestTenThousandNodes(t *testing.T) {
	d := sit(t)
	d.save("wide", wide(10_000), 0)
	d.ask(200, `POST /flows/deploy {"mode":"all"}`)
	d.wants(d.call(200, "GET", "/api/wide/3000", ""), `{"msg":"3000"}`, "answer")
	d.wants(member(t, d.ask(200, `GET /drafts`), "payload", 0, "state"), "running", "state")
}

func TestCheckOfDrafts(t *testing.T) {
	d := sit(t)
	d.save("a", says("same", "a"), 0)
	d.ask(200, `POST /flows/deploy {"mode":"all"}`)
	d.save("b", strings.ReplaceAll(says("same", "b"), `"same-`, `"b-`), 0)
	body := d.ask(200, `POST /drafts/check {"changes":true}`)
	d.wants(member(t, body, "payload", "deployable"), false, "deployable")
	d.wants(member(t, body, "payload", "problems", 0, "code"), "duplicate_route", "problem")
	d.wants(member(t, body, "payload", "problems", 0, "label"), "Request", "what the node is called")
	d.wants(member(t, body, "payload", "problems", 0, "route"), "GET /same", "what it serves")
	d.wants(member(t, body, "payload", "live"), 1.0, "live")
	d.wants(member(t, body, "payload", "changes", 0, "flow"), "b", "changed flow")
	d.wants(member(t, body, "payload", "changes", 0, "change"), "added", "change")
	d.wants(member(t, body, "payload", "changes", 0, "nodes", 0, "route"), "GET /same", "what an added Request serves")
	// Only the routes that differ are affected: one of another answer, one that comes, one that goes.
	affected := func(flows string) string {
		body := d.ask(200, `POST /drafts/check {"changes":true,"flowconfigurations":{`+flows+`}}`)
		var lines []string
		for _, r := range member(t, body, "payload", "affected").([]any) {
			m := r.(map[string]any)
			lines = append(lines, fmt.Sprint(m["change"], " ", m["method"], " ", m["path"], " of ", m["flow"]))
		}
		return strings.Join(lines, ", ")
	}
	b := `"b":` + strings.ReplaceAll(says("b", "b"), `"same-`, `"b-`)
	d.wants(affected(b), "added GET /b of b", "a route that comes")
	d.wants(affected(b+`,"a":`+says("same", "other")), "added GET /b of b, changed GET /same of a", "an answer that changes")
	d.wants(affected(b+`,"a":`+strings.Replace(says("same", "a"), `"x":0`, `"x":50`, 1)), "added GET /b of b", "a node that moves")
	d.wants(affected(b+`,"a":`+says("else", "a")), "added GET /b of b, added GET /else of a, removed GET /same of a", "a path that changes")
	// Settings that cannot be deployed make no route.
	d.wants(affected(strings.Replace(b, `"GET"`, `"FETCH"`, 1)), "", "a method that is none")
	d.wants(affected(b+`,"a":`+strings.Replace(says("same", "a"), `"/same"`, `"/no such"`, 1)), "added GET /b of b, removed GET /same of a", "a path that cannot be")
	body = d.ask(200, `POST /drafts/check {"flowconfigurations":{"b":`+says("b", "b")+`}}`)
	d.wants(member(t, body, "payload", "deployable"), true, "deployable")
	d.wants(member(t, d.ask(200, `GET /drafts/b`), "payload", "revision"), 1.0, "nothing was saved")
	list := d.ask(200, `GET /drafts`)
	d.wants(member(t, list, "payload", 0, "state"), "problem", "state of a flow with a problem")
	// Who calls a flow is affected by it.
	called := new(sketch).node("c", "EventListener", "Called", `{}`).node("c-text", "Middleware", "Text", `{"sampleText":"c"}`).edge("c", "c-text").json()
	ours := strings.NewReplacer(
		typeID("ecoflow-commons", "Call flow"), typeID("ecoflow", "Call flow"),
		typeID("ecoflow-commons", "Called"), typeID("ecoflow", "Called"))
	called = ours.Replace(called)
	calls := new(sketch).node("b-in", "Request", "Request", `{"apiMethod":"GET","apiEndpoint":"/same"}`).
		node("b-call", "Middleware", "Call flow", `{"flow":"C"}`).edge("b-in", "b-call").json()
	d.save("c", called, 0)
	d.save("a", ours.Replace(calls), 1)
	d.ask(200, `POST /flows/deploy {"mode":"flow","flows":["a","c"]}`)
	d.wants(affected(`"b":`+says("b", "b")+`,"c":`+strings.Replace(called, `"sampleText":"c"`, `"sampleText":"d"`, 1)),
		"added GET /b of b, changed GET /same of a", "a change in a flow that is called")
	// What is chosen is called what the form calls it, where the server gives the options too.
	body = d.ask(200, `POST /drafts/check {"changes":true,"flowconfigurations":{"a":`+strings.Replace(ours.Replace(calls), `"C"`, `"c"`, 1)+`}}`)
	d.wants(fmt.Sprint(member(t, body, "payload", "changes", 0, "nodes", 0, "inputs", 0, "choices")), "[map[label:c value:c]]", "the names of what was chosen")
}

func TestCheckOfRenamedDrafts(t *testing.T) {
	d := sit(t)
	d.save("price", says("p", "1"), 0)
	d.save("other", says("o", "1"), 0)
	d.ask(200, `POST /flows/deploy {"mode":"all"}`)
	// One flow is renamed and changed, a second one is made under its old name.
	d.ask(200, `PATCH /drafts/price {"name":"pricing"}`)
	d.save("pricing", says("p", "2"), 1)
	d.save("price", says("new", "1"), 0)
	d.ask(200, `PATCH /drafts/other {"name":"Other"}`)
	lines := func(body string) string {
		var all []string
		for _, c := range member(t, body, "payload", "changes").([]any) {
			m := c.(map[string]any)
			line := fmt.Sprint(m["change"], " ", m["was"], " > ", m["flow"])
			for _, n := range m["nodes"].([]any) {
				line += fmt.Sprint(" ", n.(map[string]any)["change"], " ", n.(map[string]any)["node"])
			}
			all = append(all, line)
		}
		return strings.Join(all, ", ")
	}
	body := d.ask(200, `POST /drafts/check {"changes":true}`)
	d.wants(lines(body), "changed other > Other, added <nil> > price added new-in added new-text added new-out, changed price > pricing changed p-text", "a flow is known by its id")
	d.wants(len(member(t, body, "payload", "affected").([]any)), 2, "affected routes")
	d.wants(member(t, body, "payload", "affected", 0, "change"), "added", "the route of the new flow")
	d.wants(member(t, body, "payload", "affected", 1, "change"), "changed", "the route of the renamed flow")
	d.ask(200, `POST /flows/deploy {"mode":"all"}`)
	body = strings.Replace(d.ask(200, `GET /deployments/2/changes`), `"flows"`, `"changes"`, 1)
	d.wants(lines(body), "changed other > Other, added <nil> > price added new-in added new-text added new-out, changed price > pricing changed p-text", "and in the comparison of deployments")
	d.wants(len(member(t, d.ask(200, `POST /drafts/check {"changes":true}`), "payload", "changes").([]any)), 0, "nothing differs after the deploy")
}
