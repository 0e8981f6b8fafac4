package editor

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"ecoflow/app/limit"
	"ecoflow/app/value"
)

func TestMatch(t *testing.T) {
	jsonHeader := http.Header{"Content-Type": {"application/json; charset=utf-8"}}
	text := http.Header{"Content-Type": {"text/plain"}}
	for _, c := range []struct {
		name, expect string
		header       http.Header
		body, want   string
	}{
		{"nothing expected", `{}`, jsonHeader, `{`, ``},
		{"a part", `{"body":{"a":1}}`, jsonHeader, `{"a":1.0,"b":2}`, ``},
		{"a part of a part", `{"body":{"a":{"b":[{"c":1}]}}}`, jsonHeader, `{"a":{"b":[{"c":1,"d":2}],"e":1}}`, ``},
		{"lists have a length", `{"body":[1,2]}`, jsonHeader, `[1,3,4]`, "body: expected 2 entries, got 3; body/1: expected 2, got 3"},
		{"another sort", `{"body":{"a":[]}}`, jsonHeader, `{"a":{}}`, "body/a: expected a list, got {}"},
		{"null is not missing", `{"body":{"a":null}}`, jsonHeader, `{}`, "body/a: expected null, but it is missing"},
		{"big numbers are exact", `{"body":9007199254740993}`, jsonHeader, `9007199254740992`, "body: expected 9007199254740993, got 9007199254740992"},
		{"exactly", `{"body":{"a":1},"match":"exact"}`, jsonHeader, `{"a":1,"b":2}`, "body/b: was not expected, got 2"},
		{"a JSON text", `{"body":"x","match":"exact"}`, jsonHeader, `"x"`, ``},
		{"text in a page", `{"body":"ell"}`, text, `hello`, ``},
		{"text of digits", `{"body":"4"}`, text, `42`, ``},
		{"text exactly", `{"body":"ell","match":"exact"}`, text, `hello`, `body: expected the text "ell", got "hello"`},
		{"no text", `{"body":"x"}`, text, "\xff\xfe", "body: expected to find the text \"x\", got 2 bytes that are no text"},
		{"no JSON", `{"body":{}}`, text, ``, "body: expected JSON, got nothing"},
		{"a type without parameters", `{"headers":{"content-type":"application/json"}}`, jsonHeader, ``, ``},
		{"another type", `{"headers":{"Content-Type":"text/html"}}`, jsonHeader, ``, `headers/Content-Type: expected "text/html", got "application/json; charset=utf-8"`},
		{"other headers whole", `{"headers":{"X":"a"}}`, http.Header{"X": {"a;b"}}, ``, `headers/X: expected "a", got "a;b"`},
		{"one of several", `{"headers":{"Set-Cookie":"b=2"}}`, http.Header{"Set-Cookie": {"a=1", "b=2"}}, ``, ``},
	} {
		t.Run(c.name, func(t *testing.T) {
			var x Expectation
			if err := json.Unmarshal([]byte(c.expect), &x); err != nil {
				t.Fatal(err)
			}
			var told []string
			for _, m := range x.match(http.StatusOK, c.header, []byte(c.body), unmasked) {
				told = append(told, m.Path+": "+m.Message)
			}
			if got := strings.Join(told, "; "); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// Whatever a body is, it is what is expected of itself, and telling the
// difference to another one ends.
func FuzzMatch(f *testing.F) {
	for _, seed := range [][2]string{
		{`{"a":[1,{"b":null}],"c":"é"}`, `{"a":[1,{"b":1}]}`},
		{`[]`, `[[]]`},
		{`1e400`, `1`},
		{`"x"`, `x`},
		{``, `null`},
		{strings.Repeat("[", 90) + strings.Repeat("]", 90), `[]`},
	} {
		f.Add([]byte(seed[0]), []byte(seed[1]))
	}
	f.Fuzz(func(t *testing.T, want, got []byte) {
		x := Expectation{Body: want, Match: "exact"}
		x.match(http.StatusOK, nil, got, unmasked)
		v, err := value.Parse(want, limit.ManagementDepth)
		if _, isText := v.(string); err != nil || isText {
			return
		}
		if told := x.match(http.StatusOK, nil, want, unmasked); len(told) > 0 {
			t.Errorf("%s differs from itself: %v", want, told)
		}
	})
}

// unmasked masks nothing.
func unmasked(text string) string { return text }
