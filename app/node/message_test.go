package node_test

import (
	"fmt"
	"net/http"
	"testing"

	"ecoflow/app/node"
	"ecoflow/app/value"
)

func TestForksDoNotSeeEachOther(t *testing.T) {
	raw, err := value.Validate([]byte(`{"a": 1}`), 9)
	if err != nil {
		t.Fatal(err)
	}
	m := &node.Message{Payload: node.NewPayload(raw)}
	m.Reply.SetHeader("X-A", "1")
	f := m.Fork()
	for i, each := range []*node.Message{m, f} {
		if err := each.Payload.Set("own", i); err != nil {
			t.Fatal(err)
		}
		each.Reply.SetHeader("X-Own", fmt.Sprint(i))
		each.Reply.AddCookie(&http.Cookie{Name: "c", Value: fmt.Sprint(i)})
	}
	if err := f.Payload.Delete("msg"); err != nil {
		t.Fatal(err)
	}
	for i, each := range []*node.Message{m, f} {
		if v, _, _ := each.Payload.Get("own"); v != i || each.Reply.Header.Get("X-Own") != fmt.Sprint(i) || each.Reply.Cookies[0].Value != fmt.Sprint(i) {
			t.Errorf("branch %d holds %v, %v, %v", i, v, each.Reply.Header, each.Reply.Cookies)
		}
	}
	if _, ok, _ := m.Payload.Get("msg"); !ok {
		t.Error("a branch deleted another's msg")
	}
	if err := m.Merge(f); err != nil {
		t.Fatal(err)
	}
	if v, _, _ := m.Payload.Get("own"); v != 1 || m.Reply.Header.Get("X-Own") != "1" || m.Reply.Header.Get("X-A") != "1" || len(m.Reply.Cookies) != 2 {
		t.Errorf("merged %v %+v", v, m.Reply)
	}
}

// Whoever was given a value keeps it as it was, however it was given: changes are made
// in place only where nobody could tell.
func TestChangesSpareWhatOthersHold(t *testing.T) {
	target, err := node.TargetOf("msg.n")
	if err != nil {
		t.Fatal(err)
	}
	for name, hold := range map[string]func(p *node.Payload) func() any{
		"Get":  func(p *node.Payload) func() any { v, _, _ := p.Get("msg"); return func() any { return v } },
		"Peek": func(p *node.Payload) func() any { v, _ := p.Peek("msg"); return func() any { return v } },
		"All": func(p *node.Payload) func() any {
			var held any
			for _, v := range p.All() {
				held = v
			}
			return func() any { return held }
		},
		"Output": func(p *node.Payload) func() any { v, _ := p.Output("msg"); return func() any { return v } },
		"Fork": func(p *node.Payload) func() any {
			f := p.Fork()
			return func() any { v, _, _ := f.Get("msg"); return v }
		},
		"Merge": func(p *node.Payload) func() any {
			var other node.Payload
			if err := other.Merge(p); err != nil {
				t.Fatal(err)
			}
			return func() any { v, _, _ := other.Get("msg"); return v }
		},
		"an expression": func(p *node.Payload) func() any {
			v, err := node.Scope(&node.Message{Payload: *p}).Lookup("msg", nil)
			if err != nil {
				t.Fatal(err)
			}
			whole, err := node.TargetOf("whole")
			if err == nil {
				err = whole.Set(p, v)
			}
			if err != nil {
				t.Fatal(err)
			}
			return func() any { v, _, _ := p.Get("whole"); return v }
		},
	} {
		given := map[string]any{"n": 0}
		p := node.NewPayload(given)
		set := func(n int) {
			if err := target.Set(&p, n); err != nil {
				t.Fatal(err)
			}
		}
		set(1)
		set(2)
		held := hold(&p)
		set(3)
		set(4)
		now, _, _ := p.Get("msg")
		if fmt.Sprint(given, held(), now) != "map[n:0] map[n:2] map[n:4]" {
			t.Errorf("%s: given %v, held %v, now %v", name, given, held(), now)
		}
	}
}

func TestPorts(t *testing.T) {
	m := &node.Message{}
	if got := m.TakeSent(); len(got) != 0 {
		t.Errorf("sent %v without being told", got)
	}
	m.Send("a")
	m.Send("b")
	if got := fmt.Sprint(m.TakeSent()); got != "[a b]" {
		t.Errorf("sent %s", got)
	}
}

func TestCheckHeader(t *testing.T) {
	for _, c := range []struct {
		name, value string
		ok          bool
	}{
		{"X-Total", "3", true},
		{"cache-control", "max-age=60\t", true},
		{"X-Ü", "1", false},
		{"", "1", false},
		{"X A", "1", false},
		{"X:A", "1", false},
		{"X-A", "a\r\nSet-Cookie: x=y", false},
		{"X-A", "a\x00", false},
		{"x-content-type-options", "none", false},
		{"CONTENT-SECURITY-POLICY", "default-src *", false},
		{"Set-Cookie", "a=b", false},
		{"content-length", "7", false},
		{"Transfer-Encoding", "chunked", false},
	} {
		if err := node.CheckHeader(c.name, c.value); (err == nil) != c.ok {
			t.Errorf("%q: %q: %v", c.name, c.value, err)
		}
	}
}

func TestLibrary(t *testing.T) {
	define := func(pkg, name string) node.Type {
		return node.Define(name, node.Middleware, struct{}{}, node.In(node.Package{Name: pkg}))
	}
	own, theirs := define("own", "A"), define("theirs", "A")
	l := node.NewLibrary(own, theirs)
	if got, ok := l.Lookup(theirs.ID()); !ok || got.Package != "theirs" || len(l.Types()) != 2 {
		t.Errorf("found %+v among %d", got, len(l.Types()))
	}
	if _, ok := l.Lookup("nobody's"); ok {
		t.Error("found what is not there")
	}
	defer func() {
		if recover() == nil {
			t.Error("one id twice did not panic")
		}
	}()
	node.NewLibrary(own, own)
}
