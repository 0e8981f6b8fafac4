package api_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"ecoflow/app/node"
	"ecoflow/web/webtest"
)

// typeID is the id of a built-in node type.
func typeID(pkg, name string) string {
	t := node.Type{Package: pkg, Name: name}
	return t.ID()
}

// A sketch makes a flow's JSON in the contract's form.
type sketch struct {
	nodes, edges, configs []string
}

func (s *sketch) node(id, kind, name string, inputs string) *sketch {
	s.nodes = append(s.nodes, fmt.Sprintf(`{"id":%q,"type":%q,"position":{"x":0,"y":0},"data":{"moduleID":{"_id":%q},"label":%q,"configured":true}}`,
		id, kind, typeID("ecoflow-commons", name), name))
	s.configs = append(s.configs, fmt.Sprintf(`{"nodeID":%q,"configs":%s}`, id, inputs))
	return s
}

func (s *sketch) edge(from, to string) *sketch {
	s.edges = append(s.edges, fmt.Sprintf(`{"id":"%s-%s","source":%q,"sourceHandle":"%s-source","target":%q,"targetHandle":"%s-target","animated":false}`,
		from, to, from, from, to, to))
	return s
}

func (s *sketch) json() string {
	return fmt.Sprintf(`{"definitions":[%s],"connections":[%s],"configurations":[%s]}`,
		strings.Join(s.nodes, ","), strings.Join(s.edges, ","), strings.Join(s.configs, ","))
}

// says returns a flow that answers a text under GET /<path>; its node ids begin
// with the path.
func says(path, text string) string {
	return new(sketch).
		node(path+"-in", "Request", "Request", fmt.Sprintf(`{"apiMethod":"GET","apiEndpoint":"/%s"}`, path)).
		node(path+"-text", "Middleware", "Text", fmt.Sprintf(`{"sampleText":%q}`, text)).
		node(path+"-out", "Response", "Response", `{"responseKey":"msg"}`).
		edge(path+"-in", path+"-text").edge(path+"-text", path+"-out").json()
}

// runs returns a flow that answers what a script returns under GET /<path>.
func runs(path, script string) string {
	return strings.Replace(new(sketch).
		node(path+"-in", "Request", "Request", fmt.Sprintf(`{"apiMethod":"GET","apiEndpoint":"/%s"}`, path)).
		node(path+"-script", "Middleware", "Function", fmt.Sprintf(`{"codeEditor":{"value":%q,"validate":true}}`, script)).
		node(path+"-out", "Response", "Response", `{"responseKey":"msg"}`).
		edge(path+"-in", path+"-script").edge(path+"-script", path+"-out").json(),
		typeID("ecoflow-commons", "Function"), typeID("ecoflow-functions", "Function"), 1)
}

// member returns what a path of names and indices leads to in an answer.
func member(t *testing.T, body string, path ...any) any {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(body), &v); err != nil {
		t.Fatalf("%v in %s", err, body)
	}
	for _, step := range path {
		switch step := step.(type) {
		case string:
			m, ok := v.(map[string]any)
			if !ok {
				t.Fatalf("no object on the way to %v in %s", path, body)
			}
			v = m[step]
		case int:
			list, ok := v.([]any)
			if !ok || step >= len(list) {
				t.Fatalf("no entry %d on the way to %v in %s", step, path, body)
			}
			v = list[step]
		}
	}
	return v
}

// A desk is somebody at a product who edits flows; every answer is checked
// against the API's description.
type desk struct {
	*testing.T
	*webtest.Product
	check *webtest.Checker
	who   webtest.Credential
}

func sit(t *testing.T, options ...webtest.Option) *desk {
	p := webtest.Start(t, options...)
	return &desk{t, p, webtest.NewChecker(t, p), p.Admin().Cookie}
}

// ask sends "METHOD /path {body}" and wants the status; it returns the answer.
func (d *desk) ask(status int, request string) string {
	d.Helper()
	rec := d.check.Do(d.who, request)
	if rec.Code != status {
		d.Fatalf("%s: %d, want %d: %s", clip(request), rec.Code, status, rec.Body)
	}
	return rec.Body.String()
}

