package js

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"

	"github.com/dlclark/regexp2/v2"
	"github.com/dop251/goja"
	"github.com/dop251/goja/parser"
)

// A match may take as long as its script. The engine's matcher has one time for all
// of them, gives up after it and says that nothing matched. So that time is short,
// and a match that may have been given up is made again here, with what is left of
// the script's own time.
//
// The engine's matcher counts by a clock that lags on a busy machine; it is given
// matchLag more so that it never gives up before matchTime.
const (
	matchTime  = 40 * time.Millisecond
	matchLag   = 150 * time.Millisecond
	matchClock = 10 * time.Millisecond // between the ticks of its clock
)

// guardMatch makes a match that the method's matcher may have given up again; found
// tells of a result that it did not, and result makes one.
func (m *machine) guardMatch(proto *goja.Object, name string, found func(goja.Value) bool, result func(*match) goja.Value) {
	original, _ := goja.AssertFunction(proto.Get(name))
	m.replace(proto, name, func(c goja.FunctionCall) goja.Value {
		m.yield()
		args := c.Arguments
		if o, ok := c.Argument(0).(*goja.Object); ok {
			args = []goja.Value{m.text(o)} // its toString is no part of the match
		}
		var last goja.Value
		this, ok := c.This.(*goja.Object)
		if ok = ok && this.ClassName() == "RegExp"; ok {
			last = this.Get("lastIndex") // what finds nothing sets it back
			if s, isText := (goja.FunctionCall{Arguments: args}).Argument(0).(goja.String); isText {
				m.checkMatch(this, s)
			}
		}
		begun := time.Now()
		v, err := original(c.This, args...)
		m.must(err)
		took := time.Since(begun)
		if found(v) || took < matchTime || !ok {
			return v
		}
		m.yield()
		m.watch.excuse(took)
		text := goja.FunctionCall{Arguments: args}.Argument(0)
		if again := m.matchAgain(this, m.text(text), last); again != nil {
			return result(again)
		}
		return v
	})
}

// A match is where groups of a regular expression were found, in UTF-16 units.
type match struct {
	text   goja.String
	groups []group
}

type group struct {
	name     string
	from, to int // -1 for a group that took no part
}

var matchFlags = []struct {
	flag   string
	option regexp2.RegexOptions
}{{"m", regexp2.Multiline}, {"s", regexp2.Singleline}, {"i", regexp2.IgnoreCase}, {"u", regexp2.Unicode}}

// matchAgain looks for the regular expression with what is left of the turn's time
// and moves its lastIndex; nil when it is not there. The turn ends when its time
// does.
func (m *machine) matchAgain(re *goja.Object, text goja.String, last goja.Value) *match {
	source, err := m.builtins.source(re)
	m.must(err)
	flags, err := m.builtins.flags(re)
	m.must(err)
	has := func(flag string) bool { return strings.Contains(flags.String(), flag) }
	from := 0
	if has("g") || has("y") {
		at := last.ToInteger()
		if at < 0 || at > int64(text.Length()) {
			return nil
		}
		from = int(at)
	}
	pattern := plainPattern(source.String(), has("u"))
	if from == 0 && isLinear(pattern, has("s"), has("u")) {
		return nil // it never gives up
	}
	options := regexp2.ECMAScript
	for _, o := range matchFlags {
		if has(o.flag) {
			options |= o.option
		}
	}
	rx, err := regexp2.Compile(pattern, options)
	if err != nil {
		m.must(m.syntaxError(err.Error()))
	}
	rx.MatchTimeout = max(m.watch.left(), 0)
	runes, places := runesOf(text, has("u"))
	at := from
	place := func(i int) int { return i }
	if places != nil {
		var ok bool
		if at, ok = slices.BinarySearch(places, from); !ok {
			at-- // in the middle of a pair
		}
		place = func(i int) int { return places[i] }
	}
	found, err := rx.FindRunesMatchStartingAt(runes, at)
	if err != nil {
		m.watch.overrun(ran)
	}
	m.yield()
	if found == nil {
		return nil
	}
	out := &match{text: text}
	for _, g := range found.Groups() {
		one := group{g.Name, -1, -1}
		if len(g.Captures) > 0 {
			one.from, one.to = place(g.RuneIndex), place(g.RuneIndex+g.RuneLength)
		}
		out.groups = append(out.groups, one)
	}
	if has("y") && out.groups[0].from != from {
		return nil
	}
	if has("g") || has("y") {
		m.must(re.Set("lastIndex", out.groups[0].to))
	}
	return out
}

// result makes of a match what RegExp.prototype.exec returns.
func (m *machine) result(found *match) goja.Value {
	var values []any
	named := goja.Undefined()
	for i, g := range found.groups {
		v := goja.Undefined()
		if g.from >= 0 {
			v = found.text.Substring(g.from, g.to)
		}
		values = append(values, v)
		if i > 0 && g.name != "" {
			if goja.IsUndefined(named) {
				named = m.vm.CreateObject(nil)
			}
			m.put(named.(*goja.Object), g.name, v)
		}
	}
	a := m.vm.NewArray(values...)
	m.put(a, "input", found.text)
	m.put(a, "index", m.vm.ToValue(found.groups[0].from))
	m.put(a, "groups", named)
	return a
}

// isLinear reports whether the engine takes Go's own matcher for a pattern, whose
// time grows with the text alone.
func isLinear(pattern string, dotAll, unicode bool) bool {
	simple, err := parser.TransformRegExp(pattern, dotAll, unicode)
	if err != nil {
		return false
	}
	_, err = regexp.Compile(simple)
	return err == nil
}

// runesOf returns a text as the matcher takes it: UTF-16 units, or characters and
// where each of them begins, the end included.
func runesOf(text goja.String, characters bool) (runes []rune, places []int) {
	n := text.Length()
	runes = make([]rune, 0, n)
	if !characters {
		for i := range n {
			runes = append(runes, rune(text.CharAt(i)))
		}
		return runes, nil
	}
	places = make([]int, 0, n+1)
	for i := 0; i < n; i++ {
		r := rune(text.CharAt(i))
		places = append(places, i)
		if i+1 < n {
			if pair := utf16.DecodeRune(r, rune(text.CharAt(i+1))); pair != '\uFFFD' {
				r = pair
				i++
			}
		}
		runes = append(runes, r)
	}
	return runes, append(places, n)
}

// plainPattern writes the characters of a pattern as the matcher takes them: those
// beyond 16 bits as pairs unless it goes by characters, escaped pairs as one where it
// does.
func plainPattern(source string, characters bool) string {
	if characters {
		return escapedPair.ReplaceAllStringFunc(source, func(s string) string {
			if len(s) < len(`\ud83d\ude00`) {
				return s
			}
			high, _ := strconv.ParseUint(s[2:6], 16, 16)
			low, _ := strconv.ParseUint(s[8:], 16, 16)
			return string(utf16.DecodeRune(rune(high), rune(low)))
		})
	}
	var b strings.Builder
	for _, r := range source {
		if r <= 0xFFFF {
			b.WriteRune(r)
			continue
		}
		for _, unit := range utf16.Encode([]rune{r}) {
			fmt.Fprintf(&b, `\u%04x`, unit)
		}
	}
	return b.String()
}

// escapedPair finds what a backslash escapes, a pair as a whole.
var escapedPair = regexp.MustCompile(`\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\.`)
