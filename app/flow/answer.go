package flow

import (
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"ecoflow/app/fault"
	"ecoflow/app/node"
	"ecoflow/app/trace"
	"ecoflow/app/value"
)

// Header values that nearly every answer has, made once.
var (
	nosniff  = []string{"nosniff"}
	jsonType = []string{"application/json; charset=utf-8"}
	noStore  = []string{"no-store"}
)

// A buffer holds an answer while it is written; it goes back to its pool.
type buffer struct{ b []byte }

var buffers = sync.Pool{New: func() any { return &buffer{make([]byte, 0, 4096)} }}

// maxPooled keeps one huge answer from staying in memory for ever.
const maxPooled = 1 << 20

func (b *buffer) free() {
	if cap(b.b) <= maxPooled {
		b.b = b.b[:0]
		buffers.Put(b)
	}
}

// answer writes what came of a run.
func (r *run) answer(w http.ResponseWriter, g *graph, err error) {
	switch {
	case errors.Is(err, context.Canceled):
		return // the client is gone
	case err != nil:
		r.refuse(w, fault.New(fault.Overdue, "The request took longer than %s.", r.program.settings.RunTime).WithCode("run_timeout"))
		return
	case r.failure != nil && (!r.failure.watched || len(r.answers) == 0):
		r.refuse(w, r.failureFault())
		return
	case len(r.answers) == 0:
		w.Header()["X-Content-Type-Options"] = nosniff
		r.status = http.StatusNoContent
		w.WriteHeader(r.status)
		return
	}
	if at, err := r.respond(w, g); err != nil {
		r.unwritten(w, g, at, err)
	}
}

// respond writes the answers that were given. Where one of them cannot be written,
// nothing was, and at is its place.
func (r *run) respond(w http.ResponseWriter, g *graph) (at int, err error) {
	r.inGraphOrder(g)
	buf := buffers.Get().(*buffer)
	defer buf.free()
	direct := slices.IndexFunc(r.answers, func(a node.Answer) bool { return a.Key == "" && !a.Empty })
	if direct < 0 {
		return r.collected(w, buf)
	}
	if err := r.direct(w, &r.answers[direct], buf); err != nil {
		return direct, err
	}
	r.ignored(direct)
	return direct, nil
}

// unwritten deals with an answer that cannot be written: that is a failure of the node
// that gave it, which its Catch takes like any other. What a Catch answers is final.
func (r *run) unwritten(w http.ResponseWriter, g *graph, at int, err error) {
	a := r.answers[at]
	if s := g.stepOf(a.NodeID); s != nil && !r.rewritten {
		r.rewritten = true
		r.answers = slices.Delete(r.answers, at, at+1)
		if r.recorder != nil {
			r.recorder.Record(trace.Record{NodeID: s.id, Label: s.label, Flow: s.flow, Start: time.Now(), Outcome: trace.Failed, Err: err})
		}
		r.answer(w, g, r.fail(s, err, false))
		return
	}
	r.engine.log.Error("answer not written", "run", r.ID, "flow", r.Flow, "node", a.NodeID, "error", err)
	r.refuse(w, r.errorFault(err, "The answer could not be written."))
}

// stepOf finds a node's step in the graph and in the bodies inside it, nil when there
// is none.
func (g *graph) stepOf(id string) *step {
	for i := range g.steps {
		s := &g.steps[i]
		if s.id == id {
			return s
		}
		if s.body != nil {
			if inside := s.body.stepOf(id); inside != nil {
				return inside
			}
		}
	}
	return nil
}

// ignored tells the trace which Responses answered in vain.
func (r *run) ignored(direct int) {
	if r.recorder == nil {
		return
	}
	for i, a := range r.answers {
		if i != direct {
			r.recorder.Record(trace.Record{NodeID: a.NodeID, Flow: r.Flow, Start: time.Now(), Outcome: trace.Ignored})
		}
	}
}

// collected answers in compatible mode: one object of every Response's key.
func (r *run) collected(w http.ResponseWriter, buf *buffer) (at int, err error) {
	b := append(buf.b, '{')
	var reply *node.Reply
	comma := false
	for i := range r.answers {
		a := &r.answers[i]
		if reply == nil {
			reply = &a.Reply
		} else {
			m := node.Message{Reply: *reply}
			if err := m.Merge(&node.Message{Reply: a.Reply}); err != nil {
				return i, err
			}
			reply = &m.Reply
		}
		if a.Empty || slices.ContainsFunc(r.answers[i+1:], func(later node.Answer) bool { return later.Key == a.Key && !later.Empty }) {
			continue
		}
		if comma {
			b = append(b, ',')
		}
		comma = true
		b = append(value.AppendString(b, a.Key), ':')
		if b, err = value.AppendJSON(b, a.Value); err != nil {
			return i, err
		}
	}
	buf.b = append(b, '}')
	return len(r.answers) - 1, r.write(w, reply, jsonType, buf.b)
}

