package serve

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"ecoflow/app/audit"
	"ecoflow/app/auth"
	"ecoflow/app/config"
	"ecoflow/app/event"
	"ecoflow/app/instance"
	"ecoflow/app/limit"
	"ecoflow/app/log"
	"ecoflow/app/secret"
	"ecoflow/app/system"
	"ecoflow/storage"
	"ecoflow/web"
)

// longestExit is how long EcoFlow may take to end: the most that the settings allow.
const longestExit = 300*time.Second + exitMargin

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
	err = unlock(o, folder)
	if err == nil {
		err = withStorage(ctx, folder, o)
	}
	return errors.Join(err, folder.Release())
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
	if s.NoWindow {
		fmt.Printf("window   off (editor.enabled); the API is at %s\n", s.API)
	}
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
	if err := folder.AwaitRelease(ctx, longestExit); err != nil {
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
	if err := folder.AwaitRestart(ctx, other, longestExit+instance.ReadyTime); err != nil {
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
	s, err := config.Load(stored, outside(o, path))
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
	records := log.Open(logOptions(folder, o.Verbose, beforehand(o, folder.Path()).Logging))
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
		if _, err := os.Stat(filepath.Join(folder.Path(), "secret.key")); err == nil && os.Getenv(secret.KeyVariable) != "" {
			fmt.Println("The file secret.key opens nothing any more: delete it.")
		}
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
	if v.Cut > 0 {
		fmt.Printf("Entries up to %d were moved to signed archives; those in the folder %s have %d.\n", v.Cut, audit.Folder, v.Archived)
	}
	if v.Sound() && v.Unknown > 0 {
		fmt.Println("The rest of the audit log is whole.")
		return nil
	}
	if v.Sound() {
		fmt.Printf("The audit log is whole: %d entries.\n", v.Entries)
		return nil
	}
	for _, b := range v.Breaks {
		fmt.Printf("entry %d %s\n", b.ID, b.Reason)
	}
	if v.Broken == 1 {
		return errors.New("the audit log was tampered with in one place")
	}
	return fmt.Errorf("the audit log was tampered with in %d places", v.Broken)
}
