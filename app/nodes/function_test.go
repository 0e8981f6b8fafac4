package nodes_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"ecoflow/app/node"
	"ecoflow/app/value"
)

func TestSwitchNodes(t *testing.T) {
	runAll(t, []test{
		{node: "Switch", inputs: `{"switchCases": ["default", "a"]}`, payload: `{"msg": {"switch": "a", "x": 1}}`, want: `{"msg": {"case": "a", "payload": {"switch": "a", "x": 1}}}`},
		{node: "Switch", inputs: `{"switchCases": ["1"]}`, payload: `{"msg": 5, "switch": 1}`, want: `{"switch": 1, "msg": {"case": "1", "payload": 5}}`},
		{node: "Switch", inputs: `{"switchCases": ["a"]}`, payload: `{"msg": {"switch": "b"}}`, want: `{"msg": {"case": "default", "payload": {"switch": "b"}}}`},
		{node: "Switch", inputs: `{"payloadMsg": "body", "switchVal": "kind", "switchCases": ["a"]}`, payload: `{"msg": {"kind": "a", "body": [1]}}`, want: `{"msg": {"case": "a", "payload": [1]}}`},
		{node: "Switch", inputs: `{"payloadMsg": "body", "switchVal": "kind"}`, payload: `{"msg": 7}`, want: `{"msg": {}}`},
		{node: "Switch In", inputs: `{"caseVal": "a"}`, payload: `{"msg": {"case": "a", "payload": [1]}}`, want: `{"msg": [1]}`},
		{node: "Switch In", inputs: `{"caseVal": "a", "moveTo": "x"}`, payload: `{"msg": {"case": "a", "payload": [1]}}`, want: `{"msg": {}, "x": [1]}`},
		{node: "Switch In", inputs: `{"caseVal": "b"}`, payload: `{"msg": {"case": "a", "payload": [1]}}`, returns: node.Drop},
		{node: "Switch In", inputs: `{"caseVal": ""}`, problem: "caseVal: Case is required"},
		{node: "Switch In", inputs: `{"caseVal": "a"}`, payload: `{"msg": "text"}`, returns: node.Drop},

		{node: "Range", inputs: `{"rangeValue": {"start": 0, "end": 1023}, "toValue": {"start": 0, "end": 5}}`, payload: `{"msg": 512}`, want: `{"msg": 2.5}`},
		{node: "Range", inputs: `{"inputRangeProperty": "v", "rangeValue": {"start": 10, "end": 0}, "toValue": {"start": 0, "end": 100}, "nearestInt": true}`, payload: `{"msg": {"v": "2.26"}}`, want: `{"msg": 77}`},
		{node: "Range", inputs: `{"rangeValue": {"start": 1, "end": 1}}`, problem: "rangeValue: "},
		{node: "Range", inputs: `{}`, payload: `{"msg": "x"}`, err: "no number"},
		{node: "Range", inputs: `{}`, payload: `{"msg": 1e308}`, want: `{"msg": 1e+306}`},
		{node: "Range", inputs: `{"toValue": {"start": 0, "end": 1e9}}`, payload: `{"msg": 1e308}`, err: "too large"},

		{node: "Route by value", inputs: `{"value": "{{ msg.k }}", "cases": ["a", "7"]}`, payload: `{"msg": {"k": 7}}`, want: `{"msg": {"k": 7}}`, ports: []string{"7"}},
		{node: "Route by value", inputs: `{"cases": ["a"]}`, payload: `{"msg": "A"}`, want: `{"msg": "A"}`, ports: []string{"otherwise"}},
		{node: "Route by value", inputs: `{"cases": ["a"], "ignoreCase": true}`, payload: `{"msg": "A"}`, want: `{"msg": "A"}`, ports: []string{"a"}},
		{node: "Route by value", inputs: `{"cases": ["a", "a"]}`, problem: `cases: The case "a" comes twice`},
		{node: "Route by value", inputs: `{"cases": ["A", "a"], "ignoreCase": true}`, problem: "comes twice"},
		{node: "Route by value", inputs: `{"cases": ["otherwise"]}`, problem: "cannot be a case"},
		{node: "Route by value", inputs: `{"cases": []}`, problem: "cases: Cases is required"},
	})
}

