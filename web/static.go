package web

import (
	"crypto/rand"
	"io/fs"
	"mime"
	"net/http"
	"os"
	"path"
	"strings"

	"ecoflow/app/fault"
	"ecoflow/web/endpoint"
)

// staticFiles serves the files of a folder below a prefix: no listings, no hidden files, and no
// way out of it through links.
func staticFiles(prefix string, root *os.Root) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fail := func(f *fault.Fault) {
			endpoint.WriteFault(w, r.WithContext(fault.WithRequest(r.Context(), rand.Text())), f)
		}
		nothing := func() {
			fail(fault.New(fault.NotFound, "There is nothing at %s.", fault.Shown(r.URL.Path)))
		}
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			f := fault.New(fault.MethodNotAllowed, "Files can be read only.")
			f.Allow = []string{http.MethodGet, http.MethodHead}
			fail(f)
			return
		}
		name := strings.TrimPrefix(strings.TrimPrefix(r.URL.Path, prefix), "/")
		if name == "" || strings.HasSuffix(name, "/") {
			name += "index.html"
		}
		if !fs.ValidPath(name) || strings.HasPrefix(name, ".") || strings.Contains(name, "/.") || strings.ContainsAny(name, "\\\x00:") {
			nothing()
			return
		}
		file, err := root.Open(name)
		if err != nil {
			nothing()
			return
		}
		defer file.Close()
		info, err := file.Stat()
		if err != nil || !info.Mode().IsRegular() {
			nothing()
			return
		}
		w.Header().Set("Content-Type", fileType(name))
		http.ServeContent(w, r, "", info.ModTime(), file)
	})
}

// fileTypes are those that systems know differently or not at all.
var fileTypes = map[string]string{
	".html": "text/html; charset=utf-8", ".htm": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8",
	".js": "text/javascript; charset=utf-8", ".mjs": "text/javascript; charset=utf-8", ".json": "application/json",
	".txt": "text/plain; charset=utf-8", ".csv": "text/csv; charset=utf-8", ".md": "text/markdown; charset=utf-8",
	".svg": "image/svg+xml", ".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".gif": "image/gif",
	".webp": "image/webp", ".avif": "image/avif", ".ico": "image/x-icon", ".pdf": "application/pdf", ".wasm": "application/wasm",
	".woff": "font/woff", ".woff2": "font/woff2", ".mp4": "video/mp4", ".webm": "video/webm", ".mp3": "audio/mpeg", ".xml": "text/xml; charset=utf-8",
}

func fileType(name string) string {
	ext := strings.ToLower(path.Ext(name))
	if t := fileTypes[ext]; t != "" {
		return t
	}
	if t := mime.TypeByExtension(ext); t != "" {
		return t
	}
	return "application/octet-stream"
}
