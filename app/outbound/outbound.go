// Package outbound holds the one dialer for requests to the outside. It looks at
// the address after names were resolved, for every connection and every hop of a
// redirect, so that no spelling, no name and no answer leads a flow to where it
// must not reach.
package outbound

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"ecoflow/app/limit"
)

// Bounds of one request to the outside.
const (
	Redirects  = 5
	AnswerSize = 10 << 20 // bytes, unpacked
	AnswerTime = 30 * time.Second
)

// Options say what may be reached.
type Options struct {
	// SignIn reports whether the product runs in sign-in mode now, where loopback and private
	// addresses, and ports below 1024 other than 80 and 443, are reached only if
	// Allow lists them.
	SignIn func() bool
	// Allow lists what may be reached all the same, as now configured: addresses,
	// networks (10.0.0.0/8) and host names, each with or without a port. nil
	// allows nothing.
	Allow func() []string
	// Own returns the addresses of our management listener, which nobody reaches
	// from here.
	Own func() []netip.AddrPort
	// Resolver looks names up; nil is the system's.
	Resolver *net.Resolver
	Counters *limit.Counters
}

// Refused is the error of a connection that may not be made.
type Refused struct {
	Address string
	Reason  string // what about it is refused: "is a loopback address"
}

// Error is a sentence for whoever wrote the flow.
func (r *Refused) Error() string {
	return fmt.Sprintf("Requests may not go to %s: it %s.", r.Address, r.Reason)
}

// Dialer makes the connections of requests to the outside.
type Dialer struct {
	options Options
	dialer  net.Dialer
}

// New returns a dialer.
func New(o Options) *Dialer {
	if o.Counters == nil {
		o.Counters = &limit.Counters{}
	}
	d := &Dialer{options: o}
	d.dialer = net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second, Resolver: o.Resolver, ControlContext: d.control}
	return d
}

// host is the key of the host name that a connection is made for.
type host struct{}

// DialContext connects to the address after checking what it resolves to; the
// error is *Refused when it must not be reached.
func (d *Dialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	name, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	conn, err := d.dialer.DialContext(context.WithValue(ctx, host{}, name), network, address)
	if refused, ok := errors.AsType[*Refused](err); ok {
		return nil, refused // without the words of the network around it
	}
	return conn, err
}

// signIn reports whether this is sign-in mode; nobody who says so means it is not.
func (d *Dialer) signIn() bool { return d.options.SignIn != nil && d.options.SignIn() }

func (d *Dialer) control(ctx context.Context, _, address string, _ syscall.RawConn) error {
	name, _ := ctx.Value(host{}).(string)
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("address %s: %w", address, err)
	}
	if reason := d.refuse(name, at); reason != "" {
		d.options.Counters.Refused("outbound")
		return &Refused{Address: address, Reason: reason}
	}
	return nil
}

// Networks that carry an IPv4 address inside an IPv6 one, with the byte at which
// it stands.
var carriers = []struct {
	prefix netip.Prefix
	at     int
}{
	{netip.MustParsePrefix("64:ff9b::/96"), 12},   // NAT64
	{netip.MustParsePrefix("64:ff9b:1::/48"), 12}, // NAT64, local use
	{netip.MustParsePrefix("2002::/16"), 2},       // 6to4
	{netip.MustParsePrefix("::/96"), 12},          // IPv4-compatible
}

// plain unwraps an IPv4 address that an IPv6 one carries.
func plain(ip netip.Addr) netip.Addr {
	ip = ip.Unmap().WithZone("")
	if ip.Is4() || ip == netip.IPv6Loopback() || ip.IsUnspecified() {
		return ip
	}
	for _, c := range carriers {
		if c.prefix.Contains(ip) {
			b := ip.As16()
			return netip.AddrFrom4([4]byte(b[c.at : c.at+4]))
		}
	}
	return ip
}

