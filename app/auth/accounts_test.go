package auth_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"ecoflow/app/auth"
	"ecoflow/app/event"
	"ecoflow/app/fault"
	"ecoflow/app/limit"
	"ecoflow/app/secret"
	"ecoflow/storage"
)

// house is accounts over a database of their own, with a clock that the test sets.
type house struct {
	*auth.Accounts
	t    *testing.T
	db   *storage.DB
	path string
	now  atomic.Pointer[time.Time]
}

const (
	here  = "192.0.2.1"
	there = "198.51.100.7"
	good  = "kumquat marmalade"
)

func newHouse(t *testing.T, change ...func(*auth.Options)) *house {
	t.Helper()
	keys, err := secret.NewKeyring(bytes.Repeat([]byte{7}, 32))
	if err != nil {
		t.Fatal(err)
	}
	h := &house{t: t, path: filepath.Join(t.TempDir(), "ecoflow.db")}
	h.db, err = storage.Open(t.Context(), storage.Options{Path: h.path, Keys: keys, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.db.Close(); err != nil {
			t.Error(err)
		}
	})
	start := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	h.now.Store(&start)
	h.restart(change...)
	return h
}

// restart replaces the accounts by new ones over the same database.
func (h *house) restart(change ...func(*auth.Options)) {
	o := auth.Options{
		Log: slog.New(slog.DiscardHandler), Store: h.db.Accounts(), Events: event.New(100), Limits: &limit.Counters{},
		Now: func() time.Time { return *h.now.Load() },
	}
	for _, c := range change {
		c(&o)
	}
	h.Accounts = auth.New(o)
}

func local(o *auth.Options) { o.Local = true }

func (h *house) pass(d time.Duration) {
	next := h.now.Load().Add(d)
	h.now.Store(&next)
}

// add adds a user with a role of the permissions; it answers the user's id.
func (h *house) add(username string, p auth.Permission) string {
	h.t.Helper()
	h.exec(`INSERT INTO roles (name, is_default, permissions) VALUES (?, 0, ?)`, "role of "+username, p)
	// The hash is of another user's sign-in with the same password.
	h.exec(`INSERT INTO users (username, name, email, hash, is_active, is_permanent, must_change, created, updated)
		SELECT ?, ?, '', hash, 1, 0, 0, 0, 0 FROM users WHERE username = 'ada'`, username, username)
	h.exec(`INSERT INTO user_roles SELECT users.id, roles.id FROM users, roles WHERE username = ? AND roles.name = ?`, username, "role of "+username)
	u, err := h.db.Accounts().UserByName(h.t.Context(), username)
	if err != nil {
		h.t.Fatal(err)
	}
	return u.ActorID()
}

