package env

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"ecoflow/app/audit"
	"ecoflow/app/auth"
	"ecoflow/app/event"
	"ecoflow/app/fault"
	"ecoflow/app/limit"
	"ecoflow/app/secret"
)

// Addition is a variable to add.
type Addition struct {
	Kind     Kind   `json:"kind,omitzero" enum:"user,system" doc:"Without it, user."`
	Name     string `json:"name" required:"true" doc:"Letters of A to Z, digits and _; stored in upper case."`
	Value    string `json:"value,omitzero" secret:"true"`
	Secret   bool   `json:"secret,omitzero" doc:"Encrypted at rest and in no answer."`
	Readable *bool  `json:"readable,omitzero" doc:"Whether flows may read it; without it, they may when its kind is user."`
	Note     string `json:"note,omitzero"`
}

// Alteration changes what it names of a variable; the rest stays.
type Alteration struct {
	Kind     Kind    `json:"kind,omitzero" enum:"user,system" doc:"Without it, user."`
	Name     string  `json:"name" required:"true" doc:"The name it has."`
	NewName  string  `json:"newName,omitzero" doc:"Renames it, which takes createEnvs and deleteEnvs."`
	Value    *string `json:"value,omitzero" secret:"true" doc:"*** for a secret is no change. Needed when a secret is to be none any more."`
	Secret   *bool   `json:"secret,omitzero"`
	Readable *bool   `json:"readable,omitzero"`
	Note     *string `json:"note,omitzero"`
}

// Removal names a variable to delete.
type Removal struct {
	Kind Kind   `json:"kind,omitzero" enum:"user,system" doc:"Without it, user. System variables are not deleted."`
	Name string `json:"name" required:"true"`
}

// ChangeRequest is a set of changes that belong together.
type ChangeRequest struct {
	Base   *int64       `json:"base" required:"true" minimum:"0" doc:"The revision that the changes are based on."`
	Add    []Addition   `json:"add,omitzero" maxItems:"1000"`
	Change []Alteration `json:"change,omitzero" maxItems:"1000"`
	Delete []Removal    `json:"delete,omitzero" maxItems:"1000"`
}

// Pair is name and value, as the original's endpoints have it.
type Pair struct {
	Name  string `json:"name" required:"true"`
	Value string `json:"value" secret:"true"`
}

// ReplaceRequest is the original's way to change variables.
type ReplaceRequest struct {
	Type Kind   `json:"type" required:"true" enum:"user,system"`
	Vars []Pair `json:"finalEnvs" required:"true" maxItems:"1000" doc:"Names are stored in upper case, with _ for blanks."`
}

// ImportRequest is a text in the manner of .env files.
type ImportRequest struct {
	Text    string   `json:"text" required:"true" secret:"true"`
	Preview bool     `json:"preview,omitzero" doc:"Says what would change, and changes nothing."`
	Secrets []string `json:"secrets,omitzero" maxItems:"1000" doc:"Names of those that are to be secret."`
}

// Imported is what a text says about one variable.
type Imported struct {
	Name   string `json:"name"`
	Line   int    `json:"line"`
	Change string `json:"change" enum:"added,changed,same"`
	Secret bool   `json:"secret" doc:"It is, or is to be, secret."`
	Before string `json:"before,omitzero" doc:"The value it has; *** for a secret."`
	Value  string `json:"value" doc:"The value in the text; *** for a secret once it is stored."`
}

// Import is what became of a text, or would become of it.
type Import struct {
	Preview   bool          `json:"preview"`
	Revision  int64         `json:"revision"`
	Variables []Imported    `json:"variables" doc:"In the order of the text."`
	Problems  []TextProblem `json:"problems" doc:"Lines that say nothing. They are left out."`
}

// An edit is the change of one variable.
type edit struct {
	before, after *Var // nil where there is none
	place         func(field string) string
}

// needs is what somebody has to hold for the edit.
func (e edit) needs() auth.Permission {
	switch {
	case e.before != nil && e.before.Kind == System, e.after != nil && e.after.Kind == System:
		return auth.Administrator
	case e.before == nil:
		return auth.CreateEnvs
	case e.after == nil:
		return auth.DeleteEnvs
	case e.before.Name != e.after.Name:
		return auth.CreateEnvs | auth.DeleteEnvs
	}
	return auth.UpdateEnvs
}

