package instance_test

import (
	"reflect"
	"strings"
	"testing"

	"ecoflow/app/instance"
)

func TestParseOptions(t *testing.T) {
	defaults := func(change func(*instance.Options)) instance.Options {
		o := instance.Options{Port: 4000}
		change(&o)
		return o
	}
	for _, tt := range []struct {
		name string
		args string
		env  map[string]string
		want instance.Options
	}{
		{"nothing", "", nil, defaults(func(*instance.Options) {})},
		{
			"every flag", "--dir d --host 0.0.0.0 --port 1 --auth --no-browser --portable --safe --verbose --version --help", nil,
			instance.Options{Dir: "d", Host: "0.0.0.0", Port: 1, Auth: true, NoBrowser: true, Portable: true, Safe: true, Verbose: true, Version: true, Help: true},
		},
		{"equals sign and one dash", "-dir=d -auth", nil, defaults(func(o *instance.Options) { o.Dir, o.Auth = "d", true })},
		{"every variable", "", map[string]string{
			"ECOFLOW_DIR": "d", "ECOFLOW_HOST": "::1", "ECOFLOW_PORT": "0", "ECOFLOW_AUTH": "1", "ECOFLOW_NO_BROWSER": "true",
			"ECOFLOW_PORTABLE": "t", "ECOFLOW_SAFE": "T", "ECOFLOW_VERBOSE": "TRUE", "ECOFLOW_VERSION": "true", "ECOFLOW_HELP": "1",
		}, instance.Options{Dir: "d", Host: "::1", Auth: true, NoBrowser: true, Portable: true, Safe: true, Verbose: true, Version: true, Help: true}},
		{"the original's variable for the folder", "", map[string]string{"ECOFLOW_HOME": "h"}, defaults(func(o *instance.Options) { o.Dir = "h" })},
		{"a flag wins over its variable", "--port 5 --auth=false", map[string]string{"ECOFLOW_PORT": "6", "ECOFLOW_AUTH": "true"}, defaults(func(o *instance.Options) { o.Port = 5 })},
		{
			"flags around a command", "--dir d reset-password ada --verbose", nil,
			defaults(func(o *instance.Options) { o.Dir, o.Verbose, o.Command = "d", true, []string{"reset-password", "ada"} }),
		},
		{"a command of two words", "audit verify", nil, defaults(func(o *instance.Options) { o.Command = []string{"audit", "verify"} })},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := instance.ParseOptions(strings.Fields(tt.args), func(name string) string { return tt.env[name] })
			if err != nil || !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got %+v, %v\nwant %+v", got, err, tt.want)
			}
		})
	}
}

func TestParseOptionsRefuses(t *testing.T) {
	for _, tt := range []struct {
		args string
		env  map[string]string
		want string
	}{
		{"--colour", nil, "unknown flag --colour"},
		{"--port", nil, "flag needs an argument: -port"},
		{"--port x", nil, `invalid value "x" for flag -port: is not a port between 0 and 65535`},
		{"--port 65536", nil, "is not a port between 0 and 65535"},
		{"--auth=maybe", nil, "is neither true nor false"},
		{"", map[string]string{"ECOFLOW_PORT": "-1"}, "ECOFLOW_PORT=-1: is not a port between 0 and 65535"},
		{"", map[string]string{"ECOFLOW_SAFE": "on"}, "ECOFLOW_SAFE=on: is neither true nor false"},
		{"fly", nil, `unknown command "fly"`},
		{"reset-password", nil, "it is: ecoflow reset-password USER"},
		{"reset-password a b", nil, "it is: ecoflow reset-password USER"},
		{"audit", nil, "it is: ecoflow audit verify"},
		{"audit burn", nil, "it is: ecoflow audit verify"},
		{"stop now", nil, `stop takes nothing more, not "now"`},
	} {
		t.Run(tt.args+tt.want, func(t *testing.T) {
			_, err := instance.ParseOptions(strings.Fields(tt.args), func(name string) string { return tt.env[name] })
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

// Only a listener that this machine alone reaches may sign people in unasked.
func TestLocal(t *testing.T) {
	for _, tt := range []struct {
		host        string
		auth, local bool
	}{
		{"", false, true},
		{"", true, false},
		{"localhost", false, true},
		{"LOCALHOST", false, true},
		{"127.0.0.1", false, true},
		{"127.0.0.1", true, false},
		{"127.8.8.8", false, true},
		{"::1", false, true},
		{"0.0.0.0", false, false},
		{"::", false, false},
		{"192.168.1.5", false, false},
		{"localhost.evil.test", false, false},
		{"127.0.0.1.evil.test", false, false},
	} {
		if got := (instance.Options{Host: tt.host, Auth: tt.auth}).Local(); got != tt.local {
			t.Errorf("host %q, auth %t: local is %t", tt.host, tt.auth, got)
		}
	}
}

func TestHelpNamesEverything(t *testing.T) {
	help := instance.Help()
	for _, want := range []string{
		"--dir FOLDER", "--host ADDRESS", "--port PORT", "--auth", "--no-browser", "--portable", "--safe", "--verbose", "--version", "--help",
		"ECOFLOW_HOME", "ECOFLOW_NO_BROWSER", "reset-password USER", "audit verify", "ecoflow stop", "ecoflow status", "ecoflow rekey",
	} {
		if !strings.Contains(help, want) {
			t.Errorf("the help lacks %q:\n%s", want, help)
		}
	}
}
