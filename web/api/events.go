package api

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"ecoflow/app"
	"ecoflow/app/auth"
	"ecoflow/app/event"
	"ecoflow/app/fault"
	"ecoflow/app/limit"
	"ecoflow/web/endpoint"
)

// eventRules says who may see which events. A type that is not here reaches nobody.
var eventRules = map[event.Type]auth.Rule{
	event.Debug:      auth.FlowEditor,
	event.Run:        auth.FlowEditor,
	event.Deploy:     auth.FlowEditor,
	event.Draft:      auth.FlowEditor,
	event.Package:    auth.FlowEditor,
	event.Connection: auth.AnyOf(auth.FlowEditor, auth.SchemaEditor, auth.CreateDBConnection, auth.ModifyDBConnection, auth.RemoveDBConnection),
	event.Env:        auth.AnyOf(auth.CreateEnvs, auth.UpdateEnvs, auth.DeleteEnvs),
	event.Audit:      auth.AuditLogs,
	event.Log:        auth.ServerConfigurationShow,
	event.Health:     auth.ServerConfigurationShow,
	event.Access:     auth.SignedIn,
	event.Server:     auth.SignedIn,
}

// mayEvent reports whether the actor may see the event.
func mayEvent(actor auth.Actor, e event.Event) bool {
	rule, known := eventRules[e.Type]
	return known && rule.Admits(actor) && (e.Subject == "" || e.Subject == actor.UserID)
}

const (
	heartbeat     = 15 * time.Second // a comment, so that both ends notice a dead line
	streamRecheck = 30 * time.Second // rights end by the clock too
	streamWrite   = 30 * time.Second // for one batch of events
)

// events is the one stream of what happens.
func events(a *app.App) []endpoint.Endpoint {
	h := &hub{app: a, process: rand.Text(), bySession: map[string]int{}}
	return []endpoint.Endpoint{
		endpoint.Raw(endpoint.Spec{
			ID:      "event.stream",
			Route:   "GET /events",
			Summary: "Follow what happens",
			Description: "Server-sent events: debug, run, deploy, draft, package, connection, env, audit, log, health, access, server, each to whoever " +
				"has the right at that moment. Last-Event-ID resumes; a resync event says that something was missed.",
			Allow: auth.SignedIn,
		}, "text/event-stream", h.serve),
	}
}

// hub counts the open streams.
type hub struct {
	app     *app.App
	process string // begins the ids of this process's events

	mu        sync.Mutex
	all       int
	bySession map[string]int
}

// enter takes a place among the open streams and returns how to leave it.
func (h *hub) enter(actor auth.Actor) (leave func(), err error) {
	key := actor.Session + actor.Token
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.all >= limit.Streams || h.bySession[key] >= limit.StreamsPerSession {
		return nil, fault.New(fault.TooMany, "Too many event streams are open; close some windows.").WithCode("too_many_streams").After(streamWrite)
	}
	h.all++
	h.bySession[key]++
	return func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.all--
		if h.bySession[key]--; h.bySession[key] == 0 {
			delete(h.bySession, key)
		}
	}, nil
}

type eventsRequest struct {
	endpoint.Exchange `json:"-"`
	LastID            string `header:"Last-Event-ID" maxLength:"100" doc:"Id of the last event seen; what came after it is sent first."`
}

// serve writes the stream until the client, the session or the process ends.
func (h *hub) serve(ctx context.Context, req eventsRequest, w http.ResponseWriter) error {
	if origin := req.Request.Header.Get("Origin"); origin != "" {
		if u, err := url.Parse(origin); err != nil || !strings.EqualFold(u.Host, req.Request.Host) {
			return fault.New(fault.Forbidden, "A page of another site may not read this.").WithCode("cross_site")
		}
	}
	actor := auth.ActorFrom(ctx)
	leave, err := h.enter(actor)
	if err != nil {
		return err
	}
	defer leave()
	h.app.System.Streams.Add(1)
	defer h.app.System.Streams.Add(-1)
	changed, unwatch := h.app.Accounts.Watch(actor)
	defer unwatch()

	latest := h.app.Events.Last()
	after, known := h.position(req.LastID)
	reader, missed, complete := h.app.Events.Subscribe(after, limit.StreamEvents)
	defer reader.Close()

	ctx, cancel := context.WithCancel(ctx)
	out := newOutbox(w, cancel)
	header := w.Header()
	header.Set("Content-Type", "text/event-stream")
	header.Set("X-Accel-Buffering", "no") // proxies hold streams back otherwise
	w.WriteHeader(http.StatusOK)
	var writing sync.WaitGroup
	writing.Add(1)
	fault.Go(h.app.Log, "event stream", func() { defer writing.Done(); out.run(ctx) })
	defer writing.Wait()
	defer cancel()

	switch {
	case req.LastID == "":
		out.put(h.block(event.Event{ID: latest, Type: event.Server, Data: serverState{string(h.app.System.State())}}))
	case !known || !complete:
		out.put(h.block(event.Event{ID: latest, Type: event.Resync, Data: struct{}{}}))
	default:
		out.put([]byte(": resumed\n\n"))
		for _, e := range missed {
			h.send(out, actor, e)
		}
	}

	beat, recheck := time.NewTicker(heartbeat), time.NewTicker(streamRecheck)
	defer beat.Stop()
	defer recheck.Stop()
	current := func() bool {
		if actor, err = h.app.Accounts.Current(ctx, actor); err == nil {
			return auth.RequireOwnPassword(actor) == nil
		}
		if !fault.Is(err, fault.Unauthenticated) && ctx.Err() == nil {
			h.app.Log.ErrorContext(ctx, "event stream not checked", "request", fault.Request(ctx), "error", err)
		}
		return false
	}
	for {
		select { // a lost right goes before the event that needs it
		case <-changed:
			if !current() {
				return nil
			}
		default:
		}
		select {
		case e, open := <-reader.Events():
			if !open {
				h.app.Limits.Refused("event backlog")
				return nil // too far behind; the client comes back and resumes
			}
			select {
			case <-changed:
				if !current() {
					return nil
				}
			default:
			}
			h.send(out, actor, e)
		case <-changed:
			if !current() {
				return nil
			}
		case <-recheck.C:
			if !current() {
				return nil
			}
		case <-beat.C:
			out.put([]byte(": \n\n"))
		case <-h.app.System.StopAsked():
			out.put(h.block(event.Event{ID: h.app.Events.Last(), Type: event.Server, Data: serverState{string(h.app.System.Ending())}}))
			out.finish(ctx)
			return nil
		case <-ctx.Done():
			return nil
		}
	}
}

