package js

import (
	"encoding/base64"
	"fmt"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/dop251/goja"
)

// prelude is what scripts know from browsers and what is simplest said in
// JavaScript. It is given the native functions it stands on and returns its
// globals; nothing in it waits or loops over what it was not given.
var prelude = goja.MustCompile("prelude", preludeSource, false)

// web makes the globals that browsers have beyond the language.
func (m *machine) web() {
	v, err := m.vm.RunProgram(prelude)
	m.must(err)
	install, _ := goja.AssertFunction(v)
	host := m.vm.NewObject()
	for name, fn := range map[string]native{
		"utf8": m.encodeText, "text": m.decodeText, "parse": m.parseURL, "escape": m.escapeQuery, "unescape": m.unescapeQuery,
		"fetch": m.fetch, "body": m.bodyBytes,
	} {
		m.method(host, name, fn)
	}
	globals, err := install(goja.Undefined(), host)
	m.must(err)
	for _, name := range globals.(*goja.Object).Keys() {
		m.global(name, globals.(*goja.Object).Get(name))
	}
	m.base64()
	m.clock()
	m.cryptography()
}

// encodeText turns text into bytes, a part at a time.
func (m *machine) encodeText(c goja.FunctionCall) goja.Value {
	const part = 1 << 16
	s := m.text(c.Argument(0))
	out := make([]byte, 0, s.Length())
	for from, n := 0, s.Length(); from < n; {
		to := min(from+part, n)
		if last := s.CharAt(to - 1); to < n && last >= 0xd800 && last < 0xdc00 {
			to++ // the second half of a character
		}
		if out = append(out, s.Substring(from, to).String()...); len(out) > longestBuffer {
			m.tooMuch("A buffer of %d bytes is too large; %d are the most", len(out), longestBuffer)
		}
		from = to
		m.yield()
	}
	return m.bytes(out)
}

// bytesArgument returns the bytes of an ArrayBuffer or typed array.
func (m *machine) bytesArgument(v goja.Value) []byte {
	if o, ok := v.(*goja.Object); ok {
		if b, ok := m.bytesOf(o, o.ClassName()); ok {
			return b
		}
	}
	m.must(m.typeError("The argument has to be an ArrayBuffer or a typed array"))
	return nil
}

// decodeText turns bytes into text; the second argument makes errors fatal.
func (m *machine) decodeText(c goja.FunctionCall) goja.Value {
	if goja.IsUndefined(c.Argument(0)) {
		return m.vm.ToValue("")
	}
	b := m.bytesArgument(c.Argument(0))
	if c.Argument(1).ToBoolean() && !utf8.Valid(b) {
		m.must(m.typeError("The encoded data was not valid for encoding utf-8"))
	}
	var out strings.Builder
	out.Grow(min(len(b), longestString))
	for wrong, n := false, 0; len(b) > 0; n++ {
		if n == longestString {
			m.tooMuch("The text is too long; %d characters are the most", longestString)
		}
		if n&0xffff == 0 {
			m.yield()
		}
		r, size := utf8.DecodeRune(b)
		b = b[size:]
		if invalid := r == utf8.RuneError && size == 1; !invalid || !wrong { // one for all in a row
			out.WriteRune(r)
			wrong = invalid
		}
	}
	return m.vm.ToValue(out.String())
}

func (m *machine) base64() {
	global := m.vm.GlobalObject()
	m.method(global, "btoa", func(c goja.FunctionCall) goja.Value {
		s := m.text(c.Argument(0))
		b := make([]byte, s.Length())
		for i := range b {
			ch := s.CharAt(i)
			if ch > 0xff {
				m.must(m.typeError("The text to be encoded holds characters outside of the Latin1 range"))
			}
			if b[i] = byte(ch); i&0xffff == 0xffff { //nolint:gosec // looked at above
				m.yield()
			}
		}
		return m.vm.ToValue(base64.StdEncoding.EncodeToString(b))
	})
	m.method(global, "atob", func(c goja.FunctionCall) goja.Value {
		s := strings.TrimRight(strings.Join(strings.Fields(c.Argument(0).String()), ""), "=")
		b, err := base64.RawStdEncoding.DecodeString(s)
		if err != nil {
			m.must(m.typeError("The text to be decoded is not correctly encoded"))
		}
		units := make([]uint16, len(b))
		for i, ch := range b {
			units[i] = uint16(ch)
		}
		return goja.StringFromUTF16(units)
	})
}

// clock makes performance.now, which counts from when the runtime was made.
func (m *machine) clock() {
	begun := time.Now()
	o := m.vm.NewObject()
	m.method(o, "now", func(goja.FunctionCall) goja.Value {
		return m.vm.ToValue(float64(time.Since(begun).Microseconds()) / 1000)
	})
	m.put(o, "timeOrigin", m.vm.ToValue(begun.UnixMilli()))
	m.global("performance", o)
}

// parseURL returns the parts of an address, null for what is none:
// [protocol, username, password, hostname, port, pathname, search, hash].
func (m *machine) parseURL(c goja.FunctionCall) goja.Value {
	u, err := url.Parse(strings.TrimSpace(c.Argument(0).String()))
	if err == nil && !goja.IsUndefined(c.Argument(1)) {
		var base *url.URL
		if base, err = url.Parse(strings.TrimSpace(c.Argument(1).String())); err == nil {
			u = base.ResolveReference(u)
		}
	}
	if err != nil || u.Scheme == "" {
		return goja.Null()
	}
	scheme := strings.ToLower(u.Scheme)
	special := scheme == "http" || scheme == "https" || scheme == "ws" || scheme == "wss" || scheme == "ftp"
	if special && u.Hostname() == "" {
		return goja.Null()
	}
	password, _ := u.User.Password()
	port := u.Port()
	if port == map[string]string{"http": "80", "https": "443", "ws": "80", "wss": "443", "ftp": "21"}[scheme] {
		port = ""
	}
	hostname := strings.ToLower(u.Hostname())
	if strings.Contains(hostname, ":") {
		hostname = "[" + hostname + "]"
	}
	path := u.EscapedPath()
	if u.Opaque != "" {
		path = u.Opaque
	} else if special && path == "" {
		path = "/"
	}
	search, hash := "", ""
	if u.RawQuery != "" {
		search = "?" + u.RawQuery
	}
	if u.Fragment != "" {
		hash = "#" + u.EscapedFragment()
	}
	return m.vm.NewArray(scheme+":", u.User.Username(), password, hostname, port, path, search, hash)
}

// escapeQuery escapes a name or value of a query as forms do.
func (m *machine) escapeQuery(c goja.FunctionCall) goja.Value {
	s := m.text(c.Argument(0))
	m.checkText(3 * float64(s.Length())) // what most of it becomes
	return m.vm.ToValue(strings.NewReplacer("~", "%7E", "%2A", "*").Replace(url.QueryEscape(s.String())))
}

// unescapeQuery undoes escapeQuery; what is no escape stays as it is.
func (m *machine) unescapeQuery(c goja.FunctionCall) goja.Value {
	s := c.Argument(0).String()
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '+':
			b.WriteByte(' ')
		case s[i] == '%' && i+2 < len(s):
			var n byte
			if _, err := fmt.Sscanf(s[i+1:i+3], "%02x", &n); err == nil {
				b.WriteByte(n)
				i += 2
				continue
			}
			b.WriteByte('%')
		default:
			b.WriteByte(s[i])
		}
	}
	return m.vm.ToValue(strings.ToValidUTF8(b.String(), "\ufffd"))
}
