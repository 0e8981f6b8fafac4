package config

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"ecoflow/app/fault"
)

// Source says where the value of a setting came from. A later one wins.
type Source string

// The sources, in the order in which they win.
const (
	Default     Source = "default"
	Stored      Source = "stored"
	FromFile    Source = "file"
	Environment Source = "environment"
	CommandLine Source = "command line"
)

// Field describes one setting, as a page that edits it needs to know.
type Field struct {
	Key      string   `json:"key" doc:"Dotted, as in httpCors.origin."`
	Group    string   `json:"group" doc:"Title of the settings it belongs to; they follow each other."`
	Variable string   `json:"variable" doc:"Of the environment, as in ECOFLOW_HTTP_CORS_ORIGIN."`
	Type     string   `json:"type" enum:"text,number,switch,list"`
	Picks    string   `json:"picks,omitempty" doc:"folder or file: a path on the server, which can be picked."`
	Label    string   `json:"label"`
	Help     string   `json:"help"`
	Default  any      `json:"default"`
	Unit     string   `json:"unit,omitempty" doc:"Of a number: bytes, ms, s …"`
	Min      *float64 `json:"min,omitempty"`
	Max      *float64 `json:"max,omitempty"`
	Choices  []string `json:"choices,omitempty" doc:"The allowed values, numbers as text."`
	Names    []string `json:"names,omitempty" doc:"What the choices are called, in their order."`
	Confirm  bool     `json:"confirm" doc:"A change waits to be confirmed the new way, and returns by itself otherwise."`
	Consent  bool     `json:"-"` // a change takes the password once more
	Kept     bool     `json:"-"` // of the original, with no effect here

	index []int
}

// Fields lists every setting in the order of the struct.
var Fields = readFields(reflect.TypeFor[Settings](), "", firstGroup, nil)

// field returns the setting of a key, nil when there is none.
func field(key string) *Field {
	if i := slices.IndexFunc(Fields, func(f Field) bool { return f.Key == key }); i >= 0 {
		return &Fields[i]
	}
	return nil
}

var units = map[string]time.Duration{"ms": time.Millisecond, "s": time.Second, "min": time.Minute, "h": time.Hour}

func readFields(t reflect.Type, prefix, group string, index []int) []Field {
	var list []Field
	for i := range t.NumField() {
		f := t.Field(i)
		if !f.IsExported() {
			continue
		}
		key := prefix + f.Tag.Get("json")
		at := append(slices.Clone(index), i)
		if f.Type.Kind() == reflect.Struct {
			title := group
			if own := f.Tag.Get("group"); own != "" {
				title = own
			}
			if key != prefix {
				key += "."
			}
			list = append(list, readFields(f.Type, key, title, at)...)
			continue
		}
		field := Field{
			Key: key, Group: group, Variable: variable(key), Label: f.Tag.Get("label"), Help: f.Tag.Get("help"),
			Unit: f.Tag.Get("unit"), Choices: strings.Fields(f.Tag.Get("enum")), Picks: f.Tag.Get("picks"),
			Min: bound(f.Tag, "min"), Max: bound(f.Tag, "max"), index: at,
			Confirm: f.Tag.Get("confirm") == "true", Consent: f.Tag.Get("consent") == "true", Kept: f.Tag.Get("kept") == "true",
		}
		if names := f.Tag.Get("names"); names != "" {
			field.Names = strings.Split(names, "|")
		}
		switch f.Type.Kind() {
		case reflect.String:
			field.Type = "text"
		case reflect.Bool:
			field.Type = "switch"
		case reflect.Int, reflect.Int64:
			field.Type = "number"
		case reflect.Slice:
			field.Type = "list"
		default:
			panic("config: no way to read " + key)
		}
		var s Settings
		if mistake := field.set(&s, f.Tag.Get("default")); mistake != "" {
			panic("config: default of " + key + ": " + mistake)
		}
		field.Default = field.Value(&s)
		list = append(list, field)
	}
	return list
}

