package instance

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"strings"
	"time"

	"ecoflow/app/fault"
)

// CanStart is how the command "check" begins the line that says yes. No other
// program says so by chance, as it might end with 0.
const CanStart = "EcoFlow can start"

// rehearsalBytes bounds what is kept of what a rehearsal prints.
const rehearsalBytes = 500

// Rehearse finds out whether the program at this one's path, which may be another
// one by now, could start with the same arguments and environment.
func Rehearse(ctx context.Context) error {
	path, err := os.Executable()
	if err != nil {
		return err
	}
	var out, errs tail
	check := exec.CommandContext(ctx, path, append(os.Args[1:len(os.Args):len(os.Args)], "check")...) //nolint:gosec // the program itself, with its own arguments
	check.Stdout, check.Stderr, check.WaitDelay = &out, &errs, time.Second
	err = check.Run()
	switch said := strings.TrimSpace(errs.String()); {
	case ctx.Err() != nil:
		return errors.New("the program at its path does not say whether it can start")
	case err == nil && strings.HasPrefix(out.String(), CanStart):
		return nil
	case said != "":
		return errors.New(said)
	case err != nil:
		if at, ok := errors.AsType[*fs.PathError](err); ok {
			err = at.Err
		}
		return fmt.Errorf("the program at its path does not run: %w", err)
	}
	return errors.New("the program at its path is not EcoFlow")
}

// tail keeps the end of what is written to it.
type tail struct{ kept bytes.Buffer }

// Write implements io.Writer.
func (t *tail) Write(b []byte) (int, error) {
	t.kept.Write(b)
	if over := t.kept.Len() - rehearsalBytes; over > 0 {
		t.kept.Next(over)
	}
	return len(b), nil
}

// String returns what was kept, in one line of printable text.
func (t *tail) String() string {
	return fault.Printable(strings.Join(strings.Fields(t.kept.String()), " "))
}