func TestCondition(t *testing.T) {
	holds := func(inputs, msg string, want bool) test {
		port := fmt.Sprint(want)
		return test{node: "Condition", name: inputs + " " + msg, inputs: inputs, payload: `{"msg": ` + msg + `}`, want: `{"msg": ` + msg + `}`, ports: []string{port}}
	}
	compare := func(operator, other string) string {
		return fmt.Sprintf(`{"operator": %q, "other": %q}`, operator, other)
	}
	runAll(t, []test{
		holds(compare("equals", "5"), `5`, true),
		holds(compare("equals", "5"), `5.0`, true),
		holds(compare("equals", "5"), `"5"`, true),
		holds(compare("equals", "5"), `"5.0"`, false),
		holds(compare("equals", "true"), `true`, true),
		holds(compare("equals", ""), `null`, true),
		holds(compare("equals", "{{ [1] }}"), `[1]`, true),
		holds(compare("equals", "[1]"), `[1]`, false),
		holds(compare("equals", "12345678901234567891"), `12345678901234567891`, true),
		holds(compare("differs", "a"), `"b"`, true),
		holds(compare("less", "10"), `9`, true),
		holds(compare("less", "10"), `"9"`, true),
		holds(compare("less", "b"), `"a"`, true),
		holds(compare("atMost", "3"), `3`, true),
		holds(compare("more", "3"), `3`, false),
		holds(compare("atLeast", "3"), `3.0`, true),
		holds(compare("contains", "2"), `[1, 2]`, true),
		holds(compare("contains", "b"), `"abc"`, true),
		holds(compare("contains", "k"), `{"k": null}`, true),
		holds(compare("lacks", "3"), `[1, 2]`, true),
		holds(compare("starts", "ab"), `"abc"`, true),
		holds(compare("ends", "ab"), `"abc"`, false),
		holds(compare("matches", "^a.c$"), `"abc"`, true),
		holds(compare("matches", "{{ '^' + 'a' }}"), `"abc"`, true),
		holds(`{"operator": "matches", "other": "^A", "ignoreCase": true}`, `"abc"`, true),
		holds(`{"operator": "equals", "other": "ABC", "ignoreCase": true}`, `"abc"`, true),
		holds(`{"operator": "empty"}`, `[]`, true),
		holds(`{"operator": "empty"}`, `0`, false),
		holds(`{"operator": "filled"}`, `" "`, false),
		holds(`{"operator": "true"}`, `"x"`, true),
		holds(`{"operator": "true"}`, `0`, false),
		holds(`{"operator": "equals", "value": "{{ msg.a }}", "other": "1"}`, `{"a": 1}`, true),
		holds(`{"by": "expression", "expression": "len(msg) > 1 and headers['x-id'] == 'h1'"}`, `[1, 2]`, true),
		holds(`{"by": "expression", "expression": "msg.nothing"}`, `{}`, false),
		{node: "Condition", inputs: `{"by": "expression"}`, problem: "expression: Expression is required"},
		{node: "Condition", inputs: `{"by": "expression", "expression": "msg +"}`, problem: "expression: Expression is an expression that does not compile"},
		{node: "Condition", inputs: `{"operator": "matches", "other": "("}`, problem: "other: The pattern"},
		{node: "Condition", inputs: `{"operator": "matches", "other": "{{ msg }}"}`, payload: `{"msg": "("}`, err: "pattern"},
		{node: "Condition", inputs: `{"operator": "is"}`, problem: "operator: Is has no option"},
	})
}

