package flow

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"ecoflow/app/fault"
	"ecoflow/app/limit"
	"ecoflow/app/node"
	"ecoflow/app/trace"
	"ecoflow/app/value"
)

// TestRequest is a request to flows that are not live.
type TestRequest struct {
	// Flows are all that take part: the flow to be tried and the Configuration
	// nodes.
	Flows Document
	// Callees are flows of which those take part that are called.
	Callees Document
	// Entry is the node to start at. For a Request node, Path may be empty.
	Entry string
	// Argument is the JSON that an EventListener's run begins with as msg: the first of
	// an event, or what a call brings.
	Argument json.RawMessage
	Method   string // "" is that of Entry
	Path     string // with the prefix and the query: "/api/users/7?full=1"
	Header   http.Header
	Body     []byte
	// Pinned are outputs to use instead of running the node: node id → payload, an
	// object of its keys, or any other value to stand for msg.
	Pinned map[string]json.RawMessage
	// OnNode is told of each node after it ran; it may be called concurrently.
	OnNode func(trace.Step)
	// OnDebug is told what Debug nodes show, which goes nowhere else; it may be
	// called concurrently.
	OnDebug func(DebugMessage)
}

// TestResult is what a TestRequest was answered.
type TestResult struct {
	RunID  string      `json:"runID"`
	Status int         `json:"status"` // 0 where no request was answered; Body is what a call got then
	Header http.Header `json:"header,omitempty"`
	Body   []byte      `json:"body,omitempty"`
	Micros float64     `json:"micros"` // how long it took, in µs
	// Failed is the node whose error ended the run, "" when none did; Error is its
	// sentence.
	Failed string `json:"failed,omitempty"`
	Error  string `json:"error,omitempty"`
	// Problems of the flows that did not stop this run.
	Problems []Problem `json:"problems,omitempty"`
	// Mask hides the secrets that the rest may hold: it is told as it was.
	Mask func(text string) string `json:"-"`
}

// Test lets one request run through flows that are not live, in isolation: events
// stay between these flows, and errors are shown in full. Problems stop it only
// when they concern what the entry leads to; the error then lists them.
func (e *Engine) Test(ctx context.Context, t TestRequest) (*TestResult, error) {
	pinned, err := pinnedOutputs(t.Pinned)
	if err != nil {
		return nil, err
	}
	c := e.compiler(t.Flows, true)
	c.callees = t.Callees
	p, problems := c.compile()
	p.router.fixed = "" // what is tested is asked for by its own path
	defer func() {
		<-p.drain()
		if err := p.close(); err != nil {
			e.log.ErrorContext(ctx, "tested program not closed", "error", err)
		}
	}()
	entry := p.entries[t.Entry]
	if t.Entry != "" && entry == nil {
		if err := refusal(problems); err != nil {
			return nil, err
		}
		return nil, fault.New(fault.NotFound, "The flows have no entry with the id %s.", t.Entry).WithCode("unknown_entry")
	}
	if entry != nil && entry.broken != nil {
		return nil, refusal(problems)
	}
	own := &testing{pinned: pinned, shows: t.OnDebug}
	env := e.env()
	if t.OnNode != nil {
		own.recorder = trace.Teller{Tell: t.OnNode, Hide: env.Mask}
	}
	result := &TestResult{Problems: problems, Mask: env.Mask}
	start := time.Now()
	if entry != nil && entry.typ.Kind == node.EventListener {
		err = e.testEvent(ctx, p, entry, t, own, result)
	} else {
		err = e.testRequest(ctx, p, entry, t, own, result)
	}
	if err == nil && own.broken {
		err = refusal(problems)
	}
	if err != nil {
		return nil, err
	}
	result.Micros = float64(time.Since(start).Nanoseconds()) / 1000
	result.RunID = own.runID
	if own.failure != nil {
		result.Failed, result.Error = own.failure.id, own.failure.Error()
	}
	return result, nil
}

func pinnedOutputs(given map[string]json.RawMessage) (map[string]map[string]any, error) {
	out := make(map[string]map[string]any, len(given))
	for id, raw := range given {
		v, err := value.Parse(raw, limit.ManagementDepth)
		if err != nil {
			return nil, fault.New(fault.Malformed, "The pinned output of the node %s is not valid JSON: %s.", id, err).WithCode("bad_json").At("pinned/"+id, "%s", err)
		}
		payload, ok := v.(map[string]any)
		if !ok {
			payload = map[string]any{"msg": v}
		}
		out[id] = payload
	}
	return out, nil
}

