package auth

import (
	"net/mail"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"ecoflow/app/fault"
)

// User is a user as it is kept.
type User struct {
	ID         int64
	Username   string // lower case
	Name       string
	Email      string // may be empty
	Hash       string // of the password, see hash.go
	Previous   string // hash of the password before, "" for none
	Active     bool
	Permanent  bool // made by setup; stays
	MustChange bool // the password was set by somebody else
	Created    time.Time
	Updated    time.Time
	SignedIn   time.Time // last; zero: never
	Version    int64     // grows by one with each change
	Roles      []Role
}

// ActorID is the id under which the user acts.
func (u User) ActorID() string { return strconv.FormatInt(u.ID, 10) }

// Permissions returns the union of what the roles give.
func (u User) Permissions() Permission {
	var p Permission
	for _, r := range u.Roles {
		p |= r.Grants()
	}
	return p
}

// Role is a named set of permissions.
type Role struct {
	ID          int64
	Name        string
	Default     bool // gives everything, whatever Permissions says
	Permissions Permission
	Version     int64 // grows by one with each change
	Members     int   // how many hold it; counted where all roles are listed
}

// Grants returns what the role gives: everything for a default role and for one
// with Administrator.
func (r Role) Grants() Permission {
	if r.Default || r.Permissions&Administrator != 0 {
		return Everything
	}
	return r.Permissions
}

// NewUser is what somebody fills in to add a user.
type NewUser struct {
	Name     string `json:"name"`
	Username string `json:"username"`
	Password string `json:"password" secret:"true"`
	Email    string `json:"email"`
}

const (
	usernameRunes = 64
	nameRunes     = 100
	emailBytes    = 254 // RFC 5321, section 4.5.3.1.3, less the angle brackets
)

var (
	usernames = regexp.MustCompile(`^[a-z0-9._-]{1,64}$`)
	// Names of actors that are nobody's user, and what the API has in their place.
	reserved = map[string]bool{LocalID: true, "system_log": true, "usernames": true}
)

// Check returns the user as it will be kept, names in their normal form, and all
// that is wrong with it; the paths of the places are the fields' names.
func (n NewUser) Check() (NewUser, []fault.Place) {
	n.Name = norm.NFC.String(strings.TrimSpace(n.Name))
	n.Username = strings.ToLower(n.Username)
	n.Email = strings.TrimSpace(n.Email)
	var wrong []fault.Place
	add := func(path, message string) { wrong = append(wrong, fault.Place{Path: path, Message: message}) }
	if problem := checkName(n.Name); problem != "" {
		add("name", problem)
	}
	switch {
	case n.Username == "":
		add("username", "is required")
	case !usernames.MatchString(n.Username):
		add("username", "takes 1 to 64 letters, digits, dots, underscores and hyphens")
	case n.Username == "." || n.Username == "..": // no address leads to what is called so
		add("username", "takes a letter, a digit, an underscore or a hyphen beside the dots")
	case reserved[n.Username]:
		add("username", "is a name that EcoFlow uses itself")
	}
	if problem := checkEmail(n.Email); problem != "" {
		add("email", problem)
	}
	if problem := checkPassword(n.Password, n.Username); problem != "" {
		add("password", problem)
	}
	return n, wrong
}

// checkName says what is wrong with a person's name, "" when nothing is.
func checkName(name string) string {
	switch {
	case name == "":
		return "is required"
	case utf8.RuneCountInString(name) > nameRunes:
		return "may have 100 characters at most"
	case strings.ContainsFunc(name, unicode.IsControl):
		return "may not hold control characters"
	}
	return ""
}

// checkEmail says what is wrong with an address, which may be empty.
func checkEmail(s string) string {
	if s == "" {
		return ""
	}
	a, err := mail.ParseAddress(s)
	if err != nil || a.Address != s || len(s) > emailBytes {
		return "is not an e-mail address"
	}
	return ""
}