func TestListNodes(t *testing.T) {
	orders := `{"msg": [{"n": 3, "c": "CH", "p": 1.5}, {"n": 1, "c": "DE", "p": 2}, {"n": 2, "c": "CH"}]}`
	runAll(t, []test{
		{node: "Filter", inputs: `{"condition": "item.n > 1 and index < 2"}`, payload: orders, want: `{"msg": [{"n": 3, "c": "CH", "p": 1.5}]}`},
		{node: "Filter", inputs: `{"list": "{{ msg.x }}", "condition": "item", "to": "out"}`, payload: `{"msg": {"x": [0, 1, "", "a", null]}}`, want: `{"msg": {"x": [0, 1, "", "a", null]}, "out": [1, "a"]}`},
		{node: "Filter", inputs: `{"list": "{{ msg.none }}", "condition": "true"}`, want: `{"msg": []}`},
		{node: "Filter", inputs: `{"condition": "true"}`, payload: `{"msg": "text"}`, err: "no list but text"},
		{node: "Filter", inputs: `{"condition": "item + 1 > 0"}`, payload: `{"msg": [1, "a"]}`, err: "element 1: "},
		{node: "Filter", inputs: `{}`, problem: "condition: Keep an element when is required"},
		{node: "Map", inputs: `{"expression": "{id: item.n, place: index + 1, page: query.page}"}`, payload: `{"msg": [{"n": 1.0}]}`, want: `{"msg": [{"id": 1, "place": 1, "page": "2"}]}`},
		{node: "Map", inputs: `{"expression": "item.n"}`, payload: `{"msg": [{"n": 1.0}, {}]}`, want: `{"msg": [1.0, null]}`},
		{node: "Sort", inputs: `{"by": "item.n"}`, payload: orders, want: `{"msg": [{"n": 1, "c": "DE", "p": 2}, {"n": 2, "c": "CH"}, {"n": 3, "c": "CH", "p": 1.5}]}`},
		{node: "Sort", inputs: `{"by": "[item.c, item.n]", "order": "desc"}`, payload: orders, want: `{"msg": [{"n": 1, "c": "DE", "p": 2}, {"n": 3, "c": "CH", "p": 1.5}, {"n": 2, "c": "CH"}]}`},
		{node: "Sort", inputs: `{}`, payload: `{"msg": ["b", 10, null, 9, "a"]}`, want: `{"msg": [null, 9, 10, "a", "b"]}`},
		{node: "Aggregate", inputs: `{}`, payload: orders, want: `{"msg": 3}`},
		{node: "Aggregate", inputs: `{"operation": "sum", "of": "item.p"}`, payload: orders, want: `{"msg": 3.5}`},
		{node: "Aggregate", inputs: `{"operation": "sum", "of": "item.n", "groupBy": "item.c", "to": "sums"}`, payload: `{"msg": [{"n": 3, "c": "CH"}, {"n": 1, "c": "DE"}, {"n": 2, "c": "CH"}]}`, want: `{"msg": [{"n": 3, "c": "CH"}, {"n": 1, "c": "DE"}, {"n": 2, "c": "CH"}], "sums": {"CH": 5, "DE": 1}}`},
		{node: "Aggregate", inputs: `{"operation": "avg", "of": "item.n"}`, payload: orders, want: `{"msg": 2}`},
		{node: "Aggregate", inputs: `{"operation": "avg"}`, payload: `{"msg": []}`, want: `{"msg": null}`},
		{node: "Aggregate", inputs: `{"operation": "sum"}`, payload: `{"msg": []}`, want: `{"msg": 0}`},
		{node: "Aggregate", inputs: `{"operation": "min", "of": "item.p"}`, payload: orders, want: `{"msg": 1.5}`},
		{node: "Aggregate", inputs: `{"operation": "max"}`, payload: `{"msg": [2, 10, 9]}`, want: `{"msg": 10}`},
		{node: "Aggregate", inputs: `{"operation": "list", "of": "item.n", "groupBy": "item.c"}`, payload: orders, want: `{"msg": {"CH": [3, 2], "DE": [1]}}`},
		{node: "Aggregate", inputs: `{"operation": "sum"}`, payload: `{"msg": [1, "x"]}`, err: `element 1: "x" is no number`},
		{node: "Aggregate", inputs: `{"operation": "sum"}`, payload: `{"msg": [9007199254740991, 1, 2]}`, want: `{"msg": 9007199254740994}`},
	})
}

func TestListNodesEnd(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	gone := errors.New("the client went away")
	cancel(gone)
	for name, inputs := range map[string]string{"Filter": `{"condition": "true"}`, "Map": `{"expression": "item"}`, "Sort": `{}`, "Aggregate": `{}`, "For each": `{}`} {
		n, problems := instance(t, name, inputs)
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		if err := n.(node.Runner).Run(ctx, message(t, &host{}, `{"msg": [1]}`)); !errors.Is(err, gone) {
			t.Errorf("%s returned %v", name, err)
		}
	}
}

// loop runs For each with a body and returns the message after it.
func loop(t *testing.T, inputs, payload string, body func(ctx context.Context, m *node.Message) (*node.Message, error)) (*node.Message, error) {
	t.Helper()
	n, problems := instance(t, "For each", inputs)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	m := message(t, &host{}, payload)
	m.Loop = body
	err := n.(node.Runner).Run(t.Context(), m)
	return m, err
}

