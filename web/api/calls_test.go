package api_test

import (
	"fmt"
	"strings"
	"testing"
)

// calls returns a flow that answers under GET /<path> what the flow called makes of
// the text "from <path>".
func calls(path, called string) string {
	return strings.ReplaceAll(new(sketch).
		node(path+"-in", "Request", "Request", fmt.Sprintf(`{"apiMethod":"GET","apiEndpoint":"/%s"}`, path)).
		node(path+"-text", "Middleware", "Text", fmt.Sprintf(`{"sampleText":"from %s"}`, path)).
		node(path+"-call", "Middleware", "Call flow", fmt.Sprintf(`{"flow":%q}`, called)).
		node(path+"-out", "Response", "Response", `{"responseKey":"msg"}`).
		edge(path+"-in", path+"-text").edge(path+"-text", path+"-call").edge(path+"-call", path+"-out").json(),
		typeID("ecoflow-commons", "Call flow"), typeID("ecoflow", "Call flow"))
}

// called returns a flow that others call, and whose script makes msg.
func called(id, script string) string {
	return strings.NewReplacer(
		typeID("ecoflow-commons", "Called"), typeID("ecoflow", "Called"),
		typeID("ecoflow-commons", "Function"), typeID("ecoflow-functions", "Function"),
	).Replace(new(sketch).
		node(id+"-called", "EventListener", "Called", `{}`).
		node(id+"-script", "Middleware", "Function", fmt.Sprintf(`{"codeEditor":{"value":%q,"validate":true}}`, script)).
		edge(id+"-called", id+"-script").json())
}

// A flow that calls another is run with it: with its draft, else as it is live.
func TestRunOfAFlowThatCalls(t *testing.T) {
	d := sit(t)
	answers := func(want, body string) {
		t.Helper()
		lines := d.lines(body)
		d.wants(strings.TrimSpace(lines[len(lines)-1]["response"].(map[string]any)["body"].(string)), want, "answer of "+clip(body))
	}
	const run = `{"flow":"quote","entry":"quote-in"}`
	d.save("quote", calls("quote", "price"), 0)
	refused := d.code(422, "not_deployable", `POST /drafts/run `+run)
	d.wants(member(t, refused, "payload", "msg"), `Call flow: There is no flow "price".`, "a callee that is missing")

	d.save("price", called("price", "return msg + ', priced'"), 0)
	answers(`{"msg":"from quote, priced"}`, run)
	answers(`{"msg":"from quote, priced"}`, `{"flow":"quote","request":{"method":"GET","path":"/api/quote"}}`)
	answers(`{"msg":"not saved"}`, `{"flow":"quote","entry":"quote-in","flowconfigurations":{"PRICE":`+called("price", "return 'not saved'")+`}}`)
	var ran []string
	for _, l := range d.lines(run) {
		if s, ok := l["step"].(map[string]any); ok {
			ran = append(ran, fmt.Sprint(s["flow"], "/", s["nodeID"]))
		}
	}
	d.wants(strings.Join(ran, " "), "quote/quote-in quote/quote-text price/price-script quote/quote-call quote/quote-out", "steps")

	// What only the callee's other ways in need is no matter, even a route that is there twice.
	other := strings.Replace(called("price", "return msg + ', twice'"), `{"definitions":[`, `{"definitions":[`+
		fmt.Sprintf(`{"id":"price-in","type":"Request","position":{"x":0,"y":0},"data":{"moduleID":{"_id":%q},"label":"Request","configured":true}},`, typeID("ecoflow-commons", "Request")), 1)
	other = strings.Replace(other, `"connections":[`, `"connections":[{"id":"x","source":"price-in","sourceHandle":"price-in-source","target":"price-script","targetHandle":"price-script-target","animated":false},`, 1)
	other = strings.Replace(other, `"configurations":[`, `"configurations":[{"nodeID":"price-in","configs":{"apiMethod":"GET","apiEndpoint":"/quote"}},`, 1)
	answers(`{"msg":"from quote, twice"}`, `{"flow":"quote","entry":"quote-in","flowconfigurations":{"price":`+other+`}}`)

	// Live without a draft, live and changed in the draft.
	d.ask(200, `POST /flows/deploy {"mode":"all"}`)
	d.ask(200, `DELETE /drafts/price`)
	answers(`{"msg":"from quote, priced"}`, run)
	d.save("price", called("price", "return 'changed'"), 0)
	answers(`{"msg":"changed"}`, run)

	broken := d.code(422, "not_deployable", `POST /drafts/run {"flow":"quote","entry":"quote-in","flowconfigurations":{"price":`+called("price", "return (")+`}}`)
	d.wants(member(t, broken, "errors", 0, "path"), "flows/price/nodes/price-script/inputs/codeEditor", "a callee with a problem")
	endless := strings.NewReplacer(typeID("ecoflow-commons", "Called"), typeID("ecoflow", "Called"), typeID("ecoflow-commons", "Call flow"), typeID("ecoflow", "Call flow")).
		Replace(new(sketch).node("p", "EventListener", "Called", `{}`).node("p-call", "Middleware", "Call flow", `{"flow":"price"}`).edge("p", "p-call").json())
	round := d.code(422, "not_deployable", `POST /drafts/run {"flow":"quote","entry":"quote-in","flowconfigurations":{"price":`+endless+`}}`)
	d.wants(member(t, round, "errors", 0, "code"), "call_cycle", "a callee that calls itself")
}

