package flow_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"ecoflow/app/event"
	"ecoflow/app/fault"
	"ecoflow/app/flow"
	"ecoflow/app/limit"
	"ecoflow/app/node"
	"ecoflow/app/nodes/common"
	"ecoflow/app/trace"
)

const hello = `
flow hello
hello: Request {"apiMethod": "GET", "apiEndpoint": "/hello"}
helloText: Text {"sampleText": "%s"}
helloOut: Response
hello -> helloText -> helloOut
`

func get(t testing.TB, h http.Handler, path string) (int, string) {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
	return w.Code, withoutID(w.Body.String())
}

func wantGet(t testing.TB, h http.Handler, path string, status int, body string) {
	t.Helper()
	if code, got := get(t, h, path); code != status || body != "" && got != body {
		t.Errorf("GET %s: %d %s, want %d %s", path, code, got, status, body)
	}
}

func TestDeployModes(t *testing.T) {
	b := newBench(t)
	wantGet(t, b, "/api/hello", 404, "")
	b.deploy(t, fmt.Sprintf(hello, "one"))
	wantGet(t, b, "/api/hello", 200, `{"msg":"one"}`)

	other := strings.NewReplacer("hello", "other").Replace(fmt.Sprintf(hello, "two"))
	d, err := b.Deploy(t.Context(), flow.DeployRequest{Flows: draw(t, other), Mode: flow.One, Base: 1, Note: "second"})
	if err != nil {
		t.Fatal(err)
	}
	if d.Number != 2 || len(d.Routes) != 2 {
		t.Errorf("deployed %+v, want number 2 with two routes", d)
	}
	wantGet(t, b, "/api/hello", 200, `{"msg":"one"}`)
	wantGet(t, b, "/api/other", 200, `{"msg":"two"}`)

	_, err = b.Deploy(t.Context(), flow.DeployRequest{Flows: draw(t, other), Base: 1})
	if f, ok := fault.As(err); !ok || f.Kind != fault.Conflict || f.Code != "deployment_superseded" {
		t.Errorf("a base that is not live: %v", err)
	}
	if _, err := b.Deploy(t.Context(), flow.DeployRequest{Mode: flow.Restart}); err != nil {
		t.Errorf("restart: %v", err)
	}
	if _, err := b.Deploy(t.Context(), flow.DeployRequest{}); !fault.Is(err, fault.Invalid) {
		t.Errorf("no flows: %v", err)
	}
	if _, err := b.Deploy(t.Context(), flow.DeployRequest{Flows: draw(t, other), Mode: "some"}); !fault.Is(err, fault.Invalid) {
		t.Errorf("unknown mode: %v", err)
	}
	if _, err := b.Deploy(t.Context(), flow.DeployRequest{Flows: draw(t, other)}); err != nil {
		t.Fatal(err)
	}
	wantGet(t, b, "/api/hello", 404, "")
	if live := b.Live(); live.Number != 4 || len(live.Flows) != 1 {
		t.Errorf("live is %d with %v", live.Number, live.Flows.Names())
	}
}

func TestFailedDeployLeavesTheOldProgram(t *testing.T) {
	b := newBench(t)
	b.deploy(t, fmt.Sprintf(hello, "old"))
	reader, _, _ := b.events.Subscribe(0, 10)
	defer reader.Close()

	_, err := b.Deploy(t.Context(), flow.DeployRequest{Flows: draw(t, `
a: Request {"apiMethod": "GET", "apiEndpoint": "/x"}
b: Request {"apiMethod": "GET", "apiEndpoint": "/X"}
o: Response
a -> o
b -> o
c: Fail`)})
	f, ok := fault.As(err)
	if !ok || f.Kind != fault.Conflict {
		t.Fatalf("deploy: %v", err)
	}
	if got := fmt.Sprint(f.Details); got != "map[nodesID:[c a b] routes:[GET /x]]" {
		t.Errorf("details %s", got)
	}
	if len(f.Places) != 3 {
		t.Errorf("places %v", f.Places)
	}
	if e := <-reader.Events(); e.Type != event.Deploy || !e.Data.(flow.Announcement).Refused {
		t.Errorf("event %+v", e)
	}
	b.store.fail = errors.New("disk full")
	if _, err := b.Deploy(t.Context(), flow.DeployRequest{Flows: draw(t, fmt.Sprintf(hello, "new")+"o: Open {\"name\": \"unsaved\"}\nhelloText -> o")}); err == nil {
		t.Error("a deployment that is not stored went live")
	}
	if _, there := opened.Load("unsaved"); there {
		t.Error("the program that did not go live is still open")
	}
	wantGet(t, b, "/api/hello", 200, `{"msg":"old"}`)
}

