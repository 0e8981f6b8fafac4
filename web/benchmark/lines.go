package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"reflect"
	"regexp"
	"syscall"
	"time"

	"ecoflow/web/drive"
)

// flows are what the lines about requests call; reference.go serves the same by
// hand.
func flows() map[string]*drive.Flow {
	return map[string]*drive.Flow{
		"fixed": drive.NewFlow().Request("a1", "GET", "/fixed").Text("a2", "Hello World").Response("a3", "msg").Edge("a1", "a2", "a3"),
		"echo":  drive.NewFlow().Request("b1", "POST", "/echo").Response("b2", "msg").Edge("b1", "b2"),
		"script": drive.NewFlow().Request("c1", "POST", "/script").
			Function("c2", "return this.msg.msg.a + this.msg.msg.b;").Response("c3", "msg").Edge("c1", "c2", "c3"),
		"native": native("d", "/native"),
		"debug": native("f", "/debug").
			Node("f9", "Debug", "ecoflow-commons", "Debug", drive.Inputs{"debugOutput": "Complete", "debugConsole": []string{"WebConsole"}}).
			Edge("f7", "f9"),
		"switch": drive.NewFlow().Request("e1", "POST", "/switch").
			Node("e2", "Middleware", "ecoflow-functions", "Switch", drive.Inputs{"payloadMsg": "a", "switchVal": "kind", "switchCases": []string{"double", "default"}}).
			Node("e3", "Middleware", "ecoflow-functions", "Switch In", drive.Inputs{"caseVal": "double"}).
			Function("e4", "return this.msg.msg * 2;").Function("e5", "return this.msg.msg + 1;").
			Node("e6", "Middleware", "ecoflow-functions", "Switch In", drive.Inputs{"caseVal": "default"}).
			Response("e7", "msg").Response("e8", "msg").
			Edge("e1", "e2", "e3", "e4", "e5", "e7").Edge("e2", "e6", "e8"),
	}
}

// native returns a route of native nodes, five of which run.
func native(id, path string) *drive.Flow {
	set := func(f *drive.Flow, n, values string) *drive.Flow {
		return f.Own(id+n, "Set", drive.Inputs{"values": values})
	}
	f := drive.NewFlow().Request(id+"1", "POST", path)
	set(f, "2", `{"msg.net": "{{ round(msg.price) }}"}`)
	set(f, "3", `{"msg.kind": "order"}`)
	f.Own(id+"4", "Condition", drive.Inputs{"by": "compare", "value": "{{ msg.net }}", "operator": "more", "other": "10"})
	set(f, "5", `{"msg.class": "large"}`)
	set(f, "6", `{"msg.class": "small"}`)
	set(f, "7", `{"msg.done": true}`)
	return f.Response(id+"8", "msg").
		Edge(id+"1", id+"2", id+"3", id+"4", id+"5", id+"7", id+"8").Port(id+"4", "false", id+"6").Edge(id+"6", id+"7")
}

// watching compares the program with itself: with runs kept, and with a Debug node,
// while nobody looks at either.
func watching(out report, binary string) error {
	plain, err := startProduct(binary, flows())
	if err != nil {
		return err
	}
	defer plain.end()
	keeps, err := startProduct(binary, flows())
	if err != nil {
		return err
	}
	defer keeps.end()
	call := func(path string) call { return call{"POST", path, `{"price": 12.34, "name": "pencil"}`} }
	for _, line := range []struct {
		what    string
		on      server
		capture string
		calls   string
	}{
		{"five native nodes, with Debug to without", plain.server, "off", "/api/debug"},
		{"five native nodes, recorder: nodes, times", keeps.server, "summary", "/api/native"},
		{"five native nodes, recorder: data as well", keeps.server, "full", "/api/native"},
	} {
		if err := keeps.admin.Set(map[string]any{"runs.capture": line.capture}); err != nil {
			return err
		}
		c, err := compare(line.on, plain.server, call(line.calls), call("/api/native"))
		if err != nil {
			return fmt.Errorf("%s: %w", line.what, err)
		}
		met := c.ratio <= 1.05
		out.line(line.what, micros(c.first), micros(c.second), fmt.Sprintf("%.2f", c.ratio), "≤ 1.05", &met)
	}
	return nil
}

