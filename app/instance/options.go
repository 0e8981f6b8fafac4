package instance

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
)

// Options is what the command line and the environment ask of the process.
type Options struct {
	Dir       string
	Auth      bool
	NoBrowser bool
	Portable  bool
	Safe      bool
	// ImportFlows has the flow files deployed at the start.
	ImportFlows bool
	// AskPassphrase has the key of the secrets made from a passphrase from now on.
	AskPassphrase bool
	Verbose       bool
	Version       bool
	Help          bool
	// Settings are those that the command line gives, by their key. Package config
	// checks them and reads the variables of settings.
	Settings map[string]string
	// Command is what to do instead of serving, with its arguments; empty serves.
	Command []string
}

// option is one flag: its variables in the order in which they are asked, the
// value it takes ("" for a switch), what it does in one line, and its field.
type option struct {
	name, value, effect string
	variables           []string
	field               func(*Options) any
}

var options = []option{
	{"dir", "FOLDER", "keep the data in FOLDER instead of ~/.ecoflow", []string{"ECOFLOW_DIR", "ECOFLOW_HOME"}, func(o *Options) any { return &o.Dir }},
	{"host", "ADDRESS", "listen on ADDRESS instead of this machine alone; turns --auth on", []string{"ECOFLOW_HOST"}, setting("Host")},
	{"port", "PORT", "listen on PORT, or on any free one with 0 (default 4000)", []string{"ECOFLOW_PORT"}, setting("Port")},
	{"auth", "", "ask for user name and password, also on this machine", []string{"ECOFLOW_AUTH"}, func(o *Options) any { return &o.Auth }},
	{"no-browser", "", "do not open a browser", []string{"ECOFLOW_NO_BROWSER"}, func(o *Options) any { return &o.NoBrowser }},
	{"portable", "", "keep the data in ecoflow-data beside the program, from now on", []string{"ECOFLOW_PORTABLE"}, func(o *Options) any { return &o.Portable }},
	{"safe", "", "manage only: run no flow, to repair what keeps EcoFlow from working", []string{"ECOFLOW_SAFE"}, func(o *Options) any { return &o.Safe }},
	{"import-flows", "", "deploy the flow files of the folder that the setting flowDir names", []string{"ECOFLOW_IMPORT_FLOWS"}, func(o *Options) any { return &o.ImportFlows }},
	{"ask-passphrase", "", "keep secrets with a passphrase, asked at each start, from now on", []string{"ECOFLOW_ASK_PASSPHRASE"}, func(o *Options) any { return &o.AskPassphrase }},
	{"verbose", "", "log details", []string{"ECOFLOW_VERBOSE"}, func(o *Options) any { return &o.Verbose }},
	{"version", "", "print the version and exit", []string{"ECOFLOW_VERSION"}, func(o *Options) any { return &o.Version }},
	{"help", "", "print this help and exit", []string{"ECOFLOW_HELP"}, func(o *Options) any { return &o.Help }},
}

// entry is a setting as the field of an option.
type entry struct {
	of  *Options
	key string
}

func setting(key string) func(*Options) any {
	return func(o *Options) any { return entry{o, key} }
}

// Commands are what the program does beside serving, each with its arguments and
// its effect in one line.
var Commands = []struct{ Name, Arguments, Effect string }{
	{"reset-password", "USER", "give USER a new password and end their sessions"},
	{"stop", "", "stop the EcoFlow that runs on the data folder"},
	{"restart", "", "restart the EcoFlow that runs on the data folder, refusing nobody"},
	{"check", "", "say whether EcoFlow could start with these flags on the data folder"},
	{"status", "", "say whether EcoFlow runs on the data folder, and where"},
	{"audit", "verify", "check that the audit log is whole"},
	{"rekey", "", "encrypt all secrets with a new key"},
}

