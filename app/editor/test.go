package editor

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"ecoflow/app/audit"
	"ecoflow/app/fault"
	"ecoflow/app/flow"
	"ecoflow/app/value"
)

// Bounds of saved tests.
const (
	maxTests    = 200       // of one flow
	maxTestBody = 256 << 10 // bytes of request and expectation
	maxTestName = 80        // characters
)

// Test is a request saved with a flow, and what it must answer.
type Test struct {
	ID      string      `json:"-"` // of the flow
	Flow    string      `json:"flow"`
	Name    string      `json:"name"`
	Entry   string      `json:"entry,omitzero" doc:"The node to start at, where it is no Request."`
	Request Request     `json:"request"`
	Prefix  string      `json:"prefix,omitzero" doc:"What the path of the request begins with before its route; it follows the setting of the prefix."`
	Expect  Expectation `json:"expect"`
	// Pinned outputs take the place of running these nodes.
	Pinned map[string]Data `json:"pinned,omitzero" maxItems:"1000" doc:"What nodes answer instead of running, by node id."`
}

// Request is one to a deployed route, as a caller would send it.
type Request struct {
	Method  string            `json:"method" required:"true" pattern:"^[A-Za-z]{1,20}$"`
	Path    string            `json:"path" required:"true" maxLength:"8192" pattern:"^/" doc:"With the prefix and the query, as it is called: /api/users?page=2."`
	Headers map[string]string `json:"headers,omitzero" maxItems:"100"`
	// Body is sent as it is when it is text; another value is sent as JSON, and
	// the Content-Type says so unless a header does.
	Body Data `json:"body,omitzero" doc:"Text is sent as it is, any other value as JSON."`
}

// build returns the parts of the request as they go over the wire.
func (r Request) build() (method, path string, header http.Header, body []byte, err error) {
	header = http.Header{}
	for name, v := range r.Headers {
		if name == "" || strings.ContainsFunc(name+v, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }) {
			return "", "", nil, nil, fault.New(fault.Invalid, "The header %q cannot be sent.", name).
				WithCode("request_header").At("request/headers/"+name, "cannot be sent")
		}
		header.Set(name, v)
	}
	if len(r.Body) > 0 && !bytes.Equal(r.Body, []byte("null")) {
		v, err := value.Parse(r.Body, maxDepth)
		if err != nil {
			return "", "", nil, nil, fmt.Errorf("read the body of a request: %w", err)
		}
		if text, ok := v.(string); ok {
			body = []byte(text)
		} else {
			body = r.Body
			if header.Get("Content-Type") == "" {
				header.Set("Content-Type", "application/json")
			}
		}
	}
	return strings.ToUpper(r.Method), r.Path, header, body, nil
}

// Tests lists the requests saved with a flow.
func (e *Editor) Tests(ctx context.Context, r ByName) ([]Test, error) {
	d, err := e.find(ctx, r.Flow)
	if err != nil {
		return nil, err
	}
	tests, err := e.tests(ctx, d.ID)
	for i := range tests {
		tests[i].Expect = e.masked(tests[i].Expect)
	}
	return tests, err
}

// tests returns the tests of a flow, or of all for "", whose requests go to where the
// routes are now: a test outlives a change of the prefix.
func (e *Editor) tests(ctx context.Context, flowID string) ([]Test, error) {
	tests, err := e.Store.Tests(ctx, flowID)
	prefix := e.Engine.Prefix() + "/"
	for i := range tests {
		t := &tests[i]
		if t.Prefix == prefix {
			continue
		}
		if rest, ok := strings.CutPrefix(t.Request.Path, t.Prefix); ok && t.Prefix != "" {
			t.Request.Path, t.Prefix = prefix+rest, prefix
		}
	}
	return tests, err
}

// masked returns the expectation with secrets masked.
func (e *Editor) masked(x Expectation) Expectation {
	x.Headers = maps.Clone(x.Headers)
	for name, v := range x.Headers {
		x.Headers[name] = e.Engine.Mask(v)
	}
	if e.Engine.Mask(string(x.Body)) == string(x.Body) {
		return x
	}
	v, err := value.Parse(x.Body, maxDepth)
	if err != nil {
		return x // nothing was ever saved that cannot be read
	}
	if body, err := value.AppendJSON(nil, e.maskedValue(v)); err == nil {
		x.Body = body
	}
	return x
}

