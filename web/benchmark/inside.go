package main

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A promise is a line of the budget that Go benchmarks answer, from inside the
// process; one that is only shown leads to a line of the whole program.
type promise struct {
	what string
	of   []string // benchmarks, as in "app/flow.Lookup/1000"; the worst counts
	unit string   // of the figure: a nanosecond for each operation when empty
	per  string   // the benchmark that the ratio is to; the limit is that of the ratio then
	over bool     // the limit is the least, not the most
	open bool     // there is no limit
	most float64
}

const milli = float64(time.Millisecond)

// promises are in the order of the budget table. What a request costs is promised of
// the whole program, next to a server: the engine alone stands next to what a handler
// alone does, which tells where the rest is spent.
var promises = []promise{
	{what: "fixed JSON, the engine alone", of: []string{"app/flow.Fixed/flow"}, per: "app/flow.Fixed/hand", open: true},
	{what: "echo of a body, the engine alone", of: []string{"app/flow.Echo/flow"}, per: "app/flow.Echo/hand", open: true},
	{what: "five native nodes, the engine alone", of: []string{"app/flow.FiveNodes/flow"}, per: "app/flow.FiveNodes/hand", open: true},
	{what: "route lookup, 1 route", of: []string{"app/flow.Lookup/1"}, most: 1000},
	{what: "route lookup, 1,000 routes", of: []string{"app/flow.Lookup/1000"}, most: 1000},
	{what: "route lookup, 10,000 routes", of: []string{"app/flow.Lookup/10000"}, most: 1000},
	{what: "  10,000 routes to 1", of: []string{"app/flow.Lookup/10000"}, per: "app/flow.Lookup/1", most: 2},
	{what: "  allocations", of: []string{"app/flow.Lookup/1", "app/flow.Lookup/1000", "app/flow.Lookup/10000"}, unit: "allocs/op"},
	{what: "deploy of 1,000 nodes", of: []string{"app/flow.Deploy/1000"}, most: 50 * milli},
	{what: "deploy of 10,000 nodes", of: []string{"app/flow.Deploy/10000"}, most: 1000 * milli},
	{what: "durable write, 1 writer, to a commit each", of: []string{"storage.Write/grouped/1"}, per: "storage.Write/each/1", most: 1.25},
	{what: "durable write, 32 writers, times as fast", of: []string{"storage.Write/each/32"}, per: "storage.Write/grouped/32", over: true, most: 5},
	{what: "overview, 1,000 routes, 1,000,000 entries", of: []string{"web/api.Overview/all"}, most: 20 * milli},
	{what: "  the slowest of them", of: []string{"web/api.Overview/all"}, unit: "longest-ms", most: 20},
	{what: "page of 1,000,000 audit entries", of: []string{
		"storage.Audit/first", "storage.Audit/deep", "storage.Audit/actor", "storage.Audit/rare_actor", "storage.Audit/area", "storage.Audit/refused",
		"storage.Audit/errors_of_one_user", "storage.Audit/object", "storage.Audit/time", "storage.Audit/text", "storage.Audit/text_that_is_rare",
		"storage.Audit/two_that_never_meet",
	}, unit: "longest-ms", most: 50},
	{what: "changed variable, nodes compiled anew", of: []string{"app/env.Change/change/1", "app/env.Change/change/1000"}, unit: "compiled"},
	{what: "permission checks, allocations", of: []string{"app/auth.PermissionChecks"}, unit: "allocs/op"},
}

// figures are what a benchmark measured, by unit.
type figures map[string]float64

// inside reads the output of go test -bench, shows it, and holds it against what
// is promised.
func inside(in io.Reader, out io.Writer) error {
	measured, err := readBenchmarks(in, out)
	if err != nil {
		return err
	}
	table := report{out}
	fmt.Fprintln(out)
	table.row("inside the process", "EcoFlow", "other", "ratio", "limit", "")
	var missing error
	for _, p := range promises {
		missing = errors.Join(missing, p.print(table, measured))
	}
	return missing
}

// print prints the line of the promise; its error says what was not measured.
func (p promise) print(out report, measured map[string]figures) error {
	unit := cmp.Or(p.unit, "ns/op")
	worst := math.Inf(-1)
	for _, name := range p.of {
		figure, ok := measured[name][unit]
		if !ok {
			return fmt.Errorf("the benchmark %s gave no %s", name, unit)
		}
		worst = max(worst, figure)
	}
	figure, limit, other, ratio := worst, shown(unit, p.most), "", ""
	if p.per != "" {
		per, ok := measured[p.per][unit]
		if !ok {
			return fmt.Errorf("the benchmark %s gave no %s", p.per, unit)
		}
		figure = worst / per
		other, ratio, limit = shown(unit, per), fmt.Sprintf("%.2f", figure), fmt.Sprintf("%.2f", p.most)
	}
	met, sign := figure <= p.most, "≤ "
	if p.over {
		met, sign = figure >= p.most, "≥ "
	}
	if p.open {
		out.line(p.what, shown(unit, worst), other, ratio, "", nil)
	} else {
		out.line(p.what, shown(unit, worst), other, ratio, sign+limit, &met)
	}
	return nil
}

// shown writes a figure in the way people read it.
func shown(unit string, figure float64) string {
	switch unit {
	case "ns/op":
		switch d := time.Duration(figure); {
		case d >= 10*time.Millisecond:
			return millis(d)
		case d > time.Microsecond:
			return micros(d)
		}
		return fmt.Sprintf("%.0f ns", figure)
	case "longest-ms":
		return fmt.Sprintf("%.1f ms", figure)
	}
	return strconv.FormatFloat(figure, 'f', -1, 64)
}

var processors = regexp.MustCompile(`-\d+$`)

// readBenchmarks returns the figures of each benchmark by its package and name; of
// one that ran more than once the median. It passes on what it reads.
func readBenchmarks(in io.Reader, out io.Writer) (map[string]figures, error) {
	all := map[string]map[string][]float64{}
	pkg := ""
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		line := lines.Text()
		if rest, ok := strings.CutPrefix(line, "pkg: "); ok {
			pkg = strings.TrimPrefix(rest, "ecoflow/")
			fmt.Fprintln(out, line)
			continue
		}
		fields := strings.Fields(line)
		if !strings.HasPrefix(line, "Benchmark") || len(fields) < 4 {
			if strings.HasPrefix(line, "--- FAIL") || strings.HasPrefix(line, "FAIL") || strings.HasPrefix(line, "    ") {
				fmt.Fprintln(out, line)
			}
			continue
		}
		fmt.Fprintln(out, line)
		name := pkg + "." + processors.ReplaceAllString(strings.TrimPrefix(fields[0], "Benchmark"), "")
		if all[name] == nil {
			all[name] = map[string][]float64{}
		}
		for i := 2; i+1 < len(fields); i += 2 { // the second field counts the operations
			figure, err := strconv.ParseFloat(fields[i], 64)
			if err != nil {
				return nil, fmt.Errorf("read %q: %w", line, err)
			}
			all[name][fields[i+1]] = append(all[name][fields[i+1]], figure)
		}
	}
	measured := map[string]figures{}
	for name, units := range all {
		measured[name] = figures{}
		for _, unit := range slices.Sorted(maps.Keys(units)) {
			measured[name][unit] = median(units[unit])
		}
	}
	return measured, lines.Err()
}
