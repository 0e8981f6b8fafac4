package js

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"ecoflow/app/fault"
	"ecoflow/app/limit"
)

// TestSourceLimits has texts just within the limits of what a parser is given, and
// one over.
func TestSourceLimits(t *testing.T) {
	e := engine(t, Options{})
	brackets := func(n int) string { return "return " + strings.Repeat("[", n) + strings.Repeat("]", n) }
	sized := func(n int) string { return "/*" + strings.Repeat("x", n-len("/**/")) + "*/" }
	for _, c := range []struct {
		name, source string
		wrong        string
	}{
		{"brackets at the limit", brackets(limit.ScriptNesting), ""},
		{"one bracket over", brackets(limit.ScriptNesting + 1), "nested deeper"},
		{"500,000 brackets", strings.Repeat("(", 500_000), "nested deeper"},
		{"brackets in a string", "return '" + strings.Repeat("[", 2*limit.ScriptNesting) + "'", ""},
		{"operators at the limit", "return 1" + strings.Repeat("+1", chained-1), ""},
		{"too many operators", "return 1" + strings.Repeat("+1", chained+1), "chains more"},
		{"size at the limit", sized(sourceSize), ""},
		{"a byte over", sized(sourceSize + 1), "longer than"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := e.Compile("test", c.source)
			if (err != nil) != (c.wrong != "") || err != nil && (!strings.Contains(err.Message, c.wrong) || err.Line != 1 || err.Column < 1) {
				t.Errorf("%v, want %q", err, c.wrong)
			}
		})
	}
}

// TestRecursionLimit: what calls itself too often ends with its own code, and the
// next run finds a new runtime.
func TestRecursionLimit(t *testing.T) {
	e := engine(t, Options{CallTime: lasting(limit.RunTime)}) // the depth is to end it, on any machine
	down := func(n int) string { return fmt.Sprintf("const down = n => n && down(n - 1); return down(%d)", n) }
	check(t, e, down(limit.ScriptDepth-100), "1", "0")
	_, err := run(t, e, down(limit.ScriptDepth+1), "1")
	if f, ok := fault.As(err); !ok || f.Code != "script_depth" {
		t.Errorf("%v", err)
	}
	if e.Stats().Discarded != 1 {
		t.Errorf("stats: %+v", e.Stats())
	}
	check(t, e, "return msg + 1", "1", "2")
}

// TestMatchLimit: a match has as long as its script, and one that is given up never
// looks like one that found nothing, whatever method asked for it.
func TestMatchLimit(t *testing.T) {
	const callTime = matchTime + matchLag + 50*time.Millisecond
	e := engine(t, Options{CallTime: lasting(callTime)})
	const pattern = "const s = 'a'.repeat(45) + 'd', p = /^(?!z)((a|aa)+c|.*d)$/, g = new RegExp(p, 'g'); "
	for _, source := range []string{
		"p.exec(s)",
		"p.test(s)",
		"g.test(s)",
		"s.match(p)",
		"s.match(g)",
		"[...s.matchAll(g)]",
		"s.replace(p, '')",
		"s.replace(g, () => '')",
		"s.replaceAll(g, '')",
		"s.search(p)",
		"s.split(p)",
		"p[Symbol.match](s)",
		"g[Symbol.matchAll](s).next()",
		"p[Symbol.replace](s, '')",
		"p[Symbol.search](s)",
		"p[Symbol.split](s)",
		"new (class extends RegExp {})(p).test(s)",
		"(() => { try { return p.test(s) } catch { } })()",
	} {
		t.Run(source, func(t *testing.T) {
			before := e.Stats().Discarded
			got, err := run(t, e, pattern+"return "+source, "{}")
			f, ok := fault.As(err)
			if !ok || f.Code != "script_time" || !strings.Contains(f.Message, "longer than "+callTime.String()) {
				t.Errorf("%s (%v)", got, err)
			}
			if after := e.Stats().Discarded; after != before+1 {
				t.Errorf("%d runtimes were discarded, want one", after-before)
			}
		})
	}
	check(t, e, "return typeof /a/.compile + RegExp.$1 + RegExp.lastMatch", "{}", `"undefinedundefinedundefined"`)
	e = engine(t, Options{CallTime: lasting(limit.RunTime)})
	const slow = "const slow = text => ({ toString() { for (const t = Date.now(); Date.now() - t < 300;); return text } }); "
	check(t, e, slow+"return [/x/.test(slow('y')), /x/.exec(slow('y'))]", "{}", "[false,null]")
}