// direct answers with one Response's value as the whole body.
func (r *run) direct(w http.ResponseWriter, a *node.Answer, buf *buffer) error {
	contentType := a.ContentType
	if contentType == "" {
		contentType = a.Reply.Header.Get("Content-Type")
	}
	v := a.Value
	if body, ok := v.(io.Reader); ok {
		return r.stream(w, a, typed(contentType, "application/octet-stream"), body)
	}
	if !isJSON(contentType) {
		switch v := v.(type) {
		case string:
			return r.write(w, &a.Reply, typed(contentType, "text/plain; charset=utf-8"), append(buf.b, v...))
		case []byte:
			return r.write(w, &a.Reply, typed(contentType, "application/octet-stream"), v)
		case *node.File:
			return r.write(w, &a.Reply, typed(contentType, fileType(v.Type)), v.Data)
		}
		if contentType != "" {
			if text, ok := v.(interface{ Resolve() (any, error) }); ok {
				got, err := text.Resolve()
				if err != nil {
					return err
				}
				v = got
			}
			return r.write(w, &a.Reply, []string{contentType}, append(buf.b, value.Text(v)...))
		}
	}
	var err error
	if buf.b, err = value.AppendJSON(buf.b, v); err != nil {
		return err
	}
	return r.write(w, &a.Reply, typed(contentType, jsonType[0]), buf.b)
}

// fileType is an uploaded file's own type when it is one.
func fileType(t string) string {
	if _, _, err := mime.ParseMediaType(t); err != nil {
		return "application/octet-stream"
	}
	return t
}

func isJSON(contentType string) bool {
	media, _, _ := strings.Cut(contentType, ";")
	media = strings.TrimSpace(media)
	return strings.EqualFold(media, "application/json") || strings.HasSuffix(strings.ToLower(media), "+json")
}

func typed(given, otherwise string) []string {
	switch {
	case given == "" && otherwise == jsonType[0]:
		return jsonType
	case given == "":
		return []string{otherwise}
	}
	return []string{given}
}

// head writes the status and the headers; hasBody is false for the statuses that
// have none.
func (r *run) head(w http.ResponseWriter, reply *node.Reply, contentType []string, length int) (hasBody bool, err error) {
	status := reply.Status
	if status == 0 {
		status = http.StatusOK
	}
	if status < 200 || status > 599 {
		return false, fault.New(fault.Internal, "The answer has the status %d; it has to be between 200 and 599.", status)
	}
	h := w.Header()
	for name, values := range reply.Header {
		for _, v := range values {
			if err := node.CheckHeader(name, v); err != nil {
				return false, err
			}
		}
	}
	if contentType[0] != jsonType[0] {
		if err := node.CheckHeader("Content-Type", contentType[0]); err != nil {
			return false, err
		}
	}
	var cookies []string
	for _, c := range reply.Cookies {
		if err := r.checkCookie(c); err != nil {
			return false, err
		}
		cookies = append(cookies, c.String())
	}
	for name, values := range reply.Header {
		h[http.CanonicalHeaderKey(name)] = values
	}
	if cookies != nil {
		h["Set-Cookie"] = append(h["Set-Cookie"], cookies...)
	}
	h["X-Content-Type-Options"] = nosniff
	hasBody = status != http.StatusNoContent && status != http.StatusNotModified && length != 0
	if !hasBody {
		delete(h, "Content-Type")
	} else {
		h["Content-Type"] = contentType
		if length > 2000 || length >= 0 && r.Request.Method == http.MethodHead { // below, net/http knows it by itself
			h["Content-Length"] = []string{strconv.Itoa(length)}
		}
	}
	r.status = status
	w.WriteHeader(status)
	return hasBody, nil
}

func (r *run) checkCookie(c *http.Cookie) error {
	if err := c.Valid(); err != nil {
		return fault.New(fault.Internal, "The cookie %q cannot be sent.", c.Name).WithCode("bad_cookie").Because(err)
	}
	if slices.ContainsFunc(r.engine.reserved, func(name string) bool { return strings.EqualFold(name, c.Name) }) {
		return fault.New(fault.Internal, "The cookie %q is set by the server and not by flows.", c.Name).WithCode("bad_cookie")
	}
	return nil
}

