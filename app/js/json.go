package js

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/dop251/goja"

	"ecoflow/app/limit"
	"ecoflow/app/value"
)

// reader parses JSON straight into native objects: no Go maps between, a bounded
// depth, and "__proto__" a name like any other. Of two members of one name the
// last wins, as JavaScript has it; bodies were checked for them before.
type reader struct {
	m     *machine
	s     string
	i     int
	depth int
}

// parse returns the native value of a JSON text.
func (m *machine) parse(s string) (goja.Value, error) {
	r := reader{m: m, s: s}
	r.space()
	v, err := r.value()
	if err != nil {
		return nil, err
	}
	r.space()
	if r.i < len(s) {
		return nil, r.unexpected()
	}
	return v, nil
}

func (r *reader) unexpected() error {
	if r.i >= len(r.s) {
		//lint:ignore ST1005 JavaScript's words
		return errors.New("Unexpected end of JSON input")
	}
	c, _ := utf8.DecodeRuneInString(r.s[r.i:])
	//lint:ignore ST1005 JavaScript's words
	return fmt.Errorf("Unexpected token %q in JSON at position %d", c, r.i)
}

func (r *reader) space() {
	for r.i < len(r.s) {
		switch r.s[r.i] {
		case ' ', '\t', '\n', '\r':
			r.i++
		default:
			return
		}
	}
}

func (r *reader) value() (goja.Value, error) {
	if r.i >= len(r.s) {
		return nil, r.unexpected()
	}
	switch c := r.s[r.i]; c {
	case '{':
		return r.object()
	case '[':
		return r.array()
	case '"':
		s, err := r.str()
		if err != nil {
			return nil, err
		}
		return s, nil
	case 't':
		return r.word("true", r.m.builtins.yes)
	case 'f':
		return r.word("false", r.m.builtins.no)
	case 'n':
		return r.word("null", goja.Null())
	default:
		if c == '-' || c >= '0' && c <= '9' {
			return r.number()
		}
	}
	return nil, r.unexpected()
}

func (r *reader) word(w string, v goja.Value) (goja.Value, error) {
	if strings.HasPrefix(r.s[r.i:], w) {
		r.i += len(w)
		return v, nil
	}
	for i := range len(w) {
		if r.i >= len(r.s) || r.s[r.i] != w[i] {
			break
		}
		r.i++
	}
	return nil, r.unexpected()
}

func (r *reader) enter() error {
	r.i++
	r.depth++
	if r.depth > limit.APIDepth {
		return fmt.Errorf("JSON nested deeper than %d levels", limit.APIDepth)
	}
	if r.i&0xfff == 0 {
		r.m.yield()
	}
	r.space()
	return nil
}

func (r *reader) object() (goja.Value, error) {
	if err := r.enter(); err != nil {
		return nil, err
	}
	o := r.m.vm.NewObject()
	if r.i < len(r.s) && r.s[r.i] == '}' {
		r.i++
		r.depth--
		return o, nil
	}
	for {
		if r.i >= len(r.s) || r.s[r.i] != '"' {
			return nil, r.unexpected()
		}
		key, err := r.text()
		if err != nil {
			return nil, err
		}
		r.space()
		if r.i >= len(r.s) || r.s[r.i] != ':' {
			return nil, r.unexpected()
		}
		r.i++
		r.space()
		v, err := r.value()
		if err != nil {
			return nil, err
		}
		r.m.put(o, key, v)
		r.space()
		if r.i >= len(r.s) {
			return nil, r.unexpected()
		}
		switch r.s[r.i] {
		case ',':
			r.i++
			r.space()
		case '}':
			r.i++
			r.depth--
			return o, nil
		default:
			return nil, r.unexpected()
		}
	}
}

