package web

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"ecoflow/app/limit"
)

// What is no request is answered in the envelope of every failure, on a new connection
// and on one that served already; what a handler answers stays what it is.
func TestRefusedBeforeARequest(t *testing.T) {
	const looksLike = "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n400 Bad Request"
	w := newWay(slog.New(slog.DiscardHandler), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		if r.URL.Path == "/streamed" { // its head and its body are written apart
			w.Header().Set("Content-Length", strconv.Itoa(len(looksLike)))
			http.NewResponseController(w).Flush() //nolint:errcheck // the answer tells
		}
		io.WriteString(w, looksLike) //nolint:errcheck // the answer tells
	}), nil)
	t.Cleanup(func() {
		if err := errors.Join(w.Close(), w.server.Close()); err != nil {
			t.Error(err)
		}
		w.serving.Wait()
	})
	for _, c := range []struct {
		name, request string
		status        int
		code, says    string
	}{
		{"no request", "GARBAGE\r\n\r\n", 400, "malformed", "The request is not one of HTTP."},
		{"no host", "GET / HTTP/1.1\r\n\r\n", 400, "malformed", "The request is not one of HTTP: missing required Host header."},
		{"two hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400, "malformed", "The request is not one of HTTP."},
		{"a version nobody speaks", "GET / HTTP/3.0\r\nHost: a\r\n\r\n", 505, "malformed", "The request is not one of HTTP: unsupported protocol version."},
		{"an encoding nobody knows", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: rot13\r\n\r\n", 501, "unknown_encoding", "The request has a transfer encoding that this server does not know."},
		{"a header much too large", "GET / HTTP/1.1\r\nHost: a\r\nX-A: " + strings.Repeat("x", 2*limit.HeaderBytes) + "\r\n\r\n", 431, "headers_too_large", "The header of the request is larger than 32768 bytes."},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, before := range [][]string{nil, {"/", "/streamed", "/"}} {
				client, server := net.Pipe()
				w.take(server)
				in := bufio.NewReader(client)
				say := func(text string) *http.Response {
					go io.WriteString(client, text) //nolint:errcheck // some of it is never read
					answer, err := http.ReadResponse(in, nil)
					if err != nil {
						t.Fatal(err)
					}
					return answer
				}
				for _, path := range before {
					answer := say("GET " + path + " HTTP/1.1\r\nHost: a\r\n\r\n")
					if body, err := io.ReadAll(answer.Body); err != nil || answer.StatusCode != 200 || string(body) != looksLike {
						t.Fatalf("a handler's answer: %d %q %v", answer.StatusCode, body, err)
					}
				}
				answer := say(c.request)
				var problem struct {
					Error         bool
					Payload, Code string
				}
				if err := json.NewDecoder(answer.Body).Decode(&problem); err != nil {
					t.Fatal(err)
				}
				if answer.StatusCode != c.status || !problem.Error || problem.Code != c.code || problem.Payload != c.says {
					t.Errorf("%d %+v", answer.StatusCode, problem)
				}
				if h := answer.Header; h.Get("Content-Type") != "application/json" || h.Get("X-Content-Type-Options") != "nosniff" || !answer.Close {
					t.Errorf("%v", h)
				}
				if _, err := in.ReadByte(); !errors.Is(err, io.EOF) {
					t.Errorf("the connection afterwards: %v", err)
				}
				client.Close()
			}
		})
	}
}