var (
	// metadata are the addresses at which clouds tell a machine its secrets.
	metadata = []netip.Addr{
		netip.MustParseAddr("169.254.169.254"), netip.MustParseAddr("fd00:ec2::254"),
		netip.MustParseAddr("100.100.100.200"), netip.MustParseAddr("192.0.0.192"),
	}
	thisNetwork = netip.MustParsePrefix("0.0.0.0/8")
	reserved    = []netip.Prefix{
		netip.MustParsePrefix("240.0.0.0/4"), // with the broadcast address
		netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("198.51.100.0/24"), netip.MustParsePrefix("203.0.113.0/24"),
		netip.MustParsePrefix("2001:db8::/32"), netip.MustParsePrefix("100::/64"),
	}
	private = []netip.Prefix{
		netip.MustParsePrefix("100.64.0.0/10"), // carriers' own
		netip.MustParsePrefix("198.18.0.0/15"), netip.MustParsePrefix("192.0.0.0/24"), netip.MustParsePrefix("fec0::/10"),
	}
)

func within(ip netip.Addr, prefixes []netip.Prefix) bool {
	return slices.ContainsFunc(prefixes, func(p netip.Prefix) bool { return p.Contains(ip) })
}

// refuse says why the address must not be reached, "" when it may.
func (d *Dialer) refuse(name string, at netip.AddrPort) string {
	ip := plain(at.Addr())
	switch {
	case ip.IsUnspecified() || thisNetwork.Contains(ip):
		return "is no address of a host"
	case ip.IsMulticast():
		return "is a multicast address"
	case slices.Contains(metadata, ip):
		return "is where clouds keep secrets"
	case ip.IsLinkLocalUnicast():
		return "is a link-local address"
	case within(ip, reserved):
		return "is a reserved address"
	case d.own(ip, at.Port()):
		return "is this server's own window"
	}
	if !d.signIn() || d.allowed(name, ip, at.Port()) {
		return ""
	}
	switch {
	case ip.IsLoopback():
		return "is a loopback address that outbound.allow does not list"
	case ip.IsPrivate() || within(ip, private):
		return "is a private address that outbound.allow does not list"
	case at.Port() < 1024 && at.Port() != 80 && at.Port() != 443:
		return "is a port that outbound.allow does not list"
	}
	return ""
}

// own reports whether our management listener is at the address.
func (d *Dialer) own(ip netip.Addr, port uint16) bool {
	if d.options.Own == nil {
		return false
	}
	for _, l := range d.options.Own() {
		if l.Port() != port {
			continue
		}
		if a := plain(l.Addr()); a == ip || a.IsUnspecified() && local(ip) {
			return true
		}
	}
	return false
}

// local reports whether the address is one of this machine.
func local(ip netip.Addr) bool {
	if ip.IsLoopback() {
		return true
	}
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		return true // better one request too few
	}
	return slices.ContainsFunc(addrs, func(a net.Addr) bool {
		p, err := netip.ParsePrefix(a.String())
		return err == nil && plain(p.Addr()) == ip
	})
}

// allowed reports whether the configuration lists the address or the name.
func (d *Dialer) allowed(name string, ip netip.Addr, port uint16) bool {
	if d.options.Allow == nil {
		return false
	}
	for _, entry := range d.options.Allow() {
		what, only, err := parse(entry)
		if err != nil || only != 0 && only != port {
			continue
		}
		if p, err := netip.ParsePrefix(what); err == nil {
			if p.Contains(ip) {
				return true
			}
		} else if a, err := netip.ParseAddr(what); err == nil {
			if plain(a) == ip {
				return true
			}
		} else if strings.EqualFold(strings.TrimSuffix(what, "."), strings.TrimSuffix(name, ".")) {
			return true
		}
	}
	return false
}