// exec changes the database behind the product's back, in ways whose front door is
// not built yet.
func (h *house) exec(query string, args ...any) {
	h.t.Helper()
	db, err := sql.Open("sqlite", "file:"+h.path+"?_pragma=busy_timeout(5000)&_pragma=foreign_keys(ON)")
	if err != nil {
		h.t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(query, args...); err != nil {
		h.t.Fatal(err)
	}
}

// withAda sets the house up with the administrator ada.
func (h *house) withAda() auth.Secrets {
	h.t.Helper()
	s, err := h.AddFirst(h.from(here), auth.NewUser{Name: "Ada", Username: "Ada", Password: good}, "test")
	if err != nil {
		h.t.Fatal(err)
	}
	return s
}

// from is the context of a stranger at the address.
func (h *house) from(address string) context.Context {
	return auth.WithActor(h.t.Context(), auth.Actor{Address: address})
}

// as is the context of whoever holds the credential; it has to be good.
func (h *house) as(c auth.Credential) context.Context {
	h.t.Helper()
	c.Address = here
	who, err := h.Authenticate(h.t.Context(), c)
	if err != nil {
		h.t.Fatalf("Authenticate: %v", err)
	}
	return auth.WithActor(h.t.Context(), who)
}

func cookie(s auth.Secrets) auth.Credential { return auth.Credential{Session: s.ID} }
func bearer(token string) auth.Credential   { return auth.Credential{Bearer: token} }

func (h *house) signIn(username, password, address string) (auth.Secrets, error) {
	return h.SignIn(h.from(address), auth.SignIn{Username: username, Password: password, UserAgent: "test"})
}

// refused checks that the credential gives nobody, as any bad one.
func (h *house) refused(c auth.Credential, why string) {
	h.t.Helper()
	who, err := h.Authenticate(h.t.Context(), c)
	f, ok := fault.As(err)
	if who.SignedIn() || !ok || f.Kind != fault.Unauthenticated {
		h.t.Errorf("%s: Authenticate = %+v, %v, want nobody and Unauthenticated", why, who, err)
	}
}

func TestSignIn(t *testing.T) {
	h := newHouse(t)
	h.withAda()
	h.add("eve", auth.FlowEditor)
	h.exec(`UPDATE users SET is_active = 0 WHERE username = 'eve'`)

	s, err := h.signIn("ADA", good, here)
	if err != nil {
		t.Fatal(err)
	}
	who, err := h.Authenticate(t.Context(), auth.Credential{Session: s.ID, Address: there})
	if err != nil || who.Username != "ada" || who.Permissions != auth.Everything || who.Address != there {
		t.Errorf("cookie = %+v, %v", who, err)
	}
	if who, err = h.Authenticate(t.Context(), bearer(s.AccessToken)); err != nil || who.Username != "ada" {
		t.Errorf("access token = %+v, %v", who, err)
	}
	if who, err = h.Authenticate(t.Context(), auth.Credential{Address: here}); err != nil || who.SignedIn() || who.Address != here {
		t.Errorf("no credential = %+v, %v, want nobody and no error", who, err)
	}
	h.refused(auth.Credential{Session: s.AccessToken}, "access token in the cookie")
	h.refused(bearer(s.ID), "session id as bearer")
	h.refused(bearer("ecf_"+strings.Repeat("A", 48)), "made-up token")
	h.refused(auth.Credential{Session: s.ID, Bearer: "nonsense"}, "good cookie behind a bad bearer")

	// Unknown, wrong and disabled look the same.
	var told []*fault.Fault
	for _, c := range [][2]string{{"nobody", good}, {"ada", "wrong"}, {"eve", good}, {"no such name!", good}, {"", ""}} {
		_, err := h.signIn(c[0], c[1], there)
		f, ok := fault.As(err)
		if !ok {
			t.Fatalf("sign-in as %v = %v, want a fault", c, err)
		}
		told = append(told, f)
	}
	for _, f := range told {
		if !reflect.DeepEqual(f, told[0]) || f.Kind != fault.Unauthenticated {
			t.Errorf("told %+v and %+v apart", f, told[0])
		}
	}
}

// S13: whoever is told that a sign-in failed has cost the same hash, whether the user
// is unknown, disabled or somebody else; how long it takes therefore tells nothing.
func TestFailedSignInsDoTheSameWork(t *testing.T) {
	h := newHouse(t)
	h.withAda()
	h.add("eve", auth.FlowEditor)
	h.exec(`UPDATE users SET is_active = 0 WHERE username = 'eve'`)
	h.add("bob", auth.FlowEditor)
	h.exec(`UPDATE users SET hash = 'garbage' WHERE username = 'bob'`)
	for _, c := range [][2]string{
		{"ada", "wrong"}, {"nobody", good}, {"eve", good}, {"eve", "wrong"}, {"bob", good}, {"no such name!", good}, {"", ""}, {"ada", ""}, {"ada", strings.Repeat("x", 10_000)},
	} {
		waiting, release := h.HoldHashing()
		told := make(chan error, 1)
		go func() {
			_, err := h.signIn(c[0], c[1], there)
			told <- err
		}()
		for deadline := time.Now().Add(30 * time.Second); waiting() == 0; time.Sleep(time.Millisecond) {
			select {
			case err := <-told:
				t.Fatalf("%q was answered without a hash: %v", c, err)
			default:
			}
			if time.Now().After(deadline) {
				t.Fatalf("%q neither hashes nor is answered", c)
			}
		}
		release()
		if err := <-told; !fault.Is(err, fault.Unauthenticated) {
			t.Errorf("%q: %v", c, err)
		}
		h.pass(time.Hour) // or it would be too many failures from one address
	}
}

func TestSignInUpgradesHash(t *testing.T) {
	h := newHouse(t)
	h.withAda()
	for name, hash := range map[string]string{
		"bcrypt": "$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
		"argon2": "$argon2i$v=19$m=256,t=2,p=1$c29tZXNhbHQ$iekCn0Y3spW+sCcFanM2xBT63UP2sghkUoHLIUpWRS8",
	} {
		h.exec(`UPDATE users SET hash = ?`, hash)
		password := map[string]string{"bcrypt": "U*U", "argon2": "password"}[name]
		if _, err := h.signIn("ada", "x"+password, there); !fault.Is(err, fault.Unauthenticated) {
			t.Errorf("%s, wrong password: %v", name, err)
		}
		if _, err := h.signIn("ada", password, here); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		u, err := h.db.Accounts().UserByName(t.Context(), "ada")
		if err != nil || !strings.HasPrefix(u.Hash, "$argon2id$v=19$m=19456,") {
			t.Errorf("%s: hash after sign-in = %q, %v", name, u.Hash, err)
		}
		if _, err := h.signIn("ada", password, here); err != nil {
			t.Errorf("%s, second sign-in: %v", name, err)
		}
	}
	h.exec(`UPDATE users SET hash = 'garbage'`)
	if _, err := h.signIn("ada", "garbage", here); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("garbage hash: %v, want Unauthenticated", err)
	}
}

