package js

import (
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"reflect"
	"slices"
	"strconv"
	"time"

	"github.com/dop251/goja"

	"ecoflow/app/limit"
	"ecoflow/app/value"
)

// throw is an error that scripts see as the value they would have got.
type throw struct{ value goja.Value }

func (t *throw) Error() string { return t.value.String() }

func (m *machine) typeError(message string) error {
	return &throw{m.vm.NewTypeError("%s", message)}
}

func (m *machine) rangeError(message string) error {
	return &throw{m.make(m.builtins.rangeError, m.vm.ToValue(message))}
}

// must throws err, where there is one, in the script that called us.
func (m *machine) must(err error) {
	switch err := err.(type) {
	case nil:
	case *throw:
		panic(err.value)
	case *goja.Exception, *goja.InterruptedError, *goja.StackOverflowError:
		panic(err)
	default:
		panic(m.make(m.builtins.error, m.vm.ToValue(err.Error())))
	}
}

// make constructs an object of one of our own built-ins, which do not throw.
func (m *machine) make(constructor *goja.Object, args ...goja.Value) *goja.Object {
	o, err := m.vm.New(constructor, args...)
	if err != nil {
		panic(err)
	}
	return o
}

// value returns the native value of a Go value; exact numbers become doubles.
func (m *machine) value(v any) (goja.Value, error) { return m.native(v, 0) }

func (m *machine) native(v any, depth int) (goja.Value, error) {
	if depth > limit.APIDepth {
		return nil, fmt.Errorf("nested deeper than %d levels", limit.APIDepth)
	}
	switch v := v.(type) {
	case nil:
		return goja.Null(), nil
	case bool:
		if v {
			return m.builtins.yes, nil
		}
		return m.builtins.no, nil
	case string:
		return m.vm.ToValue(v), nil
	case float64, int64, int:
		return m.vm.ToValue(v), nil
	case json.Number:
		_, err := strconv.ParseInt(string(v), 10, 64)
		return m.number(string(v), err == nil), nil
	case map[string]any:
		o := m.vm.NewObject()
		for _, key := range sortedKeys(v) {
			member, err := m.native(v[key], depth+1)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", key, err)
			}
			m.put(o, key, member)
		}
		return o, nil
	case []any:
		items := make([]any, len(v))
		for i, item := range v {
			n, err := m.native(item, depth+1)
			if err != nil {
				return nil, fmt.Errorf("%d: %w", i, err)
			}
			items[i] = n
		}
		return m.vm.NewArray(items...), nil
	case []byte:
		return m.bytes(slices.Clone(v)), nil
	case time.Time:
		return m.make(m.builtins.date, m.vm.ToValue(v.UnixMilli())), nil
	case value.Raw:
		return m.parse(string(v.Bytes()))
	case interface{ Resolve() (any, error) }:
		r, err := v.Resolve()
		if err != nil {
			return nil, err
		}
		return m.native(r, depth+1)
	}
	return m.shown(v)
}

// shown gives scripts a copy of what a Go value's JSON says and remembers the
// value, for when nobody replaces it.
func (m *machine) shown(v any) (goja.Value, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("scripts cannot read a %T: %w", v, err)
	}
	n, err := m.parse(string(b))
	if err != nil {
		return nil, err
	}
	if o, ok := n.(*goja.Object); ok {
		s := m.call.seat
		if s.opaque == nil {
			s.opaque = map[*goja.Object]any{}
		}
		s.opaque[o] = v
	}
	return n, nil
}

func (m *machine) bytes(b []byte) *goja.Object {
	return m.make(m.builtins.uint8Array, m.vm.ToValue(m.vm.NewArrayBuffer(b)))
}

