package app

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"

	"ecoflow/app/audit"
	"ecoflow/app/config"
	"ecoflow/app/editor"
	"ecoflow/app/fault"
	"ecoflow/app/flow"
	"ecoflow/app/mirror"
)

// flowSettings are the settings in the terms of the engine.
func (a *App) flowSettings() flow.Settings {
	s := a.Config.Get()
	return flow.Settings{
		Prefix: s.Router.Prefix, Methods: s.Router.Methods, Sensitive: s.Router.Sensitive, Strict: s.Router.Strict, Host: s.Router.Host,
		Path: s.Router.Path,
		CORS: flow.CORS{
			Enabled: s.CORS.Enabled, Origins: s.CORS.Origins(), Methods: s.CORS.Methods, AllowHeaders: s.CORS.AllowHeaders,
			ExposeHeaders: s.CORS.ExposeHeaders, MaxAge: s.CORS.MaxAge, Credentials: s.CORS.Credentials,
			KeepOnError: s.CORS.KeepOnError, SecureContext: s.CORS.SecureContext, PrivateAccess: s.CORS.PrivateAccess,
		},
		RunTime: s.Limits.RunTime, TemplateTime: s.Limits.TemplateTime, Body: int64(s.Limits.APIBody), RunsAtOnce: int64(s.Limits.RunsAtOnce),
		ShowErrors: s.Runs.ShowErrors == "always" || s.Runs.ShowErrors == "local" && s.Local(),
	}
}

// HasWindow reports whether the window is served. Nobody can switch it off where
// something has to be mended.
func (a *App) HasWindow() bool { return a.Config.Get().Editor.Enabled || a.System.InSafeMode() }

// flowFiles are the settings in the terms of the mirror.
func (a *App) flowFiles() mirror.Layout {
	s := a.Config.Get()
	l := mirror.Layout{Nodes: s.FlowNodes, Edges: s.FlowEdges, Configs: s.FlowConfigs, Pretty: s.FlowPretty}
	if s.FlowDir != "" {
		l.Folder = a.within(s.FlowDir)
	}
	return l
}

// mirrorFlows has each deploy from now on, and other names for the files, written to
// the flow files. Until then they stay as they are: somebody may have worked on them.
func (a *App) mirrorFlows(engine *flow.Engine) {
	isImported := a.ImportFlows && a.Imported == nil && !a.System.InSafeMode()
	a.mirrored = engine.Live().Number
	a.mirror = mirror.Start(mirror.Options{
		Log: a.Log, Layout: a.flowFiles, Live: func() flow.Document { return engine.Live().Flows }, Changed: a.Health.Nudge, Adopt: isImported,
	})
	a.closers = append(a.closers, a.mirror)
	if isImported {
		a.mirror.Follow()
	}
	was := a.flowFiles()
	a.Config.Watch(func(config.Settings) {
		if is := a.flowFiles(); is != was {
			was = is
			a.mirror.Follow()
		}
	})
}

// followFiles has the flow files follow a deployment.
func (a *App) followFiles(number int64) {
	if a.mirror != nil && number != a.mirrored {
		a.mirrored = number
		a.mirror.Follow()
	}
}

// importFlows makes what is in the flow files live, unless it is already.
func (a *App) importFlows(ctx context.Context, live flow.Document) error {
	l := a.flowFiles()
	if l.Folder == "" {
		return fault.New(fault.Invalid, "No folder of flow files is set: flowDir is empty.")
	}
	read, err := mirror.Read(l)
	if err != nil || maps.EqualFunc(read, live, (*flow.Flow).Equal) {
		return err
	}
	if len(read) == 0 {
		return fault.New(fault.Invalid, "The folder of flow files holds none.")
	}
	content, err := read.AppendJSON(nil)
	if err != nil {
		return err
	}
	ctx = audit.WithEntry(ctx, &audit.Entry{Action: "flow.importFiles", Message: "Deployed the flow files"})
	_, err = a.Editor.Deploy(ctx, editor.DeployRequest{Given: content, Mode: "all", Note: "From the flow files"})
	return err
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
	// As in the original, the folder of flows is made: it is enough that it could be.
	flows := next.FlowDir
	if flows != "" && folderProblem(a.within(flows), false) == absent {
		flows = filepath.Dir(a.within(flows))
	}
	if next.FlowDir != now.FlowDir {
		look("flowDir", "", flows, true)
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
