// Package flow is the engine: it checks flows, compiles them to an immutable
// Program, and lets the live Program answer requests.
//
// flow.go is the document as it is drawn and stored, check.go says whether it can
// be deployed, compile.go turns it into a Program, route.go finds a request's
// route, run.go lets one message through the nodes, answer.go writes what came of
// it, and engine.go holds the Program that is live.
package flow

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"ecoflow/app/fault"
	"ecoflow/app/limit"
	"ecoflow/app/node"
	"ecoflow/app/value"
)

// Configs is the name of the flow that holds the Configuration nodes.
const Configs = "configs"

// Document is a set of flows by name, in the contract's flow description (3.12).
// Members it does not know are kept. It is never changed in place.
type Document map[string]*Flow

// Flow is one canvas: nodes, edges and the configured values of the nodes.
type Flow struct {
	Nodes   []Node         // the wire's definitions
	Edges   []Edge         // the wire's connections
	Configs []Values       // the wire's configurations
	extra   map[string]any // members that are not ours
	byNode  map[string]int // place in Configs by node id
}

// Node is one node on the canvas. The fields are read from its JSON, which is
// kept whole.
type Node struct {
	ID         string
	Kind       node.Kind
	TypeID     string // data.moduleID._id
	Label      string // data.label
	Configured bool   // data.configured; false only when that says false
	Disabled   bool   // data.disabled
	Templates  bool   // data.templates, decision 19
	fields     map[string]any
}

// Edge is one connection. Active is false unless the wire's animated is exactly
// false (decision 15).
type Edge struct {
	ID                   string
	Source, SourceHandle string
	Target, TargetHandle string
	Active               bool
	fields               map[string]any
}

// Values are the configured inputs of one node.
type Values struct {
	NodeID string
	Inputs map[string]any
	fields map[string]any
}

// Label is the shown name, the id where there is none.
func (n Node) label() string {
	if n.Label != "" {
		return n.Label
	}
	return n.ID
}

// Fields returns the node's JSON object. It must not be changed.
func (n Node) Fields() map[string]any { return n.fields }

// Fields returns the edge's JSON object. It must not be changed.
func (e Edge) Fields() map[string]any { return e.fields }

// WithID returns the node under another id.
func (n Node) WithID(id string) Node {
	n.ID, n.fields = id, maps.Clone(n.fields)
	n.fields["id"] = id
	return n
}

// WithEnds returns the edge between other nodes, with handles and an id to match.
// Ports keep their names.
func (e Edge) WithEnds(source, target string) Edge {
	e.SourceHandle = source + strings.TrimPrefix(e.SourceHandle, e.Source)
	e.TargetHandle = target + strings.TrimPrefix(e.TargetHandle, e.Target)
	e.Source, e.Target = source, target
	e.ID = "reactflow__edge-" + source + e.SourceHandle + "-" + target + e.TargetHandle
	e.fields = maps.Clone(e.fields)
	e.fields["id"], e.fields["source"], e.fields["target"] = e.ID, e.Source, e.Target
	e.fields["sourceHandle"], e.fields["targetHandle"] = e.SourceHandle, e.TargetHandle
	return e
}

// WithNode returns the values for another node.
func (v Values) WithNode(id string) Values {
	v.NodeID, v.fields = id, maps.Clone(v.fields)
	v.fields["nodeID"] = id
	return v
}

// WithInputs returns the values with other inputs.
func (v Values) WithInputs(inputs map[string]any) Values {
	v.Inputs, v.fields = inputs, maps.Clone(v.fields)
	v.fields["configs"] = inputs
	return v
}

// Inputs returns the configured inputs of a node, nil when there are none.
func (f *Flow) Inputs(nodeID string) map[string]any {
	if i, ok := f.byNode[nodeID]; ok {
		return f.Configs[i].Inputs
	}
	return nil
}

// With returns the flow with other content and the same members beside it.
func (f *Flow) With(nodes []Node, edges []Edge, configs []Values) *Flow {
	c := &Flow{Nodes: nodes, Edges: edges, Configs: configs, extra: f.extra}
	c.index()
	return c
}

// NewFlow returns a flow without anything in it.
func NewFlow() *Flow { return (&Flow{}).With(nil, nil, nil) }

