package process_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"ecoflow/web/drive"
)

// within waits until something is so.
func within(t *testing.T, what string, isSo func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !isSo(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s: never", what)
		}
	}
}

// tree is what is in a folder, by its path in it.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	found := map[string]string{}
	must(t, filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return nil //nolint:nilerr // it goes while somebody looks
		}
		if content, err := os.ReadFile(path); err == nil {
			rel, _ := filepath.Rel(dir, path) //nolint:errcheck // it is in there
			found[filepath.ToSlash(rel)] = string(content)
		}
		return nil
	}))
	return found
}

// Each deploy writes the flows in the layout of the original too, and a start reads
// them back when it is told to.
func TestFlowFiles(t *testing.T) {
	dir, repo := t.TempDir(), filepath.Join(t.TempDir(), "flows")
	p, c := adjustable(t, dir)
	must(t, os.MkdirAll(filepath.Join(repo, "theirs"), 0o700))
	must(t, os.WriteFile(filepath.Join(repo, "theirs", "nodes.json"), []byte("[]"), 0o600))
	must(t, os.WriteFile(filepath.Join(repo, "README.md"), []byte("ours"), 0o600))
	names := func() []string {
		list := []string{}
		for name := range tree(t, repo) {
			list = append(list, name)
		}
		slices.Sort(list)
		return list
	}
	wait := func(what string, want ...string) {
		t.Helper()
		want = append(want, ".ecoflow.json", "README.md", "theirs/nodes.json")
		slices.Sort(want)
		within(t, what+fmt.Sprint(want), func() bool { return slices.Equal(names(), want) })
	}
	whole := func(dir string) []string {
		return []string{dir + "/nodes.json", dir + "/connections.json", dir + "/configs.json"}
	}

	adjust(t, c, map[string]any{"flowDir": repo})
	first := slices.Concat(whole("hello"), whole("echo"), whole("configs"))
	wait("what is live", first...)
	if files := tree(t, repo); !strings.Contains(files["hello/configs.json"], `"Hello World"`) || !strings.Contains(files["hello/nodes.json"], "\n") || files["theirs/nodes.json"] != "[]" {
		t.Errorf("the files: %v", files)
	}
	flows := simple()
	delete(flows, "echo")
	hostile := "CON: a.b? " + strings.Repeat("ü", 70)
	for i, name := range []string{".git", "logs.", hostile} {
		id := fmt.Sprint("x", i)
		flows[name] = drive.NewFlow().Request(id+"a", "GET", "/"+id).Text(id+"b", name).Response(id+"c", "msg").Edge(id+"a", id+"b", id+"c")
	}
	must(t, c.Deploy(flows))
	within(t, "the flow that is gone", func() bool { return !slices.Contains(names(), "echo/nodes.json") })
	within(t, "names that no folder can have", func() bool {
		list := names()
		long := slices.IndexFunc(list, func(n string) bool {
			return strings.HasPrefix(n, "CON%3A a.b%3F ü") && strings.HasSuffix(n, "/ecoflow.json")
		})
		return slices.Contains(list, "%2Egit/nodes.json") && slices.Contains(list, "logs%2E/nodes.json") && long >= 0
	})
	adjust(t, c, map[string]any{"flowNodeDefinitions": "n.json", "flowNodeConnections": "c.json", "flowNodeConfigurations": "v.json", "flowFilePretty": false})
	within(t, "other names", func() bool {
		files := tree(t, repo)
		return files["hello/nodes.json"] == "" && strings.HasPrefix(files["hello/n.json"], `[{"`) && files["hello/c.json"] != "" && files["hello/v.json"] != ""
	})

	// Somebody else's flow is not overwritten, and that is told.
	must(t, os.WriteFile(filepath.Join(repo, "theirs", "n.json"), []byte("[]"), 0o600))
	flows["theirs"] = drive.NewFlow().Request("t1", "GET", "/theirs").Text("t2", "ours").Response("t3", "msg").Edge("t1", "t2", "t3")
	must(t, c.Deploy(flows))
	within(t, "the health", func() bool {
		a := ask(t, c, "GET", "/systemApi/health", nil)
		return strings.Contains(a.Body, `"part":"flowFiles","state":"warning"`) && strings.Contains(a.Body, "theirs")
	})
	if files := tree(t, repo); files["theirs/n.json"] != "[]" {
		t.Error("somebody else's flow was overwritten")
	}
	must(t, os.RemoveAll(filepath.Join(repo, "theirs")))
	must(t, c.Deploy(flows))
	within(t, "in the place of what was moved", func() bool { return tree(t, repo)["theirs/n.json"] != "" })
	stop(t, p)

	// What was worked on stays without the flag, and is live with it.
	values := filepath.Join(repo, "hello", "v.json")
	content, err := os.ReadFile(values)
	must(t, err)
	must(t, os.WriteFile(values, []byte(strings.Replace(string(content), "Hello World", "Hello Files", 1)), 0o600))
	p = startIn(t, nil, dir, "--no-browser")
	want(t, p.Client(), "GET", "/api/hello", nil, 200, `{"msg":"Hello World"}`)
	stop(t, p)
	p = startIn(t, nil, dir, "--no-browser", "--import-flows")
	want(t, p.Client(), "GET", "/api/hello", nil, 200, `{"msg":"Hello Files"}`)
	want(t, p.Client(), "GET", "/api/x2", nil, 200, fmt.Sprintf(`{"msg":%q}`, hostile))
	c = p.Client()
	must(t, c.SignIn())
	var deployments []struct{ Note string }
	must(t, ask(t, c, "GET", "/systemApi/deployments", nil).Payload(&deployments))
	if n := len(deployments); deployments[0].Note != "From the flow files" {
		t.Errorf("%d deployments: %+v", n, deployments)
	}
	if a := ask(t, c, "GET", "/systemApi/auditLogs", nil); !strings.Contains(a.Body, "Deployed the flow files") {
		t.Errorf("the audit log: %.500s", a)
	}
	stop(t, p)
	p = startIn(t, nil, dir, "--no-browser", "--import-flows") // nothing to do
	c = p.Client()
	must(t, c.SignIn())
	n := len(deployments)
	must(t, ask(t, c, "GET", "/systemApi/deployments", nil).Payload(&deployments))
	if len(deployments) != n {
		t.Errorf("%d deployments after a start that changed nothing, before it %d", len(deployments), n)
	}
	stop(t, p)

	// A mistake in them is told, and what was live is.
	must(t, os.WriteFile(values, []byte("[{"), 0o600))
	p = startIn(t, nil, dir, "--no-browser", "--import-flows")
	want(t, p.Client(), "GET", "/api/hello", nil, 200, `{"msg":"Hello Files"}`)
	if !strings.Contains(p.Output(), "The flow files are not live: hello/v.json is not valid JSON") {
		t.Errorf("nobody is told: %s", p.Output())
	}
	stop(t, p)
	if left, err := os.ReadFile(values); err != nil || string(left) != "[{" {
		t.Errorf("what somebody works on was overwritten: %q, %v", left, err)
	}
}