// nothing reports whether the edit changes nothing.
func (e edit) nothing() bool {
	return e.before == nil && e.after == nil || e.before != nil && e.after != nil && e.before.same(*e.after)
}

// id returns what names a variable, kind user when none is given.
func id(kind Kind, name string) ID {
	if kind == "" {
		kind = User
	}
	return ID{kind, strings.ToUpper(name)}
}

// edit makes an edit of a variable as it is to be. It adds to invalid what is wrong
// with it; a secret whose value is the mask keeps the one it has.
func (v *Vars) edit(x Var, invalid *fault.Fault, place func(string) string) edit {
	check(x, invalid, place)
	x.Name = strings.ToUpper(x.Name)
	e := edit{after: &x, place: place}
	if old, ok := v.Now().get(x.ID()); ok {
		e.before = &old
	}
	keep(e.before, &x, invalid, place)
	return e
}

// keep puts the value there is in the place of the mask.
func keep(before, after *Var, invalid *fault.Fault, place func(string) string) {
	switch {
	case !after.Value.IsMask() || !after.Secret && (before == nil || !before.Secret):
	case before == nil || before.Lost || !before.Secret:
		invalid.At(place("value"), "Enter the value: there is none to keep.")
	case !after.Secret:
		invalid.At(place("value"), "Enter the value: what was secret is not shown.")
	default:
		after.Value = before.Value
	}
}

// store checks the edits as a whole and stores them. The caller holds changes.
func (v *Vars) store(ctx context.Context, edits []edit, invalid *fault.Fault, whole string) error {
	now := v.Now()
	total := len(now.all)
	sources, targets := map[ID]bool{}, map[ID]bool{}
	for _, e := range edits {
		twice := ""
		if e.before != nil {
			total--
			if id := e.before.ID(); sources[id] {
				twice = id.Name
			} else {
				sources[id] = true
			}
		}
		if e.after != nil {
			total++
			if id := e.after.ID(); targets[id] {
				twice = id.Name
			} else {
				targets[id] = true
			}
		}
		if twice != "" {
			invalid.At(e.place("name"), "%s is given twice.", twice)
		}
	}
	if total > limit.EnvVars {
		invalid.At(whole, "There may be at most %d variables.", limit.EnvVars)
	}
	if len(invalid.Places) > 0 {
		return invalid
	}
	edits = slices.DeleteFunc(edits, edit.nothing)
	if len(edits) == 0 {
		return nil
	}
	var set []Var
	var dropped []ID
	for _, e := range edits {
		if e.after != nil {
			set = append(set, *e.after)
		}
		if e.before != nil && (e.after == nil || e.after.ID() != e.before.ID()) {
			dropped = append(dropped, e.before.ID())
		}
	}
	describe(ctx, edits)
	if err := v.Store.SetVars(ctx, set, dropped...); err != nil {
		return err
	}
	if err := v.reload(context.WithoutCancel(ctx)); err != nil {
		return err
	}
	v.publish(ctx, edits)
	return nil
}

// Changed is what an event.Env says.
type Changed struct {
	Revision int64    `json:"revision"`
	By       string   `json:"by"`
	Names    []string `json:"names"` // of users' variables; those of the system are nobody else's business
}

func (v *Vars) publish(ctx context.Context, edits []edit) {
	if v.Events == nil {
		return
	}
	c := Changed{Revision: v.Now().revision, By: auth.ActorFrom(ctx).Username, Names: []string{}}
	for _, e := range edits {
		for _, x := range []*Var{e.before, e.after} {
			if x != nil && x.Kind == User && !slices.Contains(c.Names, x.Name) {
				c.Names = append(c.Names, x.Name)
			}
		}
	}
	v.Events.Publish(event.Env, c)
}

// audited is a variable as the audit log shows it.
type audited struct {
	Kind     Kind   `json:"kind"`
	Name     string `json:"name"`
	Value    string `json:"value"`
	Secret   bool   `json:"secret"`
	Readable bool   `json:"readable"`
	Note     string `json:"note,omitempty"`
}