func TestForEach(t *testing.T) {
	double := func(_ context.Context, m *node.Message) (*node.Message, error) {
		item, _, _ := m.Payload.Get("item")
		index, _, _ := m.Payload.Get("index")
		other, _, _ := m.Payload.Get("other")
		if n, ok := value.Number(item); ok && n < 0 {
			return nil, fmt.Errorf("negative")
		} else if ok && n == 0 {
			return nil, nil
		}
		err := m.Payload.Set("msg", []any{item, index, other})
		m.Payload.Set("leak", true) //nolint:errcheck // a payload of Go values takes any value
		return m, err
	}
	for _, atOnce := range []string{"1", "4"} {
		for _, tt := range []struct{ inputs, payload, want, err string }{
			{`"to": "msg"`, `{"msg": [5, 6, 7], "other": "o"}`, `{"msg":[[5,0,"o"],[6,1,"o"],[7,2,"o"]],"other":"o"}`, ""},
			{`"list": "{{ msg.x }}", "to": "msg.y"`, `{"msg": {"x": [1, 0, 2]}}`, `{"msg":{"x":[1,0,2],"y":[[1,0,null],[2,2,null]]}}`, ""},
			{`"to": "out"`, `{"msg": {"b": 2, "a": 1}}`, `{"msg":{"a":1,"b":2},"out":[[{"key":"a","value":1},0,null],[{"key":"b","value":2},1,null]]}`, ""},
			{`"list": "{{ msg.none }}"`, `{"msg": {}}`, `{"msg":[]}`, ""},
			{`"onError": "skip"`, `{"msg": [1, -1, 2]}`, `{"msg":[[1,0,null],[2,2,null]]}`, ""},
			{`"to": "msg"`, `{"msg": [1, -1, 2]}`, ``, "negative"},
			{`"to": "msg"`, `{"msg": 7}`, ``, "no list but a number"},
		} {
			m, err := loop(t, `{"concurrency": `+atOnce+`, `+tt.inputs+`}`, tt.payload, double)
			if tt.err != "" {
				if err == nil || !strings.Contains(err.Error(), tt.err) {
					t.Errorf("%s at once, %s: error %v", atOnce, tt.inputs, err)
				}
				continue
			}
			if err != nil {
				t.Errorf("%s at once, %s: %v", atOnce, tt.inputs, err)
				continue
			}
			all, _ := m.Payload.Map()
			if got := jsonOf(all); got != tt.want {
				t.Errorf("%s at once, %s: %s, want %s", atOnce, tt.inputs, got, tt.want)
			}
			if sent := m.TakeSent(); len(sent) != 1 || sent[0] != "done" {
				t.Errorf("sent to %q", sent)
			}
		}
	}
}

// No more bodies run at once than allowed; a failure ends those that wait, and a
// panic is a failure.
func TestForEachSideBySide(t *testing.T) {
	var running, most atomic.Int32
	_, err := loop(t, `{"concurrency": 3}`, `{"msg": [1, 2, 3, 4, 5, 6, 7, 8]}`, func(_ context.Context, m *node.Message) (*node.Message, error) {
		n := running.Add(1)
		defer running.Add(-1)
		for {
			seen := most.Load()
			if n <= seen || most.CompareAndSwap(seen, n) {
				break
			}
		}
		return m, nil
	})
	if err != nil || most.Load() > 3 {
		t.Errorf("%d at once, %v", most.Load(), err)
	}
	broken := errors.New("broken")
	_, err = loop(t, `{"concurrency": 2}`, `{"msg": [1, 2]}`, func(ctx context.Context, m *node.Message) (*node.Message, error) {
		if item, _, _ := m.Payload.Get("item"); value.Equal(item, int64(1)) {
			return nil, broken
		}
		select {
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-time.After(time.Minute):
			return nil, errors.New("nobody ended the other body")
		}
	})
	if !errors.Is(err, broken) {
		t.Errorf("error %v", err)
	}
	_, err = loop(t, `{"concurrency": 2}`, `{"msg": [1, 2]}`, func(context.Context, *node.Message) (*node.Message, error) { panic("oops") })
	if err == nil || strings.Contains(err.Error(), "oops") {
		t.Errorf("error %v", err)
	}
}

