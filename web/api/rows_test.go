package api_test

import (
	"reflect"
	"strings"
	"testing"

	"ecoflow/app/config"
	"ecoflow/app/system"
	"ecoflow/web/api"
	"ecoflow/web/webtest"
)

// anything names where an answer may hold a value of any type, and what is in there.
// Types do not say that it is no row, so whoever adds to it does.
var anything = map[string]string{
	"config.Difference.Before": "a setting", "config.Difference.After": "a setting",
	"config.Field.Default": "a setting", "config.Shown.Value": "a setting",
	"config.part":         "of the configuration's JSON",
	"config.show.Server":  "the configuration's JSON",
	"config.show.Default": "the configuration's JSON",
	"flow.Values.Inputs":  "a flow's JSON", "flow.Flow.extra": "a flow's JSON",
	"config.update.New":        "the configuration's JSON",
	"editor.Difference.Before": "an input of a node", "editor.Difference.After": "an input of a node",
	"flow.Node.fields": "a flow's JSON", "flow.Edge.fields": "a flow's JSON", "flow.Values.fields": "a flow's JSON",
	"folder.list":            "an answer of the contract: folders or a sentence",
	"node.Input.Default":     "an input of a node",
	"server.operate.Payload": "an answer of the contract: a state or a sentence",
}

// reaches lists the ways in a type, by field, that lead to a type of a package, and
// where a value of any type may stand.
func reaches(t reflect.Type, pkg string) (found, open []string) {
	seen := map[reflect.Type]bool{}
	var walk func(t reflect.Type, way string)
	walk = func(t reflect.Type, way string) {
		if at := t.PkgPath(); at == pkg || strings.HasPrefix(at, pkg+"/") {
			found = append(found, way+" is "+t.String())
		}
		if t.Name() != "" && t.Kind() != reflect.Interface && seen[t] {
			return
		}
		seen[t] = true
		switch t.Kind() {
		case reflect.Pointer, reflect.Slice, reflect.Array:
			walk(t.Elem(), way)
		case reflect.Map:
			walk(t.Key(), way+" key")
			walk(t.Elem(), way)
		case reflect.Interface:
			open = append(open, way)
		case reflect.Struct: // what is embedded or not exported as well: a method may encode it
			for f := range t.Fields() {
				before := len(open)
				walk(f.Type, way+"."+f.Name)
				for i := before; i < len(open); i++ { // better known by the type that has it
					if strings.HasPrefix(open[i], way+"."+f.Name) && t.Name() != "" && !strings.HasPrefix(t.PkgPath(), "ecoflow/web") {
						open[i] = t.String() + "." + f.Name
					}
				}
			}
		}
	}
	walk(t, "")
	return found, open
}

// S19: what storage keeps its rows in reaches no encoder. Answers that may hold any
// value are listed, with where those come from.
func TestNoRowReachesAnEncoder(t *testing.T) {
	const storage = "ecoflow/storage"
	open := map[string]bool{}
	looked := 0
	for _, e := range api.All(webtest.Start(t).App) {
		if e.Raw() {
			continue
		}
		looked++
		found, holds := reaches(e.Answers(), storage)
		for _, way := range found {
			t.Errorf("the answer of %s: %s", e.ID, way)
		}
		for _, way := range holds {
			if way == "" || way[0] == '.' {
				way = e.ID + way
			}
			if open[way] = true; anything[way] == "" {
				t.Errorf("the answer of %s may hold anything in %s", e.ID, way)
			}
		}
	}
	if looked < 50 {
		t.Fatalf("%d endpoints were looked at", looked)
	}
	for way := range anything {
		if !open[way] {
			t.Errorf("%s holds nothing of any type", way)
		}
	}
}

// What finds rows finds them wherever they are.
func TestRowsAreFound(t *testing.T) {
	for name, answer := range map[string]reflect.Type{
		"itself":    reflect.TypeFor[system.PartHealth](),
		"a pointer": reflect.TypeFor[*system.PartHealth](),
		"a list":    reflect.TypeFor[struct{ Rows []system.PartHealth }](),
		"deep": reflect.TypeFor[struct {
			Deep map[string][]*struct{ Row [2]system.Condition }
		}](),
		"a key":    reflect.TypeFor[map[system.Condition]int](),
		"embedded": reflect.TypeFor[struct{ system.PartHealth }](),
		"hidden":   reflect.TypeFor[[]struct{ health system.PartHealth }](),
	} {
		if found, _ := reaches(answer, "ecoflow/app/system"); len(found) == 0 {
			t.Errorf("%s is not found", name)
		}
	}
	if found, _ := reaches(reflect.TypeFor[config.Page](), "ecoflow/app/system"); len(found) > 0 {
		t.Errorf("found where there is none: %s", found)
	}
}
