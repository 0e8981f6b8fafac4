// Command ecoflow is EcoFlow: it serves the APIs that people draw, and the window
// in which they draw them.
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/netip"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"ecoflow/app"
	"ecoflow/app/audit"
	"ecoflow/app/auth"
	"ecoflow/app/config"
	"ecoflow/app/event"
	"ecoflow/app/fault"
	"ecoflow/app/instance"
	"ecoflow/app/limit"
	"ecoflow/app/log"
	"ecoflow/app/secret"
	"ecoflow/app/system"
	"ecoflow/storage"
	"ecoflow/web"
)

const (
	stopTime     = 30 * time.Second // what runs in flight get to end
	exitTime     = 34 * time.Second // the process is gone by then, whatever hangs
	databaseName = "ecoflow.db"     // in the data folder

	sandboxTime = 8 * time.Second // a browser that has not read its launch page by then may not
	reserveStep = time.Minute     // how often a reserve that was given up is tried again
	crashesToo  = 3               // crashes within instance.CrashWindow that lead to safe mode
)

func main() {
	left, err := instance.Inherit()
	if err != nil {
		complain("", err)
		os.Exit(1)
	}
	o, err := instance.ParseOptions(os.Args[1:], os.Getenv)
	switch {
	case err != nil:
		fmt.Fprintf(os.Stderr, "ecoflow: %v\nTry: ecoflow --help\n", err)
		giveUp(left, err, 2)
	case o.Help:
		fmt.Print(instance.Help())
	case o.Version:
		fmt.Println("EcoFlow", system.Version())
	default:
		if len(o.Command) == 0 || o.Command[0] == "check" {
			if _, err := config.Load(nil, os.LookupEnv, o.Settings); err != nil {
				complain("", err)
				giveUp(left, err, 2)
			}
		}
		if err := run(o, left); err != nil {
			fmt.Fprintln(os.Stderr, "ecoflow:", err)
			giveUp(left, err, 1)
		}
	}
}

// giveUp ends the process, unless it took over from another program: then that one
// goes on.
func giveUp(left *instance.Handover, err error, code int) {
	complain("", left.FallBack(nil, err.Error()))
	os.Exit(code)
}

// complain says on the console what is wrong, and with which settings; nil is nothing.
func complain(prefix string, err error) {
	if err == nil {
		return
	}
	fmt.Fprintf(os.Stderr, "ecoflow: %s%v\n", prefix, err)
	if f, ok := fault.As(err); ok {
		for _, at := range f.Places {
			fmt.Fprintf(os.Stderr, "  %s: %s\n", at.Path, at.Message)
		}
	}
}

func run(o instance.Options, left *instance.Handover) error {
	path, err := instance.Find(o.Dir, o.Portable)
	if err != nil {
		return err
	}
	if len(o.Command) > 0 {
		return command(o, path)
	}
	folder, err := instance.Open(path)
	if err != nil {
		return err
	}
	folder.Adopt(left)
	other, target, err := folder.OwnOrShow(context.Background())
	if err != nil {
		return err
	}
	if other != nil {
		fmt.Println("EcoFlow already runs at", other.Address)
		show(o, target)
		return nil
	}
	return live(o, folder, left)
}

// live serves on the folder, and after each restart that was asked for a successor
// does. What a successor cannot begin, its predecessor goes on with.
func live(o instance.Options, folder *instance.Folder, left *instance.Handover) error {
	overdue := time.AfterFunc(instance.ReadyTime, func() {
		complain("", left.FallBack(folder, fmt.Sprintf("it was not ready within %s", instance.ReadyTime)))
	})
	defer func() {
		if p := recover(); p != nil {
			complain("", left.FallBack(folder, fmt.Sprint(p)))
			panic(p)
		}
	}()
	for {
		ready := func() { overdue.Stop(); left.Over() }
		next, err := serve(o, folder, left, ready)
		overdue.Stop()
		if again, handled := recoverFrom(&o, folder, left, ready, &err); again {
			left = nil // its sockets were the recovery's
			continue
		} else if handled {
			return errors.Join(err, folder.Release())
		}
		if next == nil {
			if err != nil {
				complain("", left.FallBack(folder, err.Error()))
			}
			return errors.Join(err, folder.Release())
		}
		if err != nil {
			complain("before the restart: ", err)
		}
		if err = folder.HandOver(); err == nil {
			if err = instance.Become(folder, next); err == nil {
				return nil
			}
		}
		next.Failure, left = err.Error(), next
	}
}

