package web

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"ecoflow/app"
	"ecoflow/app/config"
	"ecoflow/app/fault"
	"ecoflow/app/instance"
	"ecoflow/app/system"
)

// Front is every door of the product: the main one, and that of the deployed API
// alone where it has one. It follows the settings: it opens and closes doors while
// the product runs, and tries those of new settings beside the old ones.
type Front struct {
	folder  *instance.Folder
	machine string
	crowd   *crowd

	app     *app.App
	handler Handler
	failed  func(error)

	secured   atomic.Pointer[Certificate]      // what the main door encrypts with, nil for nothing
	listening atomic.Pointer[[]netip.AddrPort] // by the main doors, for those who may not wait

	mu       sync.Mutex
	main     *Listener
	api      *Listener // nil for none
	static   *Static   // nil for none
	apiLack  error     // why the API has no address of its own though the settings want one
	fileLack error     // why no static files are served though the settings want them
	trial    *changeover
	draining sync.WaitGroup
}

var _ config.Stage = (*Front)(nil)

// FrontOptions is what a Front begins with.
type FrontOptions struct {
	Folder *instance.Folder
	Left   []instance.Socket // by the process before
}

// OpenFront binds what the settings ask for. In local mode another port than the
// wished one will do.
func OpenFront(ctx context.Context, a *app.App, o FrontOptions) (f *Front, err error) {
	f = &Front{folder: o.Folder, app: a, crowd: newCrowd()}
	f.crowd.refused = func() { a.Limits.Refused("connections") }
	if f.machine, err = os.Hostname(); err != nil {
		a.Log.Warn("this machine has no name", "err", err)
	}
	s := a.Config.Get()
	f.crowd.max.Store(int64(s.Limits.Connections))
	var certificate *Certificate
	if s.HTTPS.Enabled {
		if certificate, err = f.certificate(s); err != nil {
			return nil, err
		}
	}
	host, port := mainDoor(s)
	if f.main, err = Listen(ctx, host, port, s.Local(), o.Left...); err != nil {
		return nil, err
	}
	f.main.crowd = f.crowd
	if certificate != nil {
		f.main.Secure(certificate)
		f.secured.Store(certificate)
	}
	if host, port, ok := s.API(); ok {
		// Without it the product can still be reached, and mended.
		if f.api, err = Listen(ctx, host, port, false, o.Left...); err != nil {
			f.apiLack = err
			a.Log.Error("the API has no address of its own", "address", s.APIAddress, "err", err)
			fmt.Fprintln(os.Stderr, "The API has no address of its own.", bindSentence(err, host, port))
		} else {
			f.api.crowd = f.crowd
		}
	}
	if err := os.MkdirAll(StaticRoot(f.folder, &config.Settings{}), 0o700); err != nil && !o.Folder.ReadOnly() {
		return nil, errors.Join(fmt.Errorf("make the folder of static files: %w", err), f.Shutdown(ctx))
	}
	if f.static, f.fileLack = f.openStatic(s); f.fileLack != nil {
		a.Log.Warn("no static files are served", "err", f.fileLack)
	}
	f.hosts(s)
	return f, nil
}

// mainDoor returns where the settings have the product listen. Unless somebody says
// otherwise that is this machine by both its loopback addresses.
func mainDoor(s *config.Settings) (host string, port int) {
	if s.Source("Host") == config.Default {
		return "localhost", s.Port
	}
	return s.Host, s.Port
}

// Doors says whether everything that the settings want is served, as a part whose
// health is watched.
func (f *Front) Doors() system.Finding {
	f.mu.Lock()
	defer f.mu.Unlock()
	var lacks []string
	if f.apiLack != nil {
		host, port, _ := f.app.Config.Get().API()
		lacks = append(lacks, "The API has no address of its own. "+bindSentence(f.apiLack, host, port))
	}
	if lack := f.noFiles(); lack != nil {
		lacks = append(lacks, "No static files are served from their folder. "+sentence(lack))
	}
	if lacks != nil {
		return system.Finding{Condition: system.Failed, Reason: strings.Join(lacks, " ")}
	}
	return system.Finding{Reason: "All that the settings want is served."}
}

