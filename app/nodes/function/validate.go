package function

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"ecoflow/app/fault"
	"ecoflow/app/limit"
	"ecoflow/app/node"
	"ecoflow/app/value"
)

// Validate checks a value against a JSON Schema.
type Validate struct {
	Schema node.Code   `input:"schema" label:"JSON Schema" language:"json" required:"true" default:"{\"type\": \"object\"}"`
	Value  node.Text   `input:"value" label:"Value" hint:"{{ msg.value }}. Empty: msg." value:"true"`
	To     node.Target `input:"to" label:"Mistakes go to" default:"errors"`

	source   any
	compiled *jsonschema.Schema
}

var validateType = node.Define("Validate", node.Middleware, Validate{}, node.In(node.Own), node.Icon("checklist"), node.Keywords("schema", "check", "json schema", "joi", "zod"), node.Summary("{schema/properties,schema/type|JSON Schema}"),
	node.Ports(node.Port{Name: "valid", Label: "Valid"}, node.Port{Name: "invalid", Label: "Invalid"}),
	node.Describe("Checks the message against a JSON Schema.", "\n```json\n{\n  \"type\": \"object\",\n  \"required\": [\"email\"],\n  \"properties\": {\"email\": {\"type\": \"string\", \"format\": \"email\"}}\n}\n```\n\n"+
		"At *invalid*, `payload.errors` lists every mistake: `[{\"path\": \"email\", \"message\": \"…\"}]`. The schema of `msg` is also part of the API's description.\n"))

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
	if unwieldy(nil, v.source, nil) != nil {
		return refuse(node.Problem{Message: fmt.Sprintf("The schema holds a number with more than %d digits.", maxDigits)})
	}
	c := jsonschema.NewCompiler()
	c.UseLoader(nowhere{})
	c.AssertFormat()
	if err := c.AddResource(place, v.source); err != nil {
		return refuse(node.Problem{Message: fault.Sentence("The schema cannot be used: " + firstMistake(err))})
	}
	if v.compiled, err = c.Compile(place); err != nil {
		return refuse(node.Problem{Message: fault.Sentence("The schema cannot be used: " + firstMistake(err))})
	}
	return nil
}

// place is the address that a schema has for itself.
const place = "schema://node"

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
	list := unwieldy(nil, given, nil)
	if list == nil {
		if err = v.compiled.Validate(given); err == nil {
			m.Send("valid")
			return nil
		}
		var mistakes *jsonschema.ValidationError
		if !errors.As(err, &mistakes) {
			return err
		}
		list = listed(mistakes, nil)
		slices.SortFunc(list, func(a, b any) int { // the library has no order
			x, y := a.(map[string]any), b.(map[string]any)
			return cmp.Or(value.Compare(x["path"], y["path"]), value.Compare(x["message"], y["message"]))
		})
	}
	m.Send("invalid")
	return v.To.Set(&m.Payload, list)
}

func mistake(path []string, format string, args ...any) any {
	return map[string]any{"path": strings.Join(path, "."), "message": fmt.Sprintf(format, args...)}
}

// maxDigits bounds the numbers that are checked: exact arithmetic on a number
// like 1e999999 takes for ages.
const maxDigits = 400

// unwieldy lists the numbers beyond maxDigits.
func unwieldy(list []any, v any, path []string) []any {
	switch v := v.(type) {
	case json.Number:
		_, exponent, _ := strings.Cut(strings.ToLower(string(v)), "e")
		n, err := strconv.Atoi(cmp.Or(exponent, "0"))
		if (len(v) > maxDigits || err != nil || n > maxDigits || n < -maxDigits) && len(list) < maxMistakes {
			list = append(list, mistake(path, "has more than %d digits", maxDigits))
		}
	case []any:
		for i, item := range v {
			list = unwieldy(list, item, append(path, strconv.Itoa(i)))
		}
	case map[string]any:
		for name, item := range v {
			list = unwieldy(list, item, append(path, name))
		}
	}
	return list
}

// listed flattens the mistakes: a list of {path, message} without those that only
// say that something inside is wrong.
func listed(e *jsonschema.ValidationError, list []any) []any {
	path := e.InstanceLocation
	switch k := e.ErrorKind.(type) {
	case *kind.Required:
		for _, name := range k.Missing {
			list = append(list, mistake(append(path, name), "is required"))
		}
		return list
	case *kind.AdditionalProperties:
		for _, name := range k.Properties {
			list = append(list, mistake(append(path, name), "is not expected here"))
		}
		return list
	case *kind.OneOf, *kind.AnyOf:
		return append(list, mistake(path, "fits none of the forms that are allowed"))
	}
	if len(e.Causes) == 0 && len(list) < maxMistakes {
		return append(list, mistake(path, "%s", sentence(e.ErrorKind)))
	}
	for _, cause := range e.Causes {
		list = listed(cause, list)
	}
	return list
}

var english = message.NewPrinter(language.English)

// several says how many there are of a thing.
func several(n int, of string) string {
	if n == 1 {
		return "1 " + of
	}
	return fmt.Sprintf("%d %ss", n, of)
}

// sentence says what a value has to be, for the commonest rules.
func sentence(k jsonschema.ErrorKind) string {
	switch k := k.(type) {
	case *kind.Type:
		return fmt.Sprintf("has to be of the type %s, not %s", strings.Join(k.Want, " or "), k.Got)
	case *kind.Format:
		return "is no " + k.Want
	case *kind.Pattern:
		return "does not match the pattern " + k.Want
	case *kind.MinLength:
		return "needs " + several(k.Want, "character") + " or more"
	case *kind.MaxLength:
		return "may have " + several(k.Want, "character") + " at most"
	case *kind.MinItems:
		return "needs " + several(k.Want, "element") + " or more"
	case *kind.MaxItems:
		return "may have " + several(k.Want, "element") + " at most"
	case *kind.Minimum:
		return "has to be " + decimal(k.Want) + " or more"
	case *kind.Maximum:
		return "has to be " + decimal(k.Want) + " or less"
	case *kind.ExclusiveMinimum:
		return "has to be more than " + decimal(k.Want)
	case *kind.ExclusiveMaximum:
		return "has to be less than " + decimal(k.Want)
	case *kind.RefCycle:
		return "cannot be checked, because the schema refers to itself without end"
	case *kind.MultipleOf:
		return "has to be a multiple of " + decimal(k.Want)
	}
	return k.LocalizedString(english)
}

func decimal(r *big.Rat) string {
	digits, _ := r.FloatPrec()
	return r.FloatString(digits)
}
