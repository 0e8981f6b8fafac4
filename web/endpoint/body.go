package endpoint

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"os"
	"reflect"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"ecoflow/app/fault"
	"ecoflow/app/limit"
)

// checkType refuses the bodies that a page of another origin can send without
// asking: on an unsafe method only application/json passes. A POST says its type
// even when it has no body; the other methods cannot be sent by a plain form.
func checkType(r *http.Request) error {
	given := r.Header.Get("Content-Type")
	if given == "" && r.ContentLength == 0 && r.Method != http.MethodPost {
		return nil
	}
	kind, params, err := mime.ParseMediaType(given)
	if err != nil || kind != "application/json" {
		if given == "" {
			given = "no Content-Type"
		}
		return fault.New(fault.Unsupported, "This address reads application/json, not %s.", fault.Shown(given))
	}
	if set := strings.ToLower(params["charset"]); set != "" && set != "utf-8" && set != "us-ascii" {
		return fault.New(fault.Unsupported, "Text has to be UTF-8, not %s.", fault.Shown(set)).WithCode("charset")
	}
	return nil
}

// decodeBody reads a JSON body into v. An absent body is an empty object, so
// that what is missing from it is named field by field. When members are of another
// type than theirs, the rest is read all the same and they are all in the fault.
func decodeBody(r *http.Request, maxBody int64, v any) error {
	data, err := readBody(r, maxBody)
	if err != nil {
		return err
	}
	if len(data) == 0 {
		return nil
	}
	if at := tooDeep(data, limit.ManagementDepth); at >= 0 {
		return fault.New(fault.Malformed, "The body nests deeper than %d levels at %s.", limit.ManagementDepth, position(data, int64(at))).WithCode("too_deep")
	}
	err = json.Unmarshal(data, v)
	if err == nil {
		return nil
	}
	first := describeJSON(data, err)
	f, ok := fault.As(first)
	if !ok || f.Code != wrongType {
		return first
	}
	target := reflect.ValueOf(v).Elem()
	target.SetZero()
	rest := tolerant{}
	if err := rest.read(jsontext.NewDecoder(bytes.NewReader(data)), target); err != nil {
		return describeJSON(data, err)
	}
	if len(rest.places) > 1 {
		f = invalid(rest.places)
		f.Kind = fault.Malformed
		return f.WithCode(wrongType)
	}
	return first
}

// wrongType is the code of a body with members of another type than theirs.
const wrongType = "wrong_type"

// wrongTypesMost bounds how many members of another type one answer names.
const wrongTypesMost = 100

// tolerant reads what it can of a body and notes each place that is of another type.
// It is the second reading of a body that was not as declared, and of no other.
type tolerant struct{ places []fault.Place }

func (t *tolerant) read(d *jsontext.Decoder, v reflect.Value) error {
	switch kind := d.PeekKind(); {
	case len(t.places) >= wrongTypesMost:
		return d.SkipValue()
	case kind == 'n' || opaque(v.Type()):
	case v.Kind() == reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		return t.read(d, v.Elem())
	case kind == '{' && v.Kind() == reflect.Struct:
		return t.object(d, v)
	case kind == '{' && v.Kind() == reflect.Map && v.Type().Key().Kind() == reflect.String && !opaque(v.Type().Key()):
		v.Set(reflect.MakeMap(v.Type()))
		return t.members(d, func(name string) error { return t.member(d, v, name) })
	case kind == '[' && v.Kind() == reflect.Slice && v.Type().Elem().Kind() != reflect.Uint8:
		return t.list(d, v)
	}
	raw, err := d.ReadValue()
	if err != nil {
		return err
	}
	at := d.StackPointer()
	err = json.Unmarshal(raw, v.Addr().Interface())
	var semantic *json.SemanticError
	if errors.As(err, &semantic) {
		t.places = append(t.places, fault.Place{Path: pointerPath(at + semantic.JSONPointer), Message: mismatch(semantic)})
		v.SetZero()
		return nil
	}
	return err
}

// members reads an object, the value of each member by read.
func (t *tolerant) members(d *jsontext.Decoder, read func(name string) error) error {
	if _, err := d.ReadToken(); err != nil {
		return err
	}
	for d.PeekKind() != '}' {
		name, err := d.ReadToken()
		if err != nil {
			return err
		}
		if err := read(name.String()); err != nil {
			return err
		}
	}
	_, err := d.ReadToken()
	return err
}

func (t *tolerant) object(d *jsontext.Decoder, v reflect.Value) error {
	fields := fieldsOf(v.Type())
	return t.members(d, func(name string) error {
		for _, f := range fields {
			if f.source != fromBody || f.name != name || f.embed {
				continue
			}
			target, err := fieldByIndex(v, f.index)
			if err != nil {
				return err
			}
			return t.read(d, target)
		}
		for _, f := range fields {
			target, err := fieldByIndex(v, f.index)
			if f.embed && err == nil && target.Kind() == reflect.Map {
				if target.IsNil() {
					target.Set(reflect.MakeMap(target.Type()))
				}
				return t.member(d, target, name)
			}
		}
		return d.SkipValue()
	})
}

func (t *tolerant) member(d *jsontext.Decoder, m reflect.Value, name string) error {
	item := reflect.New(m.Type().Elem()).Elem()
	if err := t.read(d, item); err != nil {
		return err
	}
	m.SetMapIndex(reflect.ValueOf(name).Convert(m.Type().Key()), item)
	return nil
}

