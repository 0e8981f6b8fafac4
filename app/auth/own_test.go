package auth_test

import (
	"strings"
	"sync"
	"testing"

	"ecoflow/app/auth"
	"ecoflow/app/fault"
)

const better = "quince and medlar"

func newPassword(old, fresh string) auth.OwnChange {
	return auth.OwnChange{Mode: auth.OwnPassword, UserInfo: &auth.OwnInput{OldPassword: old, NewPassword: fresh, RePassword: fresh}}
}

func TestOwnPasswordEndsAllElse(t *testing.T) {
	h := newHouse(t)
	first := h.withAda()
	h.add("bob", auth.FlowEditor)
	bobs, err := h.signIn("bob", good, there)
	if err != nil {
		t.Fatal(err)
	}
	other, err := h.signIn("ada", good, there)
	if err != nil {
		t.Fatal(err)
	}
	made, err := h.AddToken(h.as(cookie(first)), auth.NewToken{Name: "ci"})
	if err != nil {
		t.Fatal(err)
	}
	before := auth.ActorFrom(h.as(cookie(first)))
	changed, stop := h.Watch(before)
	defer stop()

	done, err := h.ChangeOwn(h.as(cookie(first)), newPassword(good, better))
	if err != nil {
		t.Fatal(err)
	}
	<-changed
	h.refused(cookie(first), "the cookie from before")
	h.refused(bearer(first.AccessToken), "the access token from before")
	h.refused(cookie(other), "another session")
	h.refused(bearer(made.Token), "a token")
	after := auth.ActorFrom(h.as(cookie(done.Secrets)))
	if after.Session != before.Session || !after.Consent {
		t.Errorf("the session goes on as %+v, was %+v", after, before)
	}
	h.as(bearer(done.AccessToken))
	if now, err := h.Current(t.Context(), before); err != nil || now.UserID != before.UserID {
		t.Errorf("an open stream of this session = %+v, %v", now, err)
	}
	h.as(cookie(bobs)) // somebody else's stays
	if _, err := h.signIn("ada", good, here); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("the old password = %v", err)
	}
	if _, err := h.signIn("ada", better, here); err != nil {
		t.Error(err)
	}
}

func TestOwnPasswordIsRefused(t *testing.T) {
	h := newHouse(t)
	s := h.withAda()
	done, err := h.ChangeOwn(h.as(cookie(s)), newPassword(good, better))
	if err != nil {
		t.Fatal(err)
	}
	who := h.as(cookie(done.Secrets))
	for name, c := range map[string]struct {
		in    auth.OwnInput
		kind  fault.Kind
		paths string
	}{
		"nothing":          {auth.OwnInput{}, fault.Invalid, "userInfo/oldPassword userInfo/newPassword"},
		"wrong old one":    {*newPassword("wrong", "a third one of mine").UserInfo, fault.Forbidden, "userInfo/oldPassword"},
		"short":            {*newPassword(better, "short").UserInfo, fault.Invalid, "userInfo/newPassword"},
		"common":           {*newPassword(better, "password123").UserInfo, fault.Invalid, "userInfo/newPassword"},
		"two that differ":  {auth.OwnInput{OldPassword: better, NewPassword: "a third one of mine", RePassword: "a third one of yours"}, fault.Invalid, "userInfo/rePassword"},
		"the same again":   {*newPassword(better, better).UserInfo, fault.Invalid, "userInfo/newPassword"},
		"the one before":   {*newPassword(better, good).UserInfo, fault.Invalid, "userInfo/newPassword"},
		"longer than most": {*newPassword(better, strings.Repeat("x y ", 40)).UserInfo, fault.Invalid, "userInfo/newPassword"},
	} {
		_, err := h.ChangeOwn(who, auth.OwnChange{Mode: auth.OwnPassword, UserInfo: &c.in})
		f, ok := fault.As(err)
		if !ok || f.Kind != c.kind {
			t.Errorf("%s: %v, want %d", name, err, c.kind)
			continue
		}
		var paths []string
		for _, p := range f.Places {
			paths = append(paths, p.Path)
		}
		if got := strings.Join(paths, " "); got != c.paths {
			t.Errorf("%s: places %s, want %s", name, got, c.paths)
		}
	}
	h.as(cookie(done.Secrets)) // nothing has ended
	if _, err := h.signIn("ada", better, there); err != nil {
		t.Error(err)
	}
}

func TestOwnPasswordIsNotGuessed(t *testing.T) {
	h := newHouse(t)
	who := h.as(cookie(h.withAda()))
	for range 5 {
		if _, err := h.ChangeOwn(who, newPassword("wrong", better)); !fault.Is(err, fault.Forbidden) {
			t.Fatal(err)
		}
	}
	if _, err := h.ChangeOwn(who, newPassword(good, better)); !fault.Is(err, fault.TooMany) {
		t.Errorf("sixth try = %v, want TooMany", err)
	}
}

