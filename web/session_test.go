package web

import (
	"bytes"
	"crypto/tls"
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gorilla/sessions"
)

func testSessions(key byte) *Sessions {
	return NewSessions(bytes.Repeat([]byte{key}, 32), "ABC")
}

// given returns the cookie that Set sends for a request.
func given(t testing.TB, s *Sessions, r *http.Request, id string) *http.Cookie {
	t.Helper()
	w := httptest.NewRecorder()
	if err := s.Set(w, r, id); err != nil {
		t.Fatal(err)
	}
	cookies := w.Result().Cookies()
	if len(cookies) != 1 {
		t.Fatalf("%d cookies, want 1", len(cookies))
	}
	return cookies[0]
}

func TestCookieFlags(t *testing.T) {
	plain := httptest.NewRequest("GET", "/systemApi/me", nil)
	direct := httptest.NewRequest("GET", "/systemApi/me", nil)
	direct.TLS = &tls.ConnectionState{}
	proxied := httptest.NewRequest("GET", "/systemApi/me", nil)
	proxied.URL.Scheme = "https"
	s := testSessions(1)
	for _, c := range []struct {
		name   string
		r      *http.Request
		id     string
		cookie string
		secure bool
		maxAge int
	}{
		{"plain", plain, "secret", "ecoflow-ABC", false, 7 * 24 * 3600},
		{"TLS", direct, "secret", "__Secure-ecoflow-ABC", true, 7 * 24 * 3600},
		{"TLS at a proxy", proxied, "secret", "__Secure-ecoflow-ABC", true, 7 * 24 * 3600},
		{"expired", plain, "", "ecoflow-ABC", false, -1},
		{"expired, TLS", direct, "", "__Secure-ecoflow-ABC", true, -1},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := given(t, s, c.r, c.id)
			if got.Name != c.cookie || got.Secure != c.secure || got.MaxAge != c.maxAge ||
				!got.HttpOnly || got.SameSite != http.SameSiteStrictMode || got.Path != "/systemApi" || got.Domain != "" {
				t.Errorf("cookie = %s", got)
			}
			if c.id == "" && got.Value != "" {
				t.Errorf("an expired cookie has the value %q", got.Value)
			}
			back := c.r.Clone(t.Context())
			back.AddCookie(got)
			if id := s.ID(back); id != c.id {
				t.Errorf("ID = %q, want %q", id, c.id)
			}
		})
	}
}

func TestCookiesOfOthers(t *testing.T) {
	s := testSessions(1)
	r := httptest.NewRequest("GET", "/systemApi/me", nil)
	good := given(t, s, r, "secret").Value
	foreign := given(t, testSessions(2), r, "secret").Value
	other := given(t, NewSessions(bytes.Repeat([]byte{1}, 32), "XYZ"), r, "secret").Value
	raw, err := base64.URLEncoding.DecodeString(good)
	if err != nil {
		t.Fatal(err)
	}
	id := base64.URLEncoding.EncodeToString([]byte("secret"))
	edited := bytes.Replace(raw, []byte(id), []byte(strings.ToLower(id)), 1)
	if bytes.Equal(raw, edited) {
		t.Fatal("the id is not where the test edits it")
	}
	for name, value := range map[string]string{
		"empty":                      "",
		"garbage":                    "garbage",
		"unsigned":                   base64.URLEncoding.EncodeToString([]byte("secret")),
		"truncated":                  good[:len(good)-4],
		"cut to one character":       good[:1],
		"another key's":              foreign,
		"another instance's":         other,
		"edited":                     base64.URLEncoding.EncodeToString(edited),
		"too long":                   strings.Repeat(good, 100),
		"good with something behind": good + "AAAA",
	} {
		r := httptest.NewRequest("GET", "/systemApi/me", nil)
		r.Header.Set("Cookie", s.Name()+"="+value)
		if id := s.ID(r); id != "" {
			t.Errorf("%s: ID = %q, want none", name, id)
		}
	}
	// A cookie that was given without TLS is not one under TLS.
	r.TLS = &tls.ConnectionState{}
	r.Header.Set("Cookie", s.Name()+"="+good)
	if id := s.ID(r); id != "" {
		t.Errorf("ID under TLS = %q, want none", id)
	}
}

func TestSessionsIsAGorillaStore(t *testing.T) {
	s := testSessions(1)
	r := httptest.NewRequest("GET", "/systemApi/me", nil)
	first, err := s.Get(r, s.Name())
	if err != nil || !first.IsNew {
		t.Fatalf("Get = %+v, %v, want a new session", first, err)
	}
	first.ID = "secret"
	w := httptest.NewRecorder()
	if err := sessions.Save(r, w); err != nil {
		t.Fatal(err)
	}
	back := httptest.NewRequest("GET", "/systemApi/me", nil)
	back.AddCookie(w.Result().Cookies()[0])
	again, err := s.Get(back, s.Name())
	if err != nil || again.IsNew || again.ID != "secret" {
		t.Errorf("Get = %+v, %v, want the session", again, err)
	}
}

// FuzzSessionCookie looks for a Cookie header that panics or passes without our
// signature.
func FuzzSessionCookie(f *testing.F) {
	s := testSessions(1)
	r := httptest.NewRequest("GET", "/systemApi/me", nil)
	good := given(f, s, r, "secret").Value
	for _, value := range []string{good, good[:20], good + "=", "x", "", `"` + good + `"`, good + "; ecoflow-ABC=x", strings.ToLower(good)} {
		f.Add("ecoflow-ABC=" + value)
	}
	f.Fuzz(func(t *testing.T, header string) {
		r := httptest.NewRequest("GET", "/systemApi/me", nil)
		r.Header.Set("Cookie", header)
		if id := s.ID(r); id != "" && id != "secret" {
			t.Errorf("Cookie %q gives the id %q", header, id)
		}
	})
}