func (e *Editor) maskedValue(v any) any {
	switch v := v.(type) {
	case string:
		return e.Engine.Mask(v)
	case []any:
		for i := range v {
			v[i] = e.maskedValue(v[i])
		}
	case map[string]any:
		for name := range v {
			v[name] = e.maskedValue(v[name])
		}
	}
	return v
}

// TestName names a saved request in the address.
type TestName struct {
	Flow string `path:"flow"`
	Name string `path:"name"`
}

// Test returns one saved request.
func (e *Editor) Test(ctx context.Context, r TestName) (Test, error) {
	tests, err := e.Tests(ctx, ByName{r.Flow})
	if err != nil {
		return Test{}, err
	}
	for _, t := range tests {
		if flow.NameKey(t.Name) == flow.NameKey(r.Name) {
			return t, nil
		}
	}
	return Test{}, UnknownTest(r.Name)
}

// UnknownTest is the fault of a name that no test has.
func UnknownTest(name string) error {
	return fault.New(fault.NotFound, "There is no test %q.", name).WithCode("unknown_test")
}

// TestToSave is a request to save.
type TestToSave struct {
	TestName
	Entry   string          `json:"entry,omitzero" maxLength:"200" doc:"The node to start at, where it is no Request: of an event or a call, which the request's body is the message of."`
	Request *Request        `json:"request" required:"true"`
	Expect  Expectation     `json:"expect"`
	Pinned  map[string]Data `json:"pinned,omitzero" maxItems:"1000" doc:"What nodes answer instead of running, by node id."`
}

// Wrong lists what is wrong with its fields.
func (r TestToSave) Wrong(context.Context) []fault.Place {
	t := Test{Name: norm.NFC.String(r.Name)}
	if r.Request != nil {
		t.Request = *r.Request
	}
	return fault.Places(checkTest(t))
}

// SaveTest adds a test to a flow, or replaces the one of the name.
func (e *Editor) SaveTest(ctx context.Context, r TestToSave) (Test, error) {
	d, err := e.find(ctx, r.Flow)
	if err != nil {
		return Test{}, err
	}
	t := Test{Flow: d.Name, Name: norm.NFC.String(r.Name), Entry: r.Entry, Request: *r.Request, Expect: e.masked(r.Expect), Pinned: r.Pinned}
	if err := checkTest(t); err != nil {
		return Test{}, err
	}
	if prefix := e.Engine.Prefix() + "/"; t.Entry == "" && strings.HasPrefix(t.Request.Path, prefix) {
		t.Prefix = prefix
	}
	audit.Describe(ctx, "test "+t.Name+" of flow "+d.Name, nil, map[string]any{"method": t.Request.Method, "path": t.Request.Path})
	return t, e.Store.SaveTest(ctx, d.ID, t, maxTests)
}

func checkTest(t Test) error {
	_, _, _, _, err := t.Request.build()
	if err := fault.Together(checkTestName(t.Name), err); err != nil {
		return err
	}
	size := len(t.Request.Body) + len(t.Expect.Body)
	for _, p := range t.Pinned {
		size += len(p)
	}
	if size > maxTestBody {
		return fault.New(fault.TooLarge, "A test may hold %d KiB of bodies and pinned data at most.", maxTestBody>>10).WithCode("test_too_large")
	}
	return nil
}

func checkTestName(name string) error {
	n := utf8.RuneCountInString(name)
	if n == 0 || n > maxTestName || strings.TrimSpace(name) != name || strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return fault.New(fault.Invalid, "A test's name has 1 to %d characters that can be printed, without spaces around them.", maxTestName).
			WithCode("test_name").At("name", "has 1 to %d printable characters", maxTestName)
	}
	return nil
}

// DeleteTest removes a saved test.
func (e *Editor) DeleteTest(ctx context.Context, r TestName) (struct{}, error) {
	d, err := e.find(ctx, r.Flow)
	if err != nil {
		return struct{}{}, err
	}
	audit.Describe(ctx, "test "+r.Name+" of flow "+d.Name, nil, nil)
	return struct{}{}, e.Store.DeleteTest(ctx, d.ID, r.Name)
}

// RunTestsRequest says which tests to run.
type RunTestsRequest struct {
	Flows []string `json:"flows" maxItems:"1000" doc:"The flows whose tests are run; all without it."`
	Tests []string `json:"tests" maxItems:"1000" doc:"Only the tests of these names."`
	Mode  string   `json:"mode" enum:"all,flow" doc:"What would be live beside them, as with a deploy. all: the drafts. flow: the flows given or named are drafts, the others as they are live."`
	Given Source   `json:"flowconfigurations" doc:"Flows to run in place of the stored drafts of their names."`
}

