package mirror

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"ecoflow/app/fault"
	"ecoflow/app/file"
	"ecoflow/app/flow"
	"ecoflow/app/limit"
	"ecoflow/app/value"
)

const (
	// Own is the file of a flow with what the original has no file for: its name
	// where no folder can be called so, and members of our own.
	Own = "ecoflow.json"
	// recordName is the file that says which folders are ours.
	recordName = ".ecoflow.json"
	// longest is how many bytes of a flow's name its folder may be called by.
	longest = 150
	// mostFlows is how many folders are read.
	mostFlows = 10_000
)

// Layout says where the files are, and what those of each flow are called.
type Layout struct {
	Folder                string // its path; empty for no files
	Nodes, Edges, Configs string
	Pretty                bool // with line breaks
}

// files are the names of a flow's files by the member of the contract that is in them.
func (l Layout) files() map[string]string {
	return map[string]string{"definitions": l.Nodes, "connections": l.Edges, "configurations": l.Configs}
}

func (l Layout) names() []string { return []string{l.Nodes, l.Edges, l.Configs, Own} }

// record is what was written: by it, what is not EcoFlow's is left alone.
type record struct {
	Files []string `json:"files"`
	Flows []string `json:"flows"` // folders
}

// Write makes the files what the flows are: whole or not at all each, those of flows
// that are gone removed. Folders of others stay as they are, unless adopt takes those
// of the flows over; one that is in the way is told after everything else is written.
func Write(l Layout, flows flow.Document, adopt bool) error {
	if err := os.MkdirAll(l.Folder, 0o700); err != nil {
		return explain(err)
	}
	root, err := os.OpenRoot(l.Folder)
	if err != nil {
		return explain(err)
	}
	defer root.Close()
	before, err := readRecord(root)
	if err != nil {
		return explain(err)
	}
	next := record{Files: l.names(), Flows: []string{}}
	parts := map[string]map[string][]byte{}
	var foreign []string
	for _, name := range flows.Names() {
		dir := folderName(name)
		if !adopt && !slices.Contains(before.Flows, dir) && taken(root, dir, next.Files) {
			foreign = append(foreign, dir)
			continue
		}
		if parts[dir], err = split(name, dir, flows[name], l); err != nil {
			return fmt.Errorf("flow %s: %w", name, err)
		}
		next.Flows = append(next.Flows, dir)
	}
	// Until everything is done, what was ours and what will be is.
	both := record{Files: union(before.Files, next.Files), Flows: union(before.Flows, next.Flows)}
	if err := writeRecord(root, both); err != nil {
		return explain(err)
	}
	for _, dir := range next.Flows {
		if err := writeFlow(root, dir, parts[dir], both.Files); err != nil {
			return explain(err)
		}
	}
	for _, dir := range before.Flows {
		if !slices.Contains(next.Flows, dir) {
			if err := writeFlow(root, dir, nil, both.Files); err != nil {
				return explain(err)
			}
			root.Remove(dir) //nolint:errcheck // what somebody else put there stays
		}
	}
	if err := writeRecord(root, next); err != nil {
		return explain(err)
	}
	if len(foreign) > 0 {
		return fmt.Errorf("flows of somebody else are in %s already: move them, choose another folder, or start with --import-flows to take them over", strings.Join(foreign, ", "))
	}
	return nil
}

// writeFlow makes the files of a flow these, and removes the others of those names.
func writeFlow(root *os.Root, dir string, content map[string][]byte, names []string) error {
	if len(content) > 0 {
		if err := root.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
	}
	for _, name := range names {
		at := path.Join(dir, name)
		data, wanted := content[name]
		if !wanted {
			if err := root.Remove(at); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
			continue
		}
		if err := write(root, at, data); err != nil {
			return err
		}
	}
	return nil
}

// write makes a file whole or not at all, and leaves alone what is so already.
func write(root *os.Root, name string, data []byte) error {
	if was, err := root.ReadFile(name); err == nil && bytes.Equal(was, data) {
		return nil
	}
	tmp := name + file.Unfinished
	f, err := root.OpenFile(tmp, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = root.Rename(tmp, name)
	}
	if err != nil {
		root.Remove(tmp) //nolint:errcheck // the next writing begins anew
	}
	return err
}

func taken(root *os.Root, dir string, names []string) bool {
	return slices.ContainsFunc(names, func(name string) bool {
		_, err := root.Lstat(path.Join(dir, name))
		return err == nil
	})
}

func union(a, b []string) []string {
	all := append(slices.Clone(a), b...)
	slices.Sort(all)
	return slices.Compact(all)
}

func readRecord(root *os.Root) (r record, err error) {
	data, err := root.ReadFile(recordName)
	if errors.Is(err, fs.ErrNotExist) {
		return r, nil
	}
	if err != nil {
		return r, err
	}
	if json.Unmarshal(data, &r) != nil {
		return record{}, nil // nothing is known to be ours then
	}
	local := func(name string) bool { return name == "" || name != path.Base(name) || name == "." || name == ".." }
	r.Files, r.Flows = slices.DeleteFunc(r.Files, local), slices.DeleteFunc(r.Flows, local)
	return r, nil
}

func writeRecord(root *os.Root, r record) error {
	data, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	return write(root, recordName, append(data, '\n'))
}