// requests compares the processor time of one request, pair by pair.
func requests(out report, binary string) error {
	ours, err := startProduct(binary, flows())
	if err != nil {
		return err
	}
	defer ours.end()
	theirs, end, err := startReference()
	if err != nil {
		return err
	}
	defer end()

	const script = 20 * time.Microsecond // what one may add to a native flow
	var native time.Duration             // what the last of the native flows costs
	var memory int64
	for _, line := range []struct {
		what    string
		call    call
		scripts int // 0: a native flow, with its ratio as limit
	}{
		{"fixed JSON", call{"GET", "/api/fixed", ""}, 0},
		{"five native nodes", call{"POST", "/api/native", `{"price": 12.34, "name": "pencil"}`}, 0},
		{"echo of a body", call{"POST", "/api/echo", `{"name": "Ada", "tags": ["a", "b"], "n": 12.5}`}, 0},
		{"one script", call{"POST", "/api/script", `{"a": 40, "b": 2}`}, 1},
		{"switch and two scripts", call{"POST", "/api/switch", `{"kind": "double", "a": 4}`}, 2},
	} {
		c, err := compare(ours.server, theirs, line.call, line.call)
		if err != nil {
			return fmt.Errorf("%s: %w", line.what, err)
		}
		limit, met := fmt.Sprintf("≤ %.2f", nativeRatio), c.ratio <= nativeRatio
		if line.scripts == 0 {
			native = c.first
		} else {
			most := native + time.Duration(line.scripts)*script
			limit, met = "≤ "+micros(most), c.first <= most
		}
		out.line(line.what, micros(c.first), micros(c.second), fmt.Sprintf("%.2f", c.ratio), limit, &met)
		memory = max(memory, c.memory)
	}
	out.plain(fmt.Sprintf("memory under %d connections", connections), mebi(memory), "< 120 MB", memory < 120e6)
	return nil
}

// nativeRatio is how much of a hand-written handler's time a flow of native nodes
// may take.
const nativeRatio = 1.25

// compared is what two servers cost, side by side.
type compared struct {
	first, second time.Duration // for a request, the median
	ratio         float64       // the median of the pairs
	memory        int64         // the most that the first held
}

// compare loads both servers in turn, each with its call. Both have to give the
// same answer first.
func compare(ours, theirs server, mine, yours call) (c compared, err error) {
	a, err := ours.answers(mine)
	if err != nil {
		return c, err
	}
	b, err := theirs.answers(yours)
	if err != nil {
		return c, err
	}
	if !same(a, b) {
		return c, fmt.Errorf("the answers differ: %s and %s", a, b)
	}
	var us, them []time.Duration
	var ratios []float64
	for i := range *pairs + 1 {
		first, err := ours.load(mine, *window, 0)
		if err != nil {
			return c, err
		}
		second, err := theirs.load(yours, *window, 0)
		if err != nil {
			return c, err
		}
		c.memory = max(c.memory, first.memory)
		if i == 0 {
			continue // both warm up
		}
		us, them = append(us, first.perRequest()), append(them, second.perRequest())
		ratios = append(ratios, float64(first.perRequest())/float64(second.perRequest()))
	}
	c.first, c.second, c.ratio = median(us), median(them), median(ratios)
	return c, nil
}

// same reports whether two texts are the same JSON.
func same(a, b string) bool {
	var x, y any
	return json.Unmarshal([]byte(a), &x) == nil && json.Unmarshal([]byte(b), &y) == nil && reflect.DeepEqual(x, y)
}

func size(out report, binary string) error {
	info, err := os.Stat(binary)
	if err != nil {
		return err
	}
	out.plain("size of the program", mebi(info.Size()), "< 60 MB", info.Size() < 60e6)
	return nil
}

// routesPerFlow keeps a deploy below the bound of its body.
const routesPerFlow = 2500

// many returns flows of routes that all answer alike.
func many(routes int) (flows []map[string]*drive.Flow) {
	for from := 0; from < routes; from += routesPerFlow {
		f := drive.NewFlow()
		for i := from; i < min(routes, from+routesPerFlow); i++ {
			id := fmt.Sprintf("n%d-", i)
			f.Request(id+"a", "GET", fmt.Sprintf("/r%d/:id/part", i)).Text(id+"b", "Hello World").Response(id+"c", "msg").Edge(id+"a", id+"b", id+"c")
		}
		flows = append(flows, map[string]*drive.Flow{fmt.Sprintf("many%d", from): f})
	}
	return flows
}

// starts measures how long it takes from nothing to an answer.
func starts(out report, binary string) error {
	for _, line := range []struct {
		what   string
		flows  []map[string]*drive.Flow
		path   string
		budget time.Duration
	}{
		{"start to first answer, empty", nil, "/systemApi/server/isOnline", 100 * time.Millisecond},
		{"start to first answer, 1,000 routes", many(1000), "/api/r999/7/part", 400 * time.Millisecond},
	} {
		p, err := startProduct(binary, line.flows...)
		if err != nil {
			return err
		}
		defer p.end()
		var times []time.Duration
		for range 5 {
			if _, err := p.Stop(); err != nil {
				return err
			}
			begin := time.Now()
			if err := p.again(binary); err != nil {
				return err
			}
			if _, err := p.answers(call{"GET", line.path, ""}); err != nil {
				return err
			}
			times = append(times, time.Since(begin))
		}
		took := median(times)
		out.plain(line.what, millis(took), "< "+millis(line.budget), took < line.budget)
	}
	return nil
}

