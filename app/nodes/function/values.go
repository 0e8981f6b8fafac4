// Package function holds the node types of the palette's group Function: what
// computes on the payload and what decides where a message goes.
package function

import (
	"context"
	"fmt"

	"ecoflow/app/js"
	"ecoflow/app/node"
	"ecoflow/app/template"
)

// Nodes lists the group in palette order.
func Nodes(scripts *js.Engine) []node.Type {
	return []node.Type{
		FunctionType(scripts), switchType, switchInType, conditionType, routeType, eachType,
		filterType, mapType, sortType, aggregateType, rangeType, parseType, formatType, validateType,
	}
}

// listOf evaluates an input that has to be a list; nothing is an empty one.
func listOf(m *node.Message, t node.Text) ([]any, error) {
	v, err := m.Value(t)
	if err != nil {
		return nil, err
	}
	list, err := asList(v)
	if err != nil {
		return nil, fmt.Errorf("the setting List: %w", err)
	}
	return list, nil
}

func asList(v any) ([]any, error) {
	switch v := v.(type) {
	case nil:
		return nil, nil
	case []any:
		return v, nil
	}
	return nil, fmt.Errorf("the value is no list but %s", kindOf(v))
}

func kindOf(v any) string {
	switch v.(type) {
	case nil:
		return "nothing"
	case string:
		return "text"
	case bool:
		return "true or false"
	case map[string]any:
		return "an object"
	case []any:
		return "a list"
	case []byte, *node.File:
		return "a file"
	}
	return "a number"
}

// element is the scope of an expression about one element of a list.
type element struct {
	template.Scope
	item  any
	index int
}

// Lookup implements template.Scope.
func (e *element) Lookup(root string, path []any) (any, error) {
	switch root {
	case "item":
		return template.Descend(e.item, path)
	case "index":
		return int64(e.index), nil
	}
	return e.Scope.Lookup(root, path)
}

// each calls fn for every element until the run ends.
func each(ctx context.Context, m *node.Message, list []any, fn func(e *element) error) error {
	e := &element{Scope: node.Scope(m)}
	for i, item := range list {
		if i%64 == 0 && ctx.Err() != nil {
			return context.Cause(ctx)
		}
		e.item, e.index = item, i
		if err := fn(e); err != nil {
			return fmt.Errorf("element %d: %w", i, err)
		}
	}
	return nil
}

// of evaluates an expression about an element; without one it is the element.
func of(x node.Expression, e *element) (any, error) {
	if x.Expression == nil {
		return e.item, nil
	}
	return x.Value(e)
}
