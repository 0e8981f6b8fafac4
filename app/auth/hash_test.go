package auth

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"

	"ecoflow/app/fault"
	"ecoflow/app/limit"
)

func TestVerify(t *testing.T) {
	h := newHasher(Options{Limits: &limit.Counters{}})
	for _, c := range []struct {
		name, hash, password string
		right, outdated      bool
	}{
		// From the test of the reference implementation, P-H-C/phc-winner-argon2, test.c.
		{"argon2id", "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc", "password", true, true},
		{"argon2id, wrong", "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc", "Password", false, true},
		{"argon2i", "$argon2i$v=19$m=256,t=2,p=1$c29tZXNhbHQ$iekCn0Y3spW+sCcFanM2xBT63UP2sghkUoHLIUpWRS8", "password", true, true},
		// From the self-test of Openwall's crypt_blowfish.
		{"bcrypt", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", "U*U", true, true},
		{"bcrypt of node.js", "$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", "U*U", true, true},
		{"bcrypt, wrong", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", "U*V", false, true},
		{"decoy", decoy, "", false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			right, outdated, err := h.verify(t.Context(), c.hash, c.password)
			if right != c.right || outdated != c.outdated || err != nil {
				t.Errorf("verify = %v, %v, %v, want %v, %v", right, outdated, err, c.right, c.outdated)
			}
		})
	}
}

func TestHashIsCurrent(t *testing.T) {
	h := newHasher(Options{Limits: &limit.Counters{}})
	// "é" in its two spellings: the same password on every keyboard.
	hash, err := h.hash(t.Context(), "caf\u00e9 au lait")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(hash, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Errorf("hash = %s", hash)
	}
	right, outdated, err := h.verify(t.Context(), hash, "cafe\u0301 au lait")
	if !right || outdated || err != nil {
		t.Errorf("verify = %v, %v, %v, want true, false, nil", right, outdated, err)
	}
	if again, _ := h.hash(t.Context(), "caf\u00e9 au lait"); again == hash {
		t.Error("two hashes of a password share a salt")
	}
}

// The hash that stands in for those of unknown users costs what theirs would.
func TestDecoyCostsTheSame(t *testing.T) {
	p, err := parsePHC(decoy)
	if err != nil || !p.current() {
		t.Errorf("%+v, %v", p, err)
	}
}

var hostileHashes = []string{
	"", "plain", "$", "$$$$$",
	"$argon2id$v=19$m=4194304,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc", // 4 GiB
	"$argon2id$v=19$m=65536,t=4000000000,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
	"$argon2id$v=19$m=65536,t=0,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
	"$argon2id$v=19$m=65536,t=2,p=0$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
	"$argon2id$v=19$m=65536,t=2,p=1,x=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
	"$argon2id$v=16$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
	"$argon2d$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
	"$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$", // an empty sum would match anything
	"$argon2id$v=19$m=65536,t=2,p=1$$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
	"$2a$31$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", // takes weeks
	"$2a$05$short",
}

func TestHostileHashes(t *testing.T) {
	h := newHasher(Options{Limits: &limit.Counters{}})
	for _, hash := range hostileHashes {
		if right, _, err := h.verify(t.Context(), hash, ""); right || !errors.Is(err, errHash) {
			t.Errorf("verify(%q) = %v, %v, want errHash", hash, right, err)
		}
	}
}

func FuzzParsePHC(f *testing.F) {
	for _, hash := range hostileHashes {
		f.Add(hash)
	}
	f.Add(decoy)
	f.Fuzz(func(t *testing.T, s string) {
		p, err := parsePHC(s)
		if err == nil && (p.String() != s || p.memory > argonMemoryMost || len(p.sum) < 16) {
			t.Errorf("parsePHC(%q) = %+v", s, p)
		}
	})
}

func TestHasherQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limits := &limit.Counters{}
		h := newHasher(Options{Limits: limits})
		release := make(chan struct{})
		errs := make(chan error)
		inside := cap(h.slots) + limit.HashesWaiting
		for range inside {
			go func() { errs <- h.run(context.Background(), func() { <-release }) }()
		}
		synctest.Wait() // all compute or wait
		err := h.run(t.Context(), func() { t.Error("one too many ran") })
		if f, ok := fault.As(err); !ok || f.Kind != fault.Unavailable || f.RetryAfter == 0 {
			t.Errorf("one over the queue = %v, want Unavailable with a time to retry", err)
		}
		if limits.Snapshot()["password hashes"] != 1 {
			t.Error("the refusal was not counted")
		}
		close(release)
		for range inside {
			if err := <-errs; err != nil {
				t.Errorf("one that waited = %v", err)
			}
		}
	})
}
