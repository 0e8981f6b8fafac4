package web

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
)

func TestHosts(t *testing.T) {
	local := NewHosts([]netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:4000"), netip.MustParseAddrPort("[::1]:4000")}, "nas", nil)
	plain := NewHosts([]netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:80")}, "nas", nil)
	lan := NewHosts([]netip.AddrPort{netip.MustParseAddrPort("192.0.2.7:4000")}, "nas", nil)
	wild := NewHosts([]netip.AddrPort{netip.MustParseAddrPort("[::]:4000")}, "Nas.local", nil)
	public := NewHosts([]netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:4000")}, "nas", []string{"api.example.org", " Flows.Example.org:8443 "})
	for _, c := range []struct {
		hosts *Hosts
		host  string
		want  bool
	}{
		{local, "localhost:4000", true},
		{local, "LocalHost:4000", true},
		{local, "127.0.0.1:4000", true},
		{local, "127.0.0.2:4000", true},
		{local, "127.255.255.254:4000", true},
		{local, "[::1]:4000", true},
		{local, "[0:0:0:0:0:0:0:1]:4000", true},
		{local, "localhost", false},
		{local, "127.0.0.1", false},
		{local, "[::1]", false},
		{local, "localhost:4001", false},
		{local, "localhost:80", false},
		{local, "localhost:04000", false},
		{local, "localhost:+4000", false},
		{local, "localhost:4000:4000", false},
		{local, "localhost:", false},
		{local, "localhost:69536", false},
		{local, "localhost.:4000", false},
		{local, "localhost.evil.test:4000", false},
		{local, "127.0.0.1.evil.test:4000", false},
		{local, "evil.test:4000", false},
		{local, "evil.test", false},
		{local, "nas:4000", false},
		{local, "0.0.0.0:4000", false},
		{local, "[::]:4000", false},
		{local, "0:4000", false},
		{local, "2130706433:4000", false},
		{local, "0x7f000001:4000", false},
		{local, "0177.0.0.1:4000", false},
		{local, "127.1:4000", false},
		{local, "127.0.0.1%00:4000", false},
		{local, "[::ffff:127.0.0.1]:4000", false},
		{local, "[::1%eth0]:4000", false},
		{local, "::1:4000", false},
		{local, "[127.0.0.1]:4000", false},
		{local, "192.0.2.7:4000", false},
		{local, "", false},
		{local, ":4000", false},
		{local, "user@localhost:4000", false},
		{local, "localhost:4000/x", false},
		{local, "localhost:4000,evil.test", false},
		{local, " localhost:4000", false},
		{plain, "localhost", true},
		{plain, "127.0.0.1", true},
		{plain, "127.0.0.9", true},
		{plain, "localhost:80", true},
		{plain, "localhost:4000", false},
		{plain, "evil.test", false},
		{lan, "192.0.2.7:4000", true},
		{lan, "localhost:4000", true},
		{lan, "192.0.2.8:4000", false},
		{lan, "nas:4000", false},
		{wild, "nas:4000", true},
		{wild, "NAS.local:4000", true},
		{wild, "192.0.2.1:4000", true}, // where the request arrives, see below
		{wild, "192.0.2.2:4000", false},
		{wild, "0.0.0.0:4000", false},
		{wild, "nas.evil.test:4000", false},
		{public, "api.example.org", true},
		{public, "API.example.org:443", true},
		{public, "flows.example.org:8443", true},
		{public, "flows.example.org", false},
		{public, "flows.example.org:443", false},
		{public, "x.api.example.org", false},
		{public, "api.example.org.evil.test", false},
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Host = c.host
		arrived := &net.TCPAddr{IP: net.ParseIP("192.0.2.1"), Port: 4000}
		r = r.WithContext(context.WithValue(r.Context(), http.LocalAddrContextKey, arrived))
		if got := c.hosts.Admit(r); got != c.want {
			t.Errorf("%q: %v, want %v", c.host, got, c.want)
		}
	}
	absolute := httptest.NewRequest(http.MethodGet, "http://localhost:4000/", nil)
	if local.Admit(absolute) {
		t.Error("a target in absolute form is let in")
	}
}

func TestHostCheckAllocatesNothing(t *testing.T) {
	hosts := NewHosts([]netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:4000")}, "", nil)
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.Host = "localhost:4000"
	if n := testing.AllocsPerRun(100, func() { hosts.Admit(r) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// FuzzHosts looks for a Host value that gets in without being ours.
func FuzzHosts(f *testing.F) {
	for _, seed := range []string{
		"localhost:4000", "127.0.0.1:4000", "[::1]:4000", "localhost.evil.test:4000", "127.1:4000", "[::ffff:7f00:1]:4000", "evil.test", "", ":", "[", "[]:4000", "localhost:4000:4000",
	} {
		f.Add(seed)
	}
	hosts := NewHosts([]netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:4000")}, "nas", nil)
	f.Fuzz(func(t *testing.T, host string) {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Host = host
		if !hosts.Admit(r) {
			return
		}
		name, port, err := net.SplitHostPort(host)
		if err != nil || port != "4000" {
			t.Fatalf("%q: %v", host, err)
		}
		if addr, err := netip.ParseAddr(name); !strings.EqualFold(name, "localhost") && (err != nil || !addr.IsLoopback()) {
			t.Errorf("%q gets in", host)
		}
	})
}
