package editor

import (
	"bytes"
	"fmt"
	"maps"
	"mime"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"ecoflow/app/limit"
	"ecoflow/app/secret"
	"ecoflow/app/value"
)

// Expectation is what a saved request must answer. What is left out may be
// anything.
type Expectation struct {
	Status  int               `json:"status,omitzero" minimum:"100" maximum:"599"`
	Headers map[string]string `json:"headers,omitzero" maxItems:"50" doc:"Their values; of a Content-Type without parameters, the parameters do not matter."`
	// Body is any JSON value; for an answer that is no JSON, its text.
	Body  Data   `json:"body,omitzero" doc:"A JSON value, or the text of an answer that is no JSON."`
	Match string `json:"match,omitzero" enum:"partial,exact" doc:"partial (without it): the members given must be as given, text must be found in the answer. exact: the whole body must be equal."`
}

// Mismatch is one way in which an answer is not the expected one.
type Mismatch struct {
	Path    string `json:"path" doc:"status, headers/<name>, or body and what leads into it."`
	Message string `json:"message"`
}

// maxMismatches bounds how many are told of one answer.
const maxMismatches = 100

// maxDepth is how deep what we stored ourselves may nest: the limit of what was
// let in, and what is wrapped around it.
const maxDepth = limit.ManagementDepth + 4

// A matcher collects mismatches.
type matcher struct {
	exact bool
	mask  func(text string) string // of secrets, which no mismatch tells
	list  []Mismatch
}

func (m *matcher) wrong(path, format string, args ...any) {
	if len(m.list) < maxMismatches {
		m.list = append(m.list, Mismatch{m.mask(path), m.mask(fmt.Sprintf(format, args...))})
	}
}

// same reports whether a text is the one expected, or looks like it: where a secret
// was masked when the expectation was saved, the answer has to have a secret as well.
func (m *matcher) same(want, got string) bool {
	return want == got || strings.Contains(want, secret.Mask) && want == m.mask(got)
}

// match lists how an answer differs from the expectation, with secrets masked.
func (x Expectation) match(status int, header http.Header, body []byte, mask func(string) string) []Mismatch {
	m := &matcher{exact: x.Match == "exact", mask: mask, list: []Mismatch{}}
	if x.Status != 0 && x.Status != status {
		m.wrong("status", "expected %d, got %d", x.Status, status)
	}
	for _, name := range slices.Sorted(maps.Keys(x.Headers)) {
		m.header(name, x.Headers[name], header.Values(name))
	}
	if x.Body == nil {
		return m.list
	}
	want, err := value.Parse(x.Body, maxDepth)
	if err != nil {
		m.wrong("body", "what is expected is not valid JSON: %v", err)
		return m.list
	}
	got, err := value.Parse(body, limit.APIDepth)
	text, isText := want.(string)
	switch {
	case isText && strings.Contains(text, secret.Mask) && m.same(text, string(body)): // JSON whose secret was no text
	case err == nil && !(isText && !isJSON(header)):
		m.value("body", want, got)
	case !isText:
		m.wrong("body", "expected JSON, got %s", m.short(body))
	case m.exact && !m.same(text, string(body)):
		m.wrong("body", "expected the text %q, got %s", m.clip(text), m.short(body))
	case !m.exact && !bytes.Contains(body, []byte(text)) && !(strings.Contains(text, secret.Mask) && strings.Contains(mask(string(body)), text)):
		m.wrong("body", "expected to find the text %q, got %s", m.clip(text), m.short(body))
	}
	return m.list
}

func isJSON(h http.Header) bool {
	kind, _, err := mime.ParseMediaType(h.Get("Content-Type"))
	return err == nil && (kind == "application/json" || strings.HasSuffix(kind, "+json"))
}

func (m *matcher) header(name, want string, got []string) {
	path := "headers/" + name
	if len(got) == 0 {
		m.wrong(path, "expected %q, got no such header", m.clip(want))
		return
	}
	if slices.ContainsFunc(got, func(v string) bool {
		if m.same(want, v) {
			return true
		}
		kind, _, _ := strings.Cut(v, ";")
		return strings.EqualFold(name, "Content-Type") && strings.EqualFold(strings.TrimSpace(kind), want)
	}) {
		return
	}
	m.wrong(path, "expected %q, got %q", m.clip(want), m.clip(strings.Join(got, ", ")))
}

func (m *matcher) value(path string, want, got any) {
	switch want := want.(type) {
	case map[string]any:
		g, ok := got.(map[string]any)
		if !ok {
			m.wrong(path, "expected an object, got %s", m.show(got))
			return
		}
		for _, name := range slices.Sorted(maps.Keys(want)) {
			if v, there := g[name]; there {
				m.value(path+"/"+name, want[name], v)
			} else {
				m.wrong(path+"/"+name, "expected %s, but it is missing", m.show(want[name]))
			}
		}
		if m.exact {
			for _, name := range slices.Sorted(maps.Keys(g)) {
				if _, known := want[name]; !known {
					m.wrong(path+"/"+name, "was not expected, got %s", m.show(g[name]))
				}
			}
		}
	case []any:
		g, ok := got.([]any)
		if !ok {
			m.wrong(path, "expected a list, got %s", m.show(got))
			return
		}
		if len(g) != len(want) {
			m.wrong(path, "expected %d entries, got %d", len(want), len(g))
		}
		for i := range min(len(g), len(want)) {
			m.value(fmt.Sprintf("%s/%d", path, i), want[i], g[i])
		}
	case string:
		if text, ok := got.(string); !ok || !m.same(want, text) {
			m.wrong(path, "expected %s, got %s", m.show(want), m.show(got))
		}
	default:
		if !value.Equal(want, got) {
			m.wrong(path, "expected %s, got %s", m.show(want), m.show(got))
		}
	}
}

// show writes a value for a sentence.
func (m *matcher) show(v any) string {
	b, err := value.AppendJSON(nil, v)
	if err != nil {
		return "something that is no JSON"
	}
	return m.clip(string(b))
}

// short writes a body for a sentence.
func (m *matcher) short(body []byte) string {
	switch {
	case len(body) == 0:
		return "nothing"
	case !utf8.Valid(body):
		return fmt.Sprintf("%d bytes that are no text", len(body))
	}
	return fmt.Sprintf("%q", m.clip(string(body)))
}

func (m *matcher) clip(s string) string {
	s = m.mask(s)
	if runes := []rune(s); len(runes) > 200 {
		return string(runes[:200]) + "…"
	}
	return s
}
