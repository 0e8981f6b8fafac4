package js

import (
	"fmt"
	"testing"
)

func TestVariables(t *testing.T) {
	e := New(Options{})
	t.Cleanup(func() { _ = e.Close() })
	for source, want := range map[string]string{
		`return env.A + env["B"] + env.A`:                             "[A B] false",
		`return env['a-b'] ?? env?.C?.length`:                         "[C a-b] false",
		"return env[`T`]":                                             "[T] false",
		`return "D" in env`:                                           "[D] false",
		`const { E, F: x = 'y' } = env; return E + x`:                 "[E F] false",
		`let G; ({ G } = env); return G`:                              "[G] false",
		`return globalThis.env.H`:                                     "[H] false",
		`const read = async () => env.I; return await read()`:         "[I] false",
		`if (typeof env !== 'undefined' && env != null) return env.J`: "[J] false",
		`return msg.env.K + payload.env`:                              "[] false",
		`return { env: 1 }.env`:                                       "[] false",
		`return env.env`:                                              "[env] false",
		`const env = { L: 1 }; return env.L`:                          "[] false",
		`return 'env.M'; // env.N`:                                    "[] false",
		`return env[msg.name] + env.O`:                                "[O] true",
		"return env[`P${1}`]":                                         "[] true",
		`const { Q, ...rest } = env; return rest`:                     "[] true",
		`const { [msg.x]: v } = env; return v`:                        "[] true",
		`return JSON.stringify(env)`:                                  "[] true",
		`const e = env; return e.R`:                                   "[] true",
		`return eval('en' + 'v.S')`:                                   "[] true",
		`return { env }`:                                              "[] true",
		`return msg`:                                                  "[] false",
	} {
		s, err := e.Compile("x", source)
		if err != nil {
			t.Errorf("%s: %v", source, err)
			continue
		}
		names, computed := s.Variables()
		if names == nil {
			names = []string{}
		}
		if got := fmt.Sprint(names, computed); got != want {
			t.Errorf("%s reads %s, want %s", source, got, want)
		}
	}
}
