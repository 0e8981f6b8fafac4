package flow_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"ecoflow/app/fault"
	"ecoflow/app/flow"
	"ecoflow/app/limit"
	"ecoflow/app/node"
)

func TestRoundTripKeepsWhatIsUnknown(t *testing.T) {
	source := `{"shop": {
		"definitions": [{"id": "a", "type": "Request", "selected": true, "position": {"x": 1.50, "y": -2e3}, "odd": [null, {"deep": true}],
			"data": {"moduleID": {"_id": "m", "more": 1}, "label": "A", "configured": true, "future": "kept"}}],
		"connections": [{"id": "e", "source": "a", "target": "b", "sourceHandle": null, "animated": false, "style": {"stroke": "#fff"}}],
		"configurations": [{"nodeID": "a", "configs": {"big": 12345678901234567890, "apiMethod": "GET"}, "note": "kept"}],
		"zoom": 0.5}}`
	doc, err := flow.Parse([]byte(source))
	if err != nil {
		t.Fatal(err)
	}
	out, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Replace(source, `"selected": true`, `"selected": false`, 1)
	want = strings.Replace(want, `"animated": false`, `"animated": false, "selected": false`, 1)
	if a, b := generic(t, string(out)), generic(t, want); !reflect.DeepEqual(a, b) {
		t.Errorf("got  %s\nwant %s", out, want)
	}
	e := doc["shop"].Edges[0]
	if !e.Active || e.Source != "a" {
		t.Errorf("edge %+v", e)
	}
}

func generic(t *testing.T, s string) any {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(s))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		t.Fatal(err)
	}
	return v
}

