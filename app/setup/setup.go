// Package setup leads from an empty folder to a first administrator.
package setup

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"strings"

	"ecoflow/app/auth"
	"ecoflow/app/fault"
)

// Options is what a Wizard depends on.
type Options struct {
	Accounts *auth.Accounts
	// Code is a setup code chosen beforehand (CodeVariable); one is made up
	// when it is empty.
	Code string
	// Done is called once the first user exists: the code has had its day. May be
	// nil.
	Done func()
}

// Wizard adds the first administrator, once. In sign-in mode only somebody who
// knows the setup code may, in local mode only the person at the machine.
type Wizard struct {
	accounts *auth.Accounts
	code     string
	done     func()
}

const codeLength = 8 // letters and digits, the hyphen not counted

// New returns a wizard, or an error when the chosen code is too short.
func New(o Options) (*Wizard, error) {
	if o.Code == "" {
		o.Code = rand.Text()[:codeLength] // 40 bits: plenty, as guesses are few
	}
	if err := CheckCode(o.Code); err != nil {
		return nil, err
	}
	code := normal(o.Code)
	if o.Done == nil {
		o.Done = func() {}
	}
	return &Wizard{accounts: o.Accounts, code: code, done: o.Done}, nil
}

// CodeVariable is the variable of the environment in which a code is chosen.
const CodeVariable = "ECOFLOW_SETUP_CODE"

// CheckCode says why a code cannot be the chosen one; "" chooses none.
func CheckCode(code string) error {
	if code != "" && len(normal(code)) < codeLength {
		return fmt.Errorf("the setup code needs at least %d letters or digits", codeLength)
	}
	return nil
}

// normal is a code without what people add or change when they type it.
func normal(code string) string {
	return strings.ToUpper(strings.NewReplacer("-", "", " ", "").Replace(code))
}

// Code returns the setup code to show at the machine, in two groups of four, or "" when
// there is nothing to set up with it: in local mode, or when a user exists.
func (w *Wizard) Code(ctx context.Context) (string, error) {
	has, err := w.accounts.HasUsers(ctx)
	if err != nil || has || w.accounts.IsLocal() {
		return "", err
	}
	return w.code[:4] + "-" + w.code[4:], nil
}

// Status is the first thing every client asks. It holds no secret.
type Status struct {
	IsAuth      bool `json:"isAuth"`      // there are passwords; false in local mode
	IsNewClient bool `json:"isNewClient"` // there is no user yet
	// IsSignedIn: the credential that came along is somebody's.
	IsSignedIn bool `json:"isSignedIn"`
	// Recovery: the database cannot be used, and only the page of that answers.
	Recovery bool `json:"recovery"`
}

// Status tells a client where to begin.
func (w *Wizard) Status(ctx context.Context) (Status, error) {
	has, err := w.accounts.HasUsers(ctx)
	return Status{IsAuth: !w.accounts.IsLocal(), IsNewClient: !has, IsSignedIn: auth.ActorFrom(ctx).SignedIn()}, err
}

// DatabaseInfo is the database that somebody wants the system to use.
type DatabaseInfo struct {
	UseDefault     bool   `json:"useDefault"`
	DatabaseDriver string `json:"databaseDriver"`
	// File is where the original kept its database; the answer says that it is not used.
	File string `json:"databaseConfigurationFilename" maxLength:"4096"`
}

// kept says where the data will be, whatever file was wished for.
func (d DatabaseInfo) kept() string {
	if d.UseDefault || d.File == "" {
		return ""
	}
	return fmt.Sprintf(" It is ecoflow.db in the data folder of EcoFlow; the file name %s is not used.", fault.Shown(d.File))
}