// show opens a browser on a launch page or address, or says what to open.
func show(o instance.Options, target string) {
	if !o.NoBrowser {
		err := instance.Browse(target)
		if err == nil {
			return
		}
		fmt.Println("No browser could be opened:", err)
	}
	fmt.Println("Open this in a browser:", target)
}

// process is the running product and what it stands on.
type process struct {
	instance.Options
	folder  *instance.Folder
	log     *slog.Logger
	config  *config.Current
	system  *system.System
	product *app.App
	front   *web.Front
	left    *instance.Handover           // by the process before; nil at an ordinary start
	full    chan struct{}                // a write found the disk full
	lost    chan error                   // the data folder came back as one that cannot be used
	back    atomic.Pointer[func() error] // makes a data folder that came back ours again
	tasks   sync.WaitGroup               // what ends when a stop is asked for
	overdue *time.Timer                  // ends a process that hangs in its end

	wasLocal atomic.Bool // before the last change of the settings
}

// run starts a task that ends once a stop is asked for.
func (p *process) run(name string, task func()) {
	p.tasks.Add(1)
	fault.Go(p.log, name, func() {
		defer p.tasks.Done()
		task()
	})
}

// serve runs the product on the folder until somebody asks it to stop, or to start
// anew: then it returns what the successor gets. ready is called when it serves.
func serve(o instance.Options, folder *instance.Folder, left *instance.Handover, ready func()) (next *instance.Handover, err error) {
	ctx := context.Background()
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	if !signal.Ignored(syscall.SIGHUP) { // nohup
		signal.Notify(signals, syscall.SIGHUP)
	}
	defer signal.Stop(signals)

	if err := folder.Sweep(); err != nil {
		return nil, err
	}
	full, err := folder.MakeRoom()
	if err != nil {
		return nil, err
	}
	records := log.Open(logOptions(folder, o.Verbose, beforehand(o).Logging))
	defer func() { err = errors.Join(err, records.Close()) }()
	p := &process{Options: o, folder: folder, left: left, log: records.Logger, full: make(chan struct{}, 1), lost: make(chan error, 1)}
	reserveAfter := time.Duration(0)
	if full {
		reserveAfter = reserveStep
		p.log.Warn("the disk is full; the reserve was given up to start")
		fmt.Println("The disk is full. EcoFlow starts with its reserve; make room soon.")
	}
	if left == nil {
		left = &instance.Handover{}
	}
	safe, crashes := p.safeMode()
	p.system = system.New(safe)
	if p.system.Crashes = crashes; left.Failure != "" {
		p.system.NotRestarted()
		p.log.Error("restart failed; going on as before", "err", left.Failure)
		fmt.Fprintln(os.Stderr, "The restart failed, and EcoFlow goes on as before:", left.Failure)
	}
	p.system.Rehearse = p.rehearse
	defer func() {
		if p.overdue != nil {
			p.overdue.Stop()
		}
	}()

	db, keys, err := openStorage(ctx, folder, storage.Options{
		Log: p.log, Full: p.diskIsFull, Back: p.folderIsBack, Lost: func(err error) { p.lost <- err },
	})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := p.configure(ctx, records, db.Settings()); err != nil {
		return nil, err
	}
	p.log.Info("starting", "version", system.Version(), "folder", folder.Path(), "memory", system.LimitMemory())
	sessions := web.NewSessions(keys.Derive("session cookies"), db.Instance())

	p.product, err = app.New(ctx, app.Options{
		Log: p.log, Records: records, System: p.system, Folder: folder.Path(), Process: left.Process,
		SetupCode: cmp.Or(left.SetupCode, os.Getenv("ECOFLOW_SETUP_CODE")),
		SetUp:     func() { p.warn("setup code stays", folder.RemoveSetupCode()) },
		Parts:     p.parts(db, keys, records),
		Config:    p.config, Listening: func() []netip.AddrPort { return p.front.Addresses() }, ReservedCookies: sessions.Names(),
	}, db.Stores())
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, p.product.Close()) }()
	db.WatchAilments(p.product.Health.Nudge)

	if p.front, err = web.OpenFront(ctx, p.product, web.FrontOptions{Folder: folder, Left: left.Sockets}); err != nil {
		return nil, err
	}
	if folder.Unlocked() {
		fmt.Println("The disk of the data folder knows no locks: see to it that no other EcoFlow uses the folder.")
	}
	line, err := instance.Listen(p.log, instance.Answers{
		Status: p.status, Open: p.window, Stop: p.system.Stop,
		Restart: func(ctx context.Context) error {
			err := p.system.Restart(ctx, system.Anew{})
			if f, ok := fault.As(err); ok {
				return errors.New(f.Message) // the cause is in it, and in the log
			}
			return err
		},
	})
	if err != nil {
		return nil, errors.Join(err, p.front.Shutdown(ctx))
	}
	defer func() { err = errors.Join(err, line.Close()) }()
	announce := func() error { return folder.Announce(line, p.front.Address(), db.Instance()) }
	p.config.Announce(func(config.Announcement) { p.warn("others are told a former address", announce()) })
	p.config.Watch(p.becomeLocal)
	failed := make(chan error, 1)
	p.front.Serve(sessions, func(err error) {
		select {
		case failed <- err:
		default: // one is enough
		}
	})
	takeBack := func() error {
		if err := folder.Retake(); err != nil {
			return err
		}
		records.Reopen()
		return announce()
	}
	p.back.Store(&takeBack)
	err = announce()
	if err == nil {
		p.system.Ready()
		err = p.greet(ctx)
	}
	if err == nil {
		ready()
		p.warn("service manager not told", instance.Notify("READY=1"))
		p.run("reserve", func() { p.keepReserve(reserveAfter) })
		err = p.wait(signals, failed)
	}
	return p.end(ctx, signals, err)
}

