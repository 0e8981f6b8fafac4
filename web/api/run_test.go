package api_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"ecoflow/app/event"
	"ecoflow/app/log"
)

// lines runs a draft and returns the answer's lines.
func (d *desk) lines(body string) []map[string]any {
	d.Helper()
	rec := d.Do(d.who, "POST", "/systemApi/drafts/run", body)
	if rec.Code != 200 || rec.Header().Get("Content-Type") != "application/x-ndjson" {
		d.Fatalf("run: %d %s %s", rec.Code, rec.Header().Get("Content-Type"), rec.Body)
	}
	var lines []map[string]any
	for line := range strings.Lines(rec.Body.String()) {
		m := map[string]any{}
		if err := json.Unmarshal([]byte(line), &m); err != nil {
			d.Fatalf("%v in %q", err, line)
		}
		lines = append(lines, m)
	}
	return lines
}

// debugging answers a text and shows it.
func debugging() string {
	return new(sketch).
		node("in", "Request", "Request", `{"apiMethod":"POST","apiEndpoint":"/try"}`).
		node("text", "Middleware", "Text", `{"sampleText":"hello"}`).
		node("dbg", "Debug", "Debug", `{"debugOutput":"Complete","debugConsole":["WebConsole"]}`).
		node("out", "Response", "Response", `{"responseKey":"msg"}`).
		edge("in", "text").edge("text", "dbg").edge("text", "out").json()
}

func TestRunOfADraft(t *testing.T) {
	d := sit(t)
	d.save("try", debugging(), 0)
	steps := func(lines []map[string]any) (ids []string, last map[string]any) {
		t.Helper()
		for _, l := range lines {
			if l["type"] == "step" {
				s := l["step"].(map[string]any)
				ids = append(ids, s["nodeID"].(string)+":"+s["outcome"].(string))
			}
		}
		return ids, lines[len(lines)-1]
	}
	r, _, _ := d.Events.Subscribe(0, 100)
	defer r.Close()
	lines := d.lines(`{"flow":"TRY","request":{"method":"post","path":"/api/try?x=1","body":{"a":1}}}`)
	ids, last := steps(lines)
	for _, id := range []string{"in:passed", "text:passed", "dbg:passed", "out:passed"} {
		if !strings.Contains(fmt.Sprint(ids), id) {
			t.Errorf("no step %s in %v", id, ids)
		}
	}
	response := last["response"].(map[string]any)
	d.wants(response["status"], 200.0, "status")
	d.wants(strings.TrimSpace(response["body"].(string)), `{"msg":"hello"}`, "body")
	shown := false
	for _, l := range lines {
		if l["type"] == "debug" {
			shown = true
			d.wants(l["debug"].(map[string]any)["nodeID"], "dbg", "node of the debug line")
		}
	}
	d.wants(shown, true, "the debug line is in the stream")
	d.wants(member(t, d.ask(200, `GET /debug`), "count"), 0.0, "debug messages of everybody")
	select {
	case e := <-r.Events():
		if e.Type == event.Debug {
			t.Error("a test's debug line went to every window")
		}
	default:
	}

	_, last = steps(d.lines(`{"flow":"try","entry":"in","pinned":{"text":"pinned"}}`))
	d.wants(strings.TrimSpace(last["response"].(map[string]any)["body"].(string)), `{"msg":"pinned"}`, "a pinned output")

	// What was not saved can be run too; an error names its node.
	failing := strings.Replace(debugging(), `{"sampleText":"hello"}`, `{"sampleText":"{{ msg.list[0] + 1 }}"}`, 1)
	failing = strings.ReplaceAll(failing, `"configured":true`, `"configured":true,"templates":true`)
	ids, last = steps(d.lines(`{"flow":"try","flowconfigurations":{"try":` + failing + `},"entry":"in","request":{"method":"POST","path":"/api/try","body":{"list":[{"not":"a number"}]}}}`))
	if response := last["response"].(map[string]any); response["failed"] != "text" || response["error"] == "" || response["status"] != 500.0 {
		t.Errorf("a failing node: %v %v", ids, response)
	}
	if !strings.Contains(fmt.Sprint(ids), "text:failed") {
		t.Errorf("no failed step: %v", ids)
	}

	d.code(404, "unknown_flow", `POST /drafts/run {"flow":"none","entry":"x"}`)
	d.code(404, "unknown_entry", `POST /drafts/run {"flow":"try","entry":"none"}`)
	d.code(422, "no_entry", `POST /drafts/run {"flow":"try"}`)
	d.code(422, "request_header", `POST /drafts/run {"flow":"try","request":{"method":"GET","path":"/api/try","headers":{"a\nb":"c"}}}`)
	d.wants(member(t, d.ask(200, `GET /flows`), "success"), true, "nothing went live")
	d.call(404, "POST", "/api/try", "{}")
}

