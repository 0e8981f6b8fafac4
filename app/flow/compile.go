package flow

import (
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"ecoflow/app/fault"
	"ecoflow/app/node"
)

// Program is the compiled form of a deployment: a table of routes and a graph
// for each entry node. It never changes; requests that started on it finish on it.
type Program struct {
	log       *slog.Logger
	settings  Settings
	router    *router
	routes    []*route
	entries   map[string]*entry // by node id
	listeners map[string][]*entry
	anything  []*entry
	catches   map[string][]*entry // by flow
	instances []node.Instance
	problems  []Problem
	describe  func() []byte

	runs    atomic.Int64
	closing atomic.Bool
	once    sync.Once
	drained chan struct{}
}

// An entry is a node at which runs start.
type entry struct {
	*vertex
	graph *graph
	// broken, set only in a Program compiled leniently, is why the entry's runs
	// cannot work.
	broken *Problem
	sub    node.Subscription
	fired  atomic.Bool // of a listener that takes the first event only
}

// A vertex is a node that takes part: enabled, and of a known type.
type vertex struct {
	id, label, flow string
	typ             *node.Type
	instance        node.Instance
	runner          node.Runner
	ports           []node.Port
	loop            int // the port that leads into a loop's body, -1 for none
	out             []*wire
	broken          *Problem
	prepared        bool // its inputs are in order
	unknown         bool // nobody knows its type, and so its ports
}

// A wire is an edge that takes part.
type wire struct {
	order    int // among the flow's edges
	port     int
	from, to *vertex
}

// A graph is what one entry leads to, or the body of a loop.
type graph struct {
	start []hop
	steps []step // in topological order, earlier connections first
	slots int
	// chain: every step has one way in and at most one way out.
	chain bool
	// parallel: steps that wait for something can do so side by side.
	parallel bool
	blocking int  // how many steps do
	body     bool // of a loop
	ends     bool // a body with steps whose message is its result
	responds bool
	states   sync.Pool
}

// A step is a vertex in its place in a graph. Its deliveries are found in the
// slots from slot on, in the order of the connections.
type step struct {
	*vertex
	slot, in int
	out      []hop
	body     *graph
	end      bool
}

// A hop leads from a port to a slot of a later step.
type hop struct{ port, slot, to int32 }

// maxSteps bounds all graphs together: nodes that many entries share are in the
// graph of each.
const maxSteps = 2_000_000

// A compiler makes one Program and collects every problem on the way.
type compiler struct {
	log      *slog.Logger
	doc      Document
	library  *node.Library
	program  *Program
	lenient  bool
	problems []Problem
	vertices map[string]map[string]*vertex // by flow and id
	all      map[string]string             // flow by node id
	configs  map[string]node.Instance
	steps    int
	said     map[string]bool // problems, so that what several entries share is said once
	ways     map[string]*ways
	cyclic   map[string]bool // by flow: it has a cycle; none of its runs will start there
	calling  []string        // the flows whose calls are being followed
	callees  Document        // that calls may take in
	drafts   []string        // flows that are there, but not to be deployed
}

// compile checks the document and makes its Program. With lenient set, an entry
// that leads to something broken stays and says so when it is called; otherwise
// the Program is nil when a problem is no warning. The caller closes the Program.
func (e *Engine) compile(doc Document, lenient bool) (*Program, []Problem) {
	return e.compiler(doc, lenient).compile()
}

func (e *Engine) compiler(doc Document, lenient bool) *compiler {
	s := e.settings()
	return &compiler{
		log: e.log, doc: doc, library: e.library, lenient: lenient,
		vertices: map[string]map[string]*vertex{}, all: map[string]string{}, configs: map[string]node.Instance{},
		said: map[string]bool{}, ways: map[string]*ways{}, cyclic: map[string]bool{},
		program: &Program{
			settings: s, router: newRouter(s), entries: map[string]*entry{}, listeners: map[string][]*entry{},
			catches: map[string][]*entry{}, drained: make(chan struct{}), log: e.log,
		},
	}
}

