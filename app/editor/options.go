package editor

import (
	"context"
	"slices"

	"ecoflow/app/fault"
	"ecoflow/app/flow"
	"ecoflow/app/node"
	"ecoflow/app/template"
	"ecoflow/app/trace"
	"ecoflow/app/value"
)

// OptionsRequest is what is filled in of a node's form.
type OptionsRequest struct {
	Node   string         `path:"nodeId"`
	Inputs map[string]any `json:"inputs,omitzero" maxItems:"200"`
	Input  string         `json:"input" doc:"Only this input; all without it."`
	Flow   string         `json:"flow" maxLength:"200" doc:"The flow that the node is in."`
}

// Inputs are inputs with what can be chosen in them.
type Inputs struct {
	Inputs []node.Input `json:"inputs"`
}

// Choices returns the inputs of a node type with the options that follow from
// what is filled in so far.
func (e *Editor) Choices(ctx context.Context, r OptionsRequest) (Inputs, error) {
	t, ok := e.Library.Lookup(r.Node)
	if !ok {
		return Inputs{}, fault.New(fault.NotFound, "There is no node type with the id %s.", r.Node).WithCode("unknown_node_type")
	}
	filled := make(map[string]any, len(r.Inputs))
	for name, v := range r.Inputs {
		if v, ok := plain(v); ok {
			filled[name] = v
		}
	}
	l, err := t.Resolved(ctx, node.Values{Inputs: filled, Flow: r.Flow})
	if err != nil || r.Input == "" {
		return Inputs{l.Inputs}, err
	}
	i := slices.IndexFunc(l.Inputs, func(in node.Input) bool { return in.Name == r.Input })
	if i < 0 {
		return Inputs{}, fault.New(fault.NotFound, "The node type %s has no input %q.", t.Name, r.Input).WithCode("unknown_input")
	}
	return Inputs{l.Inputs[i : i+1]}, nil
}

// Callable lists the drafts that a node of the flow could call: those with a node at
// which calls begin, but for the flow itself.
func (e *Editor) Callable(ctx context.Context, from string) ([]node.Choice, error) {
	drafts, err := e.Store.Drafts(ctx)
	if err != nil {
		return nil, err
	}
	outlines, _ := e.survey(ctx, drafts)
	list := []node.Choice{}
	for _, d := range drafts {
		if outlines[d.Hash].callable && flow.NameKey(d.Name) != flow.NameKey(from) {
			list = append(list, node.Choice{Label: d.Name, Value: d.Name})
		}
	}
	return list, nil
}

// plain unwraps the contract's {validated, value}; ok is false for one that is not
// validated.
func plain(v any) (_ any, ok bool) {
	m, isMap := v.(map[string]any)
	validated, wrapped := m["validated"].(bool)
	if !isMap || !wrapped || len(m) > 2 {
		return v, true
	}
	return m["value"], validated
}

// TemplateRequest is a template with a message to try it on.
type TemplateRequest struct {
	Template string         `json:"template" maxLength:"65536"`
	Message  map[string]any `json:"message,omitzero" doc:"The values of msg, payload, params, query, headers, cookies, request, env, item and index. Variables have no values but those given here."`
}

// TemplateReport says whether a template compiles and what it comes to.
type TemplateReport struct {
	Valid      bool           `json:"valid"`
	Error      *TemplateError `json:"error,omitzero"`
	References []string       `json:"references" doc:"The paths that it reads, such as msg.user.name."`
	Value      Data           `json:"value,omitzero" doc:"What it comes to; absent when it cannot be evaluated."`
	Shortened  bool           `json:"shortened"`
}

// TemplateError says what is wrong and where, from 1; a place of 0 is unknown.
type TemplateError struct {
	Message string `json:"message"`
	Line    int    `json:"line"`
	Column  int    `json:"column"`
}

// CheckTemplate compiles a template and evaluates it on the message given.
func (e *Editor) CheckTemplate(_ context.Context, r TemplateRequest) (TemplateReport, error) {
	text, problem := template.Compile(r.Template)
	if problem != nil {
		return TemplateReport{Error: &TemplateError{problem.Message, problem.Line, problem.Column}, References: []string{}}, nil
	}
	out := TemplateReport{Valid: true, References: append([]string{}, text.References()...)}
	v, err := text.Value(sample(r.Message))
	if err != nil {
		out.Error = &TemplateError{Message: err.Error()}
		return out, nil
	}
	out.Value, out.Shortened = trace.Hide(nil).Shorten(v)
	return out, nil
}

// sample is a message made up for a preview.
type sample map[string]any

// Lookup implements template.Scope.
func (s sample) Lookup(root string, path []any) (any, error) {
	v, ok := s[root]
	if payload, isMap := s["payload"].(map[string]any); !ok && root == "msg" && isMap {
		v = payload["msg"]
	} else if msg, given := s["msg"]; !ok && root == "payload" && given {
		v = map[string]any{"msg": msg}
	}
	v, err := value.Normal(v)
	if err != nil {
		return nil, err
	}
	return template.Descend(v, path)
}
