package flow

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"strings"
	"unicode/utf8"

	"ecoflow/app/fault"
	"ecoflow/app/limit"
	"ecoflow/app/node"
	"ecoflow/app/value"
)

// emptyObject is boxed once: it is what every run without a body starts with.
var emptyObject any = value.EmptyObject

// readBody reads a request's body of at most max bytes and parses it by its
// content type. Methods that carry none in the contract start with an empty
// object.
func readBody(w http.ResponseWriter, r *http.Request, max int64) (raw []byte, msg any, err error) {
	switch r.Method {
	case http.MethodPost, http.MethodPut, http.MethodPatch:
	default:
		return nil, emptyObject, nil
	}
	if r.ContentLength == 0 {
		return nil, emptyObject, nil
	}
	if raw, err = readAll(w, r, max); err != nil {
		return nil, nil, err
	}
	if len(raw) == 0 {
		return nil, emptyObject, nil
	}
	msg, err = parseBody(r.Header.Get("Content-Type"), raw)
	return raw, msg, err
}

func readAll(w http.ResponseWriter, r *http.Request, max int64) ([]byte, error) {
	tooLarge := func() error {
		return fault.New(fault.TooLarge, "The body is larger than the %d bytes that are allowed.", max).WithCode("body_too_large")
	}
	if r.ContentLength > max {
		return nil, tooLarge()
	}
	var raw []byte
	var err error
	if n := r.ContentLength; n > 0 && n <= trustedLength { // no body is longer than it says
		raw = make([]byte, n)
		_, err = io.ReadFull(r.Body, raw)
	} else {
		raw, err = io.ReadAll(http.MaxBytesReader(w, r.Body, max))
	}
	if err != nil {
		return nil, bodyFault(err, tooLarge)
	}
	return raw, nil
}

// trustedLength is up to where memory is taken on a client's word alone.
const trustedLength = 256 << 10

func bodyFault(err error, tooLarge func() error) error {
	var over *http.MaxBytesError
	switch {
	case errors.As(err, &over):
		return tooLarge()
	case errors.Is(err, os.ErrDeadlineExceeded):
		return fault.New(fault.Timeout, "The body came too slowly.").WithCode("body_slow").Because(err)
	}
	return fault.New(fault.Malformed, "The body ended before it was complete.").WithCode("body_broken").Because(err)
}

// parseBody turns a body into the value that msg starts with.
func parseBody(contentType string, raw []byte) (any, error) {
	if contentType == "application/json" {
		return parseJSON(raw)
	}
	if contentType == "" {
		return raw, nil
	}
	media, params, err := mime.ParseMediaType(contentType)
	if err != nil || !strings.Contains(media, "/") {
		return nil, fault.New(fault.Unsupported, "The content type %q is not one.", contentType)
	}
	text := strings.HasPrefix(media, "text/") || media == "application/xml" || strings.HasSuffix(media, "+xml")
	isJSON := media == "application/json" || strings.HasSuffix(media, "+json")
	if set := strings.ToLower(params["charset"]); (text || isJSON) && set != "" && set != "utf-8" && set != "us-ascii" {
		return nil, fault.New(fault.Unsupported, "Text has to be UTF-8, not %s.", set).WithCode("charset")
	}
	switch {
	case isJSON:
		return parseJSON(raw)
	case media == "application/x-www-form-urlencoded":
		return parseForm(raw)
	case media == "multipart/form-data":
		return parseMultipart(raw, params["boundary"])
	case text:
		if !utf8.Valid(raw) {
			return nil, fault.New(fault.Malformed, "The text of the body is not valid UTF-8.").WithCode("bad_text")
		}
		return string(raw), nil
	}
	return raw, nil
}

func parseJSON(raw []byte) (any, error) {
	v, err := value.Validate(raw, limit.APIDepth)
	if err != nil {
		return nil, fault.New(fault.Malformed, "The body is not valid JSON: %s.", err).WithCode("bad_json")
	}
	if c := bytes.TrimLeft(raw, " \t\r\n")[0]; c != '{' && c != '[' {
		return nil, fault.New(fault.Malformed, "The body has to be a JSON object or list.").WithCode("bad_json")
	}
	return v, nil
}

func parseForm(raw []byte) (any, error) {
	if bytes.Count(raw, []byte{'&'}) >= limit.FormFields {
		return nil, fault.New(fault.Malformed, "A form may have %d fields at most.", limit.FormFields).WithCode("too_many_fields")
	}
	form, err := url.ParseQuery(string(raw))
	if err != nil {
		return nil, fault.New(fault.Malformed, "The form is not encoded as forms are.").WithCode("bad_form").Because(err)
	}
	out := make(map[string]any, len(form))
	for name, values := range form {
		for _, v := range values {
			add(out, name, v)
		}
	}
	return out, nil
}

// add sets a field, or makes a list of one that comes several times.
func add(form map[string]any, name string, v any) {
	switch old, there := form[name]; {
	case !there:
		form[name] = v
	default:
		if list, ok := old.([]any); ok {
			form[name] = append(list, v)
			return
		}
		form[name] = []any{old, v}
	}
}

// parseMultipart is the only maker of files (S22).
func parseMultipart(raw []byte, boundary string) (any, error) {
	broken := func(err error) error {
		return fault.New(fault.Malformed, "The parts of the form cannot be read.").WithCode("bad_form").Because(err)
	}
	if boundary == "" {
		return nil, broken(errors.New("no boundary"))
	}
	parts := multipart.NewReader(bytes.NewReader(raw), boundary)
	out := map[string]any{}
	for n := 0; ; n++ {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, broken(err)
		}
		if n == limit.MultipartParts {
			return nil, fault.New(fault.Malformed, "A form may have %d parts at most.", limit.MultipartParts).WithCode("too_many_parts")
		}
		data, err := io.ReadAll(part)
		if err != nil {
			return nil, broken(err)
		}
		if part.FileName() == "" {
			if !utf8.Valid(data) {
				return nil, fault.New(fault.Malformed, "The field %q of the form is not valid UTF-8.", part.FormName()).WithCode("bad_text")
			}
			add(out, part.FormName(), string(data))
			continue
		}
		kind := part.Header.Get("Content-Type")
		if kind == "" {
			kind = "application/octet-stream"
		}
		add(out, part.FormName(), &node.File{
			Field: part.FormName(), Name: part.FileName(), Type: kind, Size: int64(len(data)), Data: data,
		})
	}
}
