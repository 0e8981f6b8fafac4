package log_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"ecoflow/app/fault"
	"ecoflow/app/limit"
	"ecoflow/app/log"
)

// hostile are texts that try to be more than one record, or another one.
var hostile = []string{
	"line\nlevel=ERROR msg=forged", "a=b c=\"d\"", `quote " and \ back`, "\x1b[31mred", "tab\tand\r\n", "",
	`{"level":"ERROR","msg":"forged"}`, "naïve 𝒳 \u202eright to left", "\xff\xfe", "time=2026-01-01T00:00:00Z level=ERROR",
	strings.Repeat("long ", 20_000), "\x00",
}

// written opens a log to files, hands it to write and closes it.
func written(t *testing.T, asJSON bool, write func(*log.Log)) (*log.Log, string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "logs", "ecoflow.log")
	l := log.Open(log.Options{Level: slog.LevelDebug, File: file, JSON: asJSON})
	write(l)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	return l, file
}

// tail reads the whole log page by page, the newest first.
func tail(t *testing.T, l *log.Log, r log.TailRequest) (all []log.Record) {
	t.Helper()
	for {
		page, err := l.Tail(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, page.Records...)
		if page.Next == "" {
			return all
		}
		if page.Next == r.Cursor {
			t.Fatalf("the cursor %s gets nowhere", r.Cursor)
		}
		r.Cursor = page.Next
	}
}

// What was written comes back as it was, a record each, in both formats (S39).
func TestTailOfHostileTexts(t *testing.T) {
	for _, asJSON := range []bool{false, true} {
		l, _ := written(t, asJSON, func(l *log.Log) {
			for i, text := range hostile {
				l.Warn("said", "n", i, "text", text, "in", slog.GroupValue(slog.String("a b", text)))
			}
			l.Error(hostile[0])
		})
		records := tail(t, l, log.TailRequest{Limit: 5})
		if len(records) != len(hostile)+1 {
			t.Fatalf("JSON %t: %d records of %d", asJSON, len(records), len(hostile)+1)
		}
		if first := records[0]; first.Level != "error" || first.Message != hostile[0] || first.Time.IsZero() {
			t.Errorf("JSON %t: the message came back as %+v", asJSON, first)
		}
		slices.Reverse(records)
		for i, text := range hostile {
			r := records[i]
			want := text
			switch {
			case text == "\xff\xfe":
				want = "\ufffd" // once or twice
			case len(text) > 64<<10:
				want = text[:64<<10] // and a word about the rest
			}
			if r.Level != "warn" || r.Message != "said" || len(r.Fields) != 3 || r.Fields[1].Name != "text" || !strings.HasPrefix(r.Fields[1].Value, want) || r.Fields[2].Name != "in.a b" {
				t.Errorf("JSON %t: %q came back as %.300v", asJSON, text, fmt.Sprintf("%+q", r))
			}
		}
	}
}

