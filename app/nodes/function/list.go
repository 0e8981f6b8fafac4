package function

import (
	"context"
	"fmt"
	"math"
	"slices"

	"ecoflow/app/node"
	"ecoflow/app/value"
)

// Filter keeps the elements of a list for which a condition holds.
type Filter struct {
	List      node.Text       `input:"list" label:"List" hint:"{{ msg.lines }}. Empty: msg." value:"true"`
	Condition node.Expression `input:"condition" label:"Keep an element when" required:"true" hint:"item.price > 10"`
	To        node.Target     `input:"to" label:"Result goes to" default:"msg"`
}

var filterType = node.Define("Filter", node.Middleware, Filter{}, node.In(node.Own), node.Icon("filter"), node.Keywords("where", "select"), node.Summary("{condition}"),
	node.Describe("Keeps some elements of a list.", `
`+"`item.price > 10 and item.tag in [\"new\", \"sale\"]`"+`

Expressions see `+"`item`, `index`"+` and everything else.
`))

// Run implements node.Runner.
func (f *Filter) Run(ctx context.Context, m *node.Message) error {
	list, err := listOf(m, f.List)
	if err != nil {
		return err
	}
	kept := []any{}
	err = each(ctx, m, list, func(e *element) error {
		holds, err := f.Condition.Bool(e)
		if holds {
			kept = append(kept, e.item)
		}
		return err
	})
	if err != nil {
		return err
	}
	return f.To.Set(&m.Payload, kept)
}

// Map makes a new list of something about each element.
type Map struct {
	List node.Text       `input:"list" label:"List" hint:"{{ msg.lines }}. Empty: msg." value:"true"`
	Make node.Expression `input:"expression" label:"Make of each element" required:"true" hint:"{id: item.id, total: item.price * item.count}"`
	To   node.Target     `input:"to" label:"Result goes to" default:"msg"`
}

var mapType = node.Define("Map", node.Middleware, Map{}, node.In(node.Own), node.Icon("transform"), node.Keywords("each", "convert", "project"), node.Summary("{expression}"),
	node.Describe("Makes something of each element of a list.", `
`+"`{id: item.id, name: upper(item.name), place: index + 1}`"+`
`))

// Run implements node.Runner.
func (n *Map) Run(ctx context.Context, m *node.Message) error {
	list, err := listOf(m, n.List)
	if err != nil {
		return err
	}
	made := make([]any, 0, len(list))
	err = each(ctx, m, list, func(e *element) error {
		v, err := n.Make.Value(e)
		made = append(made, v)
		return err
	})
	if err != nil {
		return err
	}
	return n.To.Set(&m.Payload, made)
}

// Sort orders a list.
type Sort struct {
	List  node.Text       `input:"list" label:"List" hint:"{{ msg.lines }}. Empty: msg." value:"true"`
	By    node.Expression `input:"by" label:"By" hint:"item.price, or [item.last, item.first]. Empty: the element itself."`
	Order node.Pick       `input:"order" label:"Order" options:"asc=Ascending,desc=Descending" default:"asc"`
	To    node.Target     `input:"to" label:"Result goes to" default:"msg"`
}

var sortType = node.Define("Sort", node.Middleware, Sort{}, node.In(node.Own), node.Icon("sort-ascending"), node.Keywords("order by"), node.Summary("{by|the elements}[, {order!}]"),
	node.Describe("Orders a list.", `
`+"`[item.last, lower(item.first)]`"+` sorts by several things. Equal elements keep their order; nothing comes first, then numbers, then text.
`))

// Run implements node.Runner.
func (s *Sort) Run(ctx context.Context, m *node.Message) error {
	list, err := listOf(m, s.List)
	if err != nil {
		return err
	}
	type keyed struct{ key, item any }
	all := make([]keyed, 0, len(list))
	err = each(ctx, m, list, func(e *element) error {
		key, err := of(s.By, e)
		all = append(all, keyed{key, e.item})
		return err
	})
	if err != nil {
		return err
	}
	slices.SortStableFunc(all, func(a, b keyed) int {
		if s.Order == "desc" {
			a, b = b, a
		}
		return value.Compare(a.key, b.key)
	})
	sorted := make([]any, len(all))
	for i, k := range all {
		sorted[i] = k.item
	}
	return s.To.Set(&m.Payload, sorted)
}

