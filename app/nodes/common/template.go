package common

import (
	"context"
	"html"

	"ecoflow/app/node"
	"ecoflow/app/template"
)

// Template fills a longer text with values.
type Template struct {
	Text   node.Text   `input:"template" label:"Template" type:"Code" language:"html" required:"true"`
	Escape node.Pick   `input:"escape" label:"Values are" options:"html=escaped for HTML,none=put in as they are" default:"html"`
	To     node.Target `input:"to" label:"Result goes to" default:"msg"`
}

var templateType = node.Define("Template", node.Middleware, Template{}, node.In(node.Own), node.Icon("template"), node.Keywords("text", "mustache", "handlebars", "html"), node.Summary("{template}"),
	node.Describe("Fills a page or another longer text with values.", "\n```html\n<h1>Hello {{ msg.user.name }}</h1>\n```\n\n"+
		"Escaped for HTML, a value can never add markup of its own. A literal `{{` is written `\\{{`.\n"))

// Prepare implements node.Preparer. A Template node without templates would be
// of no use, so its text is one whatever the node's switch says.
func (t *Template) Prepare(v node.Values) []node.Problem {
	if v.Templates {
		return nil
	}
	text, err := template.Compile(t.Text.Source())
	if err != nil {
		return []node.Problem{{Input: "template", Code: "template", Message: err.Message, Line: err.Line, Column: err.Column}}
	}
	t.Text = text
	return nil
}

// Run implements node.Runner.
func (t *Template) Run(_ context.Context, m *node.Message) error {
	escape := func(s string) string { return s }
	if t.Escape == "html" {
		escape = html.EscapeString
	}
	s, err := t.Text.RenderEscaped(node.Scope(m), escape)
	if err != nil {
		return err
	}
	return t.To.Set(&m.Payload, s)
}
