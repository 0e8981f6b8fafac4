package web

import (
	"errors"
	"mime"
	"net/http"
	"strings"
	"sync"
	"time"

	"ecoflow/app/auth"
	"ecoflow/app/traffic"
)

// secure sets the headers of everything that is ours (S8). Answers with a page add
// their style nonce to the policy.
func secure(h http.Header, tls bool) {
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", permissionsPolicy)
	h.Set("Cache-Control", "no-store")
	if tls {
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
}

const (
	policy = "default-src 'none'; script-src 'self'; connect-src 'self'; worker-src 'self' blob:; img-src 'self' data: blob:; " +
		"font-src 'self'; style-src 'self'; form-action 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'"
	permissionsPolicy = "accelerometer=(), autoplay=(), camera=(), display-capture=(), encrypted-media=(), fullscreen=(), geolocation=(), " +
		"gyroscope=(), hid=(), idle-detection=(), magnetometer=(), microphone=(), midi=(), payment=(), picture-in-picture=(), " +
		"publickey-credentials-get=(), screen-wake-lock=(), serial=(), usb=(), xr-spatial-tracking=()"
)

// pace gives a slow reader more time for as long as it takes what is written.
type pace struct{ sent int }

// paceBytes is how much a reader takes per deadline.
const paceBytes = 64 << 10

// write writes b in pieces. Short answers, nearly all, cost nothing by it.
func (p *pace) write(w http.ResponseWriter, b []byte) (n int, err error) {
	for {
		piece := b[n:min(len(b), n+paceBytes)]
		if p.sent += len(piece); p.sent > paceBytes {
			p.sent = len(piece)
			if err := http.NewResponseController(w).SetWriteDeadline(time.Now().Add(answerTime)); err != nil && !errors.Is(err, http.ErrNotSupported) {
				return n, err
			}
		}
		m, err := w.Write(piece)
		if n += m; err != nil || n == len(b) {
			return n, err
		}
	}
}

// statusWriter remembers the status for the log.
type statusWriter struct {
	http.ResponseWriter
	pace
	status int
}

// WriteHeader implements http.ResponseWriter.
func (w *statusWriter) WriteHeader(status int) {
	if w.status == 0 && status >= 200 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (w *statusWriter) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return w.write(w.ResponseWriter, b)
}

// Unwrap lets http.ResponseController reach the connection.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// sandboxWriter holds answers of flows and static files to S9: a content type, no
// sniffing, and a sandbox for whatever could run.
type sandboxWriter struct {
	http.ResponseWriter
	pace
	wrote  bool
	status int           // of the answer
	free   bool          // at an address where nothing else of ours is
	route  traffic.Route // that answers; none for files
}

// HearRoute implements flow.RouteHearer.
func (w *sandboxWriter) HearRoute(method, pattern string) {
	w.route = traffic.Route{Method: method, Pattern: pattern}
}

var sandboxes = sync.Pool{New: func() any { return new(sandboxWriter) }}

// WriteHeader implements http.ResponseWriter.
func (w *sandboxWriter) WriteHeader(status int) {
	if !w.wrote && status >= 200 {
		w.wrote, w.status = true, status
		w.complete(status)
	}
	w.ResponseWriter.WriteHeader(status)
}

// complete completes the headers.
func (w *sandboxWriter) complete(status int) {
	if w.free {
		describe(w.Header(), status)
		return
	}
	sandbox(w.Header(), status)
}

// Write implements http.ResponseWriter.
func (w *sandboxWriter) Write(b []byte) (int, error) {
	if !w.wrote {
		w.WriteHeader(http.StatusOK)
	}
	return w.write(w.ResponseWriter, b)
}

// Unwrap lets http.ResponseController reach the connection.
func (w *sandboxWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

var (
	noSniff    = []string{"nosniff"}
	anyBytes   = []string{"application/octet-stream"}
	sandboxCSP = "sandbox allow-scripts allow-forms allow-popups"
)

// sandbox completes the headers of an answer that users made, and keeps what could
// run in it out of our origin.
func sandbox(h http.Header, status int) {
	if kind := describe(h, status); kind != "" && !inert(kind) {
		h.Add("Content-Security-Policy", sandboxCSP)
	}
}

// describe completes the headers of an answer that users made with one content type,
// which browsers then believe, and returns the type that it had; "" for none.
func describe(h http.Header, status int) (kind string) {
	h["X-Content-Type-Options"] = noSniff
	types := h["Content-Type"]
	switch {
	case len(types) == 0 || types[0] == "":
		if status != http.StatusNoContent && status != http.StatusNotModified {
			h["Content-Type"] = anyBytes
		}
		return ""
	case len(types) > 1:
		h["Content-Type"] = types[:1]
	}
	return types[0]
}

// inert reports whether a browser runs nothing in an answer of the content type.
func inert(contentType string) bool {
	switch contentType {
	case "application/json", "application/json; charset=utf-8", "text/plain; charset=utf-8", "text/plain":
		return true
	}
	kind, _, err := mime.ParseMediaType(contentType)
	if err != nil {
		return false
	}
	switch kind {
	case "application/json", "text/plain", "application/pdf", "application/octet-stream",
		"image/png", "image/jpeg", "image/gif", "image/webp", "image/avif", "image/bmp", "image/x-icon", "image/vnd.microsoft.icon":
		return true
	}
	return strings.HasPrefix(kind, "audio/") || strings.HasPrefix(kind, "video/") || strings.HasPrefix(kind, "font/")
}

// stripCredentials takes what signs somebody in with us out of the headers that a
// flow sees: it needs none of it, and an echo of it would be a leak.
func stripCredentials(h http.Header, cookie string) {
	delete(h, "X-Setup-Code")
	if token := bearer(h); strings.HasPrefix(token, auth.TokenPrefix) || strings.HasPrefix(token, auth.AccessPrefix) {
		delete(h, "Authorization")
	}
	lines := h["Cookie"]
	for i, line := range lines {
		if !strings.Contains(line, cookie) {
			continue
		}
		var kept []string
		for _, pair := range strings.Split(line, ";") {
			name, _, _ := strings.Cut(pair, "=")
			if name = strings.TrimSpace(name); name != cookie && name != "__Secure-"+cookie {
				kept = append(kept, strings.TrimSpace(pair))
			}
		}
		lines[i] = strings.Join(kept, "; ")
	}
}
