package flow

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"ecoflow/app/node"
)

// A route is one method of one path and the entry that answers it.
type route struct {
	method  string
	pattern string // with the prefix: "/api/users/:id"
	names   []string
	entry   *entry
}

// A router finds a request's route. It is a tree of path segments, so a lookup
// takes one step for each segment of the path, however many routes there are.
type router struct {
	prefix    string // "" or "/api"
	host      string // "" is any
	sensitive bool
	strict    bool
	fixed     string // the path below the prefix that all are matched by; "" is their own
	root      branch
}

type branch struct {
	static map[string]*branch
	param  *branch
	leaf   *leaf
}

// A leaf is a path that has routes.
type leaf struct{ routes []*route }

func newRouter(s Settings) *router {
	t := &router{
		prefix: normalPrefix(s.Prefix), host: strings.ToLower(s.Host),
		sensitive: s.Sensitive, strict: s.Strict,
	}
	if s.Path != "" {
		path := "/" + strings.Trim(s.Path, "/")
		if rest, ok := t.within(path); ok {
			path = "/" + strings.Trim(rest, "/")
		}
		t.fixed = path
	}
	return t
}

func normalPrefix(p string) string {
	p = strings.Trim(p, "/")
	if p == "" {
		return ""
	}
	return "/" + p
}

// splitRoute takes a Request node's path apart. The message says, as a sentence,
// what no route can have.
func splitRoute(r node.Route) (segments []string, message string) {
	path := strings.Trim(r.Path, "/")
	if path == "" {
		return nil, ""
	}
	if len(path) > maxRoute {
		return nil, fmt.Sprintf("A route may have %d characters at most.", maxRoute)
	}
	seen := map[string]bool{}
	segments = strings.Split(path, "/")
	for _, s := range segments {
		name, isParam := strings.CutPrefix(s, ":")
		switch {
		case s == "":
			return nil, "A route may not have two slashes in a row."
		case s == "." || s == "..":
			return nil, "A route may not have a part that is only dots."
		case isParam && name == "":
			return nil, "A parameter of a route needs a name after the colon."
		case strings.Contains(name, ":"):
			return nil, "A parameter has to be a whole part of the route, as in /users/:id."
		case strings.ContainsAny(s, "?#*()\\\"<>{}|^` ") || strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f || r == 0xfffd }):
			return nil, fmt.Sprintf("The part %q of the route holds a character that no address has.", s)
		case isParam && seen[name]:
			return nil, fmt.Sprintf("The route has the parameter %q twice.", name)
		}
		if isParam {
			seen[name] = true
		}
	}
	return segments, ""
}

const maxRoute = 2000

// key is what two routes may not share: the path without the parameters' names.
func (t *router) key(method string, segments []string) string {
	var b strings.Builder
	b.WriteString(method)
	for _, s := range segments {
		b.WriteByte('/')
		if s[0] == ':' {
			b.WriteByte(':')
		} else {
			b.WriteString(t.fold(s))
		}
	}
	return b.String()
}

func (t *router) fold(s string) string {
	if t.sensitive {
		return s
	}
	return strings.ToLower(s)
}

// pattern is the route as documents and messages show it.
func (t *router) pattern(segments []string) string {
	return t.prefix + "/" + strings.Join(segments, "/")
}

// add puts a route in; its key is not there yet.
func (t *router) add(r *route, segments []string) {
	b := &t.root
	for _, s := range segments {
		if name, ok := strings.CutPrefix(s, ":"); ok {
			r.names = append(r.names, name)
			if b.param == nil {
				b.param = &branch{}
			}
			b = b.param
			continue
		}
		if b.static == nil {
			b.static = map[string]*branch{}
		}
		next := b.static[t.fold(s)]
		if next == nil {
			next = &branch{}
			b.static[t.fold(s)] = next
		}
		b = next
	}
	if b.leaf == nil {
		b.leaf = &leaf{}
	}
	b.leaf.routes = append(b.leaf.routes, r)
}

// allowed lists what a path with the routes answers, for the Allow header.
func allowed(routes []*route) []string {
	methods := []string{http.MethodOptions}
	for _, r := range routes {
		methods = append(methods, r.method)
		if r.method == http.MethodGet {
			methods = append(methods, http.MethodHead)
		}
	}
	slices.Sort(methods)
	return slices.Compact(methods)
}