// code is ask for a refusal, which has to have the code.
func (d *desk) code(status int, code, request string) string {
	d.Helper()
	body := d.ask(status, request)
	if got := member(d.T, body, "code"); got != code {
		d.Errorf("%s: code %v, want %s: %s", clip(request), got, code, body)
	}
	return body
}

func clip(s string) string {
	if len(s) > 200 {
		return s[:200] + "…"
	}
	return s
}

// save saves a draft.
func (d *desk) save(name, content string, base int) string {
	d.Helper()
	return d.ask(200, fmt.Sprintf(`PUT /drafts/%s {"base":%d,"flow":%s}`, name, base, content))
}

// call calls the deployed API.
func (d *desk) call(status int, method, path, body string) string {
	d.Helper()
	rec := d.Do(nil, method, path, body)
	if rec.Code != status {
		d.Fatalf("%s %s: %d, want %d: %s", method, path, rec.Code, status, rec.Body)
	}
	return strings.TrimSpace(rec.Body.String())
}

func (d *desk) wants(got any, want any, what string) {
	d.Helper()
	if got != want {
		d.Errorf("%s: %v, want %v", what, got, want)
	}
}

func TestDeployAsTheContractHasIt(t *testing.T) {
	d := sit(t)
	body := d.ask(200, `POST /flows/deploy {"flowconfigurations":{"configs":{"definitions":[],"connections":[],"configurations":[]},"shop":`+says("hello", "Hello World")+`},"current":false}`)
	if _, ok := member(t, body, "payload").(string); !ok {
		t.Errorf("the payload of a deploy is no sentence: %s", body)
	}
	d.wants(member(t, body, "deployment"), 1.0, "number")
	d.wants(d.call(200, "GET", "/api/hello", ""), `{"msg":"Hello World"}`, "answer")
	d.wants(member(t, d.ask(200, `GET /flows`), "payload", "shop", "definitions", 0, "selected"), false, "selected")
	d.wants(len(member(t, d.ask(200, `GET /flows/id/SHOP`), "payload").(map[string]any)), 1, "flows of that name")
	d.wants(len(member(t, d.ask(200, `GET /flows/id/none`), "payload").(map[string]any)), 0, "flows of no name")
	d.wants(member(t, d.ask(200, `GET /drafts/shop`), "payload", "revision"), 1.0, "revision of the draft that followed")

	// The others stay as they are with current, and vanish without.
	d.ask(200, `POST /flows/deploy {"flowconfigurations":{"other":`+says("other", "o")+`},"current":true}`)
	d.call(200, "GET", "/api/hello", "")
	d.call(200, "GET", "/api/other", "")
	d.ask(200, `POST /flows/deploy {"flowconfigurations":{"other":`+says("other", "o")+`},"base":2}`)
	d.call(404, "GET", "/api/hello", "")
	d.code(404, "unknown_flow", `GET /drafts/shop`)
	d.ask(200, `POST /flows/deploy {"mode":"restart"}`)
	d.call(200, "GET", "/api/other", "")
}

