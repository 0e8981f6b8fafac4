package nodes_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"ecoflow/app/node"
	"ecoflow/app/value"
)

func TestRequest(t *testing.T) {
	for _, tt := range []struct{ inputs, method, path, params, problem string }{
		{inputs: `{"apiMethod": "GET", "apiEndpoint": "/hello", "$url.params": []}`, method: "GET", path: "/hello"},
		{inputs: `{"apiEndpoint": "users/", "$url.params": ["id", ":part"]}`, method: "GET", path: "/users/:id/:part", params: "id,part"},
		{inputs: `{"apiMethod": "patch", "apiEndpoint": "/a/:x/b", "$url.params": ""}`, method: "PATCH", path: "/a/:x/b", params: "x"},
		{inputs: `{"apiMethod": null, "apiEndpoint": ""}`, method: "GET", path: "/"},
		{inputs: `{"apiEndpoint": "/straße/ü.json"}`, method: "GET", path: "/straße/ü.json"},
		{inputs: `{"apiMethod": "TRACE", "apiEndpoint": "/x"}`, problem: "is none of GET"},
		{inputs: `{"apiEndpoint": "/a//b"}`, problem: "empty part"},
		{inputs: `{"apiEndpoint": "/a/../b"}`, problem: `".."`},
		{inputs: `{"apiEndpoint": "/a b"}`, problem: "cannot have"},
		{inputs: `{"apiEndpoint": "/a?b=1"}`, problem: "cannot have"},
		{inputs: `{"apiEndpoint": "/:id/:id"}`, problem: "twice"},
		{inputs: `{"apiEndpoint": "/:id", "$url.params": ["id"]}`, problem: "twice"},
		{inputs: `{"apiEndpoint": "/:a-b"}`, problem: "letters, digits"},
		{inputs: `{"apiEndpoint": "/x", "$url.params": ["a b"]}`, problem: "letters, digits"},
	} {
		n, problems := instance(t, "Request", tt.inputs)
		if tt.problem != "" {
			if len(problems) == 0 || !strings.Contains(problems[0].Message, tt.problem) {
				t.Errorf("%s: problems %v, want %q", tt.inputs, problems, tt.problem)
			}
			continue
		}
		if len(problems) > 0 {
			t.Errorf("%s: %v", tt.inputs, problems)
			continue
		}
		r := n.(node.Router).Route()
		if r.Method != tt.method || r.Path != tt.path || strings.Join(r.Params, ",") != tt.params {
			t.Errorf("%s: %+v", tt.inputs, r)
		}
	}
}

