package function

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"ecoflow/app/js"
	"ecoflow/app/node"
	"ecoflow/app/trace"
	"ecoflow/app/value"
)

// host is the product as a node meets it, with one variable that flows may read.
type host struct{ node.Host }

// Env implements node.Host.
func (host) Env(name string) (string, bool) { return "eu", strings.EqualFold(name, "region") }

// runFunction runs one Function node on a message whose msg is the JSON given.
func runFunction(t *testing.T, code any, body string) (*node.Message, error) {
	t.Helper()
	engine := js.New(js.Options{})
	t.Cleanup(func() { _ = engine.Close() })
	kind := FunctionType(engine)
	instance, problems := kind.New(node.Values{Inputs: map[string]any{"codeEditor": code}, Label: "Sum"})
	for _, p := range problems {
		if !p.Warning {
			t.Fatalf("problem: %+v", p)
		}
	}
	raw, err := value.Validate([]byte(body), 100)
	if err != nil {
		t.Fatal(err)
	}
	u, _ := url.Parse("/api/users/7?page=2&tag=a&tag=b")
	m := &node.Message{Payload: node.NewPayload(raw), Run: &node.Run{ID: "r1", Host: host{}, Request: &node.Inbound{
		Method: "POST", Path: "/api/users/7", Params: node.Params{{Name: "id", Value: "7"}}, URL: u, IP: "192.0.2.1",
		Header: http.Header{"Content-Type": {"application/json"}, "Cookie": {"theme=dark"}}, Body: []byte(body),
	}}}
	t.Cleanup(func() { _ = m.Run.Close() })
	return m, instance.(node.Runner).Run(context.Background(), m)
}

func TestFunction(t *testing.T) {
	const body = `{"a": 1, "b": 2.5, "list": [3, 1, 2]}`
	for _, test := range []struct {
		name string
		code any
		want string // the whole payload
	}{
		{"returns a sum", "return msg.a + msg.b", `{"msg":3.5}`},
		{"finds the payload as the original gives it", "return this.msg.msg.a", `{"msg":1}`},
		{"sets other keys", "payload.more = msg.list.sort(); return msg.a", `{"msg":1,"more":[1,2,3]}`},
		{"returns nothing", "msg.a = 2", `{}`},
		{"awaits", "const v = await Promise.resolve(5); return v + 1", `{"msg":6}`},
		{"declares the given names itself", "const payload = this.msg, msg = payload.msg; return msg.b", `{"msg":2.5}`},
		{
			"reads the request", "return [request.method, request.path, request.params.id, request.query.page, request.query.tag, request.headers['content-type'], request.cookies.theme, request.ip, request.body.a]",
			`{"msg":["POST","/api/users/7","7","2",["a","b"],"application/json","dark","192.0.2.1",1]}`,
		},
		{"reads variables that flows may read", "return [env.region, env.SECRET_KEY === undefined]", `{"msg":["eu",true]}`},
		{"passes on what empty code gets", "  ", `{"msg":` + body + `}`},
		{"passes on what broken code gets", map[string]any{"value": "return (", "validate": false}, `{"msg":` + body + `}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			m, err := runFunction(t, test.code, body)
			if err != nil {
				t.Fatal(err)
			}
			var got []byte
			if r := m.Payload.Resident(); r != nil {
				got, err = r.AppendJSON(nil, "")
			} else {
				v, _ := m.Payload.Peek("msg")
				got, err = value.AppendJSON([]byte(`{"msg":`), v)
				got = append(got, '}')
			}
			if err != nil || string(got) != test.want {
				t.Errorf("got %s (%v), want %s", got, err, test.want)
			}
		})
	}
}

func TestFunctionProblems(t *testing.T) {
	engine := js.New(js.Options{})
	t.Cleanup(func() { _ = engine.Close() })
	kind := FunctionType(engine)
	for _, test := range []struct {
		code         string
		line, column int
	}{
		{"return (", 1, 8},
		{"const a = 1\nlet 5 = a", 2, 5},
		{"if (msg) {\n  return 1\n}}", 3, 2},
		{"}); this.x = 1; (function () {", 1, 1},
		{"\n\nreturn /x/v", 3, 8},
	} {
		_, problems := kind.New(node.Values{Inputs: map[string]any{"codeEditor": test.code}})
		if len(problems) != 1 || problems[0].Input != "codeEditor" || problems[0].Line != test.line || problems[0].Column != test.column || problems[0].Message == "" {
			t.Errorf("%q: %+v, want one at %d:%d", test.code, problems, test.line, test.column)
		}
	}
}

func TestFunctionFailure(t *testing.T) {
	_, err := runFunction(t, "const user = msg.user\nreturn user.name", `{}`)
	if err == nil || !strings.Contains(err.Error(), "line 2") {
		t.Errorf("error %v does not say line 2", err)
	}
}

func TestFunctionBranches(t *testing.T) {
	m, err := runFunction(t, "payload.seen = []; return { n: 1, when: new Date(0) }", `{}`)
	if err != nil {
		t.Fatal(err)
	}
	other := m.Fork()
	if err := other.Payload.Set("only", "there"); err != nil {
		t.Fatal(err)
	}
	if _, ok, _ := m.Payload.Get("only"); ok {
		t.Error("a branch sees what its sibling wrote")
	}
	a, _ := m.Payload.Resident().AppendJSON(nil, "")
	b, _ := other.Payload.Resident().AppendJSON(nil, "")
	if want := `{"msg":{"n":1,"when":"1970-01-01T00:00:00.000Z"},"seen":[]}`; string(a) != want {
		t.Errorf("one branch has %s, want %s", a, want)
	}
	if want := `{"msg":{"n":1,"when":"1970-01-01T00:00:00.000Z"},"seen":[],"only":"there"}`; string(b) != want {
		t.Errorf("the other branch has %s, want %s", b, want)
	}
}

// What a Keeper took is what there was, whatever became of it, and can be read when
// the runtime is in other hands.
func TestFunctionIsKept(t *testing.T) {
	m, err := runFunction(t, "payload.token = 'x'; msg.list.push(msg.list.length); return msg", `{"list": [0]}`)
	if err != nil {
		t.Fatal(err)
	}
	var k trace.Keeper
	keep := func() { k.Record(trace.Record{Out: k.Take(&m.Payload)}) }
	keep()
	keep()
	if err := m.Payload.Set("more", true); err != nil {
		t.Fatal(err)
	}
	keep()
	if err := m.Payload.Delete("msg"); err != nil {
		t.Fatal(err)
	}
	keep()
	if err := m.Run.Close(); err != nil {
		t.Fatal(err)
	}
	keep()
	want := []string{
		`{"msg":{"list":[0,1]},"token":"***"} false`, `{"msg":{"list":[0,1]},"token":"***"} false`,
		`{"more":true,"msg":{"list":[0,1]},"token":"***"} false`, `{"more":true,"token":"***"} false`, ` true`,
	}
	for i, s := range k.Steps(nil) {
		if got := fmt.Sprintf("%s %v", s.Out, s.Shortened); got != want[i] {
			t.Errorf("%d: kept %s, want %s", i, got, want[i])
		}
	}
}
