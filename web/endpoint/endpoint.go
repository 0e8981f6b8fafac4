// Package endpoint is the declaration of one entry of the system API and all
// that is derived from it: route, decoding, validation, permission, audit entry,
// the answer's envelope and the OpenAPI operation. A Set serves declarations.
package endpoint

import (
	"context"
	"fmt"
	"net/http"
	"reflect"
	"regexp"
	"strings"

	"ecoflow/app/audit"
	"ecoflow/app/auth"
	"ecoflow/app/limit"
)

// Spec is what is said about an endpoint; everything else follows from it and
// from the request and response types.
type Spec struct {
	ID          string   // "connection.create": operation id, audit action; unique
	Route       string   // "POST /connections", below /systemApi; parameters as {name}
	Also        []string // further routes of the same endpoint, older spellings
	Summary     string   // imperative, one line: "Add a database connection"
	Description string   // what a caller has to know beyond the summary

	// Allow says who may: auth.Public, auth.SignedIn, a permission, auth.AnyOf or
	// Depends. There is no default.
	Allow auth.Rule

	// Audit is the audit entry's sentence, with request fields in braces: "Added
	// {driver} connection {name}". Every endpoint of an unsafe method has one …
	Audit string
	// … or says here why nothing worth an entry happens.
	Unaudited string

	// PasswordLater lets in as well who has to choose a password of their own before
	// anything else; so does auth.Public.
	PasswordLater bool

	// NeedsSession keeps personal API tokens out: by what is done here a token would
	// outlive its own end, or lock out whose it is (S15, S16).
	NeedsSession bool

	// SetupCode lets in as well who sends a setup code, which the handler checks; so
	// does auth.Public.
	SetupCode bool

	// Whole has a list answered whole, whatever its length, unless a limit is asked for.
	Whole bool

	// MaxBody bounds the request body in bytes; 0 is limit.ManagementBody.
	MaxBody int64
}

// Endpoint is a declared endpoint; New, Stream and Raw make one.
type Endpoint struct {
	Spec
	Method string   // of Route
	Paths  []string // of Route and Also, below /systemApi

	contentType string // of a success
	payload     reflect.Type
	request     *request
	message     *message // the Audit sentence
	run         run
}

// run serves a decoded request, a pointer to the request type. Its result is
// answered in the envelope, unless it is nil: then run has written the answer.
type run func(ctx context.Context, req any, w http.ResponseWriter) (any, error)

// SessionChanger is a result that begins, renews or ends the browser's session:
// ok says to set the cookie to the session id, or to expire it when id is "".
type SessionChanger interface {
	SessionCookie() (id string, ok bool)
}

// Exchange gives a handler what the declaration hides: put a field of this type
// in the request struct. The answer itself is still what the handler returns.
type Exchange struct {
	Request *http.Request
	Writer  http.ResponseWriter
}

// New declares an endpoint that answers in the envelope: the handler's result
// becomes payload, a Page or Beside adds members next to it, a struct{} leaves
// payload out. It panics on a declaration that lacks something.
func New[Req, Res any](s Spec, handle func(context.Context, Req) (Res, error)) Endpoint {
	return declare[Req](s, "application/json", reflect.TypeFor[Res](),
		func(ctx context.Context, req any, _ http.ResponseWriter) (any, error) {
			return handle(ctx, *req.(*Req))
		})
}

// Stream declares an endpoint that answers one JSON value per line while it
// works (application/x-ndjson). An error before the first item is answered like
// any other; a later one is the last line, in the envelope of a failure.
func Stream[Req, Item any](s Spec, handle func(ctx context.Context, req Req, emit func(Item) error) error) Endpoint {
	return declare[Req](s, "application/x-ndjson", reflect.TypeFor[Item](),
		func(ctx context.Context, req any, w http.ResponseWriter) (any, error) {
			lines := lineWriter{w: w}
			return nil, lines.end(ctx, handle(ctx, *req.(*Req), func(item Item) error { return lines.write(item) }))
		})
}

// Raw declares an endpoint that writes its own answer of the content type: a
// file, an event stream. An error returned before the first byte is answered in
// the envelope.
func Raw[Req any](s Spec, contentType string, handle func(context.Context, Req, http.ResponseWriter) error) Endpoint {
	return declare[Req](s, contentType, nil,
		func(ctx context.Context, req any, w http.ResponseWriter) (any, error) {
			return nil, handle(ctx, *req.(*Req), w)
		})
}

var (
	idForm      = regexp.MustCompile(`^[a-z][a-zA-Z]*(\.[a-z][a-zA-Z]*)+$`)
	routeForm   = regexp.MustCompile(`^(GET|POST|PUT|PATCH|DELETE) ((?:/(?:[a-zA-Z][a-zA-Z0-9.]*|\{[a-zA-Z]+\}))+)$`)
	placeholder = regexp.MustCompile(`\{([a-zA-Z]+)\}`)
)

