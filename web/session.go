package web

import (
	"net/http"
	"time"

	"github.com/gorilla/securecookie"
	"github.com/gorilla/sessions"

	"ecoflow/app/auth"
	"ecoflow/web/endpoint"
)

// Sessions is where the session cookie and a session's secret id meet: a
// gorilla/sessions store whose sessions have an id and nothing else. What the id
// stands for, if anything, is for auth.Accounts to say.
type Sessions struct {
	codec  *securecookie.SecureCookie
	cookie string // its name
	lasts  func() time.Duration
}

var _ sessions.Store = (*Sessions)(nil)

// NewSessions returns the store of an instance: its cookies are signed with the
// key of 32 secret bytes and named after its id, because cookies ignore ports and
// two instances may share a host.
func NewSessions(key []byte, instance string) *Sessions {
	codec := securecookie.New(key, nil)
	codec.MaxAge(int(auth.SessionMost.Seconds())) // the session itself ends sooner
	codec.SetSerializer(securecookie.NopEncoder{})
	return &Sessions{codec, "ecoflow-" + instance, func() time.Duration { return auth.SessionTime }}
}

// ID returns the session id that the request's cookie carries, "" without a cookie
// or with one that we did not sign.
func (s *Sessions) ID(r *http.Request) string {
	session, err := s.New(r, s.name(r))
	if err != nil {
		return ""
	}
	return session.ID
}

// Set makes the response set the session cookie to the id, or expire it when the id
// is "".
func (s *Sessions) Set(w http.ResponseWriter, r *http.Request, id string) error {
	session := sessions.NewSession(s, s.name(r))
	session.ID, session.Options = id, s.options(r)
	if id == "" {
		session.Options.MaxAge = -1
	}
	return session.Save(r, w)
}

// Name returns the cookie's name without the prefix that it has under TLS.
func (s *Sessions) Name() string { return s.cookie }

// Names returns the cookie's names, without and under TLS.
func (s *Sessions) Names() []string { return []string{s.Name(), "__Secure-" + s.Name()} }

func (s *Sessions) name(r *http.Request) string {
	if isSecure(r) {
		return "__Secure-" + s.Name()
	}
	return s.Name()
}

// options are all of them: the library's own defaults are not ours.
func (s *Sessions) options(r *http.Request) *sessions.Options {
	return &sessions.Options{
		Path:     endpoint.Prefix,
		MaxAge:   int(s.lasts().Seconds()),
		Secure:   isSecure(r),
		HttpOnly: true,
		SameSite: http.SameSiteStrictMode,
	}
}

// Get implements sessions.Store.
func (s *Sessions) Get(r *http.Request, name string) (*sessions.Session, error) {
	return sessions.GetRegistry(r).Get(s, name)
}

// New implements sessions.Store.
func (s *Sessions) New(r *http.Request, name string) (*sessions.Session, error) {
	session := sessions.NewSession(s, name)
	session.Options, session.IsNew = s.options(r), true
	cookie, err := r.Cookie(name)
	if err != nil {
		return session, nil // none, which is no mistake
	}
	var id []byte
	if err := s.codec.Decode(name, cookie.Value, &id); err != nil {
		return session, err
	}
	session.ID, session.IsNew = string(id), false
	return session, nil
}

// Save implements sessions.Store.
func (s *Sessions) Save(_ *http.Request, w http.ResponseWriter, session *sessions.Session) error {
	var value string
	if session.Options.MaxAge >= 0 {
		var err error
		if value, err = s.codec.Encode(session.Name(), []byte(session.ID)); err != nil {
			return err
		}
	}
	http.SetCookie(w, sessions.NewCookie(session.Name(), value, session.Options))
	return nil
}
