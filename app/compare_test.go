package app_test

import (
	"encoding/json"
	"errors"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode"
)

// guarded are the words in a name that say that a text or bytes are a secret or what
// proves one. They are compared with crypto/subtle (or hmac.Equal): anything else
// ends at the first byte that differs, and its time tells how many were right. An s at
// the end of a word is taken away before it is looked for here.
var guarded = []string{
	"secret", "token", "hash", "hashe", "hashed", "mac", "hmac", "password", "passphrase", "code", "sum", "sha", "digest",
	"seal", "sealed", "signature", "nonce", "cookie", "credential", "proof", "master", "csrf",
}

// open are comparisons of what is named like a secret and is none, or that nobody can
// time, by folder and text; each with why.
var open = map[string]string{
	// What the caller sent is compared with what the caller sent.
	"app/auth: norm.NFC.String(in.NewPassword) == norm.NFC.String(in.OldPassword)": "both are the caller's",
	"app/auth: in.RePassword != in.NewPassword":                                    "both are the caller's",
	// Numbers of rows and of keys, names.
	"app/auth: t.ID == end.Token":                       "a row's number",
	"app/secret: bytes.HasPrefix(sealed, c.id)":         "the id of a key is no secret; it stands before what is sealed",
	"app/secret: bytes.HasPrefix(sealed, k.primary.id)": "the id of a key is no secret; it stands before what is sealed",
	"app/secret: slices.Contains(secretWords, w)":       "words that a name is made of",
	"web: name != cookie":                               "the cookie's name",
	// Sums of flows, which whoever may see the flow can work out.
	"app/editor: hash(content) != d.Hash":       "the sum of a flow",
	"app/editor: d.Hash == live[d.ID]":          "the sum of a flow",
	"app/editor: l.Hash == d.Hash":              "the sum of a flow",
	"app/editor: a.Hash == b.Hash":              "the sum of a flow",
	"app/editor: drafts[i].Hash == f.Hash":      "the sum of a flow",
	"storage: bytes.Equal(sum[:], hash)":        "the sum of a flow",
	"storage: bytes.Equal(sealed, seal(flows))": "the sum of flows",
	// A stored row is compared with what it becomes.
	"storage: is.Hash != was.Hash": "is the password another one: both come from the database or from hashing with a new salt",
}

// S41: secrets are compared in constant time.
func TestSecretsAreComparedInConstantTime(t *testing.T) {
	left := map[string]bool{}
	for name := range open {
		left[name] = true
	}
	for _, found := range comparisons(t, "./...") {
		name := found.folder + ": " + found.text
		if _, ok := open[name]; !ok {
			t.Errorf("%s compares %s; take crypto/subtle, or say in the table why not", found.at, found.text)
		}
		delete(left, name)
	}
	for name := range left {
		t.Errorf("the table excuses a comparison that is not there: %s", name)
	}
}

