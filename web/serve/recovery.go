package serve

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"time"

	"ecoflow/app"
	"ecoflow/app/config"
	"ecoflow/app/fault"
	"ecoflow/app/instance"
	"ecoflow/app/limit"
	"ecoflow/app/log"
	"ecoflow/app/recovery"
	"ecoflow/app/system"
	"ecoflow/storage"
	"ecoflow/web"
)

// partingTime is what the recovery page's last answers get to be read.
const partingTime = 5 * time.Second

// recoverFrom serves the page of a recovery when err says that the database cannot be
// used (R18), which handled reports. again says that the product may start then.
func recoverFrom(o *instance.Options, folder *instance.Folder, left *instance.Handover, err *error) (again, handled bool) {
	file, ok := storage.BrokenFile(filepath.Join(folder.Path(), databaseName), system.Version(), slog.Default(), *err)
	if !ok {
		return false, false
	}
	if file.Found().Problem == recovery.Newer { // the program before may be new enough
		complain("", left.FallBack((*err).Error()))
	}
	var port int
	if again, port, *err = recoverFolder(*o, folder, file, left); *err != nil || !again {
		return false, true
	}
	// The window that recovered it finds the product where the page was.
	if o.Settings = maps.Clone(o.Settings); o.Settings == nil {
		o.Settings = map[string]string{}
	}
	if beforehand(*o, folder.Path()).Port != port {
		o.Settings["Port"] = strconv.Itoa(port)
	}
	return true, true
}

// recoverFolder serves the page of a recovery until it has ended, and reports whether
// the product may start then, and on which port the page was.
func recoverFolder(o instance.Options, folder *instance.Folder, file *storage.Broken, left *instance.Handover) (again bool, port int, err error) {
	ctx := context.Background()
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(signals)
	records := log.Open(logOptions(folder, o.Verbose, beforehand(o, folder.Path()).Logging))
	defer func() { err = errors.Join(err, records.Close()) }()

	// The settings say where people expect it, when they can be read.
	settings, err := config.Load(file.Settings(ctx), outside(o, folder.Path()))
	if err != nil {
		records.Logger.Warn("not all settings can be used in recovery", "err", err)
	}
	mode := recovery.New(records.Logger, file, settings.Local())
	defer mode.Close()
	found := file.Found()
	records.Logger.Error("the database cannot be used", "problem", found.Problem, "detail", found.Detail, "needs", found.Needs)

	front, err := listenForRecovery(ctx, settings, folder, records.Logger, left)
	if err != nil {
		return false, 0, err
	}
	failed := make(chan error, len(front.Addresses()))
	name, err := os.Hostname()
	if err != nil {
		name = ""
	}
	handler := web.NewRecovery(mode, records.Logger, web.Options{
		Hosts: web.NewHosts(front.Addresses(), name, settings.PublicHosts), Proxies: settings.Proxies(),
		Sessions: web.NewSessions([]byte(rand.Text() + rand.Text())[:32], "recovery-"+rand.Text()[:8]),
	})
	front.Serve(&app.App{Options: app.Options{Log: records.Logger}, Limits: &limit.Counters{}}, handler, func(err error) { failed <- err })
	defer func() {
		ctx, cancel := context.WithTimeout(ctx, partingTime)
		defer cancel()
		if left := front.Shutdown(ctx); ctx.Err() == nil {
			err = errors.Join(err, left)
		}
	}()

	started := time.Now()
	quit := sync.OnceFunc(func() { signals <- os.Interrupt })
	page := func() (string, error) { return recoveryLink(folder, front, mode) }
	line, err := instance.Listen(records.Logger, instance.Answers{
		Status: func() instance.Status {
			return instance.Status{
				PID: os.Getpid(), Address: front.Address(), Folder: folder.Path(), Mode: modeName(settings.Local()),
				State: string(system.Recovery), Version: system.Version(), Uptime: time.Since(started).Seconds(),
			}
		},
		Open: page, Stop: quit, Restart: func(context.Context) error {
			return fault.New(fault.Conflict, "EcoFlow is in recovery: finish it in the window, or stop EcoFlow.").WithCode("recovery")
		},
	})
	if err != nil {
		return false, 0, err
	}
	defer func() { err = errors.Join(err, line.Close()) }()
	if err := folder.Announce(line, front.Address(), ""); err != nil {
		return false, 0, err
	}
	target, err := page()
	if err != nil {
		return false, 0, err
	}
	sayRecovery(found, front.Address())
	if code := mode.Code(); code != "" {
		if err := folder.WriteRecoveryCode(code); err != nil {
			return false, 0, err
		}
		fmt.Println("Recovery code:", code)
	}
	fmt.Println("EcoFlow can be recovered at", front.Address())
	fault.Go(records.Logger, "browser", func() { show(o, target) })
	left.Over()

	port = int(front.Addresses()[0].Port())
	select {
	case outcome := <-mode.Ended():
		if outcome == recovery.Start {
			fmt.Println("EcoFlow starts with what could be read.")
		}
		return outcome == recovery.Start, port, folder.Sweep()
	case s := <-signals:
		records.Logger.Info("stopping", "signal", s.String())
		return false, port, nil
	case err := <-failed:
		return false, port, err
	}
}

// sayRecovery says on the console what was found.
func sayRecovery(found recovery.Found, address string) {
	if found.Problem == recovery.Newer {
		fmt.Printf("The database %s was made by EcoFlow %s. This is EcoFlow %s, which cannot use it. Nothing was changed.\n", found.Path, found.Needs, or(found.Version, "of an earlier date"))
		return
	}
	fmt.Printf("The database %s is damaged (%s). It stays as it is. Open %s to save what can be read.\n", found.Path, found.Detail, address)
}

// listenForRecovery listens where the product would. A certificate that cannot be
// used leaves this machine alone to reach it.
func listenForRecovery(ctx context.Context, s config.Settings, folder *instance.Folder, logger *slog.Logger, left *instance.Handover) (*web.Listener, error) {
	host := s.Host
	if s.Source("Host") == config.Default {
		host = "localhost" // IPv6 as well
	}
	var certificate *web.Certificate
	if s.HTTPS.Enabled {
		var err error
		if certificate, err = web.OpenCertificate(folder.Within(s.HTTPS.Cert), folder.Within(s.HTTPS.Key), logger); err != nil {
			logger.Warn("the recovery page is for this machine alone", "err", err)
			host = "localhost"
		}
	}
	var sockets []instance.Socket
	if left != nil {
		sockets = left.Sockets
	}
	front, err := web.Listen(ctx, host, s.Port, true, sockets...)
	if err == nil && certificate != nil {
		front.Secure(certificate)
	}
	return front, err
}

// recoveryLink returns what a browser has to open for the recovery: in local mode
// with a token that lets the person at the machine in.
func recoveryLink(folder *instance.Folder, front *web.Listener, mode *recovery.Mode) (string, error) {
	link := front.Address() + "/_/recovery"
	if !mode.Local() {
		return link, nil
	}
	link += "#" + mode.LaunchToken()
	if folder.ReadOnly() {
		return link, nil
	}
	return folder.WriteLaunch(link) // swept with the end of the recovery
}

func modeName(local bool) string {
	if local {
		return "local"
	}
	return "auth"
}

func or(text, instead string) string {
	if text == "" {
		return instead
	}
	return text
}
