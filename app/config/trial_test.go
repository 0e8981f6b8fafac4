package config_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"ecoflow/app/auth"
	"ecoflow/app/config"
	"ecoflow/app/fault"
)

// stage notes what is asked of it.
type stage struct {
	did     []string
	refuses bool
	reached bool
}

func (s *stage) Try(_ context.Context, _, next *config.Settings, rehearsal bool) (config.Trial, error) {
	s.did = append(s.did, fmt.Sprint("try ", next.Port, " ", rehearsal))
	if s.refuses {
		return nil, fault.New(fault.Invalid, "No.").At("Port", "is taken.")
	}
	return s, nil
}

func (s *stage) Open()                        { s.did = append(s.did, "open") }
func (s *stage) Keep()                        { s.did = append(s.did, "keep") }
func (s *stage) Return()                      { s.did = append(s.did, "return") }
func (s *stage) Reached(context.Context) bool { return s.reached }
func (s *stage) Address() string              { return "http://new" }
func (s *stage) Warnings() []fault.Place      { return nil }

func person(t *testing.T) context.Context {
	return auth.WithActor(t.Context(), auth.Actor{UserID: auth.LocalID, Username: "ada", Permissions: auth.Everything, Local: true})
}

// What is tried, opened, kept and returned, in which order, and what is in force
// meanwhile.
func TestTrial(t *testing.T) {
	store := kept(t, `{}`)
	c, err := config.Open(t.Context(), store, config.Outside{})
	if err != nil {
		t.Fatal(err)
	}
	s := &stage{}
	c.On(s)
	var heard []string
	c.Announce(func(a config.Announcement) { heard = append(heard, fmt.Sprint(a.Settings, " ", a.Version)) })
	ctx := person(t)
	save := func(changes map[string]any) (config.Page, error) {
		return c.Save(ctx, config.SaveRequest{Changes: changes})
	}
	check := func(what string, port int, did ...string) {
		t.Helper()
		if c.Get().Port != port || !slices.Equal(s.did, did) {
			t.Errorf("%s: port %d, did %q; want %d, %q", what, c.Get().Port, s.did, port, did)
		}
		s.did = nil
	}
	if _, err := save(map[string]any{"limits.runTime": 5000}); err != nil {
		t.Fatal(err)
	}
	check("what needs no confirmation", 4000, "try 4000 false", "open", "keep")
	if _, err := c.Check(ctx, config.SaveRequest{Changes: map[string]any{"Port": 5000}}); err != nil {
		t.Fatal(err)
	}
	check("a rehearsal", 4000, "try 5000 true", "return")
	s.refuses = true
	if _, err := save(map[string]any{"Port": 5000}); !fault.Is(err, fault.Invalid) {
		t.Errorf("got %v", err)
	}
	check("a refusal", 4000, "try 5000 false")
	s.refuses = false

	page, err := save(map[string]any{"Port": 5000})
	if err != nil || page.Pending == nil || page.Pending.Address != "http://new" || page.Version != 2 {
		t.Fatalf("got %+v, %v", page.Pending, err)
	}
	check("on trial", 5000, "try 5000 false", "open")
	if _, err := c.Confirm(ctx, config.VersionNumber{Version: page.Pending.Version}); !fault.Is(err, fault.Conflict) {
		t.Errorf("confirmed by the old way: %v", err)
	}
	s.reached = true
	if _, err := c.Confirm(ctx, config.VersionNumber{Version: page.Pending.Version + 1}); !fault.Is(err, fault.Conflict) {
		t.Errorf("another version is confirmed: %v", err)
	}
	if page, err = c.Confirm(ctx, config.VersionNumber{Version: page.Pending.Version}); err != nil || page.Pending != nil || page.Version != 3 {
		t.Errorf("got %+v, %v", page.Pending, err)
	}
	check("confirmed", 5000, "keep")

	c.ConfirmWithin(20 * time.Millisecond)
	returned := make(chan struct{})
	c.Announce(func(a config.Announcement) {
		if a.Settings == "returned" {
			close(returned)
		}
	})
	if _, err := save(map[string]any{"Port": 6000}); err != nil {
		t.Fatal(err)
	}
	<-returned
	if page, err = c.Show(ctx); err != nil || page.Report == nil || page.Report.Version != 4 || page.Version != 3 || !strings.Contains(page.Report.Reason, "20ms") {
		t.Errorf("got %+v, %v", page.Report, err)
	}
	check("not confirmed", 5000, "try 6000 false", "open", "return")
	if want := []string{"saved 2", "pending 3", "confirmed 3", "pending 4", "returned 4"}; !slices.Equal(heard, want) {
		t.Errorf("heard %q, want %q", heard, want)
	}

	// A process that ends leaves nothing pending.
	c.ConfirmWithin(time.Hour)
	if _, err := save(map[string]any{"Port": 7000}); err != nil {
		t.Fatal(err)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := config.Open(t.Context(), store, config.Outside{})
	if err != nil || again.Get().Port != 5000 {
		t.Errorf("started again: port %d, %v", again.Get().Port, err)
	}
	list, err := again.Versions(t.Context())
	if err != nil || len(list) != 5 || list[0].State != config.Returned || !list[2].Current {
		t.Errorf("versions %+v, %v", list, err)
	}
}

// A demand of the rest of the product is one of the mistakes; its failure is none.
func TestDemands(t *testing.T) {
	c, err := config.Open(t.Context(), kept(t, `{}`), config.Outside{})
	if err != nil {
		t.Fatal(err)
	}
	var fails error
	c.Demand(func(_ context.Context, now, next *config.Settings) ([]fault.Place, error) {
		if now.Deployments.Keep != next.Deployments.Keep {
			return []fault.Place{{Path: "deployments.keep", Message: "No."}}, fails
		}
		return nil, nil
	})
	change := config.SaveRequest{Changes: map[string]any{"deployments.keep": 5}}
	if _, err := c.Save(person(t), change); !fault.Is(err, fault.Invalid) {
		t.Errorf("got %v", err)
	}
	fails = errors.New("no disk")
	if _, err := c.Save(person(t), change); !errors.Is(err, fails) {
		t.Errorf("got %v", err)
	}
	if _, err := c.Save(person(t), config.SaveRequest{Changes: map[string]any{"limits.runTime": 5000}}); err != nil {
		t.Errorf("got %v", err)
	}
}

// What is set to its default goes on following it, and null goes back to it.
func TestDefaultsAreFollowed(t *testing.T) {
	store := kept(t, `{"later": {"x": 1}}`)
	c, err := config.Open(t.Context(), store, config.Outside{})
	if err != nil {
		t.Fatal(err)
	}
	for _, changes := range []map[string]any{
		{"Host": "127.0.0.1", "limits.runTime": 30000, "httpCors.enabled": true},
		{"httpCors.enabled": false, "httpCors.maxAge": "60"},
		{"httpCors.maxAge": nil, "httpCors.enabled": nil},
	} {
		if _, err := c.Save(person(t), config.SaveRequest{Changes: changes}); err != nil {
			t.Fatal(err)
		}
	}
	if got := saved(t, store); got != `{"httpCors":{},"later":{"x":1}}` || c.Get().Source("Host") != config.Default {
		t.Errorf("saved %s", got)
	}
}
