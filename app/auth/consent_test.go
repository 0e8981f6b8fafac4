package auth_test

import (
	"testing"
	"time"

	"ecoflow/app/auth"
	"ecoflow/app/fault"
)

// consents reports whether whoever the credential belongs to may do the gravest
// acts now.
func (h *house) consents(c auth.Credential) bool {
	h.t.Helper()
	err := auth.RequireConsent(h.as(c))
	if f, ok := fault.As(err); err != nil && (!ok || f.Kind != fault.Forbidden || f.Code != auth.ConsentNeeded) {
		h.t.Errorf("RequireConsent = %v, want nil or a refusal with the code %s", err, auth.ConsentNeeded)
	}
	return err == nil
}

func TestConsentEnds(t *testing.T) {
	h := newHouse(t)
	first := h.withAda()
	h.pass(time.Hour)
	second, err := h.signIn("ada", good, here)
	if err != nil {
		t.Fatal(err)
	}
	if h.consents(cookie(first)) || !h.consents(cookie(second)) || !h.consents(bearer(second.AccessToken)) {
		t.Error("signing in consents in the session that begins, and in no other")
	}
	h.pass(auth.ConsentTime - time.Millisecond)
	if !h.consents(cookie(second)) {
		t.Error("consent ended early")
	}
	h.pass(time.Millisecond)
	if h.consents(cookie(second)) {
		t.Error("consent did not end")
	}

	if err := h.Consent(h.as(cookie(second)), auth.Password{Password: good}); err != nil {
		t.Fatal(err)
	}
	if h.consents(cookie(first)) || !h.consents(cookie(second)) {
		t.Error("the password consents in the session it was given in, and in no other")
	}
	renewed, err := h.Refresh(h.as(cookie(second)))
	if err != nil {
		t.Fatal(err)
	}
	if !h.consents(cookie(renewed)) {
		t.Error("renewing the session took the consent away")
	}
	h.restart()
	if !h.consents(cookie(renewed)) {
		t.Error("a restart took the consent away")
	}
	h.pass(-24 * time.Hour)
	if h.consents(cookie(renewed)) {
		t.Error("a clock set back gives a day of consent")
	}
}

func TestConsentIsNotGuessed(t *testing.T) {
	h := newHouse(t)
	s := h.withAda()
	h.pass(time.Hour)
	for range 5 {
		err := h.Consent(h.as(cookie(s)), auth.Password{Password: "wrong"})
		if f, ok := fault.As(err); !ok || f.Kind != fault.Forbidden || f.Code != "wrong_password" || len(f.Places) != 1 {
			t.Fatalf("wrong password: %v", err)
		}
	}
	if err := h.Consent(h.as(cookie(s)), auth.Password{Password: good}); !fault.Is(err, fault.TooMany) {
		t.Errorf("sixth try = %v, want TooMany", err)
	}
	if _, err := h.signIn("ada", good, here); !fault.Is(err, fault.TooMany) {
		t.Errorf("sign-in after that = %v, want TooMany: it is the same password", err)
	}
	if h.consents(cookie(s)) {
		t.Error("consent without the password")
	}
	h.pass(time.Minute)
	if err := h.Consent(h.as(cookie(s)), auth.Password{Password: good}); err != nil || !h.consents(cookie(s)) {
		t.Errorf("after waiting: %v", err)
	}
}

func TestTokensDoNotConsent(t *testing.T) {
	h := newHouse(t)
	s := h.withAda()
	made, err := h.AddToken(h.as(cookie(s)), auth.NewToken{Name: "ci", Permissions: []string{"administrator"}})
	if err != nil {
		t.Fatal(err)
	}
	if h.consents(bearer(made.Token)) {
		t.Error("a token consents")
	}
	err = h.Consent(h.as(bearer(made.Token)), auth.Password{Password: good})
	if f, ok := fault.As(err); !ok || f.Kind != fault.Forbidden || f.Code != "session_needed" {
		t.Errorf("consent by token = %v", err)
	}
	if auth.RequireConsent(t.Context()) == nil {
		t.Error("nobody consents")
	}
}

func TestLocalModeNeedsNoConsent(t *testing.T) {
	h := newHouse(t, local)
	s, err := h.Launch(t.Context(), auth.Launch{Token: h.LaunchToken()})
	if err != nil {
		t.Fatal(err)
	}
	h.pass(time.Hour)
	if !h.consents(cookie(s)) {
		t.Error("the person at the machine is asked for a password")
	}
	if err := h.Consent(h.as(cookie(s)), auth.Password{Password: "x"}); err != nil {
		t.Error(err)
	}
}
