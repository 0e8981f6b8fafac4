package node

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"ecoflow/app/limit"
	"ecoflow/app/template"
	"ecoflow/app/value"
)

// Expression is the value of an input that takes an expression without braces.
// The zero Expression is an input left empty.
type Expression struct{ *template.Expression }

// Target is the value of an input that says where in the payload a result goes:
// "msg", "order.lines[0]".
type Target struct{ path value.Path }

// TargetOf parses a path into the payload.
func TargetOf(path string) (Target, error) {
	p, err := value.ParsePath(path)
	if err == nil && (len(p) == 0 || p[0].Index >= 0) {
		err = fmt.Errorf("the path %q has to start with a key of the payload, as in msg.user.name", path)
	}
	return Target{p}, err
}

// Set stores v in the payload, making what is missing on the way and copying what
// it changes.
func (t Target) Set(p *Payload, v any) error {
	key := t.path[0].Name
	if len(t.path) == 1 {
		return p.Set(key, v)
	}
	return p.change(key, t.path[1:], v)
}

// Delete removes what is at the target; nothing there is no error.
func (t Target) Delete(p *Payload) error {
	key := t.path[0].Name
	if len(t.path) == 1 {
		return p.Delete(key)
	}
	whole, ok, err := p.Get(key)
	if err != nil || !ok {
		return err
	}
	return p.Set(key, t.path[1:].Delete(whole))
}

// Value evaluates an input against the message; an empty input stands for msg.
func (m *Message) Value(t Text) (any, error) {
	if t.IsEmpty() {
		v, _, err := m.Payload.Get("msg")
		return v, err
	}
	return t.Value(Scope(m))
}

// Scope returns what expressions see of a message. item and index are the
// payload's keys of these names, which loops set.
func Scope(m *Message) template.Scope { return scope{m} }

type scope struct{ *Message }

// TemplateTime implements template.Bounded.
func (s scope) TemplateTime() time.Duration {
	if s.Run == nil {
		return 0
	}
	return s.Run.TemplateTime
}

// Lookup implements template.Scope.
func (s scope) Lookup(root string, path []any) (any, error) {
	switch root {
	case "payload":
		if len(path) == 0 {
			return s.Payload.Map()
		}
		if key, ok := path[0].(string); ok {
			return s.key(key, path[1:])
		}
		return nil, nil
	case "msg", "item", "index":
		return s.key(root, path)
	case "env":
		if name, ok := path[0].(string); ok {
			if v, found := s.Run.Host.Env(name); found {
				return template.Descend(v, path[1:])
			}
		}
		return nil, nil
	}
	if s.Run.Request == nil {
		return nil, nil
	}
	if root != "request" {
		return s.Run.Request.member(root, path)
	}
	if len(path) == 0 {
		return s.Run.Request.Value()
	}
	if name, ok := path[0].(string); ok {
		return s.Run.Request.member(name, path[1:])
	}
	return nil, nil
}

func (s scope) key(key string, path []any) (any, error) {
	find := s.Payload.Get
	if len(path) > 0 {
		find = s.Payload.look
	}
	v, _, err := find(key)
	if err != nil {
		return nil, err
	}
	return template.Descend(v, path)
}

// Map returns the payload as one object.
func (p *Payload) Map() (map[string]any, error) {
	keys := p.Keys()
	m := make(map[string]any, len(keys))
	for _, key := range keys {
		v, _, err := p.Get(key)
		if err != nil {
			return nil, err
		}
		m[key] = v
	}
	return m, nil
}

// requestMembers are what flows see of a request, in expressions and scripts.
var requestMembers = []string{"method", "path", "route", "host", "ip", "body", "params", "query", "headers", "cookies"}

// Value returns the request as an object, as flows see it: header names in lower
// case, a query field with several values as a list, a JSON body as its value, another as
// text.
func (r *Inbound) Value() (map[string]any, error) {
	m := make(map[string]any, len(requestMembers))
	for _, name := range requestMembers {
		var err error
		if m[name], err = r.member(name, nil); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// member finds what is at a path below a member without making the others.
func (r *Inbound) member(member string, path []any) (any, error) {
	var name string
	named := false
	if len(path) > 0 {
		name, named = path[0].(string)
	}
	var v any
	switch member {
	case "method":
		v = r.Method
	case "path":
		v = r.Path
	case "route":
		v = r.Pattern
	case "host":
		v = r.Host
	case "ip":
		v = r.IP
	case "body":
		v = r.parsed()
	case "params":
		if !named {
			m := make(map[string]any, len(r.Params))
			for _, p := range r.Params {
				m[p.Name] = p.Value
			}
			return template.Descend(m, path)
		}
		for _, p := range r.Params {
			if p.Name == name {
				return template.Descend(p.Value, path[1:])
			}
		}
		return nil, nil
	case "query":
		if named {
			return valueOf(r.Query(), name, path, several)
		}
		m := make(map[string]any, len(r.Query()))
		for name, values := range r.Query() {
			m[name] = several(values)
		}
		return template.Descend(m, path)
	case "headers":
		if named {
			if strings.EqualFold(name, "Host") { // which is no longer among them
				return template.Descend(r.Host, path[1:])
			}
			return valueOf(r.Header, http.CanonicalHeaderKey(name), path, joined)
		}
		m := make(map[string]any, len(r.Header))
		for name, values := range r.Header {
			m[strings.ToLower(name)] = joined(values)
		}
		m["host"] = r.Host
		return template.Descend(m, path)
	case "cookies":
		cookies := (&http.Request{Header: r.Header}).Cookies()
		m := make(map[string]any, len(cookies))
		for _, c := range cookies {
			m[c.Name] = c.Value
		}
		return template.Descend(m, path)
	default:
		return nil, nil
	}
	return template.Descend(v, path)
}

// parsed is the body as it was sent: JSON as its value, other text as text.
func (r *Inbound) parsed() any {
	if len(r.Body) == 0 {
		return nil
	}
	if strings.Contains(r.Header.Get("Content-Type"), "json") {
		if v, err := value.Parse(r.Body, limit.APIDepth); err == nil {
			return v
		}
	}
	return strings.ToValidUTF8(string(r.Body), "\ufffd")
}

// valueOf looks a name up in a query or header and follows the rest of the path.
func valueOf(all map[string][]string, name string, path []any, join func([]string) any) (any, error) {
	values := all[name]
	if len(values) == 0 {
		return nil, nil
	}
	return template.Descend(join(values), path[1:])
}

func joined(values []string) any { return strings.Join(values, ", ") }

func several(values []string) any {
	if len(values) == 1 {
		return values[0]
	}
	list := make([]any, len(values))
	for i, v := range values {
		list[i] = v
	}
	return list
}

// Member implements template.Object: what expressions see of an uploaded file.
func (f *File) Member(name string) (any, bool) {
	switch name {
	case "field":
		return f.Field, true
	case "name":
		return f.Name, true
	case "type":
		return f.Type, true
	case "size":
		return f.Size, true
	case "data":
		return f.Data, true
	}
	return nil, false
}
