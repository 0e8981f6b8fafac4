package process_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ecoflow/web/drive"
)

// simple is what most tests deploy: a text, and what comes in goes out.
func simple() map[string]*drive.Flow {
	return map[string]*drive.Flow{
		"configs": drive.NewFlow(),
		"hello": drive.NewFlow().
			Request("h1", "GET", "/hello").Text("h2", "Hello World").Response("h3", "msg").Edge("h1", "h2", "h3"),
		"echo": drive.NewFlow().
			Request("e1", "POST", "/echo").Response("e2", "msg").Edge("e1", "e2"),
	}
}

// answers checks that the routes of simple answer as drawn.
func answers(t *testing.T, p *drive.Program) {
	t.Helper()
	anybody := p.Client()
	want(t, anybody, "GET", "/api/hello", nil, 200, `{"msg":"Hello World"}`)
	want(t, anybody, "GET", "/api/HELLO", nil, 200, `{"msg":"Hello World"}`)
	want(t, anybody, "POST", "/api/echo", `{"a":1.50}`, 200, `{"msg":{"a":1.50}}`)
	if a := ask(t, anybody, "GET", "/api/absent", nil); a.Status != 404 {
		t.Errorf("a route that is not there: %s", a)
	}
	if a := ask(t, anybody, "POST", "/api/hello", "{}"); a.Status != 405 || !strings.Contains(a.Header.Get("Allow"), "GET") {
		t.Errorf("a method that is not there: %s, Allow %q", a, a.Header.Get("Allow"))
	}
}

// drawn is simple and what people start with: a Function node that adds two numbers
// of the body, and a fan-out to two Response nodes.
func drawn() map[string]*drive.Flow {
	flows := simple()
	flows["sum"] = drive.NewFlow().
		Request("s1", "POST", "/sum").Function("s2", "return this.msg.msg.a + this.msg.msg.b;").Response("s3", "msg").Edge("s1", "s2", "s3")
	flows["fan"] = drive.NewFlow().
		Request("f1", "GET", "/fan").
		Text("f2", "left").Response("f3", "msg").
		Function("f4", "this.msg.right = 'right'; return null;").Response("f5", "right").
		Edge("f1", "f2", "f3").Edge("f1", "f4", "f5")
	return flows
}

// drawnAnswers checks that the routes of drawn answer.
func drawnAnswers(t *testing.T, p *drive.Program) {
	t.Helper()
	answers(t, p)
	want(t, p.Client(), "POST", "/api/sum", `{"a": 40, "b": 2}`, 200, `{"msg":42}`)
	fan := ask(t, p.Client(), "GET", "/api/fan", nil)
	var both map[string]any
	if err := json.Unmarshal([]byte(fan.Body), &both); err != nil || len(both) != 2 || both["msg"] != "left" || both["right"] != "right" {
		t.Errorf("the fan-out answers %s", fan)
	}
}

// The main job, from an empty folder: set up, deploy, call; then the power goes,
// and it answers again without anybody doing anything.
func TestFromAnEmptyFolderToAnAPIThatSurvives(t *testing.T) {
	dir := t.TempDir()
	p := start(t, dir, "--auth")
	ada := administrator(t, p)
	must(t, ada.Deploy(drawn()))
	drawnAnswers(t, p)
	p.Kill()

	p = start(t, dir, "--auth")
	if p.SetupCode != "" {
		t.Error("it asks to be set up again")
	}
	drawnAnswers(t, p)
	must(t, p.Client().SignIn())
	stop(t, p)

	p = start(t, dir, "--auth")
	drawnAnswers(t, p)
}

// load calls a route from several connections until it is told to stop, and counts
// what did not answer as it should.
type load struct {
	stop     chan struct{}
	done     sync.WaitGroup
	requests atomic.Int64
	mu       sync.Mutex
	wrong    []string
}

