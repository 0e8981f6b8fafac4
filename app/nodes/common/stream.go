package common

import (
	"io"

	"ecoflow/app/node"
	"ecoflow/app/value"
)

// pieces reads the items of a list as they go out, one after the other: text and
// bytes as they are, anything else as a line of JSON. No more than one item is
// written out at a time.
type pieces struct {
	items []any
	rest  []byte // of the item before
}

// piecesOf returns the value as pieces, a value that is no list as one, and the
// content type that fits them.
func piecesOf(v any) (*pieces, string) {
	items, ok := v.([]any)
	if !ok {
		items = []any{v}
	}
	if len(items) > 0 {
		switch items[0].(type) {
		case string:
			return &pieces{items: items}, "text/plain; charset=utf-8"
		case []byte, *node.File:
			return &pieces{items: items}, "application/octet-stream"
		}
	}
	return &pieces{items: items}, "application/x-ndjson"
}

// Read implements io.Reader.
func (p *pieces) Read(b []byte) (n int, err error) {
	for n < len(b) {
		if len(p.rest) == 0 {
			if len(p.items) == 0 {
				break
			}
			if p.rest, err = piece(p.items[0]); err != nil {
				return n, err
			}
			p.items = p.items[1:]
		}
		k := copy(b[n:], p.rest)
		n, p.rest = n+k, p.rest[k:]
	}
	if n == 0 && len(b) > 0 {
		return 0, io.EOF
	}
	return n, nil
}

func piece(v any) ([]byte, error) {
	v, err := value.Resolve(v)
	if err != nil {
		return nil, err
	}
	switch v := v.(type) {
	case string:
		return []byte(v), nil
	case []byte:
		return v, nil
	case *node.File:
		return v.Data, nil
	}
	line, err := value.AppendJSON(nil, v)
	return append(line, '\n'), err
}