// wait returns when the process has to end, with the error that ends it.
func (p *process) wait(signals <-chan os.Signal, failed <-chan error) error {
	for {
		select {
		case s := <-signals:
			if s == syscall.SIGHUP && instance.Supervised() {
				p.run("reload", p.reload)
				continue
			}
			p.log.Info("stopping", "signal", s.String())
			p.system.Stop()
			return nil
		case <-p.system.StopAsked():
			p.log.Info(string(p.system.Ending()), "asked", true)
			return nil
		case err := <-failed:
			p.log.Error("listener failed", "err", err)
			p.system.Stop()
			return err
		case err := <-p.lost:
			p.log.Error("stopping", "err", err)
			p.system.Stop()
			return err
		}
	}
}

// reload is a restart that the service manager asked for.
func (p *process) reload() {
	p.warn("service manager not told", instance.Notify(instance.Reloading()))
	if err := p.system.Restart(context.Background(), system.Anew{}); err != nil {
		p.log.Error("not restarted", "err", err)
		p.warn("service manager not told", instance.Notify("READY=1\nSTATUS=The restart was refused, see the log."))
	}
}

// rehearse finds out whether a successor could start.
func (p *process) rehearse(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	fault.Go(p.log, "end of the rehearsal", func() {
		select {
		case <-p.system.StopAsked():
			cancel()
		case <-ctx.Done():
		}
	})
	err := instance.Rehearse(ctx)
	if err != nil {
		p.log.Error("restart refused, going on as before", "err", err)
		p.product.Health.Nudge()
	}
	return err
}

// end stops the product and returns what a successor gets, nil when there is to be
// none.
func (p *process) end(ctx context.Context, signals <-chan os.Signal, err error) (*instance.Handover, error) {
	p.warn("a trial of settings has no end", p.config.Close())
	if p.system.Ending() != system.Restarting {
		p.system.Stop()
		p.warn("service manager not told", instance.Notify("STOPPING=1"))
		return nil, errors.Join(err, p.stop(signals))
	}
	p.warn("service manager not told", instance.Notify(instance.Reloading()))
	next := &instance.Handover{Sockets: p.front.Sockets(), Process: p.product.Accounts.Process, Safe: p.system.Anew().Safe}
	for _, s := range next.Sockets {
		next.Keep(s.File)
	}
	if next.Safe == nil && p.left != nil {
		next.Safe = p.left.Safe
	}
	var code error
	if next.SetupCode, code = p.product.Setup.Code(ctx); code != nil {
		p.warn("the setup code changes", code)
	}
	err = p.stop(signals)
	if p.system.Ending() != system.Restarting { // a signal came
		next.Over()
		return nil, err
	}
	return next, err
}