func declare[Req any](s Spec, contentType string, payload reflect.Type, run run) Endpoint {
	e := Endpoint{Spec: s, contentType: contentType, payload: payload, run: run}
	bad := func(format string, args ...any) {
		panic(fmt.Sprintf("endpoint %q: ", s.ID) + fmt.Sprintf(format, args...))
	}
	if !idForm.MatchString(s.ID) {
		bad("an ID has the form area.act")
	}
	for i, route := range append([]string{s.Route}, s.Also...) {
		parts := routeForm.FindStringSubmatch(route)
		if parts == nil {
			bad("route %q is not of the form METHOD /path", route)
		}
		if i > 0 && parts[1] != e.Method {
			bad("route %q has another method than %q", route, s.Route)
		}
		e.Method, e.Paths = parts[1], append(e.Paths, parts[2])
	}
	switch {
	case s.Summary == "":
		bad("no Summary")
	case s.Allow == nil:
		bad("nobody said who may: Allow is missing")
	case e.Safe() && s.Audit != "":
		bad("a %s changes nothing and leaves no audit entry", e.Method)
	case !e.Safe() && (s.Audit == "") == (s.Unaudited == ""):
		bad("a %s has an Audit sentence, or the reason why not in Unaudited", e.Method)
	}
	if e.MaxBody == 0 {
		e.MaxBody = limit.ManagementBody
	}
	var err error
	if e.request, err = requestOf(reflect.TypeFor[Req]()); err != nil {
		bad("%v", err)
	}
	if !e.request.body.empty() && (e.Safe() || e.Method == http.MethodDelete) {
		bad("a %s has no body: tag every field with path, query or header", e.Method)
	}
	for _, path := range e.Paths {
		if missing := e.request.lacks(path); missing != "" {
			bad("no field is tagged path:%q", missing)
		}
	}
	if d, ok := s.Allow.(depending); ok && d.request != reflect.TypeFor[Req]() {
		bad("Depends looks at a %v, the request is a %v", d.request, reflect.TypeFor[Req]())
	}
	if e.message, err = messageOf(s.Audit, e.request.typ); err != nil {
		bad("%v", err)
	}
	return e
}

// Safe reports whether the endpoint's method promises to change nothing.
func (e Endpoint) Safe() bool { return e.Method == http.MethodGet }

// Raw reports whether the endpoint writes its own answer, outside the envelope.
func (e Endpoint) Raw() bool { return e.payload == nil }

// Answers returns the type of a success, nil when the endpoint writes its own answer.
func (e Endpoint) Answers() reflect.Type { return e.payload }

// HasBody reports whether the endpoint reads a body.
func (e Endpoint) HasBody() bool { return !e.request.body.empty() }

// depending is a rule that the request itself has a say in.
type depending struct {
	auth.Rule
	request reflect.Type
	exact   func(req any) auth.Rule
}

// Depends returns a rule for an endpoint whose permission follows from what is
// asked of it: whoever passes outer may ask, and exact names what the decoded
// request needs. It is checked before anything is done.
func Depends[Req any](outer auth.Rule, exact func(Req) auth.Rule) auth.Rule {
	return depending{outer, reflect.TypeFor[Req](), func(req any) auth.Rule { return exact(*req.(*Req)) }}
}

// message is the Audit sentence cut at its placeholders.
type message struct {
	text   string
	fields map[string][]int // wire name → index of the field
}

func messageOf(text string, t reflect.Type) (*message, error) {
	m := &message{text: text, fields: map[string][]int{}}
	for _, found := range placeholder.FindAllStringSubmatch(text, -1) {
		name := found[1]
		for _, f := range fieldsOf(t) {
			// What the path names is what it is about, whatever the body calls by the same word.
			if f.name == name && (m.fields[name] == nil || f.source == fromPath) {
				m.fields[name] = f.index
				if f.secret {
					return nil, fmt.Errorf("the Audit sentence would show the secret %q", name)
				}
			}
		}
		if m.fields[name] == nil {
			return nil, fmt.Errorf("the Audit sentence speaks of %q, which the request does not have", name)
		}
	}
	return m, nil
}

// fill returns the sentence for a request, each value at most 200 characters.
func (m *message) fill(req reflect.Value) string {
	return placeholder.ReplaceAllStringFunc(m.text, func(found string) string {
		v, err := req.FieldByIndexErr(m.fields[found[1:len(found)-1]])
		if err != nil {
			return "?"
		}
		for v.Kind() == reflect.Pointer && !v.IsNil() {
			v = v.Elem()
		}
		text := []rune(strings.ToValidUTF8(fmt.Sprint(v.Interface()), "?"))
		if len(text) > 200 {
			text = append(text[:200], '…')
		}
		return string(text)
	})
}

// entry begins the audit entry of a request.
func (e Endpoint) entry(id string) *audit.Entry {
	return &audit.Entry{Action: e.ID, Type: "Info", Result: audit.Done, RequestID: id}
}