func (c *compiler) compile() (*Program, []Problem) {
	names := c.doc.Names()
	slices.SortStableFunc(names, func(a, b string) int { // other nodes pick Configuration nodes
		switch {
		case IsConfigs(a):
			return -1
		case IsConfigs(b):
			return 1
		}
		return 0
	})
	for i := 0; i < len(names); i++ { // calls bring more
		c.nodes(names[i], c.doc[names[i]])
		names = append(names, c.bring(names[i])...)
	}
	doc := c.doc
	for _, name := range names {
		c.edges(name, doc[name])
	}
	for _, name := range names { // flows call each other, so all are looked at first
		c.cyclic[name] = !c.acyclic(name, doc[name])
	}
	for _, name := range names {
		c.oneCallable(name, doc[name])
		c.graphs(name, doc[name])
	}
	c.duplicateRoutes()
	for _, name := range names {
		c.unreached(name, doc[name])
	}
	slices.SortStableFunc(c.problems, func(a, b Problem) int {
		switch {
		case a.Warning == b.Warning:
			return 0
		case b.Warning:
			return -1
		}
		return 1
	})
	for i := range c.problems {
		if v := c.vertices[c.problems[i].Flow][c.problems[i].Node]; v != nil {
			c.problems[i].Label = v.label
		}
	}
	c.program.problems = c.problems
	failed := slices.ContainsFunc(c.problems, func(p Problem) bool { return !p.Warning })
	if failed && !c.lenient {
		c.program.close() //nolint:errcheck // nothing ran, so nothing can be lost
		return nil, c.problems
	}
	p := c.program
	p.describe = sync.OnceValue(func() []byte { return describe(p) })
	return p, c.problems
}

// report adds a problem; one that is no warning marks the vertices it concerns.
func (c *compiler) report(p Problem) {
	key := strings.Join([]string{p.Code, p.Flow, p.Node, p.Input, p.Message}, "\x00")
	if c.said[key] {
		return
	}
	c.said[key] = true
	c.problems = append(c.problems, p)
	if p.Warning {
		return
	}
	for _, id := range p.nodes() {
		if v := c.vertices[p.Flow][id]; v != nil && v.broken == nil {
			v.broken = &p
		}
	}
}

func (c *compiler) nodes(flow string, f *Flow) {
	c.vertices[flow] = make(map[string]*vertex, len(f.Nodes))
	for _, n := range f.Nodes {
		if other, twice := c.all[n.ID]; twice {
			message := fmt.Sprintf("The node id %s comes twice in this flow.", n.ID)
			if other != flow {
				message = fmt.Sprintf("The node id %s is also in the flow %q.", n.ID, other)
			}
			c.report(Problem{Flow: flow, Node: n.ID, Code: "duplicate_id", Message: message})
			continue
		}
		c.all[n.ID] = flow
		if n.Disabled {
			continue
		}
		v := &vertex{id: n.ID, label: n.label(), flow: flow, loop: -1}
		c.vertices[flow][n.ID] = v
		c.instance(v, n, f)
	}
}

// bring takes in the flows that a flow calls, from those that calls may take in, and
// returns their names. Of such a flow only what begins with a call takes part.
func (c *compiler) bring(flow string) (names []string) {
	if c.callees == nil {
		return nil
	}
	for _, n := range c.doc[flow].Nodes {
		v := c.vertices[flow][n.ID]
		if v == nil || !v.prepared {
			continue
		}
		caller, ok := v.instance.(node.Caller)
		var called string
		if !ok || !c.asked(v, func() { called, _ = caller.Calls() }) {
			continue
		}
		if _, _, there := c.doc.Find(called); there {
			continue
		}
		if f, name, there := c.callees.Find(called); there {
			c.doc = c.doc.Merge(Document{name: c.callee(f)})
			names = append(names, name)
		}
	}
	return names
}