// logOptions say where the log of a folder goes. A person at a terminal is spared it
// unless they ask for it; a service's supervisor gets it as well.
func logOptions(folder *instance.Folder, verbose bool, s config.Logging) log.Options {
	o := log.Options{Level: s.SlogLevel(), JSON: s.Format == "json"}
	if verbose {
		o.Level = slog.LevelDebug
	}
	if s.Enabled && s.File.Enabled && !folder.ReadOnly() {
		o.File = filepath.Join(folder.Logs(), s.File.Filename)
		if s.File.Location != "" {
			o.File = filepath.Join(folder.Within(s.File.Location), s.File.Filename)
		}
	}
	if s.Label.Enable {
		o.Label = s.Label.Label
	}
	if info, err := os.Stderr.Stat(); verbose || s.Enabled && s.Console && (err != nil || info.Mode()&os.ModeCharDevice == 0) {
		o.Console = os.Stderr
	}
	return o
}

// beforehand returns the settings as far as they are known without the database.
func beforehand(o instance.Options) config.Settings {
	s, _ := config.Load(nil, os.LookupEnv, flags(o)) //nolint:errcheck // main has complained about what is not valid
	return s
}

// configure reads the settings and follows those that are the process's own. One
// that is not valid leaves the next best value in force: it locks nobody out.
func (p *process) configure(ctx context.Context, records *log.Log, store config.Store) error {
	var err error
	if p.config, err = config.Open(ctx, store, os.LookupEnv, flags(p.Options)); fault.Is(err, fault.Invalid) {
		complain("The stored settings are not all used: ", err)
		p.log.Warn("settings are not valid", "err", err)
	} else if err != nil {
		return err
	}
	p.wasLocal.Store(p.local())
	options := logOptions(p.folder, p.Verbose, p.config.Get().Logging)
	p.config.Watch(func(s config.Settings) {
		p.warn("a former log file stays open", records.Change(logOptions(p.folder, p.Verbose, s.Logging)))
	})
	return records.Change(options)
}

// local reports whether the person at this machine is signed in without a password:
// never where others can reach the listener (S1).
func (p *process) local() bool { return p.config.Get().Local() }

// flags are the settings that the command line fixes.
func flags(o instance.Options) map[string]string {
	if !o.Auth {
		return o.Settings
	}
	all := maps.Clone(o.Settings)
	if all == nil {
		all = map[string]string{}
	}
	all["signIn"] = "true"
	return all
}

// openStorage opens the database of a folder with the folder's key.
func openStorage(ctx context.Context, folder *instance.Folder, o storage.Options) (*storage.DB, *secret.Keyring, error) {
	keys := secret.OpenKeyring(filepath.Join(folder.Path(), "secret.key"), os.Getenv(secret.KeyVariable))
	if problem := keys.Problem(); problem != "" {
		fmt.Fprintln(os.Stderr, problem)
		o.Log.Warn("secret key is not as it should be", "problem", problem)
	}
	o.Path, o.Keys, o.Version, o.ReadOnly = filepath.Join(folder.Path(), databaseName), keys, system.Version(), folder.ReadOnly()
	db, err := storage.Open(ctx, o)
	return db, keys, err
}

// safeMode reports whether this process runs no flow: because it was told so, or
// because its predecessors crashed one after the other (R9), which is when.
func (p *process) safeMode() (safe bool, crashes []time.Time) {
	told := p.Safe
	if p.left != nil && p.left.Safe != nil {
		if told = *p.left.Safe; !told {
			p.warn("crashes are not forgotten", p.folder.ForgetCrashes())
		}
	}
	crashes, err := p.folder.WatchCrashes(time.Now())
	p.warn("crashes are not watched", err)
	if len(crashes) < crashesToo {
		return told, nil
	}
	fmt.Printf("EcoFlow crashed %d times within a minute. It starts in safe mode: you can manage it, and no flow runs.\n", len(crashes))
	return true, crashes
}