func TestDeployRefused(t *testing.T) {
	d := sit(t)
	d.ask(200, `POST /flows/deploy {"flowconfigurations":{"shop":`+says("hello", "1")+`}}`)
	twice := `{"a":` + says("same", "a") + `,"b":` + strings.ReplaceAll(says("same", "b"), `"same-`, `"b-`) + `}`
	body := d.code(409, "duplicate_routes", `POST /flows/deploy {"flowconfigurations":`+twice+`}`)
	d.wants(len(member(t, body, "payload", "nodesID").([]any)), 2, "nodes of the duplicate routes")
	if routes := member(t, body, "payload", "routes").([]any); len(routes) != 1 {
		t.Errorf("routes: %v", routes)
	}
	body = d.code(422, "not_deployable", `POST /flows/deploy {"flowconfigurations":{"x":`+strings.Replace(says("x", "x"), `"configured":true`, `"configured":false`, 1)+`}}`)
	d.wants(member(t, body, "payload", "nodesID", 0), "x-in", "node")
	if member(t, body, "payload", "msg") == "" || len(member(t, body, "errors").([]any)) == 0 {
		t.Errorf("a refusal without a sentence or places: %s", body)
	}
	for _, refused := range []struct {
		status        int
		code, request string
	}{
		{409, "deployment_superseded", `POST /flows/deploy {"base":7,"flowconfigurations":{"x":` + says("x", "x") + `}}`},
		{422, "nothing_to_deploy", `POST /flows/deploy {}`},
		{422, "nothing_to_deploy", `POST /flows/deploy {"flowconfigurations":{}}`},
		{422, "flow_form", `POST /flows/deploy {"flowconfigurations":[]}`},
		{404, "unknown_flow", `POST /flows/deploy {"mode":"flow","flows":["nobody"]}`},
	} {
		body := d.code(refused.status, refused.code, refused.request)
		d.wants(len(member(t, body, "payload", "nodesID").([]any)), 0, "nodes of "+refused.code)
		if told, _ := member(t, body, "payload", "msg").(string); told == "" || strings.Contains(told, "..") {
			t.Errorf("%s says %q", refused.code, told)
		}
	}
	d.code(422, "invalid", `POST /flows/deploy {"mode":"some"}`)
	body = d.code(422, "invalid", `POST /flows/deploy {"mode":"some","flowconfigurations":{" ":`+says("x", "x")+`}}`)
	if told, _ := member(t, body, "payload").(string); strings.Contains(told, "..") || !strings.HasSuffix(told, "flows/ : A flow needs a name.") {
		t.Errorf("two mistakes in one sentence: %q", told)
	}
	body = d.code(422, "not_deployable", `POST /flows/deploy {"flowconfigurations":{"x":`+strings.Replace(says("x", "one\n {{ msg + }}"), `"configured":true`, `"configured":true,"templates":true`, -1)+`}}`)
	d.wants(member(t, body, "errors", 0, "path"), "flows/x/nodes/x-text/inputs/sampleText", "place of the template")
	d.wants(member(t, body, "errors", 0, "line"), 2.0, "line of the template's mistake")
	d.wants(member(t, body, "errors", 0, "column"), 10.0, "column of the template's mistake")
	body = d.code(422, "not_deployable", `POST /flows/deploy {"flowconfigurations":{"x":`+runs("x", "let a = 1;\n  return a +* 2")+`}}`)
	d.wants(member(t, body, "errors", 0, "line"), 2.0, "line of the script's mistake")
	d.wants(member(t, body, "errors", 0, "column"), 13.0, "column of the script's mistake")
	body = d.code(422, "not_deployable", `POST /flows/deploy {"flowconfigurations":{"x":`+runs("x", "let a = 1;\n  return  import('x')")+`}}`)
	d.wants(member(t, body, "errors", 0, "line"), 2.0, "line of the import")
	d.wants(member(t, body, "errors", 0, "column"), 11.0, "column of the import")
	d.wants(d.call(200, "GET", "/api/hello", ""), `{"msg":"1"}`, "what was live stays")
	d.wants(member(t, d.ask(200, `GET /deployments`), "total"), 1.0, "deployments")
}