func newLoad(p *drive.Program, connections int, method, path, body, answer string, tolerate func(error) bool) *load {
	l := &load{stop: make(chan struct{})}
	for range connections {
		l.done.Go(func() {
			c := p.Client()
			for {
				select {
				case <-l.stop:
					return
				default:
				}
				var content any
				if body != "" {
					content = body
				}
				a, err := c.Do(method, path, content)
				switch {
				case err != nil && tolerate != nil && tolerate(err):
					return
				case err != nil:
					l.failed(err.Error())
				case a.Status != http.StatusOK || strings.TrimSpace(a.Body) != answer:
					l.failed(a.String())
				}
				l.requests.Add(1)
			}
		})
	}
	return l
}

func (l *load) failed(what string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.wrong = append(l.wrong, what)
}

// end stops the load and reports what went wrong.
func (l *load) end(t *testing.T) {
	t.Helper()
	close(l.stop)
	l.report(t)
}

func (l *load) report(t *testing.T) {
	t.Helper()
	l.done.Wait()
	if l.requests.Load() == 0 {
		t.Error("the load never got an answer, so this proves nothing")
	}
	if len(l.wrong) > 0 {
		t.Errorf("%d of %d requests failed, the first: %s", len(l.wrong), l.requests.Load(), l.wrong[0])
	}
}

// waitFor lets the load run for a number of requests more.
func (l *load) waitFor(t *testing.T, more int64) {
	t.Helper()
	until := l.requests.Load() + more
	for deadline := time.Now().Add(time.Minute); l.requests.Load() < until; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the load does not get through")
		}
	}
}

// Five different mistakes come back all at once, each with its place, and the
// callers of the old program notice nothing.
func TestADeployWithFiveMistakesChangesNothing(t *testing.T) {
	p := start(t, t.TempDir(), "--auth")
	ada := administrator(t, p)
	must(t, ada.Deploy(simple()))
	callers := newLoad(p, 8, "GET", "/api/hello", "", `{"msg":"Hello World"}`, nil)
	callers.waitFor(t, 50)

	mistakes := map[string]*drive.Flow{
		"configs": drive.NewFlow(),
		"shop": drive.NewFlow().
			Request("m1", "FETCH", "/method").Text("m2", "x").Response("m3", "msg").Edge("m1", "m2", "m3").
			Request("n1", "GET", "/script").Function("n2", "return (1 +;").Response("n3", "msg").Edge("n1", "n2", "n3").
			Request("o1", "GET", "/unknown").Node("o2", "Middleware", "nobody", "Knows", nil).Response("o3", "msg").Edge("o1", "o2", "o3").
			Request("p1", "GET", "/cycle").Text("p2", "a").Text("p3", "b").Response("p4", "msg").Edge("p1", "p2", "p3", "p2").Edge("p3", "p4").
			Request("q1", "GET", "/dangling").Response("q2", "msg").Edge("q1", "q2").Edge("q1", "nowhere"),
	}
	a := ask(t, ada, "POST", "/systemApi/flows/deploy", map[string]any{"flowconfigurations": mistakes})
	var answer struct {
		Payload struct {
			Nodes []string `json:"nodesID"`
		} `json:"payload"`
		Errors []struct{ Path, Message string } `json:"errors"`
	}
	if err := json.Unmarshal([]byte(a.Body), &answer); err != nil || a.Status != 422 {
		t.Fatalf("%v: %s", err, a)
	}
	for _, place := range []string{
		"shop/nodes/m1/inputs/apiMethod", "shop/nodes/n2/inputs/codeEditor", "shop/nodes/o2", "shop/nodes/p", "nowhere",
	} {
		found := false
		for _, e := range answer.Errors {
			found = found || strings.Contains(e.Path+" "+e.Message, place)
		}
		if !found {
			t.Errorf("no error names %s: %+v", place, answer.Errors)
		}
	}
	for _, node := range []string{"m1", "n2", "o2"} {
		if !strings.Contains(strings.Join(answer.Payload.Nodes, " "), node) {
			t.Errorf("nodesID lacks %s: %v", node, answer.Payload.Nodes)
		}
	}
	callers.waitFor(t, 50)
	answers(t, p)
	must(t, ada.Deploy(simple())) // and a good one goes live under the same callers
	callers.waitFor(t, 50)
	callers.end(t)
}