func bound(tag reflect.StructTag, name string) *float64 {
	text, ok := tag.Lookup(name)
	if !ok {
		return nil
	}
	n, err := strconv.ParseFloat(text, 64)
	if err != nil {
		panic("config: bound " + text)
	}
	return &n
}

// variable turns a key into the name of its environment variable: each word in
// upper case after ECOFLOW_.
func variable(key string) string {
	var b strings.Builder
	b.WriteString("ECOFLOW_")
	var last rune
	for _, r := range key {
		switch {
		case r == '.':
			b.WriteByte('_')
		case unicode.IsUpper(r) && unicode.IsLower(last):
			b.WriteByte('_')
			b.WriteRune(r)
		default:
			b.WriteRune(unicode.ToUpper(r))
		}
		last = r
	}
	return b.String()
}

// Value returns the setting in s as JSON has it: a duration is a number of its
// unit, a list never nil.
func (f Field) Value(s *Settings) any {
	v := reflect.ValueOf(s).Elem().FieldByIndex(f.index)
	if d, ok := v.Interface().(time.Duration); ok {
		return int64(d / units[f.Unit])
	}
	return v.Interface()
}

// Source returns where the value of the setting with the key came from.
func (s Settings) Source(key string) Source {
	if from, ok := s.sources[key]; ok {
		return from
	}
	return Default
}

// Load joins the settings from their sources: the stored JSON object (nil for none)
// and what comes from outside. An empty variable is none. Stored keys that no setting
// has are left alone; in the file they are not valid.
//
// Every value that is not valid is named in one fault.Invalid, whose places are
// the dotted keys; the settings come back all the same, with the next best valid
// value in its place, so that a mistake locks nobody out.
func Load(stored []byte, outside Outside) (Settings, error) {
	s := Settings{sources: map[string]Source{}}
	invalid := fault.New(fault.Invalid, "Some settings are not valid.").WithCode("settings_invalid")
	var object map[string]any
	if len(bytes.TrimSpace(stored)) > 0 {
		var err error
		if object, err = parse(stored); err != nil {
			invalid.At("", "The stored settings cannot be read: %v.", err)
		}
	}
	for i := range Fields {
		f := &Fields[i]
		take := func(from Source, value any) {
			if mistake := f.set(&s, value); mistake != "" {
				invalid.At(f.Key, "%s", place(from, f)+mistake)
				return
			}
			s.sources[f.Key] = from
		}
		take(Default, f.Default)
		if v, ok := find(object, f.Key); ok {
			take(Stored, v)
		}
		if outside.File != nil {
			if v, ok := outside.File.values[f.Key]; ok {
				take(FromFile, v)
			}
		}
		if outside.Lookup != nil {
			if v, ok := outside.Lookup(f.Variable); ok && v != "" {
				take(Environment, v)
			}
		}
		if v, ok := outside.Flags[f.Key]; ok {
			take(CommandLine, v)
		}
	}
	outside.unknown(invalid)
	s.check(func(key, format string, args ...any) {
		invalid.At(key, format, args...)
	})
	if len(invalid.Places) == 0 {
		s.readProxies()
		return s, nil
	}
	for i := range Fields {
		if f := &Fields[i]; !f.valid(&s) {
			f.set(&s, f.Default)
			s.sources[f.Key] = Default
		}
	}
	s.readProxies()
	return s, invalid
}

// valid reports whether the setting alone passes the rules that tags cannot say.
func (f *Field) valid(s *Settings) bool {
	ok := true
	s.check(func(key, _ string, _ ...any) { ok = ok && key != f.Key })
	return ok
}

// place says where a mistake is that is not in the stored settings.
func place(from Source, f *Field) string {
	switch from {
	case FromFile:
		return "In " + FileName + ": "
	case Environment:
		return f.Variable + ": "
	case CommandLine:
		return "On the command line: "
	}
	return ""
}

