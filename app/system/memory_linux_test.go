package system

import (
	"testing"
	"testing/fstest"
)

func TestMemoryIsBoundByGroups(t *testing.T) {
	mount := fstest.MapFS{
		"memory.max":                          {Data: []byte("max\n")},
		"system.slice/memory.max":             {Data: []byte("900\n")},
		"system.slice/eco.service/memory.max": {Data: []byte("500\n")},
		"user.slice/memory.max":               {Data: []byte("max\n")},
		"memory/memory.limit_in_bytes":        {Data: []byte("9223372036854771712\n")},
		"memory/box/memory.limit_in_bytes":    {Data: []byte("300\n")},
	}
	for _, tt := range []struct {
		name, groups string
		want         uint64
	}{
		{"a service", "0::/system.slice/eco.service\n", 500},
		{"a group that its parent bounds", "0::/system.slice/other.service\n", 900},
		{"no bound", "0::/user.slice\n", 1000},
		{"the root, as in a container", "0::/\n", 1000},
		{"the first version", "9:name=systemd:/box\n4:memory:/box/inner\n0::/\n", 300},
		{"nonsense", "::\n\nx", 1000},
	} {
		if got := boundByGroups(1000, mount, tt.groups); got != tt.want {
			t.Errorf("%s: %d, want %d", tt.name, got, tt.want)
		}
	}
}