// greet says where the product is, opens a browser on it, and shows the setup code
// where somebody has to set it up.
func (p *process) greet(ctx context.Context) error {
	code, err := p.product.Setup.Code(ctx)
	if err != nil {
		return err
	}
	if p.folder.ReadOnly() {
		fmt.Println("The data folder cannot be written. What is deployed runs and everything can be looked at; nothing can be changed until EcoFlow is started on a folder that can be written.")
	} else if code != "" {
		if err := p.folder.WriteSetupCode(code); err != nil {
			return err
		}
		fmt.Println("Setup code:", code)
	}
	if s := p.config.Get(); !s.Loopback() && !s.HTTPS.Enabled && len(s.TrustedProxies) == 0 {
		fmt.Println("Others can reach this listener, and nothing encrypts what they send: put a reverse proxy with TLS in front of it.")
	}
	fmt.Println("EcoFlow is ready at", p.front.Address())
	if p.left != nil {
		return nil // whoever looks at it has a window
	}
	target, err := p.window()
	if err != nil {
		return err
	}
	fault.Go(p.log, "browser", func() { show(p.Options, target) })
	return nil
}

// parts are what the process stands on, as parts whose health is watched.
func (p *process) parts(db *storage.DB, keys *secret.Keyring, records *log.Log) []system.Part {
	parts := []system.Part{db.Part(), secretsPart(keys), logPart(records)}
	if p.folder.ReadOnly() { // however full its disk is, nothing gets less
		return parts
	}
	return slices.Insert(parts, 1, system.DiskPart(p.folder.Path()))
}

// secretsPart watches whether the secrets can be read.
func secretsPart(keys *secret.Keyring) system.Part {
	return system.Part{Name: "secrets", Look: func(context.Context) system.Finding {
		if problem := keys.Problem(); problem != "" {
			return system.Finding{Condition: system.Failed, Reason: problem, Trouble: "secrets"}
		}
		return system.Finding{Reason: "Secrets are encrypted, and the key is there."}
	}}
}

// logPart watches whether the log is written.
func logPart(records *log.Log) system.Part {
	return system.Part{Name: "log", Look: func(context.Context) system.Finding {
		dropped := records.Dropped()
		switch why := records.Failing(); {
		case why != "":
			return system.Finding{Condition: system.Failed, Reason: "The log cannot be written: " + fault.Sentence(why)}
		case dropped > 0:
			return system.Finding{Reason: fmt.Sprintf("The log is written; %d records were dropped since the start because they came too fast or could not be written.", dropped)}
		}
		return system.Finding{Reason: "The log is written."}
	}}
}

// window returns what a browser has to open: in local mode a page that signs in
// whoever can read the data folder, else the address.
func (p *process) window() (string, error) {
	address := p.front.Address() + "/_/"
	if !p.local() {
		return address, nil
	}
	token := p.product.Accounts.LaunchToken()
	link := address + "launch#" + token
	if p.folder.ReadOnly() {
		return link, nil
	}
	page, err := p.folder.WriteLaunch(link)
	if err != nil {
		return "", err
	}
	p.run("launch page", func() { p.watchLaunch(page, link, token) })
	return page, nil
}

// becomeLocal opens a browser for the person at this machine once nobody has to sign
// in any more: it is they who can confirm it.
func (p *process) becomeLocal(s config.Settings) {
	if was := p.wasLocal.Swap(s.Local()); was || !s.Local() {
		return
	}
	target, err := p.window()
	if err != nil {
		p.warn("no window for the person at this machine", err)
		return
	}
	fault.Go(p.log, "browser", func() { show(p.Options, target) })
}

// watchLaunch removes a launch page once it is used or too old. A browser that has
// not asked by sandboxTime may not read the page (sandboxed installs): it gets the
// link itself, which dies on first use.
func (p *process) watchLaunch(page, link, token string) {
	defer func() { p.warn("launch page stays", p.folder.RemoveLaunch(page)) }()
	look := time.NewTicker(sandboxTime / 32)
	defer look.Stop()
	direct := time.After(sandboxTime)
	for p.product.Accounts.LaunchOpen(token) {
		select {
		case <-look.C:
		case <-direct:
			if !p.NoBrowser {
				p.warn("browser not opened", instance.Browse(link))
			}
		case <-p.system.StopAsked():
			return
		}
	}
}

