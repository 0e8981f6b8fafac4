package api_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"ecoflow/app/auth"
	"ecoflow/app/event"
	"ecoflow/app/limit"
	"ecoflow/web/webtest"
)

// stream is an open event stream.
type stream struct {
	t      *testing.T
	answer *http.Response
	lines  *bufio.Reader
	last   string // id of the last event
}

// open follows the product at the address as somebody.
func open(t *testing.T, address string, who webtest.Credential, header ...string) *stream {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address+"/systemApi/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	if who != nil {
		who(r)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { answer.Body.Close() })
	return &stream{t: t, answer: answer, lines: bufio.NewReader(answer.Body)}
}

// next returns type and data of the next event, "" at the end of the stream.
func (s *stream) next() string {
	s.t.Helper()
	var kind, data string
	for {
		line, err := s.lines.ReadString('\n')
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return ""
		}
		if err != nil {
			s.t.Fatal(err)
		}
		name, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		switch name {
		case "id":
			s.last = value
		case "event":
			kind = value
		case "data":
			data = value
		case "":
			if kind != "" {
				return kind + " " + data
			}
		}
	}
}

func (s *stream) expect(want ...string) {
	s.t.Helper()
	for _, w := range want {
		if got := s.next(); got != w {
			s.t.Fatalf("event %q, want %q", got, w)
		}
	}
}

const hello = `server {"state":"ready"}`

func TestEventsResume(t *testing.T) {
	p := webtest.Start(t)
	address, admin := p.Serve(), p.Admin().Cookie
	s := open(t, address, admin)
	s.expect(hello)
	p.Events.Publish(event.Deploy, 1)
	p.Events.Publish(event.Draft, 2)
	s.expect("deploy 1", "draft 2")
	s.answer.Body.Close()

	p.Events.Publish(event.Deploy, 3)
	p.Events.Publish(event.Deploy, 4)
	again := open(t, address, admin, "Last-Event-ID", s.last)
	again.expect("deploy 3", "deploy 4")
	p.Events.Publish(event.Deploy, 5)
	again.expect("deploy 5")

	fresh := open(t, address, admin)
	fresh.expect(hello)
	id := fresh.last
	p.Events.Publish(event.Deploy, 6)
	open(t, address, admin, "Last-Event-ID", id).expect("deploy 6")
}

// S11: of a thousand events, between which the connection is lost again and again,
// none is missed, told twice or told to somebody who may not know.
func TestAThousandEventsOverManyConnections(t *testing.T) {
	p := webtest.Start(t)
	address, u := p.Serve(), p.User(auth.FlowEditor)
	p.Events.Publish(event.Log, "the first") // what came before the first there is no telling
	s := open(t, address, u.Cookie)
	s.expect(hello)
	const all = 1000
	ahead := make(chan struct{}, 100) // the publisher is no further ahead than that
	var publisher sync.WaitGroup
	publisher.Go(func() {
		for i := range all {
			ahead <- struct{}{}
			p.Events.Publish(event.Audit, i)
			p.Events.PublishTo("somebody else", event.Deploy, "not yours")
			p.Events.Publish(event.Deploy, i)
		}
	})
	defer publisher.Wait()
	connections := 1
	for i := range all {
		if i%7 == 0 || i%31 == 0 { // while the publisher goes on
			s.answer.Body.Close()
			s = open(t, address, u.Cookie, "Last-Event-ID", s.last)
			connections++
		}
		if got, want := s.next(), fmt.Sprintf("deploy %d", i); got != want {
			t.Errorf("event %q over connection %d, want %q", got, connections, want)
			for range all - i {
				<-ahead
			}
			return
		}
		<-ahead
	}
}

