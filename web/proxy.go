package web

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// believe takes from a known proxy who the caller is and whether they came over
// TLS: RemoteAddr becomes the caller's address and the URL's scheme "https". From
// anybody else the headers are hearsay.
func (s *server) believe(r *http.Request) {
	if len(s.surface.Load().proxies) == 0 {
		return
	}
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil || !s.trusted(peer.Addr()) {
		return
	}
	caller, https := s.forwarded(r.Header, peer.Addr().Unmap())
	r.RemoteAddr = netip.AddrPortFrom(caller, 0).String()
	if https {
		r.URL.Scheme = "https"
	}
}

func (s *server) trusted(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	return slices.ContainsFunc(s.surface.Load().proxies, func(p netip.Prefix) bool { return p.Contains(a) })
}

// forwarded reads both families of headers. A proxy writes one and may pass on
// what the caller wrote in the other, so where they disagree neither counts.
func (s *server) forwarded(h http.Header, peer netip.Addr) (caller netip.Addr, https bool) {
	var chains [][]string
	if lines := h.Values("X-Forwarded-For"); len(lines) > 0 {
		chains = append(chains, strings.Split(strings.Join(lines, ","), ","))
	}
	proto := lastOf(h.Values("X-Forwarded-Proto"))
	if lines := h.Values("Forwarded"); len(lines) > 0 {
		var chain []string
		forwardedProto := ""
		for _, element := range strings.Split(strings.Join(lines, ","), ",") {
			node := ""
			forwardedProto = ""
			for _, pair := range strings.Split(element, ";") {
				name, value, _ := strings.Cut(strings.TrimSpace(pair), "=")
				value = strings.Trim(value, `"`)
				switch strings.ToLower(name) {
				case "for":
					node = value
				case "proto":
					forwardedProto = value
				}
			}
			chain = append(chain, node)
		}
		chains = append(chains, chain)
		if proto == "" {
			proto = forwardedProto
		} else if forwardedProto != "" && !strings.EqualFold(proto, forwardedProto) {
			proto = ""
		}
	}
	caller = peer
	for i, chain := range chains {
		found := s.rightmost(chain, peer)
		if i > 0 && found != caller {
			return peer, false
		}
		caller = found
	}
	return caller, strings.EqualFold(proto, "https")
}

// rightmost walks a chain from its end, where the nearest proxy wrote, to the
// first address that is no proxy of ours. What is not an address ends the walk.
func (s *server) rightmost(chain []string, peer netip.Addr) netip.Addr {
	last := peer
	for _, text := range slices.Backward(chain) {
		addr, ok := nodeAddress(strings.TrimSpace(text))
		if !ok {
			return last
		}
		if last = addr; !s.trusted(addr) {
			return last
		}
	}
	return last
}

// nodeAddress reads "192.0.2.1", "192.0.2.1:80", "2001:db8::1" or "[2001:db8::1]:80".
func nodeAddress(text string) (netip.Addr, bool) {
	if ap, err := netip.ParseAddrPort(text); err == nil {
		return ap.Addr().Unmap().WithZone(""), true
	}
	a, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(text, "["), "]"))
	return a.Unmap().WithZone(""), err == nil
}

// lastOf returns the last word of a header that lists words.
func lastOf(lines []string) string {
	words := strings.Split(strings.Join(lines, ","), ",")
	return strings.TrimSpace(words[len(words)-1])
}

// address returns the caller's address, after believe.
func address(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// isSecure reports whether the caller speaks TLS, with us or with a known proxy.
func isSecure(r *http.Request) bool { return r.TLS != nil || r.URL.Scheme == "https" }
