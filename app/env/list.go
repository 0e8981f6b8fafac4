package env

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"ecoflow/app/auth"
)

// Use is a place where a flow reads a variable.
type Use struct {
	Name  string `json:"-"` // in upper case; "" where it cannot be told
	Flow  string `json:"flow"`
	Node  string `json:"node" doc:"Id of the node."`
	Label string `json:"label" doc:"Shown name of the node."`
	Input string `json:"input" doc:"Input of the node that reads it."`
	Live  bool   `json:"live" doc:"So it is in what is live."`
	Draft bool   `json:"draft" doc:"So it is in the draft."`
	Why   string `json:"why,omitzero" enum:"computed,broken" doc:"Why the name cannot be told: a script works it out, or the input does not compile."`
}

// Shown is a variable as the original's endpoints answer it.
type Shown struct {
	Name   string `json:"name"`
	Value  string `json:"value" doc:"*** for a secret."`
	Secret bool   `json:"secret"`
	Set    bool   `json:"set" doc:"It has a value."`
}

func (v Var) shown() Shown { return Shown{v.Name, v.Shown(), v.Secret, v.Value.IsSet()} }

// Shown lists the variables of a kind in the order of their names.
func (v *Vars) Shown(kind Kind) []Shown {
	list := []Shown{}
	for _, x := range v.List(kind) {
		list = append(list, x.shown())
	}
	return list
}

// Find returns a variable as the original's endpoints answer it; nil when there is
// none of the name.
func (v *Vars) Find(kind Kind, name string) *Shown {
	x, ok := v.Get(kind, name)
	if !ok {
		return nil
	}
	s := x.shown()
	return &s
}

// Listed is a variable and what is known about it.
type Listed struct {
	Kind     Kind      `json:"kind" enum:"user,system"`
	Name     string    `json:"name"`
	Value    string    `json:"value" doc:"*** for a secret."`
	Set      bool      `json:"set" doc:"It has a value."`
	Secret   bool      `json:"secret"`
	Readable bool      `json:"readable" doc:"Flows may read it."`
	Lost     bool      `json:"lost" doc:"The key it was encrypted with is gone, and its value with it."`
	Note     string    `json:"note"`
	Changed  time.Time `json:"changed,omitzero"`
	By       string    `json:"by"`
	Revision int64     `json:"revision" doc:"Of all variables, that it was changed with."`
}

func (v Var) listed() Listed {
	return Listed{v.Kind, v.Name, v.Shown(), v.Value.IsSet(), v.Secret, v.Readable, v.Lost, v.Note, v.Changed, v.By, v.Revision}
}

// Named is a variable that flows may read, as it is offered where they are written.
type Named struct {
	Name   string `json:"name"`
	Secret bool   `json:"secret" doc:"Its value is shown nowhere: a secret's, and one of the system's."`
	Set    bool   `json:"set" doc:"It has a value."`
	Value  string `json:"value" doc:"Its first 200 characters; \"\" for a secret."`
}

const namedValue = 200 // characters

// Named lists the variables that flows may read, in the order of their names.
func (v *Vars) Named() []Named {
	byName := map[string]Named{}
	for _, x := range v.Now().all {
		if !x.Readable {
			continue
		}
		n := Named{Name: x.Name, Secret: x.Secret || x.Kind == System, Set: x.Value.IsSet() && !x.Lost}
		if !n.Secret {
			n.Value = firstOf(x.Value.Reveal(), namedValue)
		}
		byName[x.Name] = n // those of the system come first: a user's hides one of them
	}
	return slices.SortedFunc(maps.Values(byName), func(a, b Named) int { return cmp.Compare(a.Name, b.Name) })
}

// firstOf returns the first characters of a text.
func firstOf(text string, characters int) string {
	for i := range text {
		if characters == 0 {
			return text[:i]
		}
		characters--
	}
	return text
}

// Row is a variable with where it is used.
type Row struct {
	Listed
	Used int   `json:"used" doc:"How many places read it."`
	Uses []Use `json:"uses" doc:"The first 100 of them."`
}

// Wanted is a name that flows read and no variable has.
type Wanted struct {
	Name string `json:"name"`
	Used int    `json:"used" doc:"How many places read it."`
	Uses []Use  `json:"uses" doc:"The first 100 of them."`
}

// Overview is everything about the variables.
type Overview struct {
	Revision  int64    `json:"revision" doc:"Grows with every change; a change names the one it is based on."`
	Variables []Row    `json:"variables" doc:"By kind and name; those of the system for administrators only."`
	Wanted    []Wanted `json:"wanted" doc:"Names that flows read and no variable has."`
	Unclear   []Use    `json:"unclear" doc:"Places that read variables whose names cannot be told; the first 100."`
	Looked    bool     `json:"looked" doc:"Whether it was looked where flows read variables: not in safe mode, since scripts are read for it, which may be what killed the process."`
}

// mostUses bounds how many places are listed of one variable.
const mostUses = 100

// Overview returns the variables that the actor in ctx may see.
func (v *Vars) Overview(ctx context.Context) (Overview, error) {
	var uses []Use
	looked := true
	if v.Uses != nil {
		var err error
		if uses, looked, err = v.Uses(ctx); err != nil {
			return Overview{}, err
		}
	}
	now := v.Now()
	out := Overview{Revision: now.revision, Variables: []Row{}, Wanted: []Wanted{}, Unclear: []Use{}, Looked: looked}
	byName := map[string][]Use{}
	for _, u := range uses {
		if u.Name != "" {
			byName[u.Name] = append(byName[u.Name], u)
		} else if len(out.Unclear) < mostUses {
			out.Unclear = append(out.Unclear, u)
		}
	}
	all := auth.ActorFrom(ctx).Permissions.Has(auth.Administrator)
	for _, x := range now.all {
		there := byName[x.Name]
		if x.Kind == User || all {
			row := Row{Listed: x.listed(), Used: len(there), Uses: first(there)}
			if _, hidden := now.get(ID{User, x.Name}); x.Kind == System && hidden { // flows see the user's
				row.Used, row.Uses = 0, []Use{}
			}
			out.Variables = append(out.Variables, row)
		}
	}
	for _, x := range now.all {
		delete(byName, x.Name)
	}
	for name, there := range byName {
		out.Wanted = append(out.Wanted, Wanted{name, len(there), first(there)})
	}
	slices.SortFunc(out.Wanted, func(a, b Wanted) int { return cmp.Compare(a.Name, b.Name) })
	return out, nil
}

func first(uses []Use) []Use {
	if uses == nil {
		return []Use{}
	}
	return uses[:min(len(uses), mostUses)]
}