// describe tells the audit entry what changes. Who reads the audit log need not be
// who may see values: those that are secret, before or after, that sound like it,
// and the system's are left out.
func describe(ctx context.Context, edits []edit) {
	before, after, names := []audited{}, []audited{}, []string{}
	for _, e := range edits {
		hidden := false
		for _, x := range []*Var{e.before, e.after} {
			hidden = hidden || x != nil && (x.Secret || x.Kind == System || secret.IsSecretName(x.Name))
		}
		show := func(list []audited, x *Var) []audited {
			if x == nil {
				return list
			}
			if !slices.Contains(names, x.Name) {
				names = append(names, x.Name)
			}
			value := secret.Clean(x.Value.Reveal())
			if hidden {
				value = x.Value.String()
			}
			return append(list, audited{x.Kind, x.Name, clip(value), x.Secret, x.Readable, x.Note})
		}
		before, after = show(before, e.before), show(after, e.after)
	}
	audit.Describe(ctx, clip("variables "+strings.Join(names, ", ")), before, after)
}

func clip(s string) string {
	if runes := []rune(s); len(runes) > 200 {
		return string(runes[:200]) + "…"
	}
	return s
}

// mayAll is a fault unless the actor in ctx may do every edit.
func mayAll(ctx context.Context, edits []edit) error {
	var refused *fault.Fault
	held := auth.ActorFrom(ctx).Permissions
	for _, e := range edits {
		need := e.needs()
		if e.nothing() || held.Has(need) {
			continue
		}
		missing := need &^ held
		if refused == nil {
			refused = forbidden(missing)
		}
		refused.At(e.place("name"), "needs %s", strings.Join(missing.Names(), " and "))
	}
	if refused != nil {
		return refused
	}
	return nil
}

func forbidden(missing auth.Permission) *fault.Fault {
	names := missing.Names()
	f := fault.New(fault.Forbidden, "You do not have the right to do this; it needs %s.", strings.Join(names, " and ")).WithCode("missing_permission")
	f.Extra = map[string]any{"missing": names}
	return f
}

// stale collects what somebody else changed since the base of a request.
type stale struct {
	newer   []Listed
	deleted []string
}

// fault is the conflict, nil without one.
func (s stale) fault(revision int64) error {
	if len(s.newer)+len(s.deleted) == 0 {
		return nil
	}
	sentence := "%s was changed in the meantime. Nothing was stored."
	names := slices.Clone(s.deleted)
	for _, x := range s.newer {
		names = append(names, x.Name)
	}
	if len(names) > 1 {
		sentence = "%s were changed in the meantime. Nothing was stored."
	}
	f := fault.New(fault.Conflict, sentence, clip(strings.Join(names, ", "))).WithCode("variables_changed")
	if s.newer == nil {
		s.newer = []Listed{}
	}
	f.Extra = map[string]any{"revision": revision, "newer": s.newer, "deleted": s.deleted}
	return f
}

// Wrong lists what is wrong with its fields, whatever is stored.
func (r ChangeRequest) Wrong(context.Context) []fault.Place {
	invalid := fault.New(fault.Invalid, "")
	for i, a := range r.Add {
		check(a.variable(), invalid, at("add", i))
	}
	for i, c := range r.Change {
		x := Var{Kind: id(c.Kind, "").Kind, Name: cmp.Or(c.NewName, c.Name)}
		if c.Value != nil {
			x.Value = secret.New(*c.Value)
		}
		if c.Note != nil {
			x.Note = *c.Note
		}
		check(x, invalid, renamed(at("change", i)))
	}
	return invalid.Places
}

// at leads to the fields of an entry.
func at(list string, i int) func(field string) string {
	return func(field string) string { return fmt.Sprintf("%s/%d/%s", list, i, field) }
}

// renamed leads from a variable's name to where an alteration has it.
func renamed(place func(string) string) func(field string) string {
	return func(field string) string {
		if field == "name" {
			field = "newName"
		}
		return place(field)
	}
}

// variable is the variable that is added.
func (a Addition) variable() Var {
	x := Var{Kind: id(a.Kind, "").Kind, Name: a.Name, Value: secret.New(a.Value), Secret: a.Secret, Note: a.Note, Readable: a.Kind != System}
	if a.Readable != nil {
		x.Readable = *a.Readable
	}
	return x
}

// Change applies the changes, all of them or none. It fails with fault.Forbidden
// when the actor lacks the right to one of them, with fault.Conflict when somebody
// else changed one of the variables since the base, and with fault.Invalid, which
// lists everything that is wrong.
func (v *Vars) Change(ctx context.Context, r ChangeRequest) (Overview, error) {
	if err := v.change(ctx, r); err != nil {
		return Overview{}, err
	}
	return v.Overview(ctx)
}

