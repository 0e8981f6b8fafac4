package nodes_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"ecoflow/app/event"
	"ecoflow/app/flow"
	"ecoflow/app/limit"
)

// draw makes a flow from lines like
//
//	out: Response {"mode": "direct"}
//	check.true -> out
func draw(t *testing.T, lines string) flow.Document {
	t.Helper()
	var definitions, connections, configurations []any
	first := map[string]string{} // a node's first port
	for line := range strings.Lines(lines) {
		line = strings.TrimSpace(line)
		if from, to, ok := strings.Cut(line, " -> "); ok {
			source, port, _ := strings.Cut(from, ".")
			handle := source + "-source"
			if port != "" && port != first[source] {
				handle += "-" + port
			}
			connections = append(connections, map[string]any{
				"id": line, "source": source, "sourceHandle": handle, "target": to, "targetHandle": to + "-target", "animated": false,
			})
			continue
		}
		id, rest, ok := strings.Cut(line, ": ")
		if !ok {
			continue
		}
		name, inputs, _ := strings.Cut(rest, " {")
		typ := find(t, strings.TrimSpace(name))
		if len(typ.Ports) > 0 {
			first[id] = typ.Ports[0].Name
		}
		definitions = append(definitions, map[string]any{
			"id": id, "type": typ.Kind,
			"data": map[string]any{"moduleID": map[string]any{"_id": typ.ID()}, "label": id, "configured": true, "templates": true},
		})
		if inputs == "" {
			inputs = "}"
		}
		configurations = append(configurations, map[string]any{"nodeID": id, "configs": json.RawMessage("{" + inputs)})
	}
	b, err := json.Marshal(map[string]any{"shop": map[string]any{"definitions": definitions, "connections": connections, "configurations": configurations}})
	if err != nil {
		t.Fatal(err)
	}
	doc, err := flow.Parse(b)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// none are no variables.
type none struct{}

// Mask implements flow.Variables.
func (none) Mask(text string) string { return text }

// Lookup implements flow.Variables.
func (none) Lookup(string) (string, bool) { return "", false }

// What the nodes do together, in the real engine.
func TestJourneys(t *testing.T) {
	engine := flow.New(flow.Options{
		Log: slog.New(slog.DiscardHandler), Library: library, Events: event.New(10), Limits: &limit.Counters{},
		Env: func() flow.Variables { return none{} }, Settings: flow.DefaultSettings,
	})
	t.Cleanup(func() { engine.Close(t.Context()) }) //nolint:errcheck // nothing runs any more
	for _, tt := range []struct{ name, flow, body, want string }{
		{
			name: "condition", body: `{"n": 5}`, want: `200 "big"`,
			flow: `
				in: Request {"apiMethod": "POST"}
				check: Condition {"value": "{{ msg.n }}", "operator": "more", "other": "3"}
				big: Text {"sampleText": "big"}
				small: Text {"sampleText": "small"}
				a: Response {"mode": "direct", "send": "json"}
				b: Response {"mode": "direct"}
				in -> check
				check.true -> big
				check.false -> small
				big -> a
				small -> b`,
		},
		{
			name: "route by value", body: `{"kind": "b"}`, want: `200 {"msg":"the b"}`,
			flow: `
				in: Request {"apiMethod": "POST"}
				by: Route by value {"value": "{{ msg.kind }}", "cases": ["a", "b"]}
				a: Text {"sampleText": "the a"}
				b: Text {"sampleText": "the b"}
				o: Text {"sampleText": "another"}
				out: Response {"responseKey": "msg"}
				in -> by
				by.a -> a
				by.b -> b
				by.otherwise -> o
				a -> out
				b -> out
				o -> out`,
		},
		{
			name: "switch", body: `{"switch": "b", "x": 1}`, want: `200 {"msg":{},"inner":{"switch":"b","x":1}}`,
			flow: `
				in: Request {"apiMethod": "POST"}
				by: Switch {"switchCases": ["a", "b", "default"]}
				a: Switch In {"caseVal": "a"}
				b: Switch In {"caseVal": "b", "moveTo": "inner"}
				outA: Response {"responseKey": "msg"}
				out: Response {"responseKey": "msg"}
				inner: Response {"responseKey": "inner"}
				in -> by
				by -> a
				by -> b
				a -> outA
				b -> out
				b -> inner`,
		},
		{
			name: "for each, one after the other", body: `{"list": [1, 2, 3]}`, want: `200 [2,6]`,
			flow: fmt.Sprintf(eachFlow, 1),
		},
		{
			name: "for each, side by side", body: `{"list": [1, 2, 3]}`, want: `200 [2,6]`,
			flow: fmt.Sprintf(eachFlow, 3),
		},
		{
			name: "for each inside for each", body: `[[1, 2], [3], []]`, want: `200 [[10,20],[30],[]]`,
			flow: `
				in: Request {"apiMethod": "POST"}
				outer: For each {"concurrency": 3}
				inner: For each {"concurrency": 2}
				ten: Text {"sampleText": "{{ item * 10 }}"}
				rest: Delay {"duration": 1}
				same: Set {}
				out: Response {"mode": "direct"}
				in -> outer
				outer.each -> inner
				inner.each -> ten
				ten -> rest
				inner.done -> same
				outer.done -> out`,
		},
		{
			name: "validate", body: `{"n": "x"}`, want: `422 {"mistakes":[{"message":"has to be of the type number, not string","path":"n"}]}`,
			flow: `
				in: Request {"apiMethod": "POST"}
				check: Validate {"schema": "{\"properties\": {\"n\": {\"type\": \"number\"}}}"}
				good: Response {"mode": "direct"}
				bad: Response {"mode": "direct", "status": "422", "value": "{{ {mistakes: payload.errors} }}"}
				in -> check
				check.valid -> good
				check.invalid -> bad`,
		},
		{
			name: "catch", body: `{"n": "x"}`, want: `400 "calc: The expression msg.n * 2 failed: invalid operation: text * number."`,
			flow: `
				in: Request {"apiMethod": "POST"}
				calc: Text {"sampleText": "{{ msg.n * 2 }}"}
				out: Response {"mode": "direct"}
				catch: Catch {}
				sorry: Response {"mode": "direct", "send": "json", "status": "400", "value": "{{ msg.node }}: {{ msg.message }}"}
				in -> calc
				calc -> out
				catch -> sorry`,
		},
		{
			name: "script and native nodes", body: `{"list": [3, 1, 2], "who": "Ada"}`, want: `200 {"first":10,"list":[10,20,30],"who":"Ada"}`,
			flow: `
				in: Request {"apiMethod": "POST"}
				code: Function {"codeEditor": "payload.extra = {factor: 10}; msg.list.sort(); return msg"}
				each: For each {"list": "{{ msg.list }}", "concurrency": 2, "to": "msg.list"}
				times: Function {"codeEditor": "return msg * payload.extra.factor"}
				set: Set {"values": "{\"msg.first\": \"{{ msg.list[0] }}\"}"}
				out: Response {"mode": "direct"}
				in -> code
				code -> each
				each.each -> times
				each.done -> set
				set -> out`,
		},
		{
			name: "text of a script", body: `{"who": "Ada"}`, want: `200 Hi Ada`,
			flow: `
				in: Request {"apiMethod": "POST"}
				code: Function {"codeEditor": "return 'Hi ' + msg.who"}
				out: Response {"mode": "direct"}
				in -> code
				code -> out`,
		},
		{
			name: "five native nodes", body: `[{"p": 2, "c": "x"}, {"p": 5, "c": "y"}, {"p": 7, "c": "y"}]`, want: `200 "\"sum\"\r\n12\r\n"`,
			flow: `
				in: Request {"apiMethod": "POST"}
				keep: Filter {"condition": "item.p > 2"}
				add: Aggregate {"operation": "sum", "of": "item.p", "groupBy": "item.c"}
				shape: Set {"values": "{\"msg\": [{\"\\\"sum\\\"\": \"{{ msg.y }}\"}]}"}
				name: Map {"expression": "{sum: values(item)[0]}"}
				csv: Format {"format": "csv", "columns": ["sum"]}
				quote: Template {"template": "{{ replace(msg, 'sum', '\"sum\"') }}", "escape": "none"}
				out: Response {"mode": "direct", "send": "json"}
				in -> keep
				keep -> add
				add -> shape
				shape -> name
				name -> csv
				csv -> quote
				quote -> out`,
		},
		{
			name: "a list piece by piece", body: `[{"a": 1.50}, "two", [3]]`, want: "200 {\"a\":1.50}\ntwo[3]\n",
			flow: `
				in: Request {"apiMethod": "POST"}
				out: Response {"mode": "direct", "send": "stream"}
				in -> out`,
		},
		{
			name: "one text piece by piece", body: `{"a": "x"}`, want: `200 x`,
			flow: `
				in: Request {"apiMethod": "POST"}
				out: Response {"mode": "direct", "send": "stream", "value": "{{ msg.a }}", "contentType": "application/json"}
				in -> out`,
		},
		{
			name: "what a script throws", body: `{}`, want: `200 {"column":7,"flow":"shop","line":2,"message":"nope, it's not","node":"code","nodeID":"code"}`,
			flow: `
				in: Request {"apiMethod": "POST"}
				code: Function {"codeEditor": "let a = 1;\nthrow new TypeError(\"nope, it's not\")"}
				oops: Catch
				out: Response {"mode": "direct"}
				in -> code
				oops -> out`,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			res, err := engine.Test(t.Context(), flow.TestRequest{
				Flows: draw(t, tt.flow), Entry: "in", Body: []byte(tt.body), Header: http.Header{"Content-Type": {"application/json"}},
			})
			if err != nil {
				t.Fatal(err)
			}
			if got := fmt.Sprintf("%d %s", res.Status, res.Body); got != tt.want {
				t.Errorf("answered %s, want %s; %s %v", got, tt.want, res.Error, res.Problems)
			}
		})
	}
}

