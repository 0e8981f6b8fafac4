package instance_test

import (
	"reflect"
	"strings"
	"testing"

	"ecoflow/app/instance"
)

func TestParseOptions(t *testing.T) {
	for _, tt := range []struct {
		name string
		args string
		env  map[string]string
		want instance.Options
	}{
		{"nothing", "", nil, instance.Options{}},
		{
			"every flag", "--dir d --host 0.0.0.0 --port 1 --auth --no-browser --portable --safe --ask-passphrase --verbose --version --help", nil,
			instance.Options{
				Dir: "d", Settings: map[string]string{"Host": "0.0.0.0", "Port": "1"}, Auth: true, NoBrowser: true, Portable: true, Safe: true,
				AskPassphrase: true, Verbose: true, Version: true, Help: true,
			},
		},
		{"equals sign and one dash", "-dir=d -auth", nil, instance.Options{Dir: "d", Auth: true}},
		{"every variable but those of settings", "", map[string]string{
			"ECOFLOW_DIR": "d", "ECOFLOW_HOST": "::1", "ECOFLOW_PORT": "0", "ECOFLOW_AUTH": "1", "ECOFLOW_NO_BROWSER": "true",
			"ECOFLOW_PORTABLE": "t", "ECOFLOW_SAFE": "T", "ECOFLOW_VERBOSE": "TRUE", "ECOFLOW_VERSION": "true", "ECOFLOW_HELP": "1",
		}, instance.Options{Dir: "d", Auth: true, NoBrowser: true, Portable: true, Safe: true, Verbose: true, Version: true, Help: true}},
		{"the original's variable for the folder", "", map[string]string{"ECOFLOW_HOME": "h"}, instance.Options{Dir: "h"}},
		{"a flag wins over its variable", "--dir e --auth=false", map[string]string{"ECOFLOW_DIR": "d", "ECOFLOW_AUTH": "true"}, instance.Options{Dir: "e"}},
		{
			"flags around a command", "--dir d reset-password ada --verbose", nil,
			instance.Options{Dir: "d", Verbose: true, Command: []string{"reset-password", "ada"}},
		},
		{"a command of two words", "audit verify", nil, instance.Options{Command: []string{"audit", "verify"}}},
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
		{"--auth=maybe", nil, "is neither true nor false"},
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