func (v *Vars) change(ctx context.Context, r ChangeRequest) error {
	v.changes.Lock()
	defer v.changes.Unlock()
	now := v.Now()
	invalid := fault.New(fault.Invalid, "Some variables are not valid.")
	if len(r.Add)+len(r.Change)+len(r.Delete) == 0 {
		return invalid.At("change", "There is nothing to change.")
	}
	if *r.Base > now.revision {
		return fault.New(fault.Conflict, "The changes are based on variables that are not there.").WithCode("unknown_revision")
	}
	if !auth.ActorFrom(ctx).Permissions.Has(auth.Administrator) && r.system() {
		return forbidden(auth.Administrator)
	}
	old := stale{deleted: []string{}}
	edits := edits(r, now, invalid, &old)
	if err := mayAll(ctx, edits); err != nil {
		return err
	}
	if err := old.fault(now.revision); err != nil {
		return err
	}
	return v.store(ctx, edits, invalid, "add")
}

// system reports whether the request is about a variable of the system.
func (r ChangeRequest) system() bool {
	return slices.ContainsFunc(r.Add, func(a Addition) bool { return a.Kind == System }) ||
		slices.ContainsFunc(r.Change, func(a Alteration) bool { return a.Kind == System }) ||
		slices.ContainsFunc(r.Delete, func(a Removal) bool { return a.Kind == System })
}

// edits are what the request asks for. What is wrong with it is added to invalid,
// what is not as it was at the base to old.
func edits(r ChangeRequest, now *Snapshot, invalid *fault.Fault, old *stale) []edit {
	var list []edit
	leaving := map[ID]bool{}
	for _, d := range r.Delete {
		leaving[id(d.Kind, d.Name)] = true
	}
	for _, c := range r.Change {
		if c.NewName != "" {
			leaving[id(c.Kind, c.Name)] = true
		}
	}
	// current returns what is there to change, noting what is not as it was.
	current := func(id ID) *Var {
		x, ok := now.get(id)
		switch {
		case !ok:
			return nil
		case x.Revision > *r.Base:
			old.newer = append(old.newer, x.listed())
		}
		return &x
	}
	for i, a := range r.Add {
		place := at("add", i)
		x := a.variable()
		check(x, invalid, place)
		x.Name = strings.ToUpper(x.Name)
		keep(nil, &x, invalid, place)
		if there, ok := now.get(x.ID()); ok && !leaving[x.ID()] {
			old.newer = append(old.newer, there.listed())
		}
		list = append(list, edit{after: &x, place: place})
	}
	for i, c := range r.Change {
		place := at("change", i)
		before := current(id(c.Kind, c.Name))
		if before == nil {
			old.deleted = append(old.deleted, strings.ToUpper(c.Name))
			continue
		}
		after := c.apply(*before, invalid, place)
		if there, ok := now.get(after.ID()); ok && after.ID() != before.ID() && !leaving[after.ID()] {
			invalid.At(place("newName"), "There is a variable %s already.", there.Name)
		}
		list = append(list, edit{before, &after, place})
	}
	for i, d := range r.Delete {
		place := at("delete", i)
		if d.Kind == System {
			invalid.At(place("name"), "A system variable is not deleted.")
			continue
		}
		if before := current(id(d.Kind, d.Name)); before != nil { // else somebody was quicker
			list = append(list, edit{before: before, place: place})
		}
	}
	return list
}

// apply returns the variable as the alteration has it.
func (c Alteration) apply(x Var, invalid *fault.Fault, place func(string) string) Var {
	before := x
	if c.NewName != "" {
		if x.Kind == System && !strings.EqualFold(c.NewName, x.Name) {
			invalid.At(place("newName"), "The name of a system variable is fixed.")
		}
		x.Name = c.NewName
	}
	if c.Secret != nil {
		x.Secret = *c.Secret
	}
	if c.Readable != nil {
		x.Readable = *c.Readable
	}
	if c.Note != nil {
		x.Note = *c.Note
	}
	switch {
	case c.Value != nil:
		x.Value, x.Lost = secret.New(*c.Value), false
		keep(&before, &x, invalid, place)
	case before.Lost:
		invalid.At(place("value"), "Enter the value: it was lost with its key.")
	case before.Secret && !x.Secret:
		invalid.At(place("value"), "Enter the value: what was secret is not shown.")
	}
	check(x, invalid, renamed(place))
	x.Name = strings.ToUpper(x.Name)
	return x
}

