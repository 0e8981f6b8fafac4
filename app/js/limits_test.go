package js

import (
	"fmt"
	"strings"
	"testing"

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