// callee returns the flow with the entries disabled at which no call begins.
func (c *compiler) callee(f *Flow) *Flow {
	own := *f
	own.Nodes = slices.Clone(f.Nodes)
	for i, n := range own.Nodes {
		t, ok := c.library.Lookup(n.TypeID)
		own.Nodes[i].Disabled = n.Disabled || n.Kind.IsEntry() && ok && !t.Callable && !t.Catches
	}
	return &own
}

func (c *compiler) instance(v *vertex, n Node, f *Flow) {
	wrong := func(code, message string) { c.report(Problem{Flow: v.flow, Node: n.ID, Code: code, Message: message}) }
	if !slices.Contains(node.Kinds, n.Kind) {
		wrong("unknown_kind", fmt.Sprintf("The node %s has the type %q, which is none of the seven.", v.label, n.Kind))
		return
	}
	t, ok := c.library.Lookup(n.TypeID)
	if !ok { // it keeps its place, so that what leads to it is known to be broken
		wrong("unknown_type", unknownType(n))
		v.typ = &node.Type{Kind: n.Kind, MayRespond: n.Kind.IsEntry()}
		v.ports = PortsOf(v.typ, nil)
		v.unknown = true
		return
	}
	inputs := f.Inputs(n.ID)
	v.typ = t
	v.ports = PortsOf(t, inputs)
	switch {
	case n.Kind != t.Kind:
		wrong("kind", fmt.Sprintf("The node %s says it is a %s, but the node type %s is a %s.", v.label, n.Kind, t.Name, t.Kind))
		return
	case t.Kind == node.Configuration && !IsConfigs(v.flow):
		wrong("configuration_place", fmt.Sprintf("The node %s is a Configuration, which belongs into the flow %q.", v.label, Configs))
	case t.Kind != node.Configuration && IsConfigs(v.flow):
		wrong("configuration_place", fmt.Sprintf("The flow %q is kept for Configuration nodes; the node %s is a %s.", Configs, v.label, t.Kind))
	}
	if !n.Configured && len(t.Inputs) > 0 {
		wrong("unconfigured", fmt.Sprintf("The node %s is not configured yet.", v.label))
	}
	if t.LoopPort != "" {
		v.loop = slices.IndexFunc(v.ports, func(p node.Port) bool { return p.Name == t.LoopPort })
	}
	instance, problems := newInstance(c.log, t, node.Values{
		Inputs: inputs, Templates: n.Templates, NodeID: n.ID, Label: v.label, Flow: v.flow,
		Configuration: func(id string) (node.Instance, bool) { i, ok := c.configs[id]; return i, ok },
	})
	if instance != nil {
		c.program.instances = append(c.program.instances, instance)
	}
	for _, p := range problems {
		c.report(Problem{
			Flow: v.flow, Node: n.ID, Input: p.Input, Code: p.Code, Warning: p.Warning, Line: p.Line, Column: p.Column,
			Message: v.label + ": " + p.Message,
		})
	}
	v.prepared = instance != nil && !slices.ContainsFunc(problems, func(p node.Problem) bool { return !p.Warning })
	v.instance = instance
	v.runner, _ = instance.(node.Runner)
	if t.Kind == node.Configuration {
		c.configs[n.ID] = instance
	}
	if v.runner == nil && t.Kind.HasInput() && v.broken == nil {
		wrong("no_controller", fmt.Sprintf("The node type %s has nothing that runs.", t.Name))
	}
}

// newInstance makes an instance; a panic of a node type is a problem of it.
func newInstance(log *slog.Logger, t *node.Type, v node.Values) (i node.Instance, problems []node.Problem) {
	if id := attempt(log, func() { i, problems = t.New(v) }, "flow", v.Flow, "node", v.NodeID); id != "" {
		return nil, []node.Problem{{Code: "failed", Message: mistake(t, id)}}
	}
	return i, problems
}

// attempt lets a node type's code run while it is prepared, or let go of; what it returns
// is the id under which the log has its panic, with the attributes, "" when there was none.
func attempt(log *slog.Logger, do func(), attributes ...any) (panicked string) {
	defer func() {
		if v := recover(); v != nil {
			panicked = fault.Panicked(log.With(attributes...), "node type", v)
		}
	}()
	do()
	return ""
}

