// Package value holds the data that messages carry: how JSON from outside
// becomes Go values, how they become JSON again, and how nodes compare, convert
// and change them.
//
// The values are nil, bool, string, json.Number (exact), float64, int64,
// map[string]any, []any, []byte, time.Time and Raw. They are never changed in
// place: Path.Set copies what it changes, so any number of messages may share
// the rest.
package value

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Raw is JSON that was validated and that nobody has read yet. The zero Raw is
// null. Copies share what has been decoded.
type Raw struct{ text *text }

type text struct {
	json  []byte
	depth int
	once  sync.Once
	v     any
	err   error
}

func newRaw(json []byte, depth int) Raw { return Raw{&text{json: json, depth: depth}} }

// EmptyObject is the JSON object without members.
var EmptyObject = newRaw([]byte("{}"), 1)

// Bytes returns the JSON. It must not be changed.
func (r Raw) Bytes() []byte {
	if r.text == nil {
		return []byte("null")
	}
	return r.text.json
}

// Resolve decodes the JSON into Go values, once. It implements node.Lazy.
func (r Raw) Resolve() (any, error) {
	switch {
	case r.text == nil:
		return nil, nil
	case r.text == EmptyObject.text: // every run has it: one that breaks the rule must not reach others
		return map[string]any{}, nil
	}
	r.text.once.Do(func() { r.text.v, r.text.err = Parse(r.text.json, r.text.depth) })
	return r.text.v, r.text.err
}

// MarshalJSON returns the JSON as it is.
func (r Raw) MarshalJSON() ([]byte, error) { return r.Bytes(), nil }

// AppendJSON appends the JSON as it is.
func (r Raw) AppendJSON(dst []byte) ([]byte, error) { return append(dst, r.Bytes()...), nil }

type lazy interface{ Resolve() (any, error) }

// Resolve decodes v when it is lazy and returns any other value as it is.
func Resolve(v any) (any, error) {
	if l, ok := v.(lazy); ok {
		return l.Resolve()
	}
	return v, nil
}

// Normal turns any Go value into the values of this package: numbers of every
// size, typed lists and maps, structs by way of their JSON.
func Normal(v any) (any, error) {
	switch v := v.(type) {
	case nil, bool, string, json.Number, float64, int64, []byte, time.Time:
		return v, nil
	case lazy:
		return v.Resolve()
	case map[string]any:
		for k, item := range v {
			n, err := Normal(item)
			if err != nil {
				return nil, err
			}
			if !same(item, n) {
				v = maps.Clone(v)
				v[k] = n
				return normalRest(v)
			}
		}
		return v, nil
	case []any:
		out := make([]any, len(v))
		for i, item := range v {
			n, err := Normal(item)
			if err != nil {
				return nil, err
			}
			out[i] = n
		}
		return out, nil
	}
	rv := reflect.ValueOf(v)
	switch rv.Kind() {
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32:
		return rv.Int(), nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return json.Number(strconv.FormatUint(rv.Uint(), 10)), nil
	case reflect.Float32:
		return rv.Float(), nil
	}
	b, err := AppendJSON(nil, v)
	if err != nil {
		return nil, err
	}
	return Parse(b, maxDepth)
}

func normalRest(m map[string]any) (any, error) {
	for k, item := range m {
		n, err := Normal(item)
		if err != nil {
			return nil, err
		}
		m[k] = n
	}
	return m, nil
}

// same reports whether Normal left a value alone; it compares types only, since
// that is all Normal changes besides what containers hold.
func same(a, b any) bool {
	switch a.(type) {
	case map[string]any, []any:
		return false
	}
	return reflect.TypeOf(a) == reflect.TypeOf(b)
}

// Number reads a value as a number: numbers, and text that is one. ok is false
// for everything else.
func Number(v any) (n float64, ok bool) {
	switch v := v.(type) {
	case float64:
		return v, true
	case int64:
		return float64(v), true
	case int:
		return float64(v), true
	case json.Number:
		n, err := v.Float64()
		return n, err == nil || math.IsInf(n, 0)
	case string:
		s := strings.TrimSpace(v)
		if s == "" {
			return 0, false
		}
		n, err := strconv.ParseFloat(s, 64)
		return n, err == nil && !math.IsNaN(n) && !math.IsInf(n, 0)
	case lazy:
		r, err := v.Resolve()
		if err != nil {
			return 0, false
		}
		return Number(r)
	}
	return 0, false
}

