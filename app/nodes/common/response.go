package common

import (
	"context"
	"fmt"
	"maps"
	"mime"
	"net/http"
	"regexp"
	"strconv"
	"strings"

	"ecoflow/app/limit"
	"ecoflow/app/node"
	"ecoflow/app/template"
	"ecoflow/app/value"
)

// Response answers the request: in the original's way, where all Response nodes
// together fill one JSON object, or directly with a body of its own.
type Response struct {
	Mode node.Pick `input:"mode" label:"Answer" options:"compatible=One key of a common JSON object,direct=With a body of its own" default:"compatible"`
	Key  string    `input:"responseKey" label:"Key" required:"true" default:"msg" when:"mode=compatible" hint:"The payload's key, and the name it has in the answer." maxLength:"200"`

	Send        node.Pick `input:"send" label:"Body" when:"mode=direct" default:"auto" options:"auto=What the value is,json=JSON,text=Text,lines=A list as JSON lines,stream=A list piece by piece,file=A file to download,redirect=Another address to go to,empty=None"`
	Value       node.Text `input:"value" label:"Value" when:"mode=direct" hint:"{{ msg.value }}. Empty: msg." value:"true"`
	Status      node.Text `input:"status" label:"Status" when:"mode=direct" hint:"Empty: 200, for another address 302."`
	ContentType node.Text `input:"contentType" label:"Content type" when:"mode=direct" hint:"Empty: follows from the body." maxLength:"200"`
	Location    node.Text `input:"location" label:"Address" when:"send=redirect" required:"true" maxLength:"2000"`
	FileName    node.Text `input:"fileName" label:"File name" when:"send=file" maxLength:"200"`
	Headers     node.Text `input:"headers" label:"Headers" type:"Code" language:"http" when:"mode=direct" advanced:"true" hint:"One a line, as in X-Total: {{ len(msg) }}"`
	Cookies     node.Text `input:"cookies" label:"Cookies" type:"Code" language:"http" when:"mode=direct" advanced:"true" hint:"One a line, as in theme={{ msg.theme }}; Path=/; Max-Age=3600; HttpOnly"`
	Schema      node.Code `input:"schema" label:"JSON Schema of the body" language:"json" when:"mode=direct" advanced:"true" hint:"For the description of the API; nothing is checked."`

	id      string
	status  int // 0: of the template, or the default
	headers []header
	cookies []cookie
	schema  any
}

type header struct {
	name  string
	value template.Text
}

type cookie struct {
	http.Cookie
	value template.Text
}

var responseType = node.Define("Response", node.Response, Response{}, node.In(node.Commons), node.Icon("send"), node.Keywords("reply", "return", "answer", "http out", "status", "redirect"), node.Summary("{responseKey}[{status} · ]{location,fileName,value,send!|msg}"),
	node.Describe("Answers the request.", `
**One key of a common JSON object**: all Response nodes that run fill one object, each with its key of the payload: `+"`{\"msg\": …}`"+`.

**With a body of its own**: the value is the body. Objects and lists are JSON, text is text, files are files, and a list piece by piece is never in memory as a whole answer: its texts go out as they are, anything else as a line of JSON. The status, headers and cookies are yours. `+"`{{ msg.status }}`"+` works in all of them.
`))

// Direct reports whether the node answers with a body of its own; two of them
// cannot answer one request.
func (r *Response) Direct() bool { return r.Mode == "direct" }

// Prepare implements node.Preparer.
func (r *Response) Prepare(v node.Values) []node.Problem {
	r.id = v.NodeID
	if !r.Direct() {
		return nil
	}
	var problems []node.Problem
	refuse := func(input string, err error) {
		problems = append(problems, node.Problem{Input: input, Code: input, Message: said(err)})
	}
	if r.Status.IsLiteral() && !r.Status.IsEmpty() {
		var err error
		if r.status, err = r.statusOf(r.Status.Source()); err != nil {
			refuse("status", err)
		}
	}
	compile := func(s string) (template.Text, error) {
		if !v.Templates {
			return template.Literal(s), nil
		}
		t, err := template.Compile(s)
		if err != nil {
			return t, err
		}
		return t, nil
	}
	for line := range lines(r.Headers) {
		h, err := parseHeader(line, compile)
		if err != nil {
			refuse("headers", err)
		}
		r.headers = append(r.headers, h)
	}
	for line := range lines(r.Cookies) {
		c, err := parseCookie(line, compile)
		if err != nil {
			refuse("cookies", err)
		}
		r.cookies = append(r.cookies, c)
	}
	if r.Schema.Text != "" {
		var err error
		if r.schema, err = value.Parse([]byte(r.Schema.Text), limit.ManagementDepth); err != nil {
			refuse("schema", err)
		}
	}
	return problems
}

// lines are the lines of an input that say something. They are compiled one by
// one, so that no value can add a line.
func lines(t node.Text) func(func(string) bool) {
	return func(yield func(string) bool) {
		for line := range strings.Lines(t.Source()) {
			if line = strings.TrimSpace(line); line != "" && !yield(line) {
				return
			}
		}
	}
}