func TestCommonNodes(t *testing.T) {
	runAll(t, []test{
		{node: "Text", inputs: `{"sampleText": "Hello World"}`, want: `{"msg": "Hello World"}`},
		{node: "Text", inputs: `{"sampleText": ""}`, want: `{"msg": null}`},
		{node: "Text", inputs: `{}`, want: `{"msg": null}`},
		{node: "Text", inputs: `{"sampleText": "{{ msg.n }}"}`, payload: `{"msg": {"n": 12345678901234567890}}`, want: `{"msg": 12345678901234567890}`},
		{node: "Text", inputs: `{"sampleText": "{{ params.id }}/{{ query.page }}/{{ query.tag }}/{{ headers['X-ID'] }}/{{ headers.accept }}/{{ cookies.theme }}/{{ env.api_key }}"}`, want: `{"msg": "7/2/[\"a\",\"b\"]/h1/a, b/dark/secret"}`},
		{node: "Text", inputs: `{"sampleText": "{{ [request.method, request.path, request.route, request.host, request.ip, request.body.n, request.params.id, request.query.page, request.nothing] }}"}`, want: `{"msg": ["POST", "/api/orders/7", "/api/orders/:id", "localhost:4000", "127.0.0.1", 1.5, "7", "2", null]}`},
		{node: "Text", inputs: `{"sampleText": "{{ keys(request) }}"}`, want: `{"msg": ["body", "cookies", "headers", "host", "ip", "method", "params", "path", "query", "route"]}`},
		{node: "Text", inputs: `{"sampleText": "{{ [params, query, cookies, headers['x-id'], payload.other, payload] }}"}`, payload: `{"other": 1}`, want: `{"other": 1, "msg": [{"id": "7"}, {"page": "2", "tag": ["a", "b"]}, {"sid": "c1", "theme": "dark"}, "h1", 1, {"other": 1}]}`},
		{node: "Text", inputs: `{"sampleText": "{{ env.OTHER }}"}`, want: `{"msg": null}`},
		{node: "Text", inputs: `{"sampleText": "{{ env.PATH }}"}`, want: `{"msg": null}`},
		{node: "Text", inputs: `{"sampleText": "a {{ b"}`, problem: "sampleText: Text holds a template that does not compile"},
		{node: "Text", inputs: `{"sampleText": "{{ upper(msg.x) }}"}`, err: "there is nothing where text is needed"},

		{
			node: "Set", inputs: `{"values": {"value": "{\"msg.a.b\": \"{{ msg.n + 1 }}\", \"msg.list[1]\": {\"x\": [\"{{ params.id }}\"]}, \"count\": 3.10}"}}`, payload: `{"msg": {"n": 1, "list": [1, 2]}}`,
			want: `{"msg": {"n": 1, "a": {"b": 2}, "list": [1, {"x": ["7"]}]}, "count": 3.10}`,
		},
		{node: "Set", inputs: `{"values": "{\"msg\": 1, \"old\": \"{{ msg }}\"}"}`, payload: `{"msg": "before"}`, want: `{"msg": 1, "old": "before"}`},
		{node: "Set", inputs: `{"remove": ["msg.secret", "other", "nothing.there"]}`, payload: `{"msg": {"secret": 1, "x": 2}, "other": 1}`, want: `{"msg": {"x": 2}}`},
		{node: "Set", inputs: `{"values": "{\"msg.a\": 1}"}`, payload: `{"msg": "text"}`, err: "cannot be set"},
		{node: "Set", inputs: `{"values": "{\"a\": 1,}"}`, problem: "values: Instead of a name"},
		{node: "Set", inputs: `{"values": "[1]"}`, problem: "values: The values have to be an object"},
		{node: "Set", inputs: `{"values": "{\"a..b\": 1}"}`, problem: "values: "},
		{node: "Set", inputs: `{"values": "{\"a\": [\"{{ 1 + }}\"]}"}`, problem: "values: The value of a holds a template"},
		{node: "Set", inputs: `{"remove": ["[0]"]}`, problem: "remove: "},

		{node: "Template", inputs: `{"template": {"value": "<b>{{ msg.name }}</b> \\{{"}}`, payload: `{"msg": {"name": "<script>"}}`, want: `{"msg": "<b>&lt;script&gt;</b> {{"}`},
		{node: "Template", inputs: `{"template": "{{ msg.name }}", "escape": "none", "to": "page.body"}`, payload: `{"msg": {"name": "<i>"}}`, want: `{"msg": {"name": "<i>"}, "page": {"body": "<i>"}}`},
		{node: "Template", inputs: `{"template": ""}`, problem: "template: Template is required"},
		{node: "Template", inputs: `{"template": "x", "to": "[1]"}`, problem: "to: "},
	})
}

// Without the switch, text is literal (decision 19), but a Template node is one.
func TestTemplatesOff(t *testing.T) {
	for name, tt := range map[string]struct{ input, want string }{
		"Text": {"sampleText", "{{ msg }}"}, "Template": {"template", "hi"},
	} {
		n, problems := find(t, name).New(node.Values{Inputs: map[string]any{tt.input: "{{ msg }}"}})
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		m := message(t, &host{}, `{"msg": "hi"}`)
		if err := n.(node.Runner).Run(t.Context(), m); err != nil {
			t.Fatal(err)
		}
		if got, _, _ := m.Payload.Get("msg"); got != tt.want {
			t.Errorf("%s gives %v, want %v", name, got, tt.want)
		}
	}
}

