// Package serve is the life of the process: it joins app, web and storage on a data
// folder, serves until somebody asks it to stop or to start anew, and does what else
// the command line asks for.
package serve

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/netip"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"ecoflow/app"
	"ecoflow/app/auth"
	"ecoflow/app/config"
	"ecoflow/app/event"
	"ecoflow/app/fault"
	"ecoflow/app/instance"
	"ecoflow/app/log"
	"ecoflow/app/secret"
	"ecoflow/app/setup"
	"ecoflow/app/system"
	"ecoflow/storage"
	"ecoflow/web"
)

const (
	exitMargin   = 4 * time.Second // after the time to stop the process is gone, whatever hangs
	databaseName = "ecoflow.db"    // in the data folder

	sandboxTime = 8 * time.Second // a browser that has not read its launch page by then may not
	reserveStep = time.Minute     // how often a reserve that was given up is tried again
	crashesToo  = 3               // crashes within instance.CrashWindow that lead to safe mode
)

// Main does what the command line asks for and returns the exit code: 0 when it
// worked, 1 when it did not, 2 when the arguments or settings make no sense.
func Main(args []string) (code int) {
	if len(args) == 2 && args[0] == auth.HelperCommand {
		if err := auth.ServeHashes(os.Stdin, os.Stdout, args[1]); err != nil {
			complain("", err)
			return 1
		}
		return 0
	}
	left, err := instance.Inherit()
	if err != nil {
		complain("", err)
		return 1
	}
	// From here on nothing that fails or hangs keeps the program before from going on.
	if left != nil {
		overdue := time.AfterFunc(instance.ReadyTime, func() {
			complain("", left.FallBack(fmt.Sprintf("it was not ready within %s", instance.ReadyTime)))
		})
		defer overdue.Stop()
	}
	defer func() {
		if p := recover(); p != nil {
			complain("", left.FallBack(fmt.Sprint(p)))
			panic(p)
		}
	}()
	o, err := instance.ParseOptions(args, os.Getenv)
	switch {
	case err != nil:
		fmt.Fprintf(os.Stderr, "ecoflow: %v\nTry: ecoflow --help\n", err)
		code = 2
	case o.Help:
		fmt.Print(instance.Help())
	case o.Version:
		fmt.Println("EcoFlow", system.Version())
	default:
		code, err = begin(o, left)
	}
	if code != 0 { // of a program that took over from another one, which goes on then
		complain("", left.FallBack(err.Error()))
	}
	return code
}

// begin does what the options ask for.
func begin(o instance.Options, left *instance.Handover) (code int, err error) {
	path, err := instance.Find(o.Dir, o.Portable)
	if err == nil && (len(o.Command) == 0 || o.Command[0] == "check") {
		if _, err := config.Load(nil, outside(o, path)); err != nil {
			complain("", err)
			return 2, err
		}
		if err := setup.CheckCode(os.Getenv(setup.CodeVariable)); err != nil {
			complain(setup.CodeVariable+": ", err)
			return 2, err
		}
	}
	if err == nil {
		err = run(o, path, left)
	}
	if err == nil {
		return 0, nil
	}
	if f, ok := fault.As(err); ok {
		switch f.Code {
		case web.NoSuchAddress:
			fmt.Fprintln(os.Stderr, "ecoflow:", f.Message)
			return 2, err
		case web.PortTaken, web.CannotListen:
			fmt.Fprintln(os.Stderr, "ecoflow:", f.Message)
			return 1, err
		}
	}
	fmt.Fprintln(os.Stderr, "ecoflow:", err)
	return 1, err
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

func run(o instance.Options, path string, left *instance.Handover) error {
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
		if target != "" {
			show(o, target)
			return nil
		}
		s, err := other.Status(context.Background())
		if err == nil {
			sayNoWindow(s)
		}
		return err
	}
	if err := unlock(o, folder); err != nil {
		return errors.Join(err, folder.Release())
	}
	return live(o, folder, left)
}

