package template

import (
	"slices"
	"strings"
	"testing"

	"github.com/expr-lang/expr/builtin"

	"ecoflow/app/value"
)

// nothing is a scope in which nothing is.
type nothing struct{}

func (nothing) Lookup(string, []any) (any, error) { return nil, nil }

// TestReference: each example gives what it says, and each function has one.
func TestReference(t *testing.T) {
	shown := map[string]bool{}
	for _, w := range Reference {
		if shown[w.Name] {
			t.Errorf("%s stands there twice", w.Name)
		}
		shown[w.Name] = true
		e, wrong := CompileExpression(w.Example)
		if wrong != nil {
			t.Errorf("%s: %s: %v", w.Name, w.Example, wrong)
			continue
		}
		v, err := e.Value(nothing{})
		if err != nil {
			t.Errorf("%s: %s: %v", w.Name, w.Example, err)
			continue
		}
		got, err := value.AppendJSON(nil, v)
		if err != nil || w.Gives != "" && string(got) != w.Gives {
			t.Errorf("%s: %s gives %s (%v), not %s", w.Name, w.Example, got, err, w.Gives)
		}
	}
	names := slices.Clone(builtin.Names)
	for name := range functions {
		if !strings.HasPrefix(name, " ") {
			names = append(names, name)
		}
	}
	for _, name := range names {
		if !shown[name] {
			t.Errorf("the function %s has no example", name)
		}
	}
}

// TestFromTheEnd: what is searched from the end leaves everything around it as it is.
func TestFromTheEnd(t *testing.T) {
	for source, want := range map[string]string{
		`[1, findLast([1, 5, 9], # > 2), 3]`:           `[1,9,3]`,
		`[1, findLastIndex([1, 5, 9, 0], # > 2), 3]`:   `[1,2,3]`,
		`findLast([1], # > 2) ?? "none"`:               `"none"`,
		`[findLastIndex(msg.list, # > 2)]`:             `[null]`,
		`string(findLast([{"n": 1}, {"n": 2}], .n).n)`: `"2"`,
	} {
		e, wrong := CompileExpression(source)
		if wrong != nil {
			t.Errorf("%s: %v", source, wrong)
			continue
		}
		v, err := e.Value(nothing{})
		if err != nil {
			t.Errorf("%s: %v", source, err)
			continue
		}
		if got, err := value.AppendJSON(nil, v); err != nil || string(got) != want {
			t.Errorf("%s gives %s (%v), not %s", source, got, err, want)
		}
	}
}