func parseHeader(line string, compile func(string) (template.Text, error)) (h header, err error) {
	name, text, ok := strings.Cut(line, ":")
	if !ok {
		return h, fmt.Errorf("the line %q is no header like X-Total: 3", line)
	}
	h.name = http.CanonicalHeaderKey(strings.TrimSpace(name))
	if err := node.CheckHeader(h.name, ""); err != nil {
		return h, err
	}
	if h.value, err = compile(strings.TrimSpace(text)); err == nil && h.value.IsLiteral() {
		err = node.CheckHeader(h.name, h.value.Source())
	}
	return h, err
}

// parseCookie reads name=value and attributes; only the value may be a template.
func parseCookie(line string, compile func(string) (template.Text, error)) (c cookie, err error) {
	wrong := fmt.Errorf("the line %q is no cookie like theme=dark; Path=/; Max-Age=3600", line)
	name, rest, ok := strings.Cut(line, "=")
	if !ok {
		return c, wrong
	}
	end := strings.LastIndex(rest, "}}") + 1
	attributes := ""
	if i := strings.IndexByte(rest[end:], ';'); i >= 0 {
		rest, attributes = rest[:end+i], rest[end+i:]
	}
	parsed, err := http.ParseSetCookie(strings.TrimSpace(name) + "=x" + attributes)
	if err != nil || len(parsed.Unparsed) > 0 {
		return c, wrong
	}
	c.Cookie = *parsed
	if c.value, err = compile(strings.TrimSpace(rest)); err == nil && c.value.IsLiteral() {
		_, err = c.with(c.value.Source())
	}
	return c, err
}

// with returns the cookie with a value.
func (c *cookie) with(text string) (*http.Cookie, error) {
	filled := c.Cookie //nolint:gosec // what a cookie is like is the flow's to say
	filled.Value = text
	if err := filled.Valid(); err != nil {
		return nil, fmt.Errorf("the cookie %s has a value that cookies cannot hold", c.Name)
	}
	return &filled, nil
}

func (r *Response) statusOf(s string) (int, error) {
	status, err := strconv.Atoi(strings.TrimSpace(s))
	redirect := status >= 300 && status < 400
	switch {
	case err != nil || status < 200 || status > 599:
		return 0, fmt.Errorf("the status %q is no number from 200 to 599", s)
	case r.Send == "redirect" && !redirect:
		return 0, fmt.Errorf("the status %d sends nobody to another address; 301, 302, 303, 307 and 308 do", status)
	}
	return status, nil
}

// Describe implements node.Describer.
func (r *Response) Describe(d *node.Description) {
	status := r.status
	if status == 0 {
		status = http.StatusOK
		if r.Direct() && r.Send == "redirect" {
			status = http.StatusFound
		}
	}
	if !r.Direct() {
		object, _ := d.ResponseSchema[status].(map[string]any)
		members, _ := object["properties"].(map[string]any)
		all := map[string]any{r.Key: map[string]any{}}
		maps.Copy(all, members)
		d.Answers(status, map[string]any{"type": "object", "properties": all}, "application/json")
		return
	}
	contentType, schema := r.contentType(), r.schema
	if status == http.StatusNoContent || status == http.StatusNotModified {
		contentType = ""
	}
	if schema == nil {
		schema = d.ResponseSchema[status]
	}
	d.Answers(status, schema, contentType)
}

// contentType is the body's as far as it is known before there is a value; "" where
// there is no body.
func (r *Response) contentType() string {
	given := r.ContentType
	if given.IsEmpty() && r.Send == "auto" {
		for _, h := range r.headers {
			if h.name == "Content-Type" {
				given = h.value
			}
		}
	}
	switch {
	case r.Send == "empty", r.Send == "redirect":
		return ""
	case !given.IsEmpty() && given.IsLiteral():
		return given.Source()
	case !given.IsEmpty():
		return node.AnyContent
	case r.Send == "json", r.schema != nil && r.Send == "auto":
		return "application/json"
	case r.Send == "text", r.Send == "auto" && !r.Value.IsEmpty() && r.Value.IsLiteral():
		return "text/plain; charset=utf-8"
	case r.Send == "lines":
		return "application/x-ndjson"
	}
	return node.AnyContent // of a list piece by piece and of a file, too
}

// Run implements node.Runner.
func (r *Response) Run(_ context.Context, m *node.Message) error {
	caller, waiting := m.Run.Host.(node.Answerer)
	if !waiting {
		return nil
	}
	a := node.Answer{NodeID: r.id, Reply: m.Reply}
	if r.Direct() {
		if err := r.fill(&a, m); err != nil {
			return err
		}
	} else {
		v, ok := m.Payload.Output(r.Key)
		a.Key, a.Value, a.Empty = r.Key, v, !ok
	}
	caller.Answer(a)
	return nil
}

