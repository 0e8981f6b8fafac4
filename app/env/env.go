// Package env holds the environment variables that users define: what flows and
// connections read by name. The environment of the process is not among them.
package env

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"ecoflow/app/fault"
	"ecoflow/app/limit"
	"ecoflow/app/secret"
)

// Kind says whom a variable belongs to.
type Kind string

// The kinds.
const (
	User   Kind = "user"   // made for flows
	System Kind = "system" // kept for the product, and for what an import brings
)

// Var is one environment variable.
type Var struct {
	Kind Kind
	Name string // upper case; read ignoring case
	// Value prints masked, whether the variable is secret or not; see Shown.
	Value secret.Secret
	// Secret keeps the value encrypted at rest and out of every answer.
	Secret bool
	// Readable lets flows read the variable.
	Readable bool
	// Lost marks a secret that the present key does not open: its value is gone
	// until it is entered anew.
	Lost bool
}

// Shown is the value as an answer may show it: the mask for a secret.
func (v Var) Shown() string {
	if v.Secret {
		return secret.Mask
	}
	return v.Value.Reveal()
}

// Store keeps the variables.
type Store interface {
	// Vars returns every variable.
	Vars(ctx context.Context) ([]Var, error)
	// SetVars adds the variables or replaces those of the same kind and name.
	SetVars(ctx context.Context, vars []Var) error
	// DeleteVar removes one; it fails with fault.NotFound.
	DeleteVar(ctx context.Context, kind Kind, name string) error
}

// Vars are the environment variables. A change is visible to running flows at
// once, and reading takes no lock.
type Vars struct {
	store   Store
	changes sync.Mutex // one change at a time, so that the newest is shown last
	now     atomic.Pointer[snapshot]
}

type snapshot struct {
	all      []Var
	readable map[string]string // what flows see; a user's variable hides a system one
}

// New returns the stored variables.
func New(ctx context.Context, store Store) (*Vars, error) {
	v := &Vars{store: store}
	return v, v.reload(ctx)
}

// Lookup returns the value of a variable that flows may read, whatever the case
// of the name.
func (v *Vars) Lookup(name string) (value string, ok bool) {
	s := v.now.Load()
	if value, ok = s.readable[name]; !ok {
		value, ok = s.readable[strings.ToUpper(name)]
	}
	return value, ok
}

// Get returns a variable, whether flows may read it or not.
func (v *Vars) Get(kind Kind, name string) (Var, bool) {
	name = strings.ToUpper(name)
	for _, x := range v.now.Load().all {
		if x.Kind == kind && x.Name == name {
			return x, true
		}
	}
	return Var{}, false
}

// List returns the variables of a kind in the order of their names.
func (v *Vars) List(kind Kind) []Var {
	list := []Var{}
	for _, x := range v.now.Load().all {
		if x.Kind == kind {
			list = append(list, x)
		}
	}
	return list
}

// name is the grammar of names; they are stored in upper case.
var name = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// Set adds the variables or replaces those of the same name, all of them or
// none. A secret whose value is the mask keeps the value it has. It fails with
// fault.Invalid, which lists every variable that is wrong, by its index.
func (v *Vars) Set(ctx context.Context, vars ...Var) error {
	v.changes.Lock()
	defer v.changes.Unlock()
	vars = slices.Clone(vars)
	invalid := fault.New(fault.Invalid, "Some variables are not valid.")
	seen := map[Var]bool{}
	for i := range vars {
		x := &vars[i]
		path := func(field string) string { return fmt.Sprintf("vars/%d/%s", i, field) }
		if x.Kind != User && x.Kind != System {
			invalid.At(path("kind"), "The kind has to be user or system.")
		}
		if !name.MatchString(x.Name) || len(x.Name) > limit.EnvNameBytes {
			invalid.At(path("name"), "A name has letters of A to Z, digits and _, starts with no digit, and has at most %d characters.", limit.EnvNameBytes)
		}
		if len(x.Value.Reveal()) > limit.EnvValueBytes {
			invalid.At(path("value"), "A value may have at most %d KiB.", limit.EnvValueBytes>>10)
		}
		x.Name, x.Lost = strings.ToUpper(x.Name), false
		if id := (Var{Kind: x.Kind, Name: x.Name}); seen[id] {
			invalid.At(path("name"), "%s is given twice.", x.Name)
		} else {
			seen[id] = true
		}
		if x.Secret && x.Value.IsMask() {
			if old, ok := v.Get(x.Kind, x.Name); ok && !old.Lost {
				x.Value = old.Value
			} else {
				invalid.At(path("value"), "Enter the value: there is none to keep.")
			}
		}
	}
	added := 0
	for id := range seen {
		if _, ok := v.Get(id.Kind, id.Name); !ok {
			added++
		}
	}
	if len(v.now.Load().all)+added > limit.EnvVars {
		invalid.At("vars", "There may be at most %d variables.", limit.EnvVars)
	}
	if len(invalid.Places) > 0 {
		return invalid
	}
	if err := v.store.SetVars(ctx, vars); err != nil {
		return err
	}
	return v.reload(context.WithoutCancel(ctx))
}

// Delete removes a variable; it fails with fault.NotFound.
func (v *Vars) Delete(ctx context.Context, kind Kind, name string) error {
	v.changes.Lock()
	defer v.changes.Unlock()
	if err := v.store.DeleteVar(ctx, kind, strings.ToUpper(name)); err != nil {
		return err
	}
	return v.reload(context.WithoutCancel(ctx))
}

func (v *Vars) reload(ctx context.Context) error {
	all, err := v.store.Vars(ctx)
	if err != nil {
		return err
	}
	slices.SortFunc(all, func(a, b Var) int { return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Name, b.Name)) })
	s := &snapshot{all: all, readable: map[string]string{}}
	own := map[string]string{}
	for _, x := range all {
		switch {
		case !x.Readable || x.Lost:
		case x.Kind == User:
			own[x.Name] = x.Value.Reveal()
		default:
			s.readable[x.Name] = x.Value.Reveal()
		}
	}
	maps.Copy(s.readable, own)
	v.now.Store(s)
	return nil
}
