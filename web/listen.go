package web

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"ecoflow/app"
	"ecoflow/app/fault"
	"ecoflow/app/instance"
	"ecoflow/app/limit"
)

// Listener is where the product listens: one address, or both loopback ones. What
// speaks there is a way; while another one is on trial there are two.
type Listener struct {
	wish  string // host and port that were asked for
	inner []net.Listener
	crowd *crowd
	log   *slog.Logger
	fails func(error)

	tls       *tls.Config // of the way that Serve begins with; nil speaks plain HTTP
	ways      atomic.Pointer[ways]
	accepting sync.WaitGroup
	leaving   atomic.Bool // the sockets are to be closed
}

// crowd counts connections, over all listeners that share it.
type crowd struct {
	open, max atomic.Int64
	refused   func() // counts a connection turned away
}

func newCrowd() *crowd {
	c := &crowd{}
	c.max.Store(limit.Connections)
	return c
}

// crowded reports whether the connections left are those kept for the management side.
func (c *crowd) crowded() bool { return c.open.Load() > c.max.Load()-limit.ReservedManaging }

// portsTried is how many ports after the wished one are tried when it is taken.
const portsTried = 100

// Listen binds host and port. An empty host or "localhost" is both loopback
// addresses on one port, IPv4 alone where there is no IPv6. When the port is
// taken, next allows another: the next free one, whatever is free at the end. Port
// 0 is any free port. What the process before left of the same wish goes before.
func Listen(ctx context.Context, host string, port int, next bool, left ...instance.Socket) (*Listener, error) {
	l := &Listener{crowd: newCrowd(), wish: net.JoinHostPort(host, strconv.Itoa(port))}
	if l.inner = l.inherit(ctx, host, left); l.inner != nil {
		return l, nil
	}
	for try := port; ; try++ {
		if try > 65535 || port != 0 && try > port+portsTried {
			try = 0
		}
		inner, err := bind(ctx, host, try)
		if err == nil {
			l.inner = inner
			return l, nil
		}
		if !errors.Is(err, syscall.EADDRINUSE) && !isTaken(err) {
			f := fault.New(fault.Conflict, "EcoFlow cannot listen on %s. %s", net.JoinHostPort(host, strconv.Itoa(port)), bindSentence(err, host, port)).WithCode(CannotListen).Because(err)
			var unknown *net.DNSError
			if errors.As(err, &unknown) && unknown.IsNotFound || errors.Is(err, syscall.EADDRNOTAVAIL) {
				f = f.WithCode(NoSuchAddress)
			}
			return nil, f
		}
		if !next || try == 0 {
			return nil, fault.New(fault.Conflict, "Port %d is taken by another program. %s, or choose another port with --port.", port, whoHolds(port)).
				WithCode(PortTaken).Because(err)
		}
	}
}

// Why Listen does not, as codes of its faults; their sentence says all there is to it.
const (
	PortTaken     = "port_taken"
	CannotListen  = "cannot_listen"
	NoSuchAddress = "no_such_address" // the wish itself makes no sense on this machine
)

// inherit returns the listeners that the process before left for the same wish, nil
// when there are none or they cannot be used. What is left stays the caller's to close.
func (l *Listener) inherit(ctx context.Context, host string, left []instance.Socket) (inner []net.Listener) {
	for _, s := range left {
		if s.Wish != l.wish {
			continue
		}
		if s.File == nil { // the address alone: it is bound again
			if at, err := netip.ParseAddrPort(s.Address); err == nil {
				inner, _ = bind(ctx, host, int(at.Port())) // taken since: the wish decides
			}
			return inner
		}
		one, err := net.FileListener(s.File)
		if err != nil {
			for _, bound := range inner {
				bound.Close() //nolint:errcheck // it was never served
			}
			return nil
		}
		inner = append(inner, one)
	}
	return inner
}

// Sockets returns what the process that follows needs to take the listener over:
// the sockets stay open, and who calls meanwhile waits. The caller closes the files.
func (l *Listener) Sockets() []instance.Socket {
	var list []instance.Socket
	for i, inner := range l.inner {
		s := instance.Socket{Wish: l.wish, Address: l.Addresses()[i].String()}
		s.File, _ = inner.(*net.TCPListener).File() // where that is impossible the address is bound again
		list = append(list, s)
	}
	return list
}

