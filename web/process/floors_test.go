package process_test

import (
	"debug/buildinfo"
	"go/version"
	"strings"
	"testing"
)

// S42: versions below these have known holes that we would inherit.
var floors = map[string]string{
	"github.com/jackc/pgx/v5":         "v5.9.2",
	"github.com/expr-lang/expr":       "v1.17.7",
	"github.com/ulikunitz/xz":         "v0.5.15",
	"github.com/nwaples/rardecode/v2": "v2.2.0",
	"github.com/klauspost/compress":   "v1.18.7",
	"golang.org/x/text":               "v0.39.0",
}

const goFloor = "go1.26.5"

// banned are modules that must not be part of the program at all.
var banned = []string{"github.com/gorilla/csrf"}

func TestModuleFloors(t *testing.T) {
	info, err := buildinfo.ReadFile(binary)
	must(t, err)
	if older(info.GoVersion, goFloor) {
		t.Errorf("built with %s; the floor is %s", info.GoVersion, goFloor)
	}
	if len(info.Deps) == 0 {
		t.Fatal("the program lists no modules")
	}
	for _, dep := range info.Deps {
		if dep.Replace != nil {
			t.Errorf("%s is replaced by %s", dep.Path, dep.Replace.Path)
		}
		if floor, ok := floors[dep.Path]; ok && older(asGo(dep.Version), asGo(floor)) {
			t.Errorf("%s is %s; the floor is %s", dep.Path, dep.Version, floor)
		}
		for _, name := range banned {
			if dep.Path == name {
				t.Errorf("%s is part of the program", name)
			}
		}
	}
}

func TestOlder(t *testing.T) {
	for _, tt := range []struct {
		have, floor string
		older       bool
	}{
		{"v1.2.3", "v1.2.3", false},
		{"v1.10.0", "v1.9.9", false},
		{"v1.9.9", "v1.10.0", true},
		{"v2.0.0-beta.4", "v2.0.0", true},
		{"v0.5.12", "v0.5.15", true},
	} {
		if got := older(asGo(tt.have), asGo(tt.floor)); got != tt.older {
			t.Errorf("%s below %s: %t", tt.have, tt.floor, got)
		}
	}
}

// older compares versions in the way Go compares its own, which knows no
// pre-releases of modules: those are older than what they lead to.
func older(have, floor string) bool {
	have, pre, _ := strings.Cut(have, "-")
	order := version.Compare(have, floor)
	return order < 0 || order == 0 && pre != ""
}

func asGo(module string) string { return "go" + strings.TrimPrefix(module, "v") }