func TestRunOfManyNodesIsBounded(t *testing.T) {
	d := sit(t)
	const nodes = 10_005
	s := new(sketch).node("n0", "Request", "Request", `{"apiMethod":"GET","apiEndpoint":"/long"}`)
	for i := 1; i < nodes-1; i++ {
		s.node(fmt.Sprintf("n%d", i), "Middleware", "Text", `{"sampleText":"x"}`).edge(fmt.Sprintf("n%d", i-1), fmt.Sprintf("n%d", i))
	}
	s.node("out", "Response", "Response", `{"responseKey":"msg"}`).edge(fmt.Sprintf("n%d", nodes-2), "out")
	lines := d.lines(`{"flow":"long","flowconfigurations":{"long":` + s.json() + `},"request":{"method":"GET","path":"/api/long"}}`)
	d.wants(len(lines), 10_001, "lines")
	response := lines[len(lines)-1]["response"].(map[string]any)
	d.wants(response["unshown"], 5.0, "steps left out")
	d.wants(response["status"], 200.0, "status")
}

func TestSavedTests(t *testing.T) {
	d := sit(t)
	d.save("try", debugging(), 0)
	put := func(name, expect string) {
		t.Helper()
		d.ask(200, `PUT /drafts/try/tests/`+name+` {"request":{"method":"POST","path":"/api/try","headers":{"X-A":"b"},"body":{"a":1}},"expect":`+expect+`}`)
	}
	put("good", `{"status":200,"headers":{"content-type":"application/json"},"body":{"msg":"hello"},"match":"exact"}`)
	put("bad", `{"status":201,"headers":{"X-None":"1"},"body":{"msg":"bye","more":[1]}}`)
	put("exact", `{"body":{},"match":"exact"}`)
	put("text", `{"body":"llo"}`)
	list := d.ask(200, `GET /drafts/try/tests`)
	d.wants(member(t, list, "count"), 4.0, "tests")
	d.wants(member(t, list, "payload", 0, "name"), "bad", "order")
	d.wants(member(t, d.ask(200, `GET /drafts/TRY/tests/GOOD`), "payload", "expect", "match"), "exact", "expectation")

	report := d.ask(200, `POST /drafts/tests/run {}`)
	d.wants(member(t, report, "payload", "passed"), 1.0, "passed")
	d.wants(member(t, report, "payload", "failed"), 3.0, "failed")
	var told []string
	for i := range member(t, report, "payload", "results", 0, "mismatches").([]any) {
		told = append(told, fmt.Sprint(member(t, report, "payload", "results", 0, "mismatches", i, "path"), " ", member(t, report, "payload", "results", 0, "mismatches", i, "message")))
	}
	want := []string{
		`status expected 201, got 200`, `headers/X-None expected "1", got no such header`,
		`body/more expected [1], but it is missing`, `body/msg expected "bye", got "hello"`,
	}
	d.wants(strings.Join(told, "\n"), strings.Join(want, "\n"), "differences")
	d.wants(member(t, report, "payload", "results", 1, "mismatches", 0, "message"), `was not expected, got "hello"`, "what is too much")

	report = d.ask(200, `POST /drafts/tests/run {"flows":["try"],"tests":["good"]}`)
	d.wants(len(member(t, report, "payload", "results").([]any)), 1, "chosen tests")
	changed := strings.Replace(debugging(), "hello", "changed", 1)
	report = d.ask(200, `POST /drafts/tests/run {"tests":["good"],"flowconfigurations":{"try":`+changed+`}}`)
	d.wants(member(t, report, "payload", "results", 0, "passed"), false, "against what is not saved")
	broken := strings.Replace(debugging(), `"configured":true`, `"configured":false`, 1)
	report = d.ask(200, `POST /drafts/tests/run {"tests":["good"],"flowconfigurations":{"try":`+broken+`}}`)
	d.wants(member(t, report, "payload", "results", 0, "passed"), false, "a flow that cannot run")

	d.ask(200, `PUT /admin/config {"apiRouterOptionsPrefix":"/v1"}`)
	d.wants(member(t, d.ask(200, `GET /drafts/try/tests/good`), "payload", "request", "path"), "/v1/try", "the path under another prefix")
	report = d.ask(200, `POST /drafts/tests/run {"tests":["good"]}`)
	d.wants(member(t, report, "payload", "results", 0, "passed"), true, "under another prefix")
	d.ask(200, `PUT /admin/config {"apiRouterOptionsPrefix":"/"}`)
	report = d.ask(200, `POST /drafts/tests/run {"tests":["good"]}`)
	d.wants(member(t, report, "payload", "results", 0, "passed"), true, "without a prefix")
	d.ask(200, `PUT /admin/config {"apiRouterOptionsPrefix":"/api"}`)

	d.code(404, "unknown_test", `POST /drafts/tests/run {"tests":["none"]}`)
	d.code(404, "unknown_flow", `POST /drafts/tests/run {"flows":["none"]}`)
	d.code(404, "unknown_test", `GET /drafts/try/tests/none`)
	d.code(404, "unknown_flow", `PUT /drafts/none/tests/x {"request":{"method":"GET","path":"/"}}`)
	d.ask(422, `PUT /drafts/try/tests/x {}`)
	d.ask(422, `PUT /drafts/try/tests/x {"request":{"method":"G T","path":"x"},"expect":{"status":7,"match":"some"}}`)
	d.code(422, "test_name", `PUT /drafts/try/tests/%20x {"request":{"method":"GET","path":"/"}}`)
	d.code(413, "test_too_large", `PUT /drafts/try/tests/x {"request":{"method":"GET","path":"/","body":"`+strings.Repeat("x", 256<<10)+`"}}`)

	d.ask(200, `PATCH /drafts/try {"name":"renamed"}`)
	d.wants(member(t, d.ask(200, `GET /drafts/renamed/tests/good`), "payload", "flow"), "renamed", "tests follow a rename")
	d.ask(200, `DELETE /drafts/renamed/tests/good`)
	d.code(404, "unknown_test", `DELETE /drafts/renamed/tests/good`)
	d.wants(d.LastAudit(), "draft.deleteTest failed", "audit")
}

