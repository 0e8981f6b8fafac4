package node

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"
)

// Message is what travels along edges: one branch's view of a run. A Runner may
// change it freely; siblings of a fan-out never see each other's writes.
type Message struct {
	Payload Payload
	// Reply is the answer under construction in this branch; a Response node
	// hands it to the run.
	Reply Reply
	Run   *Run
	// Loop runs the body behind a loop port once for a message and returns the
	// message that reached its end, nil when everything in the body was dropped;
	// set by the engine while a node with a LoopPort, or a Caller, runs. Several bodies may run
	// at once, each on a message of its own.
	Loop func(ctx context.Context, m *Message) (*Message, error)

	sent []string // ports chosen; empty: the first
}

// Send chooses a port to deliver on; unchosen ports are dropped. It may be
// called for several ports.
func (m *Message) Send(port string) { m.sent = append(m.sent, port) }

// TakeSent returns the ports that were chosen since the last call; none means the
// first port. The engine calls it after each node and is done with the list
// before the next one runs.
func (m *Message) TakeSent() []string { s := m.sent; m.sent = m.sent[:0]; return s }

// Merge takes over what another branch's message holds, where several edges meet:
// its keys and what it wants of the answer win.
func (m *Message) Merge(other *Message) error {
	m.Reply.merge(&other.Reply)
	return m.Payload.Merge(&other.Payload)
}

// Fork returns a second, independent view of the message for another branch.
func (m *Message) Fork() *Message {
	return &Message{Payload: m.Payload.Fork(), Reply: m.Reply.fork(), Run: m.Run}
}

// Run is what all branches of one run share.
type Run struct {
	ID      string
	Start   time.Time
	Flow    string   // name of the flow whose entry started it
	Request *Inbound // nil for runs that no HTTP request started
	Log     *slog.Logger
	Host    Host
	// TemplateTime is how long a template may take; 0 is limit.TemplateTime.
	TemplateTime time.Duration

	mu     sync.Mutex
	locals map[any]any
	closer []io.Closer
}

// Local returns the run's value under the key, made on first use; a value that
// is an io.Closer is closed when the run ends. The script engine keeps the run's
// hold on a runtime here.
func (r *Run) Local(key any, make func() (any, error)) (any, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if v, ok := r.locals[key]; ok {
		return v, nil
	}
	v, err := make()
	if err != nil {
		return nil, err
	}
	if r.locals == nil {
		r.locals = map[any]any{}
	}
	r.locals[key] = v
	if c, ok := v.(io.Closer); ok {
		r.closer = append(r.closer, c)
	}
	return v, nil
}

// Close ends the run's local values, last made first.
func (r *Run) Close() error {
	var first error
	for _, c := range slices.Backward(r.closer) {
		if err := c.Close(); err != nil && first == nil {
			first = err
		}
	}
	return first
}

// Host is what a node may ask of the product. The engine provides it.
type Host interface {
	// Env returns a variable that flows may read; names ignore case.
	Env(name string) (string, bool)
	// Emit starts the runs of the listeners on a channel, beside this run.
	Emit(ctx context.Context, channel string, args ...any)
	// Debug shows a value in the editor's console, or drops it when nobody can
	// see it; value is called only when somebody can.
	Debug(ctx context.Context, d DebugLine, value func() any)
	// Say takes a line that a node logs.
	Say(d DebugLine, text string)
}

// DebugLine says where a debug value comes from and goes to.
type DebugLine struct {
	Flow, NodeID, Label string
	RunID               string
	Level               string // debug, info, warning or error
	Window              bool   // the editor's console
	Terminal            bool   // the server's log
}

// Inbound is the HTTP request that started a run, without our own credentials.
// It is read-only.
type Inbound struct {
	Method  string
	Path    string // as requested
	Pattern string // of the route: "/api/users/:id"
	Params  Params
	Header  http.Header
	Host    string
	IP      string
	Body    []byte // as received; the parsed form is the payload's msg
	URL     *url.URL

	queryOnce sync.Once
	query     url.Values
}

// Query returns the parsed query; parsed on first use.
func (r *Inbound) Query() url.Values {
	r.queryOnce.Do(func() { r.query = r.URL.Query() })
	return r.query
}

// Param is one path parameter.
type Param struct{ Name, Value string }

// Params are the path parameters in path order.
type Params []Param

// Get returns a parameter's value, "" when there is none of the name.
func (p Params) Get(name string) string {
	for _, param := range p {
		if param.Name == name {
			return param.Value
		}
	}
	return ""
}

// File is one uploaded file of a multipart body.
type File struct {
	Field string `json:"field"`
	Name  string `json:"name"`
	Type  string `json:"type"`
	Size  int64  `json:"size"`
	Data  []byte `json:"-"`
}

// Reply collects what a branch wants of the answer.
type Reply struct {
	Status  int // 0: the default
	Header  http.Header
	Cookies []*http.Cookie

	shared bool
}

// SetHeader sets a header of the answer.
func (r *Reply) SetHeader(name, value string) {
	r.own()
	r.Header.Set(name, value)
}

// AddCookie adds a cookie to the answer.
func (r *Reply) AddCookie(c *http.Cookie) { r.Cookies = append(r.Cookies, c) }

func (r *Reply) merge(other *Reply) {
	if other.Status != 0 {
		r.Status = other.Status
	}
	for name, values := range other.Header {
		r.own()
		r.Header[name] = values
	}
	r.Cookies = append(slices.Clip(r.Cookies), other.Cookies...)
}

func (r *Reply) own() {
	if r.Header == nil {
		r.Header = http.Header{}
	} else if r.shared {
		r.Header = r.Header.Clone()
	}
	r.shared = false
}

func (r *Reply) fork() Reply {
	r.shared = r.Header != nil
	c := *r
	c.Cookies = slices.Clip(r.Cookies)
	r.Cookies = c.Cookies
	return c
}

// Answer is what a Response node hands to the run.
type Answer struct {
	// Key, in compatible mode, is the member of the JSON object that collects
	// all Response nodes' values. Empty in direct mode: Value is the body.
	Key string
	// Empty, in compatible mode: the payload has no such key, so nothing is added.
	Empty bool
	// Value is encoded by the engine. In direct mode and without a JSON content
	// type, []byte, string, *File and io.Reader go out as they are.
	Value       any
	ContentType string // direct mode; "" follows from the value
	Reply       Reply
	NodeID      string
}

// Answerer is implemented by what the engine passes as Host to runs that
// somebody waits for. Response nodes hand their answer to it.
type Answerer interface {
	Answer(a Answer)
}
