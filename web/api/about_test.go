package api_test

import (
	"strings"
	"testing"

	"ecoflow/app/auth"
	"ecoflow/web/webtest"
)

func TestAbout(t *testing.T) {
	webtest.Run(t,
		webtest.Scenario{
			Name: "what the program is", As: "none",
			When: `GET /about`, Want: `200 {"payload": {"version": "*", "go": "*", "platform": "*", "started": "*", "modules": "*"}}`,
		},
		webtest.Scenario{
			Name: "and where its data is", As: "serverConfigurationShow",
			When: `GET /about`, Want: `200 {"payload": {"folder": "*", "memory": "*", "key": "file"}}`,
		},
		webtest.Scenario{Name: "not for strangers", As: "nobody", When: `GET /about`, Want: `401 {"code": "unauthenticated"}`},
	)
	p := webtest.Start(t)
	if body := p.Do(p.User(auth.FlowEditor).Cookie, "GET", "/systemApi/about", "").Body.String(); strings.Contains(body, "folder") || strings.Contains(body, p.Dir) {
		t.Errorf("who may not see the settings sees the data folder: %s", body)
	}
}
