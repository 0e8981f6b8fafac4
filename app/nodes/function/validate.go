package function

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"ecoflow/app/limit"
	"ecoflow/app/node"
	"ecoflow/app/value"
)

// Validate checks a value against a JSON Schema.
type Validate struct {
	Schema node.Code   `input:"schema" label:"JSON Schema" language:"json" required:"true" default:"{\"type\": \"object\"}"`
	Value  node.Text   `input:"value" label:"Value" hint:"Empty: msg."`
	To     node.Target `input:"to" label:"Mistakes go to" default:"errors"`

	source   any
	compiled *jsonschema.Schema
}

var validateType = node.Define("Validate", node.Middleware, Validate{}, node.In(node.Own), node.Icon("checklist"),
	node.Ports(node.Port{Name: "valid", Label: "Valid"}, node.Port{Name: "invalid", Label: "Invalid"}),
	node.Describe("Checks the message against a JSON Schema.", "\n```json\n{\n  \"type\": \"object\",\n  \"required\": [\"email\"],\n  \"properties\": {\"email\": {\"type\": \"string\", \"format\": \"email\"}}\n}\n```\n\n"+
		"At *invalid*, `errors` lists every mistake: `[{\"path\": \"email\", \"message\": \"…\"}]`. The schema of `msg` is also part of the API's description.\n"))

// maxMistakes is how many mistakes are listed.
const maxMistakes = 100

// Prepare implements node.Preparer.
func (v *Validate) Prepare(node.Values) []node.Problem {
	refuse := func(p node.Problem) []node.Problem {
		p.Input, p.Code = "schema", "schema"
		return []node.Problem{p}
	}
	var err error
	if v.source, err = value.Parse([]byte(v.Schema.Text), limit.ManagementDepth); err != nil {
		p := node.Problem{Message: err.Error()}
		if bad := new(value.Error); errors.As(err, &bad) {
			p.Message, p.Line, p.Column = bad.Message+".", bad.Line, bad.Column
		}
		return refuse(p)
	}
	c := jsonschema.NewCompiler()
	c.UseLoader(nowhere{})
	c.AssertFormat()
	if err := c.AddResource("schema.json", v.source); err != nil {
		return refuse(node.Problem{Message: "The schema cannot be used: " + firstMistake(err) + "."})
	}
	if v.compiled, err = c.Compile("schema.json"); err != nil {
		return refuse(node.Problem{Message: "The schema cannot be used: " + firstMistake(err) + "."})
	}
	return nil
}

// nowhere loads no schema: everything a schema refers to has to be inside it.
type nowhere struct{}

// Load implements jsonschema.URLLoader.
func (nowhere) Load(url string) (any, error) {
	return nil, fmt.Errorf("it refers to %s, and only references inside the schema are followed", url)
}

func firstMistake(err error) string {
	var meta *jsonschema.SchemaValidationError
	if errors.As(err, &meta) {
		err = meta.Err
	}
	var mistakes *jsonschema.ValidationError
	if errors.As(err, &mistakes) {
		if list := listed(mistakes, nil); len(list) > 0 {
			first := list[0].(map[string]any)
			return strings.TrimPrefix(fmt.Sprintf("%v: %v", first["path"], first["message"]), ": ")
		}
	}
	var unloaded *jsonschema.LoadURLError
	if errors.As(err, &unloaded) {
		return unloaded.Err.Error()
	}
	return err.Error()
}

// Describe implements node.Describer.
func (v *Validate) Describe(d *node.Description) {
	if v.Value.IsEmpty() && d.RequestSchema == nil {
		d.RequestSchema = v.source
	}
}

// Run implements node.Runner.
func (v *Validate) Run(_ context.Context, m *node.Message) error {
	given, err := m.Value(v.Value)
	if err == nil {
		given, err = value.Normal(given)
	}
	if err != nil {
		return err
	}
	err = v.compiled.Validate(given)
	if err == nil {
		m.Send("valid")
		return nil
	}
	var mistakes *jsonschema.ValidationError
	if !errors.As(err, &mistakes) {
		return err
	}
	m.Send("invalid")
	return v.To.Set(&m.Payload, listed(mistakes, []any{}))
}

var english = message.NewPrinter(language.English)

// listed flattens the mistakes: a list of {path, message} without those that only
// say that something inside is wrong.
func listed(e *jsonschema.ValidationError, list []any) []any {
	if len(list) >= maxMistakes {
		return list
	}
	path := strings.Join(e.InstanceLocation, ".")
	add := func(path, message string) {
		list = append(list, map[string]any{"path": path, "message": message})
	}
	inside := func(name string) string {
		if path == "" {
			return name
		}
		return path + "." + name
	}
	switch k := e.ErrorKind.(type) {
	case *kind.Required:
		for _, name := range k.Missing {
			add(inside(name), "is required")
		}
		return list
	case *kind.AdditionalProperties:
		for _, name := range k.Properties {
			add(inside(name), "is not expected here")
		}
		return list
	case *kind.OneOf, *kind.AnyOf:
		add(path, "fits none of the forms that are allowed")
		return list
	}
	if len(e.Causes) == 0 {
		add(path, e.ErrorKind.LocalizedString(english))
		return list
	}
	for _, cause := range e.Causes {
		list = listed(cause, list)
	}
	return list
}