func (r *reader) array() (goja.Value, error) {
	if err := r.enter(); err != nil {
		return nil, err
	}
	if r.i < len(r.s) && r.s[r.i] == ']' {
		r.i++
		r.depth--
		return r.m.vm.NewArray(), nil
	}
	var few [8]any
	items := few[:0]
	for {
		v, err := r.value()
		if err != nil {
			return nil, err
		}
		items = append(items, v)
		r.space()
		if r.i >= len(r.s) {
			return nil, r.unexpected()
		}
		switch r.s[r.i] {
		case ',':
			r.i++
			r.space()
			if len(items)&0xfff == 0 {
				r.m.yield()
			}
		case ']':
			r.i++
			r.depth--
			return r.m.vm.NewArray(items...), nil
		default:
			return nil, r.unexpected()
		}
	}
}

func (r *reader) number() (goja.Value, error) {
	start := r.i
	if r.s[r.i] == '-' {
		r.i++
	}
	whole := r.i
	if !r.digits() || r.s[whole] == '0' && r.i > whole+1 {
		if r.i < len(r.s) && r.i > whole+1 {
			r.i = whole + 1
		}
		return nil, r.unexpected()
	}
	integer := true
	if r.i < len(r.s) && r.s[r.i] == '.' {
		integer = false
		r.i++
		if !r.digits() {
			return nil, r.unexpected()
		}
	}
	if r.i < len(r.s) && (r.s[r.i] == 'e' || r.s[r.i] == 'E') {
		integer = false
		r.i++
		if r.i < len(r.s) && (r.s[r.i] == '+' || r.s[r.i] == '-') {
			r.i++
		}
		if !r.digits() {
			return nil, r.unexpected()
		}
	}
	return r.m.number(r.s[start:r.i], integer), nil
}

func (r *reader) digits() bool {
	start := r.i
	for r.i < len(r.s) && r.s[r.i] >= '0' && r.s[r.i] <= '9' {
		r.i++
	}
	return r.i > start
}

// number returns the double of a number's text.
func (m *machine) number(s string, integer bool) goja.Value {
	if integer && len(s) < 16 && s != "-0" {
		n, _ := strconv.ParseInt(s, 10, 64)
		return m.vm.ToValue(n)
	}
	f, _ := strconv.ParseFloat(s, 64) // out of range: infinity, as in JavaScript
	return m.vm.ToValue(f)
}

// text reads a string that has no lone surrogates to keep, a member's name.
func (r *reader) text() (string, error) {
	start := r.i + 1
	for i := start; i < len(r.s); i++ {
		switch c := r.s[i]; {
		case c == '"':
			r.i = i + 1
			return r.s[start:i], nil
		case c == '\\':
			v, err := r.escaped()
			if err != nil {
				return "", err
			}
			return v.String(), nil
		case c < ' ':
			r.i = i
			return "", r.unexpected()
		}
	}
	r.i = len(r.s)
	return "", r.unexpected()
}

func (r *reader) str() (goja.Value, error) {
	start := r.i + 1
	for i := start; i < len(r.s); i++ {
		switch c := r.s[i]; {
		case c == '"':
			r.i = i + 1
			return r.m.vm.ToValue(r.s[start:i]), nil
		case c == '\\':
			return r.escaped()
		case c < ' ':
			r.i = i
			return nil, r.unexpected()
		}
	}
	r.i = len(r.s)
	return nil, r.unexpected()
}

// escaped reads a string that holds escapes, unit by unit: JavaScript keeps a
// surrogate that has lost its other half.
func (r *reader) escaped() (goja.Value, error) {
	var units []uint16
	for i := r.i + 1; i < len(r.s); {
		c := r.s[i]
		switch {
		case c == '"':
			r.i = i + 1
			return goja.StringFromUTF16(units), nil
		case c < ' ':
			r.i = i
			return nil, r.unexpected()
		case c == '\\':
			if i+1 >= len(r.s) {
				r.i = len(r.s)
				return nil, r.unexpected()
			}
			if r.s[i+1] == 'u' {
				if i+6 > len(r.s) {
					r.i = len(r.s)
					return nil, r.unexpected()
				}
				n, err := strconv.ParseUint(r.s[i+2:i+6], 16, 16)
				if err != nil {
					r.i = i + 2
					return nil, r.unexpected()
				}
				units = append(units, uint16(n))
				i += 6
				continue
			}
			at := strings.IndexByte(`"\/bfnrt`, r.s[i+1])
			if at < 0 {
				r.i = i + 1
				return nil, r.unexpected()
			}
			units = append(units, uint16("\"\\/\b\f\n\r\t"[at]))
			i += 2
		case c < utf8.RuneSelf:
			units = append(units, uint16(c))
			i++
		default:
			ch, n := utf8.DecodeRuneInString(r.s[i:])
			units = utf16.AppendRune(units, ch)
			i += n
		}
	}
	r.i = len(r.s)
	return nil, r.unexpected()
}

