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

// Listener is where the product listens: one address, or both loopback ones.
type Listener struct {
	wish    string // host and port that were asked for
	inner   []net.Listener
	max     int64
	tls     *tls.Config // nil speaks plain HTTP
	open    atomic.Int64
	refused func() // counts a connection turned away

	server  http.Server
	serving sync.WaitGroup
	leaving atomic.Bool // Shutdown has begun
	parting atomic.Bool // the port is closed, the connections are not
}

// portsTried is how many ports after the wished one are tried when it is taken.
const portsTried = 100

// Listen binds host and port. An empty host or "localhost" is both loopback
// addresses on one port, IPv4 alone where there is no IPv6. When the port is
// taken, next allows another: the next free one, whatever is free at the end. Port
// 0 is any free port. What the process before left of the same wish goes before.
func Listen(ctx context.Context, host string, port int, next bool, left ...instance.Socket) (*Listener, error) {
	l := &Listener{max: limit.Connections, wish: net.JoinHostPort(host, strconv.Itoa(port))}
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
			return nil, fmt.Errorf("listen on %s: %w", net.JoinHostPort(host, strconv.Itoa(port)), err)
		}
		if !next || try == 0 {
			return nil, fault.New(fault.Conflict, "Port %d is taken by another program. %s, or choose another port with --port.", port, whoHolds(port)).
				WithCode("port_taken").Because(err)
		}
	}
}

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

// Bound changes how many connections may be open at once; it is called before Serve.
func (l *Listener) Bound(most int) { l.max = int64(most) }

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
	scheme := "http://"
	if l.tls != nil {
		scheme = "https://"
	}
	return scheme + host + ":" + strconv.Itoa(int(a.Port()))
}

// Crowded reports whether the connections left are those kept for the management
// side.
func (l *Listener) Crowded() bool { return l.open.Load() > l.max-limit.ReservedManaging }

// Serve begins to answer for the product with its handler and returns at once.
// failed is called when a listener fails before Shutdown.
func (l *Listener) Serve(a *app.App, h http.Handler, failed func(error)) {
	l.refused = func() { a.Limits.Refused("connections") }
	l.server = http.Server{
		Handler:           l.farewell(slowBodies(h)),
		ReadHeaderTimeout: limit.HeaderTime,
		IdleTimeout:       limit.IdleTime,
		WriteTimeout:      answerTime,
		// net/http bounds memory by it, some KiB more; the exact bound is refuse's.
		MaxHeaderBytes: limit.HeaderBytes,
		ErrorLog:       slog.NewLogLogger(a.Log.Handler(), slog.LevelDebug),
		TLSConfig:      l.tls,
	}
	for _, inner := range l.inner {
		l.serving.Add(1)
		fault.Go(a.Log, "listener", func() {
			defer l.serving.Done()
			serve := l.server.Serve
			if l.tls != nil {
				serve = func(inner net.Listener) error { return l.server.ServeTLS(inner, "", "") }
			}
			if err := serve(&counted{Listener: inner, of: l}); !l.leaving.Load() {
				failed(err)
			}
		})
	}
}

// answerTime is how long an answer may take from the end of the request's header;
// streams and slow bodies get more as long as something moves.
const answerTime = 90 * time.Second

const (
	lingerTime = 250 * time.Millisecond // what callers get to hear that a connection ends
	lingerStep = 5 * time.Millisecond
	queueTime  = 2 * time.Millisecond // to empty the system's queue of new connections
)

// Shutdown closes the listeners, waits for the requests in flight until ctx ends
// and then closes what is left. Every answer from then on ends its connection, so
// that a caller who goes on calling meets a closed port, and no request is taken and
// never answered.
func (l *Listener) Shutdown(ctx context.Context) error {
	l.leaving.Store(true)
	for _, inner := range l.inner {
		inner.(*net.TCPListener).SetDeadline(time.Now()) //nolint:errcheck // only a closed one refuses
	}
	l.serving.Wait()
	for _, inner := range l.inner { // those that Serve never saw
		inner.Close() //nolint:errcheck // closed already otherwise
	}
	l.parting.Store(true)
	l.linger(ctx)
	err := l.server.Shutdown(ctx)
	if err != nil {
		err = errors.Join(err, l.server.Close())
	}
	return err
}

// linger waits until the callers have taken their leave, or lingerTime.
func (l *Listener) linger(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, lingerTime)
	defer cancel()
	look := time.NewTicker(lingerStep)
	defer look.Stop()
	for l.open.Load() > 0 {
		select {
		case <-look.C:
		case <-ctx.Done():
			return
		}
	}
}

// farewell has an answer end its connection once the port is closed: said earlier,
// it would bring the caller back to a port that is just closing.
func (l *Listener) farewell(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if l.parting.Load() {
			w.Header().Set("Connection", "close")
		}
		next.ServeHTTP(w, r)
	})
}

// counted is a listener that takes no more connections than allowed.
type counted struct {
	net.Listener
	of   *Listener
	last bool // only what waits in the queue is still taken
}

// Accept returns the next connection; those beyond the bound are closed at once.
// When Shutdown ends it, it first takes those that wait in the system's queue:
// closing the port would reset them.
func (c *counted) Accept() (net.Conn, error) {
	for {
		conn, err := c.Listener.Accept()
		switch {
		case err == nil:
		case !c.of.leaving.Load():
			return nil, err
		case c.last:
			c.Listener.Close() //nolint:errcheck // it ends either way
			return nil, net.ErrClosed
		default:
			c.last = true
			c.Listener.(*net.TCPListener).SetDeadline(time.Now().Add(queueTime)) //nolint:errcheck // only a closed one refuses
			continue
		}
		if c.of.open.Add(1) <= c.of.max {
			return &countedConn{Conn: conn, of: c.of}, nil
		}
		c.of.open.Add(-1)
		c.of.refused()
		conn.Close() //nolint:errcheck // it is turned away
	}
}

type countedConn struct {
	net.Conn
	of   *Listener
	once sync.Once
}

// Close counts the connection out.
func (c *countedConn) Close() error {
	c.once.Do(func() { c.of.open.Add(-1) })
	return c.Conn.Close()
}

// slowBodies ends requests whose body comes slower than limit.SlowestUpload for
// limit.SlowUploadTime.
func slowBodies(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength != 0 && r.Body != nil {
			r.Body = &pacedBody{ReadCloser: r.Body, control: http.NewResponseController(w)}
		}
		next.ServeHTTP(w, r)
	})
}

// pacedBody gives the connection a new deadline for every window in which enough
// arrived.
type pacedBody struct {
	io.ReadCloser
	control *http.ResponseController
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
