package editor_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"ecoflow/app/editor"
	"ecoflow/app/fault"
	"ecoflow/app/node"
)

// A stop is a node whose towns follow from the country.
type stop struct {
	Country node.Pick `input:"country" label:"Country" options:"CH,DE"`
	Town    node.Pick `input:"town" label:"Town" dynamic:"true"`
	Note    string    `input:"note" label:"Note"`

	towns map[node.Pick][]node.Choice
}

func (s *stop) Run(context.Context, *node.Message) error { return nil }

func (s *stop) Choices(_ context.Context, input string, _ node.Values) ([]node.Choice, error) {
	if s.Country == "DE" && s.Note == "away" {
		return nil, errors.New("nobody answers")
	}
	if input != "town" {
		return nil, fmt.Errorf("asked for %s", input)
	}
	return s.towns[s.Country], nil
}

// TestChoices: the options of a dynamic input follow from what is filled in.
func TestChoices(t *testing.T) {
	library := node.NewLibrary(node.Define("Stop", node.Middleware, stop{towns: map[node.Pick][]node.Choice{
		"CH": {{Label: "Bern", Value: "be"}, {Label: "Chur", Value: "gr"}},
		"DE": {{Label: "Köln", Value: "k"}},
	}}, node.In(node.Package{Name: "own", Module: "Own"})))
	e := editor.New(editor.Options{Library: library})
	id := library.Types()[0].ID()
	validated := func(ok bool, v any) map[string]any { return map[string]any{"validated": ok, "value": v} }
	for _, c := range []struct {
		name   string
		inputs map[string]any
		input  string
		want   string
	}{
		{"nothing filled in", nil, "town", "town[]"},
		{"a value", map[string]any{"country": "CH"}, "town", "town[{Bern be} {Chur gr}]"},
		{"another", map[string]any{"country": "DE"}, "town", "town[{Köln k}]"},
		{"one that is validated", map[string]any{"country": validated(true, "DE")}, "town", "town[{Köln k}]"},
		{"one that is not", map[string]any{"country": validated(false, "DE")}, "town", "town[]"},
		{"beside a mistake", map[string]any{"country": "CH", "note": 7, "unknown": true}, "town", "town[{Bern be} {Chur gr}]"},
		{"every input", map[string]any{"country": "DE", "town": "be"}, "", "country[{CH CH} {DE DE}] town[{Köln k}] note[]"},
		{"one that never changes", map[string]any{"country": "DE"}, "country", "country[{CH CH} {DE DE}]"},
		{"options that cannot be had", map[string]any{"country": "DE", "note": "away"}, "", "options of town of Stop: nobody answers"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			in, err := e.Choices(t.Context(), editor.OptionsRequest{Node: id, Inputs: c.inputs, Input: c.input})
			if err != nil {
				got = append(got, err.Error())
			}
			for _, i := range in.Inputs {
				got = append(got, fmt.Sprint(i.Name, i.Options))
			}
			if s := strings.Join(got, " "); s != c.want {
				t.Errorf("%s, want %s", s, c.want)
			}
		})
	}
	if l := library.Types()[0].Listing(); l.Inputs[1].Options != nil {
		t.Errorf("the type itself got options: %v", l.Inputs[1].Options)
	}
	for _, r := range []editor.OptionsRequest{{Node: "none"}, {Node: id, Input: "none"}} {
		if _, err := e.Choices(t.Context(), r); !fault.Is(err, fault.NotFound) {
			t.Errorf("%+v: %v", r, err)
		}
	}
}