func TestTailFilters(t *testing.T) {
	l, file := written(t, false, func(l *log.Log) {
		l.Debug("looked", "path", "/a")
		l.Info("started", "version", "1")
		l.Warn("slow write", "took", time.Second)
		l.Error("failed", "error", "No Such File")
	})
	for _, tt := range []struct {
		level, text string
		want        string
	}{
		{"debug", "", "failed slow write started looked"},
		{"info", "", "failed slow write started"},
		{"warn", "", "failed slow write"},
		{"error", "", "failed"},
		{"debug", "such", "failed"},
		{"debug", "VERSION=1", "started"},
		{"warn", "started", ""},
	} {
		var got []string
		for _, r := range tail(t, l, log.TailRequest{Level: tt.level, Text: tt.text, Limit: 2}) {
			got = append(got, r.Message)
		}
		if strings.Join(got, " ") != tt.want {
			t.Errorf("%s %q: %q, want %q", tt.level, tt.text, got, tt.want)
		}
	}
	// What another program wrote is not lost.
	f, err := os.OpenFile(file, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprint(f, "goroutine 1 [running]:\n\nmain.main()")
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if r := tail(t, l, log.TailRequest{Limit: 10}); len(r) != 6 || r[0].Message != "main.main()" || r[1].Message != "goroutine 1 [running]:" {
		t.Errorf("%+v", r)
	}
}

// A page goes on where the one before ended, also when the files were rotated or
// removed in between.
func TestTailOverFiles(t *testing.T) {
	l, file := written(t, false, func(l *log.Log) { l.Info("record 9") })
	dir := filepath.Dir(file)
	put := func(name string, from, to int) {
		t.Helper()
		var b bytes.Buffer
		for i := from; i <= to; i++ {
			fmt.Fprintf(&b, "time=2026-01-01T00:00:00.000Z level=INFO msg=\"record %d\" pad=%s\n", i, strings.Repeat("x", 3000))
		}
		if err := os.WriteFile(filepath.Join(dir, name), b.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put("ecoflow-2026-01-01T00-00-00.000.log", 1, 400)
	put("ecoflow-2026-01-02T00-00-00.000.log", 401, 800)
	put("ecoflow.log", 801, 1200)
	put("ecoflow-of-somebody-else.log", 5000, 5001)
	want := 1200
	for _, r := range tail(t, l, log.TailRequest{Limit: 7}) {
		if r.Message != fmt.Sprintf("record %d", want) {
			t.Fatalf("%s, want record %d", r.Message, want)
		}
		want--
	}
	if want != 0 {
		t.Errorf("%d records did not come", want)
	}
	page, err := l.Tail(t.Context(), log.TailRequest{Limit: 10})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(file, filepath.Join(dir, "ecoflow-2026-01-03T00-00-00.000.log")); err != nil {
		t.Fatal(err)
	}
	put("ecoflow.log", 1201, 1210)
	page, err = l.Tail(t.Context(), log.TailRequest{Limit: 10, Cursor: page.Next})
	if err != nil || page.Records[0].Message != "record 1190" {
		t.Errorf("after a rotation: %.100v, %v", page.Records, err)
	}
	for _, cursor := range []string{"x", "00000000-5", "-", strings.Split(page.Next, "-")[0] + "-99999999999"} {
		if _, err := l.Tail(t.Context(), log.TailRequest{Limit: 10, Cursor: cursor}); !fault.Is(err, fault.Malformed) {
			t.Errorf("cursor %q: %v", cursor, err)
		}
	}
	// Little of a long log is looked at for one page.
	put("ecoflow.log", 2000, 6000)
	page, err = l.Tail(t.Context(), log.TailRequest{Limit: 10, Text: "nothing like it"})
	if err != nil || len(page.Records) != 0 || page.Next == "" {
		t.Errorf("a rare text: %d records, next %q, %v", len(page.Records), page.Next, err)
	}
	if all := tail(t, l, log.TailRequest{Limit: 10, Text: "record 4"}); len(all) != 1+10+100+1000 { // 4, 4x, 4xx and 4xxx, of three files
		t.Errorf("%d records", len(all))
	}
	var whole bytes.Buffer
	if n, err := l.WriteTo(&whole); err != nil || n != int64(whole.Len()) || !bytes.HasPrefix(whole.Bytes(), []byte("time=2026-01-01T00:00:00.000Z level=INFO msg=\"record 1\"")) {
		t.Errorf("%d bytes, %v", n, err)
	}
}

// Without a file the last records are known.
func TestTailWithoutFiles(t *testing.T) {
	l := log.Open(log.Options{Level: slog.LevelInfo})
	for i := range 3000 {
		l.Info("record", "n", i)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	page, err := l.Tail(t.Context(), log.TailRequest{Limit: 5000})
	if err != nil || page.Files || page.Next != "" || len(page.Records) != 1000 || page.Records[0].Fields[0].Value != "2999" {
		t.Errorf("%d records, %v", len(page.Records), err)
	}
}

// Who follows the log gets what is written in a few batches, and hears of what was
// too much.
func TestFollow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := log.Open(log.Options{Level: slog.LevelInfo})
		told := make(chan log.Batch, 8)
		var there atomic.Bool
		there.Store(true)
		l.Follow(there.Load, func(b log.Batch) { told <- b })
		for i := range 300 {
			l.Info("record", "n", i)
		}
		synctest.Wait()
		time.Sleep(time.Second)
		l.Warn("last", "password", "canary")
		time.Sleep(time.Second)
		there.Store(false)
		synctest.Wait()
		l.Warn("nobody is there")
		time.Sleep(time.Second)
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		close(told)
		var batches []log.Batch
		for b := range told {
			batches = append(batches, b)
		}
		if len(batches) != 2 || len(batches[0].Records) != 200 || batches[0].Skipped != 100 || batches[1].Records[0].Message != "last" {
			t.Fatalf("%d batches", len(batches))
		}
		if f := batches[1].Records[0].Fields[0]; f.Value != "***" {
			t.Errorf("%+v", f)
		}
	})
}

// A page holds 1,000 records at most, whatever is asked for, and says where it goes on.
func TestPagesOfTheLogAreClamped(t *testing.T) {
	const records = limit.PageRows + 1
	l, _ := written(t, false, func(l *log.Log) {
		for i := range records {
			l.Info("said", "n", i)
		}
	})
	page, err := l.Tail(t.Context(), log.TailRequest{Limit: records})
	if err != nil || len(page.Records) != limit.PageRows || page.Next == "" {
		t.Fatalf("%d records, next %q, %v", len(page.Records), page.Next, err)
	}
	rest, err := l.Tail(t.Context(), log.TailRequest{Limit: records, Cursor: page.Next})
	if err != nil || len(rest.Records) != 1 || rest.Next != "" {
		t.Errorf("%d records more, next %q, %v", len(rest.Records), rest.Next, err)
	}
}