func (r *run) write(w http.ResponseWriter, reply *node.Reply, contentType []string, body []byte) error {
	hasBody, err := r.head(w, reply, contentType, len(body))
	if err != nil || !hasBody {
		return err
	}
	w.Write(body) //nolint:errcheck // a client that is gone reads nothing
	return nil
}

// stream answers with what a body gives, piece by piece. Where it fails on the way,
// only breaking off shows the client that it does not have all.
func (r *run) stream(w http.ResponseWriter, a *node.Answer, contentType []string, body io.Reader) error {
	if c, ok := body.(io.Closer); ok {
		defer c.Close() //nolint:errcheck // read to its end, or the client is gone
	}
	hasBody, err := r.head(w, &a.Reply, contentType, -1)
	if err != nil || !hasBody {
		return err
	}
	out := http.NewResponseController(w)
	for piece := make([]byte, pieceBytes); ; {
		n, err := body.Read(piece)
		if n > 0 {
			if _, err := w.Write(piece[:n]); err != nil {
				r.engine.log.Info("client left a stream", "run", r.ID, "flow", r.Flow, "error", err)
				return nil
			}
			out.Flush() //nolint:errcheck // a writer without Flush sends it at the end
		}
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			r.engine.log.Error("stream broken off", "run", r.ID, "flow", r.Flow, "error", err)
			if r.isolated {
				return nil // nobody is connected
			}
			panic(http.ErrAbortHandler)
		}
	}
}

// pieceBytes is how much of a stream is sent at a time.
const pieceBytes = 32 << 10

// failureFault is what the caller is told of a failed node (decision 21).
func (r *run) failureFault() *fault.Fault {
	f := r.errorFault(r.failure.err, "A node failed while answering.")
	if r.detailed() && len(f.Places) == 0 {
		place := fault.Place{Path: "flows/" + r.failure.flow + "/nodes/" + r.failure.id, Message: f.Message}
		if own, ok := errors.AsType[node.Thrown](r.failure.err); ok {
			place.Message = own.Error() // with its line
		}
		f.Places = []fault.Place{place}
	}
	return f
}

func (r *run) detailed() bool { return r.isolated || r.program.settings.ShowErrors }

// errorFault is an error as the caller may see it: a fault keeps its kind and code, and
// its own sentence where the caller can do something about it. The sentence of any other
// failure is told only where details are shown.
func (r *run) errorFault(err error, general string) *fault.Fault {
	if f, ok := fault.As(err); ok {
		own := *f
		if own.Kind < fault.Internal || r.detailed() {
			return &own
		}
		own.Places = nil
		switch own.Kind {
		case fault.Overdue:
			own.Message = tooLong
		case fault.Unavailable:
			own.Message = "The answer cannot be given at the moment."
		default:
			own.Message = general
		}
		return &own
	}
	kind, code := fault.Internal, "node_failed"
	if errors.Is(err, context.DeadlineExceeded) {
		kind, code, general = fault.Overdue, "node_timeout", tooLong
	}
	if r.detailed() {
		general = (&failure{err: err}).sentence()
	}
	return fault.New(kind, "%s", general).WithCode(code)
}

// tooLong is what a caller is told of a node that ran into a deadline.
const tooLong = "Something that the answer needs took too long."

func (r *run) refuse(w http.ResponseWriter, f *fault.Fault) {
	r.status = int(f.Kind)
	refuse(w, f, r.ID, &r.program.settings.CORS)
}

// refuse answers a fault in the envelope.
func refuse(w http.ResponseWriter, f *fault.Fault, id string, c *CORS) {
	h := w.Header()
	c.refuse(h)
	for _, name := range []string{"Set-Cookie", "Location"} {
		delete(h, name)
	}
	h["Content-Type"], h["X-Content-Type-Options"], h["Cache-Control"] = jsonType, nosniff, noStore
	if f.RetryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(max(1, int(f.RetryAfter.Seconds()))))
	}
	if len(f.Allow) > 0 {
		h.Set("Allow", strings.Join(f.Allow, ", "))
	}
	envelope := map[string]any{"error": true, "payload": f.Message, "code": f.Code, "requestId": id}
	if len(f.Places) > 0 {
		envelope["errors"] = f.Places
	}
	buf := buffers.Get().(*buffer)
	defer buf.free()
	b, err := value.AppendJSON(buf.b, envelope)
	if err != nil {
		b = append(buf.b, `{"error":true}`...)
	}
	h["Content-Length"] = []string{strconv.Itoa(len(b))} // so that the answer is complete before the handler is
	w.WriteHeader(int(f.Kind))
	w.Write(b) //nolint:errcheck // a client that is gone reads nothing
}