func mistake(t *node.Type, id string) string {
	return fmt.Sprintf("the node type %s failed in a way that it did not expect; the log has it under %s.", t.Name, id)
}

// asked lets a node's instance say something about itself; it is false when that
// panicked, which is reported.
func (c *compiler) asked(v *vertex, do func()) bool {
	id := attempt(c.log, do, "flow", v.flow, "node", v.id)
	if id != "" {
		c.report(Problem{Flow: v.flow, Node: v.id, Code: "failed", Message: v.label + ": " + mistake(v.typ, id)})
	}
	return id == ""
}

func (c *compiler) edges(flow string, f *Flow) {
	type pair struct {
		from, to *vertex
		port     int
	}
	present := make(map[string]bool, len(f.Nodes))
	for _, n := range f.Nodes {
		present[n.ID] = true
	}
	seen := map[pair]bool{}
	for i, e := range f.Edges {
		if !e.Active {
			continue
		}
		missing := false
		for _, id := range []string{e.Source, e.Target} {
			if !present[id] {
				missing = true
				other := e.Source
				if id == e.Source {
					other = e.Target
				}
				c.report(Problem{
					Flow: flow, Node: other, Code: "missing_node",
					Message: fmt.Sprintf("A connection leads to a node that is not in the flow (id %s).", id),
				})
			}
		}
		from, to := c.vertices[flow][e.Source], c.vertices[flow][e.Target]
		if missing || from == nil || to == nil || from.typ == nil || to.typ == nil {
			continue
		}
		a := End{ID: from.id, Label: from.label, Type: from.typ, Ports: from.ports, Handle: e.SourceHandle}
		b := End{ID: to.id, Label: to.label, Type: to.typ, Handle: e.TargetHandle}
		if from.unknown {
			a.Handle = ""
		}
		if p := CanConnect(a, b); p != nil {
			p.Flow = flow
			c.report(*p)
			continue
		}
		key := pair{from, to, a.port()}
		if seen[key] {
			c.report(Problem{
				Flow: flow, Node: from.id, Nodes: []string{from.id, to.id}, Code: "duplicate_edge",
				Message: fmt.Sprintf("The nodes %s and %s are connected twice.", from.label, to.label),
			})
			continue
		}
		seen[key] = true
		from.out = append(from.out, &wire{order: i, port: key.port, from: from, to: to})
	}
}

// maxCycles bounds how many cycles of one flow are told; more help nobody.
const maxCycles = 20

// acyclic reports the cycles of the flow and whether there was none.
func (c *compiler) acyclic(flow string, f *Flow) bool {
	const (
		fresh = iota
		open
		done
	)
	state := map[*vertex]int{}
	var way []*vertex
	ok, found := true, 0
	var visit func(v *vertex)
	visit = func(v *vertex) {
		state[v] = open
		way = append(way, v)
		for _, w := range v.out {
			switch state[w.to] {
			case fresh:
				visit(w.to)
			case open:
				ok = false
				if found++; found > maxCycles {
					continue
				}
				var ids, labels []string
				for _, x := range way[slices.Index(way, w.to):] {
					ids, labels = append(ids, x.id), append(labels, x.label)
				}
				if len(labels) > 5 {
					labels = append(labels[:5], "…")
				}
				c.report(Problem{
					Flow: flow, Node: w.to.id, Nodes: ids, Code: "cycle",
					Message: fmt.Sprintf("The connections run in a circle: %s.", strings.Join(append(labels, w.to.label), " → ")),
				})
			}
		}
		way = way[:len(way)-1]
		state[v] = done
	}
	for _, n := range f.Nodes {
		if v := c.vertices[flow][n.ID]; v != nil && state[v] == fresh {
			visit(v)
		}
	}
	return ok
}

