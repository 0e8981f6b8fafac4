package function

import (
	"context"
	"slices"

	"ecoflow/app/node"
	"ecoflow/app/value"
)

// Switch wraps a value with the case it belongs to; Switch In nodes behind it
// take the cases apart.
type Switch struct {
	Payload string    `input:"payloadMsg" label:"Value" default:"msg" hint:"A key of the payload or of msg: what is passed on."`
	By      string    `input:"switchVal" label:"Decide by" default:"switch" hint:"A key of the payload or of msg: what is compared with the cases."`
	Cases   node.List `input:"switchCases" label:"Cases" default:"default" sorting:"true"`
}

var switchType = node.Define("Switch", node.Middleware, Switch{}, node.In(node.Functions), node.Icon("arrows-split-2"), node.Keywords("case", "branch", "select"), node.Summary("{switchVal}[: {switchCases}]"),
	node.Describe("Says which case a value is.", `
`+"`msg`"+` becomes `+"`{case, payload}`"+`; a value that is no case is the case `+"`default`"+`. Put one Switch In behind it for each case, or use Route by value, which has a port for each.
`))

// Run implements node.Runner.
func (s *Switch) Run(_ context.Context, m *node.Message) error {
	by, decided, err := either(m, s.By)
	if err != nil {
		return err
	}
	payload, given, err := either(m, s.Payload)
	if err != nil {
		return err
	}
	if !decided && !given {
		return m.Payload.Set("msg", map[string]any{})
	}
	name := "default"
	if text := value.Text(by); decided && slices.Contains(s.Cases, text) {
		name = text
	}
	return m.Payload.Set("msg", map[string]any{"case": name, "payload": payload})
}

// either looks a key up in the payload, then in msg.
func either(m *node.Message, key string) (v any, ok bool, err error) {
	if v, ok, err = m.Payload.Get(key); ok || err != nil {
		return v, ok, err
	}
	msg, _, err := m.Payload.Get("msg")
	if err != nil {
		return nil, false, err
	}
	object, _ := msg.(map[string]any)
	v, ok = object[key]
	return v, ok, nil
}

// SwitchIn lets the messages of one case of a Switch through.
type SwitchIn struct {
	Case   string `input:"caseVal" label:"Case" required:"true"`
	MoveTo string `input:"moveTo" label:"Move the value to" hint:"A key of the payload. Empty: msg."`
}

var switchInType = node.Define("Switch In", node.Middleware, SwitchIn{}, node.In(node.Functions), node.Icon("filter-check"), node.Keywords("case", "branch"), node.Summary("{caseVal}"),
	node.Describe("Lets one case of a Switch through.", `
The value that the Switch wrapped goes back to `+"`msg`"+`, or to a key of your choice; then `+"`msg`"+` is an empty object. Messages of other cases end here.
`))

// Run implements node.Runner.
func (s *SwitchIn) Run(_ context.Context, m *node.Message) error {
	msg, _, err := m.Payload.Get("msg")
	if err != nil {
		return err
	}
	object, _ := msg.(map[string]any)
	if name, ok := object["case"]; !ok || value.Text(name) != s.Case {
		return node.Drop
	}
	if s.MoveTo == "" || s.MoveTo == "msg" {
		return m.Payload.Set("msg", object["payload"])
	}
	if err := m.Payload.Set(s.MoveTo, object["payload"]); err != nil {
		return err
	}
	return m.Payload.Set("msg", map[string]any{})
}
