package api_test

import (
	"bytes"
	"flag"
	"os"
	"testing"

	"ecoflow/web/api"
	"ecoflow/web/endpoint"
	"ecoflow/web/webtest"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// TestDescription compares the OpenAPI document with the one that the window's
// types are generated from.
func TestDescription(t *testing.T) {
	const golden = "testdata/openapi.json"
	got, err := endpoint.OpenAPI("0.0.0", api.Described(api.All(webtest.Start(t).App)))
	if err != nil {
		t.Fatal(err)
	}
	got = append(got, '\n')
	if *update {
		if err := os.WriteFile(golden, got, 0o644); err != nil { //nolint:gosec // a committed file
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(golden)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%s is not what the endpoints say now (%v); go test ./web/api -update writes it anew", golden, err)
	}
}
