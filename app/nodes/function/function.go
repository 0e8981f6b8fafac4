package function

import (
	"context"
	"log/slog"
	"net/http"
	"strings"

	"ecoflow/app/js"
	"ecoflow/app/node"
)

// Function runs a function body in JavaScript; what it returns becomes msg.
type Function struct {
	Code node.Code `input:"codeEditor" label:"Code" language:"javascript" default:"return msg"`

	engine *js.Engine
	script *js.Script // nil passes the payload on as it is
}

// FunctionType returns the node type whose scripts run in the engine.
func FunctionType(engine *js.Engine) node.Type {
	return node.Define("Function", node.Middleware, Function{engine: engine}, node.In(node.Functions), node.Icon("brand-javascript"), node.Keywords("script", "code", "js", "fetch", "http request", "transform"), node.Summary("{codeEditor}"),
		node.Describe("Runs JavaScript; what it returns becomes msg.", `
The code is the inside of a function: `+"`return { total: msg.a + msg.b }`"+`. It finds

- `+"`msg`"+`, what came in, and `+"`payload`"+`, everything: `+"`payload.msg`"+` is `+"`msg`"+`. In flows of EcoFlowJS this is `+"`this.msg`"+`.
- `+"`request`"+`: method, path, host, params, query, headers, cookies, ip, body.
- `+"`env.NAME`"+`: the variables that flows may read.
- `+"`log.info(…)`"+`, and warn, error, debug: shown with a test run, and kept in the server's log.
- `+"`await fetch(url)`"+`, timers, URL, crypto and the rest of what browsers have beyond the page.

A run may take a second, waiting apart. Nothing is kept from one run to the next.
`))
}

// Prepare implements node.Preparer.
func (f *Function) Prepare(v node.Values) []node.Problem {
	if strings.TrimSpace(f.Code.Text) == "" {
		return nil
	}
	if !f.Code.Valid {
		return []node.Problem{{
			Input: "codeEditor", Code: "broken_code", Warning: true,
			Message: "The editor found the code broken, so the node passes everything on unchanged.",
		}}
	}
	name := v.Label
	if name == "" {
		name = "Function"
	}
	script, err := f.engine.Compile(name, f.Code.Text)
	if err != nil {
		return []node.Problem{{Input: "codeEditor", Code: "script", Message: err.Message, Line: err.Line, Column: err.Column}}
	}
	script.By = node.DebugLine{Flow: v.Flow, NodeID: v.NodeID, Label: v.Label}
	f.script = script
	return nil
}

// Reads implements node.Reader.
func (f *Function) Reads() (all []node.Read) {
	if f.script == nil {
		return nil
	}
	names, computed := f.script.Variables()
	for _, name := range names {
		all = append(all, node.Read{Input: "codeEditor", Name: name})
	}
	if computed {
		all = append(all, node.Read{Input: "codeEditor"})
	}
	return all
}

// Run implements node.Runner.
func (f *Function) Run(ctx context.Context, m *node.Message) error {
	if f.script == nil {
		return nil
	}
	held, err := m.Run.Local(hold{f.engine}, func() (any, error) { return f.engine.Lease(ctx, about(m.Run)) })
	if err != nil {
		return err
	}
	lease := held.(*js.Lease)
	r, err := m.Payload.Reside(func(keys []string, get func(key string) any) (node.Resident, error) {
		p, err := lease.Move(ctx, keys, get)
		if err != nil {
			return nil, err
		}
		return resident{p}, nil
	})
	if err != nil {
		return err
	}
	return lease.Call(ctx, f.script, r.(resident).Payload)
}

// hold is the key of a run's hold on a runtime of an engine.
type hold struct{ engine *js.Engine }

// resident is a payload that lives in a script runtime, as nodes know it.
type resident struct{ *js.Payload }

// Fork implements node.Resident.
func (r resident) Fork() node.Resident { return resident{r.Payload.Fork()} }

// levels are what the levels of scripts' lines are called elsewhere.
var levels = map[slog.Level]string{slog.LevelDebug: "debug", slog.LevelInfo: "info", slog.LevelWarn: "warning", slog.LevelError: "error"}

// about tells scripts what they may know of the run.
func about(r *node.Run) js.Run {
	run := js.Run{ID: r.ID, Log: r.Log}
	if r.Host != nil {
		run.Env = r.Host.Env
		run.Say = func(by any, level slog.Level, text string) {
			line, _ := by.(node.DebugLine)
			line.RunID, line.Level = r.ID, levels[level]
			r.Host.Say(line, text)
		}
	}
	if in := r.Request; in != nil {
		run.Request = func() *js.Request {
			params := make(map[string]string, len(in.Params))
			for _, p := range in.Params {
				params[p.Name] = p.Value
			}
			return &js.Request{
				Method: in.Method, Path: in.Path, Host: in.Host, IP: in.IP, Params: params, Query: in.Query(), Header: in.Header,
				Cookies: (&http.Request{Header: in.Header}).Cookies(), Body: in.Body,
			}
		}
	}
	return run
}
