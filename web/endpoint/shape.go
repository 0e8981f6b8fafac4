package endpoint

import (
	"fmt"
	"math"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"ecoflow/app/fault"
)

var timeType = reflect.TypeFor[time.Time]()

// words are the JSON Schema words of a field's tag: both the check and the
// document are made from them.
type words struct {
	minLength, maxLength *int
	minItems, maxItems   *int
	minimum, maximum     *float64
	enum                 []string
	pattern              *regexp.Regexp
	format               string
}

func wordsOf(tag reflect.StructTag) (w words, err error) {
	for name, target := range map[string]**int{
		"minLength": &w.minLength, "maxLength": &w.maxLength, "minItems": &w.minItems, "maxItems": &w.maxItems,
	} {
		if text := tag.Get(name); text != "" {
			n, err := strconv.Atoi(text)
			if err != nil {
				return w, fmt.Errorf("tag %s: %w", name, err)
			}
			*target = &n
		}
	}
	for name, target := range map[string]**float64{"minimum": &w.minimum, "maximum": &w.maximum} {
		if text := tag.Get(name); text != "" {
			n, err := strconv.ParseFloat(text, 64)
			if err != nil {
				return w, fmt.Errorf("tag %s: %w", name, err)
			}
			*target = &n
		}
	}
	if text := tag.Get("enum"); text != "" {
		w.enum = strings.Split(text, ",")
	}
	if text := tag.Get("pattern"); text != "" {
		if w.pattern, err = regexp.Compile(text); err != nil {
			return w, fmt.Errorf("tag pattern: %w", err)
		}
	}
	w.format = tag.Get("format")
	return w, nil
}

// shape checks values of one Go type against its words.
type shape struct {
	words
	fields []checked // of a struct that is read member by member
	items  *shape    // of a slice, array, map or pointer
}

type checked struct {
	field
	shape *shape
}

// shapes remembers the struct types met, so that a type may hold itself.
type shapes map[reflect.Type]*shape

func (known shapes) of(t reflect.Type, tag reflect.StructTag) (*shape, error) {
	w, err := wordsOf(tag)
	if err != nil {
		return nil, err
	}
	if t.Kind() == reflect.Struct {
		if s := known[t]; s != nil {
			return s, nil
		}
	}
	s := &shape{words: w}
	switch t.Kind() {
	case reflect.Pointer:
		s.items, err = known.of(t.Elem(), tag)
		return s, err
	case reflect.Slice, reflect.Array, reflect.Map:
		// The words of a list that speak of one value speak of its items.
		itemTag := tag
		s.words = words{minItems: w.minItems, maxItems: w.maxItems}
		if opaque(t) || t.Elem().Kind() == reflect.Uint8 {
			return s, nil
		}
		s.items, err = known.of(t.Elem(), itemTag)
		if s.items != nil {
			s.items.minItems, s.items.maxItems = nil, nil
		}
		return s, err
	case reflect.Struct:
		if opaque(t) {
			return s, nil
		}
		known[t] = s
		for _, f := range fieldsOf(t) {
			if f.source != fromBody {
				continue
			}
			inner, err := known.of(f.Type, f.Tag)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", f.name, err)
			}
			if f.required && slices.Contains([]reflect.Kind{reflect.Bool, reflect.Int, reflect.Int64, reflect.Float64}, f.Type.Kind()) {
				return nil, fmt.Errorf("%s: a required %v is a pointer, or zero and absent look alike", f.name, f.Type)
			}
			s.fields = append(s.fields, checked{f, inner})
		}
	}
	return s, nil
}

// empty reports whether nothing is read into the shape: a request without a body.
func (s *shape) empty() bool { return len(s.fields) == 0 }

// check appends what is wrong with v to places. A zero value counts as absent:
// only a required field minds.
func (s *shape) check(v reflect.Value, path string, places []fault.Place) []fault.Place {
	wrong := func(format string, args ...any) {
		places = append(places, fault.Place{Path: path, Message: fmt.Sprintf(format, args...)})
	}
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() && s.items != nil {
			return s.items.check(v.Elem(), path, places)
		}
	case reflect.Struct:
		for _, f := range s.fields {
			member, err := v.FieldByIndexErr(f.index)
			at := join(path, f.name)
			switch {
			case err != nil || member.IsZero():
				if f.required {
					places = append(places, fault.Place{Path: at, Message: "is required"})
				}
			default:
				places = f.shape.check(member, at, places)
			}
		}
	case reflect.Slice, reflect.Array:
		if s.minItems != nil && v.Len() < *s.minItems {
			wrong("must have at least %s", count(*s.minItems, "entry", "entries"))
		}
		if s.maxItems != nil && v.Len() > *s.maxItems {
			wrong("must have at most %s", count(*s.maxItems, "entry", "entries"))
		}
		if s.items.checks() {
			for i := range v.Len() {
				places = s.items.check(v.Index(i), join(path, strconv.Itoa(i)), places)
			}
		}
	case reflect.Map:
		if s.maxItems != nil && v.Len() > *s.maxItems {
			wrong("must have at most %s", count(*s.maxItems, "entry", "entries"))
		}
		if s.items.checks() {
			keys := v.MapKeys()
			slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
			for _, key := range keys {
				places = s.items.check(v.MapIndex(key), join(path, fmt.Sprint(key)), places)
			}
		}
	case reflect.String:
		if problem := s.checkText(v.String()); problem != "" {
			wrong("%s", problem)
		}
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		if problem := s.checkNumber(float64(v.Int())); problem != "" {
			wrong("%s", problem)
		}
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		if problem := s.checkNumber(float64(v.Uint())); problem != "" {
			wrong("%s", problem)
		}
	case reflect.Float32, reflect.Float64:
		if problem := s.checkNumber(v.Float()); problem != "" {
			wrong("%s", problem)
		}
	}
	return places
}

// checks reports whether check could find anything, so that long lists of plain
// values are not walked for nothing.
func (s *shape) checks() bool {
	return s != nil && (s.items != nil || len(s.fields) > 0 || s.minLength != nil || s.maxLength != nil ||
		s.minimum != nil || s.maximum != nil || s.enum != nil || s.pattern != nil)
}

func (w words) checkText(text string) string {
	switch n := utf8.RuneCountInString(text); {
	case w.minLength != nil && n < *w.minLength:
		return "must have at least " + count(*w.minLength, "character", "characters")
	case w.maxLength != nil && n > *w.maxLength:
		return "must have at most " + count(*w.maxLength, "character", "characters")
	case w.enum != nil && !slices.Contains(w.enum, text):
		return "must be one of " + strings.Join(w.enum, ", ")
	case w.pattern != nil && !w.pattern.MatchString(text):
		return "must match " + w.pattern.String()
	}
	return ""
}

func (w words) checkNumber(n float64) string {
	switch {
	case math.IsNaN(n) || math.IsInf(n, 0):
		return "must be a number"
	case w.minimum != nil && n < *w.minimum:
		return "must be at least " + strconv.FormatFloat(*w.minimum, 'f', -1, 64)
	case w.maximum != nil && n > *w.maximum:
		return "must be at most " + strconv.FormatFloat(*w.maximum, 'f', -1, 64)
	}
	return ""
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + many
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "/" + name
}
