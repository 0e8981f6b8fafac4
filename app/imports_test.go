package app_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "ecoflow"

// Everybody may import these; among themselves they point downwards only.
var shared = []string{
	"app/fault", "app/event", "app/limit", "app/file", "app/value", // nothing of ours, or only each other
	"app/auth", "app/audit", // who does it, and the entry that says so
	"app/secret",
}

// arrows is the whole picture of who knows whom: for each folder what it may
// import of ours beside the shared packages. A folder that is not named follows
// the nearest one above it. A new package gets a line here, and the line is where
// its place is discussed.
var arrows = map[string][]string{
	".":       {"web/serve"},
	"web":     {"app", "app/...", "web/..."},
	"storage": {"app", "app/..."},
	"app":     {"app/..."},

	// The process joins the three.
	"web/serve": {"app", "app/...", "web", "storage"},
	// A whole product over a temporary folder needs all three.
	"web/webtest": {"app", "app/...", "web", "web/...", "storage"},
	// Measures the built program from outside.
	"web/benchmark": {"web/drive"},

	"app/node":     {"app/template"},
	"app/template": {"app/js"}, // the guards that both need
	"app/js":       {},
	"app/nodes":    {"app/node", "app/js", "app/template", "app/env", "app/database", "app/nodes/..."},
	"app/flow":     {"app/node", "app/template", "app/trace"},
	"app/editor":   {"app/flow", "app/node", "app/template", "app/trace"},
	"app/mirror":   {"app/flow", "app/system"},
	"app/trace":    {"app/node"},
	"app/packages": {"app/node", "app/js", "app/database", "app/env"},
	"app/project":  {"app/flow", "app/env", "app/database", "app/packages", "app/config"},
	"app/setup":    {"app/database", "app/project"},

	"app/config": {"app/outbound"}, // what may stand in the list of outbound.allow

	"app/audit": {}, "app/auth": {}, "app/backup": {}, "app/database": {}, "app/env": {},
	"app/instance": {}, "app/log": {}, "app/outbound": {}, "app/recovery": {}, "app/secret": {}, "app/system": {}, "app/traffic": {},
	"app/event": {}, "app/fault": {}, "app/file": {}, "app/folders": {}, "app/limit": {}, "app/value": {},
}

// below says what the shared packages may import of each other.
var below = map[string][]string{
	"app/event": {}, "app/fault": {}, "app/limit": {}, "app/file": {},
	"app/value":  {"app/fault", "app/limit"},
	"app/secret": {"app/fault", "app/file"},
	"app/audit":  {"app/fault", "app/event", "app/limit", "app/auth", "app/file"},
	"app/auth":   {"app/fault", "app/event", "app/limit", "app/value", "app/audit"},
}

// fenced are packages from outside that only some folders may touch.
var fenced = map[string][]string{
	"github.com/gorilla":         {"web"},
	"database/sql":               {"storage", "app/database", "web/webtest"},
	"modernc.org/sqlite":         {"storage", "app/database", "web/webtest"},
	"github.com/dop251/goja":     {"app/js"},
	"github.com/evanw/esbuild":   {"app/js", "app/packages"},
	"github.com/expr-lang/expr":  {"app/template"},
	"github.com/mholt/archiver":  {"app/archive"},
	"github.com/pkg/browser":     {"app/instance"},
	"math/rand":                  {},
	"github.com/gorilla/csrf":    {},
	"gopkg.in/natefinch":         {"app/secret", "app/log"},
	"github.com/santhosh-tekuri": {"app/nodes", "web/webtest"},
	"github.com/prometheus":      {"web/metrics"},
}

// sources calls visit for every Go file of ours that is no test.
func sources(t *testing.T, mode parser.Mode, visit func(folder, name string, set *token.FileSet, file *ast.File)) {
	t.Helper()
	root := ".."
	count := 0
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		base := d.Name()
		if d.IsDir() && name != root && (strings.HasPrefix(base, ".") || base == "node_modules" || base == "testdata" || base == "dist") {
			return fs.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(base, ".go") || strings.HasSuffix(base, "_test.go") {
			return nil
		}
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, name, nil, mode)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, filepath.Dir(name))
		if err != nil {
			return err
		}
		count++
		visit(filepath.ToSlash(rel), base, set, file)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if count == 0 {
		t.Fatal("no source was read")
	}
}

func TestArrows(t *testing.T) {
	sources(t, parser.ImportsOnly, func(folder, name string, _ *token.FileSet, file *ast.File) {
		for _, spec := range file.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			if !mayImport(t, folder, imported) {
				t.Errorf("%s/%s must not import %s", folder, name, imported)
			}
		}
	})
}

