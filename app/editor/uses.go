package editor

import (
	"cmp"
	"context"
	"slices"

	"ecoflow/app/flow"
	"ecoflow/app/node"
)

// Use is a place where a flow reads an environment variable, in its draft, in what
// is live, or in both.
type Use struct {
	flow.Use
	Flow        string // name of the draft; of the live flow when there is none
	Live, Draft bool
}

// used is where contents read variables, for the node types it was found with.
type used struct {
	types    []*node.Type
	contents map[string][]flow.Use // by hash
}

// Uses lists where drafts and live flows read environment variables, by flow and
// in the order of their nodes. Contents it has seen are not read again; one that
// cannot be read uses nothing.
func (e *Editor) Uses(ctx context.Context) ([]Use, error) {
	drafts, live, err := e.stored(ctx)
	if err != nil {
		return nil, err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	known := e.used.contents
	if !slices.Equal(e.used.types, e.Library.Types()) {
		known = nil
	}
	next := map[string][]flow.Use{}
	of := func(name, hash string) []flow.Use {
		uses, ok := next[hash]
		if !ok {
			uses, ok = known[hash]
		}
		if !ok {
			if f, err := e.read(ctx, Draft{Name: name, Hash: hash}); err == nil {
				uses = f.Uses(e.Library, e.Log)
			}
		}
		next[hash] = uses
		return uses
	}
	names := map[string]string{} // by flow
	place := map[Use]int{}
	all := []Use{}
	add := func(name string, u flow.Use) *Use {
		key := Use{Use: u, Flow: name}
		if _, ok := place[key]; !ok {
			place[key] = len(all)
			all = append(all, key)
		}
		return &all[place[key]]
	}
	for _, d := range drafts {
		names[d.ID] = d.Name
		for _, u := range of(d.Name, d.Hash) {
			add(d.Name, u).Draft = true
		}
	}
	for _, l := range live {
		name := cmp.Or(names[l.ID], l.Name)
		for _, u := range of(name, l.Hash) {
			add(name, u).Live = true
		}
	}
	e.used = used{types: e.Library.Types(), contents: next}
	slices.SortStableFunc(all, func(a, b Use) int { return cmp.Compare(a.Flow, b.Flow) })
	return all, nil
}
