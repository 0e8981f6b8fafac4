package webtest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"ecoflow/app/auth"
	"ecoflow/app/system"
	"ecoflow/web/api"
	"ecoflow/web/endpoint"
)

// Scenario is one thing the system API promises.
type Scenario struct {
	Name string
	// As is who asks: "admin", "nobody", "local" (the person at the machine, in
	// local mode), or permissions with commas between: "flowEditor,backup"; "none"
	// is somebody without any.
	As string
	// Given is sent first and has to work; When is what the scenario is about. Both
	// are "METHOD /path {body}", below /systemApi.
	Given []string
	When  string
	// Header is what When is sent with, names and values in turn.
	Header []string
	// Want is the status and a JSON value that the answer must contain: members it
	// does not name may be there, "*" stands for any value.
	Want string
	// Audit is action and result of the newest audit entry; empty: not looked at.
	Audit string
}

// Run runs scenarios, each on a product of its own. Every answer is checked
// against the OpenAPI document.
func Run(t *testing.T, scenarios ...Scenario) {
	t.Helper()
	for _, s := range scenarios {
		t.Run(s.Name, func(t *testing.T) { s.run(t) })
	}
}

func (s Scenario) run(t *testing.T) {
	var options []Option
	if s.As == "local" {
		options = append(options, Local)
	}
	p := Start(t, options...)
	who := p.as(s.As)
	check := NewChecker(t, p)
	for _, given := range s.Given {
		rec := check.Do(who, given)
		if rec.Code != http.StatusOK {
			t.Fatalf("given %s: %d %s", given, rec.Code, rec.Body)
		}
	}
	rec := check.Do(who, s.When, s.Header...)
	status, want, _ := strings.Cut(s.Want, " ")
	if strconv.Itoa(rec.Code) != status {
		t.Errorf("%s: status %d, want %s: %s", s.When, rec.Code, status, rec.Body)
	}
	if want != "" {
		var wanted, got any
		p.must(json.Unmarshal([]byte(want), &wanted))
		p.must(json.Unmarshal(rec.Body.Bytes(), &got))
		if at := differs(wanted, got, ""); at != "" {
			t.Errorf("%s: %s\nin %s", s.When, at, rec.Body)
		}
	}
	if s.Audit != "" {
		if got := p.LastAudit(); got != s.Audit {
			t.Errorf("%s: audit %q, want %q", s.When, got, s.Audit)
		}
	}
}

// LastAudit returns action and result of the newest audit entry.
func (p *Product) LastAudit() string {
	p.t.Helper()
	list, _, err := p.DB.Audit().Page(context.Background(), 0, 1)
	p.must(err)
	if len(list) == 0 {
		return ""
	}
	return list[0].Action + " " + string(list[0].Result)
}

func (p *Product) as(who string) Credential {
	switch who {
	case "nobody", "":
		return nil
	case "admin":
		return p.Admin().Cookie
	case "local":
		return p.Person()
	case "none":
		return p.User(0).Cookie
	}
	var permissions auth.Permission
	for _, name := range strings.Split(who, ",") {
		one, ok := auth.ParsePermission(name)
		if !ok {
			p.t.Fatalf("%q is no permission", name)
		}
		permissions |= one
	}
	return p.User(permissions).Cookie
}

// differs returns where got lacks something of want, "" when nowhere.
func differs(want, got any, at string) string {
	switch want := want.(type) {
	case string:
		if want == "*" {
			return ""
		}
	case map[string]any:
		object, ok := got.(map[string]any)
		if !ok {
			return fmt.Sprintf("%s is %v, want an object", at, got)
		}
		for name, value := range want {
			member, ok := object[name]
			if !ok {
				return fmt.Sprintf("%s/%s is missing", at, name)
			}
			if d := differs(value, member, at+"/"+name); d != "" {
				return d
			}
		}
		return ""
	case []any:
		list, ok := got.([]any)
		if !ok || len(list) != len(want) {
			return fmt.Sprintf("%s is %v, want %v", at, got, want)
		}
		for i := range want {
			if d := differs(want[i], list[i], at+"/"+strconv.Itoa(i)); d != "" {
				return d
			}
		}
		return ""
	}
	if want != got {
		return fmt.Sprintf("%s is %v, want %v", at, got, want)
	}
	return ""
}