// TestOwnPasswordAtOnce changes the password from many places: one wins, and what
// it told the others does not matter, because they have ended.
func TestOwnPasswordAtOnce(t *testing.T) {
	h := newHouse(t)
	ctx := h.as(cookie(h.withAda()))
	var wins int
	var mu sync.Mutex
	var running sync.WaitGroup
	for range 8 {
		running.Go(func() {
			if _, err := h.ChangeOwn(ctx, newPassword(good, better)); err == nil {
				mu.Lock()
				wins++
				mu.Unlock()
			}
		})
	}
	running.Wait()
	if wins != 1 {
		t.Errorf("%d of 8 changes from the same password worked, want 1", wins)
	}
}

func TestOwnProfile(t *testing.T) {
	h := newHouse(t)
	ctx := h.as(cookie(h.withAda()))
	text := func(s string) *string { return &s }
	change := func(in auth.OwnInput) error {
		_, err := h.ChangeOwn(ctx, auth.OwnChange{Mode: auth.OwnInfo, UserInfo: &in})
		return err
	}
	if err := change(auth.OwnInput{Name: text("  Ada Lovelace "), Email: text("ada@example.org")}); err != nil {
		t.Fatal(err)
	}
	if err := change(auth.OwnInput{Email: text("")}); err != nil {
		t.Fatal(err)
	}
	if p, err := h.Profile(ctx); err != nil || p.Name != "Ada Lovelace" || p.Email != "" {
		t.Errorf("profile = %+v, %v", p, err)
	}
	err := change(auth.OwnInput{Name: text("\x00"), Email: text("nowhere")})
	if f, ok := fault.As(err); !ok || f.Kind != fault.Invalid || len(f.Places) != 2 {
		t.Errorf("a bad profile = %v, want two places", err)
	}
	if p, _ := h.Profile(ctx); p.Name != "Ada Lovelace" {
		t.Errorf("a refused change changed the profile to %+v", p)
	}
}

func TestPasswordOfSomebodyElse(t *testing.T) {
	h := newHouse(t)
	h.withAda()
	given, err := h.ResetPassword(t.Context(), "ada")
	if err != nil {
		t.Fatal(err)
	}
	s, err := h.signIn("ada", given, here)
	if err != nil {
		t.Fatal(err)
	}
	who := h.as(cookie(s))
	refused := func(err error) bool {
		f, ok := fault.As(err)
		return ok && f.Kind == fault.Forbidden && f.Code == auth.PasswordFirst
	}
	if !refused(auth.RequireOwnPassword(auth.ActorFrom(who))) {
		t.Error("a password that was given is as good as one's own")
	}
	if _, err := h.ChangeOwn(who, auth.OwnChange{Mode: auth.OwnInfo}); !refused(err) {
		t.Errorf("the profile = %v", err)
	}
	done, err := h.ChangeOwn(who, newPassword(given, better))
	if err != nil {
		t.Fatal(err)
	}
	if err := auth.RequireOwnPassword(auth.ActorFrom(h.as(cookie(done.Secrets)))); err != nil {
		t.Errorf("after choosing one: %v", err)
	}
}

func TestNoAccountInLocalMode(t *testing.T) {
	h := newHouse(t, local)
	s, err := h.Launch(t.Context(), auth.Launch{Token: h.LaunchToken()})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []auth.OwnChange{{Mode: auth.OwnInfo}, newPassword(good, better)} {
		_, err := h.ChangeOwn(h.as(cookie(s)), c)
		if f, ok := fault.As(err); !ok || f.Kind != fault.Conflict || f.Code != "local_mode" {
			t.Errorf("%s in local mode = %v", c.Mode, err)
		}
	}
}

func TestEndOtherSessions(t *testing.T) {
	h := newHouse(t)
	first := h.withAda()
	var others []auth.Secrets
	for range 3 {
		s, err := h.signIn("ada", good, there)
		if err != nil {
			t.Fatal(err)
		}
		others = append(others, s)
	}
	h.add("bob", 0)
	bobs, err := h.signIn("bob", good, there)
	if err != nil {
		t.Fatal(err)
	}
	if err := h.EndOtherSessions(h.as(cookie(first))); err != nil {
		t.Fatal(err)
	}
	for _, s := range others {
		h.refused(cookie(s), "another session")
	}
	for _, s := range []auth.Secrets{first, bobs} {
		h.as(cookie(s))
	}
}