func TestDelay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, problems := instance(t, "Delay", `{"duration": "1500"}`)
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		start := time.Now()
		if err := n.(node.Runner).Run(t.Context(), message(t, &host{}, "")); err != nil {
			t.Fatal(err)
		}
		if waited := time.Since(start); waited != 1500*time.Millisecond {
			t.Errorf("waited %v", waited)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := n.(node.Runner).Run(ctx, message(t, &host{}, "")); err == nil {
			t.Error("the wait outlived its run")
		}
	})
	if !find(t, "Delay").Blocking {
		t.Error("Delay is not marked as blocking")
	}
}

func TestDebug(t *testing.T) {
	for _, tt := range []struct{ inputs, want string }{
		{`{}`, `{"a":1,"msg":{"x":2}}`},
		{`{"debugOutput": "Message"}`, `{"x":2}`},
		{`{"debugOutput": "Expression", "debugExp": "a"}`, `1`},
		{`{"debugOutput": "Expression", "debugExp": "nothing"}`, `{}`},
		{`{"debugOutput": "Expression", "debugExp": ""}`, `{"a":1,"msg":{"x":2}}`},
		{`{"debugOutput": "Expression", "debugExp": "{{ msg.x + payload.a }}"}`, `3`},
		{`{"debugOutput": "Expression", "debugExp": "{{ upper(1 + msg.x) }}"}`, `"This value cannot be shown: the expression upper(1 + msg.x) failed: there is number where text is needed"`},
	} {
		h := &host{}
		n, problems := instance(t, "Debug", tt.inputs)
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		if err := n.(node.Runner).Run(t.Context(), message(t, h, `{"msg": {"x": 2}, "a": 1}`)); err != nil {
			t.Fatal(err)
		}
		if got := jsonOf(h.debug[0]); got != tt.want {
			t.Errorf("%s shows %s, want %s", tt.inputs, got, tt.want)
		}
		if want := (node.DebugLine{Flow: "shop", NodeID: "n1", Label: "My node", RunID: "run1", Level: "info", Window: true}); h.lines[0] != want {
			t.Errorf("%s: %+v", tt.inputs, h.lines[0])
		}
	}
	if _, problems := instance(t, "Debug", `{"debugConsole": ["Terminal", "WebConsole"], "debugOutput": "All"}`); len(problems) != 1 || problems[0].Input != "debugOutput" {
		t.Errorf("problems %v", problems)
	}
}

func TestEvents(t *testing.T) {
	for inputs, want := range map[string]node.Subscription{
		`{"eventChannel": "c"}`:                         {Channel: "c"},
		`{"listenerMode": "ONCE", "eventChannel": "c"}`: {Channel: "c", Once: true},
		`{"listenerMode": "ANY"}`:                       {Any: true},
	} {
		n, problems := instance(t, "Event Listener", inputs)
		if len(problems) > 0 {
			t.Errorf("%s: %v", inputs, problems)
			continue
		}
		if got := n.(node.Listener).Listen(); got != want {
			t.Errorf("%s: %+v, want %+v", inputs, got, want)
		}
	}
	if _, problems := instance(t, "Event Listener", `{}`); len(problems) != 1 || problems[0].Code != "required" {
		t.Errorf("no channel: %v", problems)
	}
	for inputs, want := range map[string]string{
		`{"eventChannel": "c", "emitterPayload": "text"}`:                      `c ["text"]`,
		`{"eventChannel": "c", "emitterPayload": "msg", "fromPayload": true}`:  `c [{"id":7}]`,
		`{"eventChannel": "c", "emitterPayload": "none", "fromPayload": true}`: `c [null]`,
		`{"eventChannel": "o-{{ msg.id }}", "emitterPayload": "{{ msg.id }}"}`: `o-7 [7]`,
	} {
		h := &host{}
		n, problems := instance(t, "Event Emitter", inputs)
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		if err := n.(node.Runner).Run(t.Context(), message(t, h, `{"msg": {"id": 7}}`)); err != nil {
			t.Fatal(err)
		}
		if h.emitted[0] != want {
			t.Errorf("%s emits %s, want %s", inputs, h.emitted[0], want)
		}
	}
	if catch := find(t, "Catch"); !catch.Catches || !catch.MayRespond || catch.Kind != node.EventListener {
		t.Errorf("Catch is %+v", catch)
	}
}

