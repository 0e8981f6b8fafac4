package auth

import (
	"context"
	"crypto/rand"
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"ecoflow/app/fault"
)

// The length of passwords in characters.
const (
	passwordMin = 10
	passwordMax = 128
)

// What anybody would try first, in lower case. Both are searched as they are: next to
// hashing a password that takes no time, and nothing is kept for it.
var (
	// commonest.txt are the 3,000 commonest passwords of passwordMin characters or
	// more, commonest first: taken in order from the ranking of the ten million that
	// Mark Burnett gave to the public domain in 2015.
	//
	//go:embed commonest.txt
	commonest string

	// common.txt are the words that people make passwords of, written by hand after
	// what published rankings agree on; with the patterns of checkPassword they stand
	// for the thousands of variants further down in those.
	//
	//go:embed common.txt
	common string
)

const (
	product   = "ecoflow"
	trimmings = 6 // digits and signs around a word that do not make it a better one
)

// checkPassword says what is wrong with a new password for the user, "" when
// nothing is. Only length and being guessed among the first count, not which kinds
// of characters there are.
func checkPassword(password, username string) string {
	password = norm.NFC.String(password)
	switch n := utf8.RuneCountInString(password); {
	case n == 0:
		return "is required"
	case n < passwordMin:
		return fmt.Sprintf("needs %d characters or more", passwordMin)
	case n > passwordMax:
		return fmt.Sprintf("may have %d characters at most", passwordMax)
	}
	whole := strings.ToLower(password)
	bare := strings.Trim(whole, "0123456789!?.,*#$%&@+-_ ")
	word := once(bare)
	if len(whole)-len(bare) > trimmings {
		word = whole // more than trimmings: it is not the word that counts
	}
	switch {
	case whole == username || word == username:
		return "may not be made of the user name"
	case word == product:
		return "may not be made of the product's name"
	case isCommon(whole), isCommon(word), utf8.RuneCountInString(once(whole)) <= 3, isRow(whole):
		return "is one of the first that anybody would try"
	}
	return ""
}

func isCommon(s string) bool {
	return slices.ContainsFunc([]string{s, plain.Replace(s)}, func(s string) bool {
		return isLine(commonest, s) || isLine(common, s)
	})
}

// isLine reports whether s is a whole line of text.
func isLine(text, s string) bool {
	line := "\n" + s + "\n"
	return strings.HasPrefix(text, line[1:]) || strings.Contains(text, line)
}

// plain undoes the usual disguises of letters.
var plain = strings.NewReplacer("0", "o", "1", "i", "3", "e", "4", "a", "5", "s", "7", "t", "@", "a", "$", "s", "!", "i")

// once returns the shortest text that, repeated, gives s: "abab" is "ab" twice.
func once(s string) string {
	for n := 1; n <= len(s)/2; n++ {
		if len(s)%n == 0 && strings.Repeat(s[:n], len(s)/n) == s {
			return s[:n]
		}
	}
	return s
}

// rows are what fingers find without thinking; isRow looks for passwords that are
// nothing but a stretch of one, in either direction.
var rows = []string{
	"01234567890123456789", "abcdefghijklmnopqrstuvwxyz",
	"qwertyuiopasdfghjklzxcvbnm", "qwertzuiopasdfghjklyxcvbnm", "azertyuiopqsdfghjklmwxcvbn",
	"1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik,9ol.0p", "1q2w3e4r5t6y7u8i9o0p", "q1w2e3r4t5y6u7i8o9p0", "qazwsxedcrfvtgbyhnujmikolp",
	"!@#$%^&*()_+", "a1b2c3d4e5f6g7h8i9j0", "1a2b3c4d5e6f7g8h9i0j",
}

func isRow(s string) bool {
	runes := []rune(s)
	for i, j := 0, len(runes)-1; i < j; i, j = i+1, j-1 {
		runes[i], runes[j] = runes[j], runes[i]
	}
	for _, row := range rows {
		if strings.Contains(row, s) || strings.Contains(row, string(runes)) {
			return true
		}
	}
	return false
}

// ResetPassword gives a user a new random password and returns it. All their
// sessions and tokens end, and they are asked to choose another at the next
// sign-in.
func (a *Accounts) ResetPassword(ctx context.Context, username string) (password string, err error) {
	u, err := a.Store.UserByName(ctx, strings.ToLower(username))
	if err != nil {
		return "", fmt.Errorf("reset the password of %q: %w", username, err)
	}
	password = rand.Text()
	if err := a.setPassword(ctx, u, password, true); err != nil {
		return "", err
	}
	return password, nil
}

func (a *Accounts) setPassword(ctx context.Context, u User, password string, mustChange bool) error {
	hash, err := a.hashing.hash(ctx, password)
	if err != nil {
		return err
	}
	if err := a.Store.SetPassword(ctx, u.ID, hash, mustChange, a.Now()); err != nil {
		return err
	}
	a.changed(u.ActorID(), "password")
	return nil
}

// HasUsers reports whether any user exists: setup is open until then.
func (a *Accounts) HasUsers(ctx context.Context) (bool, error) { return a.Store.HasUsers(ctx) }

// HasAdministrator reports whether somebody could sign in and manage everything: a
// user who is active, has a password and every right.
func (a *Accounts) HasAdministrator(ctx context.Context) (bool, error) {
	return a.Store.HasAdministrator(ctx)
}

// AddFirst adds the first user as permanent administrator, with a role "admin"
// that gives everything, and signs them in unless this is local mode. It is
// ErrUsersExist when somebody was first, and a fault of kind Invalid with all that
// is wrong otherwise.
func (a *Accounts) AddFirst(ctx context.Context, n NewUser, userAgent string) (Secrets, error) {
	n, wrong := n.Check()
	if len(wrong) > 0 {
		f := fault.New(fault.Invalid, "The user cannot be added like this.")
		f.Places = wrong
		return Secrets{}, f
	}
	hash, err := a.hashing.hash(ctx, n.Password)
	if err != nil {
		return Secrets{}, err
	}
	now := a.Now()
	u := User{
		Username: n.Username, Name: n.Name, Email: n.Email, Hash: hash,
		Active: true, Permanent: true, Created: now, Updated: now,
	}
	var secrets Secrets
	var session *Session
	if !a.IsLocal() {
		s := Session{}
		secrets, s = a.newSession(-1, ActorFrom(ctx).Address, userAgent) // the id is not known yet
		session = &s
		// It is the new administrator who acts, in the audit log too.
		caller := ActorFrom(ctx)
		caller.Username = n.Username
		ctx = WithActor(ctx, caller)
	}
	return secrets, a.Store.AddFirstUser(ctx, u, Role{Name: "admin", Default: true}, session)
}
