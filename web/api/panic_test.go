package api_test

import (
	"context"
	"net/http"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"ecoflow/app/fault"
	"ecoflow/app/node"
	"ecoflow/app/system"
	"ecoflow/web/webtest"
)

// define adds a node type to the built-in ones.
func (d *desk) define(wrong node.Type) node.Type {
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
	return wrong
}

// logged waits for an entry of the log that has text and want in it.
func (d *desk) logged(text, want string) (log string) {
	d.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(time.Millisecond) { // it is written in the background
		if log = d.ask(200, `GET /logs?text=`+strings.ReplaceAll(text, " ", "%20")); strings.Contains(log, want) {
			return log
		}
		if time.Now().After(deadline) {
			d.Fatalf("the log lacks %q about %q: %s", want, text, log)
		}
	}
}

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

// unready is a node type that breaks while it is prepared, says where it is or is let go
// of, as its input asks.
type unready struct {
	When string `input:"when" label:"When"`
}

func (u *unready) breaks(when string) {
	if u.When == when {
		panic("canary-50d1 in " + when)
	}
}

func (u *unready) Prepare(node.Values) []node.Problem { u.breaks("prepare"); return nil }
func (u *unready) Route() node.Route                  { u.breaks("route"); return node.Route{Path: "/unready"} }
func (u *unready) Close() error                       { u.breaks("close"); return nil }

// R20: a node type that panics at a deploy is a problem of its node, with an id under
// which the log has the stack, and counted; what was live serves on.
func TestPanicsWhilePreparing(t *testing.T) {
	d := sit(t)
	d.define(node.Define("Unready", node.Request, unready{}))
	d.ask(200, `POST /flows/deploy {"flowconfigurations": {"sound": `+says("sound", "hello")+`}}`)
	flows := func(when string) string {
		return `{"flowconfigurations": {"unready": ` + new(sketch).
			node("u-in", "Request", "Unready", `{"when":"`+when+`"}`).node("u-out", "Response", "Response", `{"responseKey":"msg"}`).
			edge("u-in", "u-out").json() + `}, "mode": "flow"}`
	}
	for _, when := range []string{"prepare", "route"} {
		t.Run(when, func(t *testing.T) {
			before := fault.Panics()
			rec := d.Do(d.who, "POST", "/systemApi/flows/deploy", flows(when))
			answer := rec.Body.String()
			said := regexp.MustCompile(`"path":"flows/unready/nodes/u-in","message":"Unready: the node type Unready failed in a way that it did not expect; the log has it under (\w+)\."`).FindStringSubmatch(answer)
			if rec.Code != http.StatusUnprocessableEntity || said == nil || strings.Contains(answer, "canary-50d1") {
				t.Fatalf("%d %s", rec.Code, answer)
			}
			if log := d.logged(said[1], "canary-50d1"); !strings.Contains(log, "u-in") || !strings.Contains(log, "unready).breaks") {
				t.Errorf("the log: %s", log)
			}
			if got := fault.Panics() - before; got != 1 {
				t.Errorf("%d panics are counted, want one", got)
			}
			if _, reason := d.part("process"); !strings.HasPrefix(reason, "A mistake of EcoFlow's own was caught at ") {
				t.Errorf("health: %s", reason)
			}
			if rec := d.Do(nil, "GET", "/api/sound", ""); rec.Code != 200 {
				t.Errorf("what was live: %d %s", rec.Code, rec.Body)
			}
		})
	}
	d.ask(200, "POST /flows/deploy "+flows("close"))
	d.ask(200, `POST /flows/deploy {"flowconfigurations": {"sound": `+says("sound", "again")+`}}`) // lets go of it
	d.logged("canary-50d1 in close", "unready).Close")
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
	wrong := d.define(node.Define("Brittle", node.Middleware, brittle{}))
	d.ask(200, `POST /flows/deploy {"flowconfigurations": {"sound": `+says("sound", "hello")+`, "brittle": `+new(sketch).
		node("b-in", "Request", "Request", `{"apiMethod":"GET","apiEndpoint":"/brittle"}`).
		node("b-run", "Middleware", "Brittle", `{}`).node("b-out", "Response", "Response", `{"responseKey":"msg"}`).
		edge("b-in", "b-run").edge("b-run", "b-out").json()+`}}`)

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
					d.logged(id, c.stack)
				}
			}
			if log := d.logged(c.says, c.stack); strings.Contains(log, "canary-7c1d") || strings.Contains(answer, "goroutine") || strings.Contains(answer, c.says) {
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
	if log := d.logged("background part", "panic_test.go"); !strings.Contains(log, "health of brittle") {
		t.Errorf("the log: %s", log)
	}
}
