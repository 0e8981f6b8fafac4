package common

import (
	"context"
	"slices"

	"ecoflow/app/node"
)

// Debug shows the payload, or a part of it, in the editor or the server's log.
type Debug struct {
	Output     node.Pick  `input:"debugOutput" label:"Show" required:"true" options:"Message,Complete=Complete payload,Expression" default:"Complete"`
	Expression node.Text  `input:"debugExp" label:"Expression" when:"debugOutput=Expression" hint:"A key of the payload, or a template like {{ msg.user }}."`
	Consoles   node.Picks `input:"debugConsole" label:"Where" required:"true" options:"WebConsole=Editor,Terminal=Server log" default:"WebConsole"`
	Level      node.Pick  `input:"debugLevel" label:"Level" options:"debug=Debug,info=Information,warning=Warning,error=Error" default:"info" advanced:"true"`

	line node.DebugLine
}

var debugType = node.Define("Debug", node.Debug, Debug{}, node.In(node.Commons), node.Icon("bug"), node.Keywords("log", "console", "print", "inspect"), node.Summary("{debugExp,debugOutput}"),
	node.Describe("Shows what arrives here.", "\nIt shows the payload as it leaves the node before, and costs next to nothing while nobody looks.\n"))

// Prepare implements node.Preparer.
func (d *Debug) Prepare(v node.Values) []node.Problem {
	d.line = node.DebugLine{
		Flow: v.Flow, NodeID: v.NodeID, Label: v.Label, Level: string(d.Level),
		Window: slices.Contains(d.Consoles, "WebConsole"), Terminal: slices.Contains(d.Consoles, "Terminal"),
	}
	return nil
}

// Run implements node.Runner.
func (d *Debug) Run(ctx context.Context, m *node.Message) error {
	line := d.line
	line.RunID = m.Run.ID
	m.Run.Host.Debug(ctx, line, func() any {
		v, err := d.value(m)
		if err != nil {
			return "This value cannot be shown: " + err.Error()
		}
		return v
	})
	return nil
}

func (d *Debug) value(m *node.Message) (any, error) {
	var (
		key = "msg"
		v   any
		ok  bool
		err error
	)
	switch {
	case d.Output == "Expression" && !d.Expression.IsLiteral():
		return d.Expression.Value(node.Scope(m))
	case d.Output == "Expression":
		key = d.Expression.Source()
	case d.Output == "Complete":
		key = ""
	}
	if key == "" {
		return m.Payload.Map()
	}
	if v, ok, err = m.Payload.Get(key); !ok && err == nil {
		return map[string]any{}, nil // as the original
	}
	return v, err
}