// TestOutcome is what came of one test.
type TestOutcome struct {
	Flow       string     `json:"flow"`
	Name       string     `json:"name"`
	Passed     bool       `json:"passed"`
	Mismatches []Mismatch `json:"mismatches" doc:"In which ways the answer is not the expected one."`
	Status     int        `json:"status"`
	Micros     float64    `json:"micros"`
}

// TestReport sums up a run of tests.
type TestReport struct {
	Passed  int           `json:"passed"`
	Failed  int           `json:"failed"`
	Results []TestOutcome `json:"results"`
}

// testTime bounds a run of tests as a whole.
const testTime = 2 * time.Minute

// RunTests runs saved tests against the drafts, each in isolation.
func (e *Editor) RunTests(ctx context.Context, r RunTestsRequest) (TestReport, error) {
	given, err := parse(r.Given)
	if err != nil {
		return TestReport{}, err
	}
	tests, err := e.chosenTests(ctx, r)
	if err != nil {
		return TestReport{}, err
	}
	doc, err := e.tested(ctx, r, given)
	if err != nil {
		return TestReport{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, testTime)
	defer cancel()
	report := TestReport{Results: []TestOutcome{}}
	for _, t := range tests {
		outcome, err := e.runTest(ctx, doc, t)
		if err != nil {
			return report, err
		}
		if outcome.Passed {
			report.Passed++
		} else {
			report.Failed++
		}
		report.Results = append(report.Results, outcome)
	}
	return report, nil
}

// tested returns what would be live after the deploy that the tests precede.
func (e *Editor) tested(ctx context.Context, r RunTestsRequest, given flow.Document) (flow.Document, error) {
	if r.Mode != oneFlow || len(r.Flows) == 0 {
		return e.document(ctx, given)
	}
	drafts, live, err := e.stored(ctx)
	if err != nil {
		return nil, err
	}
	chosen, remove, err := chooseDrafts(r.Flows, drafts, live)
	if err != nil {
		return nil, err
	}
	doc := flow.Document{}
	for _, d := range chosen {
		if doc[d.Name], err = e.read(ctx, d); err != nil {
			return nil, err
		}
	}
	return e.Engine.Live().Flows.Without(remove).Merge(doc).Merge(given), nil
}

// chosenTests returns the tests asked for; a flow or test that is not there is a
// fault.
func (e *Editor) chosenTests(ctx context.Context, r RunTestsRequest) ([]Test, error) {
	ids := []string{""}
	if len(r.Flows) > 0 {
		ids = nil
		for _, name := range r.Flows {
			d, err := e.find(ctx, name)
			if err != nil {
				return nil, err
			}
			ids = append(ids, d.ID)
		}
	}
	var tests []Test
	for _, id := range ids {
		list, err := e.tests(ctx, id)
		if err != nil {
			return nil, err
		}
		tests = append(tests, list...)
	}
	if len(r.Tests) == 0 {
		return tests, nil
	}
	missing := map[string]string{}
	for _, name := range r.Tests {
		missing[flow.NameKey(name)] = name
	}
	wanted := maps.Clone(missing)
	tests = slices.DeleteFunc(tests, func(t Test) bool {
		key := flow.NameKey(t.Name)
		delete(missing, key)
		_, ok := wanted[key]
		return !ok
	})
	for _, name := range missing {
		return nil, UnknownTest(name)
	}
	return tests, nil
}

func (e *Editor) runTest(ctx context.Context, doc flow.Document, t Test) (TestOutcome, error) {
	out := TestOutcome{Flow: t.Flow, Name: t.Name, Mismatches: []Mismatch{}}
	request, err := testRequest(doc, t.Flow, t.Request, t.Pinned)
	if err != nil {
		return out, err
	}
	request.Entry = t.Entry
	result, err := e.Engine.Test(ctx, request)
	if f, ok := fault.As(err); ok && ctx.Err() == nil {
		out.Mismatches = append(out.Mismatches, Mismatch{"", f.Message})
		return out, nil
	}
	if err != nil {
		return out, err
	}
	out.Status, out.Micros = result.Status, result.Micros
	out.Mismatches = t.Expect.match(result.Status, result.Header, result.Body, result.Mask)
	if result.Status == 0 && result.Failed != "" { // no answer says it
		out.Mismatches = append(out.Mismatches, Mismatch{"", result.Mask(result.Error)})
	}
	out.Passed = len(out.Mismatches) == 0
	return out, nil
}
