package function

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"unicode/utf8"

	"ecoflow/app/limit"
	"ecoflow/app/node"
	"ecoflow/app/value"
)

// Parse reads text of a known form.
type Parse struct {
	Form      node.Pick   `input:"format" label:"Form" options:"json=JSON,csv=CSV,xml=XML,form=Form fields" default:"json"`
	Source    node.Text   `input:"source" label:"Text" hint:"{{ msg.text }}. Empty: msg. A file is read too." value:"true"`
	Separator string      `input:"separator" label:"Separator" default:"," when:"format=csv" hint:"One character; \\t is a tab."`
	Header    bool        `input:"header" label:"The first row has the names" default:"true" when:"format=csv"`
	To        node.Target `input:"to" label:"Result goes to" default:"msg"`

	comma rune
}

var parseType = node.Define("Parse", node.Middleware, Parse{}, node.In(node.Own), node.Icon("file-import"), node.Keywords("json", "csv", "xml", "decode", "form"), node.Summary("{format} from {source|msg}"),
	node.Describe("Reads JSON, CSV, XML or form fields out of a text.", `
- **JSON** keeps all digits of its numbers.
- **CSV** gives a list of objects, or of lists when the first row has no names. All values are text.
- **XML** `+"`<order id=\"7\"><item>A</item><item>B</item></order>`"+` gives `+"`{\"order\": {\"@id\": \"7\", \"item\": [\"A\", \"B\"]}}`"+`; text beside elements is `+"`#text`"+`.
- **Form fields** `+"`a=1&b=2&b=3`"+` give `+"`{\"a\": \"1\", \"b\": [\"2\", \"3\"]}`"+`.
`))

// Prepare implements node.Preparer.
func (p *Parse) Prepare(node.Values) []node.Problem {
	var problem []node.Problem
	p.comma, problem = separator(p.Separator, p.Form == "csv")
	return problem
}

func separator(s string, needed bool) (rune, []node.Problem) {
	if s == `\t` {
		return '\t', nil
	}
	r, size := utf8.DecodeRuneInString(s)
	if needed && (size != len(s) || r == '"' || r == '\n' || r == '\r' || r == utf8.RuneError) {
		return 0, []node.Problem{{Input: "separator", Code: "separator", Message: "The separator has to be one character, and no quote."}}
	}
	return r, nil
}

// Run implements node.Runner.
func (p *Parse) Run(ctx context.Context, m *node.Message) error {
	v, err := m.Value(p.Source)
	if err != nil {
		return err
	}
	var text []byte
	switch v := v.(type) {
	case string:
		text = []byte(v)
	case []byte:
		text = v
	case *node.File:
		text = v.Data
	default:
		return fmt.Errorf("there is %s where text has to be", kindOf(v))
	}
	var parsed any
	switch p.Form {
	case "csv":
		parsed, err = p.csv(ctx, text)
	case "xml":
		parsed, err = parseXML(text)
	case "form":
		parsed, err = parseForm(string(text))
	default:
		parsed, err = value.Parse(text, limit.APIDepth)
	}
	if err != nil {
		return err
	}
	return p.To.Set(&m.Payload, parsed)
}

func (p *Parse) csv(ctx context.Context, text []byte) (any, error) {
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(text, []byte("\ufeff"))))
	r.Comma, r.FieldsPerRecord, r.ReuseRecord = p.comma, -1, true
	rows := []any{}
	var names []string
	for {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		if bad := new(csv.ParseError); errors.As(err, &bad) {
			return nil, fmt.Errorf("the CSV cannot be read: %w in line %d, column %d", bad.Err, bad.Line, bad.Column)
		}
		if err != nil {
			return nil, err
		}
		if len(rows)%1024 == 0 && ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		if p.Header && names == nil {
			if names, err = columns(record); err != nil {
				return nil, err
			}
			continue
		}
		if names == nil {
			row := make([]any, len(record))
			for i, cell := range record {
				row[i] = cell
			}
			rows = append(rows, row)
			continue
		}
		if len(record) > len(names) {
			line, _ := r.FieldPos(0)
			return nil, fmt.Errorf("the CSV has more cells than names in line %d", line)
		}
		row := make(map[string]any, len(record))
		for i, cell := range record {
			row[names[i]] = cell
		}
		rows = append(rows, row)
	}
}

// columns are the names of the first row; each has to be there once.
func columns(record []string) ([]string, error) {
	seen := make(map[string]bool, len(record))
	names := make([]string, len(record))
	for i, name := range record {
		name = strings.Clone(strings.TrimSpace(name))
		if seen[name] {
			return nil, fmt.Errorf("the CSV has two columns named %q", name)
		}
		seen[name], names[i] = true, name
	}
	return names, nil
}

func parseForm(text string) (any, error) {
	if n := strings.Count(text, "&") + 1; n > limit.FormFields {
		return nil, fmt.Errorf("the form has more than %d fields", limit.FormFields)
	}
	fields, err := url.ParseQuery(strings.TrimSpace(text))
	if err != nil {
		return nil, fmt.Errorf("the form fields cannot be read: %w", err)
	}
	form := make(map[string]any, len(fields))
	for name, values := range fields {
		if len(values) == 1 {
			form[name] = values[0]
			continue
		}
		list := make([]any, len(values))
		for i, v := range values {
			list[i] = v
		}
		form[name] = list
	}
	return form, nil
}
