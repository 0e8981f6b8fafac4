package template

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/url"
	"reflect"
	"regexp"
	goruntime "runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/expr-lang/expr/builtin"
	"github.com/expr-lang/expr/conf"
	"github.com/expr-lang/expr/vm/runtime"

	"ecoflow/app/limit"
	"ecoflow/app/value"
)

// run is one evaluation: what it sees and what it may still use.
type run struct {
	scope    Scope
	deadline time.Time
	steps    uint
	made     int // bytes, about
}

var errGreedy = fmt.Errorf("it makes more than %d MiB", limit.TemplateMemory>>20)

// tick counts one step and looks at the clock now and then.
func (r *run) tick() error {
	r.steps++
	if r.steps%128 != 1 {
		return nil
	}
	now := time.Now()
	if r.deadline.IsZero() {
		r.deadline = now.Add(r.most())
	} else if now.After(r.deadline) {
		return fmt.Errorf("it took longer than %v", r.most())
	}
	return nil
}

// Bounded is a Scope that says how long an evaluation may take; 0 is
// limit.TemplateTime.
type Bounded interface {
	TemplateTime() time.Duration
}

func (r *run) most() time.Duration {
	if b, ok := r.scope.(Bounded); ok && b.TemplateTime() > 0 {
		return b.TemplateTime()
	}
	return limit.TemplateTime
}

// grow claims memory before it is taken.
func (r *run) grow(n int) error {
	if n < 0 || n > limit.TemplateMemory-r.made {
		return errGreedy
	}
	r.made += n
	return r.tick()
}

type lazy interface {
	Resolve() (any, error)
}

// Object is a value that is no map but has members for expressions.
type Object interface {
	Member(name string) (any, bool)
}

// leaf makes a value fit for calculation: exact numbers become int or float64.
func leaf(v any) (any, error) {
	switch v := v.(type) {
	case json.Number:
		return calculable(v), nil
	case int64:
		return int(v), nil
	case lazy:
		v2, err := v.Resolve()
		if err != nil {
			return nil, err
		}
		return leaf(v2)
	}
	return v, nil
}

func calculable(n json.Number) any {
	if !strings.ContainsAny(string(n), ".eE") {
		if i, err := strconv.Atoi(string(n)); err == nil {
			return i
		}
	}
	f, err := strconv.ParseFloat(string(n), 64)
	if err != nil {
		return n // beyond floats: fits no calculation, and says so
	}
	return f
}

// Descend follows the steps of a path below a value: names of members, positions
// of elements, negative ones from the end. It is nil where nothing is there.
func Descend(v any, steps []any) (any, error) {
	for _, step := range steps {
		var err error
		if v, err = value.Resolve(v); err != nil {
			return nil, err
		}
		if v = member(v, step); v == nil {
			return nil, nil
		}
	}
	return v, nil
}

func member(v, step any) any {
	switch v := v.(type) {
	case nil, bool, json.Number, float64, int, int64, time.Time, []byte:
		return nil
	case map[string]any:
		return v[stepName(step)]
	case []any:
		if i, ok := position(step, len(v)); ok {
			return v[i]
		}
		return nil
	case string:
		runes := []rune(v)
		if i, ok := position(step, len(runes)); ok {
			return string(runes[i])
		}
		return nil
	case Object:
		m, _ := v.Member(stepName(step))
		return m
	case map[any][]any: // groupBy
		if !reflect.TypeOf(step).Comparable() {
			return nil
		}
		if group, ok := v[step]; ok {
			return group
		}
		return nil
	}
	rv := reflect.ValueOf(v)
	if rv.Kind() == reflect.Slice { // lists of functions: []int, []string
		if i, ok := position(step, rv.Len()); ok {
			return rv.Index(i).Interface()
		}
	}
	return nil
}

func stepName(step any) string {
	if s, ok := step.(string); ok {
		return s
	}
	return fmt.Sprint(step)
}

func position(step any, length int) (int, bool) {
	i, ok := step.(int)
	if f, isFloat := step.(float64); isFloat && f == math.Trunc(f) {
		i, ok = int(f), true
	}
	if i < 0 {
		i += length
	}
	return i, ok && i >= 0 && i < length
}

// plain converts a value for calculation, all of it; what needs no conversion is
// not copied.
func (r *run) plain(v any) (any, error) {
	return r.convert(v, leaf)
}