// split returns the files of a flow by their names.
func split(name, dir string, f *flow.Flow, l Layout) (map[string][]byte, error) {
	text, err := f.AppendJSON(nil)
	if err != nil {
		return nil, err
	}
	whole, err := value.Parse(text, limit.ManagementDepth)
	if err != nil {
		return nil, err
	}
	members, _ := whole.(map[string]any)
	files := map[string][]byte{}
	for member, at := range l.files() {
		if files[at], err = l.encode(members[member]); err != nil {
			return nil, err
		}
		delete(members, member)
	}
	own := map[string]any{}
	if unescaped(dir) != name {
		own["name"] = name
	}
	if len(members) > 0 {
		own["members"] = members
	}
	if len(own) > 0 {
		files[Own], err = l.encode(own)
	}
	return files, err
}

func (l Layout) encode(v any) ([]byte, error) {
	text, err := value.AppendJSON(nil, v)
	if err != nil || !l.Pretty {
		return text, err
	}
	var b bytes.Buffer
	err = json.Indent(&b, text, "", "  ")
	b.WriteByte('\n')
	return b.Bytes(), err
}

// Read returns the flows whose files are in the folder. A folder in it that has none
// of the files of a flow is none of a flow.
func Read(l Layout) (flow.Document, error) {
	root, err := os.OpenRoot(l.Folder)
	if err != nil {
		return nil, explain(err)
	}
	defer root.Close()
	entries, err := fs.ReadDir(root.FS(), ".")
	if err != nil {
		return nil, explain(err)
	}
	whole := map[string]any{}
	left := int64(limit.FlowsBody)
	for _, e := range entries {
		if !e.IsDir() || !taken(root, e.Name(), l.names()[:3]) {
			continue
		}
		if len(whole) == mostFlows {
			return nil, fault.New(fault.TooLarge, "There are more than %d flows.", mostFlows)
		}
		name, f, err := readFlow(root, e.Name(), l, &left)
		if err != nil {
			return nil, err
		}
		if _, twice := whole[name]; twice {
			return nil, fault.New(fault.Invalid, "Two folders hold a flow named %s.", fault.Shown(name))
		}
		whole[name] = f
	}
	text, err := value.AppendJSON(nil, whole)
	if err != nil {
		return nil, err
	}
	return flow.Parse(text)
}

func readFlow(root *os.Root, dir string, l Layout, left *int64) (name string, f map[string]any, err error) {
	name, f = unescaped(dir), map[string]any{}
	var own any
	if own, err = readFile(root, path.Join(dir, Own), left); err != nil {
		return "", nil, err
	}
	if about, ok := own.(map[string]any); ok {
		if text, ok := about["name"].(string); ok {
			name = text
		}
		if members, ok := about["members"].(map[string]any); ok {
			f = members
		}
	}
	for member, at := range l.files() {
		v, err := readFile(root, path.Join(dir, at), left)
		if err != nil {
			return "", nil, err
		}
		if f[member] = v; v == nil {
			f[member] = []any{}
		}
	}
	return name, f, nil
}

// readFile returns the JSON of a file, nil when there is none.
func readFile(root *os.Root, name string, left *int64) (any, error) {
	f, err := root.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, explain(err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, *left+1))
	if err != nil {
		return nil, explain(err)
	}
	if *left -= int64(len(data)); *left < 0 {
		return nil, fault.New(fault.TooLarge, "Flows may have %d MiB at most.", limit.FlowsBody>>20).WithCode("flows_too_large")
	}
	v, err := value.Parse(data, limit.ManagementDepth)
	if err != nil {
		return nil, fault.New(fault.Malformed, "%s is not valid JSON: %v.", name, err).WithCode("bad_json")
	}
	return v, nil
}

// folderName is what the folder of a flow is called: its name, where every system can
// call one so.
func folderName(name string) string {
	var b strings.Builder
	for i, r := range name {
		isLast := i+utf8.RuneLen(r) == len(name)
		if !strings.ContainsRune(`<>:"|?*%/\`, r) && !unicode.IsControl(r) && (i > 0 || r != '.') && (!isLast || r != '.' && r != ' ') {
			b.WriteRune(r)
			continue
		}
		b.WriteString(escaped(string(r)))
	}
	dir := b.String()
	if isDevice(dir) {
		dir = escaped(dir[:1]) + dir[1:]
	}
	if len(dir) <= longest {
		return dir
	}
	cut := longest
	for !utf8.RuneStart(dir[cut]) {
		cut--
	}
	sum := sha256.Sum256([]byte(name))
	return fmt.Sprintf("%s~%x", dir[:cut], sum[:8])
}

func escaped(text string) string {
	var b strings.Builder
	for _, c := range []byte(text) {
		fmt.Fprintf(&b, "%%%02X", c)
	}
	return b.String()
}

func unescaped(dir string) string {
	if name, err := url.PathUnescape(dir); err == nil && utf8.ValidString(name) {
		return name
	}
	return dir
}

// isDevice reports whether Windows takes a name for one of its devices.
func isDevice(name string) bool {
	base, _, _ := strings.Cut(strings.ToUpper(name), ".")
	base = strings.TrimRight(base, " ")
	switch base {
	case "CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$":
		return true
	}
	digits, isPort := strings.CutPrefix(base, "COM")
	if !isPort {
		digits, isPort = strings.CutPrefix(base, "LPT")
	}
	return isPort && utf8.RuneCountInString(digits) == 1 && strings.ContainsAny(digits, "0123456789¹²³")
}

// explain says what is wrong with a file in words, without the rest of its path.
func explain(err error) error {
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		return fmt.Errorf("%s cannot be used: %w", path.Base(p.Path), p.Err)
	}
	return err
}