func TestResponse(t *testing.T) {
	for _, tt := range []struct {
		name, inputs, payload string
		want                  node.Answer
		body                  string // text or JSON of the value
		header                http.Header
		cookies               string
		err, problem          string
	}{
		{name: "compatible", inputs: `{"responseKey": "msg"}`, payload: `{"msg": {"a": 1}}`, want: node.Answer{Key: "msg"}, body: `{"a":1}`},
		{name: "default key", inputs: `{}`, payload: `{"msg": null}`, want: node.Answer{Key: "msg"}, body: `null`},
		{name: "settings of the other mode", inputs: `{"mode": "compatible", "send": "redirect", "status": "x"}`, payload: `{"msg": 1}`, want: node.Answer{Key: "msg"}, body: `1`},
		{name: "other key", inputs: `{"responseKey": "x"}`, payload: `{"x": 1.0}`, want: node.Answer{Key: "x"}, body: `1.0`},
		{name: "absent key", inputs: `{"responseKey": "x"}`, want: node.Answer{Key: "x", Empty: true}, body: `null`},
		{name: "key is no template", inputs: `{"responseKey": "{{ msg }}"}`, want: node.Answer{Key: "{{ msg }}", Empty: true}, body: `null`},
		{name: "direct", inputs: `{"mode": "direct"}`, payload: `{"msg": [1]}`, body: `[1]`},
		{name: "direct text", inputs: `{"mode": "direct", "value": "Hi {{ msg.n }}"}`, payload: `{"msg": {"n": "Ada"}}`, body: `Hi Ada`},
		{name: "status", inputs: `{"mode": "direct", "status": "201", "value": "{{ msg.id }}"}`, payload: `{"msg": {"id": 5}}`, want: node.Answer{Reply: node.Reply{Status: 201}}, body: `5`},
		{name: "status of the message", inputs: `{"mode": "direct", "status": "{{ msg.s }}"}`, payload: `{"msg": {"s": 404}}`, want: node.Answer{Reply: node.Reply{Status: 404}}, body: `{"s":404}`},
		{name: "wrong status of the message", inputs: `{"mode": "direct", "status": "{{ msg.s }}"}`, payload: `{"msg": {"s": "1"}}`, err: "no number from 200 to 599"},
		{name: "wrong status", inputs: `{"mode": "direct", "status": "99"}`, problem: "status: The status"},
		{name: "json of text", inputs: `{"mode": "direct", "send": "json"}`, payload: `{"msg": "a"}`, want: node.Answer{ContentType: "application/json"}, body: `a`},
		{name: "text of json", inputs: `{"mode": "direct", "send": "text"}`, payload: `{"msg": [1, "a"]}`, want: node.Answer{ContentType: "text/plain; charset=utf-8"}, body: `[1,"a"]`},
		{name: "text that is json", inputs: `{"mode": "direct", "send": "text", "contentType": "application/problem+json"}`, payload: `{"msg": "{}"}`, want: node.Answer{ContentType: "application/problem+json"}, body: `{}`},
		{name: "html", inputs: `{"mode": "direct", "contentType": "text/html; charset=utf-8"}`, payload: `{"msg": "<p>"}`, want: node.Answer{ContentType: "text/html; charset=utf-8"}, body: `<p>`},
		{name: "bad content type", inputs: `{"mode": "direct", "contentType": "{{ msg }}"}`, payload: `{"msg": "a\r\nb"}`, err: "is no content type"},
		{name: "lines", inputs: `{"mode": "direct", "send": "lines"}`, payload: `{"msg": [{"a": 1}, 2]}`, want: node.Answer{ContentType: "application/x-ndjson"}, body: "{\"a\":1}\n2\n"},
		{name: "lines of no list", inputs: `{"mode": "direct", "send": "lines"}`, err: "need a list"},
		{name: "empty", inputs: `{"mode": "direct", "send": "empty", "status": "204"}`, want: node.Answer{Reply: node.Reply{Status: 204}}},
		{name: "redirect", inputs: `{"mode": "direct", "send": "redirect", "location": "/orders/{{ params.id }}"}`, want: node.Answer{Reply: node.Reply{Status: 302}}, header: http.Header{"Location": {"/orders/7"}}},
		{name: "redirect for good", inputs: `{"mode": "direct", "send": "redirect", "location": "https://example.org", "status": "301"}`, want: node.Answer{Reply: node.Reply{Status: 301}}, header: http.Header{"Location": {"https://example.org"}}},
		{name: "redirect with 200", inputs: `{"mode": "direct", "send": "redirect", "location": "/", "status": "200"}`, problem: "status: The status 200 sends nobody"},
		{name: "redirect to nowhere", inputs: `{"mode": "direct", "send": "redirect"}`, problem: "location: Address is required"},
		{name: "redirect that splits", inputs: `{"mode": "direct", "send": "redirect", "location": "{{ msg }}"}`, payload: `{"msg": "/\r\nSet-Cookie: a=b"}`, err: "line break"},
		{
			name: "file", inputs: `{"mode": "direct", "send": "file", "fileName": "straße.txt"}`, payload: `{"msg": "x"}`, want: node.Answer{ContentType: "application/octet-stream"}, body: `x`,
			header: http.Header{"Content-Disposition": {"attachment; filename*=utf-8''stra%C3%9Fe.txt"}},
		},
		{name: "headers", inputs: `{"mode": "direct", "headers": {"value": "X-Total: {{ len(msg) }}\n\n x-plain :  a: b \n"}}`, payload: `{"msg": [1]}`, body: `[1]`, header: http.Header{"X-Total": {"1"}, "X-Plain": {"a: b"}}},
		{name: "header that splits", inputs: `{"mode": "direct", "headers": "X-A: {{ msg }}"}`, payload: `{"msg": "a\nX-B: c"}`, err: "line break"},
		{name: "header of the server", inputs: `{"mode": "direct", "headers": "Content-Security-Policy: none"}`, problem: "headers: The header Content-Security-Policy"},
		{name: "no header", inputs: `{"mode": "direct", "headers": "just text"}`, problem: "headers: The line"},
		{name: "bad header name", inputs: `{"mode": "direct", "headers": "X A: 1"}`, problem: "headers: The header name"},
		{name: "cookies", inputs: `{"mode": "direct", "send": "empty", "cookies": "theme={{ msg.t }}; Path=/; Max-Age=60; HttpOnly; SameSite=Lax\nplain=1"}`, payload: `{"msg": {"t": "dark"}}`, cookies: "theme=dark; Path=/; Max-Age=60; HttpOnly; SameSite=Lax|plain=1"},
		{name: "cookie that splits", inputs: `{"mode": "direct", "cookies": "theme={{ msg }}"}`, payload: `{"msg": "a; Path=/x"}`, err: "has a value that cookies cannot hold"},
		{name: "no cookie", inputs: `{"mode": "direct", "cookies": "theme"}`, problem: "cookies: The line"},
		{name: "cookie with unknown attribute", inputs: `{"mode": "direct", "cookies": "a=b; Foo=1"}`, problem: "cookies: The line"},
		{name: "schema", inputs: `{"mode": "direct", "schema": "{"}`, problem: "schema: "},
	} {
		t.Run(tt.name, func(t *testing.T) {
			n, problems := instance(t, "Response", tt.inputs)
			if tt.problem != "" {
				if len(problems) != 1 || !strings.Contains(problems[0].Input+": "+problems[0].Message, tt.problem) {
					t.Fatalf("problems %v, want %q", problems, tt.problem)
				}
				return
			}
			if len(problems) > 0 {
				t.Fatal(problems)
			}
			h := &host{}
			m := message(t, h, tt.payload)
			err := n.(node.Runner).Run(t.Context(), m)
			if tt.err != "" {
				if err == nil || !strings.Contains(err.Error(), tt.err) {
					t.Fatalf("error %v, want %q", err, tt.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			a := h.answers[0]
			if a.Key != tt.want.Key || a.Empty != tt.want.Empty || a.ContentType != tt.want.ContentType || a.Reply.Status != tt.want.Reply.Status || a.NodeID != "n1" {
				t.Errorf("answer %+v, want %+v", a, tt.want)
			}
			body := value.Text(a.Value)
			if tt.want.Key != "" {
				body = jsonOf(a.Value)
			}
			if body != tt.body {
				t.Errorf("body %q, want %q", body, tt.body)
			}
			if diff := cmp.Diff(tt.header, a.Reply.Header); diff != "" && len(tt.header)+len(a.Reply.Header) > 0 {
				t.Error(diff)
			}
			var cookies []string
			for _, c := range a.Reply.Cookies {
				cookies = append(cookies, c.String())
			}
			if got := strings.Join(cookies, "|"); got != tt.cookies {
				t.Errorf("cookies %s, want %s", got, tt.cookies)
			}
		})
	}
}

// A body that nobody decoded goes out as it came in; a JSON text is text.
func TestResponseOfRawBody(t *testing.T) {
	for body, want := range map[string]any{`{ "a":1.0 }`: `{ "a":1.0 }`, `"text"`: "text"} {
		raw, err := value.Validate([]byte(body), 10)
		if err != nil {
			t.Fatal(err)
		}
		h := &host{}
		m := message(t, h, "")
		m.Payload = node.NewPayload(raw)
		n, _ := instance(t, "Response", `{"mode": "direct"}`)
		if err := n.(node.Runner).Run(t.Context(), m); err != nil {
			t.Fatal(err)
		}
		if got := value.Text(h.answers[0].Value); got != want {
			t.Errorf("%s goes out as %s", body, got)
		}
	}
}

func TestResponseOfFile(t *testing.T) {
	h := &host{}
	m := message(t, h, "")
	m.Payload = node.NewPayload(map[string]any{"file": &node.File{Name: `a"b.json`, Type: "application/json", Data: []byte("{}")}})
	n, _ := instance(t, "Response", `{"mode": "direct", "send": "file", "value": "{{ msg.file }}"}`)
	if err := n.(node.Runner).Run(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	a := h.answers[0]
	if value.Text(a.Value) != "{}" || a.ContentType != "application/json" || a.Reply.Header.Get("Content-Disposition") != `attachment; filename="a\"b.json"` {
		t.Errorf("answer %+v", a)
	}
}

// Where nobody waits, a Response does nothing.
func TestResponseToNobody(t *testing.T) {
	n, _ := instance(t, "Response", `{}`)
	m := message(t, &host{}, "")
	m.Run.Host = struct{ node.Host }{&host{}}
	if err := n.(node.Runner).Run(t.Context(), m); err != nil {
		t.Fatal(err)
	}
}

func TestResponseDescribes(t *testing.T) {
	var d node.Description
	for _, inputs := range []string{`{"responseKey": "a"}`, `{"responseKey": "b"}`, `{"mode": "direct", "status": "201", "schema": "{\"type\": \"string\"}"}`} {
		n, _ := instance(t, "Response", inputs)
		n.(node.Describer).Describe(&d)
	}
	b, err := json.Marshal(d.ResponseSchema)
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"200":{"properties":{"a":{},"b":{}},"type":"object"},"201":{"type":"string"}}`; string(b) != want {
		t.Errorf("described as %s, want %s", b, want)
	}
}