func TestParse(t *testing.T) {
	from := func(inputs, text, want string) test {
		return test{node: "Parse", name: inputs + text, inputs: inputs, payload: `{"msg": ` + jsonOf(text) + `}`, want: `{"msg": ` + want + `}`}
	}
	fails := func(inputs, text, err string) test {
		return test{node: "Parse", name: inputs + err, inputs: inputs, payload: `{"msg": ` + jsonOf(text) + `}`, err: err}
	}
	csv, xml, form := `{"format": "csv"}`, `{"format": "xml"}`, `{"format": "form"}`
	runAll(t, []test{
		from(`{}`, `{"a": 1.10}`, `{"a": 1.10}`),
		fails(`{}`, `{"a": 1,}`, "line 1, column 9"),
		fails(`{}`, strings.Repeat("[", 600)+strings.Repeat("]", 600), "deeper than 500 levels"),
		from(csv, "name,n\r\nAda,1\r\n\"B, \"\"b\"\"\",2\n", `[{"name": "Ada", "n": "1"}, {"name": "B, \"b\"", "n": "2"}]`),
		from(csv, "\ufeffa;b\n1", `[{"a;b": "1"}]`),
		from(`{"format": "csv", "separator": ";", "header": false}`, "a;b\n1", `[["a", "b"], ["1"]]`),
		from(`{"format": "csv", "separator": "\\t"}`, "a\tb\n1\t2", `[{"a": "1", "b": "2"}]`),
		from(csv, "", `[]`),
		fails(csv, "a,a\n1,2", `two columns named "a"`),
		fails(csv, "a\n1,2", "more cells than names in line 2"),
		fails(csv, "a,b\n\"1,2\n", "the CSV cannot be read"),
		fails(csv, "a\n1\"2", "in line 2, column 2"),
		{node: "Parse", inputs: `{"format": "csv", "separator": "||"}`, problem: "separator: "},
		from(xml, `<?xml version="1.0"?><!DOCTYPE x><order id="7" x:y="z"><item>A</item><item a="1">B</item><empty/>t&amp;<![CDATA[<>]]></order>`,
			`{"order": {"@id": "7", "@x:y": "z", "item": ["A", {"@a": "1", "#text": "B"}], "empty": "", "#text": "t&<>"}}`),
		fails(xml, `<a><b></a>`, "closes an element a that is not open"),
		fails(xml, `<a>`, "before the element a is closed"),
		fails(xml, `<a/><b/>`, "has to be one element"),
		fails(xml, `<a/><a/>`, "has to be one element"),
		fails(xml, `text`, "has to be one element"),
		fails(xml, ``, "has to be one element"),
		fails(xml, `<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>`, "the XML cannot be read"),
		fails(xml, `<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>`, "the XML cannot be read"),
		fails(xml, `<?xml version="1.0" encoding="ISO-8859-1"?><a/>`, "only UTF-8"),
		fails(xml, strings.Repeat("<a>", 600)+strings.Repeat("</a>", 600), "deeper than 500 levels"),
		from(form, "a=1&b=2&b=3&c=x+y%21", `{"a": "1", "b": ["2", "3"], "c": "x y!"}`),
		fails(form, strings.Repeat("a&", 1001), "more than 1000 fields"),
		fails(form, "a=%zz", "cannot be read"),
		{node: "Parse", inputs: `{}`, payload: `{"msg": [1]}`, err: "there is a list where text has to be"},
		{node: "Parse", inputs: `{"source": "{{ msg.t }}", "to": "msg.v"}`, payload: `{"msg": {"t": "[1]"}}`, want: `{"msg": {"t": "[1]", "v": [1]}}`},
	})
}