// put defines an own property as a literal does: a name that the prototype knows,
// __proto__ and constructor among them, is a name like any other.
func (m *machine) put(o *goja.Object, key string, v goja.Value) {
	if inherited[key] {
		_ = o.DefineDataProperty(key, v, goja.FLAG_TRUE, goja.FLAG_TRUE, goja.FLAG_TRUE)
		return
	}
	_ = o.Set(key, v)
}

// inherited are the names that Object.prototype has.
var inherited = map[string]bool{
	"__proto__": true, "constructor": true, "toString": true, "valueOf": true, "toLocaleString": true, "hasOwnProperty": true,
	"isPrototypeOf": true, "propertyIsEnumerable": true, "__defineGetter__": true, "__defineSetter__": true,
	"__lookupGetter__": true, "__lookupSetter__": true,
}

// writer appends the JSON of native values as JSON.stringify does.
type writer struct {
	m      *machine
	dst    []byte
	indent string
	nested string         // indentation so far
	stack  []*goja.Object // the objects we are in
	filter []string       // of a replacer that is an array
	only   bool
	// replace is a replacer that is a function.
	replace goja.Callable
	count   int
}

// marshal appends the JSON of v; what has no JSON (undefined, a function) is null.
func (m *machine) marshal(dst []byte, v goja.Value) ([]byte, error) {
	w := writer{m: m, dst: dst}
	ok, err := w.value(nil, "", v)
	if err == nil && !ok {
		w.dst = append(w.dst, "null"...)
	}
	return w.dst, err
}

// value appends v, the member key of holder; false when it has no JSON.
func (w *writer) value(holder *goja.Object, key string, v goja.Value) (bool, error) {
	o, isObject := v.(*goja.Object)
	if isObject {
		if f, ok := goja.AssertFunction(o.Get("toJSON")); ok {
			var err error
			if v, err = f(o, w.m.vm.ToValue(key)); err != nil {
				return false, err
			}
			o, isObject = v.(*goja.Object)
		}
	}
	if w.replace != nil {
		if holder == nil {
			holder = w.m.vm.NewObject()
			w.m.put(holder, key, v)
		}
		var err error
		if v, err = w.replace(holder, w.m.vm.ToValue(key), v); err != nil {
			return false, err
		}
		o, isObject = v.(*goja.Object)
	}
	if isObject {
		return w.object(o)
	}
	switch {
	case v == nil, goja.IsUndefined(v):
		return false, nil
	case goja.IsNull(v):
		w.dst = append(w.dst, "null"...)
	case goja.IsNumber(v):
		w.dst = appendNumber(w.dst, v.ToFloat())
	case goja.IsString(v):
		if len(w.dst) > longestString {
			return false, w.m.rangeError("The JSON is too long")
		}
		w.dst = appendText(w.dst, v.(goja.String))
	case goja.IsBigInt(v):
		return false, w.m.typeError("Do not know how to serialize a BigInt")
	default:
		if _, ok := v.(*goja.Symbol); ok {
			return false, nil
		}
		w.dst = strconv.AppendBool(w.dst, v.ToBoolean())
	}
	return true, nil
}

// appendNumber writes a double as JSON.stringify does; what is none becomes null.
func appendNumber(dst []byte, f float64) []byte {
	switch {
	case math.IsNaN(f) || math.IsInf(f, 0):
		return append(dst, "null"...)
	case f == math.Trunc(f) && math.Abs(f) < 1<<53:
		return strconv.AppendInt(dst, int64(f), 10)
	}
	dst, _ = value.AppendJSON(dst, f)
	return dst
}

