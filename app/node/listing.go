package node

import (
	"context"
	"fmt"
	"slices"
)

// Package is where a node type comes from.
type Package struct {
	Name    string // npm name: "ecoflow-commons"
	Module  string // shown name: "Common"
	Version string
}

// Built-in packages: the originals', whose node types keep the names, inputs and
// results of the versions given here, and our own.
var (
	Commons   = Package{"ecoflow-commons", "Common", "0.0.39"}
	Functions = Package{"ecoflow-functions", "Function", "0.0.39"}
	Own       = Package{"ecoflow", "EcoFlow", "1.0.0"}
)

// In says which package a type belongs to.
func In(p Package) Option {
	return func(t *Type) { t.Package, t.Module, t.Version = p.Name, p.Module, p.Version }
}

// Ref is an id in the form of the contract.
type Ref struct {
	ID string `json:"_id"`
}

// Listing is a node type in the contract's form (3.13), with what we add.
type Listing struct {
	ID          Ref     `json:"id"`
	Name        string  `json:"name"`
	Type        Kind    `json:"type"`
	Description string  `json:"description,omitempty"`
	Color       string  `json:"color,omitempty"`
	Inputs      []Input `json:"inputs"`
	// Ours, beside the contract's:
	ModuleID   Ref      `json:"moduleID"`
	Module     string   `json:"module"`
	Group      string   `json:"group"` // of the palette
	Icon       string   `json:"icon,omitempty"`
	Summary    string   `json:"summary,omitempty"`  // see the option of Define
	Keywords   []string `json:"keywords,omitempty"` // that it is found by as well
	Docs       string   `json:"docs,omitempty"`     // Markdown
	Ports      []Port   `json:"ports"`
	PortsFrom  string   `json:"portsFrom,omitempty"`
	LoopPort   string   `json:"loopPort,omitempty"`
	MayRespond bool     `json:"mayRespond,omitempty"`
	Blocking   bool     `json:"blocking,omitempty"`
}

// ModuleListing is a package with its node types, as endpoints 54 and 55 answer.
type ModuleListing struct {
	ID          Ref       `json:"id"`
	Name        string    `json:"name"`
	PackageName string    `json:"packageName"`
	Version     string    `json:"version"`
	Nodes       []Listing `json:"nodes"`
}

// Listing describes the type, without the options that depend on filled inputs.
func (t *Type) Listing() Listing {
	group := t.Group
	if group == "" {
		group = t.Module
	}
	return Listing{
		ID: Ref{t.ID()}, Name: t.Name, Type: t.Kind, Description: t.Description, Color: t.Color, Inputs: t.Inputs,
		ModuleID: Ref{t.ModuleID()}, Module: t.Module, Group: group, Icon: t.Icon, Summary: t.Summary, Keywords: t.Keywords, Docs: t.Docs,
		Ports: t.Ports, PortsFrom: t.PortsFrom, LoopPort: t.LoopPort, MayRespond: t.MayRespond, Blocking: t.Blocking,
	}
}

// Resolved is Listing with the options of dynamic inputs for what v has filled in
// so far.
func (t *Type) Resolved(ctx context.Context, v Values) (Listing, error) {
	l := t.Listing()
	l.Inputs = slices.Clone(l.Inputs)
	for i := range l.Inputs {
		in := &l.Inputs[i]
		if !in.Dynamic || t.Choices == nil {
			continue
		}
		choices, err := t.Choices(ctx, in.Name, v)
		if err != nil {
			return Listing{}, fmt.Errorf("options of %s of %s: %w", in.Name, t.Name, err)
		}
		in.Options = choices
	}
	return l, nil
}

// Nodes lists every type grouped by kind, in the order of Kinds (endpoint 64).
func (l *Library) Nodes() []Listing {
	list := []Listing{}
	for _, kind := range Kinds {
		for _, t := range l.Types() {
			if t.Kind == kind {
				list = append(list, t.Listing())
			}
		}
	}
	return list
}

// Modules lists the packages with their types (endpoint 54).
func (l *Library) Modules() []ModuleListing {
	list := []ModuleListing{}
	for _, t := range l.Types() {
		i := slices.IndexFunc(list, func(m ModuleListing) bool { return m.PackageName == t.Package })
		if i < 0 {
			i = len(list)
			list = append(list, ModuleListing{ID: Ref{t.ModuleID()}, Name: t.Module, PackageName: t.Package, Version: t.Version})
		}
		list[i].Nodes = append(list[i].Nodes, t.Listing())
	}
	return list
}

// Module returns the package with the id; ok is false when there is none
// (endpoint 55).
func (l *Library) Module(id string) (m ModuleListing, ok bool) {
	for _, m := range l.Modules() {
		if m.ID.ID == id {
			return m, true
		}
	}
	return ModuleListing{}, false
}
