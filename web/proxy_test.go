package web

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
)

func TestForwarded(t *testing.T) {
	s := &server{}
	s.follow(nil, []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}, nil)
	const stranger, proxy = "198.51.100.9:1234", "10.0.0.1:1234"
	for _, c := range []struct {
		peer  string
		xff   []string
		xfp   string
		fwd   []string
		want  string
		https bool
	}{
		{stranger, nil, "", nil, "198.51.100.9", false},
		{stranger, []string{"203.0.113.5"}, "https", nil, "198.51.100.9", false},
		{stranger, nil, "", []string{"for=203.0.113.5;proto=https"}, "198.51.100.9", false},
		{proxy, nil, "", nil, "10.0.0.1", false},
		{proxy, []string{"203.0.113.5"}, "https", nil, "203.0.113.5", true},
		{proxy, []string{"203.0.113.5"}, "http", nil, "203.0.113.5", false},
		{proxy, []string{"1.1.1.1, 203.0.113.5"}, "", nil, "203.0.113.5", false},
		{proxy, []string{"1.1.1.1", "203.0.113.5"}, "", nil, "203.0.113.5", false},
		{proxy, []string{"203.0.113.5, 10.0.0.2"}, "", nil, "203.0.113.5", false},
		{proxy, []string{"203.0.113.5, 10.0.0.2, 10.0.0.3"}, "", nil, "203.0.113.5", false},
		{proxy, []string{"10.0.0.9, 10.0.0.2"}, "", nil, "10.0.0.9", false},
		{proxy, []string{"203.0.113.5, nonsense"}, "", nil, "10.0.0.1", false},
		{proxy, []string{"nonsense, 203.0.113.5"}, "", nil, "203.0.113.5", false},
		{proxy, []string{""}, "", nil, "10.0.0.1", false},
		{proxy, []string{"203.0.113.5:4711"}, "", nil, "203.0.113.5", false},
		{proxy, []string{"2001:db8::7"}, "", nil, "2001:db8::7", false},
		{proxy, []string{"[2001:db8::7]:99"}, "", nil, "2001:db8::7", false},
		{proxy, []string{"::ffff:203.0.113.5"}, "", nil, "203.0.113.5", false},
		{proxy, []string{"203.0.113.5, ::ffff:10.0.0.2"}, "", nil, "203.0.113.5", false},
		{proxy, nil, "", []string{"for=203.0.113.5;proto=https"}, "203.0.113.5", true},
		{proxy, nil, "", []string{`for="[2001:db8::7]:99";Proto=HTTPS`}, "2001:db8::7", true},
		{proxy, nil, "", []string{"for=1.1.1.1;proto=https, for=203.0.113.5;proto=http"}, "203.0.113.5", false},
		{proxy, nil, "", []string{"for=203.0.113.5", "for=10.0.0.2"}, "203.0.113.5", false},
		{proxy, nil, "", []string{"for=unknown"}, "10.0.0.1", false},
		{proxy, nil, "", []string{"for=_hidden"}, "10.0.0.1", false},
		{proxy, []string{"203.0.113.5"}, "https", []string{"for=203.0.113.5;proto=https"}, "203.0.113.5", true},
		{proxy, []string{"203.0.113.5"}, "https", []string{"for=9.9.9.9;proto=https"}, "10.0.0.1", false},
		{proxy, []string{"203.0.113.5"}, "https", []string{"for=203.0.113.5;proto=http"}, "203.0.113.5", false},
		{proxy, []string{"203.0.113.5"}, "http, https", nil, "203.0.113.5", true},
		{proxy, []string{"203.0.113.5"}, "https, http", nil, "203.0.113.5", false},
		{"[fd00::1]:1234", []string{"203.0.113.5"}, "", nil, "203.0.113.5", false},
		{"[fe80::1]:1234", []string{"203.0.113.5"}, "", nil, "fe80::1", false},
		{"[::ffff:10.0.0.1]:1234", []string{"203.0.113.5"}, "https", nil, "203.0.113.5", true},
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr = c.peer
		for _, line := range c.xff {
			r.Header.Add("X-Forwarded-For", line)
		}
		if c.xfp != "" {
			r.Header.Set("X-Forwarded-Proto", c.xfp)
		}
		for _, line := range c.fwd {
			r.Header.Add("Forwarded", line)
		}
		s.believe(r)
		if got := address(r); got != c.want || isSecure(r) != c.https {
			t.Errorf("%s, X-Forwarded-For %q %q, Forwarded %q: %s %v, want %s %v", c.peer, c.xff, c.xfp, c.fwd, got, isSecure(r), c.want, c.https)
		}
	}
}

// FuzzForwarded feeds a known proxy's headers with anything: the caller stays an
// address, and a stranger's word never counts.
func FuzzForwarded(f *testing.F) {
	for _, seed := range []string{"203.0.113.5", "for=203.0.113.5;proto=https", ",,,", `for="[`, "10.0.0.1, 10.0.0.2", "for=;for=", "[::1]:x"} {
		f.Add(seed, seed, "https")
	}
	s := &server{}
	s.follow(nil, []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}, nil)
	f.Fuzz(func(t *testing.T, xff, forwarded, proto string) {
		for _, peer := range []string{"10.0.0.1:1", "198.51.100.9:1"} {
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			r.RemoteAddr = peer
			r.Header.Set("X-Forwarded-For", xff)
			r.Header.Set("Forwarded", forwarded)
			r.Header.Set("X-Forwarded-Proto", proto)
			s.believe(r)
			if _, err := netip.ParseAddr(address(r)); err != nil {
				t.Errorf("the caller is %q", address(r))
			}
			if peer != "10.0.0.1:1" && (address(r) != "198.51.100.9" || isSecure(r)) {
				t.Errorf("a stranger became %s", address(r))
			}
		}
	})
}