// Bound changes how many connections may be open at once.
func (l *Listener) Bound(most int) { l.crowd.max.Store(int64(most)) }

// Secure has the listener speak TLS; it is called before Serve and Address.
func (l *Listener) Secure(c *Certificate) { l.tls = c.Config() }

// bind opens the listeners of one port.
func bind(ctx context.Context, host string, port int) ([]net.Listener, error) {
	var config net.ListenConfig
	if host != "" && !strings.EqualFold(host, "localhost") {
		l, err := config.Listen(ctx, "tcp", net.JoinHostPort(strings.Trim(host, "[]"), strconv.Itoa(port)))
		return []net.Listener{l}, err
	}
	four, err := config.Listen(ctx, "tcp4", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		return nil, err
	}
	same := four.Addr().(*net.TCPAddr).Port
	six, err := config.Listen(ctx, "tcp6", net.JoinHostPort("::1", strconv.Itoa(same)))
	switch {
	case err == nil:
		return []net.Listener{four, six}, nil
	case errors.Is(err, syscall.EADDRINUSE) || isTaken(err):
		// The same name would lead to two programs.
		return nil, errors.Join(err, four.Close())
	}
	return []net.Listener{four}, nil // a machine without IPv6
}

// Addresses returns what is listened on.
func (l *Listener) Addresses() []netip.AddrPort {
	out := make([]netip.AddrPort, 0, len(l.inner))
	for _, inner := range l.inner {
		a := inner.Addr().(*net.TCPAddr).AddrPort()
		out = append(out, netip.AddrPortFrom(a.Addr().Unmap(), a.Port()))
	}
	return out
}

// Address returns the URL to open in a browser on this machine.
func (l *Listener) Address() string {
	a := l.Addresses()[0]
	host := "localhost" // which browsers look for at 127.0.0.1 too
	if !a.Addr().IsUnspecified() && a.Addr() != netip.AddrFrom4([4]byte{127, 0, 0, 1}) {
		host = literal(a.Addr())
	}
	secure := l.tls != nil
	if ways := l.ways.Load(); ways != nil {
		secure = ways.now.tls != nil
	}
	scheme := "http://"
	if secure {
		scheme = "https://"
	}
	return scheme + host + ":" + strconv.Itoa(int(a.Port()))
}

// Crowded reports whether the connections left are those kept for the management
// side.
func (l *Listener) Crowded() bool { return l.crowd.crowded() }

// Serve begins to answer for the product with its handler and returns at once.
// failed is called when a listener fails before Shutdown.
func (l *Listener) Serve(a *app.App, h http.Handler, failed func(error)) {
	if l.crowd.refused == nil {
		l.crowd.refused = func() { a.Limits.Refused("connections") }
	}
	l.log, l.fails = a.Log, failed
	l.ways.Store(&ways{now: newWay(a.Log, h, l.tls)})
	l.accept()
}

// accept begins to take connections.
func (l *Listener) accept() {
	for _, inner := range l.inner {
		l.accepting.Add(1)
		fault.Go(l.log, "listener", func() {
			defer l.accepting.Done()
			if err := l.acceptAll(inner); err != nil {
				l.fails(err)
			}
		})
	}
}

// acceptAll hands every connection to who speaks with it; those beyond the bound are
// closed at once. When the socket is to be closed, it first takes those that wait in
// the system's queue: closing the port would reset them.
func (l *Listener) acceptAll(inner net.Listener) error {
	last, pause := false, time.Duration(0)
	for {
		conn, err := inner.Accept()
		switch {
		case err == nil:
			pause = 0
		case l.leaving.Load() && last:
			inner.Close() //nolint:errcheck // it ends either way
			return nil
		case l.leaving.Load():
			last = true
			inner.(*net.TCPListener).SetDeadline(time.Now().Add(queueTime)) //nolint:errcheck // only a closed one refuses
			continue
		case passing(err):
			pause = min(max(2*pause, lingerStep), time.Second)
			time.Sleep(pause)
			continue
		default:
			return err
		}
		if l.crowd.open.Add(1) > l.crowd.max.Load() {
			l.crowd.open.Add(-1)
			l.crowd.refused()
			conn.Close() //nolint:errcheck // it is turned away
			continue
		}
		l.ways.Load().take(l.log, &countedConn{Conn: conn, of: l.crowd})
	}
}

