package api_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
)

// What the declaration finds and what the feature finds is told at once: nobody
// mends a form field by field.
func TestAllFieldsAreToldAtOnce(t *testing.T) {
	d := sit(t)
	long := strings.Repeat("x", 300)
	for _, c := range []struct {
		request string
		places  string // sorted
	}{
		{`POST /me/tokens {"permissions": ["nonsense"], "days": 9999}`, "days name permissions"},
		{`POST /me/tokens {"name": "` + long + `", "permissions": ["nonsense"]}`, "name permissions"},
		{`POST /admin/users {"username": "a b", "password": "short", "email": "no", "roles": [` + strings.Repeat("1,", 100) + `1]}`, "email name password roles username"},
		{`PATCH /admin/users/bob {"username": "", "email": "no", "password": "short", "version": -1}`, "email name password username version"},
		{`PATCH /role {"permissions": {"nonsense": true}, "roleName": "", "version": -1}`, "id permissions/nonsense roleName version"},
		{`PATCH /users {"mode": "PWD", "userInfo": {"newPassword": "short", "rePassword": "other"}}`, "userInfo/newPassword userInfo/oldPassword userInfo/rePassword"},
		{`PATCH /users {"mode": "PWD", "userInfo": {"oldPassword": "", "newPassword": "", "rePassword": ""}}`, "userInfo/newPassword userInfo/oldPassword"},
		{`PATCH /users {"mode": "PWD"}`, "userInfo"},
		{`PATCH /environment {"add": [{"name": "1", "kind": "none"}, {"value": "x"}], "change": [{"name": "A", "newName": "no way"}]}`, "add/0/kind add/0/name add/1/name base change/0/newName"},
		{`POST /admin/environment/envs {"type": "none", "finalEnvs": [{"name": "A", "value": "1"}, {"name": "1"}, {"value": "x"}]}`, "finalEnvs/1/name finalEnvs/2/name type"},
		{`POST /flows/deploy {"mode": "none", "flowconfigurations": {"shop": {"definitions": 5}}, "base": -1}`, "base flows/shop/definitions mode"},
		{`POST /drafts/import {"choice": "none", "folder": "` + long + `", "flows": {"shop": {"definitions": 5}}}`, "choice flows/shop/definitions folder"},
		{`PUT /drafts/a%2Fb {"folder": "` + long + `", "flow": {"definitions": 5}}`, "base flows/a/b/definitions folder name"},
		{`PUT /drafts/shop/tests/` + long + ` {"request": {"method": "?", "path": "x", "headers": {"a": "\n"}}, "expect": {"status": 9}}`, "expect/status name request/headers/a request/method request/path"},
		{`400 POST /users/login {"username": 3, "password": []}`, "password username"},
		{`400 POST /users/login {"password": []}`, "password username"},
		{`400 POST /drafts/import {"flows": 3, "preview": "x"}`, "flows preview"},
		{`400 PATCH /environment {"add": [{"name": 1}, {"kind": "none"}], "base": "x"}`, "add/0/name add/1/kind add/1/name base"},
	} {
		request, code := c.request, 422
		if rest, ok := strings.CutPrefix(request, "400 "); ok { // of another type
			request, code = rest, 400
		}
		var answer struct {
			Payload string
			Errors  []struct{ Path, Message string }
		}
		if err := json.Unmarshal([]byte(d.ask(code, request)), &answer); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(strings.ReplaceAll(answer.Payload, "…", ""), "..") || strings.Contains(answer.Payload, ".;") {
			t.Errorf("%s: %s", clip(c.request), answer.Payload)
		}
		found := map[string]int{}
		for _, e := range answer.Errors {
			if found[e.Path]++; e.Message == "" {
				t.Errorf("%s: nothing is said of %s", clip(c.request), e.Path)
			}
		}
		if got := strings.Join(slices.Sorted(maps.Keys(found)), " "); got != c.places {
			t.Errorf("%s:\n got %s\nwant %s", clip(c.request), got, c.places)
		}
		for path, n := range found {
			if n > 1 {
				t.Errorf("%s: %s is named %d times", clip(c.request), path, n)
			}
		}
	}
}
