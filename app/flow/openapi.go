package flow

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"ecoflow/app/limit"
	"ecoflow/app/node"
	"ecoflow/app/value"
)

// openAPIPath is where a Program describes itself, below the prefix.
const openAPIPath = "/openapi.json"

// isOpenAPI reports whether the request asks for the Program's own description,
// with the same eye for case and a last slash that routes are found with. A route
// that is written as that very path goes first, one with a parameter does not.
func (p *Program) isOpenAPI(r *http.Request) bool {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		return false
	}
	rest, ok := p.router.below(r.URL.Path)
	if !p.router.strict {
		rest = strings.TrimSuffix(rest, "/")
	}
	return ok && (rest == openAPIPath || !p.router.sensitive && strings.EqualFold(rest, openAPIPath))
}

func (p *Program) serveOpenAPI(w http.ResponseWriter, _ *http.Request) {
	h := w.Header()
	h["Content-Type"], h["X-Content-Type-Options"], h["Cache-Control"] = jsonType, nosniff, noStore
	w.Write(p.describe()) //nolint:errcheck // a client that is gone reads nothing
}

// OpenAPI returns the live Program's description: OpenAPI 3.1, JSON.
func (e *Engine) OpenAPI() []byte { return e.live.Load().describe() }

// describe makes the OpenAPI 3.1 document of a Program from its routes and what
// its nodes know about them.
func describe(p *Program) []byte {
	paths := map[string]any{}
	var tags []any
	seen := map[string]bool{}
	// OpenAPI forbids paths that differ in the names of their parameters alone: one
	// path is described once, as its first route spells it.
	first := map[string]*route{}
	for _, r := range p.routes {
		key := p.router.key("", strings.FieldsFunc(r.pattern, func(c rune) bool { return c == '/' }))
		if first[key] == nil {
			first[key] = r
			paths[openPath(r)] = map[string]any{}
		}
		item := paths[openPath(first[key])].(map[string]any)
		item[strings.ToLower(r.method)] = operation(r, first[key].names)
		if !seen[r.entry.flow] {
			seen[r.entry.flow] = true
			tags = append(tags, map[string]any{"name": r.entry.flow})
		}
	}
	doc := map[string]any{
		"openapi": "3.1.0",
		"info":    map[string]any{"title": "Deployed API", "version": "1"},
		"paths":   paths,
		"components": map[string]any{"schemas": map[string]any{"Error": map[string]any{
			"type": "object",
			"properties": map[string]any{
				"error": map[string]any{"const": true}, "payload": map[string]any{"type": "string"},
				"code": map[string]any{"type": "string"}, "requestId": map[string]any{"type": "string"},
			},
			"required": []any{"error", "payload"},
		}}},
	}
	if tags != nil {
		doc["tags"] = tags
	}
	b, err := value.AppendJSON(nil, doc)
	if err != nil { // a node described something that JSON cannot hold
		return []byte(`{"openapi":"3.1.0","info":{"title":"Deployed API","version":"1"},"paths":{}}`)
	}
	return b
}

// openPath is a pattern in OpenAPI's words: /users/{id}.
func openPath(r *route) string {
	parts := strings.Split(r.pattern, "/")
	for i, s := range parts {
		if name, ok := strings.CutPrefix(s, ":"); ok {
			parts[i] = "{" + name + "}"
		}
	}
	return strings.Join(parts, "/")
}

// operation describes a route; names are the parameters of its path.
func operation(r *route, names []string) map[string]any {
	d := node.Description{ResponseSchema: map[int]any{}}
	describeNode(r.entry.vertex, &d)
	for i := range r.entry.graph.steps {
		describeNode(r.entry.graph.steps[i].vertex, &d)
	}
	op := map[string]any{"operationId": r.entry.id, "tags": []any{r.entry.flow}, "summary": r.entry.label}
	var params []any
	for _, name := range names {
		params = append(params, map[string]any{
			"name": name, "in": "path", "required": true, "schema": map[string]any{"type": "string"},
		})
	}
	if params != nil {
		op["parameters"] = params
	}
	switch r.method {
	case http.MethodPost, http.MethodPut, http.MethodPatch:
		schema := d.RequestSchema
		if schema == nil {
			schema = map[string]any{"type": []any{"object", "array"}}
		}
		op["requestBody"] = map[string]any{"content": map[string]any{"application/json": map[string]any{"schema": plain(schema)}}}
	}
	responses := map[string]any{
		"default": map[string]any{
			"description": "Refused or failed",
			"content": map[string]any{"application/json": map[string]any{
				"schema": map[string]any{"$ref": "#/components/schemas/Error"},
			}},
		},
	}
	for _, status := range slices.Sorted(maps.Keys(d.ResponseSchema)) {
		responses[strconv.Itoa(status)] = answerOf(http.StatusText(status), d.ContentTypes[status], plain(d.ResponseSchema[status]))
	}
	if len(d.ResponseSchema) == 0 {
		if r.entry.graph.responds {
			responses["200"] = answerOf("", []string{node.AnyContent}, map[string]any{})
		} else {
			responses["204"] = map[string]any{"description": "Done, without a body"}
		}
	}
	op["responses"] = responses
	return op
}

// answerOf describes an answer: without content types it has no body, and of several
// the schema is that of the JSON ones.
func answerOf(description string, contentTypes []string, schema any) map[string]any {
	if description == "" {
		description = "Answered"
	}
	answer := map[string]any{"description": description}
	content := map[string]any{}
	for _, t := range contentTypes {
		content[t] = map[string]any{"schema": schema}
		if len(contentTypes) > 1 && !isJSON(t) {
			content[t] = map[string]any{}
		}
	}
	if len(content) > 0 {
		answer["content"] = content
	}
	return answer
}

// plain turns a schema of any Go type into values.
func plain(schema any) any {
	if b, ok := schema.(json.RawMessage); ok {
		v, err := value.Parse(b, limit.ManagementDepth)
		if err != nil {
			return map[string]any{}
		}
		return v
	}
	if schema == nil {
		return map[string]any{}
	}
	return schema
}

func describeNode(v *vertex, d *node.Description) {
	if n, ok := v.instance.(node.Describer); ok {
		n.Describe(d)
	}
}
