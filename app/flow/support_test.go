package flow_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"ecoflow/app/event"
	"ecoflow/app/fault"
	"ecoflow/app/flow"
	"ecoflow/app/limit"
	"ecoflow/app/node"
	"ecoflow/app/nodes/common"
	"ecoflow/app/trace"
	"ecoflow/app/value"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// Node types of the tests' own, for what the built-in ones cannot do.
var own = node.Package{Name: "test", Module: "Test", Version: "1.0.0"}

type (
	put struct { // sets a key to a JSON value
		Key  string    `input:"key" required:"true"`
		JSON node.Code `input:"json" language:"json"`
		v    any
	}
	fail struct { // fails with a sentence, a fault of a kind, or a panic
		Message string `input:"message" required:"true"`
		Kind    int    `input:"kind"`
		Panic   bool   `input:"panic"`
	}
	stop struct { // halts or drops
		Drop   bool `input:"drop"`
		Status int  `input:"status"`
	}
	either struct { // sends on the port that msg.port names
	}
	wait struct { // waits for the context, or for a partner at the same meeting
		Meeting string `input:"meeting"`
	}
	each struct{} // runs its body for each item of msg
	open struct { // counts itself open until it is closed
		Name string `input:"name"`
	}
	nest struct { // gives msg a list in a list in a list …
		Depth int `input:"depth"`
	}
)

func (p *put) Prepare(node.Values) []node.Problem {
	v, err := value.Parse([]byte(p.JSON.Text), 100)
	if err != nil {
		return []node.Problem{{Input: "json", Code: "json", Message: err.Error(), Line: err.(*value.Error).Line, Column: err.(*value.Error).Column}}
	}
	p.v = v
	return nil
}
func (p *put) Run(_ context.Context, m *node.Message) error { return m.Payload.Set(p.Key, p.v) }

func (f *fail) Run(context.Context, *node.Message) error {
	if f.Panic {
		panic(f.Message)
	}
	if f.Kind != 0 {
		return fault.New(fault.Kind(f.Kind), "%s", f.Message)
	}
	return errors.New(f.Message)
}

func (s *stop) Run(_ context.Context, m *node.Message) error {
	m.Reply.Status = s.Status
	if s.Drop {
		return node.Drop
	}
	return node.Halt
}

func (*either) Run(_ context.Context, m *node.Message) error {
	msg, _, err := m.Payload.Get("msg")
	if err != nil {
		return err
	}
	switch port, _ := msg.(map[string]any)["port"].(string); port {
	case "none":
		return node.Drop
	case "both":
		m.Send("yes")
		m.Send("no")
	case "":
	default:
		m.Send(port)
	}
	return nil
}

// meetings are where wait nodes wait for each other: a node alone stays alone.
var meetings sync.Map

