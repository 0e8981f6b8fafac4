//go:build unix

package web

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"testing"
)

// Who calls between two processes waits for the second instead of being refused.
func TestASocketIsHandedDown(t *testing.T) {
	for _, host := range []string{"localhost", "127.0.0.1"} {
		first, err := Listen(t.Context(), host, 0, false)
		if err != nil {
			t.Fatal(err)
		}
		first.Serve(product(), http.NotFoundHandler(), func(err error) { t.Error(err) })
		left := first.Sockets()
		if err := first.Shutdown(t.Context()); err != nil {
			t.Fatal(err)
		}
		caller, err := net.Dial("tcp", first.Addresses()[0].String())
		if err != nil {
			t.Fatalf("refused between the two: %v", err)
		}
		if _, err := io.WriteString(caller, "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		second, err := Listen(t.Context(), host, 0, false, left...)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range left {
			s.File.Close()
		}
		if a, b := first.Addresses(), second.Addresses(); len(a) != len(b) || a[0] != b[0] {
			t.Errorf("%v became %v", a, b)
		}
		second.Serve(product(), http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "second") }), func(err error) { t.Error(err) })
		answer, err := io.ReadAll(caller)
		if err != nil || !bytes.HasSuffix(answer, []byte("second")) {
			t.Errorf("answered %q, %v", answer, err)
		}
		caller.Close()
		if err := second.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
		if c, err := net.Dial("tcp", first.Addresses()[0].String()); err == nil {
			c.Close()
			t.Error("the port is still open at the end")
		}
	}
}

// A socket of another wish is not taken.
func TestAnotherSocketIsLeft(t *testing.T) {
	first := listen(t, "127.0.0.1", 0, false)
	left := first.Sockets()
	for i := range left {
		defer left[i].File.Close()
		left[i].Wish = "127.0.0.1:1"
	}
	second, err := Listen(t.Context(), "127.0.0.1", 0, false, left...)
	if err != nil {
		t.Fatal(err)
	}
	defer second.Shutdown(context.Background())
	if second.Addresses()[0] == first.Addresses()[0] {
		t.Error("it took the socket of another wish")
	}
}