func TestEventsThatAreGoneAskForAResync(t *testing.T) {
	p := webtest.Start(t)
	address, admin := p.Serve(), p.Admin().Cookie
	s := open(t, address, admin)
	s.expect(hello)
	p.Events.Publish(event.Deploy, 0)
	s.expect("deploy 0")
	for i := range 1001 {
		p.Events.Publish(event.Log, i)
	}
	process, _, _ := strings.Cut(s.last, "-")
	for _, id := range []string{s.last, "another-1", process + "-999999", process + "-x", process, "7", "-"} {
		again := open(t, address, admin, "Last-Event-ID", id)
		again.expect("resync {}")
		p.Events.Publish(event.Deploy, id)
		again.expect(fmt.Sprintf("deploy %q", id))
	}
}

func TestEventsNeedTheRightOfTheMoment(t *testing.T) {
	p := webtest.Start(t)
	address := p.Serve()
	for _, c := range []struct {
		permissions auth.Permission
		sees        string
	}{
		{0, "access server"},
		{auth.FlowEditor, "debug run deploy draft package connection access server"},
		{auth.SchemaEditor, "connection access server"},
		{auth.AuditLogs, "audit access server"},
		{auth.ServerConfigurationShow, "log health access server"},
		{auth.Everything, "debug run deploy draft package connection audit log health access server"},
	} {
		u := p.User(c.permissions)
		s := open(t, address, u.Cookie)
		s.expect(hello)
		for i := range 3 {
			for _, kind := range []event.Type{
				event.Debug, event.Run, event.Deploy, event.Draft, event.Package, event.Connection, event.Audit,
				event.Log, event.Health, event.Access, event.Server, "unknown",
			} {
				p.Events.Publish(kind, i)
			}
			p.Events.PublishTo("somebody else", event.Access, "not yours")
			for _, kind := range strings.Fields(c.sees) {
				s.expect(fmt.Sprintf("%s %d", kind, i))
			}
		}
	}
}

func TestEventsEndWithTheSession(t *testing.T) {
	p := webtest.Start(t)
	address := p.Serve()
	for way, end := range map[string]func(webtest.User){
		"sign-out":        func(u webtest.User) { p.Do(u.Cookie, "DELETE", "/systemApi/users/logout", "") },
		"session removed": func(u webtest.User) { p.Do(u.Access, "DELETE", "/systemApi/me/sessions/public%20"+u.Name, "") },
	} {
		u := p.Admin()
		s := open(t, address, u.Cookie)
		s.expect(hello)
		end(u)
		p.Events.Publish(event.Deploy, "after the end")
		for got := s.next(); got != ""; got = s.next() {
			if strings.HasPrefix(got, "deploy") {
				t.Errorf("%s: the stream goes on: %s", way, got)
			}
		}
		if again := open(t, address, u.Cookie); again.answer.StatusCode != http.StatusUnauthorized {
			t.Errorf("%s: a new stream: %d", way, again.answer.StatusCode)
		}
	}
}

func TestEventsEndWhenThePasswordComesFirst(t *testing.T) {
	p := webtest.Start(t)
	address, admin, u := p.Serve(), p.Admin(), p.User(auth.FlowEditor)
	s := open(t, address, u.Cookie)
	s.expect(hello)
	if rec := p.Do(admin.Cookie, "PATCH", "/systemApi/admin/users/"+u.Name+"/passwordChange", `{"required": true}`); rec.Code != http.StatusOK {
		t.Fatalf("%d %s", rec.Code, rec.Body)
	}
	p.Events.Publish(event.Deploy, "after that")
	for got := s.next(); got != ""; got = s.next() {
		if strings.HasPrefix(got, "deploy") {
			t.Errorf("the stream goes on: %s", got)
		}
	}
	if again := open(t, address, u.Cookie); again.answer.StatusCode != http.StatusForbidden {
		t.Errorf("a new stream: %d", again.answer.StatusCode)
	}
}

func TestEventsSayGoodbye(t *testing.T) {
	p := webtest.Start(t)
	s := open(t, p.Serve(), p.Admin().Cookie)
	s.expect(hello)
	p.System.Stop()
	s.expect(`server {"state":"stopping"}`, "")
}