// within reports whether the path lies under the prefix.
func (t *router) within(path string) (rest string, ok bool) {
	n := len(t.prefix)
	if len(path) < n || path[:n] != t.prefix && (t.sensitive || !strings.EqualFold(path[:n], t.prefix)) {
		return "", false
	}
	rest = path[n:]
	if rest == "" {
		return "", true
	}
	return rest, rest[0] == '/'
}

// below returns what is asked for below the prefix, which is the same for all where a
// path is fixed.
func (t *router) below(path string) (rest string, ok bool) {
	if rest, ok = t.within(path); ok && t.fixed != "" {
		rest = t.fixed
	}
	return rest, ok
}

// match finds the route of a method at the path; params collects the values of the
// parameters, without their names. It allocates nothing beyond what params has room
// for.
func (t *router) match(host string, u *url.URL, method string, params node.Params) (*route, node.Params) {
	return t.search(&search{method: method}, host, u, params)
}

// routesAt lists the routes of all methods at the path: those of every leaf that
// its parts lead to.
func (t *router) routesAt(host string, u *url.URL) []*route {
	s := search{all: true}
	var room [8]node.Param
	t.search(&s, host, u, room[:0])
	return s.met
}

// A search is for the route of a method or, with all set, for every route there is.
type search struct {
	method  string
	escaped bool // the path's parts are
	all     bool
	met     []*route
}

// at looks at a leaf, nil being none.
func (s *search) at(l *leaf) *route {
	switch {
	case l == nil:
		return nil
	case s.all:
		s.met = append(s.met, l.routes...)
		return nil
	}
	return l.route(s.method)
}

func (t *router) search(s *search, host string, u *url.URL, params node.Params) (*route, node.Params) {
	if t.host != "" && !strings.EqualFold(hostname(host), t.host) {
		return nil, params
	}
	path := u.Path
	if u.RawPath != "" { // an escaped slash is part of its segment
		path, s.escaped = u.RawPath, t.fixed == ""
	}
	rest, ok := t.below(path)
	switch {
	case !ok:
		return nil, params
	case rest == "/" || rest == "" && !t.strict:
		return s.at(t.root.leaf), params
	case rest == "":
		return nil, params
	}
	rest = rest[1:]
	if rest[len(rest)-1] == '/' {
		if t.strict {
			return nil, params
		}
		rest = rest[:len(rest)-1]
	}
	return t.find(s, &t.root, rest, params)
}

// find goes down the static branch first and, where that has no route of the method,
// down the parameter's.
func (t *router) find(s *search, b *branch, rest string, params node.Params) (*route, node.Params) {
	segment, tail, more := strings.Cut(rest, "/")
	if s.escaped {
		plain, err := url.PathUnescape(segment)
		if err != nil {
			return nil, params
		}
		segment = plain
	}
	if segment == "" {
		return nil, params
	}
	if next := t.child(b, segment); next != nil {
		if !more {
			if r := s.at(next.leaf); r != nil {
				return r, params
			}
		} else if r, p := t.find(s, next, tail, params); r != nil {
			return r, p
		}
	}
	if b.param == nil {
		return nil, params
	}
	params = append(params, node.Param{Value: segment})
	if !more {
		return s.at(b.param.leaf), params
	}
	return t.find(s, b.param, tail, params)
}

// child finds the static branch of a segment, which is lower-cased on the stack
// where case does not count.
func (t *router) child(b *branch, segment string) *branch {
	if next := b.static[segment]; next != nil || t.sensitive {
		return next
	}
	var buf [64]byte
	if len(segment) > len(buf) {
		return b.static[strings.ToLower(segment)]
	}
	for i := range len(segment) {
		c := segment[i]
		switch {
		case c >= 0x80:
			return b.static[strings.ToLower(segment)]
		case c >= 'A' && c <= 'Z':
			c |= 0x20
		}
		buf[i] = c
	}
	return b.static[string(buf[:len(segment)])]
}

// hostname is a Host header without its port.
func hostname(host string) string {
	if i := strings.LastIndexByte(host, ':'); i >= 0 && !strings.HasSuffix(host, "]") {
		return host[:i]
	}
	return host
}

// route returns the leaf's route for a method; HEAD is answered by GET.
func (l *leaf) route(method string) *route {
	for _, r := range l.routes {
		if r.method == method || method == http.MethodHead && r.method == http.MethodGet {
			return r
		}
	}
	return nil
}
