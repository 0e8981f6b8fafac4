// Package trace holds what a run did, node by node: for the editor's test runs,
// and for ordinary runs where that is switched on. A run without a Recorder pays
// one comparison a node; one whose record nobody reads pays for keeping what was
// there, not for encoding it.
package trace

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"ecoflow/app/limit"
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

// Step is what one node did, for others to see.
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

// Record is what one node did, with the data around it as the Recorder took it.
type Record struct {
	NodeID, Label, Flow string
	Start               time.Time
	Took                time.Duration
	In, Out             Data
	Ports               []string // as in Step
	Outcome             Outcome
	Err                 error
}

// Hide masks the secrets that a text holds; a nil Hide knows of none.
type Hide func(text string) string

func (h Hide) text(t string) string {
	if h == nil {
		return t
	}
	return h(t)
}

// Step encodes the record for others to see.
func (r *Record) Step(hide Hide) Step {
	s := Step{
		NodeID: r.NodeID, Label: r.Label, Flow: r.Flow, Start: r.Start, Micros: float64(r.Took.Nanoseconds()) / 1000,
		Ports: r.Ports, Outcome: r.Outcome,
	}
	if r.Err != nil {
		s.Error = hide.text(r.Err.Error())
	}
	var cutIn, cutOut bool
	s.In, cutIn = r.In.read(hide)
	s.Out, cutOut = r.Out.read(hide)
	s.Shortened = cutIn || cutOut
	return s
}

// A Recorder is told of each node after it ran. Its methods may be called
// concurrently.
type Recorder interface {
	// Take returns what the payload holds now.
	Take(p *node.Payload) Data
	Record(r Record)
}

// Teller is a Recorder that tells each step at once, with its secrets hidden.
type Teller struct {
	Tell func(Step)
	Hide Hide
}

// Take encodes the payload: the runtime it may live in can be gone when the node
// has run.
func (t Teller) Take(p *node.Payload) Data {
	data, shortened := t.Hide.Snapshot(p)
	return Data{json: data, state: encoded, shortened: shortened}
}

// Record tells the step.
func (t Teller) Record(r Record) { t.Tell(r.Step(t.Hide)) }

// Keeper is a Recorder that keeps what a run did until somebody reads it. It shares
// the data with the run, which copies what it changes. The zero Keeper is ready.
type Keeper struct {
	mu      sync.Mutex
	records []Record
}

// keptFirst is for how many nodes a Keeper makes room at once.
const keptFirst = 8

// Take keeps what the payload holds. What lives in a script runtime is written out,
// as the runtime goes on without it.
func (k *Keeper) Take(p *node.Payload) Data {
	r := p.Resident()
	if r == nil {
		return Data{payload: p.Fork(), state: shared}
	}
	b, err := r.AppendJSON(nil, "")
	if err != nil {
		return Data{state: encoded, shortened: true}
	}
	return Data{json: b, state: written}
}

// Record keeps the record.
func (k *Keeper) Record(r Record) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.records == nil {
		k.records = make([]Record, 0, keptFirst)
	}
	k.records = append(k.records, r)
}

// Steps returns the steps so far, in the order in which they ended.
func (k *Keeper) Steps(hide Hide) []Step {
	k.mu.Lock()
	records := k.records
	k.mu.Unlock()
	steps := make([]Step, len(records))
	for i := range records {
		steps[i] = records[i].Step(hide)
	}
	return steps
}

// Data is what a payload held at one moment. The zero Data is that of a node which
// got or gave none.
type Data struct {
	payload   node.Payload
	json      []byte
	state     state
	shortened bool
}

// A state says where the data is.
type state uint8

const (
	none    state = iota
	shared        // in payload
	written       // in json, all of it
	encoded       // in json, as others may see it
)

// read returns the data as Snapshot does.
func (d *Data) read(hide Hide) (data json.RawMessage, shortened bool) {
	switch d.state {
	case none:
		return nil, false
	case shared:
		return hide.Snapshot(&d.payload)
	case encoded:
		return d.json, d.shortened
	}
	v, err := value.Parse(d.json, limit.APIDepth+1)
	if err != nil {
		return nil, true
	}
	members, ok := v.(map[string]any)
	if !ok {
		return nil, true
	}
	p := node.Payload{}
	for key, v := range members {
		p.Set(key, v) //nolint:errcheck // a payload of Go values takes any value
	}
	return hide.Snapshot(&p)
}

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
func (h Hide) Snapshot(p *node.Payload) (data json.RawMessage, shortened bool) {
	s := shortener{hide: h, left: snapshotNodes, room: snapshotBytes}
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
func (h Hide) Shorten(v any) (data json.RawMessage, shortened bool) {
	s := shortener{hide: h, left: snapshotNodes, room: snapshotBytes}
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
	hide Hide
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
		v = []byte(s.hide.text(string(v)))
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
	case nil, bool:
		return v
	}
	if b, err := value.AppendJSON(nil, v); err == nil && s.hide.text(string(b)) == mask { // a secret that is a number
		return mask
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
	t = s.hide.text(t)
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
