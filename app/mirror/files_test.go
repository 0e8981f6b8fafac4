package mirror

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ecoflow/app/flow"
)

var layout = Layout{Nodes: "nodes.json", Edges: "connections.json", Configs: "configs.json", Pretty: true}

// Every name of a flow leads to a folder that every system can make, and back.
func TestFolderNames(t *testing.T) {
	for name, want := range map[string]string{
		"shop": "shop", "Übersicht 2": "Übersicht 2", ".git": "%2Egit", "a.": "a%2E", "a ": "a%20", "a:b*?": "a%3Ab%2A%3F", "100%": "100%25", "%2Egit": "%252Egit",
		"con": "%63on", "NUL.txt": "%4EUL.txt", "com1": "%63om1", "COM¹": "%43OM¹", "com10": "com10", "CONIN$": "%43ONIN$", "..": "%2E%2E",
	} {
		dir := folderName(name)
		if dir != want || unescaped(dir) != name {
			t.Errorf("%q: folder %q, want %q; back it is %q", name, dir, want, unescaped(dir))
		}
	}
	a, b := folderName(strings.Repeat("語", 79)+"a"), folderName(strings.Repeat("語", 79)+"b")
	if a == b || len(a) > longest+17 || !strings.HasPrefix(a, "語") {
		t.Errorf("long names: %q and %q", a, b)
	}
}

// What is written is read back the same, members that are ours alone included.
func TestThereAndBack(t *testing.T) {
	l := layout
	l.Folder = filepath.Join(t.TempDir(), "made")
	doc, err := flow.Parse([]byte(`{
		"shop": {"definitions": [{"id": "a", "type": "Request", "data": {"moduleID": {"_id": "x"}, "label": "A"}}], "connections": [], "configurations": [{"nodeID": "a", "configs": {"n": 1.50}}], "ecoflow": {"notes": ["x"]}},
		"` + strings.Repeat("語", 80) + `": {"definitions": [], "connections": [], "configurations": []}}`))
	if err != nil {
		t.Fatal(err)
	}
	for _, l.Pretty = range []bool{true, false} {
		if err := Write(l, doc, false); err != nil {
			t.Fatal(err)
		}
		read, err := Read(l)
		if err != nil || len(read) != len(doc) {
			t.Fatalf("%v, %v", read.Names(), err)
		}
		for name, f := range doc {
			if !read[name].Equal(f) {
				t.Errorf("%q is another flow", name)
			}
		}
	}
}

// Nothing leads out of the folder, and nothing of others is removed.
func TestWhatIsNotOurs(t *testing.T) {
	l := layout
	l.Folder = t.TempDir()
	outside := filepath.Join(t.TempDir(), "outside")
	write := func(name, content string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(filepath.Join(outside, "nodes.json"), "theirs")
	if err := os.Symlink(outside, filepath.Join(l.Folder, "linked")); err != nil {
		t.Skip("no links here: ", err)
	}
	write(filepath.Join(l.Folder, recordName), `{"files": ["../x", "nodes.json", "", ".."], "flows": ["../outside", "linked", "..", ""]}`)
	empty, err := flow.Parse([]byte(`{"linked": {"definitions": [], "connections": [], "configurations": []}}`))
	if err != nil {
		t.Fatal(err)
	}
	if err := Write(l, empty, true); err == nil {
		t.Error("a link that leads out is followed")
	}
	if _, err := Read(l); err != nil {
		t.Errorf("reading beside a link: %v", err)
	}
	if content, err := os.ReadFile(filepath.Join(outside, "nodes.json")); err != nil || string(content) != "theirs" {
		t.Errorf("outside: %q, %v", content, err)
	}
	if err := Write(l, flow.Document{}, false); err == nil {
		t.Error("a link that leads out is emptied")
	}
	if content, err := os.ReadFile(filepath.Join(outside, "nodes.json")); err != nil || string(content) != "theirs" {
		t.Errorf("outside: %q, %v", content, err)
	}
	write(filepath.Join(l.Folder, "shop", "nodes.json"), strings.Repeat("[", 500))
	if _, err := Read(l); err == nil || !strings.Contains(err.Error(), "shop/nodes.json") {
		t.Errorf("what is no JSON: %v", err)
	}
}
