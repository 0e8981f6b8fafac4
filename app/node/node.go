// Package node says what a node type is and what one of its instances meets at
// run time: the manifest with its typed inputs and ports, the controller, and
// the message that travels along the edges.
//
// Built-in node types and those of packages are both values of Type; the engine
// (package flow) cannot tell them apart.
package node

import (
	"context"
	"crypto/md5" //nolint:gosec // ids of the original's format, not a secret
	"encoding/hex"
	"errors"
	"slices"
)

// Kind is the role a node type plays in a flow.
type Kind string

// The seven kinds of the original. Catch is an EventListener in kind.
const (
	Request       Kind = "Request"       // HTTP entry
	Middleware    Kind = "Middleware"    // computes on the payload
	Response      Kind = "Response"      // contributes to the HTTP answer
	Debug         Kind = "Debug"         // shows the payload
	EventListener Kind = "EventListener" // entry of an event
	EventEmitter  Kind = "EventEmitter"  // sends an event
	Configuration Kind = "Configuration" // shared settings, in the flow "configs"
)

// Kinds lists the kinds in the order of endpoint 64.
var Kinds = []Kind{Configuration, Request, Middleware, Response, Debug, EventListener, EventEmitter}

// IsEntry reports whether runs start at nodes of this kind.
func (k Kind) IsEntry() bool { return k == Request || k == EventListener }

// HasOutput reports whether edges may leave nodes of this kind.
func (k Kind) HasOutput() bool { return k == Request || k == EventListener || k == Middleware }

// HasInput reports whether edges may enter nodes of this kind.
func (k Kind) HasInput() bool {
	return k == Middleware || k == Response || k == Debug || k == EventEmitter
}

// Port is a way out of a node. The first port's handle is "<node id>-source",
// each other's "<node id>-source-<name>".
type Port struct {
	Name  string `json:"name"`
	Label string `json:"label"`
}

// Type is one node type: its manifest and how an instance is made.
type Type struct {
	Package     string // npm name of the package: "ecoflow-commons"
	Module      string // shown name of the package: "Common"
	Version     string // the package's version
	Name        string // unique in the package: "Switch In"
	Kind        Kind
	Group       string // of the palette; empty: the module's name
	Description string
	Docs        string // Markdown, for the inspector's help
	Icon        string // Tabler icon name
	Summary     string // what a card's second line says; see the option
	Keywords    []string
	Color       string
	Inputs      []Input
	// Ports are the ways out; empty means the single unnamed one for kinds that
	// have an output.
	Ports []Port
	// PortsFrom, when set, names the ListBox input whose values are further
	// ports (Route by value).
	PortsFrom string
	// Blocking nodes wait for something outside; independent branches of them
	// run concurrently.
	Blocking bool
	// MayRespond: somebody waits for an answer below this entry, so Response
	// nodes may follow. Always true for Request.
	MayRespond bool
	// Catches: this entry takes the errors of its flow.
	Catches bool
	// Callable: runs of this entry start at nodes of other flows that call its flow;
	// there is at most one in a flow, and no Response may follow.
	Callable bool
	// LoopPort names the port whose downstream nodes are the body of a loop: the
	// engine compiles them as a unit that Message.Loop runs, they may not be
	// joined from outside and may not hold Responses.
	LoopPort string
	// New fills, checks and prepares an instance from the configured values. It
	// runs at deploy; problems name the input they concern.
	New func(v Values) (Instance, []Problem)
	// Reads lists the environment variables that an instance reads.
	Reads func(i Instance) []Read
	// Choices computes the options of a dynamic input for what is filled in so
	// far; nil when the type has none.
	Choices func(ctx context.Context, input string, v Values) ([]Choice, error)
}

// ID is the md5 of "<package>.<node>", the original's stable node id.
func (t *Type) ID() string { return md5hex(t.Package + "." + t.Name) }

// ModuleID is the md5 of the package name.
func (t *Type) ModuleID() string { return md5hex(t.Package) }

func md5hex(s string) string {
	sum := md5.Sum([]byte(s)) //nolint:gosec // see the import
	return hex.EncodeToString(sum[:])
}

// Values are the configured inputs of one node, as decoded from the flow's
// configurations, with what else the node's data says.
type Values struct {
	Inputs map[string]any
	// Templates: text inputs are templates (decision 19); otherwise literal.
	Templates bool
	// NodeID, Label and Flow tell an instance where it stands, for its messages.
	NodeID, Label, Flow string
	// Configuration returns the instance of a Configuration node of the same
	// deployment by its node id; nil where there is no deployment (forms).
	Configuration func(nodeID string) (Instance, bool)
}