func TestGuessingIsSlow(t *testing.T) {
	h := newHouse(t)
	h.withAda()
	checks, waits := 0, 0
	for i := range 1000 {
		if i == 500 {
			h.restart() // clears nothing
		}
		_, err := h.signIn("ada", "not it", here)
		switch f, _ := fault.As(err); {
		case f != nil && f.Kind == fault.Unauthenticated:
			checks++
		case f != nil && f.Kind == fault.TooMany && f.RetryAfter > 0 && f.RetryAfter <= 15*time.Minute:
			waits++
		default:
			t.Fatalf("guess %d = %v", i, err)
		}
		h.pass(3600 * time.Millisecond)
	}
	if checks < 6 || checks > 40 || checks+waits != 1000 {
		t.Errorf("1,000 guesses in an hour got %d checks, want at most 40", checks)
	}
	if _, err := h.signIn("ada", good, here); !fault.Is(err, fault.TooMany) {
		t.Errorf("right password during the wait = %v, want TooMany", err)
	}
	if _, err := h.signIn("ada", good, there); err != nil {
		t.Errorf("right password from a clean address = %v", err)
	}
	h.pass(15 * time.Minute)
	if _, err := h.signIn("ada", good, here); err != nil {
		t.Errorf("right password after the wait = %v", err)
	}
	for range 4 {
		if _, err := h.signIn("ada", "not it", here); !fault.Is(err, fault.Unauthenticated) {
			t.Errorf("first failures after a success = %v, want Unauthenticated", err)
		}
	}
}

func TestGuessingManyAccounts(t *testing.T) {
	h := newHouse(t)
	h.withAda()
	for i := range 30 {
		name := string(rune('a'+i%26)) + strings.Repeat("x", i/26)
		if _, err := h.signIn(name, "not it", "2001:db8::1"); !fault.Is(err, fault.Unauthenticated) {
			t.Fatalf("failure %d = %v", i, err)
		}
		h.pass(time.Second)
	}
	_, err := h.signIn("ada", good, "2001:db8::2") // the same customer's
	if f, ok := fault.As(err); !ok || f.Kind != fault.TooMany || f.RetryAfter != 30*time.Second {
		t.Errorf("31st within the minute = %+v, want TooMany for 30 s", err)
	}
	if _, err := h.signIn("ada", good, "2001:db8:0:1::1"); err != nil {
		t.Errorf("from another network = %v", err)
	}
	h.pass(30 * time.Second)
	if _, err := h.signIn("ada", good, "2001:db8::1"); err != nil {
		t.Errorf("in the next minute = %v", err)
	}
}

