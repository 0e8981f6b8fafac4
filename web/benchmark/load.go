package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"ecoflow/web/drive"
)

// connections is how many callers there are at once.
const connections = 32

// call is one request, over and over.
type call struct {
	method, path, body string
}

// bytes returns the request as it goes over the wire.
func (c call) bytes(host string) []byte {
	var text strings.Builder
	fmt.Fprintf(&text, "%s %s HTTP/1.1\r\nHost: %s\r\n", c.method, c.path, host)
	if c.body != "" {
		fmt.Fprintf(&text, "Content-Type: application/json\r\nContent-Length: %d\r\n", len(c.body))
	}
	text.WriteString("\r\n" + c.body)
	return []byte(text.String())
}

// loaded is what a window of load showed.
type loaded struct {
	requests int64
	took     time.Duration
	cpu      time.Duration // of the server
	memory   int64         // the most that the server held, with all connections open
}

// perRequest is the server's processor time for one request.
func (l loaded) perRequest() time.Duration { return l.cpu / time.Duration(max(1, l.requests)) }

// server is a process under load.
type server struct {
	name string
	host string // "localhost:4000"
	pid  int
}

// load calls the server from all connections until the window ends or, with a
// count, until so many requests are answered.
func (s server) load(c call, window time.Duration, count int64) (loaded, error) {
	request := c.bytes(s.host)
	before, err := drive.CPU(s.pid)
	if err != nil {
		return loaded{}, err
	}
	start := time.Now()
	results := make(chan loaded, connections)
	failures := make(chan error, connections)
	var wg sync.WaitGroup
	for range connections {
		wg.Go(func() {
			n, err := s.keepCalling(request, start.Add(window), count/connections)
			results <- loaded{requests: n}
			failures <- err
		})
	}
	done := make(chan struct{})
	most := make(chan int64)
	go func() { most <- s.mostMemory(done) }()
	wg.Wait()
	close(done)
	close(results)
	close(failures)
	total := loaded{took: time.Since(start), memory: <-most}
	for r := range results {
		total.requests += r.requests
	}
	for failed := range failures {
		err = errors.Join(err, failed)
	}
	after, cpuErr := drive.CPU(s.pid)
	total.cpu = after - before
	return total, errors.Join(err, cpuErr)
}

// mostMemory looks at what the server holds until done, and returns the most.
func (s server) mostMemory(done <-chan struct{}) (most int64) {
	every := time.NewTicker(20 * time.Millisecond)
	defer every.Stop()
	for {
		held, err := drive.Memory(s.pid)
		if err == nil { // a server that is gone fails the calls
			most = max(most, held)
		}
		select {
		case <-done:
			return most
		case <-every.C:
		}
	}
}

// keepCalling sends the request over one connection again and again. Each answer
// has to be a success.
func (s server) keepCalling(request []byte, until time.Time, most int64) (n int64, err error) {
	conn, err := net.Dial("tcp", s.host)
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	in := bufio.NewReader(conn)
	for ; most > 0 && n < most || most == 0 && time.Now().Before(until); n++ {
		if _, err := conn.Write(request); err != nil {
			return n, err
		}
		res, err := http.ReadResponse(in, nil)
		if err != nil {
			return n, err
		}
		if _, err := io.Copy(io.Discard, res.Body); err != nil {
			return n, err
		}
		if res.StatusCode != http.StatusOK {
			return n, fmt.Errorf("%s answered %s", s.name, res.Status)
		}
	}
	return n, nil
}

// answers waits until the call is answered with a success, and returns the body.
func (s server) answers(c call) (string, error) {
	req, err := http.NewRequest(c.method, "http://"+s.host+c.path, strings.NewReader(c.body))
	if err != nil {
		return "", err
	}
	if c.body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s answered %s %s: %s", s.name, c.path, res.Status, body)
	}
	return strings.TrimSpace(string(body)), err
}
