package nodes_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"ecoflow/app/js"
	"ecoflow/app/node"
	"ecoflow/app/nodes"
	"ecoflow/app/value"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(suite{m}) }

var library *node.Library

// suite gives the tests a script engine that is closed before goroutines are
// counted.
type suite struct{ *testing.M }

// Run runs the tests.
func (s suite) Run() int {
	scripts := js.New(js.Options{})
	defer scripts.Close() //nolint:errcheck // nothing is left to be saved
	library = node.NewLibrary(nodes.All(scripts, nil)...)
	return s.M.Run()
}

// host records what nodes ask of the product.
type host struct {
	mu      sync.Mutex
	answers []node.Answer
	emitted []string
	debug   []any
	lines   []node.DebugLine
}

func (*host) Env(name string) (string, bool) {
	v, ok := map[string]string{"API_KEY": "secret"}[strings.ToUpper(name)]
	return v, ok
}

func (h *host) Emit(_ context.Context, channel string, args ...any) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.emitted = append(h.emitted, fmt.Sprintf("%s %s", channel, jsonOf(args)))
}

func (h *host) Debug(_ context.Context, line node.DebugLine, v func() any) {
	h.debug, h.lines = append(h.debug, v()), append(h.lines, line)
}

func (h *host) Say(line node.DebugLine, text string) {
	h.debug, h.lines = append(h.debug, text), append(h.lines, line)
}

func (h *host) Answer(a node.Answer) { h.answers = append(h.answers, a) }

func jsonOf(v any) string {
	b, err := value.AppendJSON(nil, v)
	if err != nil {
		return err.Error()
	}
	return string(b)
}

func find(t testing.TB, name string) *node.Type {
	t.Helper()
	for _, typ := range library.Types() {
		if typ.Name == name {
			return typ
		}
	}
	t.Fatalf("there is no node %s", name)
	return nil
}

// instance makes a node from the JSON of its inputs.
func instance(t testing.TB, name, inputs string) (node.Instance, []node.Problem) {
	t.Helper()
	if inputs == "" {
		inputs = "{}"
	}
	v, err := value.Parse([]byte(inputs), 100)
	if err != nil {
		t.Fatal(err)
	}
	return find(t, name).New(node.Values{Inputs: v.(map[string]any), Templates: true, NodeID: "n1", Label: "My node", Flow: "shop"})
}

func message(t testing.TB, h *host, payload string) *node.Message {
	t.Helper()
	if payload == "" {
		payload = `{"msg": {}}`
	}
	v, err := value.Parse([]byte(payload), 100)
	if err != nil {
		t.Fatal(err)
	}
	m := &node.Message{Run: &node.Run{
		ID: "run1", Flow: "shop", Host: h, Log: slog.New(slog.DiscardHandler),
		Request: &node.Inbound{
			Method: "POST", Path: "/api/orders/7", Pattern: "/api/orders/:id", Host: "localhost:4000", IP: "127.0.0.1",
			Params: node.Params{{Name: "id", Value: "7"}},
			Header: http.Header{"X-Id": {"h1"}, "Cookie": {"sid=c1; theme=dark"}, "Accept": {"a", "b"}, "Content-Type": {"application/json"}},
			URL:    &url.URL{Path: "/api/orders/7", RawQuery: "page=2&tag=a&tag=b"},
			Body:   []byte(`{"n": 1.50}`),
		},
	}}
	for key, item := range v.(map[string]any) {
		if err := m.Payload.Set(key, item); err != nil {
			t.Fatal(err)
		}
	}
	return m
}

// test is one run of one node.
type test struct {
	name    string
	node    string
	inputs  string
	payload string // {"msg": {}} when empty
	want    string // the payload after it
	ports   []string
	err     string // part of the error
	problem string // "input: part of the sentence" at deploy
	returns error
}