func (f *Flow) index() {
	f.byNode = make(map[string]int, len(f.Configs))
	for i, v := range f.Configs {
		f.byNode[v.NodeID] = i
	}
}

// Names lists the flows' names in order.
func (d Document) Names() []string { return slices.Sorted(maps.Keys(d)) }

// Find returns the flow with the name, ignoring case and normalisation, and the
// name as it is written in the document.
func (d Document) Find(name string) (f *Flow, written string, ok bool) {
	if f, ok := d[name]; ok {
		return f, name, true
	}
	key := NameKey(name)
	for written, f := range d {
		if NameKey(written) == key {
			return f, written, true
		}
	}
	return nil, "", false
}

// Merge returns the document with the other's flows in place of those of the
// same names.
func (d Document) Merge(other Document) Document {
	out := maps.Clone(d)
	if out == nil {
		out = Document{}
	}
	for name, f := range other {
		if _, written, ok := out.Find(name); ok {
			delete(out, written)
		}
		out[name] = f
	}
	return out
}

// Without returns the document without the flows of the names.
func (d Document) Without(names []string) Document {
	out := maps.Clone(d)
	for _, name := range names {
		if _, written, ok := out.Find(name); ok {
			delete(out, written)
		}
	}
	return out
}

// joiners are the two invisible characters that words and emoji of many scripts
// are written with: the zero width joiner and non-joiner.
const joiners = "\u200c\u200d"

var withoutJoiners = strings.NewReplacer("\u200c", "", "\u200d", "")

// isUnseen reports whether a character shows nothing by itself.
func isUnseen(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune(joiners, r) }

// NameKey returns what makes a flow's name unique: its compatibility
// normalisation without regard to case and to joiners, which nobody sees.
func NameKey(name string) string {
	fold := cases.Fold()
	return norm.NFKC.String(fold.String(norm.NFKC.String(withoutJoiners.Replace(name))))
}

// IsConfigs reports whether a name, however it is spelled, is that of the flow with
// the Configuration nodes.
func IsConfigs(name string) bool { return NameKey(name) == Configs }

// CleanName returns a name as flows keep it: in the usual normalisation, and the name
// of the flow with the Configuration nodes in its one spelling.
func CleanName(name string) string {
	if IsConfigs(name) {
		return Configs
	}
	return norm.NFC.String(name)
}

// CheckName returns an Invalid fault when a flow cannot have the name: nothing,
// more than limit.FlowNameRunes characters, slashes, or what cannot be printed.
func CheckName(name string) error {
	if message := nameProblem(name); message != "" {
		return fault.New(fault.Invalid, "%s", message).WithCode("flow_name").At("name", "%s", message)
	}
	return nil
}