// export converts the result of a calculation to what a payload holds, and
// bounds its size: parts that occur twice count twice.
func (r *run) export(v any) (any, error) {
	return r.convert(v, func(v any) (any, error) {
		switch v := v.(type) {
		case int:
			return int64(v), nil
		case string:
			return v, r.grow(len(v))
		case []byte:
			return v, r.grow(len(v))
		case nil, bool, json.Number, float64, int64, time.Time, Object:
			return v, nil
		case time.Duration, *time.Location:
			return fmt.Sprint(v), nil
		case lazy:
			return v.Resolve()
		}
		switch rv := reflect.ValueOf(v); {
		case rv.CanInt():
			return rv.Int(), nil
		case rv.CanUint():
			return rv.Uint(), nil
		case rv.CanFloat():
			return rv.Float(), nil
		}
		return nil, fmt.Errorf("it yields %s, which is no value", kindOf(v))
	})
}

// convert walks lists and objects and applies fn to everything else, copying
// only what changes.
func (r *run) convert(v any, fn func(any) (any, error)) (any, error) {
	if err := r.grow(16); err != nil {
		return nil, err
	}
	switch v := v.(type) {
	case []any:
		out := v
		for i, item := range v {
			converted, err := r.convert(item, fn)
			if err != nil {
				return nil, err
			}
			if same(converted, item) {
				continue
			}
			if &out[0] == &v[0] {
				out = slices.Clone(v)
			}
			out[i] = converted
		}
		return out, nil
	case map[string]any:
		var out map[string]any
		for k, item := range v {
			if err := r.grow(len(k)); err != nil {
				return nil, err
			}
			converted, err := r.convert(item, fn)
			if err != nil {
				return nil, err
			}
			if same(converted, item) {
				continue
			}
			if out == nil {
				out = make(map[string]any, len(v))
				for k, item := range v {
					out[k] = item
				}
			}
			out[k] = converted
		}
		if out == nil {
			return v, nil
		}
		return out, nil
	case map[any][]any: // groupBy
		out := make(map[string]any, len(v))
		for k, group := range v {
			converted, err := r.convert(group, fn)
			if err != nil {
				return nil, err
			}
			out[fmt.Sprint(k)] = converted
		}
		return out, nil
	case nil, string, []byte, json.Number, time.Time, lazy, Object:
		return fn(v)
	}
	rv := reflect.ValueOf(v)
	if k := rv.Kind(); k != reflect.Slice && k != reflect.Array {
		return fn(v)
	}
	out := make([]any, rv.Len())
	for i := range out {
		var err error
		if out[i], err = r.convert(rv.Index(i).Interface(), fn); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// same reports whether a conversion left a value as it was.
func same(a, b any) bool {
	switch a := a.(type) {
	case []any:
		b, ok := b.([]any)
		return ok && len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0])
	case map[string]any:
		b, ok := b.(map[string]any)
		return ok && reflect.ValueOf(a).Pointer() == reflect.ValueOf(b).Pointer()
	case []byte:
		_, ok := b.([]byte)
		return ok
	}
	if _, isLazy := b.(lazy); isLazy {
		return false
	}
	return reflect.TypeOf(a) == reflect.TypeOf(b)
}

// equal is value.Equal with an eye on the clock: an expression can make values
// that are small in memory and endless to walk.
func (r *run) equal(a, b any) (bool, error) {
	if err := r.tick(); err != nil {
		return false, err
	}
	switch x := a.(type) {
	case map[string]any:
		y, ok := b.(map[string]any)
		if !ok || len(x) != len(y) {
			return false, nil
		}
		for k, v := range x {
			w, ok := y[k]
			if !ok {
				return false, nil
			}
			if same, err := r.equal(v, w); !same || err != nil {
				return false, err
			}
		}
		return true, nil
	case nil, bool, string, int, float64, json.Number:
		return value.Equal(a, b), nil
	}
	if b == nil {
		return false, nil
	}
	x, y := reflect.ValueOf(a), reflect.ValueOf(b)
	if x.Kind() != reflect.Slice || y.Kind() != reflect.Slice {
		return value.Equal(a, b), nil
	}
	if x.Len() != y.Len() {
		return false, nil
	}
	for i := range x.Len() {
		if same, err := r.equal(x.Index(i).Interface(), y.Index(i).Interface()); !same || err != nil {
			return false, err
		}
	}
	return true, nil
}

// contains is the operator in: an element of a list, a key of an object.
func (r *run) contains(needle, in any) (any, error) {
	in, err := value.Resolve(in)
	if err != nil {
		return nil, err
	}
	switch in := in.(type) {
	case nil:
		return false, nil
	case map[string]any:
		_, ok := in[stepName(needle)]
		return ok, nil
	case []any:
		for _, item := range in {
			if same, err := r.equal(item, needle); same || err != nil {
				return same, err
			}
		}
		return false, nil
	}
	return runtime.In(needle, in), nil
}

