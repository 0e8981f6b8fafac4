package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"ecoflow/app/fault"
	"ecoflow/app/value"
)

// FileName is what the settings file of a data folder is called.
const FileName = "ecoflow.json"

const (
	fileBytes = 1 << 20
	fileDepth = 10
)

// Outside is what gives settings values that beat the stored ones and cannot be
// changed in the window. The later field beats the earlier; all may be left out.
type Outside struct {
	File   *File
	Lookup func(variable string) (string, bool)
	Flags  map[string]string // by key
}

// File is a settings file: a JSON object with members as in the configuration object
// of the contract (3.6), or by dotted keys, or both.
type File struct {
	values  map[string]any // by dotted key
	problem string         // why it cannot be read
}

// ReadFile reads the settings file of a data folder, nil when there is none. One that
// cannot be read is said when the settings are loaded, like what is wrong in it.
func ReadFile(folder string) *File {
	file, err := os.Open(filepath.Join(folder, FileName))
	// What is no folder has no file in it; whoever opens the folder says so.
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return nil
	}
	f := &File{values: map[string]any{}}
	if err != nil {
		f.problem = because(err)
		return f
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, fileBytes+1))
	switch {
	case err != nil:
		f.problem = because(err)
	case len(text) > fileBytes:
		f.problem = "It is longer than 1 MiB."
	default:
		f.read(text)
	}
	return f
}

func (f *File) read(text []byte) {
	parsed, err := value.Parse(text, fileDepth)
	if err != nil {
		f.problem = strings.TrimSuffix(err.Error(), ".") + "."
		return
	}
	object, ok := parsed.(map[string]any)
	if !ok {
		f.problem = "It has to be one JSON object."
		return
	}
	for name, member := range object {
		spread(f.values, name, member)
	}
}

// because is the reason of the operating system without the path.
func because(err error) string {
	if at, ok := errors.AsType[*fs.PathError](err); ok {
		err = at.Err
	}
	return fmt.Sprintf("It cannot be read: %v.", err)
}

// unknown names what cannot be used of the file and of the flags.
func (o Outside) unknown(invalid *fault.Fault) {
	for key := range o.Flags {
		if field(key) == nil {
			invalid.At(key, "There is no such setting.")
		}
	}
	if o.File == nil {
		return
	}
	if o.File.problem != "" {
		invalid.At(FileName, "%s", o.File.problem)
	}
	for key := range o.File.values {
		if field(key) != nil {
			continue
		}
		meant := ""
		for i := range Fields {
			if strings.EqualFold(Fields[i].Key, key) {
				meant = " It is written " + Fields[i].Key + "."
			}
		}
		invalid.At(key, "In %s: There is no such setting.%s", FileName, meant)
	}
}
