package endpoint_test

import (
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"ecoflow/app/auth"
)

// FuzzBody sends bodies: each is taken or refused with a reason, never a failure of
// ours, and what is taken is JSON by the book.
func FuzzBody(f *testing.F) {
	for _, seed := range []string{
		`{"name":"shop","driver":"sqlite","port":1,"tags":["a"],"parts":[{"id":"x"}],"comment":"c"}`,
		`{"name":"a","name":"b"}`, `{"name":5}`, `[]`, `null`, `""`, `{"a":[[[[[[]]]]]]}`, "{\"name\":\"\xff\"}", `{"name":"\ud800"}`,
		`{"port":1e999}`, `{"port":-0}`, `{"port":1.5}`, "\ufeff{}", `{"name":"x"}{}`, `{"name":"x"} x`, strings.Repeat("[", 101), `{"parts":[null]}`,
	} {
		f.Add([]byte(seed))
	}
	w := newWorld(f)
	f.Fuzz(func(t *testing.T, body []byte) {
		rec := w.ask(auth.CreateUser, http.MethodPost, "/systemApi/things", string(body))
		switch rec.Code {
		case http.StatusOK:
			if !utf8.Valid(body) || !jsontext.Value(body).IsValid() {
				t.Errorf("%q is taken", body)
			}
		case http.StatusBadRequest, http.StatusUnprocessableEntity, http.StatusRequestEntityTooLarge, http.StatusConflict:
		default:
			if !strings.Contains(string(body), "panic") && !strings.Contains(string(body), "our") { // names that fail on purpose
				t.Errorf("%q: %d %s", body, rec.Code, rec.Body)
			}
		}
		if !jsontext.Value(rec.Body.Bytes()).IsValid() {
			t.Errorf("%q answers %s", body, rec.Body)
		}
	})
}

// FuzzTarget asks for addresses: whatever comes is answered, and a stranger gets
// only what is public.
func FuzzTarget(f *testing.F) {
	for _, seed := range []string{
		"/systemApi/things/7?limit=3&sort=name&deep=1", "/systemApi/things/special", "/systemApi//things", "/systemApi/things/%2e%2e",
		"/systemApi/things/%", "/systemApi/things/7?limit=%zz", "/systemApi/things/%ff?limit=1&limit=2", "/SYSTEMAPI/things;x/", "/systemApi/old/things/%2F",
		"/systemApi/things/7?sort=name&sort=size&%00=1",
	} {
		f.Add(seed)
	}
	w := newWorld(f)
	f.Fuzz(func(t *testing.T, target string) {
		r, err := http.NewRequest(http.MethodGet, target, nil)
		if err != nil || !strings.HasPrefix(target, "/") {
			return // net/http refuses it before we see it
		}
		for _, p := range []auth.Permission{0, auth.ShowUser} {
			rec := w.send(p, r.Clone(t.Context()))
			if rec.Code >= 500 {
				t.Errorf("%q: %d %s", target, rec.Code, rec.Body)
			}
			if p == 0 && rec.Code == http.StatusOK && !strings.EqualFold(strings.TrimSuffix(r.URL.Path, "/"), "/systemApi/things/special") {
				t.Errorf("%q: a stranger gets %s", target, rec.Body)
			}
		}
	})
}
