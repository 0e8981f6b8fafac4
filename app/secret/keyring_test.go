package secret_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"ecoflow/app/fault"
	"ecoflow/app/secret"
)

func keyring(t *testing.T, fill byte) *secret.Keyring {
	t.Helper()
	k, err := secret.NewKeyring(bytes.Repeat([]byte{fill}, 32))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestSealAndOpen(t *testing.T) {
	k := keyring(t, 1)
	sealed, err := k.Seal("env/user/A", []byte(canary))
	if err != nil {
		t.Fatal(err)
	}
	again, err := k.Seal("env/user/A", []byte(canary))
	if err != nil || bytes.Equal(sealed, again) {
		t.Errorf("sealed alike twice, %v", err)
	}
	if got, err := k.Open("env/user/A", sealed); string(got) != canary || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
	if _, err := k.Open("env/user/B", sealed); !errors.Is(err, secret.ErrAltered) {
		t.Errorf("for another row: %v", err)
	}
	if _, err := keyring(t, 2).Open("env/user/A", sealed); !errors.Is(err, secret.ErrOtherKey) {
		t.Errorf("with another key: %v", err)
	}
	for i := range sealed {
		changed := bytes.Clone(sealed)
		changed[i] ^= 1
		if _, err := k.Open("env/user/A", changed); err == nil {
			t.Errorf("byte %d may change", i)
		}
	}
	for n := range sealed {
		if _, err := k.Open("env/user/A", sealed[:n]); err == nil {
			t.Errorf("%d bytes opened", n)
		}
	}
}

func TestDerive(t *testing.T) {
	k := keyring(t, 1)
	if !bytes.Equal(k.Derive("cookies"), keyring(t, 1).Derive("cookies")) || len(k.Derive("cookies")) != 32 {
		t.Error("it is not the same each time")
	}
	if bytes.Equal(k.Derive("cookies"), k.Derive("other")) || bytes.Equal(k.Derive("cookies"), keyring(t, 2).Derive("cookies")) {
		t.Error("it does not depend on purpose and key")
	}
}

func TestOpenKeyring(t *testing.T) {
	raw := bytes.Repeat([]byte{0xfb}, 32)
	tests := []struct {
		name    string
		file    []byte // nil for none
		given   string
		problem string // part of it
		seals   bool
		same    bool // as a keyring over raw
	}{
		{name: "the first start", seals: true},
		{name: "a file", file: raw, seals: true, same: true},
		{name: "a short file", file: raw[:31], problem: "held 31 bytes instead of 32", seals: true},
		{name: "an empty file", file: []byte{}, problem: "held 0 bytes", seals: true},
		{name: "hexadecimal", given: strings.Repeat("fb", 32), seals: true, same: true},
		{name: "base64", given: base64.StdEncoding.EncodeToString(raw), seals: true, same: true},
		{name: "base64 for addresses, unpadded", given: " " + base64.RawURLEncoding.EncodeToString(raw) + "\n", seals: true, same: true},
		{name: "given, beside a file", file: bytes.Repeat([]byte{9}, 32), given: strings.Repeat("fb", 32), seals: true, same: true},
		{name: "given too short", given: strings.Repeat("fb", 31), problem: "ECOFLOW_SECRET_KEY is not a key"},
		{name: "given too long", given: strings.Repeat("fb", 33), problem: "ECOFLOW_SECRET_KEY is not a key"},
		{name: "given nonsense", file: raw, given: "hunter2", problem: "ECOFLOW_SECRET_KEY is not a key"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "secret.key")
			if tt.file != nil {
				if err := os.WriteFile(path, tt.file, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			k := secret.OpenKeyring(path, tt.given)
			if p := k.Problem(); (p == "") != (tt.problem == "") || !strings.Contains(p, tt.problem) {
				t.Errorf("problem %q", p)
			}
			if strings.Contains(k.Problem(), "hunter2") {
				t.Error("the problem shows the key")
			}
			sealed, err := k.Seal("x", []byte(canary))
			if (err == nil) != tt.seals || !tt.seals && !fault.Is(err, fault.Unavailable) {
				t.Fatalf("seal: %v", err)
			}
			if !tt.seals {
				return
			}
			_, err = keyring(t, 0xfb).Open("x", sealed)
			if (err == nil) != tt.same {
				t.Errorf("opened with the key: %v", err)
			}
			// The next start has the same key.
			if _, err := secret.OpenKeyring(path, tt.given).Open("x", sealed); err != nil {
				t.Errorf("next start: %v", err)
			}
			if tt.given != "" {
				return
			}
			info, err := os.Stat(path)
			if err != nil || info.Size() != 32 || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
				t.Errorf("%v, %v", info, err)
			}
		})
	}
}

// What was in a short file is kept: it may be half of what somebody needs.
func TestShortKeyIsKept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "secret.key")
	if err := os.WriteFile(path, []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	secret.OpenKeyring(path, "")
	kept, err := filepath.Glob(path + ".unusable-*")
	if err != nil || len(kept) != 1 {
		t.Fatalf("kept %v, %v", kept, err)
	}
	if b, err := os.ReadFile(kept[0]); string(b) != "half" {
		t.Errorf("got %q, %v", b, err)
	}
}

func TestFolderWithoutPermission(t *testing.T) {
	k := secret.OpenKeyring(filepath.Join(t.TempDir(), "missing", "secret.key"), "")
	if !strings.Contains(k.Problem(), "cannot be written") {
		t.Errorf("problem %q", k.Problem())
	}
	if _, err := k.Seal("x", nil); err == nil {
		t.Error("sealed with a key that is gone tomorrow")
	}
	if err := k.Renew(); err == nil {
		t.Error("renewed")
	}
}