func TestFormat(t *testing.T) {
	to := func(inputs, msg, want string) test {
		return test{node: "Format", name: inputs + msg, inputs: inputs, payload: `{"msg": ` + msg + `}`, want: `{"msg": ` + jsonOf(want) + `}`}
	}
	head := `<?xml version="1.0" encoding="UTF-8"?>` + "\n"
	csv, xml := `{"format": "csv"}`, `{"format": "xml"}`
	runAll(t, []test{
		to(`{}`, `{"b": 1.10, "a": "<é>"}`, `{"a":"<é>","b":1.10}`),
		to(`{"indent": true}`, `[1]`, "[\n  1\n]"),
		to(csv, `[{"b": "x,y", "a": 1.50}, {"a": null, "c": [1]}]`, "a,b,c\r\n1.50,\"x,y\",\r\n,,[1]\r\n"),
		to(`{"format": "csv", "columns": ["b", "z"], "header": false, "separator": ";"}`, `[{"b": 1}]`, "1;\r\n"),
		to(csv, `[["=1+1", "+x", "-y", "@z", -5, "a=b", "\tq"], {}]`, "'=1+1,'+x,'-y,'@z,-5,a=b,'\tq\r\n\r\n"),
		to(csv, `[{"=cmd": 1}]`, "'=cmd\r\n1\r\n"),
		{node: "Format", inputs: csv, payload: `{"msg": {"a": 1}}`, err: "CSV needs a list"},
		{node: "Format", inputs: csv, payload: `{"msg": [1]}`, err: "row 1 of the CSV is a number"},
		to(xml, `{"order": {"@id": 7, "item": ["A", {"@a": "<\">", "#text": "B&"}], "n": null}}`, head+`<order id="7"><item>A</item><item a="&lt;&#34;&gt;">B&amp;</item><n></n></order>`),
		to(xml, `{"a": 1, "b": [[1, 2]]}`, head+`<root><a>1</a><b><item>1</item><item>2</item></b></root>`),
		to(xml, `[1, 2]`, head+`<root><item>1</item><item>2</item></root>`),
		to(`{"format": "xml", "root": "r"}`, `"x"`, head+`<r>x</r>`),
		{node: "Format", inputs: xml, payload: `{"msg": {"a b": 1, "c": 2}}`, err: `"a b" cannot be the name of an XML element`},
		{node: "Format", inputs: xml, payload: `{"msg": {"x": {"@a b": 1}}}`, err: `"a b" cannot be the name of an XML attribute`},
		{node: "Format", inputs: `{"format": "xml", "root": "1"}`, problem: "root: "},
		to(`{"format": "form"}`, `{"b": ["1", 2], "a": "x y"}`, "a=x+y&b=1&b=2"),
		{node: "Format", inputs: `{"format": "form"}`, payload: `{"msg": []}`, err: "need an object"},
	})
}

func TestValidate(t *testing.T) {
	schema := func(s string) string { return `{"schema": {"value": ` + jsonOf(s) + `}}` }
	person := `{"type": "object", "required": ["email", "name"], "additionalProperties": false,
		"properties": {"email": {"type": "string", "format": "email"}, "name": {"$ref": "#/$defs/name"}, "tags": {"type": "array", "items": {"type": "string"}}, "kind": {"oneOf": [{"const": 1}, {"const": 2}]}},
		"$defs": {"name": {"type": "string", "minLength": 2}}}`
	runAll(t, []test{
		{node: "Validate", inputs: schema(person), payload: `{"msg": {"email": "a@b.ch", "name": "Ada"}}`, want: `{"msg": {"email": "a@b.ch", "name": "Ada"}}`, ports: []string{"valid"}},
		{
			node: "Validate", inputs: schema(person), payload: `{"msg": {"name": "A", "tags": ["x", 1], "more": 1, "kind": 3}}`, ports: []string{"invalid"},
			want: `{"msg": {"name": "A", "tags": ["x", 1], "more": 1, "kind": 3}, "errors": [
				{"path": "email", "message": "is required"}, {"path": "kind", "message": "fits none of the forms that are allowed"}, {"path": "more", "message": "is not expected here"},
				{"path": "name", "message": "needs 2 characters or more"}, {"path": "tags.1", "message": "has to be of the type string, not number"}]}`,
		},
		{
			node: "Validate", inputs: schema(`{"properties": {"a": {"minLength": 1}, "b": {"maxItems": 1}}}`), payload: `{"msg": {"a": "", "b": [1, 2]}}`, ports: []string{"invalid"},
			want: `{"msg": {"a": "", "b": [1, 2]}, "errors": [{"path": "a", "message": "needs 1 character or more"}, {"path": "b", "message": "may have 1 element at most"}]}`,
		},
		{
			node: "Validate", inputs: `{"schema": "{\"type\": \"integer\", \"maximum\": 12345678901234567890}", "value": "{{ msg.n }}"}`, payload: `{"msg": {"n": 12345678901234567891}}`, ports: []string{"invalid"},
			want: `{"msg": {"n": 12345678901234567891}, "errors": [{"path": "", "message": "has to be 12345678901234567890 or less"}]}`,
		},
		{
			node: "Validate", inputs: schema(`{"maximum": 5}`), payload: `{"msg": [[1e999999999], 1e-500]}`, ports: []string{"invalid"},
			want: `{"msg": [[1e999999999], 1e-500], "errors": [{"path": "0.0", "message": "has more than 400 digits"}, {"path": "1", "message": "has more than 400 digits"}]}`,
		},
		{node: "Validate", inputs: schema(`{"maximum": 1e999999999}`), problem: "schema: The schema holds a number"},
		{node: "Validate", inputs: schema(`{"multipleOf": 0.01}`), payload: `{"msg": 1.10}`, ports: []string{"valid"}, want: `{"msg": 1.10}`},
		{node: "Validate", inputs: schema(`{`), problem: "schema: "},
		{node: "Validate", inputs: schema(`{"type": "strange"}`), problem: "schema: The schema cannot be used: type"},
		{node: "Validate", inputs: schema(`{"$ref": "#/nowhere"}`), problem: "schema: The schema cannot be used"},
		{node: "Validate", inputs: schema(`{"$ref": "https://example.org/schema.json"}`), problem: "only references inside the schema"},
		{node: "Validate", inputs: schema(`{"$ref": "file:///etc/passwd"}`), problem: "only references inside the schema"},
		{
			node: "Validate", inputs: schema(`{"$ref": "#"}`), payload: `{"msg": 1}`, ports: []string{"invalid"},
			want: `{"msg": 1, "errors": [{"path": "", "message": "cannot be checked, because the schema refers to itself without end"}]}`,
		},
		{node: "Validate", inputs: schema(`{"pattern": "("}`), problem: "schema: The schema cannot be used"},
	})
	n, _ := instance(t, "Validate", schema(`{"type": "object"}`))
	var d node.Description
	n.(node.Describer).Describe(&d)
	if jsonOf(d.RequestSchema) != `{"type":"object"}` {
		t.Errorf("described as %v", d.RequestSchema)
	}
}

