package web

import (
	"bytes"
	"net"
	"net/http"
	"strconv"
	"sync/atomic"

	"ecoflow/app/fault"
	"ecoflow/web/endpoint"
)

// plainConn is a connection without TLS. What net/http refuses before there is a request
// (a header much too large, a request line or transfer encoding that is none), it answers
// by itself: it asks nobody and writes plain text straight to the connection. Here that
// becomes our envelope. It is known by its head, which comes first and has no Date, as
// that of every handler's answer has; what an answer says after its head is not looked at.
type plainConn struct {
	net.Conn
	begun atomic.Bool // something of the answer was written
}

// Write implements net.Conn.
func (c *plainConn) Write(b []byte) (int, error) {
	if c.begun.Load() || c.begun.Swap(true) {
		return c.Conn.Write(b)
	}
	said := inEnvelope(b)
	if said == nil {
		return c.Conn.Write(b)
	}
	if _, err := c.Conn.Write(said); err != nil {
		return 0, err
	}
	return len(b), nil
}

// state is the server's ConnState: where one answer has ended, the next begins.
func (*way) state(conn net.Conn, s http.ConnState) {
	if c, ok := conn.(*plainConn); ok && s == http.StateIdle {
		c.begun.Store(false)
	}
}

var (
	protocol   = []byte("HTTP/1.1 ")
	lineEnd    = []byte("\r\n")
	refusalEnd = []byte("Content-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n")
)

// inEnvelope says in our envelope what net/http refuses by itself; nil for any other
// answer.
func inEnvelope(answer []byte) []byte {
	line, rest, _ := bytes.Cut(answer, lineEnd)
	text, ok := bytes.CutPrefix(rest, refusalEnd)
	if !ok || !bytes.HasPrefix(line, protocol) || len(line) < len(protocol)+3 {
		return nil
	}
	status, err := strconv.Atoi(string(line[len(protocol) : len(protocol)+3]))
	if err != nil {
		return nil
	}
	_, why, _ := bytes.Cut(text, []byte(": "))
	var f *fault.Fault
	switch {
	case status == http.StatusRequestHeaderFieldsTooLarge:
		f = tooLargeHeader()
	case status == http.StatusNotImplemented:
		f = fault.New(fault.Malformed, "The request has a transfer encoding that this server does not know.").WithCode("unknown_encoding")
	case len(why) > 0:
		f = fault.New(fault.Malformed, "The request is not one of HTTP: %s.", why)
	default:
		f = fault.New(fault.Malformed, "The request is not one of HTTP.")
	}
	said := refusal{header: http.Header{"Connection": {"close"}}}
	secure(said.header, false)
	endpoint.WriteFault(&said, &http.Request{}, f)
	var out bytes.Buffer
	out.Write(protocol)
	out.WriteString(strconv.Itoa(status) + " " + http.StatusText(status) + "\r\n")
	said.header.Write(&out) //nolint:errcheck // a buffer takes everything
	out.WriteString("\r\n")
	out.Write(said.body)
	return out.Bytes()
}

// refusal is an answer to no request.
type refusal struct {
	header http.Header
	body   []byte
}

func (r *refusal) Header() http.Header { return r.header }
func (r *refusal) WriteHeader(int)     {}
func (r *refusal) Write(b []byte) (int, error) {
	r.body = append(r.body, b...)
	return len(b), nil
}