func TestRestore(t *testing.T) {
	b := newBench(t)
	b.deploy(t, fmt.Sprintf(hello, "kept")+`
flow other
in: Request {"apiMethod": "GET", "apiEndpoint": "/other"}
p: Put {"key": "msg", "json": "1"}
out: Response
in -> p -> out`)

	again := newBench(t)
	again.store.all = b.store.all
	if err := again.Restore(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantGet(t, again, "/api/hello", 200, `{"msg":"kept"}`)
	if n := len(again.store.all); n != 1 {
		t.Errorf("restoring made deployment %d", n)
	}

	// The package of Put is gone: its route says so, the other works.
	poorer := newBench(t)
	poorer.store.all = b.store.all
	*poorer.library = *node.NewLibrary(common.Nodes(nil)...) //nolint:govet // the copy is of a library nobody uses yet
	if err := poorer.Restore(t.Context()); !fault.Is(err, fault.Invalid) {
		t.Errorf("restore: %v", err)
	}
	wantGet(t, poorer, "/api/hello", 200, `{"msg":"kept"}`)
	wantGet(t, poorer, "/api/other", 503, "")
}

func TestReloadFollowsTheSettings(t *testing.T) {
	b := newBench(t)
	b.deploy(t, fmt.Sprintf(hello, "x"))
	b.settings.Prefix, b.settings.Strict, b.settings.Sensitive, b.settings.Host = "/v1/", false, true, "api.example"
	if err := b.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantGet(t, b, "http://api.example:80/v1/hello", 200, "")
	wantGet(t, b, "http://api.example/v1/hello/", 200, "")
	wantGet(t, b, "http://api.example/v1/Hello", 404, "")
	wantGet(t, b, "http://other.example/v1/hello", 404, "")
	wantGet(t, b, "http://api.example/api/hello", 404, "")
	b.settings = flow.DefaultSettings()
	b.settings.Methods = []string{"POST"}
	if err := b.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantGet(t, b, "/api/hello", 404, "")
}

// One path may answer for all under the prefix, as far as the methods of its route go.
func TestOnePathForAll(t *testing.T) {
	b := newBench(t)
	b.deploy(t, fmt.Sprintf(hello, "x")+`
down: Request {"apiMethod": "GET", "apiEndpoint": "/down/for/good"}
saysSo: Response !templates {"mode": "direct", "value": "down {{ request.path }}", "status": 503}
down -> saysSo
root: Request {"apiMethod": "GET", "apiEndpoint": "/"}
saysRoot: Response !templates {"mode": "direct", "value": "root"}
root -> saysRoot`)
	for _, path := range []string{"/down/for/good", "down/for/good/", "/api/down/for/good", "/API/Down/For/Good"} {
		b.settings.Path = path
		if err := b.Reload(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, asked := range []string{"/api/hello", "/api", "/api/", "/api/none/at/all/", "/api/openapi.json", "/api/a%2Fb"} {
			status, body := get(t, b, asked)
			if shown := strings.ReplaceAll(asked, "%2F", "/"); status != 503 || body != "down "+shown {
				t.Errorf("with %s, %s: %d %s", path, asked, status, body)
			}
		}
		wantGet(t, b, "/other/hello", 404, "")
	}
	r := httptest.NewRequest("POST", "/api/hello", nil)
	w := httptest.NewRecorder()
	if b.ServeHTTP(w, r); w.Code != 405 || w.Header().Get("Allow") != "GET, HEAD, OPTIONS" {
		t.Errorf("another method: %d %v", w.Code, w.Header())
	}
	// What is tried out in the editor is asked for by its own path.
	res, err := b.Test(t.Context(), flow.TestRequest{Flows: draw(t, fmt.Sprintf(hello, "tried")), Entry: "hello"})
	if err != nil || res.Status != 200 || string(res.Body) != `{"msg":"tried"}` {
		t.Errorf("a test run: %+v %v", res, err)
	}
	for path, want := range map[string]string{"/": "root", "/api": "root", "": `{"msg":"x"}`} {
		b.settings.Path = path
		if err := b.Reload(t.Context()); err != nil {
			t.Fatal(err)
		}
		wantGet(t, b, "/api/hello", 200, want)
	}
	b.settings.Path = "/none"
	if err := b.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	if status, body := get(t, b, "/api/hello"); status != 404 || !strings.Contains(body, "no route /api/none, by which every request is matched") {
		t.Errorf("a path of no route: %d %s", status, body)
	}
}

// TestDeployUnderLoad is R5: requests to routes that stay and that change while
// deployments follow each other; none fails.
func TestDeployUnderLoad(t *testing.T) {
	b := newBench(t)
	version := func(n int) string {
		return fmt.Sprintf(hello, "same") + fmt.Sprintf(`
flow changing
in: Request {"apiMethod": "GET", "apiEndpoint": "/changing"}
text%[1]d: Text {"sampleText": "v%[1]d"}
o%[1]d: Open {"name": "load%[1]d"}
out: Response
in -> text%[1]d -> o%[1]d -> out`, n)
	}
	b.deploy(t, version(0))
	server := httptest.NewServer(b)
	defer server.Close()
	var (
		stop   atomic.Bool
		wg     sync.WaitGroup
		served atomic.Int64
	)
	for i := range 8 {
		wg.Go(func() {
			path := []string{"/api/hello", "/api/changing"}[i%2]
			last := 0
			for !stop.Load() {
				res, err := server.Client().Get(server.URL + path)
				if err != nil {
					t.Errorf("GET %s: %v", path, err)
					return
				}
				body, err := io.ReadAll(res.Body)
				res.Body.Close()
				if err != nil || res.StatusCode != http.StatusOK {
					t.Errorf("GET %s: %d %s %v", path, res.StatusCode, body, err)
					return
				}
				var n int
				if i%2 == 1 {
					if _, err := fmt.Sscanf(string(body), `{"msg":"v%d"}`, &n); err != nil || n < last {
						t.Errorf("%s after version %d", body, last)
					}
					last = n
				}
				served.Add(1)
			}
		})
	}
	for n := 1; n <= 100; n++ {
		b.deploy(t, version(n))
		for before := served.Load(); served.Load() < before+4 && !t.Failed(); { // some requests on each version
			time.Sleep(100 * time.Microsecond)
		}
	}
	stop.Store(true)
	wg.Wait()
	server.Client().CloseIdleConnections()
	if err := b.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	for n := range 101 {
		if _, there := opened.Load(fmt.Sprintf("load%d", n)); there {
			t.Errorf("version %d is still open", n)
		}
	}
}

func TestOldProgramClosesAfterItsLastRun(t *testing.T) {
	b := newBench(t)
	b.deploy(t, `
in: Request {"apiMethod": "GET", "apiEndpoint": "/slow"}
w: Wait {"meeting": "drain"}
o: Open {"name": "drained"}
out: Response
in -> w -> o -> out
in2: Request {"apiMethod": "GET", "apiEndpoint": "/partner"}
w2: Wait {"meeting": "drain"}
out2: Response
in2 -> w2 -> out2`)
	answered := make(chan int)
	go func() {
		code, _ := get(t, b, "/api/slow")
		answered <- code
	}()
	for {
		if _, waiting := meetings.Load("drain"); waiting {
			break
		}
		time.Sleep(time.Millisecond)
	}
	b.deploy(t, strings.Replace(`
in2: Request {"apiMethod": "GET", "apiEndpoint": "/partner"}
w2: Wait {"meeting": "drain"}
out2: Response
in2 -> w2 -> out2`, "\n", "\n", 1))
	wantGet(t, b, "/api/slow", 404, "")
	if _, there := opened.Load("drained"); !there {
		t.Error("a program was closed under a run")
	}
	wantGet(t, b, "/api/partner", 200, "")
	if code := <-answered; code != 200 {
		t.Errorf("the run on the old program answered %d", code)
	}
	if err := b.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, there := opened.Load("drained"); there {
		t.Error("the old program was never closed")
	}
}

func TestBlockingNodesRunSideBySide(t *testing.T) {
	b := newBench(t, func(s *flow.Settings) { s.RunTime = 5 * time.Second })
	b.deploy(t, `
in: Request {"apiMethod": "GET", "apiEndpoint": "/two"}
a: Wait {"meeting": "two"}
b: Wait {"meeting": "two"}
ka: Put {"key": "a", "json": "1"}
kb: Put {"key": "b", "json": "2"}
outA: Response {"responseKey": "a"}
outB: Response {"responseKey": "b"}
in -> a -> ka -> outA
in -> b -> kb -> outB
ka -> outB`)
	for range 20 { // the answer's order does not depend on who is first
		wantGet(t, b, "/api/two", 200, `{"a":1,"b":2}`)
	}
}

func TestDeadline(t *testing.T) {
	for name, source := range map[string]string{
		"in a chain":   "in -> w -> out",
		"side by side": "w2: Wait {}\nin -> w -> out\nin -> w2 -> out",
		"in a loop":    "p: Put {\"key\": \"msg\", \"json\": \"[1]\"}\neach: Each\nin -> p -> each -> out\neach.item -> w",
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t)
				b.deploy(t, `
in: Request {"apiMethod": "GET", "apiEndpoint": "/slow"}
w: Wait {}
out: Response
`+source)
				start := time.Now()
				if code, body := get(t, b, "/api/slow"); code != 504 || !strings.Contains(body, `"run_timeout"`) && !strings.Contains(body, `"node_timeout"`) {
					t.Errorf("%d %s, want 504", code, body)
				}
				if took := time.Since(start); took != limit.RunTime {
					t.Errorf("took %s, want %s", took, limit.RunTime)
				}
			})
		})
	}
}

