package function

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"

	"ecoflow/app/fault"
	"ecoflow/app/node"
)

// Each runs what follows its loop port once for each element of a list.
type Each struct {
	List    node.Text   `input:"list" label:"List" hint:"{{ msg.lines }}. Empty: msg. An object gives its members as {key, value}." value:"true"`
	AtOnce  int         `input:"concurrency" label:"At the same time" min:"1" max:"32" default:"1" hint:"More than 1 pays where the loop waits for something."`
	OnError node.Pick   `input:"onError" label:"When an element fails" options:"fail=the loop fails,skip=it is left out" default:"fail"`
	To      node.Target `input:"to" label:"Results go to" default:"msg"`
}

var eachType = node.Define("For each", node.Middleware, Each{}, node.In(node.Own), node.Icon("repeat"), node.Keywords("loop", "iterate", "split", "foreach", "while"), node.Summary("{list|msg}[ → {to!}]"),
	node.Ports(node.Port{Name: "each", Label: "Each"}, node.Port{Name: "done", Label: "Done"}), node.Loops("each"),
	node.Describe("Runs a part of the flow for each element of a list.", `
The nodes at the port *each* run once for each element: `+"`msg` and `item` are the element, `index`"+` is its place. What `+"`msg`"+` is at their end is collected, in the list's order, and goes out at *done*. An element whose branch ends early is left out.
`))

// A result is what the loop's body made of one element; ok is false when nothing
// came out.
type result struct {
	value any
	ok    bool
}

// Run implements node.Runner.
func (e *Each) Run(ctx context.Context, m *node.Message) error {
	list, err := e.elements(m)
	if err != nil {
		return err
	}
	results := make([]result, len(list))
	if e.AtOnce > 1 && len(list) > 1 {
		err = e.sideBySide(ctx, m, list, results)
	} else {
		for i, item := range list {
			if results[i], err = e.one(ctx, m.Loop, m.Fork(), i, item); err != nil {
				break
			}
		}
	}
	if err != nil {
		return err
	}
	collected := make([]any, 0, len(results))
	for _, r := range results {
		if r.ok {
			collected = append(collected, r.value)
		}
	}
	m.Send("done")
	return e.To.Set(&m.Payload, collected)
}

func (e *Each) elements(m *node.Message) ([]any, error) {
	v, err := m.Value(e.List)
	if err != nil {
		return nil, err
	}
	object, ok := v.(map[string]any)
	if !ok {
		return asList(v)
	}
	list := make([]any, 0, len(object))
	for _, key := range slices.Sorted(maps.Keys(object)) {
		list = append(list, map[string]any{"key": key, "value": object[key]})
	}
	return list, nil
}

type body func(ctx context.Context, m *node.Message) (*node.Message, error)

// one runs the body for one element on a view of the message that is its own.
func (e *Each) one(ctx context.Context, body body, m *node.Message, i int, item any) (result, error) {
	if ctx.Err() != nil {
		return result{}, context.Cause(ctx)
	}
	for _, set := range []struct {
		key   string
		value any
	}{{"msg", item}, {"item", item}, {"index", int64(i)}} {
		if err := m.Payload.Set(set.key, set.value); err != nil {
			return result{}, err
		}
	}
	end, err := body(ctx, m)
	if err != nil {
		if e.OnError == "skip" && ctx.Err() == nil {
			return result{}, nil
		}
		return result{}, err
	}
	if end == nil {
		return result{}, nil
	}
	v, _, err := end.Payload.Get("msg")
	return result{v, err == nil}, err
}

// sideBySide runs several bodies at once; the first failure ends the others.
func (e *Each) sideBySide(ctx context.Context, m *node.Message, list []any, results []result) error {
	whole, err := m.Payload.Map() // a payload in a script's runtime has one user at a time
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var (
		bodies sync.WaitGroup
		free   = make(chan struct{}, e.AtOnce)
	)
	for i, item := range list {
		select {
		case free <- struct{}{}:
		case <-ctx.Done():
		}
		if ctx.Err() != nil {
			break
		}
		branch := m.Fork()
		branch.Payload = node.Payload{}
		for key, v := range whole {
			branch.Payload.Set(key, v) //nolint:errcheck // a payload of Go values takes any value
		}
		bodies.Add(1)
		fault.Go(m.Run.Log, "loop body", func() {
			defer bodies.Done()
			defer func() { <-free }()
			finished := false
			defer func() {
				if !finished { // it panicked
					cancel(fmt.Errorf("element %d failed in a way that nobody expected", i))
				}
			}()
			r, err := e.one(ctx, m.Loop, branch, i, item)
			finished = true
			if err != nil {
				cancel(err)
				return
			}
			results[i] = r
		})
	}
	bodies.Wait()
	return context.Cause(ctx)
}