func TestEventsAreRefused(t *testing.T) {
	p := webtest.Start(t)
	address, admin := p.Serve(), p.Admin()
	for _, c := range []struct {
		who    webtest.Credential
		header []string
		status int
	}{
		{nil, nil, 401},
		{admin.Cookie, []string{"Origin", "http://evil.test"}, 403},
		{admin.Cookie, []string{"Origin", "null"}, 403},
		{admin.Cookie, []string{"Origin", "http://localhost:4001"}, 403},
		{admin.Cookie, []string{"Origin", "http://" + webtest.Host}, 200},
		{admin.Cookie, []string{"Last-Event-ID", strings.Repeat("x", 101)}, 422},
	} {
		if s := open(t, address, c.who, c.header...); s.answer.StatusCode != c.status {
			t.Errorf("%q: %d, want %d", c.header, s.answer.StatusCode, c.status)
		}
	}
}

func TestEventStreamsAreBounded(t *testing.T) {
	p := webtest.Start(t)
	address := p.Serve()
	full := func(u webtest.User, places int) {
		t.Helper()
		for range places {
			open(t, address, u.Cookie).expect(hello)
		}
		s := open(t, address, u.Cookie)
		if s.answer.StatusCode != http.StatusTooManyRequests || s.answer.Header.Get("Retry-After") == "" {
			t.Errorf("one stream more: %d", s.answer.StatusCode)
		}
	}
	for range limit.Streams / limit.StreamsPerSession {
		full(p.Admin(), limit.StreamsPerSession)
	}
	full(p.Admin(), 0)
}

// TestEventBacklogIsCut has a client that reads nothing.
func TestEventBacklogIsCut(t *testing.T) {
	p := webtest.Start(t)
	u := p.Admin()
	w := &stuck{release: make(chan struct{}), stuck: make(chan struct{})}
	done := make(chan struct{})
	go func() {
		defer close(done)
		p.ServeHTTP(w, p.Request(u.Cookie, "GET", "/systemApi/events", ""))
	}()
	<-w.stuck
	for range 5 {
		p.Events.Publish(event.Deploy, strings.Repeat("x", limit.StreamBacklog/4))
	}
	<-w.cut() // the stream is cut while the client still reads nothing
	<-done
}

// stuck is a client whose connection takes nothing until a deadline ends it.
type stuck struct {
	once, ended    sync.Once
	stuck, release chan struct{}
	header         http.Header
}

func (s *stuck) Header() http.Header {
	if s.header == nil {
		s.header = http.Header{}
	}
	return s.header
}
func (s *stuck) WriteHeader(int) {}
func (s *stuck) Write([]byte) (int, error) {
	s.once.Do(func() { close(s.stuck) })
	<-s.release
	return 0, io.ErrClosedPipe
}
func (s *stuck) FlushError() error { return nil }

// SetWriteDeadline ends a write when the deadline is now.
func (s *stuck) SetWriteDeadline(at time.Time) error {
	if !at.After(time.Now()) {
		s.ended.Do(func() { close(s.release) })
	}
	return nil
}
func (s *stuck) cut() chan struct{} { return s.release }

// TestEventStreamBeats looks at what the clock brings: heartbeats, and the end of
// a session that nobody ended.
func TestEventStreamBeats(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := webtest.Start(t)
		u := p.Admin()
		rec := &recorder{ResponseRecorder: httptest.NewRecorder()}
		done := make(chan struct{})
		go func() {
			defer close(done)
			p.ServeHTTP(rec, p.Request(u.Cookie, "GET", "/systemApi/events", ""))
		}()
		time.Sleep(time.Minute + time.Second)
		if beats := strings.Count(rec.text(), ": \n\n"); beats != 4 {
			t.Errorf("%d heartbeats in a minute: %s", beats, rec.text())
		}
		start := time.Now()
		<-done
		if open := time.Since(start); open > time.Hour {
			t.Errorf("the stream outlives its session by %v", open-time.Hour)
		}
	})
}

// recorder may be read while it is written.
type recorder struct {
	mu sync.Mutex
	*httptest.ResponseRecorder
}

func (r *recorder) Write(b []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.ResponseRecorder.Write(b)
}

func (r *recorder) text() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.Body.String()
}
