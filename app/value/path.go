package value

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Path leads into a value: "user.tags[0]", "headers[\"x-id\"]". A Step is a
// member's name or, when Index is not negative, a place in a list; a name of
// digits alone also finds a place in a list. The empty path is the value itself.
type Path []Step

// Step is one part of a Path.
type Step struct {
	Name  string
	Index int // -1: a name
}

// maxIndex bounds how far Set fills a list up.
const maxIndex = 100_000

// ParsePath reads a path as people write it.
func ParsePath(s string) (Path, error) {
	var p Path
	rest := strings.TrimSpace(s)
	for first := true; rest != ""; first = false {
		if rest[0] == '[' {
			step, tail, err := bracket(rest)
			if err != nil {
				return nil, fmt.Errorf("the path %q %w", s, err)
			}
			p, rest = append(p, step), tail
			continue
		}
		if !first {
			if rest[0] != '.' {
				return nil, fmt.Errorf("the path %q needs a dot or a bracket before %q", s, rest)
			}
			rest = rest[1:]
		}
		end := strings.IndexAny(rest, ".[")
		if end < 0 {
			end = len(rest)
		}
		if end == 0 {
			return nil, fmt.Errorf("the path %q has an empty part", s)
		}
		p, rest = append(p, Step{Name: rest[:end], Index: -1}), rest[end:]
	}
	return p, nil
}

func bracket(s string) (Step, string, error) {
	if len(s) > 1 && (s[1] == '"' || s[1] == '\'') {
		end := strings.Index(s[2:], string(s[1])+"]")
		if end < 0 {
			return Step{}, "", fmt.Errorf("has a bracket that is not closed")
		}
		return Step{Name: s[2 : 2+end], Index: -1}, s[2+end+2:], nil
	}
	end := strings.IndexByte(s, ']')
	if end < 0 {
		return Step{}, "", fmt.Errorf("has a bracket that is not closed")
	}
	n, err := strconv.Atoi(s[1:end])
	if err != nil || n < 0 || n > maxIndex {
		return Step{}, "", fmt.Errorf("has %q in brackets, which is no place in a list", s[1:end])
	}
	return Step{Index: n}, s[end+1:], nil
}

func (s Step) place() (int, bool) {
	if s.Index >= 0 {
		return s.Index, true
	}
	n, err := strconv.Atoi(s.Name)
	return n, err == nil && n >= 0 && n <= maxIndex
}

func (s Step) name() string {
	if s.Index >= 0 {
		return strconv.Itoa(s.Index)
	}
	return s.Name
}

// Get returns what the path leads to; ok is false when there is nothing.
func (p Path) Get(v any) (found any, ok bool) {
	v, err := Resolve(v)
	for _, step := range p {
		if err != nil {
			return nil, false
		}
		switch c := v.(type) {
		case map[string]any:
			if v, ok = c[step.name()]; !ok {
				return nil, false
			}
		case []any:
			i, isPlace := step.place()
			if !isPlace || i >= len(c) {
				return nil, false
			}
			v = c[i]
		default:
			return nil, false
		}
		v, err = Resolve(v)
	}
	return v, err == nil
}

// Set returns v with x at the path. What lies on the way is copied, the rest is
// shared; missing objects and lists are made. A way that leads through text, a
// number or the like is an error.
func (p Path) Set(v, x any) (any, error) {
	if len(p) == 0 {
		return x, nil
	}
	v, err := Resolve(v)
	if err != nil {
		return nil, err
	}
	step := p[0]
	switch c := v.(type) {
	case nil:
		if step.Index >= 0 {
			return Path(p).Set([]any{}, x)
		}
		return Path(p).Set(map[string]any{}, x)
	case map[string]any:
		inner, err := p[1:].Set(c[step.name()], x)
		if err != nil {
			return nil, err
		}
		c = maps.Clone(c)
		c[step.name()] = inner
		return c, nil
	case []any:
		i, ok := step.place()
		if !ok {
			return nil, fmt.Errorf("a list has no member %q", step.Name)
		}
		var old any
		if i < len(c) {
			old = c[i]
		}
		inner, err := p[1:].Set(old, x)
		if err != nil {
			return nil, err
		}
		out := make([]any, max(len(c), i+1))
		copy(out, c)
		out[i] = inner
		return out, nil
	}
	return nil, fmt.Errorf("%q cannot be set inside a value that is no object and no list", step.name())
}

// Delete returns v without what the path leads to; v itself when there is
// nothing.
func (p Path) Delete(v any) any {
	if len(p) == 0 {
		return nil
	}
	if _, ok := p.Get(v); !ok {
		return v
	}
	v, _ = Resolve(v) //nolint:errcheck // Get has just read it
	step := p[0]
	switch c := v.(type) {
	case map[string]any:
		c = maps.Clone(c)
		if len(p) == 1 {
			delete(c, step.name())
		} else {
			c[step.name()] = p[1:].Delete(c[step.name()])
		}
		return c
	case []any:
		i, _ := step.place()
		c = slices.Clone(c)
		if len(p) == 1 {
			return slices.Delete(c, i, i+1)
		}
		c[i] = p[1:].Delete(c[i])
		return c
	}
	return v
}
