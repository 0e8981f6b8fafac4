package function

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"ecoflow/app/node"
	"ecoflow/app/value"
)

// Format writes a value as text of a known form.
type Format struct {
	Form      node.Pick   `input:"format" label:"Form" options:"json=JSON,csv=CSV,xml=XML,form=Form fields" default:"json"`
	Value     node.Text   `input:"value" label:"Value" hint:"{{ msg.value }}. Empty: msg." value:"true"`
	Indent    bool        `input:"indent" label:"Indented" when:"format=json"`
	Columns   node.List   `input:"columns" label:"Columns" when:"format=csv" sorting:"true" hint:"Empty: all names of all rows."`
	Separator string      `input:"separator" label:"Separator" default:"," when:"format=csv" hint:"One character; \\t is a tab."`
	Header    bool        `input:"header" label:"The first row has the names" default:"true" when:"format=csv"`
	Root      string      `input:"root" label:"Outermost element" default:"root" when:"format=xml" maxLength:"100"`
	To        node.Target `input:"to" label:"Result goes to" default:"msg"`

	comma rune
}

var formatType = node.Define("Format", node.Middleware, Format{}, node.In(node.Own), node.Icon("file-export"), node.Keywords("json", "csv", "xml", "encode", "stringify", "form"), node.Summary("{value|msg} as {format}"),
	node.Describe("Writes JSON, CSV, XML or form fields.", `
**CSV** takes a list of objects or of lists. A text that a spreadsheet would take for a formula (it starts with `+"`=`, `+`, `-` or `@`"+`) gets an apostrophe in front.

**XML** takes what Parse makes of XML: `+"`{\"order\": {\"@id\": 7, \"item\": [\"A\", \"B\"]}}`"+`.
`))

// Prepare implements node.Preparer.
func (f *Format) Prepare(node.Values) []node.Problem {
	var problems []node.Problem
	f.comma, problems = separator(f.Separator, f.Form == "csv")
	if f.Form == "xml" && !isXMLName(f.Root) {
		problems = append(problems, node.Problem{Input: "root", Code: "root", Message: fmt.Sprintf("%q cannot be the name of an XML element.", f.Root)})
	}
	return problems
}

// Run implements node.Runner.
func (f *Format) Run(_ context.Context, m *node.Message) error {
	v, err := m.Value(f.Value)
	if err == nil {
		v, err = value.Normal(v)
	}
	if err != nil {
		return err
	}
	var text []byte
	switch f.Form {
	case "csv":
		text, err = f.csv(v)
	case "xml":
		text, err = formatXML(v, f.Root)
	case "form":
		text, err = formatForm(v)
	default:
		if text, err = value.AppendJSON(nil, v); err == nil && f.Indent {
			var out bytes.Buffer
			err = json.Indent(&out, text, "", "  ")
			text = out.Bytes()
		}
	}
	if err != nil {
		return err
	}
	return f.To.Set(&m.Payload, string(text))
}

func (f *Format) csv(v any) ([]byte, error) {
	rows, ok := v.([]any)
	if !ok {
		return nil, fmt.Errorf("CSV needs a list, and the value is %s", kindOf(v))
	}
	names := []string(f.Columns)
	if len(names) == 0 {
		all := map[string]bool{}
		for _, row := range rows {
			if object, ok := row.(map[string]any); ok {
				for name := range object {
					all[name] = true
				}
			}
		}
		names = slices.Sorted(maps.Keys(all))
	}
	var out bytes.Buffer
	w := csv.NewWriter(&out)
	w.Comma, w.UseCRLF = f.comma, true // RFC 4180
	if f.Header && len(names) > 0 {
		header := make([]string, len(names))
		for i, name := range names {
			header[i] = cell(name)
		}
		w.Write(header) //nolint:errcheck // writing to memory; Error has the rest
	}
	for i, row := range rows {
		var record []string
		switch row := row.(type) {
		case map[string]any:
			for _, name := range names {
				record = append(record, cell(row[name]))
			}
		case []any:
			for _, item := range row {
				record = append(record, cell(item))
			}
		default:
			return nil, fmt.Errorf("row %d of the CSV is %s; it has to be an object or a list", i+1, kindOf(row))
		}
		w.Write(record) //nolint:errcheck // as above
	}
	w.Flush()
	return out.Bytes(), w.Error()
}

// cell is a value's text; a text that a spreadsheet would run as a formula is
// quoted.
func cell(v any) string {
	s, isText := v.(string)
	if !isText {
		return value.Text(v)
	}
	if strings.IndexAny(s, "=+-@\t\r") == 0 {
		return "'" + s
	}
	return s
}

func formatForm(v any) ([]byte, error) {
	object, ok := v.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("form fields need an object, and the value is %s", kindOf(v))
	}
	form := url.Values{}
	for name, v := range object {
		list, ok := v.([]any)
		if !ok {
			list = []any{v}
		}
		for _, item := range list {
			form.Add(name, value.Text(item))
		}
	}
	return []byte(form.Encode()), nil
}
