package js

import (
	"crypto/rand"
	"encoding/binary"
	"reflect"

	"github.com/dop251/goja"
)

// What the engine says it exports objects as, by which we know what they are.
var (
	arrayBufferType = reflect.TypeFor[goja.ArrayBuffer]()
	proxyType       = reflect.TypeFor[goja.Proxy]()
	promiseType     = reflect.TypeFor[*goja.Promise]()
	mapType         = reflect.TypeFor[[][2]any]()
	setType         = reflect.TypeFor[[]any]()
)

// builtins are what our native functions use of a machine, taken before any
// script could touch it.
type builtins struct {
	yes, no                                goja.Value
	error, rangeError, date, uint8Array    *goja.Object
	regexp, mapConstructor, setConstructor *goja.Object
	objectPrototype                        *goja.Object
	object, hasOwn, booleanValue, isArray  goja.Callable
	mapEntries, mapSet, setValues, setAdd  goja.Callable
	match, source, flags, exponent, freeze goja.Callable
	numbers                                goja.Callable // a typed array's length
	syntaxError                            *goja.Object
}

// random is Math.random's source.
func random() float64 {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails
	return float64(binary.LittleEndian.Uint64(b[:])>>11) / (1 << 53)
}

// furnish gives a new runtime what scripts find there: guarded built-ins, our
// globals, everything frozen.
func (m *machine) furnish() {
	m.takeBuiltins()
	m.guard()
	m.hosts()
	m.freezeAll()
}

// native is a function that scripts may call.
type native = func(goja.FunctionCall) goja.Value

// at returns the object at the end of a path of names from the global object.
func (m *machine) at(names ...string) *goja.Object {
	o := m.vm.GlobalObject()
	for _, name := range names {
		o = o.Get(name).(*goja.Object)
	}
	return o
}

func (m *machine) callable(names ...string) goja.Callable {
	f, ok := goja.AssertFunction(m.at(names...))
	if !ok {
		panic("no function: " + names[len(names)-1])
	}
	return f
}

func (m *machine) takeBuiltins() {
	own, _ := goja.AssertFunction(m.at("Object", "prototype", "hasOwnProperty"))
	boolean, _ := goja.AssertFunction(m.at("Boolean", "prototype", "valueOf"))
	m.builtins = builtins{
		yes: m.vm.ToValue(true), no: m.vm.ToValue(false),
		error: m.at("Error"), syntaxError: m.at("SyntaxError"), rangeError: m.at("RangeError"), date: m.at("Date"), uint8Array: m.at("Uint8Array"),
		regexp: m.at("RegExp"), mapConstructor: m.at("Map"), setConstructor: m.at("Set"),
		objectPrototype: m.at("Object", "prototype"),
		object:          m.callable("Object"), hasOwn: own, booleanValue: boolean,
		isArray:    m.callable("Array", "isArray"),
		mapEntries: m.callable("Map", "prototype", "entries"), mapSet: m.callable("Map", "prototype", "set"),
		exponent:  m.run1("(function (x, y) { return x ** y })"),
		numbers:   m.run1("Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Int8Array).prototype, 'length').get"),
		setValues: m.callable("Set", "prototype", "values"), setAdd: m.callable("Set", "prototype", "add"),
	}
}

// run1 returns the function that a text of ours is.
func (m *machine) run1(src string) goja.Callable {
	f, _ := goja.AssertFunction(m.object(src))
	return f
}

// object returns the object that a text of ours is.
func (m *machine) object(src string) *goja.Object {
	v, err := m.vm.RunString(src)
	if err != nil {
		panic(err)
	}
	return v.(*goja.Object)
}

// method defines a member that is a native function.
func (m *machine) method(o *goja.Object, name string, fn native) {
	f := m.vm.ToValue(func(c goja.FunctionCall) goja.Value { m.step(); return fn(c) }).(*goja.Object)
	_ = f.DefineDataProperty("name", m.vm.ToValue(name), goja.FLAG_FALSE, goja.FLAG_TRUE, goja.FLAG_FALSE)
	_ = o.DefineDataProperty(name, f, goja.FLAG_TRUE, goja.FLAG_TRUE, goja.FLAG_FALSE)
}

func (m *machine) global(name string, v goja.Value) {
	_ = m.vm.GlobalObject().DefineDataProperty(name, v, goja.FLAG_TRUE, goja.FLAG_TRUE, goja.FLAG_FALSE)
}
