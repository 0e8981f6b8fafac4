package api

import (
	"context"

	"github.com/go-json-experiment/json"

	"ecoflow/app"
	"ecoflow/app/auth"
	"ecoflow/app/env"
	"ecoflow/app/fault"
	"ecoflow/web/endpoint"
)

// environment lists the contract's endpoints about environment variables, and
// beside them those of the window, which know more about each.
func environment(a *app.App) []endpoint.Endpoint {
	keys := auth.AnyOf(auth.CreateEnvs, auth.UpdateEnvs, auth.DeleteEnvs)
	isAdmin := func(ctx context.Context) bool { return auth.ActorFrom(ctx).Permissions.Has(auth.Administrator) }
	return []endpoint.Endpoint{
		endpoint.New(endpoint.Spec{
			ID:          "environment.all",
			Route:       "GET /admin/environment/envs",
			Summary:     "Show the environment variables of the system and of users",
			Description: "Those of the system for administrators only; for others the list is empty. A secret's value is ***.",
			Allow:       keys,
		}, func(ctx context.Context, _ struct{}) (endpoint.Beside[bothKinds], error) {
			both := bothKinds{System: []env.Shown{}, User: a.Env.Shown(env.User)}
			if isAdmin(ctx) {
				both.System = a.Env.Shown(env.System)
			}
			return endpoint.Beside[bothKinds]{Payload: both}, nil
		}),
		endpoint.New(endpoint.Spec{
			ID:          "environment.find",
			Route:       "GET /admin/environment/env/{envID}",
			Summary:     "Find an environment variable of the system and of users by its name",
			Description: "The name in any case. Without one, systemEnvs is null and userEnvs an empty list; systemEnvs is for administrators only.",
			Allow:       keys,
		}, func(ctx context.Context, in byEnvID) (endpoint.Beside[found], error) {
			out := found{User: maybeVar{a.Env.Find(env.User, in.Name)}}
			if isAdmin(ctx) {
				out.System = a.Env.Find(env.System, in.Name)
			}
			return endpoint.Beside[found]{Payload: out}, nil
		}),
		endpoint.New(endpoint.Spec{
			ID:      "environment.users",
			Route:   "GET /admin/environment/userEnvs",
			Summary: "List the environment variables of users",
			Allow:   keys,
		}, func(context.Context, struct{}) ([]env.Shown, error) { return a.Env.Shown(env.User), nil }),
		endpoint.New(endpoint.Spec{
			ID:          "environment.findUser",
			Route:       "GET /admin/environment/userEnv/{envID}",
			Summary:     "Find an environment variable of users by its name",
			Description: "The name in any case. Without one, the payload is an empty list.",
			Allow:       keys,
		}, func(_ context.Context, in byEnvID) (endpoint.With[maybeVar, varBeside], error) {
			x := a.Env.Find(env.User, in.Name)
			return endpoint.With[maybeVar, varBeside]{Payload: maybeVar{x}, Beside: beside(x)}, nil
		}),
		endpoint.New(endpoint.Spec{
			ID:      "environment.systems",
			Route:   "GET /admin/environment/systemEnvs",
			Summary: "List the environment variables of the system",
			Allow:   auth.Administrator,
		}, func(context.Context, struct{}) ([]env.Shown, error) { return a.Env.Shown(env.System), nil }),
		endpoint.New(endpoint.Spec{
			ID:      "environment.findSystem",
			Route:   "GET /admin/environment/systemEnv/{envID}",
			Summary: "Find an environment variable of the system by its name",
			Allow:   auth.Administrator,
		}, func(_ context.Context, in byEnvID) (endpoint.Beside[env.Shown], error) {
			x := a.Env.Find(env.System, in.Name)
			if x == nil {
				return endpoint.Beside[env.Shown]{}, fault.New(fault.NotFound, "There is no system variable %s.", fault.Shown(in.Name)).WithCode("unknown_variable")
			}
			return endpoint.Beside[env.Shown]{Payload: *x}, nil
		}),
		endpoint.New(endpoint.Spec{
			ID:      "environment.replace",
			Route:   "POST /admin/environment/envs",
			Summary: "Replace the environment variables of users, or add to those of the system",
			Description: "With type user, those not given are deleted; with type system, none is. What is kept stays secret as it is, and *** as a secret's value changes nothing. " +
				"Adding takes createEnvs, changing updateEnvs, deleting deleteEnvs; the system's take administrator.",
			Allow: endpoint.Depends(keys, func(r env.ReplaceRequest) auth.Rule {
				if r.Type == env.System {
					return auth.Administrator
				}
				return keys
			}),
			Audit: "Replaced environment variables of kind {type}",
		}, func(ctx context.Context, in env.ReplaceRequest) (replaced, error) {
			list, err := a.Env.Replace(ctx, in)
			return replaced{Message: "The environment variables are stored, and flows read them.", Vars: list}, err
		}),
		endpoint.New(endpoint.Spec{
			ID:          "environment.list",
			Route:       "GET /environment",
			Summary:     "Show the environment variables and where flows use them",
			Description: "Those of the system for administrators only. A secret's value is ***. unclear lists the scripts that work out names, which nobody can know before they run.",
			Allow:       keys,
		}, func(ctx context.Context, _ struct{}) (env.Overview, error) { return a.Env.Overview(ctx) }),
		endpoint.New(endpoint.Spec{
			ID:          "environment.names",
			Route:       "GET /environment/names",
			Summary:     "List the environment variables that flows may read",
			Description: "For who writes flows: they can read these values anyway, by a flow. A secret's is not among them, nor one of the system's.",
			Allow:       auth.FlowEditor,
		}, func(context.Context, struct{}) ([]env.Named, error) { return a.Env.Named(), nil }),
		endpoint.New(endpoint.Spec{
			ID:      "environment.change",
			Route:   "PATCH /environment",
			Summary: "Change environment variables",
			Description: "All of it or nothing; a run that is going on sees none of it, every later one all. 409 when one of the variables was changed since base: newer lists them as they are, deleted names those that are gone. " +
				"Adding takes createEnvs, changing updateEnvs, deleting deleteEnvs; the system's take administrator.",
			Allow: keys,
			Audit: "Changed environment variables",
		}, a.Env.Change),
		endpoint.New(endpoint.Spec{
			ID:      "environment.import",
			Route:   "POST /environment/import",
			Summary: "Take environment variables from a text like .env files",
			Description: "NAME=value, a line each: comments, export, quotes of three kinds, several lines inside quotes; ${OTHER} is not replaced. " +
				"Variables it does not name stay. With preview it only says what would change.",
			Allow: keys,
			Audit: "Imported environment variables",
		}, a.Env.Import),
	}
}

