package editor

import (
	"context"
	"encoding/base64"
	"net/http"
	"slices"
	"sync"
	"time"
	"unicode/utf8"

	"ecoflow/app/fault"
	"ecoflow/app/flow"
	"ecoflow/app/trace"
)

// RunRequest asks for a run of a draft.
type RunRequest struct {
	Flow    string          `json:"flow" required:"true" doc:"The flow to run; the Configuration nodes are there as well."`
	Given   Source          `json:"flowconfigurations" doc:"Flows to run in place of the stored drafts of their names."`
	Entry   string          `json:"entry" doc:"The node to start at. Needed for an event or a call, which the request's body is the message of; for a request it fills in method and path."`
	Request Request         `json:"request"`
	Pinned  map[string]Data `json:"pinned,omitzero" maxItems:"1000" doc:"What nodes answer instead of running, by node id: the payload, or any other value for msg. Secrets that a run showed as *** are pinned as that."`
}

// RunLine is one line of a run's answer. Type says which member is set.
type RunLine struct {
	Type     string             `json:"type" enum:"step,debug,response"`
	Step     *trace.Step        `json:"step,omitzero"`
	Debug    *flow.DebugMessage `json:"debug,omitzero"`
	Response *RunResponse       `json:"response,omitzero"`
}

// RunResponse is what a run answered, the last line.
type RunResponse struct {
	RunID     string         `json:"runID"`
	Status    int            `json:"status" doc:"0 for an event, which nobody waits for, and for a call, whose message at the end is the body."`
	Headers   http.Header    `json:"headers"`
	Body      string         `json:"body" doc:"As text; in base64 when it is none."`
	Base64    bool           `json:"base64"`
	Size      int            `json:"size"`
	Shortened bool           `json:"shortened" doc:"The body is longer than it is shown here."`
	Micros    float64        `json:"micros"`
	Failed    string         `json:"failed,omitzero" doc:"The node whose error ended the run."`
	Error     string         `json:"error,omitzero" doc:"Its sentence."`
	Problems  []flow.Problem `json:"problems" doc:"Of the flow, that did not stop this run."`
	Unshown   int            `json:"unshown" doc:"How many steps and debug lines were left out, because there were too many."`
}

const (
	runTime    = 2 * time.Minute // bounds a run beside the engine's own limit
	shownBody  = 1 << 20         // bytes of an answer that are shown
	shownLines = 10_000          // steps and debug lines: a loop makes many
)

// Run runs a draft for whoever asks, in isolation: its events reach no other flow
// and its debug lines no other window. Each node is told of as soon as it ran.
func (e *Editor) Run(ctx context.Context, r RunRequest, emit func(RunLine) error) error {
	given, err := parse(r.Given)
	if err != nil {
		return err
	}
	doc, err := e.document(ctx, given)
	if err != nil {
		return err
	}
	if r.Entry == "" && r.Request.Path == "" {
		return fault.New(fault.Invalid, "A run needs an entry to start at, or a request.").WithCode("no_entry").
			At("request/path", "is required without an entry")
	}
	if doc, err = e.withLive(ctx, doc); err != nil {
		return err
	}
	t, err := testRequest(doc, r.Flow, r.Request, r.Pinned)
	if err != nil {
		return err
	}
	t.Entry = r.Entry
	ctx, cancel := context.WithTimeout(ctx, runTime)
	defer cancel()

	// Nodes of one run may end side by side, on goroutines that must not write to
	// the same connection at once.
	var mu sync.Mutex
	sent := 0
	send := func(l RunLine) {
		mu.Lock()
		defer mu.Unlock()
		if sent++; sent > shownLines && l.Response == nil {
			return
		}
		if ctx.Err() == nil && emit(l) != nil {
			cancel() // the reader is gone: nobody waits for the rest
		}
	}
	t.OnNode = func(s trace.Step) { send(RunLine{Type: "step", Step: &s}) }
	t.OnDebug = func(m flow.DebugMessage) { send(RunLine{Type: "debug", Debug: &m}) }
	result, err := e.Engine.Test(ctx, t)
	if err != nil {
		return err
	}
	response := shown(result)
	mu.Lock()
	response.Unshown = max(0, sent-shownLines)
	mu.Unlock()
	send(RunLine{Type: "response", Response: response})
	return nil
}

// withLive adds the live flows to drafts whose own draft was deleted: they can be
// called until a deploy takes them off.
func (e *Editor) withLive(ctx context.Context, doc flow.Document) (flow.Document, error) {
	drafts, live, err := e.stored(ctx)
	if err != nil {
		return nil, err
	}
	flows := e.Engine.Live().Flows
	for _, l := range live {
		_, _, there := doc.Find(l.Name)
		if there || slices.ContainsFunc(drafts, func(d Draft) bool { return d.ID == l.ID }) {
			continue
		}
		if f, name, ok := flows.Find(l.Name); ok {
			doc = doc.Merge(flow.Document{name: f})
		}
	}
	return doc, nil
}

// testRequest makes the engine's request: the flow by its name and the
// Configuration nodes take part, and of the others those that are called.
func testRequest(doc flow.Document, name string, r Request, pinned map[string]Data) (flow.TestRequest, error) {
	f, written, ok := doc.Find(name)
	if !ok {
		return flow.TestRequest{}, unknownFlow(name)
	}
	t := flow.TestRequest{Flows: flow.Document{written: f}, Callees: doc, Pinned: pinned}
	if configs, written, ok := doc.Find(flow.Configs); ok {
		t.Flows[written] = configs
	}
	var err error
	t.Method, t.Path, t.Header, t.Body, err = r.build()
	t.Argument = r.Body
	return t, err
}

func shown(r *flow.TestResult) *RunResponse {
	out := &RunResponse{
		RunID: r.RunID, Status: r.Status, Headers: r.Header.Clone(), Size: len(r.Body), Micros: r.Micros,
		Failed: r.Failed, Error: r.Mask(r.Error), Problems: r.Problems,
	}
	for _, values := range out.Headers {
		for i, v := range values {
			values[i] = r.Mask(v)
		}
	}
	whole := r.Mask(string(r.Body))
	body := whole
	if len(body) > shownBody {
		body, out.Shortened = body[:shownBody], true
		for i := 0; i < utf8.UTFMax && !utf8.ValidString(body) && utf8.ValidString(whole); i++ {
			body = body[:len(body)-1] // not through the middle of a character
		}
	}
	if utf8.ValidString(body) {
		out.Body = body
	} else {
		out.Body, out.Base64 = base64.StdEncoding.EncodeToString([]byte(body)), true
	}
	return out
}