// parse splits an entry of the list of what is allowed; port 0 means any.
func parse(entry string) (what string, port uint16, err error) {
	entry = strings.TrimSpace(entry)
	if entry == "" {
		return "", 0, errors.New("the entry is empty")
	}
	if _, err := netip.ParseAddr(entry); err == nil {
		return entry, 0, nil
	}
	if _, err := netip.ParsePrefix(entry); err == nil {
		return entry, 0, nil
	}
	i := strings.LastIndexByte(entry, ':')
	if i < 0 {
		return entry, 0, nil
	}
	n, err := strconv.ParseUint(entry[i+1:], 10, 16)
	if err != nil || n == 0 {
		return "", 0, fmt.Errorf("%q has no port behind its colon", entry)
	}
	return strings.Trim(entry[:i], "[]"), uint16(n), nil
}

// CheckAllowed says what is wrong with an entry of the list of what is allowed.
func CheckAllowed(entry string) error {
	what, _, err := parse(entry)
	if err != nil {
		return err
	}
	_, noNetwork := netip.ParsePrefix(what)
	_, noAddress := netip.ParseAddr(what)
	if noNetwork != nil && noAddress != nil && (len(what) > 253 || !hostName.MatchString(what)) {
		return fmt.Errorf("%q is no address, network or host name", entry)
	}
	return nil
}

// hostName is a name that could be looked up: letters of any script, digits, hyphens
// and underscores between dots.
var hostName = regexp.MustCompile(`^[\pL\pN_]([\pL\pN_-]*[\pL\pN_])?(\.[\pL\pN_]([\pL\pN_-]*[\pL\pN_])?)*\.?$`)

// Client returns an HTTP client over the dialer: redirects, size and time of
// answers are bounded, credentials stay with the host they were for, and no proxy
// is taken from the environment.
func (d *Dialer) Client() *http.Client {
	transport := &http.Transport{
		DialContext: d.DialContext, ForceAttemptHTTP2: true, MaxIdleConns: 100, MaxIdleConnsPerHost: 16,
		IdleConnTimeout: time.Minute, TLSHandshakeTimeout: 10 * time.Second, MaxResponseHeaderBytes: 1 << 20,
	}
	return &http.Client{Transport: bounded{transport}, CheckRedirect: redirect, Timeout: AnswerTime}
}

// ErrTooManyRedirects is returned for an answer that redirects once too often.
var ErrTooManyRedirects = fmt.Errorf("the answer redirects more than %d times", Redirects)

// credentials are the headers that do not follow a redirect to another host.
var credentials = []string{"Authorization", "Cookie", "Proxy-Authorization", "X-Api-Key", "X-Auth-Token"}

func redirect(r *http.Request, via []*http.Request) error {
	if len(via) > Redirects {
		return ErrTooManyRedirects
	}
	if s := r.URL.Scheme; s != "http" && s != "https" {
		return fmt.Errorf("the answer redirects to the scheme %q", s)
	}
	if first := via[0].URL; r.URL.Host != first.Host || first.Scheme == "https" && r.URL.Scheme == "http" {
		for _, name := range credentials {
			r.Header.Del(name)
		}
	}
	return nil
}

// bounded ends answers that are too large.
type bounded struct{ *http.Transport }

// RoundTrip implements http.RoundTripper.
func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := b.Transport.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	if res.ContentLength > AnswerSize {
		res.Body.Close() //nolint:errcheck // nobody reads it
		return nil, ErrTooLarge
	}
	if res.StatusCode != http.StatusSwitchingProtocols {
		res.Body = &answer{ReadCloser: res.Body, left: AnswerSize}
	}
	return res, nil
}

// ErrTooLarge is returned when an answer is larger than AnswerSize.
var ErrTooLarge = fmt.Errorf("the answer is larger than %d MiB", AnswerSize>>20)

type answer struct {
	io.ReadCloser
	left int
}

// Read implements io.Reader.
func (a *answer) Read(p []byte) (int, error) {
	if a.left < 0 {
		return 0, ErrTooLarge
	}
	if len(p) > a.left+1 {
		p = p[:a.left+1]
	}
	n, err := a.ReadCloser.Read(p)
	if a.left -= n; a.left < 0 {
		return n + a.left, ErrTooLarge
	}
	return n, err
}
