// Gosec looks for what gosec finds in the program's packages: it is given their
// folders. What it reports fails, unless the line says why it may be so, as in
//
//	//nolint:gosec // ids of the original's format, not a secret
//
// (errcheck for an error that is let go), or the whole rule is below with a reason.
// It is a module of its own because the program needs none of this; gosec's own
// command would bring three clouds along.
package main

import (
	"fmt"
	"io"
	"log"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/securego/gosec/v2"
	"github.com/securego/gosec/v2/analyzers"
	"github.com/securego/gosec/v2/issue"
	"github.com/securego/gosec/v2/rules"
)

// without are the rules that are not asked, each with why.
var without = map[string]string{
	"G304": "every path is a variable: what comes from outside goes through an os.Root, which the tests of S23 hold",
}

// excuse is a comment that lets a finding pass.
var excuse = regexp.MustCompile(`//nolint:([a-z,]+)(?: // (\S.*))?`)

func main() {
	log.SetFlags(0)
	names := slices.Collect(maps.Keys(without))
	g := gosec.NewAnalyzer(gosec.NewConfig(), false, false, false, 2, log.New(io.Discard, "", 0))
	g.LoadRules(rules.Generate(false, rules.NewRuleFilter(true, names...)).RulesInfo())
	g.LoadAnalyzers(analyzers.Generate(false, analyzers.NewAnalyzerFilter(true, names...)).AnalyzersInfo())
	if err := g.Process(nil, os.Args[1:]...); err != nil {
		log.Fatal(err)
	}
	issues, metrics, broken := g.Report()
	if len(broken) > 0 || metrics.NumFiles == 0 {
		log.Fatalf("gosec read %d files and could not read %v", metrics.NumFiles, broken)
	}
	s := sources{}
	used := map[string]bool{}
	bad := 0
	for _, i := range issues {
		if !s.excused(i, used) {
			bad++
			fmt.Printf("%s:%s: %s: %s\n", i.File, i.Line, i.RuleID, i.What)
		}
	}
	bad += s.idle(used)
	if bad > 0 {
		os.Exit(1)
	}
}

// sources are the lines of the files that something was found in, or excused in.
type sources map[string][]string

func (s sources) lines(name string) []string {
	if s[name] == nil {
		text, err := os.ReadFile(name)
		if err != nil {
			log.Fatal(err)
		}
		s[name] = strings.Split(string(text), "\n")
	}
	return s[name]
}

// excused reports whether a line of the finding says why it may be so.
func (s sources) excused(i *issue.Issue, used map[string]bool) bool {
	from, to, ok := strings.Cut(i.Line, "-")
	if !ok {
		to = from
	}
	first, err := strconv.Atoi(from)
	if err != nil {
		log.Fatal(err)
	}
	last, err := strconv.Atoi(to)
	if err != nil {
		log.Fatal(err)
	}
	for n := first; n <= last; n++ {
		m := excuse.FindStringSubmatch(s.lines(i.File)[n-1])
		if m == nil || m[2] == "" {
			continue
		}
		for name := range strings.SplitSeq(m[1], ",") {
			if name == "gosec" || name == "errcheck" && i.RuleID == "G104" {
				used[i.File+":"+strconv.Itoa(n)] = true
				return true
			}
		}
	}
	return false
}

// idle counts the comments that excuse what is not there, in files for every system.
func (s sources) idle(used map[string]bool) (bad int) {
	for _, folder := range os.Args[1:] {
		names, err := filepath.Glob(filepath.Join(folder, "*.go"))
		if err != nil {
			log.Fatal(err)
		}
		for _, name := range names {
			if strings.HasSuffix(name, "_test.go") || strings.Contains(filepath.Base(name), "_") || strings.Contains(strings.Join(s.lines(name), "\n"), "\n//go:build ") {
				continue
			}
			for n, line := range s.lines(name) {
				at := name + ":" + strconv.Itoa(n+1)
				if m := excuse.FindStringSubmatch(line); m != nil && strings.Contains(m[1], "gosec") && !used[at] {
					bad++
					fmt.Printf("%s: excuses what gosec does not find\n", at)
				}
			}
		}
	}
	return bad
}