func TestOnlyAnimatedFalseIsActive(t *testing.T) {
	for wire, want := range map[string]bool{
		`"animated": false`: true, `"animated": true`: false, `"animated": null`: false, `"animated": 0`: false, `"x": 1`: false,
	} {
		doc, err := flow.Parse([]byte(`{"f": {"connections": [{"id": "e", "source": "a", "target": "b", ` + wire + `}]}}`))
		if err != nil {
			t.Fatal(err)
		}
		if got := doc["f"].Edges[0].Active; got != want {
			t.Errorf("%s: active is %v", wire, got)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for _, c := range []struct {
		name, source string
		kind         fault.Kind
		places       string
	}{
		{"no JSON", `{"a": nul}`, fault.Malformed, ""},
		{"a name twice", `{"a": {}, "a": {}}`, fault.Malformed, ""},
		{"too deep", `{"a": ` + strings.Repeat("[", limit.ManagementDepth) + strings.Repeat("]", limit.ManagementDepth) + `}`, fault.Malformed, ""},
		{"500,000 brackets", strings.Repeat("[", 500_000), fault.Malformed, ""},
		{"too large", `{"a": "` + strings.Repeat("x", limit.FlowsBody) + `"}`, fault.TooLarge, ""},
		{"a list", `[]`, fault.Invalid, "flows"},
		{"no flow", `{"shop": 7}`, fault.Invalid, "flows/shop"},
		{
			"wrong lists", `{"shop": {"definitions": {}, "connections": "x", "configurations": 1}}`, fault.Invalid,
			"flows/shop/definitions flows/shop/connections flows/shop/configurations",
		},
		{
			"wrong members", `{"shop": {"definitions": [{"id": 7, "type": "Request", "data": {"moduleID": {"_id": "x"}, "disabled": "no"}}, 1, {"id": "a", "type": "Debug"}],
			"connections": [{"source": "a", "target": ""}], "configurations": [{"nodeID": "a", "configs": []}, {"nodeID": "a"}]}}`, fault.Invalid,
			"flows/shop/definitions/0/id flows/shop/definitions/0/data/disabled flows/shop/definitions/1 flows/shop/definitions/2/data " +
				"flows/shop/connections/0/target flows/shop/configurations/0/configs flows/shop/configurations",
		},
		{"names", `{"": {}, "a/b": {}, "Straße": {}, "STRASSE": {}, "ﬁn": {}, "fin": {}, "..": {}}`, fault.Invalid, "flows/ flows/.. flows/Straße flows/a/b flows/ﬁn"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := flow.Parse([]byte(c.source))
			f, ok := fault.As(err)
			if !ok || f.Kind != c.kind {
				t.Fatalf("got %v", err)
			}
			var paths []string
			for _, p := range f.Places {
				paths = append(paths, p.Path)
			}
			if got := strings.Join(paths, " "); got != c.places {
				t.Errorf("places %s\nwant   %s", got, c.places)
			}
		})
	}
}

func TestFlowNames(t *testing.T) {
	for name, ok := range map[string]bool{
		"shop": true, "Läden & Bestellungen": true, "商店": true, "a.b": true, "configs": true, "می\u200cخواهم": true, "👩\u200d🚀": true, strings.Repeat("ü", limit.FlowNameRunes): true,
		"": false, " ": false, " x": false, ".": false, "..": false, "a/b": false, `a\b`: false, "a\nb": false, "a\u202eb": false, "\u200d": false, "a\u200d": false, "\u200ca": false, "a\xffb": false,
		strings.Repeat("ü", limit.FlowNameRunes+1): false,
	} {
		if err := flow.CheckName(name); (err == nil) != ok {
			t.Errorf("%q: %v", name, err)
		}
	}
	for _, same := range [][2]string{{"Shop", "SHOP"}, {"Straße", "strasse"}, {"ﬁn", "FIN"}, {"e\u0301", "\u00e9"}, {"a\u200cb", "ab"}} {
		if flow.NameKey(same[0]) != flow.NameKey(same[1]) {
			t.Errorf("%q and %q are two names", same[0], same[1])
		}
	}
}

func TestNewIDs(t *testing.T) {
	doc := draw(t, "a: Either\nb: Text\na.no -> b\n")
	f := doc["shop"]
	n, e := f.Nodes[0].WithID("x"), f.Edges[0].WithEnds("x", "y")
	if n.ID != "x" || n.Fields()["id"] != "x" || f.Nodes[0].Fields()["id"] != "a" {
		t.Errorf("node %+v of %+v", n, f.Nodes[0])
	}
	if e.SourceHandle != "x-source-no" || e.TargetHandle != "y-target" || e.Fields()["sourceHandle"] != "x-source-no" ||
		e.ID != "reactflow__edge-xx-source-no-yy-target" || f.Edges[0].Fields()["source"] != "a" {
		t.Errorf("edge %+v", e)
	}
}

func TestMergeIgnoresCase(t *testing.T) {
	a := flow.Document{"Shop": flow.NewFlow(), "other": flow.NewFlow()}
	replaced := flow.NewFlow()
	got := a.Merge(flow.Document{"SHOP": replaced})
	if len(got) != 2 || got["SHOP"] != replaced || len(a) != 2 || a["Shop"] == nil {
		t.Errorf("merged %v, was %v", got.Names(), a.Names())
	}
}

func TestCanConnect(t *testing.T) {
	all := map[string]*node.Type{}
	for _, ty := range types() {
		all[ty.Name] = &ty
	}
	end := func(id, name, handle string) flow.End {
		return flow.End{ID: id, Label: id, Type: all[name], Ports: flow.PortsOf(all[name], nil), Handle: handle}
	}
	for _, c := range []struct {
		from, to flow.End
		want     string
	}{
		{end("a", "Request", "a-source"), end("b", "Text", "b-target"), ""},
		{end("a", "Request", ""), end("b", "Text", ""), ""},
		{end("a", "Either", "a-source-no"), end("b", "Response", ""), ""},
		{end("a", "Either", "a-source-maybe"), end("b", "Text", ""), "wrong_handle"},
		{end("a", "Text", "x-source"), end("b", "Text", ""), "wrong_handle"},
		{end("a", "Text", ""), end("b", "Text", "b-source"), "wrong_handle"},
		{end("a", "Text", ""), end("a", "Text", ""), "self_loop"},
		{end("a", "Response", ""), end("b", "Text", ""), "no_output"},
		{end("a", "Debug", ""), end("b", "Text", ""), "no_output"},
		{end("a", "Text", ""), end("b", "Request", ""), "no_input"},
		{end("a", "Text", ""), end("b", "Settings", ""), "no_input"},
	} {
		got := ""
		if p := flow.CanConnect(c.from, c.to); p != nil {
			got = p.Code
		}
		if got != c.want {
			t.Errorf("%s %q → %s %q: %q, want %q", c.from.Type.Name, c.from.Handle, c.to.Type.Name, c.to.Handle, got, c.want)
		}
	}
}
