package endpoint

import (
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"ecoflow/app/auth"
)

// document is an OpenAPI 3.1 description.
type document struct {
	OpenAPI    string                           `json:"openapi"`
	Info       info                             `json:"info"`
	Servers    []server                         `json:"servers"`
	Security   []map[string][]string            `json:"security"`
	Paths      map[string]map[string]*operation `json:"paths"`
	Components components                       `json:"components"`
}

type info struct {
	Title       string `json:"title"`
	Version     string `json:"version"`
	Description string `json:"description"`
}

type server struct {
	URL string `json:"url"`
}

type components struct {
	Schemas         map[string]*Schema           `json:"schemas"`
	SecuritySchemes map[string]map[string]string `json:"securitySchemes"`
}

type operation struct {
	OperationID string                 `json:"operationId"`
	Summary     string                 `json:"summary"`
	Description string                 `json:"description,omitzero"`
	Tags        []string               `json:"tags"`
	Deprecated  bool                   `json:"deprecated,omitzero"`
	Security    *[]map[string][]string `json:"security,omitzero"`
	Permissions []string               `json:"x-permissions,omitzero"` // one of them, unless the description says otherwise
	Parameters  []parameter            `json:"parameters,omitzero"`
	RequestBody *content               `json:"requestBody,omitzero"`
	Responses   map[string]*content    `json:"responses"`
}

type parameter struct {
	Name        string  `json:"name"`
	In          string  `json:"in"`
	Required    bool    `json:"required,omitzero"`
	Description string  `json:"description,omitzero"`
	Schema      *Schema `json:"schema"`
}

type content struct {
	Description string               `json:"description,omitzero"`
	Required    bool                 `json:"required,omitzero"`
	Content     map[string]mediaType `json:"content,omitzero"`
}

type mediaType struct {
	Schema *Schema `json:"schema"`
}

// OpenAPI returns the OpenAPI 3.1 document of the endpoints as JSON text. It
// fails on a type that has no JSON form.
func OpenAPI(version string, endpoints []Endpoint) ([]byte, error) {
	named := map[string]*Schema{}
	types := map[string]reflect.Type{}
	in, out := &schemas{named: named, types: types}, &schemas{named: named, types: types, answers: true}
	problem, err := out.of(reflect.TypeFor[Problem]())
	if err != nil {
		return nil, err
	}
	d := document{
		OpenAPI: "3.1.0",
		Info: info{"EcoFlow system API", version, "Everything the EcoFlow window does. " +
			"Every answer but files and streams is an envelope: success and payload, or error, a sentence in payload, code and requestId."},
		Servers:  []server{{Prefix}},
		Security: []map[string][]string{{"session": {}}, {"bearer": {}}},
		Paths:    map[string]map[string]*operation{},
		Components: components{Schemas: named, SecuritySchemes: map[string]map[string]string{
			"session":   {"type": "apiKey", "in": "cookie", "name": "ecoflow", "description": "The session cookie; its name ends with the id of the instance."},
			"bearer":    {"type": "http", "scheme": "bearer", "description": "The access token of a session, or a personal API token."},
			"setupCode": {"type": "apiKey", "in": "header", "name": SetupCodeHeader, "description": "The setup code, while no user exists."},
		}},
	}
	for _, e := range endpoints {
		for i, path := range e.Paths {
			op, err := e.operation(in, out, problem)
			if err != nil {
				return nil, fmt.Errorf("endpoint %q: %w", e.ID, err)
			}
			if i > 0 {
				op.OperationID += "." + strconv.Itoa(i+1)
				op.Deprecated = true
				op.Description = strings.TrimSpace(op.Description + " Older spelling of " + e.Route + ".")
			}
			if d.Paths[path] == nil {
				d.Paths[path] = map[string]*operation{}
			}
			d.Paths[path][strings.ToLower(e.Method)] = op
		}
	}
	return json.Marshal(d, wire, jsontext.WithIndent("  "))
}

func (e Endpoint) operation(in, out *schemas, problem *Schema) (*operation, error) {
	area, _, _ := strings.Cut(e.ID, ".")
	op := &operation{
		OperationID: e.ID, Summary: e.Summary, Description: e.Description, Tags: []string{area},
		Permissions: e.Allow.Names(),
		Responses: map[string]*content{"default": {
			Description: "A failure", Content: map[string]mediaType{"application/json": {problem}},
		}},
	}
	if len(op.Permissions) == 0 {
		op.Permissions = nil
	}
	if e.NeedsSession {
		op.Description = strings.TrimSpace(op.Description + " Takes a session: an API token is refused with the code " + auth.SessionNeeded + ".")
	}
	if e.Public() {
		op.Security = &[]map[string][]string{}
	}
	if e.SetupCode {
		op.Security = &[]map[string][]string{{"session": {}}, {"bearer": {}}, {"setupCode": {}}}
	}
	parameters := e.request.url
	if e.takesRows() {
		parameters = append(slices.Clone(parameters), rowsRequest.url...)
	}
	for _, f := range parameters {
		s, err := in.member(f)
		if err != nil {
			return nil, err
		}
		description := s.Description
		s.Description = ""
		op.Parameters = append(op.Parameters, parameter{f.name, string(f.source), f.required, description, s})
	}
	if !e.request.body.empty() {
		s := &Schema{}
		var err error
		if e.request.typ.Name() == "" {
			err = in.object(s, e.request.typ)
		} else {
			s, err = in.of(e.request.typ)
		}
		if err != nil {
			return nil, err
		}
		op.RequestBody = &content{Required: true, Content: map[string]mediaType{"application/json": {s}}}
	}
	answer, err := e.answer(out)
	if err != nil {
		return nil, err
	}
	op.Responses[strconv.Itoa(http.StatusOK)] = &content{Description: "It worked", Content: map[string]mediaType{e.contentType: {answer}}}
	return op, nil
}

// Public reports whether a stranger may use the endpoint.
func (e Endpoint) Public() bool {
	rule := e.Allow
	if d, ok := rule.(depending); ok {
		rule = d.Rule
	}
	return rule.Admits(auth.Actor{})
}

// answer is the schema of a success.
func (e Endpoint) answer(c *schemas) (*Schema, error) {
	switch {
	case e.payload == nil:
		return &Schema{Type: "string"}, nil
	case e.contentType != "application/json":
		return c.of(e.payload)
	}
	s := &Schema{
		Type: "object", Required: []string{"success"},
		Properties: map[string]*Schema{"success": {Type: "boolean", Const: true}},
	}
	if e.payload == reflect.TypeFor[struct{}]() {
		return s, nil
	}
	payload := e.payload
	var beside reflect.Type
	switch a := reflect.Zero(payload).Interface().(type) {
	case answer:
		payload, beside = a.payloadType(), a.besideType()
	default:
		if isList(payload) {
			beside = reflect.TypeFor[listMembers]()
		}
	}
	var err error
	if s.Properties["payload"], err = c.of(payload); err != nil {
		return nil, err
	}
	s.Required = append(s.Required, "payload")
	if beside == nil {
		return s, nil
	}
	more := &Schema{}
	if err := c.object(more, beside); err != nil {
		return nil, err
	}
	for name, member := range more.Properties {
		s.Properties[name] = member
	}
	s.Required = append(s.Required, more.Required...)
	return s, nil
}