func TestGuessingAtOnce(t *testing.T) {
	h := newHouse(t)
	h.withAda()
	var checks atomic.Int64
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			if _, err := h.signIn("ada", "not it", here); fault.Is(err, fault.Unauthenticated) {
				checks.Add(1)
			}
		})
	}
	all.Wait()
	if checks.Load() != 5 {
		t.Errorf("50 guesses at once got %d checks, want 5", checks.Load())
	}
}

func TestSessionEnds(t *testing.T) {
	for _, c := range []struct {
		name string
		do   func(h *house)
		ends bool
	}{
		{"idle for 8 hours", func(h *house) { h.pass(8 * time.Hour) }, true},
		{"idle for almost 8 hours", func(h *house) { h.pass(8*time.Hour - time.Second) }, false},
		{"clock set back a day", func(h *house) { h.pass(-24 * time.Hour) }, false},
		{"user disabled", func(h *house) {
			h.add("bob", auth.Administrator) // ada is not the last one
			h.exec(`UPDATE users SET is_active = 0 WHERE username = 'ada'`)
		}, true},
		{"user deleted", func(h *house) {
			h.add("bob", auth.Administrator)
			h.exec(`DELETE FROM users WHERE username = 'ada'`)
		}, true},
		{"password reset", func(h *house) {
			if _, err := h.ResetPassword(h.t.Context(), "Ada"); err != nil {
				h.t.Error(err)
			}
		}, true},
		{"restarted", func(h *house) { h.restart() }, false},
		{"restarted in local mode", func(h *house) { h.restart(local) }, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			s := h.withAda()
			c.do(h)
			if c.ends {
				h.refused(cookie(s), "cookie")
				h.refused(bearer(s.AccessToken), "access token")
			} else {
				h.as(cookie(s))
			}
		})
	}
}

func TestSessionEndsAtLast(t *testing.T) {
	h := newHouse(t)
	s := h.withAda()
	for range 24 { // 7 days less an hour, never idle
		h.pass(7*time.Hour - 3*time.Minute)
		h.as(cookie(s))
	}
	h.pass(73 * time.Minute)
	h.refused(cookie(s), "after 7 days")
}

func TestRefresh(t *testing.T) {
	h := newHouse(t)
	old := h.withAda()
	h.pass(time.Hour)
	h.refused(bearer(old.AccessToken), "access token after an hour")
	ctx := h.as(cookie(old))
	fresh, err := h.Refresh(ctx)
	if err != nil {
		t.Fatal(err)
	}
	h.refused(cookie(old), "old cookie")
	if auth.ActorFrom(h.as(cookie(fresh))).Session != auth.ActorFrom(ctx).Session {
		t.Error("refreshing made another session")
	}
	if _, err := h.Refresh(ctx); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("second refresh with the old cookie = %v, want Unauthenticated", err)
	}
	if _, err := h.Refresh(h.as(bearer(fresh.AccessToken))); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("refresh with a bearer token = %v, want Unauthenticated", err)
	}
	for range 23 { // renewing does not put the last hour off
		h.pass(7 * time.Hour)
		if fresh, err = h.Refresh(h.as(cookie(fresh))); err != nil {
			t.Fatal(err)
		}
	}
	h.pass(7 * time.Hour)
	h.refused(cookie(fresh), "after 7 days")
}

func TestSignInReplacesSession(t *testing.T) {
	h := newHouse(t)
	planted := h.withAda()
	s, err := h.SignIn(h.as(cookie(planted)), auth.SignIn{Username: "ada", Password: good})
	if err != nil {
		t.Fatal(err)
	}
	h.refused(cookie(planted), "the session from before")
	h.as(cookie(s))
	if s.ID == planted.ID {
		t.Error("the id stayed")
	}
}