// Wrong lists what is wrong with its fields, whatever is stored.
func (r ReplaceRequest) Wrong(context.Context) []fault.Place {
	invalid := fault.New(fault.Invalid, "")
	for i, p := range r.Vars {
		check(Var{Kind: User, Name: underscored(p.Name), Value: secret.New(p.Value)}, invalid, at("finalEnvs", i))
	}
	return invalid.Places
}

// Replace makes the user's variables those given and no others, or adds those
// given to the system's. What is kept stays secret or readable as it is.
func (v *Vars) Replace(ctx context.Context, r ReplaceRequest) ([]Shown, error) {
	v.changes.Lock()
	defer v.changes.Unlock()
	invalid := fault.New(fault.Invalid, "Some variables are not valid.")
	edits := make([]edit, 0, len(r.Vars))
	stays := map[ID]bool{}
	for i, p := range r.Vars {
		e := v.pair(r.Type, underscored(p.Name), p.Value, false, invalid, at("finalEnvs", i))
		stays[e.after.ID()] = true
		edits = append(edits, e)
	}
	for _, x := range v.Now().all {
		if r.Type == User && x.Kind == User && !stays[x.ID()] {
			edits = append(edits, edit{before: &x, place: func(string) string { return "finalEnvs" }})
		}
	}
	if err := mayAll(ctx, edits); err != nil {
		return nil, err
	}
	if err := v.store(ctx, edits, invalid, "finalEnvs"); err != nil {
		return nil, err
	}
	return v.Shown(r.Type), nil
}

// underscored is a name with _ in the place of blanks.
func underscored(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return '_'
		}
		return r
	}, strings.TrimSpace(name))
}

// pair is the edit that gives a variable a value, or adds it; hide makes it a
// secret if it is none. A new system variable is not for flows, and secret when its
// name says so.
func (v *Vars) pair(kind Kind, name, value string, hide bool, invalid *fault.Fault, place func(string) string) edit {
	x := Var{Kind: kind, Name: strings.ToUpper(name), Readable: kind == User, Secret: kind == System && secret.IsSecretName(name)}
	if old, ok := v.Now().get(x.ID()); ok {
		x = old
		x.Lost = false
	} else {
		x.Name = name
	}
	x.Value, x.Secret = secret.New(value), x.Secret || hide
	return v.edit(x, invalid, place)
}

// Import takes a user's variables from a text: those it names are added or
// changed, the others stay. Lines that say nothing are told and left out.
func (v *Vars) Import(ctx context.Context, r ImportRequest) (Import, error) {
	v.changes.Lock()
	defer v.changes.Unlock()
	entries, problems := ParseText(r.Text)
	out := Import{Preview: r.Preview, Variables: []Imported{}, Problems: problems}
	if problems == nil {
		out.Problems = []TextProblem{}
	}
	invalid := fault.New(fault.Invalid, "Some variables are not valid.")
	edits := make([]edit, 0, len(entries))
	for _, entry := range entries {
		hide := slices.ContainsFunc(r.Secrets, func(s string) bool { return strings.EqualFold(s, entry.Name) })
		e := v.pair(User, entry.Name, entry.Value, hide, invalid, func(string) string { return fmt.Sprintf("text/%d", entry.Line) })
		edits = append(edits, e)
		line := Imported{Name: e.after.Name, Line: entry.Line, Change: "added", Secret: e.after.Secret, Value: entry.Value}
		if e.before != nil {
			line.Change, line.Before = "changed", e.before.Shown()
			if e.nothing() {
				line.Change = "same"
			}
		}
		if !r.Preview && e.after.Secret {
			line.Value = secret.Mask
		}
		out.Variables = append(out.Variables, line)
	}
	if r.Preview {
		if e := audit.EntryFrom(ctx); e != nil {
			e.Message = "Compared a text with the environment variables; nothing was changed"
		}
		out.Revision = v.Now().revision
		return out, nil
	}
	if err := mayAll(ctx, edits); err != nil {
		return Import{}, err
	}
	if err := v.store(ctx, edits, invalid, "text"); err != nil {
		return Import{}, err
	}
	out.Revision = v.Now().revision
	return out, nil
}