// What a script throws reaches the caller, where errors are shown, as it was thrown;
// its place stands beside it.
func TestThrownTextStays(t *testing.T) {
	engine := flow.New(flow.Options{
		Log: slog.New(slog.DiscardHandler), Library: library, Events: event.New(10), Limits: &limit.Counters{},
		Env: func() flow.Variables { return none{} }, Settings: flow.DefaultSettings,
	})
	t.Cleanup(func() { engine.Close(t.Context()) }) //nolint:errcheck // nothing runs any more
	for thrown, want := range map[string][2]string{
		`new Error("nope")`:       {"nope", "nope (line 1, column 7)"},
		`"lower case, no end"`:    {"lower case, no end", "lower case, no end (line 1, column 1)"},
		`new RangeError("too 1")`: {"too 1", "RangeError: too 1 (line 1, column 7)"},
	} {
		code, err := json.Marshal("throw " + thrown)
		if err != nil {
			t.Fatal(err)
		}
		res, err := engine.Test(t.Context(), flow.TestRequest{Entry: "in", Flows: draw(t, fmt.Sprintf(`
			in: Request {"apiMethod": "GET"}
			code: Function {"codeEditor": %s}
			out: Response
			in -> code
			code -> out`, code))})
		if err != nil {
			t.Fatal(err)
		}
		var answer struct {
			Payload string
			Errors  []struct{ Path, Message string }
		}
		if err := json.Unmarshal(res.Body, &answer); err != nil {
			t.Fatal(err)
		}
		if answer.Payload != want[0] || len(answer.Errors) != 1 || answer.Errors[0].Message != want[1] || answer.Errors[0].Path != "flows/shop/nodes/code" {
			t.Errorf("%s: %s", thrown, res.Body)
		}
	}
}

const eachFlow = `
	in: Request {"apiMethod": "POST"}
	each: For each {"list": "{{ msg.list }}", "concurrency": %d}
	odd: Route by value {"value": "{{ item %% 2 }}", "cases": ["1"]}
	wait: Delay {"duration": 1}
	double: Text {"sampleText": "{{ msg * 2 }}"}
	out: Response {"mode": "direct"}
	in -> each
	each.each -> odd
	odd.1 -> wait
	wait -> double
	each.done -> out`
