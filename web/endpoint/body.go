package endpoint

import (
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
	kind, _, err := mime.ParseMediaType(given)
	if err != nil || kind != "application/json" {
		if given == "" {
			given = "no Content-Type"
		}
		return fault.New(fault.Unsupported, "This address reads application/json, not %s.", fault.Shown(given))
	}
	return nil
}

// decodeBody reads a JSON body into v. An absent body is an empty object, so
// that what is missing from it is named field by field.
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
	if err := json.Unmarshal(data, v); err != nil {
		return describeJSON(data, err)
	}
	return nil
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
		switch {
		case errors.Is(err, jsontext.ErrDuplicateName):
			f = fault.New(fault.Malformed, "The body has the member %q twice, again at %s.", syntax.JSONPointer.LastToken(), where).WithCode("duplicate_member")
		case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
			f = fault.New(fault.Malformed, "The body is not valid JSON: it ends too early, at %s.", where).WithCode("invalid_json")
		case !utf8.Valid(data):
			f = fault.New(fault.Malformed, "The body is not valid UTF-8 at %s.", where).WithCode("invalid_utf8")
		default:
			f = fault.New(fault.Malformed, "The body is not valid JSON at %s: %s.", where, syntax.Err).WithCode("invalid_json")
		}
		return f.At(pointerPath(syntax.JSONPointer), "is not valid JSON")
	}
	var semantic *json.SemanticError
	if !errors.As(err, &semantic) {
		return fault.New(fault.Malformed, "The body could not be read.").Because(err)
	}
	path := pointerPath(semantic.JSONPointer)
	message := "must be " + expected(semantic.GoType)
	if kind := kindName(semantic.JSONKind); kind != "" && !strings.HasSuffix(message, kind) {
		message += ", not " + kind
	}
	subject := path
	if subject == "" {
		subject = "The body"
	}
	return fault.New(fault.Malformed, "%s %s (%s).", subject, message, position(data, semantic.ByteOffset)).
		WithCode("wrong_type").At(path, "%s", message)
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
