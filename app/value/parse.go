package value

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"sync"
	"unicode/utf16"
	"unicode/utf8"
)

// maxDepth bounds every nesting, whatever the caller asks for: beyond it a
// goroutine's stack would be at the mercy of the input.
const maxDepth = 10_000

// sharedText is the size up to which decoded strings share one copy of the
// input. Larger inputs are copied piece by piece, so that keeping one string
// does not keep megabytes.
const sharedText = 32 << 10

// fewKeys is the number of members up to which comparing names one by one beats
// a map.
const fewKeys = 16

// Error says what is wrong with a JSON text and where: Offset in bytes from 0,
// Line and Column (in characters) from 1.
type Error struct {
	Offset, Line, Column int
	Message              string
	// TooDeep: the text is JSON, but nests deeper than allowed.
	TooDeep bool
}

// Error is the sentence with its place.
func (e *Error) Error() string {
	return fmt.Sprintf("%s (line %d, column %d)", e.Message, e.Line, e.Column)
}

// Validate checks that b is one JSON value in UTF-8 (RFC 8259, and RFC 7493's
// rule that names of an object differ) which nests at most depth levels. It
// builds nothing. The result keeps b, which must not change any more; the error
// is an *Error.
func Validate(b []byte, depth int) (Raw, error) {
	s := scanners.Get().(*scanner)
	*s = scanner{b: b, limit: min(depth, maxDepth), names: s.names[:0]}
	err := s.document(nil)
	s.b = nil
	scanners.Put(s)
	if err != nil {
		return Raw{}, err
	}
	return newRaw(b, depth), nil
}

var scanners = sync.Pool{New: func() any { return &scanner{} }}

// Parse is Validate that builds the value: map[string]any, []any, string,
// json.Number, bool and nil. The result does not keep b.
func Parse(b []byte, depth int) (any, error) {
	s := scanner{b: b, limit: min(depth, maxDepth), build: true}
	if len(b) <= sharedText {
		s.text = string(b)
	}
	var v any
	if err := s.document(&v); err != nil {
		return nil, err
	}
	return v, nil
}

// A scanner walks over one JSON text and, with build set, makes its values.
type scanner struct {
	b     []byte
	i     int
	depth int
	limit int
	build bool
	text  string // the whole of b, when strings may share it
	names []span // of the objects that are open, innermost last
}

// A span is a name inside its quotes; plain has no escapes.
type span struct {
	start, end int
	plain      bool
}

func (s *scanner) fail(at int, format string, args ...any) *Error {
	line := 1 + bytes.Count(s.b[:at], []byte{'\n'})
	column := 1 + utf8.RuneCount(s.b[bytes.LastIndexByte(s.b[:at], '\n')+1:at])
	return &Error{Offset: at, Line: line, Column: column, Message: fmt.Sprintf(format, args...)}
}

// document reads the one value of the text into v, which may be nil when nothing
// is built.
func (s *scanner) document(v *any) error {
	if at := invalidUTF8(s.b); at >= 0 {
		return s.fail(at, "The text is not valid UTF-8")
	}
	if bytes.HasPrefix(s.b, []byte("\ufeff")) {
		return s.fail(0, "The JSON starts with a byte order mark")
	}
	s.space()
	if s.i == len(s.b) {
		return s.fail(s.i, "There is no JSON value")
	}
	got, err := s.value()
	if err != nil {
		return err
	}
	s.space()
	if s.i < len(s.b) {
		return s.fail(s.i, "After the JSON value comes %s", s.here())
	}
	if v != nil {
		*v = got
	}
	return nil
}

func invalidUTF8(b []byte) int {
	if utf8.Valid(b) {
		return -1
	}
	for i := 0; i < len(b); {
		r, n := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && n == 1 {
			return i
		}
		i += n
	}
	return -1
}

func (s *scanner) space() {
	for s.i < len(s.b) {
		switch s.b[s.i] {
		case ' ', '\n', '\r', '\t':
			s.i++
		default:
			return
		}
	}
}

// here names what stands at the present place, for messages.
func (s *scanner) here() string {
	if s.i >= len(s.b) {
		return "the end"
	}
	r, _ := utf8.DecodeRune(s.b[s.i:])
	return strconv.QuoteRune(r)
}