func (c *compiler) graphs(flow string, f *Flow) {
	for _, n := range f.Nodes {
		v := c.vertices[flow][n.ID]
		if v == nil || v.typ == nil || !v.typ.Kind.IsEntry() {
			continue
		}
		e := &entry{vertex: v}
		e.graph = c.graph(v, -1, v.typ.Callable, e)
		e.broken = v.broken
		for i := range e.graph.steps {
			c.inspect(e, &e.graph.steps[i])
		}
		c.twoDirect(e)
		c.program.entries[v.id] = e
		if v.typ.Kind == node.Request {
			c.request(e, f)
			continue
		}
		switch l, ok := v.instance.(node.Listener); {
		case v.typ.Catches:
			c.program.catches[flow] = append(c.program.catches[flow], e)
		case ok:
			if !c.asked(v, func() { e.sub = l.Listen() }) {
				continue
			}
			if e.sub.Any {
				c.program.anything = append(c.program.anything, e)
			} else if e.sub.Channel != "" {
				c.program.listeners[e.sub.Channel] = append(c.program.listeners[e.sub.Channel], e)
			}
		}
	}
}

// inspect looks at one step of an entry's graph.
func (c *compiler) inspect(e *entry, s *step) {
	if s.broken != nil && e.broken == nil {
		e.broken = s.broken
	}
	switch {
	case s.typ.Kind == node.Response && !e.typ.MayRespond:
		c.report(Problem{
			Flow: s.flow, Node: s.id, Nodes: []string{s.id, e.id}, Code: "response_unawaited",
			Message: fmt.Sprintf("The Response %s is reached from %s, where nobody waits for an answer.", s.label, e.label),
		})
	case s.typ.Kind == node.Middleware && len(s.vertex.out) == 0 && !s.end && s.runner != nil:
		c.warn(s.vertex, "dead_end", "After the node %s nothing follows: it runs, and its result goes nowhere.", s.label)
	}
	if s.body != nil {
		for i := range s.body.steps {
			c.inspect(e, &s.body.steps[i])
		}
	}
}

func (c *compiler) warn(v *vertex, code, format string, args ...any) {
	c.report(Problem{Flow: v.flow, Node: v.id, Code: code, Warning: true, Message: fmt.Sprintf(format, args...)})
}

func (c *compiler) request(e *entry, f *Flow) {
	if len(e.vertex.out) == 0 {
		if c.blockedBy(e.vertex, f) == nil {
			c.warn(e.vertex, "leads_nowhere", "Nothing follows %s, so it has no route.", e.label)
			return
		}
	}
	if !e.graph.responds {
		if off := c.blockedBy(e.vertex, f); off != nil {
			c.warn(e.vertex, "disabled_path", "The only way from %s to a Response leads over the node %s, which is disabled.", e.label, off.label())
		} else {
			c.warn(e.vertex, "no_response", "%s reaches no Response: callers are answered 204 without a body.", e.label)
		}
	}
	if len(e.vertex.out) == 0 {
		return
	}
	r, ok := e.instance.(node.Router)
	if !ok || !e.prepared {
		return
	}
	var at node.Route
	if !c.asked(e.vertex, func() { at = r.Route() }) {
		return
	}
	segments, message := splitRoute(at)
	if message != "" {
		c.report(Problem{Flow: e.flow, Node: e.id, Input: "apiEndpoint", Code: "bad_route", Message: e.label + ": " + message})
		return
	}
	method := at.Method
	if method == "" {
		method = "GET"
	}
	if !slices.Contains(c.program.settings.Methods, method) {
		c.warn(e.vertex, "method_off", "%s uses the method %s, which the settings switch off: it has no route.", e.label, method)
		return
	}
	c.program.routes = append(c.program.routes, &route{method: method, pattern: c.program.router.pattern(segments), entry: e, names: segments})
}

// ways are a flow's edges as if no node were disabled.
type ways struct {
	nodes    map[string]*Node
	next     map[string][]string
	disabled bool // some node is
}

