// Command pack turns what the bundler built into what the binary embeds: every
// text file compressed once, beside a check of the sizes that the window promises.
//
// Usage: go run ./web/ui/pack BUILD DIST
package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// budget bounds the compressed size of what a part of the window loads.
type budget struct {
	what  string
	limit int // KB of 1000 bytes
	size  func(*build) int
}

// The chunks that the budgets speak of, by their source.
const (
	window     = "index.html"
	overview   = "src/features/overview/OverviewPage.tsx"
	flowEditor = "src/features/flows/FlowPage.tsx"
	inspector  = "src/features/flows/inspector/Inspector.tsx"
	codeEditor = "src/inputs/code/CodeEditor.tsx"
)

var budgets = []budget{
	{"first load JS", 250, func(b *build) int { return b.entry(".js") + b.beyond(overview, window) }},
	{"first load CSS", 20, func(b *build) int { return b.entry(".css") }},
	{"flow editor", 150, func(b *build) int { return b.beyond(flowEditor, window) }},
	{"inspector", 60, func(b *build) int { return b.beyond(inspector, window, flowEditor) }},
	{"code editor", 130, func(b *build) int { return b.beyond(codeEditor, window, flowEditor, inspector) }},
	{"JavaScript", 45, func(b *build) int {
		return b.beyond("node_modules/@codemirror/lang-javascript/dist/index.js", window, flowEditor, inspector, codeEditor)
	}},
	{"JSON", 45, func(b *build) int {
		return b.beyond("node_modules/@codemirror/lang-json/dist/index.js", window, flowEditor, inspector, codeEditor)
	}},
	{"all assets", 2000, func(b *build) int { return b.all() }},
}

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: pack BUILD DIST")
		os.Exit(2)
	}
	if err := pack(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "pack:", err)
		os.Exit(1)
	}
}

// chunk is one entry of the bundler's manifest (vite, build.manifest).
type chunk struct {
	File    string   `json:"file"`
	Imports []string `json:"imports"`
	CSS     []string `json:"css"`
}

// build is what the bundler made.
type build struct {
	sizes  map[string]int // compressed, by file
	chunks map[string]chunk
}

func pack(from, to string) error {
	if err := os.RemoveAll(to); err != nil {
		return err
	}
	b := &build{sizes: map[string]int{}}
	err := filepath.WalkDir(from, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(from, name)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		body, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		if rel == ".vite/manifest.json" {
			return json.Unmarshal(body, &b.chunks)
		}
		out := filepath.Join(to, filepath.FromSlash(rel))
		if err := os.MkdirAll(filepath.Dir(out), 0o755); err != nil { //nolint:gosec // part of the sources
			return err
		}
		packed, err := compressed(body)
		if err != nil {
			return err
		}
		b.sizes[rel] = len(packed)
		switch path.Ext(rel) {
		case ".js", ".css", ".svg", ".json":
			out, body = out+".gz", packed
		}
		return os.WriteFile(out, body, 0o644) //nolint:gosec // part of the sources
	})
	if err != nil {
		return err
	}
	return b.check()
}

// compressed has no time and no name in it: the same file gives the same bytes.
func compressed(body []byte) ([]byte, error) {
	var out bytes.Buffer
	w, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(body); err != nil {
		return nil, err
	}
	err = w.Close()
	return out.Bytes(), err
}

func (b *build) check() error {
	if b.chunks == nil {
		return errors.New("the build has no manifest")
	}
	var over []string
	for _, g := range budgets {
		kb := (g.size(b) + 500) / 1000
		fmt.Printf("%-16s %5d KB of %5d KB\n", g.what, kb, g.limit)
		if kb > g.limit {
			over = append(over, g.what)
		}
	}
	if len(over) > 0 {
		return fmt.Errorf("over the limit: %s", strings.Join(over, ", "))
	}
	return nil
}

// load lists the files that a chunk needs at once.
func (b *build) load(name string, files []string) []string {
	c, ok := b.chunks[name]
	if !ok || slices.Contains(files, c.File) {
		return files
	}
	files = append(append(files, c.File), c.CSS...)
	for _, i := range c.Imports {
		files = b.load(i, files)
	}
	return files
}

// entry is what the first page loads of one kind of file.
func (b *build) entry(ext string) int {
	n := 0
	for _, f := range b.load(window, nil) {
		if path.Ext(f) == ext {
			n += b.sizes[f]
		}
	}
	return n
}

// beyond is the JavaScript that a lazy chunk loads on top of others.
func (b *build) beyond(name string, loaded ...string) int {
	var there []string
	for _, l := range loaded {
		there = b.load(l, there)
	}
	n := 0
	for _, f := range b.load(name, nil) {
		if path.Ext(f) == ".js" && !slices.Contains(there, f) {
			n += b.sizes[f]
		}
	}
	return n
}

func (b *build) all() int {
	n := 0
	for _, size := range b.sizes {
		n += size
	}
	return n
}
