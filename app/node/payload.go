package node

import (
	"iter"

	"ecoflow/app/value"
)

// Payload is the data of a message: msg and the other keys, in the order in
// which they were set. It lives either in Go values or, once a script has
// touched it, in the script's runtime (Resident); a native node then converts
// only what it reads.
//
// Go values are nil, bool, string, json.Number (exact), float64, int64,
// map[string]any, []any, []byte, time.Time, *File and value.Raw (JSON that
// nobody has read yet). They are never changed in place: a node that changes a
// nested value copies the path to it, so views may share them. What this payload
// alone holds such a copy of, it changes further without another.
type Payload struct {
	entries  []entry
	shared   bool
	own      string // the key whose value is a copy that nobody else holds; "" for none
	resident Resident
}

type entry struct {
	key   string
	value any
}

// Resident is a payload that lives in a script runtime.
type Resident interface {
	Get(key string) (v any, ok bool, err error) // converted to a Go value
	Set(key string, v any) error
	Delete(key string) error
	Has(key string) bool
	Keys() []string
	// AppendJSON appends the JSON of one key's value, or of the whole payload
	// for "", without a detour through Go values.
	AppendJSON(dst []byte, key string) ([]byte, error)
	// Fork returns an independent view; the copy is made when one of the two is
	// next handed to a script.
	Fork() Resident
}

// Lazy is a value that is decoded when somebody reads it (value.Raw).
type Lazy interface {
	Resolve() (any, error)
}

// NewPayload returns a payload that holds msg alone.
func NewPayload(msg any) Payload {
	return Payload{entries: []entry{{"msg", msg}}}
}

// Get returns a key's value as a Go value; ok is false when it is not there.
func (p *Payload) Get(key string) (v any, ok bool, err error) {
	p.seen()
	return p.look(key)
}

// seen has the next change make a copy: somebody holds the value now. Views of one
// payload may be read side by side, so it writes only where there is something to.
func (p *Payload) seen() {
	if p.own != "" {
		p.own = ""
	}
}

// look is Get for those who keep nothing of the value but what it holds.
func (p *Payload) look(key string) (v any, ok bool, err error) {
	if p.resident != nil {
		return p.resident.Get(key)
	}
	for i := range p.entries {
		if p.entries[i].key != key {
			continue
		}
		if lazy, isLazy := p.entries[i].value.(Lazy); isLazy {
			v, err := lazy.Resolve()
			if err != nil {
				return nil, true, err
			}
			p.Set(key, v) //nolint:errcheck // a payload of Go values takes any value
			return v, true, nil
		}
		return p.entries[i].value, true, nil
	}
	return nil, false, nil
}

// Peek is Get without decoding: a Lazy value comes as it is. ok is false for a
// resident payload.
func (p *Payload) Peek(key string) (v any, ok bool) {
	p.seen()
	for i := range p.entries {
		if p.entries[i].key == key {
			return p.entries[i].value, true
		}
	}
	return nil, false
}

// All goes through the keys in order, each with what Peek returns; there are none in
// a resident payload.
func (p *Payload) All() iter.Seq2[string, any] {
	return func(yield func(string, any) bool) {
		p.seen()
		for i := range p.entries {
			if !yield(p.entries[i].key, p.entries[i].value) {
				return
			}
		}
	}
}

// Output returns a key's value for a writer of JSON: a Lazy value as it is, and
// one that lives in a script runtime as something that appends its own JSON, so
// that neither is decoded on the way out.
func (p *Payload) Output(key string) (v any, ok bool) {
	if p.resident == nil {
		return p.Peek(key)
	}
	if !p.resident.Has(key) {
		return nil, false
	}
	return output{p.resident, key}, true
}

// output is a value of a resident payload on its way out.
type output struct {
	resident Resident
	key      string
}

// AppendJSON implements value.Appender.
func (o output) AppendJSON(dst []byte) ([]byte, error) { return o.resident.AppendJSON(dst, o.key) }

// Resolve implements Lazy.
func (o output) Resolve() (any, error) {
	v, _, err := o.resident.Get(o.key)
	return v, err
}

// change stores a value in what a key holds, at a path that is not empty.
func (p *Payload) change(key string, path value.Path, v any) error {
	whole, _, err := p.look(key)
	if err != nil {
		return err
	}
	if own, ok := whole.(map[string]any); ok && key != "" && key == p.own && len(path) == 1 && path[0].Index < 0 {
		own[path[0].Name] = v
		return nil
	}
	changed, err := path.Set(whole, v)
	if err != nil {
		return err
	}
	if err := p.Set(key, changed); err != nil || p.resident != nil {
		return err
	}
	p.own = key
	return nil
}

// Set stores a value under a key.
func (p *Payload) Set(key string, v any) error {
	if p.resident != nil {
		return p.resident.Set(key, v)
	}
	p.unshare()
	p.seen()
	for i := range p.entries {
		if p.entries[i].key == key {
			p.entries[i].value = v
			return nil
		}
	}
	p.entries = append(p.entries, entry{key, v})
	return nil
}

// Delete removes a key.
func (p *Payload) Delete(key string) error {
	if p.resident != nil {
		return p.resident.Delete(key)
	}
	p.unshare()
	for i := range p.entries {
		if p.entries[i].key == key {
			p.entries = append(p.entries[:i], p.entries[i+1:]...)
			return nil
		}
	}
	return nil
}

// Keys lists the keys in order.
func (p *Payload) Keys() []string {
	if p.resident != nil {
		return p.resident.Keys()
	}
	keys := make([]string, len(p.entries))
	for i, e := range p.entries {
		keys[i] = e.key
	}
	return keys
}

// Fork returns an independent view of the payload.
func (p *Payload) Fork() Payload {
	if p.resident != nil {
		return Payload{resident: p.resident.Fork()}
	}
	p.seen()
	p.shared = true
	return *p
}

// Same reports whether both are views of the same Go values that nobody has changed
// since.
func (p *Payload) Same(other *Payload) bool {
	return p.resident == nil && other.resident == nil && len(p.entries) == len(other.entries) &&
		(len(p.entries) == 0 || &p.entries[0] == &other.entries[0])
}

// Merge sets every key of the other payload, which wins.
func (p *Payload) Merge(other *Payload) error {
	other.seen()
	if p.resident == nil && other.resident == nil {
		for _, e := range other.entries {
			p.Set(e.key, e.value) //nolint:errcheck // a payload of Go values takes any value
		}
		return nil
	}
	for _, key := range other.Keys() {
		v, _, err := other.Get(key)
		if err != nil {
			return err
		}
		if err := p.Set(key, v); err != nil {
			return err
		}
	}
	return nil
}

// Reside moves the payload into a script runtime with the function given, unless
// it lives in one already, and returns it.
func (p *Payload) Reside(move func(keys []string, get func(key string) any) (Resident, error)) (Resident, error) {
	if p.resident != nil {
		return p.resident, nil
	}
	r, err := move(p.Keys(), func(key string) any { v, _ := p.Peek(key); return v })
	if err != nil {
		return nil, err
	}
	p.resident, p.entries = r, nil
	return r, nil
}

// Resident returns where the payload lives, nil for Go values.
func (p *Payload) Resident() Resident { return p.resident }

func (p *Payload) unshare() {
	if p.shared {
		p.entries = append(make([]entry, 0, len(p.entries)+1), p.entries...)
		p.shared = false
	}
}