// status is what other processes of the same person are told.
func (p *process) status() instance.Status {
	mode := "auth"
	if p.local() {
		mode = "local"
	}
	return instance.Status{
		PID: os.Getpid(), Address: p.front.Address(), Folder: p.folder.Path(), Mode: mode,
		State: string(p.system.State()), Version: system.Version(), Uptime: p.system.Uptime().Seconds(),
	}
}

// folderIsBack makes a data folder ours again that was gone for a while.
func (p *process) folderIsBack() error {
	if back := p.back.Load(); back != nil {
		return (*back)()
	}
	return nil // it was gone before it was announced
}

// diskIsFull has the reserve given up, so that there is room to delete something.
func (p *process) diskIsFull() {
	select {
	case p.full <- struct{}{}:
	default: // it is under way
	}
}

// keepReserve holds the reserve from wait on and while there is room for it: until
// the disk is full, and again after somebody made room.
func (p *process) keepReserve(wait time.Duration) {
	due := time.NewTimer(wait)
	defer due.Stop()
	for {
		select {
		case <-due.C:
			if p.folder.Reserve() != nil {
				due.Reset(reserveStep)
			}
		case <-p.full:
			p.log.Warn("the disk is full; the reserve is given up")
			p.warn("the reserve stays", p.folder.ReleaseReserve())
			due.Reset(reserveStep)
		case <-p.system.StopAsked():
			p.warn("the reserve stays", p.folder.ReleaseReserve())
			return
		}
	}
}

// stop ends what goes on: nothing new comes in, streams say goodbye, runs in flight
// get stopTime, or nothing more after a second signal.
func (p *process) stop(signals <-chan os.Signal) error {
	p.overdue = time.AfterFunc(exitTime, func() {
		p.log.Error("stopping took too long")
		os.Exit(1)
	})
	restarting := p.system.Ending() == system.Restarting
	p.system.Leaving()
	p.product.Events.Publish(event.Server, map[string]any{"state": p.system.Ending()})
	p.tasks.Wait()

	ctx, cancel := context.WithTimeout(context.Background(), stopTime)
	defer cancel()
	fault.Go(p.log, "further signals", func() {
		for {
			select {
			case <-signals:
				if restarting { // the first one: no successor
					restarting = false
					p.system.Stop()
					continue
				}
				cancel()
			case <-ctx.Done():
				return
			}
		}
	})
	if err := p.front.Shutdown(ctx); ctx.Err() == nil {
		return err
	}
	p.log.Warn("requests were cut off")
	return nil
}

// warn logs an error that the process can live with; nil is none.
func (p *process) warn(message string, err error) {
	if err != nil {
		p.log.Warn(message, "err", err)
	}
}

// command does what was asked instead of serving.
func command(o instance.Options, path string) error {
	if o.Command[0] == "check" {
		return check(o, path)
	}
	folder, err := instance.Existing(path)
	if err != nil {
		return err
	}
	ctx := context.Background()
	switch o.Command[0] {
	case "status":
		return showStatus(ctx, folder)
	case "stop":
		return askToStop(ctx, folder)
	case "restart":
		return askToRestart(ctx, folder)
	}
	owner, err := folder.Own()
	if err != nil {
		return err
	}
	if !owner {
		return fmt.Errorf("EcoFlow runs on %s; end it first with: ecoflow stop", path)
	}
	return errors.Join(withStorage(ctx, folder, o), folder.Release())
}

func showStatus(ctx context.Context, folder *instance.Folder) error {
	other, err := folder.Owner()
	if err != nil {
		return err
	}
	s, err := other.Status(ctx)
	if err != nil {
		return err
	}
	up := time.Duration(s.Uptime * float64(time.Second)).Round(time.Second)
	if s.State == string(system.Recovery) {
		s.State = "in recovery"
	}
	fmt.Printf("EcoFlow is %s at %s\nmode     %s\nfolder   %s\nversion  %s\nprocess  %d, up %s\n", s.State, s.Address, s.Mode, s.Folder, s.Version, s.PID, up)
	return nil
}

func askToStop(ctx context.Context, folder *instance.Folder) error {
	other, err := folder.Owner()
	if err != nil {
		return err
	}
	if err := other.Stop(ctx); err != nil {
		return err
	}
	if err := folder.AwaitRelease(ctx, exitTime); err != nil {
		return err
	}
	fmt.Println("EcoFlow has stopped.")
	return nil
}