// Saved tests see what would be live after the deploy that they precede.
func TestSavedTestsOfAFlowThatCalls(t *testing.T) {
	d := sit(t)
	d.save("price", called("price", "return 'live'"), 0)
	d.save("quote", calls("quote", "price"), 0)
	d.ask(200, `PUT /drafts/quote/tests/answers {"request":{"method":"GET","path":"/api/quote"},"expect":{"status":200,"body":{"msg":"live"}}}`)
	report := func(passed float64, what, body string) string {
		t.Helper()
		got := d.ask(200, `POST /drafts/tests/run `+body)
		d.wants(member(t, got, "payload", "passed"), passed, what)
		return got
	}
	report(1, "nothing is live", `{}`)
	got := report(0, "the callee would not be live", `{"mode":"flow","flows":["quote"]}`)
	d.wants(member(t, got, "payload", "results", 0, "mismatches", 0, "message"), `Call flow: There is no flow "price".`, "what is missing")
	refused := d.code(422, "not_deployable", `POST /flows/deploy {"mode":"flow","flows":["quote"]}`)
	d.wants(member(t, refused, "payload", "msg"), `Call flow: The flow "price" is only a draft. Deploy it as well.`, "why")
	d.wants(len(member(t, refused, "errors").([]any)), 1, "problems")

	d.ask(200, `POST /flows/deploy {"mode":"all"}`)
	d.save("price", called("price", "return 'changed'"), 1)
	report(1, "the callee stays as it is live", `{"mode":"flow","flows":["quote"]}`)
	report(0, "the callee is deployed as well", `{"mode":"flow","flows":["quote","price"]}`)
	report(0, "all drafts are deployed", `{"mode":"all"}`)
}

// A flow that others call is tried with a message in the place of a caller, and its
// result is that of the run; so is it by a saved test.
func TestRunOfACalledFlow(t *testing.T) {
	d := sit(t)
	d.save("price", called("price", "if (!msg.n) throw new Error('How many?'); return { total: msg.n * 2 }"), 0)
	response := func(message string) map[string]any {
		t.Helper()
		lines := d.lines(`{"flow":"price","entry":"price-called","request":{"method":"POST","path":"/","body":` + message + `}}`)
		return lines[len(lines)-1]["response"].(map[string]any)
	}
	r := response(`{"n":21}`)
	d.wants(fmt.Sprint(r["status"], r["body"], r["failed"]), `0{"total":42}<nil>`, "result")
	r = response(`{}`)
	d.wants(fmt.Sprint(r["status"], r["body"], r["failed"], r["error"]), "0price-scriptHow many? (line 1, column 19)", "a failure")
	r = response(`"text"`)
	d.wants(r["failed"], "price-script", "a text is a message as well")

	put := func(name, message, expect string) {
		t.Helper()
		d.ask(200, `PUT /drafts/price/tests/`+name+` {"entry":"price-called","request":{"method":"POST","path":"/","body":`+message+`},"expect":`+expect+`}`)
	}
	put("a", `{"n":2}`, `{"body":{"total":4}}`)
	put("b", `{"n":2}`, `{"body":{"total":5}}`)
	put("c", `{}`, `{}`)
	d.wants(member(t, d.ask(200, `GET /drafts/price/tests/a`), "payload", "entry"), "price-called", "entry")
	report := d.ask(200, `POST /drafts/tests/run {}`)
	var told []string
	for i := range 3 {
		told = append(told, fmt.Sprint(member(t, report, "payload", "results", i, "passed"), member(t, report, "payload", "results", i, "mismatches")))
	}
	d.wants(strings.Join(told, "\n"), "true []\nfalse [map[message:expected 5, got 4 path:body/total]]\nfalse [map[message:How many? (line 1, column 19) path:]]", "saved tests")
}
