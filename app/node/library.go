package node

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
)

// Library knows every node type there is: the built-in ones, which never change,
// and those of installed packages. All methods may be called concurrently.
type Library struct {
	mu        sync.Mutex // held by those who change what types points to
	builtin   []*Type
	installed map[string][]*Type // by package
	types     atomic.Pointer[catalogue]
}

type catalogue struct {
	list []*Type
	byID map[string]*Type
}

// NewLibrary returns a library of the built-in types, in palette order. Two types
// with the same id panic: that is found at start.
func NewLibrary(builtin ...Type) *Library {
	l := &Library{installed: map[string][]*Type{}}
	ids := map[string]string{}
	for i := range builtin {
		t := &builtin[i]
		if other, twice := ids[t.ID()]; twice {
			panic(fmt.Sprintf("node type %s of %s is declared twice (%s)", t.Name, t.Package, other))
		}
		ids[t.ID()] = t.Name
		l.builtin = append(l.builtin, t)
	}
	l.rebuild()
	return l
}

// Lookup returns the node type with the id that flows refer to.
func (l *Library) Lookup(id string) (*Type, bool) {
	t, ok := l.types.Load().byID[id]
	return t, ok
}

// Types lists every type: the built-in ones in palette order, then the packages'
// by name of the package. The list must not be changed.
func (l *Library) Types() []*Type { return l.types.Load().list }

// Install puts a package's types in, in place of those it had before. A built-in
// package wins over an installed one of its name.
func (l *Library) Install(pkg string, types []Type) {
	l.mu.Lock()
	defer l.mu.Unlock()
	list := make([]*Type, len(types))
	for i := range types {
		list[i] = &types[i]
	}
	l.installed[pkg] = list
	l.rebuild()
}

// Remove takes a package's types out.
func (l *Library) Remove(pkg string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.installed, pkg)
	l.rebuild()
}

func (l *Library) rebuild() {
	c := &catalogue{byID: map[string]*Type{}}
	builtin := map[string]bool{}
	for _, t := range l.builtin {
		builtin[t.Package] = true
		c.list = append(c.list, t)
		c.byID[t.ID()] = t
	}
	for _, pkg := range slices.SortedFunc(maps.Keys(l.installed), cmp.Compare[string]) {
		if builtin[pkg] {
			continue
		}
		for _, t := range l.installed[pkg] {
			c.list = append(c.list, t)
			c.byID[t.ID()] = t
		}
	}
	l.types.Store(c)
}