// Problem is something wrong with one node's settings.
type Problem struct {
	Input   string // name of the input, "" for the node as a whole
	Message string // a sentence for the person who fills the form
	Code    string // stable name of the mistake
	Warning bool   // does not stop a deploy
	// Line and Column, 1-based, place a mistake inside a script or template.
	Line, Column int
}

// Instance is a configured node, ready to run; which of the interfaces below it
// implements follows from its kind.
type Instance any

// Runner is an instance of kind Middleware, Response, Debug or EventEmitter.
// Returning nil passes the message on through the ports chosen with
// Message.Send, or the first port when none was chosen. Run is called
// concurrently by different runs.
type Runner interface {
	Run(ctx context.Context, m *Message) error
}

// Thrown is an error in the words of who wrote a script: the message stays as it was
// thrown, and its place in the script, 0 where it has none, stands beside it.
type Thrown interface {
	error
	Thrown() (message string, line, column int)
}

// Caller is a Middleware that lets Message.Loop run what follows the Callable
// entry of another flow.
type Caller interface {
	// Calls is the name of the flow, and the input that says it.
	Calls() (flow, input string)
}

// Router is an instance of kind Request: the route it serves.
type Router interface {
	Route() Route
}

// Listener is an instance of kind EventListener: it names the channel whose
// events start a run, "" for one that the engine starts itself (Catch).
type Listener interface {
	Listen() Subscription
}

// Preparer is implemented by instances that compile something once at deploy:
// parse templates, compile scripts, look up connections.
type Preparer interface {
	Prepare(v Values) []Problem
}

// Director is implemented by Response instances: Direct reports whether the
// instance answers with a body of its own, rather than with a key of the object
// that compatible Responses collect.
type Director interface {
	Direct() bool
}

// Reader is implemented by instances that read environment variables otherwise
// than in the templates and expressions of their inputs.
type Reader interface {
	Reads() []Read
}

// Read is an environment variable that an input has its node read.
type Read struct {
	Input string
	Name  string // as it is written; "" for one that only a run knows
}

// Closer is implemented by instances that hold something open; the engine
// closes it after the last run of their program.
type Closer interface {
	Close() error
}

// Describer is implemented by instances that know the shape of what they take
// or give (Validate, Response): it feeds the deployed API's OpenAPI document.
type Describer interface {
	Describe(d *Description)
}

// Description collects what a route's nodes know about it.
type Description struct {
	RequestSchema  any         // JSON Schema of the body, nil when unknown
	ResponseSchema map[int]any // JSON Schema by status
	// ContentTypes are what the body of a status may be: AnyContent where that follows
	// from the value. A status of ResponseSchema without any has no body.
	ContentTypes map[int][]string
}

// AnyContent is the content type of a body that nothing is known of beforehand.
const AnyContent = "*/*"

// Answers adds an answer to what is described: its status, the JSON Schema of its body,
// and its content type, "" for an answer without a body.
func (d *Description) Answers(status int, schema any, contentType string) {
	if d.ResponseSchema == nil {
		d.ResponseSchema = map[int]any{}
	}
	d.ResponseSchema[status] = schema
	if contentType == "" || slices.Contains(d.ContentTypes[status], contentType) {
		return
	}
	if d.ContentTypes == nil {
		d.ContentTypes = map[int][]string{}
	}
	d.ContentTypes[status] = append(d.ContentTypes[status], contentType)
}

// Route is what a Request node serves.
type Route struct {
	Method string // upper case: GET, POST, PUT, PATCH, DELETE
	Path   string // "/users/:id", without the prefix; "/" for the root
	Params []string
}

// Subscription is what an EventListener waits for.
type Subscription struct {
	Channel string // "" and not Any: started by the engine only
	Any     bool   // every channel; the first argument is then the channel's name
	Once    bool   // the first event only
}

// Halt is returned by a Runner that ends the middleware of its branch: later
// Middleware pass the message on untouched, Response, Debug and EventEmitter
// still run (decision 18).
//
//lint:ignore ST1012 like io.EOF it is no failure
var Halt = errors.New("halt")

// Drop is returned by a Runner that sends nothing out on any edge.
//
//lint:ignore ST1012 like io.EOF it is no failure
var Drop = errors.New("drop")