func (c *compiler) waysOf(flow string, f *Flow) *ways {
	if w := c.ways[flow]; w != nil {
		return w
	}
	w := &ways{nodes: make(map[string]*Node, len(f.Nodes)), next: map[string][]string{}}
	c.ways[flow] = w
	for i := range f.Nodes {
		w.nodes[f.Nodes[i].ID] = &f.Nodes[i]
		w.disabled = w.disabled || f.Nodes[i].Disabled
	}
	for _, e := range f.Edges { // the editor turns edges of disabled nodes off
		if a, b := w.nodes[e.Source], w.nodes[e.Target]; a != nil && b != nil && (e.Active || a.Disabled || b.Disabled) {
			w.next[e.Source] = append(w.next[e.Source], e.Target)
		}
	}
	return w
}

// blockedBy returns the disabled node through which v would reach a Response,
// nil when there is none.
func (c *compiler) blockedBy(v *vertex, f *Flow) *Node {
	w := c.waysOf(v.flow, f)
	if !w.disabled {
		return nil
	}
	type place struct {
		id  string
		off *Node
	}
	seen := map[string]bool{v.id: true}
	for queue := []place{{v.id, nil}}; len(queue) > 0; queue = queue[1:] {
		at := queue[0]
		for _, id := range w.next[at.id] {
			n := w.nodes[id]
			off := at.off
			if off == nil && n.Disabled {
				off = n
			}
			if n.Kind == node.Response && off != nil {
				return off
			}
			if !seen[id] {
				seen[id] = true
				queue = append(queue, place{id, off})
			}
		}
	}
	return nil
}

// duplicateRoutes reports routes that are the same after the parameters' names
// are taken away and puts the others into the table.
func (c *compiler) duplicateRoutes() {
	t := c.program.router
	byKey := map[string][]*route{}
	var keys []string
	for _, r := range c.program.routes {
		k := t.key(r.method, r.names)
		if byKey[k] == nil {
			keys = append(keys, k)
		}
		byKey[k] = append(byKey[k], r)
	}
	for _, k := range keys {
		same := byKey[k]
		if len(same) > 1 {
			ids := make([]string, len(same))
			for i, r := range same {
				ids[i] = r.entry.id
			}
			for i, r := range same {
				p := Problem{
					Flow: r.entry.flow, Node: r.entry.id, Code: "duplicate_route",
					Message: fmt.Sprintf("%s: the route %s %s is there %d times.", r.entry.label, r.method, r.pattern, len(same)),
				}
				if i == 0 {
					p.Routes, p.Nodes = []string{r.method + " " + strings.TrimPrefix(r.pattern, t.prefix)}, ids
				}
				c.report(p)
			}
		}
		segments := same[0].names
		same[0].names = nil
		t.add(same[0], segments)
	}
}

// unreached warns of nodes without a way in; one that is merely off is no
// surprise.
func (c *compiler) unreached(flow string, f *Flow) {
	led := map[string]bool{}
	for _, e := range f.Edges {
		led[e.Target] = true
	}
	for _, n := range f.Nodes {
		v := c.vertices[flow][n.ID]
		if v != nil && v.typ != nil && v.broken == nil && v.typ.Kind.HasInput() && !led[n.ID] {
			c.warn(v, "unreached", "Nothing leads to the node %s, so it never runs.", v.label)
		}
	}
}

// twoDirect reports two Responses that both answer with their own body whenever
// one of them runs: they hang on the same way out of the same node.
func (c *compiler) twoDirect(e *entry) {
	check := func(from *vertex) {
		first := map[int]*vertex{}
		for _, w := range from.out {
			d, ok := w.to.instance.(node.Director)
			if !ok || w.to.typ.Kind != node.Response {
				continue
			}
			direct := false
			if !c.asked(w.to, func() { direct = d.Direct() }) || !direct {
				continue
			}
			if other := first[w.port]; other != nil {
				c.report(Problem{
					Flow: from.flow, Node: w.to.id, Nodes: []string{other.id, w.to.id}, Code: "two_responses",
					Message: fmt.Sprintf("The Responses %s and %s both answer with the whole body, and both run after %s.", other.label, w.to.label, from.label),
				})
				continue
			}
			first[w.port] = w.to
		}
	}
	check(e.vertex)
	for i := range e.graph.steps {
		check(e.graph.steps[i].vertex)
	}
}