func TestDeployOfDrafts(t *testing.T) {
	d := sit(t)
	d.save("one", says("one", "1"), 0)
	d.save("two", says("two", "2"), 0)
	d.call(404, "GET", "/api/one", "")
	d.ask(200, `POST /flows/deploy {"mode":"flow","flows":["ONE"]}`)
	d.call(200, "GET", "/api/one", "")
	d.call(404, "GET", "/api/two", "")
	d.ask(200, `POST /flows/deploy {"mode":"all","note":"both"}`)
	d.call(200, "GET", "/api/two", "")

	// A renamed flow takes the place of itself.
	d.ask(200, `PATCH /drafts/one {"name":"uno"}`)
	d.ask(200, `POST /flows/deploy {"mode":"flow","flows":["uno"]}`)
	d.call(200, "GET", "/api/one", "")
	d.wants(len(member(t, d.ask(200, `GET /flows`), "payload").(map[string]any)), 2, "live flows")
	d.ask(200, `GET /flows/id/uno`)

	// A deleted one answers until it is deployed away.
	body := d.ask(200, `DELETE /drafts/uno`)
	d.wants(member(t, body, "payload", "live"), true, "live")
	d.call(200, "GET", "/api/one", "")
	list := d.ask(200, `GET /drafts`)
	d.wants(member(t, list, "payload", 1, "state"), "removed", "state of a deleted flow")
	d.ask(200, `POST /flows/deploy {"mode":"flow","flows":["uno"]}`)
	d.call(404, "GET", "/api/one", "")
	d.call(200, "GET", "/api/two", "")

	// Without a draft nothing stays.
	d.ask(200, `DELETE /drafts/two`)
	d.ask(200, `POST /flows/deploy {"mode":"all"}`)
	d.call(404, "GET", "/api/two", "")
	d.code(422, "nothing_to_deploy", `POST /flows/deploy {"mode":"all"}`)
	empty := member(t, d.ask(200, `GET /deployments?limit=1`), "payload", 0, "number")
	d.ask(200, `POST /deployments/1/restore {"to":"live"}`)
	d.call(200, "GET", "/api/one", "")
	d.ask(200, fmt.Sprintf(`POST /deployments/%v/restore {"to":"live"}`, empty))
	d.call(404, "GET", "/api/one", "")
}

func TestDraftsFollowADeploy(t *testing.T) {
	d := sit(t)
	deploy := func(text string) {
		t.Helper()
		d.ask(200, `POST /flows/deploy {"flowconfigurations":{"shop":`+says("hello", text)+`}}`)
	}
	text := func() any {
		t.Helper()
		return member(t, d.ask(200, `GET /drafts/shop`), "payload", "flow", "configurations", 1, "configs", "sampleText")
	}
	deploy("1")
	d.wants(text(), "1", "a new flow gets a draft")
	deploy("2")
	d.wants(text(), "2", "a draft without work of its own follows")
	d.save("shop", says("hello", "mine"), 2)
	deploy("3")
	d.wants(text(), "3", "the deployer's own draft follows")
	admin := d.who
	d.who = d.Admin().Cookie
	d.save("shop", says("hello", "somebody else's"), 4)
	d.who = admin
	deploy("4")
	d.wants(text(), "somebody else's", "what somebody else saved stays")
	d.wants(member(t, d.ask(200, `GET /drafts`), "payload", 0, "state"), "draft", "state")
	d.ask(200, `PATCH /drafts/shop {"locked":true}`)
	locked := d.code(409, "flow_locked", `POST /flows/deploy {"flowconfigurations":{"shop":`+says("hello", "5")+`}}`)
	d.wants(len(member(t, locked, "payload", "nodesID").([]any)), 0, "nodes of a locked flow")
	d.ask(200, `POST /flows/deploy {"mode":"all"}`)
	d.wants(member(t, d.ask(200, `GET /drafts`), "payload", 0, "state"), "running", "state")
}

func TestExpressions(t *testing.T) {
	d := sit(t)
	d.wants(member(t, d.ask(200, `GET /flows/expressions`), "payload", 0, "gives"), `"none"`, "what the first example gives")
}

func TestCanvasSettings(t *testing.T) {
	webtest.Run(t, webtest.Scenario{
		Name: "those that are given are set",
		As:   "flowEditor", Given: []string{`POST /flows/settings {"settings":{"miniMap":true}}`},
		When: `POST /flows/settings {"settings":{"scrollPan":true}}`,
		Want: `200 {"success":true,"payload":{"keyboardAccessibility":false,"controls":true,"miniMap":true,"panMiniMap":false,"scrollPan":true}}`,
	}, webtest.Scenario{
		Name: "unknown settings change nothing",
		As:   "local", When: `POST /flows/settings {"settings":{"miniMap":true,"hacker":true}}`,
		Want: `422 {"error":true,"code":"unknown_setting","errors":[{"path":"settings/hacker"}]}`,
	}, webtest.Scenario{
		Name: "settings are truths", As: "flowEditor",
		When: `POST /flows/settings {"settings":{"miniMap":"yes"}}`,
		Want: `400 {"error":true,"code":"wrong_type","errors":[{"path":"settings/miniMap"}]}`,
	}, webtest.Scenario{
		Name: "settings are needed", As: "flowEditor", When: `POST /flows/settings {}`,
		Want: `422 {"error":true,"errors":[{"path":"settings"}]}`,
	})
}