func mayImport(t *testing.T, folder, imported string) bool {
	ours, isOurs := strings.CutPrefix(imported, module+"/")
	if !isOurs {
		for prefix, folders := range fenced {
			if within(imported, prefix) {
				return slices.ContainsFunc(folders, func(f string) bool { return within(folder, f) })
			}
		}
		return true
	}
	if list, ok := below[folder]; ok {
		return slices.Contains(list, ours)
	}
	if slices.Contains(shared, ours) {
		return true
	}
	at := folder
	for ; arrows[at] == nil; at = path.Dir(at) {
		if at == "." || at == "app" {
			break
		}
	}
	if at == "app" && folder != "app" {
		t.Errorf("%s has no line in the table of arrows", folder)
	}
	return within(ours, folder) || slices.ContainsFunc(arrows[at], func(allowed string) bool {
		tree, whole := strings.CutSuffix(allowed, "/...")
		return ours == allowed || whole && within(ours, tree)
	})
}

// within reports whether a path is the folder or lies below it.
func within(name, folder string) bool {
	return name == folder || strings.HasPrefix(name, folder+"/") || folder == "."
}

// The table can say no: a test over a table that allows everything proves nothing.
func TestArrowsPointOneWay(t *testing.T) {
	for _, tt := range []struct{ folder, imported string }{
		{"app", "ecoflow/web"},
		{"app", "ecoflow/storage"},
		{"app/flow", "ecoflow/storage"},
		{"app/flow", "ecoflow/app"},
		{"app/flow", "ecoflow/app/system"},
		{"app/auth", "ecoflow/app/flow"},
		{"app/fault", "ecoflow/app/event"},
		{"app/event", "ecoflow/app/fault"},
		{"web", "ecoflow/storage"},
		{"web/api", "ecoflow/storage"},
		{"storage", "ecoflow/web"},
		{"app/auth", "database/sql"},
		{"app/auth", "github.com/gorilla/sessions"},
		{"web", "database/sql"},
		{"web", "math/rand/v2"},
		{"app/flow", "github.com/dop251/goja"},
	} {
		if mayImport(t, tt.folder, tt.imported) {
			t.Errorf("%s may import %s", tt.folder, tt.imported)
		}
	}
}

// R20: a panic in a bare goroutine ends the process, so every goroutine starts
// through fault.Go.
func TestNoBareGoroutines(t *testing.T) {
	sources(t, parser.SkipObjectResolution, func(folder, name string, set *token.FileSet, file *ast.File) {
		if folder == "app/fault" && name == "go.go" || folder == "web/benchmark" {
			return
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if g, ok := n.(*ast.GoStmt); ok {
				t.Errorf("%s starts a goroutine by itself; use fault.Go", set.Position(g.Pos()))
			}
			return true
		})
	})
}

// S43: a package that starts goroutines has tests that count them.
func TestGoroutinesAreCounted(t *testing.T) {
	starts := map[string]bool{}
	sources(t, parser.SkipObjectResolution, func(folder, _ string, _ *token.FileSet, file *ast.File) {
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.GoStmt:
				starts[folder] = true
			case *ast.SelectorExpr:
				if x, ok := n.X.(*ast.Ident); ok && x.Name == "fault" && n.Sel.Name == "Go" {
					starts[folder] = true
				}
			}
			return true
		})
	})
	for folder := range starts {
		tests, err := filepath.Glob(filepath.Join("..", folder, "*_test.go"))
		if err != nil {
			t.Fatal(err)
		}
		if !slices.ContainsFunc(tests, func(name string) bool {
			text, err := os.ReadFile(name)
			return err == nil && strings.Contains(string(text), "goleak.VerifyTestMain(")
		}) {
			t.Errorf("%s starts goroutines, and no test looks whether they end", folder)
		}
	}
	if len(starts) < 10 {
		t.Errorf("goroutines were found in %d packages alone", len(starts))
	}
}

// The sources speak of the product only: no folder of a machine, nothing left for
// later.
func TestSourcesAreFinished(t *testing.T) {
	marks := []string{"TO" + "DO", "FIX" + "ME", "XX" + "X", "/ro" + "ot/", "/wo" + "rk/"}
	sources(t, parser.ImportsOnly, func(folder, name string, _ *token.FileSet, _ *ast.File) {
		text, err := os.ReadFile(filepath.Join("..", folder, name))
		if err != nil {
			t.Fatal(err)
		}
		for _, mark := range marks {
			if strings.Contains(string(text), mark) {
				t.Errorf("%s/%s holds %q", folder, name, mark)
			}
		}
	})
}
