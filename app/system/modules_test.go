package system_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"ecoflow/app/system"
)

// Every module that the product is built with is listed with its licence, and no
// other.
func TestLicences(t *testing.T) {
	known := system.Licences()
	built := map[string]bool{}
	for _, target := range []string{"linux", "windows", "darwin"} {
		list := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f", "{{with .Module}}{{if not .Main}}{{.Path}}{{end}}{{end}}", "ecoflow")
		list.Env = append(os.Environ(), "GOOS="+target, "CGO_ENABLED=0")
		out, err := list.Output()
		if err != nil {
			t.Fatalf("%s: %v", target, err)
		}
		for _, path := range strings.Fields(string(out)) {
			built[path] = true
		}
	}
	for path := range built {
		if known[path] == "" {
			t.Errorf("app/system/licences.txt does not say the licence of %s", path)
		}
	}
	for path := range known {
		if !built[path] {
			t.Errorf("app/system/licences.txt lists %s, which is not built in", path)
		}
	}
	for _, m := range system.Modules() {
		if m.Name == "" || m.Version == "" {
			t.Errorf("%+v", m)
		}
	}
}
