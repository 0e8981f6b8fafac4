// Package folders shows the folders of this machine to somebody who has to name one
// in a form: below given roots only, and nothing but names and kinds.
package folders

import (
	"cmp"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode"

	"ecoflow/app/auth"
	"ecoflow/app/fault"
)

// most is how many entries of a folder are shown.
const most = 1000

// May is who may look.
var May = auth.AnyOf(auth.ServerConfigurationUpdate, auth.CreateDBConnection, auth.ModifyDBConnection)

// Options is what a Picker depends on.
type Options struct {
	// Roots are the folders below which somebody may look, as now configured.
	Roots func() []string
	// Admit lets somebody in by the setup code, while there is no user.
	Admit func(ctx context.Context, code string) error
}

// Picker lists folders.
type Picker struct{ options Options }

// New returns a picker.
func New(o Options) *Picker { return &Picker{o} }

// Ask is endpoint 1: a folder to list, or none for where one can begin.
type Ask struct {
	Path string `json:"path" maxLength:"4096" doc:"Absolute; without it the folders to begin with are listed."`
	Type string `json:"type" enum:"Directory,File" doc:"Directory leaves the files out."`
	Code string `json:"-" header:"X-Setup-Code"`
}

// Entry is what is in a folder.
type Entry struct {
	Name string `json:"name"`
	Type string `json:"type" enum:"Directory,File"`
}

// List returns the folders to begin with, as texts, or the entries of one, folders
// first, most of them at most. One that is not there, is no folder or must not be
// seen is the same fault of kind NotFound.
func (p *Picker) List(ctx context.Context, a Ask) ([]any, error) {
	if err := p.admit(ctx, a.Code); err != nil {
		return nil, err
	}
	roots := p.options.Roots()
	list := []any{}
	if a.Path == "" {
		for _, root := range roots {
			list = append(list, filepath.ToSlash(root))
		}
		return list, nil
	}
	for _, root := range roots {
		if rel, ok := below(root, a.Path); ok {
			entries, err := read(root, rel, a.Type == "Directory")
			if err != nil {
				break // which of the reasons it is, is nobody's business
			}
			for _, e := range entries {
				list = append(list, e)
			}
			return list, nil
		}
	}
	return nil, fault.New(fault.NotFound, "There is no folder here that you may see.").WithCode("no_folder")
}

func (p *Picker) admit(ctx context.Context, code string) error {
	if May.Admits(auth.ActorFrom(ctx)) {
		return nil
	}
	return p.options.Admit(ctx, code)
}

// below returns the way from root to a path that is root or below it.
func below(root, path string) (rel string, ok bool) {
	if strings.ContainsFunc(path, unicode.IsControl) || !filepath.IsAbs(path) {
		return "", false
	}
	rel, err := filepath.Rel(root, filepath.Clean(path))
	return rel, err == nil && filepath.IsLocal(rel)
}

// read lists a folder below root. No link leads out of root.
func read(root, rel string, foldersOnly bool) ([]Entry, error) {
	r, err := os.OpenRoot(root)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	f, err := r.Open(rel)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	list := []Entry{}
	for len(list) < most {
		found, err := f.ReadDir(most)
		for _, d := range found {
			e, ok := entry(r, rel, d)
			if ok && (e.Type == "Directory" || !foldersOnly) && len(list) < most {
				list = append(list, e)
			}
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
	}
	slices.SortFunc(list, func(a, b Entry) int {
		return cmp.Or(strings.Compare(a.Type, b.Type), strings.Compare(a.Name, b.Name))
	})
	return list, nil
}

// entry describes what is in a folder; ok is false for what is neither file nor
// folder, and for a link that leads out.
func entry(root *os.Root, folder string, d fs.DirEntry) (e Entry, ok bool) {
	mode := d.Type()
	if mode&fs.ModeSymlink != 0 {
		info, err := root.Stat(filepath.Join(folder, d.Name()))
		if err != nil {
			return Entry{}, false
		}
		mode = info.Mode().Type()
	}
	switch {
	case mode.IsDir():
		return Entry{d.Name(), "Directory"}, true
	case mode.IsRegular():
		return Entry{d.Name(), "File"}, true
	}
	return Entry{}, false
}
