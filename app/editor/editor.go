// Package editor holds what people work on in the flow editor: the drafts of
// flows, the requests saved to test them, and the deployments made of them.
//
// draft.go reads and changes drafts, deploy.go makes them live, history.go goes
// back to what was live, changes.go compares, import.go takes flows in from
// elsewhere, run.go runs a draft for its author alone, test.go keeps requests and
// match.go says how an answer differs from the expected one.
package editor

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"log/slog"
	"sync"
	"time"

	"ecoflow/app/auth"
	"ecoflow/app/event"
	"ecoflow/app/fault"
	"ecoflow/app/flow"
	"ecoflow/app/node"
)

// Store is where the editor keeps its data; package storage implements it. Names
// are looked up by their key (flow.NameKey). Content that does not fit its hash
// is a fault and is never returned.
type Store interface {
	// Drafts lists the drafts in the order of their positions.
	Drafts(ctx context.Context) ([]Draft, error)
	// Draft returns the draft of a name; ok is false when there is none.
	Draft(ctx context.Context, name string) (d Draft, ok bool, err error)
	// Content returns the JSON of a flow by its hash, which is the SHA-256 of it in
	// hexadecimal.
	Content(ctx context.Context, hash string) ([]byte, error)
	// SaveDrafts stores all of the saves or, with a *StaleError, none.
	SaveDrafts(ctx context.Context, saves []Save) ([]Draft, error)
	// ArrangeDraft renames, locks or moves a draft.
	ArrangeDraft(ctx context.Context, id string, a Arrangement) (Draft, error)
	// DeleteDraft takes the draft away and keeps the flow's tests and history; a
	// base that is not the revision is a *StaleError.
	DeleteDraft(ctx context.Context, d Draft) error

	// Tests lists the tests of the drafts' flows by flow and name; flow "" means
	// all.
	Tests(ctx context.Context, flowID string) ([]Test, error)
	// SaveTest adds a test or replaces the one of the name; a flow has at most
	// max of them.
	SaveTest(ctx context.Context, flowID string, t Test, max int) error
	// DeleteTest removes a test; UnknownTest when there is none of the name.
	DeleteTest(ctx context.Context, flowID, name string) error

	// LiveFlows lists the flows of the newest deployment.
	LiveFlows(ctx context.Context) ([]LiveFlow, error)
	// Deployments lists deployments, the newest first.
	Deployments(ctx context.Context, q DeploymentQuery) (list []Deployment, total int, err error)
	// Deployment returns a deployment with its flows.
	Deployment(ctx context.Context, number int64) (d Deployment, flows []DeployedFlow, err error)
	// AnnotateDeployment changes note or pin where they are given.
	AnnotateDeployment(ctx context.Context, number int64, note *string, pinned *bool) (Deployment, error)
	// PruneDeployments forgets the deployments beyond the newest keep that have
	// neither note nor pin.
	PruneDeployments(ctx context.Context, keep int) error

	// Settings returns the canvas settings of a user, the defaults when none were
	// stored.
	Settings(ctx context.Context, user string) (Settings, error)
	// SaveSettings stores them.
	SaveSettings(ctx context.Context, user string, s Settings) error
}

// Options is what an Editor is made of.
type Options struct {
	Log     *slog.Logger
	Store   Store
	Engine  *flow.Engine
	Library *node.Library
	Events  *event.Stream
	Keep    func() int // how many deployments are kept, the setting deployments.keep
}

// Editor is the server's side of the flow editor. Its methods may be called
// concurrently.
type Editor struct {
	Options

	mu       sync.Mutex
	surveyed survey // the last one
	used     used
}

// New returns an editor.
func New(o Options) *Editor { return &Editor{Options: o} }

// A Source is the JSON of a flow or of flows by name, as it came or was stored:
// it is read by package flow, which names the places of mistakes.
type Source []byte

// UnmarshalJSON keeps a copy of the JSON.
func (s *Source) UnmarshalJSON(b []byte) error { *s = append((*s)[:0], b...); return nil }

// MarshalJSON returns the JSON.
func (s Source) MarshalJSON() ([]byte, error) {
	if s == nil {
		return []byte("null"), nil
	}
	return s, nil
}

// JSONSchema describes a Source in the API's document.
func (Source) JSONSchema() string {
	return `{"type": "object", "description": "A flow {definitions, connections, configurations}, or an object of flows by name."}`
}

// Data is any JSON value, kept as it was written.
type Data = json.RawMessage

// hash is what content is stored under.
func hash(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

// me is the name of who acts.
func me(ctx context.Context) string { return auth.ActorFrom(ctx).Username }

// now is the time to the millisecond, which is what is stored.
func now() time.Time { return time.Now().UTC().Truncate(time.Millisecond) }

func unknownFlow(name string) error {
	return fault.New(fault.NotFound, "There is no flow %q.", name).WithCode("unknown_flow")
}

// Changed is what an event.Draft says.
type Changed struct {
	Flow     string `json:"flow"`
	Change   string `json:"change"` // saved, renamed, arranged, deleted, deployed
	Was      string `json:"was,omitzero"`
	Revision int64  `json:"revision"`
	Locked   bool   `json:"locked"`
	By       string `json:"by"`
}

func (e *Editor) publish(ctx context.Context, change, was string, d Draft) {
	e.Events.Publish(event.Draft, Changed{Flow: d.Name, Change: change, Was: was, Revision: d.Revision, Locked: d.Locked, By: me(ctx)})
}