type byEnvID struct {
	Name string `path:"envID"`
}

type bothKinds struct {
	System []env.Shown `json:"systemEnvs"`
	User   []env.Shown `json:"userEnvs"`
}

type found struct {
	System *env.Shown `json:"systemEnvs"`
	User   maybeVar   `json:"userEnvs"`
}

// maybeVar is a variable or, where there is none, the empty list that the original
// answers then.
type maybeVar struct{ *env.Shown }

// MarshalJSON writes the one or the other.
func (m maybeVar) MarshalJSON() ([]byte, error) {
	if m.Shown == nil {
		return []byte("[]"), nil
	}
	return json.Marshal(*m.Shown)
}

// JSONSchema describes both.
func (maybeVar) JSONSchema() string {
	return `{"anyOf": [{"type": "object", "required": ["name", "value", "secret", "set"], "properties": {"name": {"type": "string"}, "value": {"type": "string"},
		"secret": {"type": "boolean"}, "set": {"type": "boolean"}}}, {"type": "array"}], "description": "An empty list when there is none of the name."}`
}

// varBeside is a variable next to payload; without one there is nothing.
type varBeside struct {
	Name   *string `json:"name,omitzero"`
	Value  *string `json:"value,omitzero"`
	Secret *bool   `json:"secret,omitzero"`
	Set    *bool   `json:"set,omitzero"`
}

func beside(x *env.Shown) varBeside {
	if x == nil {
		return varBeside{}
	}
	return varBeside{&x.Name, &x.Value, &x.Secret, &x.Set}
}

type replaced struct {
	Message string      `json:"msg"`
	Vars    []env.Shown `json:"newEnvs" doc:"All of the kind, as they are now."`
}
