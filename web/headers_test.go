package web

import (
	"net/http"
	"net/http/httptest"
	"os"
	"testing"
	"testing/synctest"
	"time"
)

func TestSandbox(t *testing.T) {
	for _, c := range []struct {
		given, want string
		sandboxed   bool
	}{
		{"", "application/octet-stream", false},
		{"application/json", "application/json", false},
		{"text/plain; charset=utf-8", "text/plain; charset=utf-8", false},
		{"image/png", "image/png", false},
		{"video/mp4", "video/mp4", false},
		{"font/woff2", "font/woff2", false},
		{"Application/PDF", "Application/PDF", false},
		{"text/html", "text/html", true},
		{"TEXT/HTML; charset=utf-8", "TEXT/HTML; charset=utf-8", true},
		{"image/svg+xml", "image/svg+xml", true},
		{"application/xhtml+xml", "application/xhtml+xml", true},
		{"text/xml", "text/xml", true},
		{"text/javascript", "text/javascript", true},
		{"nonsense", "nonsense", true},
		{"text/plain,text/html", "text/plain,text/html", true},
		{"text/plain;;", "text/plain;;", true},
	} {
		rec := httptest.NewRecorder()
		w := &sandboxWriter{ResponseWriter: rec}
		if c.given != "" {
			w.Header().Set("Content-Type", c.given)
		}
		w.Header().Set("X-Content-Type-Options", "off")
		w.Header().Set("Content-Security-Policy", "default-src *")
		if _, err := w.Write([]byte("<script>")); err != nil {
			t.Fatal(err)
		}
		h := rec.Result().Header
		policies := h.Values("Content-Security-Policy")
		sandboxed := len(policies) == 2 && policies[1] == sandboxCSP
		if h.Get("Content-Type") != c.want || h.Get("X-Content-Type-Options") != "nosniff" || sandboxed != c.sandboxed {
			t.Errorf("%q: %v", c.given, h)
		}
	}
	rec := httptest.NewRecorder()
	(&sandboxWriter{ResponseWriter: rec}).WriteHeader(http.StatusNoContent)
	if h := rec.Result().Header; h.Get("Content-Type") != "" {
		t.Errorf("an answer without a body has the type %q", h.Get("Content-Type"))
	}
}

func TestTwoContentTypesAreOne(t *testing.T) {
	h := http.Header{"Content-Type": {"application/json", "text/html"}}
	sandbox(h, http.StatusOK)
	if len(h["Content-Type"]) != 1 {
		t.Errorf("%q", h["Content-Type"])
	}
}

func TestCredentialsAreStripped(t *testing.T) {
	for _, c := range []struct{ name, given, want string }{
		{"Cookie", "a=1; ecoflow-x=secret; b=2", "a=1; b=2"},
		{"Cookie", "__Secure-ecoflow-x=secret", ""},
		{"Cookie", "ecoflow-x=1;ecoflow-x=2;c=3", "c=3"},
		{"Cookie", "ecoflow-xy=mine; c=3", "ecoflow-xy=mine; c=3"},
		{"Authorization", "Bearer ecf_secret", ""},
		{"Authorization", "bearer  eca_secret", ""},
		{"Authorization", "Bearer eyJhbGciOi.theirs", "Bearer eyJhbGciOi.theirs"},
		{"Authorization", "Basic ecf_", "Basic ecf_"},
		{"X-Setup-Code", "AAAA-BBBB", ""},
	} {
		h := http.Header{}
		h.Set(c.name, c.given)
		stripCredentials(h, "ecoflow-x")
		if got := h.Get(c.name); got != c.want {
			t.Errorf("%s: %q becomes %q, want %q", c.name, c.given, got, c.want)
		}
	}
}

// lazy is a client that takes a while for every piece.
type lazy struct {
	http.ResponseWriter
	deadline time.Time
	got      int
}

func (l *lazy) SetWriteDeadline(at time.Time) error { l.deadline = at; return nil }
func (l *lazy) Write(b []byte) (int, error) {
	time.Sleep(answerTime / 2)
	if time.Now().After(l.deadline) {
		return 0, os.ErrDeadlineExceeded
	}
	l.got += len(b)
	return len(b), nil
}

func TestSlowReadersGetTime(t *testing.T) {
	for _, size := range []int{1, paceBytes, 10*paceBytes + 1} { // in writes of this size
		synctest.Test(t, func(t *testing.T) {
			l := &lazy{ResponseWriter: httptest.NewRecorder(), deadline: time.Now().Add(answerTime)}
			w := &sandboxWriter{ResponseWriter: l}
			for range max(1, 3*paceBytes/size) {
				if size == 1 && l.got > 0 { // what is not taken is not waited for
					break
				}
				if n, err := w.Write(make([]byte, size)); n != size || err != nil {
					t.Fatalf("writes of %d bytes: %d %v after %d", size, n, err, l.got)
				}
			}
		})
	}
}
