package common

import (
	"context"

	"ecoflow/app/node"
)

// Text puts a text into payload.msg.
type Text struct {
	Text node.Text `input:"sampleText" label:"Text" hint:"One expression alone, as in {{ msg.user }}, keeps its type."`
}

var textType = node.Define("Text", node.Middleware, Text{}, node.In(node.Commons), node.Icon("typography"), node.Keywords("string", "constant", "static"), node.Summary("{sampleText}"),
	node.Describe("Puts a text into msg.", `
`+"`Hello {{ query.name }}`"+` becomes text; `+"`{{ msg.items }}`"+` alone becomes the list itself. An empty text gives null.
`))

// Run implements node.Runner.
func (t *Text) Run(_ context.Context, m *node.Message) error {
	if t.Text.IsEmpty() {
		return m.Payload.Set("msg", nil)
	}
	v, err := t.Text.Value(node.Scope(m))
	if err != nil {
		return err
	}
	return m.Payload.Set("msg", v)
}
