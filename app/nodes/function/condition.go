package function

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"ecoflow/app/node"
	"ecoflow/app/value"
)

// Condition sends a message one way or the other.
type Condition struct {
	By         node.Pick       `input:"by" label:"Check" options:"compare=A value,expression=An expression" default:"compare"`
	Left       node.Text       `input:"value" label:"Value" when:"by=compare" hint:"{{ msg.value }}. Empty: msg." value:"true"`
	Operator   node.Pick       `input:"operator" label:"Is" when:"by=compare" default:"equals" options:"equals=equal to,differs=not equal to,less=less than,atMost=at most,more=more than,atLeast=at least,contains=holding,lacks=not holding,starts=starting with,ends=ending with,matches=matching the pattern,empty=empty,filled=not empty,true=true"`
	Right      node.Text       `input:"other" label:"Than" when:"operator=equals|differs|less|atMost|more|atLeast|contains|lacks|starts|ends|matches"`
	IgnoreCase bool            `input:"ignoreCase" label:"Ignore upper and lower case" when:"by=compare" advanced:"true"`
	Expression node.Expression `input:"expression" label:"Expression" required:"true" when:"by=expression" hint:"len(msg.items) > 0 and msg.paid"`

	pattern *regexp.Regexp // of a fixed Right
}

var conditionType = node.Define("Condition", node.Middleware, Condition{}, node.In(node.Own), node.Icon("arrows-split"), node.Keywords("if", "else", "branch", "compare"), node.Summary("{value|msg} {operator} {other}{expression}"),
	node.Ports(node.Port{Name: "true", Label: "True"}, node.Port{Name: "false", Label: "False"}),
	node.Describe("Sends the message one way or the other.", `
Numbers compare as numbers, also where one side is a text like "10". An expression is true as in JavaScript: nothing, false, 0 and empty text are not.

`+"`len(msg.items) > 0 and headers[\"x-role\"] in [\"admin\", \"editor\"]`"+`
`))

// Prepare implements node.Preparer.
func (c *Condition) Prepare(node.Values) []node.Problem {
	if c.By != "compare" || c.Operator != "matches" || !c.Right.IsLiteral() {
		return nil
	}
	var err error
	if c.pattern, err = c.compile(c.Right.Source()); err != nil {
		return []node.Problem{{Input: "other", Code: "pattern", Message: fmt.Sprintf("The pattern cannot be read: %v.", err)}}
	}
	return nil
}

func (c *Condition) compile(pattern string) (*regexp.Regexp, error) {
	if c.IgnoreCase {
		pattern = "(?i)" + pattern
	}
	return regexp.Compile(pattern)
}

// Run implements node.Runner.
func (c *Condition) Run(_ context.Context, m *node.Message) error {
	holds, err := c.holds(m)
	if err != nil {
		return err
	}
	if holds {
		m.Send("true")
	} else {
		m.Send("false")
	}
	return nil
}

func (c *Condition) holds(m *node.Message) (bool, error) {
	if c.By == "expression" {
		return c.Expression.Bool(node.Scope(m))
	}
	left, err := m.Value(c.Left)
	if err != nil {
		return false, err
	}
	switch c.Operator {
	case "true":
		return value.Truthy(left), nil
	case "empty":
		return blank(left), nil
	case "filled":
		return !blank(left), nil
	}
	right, err := c.Right.Value(node.Scope(m))
	if err != nil {
		return false, err
	}
	if c.IgnoreCase {
		left, right = lower(left), lower(right)
	}
	switch c.Operator {
	case "equals":
		return alike(left, right), nil
	case "differs":
		return !alike(left, right), nil
	case "less":
		return compare(left, right) < 0, nil
	case "atMost":
		return compare(left, right) <= 0, nil
	case "more":
		return compare(left, right) > 0, nil
	case "atLeast":
		return compare(left, right) >= 0, nil
	case "contains":
		return holding(left, right), nil
	case "lacks":
		return !holding(left, right), nil
	case "starts":
		return strings.HasPrefix(value.Text(left), value.Text(right)), nil
	case "ends":
		return strings.HasSuffix(value.Text(left), value.Text(right)), nil
	}
	pattern := c.pattern
	if pattern == nil {
		if pattern, err = c.compile(value.Text(right)); err != nil {
			return false, fmt.Errorf("the pattern cannot be read: %w", err)
		}
	}
	return pattern.MatchString(value.Text(left)), nil
}

func lower(v any) any {
	if s, ok := v.(string); ok {
		return strings.ToLower(s)
	}
	return v
}

func blank(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case string:
		return strings.TrimSpace(v) == ""
	case []any:
		return len(v) == 0
	case map[string]any:
		return len(v) == 0
	case []byte:
		return len(v) == 0
	}
	return false
}

// alike compares with what a form can hold: text stands for numbers, true and
// false, and empty text for nothing.
func alike(a, b any) bool {
	if value.Equal(a, b) {
		return true
	}
	if s, ok := a.(string); ok {
		return stands(s, b)
	}
	s, ok := b.(string)
	return ok && stands(s, a)
}

func stands(s string, v any) bool {
	switch v := v.(type) {
	case nil:
		return s == ""
	case bool:
		return s == strconv.FormatBool(v)
	case string:
		return false
	}
	return numbers(s, v) && compare(s, v) == 0
}

func numbers(a, b any) bool {
	_, okA := value.Number(a)
	_, okB := value.Number(b)
	return okA && okB
}

// compare orders two values; what can both be read as numbers, as numbers.
func compare(a, b any) int {
	_, aIsText := a.(string)
	_, bIsText := b.(string)
	if (aIsText || bIsText) && numbers(a, b) {
		x, _ := value.Number(a)
		y, _ := value.Number(b)
		return cmp.Compare(x, y)
	}
	return value.Compare(a, b)
}

// holding reports whether a list has an element, an object a name, text a part.
func holding(in, what any) bool {
	switch in := in.(type) {
	case []any:
		return slices.ContainsFunc(in, func(item any) bool { return alike(item, what) })
	case map[string]any:
		_, ok := in[value.Text(what)]
		return ok
	}
	return strings.Contains(value.Text(in), value.Text(what))
}
