// Package template compiles text with {{ expressions }} once, at deploy, and
// evaluates it against a message. A whole-text template yields the typed value
// of its expression, any other text.
//
// An expression is one of github.com/expr-lang/expr over the names msg, payload,
// params, query, headers, cookies, request, env, item and index. What is not
// there is nil, and a list of nothing is empty; conditions hold as in JavaScript. A path such as
// msg.order.id gives the value as it arrived, numbers with all their digits; in
// calculations numbers are integers of 64 bits or floats. Beside the language's
// own functions there are json(x) for compact JSON, format(time, layout),
// urlEncode(text) and uuid().
//
// A literal {{ is written \{{, and a backslash before a template \\{{.
package template

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"ecoflow/app/limit"
	"ecoflow/app/value"
)

// Scope is what an expression sees. Values are read only when an expression
// names them.
type Scope interface {
	// Lookup returns the value at a path below one of the Roots, nil where there
	// is none. A step is a string for a member or an int for an element; Descend
	// follows steps for a scope that has the value above them.
	Lookup(root string, path []any) (any, error)
}

// Roots are the names that an expression may start with. env is used with a
// fixed member only (env.API_KEY), so that every use of a variable can be found.
var Roots = []string{"msg", "payload", "params", "query", "headers", "cookies", "request", "env", "item", "index"}

// Text is a compiled template or a literal. The zero Text is the empty literal.
type Text struct {
	source string
	parts  []part // nil for a literal, whose text is source
}

// A part is an expression or, where that is nil, the text between two.
type part struct {
	text       string
	expression *Expression
}

// Error says what does not compile and where, 1-based.
type Error struct {
	Message      string
	Line, Column int
}

// Error is the sentence.
func (e *Error) Error() string { return e.Message }

// Literal returns a Text that yields s as it is.
func Literal(s string) Text { return Text{source: s} }

// Compile parses the text; see the package for what it may hold.
func Compile(s string) (Text, *Error) {
	if !strings.Contains(s, "{{") {
		return Literal(s), nil
	}
	t := Text{source: s}
	var text strings.Builder
	flush := func() {
		if text.Len() > 0 {
			t.parts = append(t.parts, part{text: text.String()})
			text.Reset()
		}
	}
	rest := s
	for {
		open := strings.Index(rest, "{{")
		if open < 0 {
			text.WriteString(rest)
			break
		}
		before := rest[:open]
		rest = rest[open+2:]
		if unescaped, ok := strings.CutSuffix(before, `\`); ok {
			text.WriteString(unescaped)
			if !strings.HasSuffix(unescaped, `\`) {
				text.WriteString("{{")
				continue
			}
		} else {
			text.WriteString(before)
		}
		start := len(s) - len(rest)
		n := end(rest)
		if n < 0 {
			return Text{}, at(s, start-2, "The {{ has no closing }}.")
		}
		e, err := compile(rest[:n])
		if err != nil {
			return Text{}, at(s, start+err.offset, "%s", err.message)
		}
		flush()
		t.parts = append(t.parts, part{expression: e})
		rest = rest[n+2:]
	}
	flush()
	if len(t.parts) == 0 || len(t.parts) == 1 && t.parts[0].expression == nil { // only escapes
		var literal string
		if len(t.parts) == 1 {
			literal = t.parts[0].text
		}
		return Literal(literal), nil
	}
	return t, nil
}

// end returns where the }} of an expression is, -1 without one. Braces inside
// quotes and of maps do not count.
func end(s string) int {
	depth := 0
	for i := 0; i < len(s); i++ {
		switch c := s[i]; c {
		case '"', '\'', '`':
			for i++; i < len(s) && s[i] != c; i++ {
				if s[i] == '\\' && c != '`' {
					i++
				}
			}
		case '{':
			depth++
		case '}':
			if depth == 0 && strings.HasPrefix(s[i:], "}}") {
				return i
			}
			depth = max(depth-1, 0)
		}
	}
	return -1
}

// at makes an Error for a byte offset in the text.
func at(s string, offset int, format string, args ...any) *Error {
	before := s[:offset]
	line := before[strings.LastIndexByte(before, '\n')+1:]
	return &Error{
		Message: fmt.Sprintf(format, args...),
		Line:    1 + strings.Count(before, "\n"),
		Column:  1 + utf8.RuneCountInString(line),
	}
}

// IsLiteral reports whether the text holds no expression.
func (t Text) IsLiteral() bool { return t.parts == nil }

// IsEmpty reports whether the text is the empty literal.
func (t Text) IsEmpty() bool { return t.parts == nil && t.source == "" }

// Source returns the text as it was written; a literal as it is.
func (t Text) Source() string { return t.source }

// References lists the paths that the text reads, as "msg.user.name" or
// "env.API_KEY", sorted.
func (t Text) References() []string {
	var all []string
	for _, p := range t.parts {
		if p.expression != nil {
			all = append(all, p.expression.references...)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// Value evaluates the text: a text that is one expression yields its value, any
// other a string.
func (t Text) Value(scope Scope) (any, error) {
	if len(t.parts) == 1 {
		return t.parts[0].expression.Value(scope)
	}
	return t.Render(scope)
}

// Render evaluates the text as a string: nil is nothing, lists and objects are
// JSON. All its expressions share one deadline.
func (t Text) Render(scope Scope) (string, error) {
	return t.RenderEscaped(scope, func(s string) string { return s })
}

// RenderEscaped is Render with each value passed through escape before it meets
// the text around it.
func (t Text) RenderEscaped(scope Scope, escape func(string) string) (string, error) {
	if t.parts == nil {
		return t.source, nil
	}
	r := run{scope: scope}
	var dst []byte
	for _, p := range t.parts {
		if p.expression == nil {
			dst = append(dst, p.text...)
			continue
		}
		v, err := p.expression.eval(&r)
		if err != nil {
			return "", err
		}
		dst = append(dst, escape(value.Text(v))...)
		if len(dst) > limit.TemplateMemory {
			return "", p.expression.failed(errGreedy)
		}
	}
	return string(dst), nil
}
