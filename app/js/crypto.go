package js

import (
	"crypto/hmac"
	"crypto/md5" //nolint:gosec // scripts need it for formats that ask for it
	"crypto/rand"
	"crypto/sha1" //nolint:gosec // the same
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"hash"
	"strings"

	"github.com/dop251/goja"
)

// mostRandom is how many bytes getRandomValues gives at once, as in browsers.
const mostRandom = 65536

var hashes = map[string]func() hash.Hash{
	"md5": md5.New, "sha1": sha1.New, "sha224": sha256.New224, "sha256": sha256.New,
	"sha384": sha512.New384, "sha512": sha512.New,
}

func hashOf(name string) func() hash.Hash {
	return hashes[strings.ReplaceAll(strings.ToLower(name), "-", "")]
}

// cryptography makes crypto: random values as browsers have them, hashes and
// MACs as Node.js has them, and subtle.digest.
func (m *machine) cryptography() {
	o := m.vm.NewObject()
	m.method(o, "randomUUID", func(goja.FunctionCall) goja.Value {
		var b [16]byte
		_, _ = rand.Read(b[:]) // never fails
		b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
		return m.vm.ToValue(fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:]))
	})
	m.method(o, "getRandomValues", func(c goja.FunctionCall) goja.Value {
		b := m.bytesArgument(c.Argument(0))
		if len(b) > mostRandom {
			m.tooMuch("More than %d random bytes at once are too many", mostRandom)
		}
		_, _ = rand.Read(b)
		return c.Argument(0)
	})
	m.method(o, "randomBytes", func(c goja.FunctionCall) goja.Value {
		n := c.Argument(0).ToInteger()
		if n < 0 || n > mostRandom {
			m.tooMuch("More than %d random bytes at once are too many", mostRandom)
		}
		b := make([]byte, n)
		_, _ = rand.Read(b)
		return m.bytes(b)
	})
	m.method(o, "createHash", func(c goja.FunctionCall) goja.Value {
		make := hashOf(c.Argument(0).String())
		if make == nil {
			m.must(m.typeError("Unknown hash: " + c.Argument(0).String()))
		}
		return m.hasher(make())
	})
	m.method(o, "createHmac", func(c goja.FunctionCall) goja.Value {
		make := hashOf(c.Argument(0).String())
		if make == nil {
			m.must(m.typeError("Unknown hash: " + c.Argument(0).String()))
		}
		return m.hasher(hmac.New(make, m.data(c.Argument(1))))
	})
	m.method(o, "timingSafeEqual", func(c goja.FunctionCall) goja.Value {
		return m.vm.ToValue(subtle.ConstantTimeCompare(m.data(c.Argument(0)), m.data(c.Argument(1))) == 1)
	})
	fine := m.vm.NewObject()
	m.method(fine, "digest", func(c goja.FunctionCall) goja.Value {
		name := c.Argument(0)
		if o, ok := name.(*goja.Object); ok {
			name = o.Get("name")
		}
		promise, resolve, reject := m.vm.NewPromise()
		if make := hashOf(fmt.Sprint(name)); make == nil {
			m.must(reject(m.vm.NewTypeError("Unknown hash: %v", name)))
		} else {
			h := make()
			h.Write(m.bytesArgument(c.Argument(1)))
			m.must(resolve(m.vm.ToValue(m.vm.NewArrayBuffer(h.Sum(nil)))))
		}
		return m.vm.ToValue(promise)
	})
	m.put(o, "subtle", fine)
	m.global("crypto", o)
}

// data returns the bytes of text or of a buffer.
func (m *machine) data(v goja.Value) []byte {
	if s, ok := v.(goja.String); ok {
		return []byte(s.String())
	}
	return m.bytesArgument(v)
}

// hasher is a hash under way: update(…).update(…).digest("hex").
func (m *machine) hasher(h hash.Hash) *goja.Object {
	o := m.vm.NewObject()
	m.method(o, "update", func(c goja.FunctionCall) goja.Value {
		h.Write(m.data(c.Argument(0)))
		return o
	})
	m.method(o, "digest", func(c goja.FunctionCall) goja.Value {
		sum := h.Sum(nil)
		switch encoding := c.Argument(0); {
		case goja.IsUndefined(encoding):
			return m.bytes(sum)
		case encoding.String() == "hex":
			return m.vm.ToValue(hex.EncodeToString(sum))
		case encoding.String() == "base64":
			return m.vm.ToValue(base64.StdEncoding.EncodeToString(sum))
		case encoding.String() == "base64url":
			return m.vm.ToValue(base64.RawURLEncoding.EncodeToString(sum))
		}
		m.must(m.typeError("Unknown encoding: " + c.Argument(0).String()))
		return nil
	})
	return o
}