func (d DatabaseInfo) check(path string) []fault.Place {
	switch {
	case d.UseDefault || d.DatabaseDriver == "Sqlite":
		return nil
	case d.DatabaseDriver == "":
		return []fault.Place{{Path: path + "databaseDriver", Message: "is required unless useDefault is true"}}
	default:
		return []fault.Place{{
			Path: path + "databaseDriver", Code: "database_unsupported",
			Message: "must be Sqlite: this version cannot connect to other databases yet",
		}}
	}
}

// Database asks whether a database would do.
type Database struct {
	DatabaseInfo
	Code string `json:"-" header:"X-Setup-Code"`
}

// ValidateDatabase says in a sentence that the database will do, or in a fault of
// kind Invalid why it will not.
func (w *Wizard) ValidateDatabase(ctx context.Context, d Database) (string, error) {
	if err := w.Admit(ctx, d.Code); err != nil {
		return "", err
	}
	if wrong := d.check(""); wrong != nil {
		return "", invalid(wrong)
	}
	return "The built-in SQLite database is ready to use." + d.kept(), nil
}

// Blank asks for a new, empty system.
type Blank struct {
	DatabaseInfo DatabaseInfo `json:"databaseInfo"`
	UserInfo     auth.NewUser `json:"userInfo"`
	Code         string       `json:"-" header:"X-Setup-Code"`
	UserAgent    string       `json:"-" header:"User-Agent"`
}

// Finished says that the system is set up; the administrator is signed in with it.
type Finished struct {
	auth.Secrets `json:"-"`
	Msg          string `json:"msg"`
	Restart      bool   `json:"restart"` // the server does, never the case
}

// Blank adds the first administrator: all or nothing, and only if there is no user,
// which is checked in the same transaction.
func (w *Wizard) Blank(ctx context.Context, b Blank) (Finished, error) {
	if err := w.Admit(ctx, b.Code); err != nil {
		return Finished{}, err
	}
	wrong := b.DatabaseInfo.check("databaseInfo/")
	_, user := b.UserInfo.Check()
	for _, p := range user {
		p.Path = "userInfo/" + p.Path
		wrong = append(wrong, p)
	}
	if len(wrong) > 0 {
		return Finished{}, invalid(wrong)
	}
	secrets, err := w.accounts.AddFirst(ctx, b.UserInfo, b.UserAgent)
	if errors.Is(err, auth.ErrUsersExist) {
		return Finished{}, over()
	}
	if err != nil {
		return Finished{}, err
	}
	w.done()
	told := b.DatabaseInfo.kept()
	if told != "" {
		told = " Its data is in the built-in SQLite database." + told
	}
	return Finished{Secrets: secrets, Msg: "EcoFlow is set up, and you are signed in." + told}, nil
}

// Admit lets through who may set up, while there is no user.
func (w *Wizard) Admit(ctx context.Context, code string) error {
	has, err := w.accounts.HasUsers(ctx)
	if err != nil {
		return err
	}
	if has {
		return over()
	}
	who := auth.ActorFrom(ctx)
	if w.accounts.IsLocal() {
		if who.Permissions.Has(auth.Administrator) {
			return nil
		}
		return fault.New(fault.Unauthenticated, "Only the person at the machine can set EcoFlow up.")
	}
	if code == "" {
		return fault.New(fault.Unauthenticated, "Setting up needs the setup code that the server printed when it started.").
			WithCode("setup_code_missing")
	}
	right, err := w.accounts.Guess(ctx, "setup", who.Address, func() (bool, error) {
		return subtle.ConstantTimeCompare([]byte(normal(code)), []byte(w.code)) == 1, nil
	})
	if err == nil && !right {
		err = fault.New(fault.Unauthenticated, "This is not the setup code that the server printed when it started.").
			WithCode("setup_code_wrong")
	}
	return err
}

func over() *fault.Fault {
	return fault.New(fault.NotFound, "EcoFlow is set up already.").WithCode("setup_over")
}

func invalid(wrong []fault.Place) *fault.Fault {
	f := fault.New(fault.Invalid, "Some of this will not do.")
	f.Places = wrong
	return f
}
