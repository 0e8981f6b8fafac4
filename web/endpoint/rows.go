package endpoint

import (
	"cmp"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"

	"ecoflow/app/fault"
	"ecoflow/app/limit"
)

// rows are the parameters of every list that has none of its own. Without them a list
// is answered as it is, within limit.PageRows.
type rows struct {
	Limit  int    `query:"limit" minimum:"0" doc:"How many entries to answer at most, within 1,000."`
	Offset int    `query:"offset" minimum:"0" doc:"How many entries to leave out first."`
	Sort   string `query:"sort" maxLength:"100" doc:"Member to sort by, with - before it from the end. Lists of texts are sorted by themselves, whatever is named."`
	Filter string `query:"filter" maxLength:"200" doc:"Only entries that hold this text, in any case, in one of their texts."`
}

var rowsRequest = func() *request {
	r, err := requestOf(reflect.TypeFor[rows]())
	if err != nil {
		panic(err)
	}
	return r
}()

// isList reports whether answers of the type are lists to which rows apply.
func isList(t reflect.Type) bool { return t != nil && t.Kind() == reflect.Slice && !opaque(t) }

// takesRows reports whether rows choose what is answered.
func (e Endpoint) takesRows() bool {
	return e.Method == http.MethodGet && e.contentType == "application/json" && isList(e.payload) &&
		!slices.ContainsFunc(e.request.url, func(f field) bool {
			return slices.ContainsFunc(rowsRequest.url, func(own field) bool { return own.name == f.name })
		})
}

// pick returns the entries that the request asks for, and how many there are in all
// that it filters.
func pick(w http.ResponseWriter, r *http.Request, list any, whole bool) (picked any, total int, err error) {
	decoded, err := rowsRequest.decode(w, r, 0)
	if err != nil {
		return nil, 0, err
	}
	in := decoded.(*rows) //nolint:forcetypeassert // what it decodes
	v := reflect.ValueOf(list)
	if in.Sort != "" || in.Filter != "" {
		if v, err = in.arrange(v); err != nil {
			return nil, 0, err
		}
	}
	total = v.Len()
	most := limit.PageRows
	switch {
	case in.Limit > 0:
		most = limit.Rows(in.Limit)
	case whole:
		most = total
	}
	from := min(in.Offset, total)
	if to := from + min(most, total-from); from > 0 || to < total {
		v = v.Slice(from, to)
	}
	return v.Interface(), total, nil
}

// arrange filters and sorts by what the caller would see.
func (in *rows) arrange(v reflect.Value) (reflect.Value, error) {
	type entry struct {
		value reflect.Value
		key   any
	}
	name, isBack := strings.CutPrefix(in.Sort, "-")
	wanted := strings.ToLower(in.Filter)
	var entries []entry
	isMember := v.Len() == 0
	for i := range v.Len() {
		text, err := json.Marshal(v.Index(i).Interface(), wire)
		if err != nil {
			return v, fmt.Errorf("encode an entry: %w", err)
		}
		var shown any
		if err := json.Unmarshal(text, &shown); err != nil {
			return v, fmt.Errorf("read an entry: %w", err)
		}
		key := shown
		if object, ok := shown.(map[string]any); ok {
			var has bool
			key, has = object[name]
			isMember = isMember || has
		} else {
			isMember = true
		}
		if wanted == "" || holds(shown, wanted) {
			entries = append(entries, entry{v.Index(i), key})
		}
	}
	if in.Sort != "" && !isMember {
		return v, invalid([]fault.Place{{Path: "sort", Message: "is no member of the entries"}})
	}
	if in.Sort != "" {
		slices.SortStableFunc(entries, func(a, b entry) int {
			if isBack {
				a, b = b, a
			}
			return compare(a.key, b.key)
		})
	}
	out := reflect.MakeSlice(v.Type(), 0, len(entries))
	for _, e := range entries {
		out = reflect.Append(out, e.value)
	}
	return out, nil
}

// holds reports whether a text in a JSON value has the lower-case text in it.
func holds(v any, text string) bool {
	switch v := v.(type) {
	case string:
		return strings.Contains(strings.ToLower(v), text)
	case []any:
		return slices.ContainsFunc(v, func(e any) bool { return holds(e, text) })
	case map[string]any:
		for _, e := range v {
			if holds(e, text) {
				return true
			}
		}
	}
	return false
}

// compare orders JSON values: nothing, then numbers, then everything else by its text.
func compare(a, b any) int {
	rank := func(v any) int {
		switch v.(type) {
		case nil:
			return 0
		case float64:
			return 1
		}
		return 2
	}
	if by := cmp.Compare(rank(a), rank(b)); by != 0 {
		return by
	}
	if x, ok := a.(float64); ok {
		return cmp.Compare(x, b.(float64)) //nolint:forcetypeassert // of the same rank
	}
	return cmp.Compare(strings.ToLower(fmt.Sprint(a)), strings.ToLower(fmt.Sprint(b)))
}
