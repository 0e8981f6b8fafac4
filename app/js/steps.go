package js

import (
	"regexp/syntax"
	"strings"

	"github.com/dop251/goja"
	"github.com/dop251/goja/parser"
)

// What native functions do with long texts and lists: they are made to look now and
// then whether their turn is over, or refuse what would take them longer than a script
// has.
const (
	longList      = 1 << 14 // places from which on a loop looks whether it is over
	longestFolded = 4 << 20 // characters beyond ASCII that change their case
	longestNormal = 1 << 20 // characters that are normalised or compared as people do
	longMatch     = 1 << 16 // characters from which on a match of Go's is reckoned
	mostMatching  = 1 << 32 // characters times what a pattern costs for each
)

// guardSteps puts bounds around what is left of the built-ins.
func (m *machine) guardSteps() {
	m.guardIterators()
	m.guardNext()
	m.guardTexts()
	m.guardSorts()
}

// guardIterators lets those who walk over something long, as a spread does, be
// interrupted: they ask its iterator natively and never look up.
func (m *machine) guardIterators() {
	size := func(v goja.Value) int64 {
		if o, ok := v.(*goja.Object); ok {
			if n := o.Get("size"); n != nil {
				return n.ToInteger()
			}
		}
		return 0
	}
	typed := m.at("Int8Array").Prototype().Get("prototype").(*goja.Object)
	for _, c := range []struct {
		proto  *goja.Object
		names  []string
		symbol string // the method that for…of asks, "" for one of its own
		length func(goja.Value) int64
	}{
		{m.at("Array", "prototype"), []string{"values", "keys", "entries"}, "values", lengthOf},
		{typed, []string{"values", "keys", "entries"}, "values", lengthOf},
		{m.at("Map", "prototype"), []string{"entries", "keys", "values"}, "entries", size},
		{m.at("Set", "prototype"), []string{"values", "entries"}, "values", size},
		{m.at("String", "prototype"), nil, "", lengthOf},
	} {
		for _, name := range c.names {
			original, _ := goja.AssertFunction(c.proto.Get(name))
			m.replace(c.proto, name, m.steady(original, c.length))
		}
		if c.symbol != "" {
			_ = c.proto.DefineDataPropertySymbol(goja.SymIterator, c.proto.Get(c.symbol), goja.FLAG_TRUE, goja.FLAG_TRUE, goja.FLAG_FALSE)
			continue
		}
		original, _ := goja.AssertFunction(c.proto.GetSymbol(goja.SymIterator))
		f := m.vm.ToValue(m.steady(original, c.length)).(*goja.Object)
		_ = f.DefineDataProperty("name", m.vm.ToValue("[Symbol.iterator]"), goja.FLAG_FALSE, goja.FLAG_TRUE, goja.FLAG_FALSE)
		_ = c.proto.DefineDataPropertySymbol(goja.SymIterator, f, goja.FLAG_TRUE, goja.FLAG_TRUE, goja.FLAG_FALSE)
	}
	set := m.at("Set", "prototype")
	_ = set.DefineDataProperty("keys", set.Get("values"), goja.FLAG_TRUE, goja.FLAG_TRUE, goja.FLAG_FALSE)
}

// guardNext lets those who walk over an iterator whose next is a native function that
// is never done be interrupted: the functions that return what they are called on count
// their calls, and of the objects that the others make it is counted who asks them
// whether they are done.
func (m *machine) guardNext() {
	_ = m.vm.GlobalObject().Delete("GoError")
	m.reconstruct(m.vm.GlobalObject(), "Object", func(args []goja.Value) []goja.Value { return args })
	m.wrap(m.at("Object", "prototype"), "valueOf", nil)
	m.wrap(m.at("Array"), "of", nil)
	m.wrap(m.at("Array", "prototype"), "at", nil)
	typed := m.at("Int8Array").Prototype()
	self := func(name string) goja.Value {
		f := m.vm.ToValue(func(c goja.FunctionCall) goja.Value { m.step(); return c.This }).(*goja.Object)
		_ = f.DefineDataProperty("name", m.vm.ToValue(name), goja.FLAG_FALSE, goja.FLAG_TRUE, goja.FLAG_FALSE)
		return f
	}
	species := self("get [Symbol.species]")
	for _, o := range []*goja.Object{m.at("Array"), m.at("ArrayBuffer"), m.at("Map"), m.at("Promise"), m.at("RegExp"), m.at("Set"), typed} {
		_ = o.DefineAccessorPropertySymbol(goja.SymSpecies, species, nil, goja.FLAG_TRUE, goja.FLAG_FALSE)
	}
	_ = m.object("Object.getPrototypeOf(Object.getPrototypeOf([].values()))").DefineDataPropertySymbol(goja.SymIterator, self("[Symbol.iterator]"), goja.FLAG_TRUE, goja.FLAG_TRUE, goja.FLAG_FALSE)
	inherited := m.object("Object.getOwnPropertyDescriptor(Object.prototype, '__proto__')")
	m.wrap(inherited, "get", nil)
	_ = m.at("Object", "prototype").DefineAccessorProperty("__proto__", inherited.Get("get"), inherited.Get("set"), goja.FLAG_TRUE, goja.FLAG_FALSE)
	for _, o := range []*goja.Object{m.at("Array"), m.at("ArrayBuffer"), m.at("Error"), m.at("Promise"), m.at("RegExp"), m.at("Map"), m.at("Set"), typed} {
		m.accessor(o.Get("prototype").(*goja.Object), "done", goja.Undefined())
	}
}