func parse(stored []byte) (map[string]any, error) {
	d := json.NewDecoder(bytes.NewReader(stored))
	d.UseNumber()
	var object map[string]any
	if err := d.Decode(&object); err != nil {
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something follows the object")
	}
	return object, nil
}

// find walks along the dotted key.
func find(object map[string]any, key string) (any, bool) {
	for {
		first, rest, nested := strings.Cut(key, ".")
		v, ok := object[first]
		if !ok || !nested {
			return v, ok
		}
		if object, ok = v.(map[string]any); !ok {
			return nil, false
		}
		key = rest
	}
}

// set gives the setting a value: of JSON, or text from the environment, the
// command line or a client of the original, which sends numbers and lists so.
// It returns what is wrong with the value in a sentence, "" when nothing is.
func (f *Field) set(s *Settings, value any) (mistake string) {
	v := reflect.ValueOf(s).Elem().FieldByIndex(f.index)
	switch f.Type {
	case "text":
		text, ok := value.(string)
		if !ok {
			return "It has to be text."
		}
		if mistake := f.allowed(text); mistake != "" {
			return mistake
		}
		v.SetString(text)
	case "switch":
		on, ok := toBool(value)
		if !ok {
			return "It has to be true or false."
		}
		v.SetBool(on)
	case "number":
		n, ok := toNumber(value)
		if !ok || n != math.Trunc(n) {
			return "It has to be a whole number."
		}
		if f.Min != nil && n < *f.Min || f.Max != nil && n > *f.Max {
			return fmt.Sprintf("It has to be between %s and %s%s.", show(*f.Min), show(*f.Max), after(f.Unit))
		}
		if mistake := f.allowed(show(n)); mistake != "" {
			return mistake
		}
		if unit, ok := units[f.Unit]; ok && v.Type() == reflect.TypeFor[time.Duration]() {
			v.SetInt(int64(n) * int64(unit))
			return ""
		}
		v.SetInt(int64(n))
	case "list":
		list, ok := toList(value)
		if !ok {
			return "It has to be a list of texts."
		}
		v.Set(reflect.ValueOf(list))
	}
	return ""
}

func (f *Field) allowed(text string) (mistake string) {
	if len(f.Choices) == 0 || slices.Contains(f.Choices, text) {
		return ""
	}
	return fmt.Sprintf("It has to be one of %s.", strings.Join(f.Choices, ", "))
}

func show(n float64) string { return strconv.FormatFloat(n, 'f', -1, 64) }

func after(unit string) string {
	if unit == "" {
		return ""
	}
	return " " + unit
}

func toBool(value any) (on, ok bool) {
	switch v := value.(type) {
	case bool:
		return v, true
	case string:
		on, err := strconv.ParseBool(strings.ToLower(strings.TrimSpace(v)))
		return on, err == nil
	}
	return false, false
}

func toNumber(value any) (float64, bool) {
	switch v := value.(type) {
	case int:
		return float64(v), true
	case int64:
		return float64(v), true
	case float64:
		return v, true
	case json.Number:
		n, err := v.Float64()
		return n, err == nil
	case string:
		n, err := strconv.ParseFloat(strings.TrimSpace(v), 64)
		return n, err == nil && !math.IsNaN(n) && !math.IsInf(n, 0)
	}
	return 0, false
}

// toList takes a list of texts, or one text with commas.
func toList(value any) ([]string, bool) {
	list := []string{}
	switch v := value.(type) {
	case []string:
		return slices.Clone(v), true
	case string:
		for part := range strings.SplitSeq(v, ",") {
			if part = strings.TrimSpace(part); part != "" {
				list = append(list, part)
			}
		}
	case []any:
		for _, x := range v {
			text, ok := x.(string)
			if !ok {
				return nil, false
			}
			list = append(list, text)
		}
	default:
		return nil, false
	}
	return list, true
}