func TestOwnSessions(t *testing.T) {
	h := newHouse(t)
	mine := h.withAda()
	h.add("bob", auth.FlowEditor)
	bobs, err := h.signIn("bob", good, there)
	if err != nil {
		t.Fatal(err)
	}
	h.pass(time.Minute)
	other, err := h.SignIn(h.from(there), auth.SignIn{Username: "ada", Password: good, UserAgent: "Browser/1.0 \xff" + strings.Repeat("x", 1000)})
	if err != nil {
		t.Fatal(err)
	}
	ctx := h.as(cookie(mine))
	list, err := h.Sessions(ctx)
	if err != nil || len(list) != 2 {
		t.Fatalf("Sessions = %+v, %v, want two", list, err)
	}
	var elsewhere auth.SessionInfo
	for _, s := range list {
		if s.Current != (s.Address == here) {
			t.Errorf("current is wrong: %+v", s)
		}
		if !s.Current {
			elsewhere = s
		}
	}
	if len(elsewhere.UserAgent) > 300 || !strings.HasPrefix(elsewhere.UserAgent, "Browser/1.0 x") {
		t.Errorf("user agent = %q", elsewhere.UserAgent)
	}
	if err := h.EndSession(h.as(cookie(bobs)), elsewhere.ID); !fault.Is(err, fault.NotFound) {
		t.Errorf("ending somebody else's session = %v, want NotFound", err)
	}
	h.as(cookie(other))
	if err := h.EndSession(ctx, elsewhere.ID); err != nil {
		t.Error(err)
	}
	h.refused(cookie(other), "ended session")
	if err := h.EndSession(ctx, elsewhere.ID); !fault.Is(err, fault.NotFound) {
		t.Errorf("ending it twice = %v, want NotFound", err)
	}
	if err := h.SignOut(ctx); err != nil {
		t.Error(err)
	}
	h.refused(cookie(mine), "after signing out")
	h.refused(bearer(mine.AccessToken), "after signing out")
}

func TestSessionsAreBounded(t *testing.T) {
	h := newHouse(t)
	first := h.withAda()
	store := h.db.Accounts()
	for i := range 120 {
		at := h.now.Load().Add(time.Duration(i) * time.Second)
		err := store.AddSession(t.Context(), auth.Session{
			ID: []byte{byte(i), 1}, Access: []byte{byte(i), 2}, Public: strings.Repeat("x", i+1), UserID: 1,
			Created: at, Seen: at, Expires: at.Add(auth.SessionTime), AccessExpires: at,
		}, "", 100)
		if err != nil {
			t.Fatal(err)
		}
	}
	all, err := store.Sessions(t.Context(), 1)
	if err != nil || len(all) != 100 {
		t.Errorf("%d sessions, %v, want 100", len(all), err)
	}
	h.refused(cookie(first), "the longest unused")
}

func TestRevocationIsImmediate(t *testing.T) {
	h := newHouse(t)
	s := h.withAda()
	ctx := h.as(cookie(s))
	who := auth.ActorFrom(ctx)
	changed, stop := h.Watch(who)
	defer stop()
	strangers, stopStrangers := h.Watch(auth.Actor{UserID: "99"})
	defer stopStrangers()

	var running sync.WaitGroup
	for range 200 {
		running.Go(func() {
			for {
				if _, err := h.Authenticate(context.Background(), cookie(s)); err != nil {
					return
				}
			}
		})
	}
	if now, err := h.Current(t.Context(), who); err != nil || now.Permissions != auth.Everything {
		t.Errorf("Current = %+v, %v", now, err)
	}
	if err := h.EndSession(ctx, who.Session); err != nil {
		t.Fatal(err)
	}
	for range 100 {
		h.refused(cookie(s), "begun after the change")
	}
	running.Wait()
	<-changed
	if _, err := h.Current(t.Context(), who); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("Current after the end = %v, want Unauthenticated", err)
	}
	select {
	case <-strangers:
		t.Error("somebody else was told")
	default:
	}
}