func (s *scanner) value() (any, *Error) {
	if s.i == len(s.b) {
		return nil, s.fail(s.i, "The JSON ends where a value has to be")
	}
	switch c := s.b[s.i]; c {
	case '{':
		return s.object()
	case '[':
		return s.list()
	case '"':
		sp, err := s.quoted()
		if err != nil || !s.build {
			return nil, err
		}
		return s.unquote(sp), nil
	case 't':
		return true, s.word("true")
	case 'f':
		return false, s.word("false")
	case 'n':
		return nil, s.word("null")
	default:
		if c == '-' || c >= '0' && c <= '9' {
			return s.number()
		}
		return nil, s.fail(s.i, "A value cannot start with %s", s.here())
	}
}

func (s *scanner) word(w string) *Error {
	if len(s.b)-s.i < len(w) || string(s.b[s.i:s.i+len(w)]) != w {
		return s.fail(s.i, "A value cannot start with %s", s.here())
	}
	s.i += len(w)
	return nil
}

func (s *scanner) enter() *Error {
	if s.depth++; s.depth > s.limit {
		err := s.fail(s.i, "The JSON is nested deeper than %d levels", s.limit)
		err.TooDeep = true
		return err
	}
	return nil
}

func (s *scanner) object() (any, *Error) {
	if err := s.enter(); err != nil {
		return nil, err
	}
	s.i++
	var (
		out   map[string]any
		first = len(s.names)
		seen  map[string]struct{}
	)
	if s.build {
		out = map[string]any{}
	}
	s.space()
	if s.i < len(s.b) && s.b[s.i] == '}' {
		s.i++
		s.depth--
		return out, nil
	}
	for {
		if s.i == len(s.b) || s.b[s.i] != '"' {
			return nil, s.fail(s.i, "Instead of a name in quotes comes %s", s.here())
		}
		at := s.i
		name, err := s.quoted()
		if err != nil {
			return nil, err
		}
		var key string
		if s.build {
			key = s.unquote(name)
			if _, twice := out[key]; twice {
				return nil, s.fail(at, "The name %q comes twice in one object", key)
			}
		} else {
			if s.twice(first, name, &seen) {
				return nil, s.fail(at, "The name %q comes twice in one object", s.unquote(name))
			}
		}
		s.space()
		if s.i == len(s.b) || s.b[s.i] != ':' {
			return nil, s.fail(s.i, "Instead of a colon comes %s", s.here())
		}
		s.i++
		s.space()
		v, err := s.value()
		if err != nil {
			return nil, err
		}
		if s.build {
			out[key] = v
		}
		s.space()
		if s.i == len(s.b) {
			return nil, s.fail(s.i, "The JSON ends inside an object")
		}
		switch s.b[s.i] {
		case '}':
			s.i++
			s.depth--
			s.names = s.names[:first]
			return out, nil
		case ',':
			s.i++
			s.space()
		default:
			return nil, s.fail(s.i, "Instead of a comma or } comes %s", s.here())
		}
	}
}

// twice remembers a name of the object whose names start at first and reports
// whether it was there before.
func (s *scanner) twice(first int, name span, seen *map[string]struct{}) bool {
	if *seen == nil && len(s.names)-first < fewKeys {
		for _, other := range s.names[first:] {
			if s.sameName(name, other) {
				return true
			}
		}
		s.names = append(s.names, name)
		return false
	}
	if *seen == nil {
		*seen = make(map[string]struct{}, 4*fewKeys)
		for _, other := range s.names[first:] {
			(*seen)[s.unquote(other)] = struct{}{}
		}
	}
	key := s.unquote(name)
	if _, ok := (*seen)[key]; ok {
		return true
	}
	(*seen)[key] = struct{}{}
	return false
}

func (s *scanner) sameName(a, b span) bool {
	if a.plain && b.plain {
		return bytes.Equal(s.b[a.start:a.end], s.b[b.start:b.end])
	}
	return s.unquote(a) == s.unquote(b)
}

func (s *scanner) list() (any, *Error) {
	if err := s.enter(); err != nil {
		return nil, err
	}
	s.i++
	var out []any
	if s.build {
		out = []any{}
	}
	s.space()
	if s.i < len(s.b) && s.b[s.i] == ']' {
		s.i++
		s.depth--
		return out, nil
	}
	for {
		v, err := s.value()
		if err != nil {
			return nil, err
		}
		if s.build {
			out = append(out, v)
		}
		s.space()
		if s.i == len(s.b) {
			return nil, s.fail(s.i, "The JSON ends inside a list")
		}
		switch s.b[s.i] {
		case ']':
			s.i++
			s.depth--
			return out, nil
		case ',':
			s.i++
			s.space()
		default:
			return nil, s.fail(s.i, "Instead of a comma or ] comes %s", s.here())
		}
	}
}

