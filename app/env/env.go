// Package env holds the environment variables that users define: what flows and
// connections read by name. The environment of the process is not among them.
//
// env.go keeps them and hands them to flows, change.go changes them for people,
// text.go reads them from .env files, list.go shows them.
package env

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"ecoflow/app/event"
	"ecoflow/app/fault"
	"ecoflow/app/limit"
	"ecoflow/app/secret"
	"ecoflow/app/value"
)

// Kind says whom a variable belongs to.
type Kind string

// The kinds.
const (
	User   Kind = "user"   // made for flows
	System Kind = "system" // kept for the product, and for what an import brings
)

// ID names a variable.
type ID struct {
	Kind Kind
	Name string // upper case
}

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
	Note string // why it is there

	// What storing it sets.
	Changed  time.Time // zero for one from before this was kept
	By       string
	Revision int64 // of all variables, that it was changed with
}

// ID returns what names the variable.
func (v Var) ID() ID { return ID{v.Kind, v.Name} }

// Shown is the value as an answer may show it: the mask for a secret.
func (v Var) Shown() string {
	if v.Secret {
		return secret.Mask
	}
	return v.Value.Reveal()
}

// same reports whether two variables say the same.
func (v Var) same(o Var) bool {
	return v.ID() == o.ID() && v.Value.Equal(o.Value) && v.Secret == o.Secret && v.Readable == o.Readable && v.Lost == o.Lost && v.Note == o.Note
}

// Store keeps the variables.
type Store interface {
	// Vars returns every variable.
	Vars(ctx context.Context) ([]Var, error)
	// Revision returns the number of the last change.
	Revision(ctx context.Context) (int64, error)
	// SetVars adds the variables or replaces those of the same kind and name, and
	// removes the dropped ones; it fails with fault.NotFound when one of those is
	// not there. All or none of it is kept, as one revision.
	SetVars(ctx context.Context, vars []Var, dropped ...ID) error
}

// Options is what Vars depend on.
type Options struct {
	Store  Store
	Events *event.Stream
	// Uses lists where flows read variables, unless nobody may look now; nil says
	// nowhere.
	Uses func(ctx context.Context) (uses []Use, looked bool, err error)
}

// Vars are the environment variables. A change is visible to running flows at
// once, and reading takes no lock.
type Vars struct {
	Options
	changes sync.Mutex // one change at a time, so that the newest is shown last
	now     atomic.Pointer[Snapshot]
}

// Snapshot is all variables as they were at one moment. It never changes.
type Snapshot struct {
	revision int64
	all      []Var
	readable map[string]string // what flows see; a user's variable hides a system one
	masks    func() *strings.Replacer
}

// shortestMasked is how long a secret is that a text is searched for: a shorter one
// would be found everywhere, and is soon guessed anyway.
const shortestMasked = 4

// Mask returns the text with the values of secret variables masked, also as JSON and
// as an address write them.
func (s *Snapshot) Mask(text string) string { return s.masks().Replace(text) }

// replacer masks the secrets among the variables, the longest first.
func replacer(all []Var) *strings.Replacer {
	var forms []string
	for _, x := range all {
		v := x.Value.Reveal()
		if !x.Secret || x.Lost || len(v) < shortestMasked {
			continue
		}
		quoted, err := json.Marshal(v)
		forms = append(forms, v, url.QueryEscape(v), url.PathEscape(v))
		if err == nil {
			forms = append(forms, string(quoted[1:len(quoted)-1]))
		}
		plain := value.AppendString(nil, v)
		forms = append(forms, string(plain[1:len(plain)-1]))
	}
	slices.SortFunc(forms, func(a, b string) int { return cmp.Compare(len(b), len(a)) })
	pairs := make([]string, 0, 2*len(forms))
	for _, f := range forms {
		pairs = append(pairs, f, secret.Mask)
	}
	return strings.NewReplacer(pairs...)
}

// New returns the stored variables.
func New(ctx context.Context, o Options) (*Vars, error) {
	v := &Vars{Options: o}
	return v, v.reload(ctx)
}

// Now returns the variables as they are at this moment.
func (v *Vars) Now() *Snapshot { return v.now.Load() }

// Lookup returns the value of a variable that flows may read, whatever the case
// of the name.
func (v *Vars) Lookup(name string) (value string, ok bool) { return v.Now().Lookup(name) }