// passing reports whether taking connections may work again in a moment: this one is
// gone, or the process has no descriptor left for it.
func passing(err error) bool {
	return errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE) || errors.Is(err, syscall.ECONNABORTED)
}

// answerTime is how long an answer may take from the end of the request's header;
// streams and slow bodies get more as long as something moves.
const answerTime = 90 * time.Second

const (
	lingerTime = 250 * time.Millisecond // what callers get to hear that a connection ends
	lingerStep = 5 * time.Millisecond
	queueTime  = 2 * time.Millisecond // to empty the system's queue of new connections
)

// release closes the sockets; connections go on.
func (l *Listener) release() {
	l.leaving.Store(true)
	for _, inner := range l.inner {
		inner.(*net.TCPListener).SetDeadline(time.Now()) //nolint:errcheck // only a closed one refuses
	}
	l.accepting.Wait()
	for _, inner := range l.inner { // those that nobody served
		inner.Close() //nolint:errcheck // closed already otherwise
	}
}

// resume binds the addresses of a released listener again, and takes connections. It
// tries for resumeTime: whoever took a port meanwhile may leave it again.
func (l *Listener) resume(ctx context.Context) error {
	until := time.Now().Add(resumeTime)
	var inner []net.Listener
	for _, a := range l.Addresses() {
		one, err := (&net.ListenConfig{}).Listen(ctx, "tcp", a.String())
		for err != nil && time.Now().Before(until) {
			time.Sleep(resumeTime / 20)
			one, err = (&net.ListenConfig{}).Listen(ctx, "tcp", a.String())
		}
		if err != nil {
			for _, bound := range inner {
				bound.Close() //nolint:errcheck // it was never served
			}
			return fmt.Errorf("listen on %s again: %w", a, err)
		}
		inner = append(inner, one)
	}
	l.inner = inner
	l.leaving.Store(false)
	l.accept()
	return nil
}

const resumeTime = 5 * time.Second

// Shutdown closes the listeners, waits for the requests in flight until ctx ends
// and then closes what is left. Every answer from then on ends its connection, so
// that a caller who goes on calling meets a closed port, and no request is taken and
// never answered.
func (l *Listener) Shutdown(ctx context.Context) error {
	l.release()
	ways := l.ways.Load()
	if ways == nil {
		return nil
	}
	err := ways.now.shutdown(ctx, l.crowd)
	if ways.former != nil {
		err = errors.Join(err, ways.former.shutdown(ctx, l.crowd))
	}
	return err
}

// linger waits until the callers have taken their leave, or lingerTime.
func (c *crowd) linger(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, lingerTime)
	defer cancel()
	look := time.NewTicker(lingerStep)
	defer look.Stop()
	for c.open.Load() > 0 {
		select {
		case <-look.C:
		case <-ctx.Done():
			return
		}
	}
}

// countedConn is a connection that counts. net/http moves its deadlines a dozen times
// a request, which costs more than a short request itself; most of that nobody waits
// for. So the one beneath is moved at once only where it would come too late, and else
// when it has come.
type countedConn struct {
	net.Conn
	of   *crowd
	once sync.Once

	mu      sync.Mutex
	reading bool
	read    deadline // nobody waits for it but in Read
	write   deadline
}

// deadline is the one wanted and the one of the connection beneath, zero for none.
type deadline struct {
	wanted, set time.Time
	passed      bool // the one beneath has come
}

// late reports whether the deadline beneath would come too late, or nobody could wait
// at all because it has come.
func (d *deadline) late() bool {
	switch {
	case d.wanted.Equal(d.set):
		return false
	case d.passed, d.set.IsZero():
		return true
	}
	return !d.wanted.IsZero() && d.wanted.Before(d.set)
}

// move sets the deadline beneath to the one wanted.
func (d *deadline) move(set func(time.Time) error) error {
	if err := set(d.wanted); err != nil {
		return err
	}
	d.set, d.passed = d.wanted, false
	return nil
}