// graph builds what the source leads to: over its loop port when port is that,
// else over all others. The message at the end of a body is its result.
func (c *compiler) graph(source *vertex, port int, body bool, e *entry) *graph {
	g := &graph{body: body, chain: true}
	follow := func(v *vertex) func(func(*wire) bool) {
		return func(yield func(*wire) bool) {
			for _, w := range v.out {
				if v == source && port >= 0 && w.port != port || (v != source || port < 0) && w.port == v.loop {
					continue
				}
				if !yield(w) {
					return
				}
			}
		}
	}
	// Depth first, later connections first: the reverse of the order in which
	// vertices are finished is topological, with earlier connections earlier.
	var order []*vertex
	seen := map[*vertex]bool{source: true}
	var visit func(v *vertex)
	visit = func(v *vertex) {
		var wires []*wire
		for w := range follow(v) {
			wires = append(wires, w)
		}
		for _, w := range slices.Backward(wires) {
			if !seen[w.to] {
				seen[w.to] = true
				visit(w.to)
			}
		}
		order = append(order, v)
	}
	visit(source)
	slices.Reverse(order)
	order = order[1:] // without the source
	c.steps += len(order)
	if c.steps > maxSteps {
		if c.steps-len(order) <= maxSteps {
			c.report(Problem{
				Flow: e.flow, Node: e.id, Code: "too_many_paths",
				Message: "The entries of all flows share too many nodes; the flows are too large to run.",
			})
		}
		return g
	}
	place := make(map[*vertex]int, len(order))
	in := make([][]*wire, len(order))
	for i, v := range order {
		place[v] = i
	}
	for _, v := range append([]*vertex{source}, order...) {
		for w := range follow(v) {
			in[place[w.to]] = append(in[place[w.to]], w)
		}
	}
	g.steps = make([]step, len(order))
	slot := make(map[*wire]int)
	for i, v := range order {
		slices.SortFunc(in[i], func(a, b *wire) int { return a.order - b.order })
		s := &g.steps[i]
		s.vertex, s.slot, s.in = v, g.slots, len(in[i])
		for _, w := range in[i] {
			slot[w] = g.slots
			g.slots++
		}
		g.chain = g.chain && s.in == 1
		if v.typ.Blocking {
			g.blocking++
		}
		g.responds = g.responds || v.typ.Kind == node.Response
	}
	hops := func(v *vertex) (out []hop) {
		for w := range follow(v) {
			out = append(out, hop{port: int32(w.port), slot: int32(slot[w]), to: int32(place[w.to])}) //nolint:gosec // a flow has 10 MiB at most
		}
		g.chain = g.chain && len(out) <= 1
		return out
	}
	g.start = hops(source)
	for i := range g.steps {
		s := &g.steps[i]
		s.out = hops(s.vertex)
		if g.body && len(s.out) == 0 && s.typ.Kind == node.Middleware {
			s.end, g.ends = true, true
		}
		if s.loop >= 0 && !c.cyclic[s.flow] {
			s.body = c.graph(s.vertex, s.loop, true, e)
			c.body(s, seen)
		}
		if caller, ok := s.instance.(node.Caller); ok && s.prepared {
			s.body = c.called(s.vertex, caller, e)
		}
	}
	g.parallel = g.blocking > 0 && !g.chain
	if g.slots > 0 && !g.chain {
		slots, steps := g.slots, len(g.steps)
		g.states.New = func() any {
			return &state{slots: make([]delivery, slots), pending: make([]int32, steps)}
		}
	}
	return g
}

// maxCalls bounds how deep flows call each other.
const maxCalls = 20

