package secret_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"ecoflow/app/secret"
)

const canary = "canary-4711"

func TestSecretNeverShows(t *testing.T) {
	s := secret.New(canary)
	type holder struct {
		Open   secret.Secret
		hidden secret.Secret
	}
	h := holder{s, s}
	var out strings.Builder
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		for _, v := range []any{s, &s, h, &h, []secret.Secret{s}, map[string]secret.Secret{"a": s}, fmt.Errorf("no: %v", s)} {
			fmt.Fprintf(&out, verb+"\n", v)
		}
	}
	if err := json.NewEncoder(&out).Encode(map[string]any{"s": s, "h": h, "k": map[secret.Secret]int{s: 1}}); err != nil {
		t.Fatal(err)
	}
	slog.New(slog.NewTextHandler(&out, nil)).Info("x", "s", s, "h", h)
	slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "s", s, "h", h, "any", []any{s})
	got := out.String()
	if strings.Contains(got, canary) || strings.Contains(got, fmt.Sprintf("%x", canary)) {
		t.Errorf("it shows in:\n%s", got)
	}
	if !strings.Contains(got, secret.Mask) {
		t.Errorf("no mask in:\n%s", got)
	}
}

func TestSecretTravelsInwards(t *testing.T) {
	var in struct{ Password secret.Secret }
	if err := json.Unmarshal([]byte(`{"Password": "canary-4711"}`), &in); err != nil {
		t.Fatal(err)
	}
	if in.Password.Reveal() != canary || !in.Password.IsSet() || in.Password.IsMask() {
		t.Errorf("got %q", in.Password.Reveal())
	}
	if err := json.Unmarshal([]byte(`{"Password": 5}`), &in); err == nil {
		t.Error("a number was taken")
	}
	if !secret.New("***").IsMask() {
		t.Error("the mask is not known")
	}
	var unset secret.Secret
	if b, err := json.Marshal(unset); unset.IsSet() || string(b) != `""` || err != nil {
		t.Errorf("unset is %s, %v", b, err)
	}
	if !secret.New("a").Equal(secret.New("a")) || secret.New("a").Equal(secret.New("b")) || unset.Equal(secret.New("b")) {
		t.Error("Equal is wrong")
	}
}