// extend reports whether the deadline that came is not the one wanted, and moves it.
func (d *deadline) extend(set func(time.Time) error) bool {
	d.passed = true
	return !d.wanted.Equal(d.set) && d.move(set) == nil
}

// Read implements net.Conn.
func (c *countedConn) Read(b []byte) (int, error) {
	c.mu.Lock()
	if c.read.late() {
		if err := c.read.move(c.Conn.SetReadDeadline); err != nil {
			c.mu.Unlock()
			return 0, err
		}
	}
	c.reading = true
	c.mu.Unlock()
	for {
		n, err := c.Conn.Read(b)
		c.mu.Lock()
		again := errors.Is(err, os.ErrDeadlineExceeded) && c.read.extend(c.Conn.SetReadDeadline)
		c.reading = again
		c.mu.Unlock()
		if !again {
			return n, err
		}
	}
}

// SetReadDeadline implements net.Conn.
func (c *countedConn) SetReadDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.read.wanted = t; !c.reading || !c.read.late() {
		return nil // Read finds out
	}
	return c.read.move(c.Conn.SetReadDeadline)
}

// SetWriteDeadline implements net.Conn.
func (c *countedConn) SetWriteDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.write.wanted = t; !c.write.late() {
		return nil // Write finds out
	}
	return c.write.move(c.Conn.SetWriteDeadline)
}

// SetDeadline implements net.Conn.
func (c *countedConn) SetDeadline(t time.Time) error {
	return errors.Join(c.SetReadDeadline(t), c.SetWriteDeadline(t))
}

// Write implements net.Conn.
func (c *countedConn) Write(b []byte) (n int, err error) {
	for {
		m, err := c.Conn.Write(b[n:])
		n += m
		if !errors.Is(err, os.ErrDeadlineExceeded) || !c.moreTime() {
			return n, err
		}
	}
}

func (c *countedConn) moreTime() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.write.extend(c.Conn.SetWriteDeadline)
}

// Close counts the connection out.
func (c *countedConn) Close() error {
	c.once.Do(func() { c.of.open.Add(-1) })
	return c.Conn.Close()
}

// slowBodies ends requests whose body comes slower than limit.SlowestUpload for
// limit.SlowUploadTime. Of one that nobody reads, because it is refused before, the
// server itself reads a little first so that the answer gets through; it waits no
// longer for that.
func slowBodies(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength != 0 && r.Body != nil {
			// A copy: the server has to know its own body again, to tell a large one.
			paced := &struct {
				request http.Request
				body    pacedBody
			}{*r, pacedBody{ReadCloser: r.Body, control: *http.NewResponseController(w)}}
			paced.body.control.SetReadDeadline(time.Now().Add(limit.SlowUploadTime)) //nolint:errcheck // whoever reads sets it anew
			r = &paced.request
			r.Body = &paced.body
		}
		next.ServeHTTP(w, r)
	})
}

// pacedBody gives the connection a new deadline for every window in which enough
// arrived.
type pacedBody struct {
	io.ReadCloser
	control http.ResponseController
	window  time.Time // end of the current one
	read    int64     // bytes in it
}

// Read implements io.Reader.
func (b *pacedBody) Read(p []byte) (int, error) {
	if now := time.Now(); !now.Before(b.window) {
		if !b.window.IsZero() && b.read < limit.SlowestUpload*int64(limit.SlowUploadTime/time.Second) {
			return 0, os.ErrDeadlineExceeded
		}
		b.window, b.read = now.Add(limit.SlowUploadTime), 0
		if err := errors.Join(b.control.SetReadDeadline(b.window), b.control.SetWriteDeadline(now.Add(answerTime))); err != nil && !errors.Is(err, http.ErrNotSupported) {
			return 0, err
		}
	}
	n, err := b.ReadCloser.Read(p)
	b.read += int64(n)
	if err == io.EOF { //nolint:errorlint // io.Reader returns it bare
		// From here on silence of the client is no fault of its body.
		b.control.SetReadDeadline(time.Time{}) //nolint:errcheck // best effort
	}
	return n, err
}
