package common

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"ecoflow/app/limit"
	"ecoflow/app/node"
	"ecoflow/app/template"
	"ecoflow/app/value"
)

// Set writes values into the payload and takes others out.
type Set struct {
	Values node.Code `input:"values" label:"Values" language:"json" default:"{}" hint:"Where and what: {\"msg.total\": \"{{ sum(msg.items, .price) }}\"}"`
	Remove node.List `input:"remove" label:"Remove" hint:"Paths of what is taken out, before the values are written."`

	assignments []assignment
	removals    []node.Target
	references  []string
}

type assignment struct {
	to   node.Target
	make maker
}

// A maker makes one value of a JSON text whose strings may be templates.
type maker func(scope template.Scope) (any, error)

var setType = node.Define("Set", node.Middleware, Set{}, node.In(node.Own), node.Icon("edit"), node.Keywords("change", "assign", "variable", "edit fields", "rename", "delete", "move"), node.Summary("{values}[ − {remove}]"),
	node.Describe("Writes values into the payload.", "\nEach name is a path, each value any JSON; texts may hold expressions:\n\n"+
		"```json\n{\n  \"msg.total\": \"{{ sum(msg.items, .price) }}\",\n  \"msg.links[0]\": {\"self\": \"/orders/{{ params.id }}\"},\n  \"count\": 3\n}\n```\n\n"+
		"All values are made from the message as it came in. A text that is one expression keeps its type.\n"))

// Prepare implements node.Preparer.
func (s *Set) Prepare(v node.Values) []node.Problem {
	var problems []node.Problem
	refuse := func(input string, err error) {
		p := node.Problem{Input: input, Code: "values", Message: said(err)}
		if bad := new(value.Error); errors.As(err, &bad) {
			p.Message, p.Line, p.Column = bad.Message+".", bad.Line, bad.Column
		}
		problems = append(problems, p)
	}
	parsed, err := value.Parse([]byte(s.Values.Text), limit.ManagementDepth)
	if err != nil {
		refuse("values", err)
		return problems
	}
	object, ok := parsed.(map[string]any)
	if !ok {
		refuse("values", errors.New("the values have to be an object that says where what goes"))
	}
	for _, path := range slices.Sorted(maps.Keys(object)) {
		to, err := node.TargetOf(path)
		if err != nil {
			refuse("values", err)
			continue
		}
		mk, err := makerOf(object[path], v.Templates, &s.references)
		if err != nil {
			refuse("values", fmt.Errorf("the value of %s holds a template that does not compile: %w", path, err))
			continue
		}
		s.assignments = append(s.assignments, assignment{to, mk})
	}
	for _, path := range s.Remove {
		from, err := node.TargetOf(path)
		if err != nil {
			refuse("remove", err)
			continue
		}
		s.removals = append(s.removals, from)
	}
	return problems
}

// makerOf compiles a JSON value and adds to references what its templates read.
// Parts without templates are shared by all runs.
func makerOf(v any, templates bool, references *[]string) (maker, error) {
	fixed := func(template.Scope) (any, error) { return v, nil }
	switch v := v.(type) {
	case string:
		if !templates {
			return fixed, nil
		}
		text, err := template.Compile(v)
		if err != nil {
			return nil, err
		}
		*references = append(*references, text.References()...)
		return text.Value, nil
	case []any:
		items := make([]maker, len(v))
		for i, item := range v {
			var err error
			if items[i], err = makerOf(item, templates, references); err != nil {
				return nil, err
			}
		}
		return func(scope template.Scope) (any, error) {
			out := make([]any, len(items))
			for i, item := range items {
				var err error
				if out[i], err = item(scope); err != nil {
					return nil, err
				}
			}
			return out, nil
		}, nil
	case map[string]any:
		members := make(map[string]maker, len(v))
		for k, item := range v {
			var err error
			if members[k], err = makerOf(item, templates, references); err != nil {
				return nil, err
			}
		}
		return func(scope template.Scope) (any, error) {
			out := make(map[string]any, len(members))
			for k, member := range members {
				var err error
				if out[k], err = member(scope); err != nil {
					return nil, err
				}
			}
			return out, nil
		}, nil
	}
	return fixed, nil
}

// Reads implements node.Reader.
func (s *Set) Reads() []node.Read { return node.ReadsOf("values", s.references) }

// Run implements node.Runner.
func (s *Set) Run(_ context.Context, m *node.Message) error {
	var few [8]any
	values := few[:0]
	for _, a := range s.assignments {
		v, err := a.make(node.Scope(m))
		if err != nil {
			return err
		}
		values = append(values, v)
	}
	for _, from := range s.removals {
		if err := from.Delete(&m.Payload); err != nil {
			return err
		}
	}
	for i, a := range s.assignments {
		if err := a.to.Set(&m.Payload, values[i]); err != nil {
			return err
		}
	}
	return nil
}