func askToRestart(ctx context.Context, folder *instance.Folder) error {
	other, err := folder.Owner()
	if err != nil {
		return err
	}
	if err := other.Restart(ctx); err != nil {
		return err
	}
	if err := folder.AwaitRestart(ctx, other, exitTime+instance.ReadyTime); err != nil {
		return err
	}
	fmt.Println("EcoFlow has restarted.")
	return nil
}

// check looks whether a start would work, without one and beside the EcoFlow that
// runs: whether the database can be used, the certificate loaded, and, where nothing
// runs, the address bound.
func check(o instance.Options, path string) error {
	ctx := context.Background()
	var stored []byte
	folder, err := instance.Existing(path)
	if err == nil {
		if stored, err = storage.Look(ctx, filepath.Join(path, "ecoflow.db"), system.Version()); err != nil {
			return err
		}
	}
	s, err := config.Load(stored, os.LookupEnv, flags(o))
	if err != nil {
		complain("The stored settings are not all used: ", err)
	}
	if s.HTTPS.Enabled && folder != nil {
		if _, err := web.OpenCertificate(folder.Within(s.HTTPS.Cert), folder.Within(s.HTTPS.Key), slog.New(slog.DiscardHandler)); err != nil {
			return err
		}
	}
	if folder != nil {
		if err := os.MkdirAll(filepath.Join(path, "public"), 0o700); err != nil && !folder.ReadOnly() {
			return fmt.Errorf("make the folder of static files: %w", err)
		}
		if _, err := folder.Owner(); !errors.Is(err, instance.ErrNotRunning) {
			fmt.Println(instance.CanStart, "in place of the one that runs, version", system.Version())
			return nil
		}
	}
	front, err := web.Listen(ctx, s.Host, s.Port, s.Local())
	if err != nil {
		return err
	}
	fmt.Println(instance.CanStart+", version", system.Version())
	return front.Shutdown(ctx)
}

// withStorage does a command that works on the database while nothing runs.
func withStorage(ctx context.Context, folder *instance.Folder, o instance.Options) (err error) {
	words := o.Command
	records := log.Open(logOptions(folder, o.Verbose, beforehand(o).Logging))
	defer func() { err = errors.Join(err, records.Close()) }()
	db, _, err := openStorage(ctx, folder, storage.Options{Log: records.Logger})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	switch words[0] {
	case "reset-password":
		ctx = audit.WithEntry(ctx, &audit.Entry{
			Action: "user.resetPassword", Message: "Reset the password of " + words[1] + " from the command line",
			Type: "Warning", Object: "user " + words[1], Result: audit.Done,
		})
		accounts := auth.New(auth.Options{Log: records.Logger, Store: db.Accounts(), Events: event.New(1), Limits: &limit.Counters{}})
		password, err := accounts.ResetPassword(ctx, words[1])
		if err != nil {
			return err
		}
		fmt.Printf("The new password of %s is %s\nAll their sessions and tokens have ended.\n", words[1], password)
	case "rekey":
		ctx = audit.WithEntry(ctx, &audit.Entry{
			Action: "secret.rekey", Message: "Encrypted all secrets with a new key from the command line",
			Type: "Warning", Object: "secrets", Result: audit.Done,
		})
		changed, err := db.Rekey(ctx)
		if err != nil {
			return err
		}
		fmt.Printf("%d secrets are encrypted with a new key. Everybody has to sign in again.\n", changed)
	case "audit":
		verdict, err := db.Audit().Verify(ctx)
		if err != nil {
			return err
		}
		return report(verdict)
	}
	return nil
}

// report prints what a look at the audit log found; it is an error when the log is
// not whole.
func report(v audit.Verdict) error {
	if v.Unknown > 0 {
		fmt.Printf("%d entries were signed with a key that is lost; nobody can say whether they were changed.\n", v.Unknown)
	}
	if v.Sound() {
		fmt.Printf("The audit log is whole: %d entries.\n", v.Entries)
		return nil
	}
	for _, b := range v.Breaks {
		fmt.Printf("entry %d %s\n", b.ID, b.Reason)
	}
	return fmt.Errorf("the audit log was tampered with in %d places", v.Broken)
}
