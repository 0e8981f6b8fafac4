package function

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"ecoflow/app/limit"
	"ecoflow/app/value"
)

// The form of XML as values: an element without attributes and children is its
// text; any other an object whose attributes have names with an @ in front, whose
// text is #text, and whose children of one name are a list where they are several.
const (
	attribute = "@"
	textName  = "#text"
)

type xmlElement struct {
	name    string
	members map[string]any
	text    strings.Builder
}

// parseXML reads one document. Document types are passed over and entities other
// than XML's own are errors, so nothing can expand.
func parseXML(text []byte) (any, error) {
	d := xml.NewDecoder(bytes.NewReader(text))
	d.CharsetReader = func(charset string, _ io.Reader) (io.Reader, error) {
		return nil, fmt.Errorf("it is written in %s, and only UTF-8 is read", charset)
	}
	open := []*xmlElement{{members: map[string]any{}}} // the document itself
	for {
		token, err := d.RawToken()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			line, column := d.InputPos()
			return nil, fmt.Errorf("the XML cannot be read: %w (line %d, column %d)", err, line, column)
		}
		last := open[len(open)-1]
		switch token := token.(type) {
		case xml.StartElement:
			if len(open) > limit.APIDepth {
				return nil, fmt.Errorf("the XML is nested deeper than %d levels", limit.APIDepth)
			}
			e := &xmlElement{name: qualified(token.Name), members: map[string]any{}}
			for _, a := range token.Attr {
				e.members[attribute+qualified(a.Name)] = a.Value
			}
			open = append(open, e)
		case xml.EndElement:
			if len(open) == 1 || last.name != qualified(token.Name) {
				line, _ := d.InputPos()
				return nil, fmt.Errorf("the XML closes an element %s that is not open, in line %d", qualified(token.Name), line)
			}
			open = open[:len(open)-1]
			open[len(open)-1].add(last.name, last.value())
		case xml.CharData:
			last.text.Write(token)
		}
	}
	root := open[0]
	switch {
	case len(open) > 1:
		return nil, fmt.Errorf("the XML ends before the element %s is closed", open[len(open)-1].name)
	case len(root.members) != 1 || strings.TrimSpace(root.text.String()) != "":
		return nil, errors.New("the XML has to be one element")
	}
	for _, only := range root.members {
		if _, several := only.(*[]any); several {
			return nil, errors.New("the XML has to be one element")
		}
	}
	return root.members, nil
}

func qualified(n xml.Name) string {
	if n.Space == "" {
		return n.Local
	}
	return n.Space + ":" + n.Local
}

// add puts a child in; several of one name grow a list, which value unwraps.
func (e *xmlElement) add(name string, child any) {
	switch other := e.members[name].(type) {
	case nil:
		e.members[name] = child
	case *[]any:
		*other = append(*other, child)
	default:
		e.members[name] = &[]any{other, child}
	}
}

func (e *xmlElement) value() any {
	text := strings.TrimSpace(e.text.String())
	if len(e.members) == 0 {
		return text
	}
	for name, v := range e.members {
		if list, ok := v.(*[]any); ok {
			e.members[name] = *list
		}
	}
	if text != "" {
		e.members[textName] = text
	}
	return e.members
}

// formatXML writes a value in the form that parseXML gives. A value that is no
// object of one element gets the root's name.
func formatXML(v any, root string) ([]byte, error) {
	b := []byte(xml.Header)
	if object, ok := v.(map[string]any); ok && len(object) == 1 {
		for name, only := range object {
			if _, isList := only.([]any); !isList && !strings.HasPrefix(name, attribute) && name != textName {
				return appendXML(b, name, only, 0)
			}
		}
	}
	return appendXML(b, root, v, 0)
}

func appendXML(b []byte, name string, v any, depth int) ([]byte, error) {
	if depth > limit.APIDepth {
		return nil, fmt.Errorf("the value is nested deeper than %d levels", limit.APIDepth)
	}
	if !isXMLName(name) {
		return nil, fmt.Errorf("%q cannot be the name of an XML element", name)
	}
	if list, ok := v.([]any); ok && depth > 0 {
		for _, item := range list {
			if inner, isList := item.([]any); isList {
				item = map[string]any{"item": inner}
			}
			var err error
			if b, err = appendXML(b, name, item, depth); err != nil {
				return nil, err
			}
		}
		return b, nil
	}
	if list, ok := v.([]any); ok {
		v = map[string]any{"item": list}
	}
	b = append(append(b, '<'), name...)
	object, ok := v.(map[string]any)
	if !ok {
		b = appendXMLText(append(b, '>'), value.Text(v))
		return append(append(append(b, "</"...), name...), '>'), nil
	}
	names := slices.Sorted(maps.Keys(object))
	for _, key := range names {
		if a, ok := strings.CutPrefix(key, attribute); ok {
			if !isXMLName(a) {
				return nil, fmt.Errorf("%q cannot be the name of an XML attribute", a)
			}
			b = append(append(append(b, ' '), a...), `="`...)
			b = append(appendXMLText(b, value.Text(object[key])), '"')
		}
	}
	b = append(b, '>')
	if text, ok := object[textName]; ok {
		b = appendXMLText(b, value.Text(text))
	}
	for _, key := range names {
		if key == textName || strings.HasPrefix(key, attribute) {
			continue
		}
		var err error
		if b, err = appendXML(b, key, object[key], depth+1); err != nil {
			return nil, err
		}
	}
	return append(append(append(b, "</"...), name...), '>'), nil
}

func appendXMLText(b []byte, s string) []byte {
	out := bytes.NewBuffer(b)
	xml.EscapeText(out, []byte(s)) //nolint:errcheck // writing to memory
	return out.Bytes()
}

// isXMLName accepts the names that every parser takes.
func isXMLName(s string) bool {
	for i, r := range s {
		letter := r == '_' || r == ':' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r > 0x7f
		if !letter && (i == 0 || r != '-' && r != '.' && (r < '0' || r > '9')) {
			return false
		}
	}
	return s != ""
}
