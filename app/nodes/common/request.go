package common

import (
	"fmt"
	"regexp"
	"strings"

	"ecoflow/app/node"
)

// Request starts a run for each HTTP request to its route.
type Request struct {
	Method   node.Method `input:"apiMethod" label:"Method" required:"true" options:"GET,POST,PUT,PATCH,DELETE" default:"GET"`
	Endpoint node.Path   `input:"apiEndpoint" label:"Path" required:"true" default:"/" hint:"Below the API's prefix. Parts that start with a colon are parameters: /users/:id" maxLength:"1000"`
	Params   node.List   `input:"$url.params" label:"Parameters at the end of the path" sorting:"true" advanced:"true"`

	route node.Route
}

var requestType = node.Define("Request", node.Request, Request{}, node.In(node.Commons), node.Icon("world-download"), node.Keywords("http", "http in", "webhook", "endpoint", "route", "trigger", "api", "get", "post"),
	node.Describe("Starts the flow when a request comes to its address.", `
The address is the API's prefix and the path: with the prefix `+"`/api`"+` the path `+"`/users/:id`"+` answers `+"`/api/users/7`"+`.

- The parsed body is `+"`msg`"+`: JSON, form fields, files, or text. Without a body it is an empty object.
- Expressions see `+"`params.id`, `query.page`, `headers[\"x-id\"]`, `cookies.sid`"+` and `+"`request.method`"+`.
`))

// A segment is fixed text or a parameter.
var (
	parameter = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
	forbidden = regexp.MustCompile("[\\s?#*(){}\\\\\"<>^`|\\[\\]]")
)

// Prepare implements node.Preparer.
func (r *Request) Prepare(node.Values) []node.Problem {
	var problems []node.Problem
	refuse := func(input, format string, args ...any) {
		problems = append(problems, node.Problem{Input: input, Code: "route", Message: fmt.Sprintf(format, args...)})
	}
	r.route = node.Route{Method: string(r.Method)}
	var segments []string
	if path := strings.Trim(string(r.Endpoint), "/"); path != "" {
		segments = strings.Split(path, "/")
	}
	for _, s := range segments {
		name, isParameter := strings.CutPrefix(s, ":")
		switch {
		case s == "":
			refuse("apiEndpoint", "The path has an empty part between two slashes.")
		case s == "." || s == "..":
			refuse("apiEndpoint", "The path has the part %q, which clients take away.", s)
		case isParameter && !parameter.MatchString(name):
			refuse("apiEndpoint", "The parameter %q needs a name of letters, digits and _.", s)
		case !isParameter && forbidden.MatchString(s):
			refuse("apiEndpoint", "The part %q holds a character that a path cannot have.", s)
		case isParameter:
			r.route.Params = append(r.route.Params, name)
		}
	}
	for _, name := range r.Params {
		name = strings.TrimPrefix(name, ":")
		if !parameter.MatchString(name) {
			refuse("$url.params", "The parameter %q needs a name of letters, digits and _.", name)
		}
		r.route.Params = append(r.route.Params, name)
		segments = append(segments, ":"+name)
	}
	seen := map[string]bool{}
	for _, name := range r.route.Params {
		if seen[name] {
			refuse("apiEndpoint", "The parameter %q comes twice.", name)
		}
		seen[name] = true
	}
	r.route.Path = "/" + strings.Join(segments, "/")
	return problems
}

// Route implements node.Router.
func (r *Request) Route() node.Route { return r.route }
