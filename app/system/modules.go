package system

import (
	_ "embed"
	"runtime/debug"
	"strings"
)

//go:embed licences.txt
var licences string

// Module is a package of somebody else's that the binary is built with.
type Module struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	Licence string `json:"licence"`
}

// Modules lists the Go modules that the binary is built with.
func Modules() []Module {
	list := []Module{}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return list
	}
	known := Licences()
	for _, m := range info.Deps {
		if m.Replace != nil {
			m = m.Replace
		}
		list = append(list, Module{Name: m.Path, Version: m.Version, Licence: known[m.Path]})
	}
	return list
}

// Licences returns the licence of each Go module by the module's path.
func Licences() map[string]string {
	known := map[string]string{}
	for line := range strings.Lines(licences) {
		if path, licence, ok := strings.Cut(strings.TrimSpace(line), " "); ok {
			known[path] = licence
		}
	}
	return known
}