// noFiles returns why no static files are served though the settings want them, nil
// when they are. The caller holds mu.
func (f *Front) noFiles() error {
	if f.static == nil {
		return f.fileLack
	}
	is, err := os.Stat(StaticRoot(f.folder, f.app.Config.Get()))
	if err != nil {
		return err
	}
	was, err := f.static.Root.Stat(".")
	if err == nil && !os.SameFile(is, was) {
		err = errors.New("another folder is in its place")
	}
	return err
}

// Mend opens what the settings want and what could not be opened before: a port was
// taken, or a folder gone. Nothing is done while settings are on trial.
func (f *Front) Mend(ctx context.Context) {
	f.mu.Lock()
	defer f.mu.Unlock()
	noFiles := f.noFiles()
	if f.trial != nil || f.apiLack == nil && noFiles == nil {
		return
	}
	s := f.app.Config.Get()
	if host, port, ok := s.API(); ok && f.apiLack != nil {
		var l *Listener
		if l, f.apiLack = Listen(ctx, host, port, false); f.apiLack == nil {
			l.crowd, f.api = f.crowd, l
			l.Serve(f.app, f.handler.API(), f.failed)
		}
	}
	if noFiles != nil {
		static, err := f.openStatic(s)
		if f.fileLack = err; err == nil {
			f.forget(f.static)
			f.static = static
		}
	}
	f.follow(s, f.static)
}

// Finding says how the certificate for https is, as a part whose health is watched.
func (f *Front) Finding() system.Finding {
	if c := f.secured.Load(); c != nil {
		return c.Finding()
	}
	return system.Finding{Absent: true, Reason: "https is off."}
}

func (f *Front) certificate(s *config.Settings) (*Certificate, error) {
	return OpenCertificate(f.folder.Within(s.HTTPS.Cert), f.folder.Within(s.HTTPS.Key), f.app.Log)
}

// Serve begins to answer and returns at once. failed is called when a door fails.
func (f *Front) Serve(sessions *Sessions, failed func(error)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.failed = failed
	f.app.Config.On(f)
	s := f.app.Config.Get()
	f.handler = New(f.app, Options{
		Hosts: f.hosts(s), Proxies: s.Proxies(), Sessions: sessions, Static: f.static, Crowded: f.crowd.crowded,
	})
	f.main.Serve(f.app, f.handler, failed)
	if f.api != nil {
		f.api.Serve(f.app, f.handler.API(), failed)
	}
}

// doors lists the listeners that are open, those on trial included; the main ones
// alone, or all. The caller holds mu.
func (f *Front) doors(all bool) []*Listener {
	list := []*Listener{f.main}
	if all && f.api != nil {
		list = append(list, f.api)
	}
	if t := f.trial; t != nil {
		if t.main != nil {
			list = append(list, t.main)
		}
		if all && t.api != nil {
			list = append(list, t.api)
		}
	}
	return list
}

// hosts are the Host values that are ours. It notes where the main doors are.
func (f *Front) hosts(s *config.Settings) *Hosts {
	main := []netip.AddrPort{}
	for _, l := range f.doors(false) {
		main = append(main, l.Addresses()...)
	}
	f.listening.Store(&main)
	return f.names(s, f.doors(true))
}

// names are the Host values that are ours where the doors are the given ones.
func (f *Front) names(s *config.Settings, doors []*Listener) *Hosts {
	var addresses []netip.AddrPort
	for _, l := range doors {
		addresses = append(addresses, l.Addresses()...)
	}
	return NewHosts(addresses, f.machine, s.PublicHosts)
}

// follow has the handler go by the settings and the open doors.
func (f *Front) follow(s *config.Settings, static *Static) {
	f.crowd.max.Store(int64(s.Limits.Connections))
	f.handler.Follow(f.hosts(s), s.Proxies(), static)
}

// Addresses returns where the management side listens.
func (f *Front) Addresses() []netip.AddrPort {
	if list := f.listening.Load(); list != nil {
		return *list
	}
	return nil // nobody is served yet
}

// Address returns the URL to open in a browser on this machine.
func (f *Front) Address() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.main.Address()
}

// Sockets returns what the process that follows needs to take the doors over.
func (f *Front) Sockets() []instance.Socket {
	f.mu.Lock()
	defer f.mu.Unlock()
	list := f.main.Sockets()
	if f.api != nil {
		list = append(list, f.api.Sockets()...)
	}
	return list
}