// serverState is the data of a server event.
type serverState struct {
	State string `json:"state"`
}

// position reads an event id of this process. known is false for any other: the
// client is to read everything again.
func (h *hub) position(id string) (after uint64, known bool) {
	process, number, _ := strings.Cut(id, "-")
	after, err := strconv.ParseUint(number, 10, 64)
	if process != h.process || err != nil {
		return 0, false
	}
	return after, after > 0 || h.app.Events.Last() == 0
}

// send puts an event into the outbox if the actor may see it.
func (h *hub) send(out *outbox, actor auth.Actor, e event.Event) {
	if mayEvent(actor, e) {
		out.put(h.block(e))
	}
}

// block writes an event as the stream format has it.
func (h *hub) block(e event.Event) []byte {
	data, err := json.Marshal(e.Data, json.Deterministic(true), jsontext.AllowInvalidUTF8(true))
	if err != nil {
		h.app.Log.Error("event not sent", "type", string(e.Type), "error", err)
		return nil
	}
	return fmt.Appendf(nil, "id: %s-%d\nevent: %s\ndata: %s\n\n", h.process, e.ID, e.Type, data)
}

// outbox is what a client has still to receive. Who fills it never waits; when
// the client is too far behind, the stream is cut.
type outbox struct {
	w       http.ResponseWriter
	cut     func()
	wake    chan struct{}
	drained chan struct{} // receives when everything put before finish is out

	mu        sync.Mutex
	pending   bytes.Buffer
	finishing bool
}

func newOutbox(w http.ResponseWriter, cut func()) *outbox {
	return &outbox{w: w, cut: cut, wake: make(chan struct{}, 1), drained: make(chan struct{})}
}

// put adds to what is to be sent.
func (o *outbox) put(block []byte) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.pending.Len()+len(block) > limit.StreamBacklog {
		o.cut()
		return
	}
	o.pending.Write(block)
	select {
	case o.wake <- struct{}{}:
	default:
	}
}

// finish waits until everything is sent.
func (o *outbox) finish(ctx context.Context) {
	o.mu.Lock()
	o.finishing = true
	o.mu.Unlock()
	select {
	case o.wake <- struct{}{}:
	default:
	}
	select {
	case <-o.drained:
	case <-ctx.Done():
	}
}

// run sends until ctx ends or a write fails, which cuts the stream.
func (o *outbox) run(ctx context.Context) {
	control := http.NewResponseController(o.w)
	// Whoever cuts the stream does not wait for a client that reads nothing.
	stop := context.AfterFunc(ctx, func() { control.SetWriteDeadline(time.Now()) }) //nolint:errcheck // the write ends at its own deadline then
	defer stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-o.wake:
		}
		o.mu.Lock()
		batch := bytes.Clone(o.pending.Bytes())
		o.pending.Reset()
		finishing := o.finishing
		o.mu.Unlock()
		if len(batch) > 0 {
			if err := o.write(control, batch); err != nil {
				o.cut()
				return
			}
		}
		if finishing {
			close(o.drained)
			return
		}
	}
}

func (o *outbox) write(control *http.ResponseController, batch []byte) error {
	if err := control.SetWriteDeadline(time.Now().Add(streamWrite)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	if _, err := o.w.Write(batch); err != nil {
		return err
	}
	return control.Flush()
}
