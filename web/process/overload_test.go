package process_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
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

// R21, a tenth of it, what else callers do: connect and leave, send compressed bombs
// and objects with very many names, ask without waiting for answers, and never read
// them. Management answers every time, and memory stays bounded.
func TestOverloadOfOtherKinds(t *testing.T) {
	linuxOnly(t)
	p := start(t, t.TempDir(), "--auth")
	must(t, administrator(t, p).Deploy(simple()))
	port := strings.TrimPrefix(p.Address, "http://localhost")
	dial := func() net.Conn {
		c, err := net.Dial("tcp", "127.0.0.1"+port)
		must(t, err)
		return c
	}
	most := 0
	probe := func(when string) {
		t.Helper()
		if a := ask(t, p.Client(), "GET", "/systemApi/health/live", nil); a.Status != http.StatusOK {
			t.Fatalf("%s: %s", when, a)
		}
		most = max(most, resident(t, p.PID))
	}
	post := func(headers string, body []byte) int {
		t.Helper()
		c := dial()
		defer c.Close()
		must(t, c.SetDeadline(time.Now().Add(30*time.Second)))
		fmt.Fprintf(c, "POST /api/echo HTTP/1.1\r\nHost: localhost%s\r\nContent-Type: application/json\r\nConnection: close\r\n%sContent-Length: %d\r\n\r\n", port, headers, len(body))
		c.Write(body) //nolint:errcheck // it may have been refused by its header
		line, err := bufio.NewReader(c).ReadString('\n')
		must(t, err)
		status, err := strconv.Atoi(strings.Fields(line)[1])
		must(t, err)
		return status
	}

	for i := range 1000 { // connect and leave
		c := dial()
		if i%2 == 0 {
			io.WriteString(c, "GET ") //nolint:errcheck // nobody listens for more
		}
		c.Close()
		if i%100 == 0 {
			probe("rapid connects")
		}
	}

	var bomb bytes.Buffer // 256 MiB of a string, in a quarter of one
	pack := gzip.NewWriter(&bomb)
	pack.Write([]byte(`"`)) //nolint:errcheck // memory takes it
	for chunk, i := bytes.Repeat([]byte("a"), 1<<20), 0; i < 1<<8; i++ {
		pack.Write(chunk) //nolint:errcheck // memory takes it
	}
	must(t, pack.Close())
	for range 20 {
		if status := post("Content-Encoding: gzip\r\n", bomb.Bytes()); status < 400 || status >= 500 {
			t.Errorf("a compressed bomb is answered with %d", status)
		}
		probe("bombs")
	}

	var names strings.Builder
	names.WriteString("{")
	for i := range 200_000 {
		fmt.Fprintf(&names, `"%c%c%d":1,`, 'A'+i%2, 'a'-i%2*31, i)
	}
	names.WriteString(`"end":1}`)
	for range 5 {
		if status := post("", []byte(names.String())); status >= 500 {
			t.Errorf("an object of many names is answered with %d", status)
		}
		probe("many names")
	}

	one := "GET /api/hello HTTP/1.1\r\nHost: localhost" + port + "\r\n\r\n"
	pipe := dial() // asks 2,000 times before it reads
	defer pipe.Close()
	must(t, pipe.SetDeadline(time.Now().Add(30*time.Second)))
	sent := make(chan error, 1)
	go func() { _, err := io.WriteString(pipe, strings.Repeat(one, 2000)); sent <- err }()
	answers := bufio.NewReader(pipe)
	for i := range 2000 {
		res, err := http.ReadResponse(answers, nil)
		if err != nil || res.StatusCode != http.StatusOK {
			t.Fatalf("answer %d: %v", i, err)
		}
		_, err = io.Copy(io.Discard, res.Body)
		must(t, err)
		if i%500 == 0 {
			probe("pipelining")
		}
	}
	must(t, <-sent)

	large := append(append([]byte(`"`), bytes.Repeat([]byte("b"), 4<<20)...), '"')
	for range 20 { // get 4 MiB back each, and never read them
		c := dial()
		defer c.Close()
		fmt.Fprintf(c, "POST /api/echo HTTP/1.1\r\nHost: localhost%s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n", port, len(large))
		_, err := c.Write(large)
		must(t, err)
		probe("stalled readers")
	}
	t.Logf("memory %d MiB", most>>20)
	if most > 512<<20 {
		t.Errorf("it took %d MiB", most>>20)
	}
	want(t, p.Client(), "GET", "/api/hello", nil, 200, `{"msg":"Hello World"}`)
}