// Shutdown closes every door and waits for the requests in flight until ctx ends.
func (f *Front) Shutdown(ctx context.Context) error {
	f.mu.Lock()
	doors, static := f.doors(true), f.static
	f.mu.Unlock()
	errs := make([]error, len(doors))
	var closing sync.WaitGroup
	for i, l := range doors {
		closing.Add(1)
		fault.Go(f.app.Log, "close a door", func() {
			defer closing.Done()
			errs[i] = l.Shutdown(ctx)
		})
	}
	closing.Wait()
	f.draining.Wait()
	if static != nil {
		errs = append(errs, static.Root.Close())
	}
	return errors.Join(errs...)
}

// drainTime is how long requests may take to end by a way that was closed.
const drainTime = 30 * time.Second

// drain ends what nobody uses any more, in the background.
func (f *Front) drain(end func(context.Context) error) {
	f.draining.Add(1)
	fault.Go(f.app.Log, "close a door", func() {
		defer f.draining.Done()
		ctx, cancel := context.WithTimeout(context.Background(), drainTime)
		defer cancel()
		if err := end(ctx); err != nil {
			f.app.Log.Info("requests were cut off by a change of the address", "err", err)
		}
	})
}

// StaticRoot is the folder of static files.
func StaticRoot(folder *instance.Folder, s *config.Settings) string {
	if s.StaticRoot == "" {
		return filepath.Join(folder.Path(), "public")
	}
	return folder.Within(s.StaticRoot)
}

// openStatic returns what the settings have served as files; nil when nothing.
func (f *Front) openStatic(s *config.Settings) (*Static, error) {
	if s.Static == "" {
		return nil, nil
	}
	path := StaticRoot(f.folder, s)
	// Whoever may change settings may not read the key by it.
	private, err := f.folder.IsPrivate(path)
	if err != nil {
		return nil, err
	}
	if private {
		return nil, errors.New("it holds EcoFlow's own files")
	}
	root, err := os.OpenRoot(path)
	if err != nil {
		return nil, err
	}
	return &Static{Prefix: s.Static, Root: root}, nil
}

// changeover is what settings on trial ask of the doors.
type changeover struct {
	front    *Front
	now      *config.Settings
	next     *config.Settings
	main     *Listener    // the new main door, nil where it stays
	way      *way         // the new way of the main door that stays, nil where that stays too
	api      *Listener    // the new door of the API, nil for none or where it stays
	apiLack  error        // why there is none though the settings want one
	dropAPI  bool         // the old one is not wanted any more
	secured  *Certificate // what the main door encrypts with from then on
	former   *Certificate // and before
	static   *Static
	same     bool // the static folder stays
	released []*Listener
	address  string
	warnings []fault.Place
	opened   bool
}

// Try implements config.Stage.
func (f *Front) Try(ctx context.Context, now, next *config.Settings, rehearsal bool) (config.Trial, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	t := &changeover{front: f, now: now, next: next, static: f.static, same: true, address: f.main.Address()}
	t.secured, t.former = f.secured.Load(), f.secured.Load()
	wrong := fault.New(fault.Invalid, "These settings cannot be put in force.").WithCode("settings_impossible")
	certificate := t.tryCertificate(wrong)
	t.tryStatic(wrong)
	if len(wrong.Places) == 0 {
		t.tryMain(ctx, certificate, rehearsal, wrong)
	}
	if len(wrong.Places) == 0 {
		t.tryAPI(ctx, rehearsal, wrong)
	}
	t.tryNames(ctx, wrong)
	t.tryRouterHost(ctx, wrong)
	t.warn()
	if len(wrong.Places) > 0 {
		t.giveUp(ctx)
		return nil, wrong
	}
	if certificate == nil || t.main == nil && t.way == nil {
		return t, nil
	}
	if end := certificate.ends(); time.Now().After(end) {
		t.warnings = append(t.warnings, fault.Place{Path: "https.cert", Message: fmt.Sprintf("The certificate ended on %s; browsers will complain.", end.Format(time.DateOnly))})
	}
	return t, nil
}