func (w *wait) Run(ctx context.Context, _ *node.Message) error {
	if w.Meeting == "" {
		<-ctx.Done()
		return ctx.Err()
	}
	c, second := meetings.LoadOrStore(w.Meeting, make(chan struct{}))
	if second {
		meetings.Delete(w.Meeting)
		close(c.(chan struct{}))
		return nil
	}
	select {
	case <-c.(chan struct{}):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (*each) Run(ctx context.Context, m *node.Message) error {
	msg, _, err := m.Payload.Get("msg")
	if err != nil {
		return err
	}
	list, ok := msg.([]any)
	if !ok {
		return errors.New("msg is no list")
	}
	out := []any{}
	for _, item := range list {
		f := m.Fork()
		if err := f.Payload.Set("msg", item); err != nil {
			return err
		}
		end, err := m.Loop(ctx, f)
		if err != nil {
			return err
		}
		if end == nil {
			continue
		}
		v, _, err := end.Payload.Get("msg")
		if err != nil {
			return err
		}
		out = append(out, v)
	}
	return m.Payload.Set("msg", out)
}

func (n *nest) Run(_ context.Context, m *node.Message) error {
	var v any = "deep"
	for range n.Depth {
		v = []any{v}
	}
	return m.Payload.Set("msg", v)
}

var opened sync.Map // name → *int32 would do; the tests only ask whether it is there

func (o *open) Prepare(node.Values) []node.Problem       { opened.Store(o.Name, true); return nil }
func (o *open) Run(context.Context, *node.Message) error { return nil }
func (o *open) Close() error                             { opened.Delete(o.Name); return nil }

type stubborn struct{} // does not listen to its context

var released chan struct{} // made by the test that uses it

func (*stubborn) Run(context.Context, *node.Message) error { <-released; return nil }

type settings struct { // a Configuration
	Name string `input:"name"`
}

// tear answers with a stream: pieces of a known size, and then an error if Breaks.
type tear struct {
	Pieces int  `input:"pieces"`
	Breaks bool `input:"breaks"`
	left   int
}

func (n *tear) Run(_ context.Context, m *node.Message) error {
	m.Run.Host.(node.Answerer).Answer(node.Answer{Value: &tear{left: n.Pieces, Breaks: n.Breaks}})
	return nil
}

// Read implements io.Reader.
func (n *tear) Read(b []byte) (int, error) {
	switch {
	case n.left == 0 && n.Breaks:
		return 0, errors.New("torn")
	case n.left == 0:
		return 0, io.EOF
	}
	n.left--
	return copy(b, strings.Repeat("x", 1000)), nil
}

func types() []node.Type {
	return append(common.Nodes(nil),
		node.Define("Put", node.Middleware, put{}, node.In(own)),
		node.Define("Fail", node.Middleware, fail{}, node.In(own)),
		node.Define("Stop", node.Middleware, stop{}, node.In(own)),
		node.Define("Either", node.Middleware, either{}, node.In(own), node.Ports(node.Port{Name: "yes"}, node.Port{Name: "no"})),
		node.Define("Wait", node.Middleware, wait{}, node.In(own), node.Blocking()),
		node.Define("Each", node.Middleware, each{}, node.In(own), node.Ports(node.Port{Name: "done"}, node.Port{Name: "item"}), node.Loops("item")),
		node.Define("Stubborn", node.Middleware, stubborn{}, node.In(own), node.Blocking()),
		node.Define("Open", node.Middleware, open{}, node.In(own)),
		node.Define("Nest", node.Middleware, nest{}, node.In(own)),
		node.Define("Tear", node.Response, tear{}, node.In(own)),
		node.Define("Settings", node.Configuration, settings{}, node.In(own)),
	)
}

// memory keeps deployments as a Store of the tests.
type memory struct {
	mu   sync.Mutex
	all  []flow.Deployment
	fail error
}

func (s *memory) LiveDeployment(context.Context) (*flow.Deployment, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.all) == 0 {
		return nil, s.fail
	}
	d := s.all[len(s.all)-1]
	return &d, s.fail
}

func (s *memory) AddDeployment(_ context.Context, d flow.Deployment) (int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fail != nil {
		return 0, s.fail
	}
	d.Number = int64(len(s.all) + 1)
	s.all = append(s.all, d)
	return d.Number, nil
}

// A bench is an engine with what it stands on.
type bench struct {
	*flow.Engine
	store    *memory
	events   *event.Stream
	limits   *limit.Counters
	settings flow.Settings
	library  *node.Library
	log      *bytes.Buffer
	emitted  []string
	record   func() trace.Recorder // of ordinary runs
	recorded func(trace.Run, trace.Recorder)
	// variables is what the runs that start see.
	variables flow.Variables
}

// known are the variables of a bench that says nothing else.
type known struct{}

// Mask implements flow.Variables.
func (known) Mask(text string) string { return text }

// Lookup implements flow.Variables.
func (known) Lookup(name string) (string, bool) { return "value of " + name, name == "KNOWN" }

type syncWriter struct {
	mu sync.Mutex
	w  io.Writer
}

func (s *syncWriter) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.w.Write(b)
}

func newBench(t testing.TB, change ...func(*flow.Settings)) *bench {
	t.Helper()
	b := &bench{
		store: &memory{}, events: event.New(1000), limits: &limit.Counters{}, settings: flow.DefaultSettings(), variables: known{},
		library: node.NewLibrary(types()...), log: &bytes.Buffer{},
	}
	b.settings.ShowErrors = true
	for _, c := range change {
		c(&b.settings)
	}
	var mu sync.Mutex
	b.Engine = flow.New(flow.Options{
		Log: slog.New(slog.NewTextHandler(&syncWriter{w: b.log}, nil)), Library: b.library, Store: b.store,
		Env:    func() flow.Variables { return b.variables },
		Events: b.events, Limits: b.limits, Settings: func() flow.Settings { return b.settings },
		Emitted: func(channel string, args []any) {
			mu.Lock()
			defer mu.Unlock()
			b.emitted = append(b.emitted, fmt.Sprint(channel, args))
		},
		ReservedCookies: []string{"ecoflow"},
		Recorder: func(string, string) trace.Recorder {
			if b.record == nil {
				return nil
			}
			return b.record()
		},
		Recorded: func(run trace.Run, by trace.Recorder) {
			if b.recorded != nil {
				b.recorded(run, by)
			}
		},
	})
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := b.Close(ctx); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return b
}