func TestNodeTypes(t *testing.T) {
	d := sit(t)
	modules := d.ask(200, `GET /module`)
	d.wants(member(t, modules, "payload", 0, "packageName"), "ecoflow-commons", "first package")
	id := member(t, modules, "payload", 0, "id", "_id").(string)
	d.wants(member(t, d.ask(200, `GET /module/id/`+id), "payload", "name"), "Common", "module")
	d.wants(member(t, d.ask(200, `GET /module/id/none`), "payload"), nil, "unknown module")
	d.wants(member(t, d.ask(200, `GET /module/nodes`), "payload", 0, "type"), "Request", "first kind")
	request := typeID("ecoflow-commons", "Request")
	d.wants(member(t, d.ask(200, `GET /module/nodes/id/`+request), "payload", "name"), "Request", "node")
	d.wants(member(t, d.ask(200, `GET /module/nodes/id/none`), "payload"), nil, "unknown node")
	body := d.ask(200, `POST /module/nodes/id/`+request+`/options {"inputs":{"apiMethod":{"validated":true,"value":"GET"},"apiEndpoint":"/x"},"input":"apiMethod"}`)
	d.wants(member(t, body, "payload", "inputs", 0, "name"), "apiMethod", "input")
	d.code(404, "unknown_input", `POST /module/nodes/id/`+request+`/options {"input":"none"}`)

	callable := func(from string) string {
		body := d.ask(200, `POST /module/nodes/id/`+typeID("ecoflow", "Call flow")+`/options {"input":"flow","flow":"`+from+`"}`)
		return fmt.Sprint(member(t, body, "payload", "inputs", 0, "pickerOptions"))
	}
	d.wants(callable("shop"), "<nil>", "nothing to call")
	called := func(disabled bool) string {
		return fmt.Sprintf(`{"base":0,"flow":{"definitions":[{"id":"c","type":"EventListener","data":{"moduleID":{"_id":%q},"label":"Called","configured":true,"disabled":%t}}],"connections":[],"configurations":[]}}`,
			typeID("ecoflow", "Called"), disabled)
	}
	d.ask(200, `PUT /drafts/prices `+called(false))
	d.ask(200, `PUT /drafts/asleep `+called(true))
	d.wants(callable("shop"), "[map[label:prices value:prices]]", "to call")
	d.wants(callable("PRICES"), "<nil>", "to call from the only one")
	d.code(404, "unknown_node_type", `POST /module/nodes/id/none/options {}`)
}

func TestTemplateCheck(t *testing.T) {
	d := sit(t)
	body := d.ask(200, `POST /templates/check {"template":"{{ msg.n + 1 }}","message":{"msg":{"n":41}}}`)
	d.wants(member(t, body, "payload", "value"), 42.0, "value")
	d.wants(member(t, body, "payload", "references", 0), "msg.n", "reference")
	body = d.ask(200, `POST /templates/check {"template":"Hello {{ payload.msg }}","message":{"msg":"you"}}`)
	d.wants(member(t, body, "payload", "value"), "Hello you", "value")
	body = d.ask(200, `POST /templates/check {"template":"a\n {{ msg. }}"}`)
	d.wants(member(t, body, "payload", "valid"), false, "valid")
	d.wants(member(t, body, "payload", "error", "line"), 2.0, "line")
}

func TestFlowsNeedThePermission(t *testing.T) {
	p := webtest.Start(t)
	who := p.User(0).Cookie
	for _, path := range []string{"/flows", "/flows/settings", "/drafts", "/drafts/x", "/deployments", "/debug", "/module", "/module/nodes"} {
		if rec := p.Do(who, http.MethodGet, "/systemApi"+path, ""); rec.Code != http.StatusForbidden {
			t.Errorf("GET %s: %d", path, rec.Code)
		}
	}
}

// slow is a body of which no more comes in time.
type slow struct{}