// TestLongMatch: a match that the engine's own matcher gives up is made all the same
// as long as the script has time, with the same result.
func TestLongMatch(t *testing.T) {
	if testing.Short() {
		t.Skip("the race detector makes millions of tries take longer than any script may")
	}
	e := engine(t, Options{CallTime: lasting(limit.RunTime)})
	// What stands in front of d is tried in millions of ways first.
	const slow = "const a = 'a'.repeat(30), s = a + 'd'; "
	for source, want := range map[string]string{
		"const r = /^(?!z)(?<x>(?:a|aa)+c|.*(?<y>d)()|e)(f)?$/.exec(s); return [r.length, r.index, r.input === s, r[0] === s, r[2], r[3], r[4] === undefined, r.groups.x === s, r.groups.y, Object.keys(r).join(), r instanceof Array]": `[5,0,true,true,"d","",true,true,"d","0,1,2,3,4,input,index,groups",true]`,
		"return /^(?!z)((a|aa)+c|.*d)$/.test(s)":                                                                                 "true",
		"return [/^(?!z)(a|aa)+c$/.test(s), /^(?!z)(a|aa)+c$/.exec(s), s.search(/^(?!z)(a|aa)+c$/)]":                             "[false,null,-1]",
		"const r = /(?!z)((a|aa)+c|a*d)/g; r.lastIndex = 1; return [r.test('b' + s), r.lastIndex, r.exec('b' + s), r.lastIndex]": "[true,32,null,0]",
		"const r = /(?!z)((a|aa)+c|a*d)/y; r.lastIndex = 2; return [r.exec('\\u{1F600}' + s).index, r.lastIndex]":                "[2,33]",
		"const r = /(?!z)((a|aa)+c|a*d)/y; return [r.exec('b' + s), r.lastIndex]":                                                "[null,0]",
		"return ('\\u{1F600}' + s).match(/^\\u{1F600}((a|aa)+c|.*d)$/u).index":                                                   "0",
		"const r = /(?!z)((a|aa)+c|a*D)/giu; r.lastIndex = 1; const m = r.exec('\\u{1F600}' + s); return [m.index, r.lastIndex]": "[2,33]",
		"return ('\\u{1F600}' + s).replace(/^\\u{1F600}((a|aa)+c|.*d)$/u, '[$1]') === '[' + s + ']'":                             "true",
		"return ('\\u{1F600}' + s).match(/^😀(?!z)((a|aa)+c|.*d)$/)[1] === s":                                                     "true",
		"return /^\\ud83d\\ude00((?!z)(a|aa)+c|.*d)$/u.test('\\u{1F600}' + s)":                                                   "true",
		"return ('x\\n' + s + '\\ny').match(/^(?!z)((a|aa)+c|.*d)$/m).index":                                                     "2",
		"return ('\\n' + s).match(/(?!z)((a|aa)+c|.*d)$/s)[0].length":                                                            "32",
	} {
		check(t, e, slow+source, "{}", want)
	}
	if n := e.Stats().Discarded; n != 0 {
		t.Errorf("%d runtimes were discarded", n)
	}
	// Go's own matcher never gives up, however long it takes.
	for _, pattern := range []string{"^(a+)+$", "(a|b)c{2,3}", "x*"} {
		if !isLinear(pattern, false, false) {
			t.Errorf("%s is not linear", pattern)
		}
	}
	if isLinear("(?=a)b", false, false) || isLinear(`(a)\1`, false, false) {
		t.Error("what looks ahead or back is said to be linear")
	}
}

// TestTest: the method that has no result but yes or no moves lastIndex as exec does.
func TestTest(t *testing.T) {
	e := engine(t, Options{})
	for source, want := range map[string]string{
		"const r = /a/g; return [r.test('aba'), r.lastIndex, r.test('aba'), r.lastIndex, r.test('aba'), r.lastIndex]":                        "[true,1,true,3,false,0]",
		"const r = /a/; r.lastIndex = 2; return [r.test('aba'), r.lastIndex]":                                                                "[true,2]",
		"const r = /b/y; return [r.test('ab'), r.lastIndex]":                                                                                 "[false,0]",
		"return [/undefined/.test(), /null/.test(null), /7/.test(7), /b/.test(['a', 'b'])]":                                                  "[true,true,true,true]",
		"try { RegExp.prototype.test.call({}, '') } catch (e) { return [e.name, RegExp.prototype.test.length, RegExp.prototype.test.name] }": `["TypeError",1,"test"]`,
	} {
		check(t, e, source, "{}", want)
	}
}