// A project of the original is taken over by a start on its folder of flows.
func TestFlowFilesOfTheOriginal(t *testing.T) {
	repo := t.TempDir()
	for name, content := range map[string]string{
		"nodes.json":       `[{"id": "a", "type": "Request", "data": {"moduleID": {"_id": "e7337e7436e2801eaf3b45263dab3462"}, "label": "Request", "configured": true}}, {"id": "b", "type": "Middleware", "data": {"moduleID": {"_id": "0693cd72b3f576cfef83978264d3d6ea"}, "label": "Text", "configured": true}}, {"id": "c", "type": "Response", "data": {"moduleID": {"_id": "88659a8c0ae433ba8a6f803300262fec"}, "label": "Response", "configured": true}}]`,
		"connections.json": `[{"id": "1", "source": "a", "sourceHandle": "a-source", "target": "b", "targetHandle": "b-target", "animated": false}, {"id": "2", "source": "b", "sourceHandle": "b-source", "target": "c", "targetHandle": "c-target", "animated": false}]`,
		"configs.json":     `[{"nodeID": "a", "configs": {"apiMethod": "GET", "apiEndpoint": "/old"}}, {"nodeID": "b", "configs": {"sampleText": "From before"}}, {"nodeID": "c", "configs": {"responseKey": "msg"}}]`,
	} {
		must(t, os.MkdirAll(filepath.Join(repo, "Flow1"), 0o700))
		must(t, os.WriteFile(filepath.Join(repo, "Flow1", name), []byte(content), 0o600))
	}
	dir := t.TempDir()
	p := startIn(t, []string{"ECOFLOW_FLOW_DIR=" + repo}, dir, "--no-browser", "--port", "0", "--auth", "--import-flows")
	want(t, p.Client(), "GET", "/api/old", nil, 200, `{"msg":"From before"}`)
	within(t, "they are ours from now on", func() bool { return strings.Contains(tree(t, repo)[".ecoflow.json"], "Flow1") })
	c := administrator(t, p)
	if a := ask(t, c, "POST", "/systemApi/flows/deploy", map[string]any{"mode": "restart"}); a.Status != http.StatusOK {
		t.Errorf("a deploy: %s", a)
	}
	stop(t, p)
}