// Aggregate makes one value of a list, or one of each group.
type Aggregate struct {
	List      node.Text       `input:"list" label:"List" hint:"{{ msg.lines }}. Empty: msg." value:"true"`
	Operation node.Pick       `input:"operation" label:"Make" options:"count=the number,sum=the sum,avg=the average,min=the smallest,max=the largest,list=a list" default:"count"`
	Of        node.Expression `input:"of" label:"Of" hint:"item.price. Empty: the element itself." when:"operation=sum|avg|min|max|list"`
	GroupBy   node.Expression `input:"groupBy" label:"For each" hint:"item.country. Empty: one result for all."`
	To        node.Target     `input:"to" label:"Result goes to" default:"msg"`
}

var aggregateType = node.Define("Aggregate", node.Middleware, Aggregate{}, node.In(node.Own), node.Icon("sum"), node.Keywords("reduce", "count", "average", "group by", "total"), node.Summary("{operation}[ of {of}][ for each {groupBy}]"),
	node.Describe("Counts, adds up or groups a list.", `
The sum of `+"`item.price`"+` for each `+"`item.country`"+` is `+"`{\"CH\": 12.5, \"DE\": 3}`"+`. Elements where there is nothing to add are passed over; text that is no number is an error. The smallest, largest and average of nothing is null.
`))

// Run implements node.Runner.
func (a *Aggregate) Run(ctx context.Context, m *node.Message) error {
	list, err := listOf(m, a.List)
	if err != nil {
		return err
	}
	all := &tally{}
	groups := map[string]*tally{}
	err = each(ctx, m, list, func(e *element) error {
		into := all
		if a.GroupBy.Expression != nil {
			key, err := a.GroupBy.Value(e)
			if err != nil {
				return err
			}
			name := value.Text(key)
			if into = groups[name]; into == nil {
				into = &tally{}
				groups[name] = into
			}
		}
		v, err := of(a.Of, e)
		if err != nil {
			return err
		}
		return into.add(string(a.Operation), v)
	})
	if err != nil {
		return err
	}
	if a.GroupBy.Expression == nil {
		return a.To.Set(&m.Payload, all.result(string(a.Operation)))
	}
	results := make(map[string]any, len(groups))
	for name, t := range groups {
		results[name] = t.result(string(a.Operation))
	}
	return a.To.Set(&m.Payload, results)
}

// A tally gathers one result. Whole numbers of 64 bits add up exactly.
type tally struct {
	n     int64
	whole int64
	broad float64
	exact bool // whole is the sum
	edge  any
	list  []any
}

func (t *tally) add(operation string, v any) error {
	if t.n == 0 {
		t.exact = true
	}
	switch operation {
	case "count":
	case "list":
		t.list = append(t.list, v)
	case "min", "max":
		if v == nil {
			return nil
		}
		c := compare(v, t.edge)
		if t.n == 0 || operation == "min" && c < 0 || operation == "max" && c > 0 {
			t.edge = v
		}
	default:
		if v == nil {
			return nil
		}
		n, ok := value.Number(v)
		if !ok {
			return fmt.Errorf("%q is no number", value.Text(v))
		}
		t.broad += n
		i, fits := int64(n), n == math.Trunc(n) && math.Abs(n) < 1<<53
		sum := t.whole + i
		t.exact = t.exact && fits && (sum > t.whole) == (i > 0)
		t.whole = sum
	}
	t.n++
	return nil
}

func (t *tally) result(operation string) any {
	switch operation {
	case "count":
		return t.n
	case "list":
		if t.list == nil {
			return []any{}
		}
		return t.list
	case "min", "max":
		return t.edge
	case "avg":
		if t.n == 0 {
			return nil
		}
		return t.broad / float64(t.n)
	}
	if t.exact || t.n == 0 {
		return t.whole
	}
	return t.broad
}
