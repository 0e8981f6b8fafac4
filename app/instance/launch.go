package instance

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"html/template"
	"os"
	"path/filepath"
)

// page forwards a browser without a script, so that it works whatever the browser
// allows local files to do.
var page = template.Must(template.New("launch").Parse(`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="referrer" content="no-referrer">
<meta http-equiv="refresh" content="0; url={{.}}">
<title>EcoFlow</title>
<p><a href="{{.}}" rel="noreferrer">Open EcoFlow</a></p>
</html>
`))

// WriteLaunch makes a page that forwards a browser to link and that only the
// owner of the folder can read, and returns its path. A link that signs somebody
// in thus never shows up in a list of processes (S6). Each call makes a page of
// its own, so that two windows opened at once do not take each other's link.
func (f *Folder) WriteLaunch(link string) (path string, err error) {
	var html bytes.Buffer
	if err := page.Execute(&html, link); err != nil {
		return "", fmt.Errorf("make the launch page: %w", err)
	}
	path = filepath.Join(f.path, launchPrefix+rand.Text()+".html")
	if err := os.WriteFile(path, html.Bytes(), 0o600); err != nil {
		return "", fmt.Errorf("write the launch page: %w", err)
	}
	return path, nil
}

// RemoveLaunch deletes a launch page that was used or is too old.
func (f *Folder) RemoveLaunch(path string) error {
	return remove(path)
}
