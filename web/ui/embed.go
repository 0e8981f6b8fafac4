// Package ui is the window: what the browser loads from /_/.
package ui

import (
	"bytes"
	"compress/gzip"
	"crypto/rand"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"io"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"

	"ecoflow/app/fault"
)

//go:embed all:dist
var files embed.FS

// nonceMark stands in the page where the answer's style nonce goes.
const nonceMark = "__STYLE_NONCE__"

// asset is an embedded file with what its answer says about it.
type asset struct {
	body        []byte
	gzipped     bool
	contentType string
	tag         string
}

// types are the content types of what a window is made of, the same on every system.
var types = map[string]string{
	".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8",
	".svg": "image/svg+xml", ".png": "image/png", ".woff2": "font/woff2", ".json": "application/json", ".webmanifest": "application/manifest+json",
}

// Has reports whether a path, "/assets/main.js", is a file of the window.
func Has(path string) bool {
	for _, end := range []string{"", ".gz"} {
		info, err := fs.Stat(files, "dist"+path+end)
		if err == nil && !info.IsDir() {
			return path != "/index.html"
		}
	}
	return false
}

// Handler serves the window. Paths that are no file answer the page itself, which
// then shows the screen of that address. What is refused is answered by fail.
func Handler(fail func(http.ResponseWriter, *http.Request, error)) http.Handler {
	tree, err := fs.Sub(files, "dist")
	if err != nil {
		panic(err) // the folder is embedded
	}
	assets := map[string]asset{}
	err = fs.WalkDir(tree, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		body, err := fs.ReadFile(tree, name)
		sum := sha256.Sum256(body)
		name, gzipped := strings.CutSuffix(name, ".gz")
		contentType := types[path.Ext(name)]
		if contentType == "" {
			contentType = mime.TypeByExtension(path.Ext(name))
		}
		assets["/"+name] = asset{body, gzipped, contentType, `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`}
		return err
	})
	if err != nil {
		panic(err)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			f := fault.New(fault.MethodNotAllowed, "The window can be read only.")
			f.Allow = []string{http.MethodGet, http.MethodHead}
			fail(w, r, f)
			return
		}
		if a, ok := assets[r.URL.Path]; ok && r.URL.Path != "/index.html" {
			a.serve(w, r)
			return
		}
		if path.Ext(r.URL.Path) != "" && strings.HasPrefix(r.URL.Path, "/assets/") {
			fail(w, r, fault.New(fault.NotFound, "There is no such file."))
			return
		}
		serveRoot(w, assets["/index.html"].body)
	})
}

func (a asset) serve(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", a.contentType)
	h.Set("ETag", a.tag)
	h.Set("Cache-Control", "no-cache")
	if strings.HasPrefix(r.URL.Path, "/assets/") { // their names change with their content
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	if r.Header.Get("If-None-Match") == a.tag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	if !a.gzipped {
		w.Write(a.body) //nolint:errcheck // the caller is gone
		return
	}
	h.Set("Vary", "Accept-Encoding")
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		h.Set("Content-Encoding", "gzip")
		w.Write(a.body) //nolint:errcheck // the caller is gone
		return
	}
	plain, err := gzip.NewReader(bytes.NewReader(a.body))
	if err != nil {
		panic(err) // the build made it
	}
	io.Copy(w, plain) //nolint:errcheck,gosec // the caller is gone; the build made what is packed
}

// serveRoot answers the page with a style nonce that no other answer has.
func serveRoot(w http.ResponseWriter, page []byte) {
	nonce := rand.Text()
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", strings.Replace(h.Get("Content-Security-Policy"), "style-src 'self'", "style-src 'self' 'nonce-"+nonce+"'", 1))
	w.Write(bytes.ReplaceAll(page, []byte(nonceMark), []byte(nonce))) //nolint:errcheck // the caller is gone
}
