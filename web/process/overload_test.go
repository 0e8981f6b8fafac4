package process_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// R21, a tenth of it: connections that never finish a request, that say nothing at
// all, that send a byte a second and that send far too much leave the server usable,
// its memory bounded, and nothing behind.
func TestOverload(t *testing.T) {
	linuxOnly(t)
	if testing.Short() {
		t.Skip("takes as long as a header may")
	}
	p := start(t, t.TempDir(), "--auth")
	must(t, administrator(t, p).Deploy(simple()))
	address := strings.TrimPrefix(p.Address, "http://localhost")

	var open []net.Conn
	dial := func(count int, say string) []net.Conn {
		from := len(open)
		for range count {
			c, err := net.Dial("tcp", "127.0.0.1"+address)
			must(t, err)
			t.Cleanup(func() { c.Close() })
			open = append(open, c)
			_, err = io.WriteString(c, say)
			must(t, err)
		}
		return open[from:]
	}
	dial(900, "GET /api/hello HTTP/1.1\r\nHost: localhost"+address+"\r\nX-Half: ") // half a header
	dial(900, "")                                                                  // not a word
	slow := dial(50, "POST /api/echo HTTP/1.1\r\nHost: localhost"+address+"\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n")

	end := make(chan struct{})
	var pressure sync.WaitGroup
	pressure.Go(func() { // a byte a second each
		for tick := time.NewTicker(time.Second); ; {
			select {
			case <-end:
				tick.Stop()
				return
			case <-tick.C:
				for _, c := range slow {
					c.Write([]byte(" ")) //nolint:errcheck // the server may have had enough
				}
			}
		}
	})
	for range 20 {
		pressure.Go(func() { // bodies without end
			chunk := make([]byte, 64<<10)
			for {
				c, err := net.Dial("tcp", "127.0.0.1"+address)
				if err != nil {
					return
				}
				fmt.Fprintf(c, "POST /api/echo HTTP/1.1\r\nHost: localhost%s\r\nContent-Type: application/json\r\nContent-Length: 10737418240\r\n\r\n", address)
				for err == nil {
					select {
					case <-end:
						c.Close()
						return
					default:
						_, err = c.Write(chunk)
					}
				}
				c.Close()
			}
		})
	}

	health := p.Client()
	var took []time.Duration
	most := 0
	for deadline := time.Now().Add(7 * time.Second); time.Now().Before(deadline); { // past the 5 s that a header may take
		began := time.Now()
		if a := ask(t, health, "GET", "/systemApi/health/live", nil); a.Status != http.StatusOK {
			t.Fatal(a)
		}
		took = append(took, time.Since(began))
		most = max(most, resident(t, p.PID))
	}
	close(end)
	pressure.Wait()
	slices.Sort(took)
	p99 := took[len(took)*99/100]
	t.Logf("health p99 %v over %d requests, memory %d MiB", p99, len(took), most>>20)
	if p99 > 250*time.Millisecond || most > 512<<20 {
		t.Error("that is more than R21 allows")
	}
	for i, c := range open[:900] { // those who never finished their header
		must(t, c.SetReadDeadline(time.Now().Add(10*time.Second)))
		if _, err := io.ReadAll(c); err != nil && !strings.Contains(err.Error(), "reset") {
			t.Fatalf("connection %d is still open: %v", i, err)
		}
	}
	answers(t, p)
}

// resident returns how many bytes of memory a process holds.
func resident(t *testing.T, pid int) int {
	t.Helper()
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	must(t, err)
	pages, err := strconv.Atoi(strings.Fields(string(data))[1])
	must(t, err)
	return pages * os.Getpagesize()
}