// XML that Parse reads comes out of Format as it went in, whatever it is.
func FuzzXML(f *testing.F) {
	for _, s := range []string{"<a/>", `<a b="c">d<e/>f</a>`, "<a><b/><b>x</b></a>", "<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>", "<a:b xmlns:a='c'/>", "<a>&#0;</a>", "<a", strings.Repeat("<a>", 1000)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		parse, _ := instance(t, "Parse", `{"format": "xml"}`)
		write, _ := instance(t, "Format", `{"format": "xml"}`)
		m := message(t, &host{}, `{}`)
		m.Payload.Set("msg", text) //nolint:errcheck // a payload of Go values takes any value
		if parse.(node.Runner).Run(t.Context(), m) != nil {
			return
		}
		first, _, _ := m.Payload.Get("msg")
		if err := write.(node.Runner).Run(t.Context(), m); err != nil {
			return // names that Format is stricter about
		}
		if err := parse.(node.Runner).Run(t.Context(), m); err != nil {
			t.Fatalf("%q is written as what cannot be read: %v", text, err)
		}
		if second, _, _ := m.Payload.Get("msg"); !value.Equal(first, second) {
			t.Fatalf("%q: %s became %s", text, jsonOf(first), jsonOf(second))
		}
	})
}

func FuzzCSV(f *testing.F) {
	for _, s := range []string{"a,b\n1,2", "\"a\n\"\"\",b", "=1,+2", ",\n,", "\ufeffa"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		parse, _ := instance(t, "Parse", `{"format": "csv", "header": false}`)
		write, _ := instance(t, "Format", `{"format": "csv", "header": false}`)
		m := message(t, &host{}, `{}`)
		m.Payload.Set("msg", text) //nolint:errcheck // a payload of Go values takes any value
		if parse.(node.Runner).Run(t.Context(), m) != nil {
			return
		}
		if err := write.(node.Runner).Run(t.Context(), m); err != nil {
			t.Fatal(err)
		}
		written, _, _ := m.Payload.Get("msg")
		for line := range strings.Lines(written.(string)) {
			if strings.IndexAny(line, "=+-@") == 0 && !strings.ContainsAny(text, "\"\r\n") {
				t.Fatalf("%q is written with a formula: %q", text, written)
			}
		}
	})
}
