package api_test

import (
	"context"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"ecoflow/app/fault"
	"ecoflow/app/node"
	"ecoflow/app/system"
	"ecoflow/web/webtest"
)

// brittle is a node type with mistakes: it breaks where it runs, and where it is asked
// for the options of its input.
type brittle struct {
	Pick node.Pick `input:"pick" label:"Pick" dynamic:"true"`
}

func (*brittle) Run(context.Context, *node.Message) error {
	list := []int{}
	_ = list[len(list)] // panics
	return nil
}

func (*brittle) Choices(context.Context, string, node.Values) ([]node.Choice, error) {
	var none *node.Choice
	return []node.Choice{*none}, nil // panics
}

// R20, R25: whatever panics, in a run, in a request or in the background, fails alone and
// is told: the caller has an id, the log under it the stack, the health says it and the
// metrics count it.
func TestPanicsStayLocal(t *testing.T) {
	var breaks atomic.Bool
	d := sit(t, webtest.Watched(system.Part{Name: "brittle", Look: func(context.Context) system.Finding {
		if breaks.Load() {
			panic("the background part broke")
		}
		return system.Finding{Reason: "It is whole."}
	}}))
	wrong := node.Define("Brittle", node.Middleware, brittle{})
	types := []node.Type{wrong}
	for _, known := range d.Library.Types() {
		types = append(types, *known)
	}
	for i := range types {
		if types[i].Name == wrong.Name {
			types[i].Package, types[i].Group = types[1].Package, types[1].Group
			wrong = types[i]
		}
	}
	*d.Library = *node.NewLibrary(types...)
	d.ask(200, `POST /flows/deploy {"flowconfigurations": {"sound": `+says("sound", "hello")+`, "brittle": `+new(sketch).
		node("b-in", "Request", "Request", `{"apiMethod":"GET","apiEndpoint":"/brittle"}`).
		node("b-run", "Middleware", "Brittle", `{}`).node("b-out", "Response", "Response", `{"responseKey":"msg"}`).
		edge("b-in", "b-run").edge("b-run", "b-out").json()+`}}`)

	logged := func(text, want string) (log string) { // it is written in the background
		t.Helper()
		for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(time.Millisecond) {
			if log = d.ask(200, `GET /logs?text=`+strings.ReplaceAll(text, " ", "%20")); strings.Contains(log, want) {
				return log
			}
			if time.Now().After(deadline) {
				t.Fatalf("the log lacks %q about %q: %s", want, text, log)
			}
		}
	}
	process := func() string {
		t.Helper()
		_, reason := d.part("process")
		return reason
	}
	for _, c := range []struct {
		name, method, target, body, code string
		says, stack                      string // in the log
	}{
		{"a run", "GET", "/api/brittle", "", "node_failed", "index out of range", "brittle).Run"},
		{"a request", "POST", "/systemApi/module/nodes/id/" + wrong.ID() + "/options", `{"inputs": {"pick": "canary-7c1d"}}`, "", "nil pointer dereference", "brittle).Choices"},
	} {
		t.Run(c.name, func(t *testing.T) {
			before := fault.Panics()
			rec := d.Do(d.who, c.method, c.target, c.body)
			answer := rec.Body.String()
			if rec.Code != http.StatusInternalServerError || member(t, answer, "error") != true || !strings.HasPrefix(rec.Header().Get("Content-Type"), "application/json") {
				t.Fatalf("%d %s", rec.Code, answer)
			}
			if c.method == "POST" {
				if id, _ := member(t, answer, "requestId").(string); id == "" {
					t.Errorf("no id: %s", answer)
				} else {
					logged(id, c.stack)
				}
			}
			if log := logged(c.says, c.stack); strings.Contains(log, "canary-7c1d") || strings.Contains(answer, "goroutine") || strings.Contains(answer, c.says) {
				t.Errorf("the log: %s\nthe answer: %s", log, answer)
			}
			if got := fault.Panics() - before; got != 1 {
				t.Errorf("%d panics are counted, want one", got)
			}
			if reason := process(); !strings.HasPrefix(reason, "A mistake of EcoFlow's own was caught at ") {
				t.Errorf("health: %s", reason)
			}
			if rec := d.Do(nil, "GET", "/api/sound", ""); rec.Code != 200 {
				t.Errorf("others: %d %s", rec.Code, rec.Body)
			}
		})
	}

	before := fault.Panics()
	breaks.Store(true)
	if state, reason := d.part("brittle"); state != "failed" || !strings.Contains(reason, "the log has the details") {
		t.Errorf("the part: %s %s", state, reason)
	}
	breaks.Store(false)
	if state, reason := d.part("brittle"); state != "ok" || fault.Panics() == before {
		t.Errorf("the part afterwards: %s %s, %d panics", state, reason, fault.Panics()-before)
	}
	if log := logged("background part", "panic_test.go"); !strings.Contains(log, "health of brittle") {
		t.Errorf("the log: %s", log)
	}
}