func sortedKeys(v map[string]any) []string {
	keys := make([]string, 0, len(v))
	for k := range v {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// exporter turns native values into Go values.
type exporter struct {
	m      *machine
	opaque map[*goja.Object]any
	stack  []*goja.Object
	count  int
}

func (m *machine) export(v goja.Value, opaque map[*goja.Object]any) (any, error) {
	x := exporter{m: m, opaque: opaque}
	return x.value(v)
}

func (x *exporter) value(v goja.Value) (any, error) {
	switch v := v.(type) {
	case nil:
		return nil, nil
	case *goja.Object:
		return x.object(v)
	case goja.String:
		return v.String(), nil
	case *goja.Symbol:
		return nil, nil
	}
	switch {
	case goja.IsUndefined(v), goja.IsNull(v):
		return nil, nil
	case goja.IsNumber(v):
		return number(v.ToFloat()), nil
	case goja.IsBigInt(v):
		return big64(v), nil
	}
	return v.ToBoolean(), nil
}

// number keeps whole numbers whole; what JSON cannot hold is nothing.
func number(f float64) any {
	switch {
	case math.IsNaN(f) || math.IsInf(f, 0):
		return nil
	case f == math.Trunc(f) && math.Abs(f) < 1<<53:
		return int64(f)
	}
	return f
}

func big64(v goja.Value) any {
	n, ok := v.Export().(*big.Int)
	if !ok {
		return nil
	}
	if n.IsInt64() {
		return n.Int64()
	}
	return json.Number(n.String())
}

func (x *exporter) object(o *goja.Object) (any, error) {
	if v, ok := x.opaque[o]; ok {
		return v, nil
	}
	if isFunction(o) {
		return nil, nil
	}
	x.count++
	if x.count&0x3ff == 0 {
		x.m.yield()
	}
	class := o.ClassName()
	switch class {
	case "Date":
		t, ok := o.Export().(time.Time)
		if !ok || t.IsZero() {
			return nil, nil
		}
		return t.UTC(), nil
	case "Number":
		return number(o.ToFloat()), nil
	case "String":
		return o.ToString().String(), nil
	case "Boolean":
		b, err := x.m.builtins.booleanValue(o)
		if err != nil {
			return nil, err
		}
		return b.ToBoolean(), nil
	}
	if b, ok := x.m.bytesOf(o, class); ok {
		return slices.Clone(b), nil
	}
	if f, ok := goja.AssertFunction(o.Get("toJSON")); ok {
		v, err := f(o, x.m.vm.ToValue(""))
		if err != nil {
			return nil, err
		}
		if v != o {
			return x.value(v)
		}
	}
	if len(x.stack) >= limit.APIDepth {
		return nil, x.m.rangeError(fmt.Sprintf("The value is nested deeper than %d levels", limit.APIDepth))
	}
	if slices.Contains(x.stack, o) {
		return nil, x.m.typeError("The value holds itself")
	}
	x.stack = append(x.stack, o)
	defer func() { x.stack = x.stack[:len(x.stack)-1] }()
	if class == "Array" || x.m.isArray(o, class) {
		n := o.Get("length").ToInteger()
		if n > longestArray {
			return nil, x.m.rangeError("The array is too long")
		}
		list := make([]any, n)
		for i := range list {
			if i&0x3ff == 0x3ff {
				x.m.yield()
			}
			v, err := x.value(o.Get(strconv.Itoa(i)))
			if err != nil {
				return nil, err
			}
			list[i] = v
		}
		return list, nil
	}
	keys, err := x.m.keysOf(o)
	if err != nil {
		return nil, err
	}
	out := make(map[string]any, len(keys))
	for i, key := range keys {
		if i&0x3ff == 0x3ff {
			x.m.yield()
		}
		member := o.Get(key)
		if absent(member) {
			continue
		}
		v, err := x.value(member)
		if err != nil {
			return nil, err
		}
		out[key] = v
	}
	return out, nil
}

// absent reports whether a member with this value is left out of JSON.
func absent(v goja.Value) bool {
	switch v := v.(type) {
	case nil:
		return true
	case *goja.Symbol:
		return true
	case *goja.Object:
		return isFunction(v)
	}
	return goja.IsUndefined(v)
}

// isFunction reports whether the object can be called.
func isFunction(o *goja.Object) bool {
	return o.ExportType().Kind() == reflect.Func || o.ClassName() == "Function"
}

// bytesOf returns the bytes that an ArrayBuffer or a typed array shows.
func (m *machine) bytesOf(o *goja.Object, class string) ([]byte, bool) {
	if class != "Object" && class != "ArrayBuffer" {
		return nil, false
	}
	t := o.ExportType()
	if t == reflect.TypeFor[goja.ArrayBuffer]() {
		b, ok := o.Export().(goja.ArrayBuffer)
		if !ok || b.Detached() {
			return nil, false
		}
		return b.Bytes(), true
	}
	if t.Kind() != reflect.Slice {
		return nil, false
	}
	buffer, ok := o.Get("buffer").(*goja.Object)
	if !ok {
		return nil, false
	}
	b, ok := buffer.Export().(goja.ArrayBuffer)
	if !ok || b.Detached() {
		return nil, false
	}
	from := int(o.Get("byteOffset").ToInteger())
	to := from + int(o.Get("byteLength").ToInteger())
	if all := b.Bytes(); from >= 0 && to <= len(all) && from <= to {
		return all[from:to], true
	}
	return nil, false
}

// isArray is true for a proxy of an array, which has the class of an object.
func (m *machine) isArray(o *goja.Object, class string) bool {
	if class != "Object" || o.ExportType() != proxyType {
		return false
	}
	v, err := m.builtins.isArray(goja.Undefined(), o)
	return err == nil && v.ToBoolean()
}
