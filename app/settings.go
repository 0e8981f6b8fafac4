package app

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"ecoflow/app/config"
	"ecoflow/app/fault"
	"ecoflow/app/flow"
)

// flowSettings are the settings in the terms of the engine.
func (a *App) flowSettings() flow.Settings {
	s := a.Config.Get()
	return flow.Settings{
		Prefix: s.Router.Prefix, Methods: s.Router.Methods, Sensitive: s.Router.Sensitive, Strict: s.Router.Strict, Host: s.Router.Host,
		CORS: flow.CORS{
			Enabled: s.CORS.Enabled, Origins: s.CORS.Origins(), Methods: s.CORS.Methods, AllowHeaders: s.CORS.AllowHeaders,
			ExposeHeaders: s.CORS.ExposeHeaders, MaxAge: s.CORS.MaxAge, Credentials: s.CORS.Credentials,
			KeepOnError: s.CORS.KeepOnError, SecureContext: s.CORS.SecureContext, PrivateAccess: s.CORS.PrivateAccess,
		},
		RunTime: s.Limits.RunTime, TemplateTime: s.Limits.TemplateTime, Body: int64(s.Limits.APIBody), RunsAtOnce: int64(s.Limits.RunsAtOnce),
		ShowErrors: s.Runs.ShowErrors == "always" || s.Runs.ShowErrors == "local" && s.Local(),
	}
}

// browseRoots are the folders below which somebody may pick one (S24).
func (a *App) browseRoots() []string {
	s := a.Config.Get()
	if len(s.BrowseRoots) > 0 {
		return s.BrowseRoots
	}
	if home, err := os.UserHomeDir(); err == nil && s.Local() {
		return []string{home}
	}
	return []string{a.Folder}
}

// demandAdministrator refuses settings that ask everybody to sign in while nobody
// could.
func (a *App) demandAdministrator(ctx context.Context, now, next *config.Settings) ([]fault.Place, error) {
	if !now.Local() || next.Local() {
		return nil, nil
	}
	has, err := a.Accounts.HasAdministrator(ctx)
	if err != nil || has {
		return nil, err
	}
	key := "Host"
	switch {
	case next.SignIn:
		key = "signIn"
	case next.Host == now.Host:
		key = "apiAddress"
	}
	return []fault.Place{{Path: key, Code: "administrator_needed", Message: "Make an administrator first: nobody could sign in."}}, nil
}

// demandFolders refuses settings that name a folder which is not there, or into which
// nothing can be written where something has to be.
func (a *App) demandFolders(_ context.Context, now, next *config.Settings) ([]fault.Place, error) {
	var wrong []fault.Place
	look := func(key, was, is string, writes bool) {
		if is == "" || is == was {
			return
		}
		if problem := folderProblem(a.within(is), writes); problem != "" {
			wrong = append(wrong, fault.Place{Path: key, Message: problem})
		}
	}
	if next.Logging.Enabled && next.Logging.File.Enabled {
		look("logging.file.location", now.Logging.File.Location, next.Logging.File.Location, true)
	}
	for _, root := range next.BrowseRoots {
		look("browseRoots", "", root, false)
	}
	look("userDir", now.UserDir, next.UserDir, false)
	look("moduleDir", now.ModuleDir, next.ModuleDir, false)
	// The original makes the folder of its flows. Nothing would be in it here, so that
	// it is enough that it could be made.
	flows, writes := next.FlowDir, false
	if flows != "" && folderProblem(a.within(flows), false) == absent {
		flows, writes = filepath.Dir(a.within(flows)), true
	}
	if next.FlowDir != now.FlowDir {
		look("flowDir", "", flows, writes)
	}
	look("envDir", now.EnvDir, next.EnvDir, false)
	look("DB_Directory", now.DBDirectory, next.DBDirectory, false)
	return wrong, nil
}

// within returns the path of what a setting names: without a leading / it lies in the
// data folder.
func (a *App) within(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(a.Folder, name)
}

// absent is the problem of a folder that is not there.
const absent = "There is no such folder."

// listed says in a sentence why the names in a folder cannot be read, "" when they can.
func listed(path string) string {
	dir, err := os.Open(path)
	if err != nil {
		return "EcoFlow may not look into it."
	}
	defer dir.Close()
	if _, err := dir.Readdirnames(1); err != nil && !errors.Is(err, io.EOF) {
		return "EcoFlow may not look into it."
	}
	return ""
}

// folderProblem says in a sentence why a folder will not do, "" when it will.
func folderProblem(path string, writes bool) string {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return absent
	case errors.Is(err, fs.ErrPermission):
		return "EcoFlow may not look into it."
	case err != nil:
		return "It cannot be used as a folder."
	case !info.IsDir():
		return "It is no folder."
	case !writes:
		return listed(path)
	}
	probe, err := os.CreateTemp(path, ".ecoflow-*")
	if err != nil {
		return "EcoFlow cannot write into it."
	}
	if errors.Join(probe.Close(), os.Remove(probe.Name())) != nil {
		return "EcoFlow cannot write into it."
	}
	return ""
}