// tryCertificate loads what the settings name.
func (t *changeover) tryCertificate(wrong *fault.Fault) *Certificate {
	s := t.next.HTTPS
	if !s.Enabled {
		return nil
	}
	for key, name := range map[string]string{"https.cert": s.Cert, "https.key": s.Key} {
		if problem := readable(t.front.folder.Within(name)); problem != "" {
			wrong.At(key, "%s", problem)
		}
	}
	if len(wrong.Places) > 0 {
		return nil
	}
	c, err := t.front.certificate(t.next)
	if err != nil {
		key := "https.cert"
		if strings.Contains(err.Error(), "chmod") {
			key = "https.key"
		}
		wrong.At(key, "The certificate and its key cannot be used: %v.", errors.Unwrap(err))
	}
	return c
}

// readable says in a sentence why a file cannot be read, "" when it can.
func readable(path string) string {
	file, err := os.Open(path)
	if err != nil {
		return sentence(err)
	}
	defer file.Close()
	if info, err := file.Stat(); err == nil && !info.Mode().IsRegular() {
		return "It is no file."
	}
	return ""
}

// sentence says what is wrong with a file or folder, without its path.
func sentence(err error) string {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "It does not exist."
	case errors.Is(err, fs.ErrPermission):
		return "EcoFlow may not read it."
	case errors.Is(err, syscall.ENOTDIR):
		return "It is no folder."
	}
	return "It cannot be used: " + err.Error() + "."
}

func (t *changeover) tryStatic(wrong *fault.Fault) {
	if t.next.Static == t.now.Static && t.next.StaticRoot == t.now.StaticRoot {
		return
	}
	t.same = false
	var err error
	if t.static, err = t.front.openStatic(t.next); err != nil {
		wrong.At("httpStaticRoot", "%s", sentence(err))
	}
}

// tryMain gets the main door ready for where and how the settings want it.
func (t *changeover) tryMain(ctx context.Context, c *Certificate, rehearsal bool, wrong *fault.Fault) {
	f := t.front
	oldHost, oldPort := mainDoor(t.now)
	host, port := mainDoor(t.next)
	if host == oldHost && port == oldPort {
		if t.now.HTTPS == t.next.HTTPS {
			return
		}
		t.secured = c
		scheme := "http"
		if c != nil {
			scheme = "https"
		}
		_, rest, _ := strings.Cut(f.main.Address(), ":")
		t.address = scheme + ":" + rest
		if !rehearsal {
			t.way = newWay(f.app.Log, f.handler, nil)
			if c != nil {
				t.way.tls = c.Config()
			}
		} else {
			t.way = &way{}
		}
		return
	}
	l, err := t.bind(ctx, host, port, f.main, rehearsal)
	if err != nil {
		key := "Port"
		if !aboutPort(err) {
			key = "Host"
		}
		wrong.At(key, "%s", bindSentence(err, host, port))
		return
	}
	if c != nil {
		l.Secure(c)
	}
	t.main, t.address, t.secured = l, l.Address(), c
}

// tryAPI gets the door of the API ready.
func (t *changeover) tryAPI(ctx context.Context, rehearsal bool, wrong *fault.Fault) {
	if t.next.APIAddress == t.now.APIAddress && (t.front.api != nil) == (t.next.APIAddress != "") {
		return
	}
	t.dropAPI = true
	host, port, ok := t.next.API()
	if !ok {
		return
	}
	l, err := t.bind(ctx, host, port, t.front.api, rehearsal)
	switch {
	case err == nil:
		t.api = l
	case t.next.APIAddress == t.now.APIAddress: // it could not be opened at the start either
		t.apiLack = err
		t.warnings = append(t.warnings, fault.Place{Path: "apiAddress", Message: bindSentence(err, host, port)})
	default:
		wrong.At("apiAddress", "%s", bindSentence(err, host, port))
	}
}

// tryNames refuses to take away the public name by which whoever asks for it called
// the server: it would be gone at once, and nobody could bring it back by that name.
func (t *changeover) tryNames(ctx context.Context, wrong *fault.Fault) {
	called := config.CalledAs(ctx)
	if called == "" || slices.Equal(t.now.PublicHosts, t.next.PublicHosts) {
		return
	}
	doors := t.front.doors(true)
	if t.main != nil {
		doors = append(doors, t.main)
	}
	if !t.front.names(t.next, doors).admits(ctx, called) {
		host := (&url.URL{Host: called}).Hostname()
		wrong.At("publicHosts", "You reached this server as %s, and it would no longer answer to that name. Keep it in the list, or take it out from another address, as http://localhost on the server itself.", fault.Shown(host))
	}
}

