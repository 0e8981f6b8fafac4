package auth

// Rule says who may do something: Public, SignedIn, a Permission or AnyOf
// several. It looks at the Actor alone, never at how somebody signed in.
type Rule interface {
	// Admits reports whether the actor may.
	Admits(a Actor) bool
	// Names lists the permissions the rule speaks of, for documents and refusals;
	// it is empty for Public and SignedIn.
	Names() []string
}

// Standing is a rule that asks for no particular permission.
type Standing int

// The standings.
const (
	Public   Standing = iota + 1 // anybody, a stranger too
	SignedIn                     // anybody with a valid credential
)

// Admits implements Rule.
func (s Standing) Admits(a Actor) bool { return s == Public || s == SignedIn && a.SignedIn() }

// Names implements Rule.
func (s Standing) Names() []string { return []string{} }

// Admits reports whether the actor is signed in and holds every permission of
// the set; an empty set admits nobody.
func (p Permission) Admits(a Actor) bool { return p != 0 && a.SignedIn() && a.Permissions.Has(p) }

// Any is a rule that one permission of the set is enough for.
type Any Permission

// AnyOf returns the rule that admits whoever holds one of the permissions.
func AnyOf(ps ...Permission) Any {
	var set Permission
	for _, p := range ps {
		set |= p
	}
	return Any(set)
}

// Admits implements Rule.
func (p Any) Admits(a Actor) bool { return a.SignedIn() && a.Permissions.HasAny(Permission(p)) }

// Names implements Rule.
func (p Any) Names() []string { return Permission(p).Names() }