func nameProblem(name string) string {
	switch {
	case strings.TrimFunc(name, isUnseen) == "":
		return "A flow needs a name."
	case name != strings.TrimFunc(name, isUnseen):
		return "A flow's name may not start or end with a space or an invisible character."
	case name == "." || name == "..":
		return "A flow cannot be named with dots alone."
	case utf8.RuneCountInString(name) > limit.FlowNameRunes:
		return fmt.Sprintf("A flow's name may have %d characters at most.", limit.FlowNameRunes)
	case strings.ContainsAny(name, `/\`):
		return `A flow's name may not hold the characters / and \.`
	}
	for _, r := range name {
		if r == utf8.RuneError || !unicode.IsPrint(r) && !strings.ContainsRune(joiners, r) {
			return "A flow's name may only hold characters that can be printed."
		}
	}
	return ""
}

// Parse reads a document: JSON of limit.FlowsBody bytes and limit.ManagementDepth
// levels at most. What is not of the contract's form is a fault that lists every
// place, such as "flows/shop/definitions/3/data".
func Parse(b []byte) (Document, error) {
	if len(b) > limit.FlowsBody {
		return nil, fault.New(fault.TooLarge, "Flows may have %d MiB at most.", limit.FlowsBody>>20).WithCode("flows_too_large")
	}
	v, err := value.Parse(b, limit.ManagementDepth)
	if err != nil {
		return nil, malformed(err)
	}
	var r reader
	d := r.document(v)
	return d, r.fault()
}

// ParseFlow is Parse for one flow, whose places begin with its name.
func ParseFlow(name string, b []byte) (*Flow, error) {
	if len(b) > limit.FlowsBody {
		return nil, fault.New(fault.TooLarge, "Flows may have %d MiB at most.", limit.FlowsBody>>20).WithCode("flows_too_large")
	}
	v, err := value.Parse(b, limit.ManagementDepth)
	if err != nil {
		return nil, malformed(err)
	}
	var r reader
	f := r.flow("flows/"+name, v)
	return f, r.fault()
}

func malformed(err error) error {
	var je *value.Error
	if errors.As(err, &je) {
		return fault.New(fault.Malformed, "The flows are not valid JSON: %s.", je).WithCode("bad_json")
	}
	return err
}

// UnmarshalJSON is Parse.
func (d *Document) UnmarshalJSON(b []byte) error {
	parsed, err := Parse(b)
	if err == nil {
		*d = parsed
	}
	return err
}

// MarshalJSON writes the contract's form.
func (d Document) MarshalJSON() ([]byte, error) { return d.AppendJSON(nil) }

// AppendJSON appends the contract's form; flows in the order of their names.
func (d Document) AppendJSON(dst []byte) ([]byte, error) {
	dst = append(dst, '{')
	for i, name := range d.Names() {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(value.AppendString(dst, name), ':')
		var err error
		if dst, err = d[name].AppendJSON(dst); err != nil {
			return dst, fmt.Errorf("flow %s: %w", name, err)
		}
	}
	return append(dst, '}'), nil
}

// UnmarshalJSON is ParseFlow for a flow whose name is not known yet.
func (f *Flow) UnmarshalJSON(b []byte) error {
	parsed, err := ParseFlow("", b)
	if err == nil {
		*f = *parsed
	}
	return err
}

// MarshalJSON writes the contract's form.
func (f *Flow) MarshalJSON() ([]byte, error) { return f.AppendJSON(nil) }

// AppendJSON appends the contract's form, members that are not ours included.
func (f *Flow) AppendJSON(dst []byte) ([]byte, error) {
	out := map[string]any{}
	maps.Copy(out, f.extra)
	nodes, edges, configs := make([]any, len(f.Nodes)), make([]any, len(f.Edges)), make([]any, len(f.Configs))
	for i, n := range f.Nodes {
		nodes[i] = n.fields
	}
	for i, e := range f.Edges {
		edges[i] = e.fields
	}
	for i, c := range f.Configs {
		configs[i] = c.fields
	}
	out["definitions"], out["connections"], out["configurations"] = nodes, edges, configs
	return value.AppendJSON(dst, out)
}

// Equal reports whether two flows hold the same data.
func (f *Flow) Equal(other *Flow) bool {
	a, errA := f.AppendJSON(nil)
	b, errB := other.AppendJSON(nil)
	return errA == nil && errB == nil && bytes.Equal(a, b)
}

// maxPlaces bounds how many places one refusal lists.
const maxPlaces = 1000

// A reader turns decoded JSON into a document and collects what is not of the
// contract's form.
type reader struct {
	places []fault.Place
}

func (r *reader) wrong(path, message string) {
	if len(r.places) < maxPlaces {
		r.places = append(r.places, fault.Place{Path: path, Message: message, Code: "type"})
	}
}

func (r *reader) fault() error {
	if len(r.places) == 0 {
		return nil
	}
	f := fault.New(fault.Invalid, "The flows are not of the form they have to have: %s.", r.places[0].Told()).WithCode("flow_form")
	f.Places = r.places
	return f
}

func (r *reader) document(v any) Document {
	m, ok := v.(map[string]any)
	if !ok {
		r.wrong("flows", "has to be an object of flows by name.")
		return nil
	}
	d := make(Document, len(m))
	keys := make(map[string]string, len(m))
	for _, name := range slices.Sorted(maps.Keys(m)) {
		path := "flows/" + name
		if message := nameProblem(name); message != "" {
			r.wrong(path, message)
			continue
		}
		key := NameKey(name)
		if other, twice := keys[key]; twice {
			r.wrong(path, fmt.Sprintf("has the same name as the flow %q but for its case or form.", other))
			continue
		}
		keys[key] = name
		d[CleanName(name)] = r.flow(path, m[name])
	}
	return d
}

func (r *reader) flow(path string, v any) *Flow {
	m, ok := v.(map[string]any)
	if !ok {
		r.wrong(path, "has to be an object with definitions, connections and configurations.")
		return nil
	}
	f := &Flow{}
	for i, item := range r.list(path, m, "definitions") {
		f.Nodes = append(f.Nodes, r.node(fmt.Sprintf("%s/definitions/%d", path, i), item))
	}
	for i, item := range r.list(path, m, "connections") {
		f.Edges = append(f.Edges, r.edge(fmt.Sprintf("%s/connections/%d", path, i), item))
	}
	for i, item := range r.list(path, m, "configurations") {
		f.Configs = append(f.Configs, r.values(fmt.Sprintf("%s/configurations/%d", path, i), item))
	}
	for k, v := range m {
		if k == "definitions" || k == "connections" || k == "configurations" {
			continue
		}
		if f.extra == nil {
			f.extra = map[string]any{}
		}
		f.extra[k] = v
	}
	f.index()
	if len(f.byNode) < len(f.Configs) {
		r.wrong(path+"/configurations", "holds two entries for one node.")
	}
	return f
}

func (r *reader) list(path string, m map[string]any, name string) []any {
	list, ok := m[name].([]any)
	if v, there := m[name]; there && v != nil && !ok {
		r.wrong(path+"/"+name, "has to be a list.")
	}
	return list
}

func (r *reader) object(path string, v any) map[string]any {
	m, ok := v.(map[string]any)
	if !ok {
		r.wrong(path, "has to be an object.")
	}
	return m
}

// text reads a member that has to be text; one that is not there is an error
// when it is required.
func (r *reader) text(path string, m map[string]any, name string, required bool) string {
	switch v := m[name].(type) {
	case string:
		if v != "" || !required {
			return v
		}
	case nil:
		if !required {
			return ""
		}
	}
	if _, there := m[name]; required && !there {
		r.wrong(path+"/"+name, "is missing.")
	} else {
		r.wrong(path+"/"+name, "has to be text.")
	}
	return ""
}

func (r *reader) flag(path string, m map[string]any, name string) bool {
	v, there := m[name]
	b, ok := v.(bool)
	if there && v != nil && !ok {
		r.wrong(path+"/"+name, "has to be true or false.")
	}
	return b
}

func (r *reader) node(path string, v any) Node {
	m := r.object(path, v)
	if m == nil {
		return Node{}
	}
	m["selected"] = false
	n := Node{ID: r.text(path, m, "id", true), Kind: node.Kind(r.text(path, m, "type", true)), fields: m}
	if len(n.ID) > maxID {
		r.wrong(path+"/id", fmt.Sprintf("may have %d bytes at most.", maxID))
	}
	data := r.object(path+"/data", m["data"])
	if data == nil {
		return n
	}
	path += "/data"
	if id := r.object(path+"/moduleID", data["moduleID"]); id != nil {
		n.TypeID = r.text(path+"/moduleID", id, "_id", true)
	}
	n.Label = r.text(path, data, "label", false)
	n.Configured = data["configured"] == nil || r.flag(path, data, "configured")
	n.Disabled = r.flag(path, data, "disabled")
	n.Templates = r.flag(path, data, "templates")
	return n
}

// maxID bounds a node's id: ids travel in messages and tables.
const maxID = 200

func (r *reader) edge(path string, v any) Edge {
	m := r.object(path, v)
	if m == nil {
		return Edge{}
	}
	m["selected"] = false
	e := Edge{
		ID:     r.text(path, m, "id", false),
		Source: r.text(path, m, "source", true), SourceHandle: r.text(path, m, "sourceHandle", false),
		Target: r.text(path, m, "target", true), TargetHandle: r.text(path, m, "targetHandle", false),
		fields: m,
	}
	animated, ok := m["animated"].(bool)
	e.Active = ok && !animated
	return e
}

func (r *reader) values(path string, v any) Values {
	m := r.object(path, v)
	if m == nil {
		return Values{}
	}
	c := Values{NodeID: r.text(path, m, "nodeID", true), fields: m}
	if given, there := m["configs"]; there && given != nil {
		c.Inputs = r.object(path+"/configs", given)
	}
	return c
}