func (slow) Read([]byte) (int, error) { return 0, os.ErrDeadlineExceeded }
func (slow) Close() error             { return nil }

func TestSlowBodiesTimeOut(t *testing.T) {
	d := sit(t)
	echo := new(sketch).node("in", "Request", "Request", `{"apiMethod":"POST","apiEndpoint":"/echo"}`).
		node("out", "Response", "Response", `{"responseKey":"msg"}`).edge("in", "out").json()
	d.ask(200, `POST /flows/deploy {"flowconfigurations":{"echo":`+echo+`}}`)
	for _, path := range []string{"/api/echo", "/systemApi/flows/deploy"} {
		r := d.Request(d.who, "POST", path, `{"a": 1}`)
		r.Body = slow{}
		rec := httptest.NewRecorder()
		d.ServeHTTP(rec, r)
		if rec.Code != http.StatusRequestTimeout || !strings.Contains(rec.Body.String(), "too slowly") {
			t.Errorf("%s: %d %s", path, rec.Code, rec.Body)
		}
	}
}

// TestConfigsByAnyName: the flow of the Configuration nodes is the same flow in any
// spelling of its name.
func TestConfigsByAnyName(t *testing.T) {
	d := sit(t)
	body := d.code(422, "not_deployable", `POST /flows/deploy {"flowconfigurations":{"CONFIGS":`+says("x", "x")+`}}`)
	d.wants(member(t, body, "errors", 0, "code"), "configuration_place", "what is wrong with a Request there")
	body = d.code(422, "flow_form", `POST /flows/deploy {"flowconfigurations":{"CONFIGS":{},"configs":{}}}`)
	d.wants(len(member(t, body, "errors").([]any)), 1, "two spellings in one deploy")
	empty := `{"definitions":[],"connections":[],"configurations":[]}`
	d.ask(200, `POST /flows/deploy {"flowconfigurations":{"ＣonfigS":`+empty+`,"shop":`+says("hello", "1")+`}}`)
	if live := member(t, d.ask(200, `GET /flows`), "payload").(map[string]any); live["configs"] == nil || len(live) != 2 {
		t.Errorf("live are %v", live)
	}
	d.save("CONFIGS", empty, 1)
	d.ask(200, `GET /drafts/configs`)
	d.wants(member(t, d.ask(200, `PUT /drafts/Configs {"base":2,"flow":`+empty+`}`), "payload", "name"), "configs", "name of the draft")
}

// TestAnswersThatCannotBeWritten: what a script leaves for a Response and JSON cannot
// hold is the Response's failure, for the Catch to take.
func TestAnswersThatCannotBeWritten(t *testing.T) {
	d := sit(t)
	caught := func(path, script string) string {
		return strings.Replace(strings.Replace(runs(path, script), `{"definitions":[`, `{"definitions":[`+
			strings.Join(new(sketch).node(path+"-catch", "EventListener", "Catch", "{}").node(path+"-caught", "Response", "Response", "{}").nodes, ",")+",", 1),
			`"connections":[`, `"connections":[`+new(sketch).edge(path+"-catch", path+"-caught").edges[0]+",", 1)
	}
	catch := strings.NewReplacer(typeID("ecoflow-commons", "Catch"), typeID("ecoflow", "Catch"))
	d.ask(200, catch.Replace(`POST /flows/deploy {"flowconfigurations":{"big":`+caught("big", "return 123n")+
		`,"ring":`+caught("ring", "const a = {}; a.a = a; return a")+`}}`))
	for _, path := range []string{"big", "ring"} {
		body := d.call(200, "GET", "/api/"+path, "")
		d.wants(member(t, body, "msg", "nodeID"), path+"-out", "the node that failed")
	}
}

// TestScriptsKnowTheHost: the header that the server takes out of the others is there.
func TestScriptsKnowTheHost(t *testing.T) {
	d := sit(t)
	d.ask(200, `POST /flows/deploy {"flowconfigurations":{"host":`+runs("host", "return [request.headers.host, request.host]")+`}}`)
	d.wants(d.call(200, "GET", "/api/host", ""), fmt.Sprintf(`{"msg":[%[1]q,%[1]q]}`, webtest.Host), "the host")
}
