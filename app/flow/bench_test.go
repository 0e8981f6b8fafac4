package flow_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"ecoflow/app/flow"
	"ecoflow/app/trace"
)

// The benchmarks come in pairs: what the engine does, and a hand-written net/http
// handler doing the same JSON work. Compare them within one run only.

const order = `{"id":4711,"customer":{"name":"Ann Example","city":"Springfield"},"lines":[{"sku":"a-1","n":2,"price":12.5},{"sku":"b-2","n":1,"price":3.75}],"note":"as agreed"}`

// sink is a ResponseWriter that forgets.
type sink struct {
	header http.Header
	code   int
}

func (s *sink) Header() http.Header         { return s.header }
func (s *sink) WriteHeader(code int)        { s.code = code }
func (s *sink) Write(b []byte) (int, error) { return len(b), nil }

func serve(b *testing.B, h http.Handler, method, path, body string) {
	b.Helper()
	u, err := url.Parse(path)
	if err != nil {
		b.Fatal(err)
	}
	header := http.Header{"Content-Type": {"application/json"}}
	b.ReportAllocs()
	for b.Loop() {
		w := &sink{header: make(http.Header, 4)}
		r := &http.Request{Method: method, URL: u, Header: header, Host: "localhost:4000", RemoteAddr: "127.0.0.1:5000", ContentLength: int64(len(body))}
		r.Body = http.NoBody
		if body != "" {
			r.Body = io.NopCloser(strings.NewReader(body))
		}
		h.ServeHTTP(w, r)
		if w.code >= 400 {
			b.Fatalf("answered %d", w.code)
		}
	}
}

func answerJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(http.StatusOK)
	json.NewEncoder(w).Encode(v) //nolint:errcheck // a benchmark
}

func BenchmarkFixed(b *testing.B) {
	b.Run("flow", func(b *testing.B) {
		e := newBench(b)
		e.deploy(b, fmt.Sprintf(hello, "Hello World"))
		serve(b, e, "GET", "/api/hello", "")
	})
	b.Run("hand", func(b *testing.B) {
		serve(b, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			answerJSON(w, map[string]any{"msg": "Hello World"})
		}), "GET", "/api/hello", "")
	})
}

func BenchmarkEcho(b *testing.B) {
	b.Run("flow", func(b *testing.B) {
		e := newBench(b)
		e.deploy(b, "in: Request {\"apiMethod\": \"POST\", \"apiEndpoint\": \"/echo\"}\nout: Response {\"mode\": \"direct\"}\nin -> out")
		serve(b, e, "POST", "/api/echo", order)
	})
	b.Run("hand", func(b *testing.B) {
		serve(b, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			var v any
			if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 10<<20)).Decode(&v); err != nil {
				w.WriteHeader(http.StatusBadRequest)
				return
			}
			answerJSON(w, v)
		}), "POST", "/api/echo", order)
	})
}

func BenchmarkFiveNodes(b *testing.B) {
	b.Run("flow", func(b *testing.B) {
		e := newBench(b)
		e.deploy(b, five)
		serve(b, e, "POST", "/api/five", order)
	})
	b.Run("recorded", func(b *testing.B) {
		e := newBench(b)
		runs := &trace.Runs{}
		runs.Capture(trace.Full, 100)
		e.record, e.recorded = runs.Recorder, runs.Ended
		e.deploy(b, five)
		serve(b, e, "POST", "/api/five", order)
	})
	b.Run("hand", func(b *testing.B) {
		serve(b, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			var v map[string]any
			if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 10<<20)).Decode(&v); err != nil {
				w.WriteHeader(http.StatusBadRequest)
				return
			}
			customer, _ := v["customer"].(map[string]any)
			v["a"], v["b"], v["c"] = "fixed", customer["city"], fmt.Sprint("Dear ", customer["name"])
			v["d"] = map[string]any{"seen": true}
			answerJSON(w, v)
		}), "POST", "/api/five", order)
	})
}

const five = `
in: Request {"apiMethod": "POST", "apiEndpoint": "/five"}
a: Set !templates {"values": "{\"msg.a\": \"fixed\"}"}
b: Set !templates {"values": "{\"msg.b\": \"{{ msg.customer.city }}\"}"}
c: Set !templates {"values": "{\"msg.c\": \"Dear {{ msg.customer.name }}\"}"}
d: Put {"key": "d", "json": "{\"seen\": true}"}
out: Response {"mode": "direct"}
in -> a -> b -> c -> d -> out`

func BenchmarkFanOut(b *testing.B) {
	e := newBench(b)
	e.deploy(b, `
in: Request {"apiMethod": "POST", "apiEndpoint": "/fan"}
a: Put {"key": "a", "json": "1"}
b: Put {"key": "b", "json": "2"}
outA: Response {"responseKey": "a"}
outB: Response {"responseKey": "b"}
in -> a -> outA
in -> b -> outB`)
	serve(b, e, "POST", "/api/fan", order)
}

func BenchmarkLookup(b *testing.B) {
	for _, n := range []int{1, 1000, 10_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			e := newBench(b)
			var source strings.Builder
			for i := range n {
				fmt.Fprintf(&source, "in%[1]d: Request {\"apiMethod\": \"GET\", \"apiEndpoint\": \"/v1/things%[1]d/:id/parts\"}\nout%[1]d: Response\nin%[1]d -> out%[1]d\n", i)
			}
			e.deploy(b, source.String())
			u, err := url.Parse(fmt.Sprintf("/api/v1/things%d/4711/parts", n/2))
			if err != nil {
				b.Fatal(err)
			}
			r := &http.Request{Method: "GET", URL: u, Host: "localhost"}
			b.ReportAllocs()
			for b.Loop() {
				if !e.Serves(r) {
					b.Fatal("not found")
				}
			}
		})
	}
}

func BenchmarkDeploy(b *testing.B) {
	for _, n := range []int{1000, 10_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			e := newBench(b)
			var source strings.Builder
			for i := range n / 5 {
				fmt.Fprintf(&source, `in%[1]d: Request {"apiMethod": "GET", "apiEndpoint": "/r%[1]d"}
a%[1]d: Text {"sampleText": "x"}
b%[1]d: Set !templates {"values": "{\"msg\": \"Hello {{ query.name }}\"}"}
c%[1]d: Debug
out%[1]d: Response
in%[1]d -> a%[1]d -> b%[1]d -> out%[1]d
b%[1]d -> c%[1]d
`, i)
			}
			wire := drawJSON(b, source.String())
			for b.Loop() {
				doc, err := flow.Parse(wire)
				if err != nil {
					b.Fatal(err)
				}
				if _, err := e.Deploy(b.Context(), flow.DeployRequest{Flows: doc}); err != nil {
					b.Fatal(err, faultPlaces(err))
				}
			}
		})
	}
}

func TestFiveNodesAnswer(t *testing.T) {
	b := newBench(t)
	b.deploy(t, five)
	got := ask(t, b, []byte("POST /api/five\n\n"+order))
	var v map[string]any
	if err := json.Unmarshal(bytes.TrimSpace([]byte(got[strings.Index(got, "\n\n"):])), &v); err != nil || v["a"] != "fixed" || v["b"] != "Springfield" || v["c"] != "Dear Ann Example" {
		t.Errorf("%s %v", got, err)
	}
}
