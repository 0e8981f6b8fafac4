package web

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"ecoflow/app/fault"
	"ecoflow/app/limit"
)

// ways are who speaks with the connections of a listener.
type ways struct {
	now    *way
	former *way // while now is on trial; nil otherwise
}

// take hands a connection on. Where one way encrypts and the other does not, its
// first byte tells which it wants; who wants neither in particular gets the new one.
func (ws *ways) take(log *slog.Logger, conn net.Conn) {
	if ws.former == nil || (ws.former.tls == nil) == (ws.now.tls == nil) {
		ws.now.take(conn)
		return
	}
	ws.now.serving.Add(1) // it serves still, so that this is counted before its end
	fault.Go(log, "first byte", func() {
		defer ws.now.serving.Done()
		first := make([]byte, 1)
		conn.SetReadDeadline(time.Now().Add(limit.HeaderTime)) //nolint:errcheck // the read tells
		n, err := conn.Read(first)
		if err != nil || n == 0 {
			conn.Close() //nolint:errcheck // it is gone, or says nothing
			return
		}
		conn.SetReadDeadline(time.Time{}) //nolint:errcheck // the next read tells
		wanted := ws.now
		if (first[0] == handshake) != (wanted.tls != nil) {
			wanted = ws.former
		}
		wanted.take(&begunConn{Conn: conn, first: first})
	})
}

// handshake is the first byte of whoever speaks TLS.
const handshake = 0x16

// begunConn is a connection whose first byte was read.
type begunConn struct {
	net.Conn
	first []byte
}

// Read returns the first byte before the others.
func (c *begunConn) Read(p []byte) (int, error) {
	if len(c.first) > 0 && len(p) > 0 {
		n := copy(p, c.first)
		c.first = c.first[n:]
		return n, nil
	}
	return c.Conn.Read(p)
}

// way is one manner of speaking at a listener: plain, or encrypted with one
// certificate. To its server it is the listener.
type way struct {
	server  http.Server
	tls     *tls.Config // nil speaks plain HTTP
	conns   chan net.Conn
	ended   chan struct{}
	end     sync.Once
	serving sync.WaitGroup
	parting atomic.Bool // every answer ends its connection
}

var _ net.Listener = (*way)(nil)

// newWay begins to serve. What net/http refuses before there is a request is said in our
// envelope by plainConn; over TLS it stays in plain text, with the right status and
// nothing of us, since net/http speaks HTTP/2 only with connections of TLS's own type.
func newWay(log *slog.Logger, h http.Handler, config *tls.Config) *way {
	w := &way{tls: config, conns: make(chan net.Conn), ended: make(chan struct{})}
	w.server = http.Server{
		Handler:           w.farewell(slowBodies(h)),
		ReadHeaderTimeout: limit.HeaderTime,
		IdleTimeout:       limit.IdleTime,
		WriteTimeout:      answerTime,
		// net/http bounds memory by it, some KiB more; the exact bound is refuse's.
		MaxHeaderBytes: limit.HeaderBytes,
		ErrorLog:       slog.NewLogLogger(log.Handler(), slog.LevelDebug),
		ConnState:      w.state,
		ConnContext: func(ctx context.Context, _ net.Conn) context.Context {
			return context.WithValue(ctx, wayKey{}, w)
		},
	}
	w.serving.Add(1)
	fault.Go(log, "server", func() {
		defer w.serving.Done()
		w.server.Serve(w) //nolint:errcheck // it ends with the way
	})
	return w
}

type wayKey struct{}

// wayOf returns the way that the request in ctx came; nil in tests without one.
func wayOf(ctx context.Context) *way {
	w, _ := ctx.Value(wayKey{}).(*way)
	return w
}

// take hands a connection to the server. One that comes when the way has ended is
// closed.
func (w *way) take(conn net.Conn) {
	if w.tls != nil {
		conn = tls.Server(conn, w.tls)
	} else {
		conn = &plainConn{Conn: conn}
	}
	select {
	case w.conns <- conn:
	case <-w.ended:
		conn.Close() //nolint:errcheck // nobody is left to speak with it
	}
}

// Accept implements net.Listener for the server.
func (w *way) Accept() (net.Conn, error) {
	select {
	case conn := <-w.conns:
		return conn, nil
	case <-w.ended:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener for the server.
func (w *way) Close() error {
	w.end.Do(func() { close(w.ended) })
	return nil
}

// Addr implements net.Listener for the server, which does not ask.
func (w *way) Addr() net.Addr { return &net.TCPAddr{} }

// farewell has an answer end its connection once the port is closed: said earlier,
// it would bring the caller back to a port that is just closing.
func (w *way) farewell(next http.Handler) http.Handler {
	return http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		if w.parting.Load() {
			out.Header().Set("Connection", "close")
		}
		next.ServeHTTP(out, r)
	})
}

// shutdown waits for the requests in flight until ctx ends, and then closes what is
// left. Nobody hands it connections any more.
func (w *way) shutdown(ctx context.Context, c *crowd) error {
	w.parting.Store(true)
	c.linger(ctx)
	err := w.server.Shutdown(ctx)
	if err != nil {
		err = errors.Join(err, w.server.Close())
	}
	w.serving.Wait()
	return err
}