// A function gets the run and the arguments of its call, which it does not keep.
type function func(r *run, args []any) (any, error)

// functions are the calls that the rewriter makes, under names with a space in
// front, and those that an expression may name itself. The latter stand here
// twice: as they are checked, and as they are called.
var functions = func() conf.FunctionsTable {
	table := conf.FunctionsTable{}
	for name, fn := range map[string]function{
		// what the rewriter puts in place of the library's own
		"path": func(r *run, args []any) (any, error) {
			p := args[0].(*path)
			v, err := r.scope.Lookup(p.root, p.steps)
			if err != nil {
				return nil, err
			}
			return leaf(v)
		},
		"lookup": func(r *run, args []any) (any, error) {
			p := args[0].(*path)
			v, err := r.scope.Lookup(p.root, append(slices.Clone(p.steps), args[1]))
			if err != nil {
				return nil, err
			}
			return leaf(v)
		},
		"steps": func(_ *run, args []any) (any, error) {
			v, err := Descend(args[0], args[1].([]any))
			if err != nil {
				return nil, err
			}
			return leaf(v)
		},
		"member": func(_ *run, args []any) (any, error) {
			v, err := value.Resolve(args[0])
			if err != nil {
				return nil, err
			}
			return leaf(member(v, args[1]))
		},
		"leaf":  func(_ *run, args []any) (any, error) { return leaf(args[0]) },
		"plain": func(r *run, args []any) (any, error) { return r.plain(args[0]) },
		"truth": func(_ *run, args []any) (any, error) { return value.Truthy(args[0]), nil },
		"tick": func(r *run, args []any) (any, error) {
			if err := r.tick(); err != nil {
				return nil, err
			}
			return leaf(args[0])
		},
		"list": func(_ *run, args []any) (any, error) {
			if args[0] == nil {
				return []any{}, nil
			}
			if k := reflect.TypeOf(args[0]).Kind(); k != reflect.Slice {
				return nil, fmt.Errorf("there is %s where a list is needed", kindOf(args[0]))
			}
			return args[0], nil
		},
		"made": func(r *run, args []any) (any, error) {
			switch v := args[0].(type) {
			case string:
				if err := r.grow(len(v)); err != nil {
					return nil, err
				}
			case []any:
				if err := r.grow(16 * len(v)); err != nil {
					return nil, err
				}
			}
			return leaf(args[0])
		},
		"equal": func(r *run, args []any) (any, error) { return r.equal(args[0], args[1]) },
		"in":    func(r *run, args []any) (any, error) { return r.contains(args[0], args[1]) },
		"add": func(r *run, args []any) (any, error) {
			a, isText := args[0].(string)
			if b, ok := args[1].(string); isText && ok {
				if err := r.grow(len(a) + len(b)); err != nil {
					return nil, err
				}
				return a + b, nil
			}
			return runtime.Add(args[0], args[1]), nil
		},
		// the library's functions whose size, time or order has no bound
		"get": func(_ *run, args []any) (any, error) {
			v, err := value.Resolve(args[0])
			if err != nil {
				return nil, err
			}
			return leaf(member(v, args[1]))
		},
		"len": func(_ *run, args []any) (any, error) {
			if args[0] == nil {
				return 0, nil
			}
			return builtin.Len(args[0]), nil
		},
		"string":     stringOf,
		"toJSON":     func(r *run, args []any) (any, error) { return r.json(args[0], "  ") },
		"fromJSON":   fromJSON,
		"replace":    replace,
		"repeat":     repeat,
		"join":       join,
		"split":      split(strings.SplitN),
		"splitAfter": split(strings.SplitAfterN),
		"flatten":    func(r *run, args []any) (any, error) { return r.flatten(nil, args[0]) },
		"uniq":       uniq,
		"keys":       members(func(k string, _ any) any { return k }),
		"values":     members(func(_ string, v any) any { return v }),
		"fromPairs":  fromPairs,
		"toPairs":    members(func(k string, v any) any { return []any{k, v} }),
	} {
		table[" "+name] = &builtin.Function{
			Name: " " + name,
			Func: func(args ...any) (any, error) { return fn(args[0].(*run), args[1:]) },
		}
	}
	for _, f := range []struct {
		name string
		typ  any
		fn   function
	}{
		{"json", new(func(any) string), func(r *run, args []any) (any, error) { return r.json(args[0], "") }},
		{"format", new(func(time.Time, string) string), func(_ *run, args []any) (any, error) {
			t, ok := args[0].(time.Time)
			layout, isText := args[1].(string)
			if !ok || !isText {
				return nil, errors.New(`format needs a time and a layout, as in format(now(), "2006-01-02")`)
			}
			return t.Format(layout), nil
		}},
		{"urlEncode", new(func(any) string), func(r *run, args []any) (any, error) {
			s, err := stringOf(r, args)
			if err != nil {
				return nil, err
			}
			return url.QueryEscape(s.(string)), r.grow(3 * len(s.(string)))
		}},
		{"uuid", new(func() string), func(*run, []any) (any, error) { return uuid(), nil }},
	} {
		table[f.name] = &builtin.Function{
			Name:  f.name,
			Func:  func(...any) (any, error) { return nil, errors.New("not rewritten") },
			Types: []reflect.Type{reflect.TypeOf(f.typ).Elem()},
		}
		table[" "+f.name] = &builtin.Function{
			Name: " " + f.name,
			Func: func(args ...any) (any, error) { return f.fn(args[0].(*run), args[1:]) },
		}
	}
	return table
}()

