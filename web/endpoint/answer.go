package endpoint

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"ecoflow/app/fault"
)

// Page is one page of a list: the entries are the payload, the rest stands
// beside it.
type Page[T any] struct {
	Items []T
	Total int    // rows there are in all
	Next  string // cursor of the next page, "" on the last
	Limit int    // rows that a page holds at most, as it was applied
}

// Beside is a result whose members are repeated next to payload, where clients
// of the original look for them.
type Beside[T any] struct{ Payload T }

// With is a result with the members of another one next to payload, for answers
// whose payload is a plain sentence by contract.
type With[T, B any] struct {
	Payload T
	Beside  B
}

// answer is implemented by results that put members beside payload.
type answer interface {
	members() (payload, beside any)
	payloadType() reflect.Type
	besideType() reflect.Type
}

type pageMembers struct {
	Count int    `json:"count" doc:"How many entries payload holds."`
	Total int    `json:"total" doc:"How many there are in all."`
	Limit int    `json:"limit" doc:"How many a page holds at most: as many as were asked for, within 1,000."`
	Next  string `json:"next,omitzero" doc:"Cursor of the next page; absent on the last."`
}

type listMembers struct {
	Count int `json:"count" doc:"How many entries payload holds."`
	Total int `json:"total" doc:"How many there are in all."`
}

func (p Page[T]) members() (payload, beside any) {
	return p.Items, pageMembers{Count: len(p.Items), Total: p.Total, Limit: p.Limit, Next: p.Next}
}
func (Page[T]) payloadType() reflect.Type { return reflect.TypeFor[[]T]() }
func (Page[T]) besideType() reflect.Type  { return reflect.TypeFor[pageMembers]() }

func (b Beside[T]) members() (payload, beside any) { return b.Payload, b.Payload }
func (Beside[T]) payloadType() reflect.Type        { return reflect.TypeFor[T]() }
func (Beside[T]) besideType() reflect.Type         { return reflect.TypeFor[T]() }

func (w With[T, B]) members() (payload, beside any) { return w.Payload, w.Beside }
func (With[T, B]) payloadType() reflect.Type        { return reflect.TypeFor[T]() }
func (With[T, B]) besideType() reflect.Type         { return reflect.TypeFor[B]() }

// wire is how everything of ours is written: in one order, and never failing
// because stored text is not valid UTF-8.
var wire = json.JoinOptions(json.Deterministic(true), jsontext.AllowInvalidUTF8(true))

// success is the envelope of what worked.
type success struct {
	Success bool           `json:"success"`
	Payload any            `json:"payload,omitzero"`
	Beside  jsontext.Value `json:",embed"`
}

// list is a list of which some entries are answered.
type list struct {
	entries any
	total   int
}

// writeSuccess answers 200 with the result in the envelope.
func writeSuccess(w http.ResponseWriter, res any) error {
	out := success{Success: true, Payload: res}
	var beside any
	switch a := res.(type) {
	case struct{}:
		out.Payload = nil
	case answer:
		out.Payload, beside = a.members()
	case list:
		out.Payload, beside = a.entries, listMembers{reflect.ValueOf(a.entries).Len(), a.total}
	default:
		if v := reflect.ValueOf(res); isList(v.Type()) {
			beside = listMembers{v.Len(), v.Len()}
		}
	}
	if beside != nil {
		var err error
		if out.Beside, err = json.Marshal(beside, wire); err != nil {
			return fmt.Errorf("encode the members beside payload: %w", err)
		}
	}
	body, err := json.Marshal(out, wire)
	if err != nil {
		return fmt.Errorf("encode the answer: %w", err)
	}
	writeJSON(w, http.StatusOK, body)
	return nil
}

// Problem is the envelope of every failure.
type Problem struct {
	Error     bool           `json:"error"`
	Payload   any            `json:"payload" doc:"A sentence for the user, or an object with it in msg."`
	Code      string         `json:"code" doc:"Stable name of the failure."`
	Errors    []fault.Place  `json:"errors,omitzero" doc:"Every field or node concerned."`
	Missing   []string       `json:"missing,omitzero" doc:"Permissions of which one would have sufficed."`
	RequestID string         `json:"requestId" doc:"The id under which the log knows this request."`
	Extra     map[string]any `json:",embed"`
}

