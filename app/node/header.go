package node

import (
	"net/http"
	"strings"

	"ecoflow/app/fault"
)

// perimeter are the headers that belong to the server, in canonical form: what
// protects its own pages, and what HTTP itself is made of.
var perimeter = map[string]bool{
	"Content-Security-Policy": true, "X-Content-Type-Options": true, "X-Frame-Options": true,
	"Strict-Transport-Security": true, "Permissions-Policy": true, "Referrer-Policy": true,
	"Cross-Origin-Opener-Policy": true, "Cross-Origin-Resource-Policy": true, "Cross-Origin-Embedder-Policy": true,
	"Clear-Site-Data": true, "Service-Worker-Allowed": true, "Set-Cookie": true,
	"Content-Length": true, "Transfer-Encoding": true, "Connection": true, "Keep-Alive": true,
	"Upgrade": true, "Trailer": true, "Te": true, "Proxy-Connection": true,
}

func refused(format string, args ...any) error {
	return fault.New(fault.Internal, format, args...).WithCode("bad_header")
}

// CheckHeader returns a fault, its message a sentence, when a flow may not set the header:
// a name or value that HTTP has no room for, or a header that is the server's.
func CheckHeader(name, value string) error {
	if name == "" {
		return refused("A header needs a name.")
	}
	for i := range len(name) {
		c := name[i]
		if c <= ' ' || c >= 0x7f || strings.IndexByte("\"(),/:;<=>?@[\\]{}", c) >= 0 {
			return refused("The header name %q holds a character that names may not hold.", name)
		}
	}
	if perimeter[http.CanonicalHeaderKey(name)] {
		return refused("The header %s is set by the server and not by flows.", name)
	}
	for i := range len(value) {
		if c := value[i]; c < ' ' && c != '\t' || c == 0x7f {
			return refused("The header %s holds a line break or another control character.", name)
		}
	}
	return nil
}