// live serves on the folder, and after each restart that was asked for a successor
// does. What a successor cannot begin, its predecessor goes on with.
func live(o instance.Options, folder *instance.Folder, left *instance.Handover) error {
	for {
		next, err := serve(o, folder, left)
		if again, handled := recoverFrom(&o, folder, left, &err); again {
			left = nil // its sockets were the recovery's
			continue
		} else if handled {
			return errors.Join(err, folder.Release())
		}
		if next == nil {
			if err != nil {
				complain("", left.FallBack(err.Error()))
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

// process is the running product and what it stands on.
type process struct {
	instance.Options
	folder  *instance.Folder
	log     *slog.Logger
	config  *config.Current
	system  *system.System
	product *app.App
	front   *web.Front
	doors   atomic.Pointer[web.Front]    // the same, for those who look while it is opened
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
// anew: then it returns what the successor gets.
func serve(o instance.Options, folder *instance.Folder, left *instance.Handover) (next *instance.Handover, err error) {
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
	records := log.Open(logOptions(folder, o.Verbose, beforehand(o, folder.Path()).Logging))
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
		Log: p.log, Records: records, System: p.system, Folder: folder.Path(), Travels: folder.Travels(), Key: keys.Origin(), Process: left.Process,
		SetupCode: cmp.Or(left.SetupCode, os.Getenv(setup.CodeVariable)),
		SetUp:     func() { p.warn("setup code stays", folder.RemoveSetupCode()) },
		Parts:     p.parts(db, keys, records),
		// A restart goes on with what is live.
		ImportFlows: o.ImportFlows && p.left == nil,
		Helper:      helper,
		Config:      p.config, Listening: func() []netip.AddrPort { return p.front.Addresses() }, ReservedCookies: sessions.Names(),
	}, db.Stores())
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, p.product.Close()) }()
	if err := p.product.Imported; err != nil {
		complain("The flow files are not live: ", err)
		p.log.Error("flow files not deployed", "err", err)
	}
	db.WatchAilments(p.product.Health.Nudge)

	if p.front, err = web.OpenFront(ctx, p.product, web.FrontOptions{Folder: folder, Left: left.Sockets}); err != nil {
		return nil, err
	}
	p.doors.Store(p.front)
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
		left.Over()
		ready := "READY=1"
		if left.Failure != "" {
			ready += "\nSTATUS=The restart failed, and the program before goes on; see the log."
		}
		p.warn("service manager not told", instance.Notify(ready))
		p.run("reserve", func() { p.keepReserve(records, reserveAfter) })
		p.run("doors", func() { p.mendDoors(ctx) })
		err = p.wait(signals, failed)
	}
	return p.end(ctx, signals, err)
}

// helper returns the command that computes password hashes beside this process.
func helper() *exec.Cmd {
	path, err := os.Executable()
	if err != nil {
		return &exec.Cmd{Err: err}
	}
	return exec.Command(path, auth.HelperCommand) //nolint:gosec // it is this program
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
	o := log.Options{Level: s.SlogLevel(), JSON: s.Format == "json", Pretty: s.Pretty}
	if verbose {
		o.Level = slog.LevelDebug
	}
	if s.Enabled && s.File.Enabled && !folder.ReadOnly() {
		o.File = filepath.Join(logFolder(folder, s), s.File.Filename)
	}
	if s.Label.Enable {
		o.Label = s.Label.Label
	}
	if info, err := os.Stderr.Stat(); verbose || s.Enabled && s.Console && (err != nil || info.Mode()&os.ModeCharDevice == 0) {
		o.Console = os.Stderr
	}
	return o
}

// logFolder is the folder of the log files.
func logFolder(folder *instance.Folder, s config.Logging) string {
	if s.File.Location == "" {
		return folder.Logs()
	}
	return folder.Within(s.File.Location)
}

// demandLog refuses settings by which the log would be written among the product's own
// files, or be served to everybody.
func (p *process) demandLog(_ context.Context, now, next *config.Settings) ([]fault.Place, error) {
	if !next.Logging.Enabled || !next.Logging.File.Enabled {
		return nil, nil
	}
	key, place := "logging.file.location", logFolder(p.folder, next.Logging)
	real, err := filepath.EvalSymlinks(place)
	if err != nil {
		return nil, nil //nolint:nilerr // that it is not there is said elsewhere
	}
	if logs, err := filepath.EvalSymlinks(p.folder.Logs()); err != nil || logs != real {
		private, err := p.folder.IsPrivate(place)
		if err != nil {
			return nil, err
		}
		if private {
			return []fault.Place{{Path: key, Message: "EcoFlow's own files are there. Choose the folder logs, or one elsewhere."}}, nil
		}
	}
	served, err := filepath.EvalSymlinks(web.StaticRoot(p.folder, next))
	if next.Static == "" || err != nil {
		return nil, nil //nolint:nilerr // nothing is served then
	}
	if !holds(served, real) && !holds(real, served) {
		return nil, nil
	}
	if next.Logging.File.Location == now.Logging.File.Location {
		key = "httpStaticRoot"
	}
	return []fault.Place{{Path: key, Message: "The log would be among the static files, for everybody to read."}}, nil
}

