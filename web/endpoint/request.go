package endpoint

import (
	"context"
	"encoding"
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/gorilla/mux"

	"ecoflow/app/fault"
	"ecoflow/app/limit"
)

// source says where a field of a request comes from.
type source string

const (
	fromBody   source = "body"
	fromPath   source = "path"
	fromQuery  source = "query"
	fromHeader source = "header"
)

// field is one member of a request or response struct as the wire knows it.
type field struct {
	reflect.StructField
	index    []int
	name     string // on the wire
	source   source
	embed    bool // takes every body member that no other field does
	required bool
	secret   bool
	omit     bool // may be absent from an answer
}

var exchangeType = reflect.TypeFor[Exchange]()

// fieldsOf lists the members of a struct in declaration order, those of embedded
// structs in their place: the rules of encoding/json as far as we use them.
func fieldsOf(t reflect.Type) []field {
	var out []field
	if t.Kind() != reflect.Struct {
		return nil
	}
	for i := range t.NumField() {
		sf := t.Field(i)
		tag, options, _ := strings.Cut(sf.Tag.Get("json"), ",")
		f := field{StructField: sf, index: sf.Index, name: tag, source: fromBody}
		for _, s := range []source{fromPath, fromQuery, fromHeader} {
			if name := sf.Tag.Get(string(s)); name != "" {
				f.name, f.source = name, s
			}
		}
		inner := sf.Type
		if inner.Kind() == reflect.Pointer {
			inner = inner.Elem()
		}
		switch {
		case sf.Type == exchangeType, tag == "-" && f.source == fromBody:
			continue
		case (sf.Anonymous && tag == "" || strings.Contains(options, "embed")) && inner.Kind() == reflect.Struct:
			for _, g := range fieldsOf(inner) {
				g.index = append(slices.Clone(sf.Index), g.index...)
				out = append(out, g)
			}
			continue
		case !sf.IsExported():
			continue
		}
		if f.name == "" {
			f.name = sf.Name
		}
		f.embed = strings.Contains(options, "embed")
		f.required = sf.Tag.Get("required") == "true" || f.source == fromPath
		f.secret = sf.Tag.Get("secret") == "true"
		f.omit = strings.Contains(options, "omit")
		out = append(out, f)
	}
	return out
}

// request is how a request type is read.
type request struct {
	typ    reflect.Type
	url    []field // from path, query and headers
	body   *shape
	checks []*shape // of url, in its order
}

func requestOf(t reflect.Type) (*request, error) {
	if t.Kind() != reflect.Struct {
		return nil, fmt.Errorf("the request type %v is not a struct", t)
	}
	r := &request{typ: t}
	shapes := shapes{}
	var err error
	if r.body, err = shapes.of(t, ""); err != nil {
		return nil, err
	}
	for _, f := range fieldsOf(t) {
		if f.source == fromBody {
			continue
		}
		s, err := shapes.of(f.Type, f.Tag)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f.name, err)
		}
		if !readable(f.Type) {
			return nil, fmt.Errorf("%s: a %v cannot be read from the %s", f.name, f.Type, f.source)
		}
		r.url, r.checks = append(r.url, f), append(r.checks, s)
	}
	return r, nil
}

// lacks returns the first parameter of the path that no field takes.
func (r *request) lacks(path string) string {
	for _, found := range placeholder.FindAllStringSubmatch(path, -1) {
		if !slices.ContainsFunc(r.url, func(f field) bool { return f.source == fromPath && f.name == found[1] }) {
			return found[1]
		}
	}
	return ""
}

// Checked is a request that knows more about its fields than their tags say: Wrong
// lists what it finds. A feature that is given such a request asks it, and answers
// in its own words; where the tags find something first, both are in the one answer.
type Checked interface {
	Wrong(ctx context.Context) []fault.Place
}

// decode reads an HTTP request into a new value of the type and returns a
// pointer to it. Every field that is not as declared is in the one fault.
func (r *request) decode(w http.ResponseWriter, hr *http.Request, maxBody int64) (any, error) {
	ptr := reflect.New(r.typ)
	var mistyped *fault.Fault
	if !r.body.empty() {
		if err := decodeBody(hr, maxBody, ptr.Interface()); err != nil {
			f, ok := fault.As(err)
			if !ok || f.Code != wrongType || f.Places[0].Path == "" { // nothing more to look at
				return nil, err
			}
			mistyped = f
		}
	}
	v := ptr.Elem()
	places, err := r.readURL(hr, v)
	if err != nil {
		return nil, err
	}
	places = r.body.check(v, "", places)
	r.exchange(v, w, hr)
	if mistyped != nil {
		places = append(slices.Clone(mistyped.Places), beyond(mistyped.Places, places)...)
	}
	if len(places) == 0 {
		return ptr.Interface(), nil
	}
	if c, ok := ptr.Interface().(Checked); ok {
		places = append(places, beyond(places, c.Wrong(hr.Context()))...)
	}
	f := invalid(places)
	if mistyped != nil {
		if len(places) == len(mistyped.Places) {
			return nil, mistyped
		}
		f.Kind = fault.Malformed
		f = f.WithCode(wrongType)
	}
	return nil, f
}