func TestRightsAreOfTheMoment(t *testing.T) {
	h := newHouse(t)
	h.withAda()
	h.add("bob", auth.FlowEditor|auth.ShowUser)
	s, err := h.signIn("bob", good, here)
	if err != nil {
		t.Fatal(err)
	}
	if got := auth.ActorFrom(h.as(cookie(s))).Permissions; got != auth.FlowEditor|auth.ShowUser {
		t.Errorf("permissions = %v", got)
	}
	h.exec(`UPDATE roles SET permissions = ? WHERE name = 'role of bob'`, auth.AuditLogs)
	if got := auth.ActorFrom(h.as(cookie(s))).Permissions; got != auth.AuditLogs {
		t.Errorf("permissions after the change = %v", got)
	}
	h.exec(`DELETE FROM roles WHERE name = 'role of bob'`)
	if got := auth.ActorFrom(h.as(cookie(s))).Permissions; got != 0 {
		t.Errorf("permissions without a role = %v", got)
	}
	h.exec(`INSERT INTO user_roles SELECT users.id, roles.id FROM users, roles WHERE username = 'bob' AND roles.name = 'admin'`)
	if got := auth.ActorFrom(h.as(cookie(s))).Permissions; got != auth.Everything {
		t.Errorf("permissions of the default role = %v", got)
	}
}

func TestTokens(t *testing.T) {
	h := newHouse(t)
	h.withAda()
	h.add("bob", auth.FlowEditor|auth.ShowUser|auth.Backup)
	s, err := h.signIn("bob", good, here)
	if err != nil {
		t.Fatal(err)
	}
	ctx := h.as(cookie(s))
	made, err := h.AddToken(ctx, auth.NewToken{Name: " ci ", Permissions: []string{"flowEditor", "showUser"}, Days: 30})
	if err != nil {
		t.Fatal(err)
	}
	if len(made.Token) != 52 || !strings.HasPrefix(made.Token, "ecf_") || made.Name != "ci" || made.LastUsedAt != nil {
		t.Errorf("made = %+v", made)
	}
	who := auth.ActorFrom(h.as(bearer(made.Token)))
	if who.Username != "bob" || who.Permissions != auth.FlowEditor|auth.ShowUser || who.Session != "" || who.Token != made.ID {
		t.Errorf("actor of the token = %+v", who)
	}
	list, err := h.Tokens(ctx)
	if err != nil || len(list) != 1 || list[0].LastUsedAt == nil {
		t.Errorf("Tokens = %+v, %v, want one that was used", list, err)
	}

	// What the owner loses, the token loses.
	h.exec(`UPDATE roles SET permissions = ? WHERE name = 'role of bob'`, auth.ShowUser|auth.Backup)
	if got := auth.ActorFrom(h.as(bearer(made.Token))).Permissions; got != auth.ShowUser {
		t.Errorf("narrowed to %v, want showUser", got)
	}

	// A token cannot make a wider or a longer-lived one.
	byToken := h.as(bearer(made.Token))
	_, err = h.AddToken(byToken, auth.NewToken{Name: "wider", Permissions: []string{"backup", "nonsense"}})
	if f, ok := fault.As(err); !ok || f.Kind != fault.Invalid || len(f.Places) != 2 {
		t.Errorf("wider token = %v, want Invalid with two places", err)
	}
	child, err := h.AddToken(byToken, auth.NewToken{Name: "longer", Permissions: []string{"showUser"}, Days: 366})
	if err != nil || !child.ExpiresAt.Equal(made.ExpiresAt) {
		t.Errorf("child expires %v, %v, want %v", child.ExpiresAt, err, made.ExpiresAt)
	}
	if err := h.SignOut(byToken); err != nil {
		t.Error(err)
	}
	h.as(bearer(made.Token))

	// Somebody else's is not there.
	ada, err := h.signIn("ada", good, here)
	if err != nil {
		t.Fatal(err)
	}
	if err := h.EndToken(h.as(cookie(ada)), made.ID); !fault.Is(err, fault.NotFound) {
		t.Errorf("ending somebody else's token = %v, want NotFound", err)
	}
	changed, stop := h.Watch(who)
	defer stop()
	if err := h.EndToken(ctx, made.ID); err != nil {
		t.Error(err)
	}
	<-changed
	h.refused(bearer(made.Token), "ended token")
	h.as(bearer(child.Token))
	h.pass(30 * 24 * time.Hour)
	h.refused(bearer(child.Token), "expired token")
}

