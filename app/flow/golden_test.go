package flow_test

import (
	"bufio"
	"bytes"
	"flag"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"ecoflow/app/flow"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// TestFlows deploys the flow of each file in testdata and sends it requests: the
// sections are flow, then request and response in turn, or problems when the flow
// is refused (or has warnings).
func TestFlows(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no golden files: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) { golden(t, file) })
	}
}

func golden(t *testing.T, file string) {
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	b := newBench(t)
	changed := false
	compare := func(section *txtar.File, got string) {
		if string(section.Data) == got {
			return
		}
		if *update {
			section.Data, changed = []byte(got), true
			return
		}
		t.Errorf("%s:\n%s\nwant:\n%s", section.Name, got, section.Data)
	}
	var answer string
	for i := range archive.Files {
		section := &archive.Files[i]
		switch name, _, _ := strings.Cut(section.Name, " "); name {
		case "flow":
			doc := draw(t, string(section.Data))
			problems := b.Check(doc)
			if i+1 < len(archive.Files) && archive.Files[i+1].Name == "problems" {
				compare(&archive.Files[i+1], problemLines(problems))
			} else if len(problems) > 0 {
				t.Errorf("problems:\n%s", problemLines(problems))
			}
			_, err := b.Deploy(t.Context(), flow.DeployRequest{Flows: doc})
			if refused := slices.ContainsFunc(problems, func(p flow.Problem) bool { return !p.Warning }); refused != (err != nil) {
				t.Fatalf("deploy: %v, but the check found:\n%s", err, problemLines(problems))
			}
		case "request":
			answer = ask(t, b, section.Data)
		case "response":
			compare(section, answer)
		case "problems":
		default:
			t.Fatalf("what is the section %q?", section.Name)
		}
	}
	if changed {
		if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func problemLines(problems []flow.Problem) string {
	var out strings.Builder
	for _, p := range problems {
		word := "error"
		if p.Warning {
			word = "warning"
		}
		fmt.Fprintf(&out, "%s %s %s: %s", word, p.Code, p.Path(), p.Message)
		if p.Line > 0 {
			fmt.Fprintf(&out, " [%d:%d]", p.Line, p.Column)
		}
		if len(p.Nodes) > 0 {
			fmt.Fprintf(&out, " %v", p.Nodes)
		}
		if len(p.Routes) > 0 {
			fmt.Fprintf(&out, " %q", p.Routes)
		}
		out.WriteByte('\n')
	}
	return out.String()
}

// ask sends a request as it is written in a file: a line with method and path,
// headers, an empty line, the body.
func ask(t *testing.T, b *bench, source []byte) string {
	t.Helper()
	head, body, _ := bytes.Cut(source, []byte("\n\n"))
	lines := strings.Split(strings.TrimSpace(string(head)), "\n")
	method, target, _ := strings.Cut(lines[0], " ")
	body = bytes.TrimSuffix(body, []byte("\n"))
	r := httptest.NewRequestWithContext(t.Context(), method, target, bytes.NewReader(body))
	for _, l := range lines[1:] {
		name, v, _ := strings.Cut(l, ":")
		r.Header.Set(name, strings.TrimSpace(v))
	}
	if len(body) > 0 && r.Header.Get("Content-Type") == "" {
		r.Header.Set("Content-Type", "application/json")
	}
	w := httptest.NewRecorder()
	b.ServeHTTP(w, r)
	return written(w.Result())
}

// written is an answer as files have it, without what changes from run to run.
func written(res *http.Response) string {
	var out strings.Builder
	fmt.Fprintf(&out, "%d\n", res.StatusCode)
	for _, name := range slices.Sorted(maps.Keys(res.Header)) {
		if name == "X-Content-Type-Options" || name == "Content-Length" || name == "Cache-Control" {
			continue
		}
		for _, v := range res.Header[name] {
			fmt.Fprintf(&out, "%s: %s\n", name, v)
		}
	}
	s := bufio.NewScanner(res.Body)
	s.Buffer(nil, 1<<20)
	for first := true; s.Scan(); first = false {
		if first {
			out.WriteByte('\n')
		}
		out.WriteString(withoutID(s.Text()) + "\n")
	}
	return out.String()
}

func withoutID(s string) string {
	const member = `,"requestId":"`
	if i := strings.Index(s, member); i >= 0 {
		if end := strings.IndexByte(s[i+len(member):], '"'); end >= 0 {
			return s[:i] + s[i+len(member)+end+1:]
		}
	}
	return s
}