func (t *tolerant) list(d *jsontext.Decoder, v reflect.Value) error {
	if _, err := d.ReadToken(); err != nil {
		return err
	}
	v.Set(reflect.MakeSlice(v.Type(), 0, 0))
	for d.PeekKind() != ']' {
		item := reflect.New(v.Type().Elem()).Elem()
		if err := t.read(d, item); err != nil {
			return err
		}
		v.Set(reflect.Append(v, item))
	}
	_, err := d.ReadToken()
	return err
}

// readBody returns the whole body, which must have at most max bytes.
func readBody(r *http.Request, max int64) ([]byte, error) {
	tooLarge := fault.New(fault.TooLarge, "The body is larger than %d bytes.", max)
	if r.ContentLength > max {
		return nil, tooLarge
	}
	data, err := io.ReadAll(io.LimitReader(r.Body, max+1))
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return nil, fault.New(fault.Timeout, "The body came too slowly.").Because(err)
	case err != nil:
		return nil, fault.New(fault.Malformed, "The body could not be read to its end.").Because(err)
	case int64(len(data)) > max:
		return nil, tooLarge
	}
	return data, nil
}

// tooDeep returns where nesting first passes max, -1 if nowhere. It looks at
// brackets outside strings only and so needs no stack.
func tooDeep(data []byte, max int) int {
	depth, quoted := 0, false
	for i := 0; i < len(data); i++ {
		switch c := data[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			if depth++; depth > max {
				return i
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return -1
}

// position names a byte offset as line and column, as an editor counts them.
func position(data []byte, offset int64) string {
	before := data[:min(max(offset, 0), int64(len(data)))]
	line := 1 + strings.Count(string(before), "\n")
	start := strings.LastIndexByte(string(before), '\n') + 1
	return fmt.Sprintf("line %d, column %d", line, 1+utf8.RuneCount(before[start:]))
}

// describeJSON turns an error of the JSON package into a sentence with a place. The
// error itself goes no further: it may quote what stands there, a password even.
func describeJSON(data []byte, err error) error {
	var syntax *jsontext.SyntacticError
	if errors.As(err, &syntax) {
		where := position(data, syntax.ByteOffset)
		var f *fault.Fault
		message := "is not valid JSON"
		switch {
		case errors.Is(err, jsontext.ErrDuplicateName):
			f = fault.New(fault.Malformed, "The body has the member %q twice, again at %s.", syntax.JSONPointer.LastToken(), where).WithCode("duplicate_member")
			message = "is there twice"
		case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
			f = fault.New(fault.Malformed, "The body is not valid JSON: it ends too early, at %s.", where).WithCode("invalid_json")
		case !utf8.Valid(data):
			f = fault.New(fault.Malformed, "The body is not valid UTF-8 at %s.", where).WithCode("invalid_utf8")
			message = "is not valid UTF-8"
		default:
			f = fault.New(fault.Malformed, "The body is not valid JSON at %s: %s.", where, syntax.Err).WithCode("invalid_json")
		}
		return f.At(pointerPath(syntax.JSONPointer), "%s", message)
	}
	var semantic *json.SemanticError
	if !errors.As(err, &semantic) {
		return fault.New(fault.Malformed, "The body could not be read.").Because(err)
	}
	path := pointerPath(semantic.JSONPointer)
	message := mismatch(semantic)
	subject := path
	if subject == "" {
		subject = "The body"
	}
	return fault.New(fault.Malformed, "%s %s (%s).", subject, message, position(data, semantic.ByteOffset)).
		WithCode(wrongType).At(path, "%s", message)
}

// mismatch says what should stand where something else does.
func mismatch(e *json.SemanticError) string {
	message := "must be " + expected(e.GoType)
	if kind := kindName(e.JSONKind); kind != "" && !strings.HasSuffix(message, kind) {
		message += ", not " + kind
	}
	return message
}

// pointerPath writes a JSON pointer the way the envelope's errors do:
// "flows/shop/name".
func pointerPath(p jsontext.Pointer) string {
	var tokens []string
	for token := range p.Tokens() {
		tokens = append(tokens, token)
	}
	return strings.Join(tokens, "/")
}

// expected says in words what a Go type is read from.
func expected(t reflect.Type) string {
	if t == nil {
		return "something else"
	}
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch t.Kind() {
	case reflect.String:
		return "a string"
	case reflect.Bool:
		return "true or false"
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64, reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return "a whole number"
	case reflect.Float32, reflect.Float64:
		return "a number"
	case reflect.Slice, reflect.Array:
		return "a list"
	case reflect.Struct:
		if t == timeType {
			return "a time like 2026-01-31T12:00:00Z"
		}
		return "an object"
	case reflect.Map:
		return "an object"
	}
	return "of another form"
}

func kindName(k jsontext.Kind) string {
	switch k {
	case 'n':
		return "null"
	case 't', 'f':
		return "true or false"
	case '"':
		return "a string"
	case '0':
		return "a number"
	case '{':
		return "an object"
	case '[':
		return "a list"
	}
	return ""
}

func parseQuery(raw string) (url.Values, error) {
	query, err := url.ParseQuery(raw)
	if err != nil {
		return nil, fault.New(fault.Malformed, "The parameters of the address are not well formed.").Because(err)
	}
	for name, values := range query {
		for _, text := range append(values, name) {
			if !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
				return nil, fault.New(fault.Malformed, "The parameters of the address are not valid UTF-8 text.")
			}
		}
	}
	return query, nil
}