// steady makes iterators whose steps end when the turn does, where there are many.
func (m *machine) steady(original goja.Callable, length func(goja.Value) int64) native {
	return func(c goja.FunctionCall) goja.Value {
		m.step()
		v, err := original(c.This)
		m.must(err)
		it, ok := v.(*goja.Object)
		if !ok || length(c.This) < longList {
			return v
		}
		next, _ := goja.AssertFunction(it.Get("next"))
		steps := 0
		_ = it.DefineDataProperty("next", m.vm.ToValue(func(goja.FunctionCall) goja.Value {
			if steps++; steps&0xffff == 0 {
				m.weigh()
			} else if steps&0x3ff == 0 {
				m.yield()
			}
			v, err := next(it)
			m.must(err)
			return v
		}), goja.FLAG_TRUE, goja.FLAG_TRUE, goja.FLAG_FALSE)
		return v
	}
}

// isASCII reports whether a text is made of ASCII alone.
func isASCII(s goja.String) bool {
	for i := range min(s.Length(), 1000) { // most that are not show it soon, and are long to convert
		if s.CharAt(i) >= 0x80 {
			return false
		}
	}
	return len(s.String()) == s.Length()
}

func (m *machine) guardTexts() {
	proto := m.at("String", "prototype")
	bound := func(most int) native {
		return func(c goja.FunctionCall) goja.Value {
			for _, v := range []goja.Value{c.This, c.Argument(0)} {
				if s, ok := v.(goja.String); ok && s.Length() > most && !isASCII(s) {
					m.tooMuch("A text of %d characters is too long for this; %d are the most", s.Length(), most)
				}
			}
			return nil
		}
	}
	for _, name := range []string{"toUpperCase", "toLowerCase", "toLocaleUpperCase", "toLocaleLowerCase"} {
		m.wrap(proto, name, bound(longestFolded))
	}
	m.wrap(proto, "normalize", bound(longestNormal))
	m.wrap(proto, "localeCompare", func(c goja.FunctionCall) goja.Value {
		if s, ok := c.This.(goja.String); ok && s.Length() > longestNormal && lengthOf(c.Argument(0)) > longestNormal {
			m.tooMuch("Texts of more than %d characters are too long to be compared so", longestNormal)
		}
		return nil
	})
	global := m.vm.GlobalObject()
	original, _ := goja.AssertFunction(global.Get("parseFloat"))
	m.replace(global, "parseFloat", func(c goja.FunctionCall) goja.Value {
		s := m.text(c.Argument(0))
		if s.Length() > longestDigits { // what stands behind so many digits changes nothing
			s = s.Substring(0, longestDigits)
		}
		v, err := original(goja.Undefined(), s)
		m.must(err)
		return v
	})
	_ = m.at("Number").DefineDataProperty("parseFloat", global.Get("parseFloat"), goja.FLAG_TRUE, goja.FLAG_TRUE, goja.FLAG_FALSE)
}

// guardSorts gives the sort of many places a function of ours that compares, which can
// be interrupted.
func (m *machine) guardSorts() {
	proto := m.at("Array", "prototype")
	compared := 0
	compare := m.vm.ToValue(func(c goja.FunctionCall) goja.Value {
		if compared++; compared&0xff == 0 {
			m.yield()
		}
		return m.vm.ToValue(m.text(c.Argument(0)).CompareTo(m.text(c.Argument(1))))
	})
	for _, name := range []string{"sort", "toSorted"} {
		original, _ := goja.AssertFunction(proto.Get(name))
		m.replace(proto, name, func(c goja.FunctionCall) goja.Value {
			args := c.Arguments
			if goja.IsUndefined(c.Argument(0)) && lengthOf(c.This) >= longList {
				args = []goja.Value{compare}
			}
			v, err := original(c.This, args...)
			m.must(err)
			return v
		})
	}
}

// checkMatch refuses a match that Go's matcher, which cannot be interrupted, would take
// too long for: its time is that of the text times the size of the pattern.
func (m *machine) checkMatch(re *goja.Object, text goja.String) {
	if text.Length() < longMatch || re == m.matched && text.Length() <= m.reckoned {
		return
	}
	source, err := m.builtins.source(re)
	m.must(err)
	flags, err := m.builtins.flags(re)
	m.must(err)
	key := flags.String() + "/" + source.String()
	cost, ok := m.patterns[key]
	if !ok {
		cost = patternCost(source.String(), flags.String())
		if len(m.patterns) >= functionsKept {
			clear(m.patterns)
		}
		m.patterns[key] = cost
	}
	if cost*float64(text.Length()) > mostMatching {
		m.tooMuch("A text of %d characters is too long for this regular expression", text.Length())
	}
	m.matched, m.reckoned = re, text.Length()
}

// patternCost is what a pattern costs for each character of a text, in quarters of a
// nanosecond or so; 0 where it is not for Go's matcher.
func patternCost(source, flags string) float64 {
	simple, err := parser.TransformRegExp(plainPattern(source, strings.Contains(flags, "u")), strings.Contains(flags, "s"), strings.Contains(flags, "u"))
	if err != nil {
		return 0
	}
	parsed, err := syntax.Parse(simple, syntax.Perl)
	if err != nil {
		return 0
	}
	program, err := syntax.Compile(parsed.Simplify())
	if err != nil {
		return 0
	}
	const each = 200 // however small the pattern
	return float64(each + len(program.Inst))
}
