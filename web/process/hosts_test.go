package process_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// S2 on the wire, where clients cannot be trusted to send one good Host: whatever is
// not exactly ours is refused before anything else, on both sides of the server.
func TestHostsOnTheWire(t *testing.T) {
	p := start(t, t.TempDir(), "--auth")
	must(t, administrator(t, p).Deploy(simple()))
	port := p.Address[strings.LastIndex(p.Address, ":")+1:]
	for _, path := range []string{"/systemApi/server/isOnline", "/api/hello", "/_/"} {
		for _, tt := range []struct {
			target, hosts string // header lines; ours and PORT are filled in
			status        int
		}{
			{path, "Host: OURS", 200},
			{path, "Host: 127.0.0.1:PORT", 200},
			{path, "Host: OURS\r\nHost: OURS", 400},
			{path, "Host: OURS\r\nHost: evil.test", 400},
			{path, "Host: evil.test\r\nHost: OURS", 400},
			{path, "Host: OURS, evil.test", 400},
			{path, "X-A: 1", 400}, // none
			{path, "Host:", 421},
			{path, "Host: evil.test", 421},
			{path, "Host: evil.test:PORT", 421},
			{path, "Host: localhost.evil.test:PORT", 421},
			{path, "Host: 127.0.0.1.evil.test:PORT", 421},
			{path, "Host: 0.0.0.0:PORT", 421},
			{path, "Host: OURS\r\nX-Forwarded-Host: evil.test", 200}, // nobody listens to it
			{path, "Host: evil.test\r\nX-Forwarded-Host: OURS", 421},
			{path, "Host: evil.test\r\nForwarded: host=OURS", 421},
			{"http://OURS" + path, "Host: evil.test", 421},
			{"http://evil.test" + path, "Host: OURS", 421},
			{"http://OURS" + path, "Host: OURS", 421}, // nothing is left to compare it with
			{"//evil.test" + path, "Host: OURS", 404},
		} {
			fill := strings.NewReplacer("OURS", "localhost:"+port, "PORT", port).Replace
			c, err := net.Dial("tcp", "127.0.0.1:"+port)
			must(t, err)
			must(t, c.SetDeadline(time.Now().Add(30*time.Second)))
			_, err = fmt.Fprintf(c, "GET %s HTTP/1.1\r\n%s\r\nConnection: close\r\n\r\n", fill(tt.target), fill(tt.hosts))
			must(t, err)
			res, err := http.ReadResponse(bufio.NewReader(c), nil)
			must(t, err)
			body, err := io.ReadAll(res.Body)
			must(t, err)
			c.Close()
			if res.StatusCode != tt.status || res.StatusCode >= 400 && !strings.Contains(string(body), `"error":true`) {
				t.Errorf("GET %s with %q: %s, want %d: %s", tt.target, tt.hosts, res.Status, tt.status, body)
			}
		}
	}
}
