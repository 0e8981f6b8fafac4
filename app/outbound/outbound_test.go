package outbound

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"sync/atomic"
	"testing"
)

// spellings of 127.0.0.1, 169.254.169.254 and ::1 that one client or another
// takes for them.
var spellings = []string{
	"127.0.0.1", "127.1", "127.0.1", "0177.0.0.1", "0x7f.0.0.1", "0x7f000001", "2130706433", "017700000001", "127.0.0.1.",
	"127.000.000.001", "127.0.0.2", "127.255.255.254", "0.0.0.0", "0", "0x0", "localhost", "LOCALHOST", "localhost.",
	"[::1]", "[0:0:0:0:0:0:0:1]", "[::0001]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[0:0:0:0:0:ffff:127.0.0.1]",
	"[::127.0.0.1]", "[::7f00:1]", "[64:ff9b::127.0.0.1]", "[64:ff9b::7f00:1]", "[64:ff9b:1::127.0.0.1]", "[2002:7f00:1::]",
	"[2002:7f00:0001::1]", "[::]", "[::ffff:0.0.0.0]", "[::%25lo]", "[::1%25lo]",
	"169.254.169.254", "169.254.43518", "0xa9fea9fe", "2852039166", "0251.0376.0251.0376", "[::ffff:169.254.169.254]",
	"[::ffff:a9fe:a9fe]", "[64:ff9b::169.254.169.254]", "[64:ff9b::a9fe:a9fe]", "[2002:a9fe:a9fe::]", "[fd00:ec2::254]",
	"[fe80::1%25lo]", "[::169.254.169.254]", "224.0.0.1", "[ff02::1]", "255.255.255.255", "100.100.100.200",
	"１２７.0.0.1", "127。0。0。1", "①②⑦.0.0.1",
}

func server(t *testing.T, h http.HandlerFunc) (*httptest.Server, string) {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	u, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	return s, u.Port()
}

func inSignInMode() bool { return true }

func TestSpellings(t *testing.T) {
	if len(spellings) < 50 {
		t.Fatalf("only %d spellings", len(spellings))
	}
	var reached atomic.Int32
	_, port := server(t, func(http.ResponseWriter, *http.Request) { reached.Add(1) })
	client := New(Options{SignIn: inSignInMode}).Client()
	for _, s := range spellings {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+s+":"+port+"/", nil)
		if err != nil {
			continue // not even an address
		}
		if res, err := client.Do(r); err == nil {
			res.Body.Close()
			t.Errorf("%s answered %d", s, res.StatusCode)
		}
	}
	if n := reached.Load(); n != 0 {
		t.Errorf("%d requests arrived", n)
	}
}

func TestRefuse(t *testing.T) {
	own := []netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:4000"), netip.MustParseAddrPort("[::1]:4000")}
	allow := []string{"127.0.0.1:8080", "10.1.0.0/16", "db.internal:5432", "[fd12::5]:9000", "192.168.1.7"}
	local := New(Options{Own: func() []netip.AddrPort { return own }})
	signIn := New(Options{SignIn: inSignInMode, Own: local.options.Own, Allow: func() []string { return allow }})
	for _, test := range []struct {
		name, address string
		local, signIn bool // may be reached
	}{
		{"", "93.184.215.14:443", true, true},
		{"", "93.184.215.14:8443", true, true},
		{"", "93.184.215.14:22", true, false},
		{"", "[2606:4700::1111]:80", true, true},
		{"", "127.0.0.1:4000", false, false},
		{"", "[::ffff:127.0.0.1]:4000", false, false},
		{"", "[64:ff9b::7f00:1]:4000", false, false},
		{"", "[::1]:4000", false, false},
		{"", "127.0.0.1:8080", true, true},
		{"", "127.0.0.1:8081", true, false},
		{"", "[::1]:8080", true, false},
		{"", "10.1.2.3:80", true, true},
		{"", "10.2.2.3:80", true, false},
		{"", "[2002:0a02:0203::1]:80", true, false},
		{"db.internal", "172.16.0.9:5432", true, true},
		{"DB.internal.", "172.16.0.9:5432", true, true},
		{"db.internal", "172.16.0.9:5433", true, false},
		{"other.internal", "172.16.0.9:5432", true, false},
		{"", "[fd12::5]:9000", true, true},
		{"", "[fd12::6]:9000", true, false},
		{"", "192.168.1.7:22", true, true},
		{"", "100.64.0.1:80", true, false},
		{"", "169.254.1.1:80", false, false},
		{"", "169.254.169.254:80", false, false},
		{"db.internal", "169.254.169.254:5432", false, false},
		{"", "[fe80::1]:80", false, false},
		{"", "[fd00:ec2::254]:80", false, false},
		{"", "0.0.0.0:80", false, false},
		{"", "0.1.2.3:80", false, false},
		{"", "[::]:80", false, false},
		{"", "224.0.0.1:80", false, false},
		{"", "[ff02::1]:80", false, false},
		{"", "255.255.255.255:80", false, false},
	} {
		at := netip.MustParseAddrPort(test.address)
		if got := local.refuse(test.name, at); (got == "") != test.local {
			t.Errorf("local mode, %s %s: %q, may be reached: %t", test.name, test.address, got, test.local)
		}
		if got := signIn.refuse(test.name, at); (got == "") != test.signIn {
			t.Errorf("sign-in mode, %s %s: %q, may be reached: %t", test.name, test.address, got, test.signIn)
		}
	}
	wildcard := New(Options{Own: func() []netip.AddrPort { return []netip.AddrPort{netip.MustParseAddrPort("[::]:4000")} }})
	if wildcard.refuse("", netip.MustParseAddrPort("127.0.0.1:4000")) == "" {
		t.Error("a listener on all addresses is reached on loopback")
	}
}