// quiet measures a program that nobody calls.
func quiet(out report, binary string) error {
	p, err := startProduct(binary)
	if err != nil {
		return err
	}
	defer p.end()
	if _, err := p.Stop(); err != nil { // setting up cost memory of its own
		return err
	}
	if err := p.again(binary); err != nil {
		return err
	}
	time.Sleep(4 * time.Second) // what starting left to do
	before, err := drive.ThreadTime(p.pid)
	if err != nil {
		return err
	}
	const idle = 20 * time.Second
	time.Sleep(idle)
	after, err := drive.ThreadTime(p.pid)
	if err != nil {
		return err
	}
	held, err := drive.Memory(p.pid)
	if err != nil {
		return err
	}
	out.plain("idle memory", mebi(held), "< 45 MB", held < 45e6)
	share := float64(after-before) / float64(idle) * 100
	out.plain("idle processor time", fmt.Sprintf("%.2f %%", share), "0.0 %", share < 0.05)
	return nil
}

// routes shows that finding a route does not depend on how many there are.
func routes(out report, binary string) error {
	var first time.Duration
	for _, count := range []int{1, 1000, 10_000} {
		p, err := startProduct(binary, many(count)...)
		if err != nil {
			return err
		}
		defer p.end()
		var times []time.Duration
		for i := range *pairs + 1 {
			l, err := p.load(call{"GET", fmt.Sprintf("/api/r%d/7/part", count-1), ""}, *window, 0)
			if err != nil {
				return err
			}
			if i > 0 { // the first warms up
				times = append(times, l.perRequest())
			}
		}
		took := median(times)
		if first == 0 {
			first = took
		}
		ratio := float64(took) / float64(first)
		met := ratio <= 2
		out.line(fmt.Sprintf("a request with %d routes", count), micros(took), "", fmt.Sprintf("%.2f of one", ratio), "within 2", &met)
		p.end()
	}
	return nil
}

// chain returns a flow of nodes one after the other, in routes of ten nodes.
func chain(nodes int) map[string]*drive.Flow {
	f := drive.NewFlow()
	for i := range nodes / 10 {
		id := fmt.Sprintf("n%d-", i)
		ids := []string{id + "in"}
		f.Request(ids[0], "GET", fmt.Sprintf("/c%d", i))
		for j := range 8 {
			ids = append(ids, fmt.Sprintf("%s%d", id, j))
			f.Text(ids[j+1], "Hello World")
		}
		ids = append(ids, id+"out")
		f.Response(id+"out", "msg").Edge(ids...)
	}
	return map[string]*drive.Flow{"chain": f}
}

func deploys(out report, binary string) error {
	for _, line := range []struct {
		nodes  int
		budget time.Duration
	}{{1000, 50 * time.Millisecond}, {10_000, time.Second}} {
		p, err := startProduct(binary)
		if err != nil {
			return err
		}
		defer p.end()
		body, err := json.Marshal(map[string]any{"flowconfigurations": chain(line.nodes)})
		if err != nil {
			return err
		}
		var times []time.Duration
		for range 5 {
			begin := time.Now()
			a, err := p.admin.Do("POST", "/systemApi/flows/deploy", string(body))
			if err != nil {
				return err
			}
			if a.Status != http.StatusOK {
				return fmt.Errorf("deploy %d nodes: %s", line.nodes, a)
			}
			times = append(times, time.Since(begin))
		}
		took := median(times)
		out.plain(fmt.Sprintf("deploy of %d nodes, over HTTP", line.nodes), millis(took), "< "+millis(line.budget), took < line.budget)
		p.end()
	}
	return nil
}

// inARow calls 100,000 times and looks at what is left of it.
func inARow(out report, binary string) error {
	p, err := startProduct(binary, flows())
	if err != nil {
		return err
	}
	defer p.end()
	c := call{"POST", "/api/script", `{"a": 40, "b": 2}`}
	const warmUp, count = 20_000, 100_000
	if _, err := p.load(c, 0, warmUp); err != nil {
		return err
	}
	before, err := drive.Memory(p.pid)
	if err != nil {
		return err
	}
	l, err := p.load(c, 0, count)
	if err != nil {
		return err
	}
	after, err := drive.Memory(p.pid)
	if err != nil {
		return err
	}
	out.plain("100,000 requests in a row, answered", fmt.Sprint(l.requests), "100000", l.requests == count)
	growth := after - before
	out.plain("  memory more than before", mebi(growth), "flat", growth < before/5)

	busy, err := goroutines(p)
	if err != nil {
		return err
	}
	if err := p.again(binary); err != nil {
		return err
	}
	fresh, err := goroutines(p)
	if err != nil {
		return err
	}
	out.plain("  goroutines more than at a start", fmt.Sprint(busy-fresh), "≤ 0", busy <= fresh)
	return nil
}

var goroutine = regexp.MustCompile(`(?m)^goroutine \d+ .*\[`)

// goroutines ends the program with the signal that has it print them all.
func goroutines(p *product) (int, error) {
	p.admin.HTTP.CloseIdleConnections() // a connection that waits has a goroutine
	time.Sleep(time.Second)             // connections that were closed are noticed
	if err := p.Signal(syscall.SIGQUIT); err != nil {
		return 0, err
	}
	if _, err := p.Wait(10 * time.Second); err != nil {
		return 0, err
	}
	return len(goroutine.FindAllString(p.Output(), -1)), nil
}
