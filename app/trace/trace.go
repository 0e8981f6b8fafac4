// Package trace holds what a run did, node by node: for the editor's test runs,
// and for ordinary runs where that is switched on. A run without a Recorder pays
// one comparison a node.
package trace

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"ecoflow/app/node"
	"ecoflow/app/value"
)

// Outcome says how a node's part in a run ended.
type Outcome string

// The outcomes.
const (
	Passed  Outcome = "passed"  // ran, the message went on
	Halted  Outcome = "halted"  // ran and ended the middleware of its branch
	Dropped Outcome = "dropped" // ran, nothing went on
	Failed  Outcome = "failed"
	Skipped Outcome = "skipped" // passed on untouched after a halt
	Pinned  Outcome = "pinned"  // did not run: its pinned output was used
	Ignored Outcome = "ignored" // a Response that ran after another had answered
)

// Step is what one node did.
type Step struct {
	NodeID  string          `json:"nodeID"`
	Label   string          `json:"label"`
	Flow    string          `json:"flow"`
	Start   time.Time       `json:"start"`
	Micros  float64         `json:"micros"` // how long it took, in µs
	In      json.RawMessage `json:"in,omitempty"`
	Out     json.RawMessage `json:"out,omitempty"`
	Ports   []string        `json:"ports,omitempty"` // that were chosen; none is the first
	Outcome Outcome         `json:"outcome"`
	Error   string          `json:"error,omitempty"`
	// Shortened: In or Out leaves something out.
	Shortened bool `json:"shortened,omitempty"`
}

// A Recorder is told of each node after it ran. Record may be called
// concurrently.
type Recorder interface {
	Record(s Step)
}

// Func is a function that records.
type Func func(Step)

// Record calls the function.
func (f Func) Record(s Step) { f(s) }

// The bounds of a snapshot.
const (
	snapshotDepth = 20
	snapshotText  = 2000     // characters of one string
	snapshotItems = 200      // of one list or object
	snapshotNodes = 2000     // values in all
	snapshotBytes = 64 << 10 // of text in all
)

// Snapshot returns a payload's data as JSON of bounded size, with secrets masked.
// shortened says whether something was left out.
func Snapshot(p *node.Payload) (data json.RawMessage, shortened bool) {
	s := shortener{left: snapshotNodes, room: snapshotBytes}
	out := map[string]any{}
	for _, key := range p.Keys() {
		v, ok := p.Output(key)
		if !ok {
			continue
		}
		out[key] = s.member(key, v)
	}
	b, err := value.AppendJSON(nil, out)
	if err != nil {
		return nil, true
	}
	return b, s.cut
}

// Shorten returns a value as JSON within the bounds of a snapshot, with secrets
// masked.
func Shorten(v any) (data json.RawMessage, shortened bool) {
	s := shortener{left: snapshotNodes, room: snapshotBytes}
	b, err := value.AppendJSON(nil, s.value(v, 0))
	if err != nil {
		return json.RawMessage(`"` + "a value that JSON cannot hold" + `"`), true
	}
	return b, s.cut
}

const mask = "***"

var secretNames = []string{"password", "passwd", "secret", "token", "authorization", "apikey", "api_key", "api-key", "cookie", "credential", "privatekey", "private_key"}

func isSecret(name string) bool {
	name = strings.ToLower(name)
	return slices.ContainsFunc(secretNames, func(s string) bool { return strings.Contains(name, s) })
}

type shortener struct {
	left int // values
	room int // bytes of text
	cut  bool
}

func (s *shortener) member(name string, v any) any {
	if isSecret(name) && v != nil && v != "" {
		return mask
	}
	return s.value(v, 1)
}

func (s *shortener) value(v any, depth int) any {
	if s.left--; s.left < 0 || depth > snapshotDepth {
		s.cut = true
		return "…"
	}
	v, err := value.Resolve(v)
	if err != nil {
		s.cut = true
		return "…"
	}
	switch v := v.(type) {
	case string:
		return s.text(v)
	case []byte:
		if most := min(snapshotText, s.room); len(v) > most {
			s.cut = true
			v = v[:most]
		}
		s.room -= len(v)
		return v
	case map[string]any:
		out := make(map[string]any, min(len(v), snapshotItems))
		for i, k := range slices.Sorted(maps.Keys(v)) {
			if i == snapshotItems {
				s.cut = true
				break
			}
			out[s.text(k)] = s.within(k, v[k], depth)
		}
		return out
	case []any:
		out := make([]any, 0, min(len(v), snapshotItems))
		for i, item := range v {
			if i == snapshotItems {
				s.cut = true
				break
			}
			out = append(out, s.value(item, depth+1))
		}
		return out
	}
	return v
}

func (s *shortener) within(name string, v any, depth int) any {
	if isSecret(name) && v != nil && v != "" {
		return mask
	}
	return s.value(v, depth+1)
}

func (s *shortener) text(t string) string {
	most := min(snapshotText, s.room)
	if len(t) <= most {
		s.room -= len(t)
		return t
	}
	s.cut = true
	t = t[:most]
	s.room -= most
	for !utf8.ValidString(t[max(0, len(t)-utf8.UTFMax):]) && len(t) > 0 { // cut inside a character
		t = t[:len(t)-1]
	}
	return t + "…"
}