func (e *Engine) testRequest(ctx context.Context, p *Program, at *entry, t TestRequest, own *testing, result *TestResult) error {
	method, path := t.Method, t.Path
	for _, r := range p.routes {
		if r.entry != at {
			continue
		}
		if method == "" {
			method = r.method
		}
		if path == "" {
			path = r.pattern
		}
	}
	if method == "" {
		method = http.MethodGet
	}
	u, err := url.ParseRequestURI(path)
	if err != nil || !strings.HasPrefix(path, "/") {
		return fault.New(fault.Invalid, "The path %q of the request is not one.", path).WithCode("bad_path").At("path", "has to be a path such as /api/users.")
	}
	header := t.Header.Clone()
	if header == nil {
		header = http.Header{}
	}
	if len(t.Body) > 0 && header.Get("Content-Type") == "" {
		header.Set("Content-Type", "application/json")
	}
	r := (&http.Request{
		Method: method, URL: u, Header: header, Host: "localhost", RemoteAddr: "127.0.0.1:0", Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Body: http.NoBody, ContentLength: int64(len(t.Body)), RequestURI: path,
	}).WithContext(ctx)
	if len(t.Body) > 0 {
		r.Body = newBody(t.Body)
	}
	w := &capture{header: http.Header{}}
	e.serve(p, w, r, own)
	if err := ctx.Err(); err != nil {
		return err
	}
	if w.status == 0 {
		w.status = http.StatusOK
	}
	result.Status, result.Header, result.Body = w.status, w.header, w.body.Bytes()
	return nil
}

type readCloser struct{ *bytes.Reader }

func newBody(b []byte) readCloser { return readCloser{bytes.NewReader(b)} }

// Close implements io.Closer.
func (readCloser) Close() error { return nil }

// A capture is an answer in memory.
type capture struct {
	header http.Header
	status int
	body   bytes.Buffer
}

// Header implements http.ResponseWriter.
func (c *capture) Header() http.Header { return c.header }

// WriteHeader implements http.ResponseWriter.
func (c *capture) WriteHeader(status int) {
	if c.status == 0 {
		c.status = status
	}
}

// Write implements http.ResponseWriter.
func (c *capture) Write(b []byte) (int, error) {
	c.WriteHeader(http.StatusOK)
	return c.body.Write(b)
}

// testEvent starts a run as an event or a call does.
func (e *Engine) testEvent(ctx context.Context, p *Program, at *entry, t TestRequest, own *testing, result *TestResult) error {
	var args []any
	if len(t.Argument) > 0 {
		v, err := value.Validate(t.Argument, limit.APIDepth)
		if err != nil {
			return fault.New(fault.Malformed, "What the run begins with is not valid JSON: %s.", err).WithCode("bad_json")
		}
		args = []any{v}
	}
	x := e.newRun(ctx, p, at)
	defer x.end()
	x.first.Payload = eventPayload(args)
	x.testing(own, at)
	end, err := x.through(at.graph, &x.first, at.typ.Callable)
	own.failure = x.failure
	var failed *failure
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return fault.New(fault.Overdue, "The run took longer than %s.", p.settings.RunTime).WithCode("run_timeout")
	case errors.As(err, &failed): // the caller's, who is not there
		x.logFailure(failed)
		own.failure = failed
	case err != nil:
		return err
	case at.typ.Callable && end != nil:
		msg, _ := end.Payload.Output("msg")
		if result.Body, err = value.AppendJSON(nil, msg); err != nil {
			return err
		}
		result.Header = http.Header{"Content-Type": {"application/json"}}
	}
	return nil
}

// testing makes the run one of a test.
func (r *run) testing(t *testing, at *entry) {
	r.recorder, r.pinned, r.isolated, r.shows, t.runID = t.recorder, t.pinned, true, t.shows, r.ID
	how := trace.Passed
	if output, ok := t.pinned[at.id]; ok {
		how = trace.Pinned
		replace(&r.first, output) //nolint:errcheck // a payload of Go values takes any value
	}
	r.enter(at, &r.first, how)
}