// tryRouterHost refuses to have the API answer by a name alone by which nobody is let in.
func (t *changeover) tryRouterHost(ctx context.Context, wrong *fault.Fault) {
	host := strings.ToLower(t.next.Router.Host)
	if host == "" || host == strings.ToLower(t.now.Router.Host) && slices.Equal(t.now.PublicHosts, t.next.PublicHosts) {
		return
	}
	if _, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil {
		return // by which of the machine's addresses somebody comes is not known here
	}
	doors := t.front.doors(true)
	for _, l := range []*Listener{t.main, t.api} {
		if l != nil {
			doors = append(doors, l)
		}
	}
	names := t.front.names(t.next, doors)
	for _, l := range doors {
		for _, a := range l.Addresses() {
			if names.admits(ctx, net.JoinHostPort(host, strconv.Itoa(int(a.Port())))) {
				return
			}
		}
	}
	wrong.At("apiRouterOptions.host", "The server does not answer to the name %s. Add it to publicHosts as well.", fault.Shown(host))
}

// warn tells what settings do that nobody wants by mistake.
func (t *changeover) warn() {
	if t.now.Editor.Enabled && !t.next.Editor.Enabled {
		t.warnings = append(t.warnings, fault.Place{
			Path: "editor.enabled",
			Message: "This takes the window away for everybody, at once; the deployed API and the system API go on. This page stays until you leave it or load it anew. " +
				"The window comes back by a start with --safe or with ECOFLOW_EDITOR_ENABLED=true, or by the system API: PUT /systemApi/admin/config with {\"editor.enabled\": true}.",
		})
	}
	if t.next.Router.Path == "" || t.next.Router.Path == t.now.Router.Path {
		return
	}
	path := "/" + strings.Trim(t.next.Router.Path, "/")
	message := fmt.Sprintf("Every request under %s is answered as if it asked for %s.", t.next.Router.Prefix, path)
	at := url.URL{Path: path}
	if prefix := t.now.Router.Prefix; !under(path, prefix) {
		at.Path = strings.TrimSuffix(prefix, "/") + path
	}
	if e := t.front.app.Engine; e != nil && !e.Serves(&http.Request{Method: http.MethodGet, Host: t.now.Router.Host, URL: &at}) {
		message += " No deployed flow has that route: until one does, all are answered 404."
	}
	t.warnings = append(t.warnings, fault.Place{Path: "apiRouterOptions.routerPath", Message: message})
}

// bind opens a new door. One of ours may be in its way, at the same port of an address
// that both cover: then that one is closed for it, and its connections go on. A
// rehearsal lets it be and tries the address at another port.
func (t *changeover) bind(ctx context.Context, host string, port int, old *Listener, rehearsal bool) (*Listener, error) {
	ctx, cancel := context.WithTimeout(ctx, bindTime)
	defer cancel()
	inner, err := bind(ctx, host, port)
	if err != nil && (errors.Is(err, syscall.EADDRINUSE) || isTaken(err)) && old != nil && port == int(old.Addresses()[0].Port()) {
		if rehearsal {
			inner, err = bind(ctx, host, 0)
		} else {
			old.release()
			t.released = append(t.released, old)
			inner, err = bind(ctx, host, port)
		}
	}
	if err != nil {
		return nil, err
	}
	return &Listener{wish: net.JoinHostPort(host, strconv.Itoa(port)), inner: inner, crowd: t.front.crowd}, nil
}

// bindTime bounds how long a name may take to be looked up.
const bindTime = 5 * time.Second

// aboutPort reports whether another port of the address might do.
func aboutPort(err error) bool {
	return errors.Is(err, syscall.EADDRINUSE) || isTaken(err) || errors.Is(err, syscall.EACCES)
}