func (s *scanner) number() (any, *Error) {
	start, b := s.i, s.b
	i := s.i
	if b[i] == '-' {
		i++
	}
	digits := func() bool {
		from := i
		for i < len(b) && b[i] >= '0' && b[i] <= '9' {
			i++
		}
		return i > from
	}
	zero := i < len(b) && b[i] == '0'
	from := i
	if !digits() || zero && i > from+1 {
		return nil, s.fail(start, "This is not a number as JSON writes it")
	}
	if i < len(b) && b[i] == '.' {
		i++
		if !digits() {
			return nil, s.fail(start, "This is not a number as JSON writes it")
		}
	}
	if i < len(b) && (b[i] == 'e' || b[i] == 'E') {
		i++
		if i < len(b) && (b[i] == '+' || b[i] == '-') {
			i++
		}
		if !digits() {
			return nil, s.fail(start, "This is not a number as JSON writes it")
		}
	}
	s.i = i
	if !s.build {
		return nil, nil
	}
	if s.text != "" {
		return json.Number(s.text[start:i]), nil
	}
	return json.Number(b[start:i]), nil
}

// quoted passes over a string and returns what is between its quotes.
func (s *scanner) quoted() (span, *Error) {
	b := s.b
	open := s.i
	i := s.i + 1
	sp := span{start: i, plain: true}
	for i < len(b) {
		switch c := b[i]; {
		case c == '"':
			sp.end, s.i = i, i+1
			return sp, nil
		case c == '\\':
			sp.plain = false
			n, err := s.escape(i)
			if err != nil {
				return sp, err
			}
			i += n
		case c < ' ':
			return sp, s.fail(i, "A string holds the control character 0x%02x; it has to be escaped", c)
		default:
			i++
		}
	}
	return sp, s.fail(open, "A string is not closed")
}

// escape checks the escape sequence at i and returns its length.
func (s *scanner) escape(i int) (int, *Error) {
	b := s.b
	if i+1 >= len(b) {
		return 0, s.fail(i, "A string is not closed")
	}
	switch b[i+1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 2, nil
	case 'u':
		r, ok := hex4(b, i+2)
		if !ok {
			return 0, s.fail(i, "An escape has to be \\u and four hexadecimal digits")
		}
		if !utf16.IsSurrogate(r) {
			return 6, nil
		}
		if i+7 < len(b) && b[i+6] == '\\' && b[i+7] == 'u' {
			if low, ok := hex4(b, i+8); ok && utf16.DecodeRune(r, low) != utf8.RuneError {
				return 12, nil
			}
		}
		return 0, s.fail(i, "The escape \\u%s is half a character", b[i+2:i+6])
	}
	return 0, s.fail(i, "There is no escape like this one")
}

func hex4(b []byte, i int) (rune, bool) {
	if i+4 > len(b) {
		return 0, false
	}
	var r rune
	for _, c := range b[i : i+4] {
		switch {
		case c >= '0' && c <= '9':
			r = r<<4 | rune(c-'0')
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			r = r<<4 | rune(c|0x20-'a'+10)
		default:
			return 0, false
		}
	}
	return r, true
}

// unquote returns the text of a string that quoted has checked.
func (s *scanner) unquote(sp span) string {
	if sp.plain {
		if s.text != "" {
			return s.text[sp.start:sp.end]
		}
		return string(s.b[sp.start:sp.end])
	}
	b := s.b[sp.start:sp.end]
	out := make([]byte, 0, len(b))
	for i := 0; i < len(b); {
		if b[i] != '\\' {
			out = append(out, b[i])
			i++
			continue
		}
		switch c := b[i+1]; c {
		case 'b':
			out = append(out, '\b')
		case 'f':
			out = append(out, '\f')
		case 'n':
			out = append(out, '\n')
		case 'r':
			out = append(out, '\r')
		case 't':
			out = append(out, '\t')
		case 'u':
			r, _ := hex4(b, i+2)
			if utf16.IsSurrogate(r) {
				low, _ := hex4(b, i+8)
				r = utf16.DecodeRune(r, low)
				i += 6
			}
			out = utf8.AppendRune(out, r)
			i += 4
		default: // " \ /
			out = append(out, c)
		}
		i += 2
	}
	return string(out)
}