// called builds what a node that calls another flow runs; nil when it cannot.
func (c *compiler) called(v *vertex, caller node.Caller, e *entry) *graph {
	var called, input string
	if !c.asked(v, func() { called, input = caller.Calls() }) {
		return nil
	}
	refuse := func(code, format string, args ...any) *graph {
		c.report(Problem{Flow: v.flow, Node: v.id, Input: input, Code: code, Message: v.label + ": " + fmt.Sprintf(format, args...)})
		return nil
	}
	f, name, ok := c.doc.Find(called)
	if !ok {
		if slices.ContainsFunc(c.drafts, func(draft string) bool { return NameKey(draft) == NameKey(called) }) {
			return refuse("draft_flow", "The flow %q is only a draft. Deploy it as well.", called)
		}
		return refuse("unknown_flow", "There is no flow %q.", called)
	}
	var start *vertex
	for _, n := range f.Nodes {
		if w := c.vertices[name][n.ID]; w != nil && w.typ != nil && w.typ.Callable {
			start = w
			break
		}
	}
	if len(c.calling) == 0 {
		c.calling = append(c.calling, e.flow)
		defer func() { c.calling = nil }()
	}
	switch {
	case start == nil:
		return refuse("not_callable", "The flow %q has no node Called, at which calls begin.", name)
	case slices.Contains(c.calling, name):
		return refuse("call_cycle", "The flow %q would be called by itself, without an end.", name)
	case len(c.calling) > maxCalls:
		return refuse("calls_too_deep", "Flows may call each other %d deep at most.", maxCalls)
	case c.cyclic[name]:
		return nil // reported there
	}
	c.calling = append(c.calling, name)
	defer func() { c.calling = c.calling[:len(c.calling)-1] }()
	return c.graph(start, -1, true, e)
}

// oneCallable reports all but the first node at which calls of the flow begin.
func (c *compiler) oneCallable(flow string, f *Flow) {
	var first *vertex
	for _, n := range f.Nodes {
		v := c.vertices[flow][n.ID]
		switch {
		case v == nil || v.typ == nil || !v.typ.Callable:
		case first == nil:
			first = v
		default:
			c.report(Problem{
				Flow: flow, Node: v.id, Nodes: []string{first.id, v.id}, Code: "two_callable",
				Message: fmt.Sprintf("Calls of this flow begin at the node %s already; the node %s is one too many.", first.label, v.label),
			})
		}
	}
}

// body reports what the body of a loop may not have.
func (c *compiler) body(s *step, outside map[*vertex]bool) {
	for i := range s.body.steps {
		b := &s.body.steps[i]
		switch {
		case b.typ.Kind == node.Response:
			c.report(Problem{
				Flow: s.flow, Node: b.id, Code: "response_in_loop",
				Message: fmt.Sprintf("The Response %s is inside the loop %s; it belongs behind it.", b.label, s.label),
			})
		case outside[b.vertex]:
			c.report(Problem{
				Flow: s.flow, Node: b.id, Nodes: []string{s.id, b.id}, Code: "loop_joined",
				Message: fmt.Sprintf("The node %s is inside the loop %s and also reached from outside.", b.label, s.label),
			})
		}
	}
}

// acquire takes part in the Program; false when it is being drained.
func (p *Program) acquire() bool {
	p.runs.Add(1)
	if p.closing.Load() {
		p.release()
		return false
	}
	return true
}

func (p *Program) release() {
	if p.runs.Add(-1) == 0 && p.closing.Load() {
		p.once.Do(func() { close(p.drained) })
	}
}

// drain lets no further run start and returns what is closed after the last one.
func (p *Program) drain() <-chan struct{} {
	p.runs.Add(1)
	p.closing.Store(true)
	p.release()
	return p.drained
}

// close closes the instances that hold something open.
func (p *Program) close() error {
	var first error
	for _, i := range p.instances {
		if c, ok := i.(io.Closer); ok {
			var err error = errPanic
			attempt(p.log, func() { err = c.Close() })
			if err != nil && first == nil {
				first = fmt.Errorf("close a node: %w", err)
			}
		}
	}
	return first
}