// WriteFault answers a failure in the envelope. An error that is no fault is
// ours: the caller sees a general sentence and the request id.
func WriteFault(w http.ResponseWriter, r *http.Request, err error) {
	f := public(err)
	h := w.Header()
	for _, name := range []string{"Content-Disposition", "Etag", "Last-Modified"} {
		h.Del(name)
	}
	for _, method := range f.Allow {
		h.Add("Allow", method)
	}
	if f.RetryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(int((f.RetryAfter+time.Second-1)/time.Second)))
	}
	writeJSON(w, int(f.Kind), problemBody(r.Context(), f))
}

func problemBody(ctx context.Context, f *fault.Fault) []byte {
	p := Problem{Error: true, Payload: f.Message, Code: f.Code, Errors: f.Places, RequestID: fault.Request(ctx)}
	if f.Details != nil {
		payload := map[string]any{"msg": f.Message}
		for k, v := range f.Details {
			payload[k] = v
		}
		p.Payload = payload
	}
	for k, v := range f.Extra {
		if k == missingKey {
			p.Missing, _ = v.([]string)
			continue
		}
		if p.Extra == nil {
			p.Extra = map[string]any{}
		}
		p.Extra[k] = v
	}
	body, err := json.Marshal(p, wire)
	if err != nil { // only what a feature put in Details or Extra can fail
		body, _ = json.Marshal(Problem{Error: true, Payload: f.Message, Code: f.Code, RequestID: p.RequestID}, wire)
	}
	return body
}

// missingKey is the member of the envelope that names the permissions lacking.
const missingKey = "missing"

// public returns the fault that the caller may see.
func public(err error) *fault.Fault {
	if f, ok := fault.As(err); ok && f.Kind != fault.Internal {
		return f
	}
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return fault.New(fault.Overdue, "This took too long and was stopped.").Because(err)
	case errors.Is(err, context.Canceled):
		return fault.New(fault.Unavailable, "The request was stopped before it was done.").WithCode("stopped").Because(err)
	}
	return fault.New(fault.Internal, "Something went wrong on our side. The log tells more under the request id.").Because(err)
}

func writeJSON(w http.ResponseWriter, status int, body []byte) {
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	w.Write(body) //nolint:errcheck,gosec // the caller is gone, nobody is left to tell; it is JSON
}

// lineWriter writes the values of a Stream.
type lineWriter struct {
	w       http.ResponseWriter
	started bool
}

// write sends one value as a line of its own, at once.
func (l *lineWriter) write(item any) error {
	line, err := json.Marshal(item, wire)
	if err != nil {
		return fmt.Errorf("encode a line: %w", err)
	}
	return l.send(line)
}

func (l *lineWriter) send(line []byte) error {
	control := http.NewResponseController(l.w)
	if !l.started {
		l.started = true
		l.w.Header().Set("Content-Type", "application/x-ndjson")
		l.w.WriteHeader(http.StatusOK)
	}
	if err := control.SetWriteDeadline(time.Now().Add(writeTime)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	if _, err := l.w.Write(append(line, '\n')); err != nil {
		return err
	}
	return control.Flush()
}

// writeTime is how long a reader of a stream may take for one line.
const writeTime = 30 * time.Second

// end ends the stream with the handler's error, if there is one. Once lines are
// out, the error is a line too.
func (l *lineWriter) end(ctx context.Context, err error) error {
	switch {
	case err != nil && l.started:
		if sendErr := l.send(problemBody(ctx, public(err))); sendErr != nil {
			return answered{errors.Join(err, sendErr)}
		}
		return answered{err}
	case err == nil && !l.started:
		l.started = true
		l.w.Header().Set("Content-Type", "application/x-ndjson")
		l.w.WriteHeader(http.StatusOK)
	}
	return err
}

// answered marks an error that the caller has been told already.
type answered struct{ error }

// Unwrap returns the error itself.
func (a answered) Unwrap() error { return a.error }
