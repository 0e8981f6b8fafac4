package api_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"ecoflow/app/trace"
)

// payload asks for something and decodes what is answered into v.
func (d *desk) payload(request string, v any) {
	d.Helper()
	envelope := struct{ Payload any }{v}
	if err := json.Unmarshal([]byte(d.ask(200, request)), &envelope); err != nil {
		d.Fatal(err)
	}
}

func TestOrdinaryRunsAreKeptWhereThatIsSet(t *testing.T) {
	d := sit(t)
	d.ask(200, `POST /flows/deploy {"flowconfigurations": {"try": `+debugging()+`}}`)
	call := func(body string) {
		t.Helper()
		if rec := d.Do(nil, "POST", "/api/try?token=hush", body); rec.Code != 200 {
			t.Fatalf("%d %s", rec.Code, rec.Body)
		}
	}
	set := func(changes string) { t.Helper(); d.ask(200, `PATCH /settings {"changes": `+changes+`}`) }
	var list []trace.Run
	look := func(want int) {
		t.Helper()
		list = nil
		if d.payload("GET /runs", &list); len(list) != want {
			t.Fatalf("%d runs are kept, want %d", len(list), want)
		}
	}

	call(`{}`)
	look(0) // off is the default

	set(`{"runs.capture": "full", "runs.keep": 2}`)
	for i := range 3 {
		call(fmt.Sprintf(`{"n": %d, "password": "pssst"}`, i))
	}
	look(2)
	if r := list[0]; r.Flow != "try" || r.Method != "POST" || r.Path != "/api/try" || r.Status != 200 || r.Micros <= 0 || r.Steps != nil {
		t.Errorf("%+v", r)
	}
	var run trace.Run
	d.payload("GET /runs/"+list[0].ID, &run)
	got := map[string]string{}
	for _, s := range run.Steps {
		got[s.NodeID] = fmt.Sprintf("%s %s→%s", s.Outcome, s.In, s.Out)
	}
	for id, want := range map[string]string{
		"in":   `passed →{"msg":{"n":2,"password":"***"}}`,
		"text": `passed {"msg":{"n":2,"password":"***"}}→{"msg":"hello"}`,
		"dbg":  `passed {"msg":"hello"}→{"msg":"hello"}`,
		"out":  `passed {"msg":"hello"}→{"msg":"hello"}`,
	} {
		if got[id] != want {
			t.Errorf("%s: %s, want %s", id, got[id], want)
		}
	}

	set(`{"runs.keep": 1}`)
	look(1)
	set(`{"runs.capture": "summary"}`)
	call(`{"n": 4}`)
	look(1)
	run = trace.Run{}
	d.payload("GET /runs/"+list[0].ID, &run)
	if len(run.Steps) != 4 || run.Steps[1].In != nil || run.Steps[1].Out != nil || run.Steps[1].Outcome != trace.Passed {
		t.Errorf("%+v", run.Steps)
	}
	gone := list[0].ID
	set(`{"runs.capture": "off"}`)
	look(0)
	d.code(404, "unknown_run", "GET /runs/"+gone)
	call(`{}`)
	look(0)
}

func TestWhatTestsDoIsNoOrdinaryRun(t *testing.T) {
	d := sit(t)
	d.ask(200, `PATCH /settings {"changes": {"runs.capture": "full"}}`)
	d.save("try", debugging(), 0)
	d.lines(`{"flow":"try","request":{"method":"post","path":"/api/try","body":{}}}`)
	var list []trace.Run
	if d.payload("GET /runs", &list); len(list) != 0 {
		t.Errorf("%+v", list)
	}
}

// What is kept stays small, however large the bodies are.
func TestKeptRunsAreBounded(t *testing.T) {
	d := sit(t)
	d.ask(200, `POST /flows/deploy {"flowconfigurations": {"try": `+debugging()+`}}`)
	d.ask(200, `PATCH /settings {"changes": {"runs.capture": "full"}}`)
	body := `{"text": "` + strings.Repeat("x", 1<<20) + `"}`
	if rec := d.Do(nil, "POST", "/api/try", body); rec.Code != 200 {
		t.Fatalf("%d %s", rec.Code, rec.Body)
	}
	var list []trace.Run
	d.payload("GET /runs", &list)
	var run trace.Run
	d.payload("GET /runs/"+list[0].ID, &run)
	for _, s := range run.Steps {
		if len(s.In)+len(s.Out) > 10_000 {
			t.Errorf("%s: %d bytes", s.NodeID, len(s.In)+len(s.Out))
		}
		if s.NodeID == "in" && (!s.Shortened || !strings.HasPrefix(string(s.Out), `{"msg":{"text":"xxx`)) {
			t.Errorf("%.60s %v", s.Out, s.Shortened)
		}
	}
}