// Lookup returns the value of a variable that flows may read, whatever the case
// of the name.
func (s *Snapshot) Lookup(name string) (value string, ok bool) {
	if value, ok = s.readable[name]; !ok {
		value, ok = s.readable[strings.ToUpper(name)]
	}
	return value, ok
}

// Get returns a variable, whether flows may read it or not.
func (v *Vars) Get(kind Kind, name string) (Var, bool) {
	return v.Now().get(ID{kind, strings.ToUpper(name)})
}

// Revision is the number of the last change in the snapshot.
func (s *Snapshot) Revision() int64 { return s.revision }

func (s *Snapshot) get(id ID) (Var, bool) {
	for _, x := range s.all {
		if x.ID() == id {
			return x, true
		}
	}
	return Var{}, false
}

// List returns the variables of a kind in the order of their names.
func (v *Vars) List(kind Kind) []Var {
	list := []Var{}
	for _, x := range v.Now().all {
		if x.Kind == kind {
			list = append(list, x)
		}
	}
	return list
}

// name is the grammar of names; they are stored in upper case.
var name = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// nameProblem says what is wrong with a name, "" when nothing is.
func nameProblem(s string) string {
	if !name.MatchString(s) || len(s) > limit.EnvNameBytes {
		return fmt.Sprintf("A name has letters of A to Z, digits and _, starts with no digit, and has at most %d characters.", limit.EnvNameBytes)
	}
	return ""
}

// valueProblem says what is wrong with a value, "" when nothing is.
func valueProblem(s string) string {
	if len(s) > limit.EnvValueBytes {
		return fmt.Sprintf("A value may have at most %d KiB.", limit.EnvValueBytes>>10)
	}
	return ""
}

// check adds what is wrong with a variable, each to the place of its field.
func check(x Var, invalid *fault.Fault, place func(field string) string) {
	if x.Kind != User && x.Kind != System {
		invalid.At(place("kind"), "The kind has to be user or system.")
	}
	if problem := nameProblem(x.Name); problem != "" {
		invalid.At(place("name"), "%s", problem)
	}
	if problem := valueProblem(x.Value.Reveal()); problem != "" {
		invalid.At(place("value"), "%s", problem)
	}
	if utf8.RuneCountInString(x.Note) > limit.EnvNoteRunes {
		invalid.At(place("note"), "A note may have at most %d characters.", limit.EnvNoteRunes)
	}
}

// Set adds the variables or replaces those of the same name, all of them or
// none. A secret whose value is the mask keeps the value it has. It fails with
// fault.Invalid, which lists every variable that is wrong, by its index. It is for
// the product itself: nobody's rights are asked.
func (v *Vars) Set(ctx context.Context, vars ...Var) error {
	v.changes.Lock()
	defer v.changes.Unlock()
	edits := make([]edit, len(vars))
	invalid := fault.New(fault.Invalid, "Some variables are not valid.")
	for i, x := range vars {
		place := func(field string) string { return fmt.Sprintf("vars/%d/%s", i, field) }
		x.Lost = false
		edits[i] = v.edit(x, invalid, place)
	}
	return v.store(ctx, edits, invalid, "vars")
}

// Delete removes a variable; it fails with fault.NotFound. Like Set, it is for the
// product itself.
func (v *Vars) Delete(ctx context.Context, kind Kind, name string) error {
	v.changes.Lock()
	defer v.changes.Unlock()
	if err := v.Store.SetVars(ctx, nil, ID{kind, strings.ToUpper(name)}); err != nil {
		return err
	}
	return v.reload(context.WithoutCancel(ctx))
}

// Lost lists the names of the secrets whose key is gone: they have to be entered anew.
func (v *Vars) Lost() []string {
	var names []string
	for _, x := range v.now.Load().all {
		if x.Lost {
			names = append(names, x.Name)
		}
	}
	return names
}

func (v *Vars) reload(ctx context.Context) error {
	all, err := v.Store.Vars(ctx)
	if err != nil {
		return err
	}
	revision, err := v.Store.Revision(ctx)
	if err != nil {
		return err
	}
	slices.SortFunc(all, func(a, b Var) int { return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Name, b.Name)) })
	s := &Snapshot{revision: revision, all: all, readable: map[string]string{}, masks: sync.OnceValue(func() *strings.Replacer { return replacer(all) })}
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
