package api_test

import (
	"fmt"
	"strings"
	"testing"
)

func TestImportOfEachForm(t *testing.T) {
	d := sit(t)
	body := d.ask(200, `POST /drafts/import {"flows":{"a":`+says("a", "1")+`,"b":`+says("b", "1")+`},"folder":"new"}`)
	d.wants(member(t, body, "payload", "flows", 1, "as"), "b", "name")
	d.wants(member(t, body, "payload", "flows", 1, "revision"), 1.0, "revision")
	d.wants(member(t, d.ask(200, `GET /drafts/b`), "payload", "folder"), "new", "folder")
	d.ask(200, `POST /drafts/import {"flows":`+says("c", "1")+`,"name":"c"}`)
	d.code(422, "flow_name", `POST /drafts/import {"flows":`+says("d", "1")+`}`)
	d.code(422, "flow_name", `POST /drafts/import {"flows":`+says("d", "1")+`,"name":"../d"}`)
	body = d.ask(200, `POST /drafts/import {"flows":{"flowDescription":{"d":`+says("d", "1")+`},"packages":["ecoflow-commons@0.0.39","@some/thing@1.2.3"]}}`)
	d.wants(member(t, body, "payload", "packages", 0, "installed"), "0.0.39", "package that is here")
	d.wants(member(t, body, "payload", "packages", 1, "name"), "@some/thing", "package that is not")
	d.wants(member(t, body, "payload", "packages", 1, "installed"), "", "package that is not")
	for _, flows := range []string{`[]`, `{}`, `"x"`, `{"flowDescription":{}}`} {
		d.ask(422, `POST /drafts/import {"flows":`+flows+`}`)
	}
	d.code(422, "flow_form", `POST /drafts/import {"flows":{"x":{"definitions":[1]}}}`)
	d.wants(member(t, d.ask(200, `GET /drafts`), "count"), 4.0, "drafts")
}

func TestImportConflicts(t *testing.T) {
	d := sit(t)
	d.save("a", says("a", "mine"), 0)
	d.save("b", says("b", "mine"), 0)
	d.save("c", says("c", "mine"), 0)
	flows := `{"A":` + says("a", "theirs") + `,"b":` + says("b", "theirs") + `,"c":` + says("c", "theirs") + `,"d":` + says("d", "theirs") + `}`

	body := d.ask(200, `POST /drafts/import {"preview":true,"flows":`+flows+`}`)
	d.wants(member(t, body, "payload", "flows", 0, "conflict"), true, "conflict")
	d.wants(member(t, body, "payload", "flows", 3, "conflict"), false, "conflict")
	refused := d.code(409, "import_conflict", `POST /drafts/import {"choices":{"a":"keep"},"flows":`+flows+`}`)
	d.wants(member(t, refused, "errors", 0, "path"), "choices/b", "place")
	d.wants(len(member(t, refused, "errors").([]any)), 2, "places")
	d.wants(member(t, d.ask(200, `GET /drafts`), "count"), 3.0, "drafts after a refusal")
	d.ask(422, `POST /drafts/import {"choices":{"a":"burn"},"flows":`+flows+`}`)

	body = d.ask(200, `POST /drafts/import {"choices":{"a":"keep","B":"replace"},"choice":"copy","flows":`+flows+`}`)
	text := func(name string) any {
		t.Helper()
		return member(t, d.ask(200, `GET /drafts/`+name), "payload", "flow", "configurations", 1, "configs", "sampleText")
	}
	d.wants(text("a"), "mine", "kept")
	d.wants(text("b"), "theirs", "replaced")
	d.wants(text("c"), "mine", "the original of a copy")
	d.wants(text("c%20(2)"), "theirs", "the copy")
	d.wants(text("d"), "theirs", "without a conflict")
	d.wants(member(t, d.ask(200, `GET /drafts/b`), "payload", "flow", "definitions", 0, "id"), "b-in", "ids of what was replaced")
	d.wants(member(t, body, "payload", "flows", 2, "newIds"), 3.0, "new ids of the copy")

	// The same again is no conflict.
	body = d.ask(200, `POST /drafts/import {"flows":{"d":`+says("d", "theirs")+`}}`)
	d.wants(member(t, body, "payload", "flows", 0, "as"), "", "nothing to do")
	d.wants(member(t, d.ask(200, `GET /drafts/d`), "payload", "revision"), 1.0, "revision")

	d.ask(200, `PATCH /drafts/b {"locked":true}`)
	d.code(409, "flow_locked", `POST /drafts/import {"choice":"replace","flows":{"b":`+says("b", "x")+`,"e":`+says("e", "x")+`}}`)
	d.code(404, "unknown_flow", `GET /drafts/e`)
}

func TestImportedNodeIDs(t *testing.T) {
	d := sit(t)
	d.save("mine", says("x", "mine"), 0)
	config := func(id string) string {
		return fmt.Sprintf(`{"definitions":[{"id":%q,"type":"Configuration","data":{"moduleID":{"_id":"k"},"label":"K"}}],"connections":[],"configurations":[{"nodeID":%q,"configs":{}}]}`, id, id)
	}
	d.save("configs", config("shared"), 0)
	theirs := strings.Replace(says("x", "theirs"), `"sampleText":"theirs"`, `"sampleText":"theirs","uses":"shared","names":"x-text"`, 1)
	body := d.ask(200, `POST /drafts/import {"choice":"copy","flows":{"configs":`+strings.Replace(config("shared"), `"K"`, `"other"`, 1)+`,"theirs":`+theirs+`}}`)
	d.wants(member(t, body, "payload", "missing", 0, "count"), 1.0, "missing node type")
	d.wants(member(t, body, "payload", "missing", 0, "labels", 0), "other", "label of the missing type")
	flow := d.ask(200, `GET /drafts/theirs`)
	text := member(t, flow, "payload", "flow", "definitions", 1, "id")
	if text == "x-text" {
		t.Error("the id is taken twice")
	}
	shared := member(t, d.ask(200, `GET /drafts/configs%20(2)`), "payload", "flow", "definitions", 0, "id")
	d.wants(member(t, flow, "payload", "flow", "configurations", 1, "nodeID"), text, "values")
	d.wants(member(t, flow, "payload", "flow", "configurations", 1, "configs", "uses"), shared, "an input that names a Configuration node")
	d.wants(member(t, flow, "payload", "flow", "configurations", 1, "configs", "names"), text, "an input that names a node")
	d.wants(member(t, flow, "payload", "flow", "connections", 0, "target"), text, "edge")
	d.wants(member(t, flow, "payload", "flow", "connections", 0, "targetHandle"), fmt.Sprint(text)+"-target", "handle")

	// All is well: it answers when it is deployed beside the other.
	d.ask(200, `DELETE /drafts/configs`)
	d.ask(200, `DELETE /drafts/configs%20(2)`)
	d.ask(200, `DELETE /drafts/mine`)
	d.ask(200, `POST /flows/deploy {"mode":"all"}`)
	d.wants(d.call(200, "GET", "/api/x", ""), `{"msg":"theirs"}`, "answer")
}
