package flow_test

import (
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"

	"ecoflow/app/flow"
)

// S5: a page may read answers when its origin stands in the list exactly, with scheme
// and port. Forty origins against six configurations.
func TestOriginsMatchExactly(t *testing.T) {
	origins := []string{
		"https://shop.example", "https://shop.example:8443", "http://shop.example", "http://localhost:5173", "null", // those that some list has
		"https://shop.example/", "https://shop.example:443", "https://shop.example.", "https://SHOP.example", "HTTPS://shop.example",
		"https://shop.example.evil.test", "https://evilshop.example", "https://evil-shop.example", "https://a.shop.example", "https://shop.exampleevil.test",
		"https://shop.example@evil.test", "https://shop.example:8444", "https://shop.example:84430", "https://shop.example:", "https://shop.example:8443/",
		"https://shop", "https://", "shop.example", "//shop.example", "https:/shop.example",
		"https://shop.example#", "https://shop.example?x", " https://shop.example", "https://shop.example ", "https://shop.example, https://evil.test",
		"http://localhost", "http://localhost:51730", "https://localhost:5173", "http://127.0.0.1:5173", "http://[::1]:5173",
		"file://", "NULL", "*", "https://*.example", "https://xn--shp-fna.example",
	}
	if len(origins) != 40 {
		t.Fatal(len(origins))
	}
	two := []string{"https://shop.example", "http://localhost:5173"}
	for _, c := range []struct {
		name    string
		cors    flow.CORS
		allowed string // those that may, with blanks between; "all"
		answer  string // what they are told, "" is their own name
	}{
		{"off", flow.CORS{Origins: []string{"*"}}, "", ""},
		{"everybody", flow.CORS{Enabled: true, Origins: []string{"*"}}, "all", "*"},
		{"everybody with credentials", flow.CORS{Enabled: true, Origins: []string{"*"}, Credentials: true}, "*", ""},
		{"a list", flow.CORS{Enabled: true, Origins: two}, "https://shop.example http://localhost:5173", ""},
		{"a list with credentials", flow.CORS{Enabled: true, Origins: []string{"https://shop.example:8443"}, Credentials: true}, "https://shop.example:8443", ""},
		{"pages without origin", flow.CORS{Enabled: true, Origins: []string{"null", "http://shop.example"}}, "null http://shop.example", ""},
	} {
		b := newBench(t, func(s *flow.Settings) { s.CORS = c.cors })
		b.deploy(t, fmt.Sprintf(hello, "x"))
		for _, origin := range origins {
			r := httptest.NewRequest("GET", "/api/hello", nil)
			r.Header.Set("Origin", origin)
			w := httptest.NewRecorder()
			b.ServeHTTP(w, r)
			want := ""
			for _, one := range strings.Fields(c.allowed) {
				if one == origin || one == "all" {
					if want = c.answer; want == "" {
						want = origin
					}
				}
			}
			if got := w.Header().Get("Access-Control-Allow-Origin"); got != want {
				t.Errorf("%s: %q is told %q, want %q", c.name, origin, got, want)
			}
			if got := w.Header().Get("Access-Control-Allow-Credentials"); (got == "true") != (c.cors.Credentials && want != "") {
				t.Errorf("%s: %q may send credentials: %q", c.name, origin, got)
			}
		}
	}
}