// The check can say no.
func TestComparisonsAreFound(t *testing.T) {
	var got []string
	for _, found := range comparisons(t, "./testdata/compare") {
		got = append(got, found.text)
	}
	text, err := os.ReadFile("testdata/compare/compare.go")
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for line := range strings.Lines(string(text)) {
		if _, found, ok := strings.Cut(strings.TrimSpace(line), "// found: "); ok {
			want = append(want, found)
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) || len(want) == 0 {
		t.Errorf("found %q\nwant  %q", got, want)
	}
}

type comparison struct {
	folder, text string
	at           token.Position
}

// comparisons returns where the packages compare secrets byte by byte.
func comparisons(t *testing.T, pattern string) []comparison {
	t.Helper()
	type listed struct {
		ImportPath, Dir, Export string
		GoFiles                 []string
		Module                  *struct{ Path, Dir string }
	}
	list := exec.CommandContext(t.Context(), "go", "list", "-export", "-deps", "-json=ImportPath,Dir,Export,GoFiles,Module", pattern)
	if pattern == "./..." {
		list.Dir = ".."
	}
	list.Stderr = os.Stderr
	out, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	exports := map[string]string{}
	var ours []listed
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		exports[p.ImportPath] = p.Export
		if p.Module != nil && p.Module.Path == module {
			ours = append(ours, p)
		}
	}
	set := token.NewFileSet()
	from := importer.ForCompiler(set, "gc", func(name string) (io.ReadCloser, error) { return os.Open(exports[name]) })
	var found []comparison
	for _, p := range ours {
		if pattern != "./..." && !strings.Contains(p.ImportPath, "/testdata/") {
			continue
		}
		var files []*ast.File
		for _, name := range p.GoFiles {
			file, err := parser.ParseFile(set, filepath.Join(p.Dir, name), nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			files = append(files, file)
		}
		info := &types.Info{Types: map[ast.Expr]types.TypeAndValue{}, Uses: map[*ast.Ident]types.Object{}, Selections: map[*ast.SelectorExpr]*types.Selection{}}
		if _, err := (&types.Config{Importer: from}).Check(p.ImportPath, set, files, info); err != nil {
			t.Fatal(err)
		}
		folder, err := filepath.Rel(p.Module.Dir, p.Dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			ast.Inspect(file, func(n ast.Node) bool {
				if n := compared(info, n); n != nil {
					found = append(found, comparison{filepath.ToSlash(folder), types.ExprString(n), set.Position(n.Pos())})
				}
				return true
			})
		}
	}
	return found
}

// compared returns the expression when n compares a secret with something that is
// not known beforehand.
func compared(info *types.Info, n ast.Node) ast.Expr {
	var operands []ast.Expr
	switch n := n.(type) {
	case *ast.BinaryExpr:
		if n.Op == token.EQL || n.Op == token.NEQ {
			operands = []ast.Expr{n.X, n.Y}
		}
	case *ast.CallExpr:
		f, ok := ast.Unparen(n.Fun).(*ast.SelectorExpr)
		if !ok || info.Uses[f.Sel] == nil || info.Uses[f.Sel].Pkg() == nil || len(n.Args) != 2 {
			break
		}
		switch info.Uses[f.Sel].Pkg().Path() + "." + f.Sel.Name {
		case "bytes.Equal", "bytes.Compare", "bytes.EqualFold", "bytes.HasPrefix", "strings.EqualFold", "strings.Compare", "strings.HasPrefix",
			"slices.Equal", "slices.Compare", "slices.Contains", "slices.Index", "cmp.Compare", "reflect.DeepEqual":
			operands = n.Args
		}
	case *ast.SwitchStmt:
		if n.Tag != nil && isGuarded(info, n.Tag) && slices.ContainsFunc(n.Body.List, func(s ast.Stmt) bool {
			return slices.ContainsFunc(s.(*ast.CaseClause).List, func(e ast.Expr) bool { return info.Types[e].Value == nil })
		}) {
			return n.Tag
		}
	}
	if operands == nil || slices.ContainsFunc(operands, func(e ast.Expr) bool { return info.Types[e].Value != nil || info.Types[e].IsNil() }) {
		return nil
	}
	if slices.ContainsFunc(operands, func(e ast.Expr) bool { return isGuarded(info, e) }) {
		return n.(ast.Expr)
	}
	return nil
}

// isGuarded reports whether an expression is a secret: by its type, or a text or
// bytes by its name.
func isGuarded(info *types.Info, e ast.Expr) bool {
	t := info.TypeOf(e)
	if named, ok := types.Unalias(t).(*types.Named); ok && named.Obj().Pkg() != nil && named.Obj().Pkg().Path() == module+"/app/secret" && named.Obj().Name() == "Secret" {
		return true
	}
	var name string
	switch e := ast.Unparen(e).(type) {
	case *ast.Ident:
		name = e.Name
	case *ast.SelectorExpr:
		name = e.Sel.Name
	case *ast.StarExpr:
		return isGuarded(info, e.X)
	case *ast.SliceExpr:
		return isGuarded(info, e.X)
	case *ast.IndexExpr:
		return isText(t) && isGuarded(info, e.X)
	case *ast.CallExpr:
		if info.Types[e.Fun].IsType() { // string(hash)
			return isText(t) && isGuarded(info, e.Args[0])
		}
		if f, ok := ast.Unparen(e.Fun).(*ast.SelectorExpr); ok {
			name = f.Sel.Name
			if _, ok := info.Selections[f]; ok && isText(t) && isGuarded(info, f.X) { // password.Reveal()
				return true
			}
			if slices.ContainsFunc(e.Args, func(e ast.Expr) bool { return isGuarded(info, e) }) { // hex.EncodeToString(mac)
				return isText(t)
			}
		} else if f, ok := ast.Unparen(e.Fun).(*ast.Ident); ok {
			name = f.Name
		}
	}
	return isText(t) && slices.ContainsFunc(words(name), func(w string) bool { return slices.Contains(guarded, strings.TrimSuffix(w, "s")) })
}

// isText reports whether a type holds characters or bytes, or several of such.
func isText(t types.Type) bool {
	switch t := t.Underlying().(type) {
	case *types.Basic:
		return t.Info()&types.IsString != 0 || t.Kind() == types.Byte
	case *types.Slice:
		return isText(t.Elem())
	case *types.Array:
		return isText(t.Elem())
	case *types.Pointer:
		return isText(t.Elem())
	}
	return false
}

// words splits a name as in tokenHash, SHA256Sum or secret_key.
func words(name string) []string {
	var out []string
	runes, from := []rune(name), 0
	for i := 1; i <= len(runes); i++ {
		if i == len(runes) || !unicode.IsLetter(runes[i]) ||
			unicode.IsUpper(runes[i]) && (!unicode.IsUpper(runes[i-1]) || i+1 < len(runes) && unicode.IsLower(runes[i+1])) {
			out = append(out, strings.ToLower(strings.TrimFunc(string(runes[from:i]), func(r rune) bool { return !unicode.IsLetter(r) })))
			from = i
		}
	}
	return out
}
