package storage

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ecoflow/app/audit"
	"ecoflow/app/fault"
)

// prunedLog makes a database whose first entries are in an archive, which it returns.
func prunedLog(t *testing.T) (path, archive string) {
	t.Helper()
	path = chainedLog(t)
	db := reopen(t, path)
	if err := db.Audit().Append(t.Context(), &audit.Entry{Action: "play", Object: "not \xff UTF-8", Message: "<b>&", Before: map[string]string{"a": "<\u2028"}}); err != nil {
		t.Fatal(err)
	}
	if err := db.Audit().Prune(t.Context(), time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if cut := db.Audit().Cut(); cut != chained+1 {
		t.Fatalf("cut off after %d", cut)
	}
	for i := range 3 {
		if err := db.Audit().Append(t.Context(), &audit.Entry{Action: "later", Object: fmt.Sprint(i)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return path, filepath.Join(filepath.Dir(path), audit.Folder, audit.ArchiveName(1, chained+1))
}

func TestPrune(t *testing.T) {
	path, archive := prunedLog(t)
	if v := verify(t, path); !v.Sound() || v.Entries != 4 || v.Cut != chained+1 || v.Archived != chained+1 {
		t.Fatalf("%+v", v)
	}
	db := reopen(t, path)
	list, total, err := db.Audit().Page(t.Context(), 0, 100)
	if err != nil || total != 4 || len(list) != 4 || list[3].Action != "audit.prune" || list[3].ID != chained+2 || !strings.Contains(string(list[3].After), `"last":41`) {
		t.Errorf("%d of %d, %+v, %v", len(list), total, list, err)
	}
	// Nothing is old enough, then some is; both archives count.
	if err := db.Audit().Prune(t.Context(), time.Now().Add(-time.Hour)); err != nil || db.Audit().Cut() != chained+1 {
		t.Errorf("cut at %d, %v", db.Audit().Cut(), err)
	}
	if err := db.Audit().Prune(t.Context(), time.Now().Add(time.Hour)); err != nil {
		t.Error(err)
	}
	if v, err := db.Audit().Verify(t.Context()); err != nil || !v.Sound() || v.Archived != chained+5 || v.Entries != 1 {
		t.Errorf("%+v, %v", v, err)
	}
	// An archive that was carried away is no damage.
	if err := os.Remove(archive); err != nil {
		t.Fatal(err)
	}
	if v, err := db.Audit().Verify(t.Context()); err != nil || !v.Sound() || v.Archived != 4 {
		t.Errorf("%+v, %v", v, err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// The chain holds across the cut and in the archives.
func TestTamperingWithPrunedLog(t *testing.T) {
	for what, change := range map[string]func(path, archive string){
		"more cut off":  func(path, _ string) { tamper(t, path, `DELETE FROM audit WHERE id = (SELECT min(id) FROM audit)`) },
		"cut moved":     func(path, _ string) { tamper(t, path, `UPDATE audit_cut SET last = last - 1`) },
		"cut forgotten": func(path, _ string) { tamper(t, path, `DELETE FROM audit_cut`) },
		"cut made to fit": func(path, _ string) {
			tamper(t, path, `UPDATE audit_cut SET (last, mac) = (SELECT id, mac FROM audit ORDER BY id LIMIT 1)`)
			tamper(t, path, `DELETE FROM audit WHERE id = (SELECT min(id) FROM audit)`)
		},
		"older entry put in": func(path, _ string) {
			tamper(t, path, `INSERT INTO audit SELECT 1, time, actor, address, action, object, message, type, result, before, after, request_id, key, mac FROM audit LIMIT 1`)
		},
		"archive: entry changed": func(_, archive string) { rewrite(t, archive, `"object":"7"`, `"object":"8"`) },
		"archive: entry gone":    func(_, archive string) { rewrite(t, archive, `{"id":7,`, "\x00") },
		"archive: raw changed":   func(_, archive string) { rewrite(t, archive, `"raw":{"3":"`, `"raw":{"3":"AA`) },
		"archive: end changed":   func(_, archive string) { rewrite(t, archive, `{"last":41,`, `{"last":40,`) },
		"archive: start changed": func(_, archive string) { rewrite(t, archive, `"first":1,`, `"first":2,`) },
		"archive: nonsense":      func(_, archive string) { putFile(t, archive, []byte("nonsense")) },
		"archive: cut short": func(_, archive string) {
			b, err := os.ReadFile(archive)
			if err != nil {
				t.Fatal(err)
			}
			putFile(t, archive, b[:len(b)-len(b)/3])
		},
	} {
		t.Run(what, func(t *testing.T) {
			path, archive := prunedLog(t)
			change(path, archive)
			if v := verify(t, path); v.Sound() {
				t.Error("not detected")
			}
		})
	}
}

// What was changed stays where it is looked at, and the log says so.
func TestNoPruneOfWhatWasChanged(t *testing.T) {
	path := chainedLog(t)
	tamper(t, path, `UPDATE audit SET object = 'x' WHERE id = 9`)
	db := reopen(t, path)
	if err := db.Audit().Prune(t.Context(), time.Now().Add(time.Hour)); !fault.Is(err, fault.Conflict) || db.Audit().Cut() != 0 {
		t.Errorf("cut at %d, %v", db.Audit().Cut(), err)
	}
	if list, err := os.ReadDir(filepath.Join(filepath.Dir(path), audit.Folder)); err != nil || len(list) != 0 {
		t.Errorf("left behind %v, %v", list, err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// rewrite changes the text of an archive; a line in which a NUL is put is taken out.
func rewrite(t *testing.T, archive, old, instead string) {
	t.Helper()
	b, err := os.ReadFile(archive)
	if err != nil {
		t.Fatal(err)
	}
	zip, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(zip)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Count(text, []byte(old)) != 1 {
		t.Fatalf("%q is %d times in the archive", old, bytes.Count(text, []byte(old)))
	}
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	for line := range strings.Lines(strings.Replace(string(text), old, instead, 1)) {
		if !strings.Contains(line, "\x00") {
			if _, err := io.WriteString(w, line); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	putFile(t, archive, out.Bytes())
}

func putFile(t *testing.T, path string, b []byte) {
	t.Helper()
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}