// Nobody learns by a run what a secret variable holds: not from a node, an answer, an
// error, a line that is shown, nor from what a saved test expects or says.
func TestRunsHideSecrets(t *testing.T) {
	d := sit(t)
	const value = `pass "wörd" <7>`
	secret, _ := json.Marshal(value)
	d.ask(200, `PATCH /environment {"base":0,"add":[{"name":"KEY","value":`+string(secret)+`,"secret":true},{"name":"REGION","value":"north"}]}`)
	hidden := func(what, text string) {
		t.Helper()
		if strings.Contains(text, "wörd") || strings.Contains(text, "w%C3%B6rd") || !strings.Contains(text, "***") {
			t.Errorf("%s shows the secret: %s", what, text)
		}
	}
	flow := func(script string) string {
		return strings.Replace(runs("whole", script), `"connections":[`, `"connections":[{"id":"d","source":"whole-script","sourceHandle":"whole-script-source","target":"dbg","targetHandle":"dbg-target","animated":false},`, 1)
	}
	shows := func(script string) string {
		debug := new(sketch).node("dbg", "Debug", "Debug", `{"debugOutput":"Complete","debugConsole":["WebConsole"]}`)
		f := strings.Replace(flow(script), `{"definitions":[`, `{"definitions":[`+debug.nodes[0]+`,`, 1)
		return strings.Replace(f, `"configurations":[`, `"configurations":[`+debug.configs[0]+`,`, 1)
	}
	const script = `payload.more = [encodeURIComponent(env.KEY)]; return { t: env.KEY, list: ['a ' + env.KEY], region: env.REGION }`
	d.save("whole", shows(script), 0)
	run := d.Do(d.who, "POST", "/systemApi/drafts/run", `{"flow":"whole","entry":"whole-in"}`).Body.String()
	hidden("a run", run)
	if !strings.Contains(run, `"type":"debug"`) || !strings.Contains(run, "north") {
		t.Errorf("a run: %s", run)
	}
	failing := d.Do(d.who, "POST", "/systemApi/drafts/run", `{"flow":"whole","entry":"whole-in","flowconfigurations":{"whole":`+shows(`throw new Error(env.KEY)`)+`}}`).Body.String()
	hidden("a failing run", failing)

	// What was saved of an answer that was shown is what the next answer is compared with.
	put := func(name, expect string) {
		t.Helper()
		d.ask(200, `PUT /drafts/whole/tests/`+name+` {"request":{"method":"GET","path":"/api/whole"},"expect":`+expect+`}`)
	}
	put("clear", `{"body":{"msg":{"t":`+string(secret)+`}}}`)
	put("shown", `{"body":{"msg":{"t":"***","list":["a ***"],"region":"north"}},"match":"exact"}`)
	put("wrong", `{"body":{"msg":{"t":"other","list":["b ***"]}}}`)
	put("text", `{"body":"nothing of it"}`)
	hidden("a saved test", d.ask(200, `GET /drafts/whole/tests`))
	report := d.ask(200, `POST /drafts/tests/run {}`)
	hidden("a report", report)
	d.wants(member(t, report, "payload", "passed"), 2.0, "passed")
	d.wants(member(t, report, "payload", "results", 3, "mismatches", 0, "message"), `expected "b ***", got "a ***"`, "what differs")

	d.ask(200, `PATCH /environment {"base":1,"add":[{"name":"PIN","value":"48151623","secret":true}]}`)
	number := d.Do(d.who, "POST", "/systemApi/drafts/run", `{"flow":"whole","entry":"whole-in","flowconfigurations":{"whole":`+runs("whole", `return { n: +env.PIN }`)+`}}`).Body.String()
	if strings.Contains(number, "48151623") || !strings.Contains(number, `"out":{"msg":{"n":"***"}}`) {
		t.Errorf("a run shows a secret number: %s", number)
	}
	d.save("pin", runs("pin", `return { n: +env.PIN }`), 0)
	d.ask(200, `PUT /drafts/pin/tests/shown {"request":{"method":"GET","path":"/api/pin"},"expect":{"body":"{\"msg\":{\"n\":***}}"}}`)
	d.wants(member(t, d.ask(200, `POST /drafts/tests/run {"flows":["pin"]}`), "payload", "passed"), 1.0, "a number that was masked")

	// It is the same where runs of what is live are kept.
	d.ask(200, `PUT /admin/config {"runs.capture":"full"}`)
	d.deploy("", "whole", shows(script))
	if got := d.call(200, "GET", "/api/whole", ""); !strings.Contains(got, "wörd") {
		t.Errorf("a caller gets the value: %s", got)
	}
	hidden("a debug message", d.ask(200, `GET /debug`))
	id := member(t, d.ask(200, `GET /runs`), "payload", 0, "id").(string)
	hidden("a run that was kept", d.ask(200, `GET /runs/`+id))
}