// demandFlowFiles refuses settings by which the flow files would be written among the
// product's own files, or be served to everybody.
func (p *process) demandFlowFiles(_ context.Context, now, next *config.Settings) ([]fault.Place, error) {
	if next.FlowDir == "" {
		return nil, nil
	}
	place := p.folder.Within(next.FlowDir)
	real, err := filepath.EvalSymlinks(place)
	looked := real
	if err != nil { // it will be made
		if looked, err = filepath.EvalSymlinks(filepath.Dir(place)); err != nil {
			return nil, nil //nolint:nilerr // that it cannot be is said elsewhere
		}
		real = filepath.Join(looked, filepath.Base(place))
	}
	private, err := p.folder.IsPrivate(looked)
	if err != nil {
		return nil, err
	}
	if data, err := filepath.EvalSymlinks(p.folder.Path()); private && (err != nil || looked == real || !holds(looked, data)) {
		return []fault.Place{{Path: "flowDir", Message: "EcoFlow's own files are there. Choose another folder."}}, nil
	}
	served, err := filepath.EvalSymlinks(web.StaticRoot(p.folder, next))
	if next.Static == "" || err != nil || !holds(served, real) && !holds(real, served) {
		return nil, nil //nolint:nilerr // nothing is served then
	}
	key := "flowDir"
	if next.FlowDir == now.FlowDir {
		key = "httpStaticRoot"
	}
	return []fault.Place{{Path: key, Message: "The flows would be among the static files, for everybody to read."}}, nil
}

// holds reports whether a folder is another one or lies above it.
func holds(folder, other string) bool {
	rel, err := filepath.Rel(folder, other)
	return err == nil && filepath.IsLocal(rel)
}

// beforehand returns the settings as far as they are known without the database.
func beforehand(o instance.Options, folder string) config.Settings {
	s, _ := config.Load(nil, outside(o, folder)) //nolint:errcheck // main has complained about what is not valid
	return s
}

// configure reads the settings and follows those that are the process's own. One
// that is not valid leaves the next best value in force: it locks nobody out.
func (p *process) configure(ctx context.Context, records *log.Log, store config.Store) error {
	var err error
	if p.config, err = config.Open(ctx, store, outside(p.Options, p.folder.Path())); fault.Is(err, fault.Invalid) {
		complain("The stored settings are not all used: ", err)
		p.log.Warn("settings are not valid", "err", err)
	} else if err != nil {
		return err
	}
	p.wasLocal.Store(p.local())
	p.config.Demand(p.demandLog)
	p.config.Demand(p.demandFlowFiles)
	options := logOptions(p.folder, p.Verbose, p.config.Get().Logging)
	p.config.Watch(func(s config.Settings) {
		p.warn("a former log file stays open", records.Change(logOptions(p.folder, p.Verbose, s.Logging)))
	})
	return records.Change(options)
}

// local reports whether the person at this machine is signed in without a password:
// never where others can reach the listener (S1).
func (p *process) local() bool { return p.config.Get().Local() }

// outside is what fixes settings on a data folder.
func outside(o instance.Options, folder string) config.Outside {
	return config.Outside{File: config.ReadFile(folder), Lookup: os.LookupEnv, Flags: flags(o)}
}

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
	if err == nil && keyRemade(db, keys) {
		fmt.Fprintln(os.Stderr, keyRemadeText)
		o.Log.Warn("the key file was missing, and a new one was made; secrets from before have to be entered again")
	}
	return db, keys, err
}

// stop ends what goes on: nothing new comes in, streams say goodbye, runs in flight
// get the time to stop, or nothing more after a second signal.
func (p *process) stop(signals <-chan os.Signal) error {
	stopTime := p.config.Get().Limits.StopTime
	p.overdue = time.AfterFunc(stopTime+exitMargin, func() {
		p.log.Error("stopping took too long")
		os.Exit(1)
	})
	p.warn("an end that is cut off counts as a crash", p.folder.Leaving())
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