// appendText writes a string; a surrogate without its other half is escaped.
func appendText(dst []byte, s goja.String) []byte {
	text := s.String()
	if !strings.ContainsRune(text, utf8.RuneError) {
		return value.AppendString(dst, text)
	}
	dst = append(dst, '"')
	for i, n := 0, s.Length(); i < n; i++ {
		c := s.CharAt(i)
		r := rune(c)
		if utf16.IsSurrogate(r) {
			if i+1 < n {
				if pair := utf16.DecodeRune(r, rune(s.CharAt(i+1))); pair != utf8.RuneError {
					dst = utf8.AppendRune(dst, pair)
					i++
					continue
				}
			}
			dst = fmt.Appendf(dst, `\u%04x`, c)
			continue
		}
		q := value.AppendString(nil, string(r))
		dst = append(dst, q[1:len(q)-1]...)
	}
	return append(dst, '"')
}

func (w *writer) object(o *goja.Object) (bool, error) {
	if isFunction(o) {
		return false, nil
	}
	w.count++
	if w.count&0x3ff == 0 {
		w.m.yield()
	}
	class := o.ClassName()
	switch class {
	case "Number":
		w.dst = appendNumber(w.dst, o.ToFloat())
		return true, nil
	case "String":
		w.dst = appendText(w.dst, w.m.text(o))
		return true, nil
	case "Boolean":
		b, err := w.m.builtins.booleanValue(o)
		if err != nil {
			return false, err
		}
		w.dst = strconv.AppendBool(w.dst, b.ToBoolean())
		return true, nil
	case "BigInt":
		return false, w.m.typeError("Do not know how to serialize a BigInt")
	}
	if len(w.stack) >= limit.APIDepth {
		return false, w.m.rangeError(fmt.Sprintf("The value is nested deeper than %d levels", limit.APIDepth))
	}
	for _, outer := range w.stack {
		if outer == o {
			return false, w.m.typeError("Converting circular structure to JSON")
		}
	}
	if len(w.dst) > longestString {
		return false, w.m.rangeError("The JSON is too long")
	}
	w.stack = append(w.stack, o)
	outer := w.nested
	w.nested += w.indent
	var err error
	if class == "Array" || w.m.isArray(o, class) {
		err = w.array(o, outer)
	} else {
		err = w.members(o, outer)
	}
	w.nested = outer
	w.stack = w.stack[:len(w.stack)-1]
	return true, err
}

func (w *writer) line(indent string) {
	if w.indent != "" {
		w.dst = append(append(w.dst, '\n'), indent...)
	}
}

func (w *writer) array(o *goja.Object, outer string) error {
	n := o.Get("length").ToInteger()
	if n > longestArray {
		return w.m.rangeError("The array is too long")
	}
	w.dst = append(w.dst, '[')
	for i := range int(n) {
		if i > 0 {
			w.dst = append(w.dst, ',')
		}
		if i&0x3ff == 0x3ff {
			w.m.yield()
		}
		w.line(w.nested)
		key := strconv.Itoa(i)
		ok, err := w.value(o, key, o.Get(key))
		if err != nil {
			return err
		}
		if !ok {
			w.dst = append(w.dst, "null"...)
		}
	}
	if n > 0 {
		w.line(outer)
	}
	w.dst = append(w.dst, ']')
	return nil
}

func (w *writer) members(o *goja.Object, outer string) error {
	keys := w.filter
	if !w.only {
		var err error
		if keys, err = w.m.keysOf(o); err != nil {
			return err
		}
	}
	w.dst = append(w.dst, '{')
	first := true
	for i, key := range keys {
		if i&0x3ff == 0x3ff {
			w.m.yield()
		}
		before := len(w.dst)
		if !first {
			w.dst = append(w.dst, ',')
		}
		w.line(w.nested)
		w.dst = append(value.AppendString(w.dst, key), ':')
		if w.indent != "" {
			w.dst = append(w.dst, ' ')
		}
		ok, err := w.value(o, key, o.Get(key))
		if err != nil {
			return err
		}
		if !ok {
			w.dst = w.dst[:before]
			continue
		}
		first = false
	}
	if !first {
		w.line(outer)
	}
	w.dst = append(w.dst, '}')
	return nil
}
