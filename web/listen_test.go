package web

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ecoflow/app"
	"ecoflow/app/fault"
	"ecoflow/app/limit"
)

func listen(t *testing.T, host string, port int, next bool) *Listener {
	t.Helper()
	l, err := Listen(t.Context(), host, port, next)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return l
}

func product() *app.App {
	return &app.App{Options: app.Options{Log: slog.New(slog.DiscardHandler)}, Limits: &limit.Counters{}}
}

func TestListenOnLoopback(t *testing.T) {
	for _, host := range []string{"", "localhost", "LocalHost"} {
		l := listen(t, host, 0, false)
		port := l.Addresses()[0].Port()
		for _, a := range l.Addresses() {
			if !a.Addr().IsLoopback() || a.Port() != port {
				t.Errorf("%q listens on %v", host, a)
			}
		}
		if want := fmt.Sprintf("http://localhost:%d", port); l.Address() != want {
			t.Errorf("address %s, want %s", l.Address(), want)
		}
	}
	if a := listen(t, "127.0.0.1", 0, false).Addresses(); len(a) != 1 || a[0].Addr().String() != "127.0.0.1" {
		t.Errorf("one address given, listens on %v", a)
	}
	for host, name := range map[string]string{"127.0.0.2": "127.0.0.2", "127.0.0.1": "localhost", "0.0.0.0": "localhost", "[::1]": "[::1]"} {
		l, err := Listen(t.Context(), host, 0, false)
		if err != nil { // a machine without the address
			continue
		}
		if want := fmt.Sprintf("http://%s:%d", name, l.Addresses()[0].Port()); l.Address() != want {
			t.Errorf("listening on %s it is at %s, want %s", host, l.Address(), want)
		}
		if err := l.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
	}
}

func TestPortTaken(t *testing.T) {
	port := int(listen(t, "", 0, false).Addresses()[0].Port())
	_, err := Listen(t.Context(), "", port, false)
	f, ok := fault.As(err)
	if !ok || f.Code != "port_taken" || !strings.Contains(f.Message, fmt.Sprint(port)) || !strings.Contains(f.Message, "--port") {
		t.Errorf("%v", err)
	}
	if other := int(listen(t, "", port, true).Addresses()[0].Port()); other == port {
		t.Errorf("two listeners on port %d", port)
	}
	if _, err := Listen(t.Context(), "host.invalid", 0, true); err == nil {
		t.Error("listens on a name that is nobody's")
	}
}

func TestConnectionsAreBounded(t *testing.T) {
	l := listen(t, "127.0.0.1", 0, false)
	l.Bound(limit.ReservedManaging + 2)
	a := product()
	l.Serve(a, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, l.Crowded()) }), func(err error) { t.Error(err) })
	ask := func(c net.Conn) string {
		if _, err := io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
			return "closed"
		}
		answer, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil {
			return "closed"
		}
		body, _ := io.ReadAll(answer.Body)
		return string(body)
	}
	var open []net.Conn
	for i := range int(l.crowd.max.Load()) + 1 {
		c, err := net.Dial("tcp", l.Addresses()[0].String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		open = append(open, c)
		want := fmt.Sprint(i >= 2)
		if i == int(l.crowd.max.Load()) {
			want = "closed"
		}
		if got := ask(c); got != want {
			t.Fatalf("connection %d: %s, want %s", i+1, got, want)
		}
	}
	if a.Limits.Snapshot()["connections"] != 1 {
		t.Error("the refusal is not counted")
	}
	for _, c := range open {
		c.Close()
	}
	if err := l.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := l.crowd.open.Load(); n != 0 {
		t.Errorf("%d connections are counted when none is open", n)
	}
}

func TestSlowBodies(t *testing.T) {
	for _, c := range []struct {
		name  string
		bytes int
		every time.Duration
		fails bool
	}{
		{"a byte a second", 1, time.Second, true},
		{"just too slow", limit.SlowestUpload/2 - 1, time.Second / 2, true},
		{"just fast enough", limit.SlowestUpload / 2, time.Second / 2, false},
	} {
		synctest.Test(t, func(t *testing.T) {
			handler := slowBodies(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				_, err := io.Copy(io.Discard, r.Body)
				if got := errors.Is(err, os.ErrDeadlineExceeded); got != c.fails {
					t.Errorf("%s: %v", c.name, err)
				}
			}))
			body := io.LimitReader(&drip{c.bytes, c.every}, int64(c.bytes)*200)
			handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, "/", body))
		})
	}
}

// A body that was announced and never comes holds nobody who does not ask for it: the
// refusal of a large one is answered at once, that of a small one after the time that
// a slow body has.
func TestBodiesThatNeverCome(t *testing.T) {
	for length, after := range map[int]time.Duration{10 << 30: 0, 100: limit.SlowUploadTime} {
		synctest.Test(t, func(t *testing.T) {
			w := newWay(slog.New(slog.DiscardHandler), http.NotFoundHandler(), nil)
			ours, theirs := net.Pipe()
			w.take(ours)
			begun := time.Now()
			fmt.Fprintf(theirs, "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n", length)
			answer, err := http.ReadResponse(bufio.NewReader(theirs), nil)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := io.Copy(io.Discard, answer.Body); err != nil || answer.StatusCode != http.StatusNotFound || !answer.Close || time.Since(begun) != after {
				t.Errorf("%d bytes: %s after %s, closing: %t, %v", length, answer.Status, time.Since(begun), answer.Close, err)
			}
			theirs.Close()
			if err := w.shutdown(t.Context(), newCrowd()); err != nil {
				t.Error(err)
			}
		})
	}
}

// drip is a body of which some bytes arrive every so often.
type drip struct {
	bytes int
	every time.Duration
}

func (d *drip) Read(p []byte) (int, error) {
	time.Sleep(d.every)
	return min(d.bytes, len(p)), nil
}

// TestShutdownFinishesWhatRuns has a request in flight while the listeners close.
func TestShutdownFinishesWhatRuns(t *testing.T) {
	l := listen(t, "127.0.0.1", 0, false)
	running, finish := make(chan struct{}), make(chan struct{})
	l.Serve(product(), http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		close(running)
		<-finish
		fmt.Fprint(w, "done")
	}), func(err error) { t.Error(err) })
	answered := make(chan string)
	go func() {
		answer, err := http.Get("http://" + l.Addresses()[0].String())
		if err != nil {
			answered <- err.Error()
			return
		}
		defer answer.Body.Close()
		body, _ := io.ReadAll(answer.Body)
		answered <- string(body)
	}()
	<-running
	stopped := make(chan error)
	go func() { stopped <- l.Shutdown(context.Background()) }()
	for { // until the listener is closed
		c, err := net.Dial("tcp", l.Addresses()[0].String())
		if err != nil {
			break
		}
		c.Close()
	}
	close(finish)
	if got := <-answered; got != "done" {
		t.Errorf("the request in flight got %q", got)
	}
	if err := <-stopped; err != nil {
		t.Error(err)
	}
}