// TestDeadlineDoesNotWait answers in time although a node goes on; the run ends
// with its last node.
func TestDeadlineDoesNotWait(t *testing.T) {
	b := newBench(t, func(s *flow.Settings) { s.RunTime = 50 * time.Millisecond })
	b.deploy(t, `
in: Request {"apiMethod": "GET", "apiEndpoint": "/slow"}
a: Stubborn
w: Wait {}
out: Response
in -> a -> out
in -> w -> out`)
	released = make(chan struct{})
	release := sync.OnceFunc(func() { close(released) })
	defer release()
	server := httptest.NewServer(b)
	t.Cleanup(server.Close)
	server.Client().Timeout = 10 * time.Second
	res, err := server.Client().Get(server.URL + "/api/slow")
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(res.Body)
	res.Body.Close()
	if err != nil || res.StatusCode != 504 {
		t.Errorf("%d %s %v", res.StatusCode, body, err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if err := b.Close(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the engine closed under a node: %v", err)
	}
	release()
	server.Client().CloseIdleConnections()
}

func TestClientGone(t *testing.T) {
	b := newBench(t)
	b.deploy(t, `
in: Request {"apiMethod": "GET", "apiEndpoint": "/slow"}
w: Wait {}
out: Response
in -> w -> out`)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	w := httptest.NewRecorder()
	b.ServeHTTP(w, httptest.NewRequestWithContext(ctx, http.MethodGet, "/api/slow", nil))
	if w.Body.Len() > 0 {
		t.Errorf("a client that is gone was answered %s", w.Body)
	}
	if strings.Contains(b.log.String(), "ERROR") {
		t.Errorf("the log has an error: %s", b.log)
	}
}

func TestRunsAtOnce(t *testing.T) {
	b := newBench(t, func(s *flow.Settings) { s.RunsAtOnce = 1 })
	b.deploy(t, fmt.Sprintf(hello, "x")+`
in: Request {"apiMethod": "GET", "apiEndpoint": "/slow"}
w: Wait {}
out: Response
in -> w -> out`)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	started := make(chan struct{})
	go func() {
		defer close(done)
		r := httptest.NewRequestWithContext(ctx, http.MethodGet, "/api/slow", nil)
		close(started)
		b.ServeHTTP(httptest.NewRecorder(), r)
	}()
	<-started
	for { // until the slow one is in
		w := httptest.NewRecorder()
		b.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/api/hello", nil))
		if w.Code == http.StatusServiceUnavailable {
			if w.Header().Get("Retry-After") != "1" {
				t.Errorf("Retry-After %q", w.Header().Get("Retry-After"))
			}
			break
		}
		time.Sleep(time.Millisecond)
	}
	cancel()
	<-done
	wantGet(t, b, "/api/hello", 200, "")
	if b.limits.Snapshot()["runs"] == 0 {
		t.Error("the refusal was not counted")
	}
}

func TestBodyLimits(t *testing.T) {
	b := newBench(t)
	b.deploy(t, `
in: Request {"apiMethod": "POST", "apiEndpoint": "/in"}
out: Response {"mode": "direct", "value": "ok"}
in -> out`)
	nested := func(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }
	parts := func(n int) string {
		return strings.Repeat("--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n", n) + "--x--\r\n"
	}
	form, multipart := "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"
	for _, c := range []struct {
		name, query, contentType, body string
		want                           int
		says                           string
	}{
		{"body at the limit", "", "text/plain", strings.Repeat("x", limit.APIBody), 200, ""},
		{"body one over", "", "text/plain", strings.Repeat("x", limit.APIBody+1), 413, `"code":"body_too_large"`},
		{"depth at the limit", "", "application/json", nested(limit.APIDepth), 200, ""},
		{"depth one over", "", "application/json", nested(limit.APIDepth + 1), 400, `500 levels (line 1, column 501)`},
		{"500,000 brackets", "", "application/json", strings.Repeat("[", 500_000), 400, `500 levels (line 1, column 501)`},
		{"a key twice", "", "application/json", `{"a": 1, "b": {"c": 1, "c": 2}}`, 400, `comes twice in one object (line 1, column 24)`},
		{"fields at the limit", "", form, strings.Repeat("a=1&", limit.FormFields-1) + "a=1", 200, ""},
		{"one field over", "", form, strings.Repeat("a=1&", limit.FormFields) + "a=1", 400, `"code":"too_many_fields"`},
		{"parts at the limit", "", multipart, parts(limit.MultipartParts), 200, ""},
		{"one part over", "", multipart, parts(limit.MultipartParts + 1), 400, `"code":"too_many_parts"`},
		{"pairs at the limit", "?" + strings.Repeat("a&", limit.QueryPairs-1) + "a", "text/plain", "x", 200, ""},
		{"one pair over", "?" + strings.Repeat("a&", limit.QueryPairs) + "a", "text/plain", "x", 400, `"code":"too_many_pairs"`},
		{"no UTF-8", "", "application/json", "{\"a\": \"\xff\"}", 400, `not valid UTF-8 (line 1, column 8)`},
		{"text without UTF-8", "", "text/plain", "\xff", 400, `"code":"bad_text"`},
		{"no content type", "", "nonsense", "x", 415, `"code":"unsupported_type"`},
		{"half a form", "", form, "a=%zz", 400, `"code":"bad_form"`},
		{"no boundary", "", "multipart/form-data", "x", 400, `"code":"bad_form"`},
		{"half a part", "", multipart, "--x\r\nContent-Disp", 400, `"code":"bad_form"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, chunked := range []bool{false, true} {
				r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/api/in"+c.query, strings.NewReader(c.body))
				r.Header.Set("Content-Type", c.contentType)
				if chunked {
					r.ContentLength = -1
				}
				w := httptest.NewRecorder()
				b.ServeHTTP(w, r)
				if w.Code != c.want {
					t.Errorf("chunked %v: %d %s, want %d", chunked, w.Code, w.Body, c.want)
				}
				if !strings.Contains(w.Body.String(), c.says) {
					t.Errorf("chunked %v: %s, want %s", chunked, w.Body, c.says)
				}
			}
		})
	}
}

func TestErrorsAreKeptFromStrangers(t *testing.T) {
	b := newBench(t, func(s *flow.Settings) { s.ShowErrors = false })
	b.deploy(t, `
in: Request {"apiMethod": "GET", "apiEndpoint": "/fail"}
f: Fail {"message": "password of db7 is wrong"}
out: Response
in -> f -> out`)
	r := httptest.NewRequest(http.MethodGet, "/api/fail", nil)
	r = r.WithContext(fault.WithRequest(t.Context(), "request-7"))
	w := httptest.NewRecorder()
	b.ServeHTTP(w, r)
	if w.Code != 500 || strings.Contains(w.Body.String(), "db7") || !strings.Contains(w.Body.String(), `"requestId":"request-7"`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if log := b.log.String(); !strings.Contains(log, "db7") || !strings.Contains(log, "run=request-7") {
		t.Errorf("the log does not tell: %s", log)
	}
}

// TestFaultsAreKeptFromStrangers: what a flow did wrong is told by the log; what the
// caller can mend is told to the caller.
func TestFaultsAreKeptFromStrangers(t *testing.T) {
	b := newBench(t, func(s *flow.Settings) { s.ShowErrors = false })
	b.deploy(t, `
header: Request {"apiMethod": "GET", "apiEndpoint": "/header"}
headerOut: Response !templates {"mode": "direct", "value": "x", "headers": "X-A: {{ query.a }}"}
header -> headerOut
busy: Request {"apiMethod": "GET", "apiEndpoint": "/busy"}
f: Fail {"message": "db7 has no room", "kind": 503}
busyOut: Response
busy -> f -> busyOut
yours: Request {"apiMethod": "GET", "apiEndpoint": "/yours"}
g: Fail {"message": "The name is taken.", "kind": 409}
yoursOut: Response
yours -> g -> yoursOut`)
	for path, want := range map[string]string{
		"/api/header?a=1%0A2": `500 {"code":"bad_header","error":true,"payload":"A node failed while answering."}`,
		"/api/busy":           `503 {"code":"unavailable","error":true,"payload":"The answer cannot be given at the moment."}`,
		"/api/yours":          `409 {"code":"conflict","error":true,"payload":"The name is taken."}`,
	} {
		code, body := get(t, b, path)
		if got := fmt.Sprintf("%d %s", code, withoutID(body)); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
	if log := b.log.String(); !strings.Contains(log, "X-A holds a line break") || !strings.Contains(log, "db7") {
		t.Errorf("the log does not tell: %s", log)
	}
}

// TestCatchTakesWhatCannotBeWritten: an answer that cannot be written is a failure of
// its Response, which the Catch takes; what a Catch answers is final.
func TestCatchTakesWhatCannotBeWritten(t *testing.T) {
	b := newBench(t)
	b.deploy(t, `
in: Request {"apiMethod": "GET", "apiEndpoint": "/deep"}
n: Nest {"depth": 20000}
out: Response
other: Response {"responseKey": "other"}
catch: Catch
caught: Response !templates {"mode": "direct", "status": "502", "value": "{{ msg.node }}: {{ msg.message }}"}
in -> n -> out
n -> other
catch -> caught
flow final
in2: Request {"apiMethod": "GET", "apiEndpoint": "/final"}
n2: Nest {"depth": 20000}
out2: Response
catch2: Catch
m2: Nest {"depth": 20000}
caught2: Response
in2 -> n2 -> out2
catch2 -> m2 -> caught2
flow bare
in3: Request {"apiMethod": "GET", "apiEndpoint": "/bare"}
n3: Nest {"depth": 20000}
out3: Response
in3 -> n3 -> out3`)
	for path, want := range map[string]string{
		"/api/deep":  "502 out: The value is nested deeper than ",
		"/api/final": `500 {"code":"node_failed"`,
		"/api/bare":  `500 {"code":"node_failed","error":true,"errors":[{"path":"flows/bare/nodes/out3"`,
	} {
		code, body := get(t, b, path)
		if got := fmt.Sprintf("%d %s", code, body); !strings.HasPrefix(got, want) {
			t.Errorf("%s: %.200s, want %s", path, got, want)
		}
	}
	for _, where := range []string{"flow=shop node=out ", "flow=final node=out2 ", "flow=final node=caught2 ", "flow=bare node=out3 "} {
		if !strings.Contains(b.log.String(), where) {
			t.Errorf("the log does not say %s: %s", where, b.log)
		}
	}
}

// A stream arrives piece by piece; one that breaks off is seen to be no whole answer.
func TestStreams(t *testing.T) {
	b := newBench(t)
	b.deploy(t, `
whole: Request {"apiMethod": "GET", "apiEndpoint": "/whole"}
torn: Request {"apiMethod": "GET", "apiEndpoint": "/torn"}
a: Tear {"pieces": 200}
b: Tear {"pieces": 200, "breaks": true}
whole -> a
torn -> b`)
	server := httptest.NewServer(b)
	defer server.Close() // a second time does nothing
	for path, whole := range map[string]bool{"/api/whole": true, "/api/torn": false} {
		res, err := server.Client().Get(server.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		res.Body.Close()
		if res.StatusCode != 200 || len(body) != 200_000 || (err == nil) != whole || res.ContentLength != -1 || res.Header.Get("Content-Type") != "application/octet-stream" {
			t.Errorf("%s: %d, %d bytes, %v %v", path, res.StatusCode, len(body), res.Header, err)
		}
	}
	server.Close() // the log is no longer written
	if !strings.Contains(b.log.String(), "torn") {
		t.Errorf("the log does not tell: %s", b.log)
	}
}

func TestEvents(t *testing.T) {
	b := newBench(t)
	heard, _, _ := b.events.Subscribe(0, 100)
	defer heard.Close()
	b.deploy(t, `
in: Request {"apiMethod": "POST", "apiEndpoint": "/send"}
send: EventEmitter {"eventChannel": "news", "emitterPayload": "msg", "fromPayload": true}
out: Response
in -> send
in -> out
flow listening
on: EventListener {"listenerMode": "ON", "eventChannel": "news"}
showOn: Debug {"debugOutput": "Complete"}
on -> showOn
once: EventListener {"listenerMode": "ONCE", "eventChannel": "news"}
showOnce: Debug
once -> showOnce
any: EventListener {"listenerMode": "ANY"}
showAny: Debug {"debugOutput": "Complete"}
any -> showAny
flow circle
ping: EventListener {"listenerMode": "ON", "eventChannel": "ping"}
pong: EventEmitter {"eventChannel": "ping", "emitterPayload": "again"}
ping -> pong`)
	collect := func(n int) []string {
		var got []string
		for len(got) < n {
			if e := <-heard.Events(); e.Type == event.Debug {
				m := e.Data.(flow.DebugMessage)
				got = append(got, m.Label+" "+string(m.Value))
			}
		}
		slices.Sort(got)
		return got
	}
	send := func() {
		w := httptest.NewRecorder()
		r := httptest.NewRequest(http.MethodPost, "/api/send", strings.NewReader(`{"n":1}`))
		r.Header.Set("Content-Type", "application/json")
		b.ServeHTTP(w, r)
		if w.Code != 200 {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
	}
	send()
	if got, want := fmt.Sprint(collect(3)), `[showAny {"msg":"news","msg1":{"n":1}} showOn {"msg":{"n":1}} showOnce {"msg":{"n":1}}]`; got != want {
		t.Errorf("first event: %s\nwant %s", got, want)
	}
	send()
	if got, want := fmt.Sprint(collect(2)), `[showAny {"msg":"news","msg1":{"n":1}} showOn {"msg":{"n":1}}]`; got != want {
		t.Errorf("second event: %s\nwant %s", got, want)
	}
	if len(b.emitted) != 2 {
		t.Errorf("heard outside: %v", b.emitted)
	}
	b.Emit(t.Context(), "news", "from", "outside")
	if got, want := fmt.Sprint(collect(2)), `[showAny {"msg":"news","msg1":"from","msg2":"outside"} showOn {"msg":"from","msg1":"outside"}]`; got != want {
		t.Errorf("event from outside: %s\nwant %s", got, want)
	}
	b.Emit(t.Context(), "ping")
	if err := b.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if b.limits.Snapshot()["events"] == 0 {
		t.Error("events went round without end")
	}
}

func TestDebugMessages(t *testing.T) {
	b := newBench(t)
	b.deploy(t, `
in: Request {"apiMethod": "GET", "apiEndpoint": "/x"}
p: Put {"key": "msg", "json": "{\"password\": \"secret\", \"n\": 1.50}"}
show: Debug {"debugOutput": "Message", "debugConsole": ["WebConsole"]}
out: Response
in -> p -> show
p -> out`)
	wantGet(t, b, "/api/x", 200, "")
	got := b.Debugged()
	if len(got) != 1 || string(got[0].Value) != `{"n":1.50,"password":"***"}` || got[0].NodeID != "show" || got[0].Flow != "shop" {
		t.Fatalf("messages %+v", got)
	}
	reader, _, _ := b.events.Subscribe(0, 5000)
	defer reader.Close()
	for range 1500 {
		wantGet(t, b, "/api/x", 200, "")
	}
	ids := b.Debugged()
	if len(ids) > 1000 {
		t.Errorf("%d messages are kept", len(ids))
	}
	seconds := map[int64]int{}
	for _, m := range ids {
		s := m.At.Unix()
		seconds[s]++
		if len(ids) == 1000 && s == ids[0].At.Unix() {
			continue // of that one the first ones may be gone
		}
		if m.Cut != (seconds[s] > 200) {
			t.Errorf("message %d of a second has cut %t", seconds[s], m.Cut)
		}
		if seconds[s] > 201 {
			t.Errorf("more than 201 messages of a second")
		}
	}
	if !slices.IsSortedFunc(ids, func(a, b flow.DebugMessage) int { return int(a.ID) - int(b.ID) }) {
		t.Error("the messages are not in order")
	}
}

func TestCORS(t *testing.T) {
	b := newBench(t, func(s *flow.Settings) {
		s.CORS = flow.CORS{Enabled: true, Origins: []string{"https://shop.example"}, Methods: []string{"GET"}, Credentials: true, MaxAge: time.Minute, ExposeHeaders: []string{"X-A"}}
	})
	b.deploy(t, fmt.Sprintf(hello, "x"))
	for _, c := range []struct {
		method, origin, asks string
		code                 int
		allowed              string
	}{
		{"GET", "https://shop.example", "", 200, "https://shop.example"},
		{"GET", "https://shop.example:8443", "", 200, ""},
		{"GET", "http://shop.example", "", 200, ""},
		{"GET", "null", "", 200, ""},
		{"GET", "", "", 200, ""},
		{"OPTIONS", "https://shop.example", "GET", 204, "https://shop.example"},
		{"OPTIONS", "https://evil.example", "GET", 200, ""},
	} {
		r := httptest.NewRequest(c.method, "/api/hello", nil)
		if c.origin != "" {
			r.Header.Set("Origin", c.origin)
		}
		if c.asks != "" {
			r.Header.Set("Access-Control-Request-Method", c.asks)
		}
		w := httptest.NewRecorder()
		b.ServeHTTP(w, r)
		if w.Code != c.code || w.Header().Get("Access-Control-Allow-Origin") != c.allowed || w.Header().Get("Vary") != "Origin" {
			t.Errorf("%s from %q: %d %v", c.method, c.origin, w.Code, w.Header())
		}
	}
	b.settings.CORS = flow.CORS{Enabled: true, Origins: []string{"*"}, Credentials: true}
	if err := b.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest("GET", "/api/hello", nil)
	r.Header.Set("Origin", "https://evil.example")
	w := httptest.NewRecorder()
	b.ServeHTTP(w, r)
	if w.Header().Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("any origin with credentials: %v", w.Header())
	}
}

func TestOpenAPI(t *testing.T) {
	b := newBench(t)
	b.deploy(t, `
in: Request {"apiMethod": "POST", "apiEndpoint": "/users/:id"}
out: Response {"mode": "direct", "schema": "{\"type\": \"string\"}", "value": "x"}
in -> out`)
	code, body := get(t, b, "/api/openapi.json")
	var doc struct {
		OpenAPI string
		Paths   map[string]map[string]struct {
			Parameters  []struct{ Name, In string }
			RequestBody any
			Responses   map[string]struct {
				Content map[string]struct{ Schema any }
			}
		}
	}
	if err := json.Unmarshal([]byte(body), &doc); err != nil || code != 200 {
		t.Fatalf("%d %v %s", code, err, body)
	}
	op := doc.Paths["/api/users/{id}"]["post"]
	if doc.OpenAPI != "3.1.0" || len(op.Parameters) != 1 || op.Parameters[0].Name != "id" || op.RequestBody == nil {
		t.Errorf("%s", body)
	}
	if got := fmt.Sprint(op.Responses["200"].Content["application/json"].Schema); got != "map[type:string]" {
		t.Errorf("schema of the answer: %s", got)
	}
}

// TestOpenAPIOfDirectAnswers: of each answer is described what is known before there is
// a value, and no more.
func TestOpenAPIOfDirectAnswers(t *testing.T) {
	for inputs, want := range map[string]string{
		`{}`:                                   `{"200":{"application/json":{"properties":{"msg":{}},"type":"object"}}}`,
		`{"mode": "direct"}`:                   `{"200":{"*/*":{}}}`,
		`{"mode": "direct", "value": "Hello"}`: `{"200":{"text/plain; charset=utf-8":{}}}`,
		`{"mode": "direct", "value": "{{ msg }}"}`:                                      `{"200":{"*/*":{}}}`,
		`{"mode": "direct", "schema": "{\"type\": \"array\"}"}`:                         `{"200":{"application/json":{"type":"array"}}}`,
		`{"mode": "direct", "contentType": "text/html"}`:                                `{"200":{"text/html":{}}}`,
		`{"mode": "direct", "contentType": "{{ msg.type }}"}`:                           `{"200":{"*/*":{}}}`,
		`{"mode": "direct", "headers": "Content-Type: image/png"}`:                      `{"200":{"image/png":{}}}`,
		`{"mode": "direct", "send": "json", "status": "201"}`:                           `{"201":{"application/json":{}}}`,
		`{"mode": "direct", "send": "text"}`:                                            `{"200":{"text/plain; charset=utf-8":{}}}`,
		`{"mode": "direct", "send": "lines"}`:                                           `{"200":{"application/x-ndjson":{}}}`,
		`{"mode": "direct", "send": "stream"}`:                                          `{"200":{"*/*":{}}}`,
		`{"mode": "direct", "send": "file"}`:                                            `{"200":{"*/*":{}}}`,
		`{"mode": "direct", "send": "empty"}`:                                           `{"200":null}`,
		`{"mode": "direct", "send": "json", "status": "204"}`:                           `{"204":null}`,
		`{"mode": "direct", "send": "redirect", "location": "/there"}`:                  `{"302":null}`,
		`{"mode": "direct", "send": "redirect", "location": "/there", "status": "308"}`: `{"308":null}`,
	} {
		b := newBench(t)
		b.deploy(t, "in: Request {\"apiMethod\": \"GET\", \"apiEndpoint\": \"/x\"}\nout: Response !templates "+inputs+"\nin -> out")
		_, body := get(t, b, "/api/openapi.json")
		var doc struct {
			Paths map[string]map[string]struct {
				Responses map[string]struct {
					Content map[string]struct{ Schema any }
				}
			}
		}
		if err := json.Unmarshal([]byte(body), &doc); err != nil {
			t.Fatal(err)
		}
		got := map[string]map[string]any{}
		for status, a := range doc.Paths["/api/x"]["get"].Responses {
			if status == "default" {
				continue
			}
			got[status] = nil
			for contentType, c := range a.Content {
				if got[status] == nil {
					got[status] = map[string]any{}
				}
				got[status][contentType] = c.Schema
			}
		}
		if g, err := json.Marshal(got); err != nil || string(g) != want {
			t.Errorf("%s is described as %s, want %s", inputs, g, want)
		}
	}
}

// TestOpenAPIBesideParameters: only a route that is written as the description's path
// takes its place.
func TestOpenAPIBesideParameters(t *testing.T) {
	routes := func(method, path string) string {
		return fmt.Sprintf(`
in: Request {"apiMethod": %q, "apiEndpoint": %q}
out: Response {"mode": "direct", "value": "the flow"}
in -> out`, method, path)
	}
	for _, c := range []struct {
		method, route     string
		sensitive, strict bool
		path              string
		described         bool
		code              int
	}{
		{"GET", "/:x", false, true, "/api/openapi.json", true, 200},
		{"POST", "/:x", false, true, "/api/openapi.json", true, 200},
		{"GET", "/openapi.json", false, true, "/api/openapi.json", false, 200},
		{"GET", "/OpenAPI.json", false, true, "/api/openapi.json", false, 200},
		{"GET", "/OpenAPI.json", true, true, "/api/openapi.json", true, 200},
		{"GET", "/a", false, true, "/API/OpenAPI.json", true, 200},
		{"GET", "/a", true, true, "/API/openapi.json", false, 404},
		{"GET", "/a", true, true, "/api/OPENAPI.json", false, 404},
		{"GET", "/:x", true, true, "/api/OPENAPI.json", false, 200},
		{"GET", "/a", false, false, "/api/openapi.json/", true, 200},
		{"GET", "/a", false, true, "/api/openapi.json/", false, 404},
	} {
		b := newBench(t, func(s *flow.Settings) { s.Sensitive, s.Strict = c.sensitive, c.strict })
		b.deploy(t, routes(c.method, c.route))
		code, body := get(t, b, c.path)
		if code != c.code || strings.Contains(body, `"openapi":"3.1.0"`) != c.described {
			t.Errorf("%+v: %d %s", c, code, body)
		}
	}
}

// TestOpenAPIOfOnePath: routes that differ in their methods alone share a path,
// however each names its parameters.
func TestOpenAPIOfOnePath(t *testing.T) {
	b := newBench(t)
	b.deploy(t, `
read: Request {"apiMethod": "GET", "apiEndpoint": "/users/:id/Pets/:pet"}
shown: Response
read -> shown
remove: Request {"apiMethod": "DELETE", "apiEndpoint": "/Users/:userId/pets/:name"}
removed: Response
remove -> removed
home: Request {"apiMethod": "GET", "apiEndpoint": "/"}
welcome: Response
home -> welcome
mine: Request {"apiMethod": "GET", "apiEndpoint": "/users/me/pets/:pet"}
own: Response
mine -> own`)
	code, body := get(t, b, "/api/openapi.json")
	var doc struct {
		Paths map[string]map[string]struct {
			OperationID string
			Parameters  []struct{ Name string }
		}
	}
	if err := json.Unmarshal([]byte(body), &doc); err != nil || code != 200 {
		t.Fatalf("%d %v %s", code, err, body)
	}
	got := map[string]string{}
	for path, item := range doc.Paths {
		for method, op := range item {
			got[method+" "+path] = fmt.Sprint(op.OperationID, op.Parameters)
		}
	}
	want := map[string]string{
		"get /api/users/{id}/Pets/{pet}":    "read[{id} {pet}]",
		"delete /api/users/{id}/Pets/{pet}": "remove[{id} {pet}]",
		"get /api/":                         "home[]",
		"get /api/users/me/pets/{pet}":      "mine[{pet}]",
	}
	if !maps.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestTestRun(t *testing.T) {
	b := newBench(t)
	doc := draw(t, `
in: Request {"apiMethod": "POST", "apiEndpoint": "/x"}
p: Put {"key": "token", "json": "\"abc\""}
f: Fail {"message": "never runs"}
if: Either
out: Response
no: Response
in -> p -> f -> if -> out
if.no -> no
broken: Request {"apiMethod": "POST", "apiEndpoint": "/broken"}
todo: Fail
brokenOut: Response
broken -> todo -> brokenOut
on: EventListener {"listenerMode": "ON", "eventChannel": "x"}
text: Text {"sampleText": "heard"}
show: Debug
on -> text -> show`)
	var (
		mu    sync.Mutex
		steps []trace.Step
	)
	record := func(s trace.Step) {
		mu.Lock()
		defer mu.Unlock()
		steps = append(steps, s)
	}
	res, err := b.Test(t.Context(), flow.TestRequest{
		Flows: doc, Entry: "in", Body: []byte(`{"port": "no"}`), OnNode: record,
		Pinned: map[string]json.RawMessage{"f": []byte(`{"msg": {"port": "no"}, "extra": 1}`)},
	})
	if err != nil {
		t.Fatal(err)
	}
	if res.Status != 200 || string(res.Body) != `{"msg":{"port":"no"}}` || res.Failed != "" {
		t.Errorf("%d %s %s", res.Status, res.Body, res.Error)
	}
	var lines []string
	for _, s := range steps {
		lines = append(lines, fmt.Sprintf("%s %s %v %s %s", s.NodeID, s.Outcome, s.Ports, s.In, s.Out))
	}
	want := []string{
		`in passed []  {"msg":{"port":"no"}}`,
		`p passed [] {"msg":{"port":"no"}} {"msg":{"port":"no"},"token":"***"}`,
		`f pinned [] {"msg":{"port":"no"},"token":"***"} {"extra":1,"msg":{"port":"no"}}`,
		`if passed [no] {"extra":1,"msg":{"port":"no"}} {"extra":1,"msg":{"port":"no"}}`,
		`no passed [] {"extra":1,"msg":{"port":"no"}} {"extra":1,"msg":{"port":"no"}}`,
	}
	if !slices.Equal(lines, want) {
		t.Errorf("steps:\n%s\nwant:\n%s", strings.Join(lines, "\n"), strings.Join(want, "\n"))
	}
	steps = nil
	res, err = b.Test(t.Context(), flow.TestRequest{Flows: doc, Entry: "in", OnNode: record})
	if err != nil || res.Status != 500 || res.Failed != "f" || res.Error != "never runs" || steps[len(steps)-1].Outcome != trace.Failed {
		t.Errorf("failing: %+v %v", res, err)
	}
	steps = nil
	if _, err = b.Test(t.Context(), flow.TestRequest{Flows: doc, Entry: "on", OnNode: record}); err != nil || len(steps) != 3 {
		t.Errorf("event: %v %v", err, steps)
	}
	steps = nil
	two := draw(t, "in: Request {\"apiMethod\": \"GET\", \"apiEndpoint\": \"/x\"}\nt: Text\na: Response {\"mode\": \"direct\"}\nb: Response {\"mode\": \"direct\"}\nin -> t -> a\nin -> b")
	if _, err = b.Test(t.Context(), flow.TestRequest{Flows: two, Entry: "in", OnNode: record}); err != nil || steps[len(steps)-1].NodeID != "b" || steps[len(steps)-1].Outcome != trace.Ignored {
		t.Errorf("two direct responses: %v %v", err, steps)
	}
	if _, err := b.Test(t.Context(), flow.TestRequest{Flows: doc, Entry: "broken"}); !fault.Is(err, fault.Invalid) {
		t.Errorf("broken: %v", err)
	}
	if _, err := b.Test(t.Context(), flow.TestRequest{Flows: doc, Entry: "ghost"}); err == nil {
		t.Error("a ghost was run")
	}
	if _, err := b.Test(t.Context(), flow.TestRequest{Flows: doc, Entry: "in", Pinned: map[string]json.RawMessage{"f": []byte("{")}}); !fault.Is(err, fault.Malformed) {
		t.Errorf("pinned: %v", err)
	}
	wantGet(t, b, "/api/x", 404, "")
}

func TestLargeFlows(t *testing.T) {
	b := newBench(t)
	var source strings.Builder
	source.WriteString(`n0: Request {"apiMethod": "GET", "apiEndpoint": "/chain"}` + "\n")
	for i := 1; i < 10_000; i++ {
		fmt.Fprintf(&source, "n%d: Text {\"sampleText\": \"%d\"}\nn%d -> n%d\n", i, i, i-1, i)
	}
	source.WriteString("out: Response\nn9999 -> out\n")
	b.deploy(t, source.String())
	wantGet(t, b, "/api/chain", 200, `{"msg":"9999"}`)
}

func TestDeepAnswers(t *testing.T) {
	b := newBench(t)
	b.deploy(t, `
in: Request {"apiMethod": "GET", "apiEndpoint": "/deep"}
n: Nest {"depth": 20000}
out: Response
in -> n -> out`)
	wantGet(t, b, "/api/deep", 500, "")
}

func TestAnswersOverHTTP(t *testing.T) {
	b := newBench(t)
	b.deploy(t, `
in: Request {"apiMethod": "POST", "apiEndpoint": "/echo"}
out: Response {"mode": "direct"}
in -> out
get: Request {"apiMethod": "GET", "apiEndpoint": "/text"}
text: Text {"sampleText": "Hello"}
gout: Response {"mode": "direct"}
get -> text -> gout`)
	server := httptest.NewServer(b)
	defer server.Close()
	large := `{"a":"` + strings.Repeat("x", 100_000) + `"}`
	res, err := server.Client().Post(server.URL+"/api/echo", "application/json", strings.NewReader(large))
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(res.Body)
	res.Body.Close()
	if err != nil || string(got) != large || res.ContentLength != int64(len(large)) {
		t.Errorf("echo: %d bytes of %d, %v", len(got), res.ContentLength, err)
	}
	res, err = server.Client().Head(server.URL + "/api/text")
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != 200 || res.ContentLength != 5 || res.Header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("HEAD: %d %v", res.StatusCode, res.Header)
	}
	server.Client().CloseIdleConnections()
}

func TestRecordedRuns(t *testing.T) {
	b := newBench(t)
	b.deploy(t, fmt.Sprintf(hello, "x")+`
fail: Request {"apiMethod": "GET", "apiEndpoint": "/fail"}
f: Fail {"message": "seen"}
o: Response
catch: Catch
sorry: Response
fail -> f -> o
catch -> sorry`)
	var got []string
	b.record = func() trace.Recorder {
		return trace.Teller{Tell: func(s trace.Step) { got = append(got, s.NodeID+" "+string(s.Outcome)) }}
	}
	wantGet(t, b, "/api/hello", 200, "")
	wantGet(t, b, "/api/fail", 200, "")
	want := "[hello passed helloText passed helloOut passed fail passed f failed catch passed sorry passed]"
	if fmt.Sprint(got) != want {
		t.Errorf("%v, want %s", got, want)
	}
	got, b.record = nil, nil
	wantGet(t, b, "/api/hello", 200, "")
	if got != nil {
		t.Errorf("recorded %v without a recorder", got)
	}
}

// TestManyRequests lets 100,000 requests run: memory stays flat.
func TestManyRequests(t *testing.T) {
	b := newBench(t)
	b.deploy(t, five)
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	request := func() {
		r := httptest.NewRequest(http.MethodPost, "/api/five", strings.NewReader(order))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		b.ServeHTTP(w, r)
		if w.Code != 200 {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
	}
	n := 100_000
	if testing.Short() {
		n = 5000
	}
	for range 1000 {
		request()
	}
	before := heap()
	for range n {
		request()
	}
	if after := heap(); after > before+1<<20 {
		t.Errorf("the heap grew from %d to %d bytes", before, after)
	}
}

func FuzzBody(f *testing.F) {
	for _, c := range [][2]string{
		{"application/json", order},
		{"application/x-www-form-urlencoded", "a=1&a=%20"},
		{"text/plain; charset=utf-8", "x"},
		{"multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"a\"; filename=\"b\"\r\n\r\n1\r\n--x--"},
		{"application/octet-stream", "\x00"},
		{"application/problem+json", "[]"},
		{"", "x"},
		{"text/html; charset=\"", "<"},
	} {
		f.Add(c[0], c[1], "a=1&b", "c=1; d=\"2\"")
	}
	b := newBench(f)
	b.deploy(f, `
in: Request {"apiMethod": "POST", "apiEndpoint": "/in"}
t: Set !templates {"values": "{\"seen\": [\"{{ query }}\", \"{{ cookies }}\", \"{{ headers }}\"]}"}
out: Response {"responseKey": "msg"}
seen: Response {"responseKey": "seen"}
in -> t -> out
t -> seen`)
	f.Fuzz(func(t *testing.T, contentType, body, query, cookie string) {
		r := httptest.NewRequest(http.MethodPost, "/api/in", strings.NewReader(body))
		r.Header.Set("Content-Type", contentType)
		r.Header.Set("Cookie", cookie)
		r.URL.RawQuery = query
		w := httptest.NewRecorder()
		b.ServeHTTP(w, r)
		if !json.Valid(w.Body.Bytes()) || w.Code >= 500 {
			t.Errorf("%d %s", w.Code, w.Body)
		}
	})
}

func FuzzRoutes(f *testing.F) {
	for _, s := range []string{"/a/:b", "a//b", ":x/:x", "%2F", "/ü/É", "\x00", "..", "/:", strings.Repeat("/a", 500)} {
		f.Add(s, "/api/"+s)
	}
	f.Fuzz(func(t *testing.T, pattern, path string) {
		b := newBench(t)
		inputs, err := json.Marshal(map[string]any{"apiMethod": "GET", "apiEndpoint": pattern})
		if err != nil {
			t.Skip()
		}
		doc := draw(t, "in: Request "+string(inputs)+"\nout: Response\nin -> out")
		if _, err := b.Deploy(t.Context(), flow.DeployRequest{Flows: doc}); err != nil {
			if _, ok := fault.As(err); !ok {
				t.Fatal(err)
			}
		}
		r := &http.Request{Method: "GET", Header: http.Header{}, Body: http.NoBody}
		if r.URL, err = url.Parse(path); err == nil {
			b.ServeHTTP(httptest.NewRecorder(), r.WithContext(t.Context()))
		}
	})
}

// FuzzMethods deploys two routes of two methods and asks for both: what answers has to
// be what a plain comparison of parts says.
func FuzzMethods(f *testing.F) {
	for _, s := range []string{"/a/:b", "a//b", ":x/:x", "%2F", "/ü/É", "\x00", "..", "/:", strings.Repeat("/a", 500)} {
		f.Add(s, "/a/b", "/api/"+s)
	}
	f.Add("/users/me", "/users/:n", "/api/users/me")
	f.Add("/users/:n", "/:kind/me", "/api/users/me")
	f.Add("/:a/b", "/a/:b", "/api/a/c")
	f.Add("/openapi.json", "/:x", "/api/openapi.json")
	f.Fuzz(func(t *testing.T, get, post, path string) {
		b := newBench(t)
		request := func(method, pattern string) string {
			inputs, err := json.Marshal(map[string]any{"apiMethod": method, "apiEndpoint": pattern})
			if err != nil {
				t.Skip()
			}
			return fmt.Sprintf("%[1]s: Request %[2]s\n%[1]sOut: Response {\"mode\": \"direct\", \"value\": %[1]q}\n%[1]s -> %[1]sOut\n", method, inputs)
		}
		doc := draw(t, request("GET", get)+request("POST", post))
		if _, err := b.Deploy(t.Context(), flow.DeployRequest{Flows: doc}); err != nil {
			if _, ok := fault.As(err); !ok {
				t.Fatal(err)
			}
		}
		u, err := url.Parse(path)
		if err != nil {
			return
		}
		routes := map[string]string{}
		for _, r := range b.Routes() {
			routes[r.Method] = r.Pattern
		}
		fits := func(method string) bool { return routes[method] != "" && leadsTo(routes[method], u) }
		for _, method := range []string{"GET", "POST", "PUT"} {
			r := &http.Request{Method: method, URL: u, Header: http.Header{}, Body: http.NoBody}
			w := httptest.NewRecorder()
			b.ServeHTTP(w, r.WithContext(t.Context()))
			if method == "GET" && strings.EqualFold(u.Path, "/api/openapi.json") && (!fits(method) || strings.Contains(routes[method], ":")) {
				if !strings.Contains(w.Body.String(), `"openapi":"3.1.0"`) {
					t.Errorf("%s %s is the description, and %d %s came", method, path, w.Code, w.Body)
				}
				continue
			}
			want, allow := http.StatusOK, ""
			switch {
			case fits(method):
			case fits("GET") && fits("POST"):
				want, allow = http.StatusMethodNotAllowed, "GET, HEAD, OPTIONS, POST"
			case fits("GET"):
				want, allow = http.StatusMethodNotAllowed, "GET, HEAD, OPTIONS"
			case fits("POST"):
				want, allow = http.StatusMethodNotAllowed, "OPTIONS, POST"
			default:
				want = http.StatusNotFound
			}
			if w.Code != want || w.Header().Get("Allow") != allow || want == http.StatusOK && w.Body.String() != method {
				t.Errorf("routes %q, %s %s: %d %v %s, want %d %q", routes, method, path, w.Code, w.Header(), w.Body, want, allow)
			}
		}
	})
}

// leadsTo reports whether a route's pattern covers the path, part by part.
func leadsTo(pattern string, u *url.URL) bool {
	lower := strings.ToLower // which folds less than EqualFold, as the routes do
	want, got := strings.Split(pattern, "/"), strings.Split(u.EscapedPath(), "/")
	if u.RawPath == "" {
		got = strings.Split(u.Path, "/")
	}
	if len(want) != len(got) {
		return false
	}
	for i, part := range got {
		if u.RawPath != "" && i > 1 { // the prefix is compared as it is sent
			var err error
			if part, err = url.PathUnescape(part); err != nil {
				return false
			}
		}
		if name, isParam := strings.CutPrefix(want[i], ":"); isParam && name != "" {
			if part == "" {
				return false
			}
			continue
		}
		if i == 1 && !strings.EqualFold(part, want[i]) || i != 1 && lower(part) != lower(want[i]) {
			return false
		}
	}
	return true
}

func FuzzFlows(f *testing.F) {
	f.Add(drawJSON(f, fmt.Sprintf(hello, "x")))
	f.Add(drawJSON(f, "a: Text {}\nb: Text {}\na -> b -> a\nc: Each\nc.item -> c"))
	f.Add([]byte(`{"a": {"definitions": [{"id": "x", "type": "Request", "data": {"moduleID": {"_id": "y"}}}]}, "configs": {}}`))
	f.Add([]byte(strings.Repeat(`{"a":`, 500)))
	f.Add([]byte(`{"A": {}, "a": {}}`))
	b := newBench(f)
	f.Fuzz(func(t *testing.T, source []byte) {
		doc, err := flow.Parse(source)
		if err != nil {
			if _, ok := fault.As(err); !ok {
				t.Fatalf("an error that is no fault: %v", err)
			}
			return
		}
		b.Check(doc)
		out, err := doc.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		again, err := flow.Parse(out)
		if err != nil {
			t.Fatalf("what was written is refused: %v\n%s", err, out)
		}
		twice, err := again.MarshalJSON()
		if err != nil || !bytes.Equal(out, twice) {
			t.Fatalf("a round trip changes\n%s\nto\n%s", out, twice)
		}
	})
}

// TestHostHeader: the server takes Host out of the headers; flows find it there.
func TestHostHeader(t *testing.T) {
	b := newBench(t)
	b.deploy(t, `
in: Request {"apiMethod": "GET", "apiEndpoint": "/host"}
out: Response !templates {"mode": "direct", "value": "{{ headers.host }} {{ request.headers.Host }} {{ request.host }} {{ headers }}"}
in -> out`)
	if _, body := get(t, b, "/api/host"); body != `example.com example.com example.com {"host":"example.com"}` {
		t.Error(body)
	}
}