// Checker sends requests and compares every answer with the OpenAPI document.
type Checker struct {
	t         testing.TB
	product   *Product
	endpoints []endpoint.Endpoint
}

// described is what every product's answers are compared with, which is the same for
// all of them and takes a while to read.
var described struct {
	sync.Mutex
	compiler *jsonschema.Compiler // nil until somebody needs it
}

func describe(endpoints []endpoint.Endpoint) error {
	described.Lock()
	defer described.Unlock()
	if described.compiler != nil {
		return nil
	}
	text, err := endpoint.OpenAPI(system.Version(), endpoints)
	if err != nil {
		return err
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return err
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("openapi.json", document); err != nil {
		return err
	}
	described.compiler = compiler
	return nil
}

// schema compiles the part of the description at the pointer, once.
func schema(pointer string) (*jsonschema.Schema, error) {
	described.Lock()
	defer described.Unlock()
	return described.compiler.Compile(pointer)
}

// NewChecker returns a checker of the product's answers.
func NewChecker(t testing.TB, p *Product) *Checker {
	t.Helper()
	c := &Checker{t: t, product: p, endpoints: api.All(p.App)}
	p.must(describe(c.endpoints))
	return c
}

// Do sends "METHOD /path {body}", the path below /systemApi.
func (c *Checker) Do(who Credential, request string, header ...string) *httptest.ResponseRecorder {
	c.t.Helper()
	method, rest, _ := strings.Cut(request, " ")
	path, body, _ := strings.Cut(rest, " ")
	rec := c.product.Do(who, method, endpoint.Prefix+path, body, header...)
	c.check(method, path, rec)
	return rec
}

func (c *Checker) check(method, target string, rec *httptest.ResponseRecorder) {
	c.t.Helper()
	path, _, _ := strings.Cut(target, "?")
	template := c.template(method, path)
	if template == "" || !strings.HasPrefix(rec.Header().Get("Content-Type"), "application/json") {
		return
	}
	status := "default"
	if rec.Code == http.StatusOK {
		status = "200"
	}
	pointer := "openapi.json#/paths/" + escape(template) + "/" + strings.ToLower(method) +
		"/responses/" + status + "/content/" + escape("application/json") + "/schema"
	described, err := schema(pointer)
	if err != nil {
		c.t.Fatalf("%s %s: %v", method, path, err)
	}
	answer, err := jsonschema.UnmarshalJSON(rec.Body)
	if err != nil {
		c.t.Fatalf("%s %s: %v", method, path, err)
	}
	text, _ := json.Marshal(answer)
	rec.Body.Reset()
	rec.Body.Write(text)
	if err := described.Validate(answer); err != nil {
		c.t.Errorf("%s %s answers %s, which is not as described: %v", method, path, text, err)
	}
}

// escape writes a word for a JSON pointer in a fragment.
func escape(word string) string {
	return url.PathEscape(strings.ReplaceAll(strings.ReplaceAll(word, "~", "~0"), "/", "~1"))
}

// template finds the declared path that a path is an instance of.
func (c *Checker) template(method, path string) string {
	best := ""
	for _, e := range c.endpoints {
		if e.Method != method || e.Raw() {
			continue
		}
		for _, template := range e.Paths {
			if fits(template, path) && (best == "" || strings.Contains(best, "{")) {
				best = template
			}
		}
	}
	return best
}

func fits(template, path string) bool {
	a, b := strings.Split(template, "/"), strings.Split(strings.TrimSuffix(path, "/"), "/")
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !strings.HasPrefix(a[i], "{") && !strings.EqualFold(a[i], b[i]) {
			return false
		}
	}
	return true
}
