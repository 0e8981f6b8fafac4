package web

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// Hosts is the list of Host values that are ours. It is what stops DNS rebinding:
// a foreign name that resolves to this machine is still not on it.
type Hosts struct {
	exact    map[string]bool // as most browsers send it: no work per request
	ports    []uint16        // of our listeners
	names    []string        // "host" for any port, or "host:port"; lower case
	wildcard bool            // listening on every address of the machine
}

// NewHosts returns the list for listeners at the addresses. machine is this
// computer's own name, which counts when a listener is bound to every address;
// public are the names the configuration adds, each with a port or for any.
func NewHosts(listeners []netip.AddrPort, machine string, public []string) *Hosts {
	h := &Hosts{exact: map[string]bool{}}
	for _, l := range listeners {
		port := strconv.Itoa(int(l.Port()))
		if !slices.Contains(h.ports, l.Port()) {
			h.ports = append(h.ports, l.Port())
		}
		hosts := []string{"localhost", "127.0.0.1", "[::1]"}
		switch {
		case l.Addr().IsUnspecified():
			h.wildcard = true
			if machine != "" {
				machine = strings.ToLower(strings.TrimSuffix(machine, ".local"))
				hosts = append(hosts, machine, machine+".local")
			}
		default:
			hosts = append(hosts, literal(l.Addr()))
		}
		for _, host := range hosts {
			h.exact[host+":"+port] = true
			if l.Port() == 80 || l.Port() == 443 {
				h.exact[host] = true
			}
		}
	}
	for _, name := range public {
		h.names = append(h.names, strings.ToLower(strings.TrimSpace(name)))
	}
	return h
}

// literal writes an address as it stands in a URL.
func literal(a netip.Addr) string {
	if a.Is4() {
		return a.String()
	}
	return "[" + a.String() + "]"
}

// Admit reports whether a request is for us. A target in absolute form is
// refused: the Host that it overrides can no longer be compared with it.
func (h *Hosts) Admit(r *http.Request) bool {
	return r.URL.Host == "" && r.URL.Scheme == "" && h.admits(r.Context(), r.Host)
}

// admits reports whether the Host value of the request that ctx belongs to is ours.
func (h *Hosts) admits(ctx context.Context, called string) bool {
	if h.exact[called] {
		return true
	}
	full := strings.ToLower(called)
	host, port := full, ""
	if i := strings.LastIndexByte(full, ':'); i >= 0 && !strings.HasSuffix(full, "]") {
		host, port = full[:i], full[i+1:]
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || strconv.FormatUint(n, 10) != port {
			return false
		}
	}
	if host == "" {
		return false
	}
	if h.exact[full] || slices.Contains(h.names, full) || slices.Contains(h.names, host) {
		return true
	}
	if !h.ours(port) {
		return false
	}
	bare, bracketed := host, false
	if inside, ok := strings.CutPrefix(host, "["); ok {
		bare, bracketed = strings.CutSuffix(inside, "]")
	}
	addr, err := netip.ParseAddr(bare)
	if err != nil || addr.Zone() != "" || addr.Is4In6() || addr.Is6() != bracketed {
		return false
	}
	return addr.IsLoopback() || h.wildcard && addr == local(ctx)
}

// ours reports whether a listener has the port; none means that of the scheme.
func (h *Hosts) ours(port string) bool {
	for _, p := range h.ports {
		if strconv.Itoa(int(p)) == port || port == "" && (p == 80 || p == 443) {
			return true
		}
	}
	return false
}

// local returns the address of this machine that the request of ctx arrived at.
func local(ctx context.Context) netip.Addr {
	a, ok := ctx.Value(http.LocalAddrContextKey).(net.Addr)
	if !ok {
		return netip.Addr{}
	}
	ap, err := netip.ParseAddrPort(a.String())
	if err != nil {
		return netip.Addr{}
	}
	return ap.Addr().Unmap().WithZone("")
}
