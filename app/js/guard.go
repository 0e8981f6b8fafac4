package js

import (
	"fmt"
	"math"
	"math/big"
	"slices"
	"strings"

	"github.com/dop251/goja"

	"ecoflow/app/limit"
)

// What native functions may be asked for at once. A native loop cannot be
// interrupted, so its length is bounded instead.
const (
	longestString   = 32 << 20 // UTF-16 units
	longestArray    = 4 << 20
	longestSort     = 1 << 18 // without a function that compares
	longestSplit    = 4 << 20
	longestBuffer   = 64 << 20 // bytes
	mostArguments   = 1 << 17
	mostProxies     = 10_000 // made by one call
	mostBound       = 100_000
	deepestChain    = 1000 // of prototypes
	deepestJoin     = 200  // arrays in arrays
	deepestYield    = 200  // generators in generators
	longestPattern  = 64 << 10
	deepestPattern  = 200 // groups in groups
	longestDigits   = 10_000
	largestBigInt   = 1 << 20 // bits
	quadraticSearch = 1 << 32
)

func sortedNames[V any](m map[string]V) []string {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// guard puts bounds around the built-ins that could run or grow without end.
func (m *machine) guard() {
	m.guardArrays()
	m.guardStrings()
	m.guardRegexps()
	m.guardBuffers()
	m.guardCode()
	m.guardGenerators()
	m.guardObjects()
	m.guardKeys()
	m.guardNumbers()
	m.guardSteps()
	m.ownJSON()
}

// wrap replaces a native method by one that checks its call first.
func (m *machine) wrap(o *goja.Object, name string, check native) {
	original := o.Get(name)
	if original == nil {
		return
	}
	call, ok := goja.AssertFunction(original)
	if !ok {
		panic("no function: " + name)
	}
	m.replace(o, name, func(c goja.FunctionCall) goja.Value {
		if check != nil {
			check(c)
		}
		v, err := call(c.This, c.Arguments...)
		m.must(err)
		return v
	})
}

// replace puts a native function in the place of a built-in one. What calls it natively
// again and again, as a spread does an iterator's next, ends when the turn does.
func (m *machine) replace(o *goja.Object, name string, fn native) {
	original, _ := o.Get(name).(*goja.Object)
	f := m.vm.ToValue(func(c goja.FunctionCall) goja.Value { m.step(); return fn(c) }).(*goja.Object)
	_ = f.DefineDataProperty("name", m.vm.ToValue(name), goja.FLAG_FALSE, goja.FLAG_TRUE, goja.FLAG_FALSE)
	if original != nil {
		_ = f.DefineDataProperty("length", original.Get("length"), goja.FLAG_FALSE, goja.FLAG_TRUE, goja.FLAG_FALSE)
	}
	_ = o.DefineDataProperty(name, f, goja.FLAG_TRUE, goja.FLAG_TRUE, goja.FLAG_FALSE)
}

// reconstruct replaces a constructor by one that checks, and may change, its
// arguments; prototype and static members stay what they are.
func (m *machine) reconstruct(holder *goja.Object, name string, check func(args []goja.Value) []goja.Value) {
	original := holder.Get(name).(*goja.Object)
	construct, ok := goja.AssertConstructor(original)
	if !ok {
		panic("no constructor: " + name)
	}
	var f *goja.Object
	f = m.vm.ToValue(func(c goja.ConstructorCall) *goja.Object {
		m.step()
		target := c.NewTarget
		if target == nil || target == f {
			target = original
		}
		o, err := construct(target, check(c.Arguments)...)
		m.must(err)
		return o
	}).(*goja.Object)
	m.succeed(holder, name, original, f)
}

// succeed puts f in the place of a constructor, with its prototype and static members.
func (m *machine) succeed(holder *goja.Object, name string, original, f *goja.Object) {
	m.take(f, original)
	if proto, ok := original.Get("prototype").(*goja.Object); ok {
		_ = proto.DefineDataProperty("constructor", f, goja.FLAG_TRUE, goja.FLAG_TRUE, goja.FLAG_FALSE)
	}
	_ = holder.DefineDataProperty(name, f, goja.FLAG_TRUE, goja.FLAG_TRUE, goja.FLAG_FALSE)
}

// take gives f the own properties of the constructor it replaces.
func (m *machine) take(f, original *goja.Object) {
	object := m.at("Object")
	descriptors, _ := goja.AssertFunction(object.Get("getOwnPropertyDescriptors"))
	define, _ := goja.AssertFunction(object.Get("defineProperty"))
	all, err := descriptors(goja.Undefined(), original)
	m.must(err)
	set := all.(*goja.Object)
	for _, key := range set.Keys() {
		_, err := define(goja.Undefined(), f, m.vm.ToValue(key), set.Get(key))
		m.must(err)
	}
	for _, sym := range set.Symbols() {
		_, err := define(goja.Undefined(), f, sym, set.GetSymbol(sym))
		m.must(err)
	}
	_ = f.SetPrototype(original.Prototype())
}

// tooMuch throws a RangeError.
func (m *machine) tooMuch(format string, args ...any) {
	m.engine.options.Counters.Refused("script_size")
	m.must(m.rangeError(fmt.Sprintf(format, args...)))
}

// lengthOf returns the length of an array-like, 0 for what is none.
func lengthOf(v goja.Value) int64 {
	switch v := v.(type) {
	case *goja.Object:
		if n := v.Get("length"); n != nil {
			return n.ToInteger()
		}
	case goja.String:
		return int64(v.Length())
	}
	return 0
}

func (m *machine) checkArray(v goja.Value) {
	if o, ok := v.(*goja.Object); ok {
		if n := lengthOf(o); n > longestArray {
			m.tooMuch("An array of %d places is too long; %d are the most", n, longestArray)
		}
	}
}

func (m *machine) guardArrays() {
	proto := m.at("Array", "prototype")
	this := func(c goja.FunctionCall) goja.Value { m.checkArray(c.This); return nil }
	for _, name := range []string{
		"shift", "unshift", "slice", "splice", "reverse", "indexOf", "lastIndexOf", "includes", "copyWithin",
		"forEach", "map", "filter", "some", "every", "reduce", "reduceRight", "find", "findIndex", "findLast",
		"findLastIndex", "flatMap", "keys", "entries", "values", "toReversed", "toSpliced", "with", "push",
	} {
		if name != "push" {
			m.wrap(proto, name, this)
		}
	}
	_ = proto.DefineDataPropertySymbol(goja.SymIterator, proto.Get("values"), goja.FLAG_TRUE, goja.FLAG_TRUE, goja.FLAG_FALSE)
	for _, name := range []string{"sort", "toSorted"} {
		m.wrap(proto, name, func(c goja.FunctionCall) goja.Value {
			m.checkArray(c.This)
			if n := lengthOf(c.This); goja.IsUndefined(c.Argument(0)) && n > longestSort {
				m.tooMuch("Sorting %d places takes a function that compares; without one %d are the most", n, longestSort)
			}
			return nil
		})
	}
	m.wrap(proto, "concat", func(c goja.FunctionCall) goja.Value {
		total := lengthOf(c.This)
		for _, arg := range c.Arguments {
			if _, ok := arg.(*goja.Object); ok {
				total += lengthOf(arg)
			}
		}
		if total > longestArray {
			m.tooMuch("An array of %d places is too long; %d are the most", total, longestArray)
		}
		return nil
	})
	m.replace(proto, "fill", m.fill(proto))
	m.replace(proto, "flat", m.flat)
	m.replace(proto, "join", func(c goja.FunctionCall) goja.Value { return m.join(c, false) })
	m.replace(proto, "toLocaleString", func(c goja.FunctionCall) goja.Value {
		return m.join(goja.FunctionCall{This: c.This}, true)
	})
	m.wrap(m.at("Array"), "from", func(c goja.FunctionCall) goja.Value { m.checkArray(c.Argument(0)); return nil })
	typed := m.at("Int8Array").Prototype()
	typedProto := typed.Get("prototype").(*goja.Object)
	for _, name := range []string{"sort", "toSorted", "join", "toLocaleString"} {
		m.wrap(typedProto, name, func(c goja.FunctionCall) goja.Value {
			if n := lengthOf(c.This); n > longestSort {
				m.tooMuch("An array of %d numbers is too long for %s; %d are the most", n, name, longestSort)
			}
			return nil
		})
	}
	m.wrap(typed, "from", func(c goja.FunctionCall) goja.Value { m.checkArray(c.Argument(0)); return nil })
}

// fill is Array.prototype.fill in steps, between which it can be interrupted.
func (m *machine) fill(proto *goja.Object) native {
	const step = 1 << 16
	original, _ := goja.AssertFunction(proto.Get("fill"))
	return func(c goja.FunctionCall) goja.Value {
		m.checkArray(c.This)
		n := lengthOf(c.This)
		if n <= step {
			v, err := original(c.This, c.Arguments...)
			m.must(err)
			return v
		}
		place := func(v goja.Value, otherwise int64) int64 {
			if goja.IsUndefined(v) {
				return otherwise
			}
			i := v.ToInteger()
			if i < 0 {
				i += n
			}
			return min(max(i, 0), n)
		}
		for from, to := place(c.Argument(1), 0), place(c.Argument(2), n); from < to; from += step {
			m.yield()
			_, err := original(c.This, c.Argument(0), m.vm.ToValue(from), m.vm.ToValue(min(from+step, to)))
			m.must(err)
		}
		return c.This
	}
}

// flat is Array.prototype.flat over arrays of a bounded depth and size.
func (m *machine) flat(c goja.FunctionCall) goja.Value {
	depth := 1.0
	if d := c.Argument(0); !goja.IsUndefined(d) {
		depth = d.ToFloat()
	}
	var out []any
	var level func(o *goja.Object, depth float64, nested int)
	level = func(o *goja.Object, depth float64, nested int) {
		m.checkArray(o)
		if nested > deepestJoin {
			m.tooMuch("Arrays are nested deeper than %d levels", deepestJoin)
		}
		for i := range lengthOf(o) {
			v := o.Get(fmt.Sprint(i))
			if v == nil {
				continue
			}
			if inner, ok := v.(*goja.Object); ok && depth >= 1 && inner.ClassName() == "Array" {
				level(inner, depth-1, nested+1)
				continue
			}
			if out = append(out, v); len(out) > longestArray {
				m.tooMuch("The flat array is too long; %d places are the most", longestArray)
			}
			if len(out)&0xfff == 0 {
				m.yield()
			}
		}
	}
	level(c.This.ToObject(m.vm), depth, 0)
	return m.vm.NewArray(out...)
}

// join is Array.prototype.join with a bounded result. An array inside itself is
// empty text.
func (m *machine) join(c goja.FunctionCall, locale bool) goja.Value {
	o := c.This.ToObject(m.vm)
	m.checkArray(o)
	if slices.Contains(m.joining, o) {
		return m.vm.ToValue("")
	}
	if len(m.joining) >= deepestJoin {
		m.tooMuch("Arrays are nested deeper than %d levels", deepestJoin)
	}
	m.joining = append(m.joining, o)
	defer func() { m.joining = m.joining[:len(m.joining)-1] }()
	var separator goja.String
	if s := c.Argument(0); goja.IsUndefined(s) {
		separator = m.text(m.vm.ToValue(","))
	} else {
		separator = m.text(s)
	}
	var b goja.StringBuilder
	size := 0
	for i := range lengthOf(o) {
		if i > 0 {
			b.WriteString(separator)
			size += separator.Length()
		}
		v := o.Get(fmt.Sprint(i))
		if v == nil || goja.IsUndefined(v) || goja.IsNull(v) {
			v = nil
		}
		if v != nil {
			if inner, ok := v.(*goja.Object); ok && locale {
				f, ok := goja.AssertFunction(inner.Get("toLocaleString"))
				if !ok {
					m.must(m.typeError("toLocaleString is not a function"))
				}
				r, err := f(inner)
				m.must(err)
				v = r
			}
			s := m.text(v)
			size += s.Length()
			if size > longestString {
				m.tooMuch("The text is too long; %d characters are the most", longestString)
			}
			b.WriteString(s)
		}
		if i&0xff == 0xff {
			m.yield()
		}
	}
	if size > longestString {
		m.tooMuch("The text is too long; %d characters are the most", longestString)
	}
	return b.String()
}

// text is a value as text; it may run a toString of the script's.
func (m *machine) text(v goja.Value) goja.String {
	if s, ok := v.ToString().(goja.String); ok {
		return s
	}
	s, _ := m.vm.ToValue(v.String()).(goja.String) // a number is its own text until somebody looks
	return s
}

func (m *machine) checkText(n float64) {
	if n > longestString {
		m.tooMuch("The text is too long; %d characters are the most", longestString)
	}
}

func (m *machine) guardStrings() {
	proto := m.at("String", "prototype")
	repeat, _ := goja.AssertFunction(proto.Get("repeat"))
	m.replace(proto, "repeat", func(c goja.FunctionCall) goja.Value {
		s, ok := c.This.(goja.String)
		n := c.Argument(0).ToFloat()
		if !ok || s.Length() == 0 || !(n >= 1) || math.IsInf(n, 1) {
			v, err := repeat(c.This, c.Argument(0))
			m.must(err)
			return v
		}
		m.checkText(n * float64(s.Length()))
		var out goja.String
		for times := int64(n); ; s = s.Concat(s) { // a text of millions, copied a few times
			m.yield()
			if times&1 == 1 {
				if out == nil {
					out = s
				} else {
					out = out.Concat(s)
				}
			}
			if times >>= 1; times == 0 {
				return out
			}
		}
	})
	for _, name := range []string{"padStart", "padEnd"} {
		m.wrap(proto, name, func(c goja.FunctionCall) goja.Value { m.checkText(c.Argument(0).ToFloat()); return nil })
	}
	m.wrap(proto, "concat", func(c goja.FunctionCall) goja.Value {
		total := m.text(c.This).Length()
		for _, arg := range c.Arguments {
			total += m.text(arg).Length()
		}
		m.checkText(float64(total))
		return nil
	})
	for _, name := range []string{"indexOf", "lastIndexOf", "includes"} {
		m.wrap(proto, name, func(c goja.FunctionCall) goja.Value { m.checkSearch(c); return nil })
	}
	m.replace(proto, "split", m.split(proto))
	for _, name := range []string{"replace", "replaceAll"} {
		m.wrap(proto, name, func(c goja.FunctionCall) goja.Value { m.checkReplace(c, name == "replaceAll"); return nil })
	}
	m.wrap(m.at("String"), "raw", func(c goja.FunctionCall) goja.Value {
		if o, ok := c.Argument(0).(*goja.Object); ok {
			m.checkArray(o.Get("raw"))
		}
		return nil
	})
}

// split is String.prototype.split in steps, between which it can be interrupted, where
// an ASCII text is split at another.
func (m *machine) split(proto *goja.Object) native {
	original, _ := goja.AssertFunction(proto.Get("split"))
	return func(c goja.FunctionCall) goja.Value {
		m.checkSearch(c)
		s, isText := c.This.(goja.String)
		at, byText := c.Argument(0).(goja.String)
		text := ""
		if isText && byText {
			text = s.String()
		}
		if len(text) == 0 || len(text) != s.Length() {
			if n := lengthOf(c.This); n > longestSplit {
				m.tooMuch("A text of %d characters is too long to split; %d are the most", n, longestSplit)
			}
			v, err := original(c.This, c.Arguments...)
			m.must(err)
			return v
		}
		most := int64(math.MaxUint32)
		if v := c.Argument(1); !goja.IsUndefined(v) {
			most = v.ToInteger() & math.MaxUint32
		}
		separator := at.String()
		n := min(int64(strings.Count(text, separator))+1, most)
		if n > longestArray {
			m.tooMuch("The text has %d parts; %d are the most", n, longestArray)
		}
		parts := make([]any, 0, n)
		for from := 0; int64(len(parts)) < most; {
			to := strings.Index(text[from:], separator)
			switch {
			case separator == "" && from == len(text)-1, to < 0:
				to = len(text)
			case separator == "":
				to = from + 1
			default:
				to += from
			}
			if parts = append(parts, s.Substring(from, to)); len(parts)&0xfff == 0 {
				m.yield()
			}
			if to == len(text) {
				break
			}
			from = to + len(separator)
		}
		return m.vm.NewArray(parts...)
	}
}

// checkSearch refuses searches whose worst case is out of reach: long patterns
// in long texts beyond ASCII.
func (m *machine) checkSearch(c goja.FunctionCall) {
	s, ok := c.This.(goja.String)
	p, ok2 := c.Argument(0).(goja.String)
	if ok && ok2 && float64(s.Length())*float64(p.Length()) > quadraticSearch {
		m.tooMuch("The texts are too long to search one in the other")
	}
}

// checkReplace bounds what a replacement may grow a text to.
func (m *machine) checkReplace(c goja.FunctionCall, all bool) {
	m.checkSearch(c)
	s, ok := c.This.(goja.String)
	with, ok2 := c.Argument(1).(goja.String)
	if !ok || !ok2 {
		return
	}
	one := float64(with.Length())
	if strings.Contains(with.String(), "$") {
		one += float64(strings.Count(with.String(), "$")) * float64(s.Length())
	}
	many := float64(s.Length()) + 1
	switch p := c.Argument(0).(type) {
	case goja.String:
		if !all {
			many = 1
		} else if one*many > longestString && p.Length() > 0 {
			many = float64(strings.Count(s.String(), p.String()))
		}
	case *goja.Object:
		if one*many <= longestString || p.ClassName() != "RegExp" {
			break
		}
		if !strings.Contains(p.Get("flags").String(), "g") {
			many = 1
			break
		}
		found, err := m.builtins.match(s, p)
		m.must(err)
		many = float64(lengthOf(found))
	}
	m.checkText(float64(s.Length()) + one*many)
}

func (m *machine) guardRegexps() {
	proto := m.at("RegExp", "prototype")
	m.builtins.match = m.callable("String", "prototype", "match")
	m.builtins.source = m.run1("Object.getOwnPropertyDescriptor(RegExp.prototype, 'source').get")
	m.builtins.flags = m.run1("Object.getOwnPropertyDescriptor(RegExp.prototype, 'flags').get")
	// All other methods come here through exec.
	m.guardMatch(proto, "exec", func(v goja.Value) bool { return !goja.IsNull(v) }, m.result)
	m.guardMatch(proto, "test", goja.Value.ToBoolean, func(*match) goja.Value { return m.builtins.yes })
	_ = proto.Delete("compile")
	m.reconstruct(m.vm.GlobalObject(), "RegExp", func(args []goja.Value) []goja.Value {
		if len(args) == 0 {
			return args
		}
		source, ok := args[0].(goja.String)
		if !ok {
			return args
		}
		flags := ""
		if len(args) > 1 && !goja.IsUndefined(args[1]) {
			flags = args[1].String()
		}
		pattern := source.String()
		m.must(m.checkPattern(pattern))
		rewritten, problem := rewritePattern(pattern, flags)
		if problem != "" {
			m.must(m.syntaxError(problem))
		}
		if rewritten == pattern {
			return args
		}
		changed := slices.Clone(args)
		changed[0] = m.vm.ToValue(rewritten)
		return changed
	})
}

// checkPattern refuses patterns that would drive their compiler too deep.
func (m *machine) checkPattern(pattern string) error {
	if problem := unfit(pattern); problem != "" {
		return m.syntaxError(problem)
	}
	return nil
}

// unfit says why a pattern would drive its compiler too deep, "" where it would not.
func unfit(pattern string) string {
	if len(pattern) > longestPattern {
		return fmt.Sprintf("The regular expression is longer than %d KiB", longestPattern>>10)
	}
	if deepGroups(pattern) {
		return fmt.Sprintf("The regular expression is nested deeper than %d groups", deepestPattern)
	}
	return ""
}

func deepGroups(pattern string) bool {
	depth, class := 0, false
	for i := 0; i < len(pattern); i++ {
		switch c := pattern[i]; {
		case c == '\\':
			i++
		case c == '[':
			class = true
		case c == ']':
			class = false
		case c == '(' && !class:
			if depth++; depth > deepestPattern {
				return true
			}
		case c == ')' && !class:
			depth--
		}
	}
	return false
}

func (m *machine) guardBuffers() {
	size := func(bytes int64) func(args []goja.Value) []goja.Value {
		return func(args []goja.Value) []goja.Value {
			if len(args) == 0 {
				return args
			}
			n := int64(0)
			if o, ok := args[0].(*goja.Object); !ok {
				n = args[0].ToInteger()
			} else if o.ClassName() != "ArrayBuffer" && o.ExportType() != arrayBufferType {
				n = lengthOf(o)
			}
			if n > longestBuffer/bytes {
				m.tooMuch("A buffer of %d places is too large; %d bytes are the most", n, longestBuffer)
			}
			return args
		}
	}
	global := m.vm.GlobalObject()
	for name, bytes := range map[string]int64{
		"ArrayBuffer": 1, "Int8Array": 1, "Uint8Array": 1, "Uint8ClampedArray": 1, "Int16Array": 2, "Uint16Array": 2,
		"Int32Array": 4, "Uint32Array": 4, "Float32Array": 4, "Float64Array": 8, "BigInt64Array": 8, "BigUint64Array": 8,
	} {
		m.reconstruct(global, name, size(bytes))
	}
}

// guardGenerators bounds how deep generators run inside each other: to leave a few
// thousand of them takes the Go runtime seconds.
func (m *machine) guardGenerators() {
	f, err := m.vm.RunString("(function* () {})")
	m.must(err)
	proto := f.(*goja.Object).Prototype().Get("prototype").(*goja.Object)
	for _, name := range []string{"next", "return", "throw"} {
		original, _ := goja.AssertFunction(proto.Get(name))
		m.replace(proto, name, func(c goja.FunctionCall) goja.Value {
			if m.yielding >= deepestYield {
				m.tooMuch("Generators run inside each other over more than %d levels", deepestYield)
			}
			m.yielding++
			defer func() { m.yielding-- }()
			v, err := original(c.This, c.Arguments...)
			m.must(err)
			return v
		})
	}
}

func (m *machine) guardObjects() {
	global := m.vm.GlobalObject()
	object, reflection := m.at("Object"), m.at("Reflect")
	chain := func(v goja.Value) {
		o, ok := v.(*goja.Object)
		for n := 0; ok && o != nil; n++ {
			if n > deepestChain {
				m.tooMuch("Prototypes follow each other over more than %d steps", deepestChain)
			}
			if o.ExportType() == proxyType {
				return // its trap could be anything
			}
			o = o.Prototype()
		}
	}
	m.wrap(object, "create", func(c goja.FunctionCall) goja.Value { chain(c.Argument(0)); return nil })
	m.wrap(object, "setPrototypeOf", func(c goja.FunctionCall) goja.Value { chain(c.Argument(1)); return nil })
	m.wrap(reflection, "setPrototypeOf", func(c goja.FunctionCall) goja.Value { chain(c.Argument(1)); return nil })
	args := func(at int) native {
		return func(c goja.FunctionCall) goja.Value {
			if n := lengthOf(c.Argument(at)); n > mostArguments {
				m.tooMuch("%d arguments are too many; %d are the most", n, mostArguments)
			}
			return nil
		}
	}
	proto := m.at("Function", "prototype")
	m.wrap(proto, "apply", args(1))
	m.wrap(reflection, "apply", args(2))
	m.wrap(reflection, "construct", args(1))
	m.wrap(proto, "bind", func(goja.FunctionCall) goja.Value {
		if m.call != nil {
			if m.call.bound++; m.call.bound > mostBound {
				m.tooMuch("More than %d bound functions are too many", mostBound)
			}
		}
		return nil
	})
	m.reconstruct(global, "Proxy", func(args []goja.Value) []goja.Value {
		if m.call != nil {
			if m.call.proxies++; m.call.proxies > mostProxies {
				m.tooMuch("More than %d proxies are too many", mostProxies)
			}
		}
		return args
	})
}

func (m *machine) guardNumbers() {
	b := m.at("BigInt")
	for _, name := range []string{"asIntN", "asUintN"} {
		m.wrap(b, name, func(c goja.FunctionCall) goja.Value {
			if c.Argument(0).ToFloat() > largestBigInt {
				m.tooMuch("A big integer of more than %d bits is too large", largestBigInt)
			}
			return nil
		})
	}
	original, _ := goja.AssertFunction(b)
	f := m.vm.ToValue(func(c goja.FunctionCall) goja.Value {
		if s, ok := c.Argument(0).(goja.String); ok && s.Length() > longestDigits {
			m.tooMuch("A number of %d digits is too long", s.Length())
		}
		v, err := original(goja.Undefined(), c.Arguments...)
		m.must(err)
		return v
	}).(*goja.Object)
	m.take(f, b)
	_ = m.at("BigInt", "prototype").DefineDataProperty("constructor", f, goja.FLAG_TRUE, goja.FLAG_TRUE, goja.FLAG_FALSE)
	m.global("BigInt", f)
	number := m.at("Number", "prototype")
	m.method(number, madeName, m.made)
	m.method(number, powerName, m.power)
	m.method(number, holdName, m.hold)
	m.method(number, shiftName, m.shift)
	ignore := m.vm.ToValue(func(goja.FunctionCall) goja.Value { m.step(); return goja.Undefined() })
	_ = number.DefineAccessorProperty(sinkName, ignore, ignore, goja.FLAG_FALSE, goja.FLAG_FALSE)
}

// The compiler has **, << and >> go through these, which are members of numbers: with
// big integers a single step of those can run for minutes and fill the memory.
const (
	powerName = "\x00power"
	holdName  = "\x00hold"  // of a member
	raiseName = "\x00raise" // of what holds it, which it changes
	shiftName = "\x00shift"
	sinkName  = "\x00sink" // may be assigned anything
)

// hold reads o[key] for o[key] **= y; what it returns raises that, and changes it.
func (m *machine) hold(c goja.FunctionCall) goja.Value {
	o := c.Argument(0).ToObject(m.vm)
	var x goja.Value
	var set func(goja.Value) error
	if symbol, ok := c.Argument(1).(*goja.Symbol); ok {
		x, set = o.GetSymbol(symbol), func(v goja.Value) error { return o.SetSymbol(symbol, v) }
	} else {
		key := m.text(c.Argument(1)).String()
		x, set = o.Get(key), func(v goja.Value) error { return o.Set(key, v) }
	}
	if x == nil {
		x = goja.Undefined()
	}
	held := m.vm.NewObject()
	m.method(held, raiseName, func(c goja.FunctionCall) goja.Value {
		v := m.power(goja.FunctionCall{Arguments: []goja.Value{x, c.Argument(0)}})
		m.must(set(v))
		return v
	})
	return held
}

// power is x ** y with a bound on big integers.
func (m *machine) power(c goja.FunctionCall) goja.Value {
	x, y := m.numeric(c.Argument(0)), m.numeric(c.Argument(1))
	if base, ok := bigint(x); ok {
		if exponent, ok := bigint(y); ok && base.BitLen() > 1 &&
			(!exponent.IsInt64() || float64(base.BitLen())*float64(exponent.Int64()) > largestBigInt) && exponent.Sign() > 0 {
			m.tooMuch("A big integer of more than %d bits is too large", largestBigInt)
		}
	}
	v, err := m.builtins.exponent(goja.Undefined(), x, y)
	m.must(err)
	return v
}

// shift checks the right side of x << y, or of x >> y, and returns it.
func (m *machine) shift(c goja.FunctionCall) goja.Value {
	y := m.numeric(c.Argument(0))
	if n, ok := bigint(y); ok && (!n.IsInt64() || n.Int64() > largestBigInt || n.Int64() < -largestBigInt) {
		m.tooMuch("A big integer of more than %d bits is too large", largestBigInt)
	}
	return y
}

func (m *machine) numeric(v goja.Value) goja.Value {
	if o, ok := v.(*goja.Object); ok {
		return o.ToNumber()
	}
	return v
}

func bigint(v goja.Value) (*big.Int, bool) {
	if !goja.IsBigInt(v) {
		return nil, false
	}
	n, ok := v.Export().(*big.Int)
	return n, ok
}

// ownJSON replaces JSON.parse and JSON.stringify by ours, whose depth is bounded.
func (m *machine) ownJSON() {
	o := m.at("JSON")
	m.replace(o, "parse", func(c goja.FunctionCall) goja.Value {
		v, err := m.parse(c.Argument(0).String())
		if err != nil {
			m.must(m.syntaxError(err.Error()))
		}
		if revive, ok := goja.AssertFunction(c.Argument(1)); ok {
			root := m.vm.NewObject()
			m.put(root, "", v)
			return m.revive(revive, root, "", 0)
		}
		return v
	})
	m.replace(o, "stringify", m.stringify)
}

// revive walks what was parsed, innermost first, as JSON.parse does.
func (m *machine) revive(f goja.Callable, holder *goja.Object, key string, depth int) goja.Value {
	if depth > limit.APIDepth {
		m.tooMuch("The value is nested deeper than %d levels", limit.APIDepth)
	}
	if o, ok := holder.Get(key).(*goja.Object); ok {
		m.checkArray(o)
		keys, err := m.keysOf(o)
		m.must(err)
		for _, k := range keys {
			if v := m.revive(f, o, k, depth+1); goja.IsUndefined(v) {
				_ = o.Delete(k)
			} else {
				m.put(o, k, v)
			}
		}
	}
	v, err := f(holder, m.vm.ToValue(key), holder.Get(key))
	m.must(err)
	return v
}

func (m *machine) stringify(c goja.FunctionCall) goja.Value {
	w := writer{m: m}
	if r, ok := c.Argument(1).(*goja.Object); ok {
		if f, ok := goja.AssertFunction(r); ok {
			w.replace = f
		} else if r.ClassName() == "Array" {
			w.only = true
			m.checkArray(r)
			for i, k := range r.Keys() {
				if i&0xff == 0xff {
					m.yield()
				}
				item := r.Get(k)
				o, boxed := item.(*goja.Object)
				if goja.IsString(item) || goja.IsNumber(item) || boxed && (o.ClassName() == "String" || o.ClassName() == "Number") {
					if name := item.String(); !slices.Contains(w.filter, name) {
						w.filter = append(w.filter, name)
					}
				}
			}
		}
	}
	switch space := c.Argument(2); {
	case goja.IsNumber(space):
		w.indent = strings.Repeat(" ", int(min(10, max(0, space.ToInteger()))))
	case goja.IsString(space):
		s := []rune(space.String())
		w.indent = string(s[:min(10, len(s))])
	}
	ok, err := w.value(nil, "", c.Argument(0))
	m.must(err)
	if !ok {
		return goja.Undefined()
	}
	return m.vm.ToValue(string(w.dst))
}

func (m *machine) syntaxError(message string) error {
	return &throw{m.make(m.builtins.syntaxError, m.vm.ToValue(message))}
}