func (tt test) run(t *testing.T) {
	n, problems := instance(t, tt.node, tt.inputs)
	if tt.problem != "" {
		for _, p := range problems {
			if strings.Contains(p.Input+": "+p.Message, tt.problem) {
				return
			}
		}
		t.Fatalf("problems %v, want one with %q", problems, tt.problem)
	}
	if len(problems) > 0 {
		t.Fatalf("problems %v", problems)
	}
	m := message(t, &host{}, tt.payload)
	before, err := m.Payload.Map()
	if err != nil {
		t.Fatal(err)
	}
	frozen := jsonOf(before)
	err = n.(node.Runner).Run(t.Context(), m)
	if after := jsonOf(before); after != frozen {
		t.Errorf("the node changed values in place: %s became %s", frozen, after)
	}
	switch {
	case tt.returns != nil:
		if !errors.Is(err, tt.returns) {
			t.Fatalf("returned %v, want %v", err, tt.returns)
		}
		return
	case tt.err != "":
		if err == nil || !strings.Contains(err.Error(), tt.err) {
			t.Fatalf("error %v, want one with %q", err, tt.err)
		}
		return
	case err != nil:
		t.Fatal(err)
	}
	if sent := m.TakeSent(); !slices.Equal(sent, tt.ports) {
		t.Errorf("sent to %q, want %q", sent, tt.ports)
	}
	after, err := m.Payload.Map()
	if err != nil {
		t.Fatal(err)
	}
	want, err := value.Parse([]byte(tt.want), 100)
	if err != nil {
		t.Fatal(err)
	}
	if got := jsonOf(after); got != jsonOf(want) {
		t.Errorf("payload %s, want %s", got, jsonOf(want))
	}
}

func runAll(t *testing.T, tests []test) {
	for _, tt := range tests {
		name := tt.name
		if name == "" {
			name = tt.inputs
		}
		t.Run(tt.node+"/"+name, tt.run)
	}
}

// Flows find their node types by these ids, the originals' as well as ours: none of
// them ever changes, and a type that is new gets its line.
func TestIDs(t *testing.T) {
	ids := map[string]string{ // md5 of package.name
		"ecoflow-commons.Request":        "e7337e7436e2801eaf3b45263dab3462",
		"ecoflow-commons.Text":           "0693cd72b3f576cfef83978264d3d6ea",
		"ecoflow.Set":                    "3c464bb06b16c818a65f3bbfecbd3b6b",
		"ecoflow.Template":               "428d960970b06f5e45b292bcf9b3697d",
		"ecoflow.Delay":                  "a2ac8c2c13ff426a924e33b60fd0718b",
		"ecoflow-commons.Response":       "88659a8c0ae433ba8a6f803300262fec",
		"ecoflow-commons.Debug":          "64ef275d4470083f7477dcea3933181b",
		"ecoflow-commons.Event Listener": "4bb12c087f20c822aad199638c4a89cd",
		"ecoflow-commons.Event Emitter":  "7a89d3a512a5bbcb415f2259c839c694",
		"ecoflow.Catch":                  "b7d8773603a81ca89406c3f61539d31d",
		"ecoflow.Call flow":              "6a4aaf2c0270035ef29dab3d4d1eb558",
		"ecoflow.Called":                 "12de8d31a1190f4760f14687290386f3",
		"ecoflow-functions.Function":     "c0439b52da5fe14bc644c9d76363315c",
		"ecoflow-functions.Switch":       "594a77ac2ec7d3c03b0f33935a7c6b19",
		"ecoflow-functions.Switch In":    "b016a9623e36a4ac62f1c8a3c3fc386a",
		"ecoflow.Condition":              "cf31a209a1840bb04a8aec65600a2df4",
		"ecoflow.Route by value":         "ad0a661dfa2efc59a25a851819fba52c",
		"ecoflow.For each":               "8e9e90854381fd2cf3238ea0d301d953",
		"ecoflow.Filter":                 "b73f87a91dc72fd376cd713d9ce010a4",
		"ecoflow.Map":                    "f8922363e559bf1a494054c28d1cabf7",
		"ecoflow.Sort":                   "2761a98a54592999808db64e43a165df",
		"ecoflow.Aggregate":              "b74b9a2ff85acfc7e5ff8404be71aa47",
		"ecoflow-functions.Range":        "630f579912251e6c1567d9b1cad3d1ed",
		"ecoflow.Parse":                  "55f385719a67c824ec2734cdcccd0907",
		"ecoflow.Format":                 "4f816b2c7899e3e43a746ba7bd68d061",
		"ecoflow.Validate":               "24bb73c5eae997877de9dff1d41647d5",
	}
	for name, id := range ids {
		typ, ok := library.Lookup(id)
		if !ok || typ.Package+"."+typ.Name != name {
			t.Errorf("%s is not found under %s", name, id)
		}
	}
	for _, typ := range library.Types() {
		if name := typ.Package + "." + typ.Name; ids[name] != typ.ID() {
			t.Errorf("%s has the id %s, pinned is %q", name, typ.ID(), ids[name])
		}
	}
	modules := map[string]string{ // md5 of package
		"ecoflow-commons Common":     "ef446f7b9af9d9edba5b832158f68592",
		"ecoflow EcoFlow":            "dc755624175efcb691fb67577a9d72e7",
		"ecoflow-functions Function": "adf786b9af566e6e98e95ac4a25b8c5c",
	}
	for name, id := range modules {
		if m, ok := library.Module(id); !ok || m.PackageName+" "+m.Name != name {
			t.Errorf("the module %s is %+v", name, m)
		}
	}
	if n := len(library.Modules()); n != len(modules) {
		t.Errorf("there are %d modules, %d are pinned", n, len(modules))
	}
}