// beyond returns the places where nothing is wrong so far, nor with what they are in:
// a field that is missing is not also too short.
func beyond(known, more []fault.Place) []fault.Place {
	return slices.DeleteFunc(more, func(p fault.Place) bool {
		return slices.ContainsFunc(known, func(k fault.Place) bool {
			return p.Path == k.Path || strings.HasPrefix(p.Path, k.Path+"/")
		})
	})
}

// readURL fills the fields that do not come from the body. They are cleared
// first: a body member of the same name has no say.
func (r *request) readURL(hr *http.Request, v reflect.Value) ([]fault.Place, error) {
	if strings.Count(hr.URL.RawQuery, "&") >= limit.QueryPairs {
		return nil, fault.New(fault.Malformed, "The address has more than %d parameters.", limit.QueryPairs)
	}
	query, err := parseQuery(hr.URL.RawQuery)
	if err != nil {
		return nil, err
	}
	vars := mux.Vars(hr)
	var places []fault.Place
	for i, f := range r.url {
		target, err := fieldByIndex(v, f.index)
		if err != nil {
			return nil, err
		}
		target.SetZero()
		var given []string
		switch f.source {
		case fromPath:
			text, err := url.PathUnescape(vars[f.name])
			if err != nil || !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
				return nil, fault.New(fault.NotFound, "There is nothing at %s.", fault.Shown(hr.URL.Path))
			}
			given = []string{text}
		case fromQuery:
			given = query[f.name]
		case fromHeader:
			given = hr.Header.Values(f.name)
		}
		if len(given) == 0 {
			if d, ok := f.Tag.Lookup("default"); ok {
				given = []string{d}
			}
		}
		switch {
		case len(given) == 0 && f.required:
			places = append(places, fault.Place{Path: f.name, Message: "is required"})
		case len(given) == 0:
		default:
			if problem := read(target, given); problem != "" {
				places = append(places, fault.Place{Path: f.name, Message: problem})
			} else {
				places = r.checks[i].check(target, f.name, places)
			}
		}
	}
	return places, nil
}

// exchange fills the fields of type Exchange.
func (r *request) exchange(v reflect.Value, w http.ResponseWriter, hr *http.Request) {
	for i := range r.typ.NumField() {
		if r.typ.Field(i).Type == exchangeType {
			v.Field(i).Set(reflect.ValueOf(Exchange{Request: hr, Writer: w}))
		}
	}
}

// fieldByIndex is FieldByIndex that makes embedded structs behind pointers.
func fieldByIndex(v reflect.Value, index []int) (reflect.Value, error) {
	for i, x := range index {
		if i > 0 && v.Kind() == reflect.Pointer {
			if v.IsNil() {
				v.Set(reflect.New(v.Type().Elem()))
			}
			v = v.Elem()
		}
		v = v.Field(x)
	}
	if !v.CanSet() {
		return v, fmt.Errorf("a request field that cannot be set")
	}
	return v, nil
}

var textType = reflect.TypeFor[encoding.TextUnmarshaler]()

// readable reports whether read can fill a field of the type.
func readable(t reflect.Type) bool {
	if t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice && !reflect.PointerTo(t).Implements(textType) {
		t = t.Elem()
	}
	switch t.Kind() {
	case reflect.String, reflect.Bool, reflect.Int, reflect.Int64, reflect.Uint64:
		return true
	}
	return reflect.PointerTo(t).Implements(textType)
}

// read sets a field from the texts of a path, query or header; it returns what
// is wrong with them, "" when nothing is.
func read(v reflect.Value, given []string) string {
	if v.Kind() == reflect.Slice && !v.Addr().Type().Implements(textType) {
		for _, text := range given {
			item := reflect.New(v.Type().Elem()).Elem()
			if problem := read(item, []string{text}); problem != "" {
				return problem
			}
			v.Set(reflect.Append(v, item))
		}
		return ""
	}
	if len(given) > 1 {
		return "is given more than once"
	}
	text := given[0]
	if v.Kind() == reflect.Pointer {
		v.Set(reflect.New(v.Type().Elem()))
		v = v.Elem()
	}
	if u, ok := v.Addr().Interface().(encoding.TextUnmarshaler); ok {
		if err := u.UnmarshalText([]byte(text)); err != nil {
			return "is not of the right form"
		}
		return ""
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(text)
	case reflect.Bool:
		b, err := strconv.ParseBool(text)
		if err != nil {
			return "must be true or false"
		}
		v.SetBool(b)
	case reflect.Int, reflect.Int64:
		n, err := strconv.ParseInt(text, 10, v.Type().Bits())
		if err != nil {
			return "must be a whole number"
		}
		v.SetInt(n)
	default:
		n, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			return "must be a whole number of zero or more"
		}
		v.SetUint(n)
	}
	return ""
}

// invalid makes the fault of all places; its sentence names the first few.
func invalid(places []fault.Place) *fault.Fault {
	var parts []string
	for i, p := range places {
		if i == 3 {
			parts = append(parts, fmt.Sprintf("and %d more", len(places)-i))
			break
		}
		parts = append(parts, p.Told())
	}
	f := fault.New(fault.Invalid, "Not valid: %s.", strings.Join(parts, "; "))
	f.Places = places
	return f
}
