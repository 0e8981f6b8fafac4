package env_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"ecoflow/app/env"
	"ecoflow/app/event"
	"ecoflow/app/flow"
	"ecoflow/app/js"
	"ecoflow/app/limit"
	"ecoflow/app/node"
	"ecoflow/app/nodes"
)

// serving returns an engine that serves a number of routes, each of which answers
// what a script and a template read of the variable A, and how many node instances
// were made so far.
func serving(t testing.TB, v *env.Vars, routes int) (engine *flow.Engine, made *atomic.Int64) {
	t.Helper()
	scripts := js.New(js.Options{})
	t.Cleanup(func() { scripts.Close() })
	made = new(atomic.Int64)
	types := nodes.All(scripts, nil)
	ids := map[string]string{}
	for i := range types {
		makes := types[i].New
		types[i].New = func(v node.Values) (node.Instance, []node.Problem) { made.Add(1); return makes(v) }
		ids[types[i].Name] = types[i].ID()
	}
	engine = flow.New(flow.Options{
		Log: slog.New(slog.DiscardHandler), Library: node.NewLibrary(types...), Store: noDeployments{}, Events: event.New(10), Limits: &limit.Counters{},
		Env: func() flow.Variables { return v.Now() }, Settings: flow.DefaultSettings,
	})
	t.Cleanup(func() { engine.Close(t.Context()) }) //nolint:errcheck // nothing runs any more
	doc := flow.Document{}
	for i := range routes {
		n := func(id, kind, typ string) string {
			return fmt.Sprintf(`{"id":"%s%d","type":%q,"data":{"moduleID":{"_id":%q},"label":%q,"configured":true,"templates":true}}`, id, i, kind, ids[typ], typ)
		}
		e := func(from, to string) string {
			return fmt.Sprintf(`{"id":"%[1]s%[3]d","source":"%[1]s%[3]d","sourceHandle":"%[1]s%[3]d-source","target":"%[2]s%[3]d","targetHandle":"%[2]s%[3]d-target","animated":false}`, from, to, i)
		}
		f, err := flow.ParseFlow("f", fmt.Appendf(nil, `{"definitions":[%s,%s,%s,%s],"connections":[%s,%s,%s],"configurations":[
			{"nodeID":"in%[8]d","configs":{"apiMethod":"GET","apiEndpoint":"/r%[8]d"}},
			{"nodeID":"code%[8]d","configs":{"codeEditor":"return env.A"}},
			{"nodeID":"text%[8]d","configs":{"sampleText":"{{ msg }} {{ env.A }}"}},
			{"nodeID":"out%[8]d","configs":{"responseKey":"msg"}}]}`,
			n("in", "Request", "Request"), n("code", "Middleware", "Function"), n("text", "Middleware", "Text"), n("out", "Response", "Response"),
			e("in", "code"), e("code", "text"), e("text", "out"), i))
		if err != nil {
			t.Fatal(err)
		}
		doc[fmt.Sprintf("flow %d", i)] = f
	}
	if _, err := engine.Deploy(t.Context(), flow.DeployRequest{Flows: doc}); err != nil {
		t.Fatal(err)
	}
	return engine, made
}

// noDeployments keeps none.
type noDeployments struct{ flow.Store }

// AddDeployment implements flow.Store.
func (noDeployments) AddDeployment(context.Context, flow.Deployment) (int64, error) { return 1, nil }

func get(t testing.TB, h http.Handler, path string) string {
	t.Helper()
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, path, nil))
	return rec.Body.String()
}

func TestChangeRecompilesNothing(t *testing.T) {
	v, _ := open(t, user("A", "0"))
	engine, made := serving(t, v, 3)
	compiled := made.Load()
	for i := range 20 {
		if err := v.Set(t.Context(), user("a", fmt.Sprint(i))); err != nil {
			t.Fatal(err)
		}
		if got, want := get(t, engine, "/api/r1"), fmt.Sprintf(`{"msg":"%d %d"}`, i, i); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	if n := made.Load(); n != compiled {
		t.Errorf("%d nodes were made anew", n-compiled)
	}
}

// BenchmarkChange shows what a changed variable costs: with 1,000 routes as much as
// with one, for nothing is compiled anew, and the request after it as much as any
// other.
func BenchmarkChange(b *testing.B) {
	for _, routes := range []int{1, 1000} {
		v, _ := open(b, user("A", "0"))
		engine, made := serving(b, v, routes)
		n := 0
		change := func() {
			n++
			if err := v.Set(b.Context(), user("A", fmt.Sprint(n))); err != nil {
				b.Fatal(err)
			}
		}
		request := func() {
			if got := get(b, engine, "/api/r0"); got != fmt.Sprintf(`{"msg":"%d %d"}`, n, n) {
				b.Fatal(got)
			}
		}
		b.Run(fmt.Sprintf("change/%d", routes), func(b *testing.B) {
			before := made.Load()
			for b.Loop() {
				change()
			}
			b.ReportMetric(float64(made.Load()-before), "compiled")
		})
		b.Run(fmt.Sprintf("request/%d", routes), func(b *testing.B) {
			for b.Loop() {
				request()
			}
		})
		b.Run(fmt.Sprintf("both/%d", routes), func(b *testing.B) {
			for b.Loop() {
				change()
				request()
			}
		})
	}
}