// The originals' nodes keep the original's inputs; what we add comes after them.
func TestOriginalInputs(t *testing.T) {
	for name, want := range map[string][]string{
		"Request":        {"apiMethod Methods required", "apiEndpoint Route required", "$url.params ListBox"},
		"Text":           {"sampleText String"},
		"Response":       {"responseKey String required"},
		"Debug":          {"debugOutput SelectPicker required", "debugExp String", "debugConsole CheckPicker required"},
		"Event Listener": {"listenerMode SelectPicker required", "eventChannel String required"},
		"Event Emitter":  {"eventChannel String required", "emitterPayload String required", "fromPayload Checkbox"},
		"Switch":         {"payloadMsg String", "switchVal String", "switchCases ListBox"},
		"Switch In":      {"caseVal String required", "moveTo String"},
		"Range":          {"inputRangeProperty String required", "rangeValue Range required", "toValue Range required", "nearestInt Toggle"},
	} {
		var got []string
		for _, in := range find(t, name).Inputs {
			s := in.Name + " " + string(in.Type)
			if in.Required {
				s += " required"
			}
			got = append(got, s)
		}
		for _, w := range want {
			if !slices.Contains(got, w) {
				t.Errorf("%s has the inputs %q, without %q", name, got, w)
			}
		}
	}
}

func TestEveryTypeIsDescribed(t *testing.T) {
	for _, typ := range library.Types() {
		if typ.Description == "" || typ.Docs == "" || typ.Icon == "" || typ.Group == "" || typ.Package == "" || typ.Version == "" {
			t.Errorf("%s lacks a description, help, icon, group or package", typ.Name)
		}
		if typ.Summary == "" && typ.Kind != node.Request { // whose card shows its route
			t.Errorf("%s says nothing in the second line of its cards", typ.Name)
		}
		for _, in := range typ.Inputs {
			if in.Label == "" {
				t.Errorf("%s: %s has no label", typ.Name, in.Name)
			}
			if name, _, ok := strings.Cut(in.When, "="); ok && !slices.ContainsFunc(typ.Inputs, func(other node.Input) bool { return other.Name == name }) {
				t.Errorf("%s: %s depends on %s, which is no input", typ.Name, in.Name, name)
			}
		}
	}
}

