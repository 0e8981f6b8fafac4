package nodes_test

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

func TestUses(t *testing.T) {
	doc := draw(t, `
		in: Request {"apiMethod": "POST"}
		text: Text {"sampleText": "{{ env.region }} and {{ env['HOST'] }}"}
		set: Set {"values": {"value": "{\"a\": [\"{{ env.DEEP }}\"], \"b\": 1}", "validate": true}}
		page: Template {"template": "<p>{{ env.TITLE }}</p>"}
		code: Function {"codeEditor": "const { A } = env; return A + env.B"}
		some: Function {"codeEditor": "return env[msg.name] + env.C"}
		bad: Function {"codeEditor": "return env.D +"}
		worse: Text {"sampleText": "{{ env.E "}
		if: Condition {"value": "{{ env.F }}", "operator": "equals", "other": "{{ env.G ?? 1 }}"}
		keep: Filter {"list": "{{ msg }}", "condition": "item.x == env.H"}
		plain: Text {"sampleText": "env.X"}
		out: Response {"mode": "direct", "headers": "X-Region: {{ env.I }}"}`)
	var got []string
	for _, u := range doc["shop"].Uses(library, slog.New(slog.DiscardHandler)) {
		got = append(got, strings.TrimSpace(fmt.Sprintf("%s/%s %s%s", u.Node, u.Input, u.Name, u.Why)))
	}
	want := `text/sampleText HOST
text/sampleText REGION
set/values DEEP
page/template TITLE
code/codeEditor A
code/codeEditor B
some/codeEditor C
some/codeEditor computed
bad/codeEditor broken
worse/sampleText broken
if/value F
if/other G
keep/condition H
out/headers I`
	if g := strings.Join(got, "\n"); g != want {
		t.Errorf("got\n%s\nwant\n%s", g, want)
	}
}