// TestRebinding resolves a name to an address of the outside first and to
// loopback afterwards; what counts is what the connection is made to.
func TestRebinding(t *testing.T) {
	var reached atomic.Int32
	_, port := server(t, func(http.ResponseWriter, *http.Request) { reached.Add(1) })
	var asked atomic.Int32
	answer := dns(t, func() netip.Addr {
		if asked.Add(1) == 1 {
			return netip.MustParseAddr("192.0.2.77") // answers nobody
		}
		return netip.MustParseAddr("127.0.0.1")
	})
	d := New(Options{SignIn: inSignInMode, Resolver: answer})
	var refused *Refused
	for range 3 {
		_, err := d.Client().Get("http://rebind.test:" + port)
		if !errors.As(err, &refused) {
			t.Errorf("got %v, want a refusal", err)
		}
	}
	if reached.Load() != 0 {
		t.Error("the server behind the rebound name was reached")
	}
}

func TestRedirects(t *testing.T) {
	var secret, passed atomic.Int32
	_, inner := server(t, func(http.ResponseWriter, *http.Request) { secret.Add(1) })
	_, other := server(t, func(_ http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization")+r.Header.Get("Cookie")+r.Header.Get("X-Api-Key") != "" {
			passed.Add(1)
		}
	})
	var hops atomic.Int32
	_, port := server(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/in":
			http.Redirect(w, r, "http://127.0.0.1:"+inner, http.StatusFound)
		case "/other":
			http.Redirect(w, r, "http://127.0.0.1:"+other, http.StatusTemporaryRedirect)
		case "/file":
			http.Redirect(w, r, "file:///etc/hosts", http.StatusFound)
		default:
			hops.Add(1)
			http.Redirect(w, r, "/again", http.StatusFound)
		}
	})
	client := New(Options{SignIn: inSignInMode, Allow: func() []string { return []string{"127.0.0.1:" + port, "127.0.0.1:" + other} }}).Client()
	var refused *Refused
	if _, err := client.Get("http://127.0.0.1:" + port + "/in"); !errors.As(err, &refused) || secret.Load() != 0 {
		t.Errorf("a redirect to loopback: %v, reached %d times", err, secret.Load())
	}
	if _, err := client.Get("http://127.0.0.1:" + port + "/file"); err == nil {
		t.Error("a redirect to a file was followed")
	}
	if _, err := client.Get("http://127.0.0.1:" + port + "/again"); !errors.Is(err, ErrTooManyRedirects) || hops.Load() != Redirects+1 {
		t.Errorf("endless redirects: %v after %d hops", err, hops.Load())
	}
	r, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://127.0.0.1:"+port+"/other", nil)
	for _, name := range []string{"Authorization", "Cookie", "X-Api-Key"} {
		r.Header.Set(name, "x")
	}
	if _, err := client.Do(r); err != nil || passed.Load() != 0 {
		t.Errorf("credentials followed to another host (%v)", err)
	}
}

func TestAnswerSize(t *testing.T) {
	_, port := server(t, func(w http.ResponseWriter, r *http.Request) {
		n := AnswerSize
		if r.URL.Path == "/over" {
			n++
		}
		w.WriteHeader(http.StatusOK)
		w.(http.Flusher).Flush() // no Content-Length
		_, _ = io.CopyN(w, zeros{}, int64(n))
	})
	client := New(Options{}).Client()
	for path, want := range map[string]error{"/": nil, "/over": ErrTooLarge} {
		res, err := client.Get("http://127.0.0.1:" + port + path)
		if err != nil {
			t.Fatal(err)
		}
		n, err := io.Copy(io.Discard, res.Body)
		res.Body.Close()
		if !errors.Is(err, want) || n != AnswerSize {
			t.Errorf("%s: %d bytes, error %v, want %v", path, n, err, want)
		}
	}
}

func TestCheckAllowed(t *testing.T) {
	for entry, ok := range map[string]bool{
		"10.0.0.0/8": true, "db.internal": true, "db.internal:5432": true, "[fd12::5]:80": true, "::1": true,
		"": false, "http://x": false, "host:": false, "host:99999": false, "a b": false, "10.0.0.0/99": false,
	} {
		if err := CheckAllowed(entry); (err == nil) != ok {
			t.Errorf("%q: %v", entry, err)
		}
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// dns returns a resolver whose server gives every name the address it is told.
func dns(t *testing.T, address func() netip.Addr) *net.Resolver {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	t.Cleanup(func() { conn.Close(); <-done })
	go func() {
		defer close(done)
		buf := make([]byte, 1500)
		for {
			n, from, err := conn.ReadFrom(buf)
			if err != nil {
				return
			}
			_, _ = conn.WriteTo(reply(buf[:n], address), from)
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
}

// reply answers a question for an A record, and any other with nothing.
func reply(q []byte, address func() netip.Addr) []byte {
	end := 12
	for end < len(q) && q[end] != 0 {
		end += int(q[end]) + 1
	}
	end += 5
	r := append([]byte{q[0], q[1], 0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0}, q[12:end]...)
	if q[end-3] == 1 { // A
		r[7] = 1
		ip := address().As4()
		r = append(r, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4)
		r = append(r, ip[:]...)
	}
	return r
}