// What a script logs is told with its run, and the log says where it is from; so does
// it of what failed in a test, which is no error of anybody's.
func TestWhatATestLogs(t *testing.T) {
	d := sit(t)
	reader, _, _ := d.Events.Subscribe(0, 1000)
	defer reader.Close()
	d.save("talks", runs("talks", `log.warn('counted', 7); throw new Error('on purpose')`), 0)
	var logged map[string]any
	lines := d.lines(`{"flow":"talks","entry":"talks-in"}`)
	for _, l := range lines {
		if m, ok := l["debug"].(map[string]any); ok {
			logged = m
		}
	}
	if logged == nil {
		t.Fatalf("no logged line in %v", lines)
	}
	id := lines[len(lines)-1]["response"].(map[string]any)["runID"]
	d.wants(fmt.Sprint(logged["log"], logged["level"], logged["value"], logged["nodeID"], logged["flow"], logged["runID"] == id), "truewarningcounted 7talks-scripttalkstrue", "line")

	var read []log.Record
	// next is the next record in which a fact is the text.
	next := func(text string) (found string) {
		t.Helper()
		for timeout := time.After(time.Minute); ; {
			for i, r := range read {
				fields := []string{r.Level}
				for _, f := range r.Fields {
					fields = append(fields, f.Name+"="+f.Value)
				}
				if found = strings.Join(fields, " "); strings.Contains(found, text) {
					read = read[i+1:]
					return found
				}
			}
			select {
			case e := <-reader.Events():
				if batch, ok := e.Data.(log.Batch); ok {
					read = append(read, batch.Records...)
				}
			case <-timeout:
				t.Fatalf("no record has %s", text)
			}
		}
	}
	script := next("counted 7")
	for _, want := range []string{"test=true", fmt.Sprint("run=", id), "flow=talks", "node=talks-script", "warn"} {
		if !strings.Contains(script, want) {
			t.Errorf("no %s in the record %s", want, script)
		}
	}
	if got := next("on purpose"); !strings.Contains(got, "test=true") || !strings.Contains(got, "info") {
		t.Errorf("the record of a failure in a test: %s", got)
	}

	d.deploy("", "talks", runs("talks", `log.info('live', 8); throw new Error('on purpose')`))
	d.call(500, "GET", "/api/talks", "")
	if got := next("live 8"); strings.Contains(got, "test=true") || !strings.Contains(got, "flow=talks node=talks-script") {
		t.Errorf("the record of a live run: %s", got)
	}
	if got := next("on purpose"); strings.Contains(got, "test=true") || !strings.Contains(got, "error") {
		t.Errorf("the record of a live failure: %s", got)
	}
}