// ParseOptions reads the arguments (without the program's name) and, for flags
// not among them, the environment. Flags may stand before and after the command.
// Its errors are sentences for the person who typed the command.
func ParseOptions(args []string, getenv func(string) string) (Options, error) {
	var o Options
	flags := flag.NewFlagSet("ecoflow", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	for _, opt := range options {
		flags.Var(value{opt.field(&o)}, opt.name, opt.effect)
		for _, name := range opt.variables {
			text := getenv(name)
			if _, ok := opt.field(&o).(entry); ok || text == "" {
				continue
			}
			if err := flags.Set(opt.name, text); err != nil {
				return o, fmt.Errorf("%s=%s: %w", name, text, err)
			}
			break
		}
	}
	for rest := args; len(rest) > 0; {
		if err := flags.Parse(rest); err != nil {
			return o, errors.New(strings.Replace(err.Error(), "flag provided but not defined: -", "unknown flag --", 1))
		}
		if rest = flags.Args(); len(rest) > 0 {
			o.Command, rest = append(o.Command, rest[0]), rest[1:]
		}
	}
	return o, checkCommand(o.Command)
}

func checkCommand(words []string) error {
	if len(words) == 0 {
		return nil
	}
	for _, c := range Commands {
		if c.Name != words[0] {
			continue
		}
		switch given := words[1:]; {
		case c.Arguments == "" && len(given) > 0:
			return fmt.Errorf("%s takes nothing more, not %q", c.Name, given[0])
		case c.Arguments != "" && len(given) != 1,
			c.Arguments == strings.ToLower(c.Arguments) && !slices.Equal(given, strings.Fields(c.Arguments)):
			return fmt.Errorf("it is: ecoflow %s %s", c.Name, c.Arguments)
		}
		return nil
	}
	return fmt.Errorf("unknown command %q", words[0])
}

// value sets a field of Options from text.
type value struct{ field any }

// String is asked for by package flag; the help is our own.
func (v value) String() string { return "" }

// IsBoolFlag lets a switch stand without a value.
func (v value) IsBoolFlag() bool { _, ok := v.field.(*bool); return ok }

// Set reads text into the field.
func (v value) Set(text string) error {
	switch field := v.field.(type) {
	case *string:
		if strings.ContainsRune(text, 0) {
			return errors.New("holds a NUL character")
		}
		*field = text
	case *bool:
		b, err := strconv.ParseBool(text)
		if err != nil {
			return errors.New("is neither true nor false")
		}
		*field = b
	case entry:
		if field.of.Settings == nil {
			field.of.Settings = map[string]string{}
		}
		field.of.Settings[field.key] = text
	}
	return nil
}

// variables are those without a flag: what a command line would show to everybody on
// the machine.
var variables = [][2]string{
	{"ECOFLOW_SETUP_CODE", "the code that setting up asks for, at least 8 letters or digits, instead of one made up"},
	{"ECOFLOW_SECRET_KEY", "what encrypts the secrets, instead of secret.key in the data folder"},
}

// Help explains every flag and command, a line each.
func Help() string {
	var text strings.Builder
	text.WriteString("EcoFlow: build REST APIs by drawing them.\n\nUsage:\n\n")
	table := tabwriter.NewWriter(&text, 0, 0, 3, ' ', 0)
	line := func(left, right string) { fmt.Fprintf(table, "  %s\t%s\n", left, right) }
	line("ecoflow [flags]", "serve, and open a browser on it")
	for _, c := range Commands {
		line(strings.TrimSpace("ecoflow "+c.Name+" "+c.Arguments), c.Effect)
	}
	table.Flush() //nolint:errcheck // writing to memory
	text.WriteString("\nFlags, each also as the variable in brackets:\n\n")
	for _, opt := range options {
		line(strings.TrimSpace("--"+opt.name+" "+opt.value), opt.effect+" ["+strings.Join(opt.variables, ", ")+"]")
	}
	table.Flush() //nolint:errcheck // writing to memory
	text.WriteString("\nVariables alone:\n\n")
	for _, v := range variables {
		line(v[0], v[1])
	}
	table.Flush() //nolint:errcheck // writing to memory
	return text.String()
}