// fill makes a direct answer.
func (r *Response) fill(a *node.Answer, m *node.Message) error {
	scope := node.Scope(m)
	if err := r.head(a, scope); err != nil {
		return err
	}
	switch r.Send {
	case "empty":
		a.Value = []byte{}
		return nil
	case "redirect":
		a.Value = []byte{}
		location, err := r.Location.Render(scope)
		if err != nil {
			return err
		}
		if a.Reply.Status < 300 || a.Reply.Status > 399 {
			a.Reply.Status = http.StatusFound
		}
		return setHeader(&a.Reply, "Location", location)
	}
	if r.Value.IsEmpty() {
		a.Value, _ = m.Payload.Output("msg")
	} else {
		v, err := r.Value.Value(scope)
		if err != nil {
			return err
		}
		a.Value = v
	}
	return r.body(a, scope)
}

// head sets status, content type, headers and cookies.
func (r *Response) head(a *node.Answer, scope template.Scope) error {
	if r.status != 0 {
		a.Reply.Status = r.status
	} else if !r.Status.IsEmpty() {
		s, err := r.Status.Render(scope)
		if err != nil {
			return err
		}
		if s != "" {
			if a.Reply.Status, err = r.statusOf(s); err != nil {
				return err
			}
		}
	}
	var err error
	if a.ContentType, err = r.ContentType.Render(scope); err != nil {
		return err
	}
	if a.ContentType != "" {
		if _, _, err := mime.ParseMediaType(a.ContentType); err != nil {
			return fmt.Errorf("%q is no content type like text/html; charset=utf-8", a.ContentType)
		}
	}
	for _, h := range r.headers {
		v, err := h.value.Render(scope)
		if err != nil {
			return err
		}
		if err := setHeader(&a.Reply, h.name, v); err != nil {
			return err
		}
	}
	for i := range r.cookies {
		v, err := r.cookies[i].value.Render(scope)
		if err != nil {
			return err
		}
		filled, err := r.cookies[i].with(v)
		if err != nil {
			return err
		}
		a.Reply.AddCookie(filled)
	}
	return nil
}

func setHeader(r *node.Reply, name, value string) error {
	if err := node.CheckHeader(name, value); err != nil {
		return err
	}
	r.SetHeader(name, value)
	return nil
}

// body turns the value into what the chosen form asks for.
func (r *Response) body(a *node.Answer, scope template.Scope) error {
	contentType := ""
	switch r.Send {
	case "auto":
		// Text is text also where nobody has decoded it yet.
		if undecoded, ok := a.Value.(value.Appender); ok {
			b, err := undecoded.AppendJSON(nil)
			if err != nil {
				return err
			}
			if a.Value = verbatim(b); b[0] != '"' {
				break
			}
			if a.Value, err = value.Parse(b, 1); err != nil {
				return err
			}
		}
	case "json":
		contentType = "application/json"
	case "text":
		contentType = "text/plain; charset=utf-8"
		v, err := value.Resolve(a.Value)
		if err != nil {
			return err
		}
		a.Value = []byte(value.Text(v))
	case "lines":
		contentType = "application/x-ndjson"
		v, err := value.Resolve(a.Value)
		if err != nil {
			return err
		}
		list, ok := v.([]any)
		if !ok {
			return fmt.Errorf("JSON lines need a list, and the value is none")
		}
		b := []byte{}
		for _, item := range list {
			if b, err = value.AppendJSON(b, item); err != nil {
				return err
			}
			b = append(b, '\n')
		}
		a.Value = b
	case "stream":
		v, err := value.Resolve(a.Value)
		if err != nil {
			return err
		}
		a.Value, contentType = piecesOf(v)
	case "file":
		var err error
		if contentType, err = r.file(a, scope); err != nil {
			return err
		}
	}
	if a.ContentType == "" {
		a.ContentType = contentType
	}
	if b, ok := a.Value.([]byte); ok && jsonType.MatchString(a.ContentType) {
		a.Value = verbatim(b)
	}
	return nil
}

var jsonType = regexp.MustCompile(`(?i)^(application/json|[^;]+\+json)\s*(;|$)`)

// verbatim is a body that goes out byte for byte, also as JSON.
type verbatim []byte

// AppendJSON implements value.Appender.
func (v verbatim) AppendJSON(dst []byte) ([]byte, error) { return append(dst, v...), nil }

// file makes the answer a download and returns the file's own content type.
func (r *Response) file(a *node.Answer, scope template.Scope) (contentType string, err error) {
	name, err := r.FileName.Render(scope)
	if err != nil {
		return "", err
	}
	v, err := value.Resolve(a.Value)
	if err != nil {
		return "", err
	}
	contentType = "application/octet-stream"
	switch v := v.(type) {
	case *node.File:
		if name == "" {
			name = v.Name
		}
		if v.Type != "" {
			contentType = v.Type
		}
		a.Value = v.Data
	case []byte:
		a.Value = v
	default:
		a.Value = []byte(value.Text(v))
	}
	disposition := "attachment"
	if name != "" {
		if disposition = mime.FormatMediaType("attachment", map[string]string{"filename": name}); disposition == "" {
			return "", fmt.Errorf("%q is no name for a file", name)
		}
	}
	return contentType, setHeader(&a.Reply, "Content-Disposition", disposition)
}
