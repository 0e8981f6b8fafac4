package node

import "fmt"

// Library knows every node type there is. It never changes.
type Library struct {
	list []*Type
	byID map[string]*Type
}

// NewLibrary returns a library of the types, in palette order. Two types with the
// same id panic: that is found at start.
func NewLibrary(types ...Type) *Library {
	l := &Library{byID: make(map[string]*Type, len(types))}
	for i := range types {
		t := &types[i]
		if other, twice := l.byID[t.ID()]; twice {
			panic(fmt.Sprintf("node type %s of %s is declared twice (%s)", t.Name, t.Package, other.Name))
		}
		l.list = append(l.list, t)
		l.byID[t.ID()] = t
	}
	return l
}

// Lookup returns the node type with the id that flows refer to.
func (l *Library) Lookup(id string) (*Type, bool) {
	t, ok := l.byID[id]
	return t, ok
}

// Types lists every type in palette order. The list must not be changed.
func (l *Library) Types() []*Type { return l.list }
