package main

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

// output is what go test prints of benchmarks, each at its limit but one.
func output(missed string) string {
	var b strings.Builder
	for _, p := range promises {
		figure := p.most
		if p.what == missed {
			figure = p.most*2 + 1
		}
		unit := p.unit
		if unit == "" {
			unit = "ns/op"
		}
		if p.per != "" {
			pkg, name, _ := strings.Cut(p.per, ".")
			fmt.Fprintf(&b, "pkg: ecoflow/%s\nBenchmark%s-2 \t 100\t 1 ns/op\t 0 allocs/op\n", pkg, name)
		}
		for _, of := range p.of {
			pkg, name, _ := strings.Cut(of, ".")
			fmt.Fprintf(&b, "goos: linux\npkg: ecoflow/%s\nBenchmark%s-2 \t 100\t %v %s\nPASS\n", pkg, name, figure, unit)
		}
	}
	return b.String()
}

func TestInsideHoldsEveryLineAgainstItsLimit(t *testing.T) {
	var out bytes.Buffer
	if err := inside(strings.NewReader(output("deploy of 10,000 nodes")), &out); err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(out.String(), "inside the process")
	for _, p := range promises {
		want := "met"
		if p.what == "deploy of 10,000 nodes" {
			want = "MISSED"
		}
		found := false
		for line := range strings.Lines(table) {
			if strings.HasPrefix(line, p.what+"  ") {
				found = true
				if p.per == "" && !strings.HasSuffix(strings.TrimSpace(line), want) {
					t.Errorf("want %s: %s", want, line)
				}
			}
		}
		if !found {
			t.Errorf("no line for %s:\n%s", p.what, table)
		}
	}
}

func TestInsideMissesABenchmark(t *testing.T) {
	var out bytes.Buffer
	err := inside(strings.NewReader("pkg: ecoflow/app/flow\nBenchmarkLookup/1-2 1000 99.0 ns/op 0 B/op 0 allocs/op\n"), &out)
	if err == nil || !strings.Contains(err.Error(), "app/flow.Lookup/1000 gave no ns/op") {
		t.Errorf("%v", err)
	}
}

func TestRatios(t *testing.T) {
	p := promise{what: "x", of: []string{"a.Slow"}, per: "a.Fast", over: true, most: 5}
	for slow, want := range map[float64]string{500: "≥ 5.00  met", 499: "≥ 5.00  MISSED"} {
		var out bytes.Buffer
		if err := p.print(report{&out}, map[string]figures{"a.Slow": {"ns/op": slow}, "a.Fast": {"ns/op": 100}}); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(out.String(), want) {
			t.Errorf("want %q: %s", want, &out)
		}
	}
}