// deploy deploys flows in the tests' notation.
func (b *bench) deploy(t testing.TB, source string) {
	t.Helper()
	if _, err := b.Deploy(t.Context(), flow.DeployRequest{Flows: draw(t, source)}); err != nil {
		t.Fatalf("deploy: %v %v", err, faultPlaces(err))
	}
}

func faultPlaces(err error) []fault.Place {
	if f, ok := fault.As(err); ok {
		return f.Places
	}
	return nil
}

// draw reads flows in the tests' notation, a line each:
//
//	flow shop                     the flow that what follows is in
//	in: Request {"apiMethod": …}  a node: id, type, inputs; "!off", "!templates", "!raw" before the inputs
//	in -> a.no -> out             edges, from a port other than the first by its name; "~>" is one that is off
func draw(t testing.TB, source string) flow.Document {
	t.Helper()
	doc, err := flow.Parse(drawJSON(t, source))
	if err != nil {
		t.Fatalf("flows: %v", err)
	}
	return doc
}

func drawJSON(t testing.TB, source string) []byte {
	t.Helper()
	byName := map[string]node.Type{}
	for _, ty := range types() {
		byName[strings.ReplaceAll(ty.Name, " ", "")] = ty
	}
	flows := map[string]map[string][]any{}
	name := "shop"
	for line := range strings.Lines(source) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		if rest, ok := strings.CutPrefix(line, "flow "); ok {
			name = rest
		}
		f := flows[name]
		if f == nil {
			f = map[string][]any{"definitions": {}, "connections": {}, "configurations": {}}
			flows[name] = f
		}
		switch {
		case strings.HasPrefix(line, "flow "):
		case strings.Contains(line, "->") || strings.Contains(line, "~>"):
			drawEdges(f, line)
		default:
			id, rest, _ := strings.Cut(line, ":")
			kind, rest, _ := strings.Cut(strings.TrimSpace(rest), " ")
			data := map[string]any{"label": id, "configured": true}
			for strings.HasPrefix(rest, "!") {
				var option string
				option, rest, _ = strings.Cut(rest, " ")
				switch option {
				case "!off":
					data["disabled"] = true
				case "!templates":
					data["templates"] = true
				case "!unconfigured":
					data["configured"] = false
				}
			}
			ty, known := byName[kind]
			nodeKind := string(ty.Kind)
			typeID := ty.ID()
			if !known {
				nodeKind, typeID, _ = strings.Cut(kind, "/") // Middleware/abc: any type id
			}
			data["moduleID"] = map[string]any{"_id": typeID}
			f["definitions"] = append(f["definitions"], map[string]any{"id": id, "type": nodeKind, "data": data})
			if rest != "" {
				var inputs map[string]any
				if err := json.Unmarshal([]byte(rest), &inputs); err != nil {
					t.Fatalf("inputs of %s: %v", id, err)
				}
				f["configurations"] = append(f["configurations"], map[string]any{"nodeID": id, "configs": inputs})
			}
		}
	}
	b, err := json.Marshal(flows)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func drawEdges(f map[string][]any, line string) {
	words := strings.Fields(line)
	for i := 0; i+2 < len(words); i += 2 {
		from, port, _ := strings.Cut(words[i], ".")
		to, _, _ := strings.Cut(words[i+2], ".")
		handle := from + "-source"
		if port != "" {
			handle += "-" + port
		}
		f["connections"] = append(f["connections"], map[string]any{
			"id": fmt.Sprintf("e%d", len(f["connections"])), "source": from, "sourceHandle": handle,
			"target": to, "targetHandle": to + "-target", "animated": words[i+1] == "~>",
		})
	}
}