// uuid returns a random UUID, version 4.
func uuid() string {
	var b [16]byte
	rand.Read(b[:]) //nolint:errcheck // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

func (r *run) json(v any, indent string) (any, error) {
	v, err := r.export(v)
	if err != nil {
		return nil, err
	}
	b, err := value.AppendJSON(nil, v)
	if err != nil {
		return nil, err
	}
	if indent != "" {
		var out bytes.Buffer
		if err := json.Indent(&out, b, "", indent); err != nil {
			return nil, err
		}
		b = out.Bytes()
	}
	return string(b), r.grow(len(b))
}

func stringOf(r *run, args []any) (any, error) {
	v, err := r.export(args[0])
	if err != nil {
		return nil, err
	}
	return value.Text(v), nil
}

func text(v any) (string, error) {
	s, ok := v.(string)
	if !ok {
		return "", fmt.Errorf("there is %s where text is needed", kindOf(v))
	}
	return s, nil
}

func fromJSON(r *run, args []any) (any, error) {
	s, err := text(args[0])
	if err != nil {
		return nil, err
	}
	if err := r.grow(len(s)); err != nil {
		return nil, err
	}
	v, err := value.Parse([]byte(s), limit.APIDepth)
	if err != nil {
		return nil, err
	}
	return leaf(v)
}

func replace(r *run, args []any) (any, error) {
	var s [3]string
	for i := range s {
		var err error
		if s[i], err = text(args[i]); err != nil {
			return nil, err
		}
	}
	n := -1
	if len(args) > 3 {
		n = runtime.ToInt(args[3])
	}
	found := strings.Count(s[0], s[1])
	if n >= 0 {
		found = min(found, n)
	}
	if err := r.grow(len(s[0]) + found*max(0, len(s[2])-len(s[1]))); err != nil {
		return nil, err
	}
	return strings.Replace(s[0], s[1], s[2], n), nil
}

func repeat(r *run, args []any) (any, error) {
	s, err := text(args[0])
	if err != nil {
		return nil, err
	}
	n := runtime.ToInt(args[1])
	if n < 0 {
		return nil, errors.New("repeat needs a count that is not negative")
	}
	if n > limit.TemplateMemory {
		return nil, errGreedy
	}
	if err := r.grow(n * len(s)); err != nil {
		return nil, err
	}
	return strings.Repeat(s, n), nil
}

func join(r *run, args []any) (any, error) {
	glue := ""
	if len(args) > 1 {
		var err error
		if glue, err = text(args[1]); err != nil {
			return nil, err
		}
	}
	list, err := r.export(args[0])
	if err != nil {
		return nil, err
	}
	items, ok := list.([]any)
	if !ok && list != nil {
		return nil, fmt.Errorf("there is %s where a list is needed", kindOf(list))
	}
	var dst []byte
	for i, item := range items {
		if i > 0 {
			if err := r.grow(len(glue)); err != nil {
				return nil, err
			}
			dst = append(dst, glue...)
		}
		dst = append(dst, value.Text(item)...)
	}
	return string(dst), nil
}

func split(cut func(s, sep string, n int) []string) function {
	return func(r *run, args []any) (any, error) {
		s, err := text(args[0])
		if err != nil {
			return nil, err
		}
		sep, err := text(args[1])
		if err != nil {
			return nil, err
		}
		n := -1
		if len(args) > 2 {
			n = runtime.ToInt(args[2])
		}
		if err := r.grow(16 * (strings.Count(s, sep) + 1)); err != nil {
			return nil, err
		}
		return cut(s, sep, n), nil
	}
}

func (r *run) flatten(dst []any, v any) ([]any, error) {
	rv := reflect.ValueOf(v)
	if rv.Kind() != reflect.Slice {
		if v == nil {
			return dst, nil
		}
		return nil, fmt.Errorf("there is %s where a list is needed", kindOf(v))
	}
	for i := range rv.Len() {
		item := rv.Index(i).Interface()
		if _, isBytes := item.([]byte); !isBytes && item != nil && reflect.TypeOf(item).Kind() == reflect.Slice {
			var err error
			if dst, err = r.flatten(dst, item); err != nil {
				return nil, err
			}
			continue
		}
		if err := r.grow(16); err != nil {
			return nil, err
		}
		dst = append(dst, item)
	}
	return dst, nil
}

func uniq(r *run, args []any) (any, error) {
	if args[0] == nil {
		return []any{}, nil
	}
	list, err := r.plain(args[0])
	if err != nil {
		return nil, err
	}
	items, ok := list.([]any)
	if !ok {
		return nil, fmt.Errorf("there is %s where a list is needed", kindOf(list))
	}
	seen := map[any]bool{}
	out := []any{}
	var compound []any // lists and objects, which are compared one by one
next:
	for _, item := range items {
		switch item.(type) {
		case []any, map[string]any, []byte:
			for _, other := range compound {
				if same, err := r.equal(item, other); err != nil {
					return nil, err
				} else if same {
					continue next
				}
			}
			compound = append(compound, item)
		default:
			key := item
			if i, ok := item.(int); ok && float64(i) < 1<<53 && float64(i) > -1<<53 {
				key = float64(i) // 1 and 1.0 are the same
			}
			if seen[key] {
				continue next
			}
			seen[key] = true
		}
		out = append(out, item)
	}
	return out, nil
}

func members(pick func(k string, v any) any) function {
	return func(r *run, args []any) (any, error) {
		if args[0] == nil {
			return []any{}, nil
		}
		m, ok := args[0].(map[string]any)
		if !ok {
			groups, grouped := args[0].(map[any][]any)
			if !grouped {
				return nil, fmt.Errorf("there is %s where an object is needed", kindOf(args[0]))
			}
			m = make(map[string]any, len(groups))
			for k, group := range groups {
				m[fmt.Sprint(k)] = group
			}
		}
		if err := r.grow(32 * len(m)); err != nil {
			return nil, err
		}
		names := make([]string, 0, len(m))
		for k := range m {
			names = append(names, k)
		}
		slices.Sort(names)
		out := make([]any, len(names))
		for i, k := range names {
			out[i] = pick(k, m[k])
		}
		return out, nil
	}
}

func fromPairs(r *run, args []any) (any, error) {
	list, err := r.export(args[0])
	if err != nil {
		return nil, err
	}
	pairs, _ := list.([]any)
	m := make(map[string]any, len(pairs))
	for _, item := range pairs {
		pair, _ := item.([]any)
		if len(pair) != 2 {
			return nil, errors.New("fromPairs needs a list of pairs, as in [[\"name\", 1]]")
		}
		m[value.Text(pair[0])] = pair[1]
	}
	return m, nil
}

func kindOf(v any) string {
	switch v.(type) {
	case nil:
		return "nothing"
	case string:
		return "text"
	case bool:
		return "true or false"
	case json.Number, int, int64, float64:
		return "a number"
	case time.Time:
		return "a time"
	case map[string]any, map[any][]any:
		return "an object"
	}
	if reflect.TypeOf(v).Kind() == reflect.Slice {
		return "a list"
	}
	return "something else"
}

func isRuntime(err error) bool {
	var e goruntime.Error
	return errors.As(err, &e)
}

var conversion = regexp.MustCompile(`^interface conversion: interface \{\} is (.+), not (.+)$`)

// described puts an error of the expression library in the words of the form.
func described(message string) string {
	if m := conversion.FindStringSubmatch(message); m != nil {
		return "there is " + described(m[1]) + " where " + described(m[2]) + " is needed"
	}
	return strings.NewReplacer(
		"runtime error: integer divide by zero", "division by zero",
		"<nil>", "nothing", "nil", "nothing",
		"map[string]interface {}", "object", "[]interface {}", "list",
		"json.Number", "number", "float64", "number", "int", "number",
		"string", "text", "bool", "true or false", "time.Time", "time",
		"memory budget exceeded", "it makes more than 1,000,000 values",
	).Replace(message)
}
