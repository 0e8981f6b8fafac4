package endpoint

import (
	"encoding"
	"fmt"
	"path"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/go-json-experiment/json"
)

// Schema is a JSON Schema (draft 2020-12) as far as the document needs it.
type Schema struct {
	Ref                  string             `json:"$ref,omitzero"`
	Type                 any                `json:"type,omitzero"` // string or []string
	Description          string             `json:"description,omitzero"`
	Format               string             `json:"format,omitzero"`
	Enum                 []string           `json:"enum,omitzero"`
	Const                any                `json:"const,omitzero"`
	Default              any                `json:"default,omitzero"`
	MinLength            *int               `json:"minLength,omitzero"`
	MaxLength            *int               `json:"maxLength,omitzero"`
	Minimum              *float64           `json:"minimum,omitzero"`
	Maximum              *float64           `json:"maximum,omitzero"`
	MinItems             *int               `json:"minItems,omitzero"`
	MaxItems             *int               `json:"maxItems,omitzero"`
	Pattern              string             `json:"pattern,omitzero"`
	WriteOnly            bool               `json:"writeOnly,omitzero"`
	Items                *Schema            `json:"items,omitzero"`
	Properties           map[string]*Schema `json:"properties,omitzero"`
	Required             []string           `json:"required,omitzero"`
	AdditionalProperties *Schema            `json:"additionalProperties,omitzero"`
	AllOf                []*Schema          `json:"allOf,omitzero"`
	AnyOf                []*Schema          `json:"anyOf,omitzero"`
}

// Described is implemented by types whose JSON is not what their Go form says:
// they marshal themselves, or allow certain values only. JSONSchema returns the
// schema as JSON text. Packages that cannot import this one just have the method.
type Described interface{ JSONSchema() string }

var (
	describedType = reflect.TypeFor[Described]()
	codecs        = []reflect.Type{
		reflect.TypeFor[json.Marshaler](), reflect.TypeFor[json.MarshalerTo](),
		reflect.TypeFor[json.Unmarshaler](), reflect.TypeFor[json.UnmarshalerFrom](),
	}
	texts = []reflect.Type{reflect.TypeFor[encoding.TextMarshaler](), textType}
)

// has reports whether the type or a pointer to it has the methods of one of the
// interfaces.
func has(t reflect.Type, interfaces ...reflect.Type) bool {
	return slices.ContainsFunc(interfaces, func(i reflect.Type) bool {
		return t.Implements(i) || t.Kind() != reflect.Interface && reflect.PointerTo(t).Implements(i)
	})
}

// opaque reports whether a type reads or writes its JSON itself.
func opaque(t reflect.Type) bool {
	return t == timeType || has(t, describedType) || has(t, codecs...) || has(t, texts...)
}

// schemas collects the named schemas of a document.
type schemas struct {
	named map[string]*Schema
	types map[string]reflect.Type
	// answers: what we write has all its members, what we read only those required.
	answers bool
}

// of returns the schema of a type; structs become components and are referred to.
func (c *schemas) of(t reflect.Type) (*Schema, error) {
	switch {
	case t == timeType:
		return &Schema{Type: "string", Format: "date-time"}, nil
	case t.Kind() == reflect.Pointer:
		inner, err := c.of(t.Elem())
		if err != nil || !c.answers {
			return inner, err
		}
		return nullable(inner), nil
	case has(t, describedType):
		return c.component(t, func(s *Schema) error {
			d, ok := reflect.New(t).Interface().(Described)
			if !ok {
				d = reflect.Zero(t).Interface().(Described)
			}
			if err := json.Unmarshal([]byte(d.JSONSchema()), s); err != nil {
				return fmt.Errorf("JSONSchema of %v: %w", t, err)
			}
			return nil
		})
	case has(t, codecs...):
		return &Schema{}, nil
	case has(t, texts...):
		return &Schema{Type: "string"}, nil
	}
	switch t.Kind() {
	case reflect.String:
		return &Schema{Type: "string"}, nil
	case reflect.Bool:
		return &Schema{Type: "boolean"}, nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return &Schema{Type: "integer"}, nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return &Schema{Type: "integer", Minimum: new(float64)}, nil
	case reflect.Float32, reflect.Float64:
		return &Schema{Type: "number"}, nil
	case reflect.Interface:
		return &Schema{}, nil
	case reflect.Slice, reflect.Array:
		if t.Elem().Kind() == reflect.Uint8 {
			return &Schema{Type: "string", Format: "byte"}, nil
		}
		items, err := c.of(t.Elem())
		return &Schema{Type: "array", Items: items}, err
	case reflect.Map:
		values, err := c.of(t.Elem())
		return &Schema{Type: "object", AdditionalProperties: values}, err
	case reflect.Struct:
		if t.Name() == "" || strings.Contains(t.Name(), "[") {
			s := &Schema{}
			return s, c.object(s, t)
		}
		return c.component(t, func(s *Schema) error { return c.object(s, t) })
	}
	return nil, fmt.Errorf("a %v has no JSON form", t)
}