// bindSentence says why an address cannot be listened on.
func bindSentence(err error, host string, port int) string {
	var unknown *net.DNSError
	switch {
	case errors.Is(err, syscall.EADDRINUSE), isTaken(err):
		return fmt.Sprintf("Port %d is taken by another program. %s.", port, whoHolds(port))
	case errors.Is(err, syscall.EACCES):
		return fmt.Sprintf("EcoFlow may not listen on port %d: the system reserves the ports below 1024.", port)
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return fmt.Sprintf("This machine does not have the address %s.", host)
	case errors.As(err, &unknown):
		return fmt.Sprintf("Nobody knows the name %s.", host)
	}
	return fmt.Sprintf("It cannot be listened on: %v.", err)
}

// Address implements config.Trial.
func (t *changeover) Address() string { return t.address }

// Warnings implements config.Trial.
func (t *changeover) Warnings() []fault.Place { return t.warnings }

// Reached implements config.Trial.
func (t *changeover) Reached(ctx context.Context) bool {
	way := wayOf(ctx)
	switch {
	case t.way != nil:
		return way == t.way
	case t.main != nil:
		return way != nil && way == t.main.ways.Load().now
	}
	return true
}

// Open implements config.Trial.
func (t *changeover) Open() {
	f := t.front
	f.mu.Lock()
	defer f.mu.Unlock()
	t.opened = true
	if t.main != nil {
		t.main.Serve(f.app, f.handler, f.failed)
	}
	if t.way != nil {
		former := f.main.ways.Load().now
		f.main.ways.Store(&ways{now: t.way, former: former})
		former.server.SetKeepAlivesEnabled(false) // who comes again comes the new way
	}
	for _, l := range t.released {
		l.ways.Load().now.server.SetKeepAlivesEnabled(false)
	}
	if t.api != nil {
		t.api.Serve(f.app, f.handler.API(), f.failed)
	}
	f.trial = t
	f.secured.Store(t.secured)
	f.follow(t.next, t.static)
}

// Keep implements config.Trial.
func (t *changeover) Keep() {
	f := t.front
	f.mu.Lock()
	defer f.mu.Unlock()
	f.trial = nil
	if t.main != nil {
		f.drain(f.main.Shutdown)
		f.main = t.main
	}
	if t.way != nil {
		former := f.main.ways.Load().former
		f.main.ways.Store(&ways{now: t.way})
		f.drain(func(ctx context.Context) error { return former.shutdown(ctx, f.crowd) })
	}
	if t.dropAPI {
		if f.api != nil {
			f.drain(f.api.Shutdown)
		}
		f.api, f.apiLack = t.api, t.apiLack
	}
	if !t.same {
		f.forget(f.static)
		f.static, f.fileLack = t.static, nil
	}
	f.follow(t.next, f.static)
}

// Return implements config.Trial.
func (t *changeover) Return() {
	f := t.front
	f.mu.Lock()
	defer f.mu.Unlock()
	f.trial = nil
	t.giveUp(context.Background())
	if t.opened {
		f.secured.Store(t.former)
		f.follow(t.now, f.static)
	}
}

// giveUp closes what was got ready and opens again what had to make room for it. The
// caller holds the front's mu.
func (t *changeover) giveUp(ctx context.Context) {
	f := t.front
	for _, l := range []*Listener{t.main, t.api} {
		if l == nil {
			continue
		}
		l.release() // at once: its port may be wanted
		f.drain(l.Shutdown)
	}
	if t.way != nil && t.way.conns != nil {
		if both := f.main.ways.Load(); both.now == t.way {
			both.former.server.SetKeepAlivesEnabled(true)
			f.main.ways.Store(&ways{now: both.former})
		}
		f.drain(func(ctx context.Context) error { return t.way.shutdown(ctx, f.crowd) })
	}
	for _, l := range t.released {
		if err := l.resume(context.WithoutCancel(ctx)); err != nil {
			f.app.Log.Error("a door could not be opened again", "err", err)
			f.failed(err)
		}
		l.ways.Load().now.server.SetKeepAlivesEnabled(true)
	}
	if !t.same {
		f.forget(t.static)
	}
}

// forget closes a folder of static files.
func (f *Front) forget(s *Static) {
	if s != nil {
		if err := s.Root.Close(); err != nil {
			f.app.Log.Warn("a folder of static files stays open", "err", err)
		}
	}
}
