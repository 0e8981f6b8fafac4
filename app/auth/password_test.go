package auth

import (
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"
)

func TestCheckPassword(t *testing.T) {
	const user = "ada.lovelace"
	for _, c := range []struct{ password, says string }{
		{"correct horse battery", ""},
		{"kumquat-77", ""},
		{"zzyzx road 12 miles", ""},
		{"Прощай, немытая Россия", ""},
		{"          x", ""},
		{strings.Repeat("aé", 64), "first"},
		{"7f3kq09xm2", ""},
		{"8402958173", ""},

		{"", "required"},
		{"short", "10 characters"},
		{"ééééééééé", "10 characters"},                  // 9 characters, 18 bytes
		{"e\u0301e\u0301e\u0301e\u0301e\u0301ab", "10"}, // 7 characters once composed
		{strings.Repeat("ab1!", 32) + "x", "128 characters"},
		{strings.Repeat("ünïcödé!", 16), ""}, // 128 characters

		{"password123", "first"},
		{"PassWord2024!", "first"},
		{"P@ssw0rd123", "first"},
		{"passwordpassword", "first"},
		{"1234567890", "first"},
		{"0987654321", "first"},
		{"1111111111", "first"},
		{"121212121212", "first"},
		{"qwertyuiop", "first"},
		{"poiuytrewq", "first"},
		{"qwertz12345", "first"},
		{"1q2w3e4r5t", "first"},
		{"abcdefghijkl", "first"},
		{"Iloveyou123", "first"},
		{"Liverpool1892", "first"},
		{"correcthorsebatterystaple", "first"},
		{"administrator", "first"},

		{"ada.lovelace", "user name"},
		{"Ada.Lovelace1", "user name"},
		{"1ada.lovelace!", "user name"},
		{"EcoFlow2026", "product"},
		{"ecoflow!!!", "product"},
	} {
		got := checkPassword(c.password, user)
		if (got == "") != (c.says == "") || !strings.Contains(got, c.says) {
			t.Errorf("checkPassword(%q) = %q, want %q in it", c.password, got, c.says)
		}
	}
}

// TestCommonest: the 3,000 commonest passwords that are long enough are refused,
// however they are written, and both lists are as the search takes them.
func TestCommonest(t *testing.T) {
	seen := map[string]bool{}
	for password := range strings.Lines(commonest) {
		password = strings.TrimSuffix(password, "\n")
		seen[password] = true
		for _, p := range []string{password, strings.ToUpper(password)} {
			if got := checkPassword(p, "ada.lovelace"); !strings.Contains(got, "first") {
				t.Errorf("checkPassword(%q) = %q", p, got)
			}
		}
	}
	if len(seen) != 3000 {
		t.Errorf("%d passwords, want 3,000", len(seen))
	}
	for _, list := range []string{commonest, common} {
		if !strings.HasSuffix(list, "\n") || strings.Contains(list, "\n\n") || strings.ContainsAny(list, "\r\t ") || list != norm.NFC.String(strings.ToLower(list)) {
			t.Error("a list is no longer one password in lower case a line")
		}
	}
}

func TestCheckUser(t *testing.T) {
	good := NewUser{Name: " Ada Lovelace ", Username: "Ada", Password: "kumquat marmalade", Email: "ada@example.com"}
	kept, wrong := good.Check()
	if wrong != nil || kept.Name != "Ada Lovelace" || kept.Username != "ada" {
		t.Errorf("Check = %+v, %v", kept, wrong)
	}
	for _, c := range []struct {
		change func(*NewUser)
		paths  string
	}{
		{func(u *NewUser) { *u = NewUser{} }, "name username password"},
		{func(u *NewUser) { u.Name = "a\x00b" }, "name"},
		{func(u *NewUser) { u.Name = strings.Repeat("é", 101) }, "name"},
		{func(u *NewUser) { u.Name = strings.Repeat("é", 100) }, ""},
		{func(u *NewUser) { u.Username = "ada lovelace" }, "username"},
		{func(u *NewUser) { u.Username = strings.Repeat("a", 65) }, "username"},
		{func(u *NewUser) { u.Username = strings.Repeat("a", 64) }, ""},
		{func(u *NewUser) { u.Username = "адa" }, "username"},
		{func(u *NewUser) { u.Username = "Local" }, "username"},
		{func(u *NewUser) { u.Username = "kumquat.marmalade"; u.Password = "KUMQUAT.marmalade" }, "password"},
		{func(u *NewUser) { u.Email = "" }, ""},
		{func(u *NewUser) { u.Email = "Ada <ada@example.com>" }, "email"},
		{func(u *NewUser) { u.Email = "ada" }, "email"},
		{func(u *NewUser) { u.Email, u.Password = "@", "x" }, "email password"},
	} {
		u := good
		c.change(&u)
		_, wrong := u.Check()
		var paths []string
		for _, p := range wrong {
			paths = append(paths, p.Path)
		}
		if got := strings.Join(paths, " "); got != c.paths {
			t.Errorf("Check(%+v) finds %q wrong, want %q", u, got, c.paths)
		}
	}
}

// The window tells it before (components/email.test.ts): both hold to these.
func TestEmailAddresses(t *testing.T) {
	for address, good := range map[string]bool{
		"": true, "ada@example.org": true, "ada@localhost": true, "a.b+c'd@example.org": true,
		"ädä@exämple.org": true, "ada@[127.0.0.1]": true, strings.Repeat("a", 250) + "@b.c": true,
		"ada": false, "ada@": false, "@example.org": false, "a@b@c": false, "a b@example.org": false,
		"a..b@example.org": false, ".ada@example.org": false, "ada@example.org.": false,
		"Ada <ada@example.org>": false, `"a b"@example.org`: false, "a,b@example.org": false,
		strings.Repeat("a", 251) + "@b.c": false,
	} {
		if problem := checkEmail(address); (problem == "") != good {
			t.Errorf("%q: %q", address, problem)
		}
	}
}