// Text turns a value into the text it has inside other text: strings as they
// are, null as nothing, numbers in their exact text, lists and objects as JSON.
func Text(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case json.Number:
		return v.String()
	case bool:
		return strconv.FormatBool(v)
	case int64:
		return strconv.FormatInt(v, 10)
	case int:
		return strconv.Itoa(v)
	case time.Time:
		return v.Format(time.RFC3339Nano)
	case []byte:
		return string(v)
	}
	b, err := AppendJSON(nil, v)
	if err != nil {
		return fmt.Sprint(v) // a number that JSON has no text for
	}
	return string(b)
}

// Truthy reports whether a condition on the value holds, as in JavaScript: false
// are null, false, 0, NaN and empty text.
func Truthy(v any) bool {
	switch v := v.(type) {
	case nil:
		return false
	case bool:
		return v
	case string:
		return v != ""
	case lazy:
		r, err := v.Resolve()
		return err == nil && Truthy(r)
	case []byte, map[string]any, []any, time.Time:
		return true
	}
	if n, ok := Number(v); ok {
		return n != 0 && !math.IsNaN(n)
	}
	return true
}

// Equal reports whether two values are the same data; numbers are compared by
// value, whatever Go type or text they have.
func Equal(a, b any) bool {
	a, errA := Resolve(a)
	b, errB := Resolve(b)
	if errA != nil || errB != nil {
		return false
	}
	switch x := a.(type) {
	case nil:
		return b == nil
	case bool:
		y, ok := b.(bool)
		return ok && x == y
	case string:
		y, ok := b.(string)
		return ok && x == y
	case []byte:
		y, ok := b.([]byte)
		return ok && string(x) == string(y)
	case time.Time:
		y, ok := b.(time.Time)
		return ok && x.Equal(y)
	case map[string]any:
		y, ok := b.(map[string]any)
		return ok && maps.EqualFunc(x, y, Equal)
	case []any:
		y, ok := b.([]any)
		return ok && slices.EqualFunc(x, y, Equal)
	}
	if isNumber(a) && isNumber(b) {
		return compareNumbers(a, b) == 0
	}
	return reflect.DeepEqual(a, b)
}

// Compare orders two values: null, false, true, numbers, text, times, bytes,
// lists, objects; within a sort by value. Lists compare item by item, objects by
// their JSON. It returns -1, 0 or 1.
func Compare(a, b any) int {
	a, _ = Resolve(a) //nolint:errcheck // what cannot be decoded sorts as null
	b, _ = Resolve(b) //nolint:errcheck // likewise
	if ra, rb := rank(a), rank(b); ra != rb {
		return sign(ra - rb)
	}
	switch x := a.(type) {
	case nil, bool:
		return 0
	case string:
		return strings.Compare(x, b.(string))
	case time.Time:
		return x.Compare(b.(time.Time))
	case []byte:
		return strings.Compare(string(x), string(b.([]byte)))
	case []any:
		return slices.CompareFunc(x, b.([]any), Compare)
	}
	if isNumber(a) {
		return compareNumbers(a, b)
	}
	return strings.Compare(Text(a), Text(b))
}

func sign(n int) int { return min(1, max(-1, n)) }

func rank(v any) int {
	switch v := v.(type) {
	case nil:
		return 0
	case bool:
		if v {
			return 2
		}
		return 1
	case string:
		return 4
	case time.Time:
		return 5
	case []byte:
		return 6
	case []any:
		return 7
	}
	if isNumber(v) {
		return 3
	}
	return 8
}

func isNumber(v any) bool {
	switch v.(type) {
	case json.Number, float64, int64, int:
		return true
	}
	return false
}

// compareNumbers compares whole numbers of 64 bits exactly, others as doubles.
func compareNumbers(a, b any) int {
	x, okA := whole(a)
	y, okB := whole(b)
	if okA && okB {
		switch {
		case x < y:
			return -1
		case x > y:
			return 1
		}
		return 0
	}
	f, _ := Number(a)
	g, _ := Number(b)
	switch {
	case f < g:
		return -1
	case f > g:
		return 1
	}
	return 0
}

func whole(v any) (int64, bool) {
	switch v := v.(type) {
	case int64:
		return v, true
	case int:
		return int64(v), true
	case json.Number:
		n, err := v.Int64()
		return n, err == nil
	}
	return 0, false
}