// A summary that tells of what is no input, or of a secret, is found at start.
func TestSummaries(t *testing.T) {
	type settings struct {
		Name string      `input:"name"`
		Key  node.Secret `input:"key"`
	}
	for line, fails := range map[string]bool{"{name}": false, "[to {name!,name/part|nobody}]": false, "{nmae}": true, "{name,key}": true} {
		func() {
			defer func() {
				if failed := recover() != nil; failed != fails {
					t.Errorf("%s: refused is %v", line, failed)
				}
			}()
			node.Define("Test", node.Middleware, settings{}, node.Summary(line))
		}()
	}
}

// Settings of wrong types are problems that name the input, never panics.
func TestWrongTypes(t *testing.T) {
	wrong := []any{nil, "", "x", "{{", json.Number("-1e999"), json.Number("7"), 7.5, true, []any{}, []any{1, nil, map[string]any{}}, map[string]any{}, map[string]any{"value": 7}, map[string]any{"value": "{"}, map[string]any{"start": "x"}}
	for _, typ := range library.Types() {
		for _, in := range typ.Inputs {
			for _, v := range wrong {
				n, problems := typ.New(node.Values{Inputs: map[string]any{in.Name: v, "mode": "direct", "by": "expression"}, Templates: true})
				for _, p := range problems {
					if p.Input == "" || p.Message == "" || p.Code == "" {
						t.Errorf("%s with %s = %v: %+v", typ.Name, in.Name, v, p)
					}
				}
				if n == nil {
					t.Errorf("%s with %s = %v: no instance", typ.Name, in.Name, v)
				}
			}
		}
	}
}

func TestListing(t *testing.T) {
	var kinds []node.Kind
	for _, l := range library.Nodes() {
		if len(kinds) == 0 || kinds[len(kinds)-1] != l.Type {
			kinds = append(kinds, l.Type)
		}
	}
	want := []node.Kind{node.Request, node.Middleware, node.Response, node.Debug, node.EventListener, node.EventEmitter}
	if diff := cmp.Diff(want, kinds); diff != "" {
		t.Error(diff)
	}
	names := []string{}
	for _, m := range library.Modules() {
		names = append(names, fmt.Sprintf("%s %s %d", m.PackageName, m.Name, len(m.Nodes)))
	}
	if diff := cmp.Diff([]string{"ecoflow-commons Common 6", "ecoflow EcoFlow 16", "ecoflow-functions Function 4"}, names); diff != "" {
		t.Error(diff)
	}
	b, err := json.Marshal(find(t, "Text").Listing())
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(b, &got); err != nil {
		t.Fatal(err)
	}
	if id, _ := got["id"].(map[string]any); id["_id"] != "0693cd72b3f576cfef83978264d3d6ea" || got["type"] != "Middleware" || got["name"] != "Text" {
		t.Errorf("Text is listed as %s", b)
	}
}

// A name without braces is a text, which is hardly ever meant where a value is asked
// for: the node works, and its author is told.
func TestANameThatIsOnlyText(t *testing.T) {
	for _, tt := range []struct{ node, inputs, warning string }{
		{"Map", `{"list": "msg.lines", "expression": "item"}`, "List is the text msg.lines itself. For the value of that name write {{ msg.lines }}."},
		{"Response", `{"mode": "direct", "value": "payload.errors[0].path"}`, "Value is the text payload.errors[0].path itself. For the value of that name write {{ payload.errors[0].path }}."},
		{"Route by value", `{"value": "msg", "cases": ["a"]}`, "Value is the text msg itself. For the value of that name write {{ msg }}."},
		{"Response", `{"mode": "direct", "value": "{{ msg.lines }}"}`, ""},
		{"Response", `{"mode": "direct", "value": "msg is here"}`, ""},
		{"Response", `{"mode": "direct", "value": "messages"}`, ""},
		{"Text", `{"sampleText": "msg.lines"}`, ""},
	} {
		made, problems := instance(t, tt.node, tt.inputs)
		got := ""
		for _, p := range problems {
			if !p.Warning {
				t.Errorf("%s %s: %s", tt.node, tt.inputs, p.Message)
			}
			got += p.Message
		}
		if got != tt.warning || made == nil {
			t.Errorf("%s %s: %q, want %q", tt.node, tt.inputs, got, tt.warning)
		}
	}
}
