package web

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"ecoflow/app/limit"
)

// A connection that says nothing is closed after a time: right away a shorter one,
// between requests a longer one.
func TestSilentConnectionsAreClosed(t *testing.T) {
	for _, c := range []struct {
		name  string
		says  string
		most  time.Duration
		first bool // an answer comes first
	}{
		{"nothing at all", "", limit.HeaderTime, false},
		{"half a header", "GET / HTTP/1.1\r\nHost: x\r\nX-A: ", limit.HeaderTime, false},
		{"between requests", "GET / HTTP/1.1\r\nHost: x\r\n\r\n", limit.IdleTime, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWay(slog.New(slog.DiscardHandler), http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "hello") }), nil)
				client, server := net.Pipe()
				w.take(server)
				if _, err := io.WriteString(client, c.says); err != nil {
					t.Fatal(err)
				}
				in := bufio.NewReader(client)
				if c.first {
					answer, err := http.ReadResponse(in, nil)
					if err != nil {
						t.Fatal(err)
					}
					if body, err := io.ReadAll(answer.Body); err != nil || string(body) != "hello" {
						t.Fatalf("%q %v", body, err)
					}
				}
				start := time.Now()
				client.SetReadDeadline(start.Add(c.most - time.Millisecond)) //nolint:errcheck // the read tells
				if _, err := in.ReadByte(); !errors.Is(err, os.ErrDeadlineExceeded) {
					t.Fatalf("closed after %v: %v", time.Since(start), err)
				}
				client.SetReadDeadline(start.Add(c.most + time.Millisecond)) //nolint:errcheck // the read tells
				if _, err := io.Copy(io.Discard, in); err != nil {
					t.Errorf("open after %v: %v", time.Since(start), err)
				}
				client.Close()
				if err := errors.Join(w.Close(), w.server.Close()); err != nil {
					t.Error(err)
				}
				w.serving.Wait()
			})
		})
	}
}