// component refers to the named schema of t, which fill makes at first sight.
func (c *schemas) component(t reflect.Type, fill func(*Schema) error) (*Schema, error) {
	name := componentName(t)
	if !c.answers {
		name += "Input"
	}
	ref := &Schema{Ref: "#/components/schemas/" + name}
	if known, ok := c.types[name]; ok {
		if known != t {
			return nil, fmt.Errorf("%v and %v are both called %s", known, t, name)
		}
		return ref, nil
	}
	s := &Schema{}
	c.named[name], c.types[name] = s, t
	return ref, fill(s)
}

// componentName is the type's own name for one of package api and the package's
// name before it for the others: database.Config is DatabaseConfig, flow.Flow is
// Flow.
func componentName(t reflect.Type) string {
	name, pkg := capital(t.Name()), path.Base(t.PkgPath())
	if pkg == "api" || pkg == "endpoint" || strings.HasPrefix(strings.ToLower(name), pkg) {
		return name
	}
	return capital(pkg) + name
}

func capital(s string) string {
	runes := []rune(s)
	runes[0] = unicode.ToUpper(runes[0])
	return string(runes)
}

// object fills s with the body members of a struct.
func (c *schemas) object(s *Schema, t reflect.Type) error {
	s.Type, s.Properties = "object", map[string]*Schema{}
	for _, f := range fieldsOf(t) {
		if f.source != fromBody {
			continue
		}
		member, err := c.member(f)
		if err != nil {
			return fmt.Errorf("%v.%s: %w", t, f.Name, err)
		}
		if f.embed {
			s.AdditionalProperties = &Schema{}
			continue
		}
		s.Properties[f.name] = member
		if c.answers && !f.omit || !c.answers && f.required {
			s.Required = append(s.Required, f.name)
		}
	}
	return nil
}

// member is the schema of a field with the words of its tag.
func (c *schemas) member(f field) (*Schema, error) {
	s, err := c.of(f.Type)
	if err != nil {
		return nil, err
	}
	w, err := wordsOf(f.Tag)
	if err != nil {
		return nil, err
	}
	target := s
	for {
		if target.Type == "array" && target.Items != nil {
			target.MinItems, target.MaxItems = w.minItems, w.maxItems
			target = target.Items
		} else if target.Type == "object" && target.AdditionalProperties != nil {
			target = target.AdditionalProperties
		} else {
			break
		}
	}
	if w.minLength != nil {
		target.MinLength = w.minLength
	}
	if w.maxLength != nil {
		target.MaxLength = w.maxLength
	}
	if w.minimum != nil {
		target.Minimum = w.minimum
	}
	if w.maximum != nil {
		target.Maximum = w.maximum
	}
	if w.enum != nil {
		target.Enum = w.enum
	}
	if w.pattern != nil {
		target.Pattern = w.pattern.String()
	}
	if w.format != "" {
		target.Format = w.format
	}
	if d, ok := f.Tag.Lookup("default"); ok {
		s.Default = d
		if n, err := strconv.Atoi(d); err == nil && s.Type == "integer" {
			s.Default = n
		} else if b, err := strconv.ParseBool(d); err == nil && s.Type == "boolean" {
			s.Default = b
		}
	}
	s.Description, s.WriteOnly = f.Tag.Get("doc"), f.secret
	return s, nil
}

// nullable allows null beside what s says.
func nullable(s *Schema) *Schema {
	if name, ok := s.Type.(string); ok && s.Ref == "" {
		s.Type = []string{name, "null"}
		return s
	}
	if s.Ref == "" {
		return s
	}
	return &Schema{AnyOf: []*Schema{s, {Type: "null"}}}
}