func TestTokensAreBounded(t *testing.T) {
	h := newHouse(t)
	s := h.withAda()
	ctx := h.as(cookie(s))
	for range 100 {
		if _, err := h.AddToken(ctx, auth.NewToken{Name: "one"}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := h.AddToken(ctx, auth.NewToken{Name: "one too many"}); !fault.Is(err, fault.Conflict) {
		t.Errorf("token 101 = %v, want Conflict", err)
	}
	for _, name := range []string{" ", "a\nb"} {
		if _, err := h.AddToken(ctx, auth.NewToken{Name: name}); !fault.Is(err, fault.Invalid) {
			t.Errorf("token named %q = %v, want Invalid", name, err)
		}
	}
}

func TestResetPassword(t *testing.T) {
	h := newHouse(t)
	s := h.withAda()
	made, err := h.AddToken(h.as(cookie(s)), auth.NewToken{Name: "ci"})
	if err != nil {
		t.Fatal(err)
	}
	password, err := h.ResetPassword(t.Context(), "ADA")
	if err != nil {
		t.Fatal(err)
	}
	h.refused(bearer(made.Token), "token after a reset")
	if _, err := h.signIn("ada", good, here); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("old password = %v, want Unauthenticated", err)
	}
	fresh, err := h.signIn("ada", password, here)
	if err != nil {
		t.Fatal(err)
	}
	if me, err := h.Me(h.as(cookie(fresh))); err != nil || !me.User.MustChange {
		t.Errorf("Me = %+v, %v, want mustChange", me, err)
	}
	if _, err := h.ResetPassword(t.Context(), "nobody"); !fault.Is(err, fault.NotFound) {
		t.Errorf("reset of an unknown user = %v, want NotFound", err)
	}
}

func TestFirstUserIsOne(t *testing.T) {
	h := newHouse(t)
	var added, late atomic.Int64
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			_, err := h.AddFirst(h.from(here), auth.NewUser{Name: "A", Username: "ada", Password: good}, "")
			switch {
			case err == nil:
				added.Add(1)
			case errors.Is(err, auth.ErrUsersExist):
				late.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	all.Wait()
	if added.Load() != 1 || late.Load() != 49 {
		t.Errorf("50 at once: %d added, %d late, want 1 and 49", added.Load(), late.Load())
	}
	if has, err := h.HasUsers(t.Context()); !has || err != nil {
		t.Errorf("HasUsers = %v, %v", has, err)
	}
}

func TestLocalMode(t *testing.T) {
	h := newHouse(t, local)
	launch := h.LaunchToken()
	s, err := h.Launch(h.from("127.0.0.1"), auth.Launch{Token: launch})
	if err != nil {
		t.Fatal(err)
	}
	ctx := h.as(cookie(s))
	who := auth.ActorFrom(ctx)
	if who.UserID != "local" || !who.Local || who.Permissions != auth.Everything {
		t.Errorf("actor = %+v", who)
	}
	if p, err := h.Profile(ctx); err != nil || p.Username != "local" || p.CreatedAt.IsZero() {
		t.Errorf("Profile = %+v, %v", p, err)
	}
	me, err := h.Me(ctx)
	if err != nil || me.Mode != "local" || len(me.Permissions) != len(auth.Catalogue) || len(me.Roles) != 0 {
		t.Errorf("Me = %+v, %v", me, err)
	}
	made, err := h.AddToken(ctx, auth.NewToken{Name: "script", Permissions: []string{"flowEditor"}})
	if err != nil {
		t.Fatal(err)
	}
	h.as(bearer(made.Token))
	if _, err := h.signIn("ada", good, here); !fault.Is(err, fault.Conflict) {
		t.Errorf("sign-in in local mode = %v, want Conflict", err)
	}

	process := h.Process
	h.restart(local, func(o *auth.Options) { o.Process = process })
	h.as(cookie(s)) // carried over
	h.restart(local)
	h.refused(cookie(s), "after the process ended")
	h.as(bearer(made.Token))
	h.restart()
	h.refused(bearer(made.Token), "local token in sign-in mode")
	h.refused(cookie(s), "local session in sign-in mode")
}

func TestLaunch(t *testing.T) {
	h := newHouse(t, local)
	refuse := func(token, why string) {
		t.Helper()
		if _, err := h.Launch(h.from(here), auth.Launch{Token: token}); !fault.Is(err, fault.Unauthenticated) {
			t.Errorf("%s: Launch = %v, want Unauthenticated", why, err)
		}
	}
	first, second := h.LaunchToken(), h.LaunchToken()
	if _, err := h.Launch(h.from(here), auth.Launch{Token: first}); err != nil {
		t.Error(err)
	}
	refuse(first, "second use")
	for range 10_000 {
		refuse(h.Process, "guess")
	}
	h.pass(time.Minute)
	refuse(second, "late use")
	oldest := h.LaunchToken()
	for range 32 {
		h.LaunchToken()
	}
	refuse(oldest, "pushed out")
	h.restart()
	refuse(h.LaunchToken(), "in sign-in mode")
}

func TestPreferences(t *testing.T) {
	for _, c := range []struct {
		name string
		ctx  func(h *house) context.Context
		mode func(*auth.Options)
	}{
		{"user", func(h *house) context.Context { return h.as(cookie(h.withAda())) }, func(*auth.Options) {}},
		{"local", func(h *house) context.Context {
			s, _ := h.Launch(h.from(here), auth.Launch{Token: h.LaunchToken()})
			return h.as(cookie(s))
		}, local},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newHouse(t, c.mode)
			ctx := c.ctx(h)
			set := func(change map[string]jsontext.Value) error {
				_, err := h.ChangePreferences(ctx, change)
				return err
			}
			if err := set(map[string]jsontext.Value{"theme": jsontext.Value(`"dark"`), "size": jsontext.Value(`12345678901234567890`)}); err != nil {
				t.Fatal(err)
			}
			if err := set(map[string]jsontext.Value{"theme": jsontext.Value(`null`), "grid": jsontext.Value(`{"on": true}`)}); err != nil {
				t.Fatal(err)
			}
			me, err := h.Me(ctx)
			want := map[string]jsontext.Value{"grid": jsontext.Value(`{"on":true}`), "size": jsontext.Value(`12345678901234567890`)}
			if err != nil || !reflect.DeepEqual(me.Preferences, want) {
				t.Errorf("preferences = %s, %v, want %s", me.Preferences, err, want)
			}
			long := jsontext.Value(`"` + strings.Repeat("x", 33<<10) + `"`)
			if err := set(map[string]jsontext.Value{"long": long}); !fault.Is(err, fault.TooLarge) {
				t.Errorf("too long = %v, want TooLarge", err)
			}
			if me, _ := h.Me(ctx); len(me.Preferences) != 2 {
				t.Error("a refused change changed something")
			}
		})
	}
}

func TestGrantedPermissionsNameTheirRoles(t *testing.T) {
	h := newHouse(t)
	h.withAda()
	h.add("bob", auth.FlowEditor)
	h.exec(`INSERT INTO roles (name, is_default, permissions) VALUES ('readers', 0, ?)`, auth.FlowEditor|auth.AuditLogs)
	h.exec(`INSERT INTO user_roles SELECT users.id, roles.id FROM users, roles WHERE username = 'bob' AND roles.name = 'readers'`)
	s, err := h.signIn("bob", good, here)
	if err != nil {
		t.Fatal(err)
	}
	me, err := h.Me(h.as(cookie(s)))
	want := []auth.Granted{
		{Permission: "flowEditor", Group: "Editors", Effect: "edit, test and deploy flows", Roles: []string{"role of bob", "readers"}},
		{Permission: "auditLogs", Group: "Advanced", Effect: "read the audit log", Roles: []string{"readers"}},
	}
	if err != nil || !reflect.DeepEqual(me.Permissions, want) {
		t.Errorf("permissions = %+v, %v, want %+v", me.Permissions, err, want)
	}
}