// R10: what was accepted is answered, and the process ends well.
func TestGracefulStopUnderLoad(t *testing.T) {
	unixOnly(t)
	dir := t.TempDir()
	p := start(t, dir, "--auth")
	must(t, administrator(t, p).Deploy(simple()))
	stop(t, p)

	for range times(50) {
		p := start(t, dir, "--auth")
		// Nobody takes the connection any more: that is how a caller learns of the end.
		refused := func(err error) bool {
			failed, ok := errors.AsType[*net.OpError](err)
			return ok && failed.Op == "dial"
		}
		callers := newLoad(p, 8, "POST", "/api/echo", `{"a":1}`, `{"msg":{"a":1}}`, refused)
		callers.waitFor(t, 100)
		stop(t, p)
		callers.report(t)
	}
}

// A run in flight ends as it should while the program stops.
func TestStopWaitsForRunsInFlight(t *testing.T) {
	unixOnly(t)
	p := start(t, t.TempDir(), "--auth")
	slow := map[string]*drive.Flow{"slow": drive.NewFlow().
		Request("a", "GET", "/slow").Node("b", "Middleware", "ecoflow", "Delay", drive.Inputs{"duration": 1500}).Text("c", "done").Response("d", "msg").
		Edge("a", "b", "c", "d")}
	ada := administrator(t, p)
	must(t, ada.Deploy(slow))

	answer := inFlight(t, p, ada, "/api/slow")
	stop(t, p)
	if got := <-answer; got != `200 {"msg":"done"} <nil>` {
		t.Errorf("the run in flight was answered with %s", got)
	}
}

// What is under way gets as long as the setting says.
func TestTimeToStop(t *testing.T) {
	unixOnly(t)
	p := start(t, t.TempDir(), "--auth")
	ada := administrator(t, p)
	must(t, ada.Deploy(map[string]*drive.Flow{"slow": drive.NewFlow().
		Request("a", "GET", "/slow").Node("b", "Middleware", "ecoflow", "Delay", drive.Inputs{"duration": 25_000}).Response("d", "msg").Edge("a", "b", "d")}))
	adjust(t, ada, map[string]any{"limits.stopTime": 1})
	cutOff := inFlight(t, p, ada, "/api/slow")
	stop(t, p)
	if got := <-cutOff; strings.HasPrefix(got, "200") {
		t.Errorf("the run in flight was answered with %s", got)
	}
	if !strings.Contains(p.Output(), "requests were cut off") {
		t.Errorf("it ended with\n%s", p.Output())
	}
}

// inFlight sends a request, returns once it is the one that runs, and delivers what
// comes back.
func inFlight(t *testing.T, p *drive.Program, ada *drive.Client, path string) (answer chan string) {
	t.Helper()
	answer = make(chan string, 1)
	go func() {
		res, err := p.Client().HTTP.Get(p.Address + path)
		if err != nil {
			answer <- err.Error()
			return
		}
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		answer <- fmt.Sprintf("%d %s %v", res.StatusCode, bytes.TrimSpace(body), err)
	}()
	for deadline := time.Now().Add(30 * time.Second); !strings.Contains(ask(t, ada, "GET", "/systemApi/server/state", nil).Body, `"runs":1`); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("nothing runs")
		}
	}
	return answer
}

// A second signal ends it at once, and still well enough to start again.
func TestASecondSignalEndsAtOnce(t *testing.T) {
	unixOnly(t)
	dir := t.TempDir()
	p := start(t, dir, "--auth")
	slow := map[string]*drive.Flow{"slow": drive.NewFlow().
		Request("a", "GET", "/slow").Node("b", "Middleware", "ecoflow", "Delay", drive.Inputs{"duration": 25_000}).Response("d", "msg").Edge("a", "b", "d")}
	ada := administrator(t, p)
	must(t, ada.Deploy(slow))
	cutOff := inFlight(t, p, ada, "/api/slow")

	must(t, p.Interrupt())
	for deadline := time.Now().Add(time.Minute); !strings.Contains(p.Output(), "stopping"); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the first signal was not heard")
		}
	}
	must(t, p.Interrupt())
	if _, err := p.Wait(time.Minute); err != nil {
		t.Error(err)
	}
	<-cutOff
	stop(t, start(t, dir, "--auth"))
}
